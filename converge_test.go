package fpsgd

import (
	"fpsgd/scenarios/config"
	"fpsgd/solver"
	"math"
	"slices"
	"strings"
	"testing"
)

// The error in time is called too large where it is known to be more than a tenth of an error of
// the finest level, in a norm in which both are known: χ of masses where π has next to none is
// beyond floating point, with two levels of an angular mode L¹ may be too.
func TestTimeNote(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		what   string
		levels [][2]float64 // errors, unknown ones NaN or infinite
		time   [2]float64
		said   bool
	}{
		{"small", [][2]float64{{1, 2}, {0.1, 0.2}}, [2]float64{0.009, 0.019}, false},
		{"L¹ too large", [][2]float64{{1, 2}, {0.1, 0.2}}, [2]float64{0.011, 0.019}, true},
		{"χ too large", [][2]float64{{1, 2}, {0.1, 0.2}}, [2]float64{0.009, 0.021}, true},
		{"none known", [][2]float64{{inf, inf}, {inf, inf}}, [2]float64{1, 1}, false},
		{"L¹ unknown", [][2]float64{{math.NaN(), 2}, {math.NaN(), 0.2}}, [2]float64{1, 0.019},
			false},
		{"χ overflows, L¹ small", [][2]float64{{1, inf}, {0.1, inf}}, [2]float64{0.009, 1e200},
			false},
		{"χ overflows, L¹ too large", [][2]float64{{1, inf}, {0.1, inf}}, [2]float64{0.011, 1e200},
			true},
		{"the last has none", [][2]float64{{1, 2}, {inf, inf}}, [2]float64{0.09, 0.19}, false},
		{"the last has none, too large", [][2]float64{{1, 2}, {inf, inf}}, [2]float64{0.11, 0.19},
			true},
	} {
		conv := &Convergence{}
		for _, d := range c.levels {
			l := &Level{}
			l.setError(Distance{Known(d[0]), Known(d[1])})
			conv.Levels = append(conv.Levels, l)
		}
		conv.noteTime("sdirk2", 1e-9, Distance{Known(c.time[0]), Known(c.time[1])})
		const notSmall = "that is not small against the errors of the finest level"
		if got := strings.Contains(strings.Join(conv.Notes, "\n"), notSmall); got != c.said {
			t.Errorf("%s: said %v, want %v", c.what, got, c.said)
		}
	}
	conv := &Convergence{}
	conv.noteTime("sdirk2", 1e-9, Distance{Known(1e-3), Known(inf)})
	if text := conv.Notes[0]; !strings.Contains(text, "1.0e-03 in L¹ and unknown in χ") {
		t.Errorf("%q", text)
	}
}

// χ of a distance whose squares overflow is the hypotenuse: 3e200, 4e200, 5e200.
func TestDifferenceDoesNotOverflow(t *testing.T) {
	cfg := must[*config.Config](t)(config.Preset("quadratic-1d", []string{"grid.axes.0.cells=8"}))
	e := must[*Equation](t)(FromConfig(cfg))
	s := &solution{Equation: e, State: &solver.State{W: slices.Clone(e.Operator.Sigma)}}
	other := make([]float64, len(s.W))
	copy(other, s.W)
	other[0], other[7] = 3e200, -4e200
	if d := s.distance(other); !(math.Abs(d.Chi.Value()/5e200-1) < 1e-14) { // rounding
		t.Errorf("χ = %g, want 5e200", d.Chi.Value())
	}
}

// The default tolerance is one: the errors in time of levels are small against those of the grids.
func TestConvergenceOfDefaultOptions(t *testing.T) {
	g := must[*Grid](t)(Cartesian(Sinh(32, -30, 30, 0, 1)))
	e := must[*Equation](t)(Assemble(Problem{
		Landscape: must[Landscape](t)(Formula("1 + x^2", g)), Noise: ML(0.25), Grid: g,
		Initial: Gaussian{Center: []float64{1}, Width: 0.5},
	}))
	var found [2]*Convergence
	for k, o := range []Options{{End: 1}, {End: 1, Tolerance: 1e-6}} {
		found[k] = must[*Convergence](t)(e.NewConvergence("space", 2, o))
		if err := found[k].Measure(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	a, b := found[0], found[1]
	if a.Levels[0].ErrorL1 != b.Levels[0].ErrorL1 || *a.TimeError != *b.TimeError ||
		!strings.Contains(strings.Join(a.Notes, "\n"), "below 1e-09") {
		t.Errorf("%q, with the default given %q", a.Notes, b.Notes)
	}
}
