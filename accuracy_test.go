package fpsgd

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fpsgd/scenarios/config"
	"fpsgd/solver"
)

// exactFamily are presets, and quadratics in other dimensions and coordinates, with what is known
// of them in closed form: on several grids, and at several ε.
type exactFamily struct {
	preset   string
	sets     string // further ones, apart by spaces
	epsilons []string
	cells    [][]int // along the axes
	slow     bool    // for make test-long
}

var exactFamilies = []exactFamily{
	{"quadratic-1d", "", []string{"0.1", "0.25", "0.5", "1"}, [][]int{{24}, {50}, {75}, {150}},
		false},
	{"quadratic-1d", "initial.b=[0.3]", []string{"0.25"}, [][]int{{33}, {64}, {128}}, false},
	{"student-1d", "", []string{"0.4", "0.6666666666666666"}, [][]int{{50}, {100}, {201}}, false},
	{"student-radial-3d", "time.end=8", []string{"0.4", "0.6666666666666666"},
		[][]int{{50}, {100}, {200}}, false},
	{"ornstein-uhlenbeck", "", []string{"0.2", "0.5", "1"}, [][]int{{24}, {50}, {101}}, false},
	{"geometric-brownian", "", []string{"0.25", "0.5"}, [][]int{{110}, {220}}, false},
	{"log-singular-3d", "", []string{"2"}, [][]int{{50}, {100}, {200}}, false},
	{"quadratic-2d", "initial.kind=exact initial.b=[1,0.5]", []string{"0.1", "0.25", "0.5"},
		[][]int{{16, 16}, {24, 24}, {32, 32}}, false},
	{"quadratic-2d", "", []string{"0.1", "0.25", "0.5"}, [][]int{{20, 20}, {40, 40}}, true},
	{"quadratic-polar", "", []string{"0.25", "0.5"}, [][]int{{32, 16}, {48, 32}}, true},
	{"quadratic-radial-20", "", []string{"0.05", "0.1"}, [][]int{{30}, {60}, {120}}, false},
	{"quadratic-3d", "landscape.formula=1+x^2+y^2+z^2 initial.kind=exact initial.b=[1,0,0]",
		[]string{"0.25"}, [][]int{{12, 12, 12}, {16, 16, 16}}, true},
	{"quadratic-spherical", "", []string{"0.25"}, [][]int{{20, 8, 8}}, true},
	{"quadratic-4d", "initial.kind=exact initial.b=[1,0,0,0]", []string{"0.2"},
		[][]int{{8, 8, 8, 8}}, true},
}

// tally counts how often error bars hold the truth.
type tally struct {
	held, all, unknown int
	factors            []float64
}

// add counts an error and its bar; errors below rounding hold, but have no factor.
func (c *tally) add(t *testing.T, what string, off, size float64, bar Number, refined bool) {
	const rounding = 1e-11
	c.all++
	switch {
	case !bar.Known():
		c.unknown++
		t.Logf("%s: off by %.2g of %.2g, unknown, refined %t", what, off, size, refined)
		if !refined {
			c.held++ // nothing is claimed, and nothing is seen
		}
	case off <= bar.Value() || off < rounding*size:
		c.held++
	default:
		t.Logf("%s: off by %.2g, bar %.2g", what, off, bar.Value())
	}
	if bar.Known() && off > rounding*size {
		c.factors = append(c.factors, bar.Value()/off)
	}
}

func (c *tally) check(t *testing.T, what string) {
	slices.Sort(c.factors)
	median := c.factors[len(c.factors)/2]
	text := fmt.Sprintf("%s: %d of %d bars hold, %d unknown, median factor %.2g", what, c.held,
		c.all, c.unknown, median)
	t.Log(text)
	if float64(c.held) < 0.95*float64(c.all) || 10*c.unknown > c.all || median > 10 {
		t.Error(text)
	}
}

// On all families with closed forms the error bars of a run hold the truth of the whole space in 95
// of 100 cases, the median is within ten times the error, and no more than a tenth is unknown.
func TestUncertaintiesHoldTheTruth(t *testing.T) {
	counts := map[string]*tally{}
	all := &tally{}
	add := func(what, where string, off, size float64, bar Number, refined bool) {
		if counts[what] == nil {
			counts[what] = &tally{}
		}
		counts[what].add(t, what+" of "+where, off, size, bar, refined)
		all.add(t, what+" of "+where, off, size, bar, refined)
	}
	for _, f := range exactFamilies {
		for i, epsilon := range f.epsilons {
			for k, cells := range f.cells {
				if os.Getenv("FPSGD_LONG") != "" || i%2 == 0 && k == len(f.cells)/2 && !f.slow {
					f.run(t, epsilon, cells, add)
				}
			}
		}
	}
	if os.Getenv("FPSGD_LONG") != "" {
		for what, c := range counts {
			c.check(t, what)
		}
	}
	all.check(t, "all")
}

// yardstick is by how much the mass of the exact solution, as it is integrated over the cells of a
// coarse grid, is off: no more can be said of errors.
func (e *Equation) yardstick(t *testing.T, time float64) float64 {
	if e.Exact == nil {
		return 0
	}
	w := make([]float64, e.Operator.Cells())
	if err := e.ExactState(w, e.Operator, time); err != nil {
		t.Fatal(err)
	}
	outside := e.MassOutside(e.Operator)
	if math.IsNaN(outside) {
		outside = 0
	}
	return math.Abs(1 - outside - e.Operator.Mass(w))
}

// refined reports whether two refinements have changed the gap by less than a tenth each.
func (e *Equation) refined(t *testing.T, gap float64) bool {
	for k := range 2 {
		coarse, err := e.coarse(k)
		if err != nil {
			return false
		}
		s, err := coarse.spectrum(t.Context(), 1)
		if err != nil || math.Abs(s.Gap-gap) > 0.1*gap {
			return false
		}
		gap = s.Gap
	}
	return true
}

// run runs a problem of the family and holds its figures against the truth.
func (f *exactFamily) run(t *testing.T, epsilon string, cells []int,
	add func(what, where string, off, size float64, bar Number, refined bool)) {
	t.Helper()
	sets := append(strings.Fields(f.sets), "noise.epsilon="+epsilon, "output.snapshots=5",
		"time.tolerance=1e-6")
	for k, n := range cells {
		if k < 1 || f.preset == "quadratic-polar" || f.preset == "quadratic-spherical" {
			sets = append(sets, fmt.Sprintf("grid.axes.%d.cells=%d", k, n))
		}
	}
	where := fmt.Sprintf("%s %s, ε = %s, %v cells", f.preset, f.sets, epsilon, cells)
	cfg := must[*config.Config](t)(config.Preset(f.preset, sets))
	problem := must[*Scenario](t)(StateOf(cfg))
	r, err := RunConfig(t.Context(), cfg, filepath.Join(t.TempDir(), "run"), RunOptions{})
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	s, u := r.Summary, &r.Summary.Uncertainties
	fine := must[*Equation](t)(AssembleScenario(problem))
	refined := fine.refined(t, s.Rate.Gap.Value())
	if rate := s.Rate.Exact.Value(); rate > 0 {
		add("gap", where, math.Abs(s.Rate.Gap.Value()-rate), rate, u.Gap.Total, refined)
		if s.Rate.Fitted.Known() && s.Rate.Reason == nil {
			add("fitted rate", where, math.Abs(s.Rate.Fitted.Value()-rate), rate, u.Fitted.Total,
				refined)
		}
	}
	if yard := fine.yardstick(t, cfg.Time.End); s.ErrorL1.Value() > 10*yard {
		add("density", where, s.ErrorL1.Value(), 1, u.Density.Total, refined)
	}
	if problem.Exact != nil {
		norm := problem.Exact.DeviationNorm(cfg.Time.End)
		if math.IsInf(norm, 1) {
			if u.Norm.Total.Known() {
				t.Errorf("%s: the norm is infinite, and ± %v", where, u.Norm.Total)
			}
			return
		}
		logNorms := r.Series.Column("log_norm")
		add("norm", where, math.Abs(math.Exp(logNorms[len(logNorms)-1]-math.Log(norm))-1), 1,
			u.Norm.Total, refined)
	}
}

// What lies beyond the ends of a grid is continued from its outermost cells: of π, whose share
// outside has a closed form, to a factor of two where it falls with a power of the distance, and
// never less.
func TestBeyondIsOutside(t *testing.T) {
	for _, c := range []struct {
		f     string
		noise Noise
		axis  Division
		most  float64 // times what is outside
	}{
		{"1 + x^2", ML(0.25), Sinh(100, -100, 100, 0, 1), 2},
		{"1 + x^2", ML(1), Sinh(60, -50, 1000, 0, 1), 2},
		{"1 + x^2", ML(0.1), Sinh(200, -20, 20, 0, 1), 4},
		{"x^2/2", Homogeneous(0.5), Uniform(80, -3, 3), 30},
		{"x^2/2", Homogeneous(0.5), Uniform(100, -4, 9), 300},
	} {
		g := must[*Grid](t)(Cartesian(c.axis))
		e := must[*Equation](t)(Assemble(Problem{Landscape: must[Landscape](t)(Formula(c.f, g)),
			Noise: c.noise, Grid: g}))
		sigma := e.Operator.Sigma
		got := e.beyond(func(i int) float64 { return sigma[i] * sigma[i] })
		if want := e.MassOutside(e.Operator); !(got > 0.9*want && got < c.most*want) {
			t.Errorf("%s, %v: %.3g is beyond, and %.3g outside", c.f, c.noise, got, want)
		}
	}
	g := must[*Grid](t)(Radial(3, Uniform(20, 0, 1)))
	e := must[*Equation](t)(Assemble(Problem{Landscape: must[Landscape](t)(Formula("1 + r^2", g)),
		Noise: ML(0.5), Grid: g}))
	if rising := e.beyond(func(i int) float64 { return float64(i) }); !math.IsNaN(rising) {
		t.Errorf("of what rises outwards %g is beyond", rising)
	}
	if inner := e.beyond(func(i int) float64 { return float64(20 - i) }); !(inner > 0) {
		t.Errorf("of what falls outwards %g is beyond", inner)
	}
}

// On a bounded grid the gap is above the edge of an essential spectrum, and its error bar holds
// that.
func TestUncertaintyOfAnEdge(t *testing.T) {
	for _, epsilon := range []string{"2", "3", "8"} {
		cfg := must[*config.Config](t)(config.Preset("quadratic-1d", []string{
			"noise.epsilon=" + epsilon, "initial.kind=gaussian", "initial.center=1",
			"initial.width=0.5", "grid.axes.0.min=-1e30", "grid.axes.0.max=1e30",
			"output.snapshots=0", "time.end=1"}))
		r, err := RunConfig(t.Context(), cfg, filepath.Join(t.TempDir(), "run"), RunOptions{})
		if err != nil {
			t.Fatal(err)
		}
		rate := r.Summary.Rate
		off := math.Abs(rate.Gap.Value() - rate.Exact.Value())
		if bar := rate.GapError.Value(); !(off <= bar && bar < 10*off) {
			t.Errorf("ε = %s: gap %v ± %v, edge %v", epsilon, rate.Gap, rate.GapError, rate.Exact)
		}
	}
}

// A run that is interrupted after its last step, while the gap or the errors are looked for, is not
// done, and --resume finds them: the same as of one that was left alone.
func TestInterruptAfterTheLastStep(t *testing.T) {
	cfg := must[*config.Config](t)(config.Preset("quadratic-2d", []string{
		"grid.axes.0.cells=32", "time.end=1", "output.snapshots=3"}))
	whole := must[*RunResult](t)(RunConfig(t.Context(), cfg, filepath.Join(t.TempDir(), "whole"),
		RunOptions{}))
	for _, part := range []string{"spectral gap", "1 lowest eigenvalues"} {
		folder := filepath.Join(t.TempDir(), "run")
		ctx, cancel := context.WithCancel(t.Context())
		stopped := false
		r, err := RunConfig(ctx, cfg, folder, RunOptions{Progress: func(_ float64, text string) {
			if strings.HasPrefix(text, part) {
				stopped = true
				cancel()
			}
		}})
		if cancel(); !stopped || !errors.Is(err, solver.ErrInterrupted) {
			t.Fatalf("%s: stopped %t, %v", part, stopped, err)
		}
		if r.Summary.Uncertainties == whole.Summary.Uncertainties {
			t.Errorf("%s: nothing was left out", part)
		}
		r = must[*RunResult](t)(RunConfig(t.Context(), cfg, folder, RunOptions{Resume: true}))
		if r.Summary.Uncertainties != whole.Summary.Uncertainties ||
			r.Summary.Rate.Gap != whole.Summary.Rate.Gap {
			t.Errorf("%s: gap %v, %+v, of a whole run %v, %+v", part, r.Summary.Rate.Gap,
				r.Summary.Uncertainties, whole.Summary.Rate.Gap, whole.Summary.Uncertainties)
		}
	}
}
