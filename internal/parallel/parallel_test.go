package parallel

import (
	"errors"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// A range is worked on once, whatever the number of threads, and the first error counts.
func TestRanges(t *testing.T) {
	for _, threads := range []int{0, 1, 2, 7, 100} {
		done := make([]atomic.Int32, 23)
		if err := Ranges(threads, len(done), func(first, last int) error {
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
	if err := Ranges(2, 10, func(first, _ int) error {
		if first == 0 {
			return early
		}
		return late
	}); err != early {
		t.Errorf("error %v, want that of the first range", err)
	}
}

// A pairwise sum has the same bits for any number of threads, and an error of (log₂ n) u Σ|x| at
// most, and mostly far less.
func TestPairwise(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 2))
	x := make([]float64, 8*worthwhile+17)
	for i := range x {
		x[i] = source.NormFloat64()
	}
	sum := func(threads int) float64 {
		return Pairwise(len(x), threads, func(first,
			last int) float64 {
			return floats.Sum(x[first:last])
		})
	}
	one := sum(1)
	// √n terms' worth of 64 u
	if want := floats.SumCompensated(x); math.Abs(one-want) > 1e-14*math.Sqrt(float64(len(x))) {
		t.Errorf("sum %.17g, want %.17g", one, want)
	}
	for _, threads := range []int{0, 2, 3, 7} {
		if many := sum(threads); many != one {
			t.Errorf("%d threads: %.17g, one: %.17g", threads, many, one)
		}
	}
}

// A sum has the same bits for any number of workers, asleep or awake.
func TestSumsOnAnyThreads(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 2))
	x := make([]float64, 8*smallestShare+17)
	for i := range x {
		x[i] = source.NormFloat64()
	}
	sum := func(w *Workers) float64 {
		return w.Sum(len(x), func(lo, hi int) float64 { return floats.Sum(x[lo:hi]) })
	}
	want := sum(NewWorkers(1))
	for _, threads := range []int{1, 2, 3, 7} {
		w := NewWorkers(threads)
		asleep := sum(w)
		w.Start()
		awake := sum(w)
		w.Stop()
		if asleep != want || awake != want {
			t.Errorf("%d threads: %v and %v, want %v", threads, asleep, awake, want)
		}
	}
}

// A row of a pipeline finds the row before it in its plane, and the one in the plane before, done.
func TestPipelineOnAnyThreads(t *testing.T) {
	const planes, rows, reach = 40, 12, 12
	for _, threads := range []int{1, 2, 5} {
		w := NewWorkers(threads)
		p := NewPipeline(w, 100*smallestShare, planes, rows, reach)
		if p.KeptRows() != 4*rows {
			t.Errorf("%d rows are kept, want those of 2 planes and of a lead of 2", p.KeptRows())
		}
		w.Start()
		for name, sweep := range map[string]func(visit func(part, row int)){"up": p.Up,
			"down": p.Down} {
			step := map[string]int{"up": 1, "down": -1}[name]
			var done [planes * rows]atomic.Bool
			sweep(func(_, row int) {
				for _, before := range []int{row - step, row - step*reach} {
					inPlane := before/rows == row/rows || before == row-step*reach
					if before >= 0 && before < len(done) && inPlane && !done[before].Load() {
						t.Errorf("%d threads, %s: row %d before row %d", threads, name, row, before)
					}
				}
				done[row].Store(true)
			})
			for row := range done {
				if !done[row].Load() {
					t.Errorf("%d threads, %s: row %d was left out", threads, name, row)
				}
			}
		}
		w.Stop()
	}
}
