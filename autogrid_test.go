package fpsgd

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"fpsgd/scenarios/config"
	"fpsgd/solver"
)

// left is a config of sets alone, which leaves the rest to the program.
func left(t testing.TB, sets ...string) *config.Config {
	t.Helper()
	return must[*config.Config](t)(config.Parse("problem", nil, sets))
}

// settled is left, with what the program chooses.
func settled(t testing.TB, sets ...string) *config.Config {
	t.Helper()
	return must[*config.Config](t)(Settle(t.Context(), left(t, sets...), nil))
}

// gapOf is the gap on the grid of a config.
func gapOf(t testing.TB, cfg *config.Config) float64 {
	t.Helper()
	e := must[*Equation](t)(FromConfig(cfg))
	return must[*Spectrum](t)(e.Spectrum(t.Context(), 1)).Gap
}

// The gaps of chosen grids are within the accuracy of exact ones: 2 where u = x_k, or r² on radial
// grids, solves L u = −λu; of the log-singular core 2 (1 + (π/(2 asinh S))²) on |log r| ≤ S, as of
// 1 + x² for ε = 2 on |x| ≤ S (theory: both are the same equation in log r).
func TestGapsOnChosenGrids(t *testing.T) {
	for _, c := range []struct {
		sets  []string
		exact func(c *config.Config) float64
	}{
		{[]string{"landscape.formula=1 + x^2", "noise.epsilon=0.25"}, two},
		{[]string{"landscape.formula=1 + x^2", "noise.epsilon=0.25", "grid.accuracy=1e-5"}, two},
		{[]string{"landscape.formula=1 + 1e6*(x - 3)^2", "noise.epsilon=0.1"}, func(
			*config.Config) float64 {
			return 2e6
		}},
		{[]string{"landscape.formula=1 + x^2 + 1000*y^2", "noise.epsilon=0.25"}, two},
		{[]string{"landscape.formula=1 + r^2", "noise.epsilon=0.05", "grid.coordinates=radial",
			"grid.dimension=20"}, two},
		{[]string{"landscape.formula=1 + r^2", "noise.epsilon=0.25", "grid.coordinates=polar",
			"grid.accuracy=3e-3"}, two},
		{[]string{"landscape.formula=1 + x^2", "noise.epsilon=2"}, func(c *config.Config) float64 {
			return truncatedEdge(c.Grid.Axes[0].Max)
		}},
		{[]string{"landscape.formula=r^2*(1 + log(r)^2)", "noise.epsilon=2",
			"grid.coordinates=radial", "grid.dimension=3"}, func(c *config.Config) float64 {
			return truncatedEdge(c.Grid.Axes[0].LogMax)
		}},
		{[]string{"landscape.formula=3*x^2", "noise.epsilon=0.1", "noise.model=homogeneous"},
			func(*config.Config) float64 { return 6 }},
	} {
		asked := left(t, c.sets...)
		cfg := must[*config.Config](t)(SettleGrid(t.Context(), asked, nil))
		gap, exact := gapOf(t, cfg), c.exact(cfg)
		if off := math.Abs(gap/exact - 1); !(off <= asked.Grid.Accuracy) {
			t.Errorf("%s: gap %g, exact %g, off by %.1e and not %g: %s", c.sets, gap, exact, off,
				asked.Grid.Accuracy, cfg.Remarks()[0])
		}
		if !strings.Contains(cfg.Remarks()[0], "below grid.accuracy") {
			t.Errorf("%s: %s", c.sets, cfg.Remarks()[0])
		}
		if cells := cfg.Grid.Cells(); len(cfg.Grid.Axes) == 1 && cells > 2500 {
			t.Errorf("%s: %g cells are too many", c.sets, cells)
		}
	}
}

func two(*config.Config) float64 { return 2 }

// truncatedEdge is the gap of 1 + x², ε = 2, on |x| ≤ R.
func truncatedEdge(r float64) float64 {
	return 2 * (1 + math.Pow(math.Pi/(2*math.Asinh(r)), 2))
}

// Two wells whose curvatures are 4 and 400 have the gap of a uniform grid of 20000 cells, and a
// ring in the plane has it in polar coordinates as in cartesian ones, a hand-made grid of which
// is extrapolated.
func TestGapsOfWellsAndRings(t *testing.T) {
	wells := []string{"landscape.formula=0.05 + 50*(x+1)^2*(x-1)^2/(1 + 99*(1-x)^2/4)",
		"noise.epsilon=0.5"}
	cfg := settled(t, wells...)
	by := must[*config.Config](t)(config.Parse("hand.toml", []byte("[[grid.axes]]\ncells = 20000\n"+
		"min = -6.0\nmax = 6.0\n"), wells))
	if gap, want := gapOf(t, cfg), gapOf(t, by); math.Abs(gap/want-1) > 1e-3 {
		t.Errorf("two wells: gap %g, on a fine grid %g: %v", gap, want, cfg.Remarks())
	}
	ring := []string{"landscape.formula=0.1 + (r^2 - 1)^2/4", "noise.epsilon=0.25",
		"grid.coordinates=polar"}
	hand := must[*Equation](t)(FromConfig(must[*config.Config](t)(config.Parse("ring.toml",
		[]byte("[[grid.axes]]\ncells = 48\nmin = 0.0\nmax = 4.0\nspacing = \"sinh\"\n"+
			"centers = [1.0]\nwidth = 0.3\n[[grid.axes]]\ncells = 64\n"), ring))))
	x := must[*Extrapolation](t)(hand.Extrapolate(t.Context(),
		must[*Spectrum](t)(hand.Spectrum(t.Context(), 1))))
	for _, sets := range [][]string{ring, {"landscape.formula=0.1 + (x^2 + y^2 - 1)^2/4",
		"noise.epsilon=0.25"}} {
		const accuracy = 4e-3
		cfg := must[*config.Config](t)(SettleGrid(t.Context(), left(t, append(sets,
			fmt.Sprintf("grid.accuracy=%g", accuracy))...), nil))
		if gap := gapOf(t, cfg); math.Abs(gap/x.Eigenvalues[0]-1) > accuracy {
			t.Errorf("%s: gap %g, extrapolated %g ± %g: %v", sets, gap, x.Eigenvalues[0],
				x.Errors[0].Value(), cfg.Remarks())
		}
	}
}

// The estimate of the error in the density is that of an exact solution, ρ₀ ∝ π(1 + x)² of 1 + x²,
// within a factor: it is compared on cells of twice the size.
func TestErrorInTheDensityAgainstAnExactSolution(t *testing.T) {
	const end = 0.5
	for _, cells := range []int{64, 128, 256} {
		cfg := must[*config.Config](t)(config.Preset("quadratic-1d", []string{
			fmt.Sprintf("grid.axes.0.cells=%d", cells), "grid.axes.0.max=100",
			"grid.axes.0.min=-100", "initial.kind=exact", "initial.b=1"}))
		e := must[*Equation](t)(FromConfig(cfg))
		s := must[*Spectrum](t)(e.Spectrum(t.Context(), 1))
		got := must[spatialError](t)(e.spatialError(t.Context(), s, end, math.Inf(1)))
		start := must[[]float64](t)(e.Start())
		w := must[[]float64](t)(e.stateAt(t.Context(), start, end))
		exact := make([]float64, len(w))
		if err := e.ExactState(exact, e.Operator, end); err != nil {
			t.Fatal(err)
		}
		off := 0.0
		for i := 0; i < len(w); i += 2 { // on cells of twice the size
			off += math.Abs(e.Operator.Sigma[i]*(w[i]-exact[i]) +
				e.Operator.Sigma[i+1]*(w[i+1]-exact[i+1]))
		}
		if ratio := got.density / off; !(ratio > 1.0/3 && ratio < 3) {
			t.Errorf("%d cells: error %.2e, estimated %.2e", cells, off, got.density)
		}
	}
}

// Where the cells end before the error is small enough, that is said, and how large it is.
func TestLimitOfCellsIsSaid(t *testing.T) {
	cfg := settled(t, "landscape.formula=1 + x^2 + y^2", "noise.epsilon=0.25",
		"grid.accuracy=1e-6", "grid.most_cells=900")
	if n := cfg.Grid.Cells(); n > 900 {
		t.Errorf("%g cells", n)
	}
	if text := cfg.Remarks()[0]; !strings.Contains(text, "not below grid.accuracy = 1e-06") ||
		!strings.Contains(text, "grid.most_cells") {
		t.Error(text)
	}
}

// The same config has the same grid to the bit, on any number of threads; it is plain when it is
// written, and reads as itself.
func TestChosenGridIsReproducible(t *testing.T) {
	sets := []string{"landscape.formula=0.5 + (x^2 - 1)^2 + y^2", "noise.epsilon=0.25",
		"grid.accuracy=1e-2"}
	a, b := settled(t, append(slices.Clone(sets), "solver.threads=1")...),
		settled(t, append(sets, "solver.threads=3")...)
	if !reflect.DeepEqual(a.Grid, b.Grid) || !reflect.DeepEqual(a.Initial, b.Initial) ||
		a.Time != b.Time || !slices.Equal(a.Remarks(), b.Remarks()) {
		t.Errorf("%s\n%s", a.Resolved(), b.Resolved())
	}
	again := must[*config.Config](t)(config.Parse("again.toml", a.Resolved(), nil))
	if again.Automatic() || !reflect.DeepEqual(again.Grid.Axes, a.Grid.Axes) {
		t.Errorf("reads as\n%s", again.Resolved())
	}
	if same := must[*config.Config](t)(Settle(t.Context(), again, nil)); same != again {
		t.Error("what is chosen leaves something open")
	}
	if !bytes.Contains(a.Resolved(), []byte("# grid: ")) {
		t.Errorf("says nothing of the choice:\n%s", a.Resolved())
	}
}

// A run of a loss and an ε alone shows the rate of its gap, and is resumed as it is.
func TestRunOfALossAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	sets := []string{"landscape.formula=0.2 + (x^2 - 1)^2", "noise.epsilon=0.5",
		"grid.accuracy=1e-2"}
	r := must[*RunResult](t)(RunConfig(t.Context(), left(t, sets...), dir, RunOptions{}))
	rate := r.Summary.Rate
	if !rate.Fitted.Known() || math.Abs(rate.Fitted.Value()/rate.Gap.Value()-1) > 1e-2 {
		t.Errorf("fitted %v, gap %v", rate.Fitted, rate.Gap)
	}
	if !slices.ContainsFunc(r.Summary.Notes, func(n string) bool {
		return strings.HasPrefix(n, "grid: ")
	}) {
		t.Errorf("notes %q", r.Summary.Notes)
	}
	again := must[*RunResult](t)(RunConfig(t.Context(), left(t, sets...), dir,
		RunOptions{Resume: true}))
	if !again.Complete {
		t.Error("the run is not seen to be complete")
	}
}

// A run that was interrupted goes on with the grid it had.
func TestChosenGridIsResumed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	sets := []string{"landscape.formula=1 + x^2", "noise.epsilon=0.25", "grid.accuracy=1e-2",
		"time.scheme=sdirk2"}
	ctx, cancel := context.WithCancel(t.Context())
	stop := solver.ObserverFunc(func(e solver.Event) error {
		if e.Steps == 20 {
			cancel()
		}
		return nil
	})
	_, err := RunConfig(ctx, left(t, sets...), dir,
		RunOptions{Options: Options{Observers: []solver.Observer{stop}}})
	if err == nil {
		t.Fatal("not interrupted")
	}
	r := must[*RunResult](t)(RunConfig(t.Context(), left(t, sets...), dir,
		RunOptions{Resume: true}))
	if r.Complete || r.Summary == nil || r.Summary.Time != 4 {
		t.Errorf("%+v", r)
	}
}

// Outputs later than 8/gap put the end off, and a gap of 0 tells none.
func TestEndOfAGap(t *testing.T) {
	c := left(t, "landscape.formula=1 + x^2", "noise.epsilon=1", "output.times=[0, 5]")
	for gap, want := range map[float64]float64{2: 5, 0.3: 27, 0: 0, math.NaN(): 0, 1e-200: 0} {
		if got := endOf(c, gap); got != want {
			t.Errorf("gap %g: end %g, want %g", gap, got, want)
		}
	}
}

// Without [time], on a grid that is given, the end follows from a rough gap.
func TestEndFollowsFromTheGap(t *testing.T) {
	cfg := must[*config.Config](t)(config.Parse("p.toml", []byte(`
landscape.formula = "1 + x^2"
noise.epsilon = 0.25
[[grid.axes]]
cells = 128
min = -100.0
max = 100.0
spacing = "sinh"
`), nil))
	if got := must[*config.Config](t)(Settle(t.Context(), cfg, nil)); got.Time.End != 4 ||
		got.Initial.Kind != "gaussian" || got.Grid.Axes[0].Cells != 128 {
		t.Errorf("%+v %+v", got.Time, got.Initial)
	}
	if got := must[*config.Config](t)(SettleGrid(t.Context(), cfg, nil)); got != cfg {
		t.Error("a spectrum needs no initial density and no time")
	}
}

// A slow mode may live far outside of where π has its mass: on shoulders that are flatter than the
// core, or at another, wide minimum. The gaps are those of an independent program, by finite
// volumes and cumulative sums on wide domains.
func TestChosenGridsReachWhatIsSlow(t *testing.T) {
	for _, c := range []struct {
		f, epsilon string
		gap        float64
	}{
		{"tanh(x^2)+0.001+0.001*x^2", "0.3", 0.0021246},
		{"(x^2+0.01)*(0.1+1/(1+x^2))", "0.3", 0.36906},
		{"(x^2+1e-6)*((x+3)^2+2)", "0.3", 5.6538},
		{"((x-1)^2+1e-6)*((x+50)^2+5)", "0.3", 0.000978234},
	} {
		cfg := settled(t, "landscape.formula="+c.f, "noise.epsilon="+c.epsilon)
		if gap := gapOf(t, cfg); math.Abs(gap/c.gap-1) > 2e-3 {
			t.Errorf("%s: gap %g, want %g", c.f, gap, c.gap)
		}
	}
	cfg := settled(t, "landscape.formula=abs(x)+0.1", "noise.epsilon=0.25")
	if remarks := fmt.Sprint(cfg.Remarks()); !strings.Contains(remarks, "may have none") {
		t.Errorf("no gap, and not a word of it: %s", remarks)
	}
}
