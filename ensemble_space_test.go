package fpsgd

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"fpsgd/scenarios/config"
)

// inSpace moves particles of a problem without a grid.
func inSpace(t *testing.T, of moved, sets ...string) *Ensemble {
	t.Helper()
	cfg := must[*config.Config](t)(config.LoadText("problem", nil, append(sets,
		"initial.kind=gaussian", "time.end=0.5", "output.snapshots=2")))
	e := must[*Equation](t)(EnsembleOf(cfg, nil))
	o := must[EnsembleOptions](t)(EnsembleOptionsOf(cfg))
	o.Keep, o.Method = true, of
	return must[*Ensemble](t)(e.Simulate(t.Context(), o))
}

// Particles of the plane are the same to the bit with and without a grid.
func TestParticlesNeedNoGrid(t *testing.T) {
	sets := []string{"ensemble.particles=500", "noise.epsilon=0.25", "initial.width=0.5"}
	free := inSpace(t, nil, append(sets, "ensemble.dimension=2", "landscape.formula=1 + x^2 + y^2",
		"initial.center=[1]")...)
	_, held := simulated(t, "quadratic-2d", nil, append(sets, "time.end=0.5", "output.snapshots=2",
		"initial.center=[1, 1]")...)
	if !reflect.DeepEqual(free.X, held.X) {
		t.Error("without a grid they are elsewhere")
	}
	for k, row := range free.Rows {
		with := held.Rows[k]
		if row.F != with.F || row.FError != with.FError || row.Comparison != nil ||
			row.Counts != nil {
			t.Errorf("%+v, with a grid %+v", row, with)
		}
	}
}

// In R^20, of f = 1 + Σ k x_k² and of 1 + |θ|², E x_k² of SGD is known by recursion: with a_k the
// coefficients, E x_k'² = (1 − 2ηa_k)² E x_k² + η²σ E f.
func TestSGDInManyDimensions(t *testing.T) {
	const m, eta, epsilon, particles, steps = 20, 0.01, 0.02, 30_000, 50
	var terms []string
	for k := 1; k <= m; k++ {
		terms = append(terms, fmt.Sprintf("%d*x%d^2", k, k))
	}
	for source, a := range map[string]func(k int) float64{
		"landscape.formula=1 + " + strings.Join(terms, " + "): func(k int) float64 {
			return float64(k + 1)
		},
		"landscape.builtin=quadratic": func(int) float64 { return 1 },
	} {
		square, f := make([]float64, m), 0.0
		energy := func() (f float64) {
			f = 1
			for k, v := range square {
				f += a(k) * v
			}
			return f
		}
		for k := range square {
			square[k] = 0.25
		}
		for range steps {
			f = energy()
			for k := range square {
				square[k] = math.Pow(1-2*eta*a(k), 2)*square[k] + 2*epsilon*eta*f
			}
		}
		f = energy()
		judge(t, source, byFirst, func(of moved) (faults []string) {
			found := inSpace(t, of, source, fmt.Sprint("ensemble.dimension=", m),
				"initial.width=0.5", fmt.Sprint("noise.epsilon=", epsilon),
				"ensemble.scheme=sgd", fmt.Sprint("ensemble.eta=", eta),
				fmt.Sprint("ensemble.particles=", particles))
			row := found.Rows[1]
			if off := (row.F - f) / row.FError; math.Abs(off) > 4 {
				faults = append(faults, fmt.Sprintf("E f = %.4f, want %.4f: off by %.1f standard "+
					"errors", row.F, f, off))
			}
			if len(found.Components) != m || found.Components[m-1] != "x20" || row.Steps != steps {
				t.Errorf("components %v, %d steps", found.Components, row.Steps)
			}
			return faults
		})
	}
}

// E|θ − θ_∞|² and the standard errors against sums over the positions that are kept.
func TestDistancesFromTheEnd(t *testing.T) {
	found := inSpace(t, nil, "landscape.formula=1 + x^2 + y^2", "ensemble.dimension=2",
		"noise.epsilon=0.25", "ensemble.particles=300", "initial.width=0.5")
	n := found.Len()
	first, last := found.Positions[:2*n], found.Positions[2*n:]
	sum, squares := 0.0, 0.0
	for i := range n {
		d := math.Hypot(first[2*i]-last[2*i], first[2*i+1]-last[2*i+1])
		sum, squares = sum+d*d, squares+d*d*d*d
	}
	mean := sum / float64(n)
	off := math.Sqrt((squares/float64(n) - mean*mean) / float64(n-1))
	d := found.Rows[0].Distance
	if math.Abs(d.Value-mean) > 1e-12*mean || math.Abs(d.Error-off) > 1e-9*off ||
		*found.Rows[1].Distance != (Mean{}) {
		t.Errorf("E|θ − θ_∞|² = %+v, want %g ± %g, and in the end %+v", *d, mean, off,
			*found.Rows[1].Distance)
	}
}
