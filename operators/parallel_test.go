package operators

import (
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"fpsgd/mesh"

	"gonum.org/v1/gonum/floats"
)

// A range is worked on once, whatever the number of threads, and the first error counts.
func TestInParallel(t *testing.T) {
	for _, threads := range []int{0, 1, 2, 7, 100} {
		done := make([]atomic.Int32, 23)
		if err := inParallel(threads, len(done), func(first, last int) error {
			for i := first; i < last; i++ {
				done[i].Add(1)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for i := range done {
			if n := done[i].Load(); n != 1 {
				t.Errorf("%d threads: %d was done %d times", threads, i, n)
			}
		}
	}
	early, late := errors.New("early"), errors.New("late")
	if err := inParallel(2, 10, func(first, _ int) error {
		if first == 0 {
			return early
		}
		return late
	}); err != early {
		t.Errorf("error %v, want that of the first range", err)
	}
}

// A pairwise sum has the same bits for any number of threads, and an error of (log₂ n) u Σ|x| at most, and mostly far less.
func TestPairwise(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 2))
	x := make([]float64, 8*worthwhile+17)
	for i := range x {
		x[i] = source.NormFloat64()
	}
	sum := func(threads int) float64 {
		return pairwise(len(x), threads, func(first, last int) float64 { return floats.Sum(x[first:last]) })
	}
	one := sum(1)
	if want := floats.SumCompensated(x); math.Abs(one-want) > 1e-14*math.Sqrt(float64(len(x))) { // √n terms' worth of 64 u
		t.Errorf("sum %.17g, want %.17g", one, want)
	}
	for _, threads := range []int{0, 2, 3, 7} {
		if many := sum(threads); many != one {
			t.Errorf("%d threads: %.17g, one: %.17g", threads, many, one)
		}
	}
}

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
		"LogIntegrals": func(progress func(done, total int)) error { return LogIntegrals(dst, g, one, 1e-6, 3, progress) },
		"JointAverages": func(progress func(done, total int)) error {
			return JointAverages([][]float64{dst}, g, one, func(p *mesh.Points) [][]float64 { return [][]float64{p.Var("x")} }, 3, progress)
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
