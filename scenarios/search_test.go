package scenarios

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"fpsgd/operators"
)

// searched returns what the search finds for a formula.
func searched(t *testing.T, formula, noise, grid string, axes ...string) (*Search, error) {
	t.Helper()
	return must[*Scenario](t)(problem{landscape: fmt.Sprintf("formula = %q", formula), noise: noise,
		grid: grid, axes: axes}.build(t)).Searched()
}

// A minimum or a barrier narrower than the distance of the nodes is found wherever it is, in every
// coordinate system. The width is where log π has changed by 1: for f = f₀ ∓ a e^{−(q/w)²} next to
// the extremum at w √(−log(1 − |f(e^{±1/(1+1/ε)} − 1)|/a)).
func TestSearchFindsWhatTheNodesMiss(t *testing.T) {
	const w = 0.002
	// log π = −5 log f has changed by 1 where f has by a factor of e^{1/5}.
	width := func(least, a float64) float64 {
		return w * math.Sqrt(-math.Log(1-least*(math.Exp(0.2)-1)/a))
	}
	line, plane := []string{sinh(60, -20, 20)}, []string{sinh(64, -20, 20), sinh(64, -20, 20)}
	space := []string{sinh(32, -20, 20), sinh(32, -20, 20), sinh(32, -20, 20)}
	disc, ball, tube := []string{sinh(64, 0, 50), angle(32)},
		[]string{sinh(32, 0, 50), angle(16), angle(24)},
		[]string{sinh(40, 0, 20), sinh(60, -20, 20)}
	phi := math.Atan2(0.7, 0.313)
	for _, c := range []struct {
		formula, grid string
		axes          []string
		at            []float64
		width         float64 // along the first axis
	}{
		{"1 + x^2 - 0.99*exp(-((x-0.313)/0.002)^2)", "", line, []float64{0.313},
			width(1+0.313*0.313-0.99, 0.99)},
		{"1 + x^2 - 0.9*exp(-((x+3.1)/0.002)^2) - 8.9*exp(-((x+3.1)/0.002)^2)", "", line,
			[]float64{-3.1}, width(1+3.1*3.1-9.8, 9.8)},
		// on a face
		{"1 + x^2 - 0.99*exp(-((x-0)/0.002)^2)", "", line, []float64{0}, width(0.01, 0.99)},
		{"1 + x^2 + y^2 - 0.99*exp(-((x-0.313)^2+(y-0.7)^2)/0.002^2)", "", plane,
			[]float64{0.313, 0.7}, width(1+0.313*0.313+0.49-0.99, 0.99)},
		{"1 + r^2 - 0.99*exp(-((x-0.313)^2+(y-0.7)^2+(z+0.2)^2)/0.002^2)", "", space,
			[]float64{0.313, 0.7, -0.2}, width(1+0.313*0.313+0.53-0.99, 0.99)},
		{"1 + r^2 - 0.99*exp(-((x-0.313)^2+(y-0.7)^2)/0.002^2)", polar, disc,
			[]float64{math.Hypot(0.313, 0.7), phi}, width(1+0.313*0.313+0.49-0.99, 0.99)},
		{"1 + r^2 - 0.99*exp(-((x-0.313)^2+(y-0.7)^2+(z+0.2)^2)/0.002^2)", spherical, ball,
			[]float64{math.Sqrt(0.313*0.313 + 0.53), math.Acos(-0.2 / math.Sqrt(0.313*0.313+0.53)),
				phi}, width(1+0.313*0.313+0.53-0.99, 0.99)},
		{"1 + r^2 + z^2 - 0.99*exp(-((r-0.313)^2+(z-0.7)^2)/0.002^2)", cylindrical, tube,
			[]float64{0.313, 0.7}, width(1+0.313*0.313+0.49-0.99, 0.99)},
		{"1 + r^2 - 0.99*exp(-((r-0.313)/0.002)^2)", radial(4), []string{sinh(60, 0, 20)},
			[]float64{0.313}, width(1+0.313*0.313-0.99, 0.99)},
		{"1 + r^2 - 0.99*exp(-((log(r)+1)/0.002)^2)", radial(3), []string{log(60, -10, 10)},
			[]float64{-1}, width(1+math.Exp(-2)-0.99, 0.99)},
		// a polynomial
		{"1e-8 + (x-0.313)^2", "", line, []float64{0.313}, math.Sqrt(1e-8 * (math.Exp(0.2) - 1))},
		// none
		{"(1e-8 + (x-0.313)^2)*(2+cos(x))", "", line, []float64{0.313},
			math.Sqrt(1e-8 * (math.Exp(0.2) - 1))},
		{"1 + x^2 + 50*exp(-((x-0.0133)/0.002)^2)", "", line, []float64{0.0133},
			w * math.Sqrt(-math.Log(1-51*(1-math.Exp(-0.2))/50))},
	} {
		t.Run(c.formula+" "+c.grid, func(t *testing.T) {
			found, err := searched(t, c.formula, "", c.grid, c.axes...)
			if err != nil {
				t.Fatal(err)
			}
			if len(found.Features) != 1 {
				t.Fatalf("%d features: %v", len(found.Features), found)
			}
			sameFeature(t, found.Features[0], c.at, c.width, w/20)
		})
	}
}

// sameFeature compares a feature with where it is and its width along the first axis, which is
// sampled in steps of a quarter of an octave. The slope of 1 + |θ|² moves the minimum by w²; in the
// angle by a factor of 1/r more.
func sameFeature(t *testing.T, f operators.Feature, at []float64, width, tolerance float64) {
	for k, q := range at {
		if !near(f.At[k], q, tolerance) {
			t.Errorf("at %g along axis %d, want %g", f.At[k], k, q)
		}
	}
	if ratio := f.Width[0] / width; ratio < 0.95 || ratio > 1.25 {
		t.Errorf("width %g, want %g", f.Width[0], width)
	}
}

// The mutant of the search that looks at the nodes alone, and takes what lies between them from
// their interpolation, finds nothing.
func TestTheNodesDoNotShowTheSpike(t *testing.T) {
	s := must[*Scenario](t)(problem{axes: []string{sinh(60, -20, 20)},
		landscape: `formula = "1 + x^2 - 0.99*exp(-((x-0.313)/0.002)^2)"`}.build(t))
	e := newExplorer(s)
	for i := range len(e.nodes[0]) - 1 {
		b := block{[]int{i}, []int{i + 1}}
		box := must[*seen](t)(e.look(&b))
		// −5 log(1 + x²) over an eighth of a cell
		if change := box.corner[0] - box.corner[1]; math.Abs(change) > 5*0.2 {
			t.Fatalf("the nodes show a change of log π by %g", change)
		}
	}
}

// Nothing is found where there is nothing, and the bounds say so for every cell, in the presets
// too.
func TestSearchFindsNothingInSmoothLandscapes(t *testing.T) {
	plane := []string{uniform(128, -4, 4), uniform(128, -4, 4)}
	space := []string{sinh(64, -20, 20), sinh(64, -20, 20), sinh(64, -20, 20)}
	for _, c := range []struct {
		formula, noise, grid string
		axes                 []string
	}{
		{"0.2 + x^2 + y^2 + 0.5*(2 - cos(2*pi*x) - cos(2*pi*y))", "", "", plane},
		{"1 + x^2 + 2*y^2 + 4*z^2 + 0.1*exp(-x^2)", "", "", space},
		{"1 + abs(x) + max(y, -y)", "", "", plane},
		{"1 + r^2 + 1/(1+r^2)", "", spherical, []string{sinh(48, 0, 100), angle(16), angle(32)}},
		{"1 + r^2 + 0.1*sin(x)", "", polar, []string{sinh(64, 0, 1e6), angle(64)}},
		{"(x^2 - 1)^2/4 + 0.01*cos(x)", "model = \"homogeneous\"\nepsilon = 0.1", "",
			[]string{uniform(400, -2.5, 2.5)}},
		{"r^2*(1+log(r)^2)", "epsilon = 2.0", radial(3), []string{log(400, -70, 70)}},
	} {
		found, err := searched(t, c.formula, c.noise, c.grid, c.axes...)
		if err != nil {
			t.Errorf("%s: %v", c.formula, err)
		} else if found.Noteworthy() || !strings.Contains(found.String(), "none left out") {
			t.Errorf("%s: %v", c.formula, found)
		}
	}
}

// A line along an axis has a feature in each of its cells; one across the axes cannot be resolved,
// and is refused with the place, the width and what would do; so is what has no loss between the
// nodes.
func TestSearchOfLines(t *testing.T) {
	plane := []string{sinh(64, -20, 20), sinh(64, -20, 20)}
	found, err := searched(t, "1 + x^2 + y^2 - 0.99*exp(-((x-0.313)/0.002)^2)", "", "", plane...)
	if err != nil {
		t.Fatal(err)
	}
	s := must[*Scenario](t)(problem{axes: plane}.build(t))
	e, rows := newExplorer(s), map[int]bool{}
	for _, f := range found.Features {
		rows[e.cell(1, f.At[1])] = true
	}
	for j := range s.Grid.Axes[1].Cells() {
		// beyond, the trench is no deeper than e^{-1} in log π
		if y := s.Grid.Axes[1].Midpoint(j); math.Abs(y) < 2 && !rows[j] {
			t.Errorf("no feature in the row y = %g", y)
		}
	}
	ring, err := searched(t, "1 + r^2 - 0.9*exp(-((r-1)/0.002)^2)", "", polar, sinh(64, 0, 50),
		angle(32))
	if err != nil || len(ring.Features) < 32 {
		t.Errorf("a ring in polar coordinates: %v, %v", ring, err)
	}
	for _, formula := range []string{
		"1 + x^2 + y^2 - 0.99*exp(-((x-y)/0.002)^2)",
		"1 + x^2 + y^2 - 0.99*exp(-((x-0.31*y)/0.002)^2)", "1 + r^2 - 0.9*exp(-((r-1)/0.002)^2)",
	} {
		_, err := searched(t, formula, "", "", plane...)
		wantError(t, err, "runs across the axes x and y at x = ")
		wantError(t, err, "use cells of that width there, about ")
	}
	_, err = searched(t, "1 + x^2 - 1.5*exp(-((x-0.313)/0.002)^2)", "", "", sinh(60, -20, 20))
	wantError(t, err, "a loss must not be negative")
	_, err = searched(t, "1 + x^2 - 1.5*exp(-((x-0.313)/0.002)^2)",
		"model = \"homogeneous\"\nepsilon = 0.1", "", sinh(60, -20, 20))
	wantError(t, err, "a loss must not be negative")
	_, err = searched(t, "1 + x^2 + y^2 + 0.9*sin(1000*x)*sin(1000*y)", "", "", plane...)
	wantError(t, err, "use cells of that width there")
}

// Where bounds cannot be finished the search says so and for how many cells.
func TestSearchSaysWhatIsOpen(t *testing.T) {
	found, err := searched(t, "1 + x^2 + 2*y^2 + 4*z^2 + w^2 + 0.1*exp(-x^2)", "", "",
		sinh(12, -8, 8), sinh(12, -8, 8), sinh(12, -8, 8), sinh(12, -8, 8))
	if err != nil || !found.Noteworthy() || !strings.Contains(found.String(),
		"bounds were not conclusive on ") {
		t.Errorf("%v, %v", found, err)
	}
	f := make([]float64, 40)
	s := must[*Scenario](t)(problem{landscape: "file = " + save(t, []int{40}, f),
		axes: []string{uniform(40, -20, 20)}}.build(t))
	if found, err := s.Searched(); err != nil || !strings.HasPrefix(found.String(),
		"not searched: ") {
		t.Errorf("a file: %v, %v", found, err)
	}
}

// The minima of built-in landscapes are known, and are features where they are narrow; wide ones
// are not, nor are zeros on faces.
func TestSearchOfBuiltins(t *testing.T) {
	for name, c := range map[string]struct {
		landscape, grid string
		axes            []string
		want            int
		err             string
	}{
		"a narrow quadratic": {"builtin = \"quadratic\"\nfloor = 1e-8\ncenter = [0.313]", "",
			[]string{sinh(60, -20, 20)}, 1, ""},
		"a wide one": {"builtin = \"quadratic\"", "", []string{sinh(60, -20, 20)}, 0, ""},
		"a double well": {"builtin = \"double-well\"\nfloor = 1e-8", "",
			[]string{sinh(75, -20, 21)}, 2, ""},
		"a ring in its coordinates": {"builtin = \"ring\"\nfloor = 1e-8", polar,
			[]string{sinh(60, 0, 21), angle(16)}, 16, ""},
		"a ring across": {"builtin = \"ring\"\nfloor = 1e-8", "",
			[]string{sinh(60, -20, 21), sinh(60, -20, 21)}, 0, "runs across the axes"},
		"a pair between faces": {"builtin = \"log-singular-pair\"\nseparation = 2.1", "",
			[]string{sinh(30, -9, 9), sinh(30, -9, 8), sinh(30, -9, 8)}, 2, ""},
		"a zero on a face": {"builtin = \"log-singular\"", radial(3), []string{sinh(60, 0, 21)},
			0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := must[*Scenario](t)(problem{landscape: c.landscape, grid: c.grid,
				axes: c.axes}.build(t)).Searched()
			switch {
			case c.err != "":
				wantError(t, err, c.err)
			case err != nil || len(found.Features) != c.want:
				t.Errorf("%v, %v, want %d", found, err, c.want)
			}
		})
	}
}

// The result is the same for any number of threads.
func TestSearchIsReproducible(t *testing.T) {
	var first []operators.Feature
	for threads := 1; threads <= 3; threads++ {
		s := must[*Scenario](t)(problem{axes: []string{sinh(64, -20, 20), sinh(64, -20, 20)},
			landscape: `formula = "1 + x^2 + y^2 - 0.99*exp(-((x-0.313)/0.002)^2)"`}.build(t))
		s.Threads = threads
		found := must[*Search](t)(s.Searched())
		if threads == 1 {
			first = found.Features
		}
		if fmt.Sprint(first) != fmt.Sprint(found.Features) {
			t.Errorf("%d threads find something else", threads)
		}
	}
}
