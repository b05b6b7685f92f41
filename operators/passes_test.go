package operators

import (
	"sync"
	"testing"

	"fpsgd/mesh"
)

// Progress reaches the number of cells, from every pass over the grid.
func TestProgress(t *testing.T) {
	g := newGrid(t, "cartesian", 2, uniformAxis(t, "x", 13, -1, 1), uniformAxis(t, "y", 7, -1, 1))
	one := func(dst []float64, _ *mesh.Points) error { clear(dst); return nil }
	dst := make([]float64, g.Cells())
	for name, pass := range map[string]func(progress func(done, total int)) error{
		"Assemble": func(progress func(done, total int)) error {
			_, err := Assemble(g, quadratic(0.25), Options{Threads: 3, Progress: progress})
			return err
		},
		"LogIntegrals": func(progress func(done, total int)) error {
			return LogIntegrals(dst, g, one, 1e-6, 3, progress)
		},
		"JointAverages": func(progress func(done, total int)) error {
			return JointAverages([][]float64{dst}, g, one,
				func(p *mesh.Points) [][]float64 { return [][]float64{p.Var("x")} }, 3, progress)
		},
	} {
		var mu sync.Mutex
		most := 0
		if err := pass(func(done, total int) {
			mu.Lock()
			defer mu.Unlock()
			if most = max(most, done); total != g.Cells() {
				t.Errorf("%s: %d of %d cells", name, done, total)
			}
		}); err != nil {
			t.Fatal(err)
		}
		if most != g.Cells() {
			t.Errorf("%s: told of %d cells, want %d", name, most, g.Cells())
		}
	}
}
