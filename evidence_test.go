package fpsgd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fpsgd/internal/rundir"
	"fpsgd/scenarios"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
	"fpsgd/solver/analysis"

	"gonum.org/v1/gonum/mat"
)

// ran is a run of a config to its summary, without figures.
func ran(t *testing.T, cfg *config.Config) *job {
	t.Helper()
	s, err := scenarios.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	j, err := newJob(s, RunOptions{})
	if err != nil {
		t.Skip(err)
	}
	for _, step := range []func() error{func() error {
		return j.openDirectory(filepath.Join(t.TempDir(), "run"), nil)
	}, j.prepare,
		func() error { return j.run(t.Context()) }} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	j.summarise(t.Context(), rundir.Done)
	return j
}

// landscapes are f on each number of axes: quadratic, kinked, with wells, with growth below and
// above the second power.
var landscapes = [][]string{
	{"1 + x^2", "0.1 + abs(x)", "0.3 + (x^2-1)^2/4", "1 + x^2 + 0.5*sin(5*x)", "0.05 + x^2*(1+x^2)",
		"2 + max(x,-2*x)^1.5"},
	{"1 + x^2 + y^2", "0.2 + x^2 + 3*y^2 + abs(x*y)", "0.3 + (x^2-1)^2/4 + y^2",
		"1 + (x-y)^2 + 0.3*(x+y)^2"},
}

// randomConfig is a small run of any kind that a config can ask for.
func randomConfig(random *rand.Rand) string {
	pick := func(options ...string) string { return options[random.IntN(len(options))] }
	d := 1 + random.IntN(2)
	cells := []int{20 + random.IntN(60), 8 + random.IntN(8)}[d-1]
	radius := math.Exp(0.7 + 2*random.Float64())
	width, center := 0.2+random.Float64(), make([]string, d)
	for k := range center {
		center[k] = fmt.Sprintf("%.3g", random.Float64()-0.5)
	}
	scheme := "scheme = \"" + pick("euler", "sdirk2") + "\"\nstep = " +
		fmt.Sprintf("%.3g", math.Exp(-4+5*random.Float64()))
	if random.IntN(2) == 0 {
		scheme = pick("", "scheme = \"sdirk2\"\n", "scheme = \"euler\"\n") + "tolerance = " +
			pick("1e-2", "1e-3", "1e-4", "1e-5")
	}
	return fmt.Sprintf(`
[landscape]
formula = "%s"
[noise]
model = "%s"
epsilon = %.3g
[grid]
[[grid.axes]]
cells = %d
min = %g
max = %g
spacing = "%s"
ends = %s
repeat = %d
[initial]
kind = "gaussian"
center = [%s]
width = %.3g
[time]
end = %.3g
%s
[output]
snapshots = %d
`, landscapes[d-1][random.IntN(len(landscapes[d-1]))], pick("ml", "homogeneous"),
		0.15+random.Float64(), cells, -radius, radius,
		pick("uniform", "sinh"), pick(`["closed", "closed"]`, `["open", "closed"]`,
			`["open", "open"]`), d, strings.Join(center, ", "), width,
		math.Exp(3*random.Float64()-0.5), scheme, 2*random.IntN(2))
}

// dense finds the slowest mode among all eigenvectors of S, to rounding of its largest eigenvalue.
func dense(t *testing.T, j *job) gap {
	t.Helper()
	n, first := j.Operator.Cells(), 0
	s := mat.NewSymDense(n, nil)
	csr := j.Operator.CSR()
	for i := range n {
		for k := i; k < n; k++ {
			s.SetSym(i, k, csr.At(i, k))
		}
	}
	var all mat.EigenSym
	if !all.Factorize(s, true) {
		t.Fatal("no eigenvalues")
	}
	values := all.Values(nil)
	if j.Operator.Conservative() {
		first = 1
	}
	var vectors mat.Dense
	all.VectorsTo(&vectors)
	var modes []solver.Mode
	for k := first; k < n && values[k] <= values[first]*(1+1e-6); k++ {
		modes = append(modes, solver.Mode{Value: values[k], W: mat.Col(nil, k, &vectors)})
	}
	g := noGap(nil)
	// some tens of roundings of ‖S‖
	g.Gap, g.Error = values[first], 1e-9+1e-14*values[n-1]/values[first]
	g.Overlap = j.share(modes)
	return g
}

// No evidence is against the numbers of runs of any kind, on grids that resolve next to nothing, in
// steps that are far too long. The gap is that of a dense solver.
func TestEvidenceRaisesNoFalseAlarm(t *testing.T) {
	runs := 24
	if os.Getenv("FPSGD_LONG") != "" {
		runs = 2000
	}
	random := rand.New(rand.NewPCG(9, 1))
	judged, caught := 0, 0
	for k := range runs {
		text := randomConfig(random)
		cfg, err := config.Parse(fmt.Sprint("random ", k), []byte(text), nil)
		if err != nil {
			t.Fatal(err, text)
		}
		t.Run(fmt.Sprint(k), func(t *testing.T) {
			j := ran(t, cfg)
			g := dense(t, j)
			for _, f := range j.evidence(g).Findings() {
				if !f.Holds {
					t.Errorf("%s: %s (%g, %g)%s", f.Check, f.Text, f.Found, f.Bound, text)
				}
			}
			judged++
			if g.Gap *= 1.1; disproved(j.evidence(g).Findings()) {
				caught++
			}
		})
	}
	t.Logf("%d of %d gaps that are 10 %% too high are caught", caught, judged)
	if judged < runs/2 || caught < judged/5 {
		// the others have not come close to their slowest mode when they end
		t.Errorf("%d runs of %d, and of %d gaps too high %d are caught", judged, runs, judged,
			caught)
	}
}

// The time.end that a run says would do does, on the same grid, unless the steps that were asked
// for are too long.
func TestNeededEndDoes(t *testing.T) {
	runs := 15
	if os.Getenv("FPSGD_LONG") != "" {
		runs = 200
	}
	random := rand.New(rand.NewPCG(9, 2))
	asked, done := 0, 0
	for k := range runs {
		text := randomConfig(random)
		t.Run(fmt.Sprint(k), func(t *testing.T) {
			cfg, err := config.Parse(fmt.Sprint("random ", k), []byte(text), nil)
			if err != nil {
				t.Fatal(err, text)
			}
			first := ran(t, cfg).summary.Rate
			end, needed := cfg.Time.End, first.NeededEnd.Value()
			if !(needed > end && needed <= 20*end) { // more would take long
				return
			}
			sets := []string{fmt.Sprintf("time.end=%.17g", needed*1.01)}
			if cfg, err = config.Parse(fmt.Sprint("random ", k), []byte(text), sets); err != nil {
				t.Fatal(err)
			}
			asked++
			switch again := ran(t, cfg).summary.Rate; {
			case again.Reason == nil:
				done++
			case *again.Reason != string(analysis.Steps):
				t.Errorf("after %q, to time.end = %g: %s%s", *first.ReasonText, cfg.Time.End,
					*again.ReasonText, text)
			}
		})
	}
	t.Logf("%d of %d", done, asked)
	if asked < runs/5 || done < asked/2 {
		t.Errorf("of %d runs %d name a time, of which %d do", runs, asked, done)
	}
}

// A gap that is missed by a search is disproved by the states of the run, which end at 0.1204043
// (of a spectral-element solution), and either another search finds that or the run fails, without
// a gap.
func TestMissedGap(t *testing.T) {
	cfg, err := config.Parse("wells", []byte(`
[landscape]
formula = "((x-1)^2 + 1e-4)*((x+1)^2 + 0.4)"
[noise]
epsilon = 0.05
[grid]
[[grid.axes]]
cells = 400
min = -3.0
max = 3.0
spacing = "sinh"
centers = [-1.0, 1.0]
width = [0.1, 0.01]
[initial]
kind = "gaussian"
center = [-1.0]
width = 0.1
[time]
end = 300
tolerance = 1e-4
[output]
snapshots = 0
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	j := ran(t, cfg)
	const want = 0.1204043
	s, r := &j.summary, &j.summary.Rate
	if g := r.Gap.Value(); math.Abs(g/want-1) > 1e-4 { // the grid's error
		t.Errorf("the gap %g is let through, it is %g", g, want)
	}
	known, measured := r.Gap.Known(), s.PoincareConstant.Measured
	if known != (s.contradiction() == nil) || known != measured.Known() {
		t.Errorf("gap %v, constant %v, error %v", r.Gap, s.PoincareConstant.Measured,
			s.contradiction())
	}
	missed := noGap(nil)
	missed.Gap = 8.799392 // the fifth
	findings := j.evidence(missed).Findings()
	if !disproved(findings) {
		t.Errorf("%+v let the fifth eigenvalue through", findings)
	}
	if f := findings[0]; f.Check != "rayleigh" || math.Abs(f.Found/want-1) > 1e-4 {
		t.Errorf("the states' least quotient is %g, want %g", f.Found, want)
	}
}
