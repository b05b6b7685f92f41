package scenarios

import (
	"math"
	"slices"
	"strings"
	"testing"

	"fpsgd/mesh"
	"fpsgd/operators"

	"pgregory.net/rapid"
)

// sampled writes f at the midpoints of a grid to a file and returns the landscape that it gives
// there.
func sampled(t testing.TB, p problem, f func(held []float64) float64) *Scenario {
	g := must[*Scenario](t)(p.build(t)).Grid
	at := midpoints(g)
	values, point := make([]float64, g.Cells()), make([]float64, len(g.Axes))
	for i := range values {
		for k := range at {
			point[k] = at[k][i]
		}
		values[i] = f(point)
	}
	p.landscape = "file = " + save(t, g.Shape(), values)
	return must[*Scenario](t)(p.build(t))
}

// A landscape from a file is log-linear between midpoints in held coordinates: exact for
// f = e^{a + b·q + cq₁q₂}, a power of r on a logarithmic axis; and constant beyond the outermost
// midpoints.
func TestFileLandscapeIsLogLinear(t *testing.T) {
	for name, p := range map[string]problem{
		"line":      {axes: []string{sinh(9, -3, 4)}},
		"plane":     {axes: []string{sinh(9, -3, 4), uniform(7, 0, 2)}},
		"space":     {axes: []string{sinh(5, -3, 4), uniform(4, 0, 2), uniform(6, -1, 1)}},
		"log r":     {grid: radial(3), axes: []string{log(12, -40, 40)}},
		"one cell":  {axes: []string{uniform(1, -3, 4), uniform(7, 0, 2)}},
		"part of φ": {grid: polar, axes: []string{uniform(6, 1, 2), uniform(5, 0.5, 2)}},
	} {
		logF := func(q []float64) float64 {
			v := 0.3
			for k, x := range q {
				v += []float64{0.7, -0.4, 0.2}[k] * x
			}
			if len(q) == 2 {
				v += 0.1 * q[0] * q[1]
			}
			return v
		}
		s := sampled(t, p, func(q []float64) float64 { return math.Exp(logF(q)) })
		rapid.Check(t, func(t *rapid.T) {
			block := pointsIn(t, s.Grid, 6)
			got := make([]float64, 6)
			if err := s.Landscape.LogF(got, block); err != nil {
				t.Fatal(err)
			}
			for i := range got {
				q := make([]float64, len(s.Grid.Axes))
				for k := range q { // beyond the outermost midpoints, their values
					a := &s.Grid.Axes[k]
					q[k] = math.Min(math.Max(block.Held(k)[i], a.Midpoint(0)),
						a.Midpoint(a.Cells()-1))
				}
				if want := logF(q); !near(got[i], want, 1e-13) { // rounding of logarithms up to 30
					t.Fatalf("%s: log f%v = %.15g, want %.15g", name, q, got[i], want)
				}
			}
		})
	}
}

// Along a periodic axis the last midpoint is joined to the first.
func TestFileLandscapeIsPeriodic(t *testing.T) {
	for _, n := range []int{2, 3, 8} {
		values := []float64{0.3, 1.2, -0.7, 0.5, 2, 0.1, -1, 0.4}[:n]
		h := 2 * math.Pi / float64(n)
		s := sampled(t, problem{grid: polar, axes: []string{uniform(2, 1, 2), angle(n)}},
			func(q []float64) float64 { return math.Exp(values[int(q[1]/h)]) })
		rapid.Check(t, func(t *rapid.T) {
			block := pointsIn(t, s.Grid, 6)
			got := make([]float64, 6)
			if err := s.Landscape.LogF(got, block); err != nil {
				t.Fatal(err)
			}
			for i, q := range block.Held(1) {
				at := q/h - 0.5 // in units of the step, from the first midpoint
				below := math.Floor(at)
				lower, upper := values[(int(below)+n)%n], values[(int(below)+1+n)%n]
				// roundings of φ/h
				if want := lower + (at-below)*(upper-lower); !near(got[i], want, 1e-13) {
					t.Fatalf("%d cells: log f(φ = %g) = %.15g, want %.15g", n, q, got[i], want)
				}
			}
		})
	}
}

// The values of a file at the midpoints come back as they are, and zeros are zeros.
func TestFileLandscapeAtMidpoints(t *testing.T) {
	f := func(q []float64) float64 { return math.Abs(q[0]) * (1 + q[1]*q[1]) }
	s := sampled(t, problem{axes: []string{uniform(5, -1, 1), uniform(4, 0, 2)}}, f)
	got := must[[]float64](t)(s.LandscapeValues())
	at := midpoints(s.Grid)
	for i, v := range got {
		// of a logarithm and its exponential
		if want := f([]float64{at[0][i], at[1][i]}); !near(v, want, 1e-15*want) {
			t.Errorf("cell %d: f = %.17g, want %.17g", i, v, want)
		}
	}
}

func TestFileLandscapeErrors(t *testing.T) {
	axes := []string{uniform(3, -1, 1), uniform(2, 0, 2)}
	for want, values := range map[string][]float64{
		"cell [1, 0]": {1, 1, -1, 1, 1, 1},
		"NaN":         {1, 1, 1, 1, 1, math.NaN()},
		"+Inf":        {1, math.Inf(1), 1, 1, 1, 1},
	} {
		_, err := problem{landscape: "file = " + save(t, []int{3, 2}, values), axes: axes}.build(t)
		wantError(t, err, want)
		wantError(t, err, "landscape.file")
	}
	_, err := problem{landscape: "file = " + save(t, []int{2, 3}, make([]float64, 6)),
		axes: axes}.build(t)
	wantError(t, err, "[2 3]")
	_, err = problem{landscape: `file = "nowhere.npy"`, axes: axes}.build(t)
	wantError(t, err, "nowhere.npy")
}

// A formula that is negative, infinite or undefined on the grid, or zero inside a cell, is an error
// that names the point.
func TestBadLandscapeValues(t *testing.T) {
	for formula, want := range map[string]string{
		"x":              "f = ",
		"log(x)":         "f = NaN",
		"exp(1e6*x*x)":   "f = +Inf",
		"max(0, x)":      "f = 0",
		"1/(1 + x) - 10": "< 0",
	} {
		s := must[*Scenario](t)(problem{landscape: "formula = \"" + formula + "\"",
			axes: []string{uniform(4, -1, 1)}}.build(t))
		_, err := s.Assemble()
		wantError(t, err, want)
		wantError(t, err, "at x = ")
	}
}

// The weights of both noise models in terms of log f: log π = −(1 + 1/ε) log f and κ = log ε − (log
// f)/ε; −f/ε and log ε − f/ε.
func TestNoiseModels(t *testing.T) {
	g := must[*Scenario](t)(problem{axes: []string{uniform(4, -1, 1)}}.build(t)).Grid
	p := mesh.NewPoints(g)
	p.Set([][]float64{{-0.9, 0.1, 0.7}})
	f := value(t, `builtin = "quadratic"`)
	landscape := must[*Scenario](t)(problem{landscape: `builtin = "quadratic"`,
		axes: []string{uniform(4, -1, 1)}}.build(t)).Landscape
	logPi, kappa := make([]float64, 3), make([]float64, 3)
	for _, eps := range []float64{1e-3, 0.25, 1e3} {
		check := func(w operators.Weights, pi, k func(f float64) float64) {
			if err := w.LogWeights(logPi, kappa, p); err != nil {
				t.Fatal(err)
			}
			for i, x := range p.Held(0) {
				// roundings, over ε
				if v := f(x); !near(logPi[i], pi(v), 1e-13/eps) ||
					!near(kappa[i], k(v), 1e-13/eps+1e-13) {
					t.Errorf("%T at %g: log π = %g, κ = %g", w, x, logPi[i], kappa[i])
				}
			}
		}
		check(MLWeights{landscape, eps}, func(f float64) float64 {
			return -(1 + 1/eps) *
				math.Log(f)
		}, func(f float64) float64 { return math.Log(eps) - math.Log(f)/eps })
		check(HomogeneousWeights{landscape, eps}, func(f float64) float64 { return -f / eps },
			func(f float64) float64 { return math.Log(eps) - f/eps })
	}
	// f/ε beyond the numbers is an error of homogeneous noise, not of noise that vanishes with f.
	huge := must[*Scenario](t)(problem{landscape: `builtin = "log-singular"`, grid: radial(3),
		axes: []string{log(4, -900, 900)}}.build(t))
	q := mesh.NewPoints(huge.Grid)
	q.Set([][]float64{{-800, 0, 800}})
	if err := (MLWeights{huge.Landscape, 2}).LogWeights(logPi, kappa, q); err != nil ||
		slices.ContainsFunc(logPi, math.IsNaN) {
		t.Errorf("log π = %v, error %v", logPi, err)
	}
	if err := (HomogeneousWeights{huge.Landscape, 2}).LogWeights(logPi, kappa, q); err == nil ||
		!strings.Contains(err.Error(), "not representable") {
		t.Errorf("error %v of f = e^1600", err)
	}
}
