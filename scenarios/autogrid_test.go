package scenarios

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"fpsgd/scenarios/config"
)

// left is a config of sets alone, which leaves the rest to the program.
func left(t testing.TB, sets ...string) *config.Config {
	t.Helper()
	return must[*config.Config](t)(config.Parse("problem", nil, sets))
}

func planOf(t testing.TB, sets ...string) *Plan {
	t.Helper()
	return must[*Plan](t)(NewPlan(left(t, sets...)))
}

// losses gives the sets of a formula and ε.
func losses(formula string, epsilon float64, more ...string) []string {
	return append([]string{"landscape.formula=" + formula,
		fmt.Sprintf("noise.epsilon=%g", epsilon), "initial.kind=invariant", "time.end=1"}, more...)
}

// Where g has a closed form, so have centres and widths: of f₀ + s(x − c)² it doubles at
// c ± √(f₀/s); of 0.1 + (ϱ² − 1)²/4 its least value over a line y is 0.1 for |x| ≤ 1, and 0.2 at
// x² = 1 + 2√0.1; homogeneous noise has three times √(2ε/f”).
func TestCentresAndWidthsAreThoseOfTheWells(t *testing.T) {
	for _, c := range []struct {
		sets           []string
		axis           int
		centers, width []float64
	}{
		{losses("1 + x^2", 0.25), 0, []float64{0}, []float64{1}},
		{losses("3 + 12*(x - 5)^2", 0.25), 0, []float64{5}, []float64{0.5}},
		{losses("1e-6 + (x + 1e-2)^2", 0.25), 0, []float64{-1e-2}, []float64{1e-3}},
		{losses("1 + x^2 + 1000*y^2", 0.25), 0, []float64{0}, []float64{1}},
		{losses("1 + x^2 + 1000*y^2", 0.25), 1, []float64{0}, []float64{math.Sqrt(1e-3)}},
		{losses("0.1 + (x^2 + y^2 - 1)^2/4", 0.25), 1, []float64{0},
			[]float64{math.Sqrt(1 + 2*math.Sqrt(0.1))}},
		{losses("8*x^2", 0.01, "noise.model=homogeneous"), 0, []float64{0},
			[]float64{3 * math.Sqrt(2*0.01/16)}},
		{losses("1 + r^2", 0.25, "grid.coordinates=polar"), 0, []float64{0}, []float64{1}},
		{losses("1 + r^2 + 4*z^2", 0.25, "grid.coordinates=cylindrical"), 1, []float64{0},
			[]float64{0.5}},
	} {
		a := planOf(t, c.sets...).axes[c.axis]
		if a.Spacing != "sinh" || len(a.Centers) != len(c.centers) {
			t.Errorf("%s: axis %d is %s about %g", c.sets[0], c.axis, a.Spacing, a.Centers)
			continue
		}
		for j := range c.centers {
			if math.Abs(a.Centers[j]-c.centers[j]) > 0.01*c.width[j] ||
				math.Abs(a.Width[j]/c.width[j]-1) > 0.05 {
				t.Errorf("%s: axis %d is fine about %g ± %g, want %g ± %g", c.sets[0], c.axis,
					a.Centers, a.Width, c.centers, c.width)
			}
		}
	}
}

// f = 0.05 + 50 (x + 1)²(x − 1)²/(1 + 99 (1 − x)²/4) has minima at ±1 of curvatures 4 and 400.
func TestWellsOfDifferentWidthAreBothResolved(t *testing.T) {
	a := planOf(t, losses("0.05 + (x+1)^2*(x-1)^2*50/(1 + 99*(1 - x)^2/4)", 0.25)...).axes[0]
	// f'' = 2·4·50/100 = 4 at −1 and 400 at 1, so that f doubles at 0.158 and at 0.0158
	want := []float64{math.Sqrt(0.05 / 2), math.Sqrt(0.05 / 200)}
	if len(a.Centers) != 2 {
		t.Fatalf("fine about %g ± %g", a.Centers, a.Width)
	}
	for j, c := range []float64{-1, 1} {
		if math.Abs(a.Centers[j]-c) > want[j]/3 || math.Abs(math.Log(a.Width[j]/want[j])) > 0.3 {
			t.Errorf("fine about %g ± %g, want ±1 ± %g", a.Centers, a.Width, want)
		}
	}
}

// What lies beyond the ends is known in closed form for 1 + |θ|².
func TestEndsLeaveOutAShare(t *testing.T) {
	for _, sets := range [][]string{
		losses("1 + x^2", 0.25), losses("1 + x^2", 0.05), losses("1 + x^2", 0.6),
		losses("1 + x^2", 0.25, "grid.accuracy=0.1"), losses("1 + x^2 + y^2", 0.25),
		losses("1 + r^2", 0.25, "grid.coordinates=polar"),
		losses("1 + r^2", 0.05, "grid.coordinates=radial", "grid.dimension=20"),
		losses("2*x^2", 0.1, "noise.model=homogeneous"),
	} {
		cfg := left(t, sets...)
		p := must[*Plan](t)(NewPlan(cfg))
		s, err := New(must[*config.Config](t)(cfg.Settled(p.Axes(fine(p, 4)), p.Initial(), 1,
			p.Remarks())))
		if err != nil {
			t.Fatal(err)
		}
		share := s.tails()
		if most := cfg.Grid.Accuracy / 10; !(share <= most) || p.Far() {
			t.Errorf("%s: %g of π lies outside, and %g may", sets[:2], share, most)
		}
		if share == 0 {
			t.Errorf("%s: the grid leaves nothing out, it is too large", sets[:2])
		}
	}
}

func fine(p *Plan, fineness float64) []float64 {
	out := make([]float64, len(p.axes))
	for k := range out {
		out[k] = fineness
	}
	return out
}

// 1 + x² with ε = 2 has a gap that is an edge, r² has no invariant density, and the log-singular
// minimum has both: a core at 0, and a π that hardly falls.
func TestEndsAreFarWhereNothingConverges(t *testing.T) {
	if p := planOf(t, losses("1 + x^2", 2)...); !p.Far() || p.axes[0].Max < 1e20 {
		t.Errorf("ε = 2: %v", p.Remarks())
	}
	core := planOf(t, losses("r^2*(1 + log(r)^2)", 2, "grid.coordinates=radial",
		"grid.dimension=3")...)
	if a := core.axes[0]; a.Spacing != "log" || !reflect.DeepEqual(a.Width, []float64{1}) ||
		a.far != [2]bool{true, true} || a.LogMin > -100 || a.LogMax < 100 {
		t.Errorf("log-singular: %+v", a)
	}
	brown := planOf(t, losses("r^2", 0.25, "grid.coordinates=radial", "grid.dimension=3")...)
	if a := brown.axes[0]; a.Spacing != "log" || len(a.Width) > 0 || !brown.Far() {
		t.Errorf("r²: %+v", a)
	}
}

// Cells of a plan with 4 to a unit of τ grow by no more than e^{1/4} from one to the next.
func TestNeighbouringCellsAreOfAboutOneSize(t *testing.T) {
	for _, sets := range [][]string{
		losses("0.1 + (x^2 - 1)^2/4", 0.25), losses("1 + x^2", 2),
		losses("1 + x^2 + 1000*y^2", 0.25),
		losses("r^2*(1 + log(r)^2)", 2, "grid.coordinates=radial", "grid.dimension=3"),
	} {
		cfg := left(t, sets...)
		p := must[*Plan](t)(NewPlan(cfg))
		cfg = must[*config.Config](t)(cfg.Settled(p.Axes(fine(p, 4)), p.Initial(), 1, nil))
		s := must[*Scenario](t)(New(cfg))
		for k := range s.Grid.Axes {
			f := s.Grid.Axes[k].Faces
			for i := range len(f) - 2 {
				if ratio := math.Abs(math.Log((f[i+2] - f[i+1]) / (f[i+1] - f[i]))); ratio > 0.27 {
					t.Fatalf("%s: cells at %g and %g differ by e^%.3g", sets[0], f[i], f[i+1],
						ratio)
				}
			}
		}
	}
}

// What is given is kept, and what a formula speaks of are the axes.
func TestPlanKeepsWhatIsGiven(t *testing.T) {
	cfg := must[*config.Config](t)(config.Parse("p.toml", []byte(`
landscape.formula = "1 + x^2 + 2*y^2"
noise.epsilon = 0.25
[[grid.axes]]
spacing = "auto"
min = -3.25
cells = 17
[[grid.axes]]
spacing = "uniform"
cells = 11
min = -2.0
max = 2.0
`), nil))
	axes := must[*Plan](t)(NewPlan(cfg)).Axes([]float64{4, 4})
	if x := axes[0]; x.Min != -3.25 || x.Cells != 17 || !(x.Max > 2) {
		t.Errorf("x: %+v", x)
	}
	if y := axes[1]; y.Spacing != "uniform" || y.Cells != 11 || y.Max != 2 {
		t.Errorf("y: %+v", y)
	}
	for formula, n := range map[string]int{"1 + x^2": 1, "1 + y^2 + x^2": 2, "1 + z^2 + r^2": 3,
		"1 + r^2": 1, "1 + x^2 + y^2 + z^2 + w^2": 4} {
		if got := len(left(t, losses(formula, 1)...).Grid.Axes); got != n {
			t.Errorf("%s has %d axes, want %d", formula, got, n)
		}
	}
}

// A chosen initial density lies off the minimum by two of π's standard deviations, √(2ε/f”) for
// homogeneous noise, along the softest axis.
func TestChosenInitialDensity(t *testing.T) {
	in := planOf(t, "landscape.formula=x^2/2 + 8*y^2", "noise.epsilon=0.09",
		"noise.model=homogeneous").Initial()
	if in.Kind != "gaussian" || math.Abs(in.Center[0]-0.6) > 0.02 ||
		math.Abs(in.Center[1]) > 0.01 || math.Abs(in.Width/0.075-1) > 0.05 {
		t.Errorf("%+v, want (0.6, 0) ± 0.075", in)
	}
	ring := planOf(t, "landscape.formula=0.1 + (x^2 + y^2 - 1)^2/4", "noise.epsilon=0.25").Initial()
	if r := math.Hypot(ring.Center[0], ring.Center[1]); math.Abs(r-1) > 0.3 || ring.Width > 0.3 {
		t.Errorf("ring: %+v is not on it", ring)
	}
}

func TestNoGridCanBeChosen(t *testing.T) {
	for _, c := range []struct {
		sets []string
		want string
	}{
		{losses("log(1 + exp(-x))", 0.5), "no minimum"},
		{[]string{"landscape.builtin=cross-entropy", "noise.epsilon=1"}, "no minimum"},
		{losses("1 + (x - y)^2", 0.25), "no minimum"},
		{losses("-1 - x^2", 0.25), "no finite loss"},
		{losses("1 + q^2", 0.25), "unknown name"},
	} {
		_, err := NewPlan(left(t, c.sets...))
		if err == nil || !strings.Contains(err.Error(), c.want) ||
			!strings.HasSuffix(err.Error(), ")") && c.want != "unknown name" {
			t.Errorf("%s: %v, want %q and a fix", c.sets[0], err, c.want)
		}
	}
}

// The plan does not depend on the number of threads.
func TestPlanOnSeveralThreads(t *testing.T) {
	sets := []string{"landscape.formula=0.2 + x^2 + y^2 + 0.5*(2 - cos(2*pi*x) - cos(2*pi*y))",
		"noise.epsilon=0.25"}
	one := planOf(t, append(sets, "solver.threads=1")...)
	many := planOf(t, append(sets, "solver.threads=7")...)
	if !reflect.DeepEqual(one.Axes([]float64{4, 4}), many.Axes([]float64{4, 4})) ||
		!reflect.DeepEqual(one.Initial(), many.Initial()) {
		t.Errorf("%+v\n%+v", one.axes, many.axes)
	}
}

// Where f grows slower than |θ|² a far end is four decades of a width away, where it grows as fast
// as far as numbers go.
func TestEndsOfSlowLosses(t *testing.T) {
	for f, least := range map[string]float64{"abs(x)+0.1": 0, "1+x^2": 1e50} {
		p := planOf(t, losses(f, 2)...)
		if lo, hi := p.axes[0].heldRange(); !p.Far() || hi < least || least == 0 && hi-lo > 1e5 {
			t.Errorf("%s: from %g to %g", f, lo, hi)
		}
	}
}

// Wider ends are as many times as far from the outermost centres, however far these are from 0 on
// the scale of their widths.
func TestWiderEnds(t *testing.T) {
	p := planOf(t, losses("1 + 1e8*(x-1)^2", 0.25)...)
	wide, ok := p.Wider(3)
	lo, hi := p.axes[0].heldRange()
	below, above := wide.axes[0].heldRange()
	if !ok || math.Abs((below-1)/(lo-1)-3) > 0.2 || math.Abs((above-1)/(hi-1)-3) > 0.2 {
		t.Errorf("from [1%+g, 1%+g] to [1%+g, 1%+g], %t", lo-1, hi-1, below-1, above-1, ok)
	}
}
