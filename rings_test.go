package fpsgd

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"testing"

	"fpsgd/operators"
	"fpsgd/scenarios"
	"fpsgd/scenarios/config"
	"fpsgd/solver"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// onAxes states f on a grid, with an initial Gaussian 0.4 wide about 2.9 along every axis.
func onAxes(t *testing.T, f string, noise scenarios.Noise, axes ...Division) *Equation {
	t.Helper()
	g := must[*Grid](t)(Cartesian(axes...))
	start := Gaussian{Width: 0.4}
	for range axes {
		start.Center = append(start.Center, 2.9)
	}
	return must[*Equation](t)(Assemble(Problem{Landscape: must[Landscape](t)(Formula(f, g)),
		Noise: noise, Grid: g, Initial: start, Threads: 1}))
}

func turn(n int) Division { return Uniform(n, -math.Pi, math.Pi).Periodic() }

func ratesOf(t *testing.T, e *Equation, k int) []float64 {
	t.Helper()
	s := must[*Spectrum](t)(e.Spectrum(t.Context(), k))
	if s.Certificate.Kind != solver.Certified {
		t.Errorf("%s: %s", s.Certificate.Kind, s.Certificate.Text)
	}
	var rates []float64
	for _, m := range s.Modes {
		rates = append(rates, m.Value)
	}
	return rates
}

// denseRates returns all eigenvalues of S by another method.
func denseRates(t *testing.T, op *operators.Operator) []float64 {
	t.Helper()
	n := op.Cells()
	s, e, column := mat.NewSymDense(n, nil), make([]float64, n), make([]float64, n)
	for j := range n {
		clear(e)
		e[j] = 1
		op.Apply(column, e)
		for i := range j + 1 {
			s.SetSym(i, j, column[i])
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(s, false) {
		t.Fatal("the dense eigenvalue solver failed")
	}
	return eigen.Values(nil)
}

// Brownian motion on a ring of N cells of size h has the rates 4ε/h² sin²(πk/N), k = 1, 2, …, each
// twice, and on a torus their sums.
func TestRatesOfBrownianRings(t *testing.T) {
	const eps, n = 0.7, 24
	h := 2 * math.Pi / n
	rate := func(k int) float64 {
		return 4 * eps / (h * h) * math.Pow(math.Sin(math.Pi*float64(k)/n), 2)
	}
	one, two := rate(1), rate(2)
	for _, c := range []struct {
		axes []Division
		want []float64
	}{
		{[]Division{turn(n)}, []float64{one, one, two, two, rate(3), rate(3)}},
		{[]Division{turn(n), turn(n)}, []float64{one, one, one, one, 2 * one, 2 * one}},
		// on a closed line of the length π the waves are half as long
		{[]Division{turn(n), Uniform(n/2, 0, math.Pi)}, []float64{one, one, one, 2 * one, 2 * one}},
		{[]Division{Uniform(n/2, 0, math.Pi), turn(n)}, []float64{one, one, one, 2 * one, 2 * one}},
		{[]Division{turn(n), Uniform(2, 0, 0.1), turn(n)}, []float64{one, one, one, one}},
	} {
		e := onAxes(t, "1", Homogeneous(eps), c.axes...)
		for k, got := range ratesOf(t, e, len(c.want)) {
			if math.Abs(got/c.want[k]-1) > 1e-12 {
				t.Errorf("%d axes, mode %d: %.17g, want %.17g", len(c.axes), k+1, got, c.want[k])
			}
		}
	}
}

// The heat kernel on a ring of length L = 2π is a theta function,
//
//	ρ(x, t) = 1/L (1 + 2 Σ_k e^{−k² s²/2} cos k(x − c)),    s² = w² + 2εt,
//
// from the wrapped Gaussian of width w. A wave k is one of the grid as well, with the rate λ_k =
// 4ε/h² sin²(kh/2): what the program computes is the sum with e^{−k²w²/2 − λ_k t}, to the tolerance
// of lanczos, and that is of second order.
func TestHeatKernelOfTheRing(t *testing.T) {
	const eps, w, center, end = 0.5, 0.4, 2.9, 0.6
	wave := func(n int, rate func(k float64) float64) (p []float64) {
		h := 2 * math.Pi / float64(n)
		for i := range n {
			sum, x := 1.0, -math.Pi+(float64(i)+0.5)*h
			for k := 1.0; k < 40; k++ {
				mean := 2 * math.Sin(k*h/2) / (k * h) // of the wave over a cell
				sum += 2 * mean * math.Exp(-k*k*w*w/2-rate(k)*end) * math.Cos(k*(x-center))
			}
			p = append(p, sum*h/(2*math.Pi))
		}
		return p
	}
	var errors []float64
	for _, n := range []int{40, 80} {
		e := onAxes(t, "1", Homogeneous(eps), turn(n))
		h := 2 * math.Pi / float64(n)
		got := e.Masses(must[*Result](t)(e.Solve(t.Context(), Options{End: end})).Final.W)
		discrete := wave(n, func(k float64) float64 {
			return 4 * eps / (h * h) * math.Pow(math.Sin(k*h/2), 2)
		})
		if d := floats.Distance(got, discrete, 1); d > 1e-7 {
			t.Errorf("%d cells: L¹ distance %.2g from the waves of the grid", n, d)
		}
		errors = append(errors, floats.Distance(got,
			wave(n, func(k float64) float64 { return eps * k * k }), 1))
	}
	if order := math.Log2(errors[0] / errors[1]); math.Abs(order-2) > 0.05 {
		t.Errorf("errors %.3g: order %.3f, want 2", errors, order)
	}
}

// For f = 1 + a cos x and noise that vanishes with the loss, ε = 1, the generator f u″ − f′u′ has
// the eigenfunctions sin x and cos x + a, both with the rate 1, and ∫f^{−2} = 2π(1−a²)^{−3/2}. The
// rates of the grid are those of the dense matrix, and come in the pair within the error of the
// scheme.
func TestCosineOnTheRing(t *testing.T) {
	const a = 0.5
	var gaps [][]float64
	for _, n := range []int{32, 64, 128} {
		e := onAxes(t, "1 + 0.5*cos(x)", ML(1), turn(n))
		if got, want := e.Operator.LogZ, math.Log(2*math.Pi)-1.5*math.Log(1-a*a); math.Abs(
			got-want) > 1e-13 {
			t.Errorf("%d cells: log Z = %.16g, want %.16g", n, got, want)
		}
		rates := ratesOf(t, e, 5)
		for k, want := range denseRates(t, e.Operator)[1:6] {
			if math.Abs(rates[k]/want-1) > 1e-10 { // 1e-16 of the largest, 4000
				t.Errorf("%d cells: rate %d is %.12g, dense %.12g", n, k+1, rates[k], want)
			}
		}
		gaps = append(gaps, rates[:2])
		beyond := e.beyond(func(i int) float64 { return e.Operator.Sigma[i] * e.Operator.Sigma[i] })
		if outside := e.MassOutside(e.Operator); outside != 0 || beyond != 0 {
			t.Errorf("a share of %g lies outside of a ring, or %g", outside, beyond)
		}
	}
	for k := range 2 {
		first, second := 4*gaps[1][k]/3-gaps[0][k]/3, 4*gaps[2][k]/3-gaps[1][k]/3
		limit := 16*second/15 - first/15
		if math.Abs(gaps[2][k]-1) > 1e-3 || math.Abs(limit-1) > 1e-7 {
			t.Errorf("rate %d: %.9g, %.9g, %.9g, extrapolated %.12g, want 1", k+1, gaps[0][k],
				gaps[1][k], gaps[2][k], limit)
		}
	}
}

// Between two wells of a ring there are two ways, side by side: where barriers are high the gap is
// k₁₂ + k₂₁ = T (1/M₁ + 1/M₂), T = ε (1/R₁ + 1/R₂), M the ∫e^{−V} of a well and R the ∫e^{V} of a
// barrier, V = f/ε: relatively within the ratio of the gap to the next rate.
func TestTwoWellsOnARing(t *testing.T) {
	f := func(x float64) float64 { return 1.2 + math.Cos(2*x) + 0.1*math.Cos(x) + 0.05*math.Sin(x) }
	const text = "1.2 + cos(2*x) + 0.1*cos(x) + 0.05*sin(x)"
	for _, eps := range []float64{0.3, 0.07, 0.02} {
		// the trapezoidal rule on whole barriers and wells, at the ends of which next to nothing is
		integral := func(sign, from float64) float64 {
			const n = 20000
			sum := 0.0
			for i := range n {
				x := from + math.Pi*(float64(i)+0.5)/n
				sum += math.Exp(sign * f(x) / eps)
			}
			return sum * math.Pi / n
		}
		m1, m2 := integral(-1, 0), integral(-1, -math.Pi)
		r1, r2 := integral(1, -math.Pi/2), integral(1, math.Pi/2)
		want := eps * (1/r1 + 1/r2) * (1/m1 + 1/m2)
		e := onAxes(t, text, Homogeneous(eps), turn(400))
		got := ratesOf(t, e, 2)
		if allowed := 10*got[0]/got[1] + 1e-11; math.Abs(got[0]/want-1) > allowed {
			t.Errorf("ε = %g: gap %.10g, of rates %.10g, off by %.2g", eps, got[0], want,
				got[0]/want-1)
		}
		if eps == 0.3 {
			if want := denseRates(t, e.Operator)[1]; math.Abs(got[0]/want-1) > 1e-8 {
				t.Errorf("ε = %g: gap %.12g, dense %.12g", eps, got[0], want)
			}
		}
	}
}

// Rings of few cells, two among them, in one to three dimensions and beside closed axes: the rates
// are those of the dense matrix, and mass is kept.
func TestSmallRings(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	landscapes := []string{"3 + cos(x)", "4 + cos(x) + sin(y + 0.3*cos(x))",
		"5 + cos(x) + sin(y + 0.3*cos(x)) + cos(z)*sin(x + 1)"}
	for range 40 {
		d := 1 + random.IntN(3)
		var axes []Division
		for range d {
			n := 2 + random.IntN([]int{30, 8, 5}[d-1])
			axis := turn(n)
			if random.IntN(2) == 0 {
				axis = Uniform(n, -math.Pi, 2)
			}
			axes = append(axes, axis)
		}
		e := onAxes(t, landscapes[d-1], ML(0.5), axes...)
		shape, rings := e.Operator.Shape, e.Operator.Periodic
		if e.Operator.Cells() < 6 {
			continue // too few for two modes
		}
		for k, want := range denseRates(t, e.Operator)[1:3] {
			if got := ratesOf(t, e, 2)[k]; math.Abs(got/want-1) > 1e-9 {
				t.Errorf("%v, periodic %v: rate %.12g, dense %.12g", shape, rings, got, want)
			}
		}
		w := must[*Result](t)(e.Solve(t.Context(), Options{End: 0.5})).Final.W
		if m := e.Operator.Mass(w); math.Abs(m-1) > 1e-12 {
			t.Errorf("%v, periodic %v: mass %.16g", shape, rings, m)
		}
	}
}

// A cylinder is the same with its axes exchanged, and a torus: the rates to 1e-12 and the masses at
// the end to the solves.
func TestTransposedRings(t *testing.T) {
	y := Sinh(14, -8, 9, 0, 1)
	for _, c := range []struct {
		f, transposed string
		x, y          Division
	}{
		{"3 + cos(x) + 0.1*y^2", "3 + cos(y) + 0.1*x^2", turn(18), y},
		{"3 + cos(x) + 0.5*sin(y + 0.3*cos(x))", "3 + cos(y) + 0.5*sin(x + 0.3*cos(y))", turn(18),
			turn(14)},
	} {
		a := onAxes(t, c.f, ML(0.5), c.x, c.y)
		b := onAxes(t, c.transposed, ML(0.5), c.y, c.x)
		other := ratesOf(t, b, 4)
		for k, rate := range ratesOf(t, a, 4) {
			if math.Abs(rate/other[k]-1) > 1e-12 {
				t.Errorf("%s: rate %d is %.16g, transposed %.16g", c.f, k+1, rate, other[k])
			}
		}
		o := Options{End: 1}
		p := a.Masses(must[*Result](t)(a.Solve(t.Context(), o)).Final.W)
		q := b.Masses(must[*Result](t)(b.Solve(t.Context(), o)).Final.W)
		for i := range 18 {
			for j := range 14 {
				if math.Abs(p[i*14+j]-q[j*18+i]) > 1e-12 {
					t.Fatalf("%s: mass %g of a cell, transposed %g", c.f, p[i*14+j], q[j*18+i])
				}
			}
		}
	}
}

// Every propagator keeps the mass on rings, stays at π, and ends at the same bits on any number of
// threads.
func TestPropagatorsOnRings(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(4, runtime.NumCPU())))
	const f = "3 + cos(x) + 0.5*sin(y + 0.3*cos(x))"
	for name, axes := range map[string][]Division{
		"ring": {turn(60)}, "torus": {turn(20), turn(18)},
		"cylinder": {turn(20), Uniform(18, 0, 2*math.Pi)},
		"solid":    {turn(6), Uniform(5, 0, 2), turn(4)},
	} {
		for _, scheme := range []string{"lanczos", "sdirk2", "euler"} {
			text := f
			if len(axes) == 1 {
				text = "3 + cos(x)"
			}
			e := onAxes(t, text, ML(0.5), axes...)
			o := Options{End: 0.5, Scheme: scheme}
			if scheme != "lanczos" {
				o.Step = 0.1
			}
			one := must[*Result](t)(e.Solve(t.Context(), o)).Final.W
			if m := e.Operator.Mass(one); math.Abs(m-1) > 1e-13 {
				t.Errorf("%s, %s: mass %.17g", name, scheme, m)
			}
			still := must[*Result](t)(e.SolveFrom(t.Context(), e.Operator.Sigma, o)).Final.W
			if d := floats.Distance(still, e.Operator.Sigma, 2); d > 1e-12 {
				t.Errorf("%s, %s: π moves by %.2g", name, scheme, d)
			}
			for _, threads := range []int{2, 5} {
				p := e.Problem
				p.Threads = threads
				many := must[*Equation](t)(Assemble(p))
				for i, w := range must[*Result](t)(many.Solve(t.Context(), o)).Final.W {
					if w != one[i] {
						t.Fatalf("%s, %s, %d threads: cell %d differs", name, scheme, threads, i)
					}
				}
			}
		}
	}
}

// Brownian motion on a ring enters a set, from a point x between its ends a and b, after the mean
// time (x − a)(b − x)/(2ε), by either way and through the seam. The reactive current from A to B
// takes both ways: ε/(L d) goes by one of length d, on a ring of length L, where q rises like x/d.
func TestEscapeOnARing(t *testing.T) {
	const eps = 0.5
	e := onAxes(t, "1", Homogeneous(eps), turn(48))
	for _, c := range []struct {
		to          string
		start, a, b float64
	}{
		{"abs(x) > 3", 0.2, -3, 3},
		{"x < -3", 1, -3, math.Pi},
		{"abs(x - 1) < 0.1", 3.1, 1.1, 0.9 + 2*math.Pi},
		{"abs(x - 1) < 0.1", math.Pi, 1.1, 0.9 + 2*math.Pi}, // on the seam
		{"abs(x - 1) < 0.1", -math.Pi, 1.1 - 2*math.Pi, 0.9},
	} {
		found := must[*Escape](t)(e.Escape(t.Context(), EscapeOptions{From: "abs(x) < 0.1",
			To: c.to, Start: []float64{c.start}}))
		want := (c.start - c.a) * (c.b - c.start) / (2 * eps)
		if got := found.Extrapolated.MeanTime; math.Abs(got/want-1) > 1e-8 {
			t.Errorf("from %g to %s: mean time %.12g, want %.12g", c.start, c.to, got, want)
		}
	}
	found := must[*Escape](t)(e.Escape(t.Context(), EscapeOptions{From: "abs(x) < 0.1",
		To: "abs(x - 1) < 0.1"}))
	current := found.Current[0]
	n, direct, round := len(current)-1, 0.8, 2*math.Pi-1.2
	if current[0] != current[n] {
		t.Errorf("the current through the seam is %g and %g", current[0], current[n])
	}
	if want := -eps / round / (2 * math.Pi); math.Abs(current[n]/want-1) > 1e-10 {
		t.Errorf("the current through the seam is %.12g, want %.12g", current[n], want)
	}
	want := eps / (2 * math.Pi) * (1/direct + 1/round)
	if got := found.Transitions; math.Abs(got/want-1) > 1e-10 {
		t.Errorf("%.12g transitions per unit of time, want %.12g", got, want)
	}
}

// A run on a ring that is interrupted goes on to the bits of one that is not.
func TestRunOnARingGoesOn(t *testing.T) {
	dir := t.TempDir()
	whole, part := filepath.Join(dir, "whole"), filepath.Join(dir, "part")
	p := onAxes(t, "1.2 + cos(x)", ML(0.5), turn(40)).Problem
	o := RunOptions{Options: Options{End: 2, Times: []float64{1, 2}}, Current: true, NoErrors: true}
	must[*RunResult](t)(Run(t.Context(), p, whole, o))
	half := o
	half.Checkpoint = 1
	enough := fmt.Errorf("enough: %w", solver.ErrInterrupted)
	half.Observers = []solver.Observer{solver.ObserverFunc(func(e solver.Event) error {
		if e.Time >= 1 {
			return enough
		}
		return nil
	})}
	if _, err := Run(t.Context(), p, part, half); !errors.Is(err, solver.ErrInterrupted) {
		t.Fatalf("%v, want an interruption", err)
	}
	o.Resume = true
	must[*RunResult](t)(Run(t.Context(), p, part, o))
	want := files(t, whole)
	for name, content := range files(t, part) {
		if content != want[name] {
			t.Errorf("%s is not that of the run that was not interrupted", name)
		}
	}
}

// Ends that the program chooses are not for rings, on which minima at the seam are one; the grading
// is the same on either side of it.
func TestChosenGridOnARing(t *testing.T) {
	cfg := must[*config.Config](t)(config.Parse("ring.toml", []byte(`
[landscape]
formula = "1.05 + cos(x) + y^2"
[noise]
epsilon = 0.5
[grid]
accuracy = 0.03
axes = [{ spacing = "auto", min = -3.141592653589793, max = 3.141592653589793, ends = "periodic" },
	{ spacing = "auto" }]
`), nil))
	c := must[*config.Config](t)(SettleStill(t.Context(), cfg, nil))
	x := c.Grid.Axes[0]
	if !x.Periodic() || x.Min != -math.Pi || x.Max != math.Pi || c.Grid.Axes[1].Periodic() {
		t.Errorf("axes %+v", c.Grid.Axes)
	}
	g := must[*Scenario](t)(StateOf(c)).Grid
	faces := g.Axes[0].Faces
	n := len(faces) - 1
	first, last := faces[1]-faces[0], faces[n]-faces[n-1]
	middle := faces[n/2+1] - faces[n/2]
	if math.Abs(first/last-1) > 0.05 || first > middle/2 {
		t.Errorf("cells of %.3g and %.3g beside the seam, where f is least, and %.3g opposite",
			first, last, middle)
	}
}

// Particles that have come around a ring see the f of where they are on it, also where its formula
// is periodic by the range alone.
func TestParticlesOnARing(t *testing.T) {
	text := onLine("1 - (x^2 - 2.25)^2/6", 0.2, homogeneously, 64, -1.5, 1.5) +
		"ends = 'periodic'\n[initial]\nkind = 'gaussian'\ncenter = [1.3]\nwidth = 0.2\n" +
		"[time]\nend = 3.0\n[output]\nsnapshots = 3\n" +
		"[ensemble]\nparticles = 80000\nscheme = 'weak2'\neta = 0.02\n"
	cfg := must[*config.Config](t)(config.LoadText("ring", []byte(text), nil))
	e := must[*Equation](t)(FromConfig(cfg))
	o := must[EnsembleOptions](t)(EnsembleOptionsOf(cfg))
	judge(t, "ring", byFirst, func(of moved) []string {
		o.Method = of
		found := must[*Ensemble](t)(e.Simulate(t.Context(), o))
		for _, row := range found.Rows {
			if row.Outside > 0 {
				t.Errorf("t = %g: %d outside", row.Time, row.Outside)
			}
		}
		return found.unlike()
	})
}
