package fpsgd

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"fpsgd/mesh"
	"fpsgd/scenarios/config"
)

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// What Go values state is, to the bit, what a config states: the operator, the initial density and
// the last state of a run.
func TestValuesAreTheConfig(t *testing.T) {
	full := Uniform(8, 0, 2*math.Pi)
	for _, c := range []struct {
		grid func() (*Grid, error)
		toml string
	}{
		{func() (*Grid, error) { return Cartesian(Sinh(20, -30, 30, 0, 1), Uniform(12, -3, 4)) }, `
formula = "1 + x^2 + y^2"
[grid]
axes = [{ cells = 20, min = -30.0, max = 30.0, spacing = "sinh" },
	{ cells = 12, min = -3.0, max = 4.0 }]
[initial]
kind = "gaussian"
center = [0.5, 0.25]
width = 0.5
`},
		{func() (*Grid, error) { return Radial(5, Log(30, -6, 3)) }, `
formula = "1 + r^2"
[grid]
coordinates = "radial"
dimension = 5
axes = [{ cells = 30, log_min = -6.0, log_max = 3.0, spacing = "log" }]
[initial]
kind = "gaussian"
center = [0.5]
width = 0.5
`},
		{func() (*Grid, error) { return Polar(Sinh(16, 0, 9, 0, 1), full) }, `
formula = "1 + r^2"
[grid]
coordinates = "polar"
axes = [{ cells = 16, min = 0.0, max = 9.0, spacing = "sinh" },
	{ cells = 8, min = 0.0, max = 6.283185307179586 }]
[initial]
kind = "gaussian"
center = [0.5, 0.25]
width = 0.5
`},
		{func() (*Grid, error) {
			return Spherical(Sinh(8, 0, 9, 0, 1), Uniform(4, 0, math.Pi), full)
		}, `
formula = "1 + r^2"
[grid]
coordinates = "spherical"
axes = [{ cells = 8, min = 0.0, max = 9.0, spacing = "sinh" },
	{ cells = 4, min = 0.0, max = 3.141592653589793 },
		{ cells = 8, min = 0.0, max = 6.283185307179586 }]
[initial]
kind = "invariant"
`},
		{func() (*Grid, error) {
			return Cylindrical(Sinh(10, 0, 9, 0, 1), Uniform(12, -3, 4).Open(true, false))
		}, `
formula = "1 + r^2 + z^2"
[grid]
coordinates = "cylindrical"
axes = [{ cells = 10, min = 0.0, max = 9.0, spacing = "sinh" },
	{ cells = 12, min = -3.0, max = 4.0, ends = ["open", "closed"] }]
[initial]
kind = "invariant"
`},
	} {
		cfg,
			err := config.Parse("test", []byte("[landscape]"+c.toml+"[noise]\nepsilon = "+
			"0.2\n[time]\nend = 0.5\n"), nil)
		if err != nil {
			t.Fatal(err)
		}
		want := must[*Equation](t)(FromConfig(cfg))
		g := must[*Grid](t)(c.grid())
		var initial Initial
		switch cfg.Initial.Kind {
		case "gaussian":
			initial = Gaussian{Center: cfg.Initial.Center, Width: cfg.Initial.Width}
		}
		got := must[*Equation](t)(Assemble(Problem{
			Landscape: must[Landscape](t)(Formula(cfg.Landscape.Formula, g)), Noise: ML(0.2),
			Grid: g, Initial: initial,
		}))
		name := g.Coordinates.Name()
		if !slices.Equal(got.Operator.LogM, want.Operator.LogM) ||
			!slices.Equal(got.Operator.Diag, want.Operator.Diag) {
			t.Errorf("%s: the operators differ", name)
		}
		o := Options{End: 0.5}
		a, b := must[*Result](t)(got.Solve(t.Context(), o)),
			must[*Result](t)(want.Solve(t.Context(), OptionsOf(cfg)))
		if a.Scheme != b.Scheme || a.Reason != b.Reason {
			t.Errorf("%s: %s (%s), want %s (%s)", name, a.Scheme, a.Reason, b.Scheme, b.Reason)
		}
		o.Times = cfg.SnapshotTimes()
		if a = must[*Result](t)(got.Solve(t.Context(), o)); !slices.Equal(a.Final.W, b.Final.W) {
			t.Errorf("%s: the states differ", name)
		}
		if a.Drift > 1e-12 || a.Rise > 1e-12 {
			t.Errorf("%s: mass drift %g, rise of the norm %g", name, a.Drift, a.Rise)
		}
	}
}

// A Go function is its formula: to what the quadrature, which encloses a formula and only samples a
// function, leaves of each.
func TestFunctionsAreTheirFormulas(t *testing.T) {
	g := must[*Grid](t)(Cartesian(Faces(-6, -3, -1.5, -0.5, 0, 0.5, 1.5, 3, 6),
		Sinh(16, -9, 9, 0, 1)))
	density := func(x []float64) float64 { return math.Exp(-x[0]*x[0] - (x[1]-1)*(x[1]-1)/2) }
	build := func(f Landscape, noise Noise, initial Initial) (*Equation, []float64) {
		e := must[*Equation](t)(Assemble(Problem{Landscape: f, Noise: noise, Grid: g,
			Initial: initial}))
		return e, must[[]float64](t)(e.Start())
	}
	for _, noise := range []Noise{ML(0.25), Homogeneous(0.5)} {
		formula := must[Landscape](t)(Formula("2 + x^2 + y^2/2 + cos(x*y)", g))
		function := LandscapeFunc(func(x []float64) float64 {
			return 2 + x[0]*x[0] + x[1]*x[1]/2 +
				math.Cos(x[0]*x[1])
		})
		want, w := build(formula, noise, Gaussian{Center: []float64{0, 1}, Width: 1})
		got, v := build(function, noise, DensityFunc(density))
		for i, m := range want.Operator.LogM {
			if math.Abs(got.Operator.LogM[i]-m) > 1e-6 {
				t.Errorf("%v: log mass %.12g of cell %d, want %.12g", noise, got.Operator.LogM[i],
					i, m)
			}
		}
		if math.Abs(got.Operator.Mass(v)-1) > 1e-12 || math.Abs(want.Operator.Mass(w)-1) > 1e-12 {
			t.Errorf("%v: initial masses %g, %g", noise, got.Operator.Mass(v),
				want.Operator.Mass(w))
		}
	}
	e, _ := build(LandscapeFunc(func(x []float64) float64 { return 1 + x[0]*x[0] + x[1]*x[1] }),
		ML(0.25), DensityFunc(density))
	volumes, mass := e.LogVolumes(), 0.0
	for i, rho := range e.Density(must[[]float64](t)(e.Start())) {
		mass += rho * math.Exp(volumes[i])
	}
	invariant := 0.0
	for i, pi := range e.InvariantDensity() {
		invariant += pi * math.Exp(volumes[i])
	}
	if math.Abs(mass-1) > 1e-12 || math.Abs(invariant-1) > 1e-12 {
		t.Errorf("∫ρ = %.15g, ∫π = %.15g", mass, invariant)
	}
	p := e.Masses(e.Operator.Sigma)
	for i, logP := range e.LogMasses() {
		if math.Abs(math.Exp(logP)-p[i]) > 1e-14 {
			t.Fatalf("Π_%d = %g by its logarithm, %g by the state", i, math.Exp(logP), p[i])
		}
	}
	if w := must[[]float64](t)(e.FromMasses(p)); math.Abs(w[3]-e.Operator.Sigma[3]) > 1e-15 {
		t.Errorf("the state of Π is %g in cell 3, want %g", w[3], e.Operator.Sigma[3])
	}
}

// What is asked wrongly is an error that says what and where, never a panic.
func TestWrongRequests(t *testing.T) {
	g := must[*Grid](t)(Cartesian(Uniform(20, -3, 3)))
	one := LandscapeFunc(func([]float64) float64 { return 1 })
	valid := Problem{Landscape: one, Noise: ML(1), Grid: g}
	e := must[*Equation](t)(Assemble(valid))
	with := func(change func(p *Problem)) func() error {
		return func() error {
			p := valid
			change(&p)
			e, err := Assemble(p)
			if err == nil {
				_, err = e.Start()
			}
			return err
		}
	}
	solve := func(o Options) func() error {
		return func() error { _, err := e.Solve(t.Context(), o); return err }
	}
	gone, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	for want, do := range map[string]func() error{
		"Landscape is nil":         with(func(p *Problem) { p.Landscape = nil }),
		"Noise is nil":             with(func(p *Problem) { p.Noise = nil }),
		"Grid is nil":              with(func(p *Problem) { p.Grid = nil }),
		"ε = -1 must be positive":  with(func(p *Problem) { p.Noise = ML(-1) }),
		"ε = NaN must be positive": with(func(p *Problem) { p.Noise = Homogeneous(math.NaN()) }),
		"f = -1 at x = ": with(func(p *Problem) {
			p.Landscape = LandscapeFunc(func([]float64) float64 { return -1 })
		}),
		"f = NaN at x = ": with(func(p *Problem) {
			p.Landscape = LandscapeFunc(func([]float64) float64 { return math.NaN() })
		}),
		"the centre has 2 numbers, and the grid 1 axes": with(func(p *Problem) {
			p.Initial = Gaussian{Center: make([]float64, 2), Width: 1}
		}),
		"the width 0 must be from 1e-150": with(func(p *Problem) {
			p.Initial = Gaussian{Center: []float64{0}}
		}),
		"the function is nil": with(func(p *Problem) {
			p.Initial = DensityFunc(nil)
		}),
		"the density is -1 at x = ": with(func(p *Problem) {
			p.Initial = DensityFunc(func([]float64) float64 { return -1 })
		}),
		"no closed-form solution is " +
			"known": with(func(p *Problem) { p.Initial = Exact{B: []float64{1}} }),
		`there is no flux "x"`:        with(func(p *Problem) { p.Flux = "x" }),
		"the end 0 of the time":       solve(Options{}),
		"the tolerance 2 is not":      solve(Options{End: 1, Tolerance: 2}),
		"the step -1 must be":         solve(Options{End: 1, Step: -1}),
		`unknown scheme "x"`:          solve(Options{End: 1, Scheme: "x"}),
		"lanczos has no steps":        solve(Options{End: 1, Scheme: "lanczos", Step: 1}),
		"the output time 2 is not in": solve(Options{End: 1, Times: []float64{2}}),
		"interrupted: enough": func() error {
			_, err := e.Solve(gone, Options{End: 1})
			return err
		},
		"needs a grid": func() error {
			_, err := Formula("1", nil)
			return err
		},
		"no spectrum to extrapolate": func() error {
			_, err := e.Extrapolate(t.Context(), nil)
			return err
		},
		"the division of axis x is nil": func() error {
			_, err := Cartesian(nil)
			return err
		},
		"min < max": func() error {
			_, err := Cartesian(Uniform(3, 1, 0))
			return err
		},
		"0 eigenvalues are asked for": func() error {
			_, err := e.Spectrum(t.Context(), 0)
			return err
		},
		"20 eigenvalues are asked for, and the grid of 20 cells has 19": func() error {
			_, err := e.Spectrum(t.Context(), 20)
			return err
		},
		"3 masses are given, and the grid has 20 cells": func() error {
			_, err := e.FromMasses(make([]float64, 3))
			return err
		},
	} {
		if err := do(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	for _, axes := range []int{0, 5} {
		if _, err := Cartesian(slices.Repeat([]Division{Uniform(2, 0, 1)}, axes)...); err == nil {
			t.Errorf("a grid of %d axes", axes)
		}
	}
}

// Progress is told of the solves, and of nothing where there is nobody.
func TestProgress(t *testing.T) {
	g := must[*Grid](t)(Cartesian(Sinh(12, -9, 9, 0, 1), Sinh(12, -9, 9, 0, 1)))
	e := must[*Equation](t)(Assemble(Problem{Landscape: must[Landscape](t)(Formula("1+x^2+y^2", g)),
		Noise: ML(0.25), Grid: g}))
	var told []string
	e.Progress = func(_ float64, text string) { told = append(told, text) }
	must[*Spectrum](t)(e.Spectrum(t.Context(), 2))
	if len(told) < 3 || told[0] != "2 lowest eigenvalues on 12 × 12 cells" ||
		told[1] != "2 lowest eigenvalues on 12 × 12 cells, 1 solves" {
		t.Errorf("%q", told)
	}
}

// Number is null in JSON where it is unknown, and comes back.
func TestNumber(t *testing.T) {
	for x, want := range map[Number]string{Known(1.5): "1.5", Known(math.Inf(1)): "null",
		Known(math.NaN()): "null", {}: "null"} {
		text, err := x.MarshalJSON()
		if err != nil || string(text) != want {
			t.Errorf("%v: %s, %v", x, text, err)
		}
		var back Number
		if err := back.UnmarshalJSON(text); err != nil || back.Known() != x.Known() ||
			back.Known() && back != x {
			t.Errorf("%s comes back as %v, %v", text, back, err)
		}
	}
	if s := Known(0.125).Text("%.2f", "none") + (Number{}).Text("%g", "none"); s != "0.12none" {
		t.Error(s)
	}
}

// What needs to know more of coordinates of one's own than their metric is refused, and not
// computed wrongly.
func TestCoordinatesOfOnesOwn(t *testing.T) {
	line := must[*Grid](t)(Cartesian(Uniform(20, -3, 3)))
	g := must[*Grid](t)(mesh.NewGrid(renamed{line.Coordinates}, line.Axes))
	function := LandscapeFunc(func(x []float64) float64 { return 1 + x[0]*x[0] })
	for want, p := range map[string]Problem{
		"is to be a function: give a " +
			"LandscapeFunc": {Landscape: must[Landscape](t)(Formula("1+x^2", line))},
		"is to be a function: give a DensityFunc": {Landscape: function,
			Initial: Gaussian{Center: []float64{0}, Width: 1}},
	} {
		p.Noise, p.Grid = ML(1), g
		if _, err := Assemble(p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

type renamed struct{ mesh.Coordinates }

func (renamed) Name() string   { return "another" }
func (renamed) Axes() []string { return []string{"q"} } // of which x is some function
