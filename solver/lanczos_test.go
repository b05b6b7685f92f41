package solver

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"

	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/solver/linear"
	"fpsgd/solver/linear/matrix"

	"gonum.org/v1/gonum/floats"
)

func exponential(t testing.TB, op *operators.Operator, times []float64, tolerance float64,
	limit int) *Lanczos {
	return must[*Lanczos](t)(NewLanczos(solvedTo(op, math.Max(tolerance*1e-4, 1e-13)), times,
		tolerance, limit))
}

// solvedTo is a method whose linear solves have the tolerance.
func solvedTo(op *operators.Operator, tolerance float64) Method {
	return Method{Operator: op, SolverTolerance: tolerance,
		SetUp: func(gamma float64) (Linear, error) {
			return linear.New(op, gamma, linear.Options{Tolerance: tolerance})
		}}
}

// from returns the state of the density u at the cell midpoints, of mass 1.
func from(g *mesh.Grid, op *operators.Operator, rho func(x []float64) float64) []float64 {
	w, volumes := make([]float64, op.Cells()), logVolumes(g)
	at, x := make([]int, len(g.Axes)), make([]float64, len(g.Axes))
	for i := range w {
		g.Index(at, i)
		for k, n := range at {
			x[k] = (g.Axes[k].Faces[n] + g.Axes[k].Faces[n+1]) / 2
		}
		w[i] = rho(x) * math.Exp(volumes[i]) / op.Sigma[i]
	}
	floats.Scale(1/op.Mass(w), w)
	return w
}

// starts are a smooth density, one of a single cell, and one with jumps.
func starts(g *mesh.Grid, op *operators.Operator) map[string][]float64 {
	return map[string][]float64{
		"gaussian": from(g, op, func(x []float64) float64 {
			sum := 0.0
			for _, v := range x {
				sum += (v - 1) * (v - 1)
			}
			return math.Exp(-2 * sum)
		}),
		"one cell": oneCell(op, middle(op)),
		"box": from(g, op, func(x []float64) float64 {
			for _, v := range x {
				if math.Abs(v-0.5) > 1 {
					return 0
				}
			}
			return 1
		}),
	}
}

// ratioed are n times from lo to hi, and 0 before them, of constant ratios.
func ratioed(lo, hi float64, n int) []float64 {
	times := make([]float64, n+1)
	for k := range n {
		times[k+1] = lo * math.Pow(hi/lo, float64(k)/float64(n-1))
	}
	times[n] = hi
	return times
}

// spaced are n times from lo to hi, and 0 before them, of constant differences.
func spaced(lo, hi float64, n int) []float64 {
	times := make([]float64, n+1)
	for k := range n {
		times[k+1] = lo + (hi-lo)*float64(k)/float64(n-1)
	}
	return times
}

// trueErrors observes the errors of a run and how its estimates compare.
type trueErrors struct {
	op        *operators.Operator
	exact     func(e Event) []float64
	noise     func(e Event) float64 // bound on the error of exact
	worst     float64               // relative error
	low, high float64               // estimate over error, where that exceeds the noise
	outputs   int                   // seen,
	compared  int                   // and with an error that exceeds the noise
}

// Observe implements Observer.
func (o *trueErrors) Observe(e Event) error {
	if e.Steps == 0 {
		o.low, o.high = math.Inf(1), 0
		return nil
	}
	o.outputs++
	_, size := norms(o.op, e.W)
	d := distance(e.W, o.exact(e))
	o.worst = math.Max(o.worst, d/size)
	if d > o.noise(e) {
		o.compared++
		o.low, o.high = math.Min(o.low, e.Error/d), math.Max(o.high, e.Error/d)
	}
	return nil
}

func (o *trueErrors) check(t *testing.T, name string, tolerance float64) {
	t.Helper()
	t.Logf("%s: error %.1e, estimate/error %.1f to %.1f at %d of %d outputs", name, o.worst, o.low,
		o.high, o.compared, o.outputs)
	if !(o.worst <= tolerance) {
		t.Errorf("%s: the relative error is %g, want at most %g", name, o.worst, tolerance)
	}
	if o.compared > 0 && !(o.low >= 1 && o.high <= 10) {
		t.Errorf("%s: the estimate is %g to %g times the error, want 1 to 10", name, o.low, o.high)
	}
}

// relative is a noise that is so much of the norms ‖u‖ + ‖w‖.
func relative(op *operators.Operator, noise float64) func(e Event) float64 {
	return func(e Event) float64 {
		whole, size := norms(op, e.W)
		return noise * (size + whole)
	}
}

// 64² cells (256² with FPSGD_LONG), 20 output times from 0.01 to 5, a relative error in time of
// 1e-8. The reference is the mean of two, of different γ, with solves that are refined: those to
// 1e-13 alone made it wrong by 2e-13 ‖u‖, the same way for either γ, ten times the error of the
// run. Its noise is half their distance, and errors that exceed it five times are compared; with
// solves to 1e-4 of the tolerance these are all, and with those to 1e-13 some half.
func TestLanczosSolves(t *testing.T) {
	const outputs = 20
	n := 64
	if os.Getenv("FPSGD_LONG") != "" {
		n = 256
	}
	g := grid(t, "cartesian", 2, n, 100)
	op := assemble(t, g, 0.25, "")
	vectors := map[string]int{"gaussian": 80, "box": 130, "one cell": 130}
	most := map[string]int{"gaussian": 38, "box": 70, "one cell": 100}
	for name, w := range starts(g, op) {
		one, other := converged(t, op, w, 0.01, 5, 0.8, vectors[name]),
			converged(t, op, w, 0.01, 5, 0.6, vectors[name])
		for kind, times := range map[string][]float64{"spaced": spaced(0.01, 5, outputs),
			"ratioed": ratioed(0.01, 5, outputs)} {
			exact, noise := make([][]float64, len(times)), make([]float64, len(times))
			for n, at := range times[1:] {
				x, y := one(at), other(at)
				noise[n+1] = distance(x, y) / 2
				floats.Add(x, y)
				floats.Scale(0.5, x)
				exact[n+1] = x
			}
			for _, tolerance := range []float64{1e-2, 1e-4, 1e-6, 1e-8} {
				loosest, wanted := 1e-4*tolerance, must[float64](t)(SolveTo(op, w, tolerance))
				for _, tau := range slices.Compact([]float64{loosest, wanted}) {
					least := outputs
					if tau < 5*tightest {
						least = 5
					}
					o := &trueErrors{
						op:    op,
						exact: func(e Event) []float64 { return exact[e.Output] },
						noise: func(e Event) float64 { return 5 * noise[e.Output] },
					}
					p := must[*Lanczos](t)(NewLanczos(solvedTo(op, tau), times, tolerance,
						BasisLimit(op.Cells())))
					s := solve(t, p, w, times, o)
					title := fmt.Sprintf("%s, %s, to %g, solves to %.1g", name, kind, tolerance,
						tau)
					o.check(t, title, tolerance)
					t.Logf("%s: %d solves", title, s.Solves)
					if s.Solves > most[name] {
						t.Errorf("%s: %d solves, want at most %d", title, s.Solves, most[name])
					}
					if o.compared < least {
						t.Errorf("%s: %d errors exceed the noise of the reference, want %d or more",
							title, o.compared, least)
					}
				}
			}
		}
	}
}

// converged returns e^{−tS}w for t in a range, from a basis of many vectors, γ a multiple of that
// of the rule, and refined solves.
func converged(t *testing.T, op *operators.Operator, w []float64, lo, hi, multiple float64,
	vectors int) func(at float64) []float64 {
	b := newKrylov(op, basisStart{W: w})
	b.reset(multiple * shift([]float64{lo, hi}, 0, b.rayleigh()))
	system := refinedLinear{must[Linear](t)(solvedTo(op, 1e-12).SetUp(b.gamma)), op, b.gamma}
	for len(b.space.columns) < vectors && !b.exact {
		check(t, b.add(t.Context(), system, 1e-12))
	}
	return func(at float64) []float64 {
		out := make([]float64, op.Cells())
		addCombination(out, b.space.basis, b.recent[lag].exponential(at))
		floats.AddScaled(out, b.mass, op.Sigma)
		return out
	}
}

// With poor solves the entries of VᵀBV are known to the square of their errors, and what these are
// outside V from one good solve.
func TestLanczosKnowsWhatSolvesLeave(t *testing.T) {
	g := grid(t, "cartesian", 2, 16, 20)
	op := assemble(t, g, 0.25, "")
	const gamma, vectors, first, last = 0.1, 12, 0.02, 1.5
	b := newKrylov(op, basisStart{W: oneCell(op, middle(op))})
	b.reset(gamma)
	exact := must[Linear](t)(denseSetUp(dense(op))(gamma))
	poor := poorLinear{exact, 1e-6, rand.New(rand.NewPCG(1, 2))}
	for range vectors {
		check(t, b.add(t.Context(), poor, 0))
	}
	check(t, b.finish(t.Context(), exact, first, last))
	taken, known := 0.0, 0.0
	var errs [][]float64 // F
	for j := range b.used().lambda {
		bv := make([]float64, op.Cells())
		must[linear.Stats](t)(exact.Solve(bv, b.space.basis[j]))
		for i := range j + 1 {
			entry := floats.Dot(b.space.basis[i], bv)
			taken = math.Max(taken, math.Abs(b.space.mean(i, j)-entry))
			known = math.Max(known, math.Abs(b.corrected(i, j)-entry))
		}
		f := make([]float64, op.Cells())
		addCombination(f, b.space.basis, b.space.columns[j])
		floats.Sub(f, bv)
		orthogonalise(f, b.space.basis[:len(b.used().lambda)], nil)
		errs = append(errs, f)
	}
	t.Logf("T is wrong by %.1e, VᵀBV by %.1e", taken, known)
	if !(taken > 1e-8 && known < 1e-3*taken) {
		t.Errorf("T is wrong by %g and VᵀBV by %g, want the latter to be far smaller", taken, known)
	}
	for _, c := range []struct{ time, slack float64 }{{first, 1e-6},
		{math.Sqrt(first) * math.Sqrt(last), 1e-6}, {last, 1e-6}, {0.07, 0.5}, {0.5, 0.5}} {
		z := b.used().derivative(c.time, gamma, 0)
		left := make([]float64, op.Cells())
		for j, f := range errs {
			floats.AddScaled(left, z[j], f)
		}
		found := b.leaked(c.time) * norm(z)
		t.Logf("t = %.2g: outside V the error is %.2e, found to be %.2e", c.time, norm(left), found)
		if !(math.Abs(found-norm(left)) <= c.slack*norm(left)) {
			t.Errorf("t = %g: outside V the errors of the solves are %g, and found to be %g",
				c.time, norm(left), found)
		}
	}
}

// All outputs of a range have one set-up, and are had for no further solves.
func TestLanczosSetsUpOnce(t *testing.T) {
	op := interval(t, 100, 20, 0.25)
	solves := map[int]int{}
	for _, n := range []int{2, 20, 1000} {
		m, setUps := solvedTo(op, 1e-10), 0
		inner := m.SetUp
		m.SetUp = func(gamma float64) (Linear, error) {
			setUps++
			return inner(gamma)
		}
		times := spaced(0.1, 2, n)
		solves[n] = solve(t, must[*Lanczos](t)(NewLanczos(m, times, 1e-6, 64)), bump(op),
			times).Solves
		if setUps != 1 {
			t.Errorf("%d outputs: %d set-ups, want one", n, setUps)
		}
	}
	if solves[2] != solves[20] || solves[20] != solves[1000] {
		t.Errorf("solves by the number of outputs %v, want the same", solves)
	}
}

// The estimate is on the safe side and within a factor 10 of the error, and that below the
// tolerance, at every output, against the exponential of the dense matrix.
func TestLanczosEstimate(t *testing.T) {
	const noise = 1e-11
	compared := 0
	for _, c := range []struct {
		system       string
		dimension, n int
		radius       float64
	}{{"cartesian", 1, 200, 100}, {"cartesian", 2, 18, 20}, {"cartesian", 3, 7, 10},
		{"polar", 2, 22, 20}, {"radial", 5, 150, 50}} {
		for _, epsilon := range []float64{0.25, 1} {
			g := grid(t, c.system, c.dimension, c.n, c.radius)
			op := assemble(t, g, epsilon, "")
			exponentials := newSpectrum(t, op)
			for name, w := range starts(g, op) {
				for _, tolerance := range []float64{1e-3, 1e-6, 1e-9} {
					for _, first := range []float64{0.005, 0.1, 2} {
						times := ratioed(first, 2, 12)
						o := &trueErrors{op: op, noise: relative(op, noise),
							exact: func(e Event) []float64 {
								return exponentials.deviating(op, e.Time, w)
							}}
						if first == 2 {
							times = []float64{0, 2}
						}
						solve(t, exponential(t, op, times, tolerance, 128), w, times, o)
						compared += o.compared
						o.check(t, fmt.Sprintf("%s%d, ε = %g, %s, from %g, to %g", c.system,
							c.dimension, epsilon, name, first, tolerance), tolerance)
					}
				}
			}
		}
	}
	t.Logf("%d outputs compared", compared)
	if compared < 1400 {
		t.Errorf("%d outputs have an error that exceeds the noise, want 1400 or more", compared)
	}
}

// deviating returns e^{−tS}w with its component along σ exact: rounding makes the eigenvalue of σ
// some 1e-13.
func (d *spectrum) deviating(op *operators.Operator, t float64, w []float64) []float64 {
	out := d.exponential(t, w)
	floats.AddScaled(out, op.Mass(w)-op.Mass(out), op.Sigma)
	return out
}

func TestLanczosConservesMassAndDecays(t *testing.T) {
	cases(t, func(t *testing.T, op *operators.Operator) {
		times := spaced(0.01, 2, 200)
		for _, tolerance := range []float64{1e-3, 1e-8} {
			d, m := &Drift{Operator: op}, &Monotone{Operator: op}
			solve(t, exponential(t, op, times, tolerance, 64), oneCell(op, middle(op)), times, d, m)
			check(t, m.Check())
			if !(d.Max <= 1e-14) { // rounding of the sums
				t.Errorf("tolerance %g: the mass drifted by %g", tolerance, d.Max)
			}
		}
		check(t, checkStationary(t, op, exponential(t, op, []float64{0, 50, 100}, 1e-6, 64)))
	})
}

// With open ends w itself decays, and mass + outflow changes by what the error in time is.
func TestLanczosOutflow(t *testing.T) {
	open := openInterval(t)
	exact := newSpectrum(t, open)
	w := oneCell(open, 2)
	for _, tolerance := range []float64{1e-4, 1e-8} {
		times := []float64{0, 1, 20, 300}
		d, m := &Drift{Operator: open}, &Monotone{Operator: open}
		o := &trueErrors{op: open, noise: relative(open, 1e-11),
			exact: func(e Event) []float64 { return exact.exponential(e.Time, w) }}
		state := solve(t, exponential(t, open, times, tolerance, 64), w, times, d, m, o)
		check(t, m.Check())
		o.check(t, fmt.Sprint("open ends, to ", tolerance), tolerance)
		t.Logf("mass + outflow drifted by %.2g", d.Max)
		if o.compared == 0 {
			t.Errorf("open ends, to %g: no error exceeds the noise, nothing is compared", tolerance)
		}
		if !(d.Max <= tolerance*norm(w)) || !(state.Outflow > 0.01) {
			t.Errorf("mass + outflow drifted by %g, outflow %g", d.Max, state.Outflow)
		}
	}
}

// A basis within its limit is restarted as often as it must be, in the middle of an output interval
// if need be.
func TestLanczosRestarts(t *testing.T) {
	g := grid(t, "cartesian", 2, 22, 20)
	op := assemble(t, g, 0.25, "")
	exact := newSpectrum(t, op)
	const tolerance = 1e-8
	compared := 0
	for name, w := range starts(g, op) {
		for _, limit := range []int{10, 20, 40} {
			times := ratioed(0.01, 5, 20)
			p := exponential(t, op, times, tolerance, limit)
			largest, outputs, bases := 0, 0, 0
			o := &trueErrors{op: op, noise: relative(op, 1e-11),
				exact: func(e Event) []float64 { return exact.deviating(op, e.Time, w) }}
			s := solve(t, p, w, times, o, ObserverFunc(func(e Event) error {
				if p.basis != nil {
					largest = max(largest, len(p.basis.space.columns))
				}
				if e.AtOutput {
					outputs++
				}
				if e.Memory == nil {
					bases++
				}
				return nil
			}))
			bases-- // the start has none
			compared += o.compared
			t.Logf("%s, limit %d: %d bases, %d solves, error %.1e, estimate/error from %.1f", name,
				limit, bases, s.Solves, o.worst, o.low)
			if largest > limit || outputs != len(times) || s.Time != 5 {
				t.Errorf("%s: %d vectors and %d outputs to t = %g, want at most %d and %d to 5",
					name, largest, outputs, s.Time, limit, len(times))
			}
			if !(o.worst <= tolerance*float64(bases)) || !(o.low >= 1) {
				t.Errorf("%s, limit %d: error %g in %d bases, estimate/error from %g", name, limit,
					o.worst, bases, o.low)
			}
			if name == "one cell" && limit == 10 && s.Steps <= len(times)-1 {
				t.Errorf("%s: %d states, want some between the outputs", name, s.Steps)
			}
		}
	}
	t.Logf("%d outputs compared", compared)
	if compared < 100 {
		t.Errorf("%d outputs have an error that exceeds the noise, want 100 or more", compared)
	}
}

// A checkpoint anywhere goes on to the same bits, counters included; so does a run that an error
// has ended.
func TestLanczosStateDeterminesTheRest(t *testing.T) {
	g := grid(t, "cartesian", 2, 16, 20)
	op := assemble(t, g, 0.25, "")
	times := ratioed(0.001, 3, 15)
	for _, limit := range []int{10, 24, 64} {
		var states []*State
		last := solve(t, exponential(t, op, times, 1e-6, limit), oneCell(op, middle(op)), times,
			ObserverFunc(func(e Event) error {
				states = append(states, stored(t, e.State))
				return nil
			}))
		// one run after the other, each from another basis than the last has left
		again := exponential(t, op, times, 1e-6, limit)
		for k := range states {
			rest := Problem{Start: states[k], Times: times, Propagator: again}
			s := must[*State](t)(Run(t.Context(), rest))
			if distance(s.W, last.W) != 0 || s.Solves != last.Solves ||
				s.Iterations != last.Iterations || s.Steps != last.Steps || s.Error != last.Error {
				t.Errorf("limit %d, from step %d: %d solves, %d steps, error %g; want %d, %d, %g",
					limit, k, s.Solves, s.Steps, s.Error, last.Solves, last.Steps, last.Error)
			}
		}
	}
}

func TestLanczosEndsBetweenSolves(t *testing.T) {
	op := interval(t, 100, 20, 0.25)
	times := []float64{0, 0.1, 1}
	var cancel context.CancelCauseFunc
	shutdown := errors.New("shutdown")
	for _, c := range []struct {
		fault func(x []float64) error
		want  error
	}{
		{func([]float64) error { cancel(shutdown); return nil }, ErrInterrupted},
		{func(x []float64) error { x[7] = math.NaN(); return nil }, ErrNotFinite},
		{func([]float64) error { return linear.ErrNotConverged }, linear.ErrNotConverged},
	} {
		var ctx context.Context
		ctx, cancel = context.WithCancelCause(t.Context())
		defer cancel(nil)
		m := faulty(solvedTo(op, 1e-10), 5, c.fault)
		p := must[*Lanczos](t)(NewLanczos(m, times, 1e-6, 64))
		s, err := Run(ctx, Problem{Start: &State{W: bump(op)}, Times: times, Propagator: p})
		if !errors.Is(err, c.want) || s.Steps != 0 || s.Time != 0 || distance(s.W, bump(op)) != 0 {
			t.Errorf("step %d, t = %g: %v, want %v at the start", s.Steps, s.Time, err, c.want)
		}
	}
}

// Outputs that need no solves are interrupted too.
func TestLanczosEndsBetweenOutputs(t *testing.T) {
	op := interval(t, 100, 20, 0.25)
	times := spaced(0.1, 1, 10)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	s, err := Run(ctx, Problem{Start: &State{W: bump(op)}, Times: times,
		Propagator: exponential(t, op, times, 1e-6, 64)},
		ObserverFunc(func(e Event) error {
			if e.Output == 4 {
				cancel(errors.New("shutdown"))
			}
			return nil
		}))
	if !errors.Is(err, ErrInterrupted) || s.Output != 4 {
		t.Errorf("ended after output %d: %v", s.Output, err)
	}
}

func TestLanczosDoesNotDependOnThreads(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(4, runtime.NumCPU())))
	g := grid(t, "cartesian", 2, 140, 20) // loops are shared out from 16384 cells on
	op := assemble(t, g, 0.25, "")
	times := []float64{0, 0.1, 1}
	var states []*State
	for _, threads := range []int{1, 2, 3} {
		m := Method{Operator: op, SolverTolerance: 1e-11,
			SetUp: func(gamma float64) (Linear, error) {
				return linear.New(op, gamma, linear.Options{Tolerance: 1e-11, Threads: threads})
			}}
		states = append(states, solve(t, must[*Lanczos](t)(NewLanczos(m, times, 1e-7, 64)),
			bump(op), times))
	}
	for _, s := range states[1:] {
		if distance(s.W, states[0].W) != 0 {
			t.Errorf("states differ by %g", distance(s.W, states[0].W))
		}
	}
}

// Solves are asked for the more accurately the farther a density is from equilibrium, to where
// rounding is all that is left.
func TestSolveTo(t *testing.T) {
	op := interval(t, 300, 1e3, 0.25)
	near := must[float64](t)(SolveTo(op, bump(op), 1e-6))
	off := must[float64](t)(SolveTo(op, oneCell(op, 100), 1e-6))
	if !(near == 1e-10 && off < near && off >= 1e-13) {
		t.Errorf("solves to %g and %g, want 1e-10 and less", near, off)
	}
	if _, err := SolveTo(op, oneCell(op, 0), 1e-6); !errors.Is(err, ErrTolerance) {
		t.Errorf("a density where π is tiny: %v, want %v", err, ErrTolerance)
	}
}

func TestLanczosRefuses(t *testing.T) {
	op := interval(t, 20, 10, 1)
	for _, c := range []struct {
		tolerance, solves float64
		limit             int
	}{{0, 1e-12, 64}, {1, 1e-12, 64}, {math.NaN(), 1e-12, 64}, {1e-6, 0, 64}, {1e-6, 1e-9, 64},
		{1e-12, 1e-12, 64}, {1e-6, 1e-10, 7}} {
		if _, err := NewLanczos(solvedTo(op, c.solves), []float64{0, 1}, c.tolerance,
			c.limit); err == nil {
			t.Errorf("tolerance %g, solves to %g, limit %d are accepted", c.tolerance, c.solves,
				c.limit)
		}
	}
}

// Solves that have nothing to do with S leave no accuracy to be had.
func TestLanczosToleranceThatCannotBeMet(t *testing.T) {
	op := interval(t, 30, 20, 0.25)
	m := solvedTo(op, 1e-10)
	noise := rand.New(rand.NewPCG(1, 2))
	m.SetUp = func(float64) (Linear, error) { return noisyLinear{noise}, nil }
	p := must[*Lanczos](t)(NewLanczos(m, []float64{0, 1}, 1e-6, 10))
	s, err := Run(t.Context(), Problem{Start: &State{W: bump(op)}, Times: []float64{0, 1},
		Propagator: p})
	if !errors.Is(err, ErrTolerance) || s.Time != 0 {
		t.Errorf("at t = %g: %v, want %v", s.Time, err, ErrTolerance)
	}
}

type noisyLinear struct{ random *rand.Rand }

func (l noisyLinear) Solve(x, _ []float64) (linear.Stats, error) {
	for i := range x {
		x[i] = l.random.NormFloat64()
	}
	return linear.Stats{}, nil
}

func (l noisyLinear) SolveNonnegative(x, b []float64) (linear.Stats, error) { return l.Solve(x, b) }

// poorLinear is wrong by a random vector of a given size.
type poorLinear struct {
	Linear
	size   float64
	random *rand.Rand
}

func (l poorLinear) Solve(x, b []float64) (linear.Stats, error) {
	stats, err := l.Linear.Solve(x, b)
	for i := range x {
		x[i] += l.size / math.Sqrt(float64(len(x))) * l.random.NormFloat64()
	}
	return stats, err
}

// refinedLinear solves once more, for the residual.
type refinedLinear struct {
	Linear
	op    *operators.Operator
	gamma float64
}

func (l refinedLinear) Solve(x, b []float64) (linear.Stats, error) {
	stats, err := l.Linear.Solve(x, b)
	if err != nil {
		return stats, err
	}
	residual, correction := make([]float64, len(b)), make([]float64, len(b))
	matrix.Residual(residual, x, b, l.op, l.gamma)
	stats, err = l.Linear.Solve(correction, residual)
	floats.Add(x, correction)
	return stats, err
}
