package scenarios

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"fpsgd/scenarios/exact"

	"pgregory.net/rapid"
)

// quadraticOf returns the quadratic that a formula was recognised as, or nil.
func quadraticOf(t testing.TB, p problem) *exact.Quadratic {
	s := must[*Scenario](t)(p.build(t))
	f := recognise(s.Landscape.(*formulaLandscape), s.Grid)
	q, ok := f.(*quadraticForm)
	if !ok {
		return nil
	}
	return &q.f
}

// Formulas that are quadratics, however written, get their floor, scale and centre; others do not,
// however near.
func TestRecognisesQuadratics(t *testing.T) {
	line := []string{sinh(40, -50, 50)}
	plane := []string{sinh(20, -50, 50), sinh(24, -30, 60)}
	space := []string{sinh(10, -9, 9), sinh(11, -9, 9), sinh(12, -9, 9)}
	disc := []string{sinh(20, 0, 50), angle(12)}
	ball := []string{sinh(10, 0, 50), angle(6), angle(8)}
	tube := []string{sinh(20, 0, 50), sinh(20, -40, 40)}
	cases := []struct {
		formula, grid string
		axes          []string
		want          *exact.Quadratic
	}{
		{"1 + x^2", "", line, &exact.Quadratic{Floor: 1, Scale: 1}},
		{"x^2/2", "", line, &exact.Quadratic{Floor: 0, Scale: 0.5}},
		{"5 + 2*x + x^2", "", line, &exact.Quadratic{Floor: 4, Scale: 1, Center: []float64{-1}}},
		{"1e-6 + (x - 0.001)^2", "", line, &exact.Quadratic{Floor: 1e-6, Scale: 1,
			Center: []float64{0.001}}},
		{"sqrt((1 + x^2)*(1 + x*x))", "", line, &exact.Quadratic{Floor: 1, Scale: 1}},
		{"3 + 2*(x-1)^2 + 2*(y+0.5)^2", "", plane,
			&exact.Quadratic{Floor: 3, Scale: 2, Center: []float64{1, -0.5}}},
		{"1 + x^2 + y^2", "", plane, &exact.Quadratic{Floor: 1, Scale: 1}},
		{"1 + r^2", "", space, &exact.Quadratic{Floor: 1, Scale: 1}},
		{"2*(x^2 + y^2 + (z-1)^2) + 7", "", space,
			&exact.Quadratic{Floor: 7, Scale: 2, Center: []float64{0, 0, 1}}},
		{"1 + r^2", polar, disc, &exact.Quadratic{Floor: 1, Scale: 1}},
		{"1 + (x-1)^2 + y^2", polar, disc, &exact.Quadratic{Floor: 1, Scale: 1,
			Center: []float64{1, 0}}},
		{"1 + x^2 + y^2 + (z+2)^2", spherical, ball,
			&exact.Quadratic{Floor: 1, Scale: 1, Center: []float64{0, 0, -2}}},
		{"0.5 + r^2 + z^2", cylindrical, tube, &exact.Quadratic{Floor: 0.5, Scale: 1}},
		{"1 + r^2 + (z-1)^2", cylindrical, tube, &exact.Quadratic{Floor: 1, Scale: 1,
			Center: []float64{0, 1}}},
		{"1 + r^2", radial(7), []string{sinh(30, 0, 99)}, &exact.Quadratic{Floor: 1, Scale: 1}},
		{"1 + r^2", radial(3), []string{log(60, -70, 70)}, &exact.Quadratic{Floor: 1, Scale: 1}},
		{"r^2", radial(3), []string{log(60, -70, 70)}, &exact.Quadratic{Floor: 0, Scale: 1}},

		{"1 + x^2 + 1.0001*y^2", "", plane, nil},
		{"1 + x^2 + y^2 + 1e-9*x*y", "", plane, nil},
		{"1 + x^2 + 1e-9*x^4", "", line, nil},
		{"1 + x^2 + 1e-10*sin(x)", "", line, nil},
		{"1 + abs(x)", "", line, nil},
		{"max(1 + x^2, 2)", "", line, nil},
		{"2 + x", "", []string{uniform(10, -1, 1)}, nil},
		{"1 + (r-1)^2", radial(3), []string{sinh(30, 0, 99)}, nil},
		{"1 + (r-1)^2 + z^2", cylindrical, tube, nil},
		{"1 + r^2 + 2*z^2", cylindrical, tube, nil},
	}
	for _, c := range cases {
		t.Run(c.formula+" "+c.grid, func(t *testing.T) {
			p := problem{grid: c.grid, axes: c.axes}
			p.landscape = fmt.Sprintf("formula = %q", c.formula)
			sameQuadratic(t, quadraticOf(t, p), c.want)
		})
	}
}

// sameQuadratic compares two quadratics, or none; the digits that roundTiny restores are exact.
func sameQuadratic(t *testing.T, got, want *exact.Quadratic) {
	switch {
	case want == nil && got != nil:
		t.Errorf("recognised as %v", quadraticText(*got))
	case want != nil && got == nil:
		t.Error("not recognised")
	case want != nil && (got.Floor != want.Floor || got.Scale != want.Scale ||
		!slices.Equal(got.Center, want.Center)):
		t.Errorf("recognised as %+v, want %+v", *got, *want)
	}
}

// Any floor, scale and centre of a few digits is found, to the bit.
func TestRecognisesRandomQuadratics(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		digits := func(label string, lo, hi int) float64 {
			return float64(rapid.IntRange(lo, hi).Draw(rt, label)) / 100
		}
		want := exact.Quadratic{Floor: digits("floor", 1, 1000), Scale: digits("scale", 1, 1000),
			Center: []float64{digits("c_x", -300, 300), digits("c_y", -300, 300)}}
		formula := fmt.Sprintf("%g + %g*((x - (%g))^2 + (y - (%g))^2)",
			want.Floor, want.Scale, want.Center[0], want.Center[1])
		got := quadraticOf(t, problem{landscape: fmt.Sprintf("formula = %q", formula),
			axes: []string{sinh(9, -50, 50), sinh(8, -50, 50)}})
		if got == nil {
			rt.Fatalf("%s is not recognised", formula)
		}
		if isOrigin(want.Center) {
			want.Center = nil
		}
		if got.Floor != want.Floor || got.Scale != want.Scale ||
			!slices.Equal(got.Center, want.Center) {
			rt.Fatalf("%s is recognised as %+v", formula, *got)
		}
	})
}

// r²(1 + log² r) is recognised in every system, and nothing near it.
func TestRecognisesLogSingular(t *testing.T) {
	for _, c := range []struct {
		formula, grid string
		axes          []string
		want          bool
	}{
		{"r^2*(1+log(r)^2)", radial(3), []string{log(60, -70, 70)}, true},
		{"r^2 + (r*log(r))^2", radial(4), []string{sinh(30, 0, 99)}, true},
		{"r^2*(1+log(r)^2)", "", []string{sinh(10, -9, 9), sinh(10, -9, 9), sinh(10, -9, 9)}, true},
		{"(x^2+y^2)*(1+log(x^2+y^2)^2/4)", polar, []string{log(30, -9, 9), angle(8)}, true},
		{"r^2*(1+1.0001*log(r)^2)", radial(3), []string{log(60, -70, 70)}, false},
		{"2*r^2*(1+log(r)^2)", radial(3), []string{log(60, -70, 70)}, false},
	} {
		s := must[*Scenario](t)(problem{landscape: fmt.Sprintf("formula = %q", c.formula),
			noise: "epsilon = 2.0", grid: c.grid, axes: c.axes}.build(t))
		_, got := recognise(s.Landscape.(*formulaLandscape), s.Grid).(*logSingularForm)
		if got != c.want {
			t.Errorf("%s (%s): recognised %v, want %v", c.formula, c.grid, got, c.want)
		}
	}
}

// Known holds the numbers of theory §1 and §2.1: the rates ε Λ_{α,d} over all functions and over
// the coordinates' own, how they are reached, and Z.
func TestKnownRates(t *testing.T) {
	line, r := []string{sinh(10, -9, 9)}, []string{sinh(10, 0, 9)}
	plane, space := []string{line[0], line[0]}, []string{line[0], line[0], line[0]}
	disc, ball, tube := []string{r[0], angle(4)}, []string{r[0], angle(2), angle(4)},
		[]string{r[0], line[0]}
	for _, c := range []struct {
		grid        string
		axes        []string
		epsilon     float64
		rate, space float64
		kind        exact.Kind
		integrable  bool
	}{
		{"", line, 0.1, 2, 2, exact.Attained, true},
		{"", line, 4, 2.25, 2.25, exact.Edge, true},
		{"", plane, 0.25, 2, 2, exact.Attained, true},
		{"", plane, 2, 0.5, 0.5, exact.Edge, true},
		{"", space, 0.5, 1.125, 1.125, exact.Edge, true},
		{"", space, 2, 0, 0, exact.None, false},
		{"", space, 4, 0.25, 0.25, exact.Hardy, false},
		{"", []string{line[0], line[0], line[0], line[0]}, 0.5, 0.5, 0.5, exact.Edge, true},
		{polar, disc, 0.25, 2, 2, exact.Attained, true},
		{spherical, ball, 0.25, 2, 2, exact.Attained, true},
		{cylindrical, tube, 0.25, 2, 2, exact.Attained, true},
		{radial(3), r, 0.25, 2.5, 2, exact.Attained, true}, // u = r² − ⟨r²⟩, at 4 − 2dε
		{radial(3) + "\nangular = 1", r, 0.25, 2, 2, exact.Attained, true},
		{radial(20), r, 0.05, 2, 2, exact.Attained, true},
		{radial(1), r, 0.25, 3.5, 2, exact.Attained, true}, // even functions, x² − ⟨x²⟩
		{radial(1) + "\nangular = 1", r, 0.25, 2, 2, exact.Attained, true},
	} {
		name := fmt.Sprintf("%s %d axes, ε = %g", c.grid, len(c.axes), c.epsilon)
		s := must[*Scenario](t)(problem{landscape: `builtin = "quadratic"`,
			noise: fmt.Sprintf("epsilon = %g", c.epsilon), grid: c.grid, axes: c.axes}.build(t))
		k := s.Known
		if !near(k.Rate, c.rate, 1e-14) || !near(k.RateSpace, c.space, 1e-14) ||
			k.Kind != string(c.kind) || *k.Integrable != c.integrable {
			t.Errorf("%s: rate %g (%s), over all functions %g, integrable %v",
				name, k.Rate, k.Kind, k.RateSpace, *k.Integrable)
		}
		d := float64(s.Grid.Coordinates.Dimension())
		p := 1 + 1/c.epsilon
		a, _ := math.Lgamma(p - d/2)
		b, _ := math.Lgamma(p)
		// rounding of lgamma
		if want := d/2*math.Log(math.Pi) + a - b; c.integrable && !near(k.LogZ, want, 1e-13) {
			t.Errorf("%s: log Z = %.15g, want %.15g", name, k.LogZ, want)
		} else if !c.integrable && !math.IsNaN(k.LogZ) {
			t.Errorf("%s: log Z = %g where π is not integrable", name, k.LogZ)
		}
		if k.Reason == "" || k.Form == "" {
			t.Errorf("%s: form %q, reason %q", name, k.Form, k.Reason)
		}
	}
}

// A scaled and shifted quadratic has scale times the rates, and Z multiplied by floor^{−1−1/ε}
// (floor/scale)^{d/2}; homogeneous noise has the rate 2·scale and Z = (πε/scale)^{d/2}
// e^{−floor/ε}; the log-singular minimum has rate 2 and Z = 8π.
func TestKnownOfOtherForms(t *testing.T) {
	plane := []string{sinh(12, -9, 9), sinh(12, -9, 9)}
	get := func(p problem) Known { return must[*Scenario](t)(p.build(t)).Known }
	unit := get(problem{landscape: `formula = "1 + x^2 + y^2"`, axes: plane})
	scaled := get(problem{landscape: `formula = "3 + 2*(x-1)^2 + 2*(y+0.5)^2"`, axes: plane})
	// roundings
	if !near(scaled.Rate, 2*unit.Rate, 1e-14) || !near(scaled.LogZ,
		unit.LogZ-5*math.Log(3)+math.Log(1.5), 1e-13) {
		t.Errorf("scaled: rate %g, log Z %.15g; of 1 + |θ|² %g, %.15g",
			scaled.Rate, scaled.LogZ, unit.Rate, unit.LogZ)
	}
	h := get(problem{landscape: `formula = "3 + 2*(x-1)^2 + 2*(y+0.5)^2"`,
		noise: "model = \"homogeneous\"\nepsilon = 0.5", axes: plane})
	// roundings
	if !near(h.Rate, 4, 1e-14) || !near(h.LogZ, math.Log(math.Pi/4)-6, 1e-13) || !*h.Integrable {
		t.Errorf("homogeneous: %+v", h)
	}
	for _, landscape := range []string{`builtin = "log-singular"`, `formula = "r^2*(1+log(r)^2)"`} {
		// theory §4
		for _, c := range []struct{ m, eps, z float64 }{{3, 2, 25.1327412287},
			{4, 1, 31.0062766803}, {5, 2. / 3, 35.0919267594}} {
			k := get(problem{landscape: landscape, noise: fmt.Sprintf("epsilon = %.17g", c.eps),
				grid: radial(int(c.m)), axes: []string{log(20, -9, 9)}})
			if !near(k.Rate, 2, 1e-14) || !near(math.Exp(k.LogZ), c.z, 1e-9) { // the digits given
				t.Errorf("%s, m = %g: rate %g, Z = %.12g", landscape, c.m, k.Rate, math.Exp(k.LogZ))
			}
		}
		k := get(problem{landscape: landscape, noise: "epsilon = 1.9", grid: radial(3),
			axes: []string{log(20, -9, 9)}})
		if !math.IsNaN(k.Rate) || !math.IsNaN(k.LogZ) || k.Integrable != nil {
			t.Errorf("%s away from the critical noise: %+v, want unknown", landscape, k)
		}
	}
	none := get(problem{landscape: `formula = "1 + x^4"`, axes: plane[:1]})
	if none.Form != "" || !math.IsNaN(none.Rate) || !math.IsNaN(none.RateSpace) ||
		!math.IsNaN(none.LogZ) || none.Integrable == nil || !*none.Integrable || none.Kind != "" {
		t.Errorf("1 + x⁴ is known as %+v, want nothing but that π is integrable", none)
	}
}
