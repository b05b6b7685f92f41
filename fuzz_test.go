package fpsgd

import (
	"bytes"
	"encoding/gob"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"fpsgd/internal/hostile"
	"fpsgd/internal/npy"
	"fpsgd/scenarios"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
	"fpsgd/solver/ensemble"
)

// small is a problem on twelve cells.
func small(t testing.TB, sets ...string) *Equation {
	const text = "[[grid.axes]]\ncells = 12\nmin = -3\nmax = 3\n"
	cfg, err := config.LoadText("small", []byte(text), append([]string{
		"landscape.formula=1 + x^2", "noise.epsilon=0.25", "time.end=2", "output.snapshots=5",
		"initial.kind=gaussian", "initial.center=[1]", "initial.width=0.5"}, sets...))
	if err != nil {
		t.Fatal(err)
	}
	e, err := FromConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// run is a run of an equation, from a checkpoint or the start.
type fuzzedRun struct {
	e     *Equation
	start []float64
}

func (r fuzzedRun) choose(t testing.TB) Choice {
	c, err := r.e.Choose(r.start, OptionsOf(r.e.Config))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// checkpoints are those of a run after each of its first steps.
func (r fuzzedRun) checkpoints(t testing.TB) (all []checkpoint) {
	series := solver.NewSeries(r.e.Operator, r.e.LogVolumes())
	keep := func(e solver.Event) error {
		s := *e.State
		s.W = slices.Clone(s.W)
		record := series.Record
		record.Columns = slices.Clone(record.Columns)
		all = append(all, checkpoint{State: s, Series: record, Reason: "r"})
		if len(all) == 4 {
			return errEnough
		}
		return nil
	}
	_, err := r.choose(t).Run(t.Context(), &solver.State{W: slices.Clone(r.start)}, series,
		solver.ObserverFunc(keep))
	if err != nil && !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	return all
}

var errEnough = errors.New("enough")

// FuzzState: whatever a checkpoint holds, it is refused, or a run goes on from it.
func FuzzState(f *testing.F) {
	var runs []fuzzedRun
	var all []checkpoint
	var seeds [][]byte
	for _, scheme := range []string{"lanczos", "sdirk2", "sdirk3"} {
		e := small(f, "time.scheme="+scheme)
		start, err := e.Start()
		if err != nil {
			f.Fatal(err)
		}
		run := fuzzedRun{e, start}
		runs = append(runs, run)
		for _, c := range run.checkpoints(f) {
			all, seeds = append(all, c), append(seeds, encoded(f, c))
		}
	}
	columns := len(solver.NewSeries(runs[0].e.Operator, runs[0].e.LogVolumes()).Names)
	hostile.Fuzz(f, hostile.Kind{Name: "states of runs", Seeds: seeds,
		Draw: func(r *rand.Rand) []byte {
			var c checkpoint // a deep copy
			text := encoded(f, hostile.Pick(r, all))
			if err := gob.NewDecoder(bytes.NewReader(text)).Decode(&c); err != nil {
				f.Fatal(err)
			}
			for range 1 + r.IntN(3) {
				disturb(r, reflect.ValueOf(&c.State).Elem())
			}
			return encoded(f, c)
		},
	}, func(t testing.TB, content []byte) {
		var c checkpoint
		if gob.NewDecoder(bytes.NewReader(content)).Decode(&c) != nil {
			return
		}
		run := runs[len(content)%len(runs)]
		if c.fits(len(run.start), columns, run.e.Config.SnapshotTimes()) != nil {
			return
		}
		steps := 0
		enough := func(solver.Event) error {
			if steps++; steps > 3 {
				return errEnough
			}
			return nil
		}
		series := solver.NewSeries(run.e.Operator, run.e.LogVolumes())
		series.Record = c.Series
		run.choose(t).Run(t.Context(), &c.State, series, solver.ObserverFunc(enough))
	})
}

func encoded(t testing.TB, state any) []byte {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(state); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// disturb changes a number, or the length of a list, somewhere in a value that can be set.
func disturb(r *rand.Rand, v reflect.Value) {
	wild := []float64{0, -1, 1, 1e-300, 1e300, math.Inf(1), math.NaN(), math.MaxInt32, -5, 3}
	switch v.Kind() {
	case reflect.Struct:
		disturb(r, v.Field(r.IntN(v.NumField())))
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return
		}
		inner := reflect.New(v.Elem().Type()).Elem() // of an interface what can be set
		inner.Set(v.Elem())
		if v.Kind() == reflect.Pointer {
			inner = v.Elem()
		}
		disturb(r, inner)
		if v.Kind() == reflect.Interface {
			v.Set(inner)
		}
	case reflect.Slice:
		switch n := v.Len(); {
		case n > 0 && r.IntN(2) > 0:
			disturb(r, v.Index(r.IntN(n)))
		case n > 0 && r.IntN(2) > 0:
			v.SetLen(r.IntN(n))
		default:
			v.Set(reflect.MakeSlice(v.Type(), r.IntN(40), 40))
		}
	case reflect.Array:
		disturb(r, v.Index(r.IntN(v.Len())))
	case reflect.Float64:
		v.SetFloat(hostile.Pick(r, wild))
	case reflect.Int, reflect.Int64:
		v.SetInt(hostile.Pick(r, []int64{0, -1, 1, 2, 3, 7, math.MaxInt64, math.MinInt64, 1 << 31}))
	case reflect.Uint64:
		v.SetUint(hostile.Pick(r, []uint64{0, 1, 2, math.MaxUint64, 1 << 63}))
	}
}

// FuzzEnsembleState: whatever the checkpoint of an ensemble holds, it is refused, or has as many
// particles and means as were asked for.
func FuzzEnsembleState(f *testing.F) {
	e := small(f)
	o, err := EnsembleOptionsOf(e.Config)
	if err != nil {
		f.Fatal(err)
	}
	o.Particles = 30
	fresh := func(t testing.TB) *simulation {
		s, err := newSimulation(e, o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	like := func(r *rand.Rand) *ensembleState {
		s := fresh(f)
		s.out.X = [][]float64{make([]float64, 30)}
		s.out.Rows = []EnsembleRow{{Time: 0, Mean: []float64{1}, MeanError: []float64{0.1},
			InBasin: []float64{1}, InBasinError: []float64{0}, Comparison: &ensemble.Comparison{}}}
		if r != nil {
			disturb(r, reflect.ValueOf(s.out).Elem())
		}
		return &ensembleState{found: s.out, whole: r != nil && r.IntN(4) == 0}
	}
	save := func(s *ensembleState, more ...any) []byte {
		var b bytes.Buffer
		to := gob.NewEncoder(&b)
		if err := s.Save(to); err != nil {
			f.Fatal(err)
		}
		for _, v := range more {
			if err := to.Encode(v); err != nil {
				f.Fatal(err)
			}
		}
		return b.Bytes()
	}
	seeds := [][]byte{save(like(nil))}
	hostile.Fuzz(f, hostile.Kind{Name: "states of ensembles", Seeds: seeds,
		Draw: func(r *rand.Rand) []byte {
			if r.IntN(2) > 0 {
				s := like(r)
				if len(s.found.X) == 0 {
					s.whole = true
				}
				return save(s)
			}
			var b bytes.Buffer // pieces that do not belong together
			to, s := gob.NewEncoder(&b), like(nil).found
			extents := []int{0, 1, 2, 30, r.IntN(40), -1, 1 << 40, math.MaxInt64}
			shape := []int{hostile.Pick(r, extents), hostile.Pick(r, extents), 1}[:2+r.IntN(5)/4]
			for _, v := range []any{false, *s.Ensemble, s.Rows, 1.5, shape,
				make([]float64, r.IntN(40)), make([]float64, r.IntN(40))} {
				if err := to.Encode(v); err != nil {
					f.Fatal(err)
				}
			}
			return b.Bytes()
		},
	}, func(t testing.TB, content []byte) {
		s := fresh(t)
		state := &ensembleState{found: s.out}
		if state.Load(gob.NewDecoder(bytes.NewReader(content))) != nil {
			return
		}
		if s.whole = state.whole; s.fits() != nil {
			return
		}
		for _, x := range s.out.X {
			if len(x) != o.Particles {
				t.Errorf("%d of %d particles", len(x), o.Particles)
			}
		}
		ensembleSeries(s.out)
	})
}

// FuzzArrays: whatever is in the arrays that a user names, the problem is refused or can be stated:
// faces of an axis, values of f and of the initial density, and samples.
func FuzzArrays(f *testing.F) {
	const plane = "[[grid.axes]]\ncells = 3\nmin = -1\nmax = 1\n" +
		"[[grid.axes]]\ncells = 4\nmin = 0\nmax = 1\n"
	var configs []*config.Config
	for _, role := range []struct {
		axes string
		sets []string
	}{
		{"[[grid.axes]]\nspacing = 'file'\nfile = 'a.npy'\n",
			[]string{"landscape.formula=1 + x^2", "initial.kind=invariant"}},
		{plane, []string{"landscape.file=a.npy", "initial.kind=invariant"}},
		{plane, []string{"landscape.formula=1 + x^2", "initial.kind=file", "initial.file=a.npy"}},
	} {
		c, err := config.Parse("arrays", []byte(role.axes), append(role.sets, "noise.epsilon=0.5",
			"time.end=1"))
		if err != nil {
			f.Fatal(err)
		}
		configs = append(configs, c)
	}
	var seeds [][]byte
	for _, shape := range [][]int{{12}, {3, 4}, {2, 3, 2}, {4}} {
		n := 1
		for _, extent := range shape {
			n *= extent
		}
		data := make([]float64, n)
		for i := range data {
			data[i] = float64(1 + i)
		}
		var b bytes.Buffer
		if err := npy.Write(&b, shape, data); err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, b.Bytes())
	}
	path := filepath.Join(f.TempDir(), "samples.npy")
	hostile.Fuzz(f, hostile.Kind{Name: "arrays of users", Seeds: seeds,
		Draw: func(r *rand.Rand) []byte {
			return hostile.Npy(r, []int{12}, []int{3, 4}, []int{2, 3, 2}, []int{0}, []int{5})
		},
	}, func(t testing.TB, content []byte) {
		for _, c := range configs {
			stated, err := config.Stated(c, map[string][]byte{"a.npy": content})
			if err != nil {
				t.Fatal(err)
			}
			s, err := scenarios.New(stated)
			if err != nil {
				continue
			}
			if e, err := AssembleScenario(s); err == nil {
				e.Start()
			}
		}
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
		for m := range 3 {
			if s, err := ReadSamples(path, m+1); err == nil {
				s.At(s.Times - 1)
			}
		}
	})
}
