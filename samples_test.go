package fpsgd

import (
	"cmp"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fpsgd/internal/npy"
	"fpsgd/scenarios/config"
	"fpsgd/solver/ensemble"
)

// A user's own samples: those that follow the density at every snapshot are within sampling, those
// scaled by 1.1 and those of other equations are not, and what does not fit is refused with what
// would.
func TestCompareSamples(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Join(dir, "run")
	sets := []string{"output.times=[0, 0.5, 1]", "time.end=1", "output.errors=false",
		"grid.axes.0.cells=160"}
	cfg := must[*config.Config](t)(config.Preset("quadratic-polar", sets))
	must[*RunResult](t)(RunConfig(t.Context(), cfg, run, RunOptions{}))
	particles := func(of moved) *Ensemble {
		_, found := simulated(t, "quadratic-polar", func(o *EnsembleOptions) {
			o.Keep, o.Method = true, of
		}, append(sets, "ensemble.particles=120000")...)
		return found
	}
	found := particles(nil)
	write := func(name string, shape []int, scale float64, data []float64) string {
		scaled := make([]float64, len(data))
		for i, v := range data {
			scaled[i] = scale * v
		}
		path := filepath.Join(dir, name)
		f := must[*os.File](t)(os.Create(path))
		if err := cmp.Or(npy.Write(f, shape, scaled), f.Close()); err != nil {
			t.Fatal(err)
		}
		return path
	}
	n := found.Len()
	last := found.Positions[2*2*n:]
	all := write("all.npy", []int{3, n, 2}, 1, found.Positions)
	rows := must[[]SampleComparison](t)(CompareSamples(run, all, math.NaN(), 0))
	for k, c := range rows {
		if !c.Within || c.Time != []float64{0, 0.5, 1}[k] {
			t.Errorf("at t = %g: %+v", c.Time, c)
		}
		if own := found.Rows[k].Comparison; math.Abs(c.L1-own.L1) > 1e-6 {
			t.Errorf("at t = %g: L1 %.9g from files, %.9g in memory", c.Time, c.L1, own.L1)
		}
	}
	wide := write("wide.npy", []int{n, 2}, 1.1, last)
	if c := must[[]SampleComparison](t)(CompareSamples(run, wide, 1, 0)); c[0].Within {
		t.Errorf("samples that are too far out: %+v", c[0])
	}
	for _, m := range ensemble.Mutants() {
		if os.Getenv("FPSGD_LONG") != "1" {
			break
		}
		other := write("other.npy", []int{3, n, 2}, 1, particles(m.Of).Positions)
		c := must[[]SampleComparison](t)(CompareSamples(run, other, math.NaN(), 0))
		if !c[0].Within || c[1].Within && c[2].Within {
			t.Errorf("samples of the mutant %q: %+v", m.Name, c)
		}
	}
	for path, want := range map[string]string{
		write("line.npy", []int{n}, 1, last[:n]):                   "(n, 2)",
		write("two.npy", []int{2, n, 2}, 1, found.Positions[2*n:]): "3 snapshots",
		write("nan.npy", []int{1, 2}, math.NaN(), last[:2]):        "not finite",
		filepath.Join(dir, "none.npy"):                             "none.npy",
	} {
		if _, err := CompareSamples(run, path, math.NaN(), 0); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", filepath.Base(path), err, want)
		}
	}
	if _, err := CompareSamples(run, wide, 0.7, 0); err == nil ||
		!strings.Contains(err.Error(), "[0 0.5 1]") {
		t.Errorf("error %v", err)
	}
}
