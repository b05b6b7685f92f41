package scenarios

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"fpsgd/mesh"
	"fpsgd/scenarios/exact"

	"pgregory.net/rapid"
)

func sum2(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v * v
	}
	return s
}

// phi is φ(r) = r²(1 + log² r).
func phi(r float64) float64 { return r * r * (1 + math.Log(r)*math.Log(r)) }

// Every built-in landscape is the formula that `fpsgd list` prints, in every system of coordinates
// that it accepts.
func TestBuiltinsAreTheirFormulas(t *testing.T) {
	line, plane := []string{uniform(9, -3, 4)}, []string{uniform(9, -3, 4), uniform(9, -3, 4)}
	space := []string{plane[0], plane[0], plane[0]}
	disc, ball, tube := []string{uniform(9, 0, 4), angle(8)},
		[]string{uniform(9, 0, 4), angle(6), angle(8)}, []string{uniform(9, 0, 4), plane[0]}
	shell := []string{uniform(9, 0, 4)}
	distance := func(x, c []float64) float64 {
		s := 0.0
		for k := range x {
			s += (x[k] - c[k]) * (x[k] - c[k])
		}
		return math.Sqrt(s)
	}
	ring := func(inPlane int) func(x []float64) float64 {
		return func(x []float64) float64 {
			d := sum2(x[:inPlane]) - 1.5*1.5
			return 0.25 + d*d/(4*1.5*1.5) + sum2(x[inPlane:])
		}
	}
	pair := func(m, along int) func(x []float64) float64 {
		return func(x []float64) float64 {
			c := make([]float64, len(x))
			c[along] = 1.5
			power := float64(m) / 2
			first := 0.3 * math.Pow(phi(distance(x, c)), -power)
			c[along] = -1.5
			return math.Pow(first+0.7*math.Pow(phi(distance(x, c)), -power), -1/power)
		}
	}
	// left 8, right 2, depth 0.5: g = exp(a + bt + ct²), g(0) = 1/2, g(−1) = 1, g(1) = 1/4
	well := func(x []float64) float64 {
		t := 2 * x[0] / (1 + x[0]*x[0])
		b, c := math.Log(0.25)/2, math.Log(0.25)/2-math.Log(0.5)
		d := x[0]*x[0] - 1
		return d*d*math.Exp(math.Log(0.5)+b*t+c*t*t) + 0.1 + sum2(x[1:])/2
	}
	entropy := func(x []float64) float64 { return math.Log1p(math.Exp(-x[0])) + sum2(x[1:])/2 }
	const wellParameters = "builtin = \"double-well\"\ndepth = 0.5\ncurvatures = [8.0, " +
		"2.0]\nfloor = 0.1"
	const ringParameters = "builtin = \"ring\"\nradius = 1.5\nfloor = 0.25"
	const pairParameters = "builtin = \"log-singular-pair\"\np = 0.3\nseparation = 3.0"
	for _, c := range []struct {
		landscape, grid string
		axes            []string
		f               func(x []float64) float64
	}{
		{`builtin = "quadratic"`, "", space, func(x []float64) float64 { return 1 + sum2(x) }},
		{"builtin = \"quadratic\"\nfloor = 2.0\nscale = 3.0\ncenter = [1.0, -2.0]", "", plane,
			func(x []float64) float64 { return 2 + 3*((x[0]-1)*(x[0]-1)+(x[1]+2)*(x[1]+2)) }},
		{"builtin = \"quadratic\"\nfloor = 2.0\nscale = 3.0\ncenter = [0.0, -2.0]",
			cylindrical, tube,
			func(x []float64) float64 { return 2 + 3*(x[0]*x[0]+(x[1]+2)*(x[1]+2)) }},
		{"builtin = \"quadratic\"\ncenter = [1.0, -2.0]", polar, disc,
			func(x []float64) float64 { return 1 + (x[0]-1)*(x[0]-1) + (x[1]+2)*(x[1]+2) }},
		{"builtin = \"power\"\nexponent = 3.5", "", plane,
			func(x []float64) float64 { return math.Pow(sum2(x), 1.75) }},
		{"builtin = \"power\"\nexponent = 0.5", spherical, ball,
			func(x []float64) float64 { return math.Pow(sum2(x), 0.25) }},
		{`builtin = "log-singular"`, radial(3), shell,
			func(x []float64) float64 { return phi(x[0]) }},
		{`builtin = "log-singular"`, "", space,
			func(x []float64) float64 { return phi(math.Sqrt(sum2(x))) }},
		{pairParameters, "", space, pair(3, 0)},
		{pairParameters, cylindrical, tube, pair(3, 1)},
		{pairParameters, polar, disc, pair(2, 0)},
		{wellParameters, "", line, well},
		{wellParameters, "", plane, well},
		{ringParameters, "", line, ring(1)},
		{ringParameters, "", plane, ring(2)},
		{ringParameters, "", space, ring(2)},
		{ringParameters, polar, disc, ring(2)},
		{ringParameters, spherical, ball, ring(2)},
		{ringParameters, cylindrical, tube, ring(1)},
		{ringParameters, radial(4), shell, ring(1)},
		{`builtin = "cross-entropy"`, "", line, entropy},
		{`builtin = "cross-entropy"`, "", space, entropy},
	} {
		s := must[*Scenario](t)(problem{landscape: c.landscape, grid: c.grid,
			axes: c.axes}.build(t))
		rapid.Check(t, func(t *rapid.T) {
			p := pointsIn(t, s.Grid, 5)
			got := make([]float64, 5)
			if err := s.Landscape.LogF(got, p); err != nil {
				t.Fatal(err)
			}
			for i := range got {
				x := theta(p, i)
				want := c.f(x)
				// Rounding, and what cancels in |x² − 1|: relative to the largest term, that of
				// x = 4.
				if math.Abs(math.Exp(got[i])-want) > 1e-13*(want+0.01) && want > 1e-200 {
					t.Fatalf("%s, %s at %v: f = %.15g, want %.15g",
						c.landscape, c.grid, x, math.Exp(got[i]), want)
				}
			}
		})
	}
}

// A log-singular minimum is a zero of f: log f = −∞ at r = 0, not NaN.
func TestLogSingularMinimumIsAZero(t *testing.T) {
	for _, landscape := range []string{`builtin = "log-singular"`,
		"builtin = \"log-singular-pair\"\nseparation = 2.0"} {
		s := must[*Scenario](t)(problem{landscape: landscape, noise: "epsilon = 2.0",
			axes: []string{uniform(4, -2, 2), uniform(4, -2, 2), uniform(4, -2, 2)}}.build(t))
		at := 0.0
		if strings.Contains(landscape, "pair") {
			at = 1
		}
		p, out := mesh.NewPoints(s.Grid), []float64{0}
		p.Set([][]float64{{at}, {0}, {0}})
		if err := s.Landscape.LogF(out, p); err != nil || !math.IsInf(out[0], -1) {
			t.Errorf("%s: log f = %g, error %v", landscape, out[0], err)
		}
	}
}

// value returns f of a landscape on the line.
func value(t testing.TB, landscape string) func(x float64) float64 {
	s := must[*Scenario](t)(problem{landscape: landscape,
		axes: []string{uniform(9, -3, 4)}}.build(t))
	p, out := mesh.NewPoints(s.Grid), make([]float64, 1)
	return func(x float64) float64 {
		p.Set([][]float64{{x}})
		if err := s.Landscape.LogF(out, p); err != nil {
			t.Fatal(err)
		}
		return math.Exp(out[0])
	}
}

// The double well has minima of value floor at ±1 with the given curvatures, and a barrier of the
// given depth at 0.
func TestDoubleWell(t *testing.T) {
	for _, c := range []struct{ depth, left, right, floor float64 }{{1, 8, 8, 0}, {0.5, 8, 2, 0},
		{2, 1, 30, 0.25}} {
		f := value(t, fmt.Sprintf("builtin = \"double-well\"\ndepth = %g\ncurvatures = [%g, "+
			"%g]\nfloor = %g", c.depth, c.left, c.right, c.floor))
		if got := f(0); !near(got, c.depth+c.floor, 1e-14*got) { // rounding
			t.Errorf("%+v: f(0) = %.17g", c, got)
		}
		for x, want := range map[float64]float64{-1: c.left, 1: c.right} {
			if got := f(x); got != c.floor {
				t.Errorf("%+v: f(%g) = %g", c, x, got)
			}
			second := func(h float64) float64 { return (f(x+h) - 2*f(x) + f(x-h)) / (h * h) }
			// h⁴ times f⁗; rounding 1e-16·floor/h² = 1e-10
			if got := (4*second(1e-3) - second(2e-3)) / 3; !near(got, want, 1e-7*want) {
				t.Errorf("%+v: f″(%g) = %.9g, want %g", c, x, got, want)
			}
		}
	}
}

// Parameters are checked, and coordinates that cannot hold a landscape are refused.
func TestBuiltinErrors(t *testing.T) {
	line, tube := []string{uniform(9, -3, 4)}, []string{uniform(9, 0, 4), uniform(9, -3, 4)}
	disc := []string{tube[0], angle(8)}
	for name, c := range map[string]struct {
		landscape, grid string
		axes            []string
		want            string
	}{
		"unknown":     {`builtin = "cubic"`, "", line, "unknown landscape"},
		"no exponent": {`builtin = "power"`, "", line, "needs the parameter exponent"},
		"unknown parameter": {"builtin = \"power\"\nexponent = 2.0\npower = 2.0", "", line,
			"no such parameter"},
		"negative exponent": {"builtin = \"power\"\nexponent = -2.0", "", line, "positive"},
		"share": {"builtin = \"log-singular-pair\"\np = 1.0", cylindrical, tube,
			"between 0 and 1"},
		"one curvature": {"builtin = \"double-well\"\ncurvatures = [1.0]", "", line,
			"two positive"},
		"negative floor": {"builtin = \"ring\"\nfloor = -1.0", "", line, "≥ 0"},
		"centre too short": {"builtin = \"quadratic\"\ncenter = [1.0]", polar, disc,
			"needs 2 numbers"},
		"centre off r = 0": {"builtin = \"quadratic\"\ncenter = [1.0]", radial(3), tube[:1],
			"center must be 0"},
		"centre off axis": {"builtin = \"quadratic\"\ncenter = [1.0, 0.0]", cylindrical, tube,
			"on the axis"},
		"radial pair":   {`builtin = "log-singular-pair"`, radial(3), tube[:1], "not radial"},
		"polar well":    {`builtin = "double-well"`, polar, disc, "cartesian"},
		"polar entropy": {`builtin = "cross-entropy"`, polar, disc, "cartesian"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := problem{landscape: c.landscape, grid: c.grid, axes: c.axes}.build(t)
			wantError(t, err, c.want)
			wantError(t, err, "landscape")
		})
	}
}

// Two log-singular minima share the invariant mass as p : 1 − p. With A and B the masses of one
// minimum on its own side and on the other, the sides hold pA + (1−p)B and pB + (1−p)A: their sum
// does not depend on p, and their difference is (2p − 1)(A − B). Both are measured by the
// log-singular CDF: beyond the plane at a distance h lies ½∫(1 − h/r) dμ(r).
func TestBasinsOfThePair(t *testing.T) {
	sides := func(p float64) (left, right float64) {
		s, op := problem{landscape: fmt.Sprintf("builtin = \"log-singular-pair\"\np = %g", p),
			noise: "epsilon = 2.0", grid: cylindrical,
			axes: []string{"cells = 40\nmin = 0.0\nmax = 1e6\nspacing = \"sinh\"\nwidth = 0.1",
				"cells = 78\nmin = -1e6\nmax = 1e6\nspacing = \"sinh\"\ncenters = [-1.0, " +
					"1.0]\nwidth = 0.1"}}.scenario(t)
		if s.Grid.Axes[1].Faces[39] != 0 {
			t.Fatal("the plane z = 0 is no face")
		}
		if s.Known.Continuum != 2 { // that of one minimum in R³, which is its gap
			t.Fatalf("the essential spectrum begins at %g, want 2", s.Known.Continuum)
		}
		for i, m := range op.LogM {
			if i%78 < 39 {
				left += math.Exp(m)
			} else {
				right += math.Exp(m)
			}
		}
		return left, right
	}
	left, right := sides(0.3)
	left9, right9 := sides(0.9)
	total := left + right
	// what the zeros of f leave: extrapolated logarithmic shells
	if got := (left9 + right9) / total; !near(got, 1, 1e-4) {
		t.Errorf("the whole mass changes by %.2g with p", got-1)
	}
	if got := (right9 - left9) / (right - left); !near(got, -2, 1e-3) { // likewise
		t.Errorf("the difference of the basins changes by the factor %.6g from p = 0.3 to 0.9, "+
			"want −2", got)
	}
	// A + B = 8π less what is beyond 1e6, between the CDF at log 1e6 and at log √2·1e6.
	z := math.Exp(exact.LogSingularLogZ(3))
	lo, hi := z*exact.LogSingularCDF(3, math.Log(1e6)), z*exact.LogSingularCDF(3, math.Log(1.5e6))
	if total < lo*(1-1e-4) || total > hi*(1+1e-4) { // likewise
		t.Errorf("mass %.8g, want between %.8g and %.8g", total, lo, hi)
	}
	across := 0.0 // B/Z = ½∫_{log h}^{log R} (1 − h e^{−s}) ½(1+s²)^{−3/2} ds, h = 1
	const n, top = 4000, 13.8155
	for i := range n {
		s := (float64(i) + 0.5) * top / n
		across += (1 - math.Exp(-s)) / 4 * math.Pow(1+s*s, -1.5) * top / n
	}
	want := -0.4 * (total - 2*across*z) // (2p − 1)(A − B) at p = 0.3
	t.Logf("mass %.8g of %.8g, left %.6g, right %.6g, difference %.6g, want %.6g", total, z, left,
		right, right-left, want)
	if !near((right-left)/want, 1, 2e-3) { // the corners of the box beyond R count as outside
		t.Errorf("the basins differ by %.6g, want %.6g", right-left, want)
	}
}

// A landscape that is named in Go is the one of a config, with the same defaults and the same
// refusals.
func TestBuiltinLandscape(t *testing.T) {
	plane, err := mesh.NewCoordinates("cartesian", 2)
	if err != nil {
		t.Fatal(err)
	}
	type given = map[string][]float64
	for _, c := range []struct {
		name       string
		parameters given
		text, err  string
	}{
		{"quadratic", nil, "1 + |θ|²", ""},
		{"quadratic", given{"scale": {3}, "floor": {0}}, "3 |θ|²", ""},
		{"power", nil, "", "builtin: power needs the parameter exponent"},
		{"log-singular-pair", given{"p": {2}}, "", "p: must be one number between 0 and 1"},
		{"quadratic", given{"height": {1}}, "", "height: quadratic has no such parameter"},
		{"cubic", nil, "", `builtin: unknown landscape "cubic" (use one of quadratic, power, `},
	} {
		l, err := BuiltinLandscape(c.name, c.parameters, plane)
		switch {
		case c.err == "" && (err != nil || l.String() != c.text):
			t.Errorf("%s %v: %v, %v, want %s", c.name, c.parameters, l, err, c.text)
		case c.err != "" && (err == nil || !strings.HasPrefix(err.Error(), c.err)):
			t.Errorf("%s %v: %v, want the error %q", c.name, c.parameters, err, c.err)
		}
	}
}
