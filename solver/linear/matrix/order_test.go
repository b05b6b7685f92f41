package matrix

import (
	"sync/atomic"
	"testing"

	"fpsgd/internal/parallel"
)

// A twisted order has every row in one place, every two rows beside each other are once before and
// after, and each half is a run of rows from one end.
func TestTwistedOrder(t *testing.T) {
	for n := 1; n < 12; n++ {
		o := Twisted(n)
		place, met := make([]int, n), make([]bool, n)
		for i := range n {
			place[o.At(i)], met[o.At(i)] = i, true
		}
		pairs := 0
		for i := range n {
			if !met[i] {
				t.Errorf("%d rows: row %d has no place", n, i)
			}
			next, ok := o.After(i)
			if !ok {
				continue
			}
			pairs++
			if d := o.At(i) - o.At(next); next <= i || d*d != 1 {
				t.Errorf("%d rows: row %d before row %d", n, o.At(i), o.At(next))
			}
			if before, ok := o.Before(next); i != o.Half-1 && (!ok || before != i) {
				t.Errorf("%d rows: place %d before place %d, not %d", n, before, next, i)
			}
		}
		if pairs != n-1 {
			t.Errorf("%d rows: %d pairs of neighbours", n, pairs)
		}
		if n > 2 && (place[0] != 0 || place[n-1] != o.Half || place[o.Half] != n-1) {
			t.Errorf("%d rows: the ends are in places %d and %d, the middle in %d", n, place[0],
				place[n-1], place[o.Half])
		}
	}
}

// Both halves are done once, whatever the number of threads.
func TestHalvesOnAnyThreads(t *testing.T) {
	const n = 41
	for _, threads := range []int{1, 2, 3, 7} {
		w := parallel.NewWorkers(threads)
		w.Start()
		type loop func(w *parallel.Workers, cells int, do func(part, first, last int))
		for name, loop := range map[string]loop{"inward": Twisted(n).Inward,
			"outward": Twisted(n).Outward} {
			var done [n]atomic.Int32
			var shared atomic.Int32
			busy := make([]atomic.Int32, threads)
			loop(w, 1<<20, func(part, first, last int) {
				if busy[part].Add(1) > 1 {
					shared.Add(1)
				}
				for i := first; i < last; i++ {
					done[i].Add(1)
				}
				busy[part].Add(-1)
			})
			for i := range done {
				if d := done[i].Load(); d != 1 {
					t.Errorf("%s, %d threads: place %d was done %d times", name, threads, i, d)
				}
			}
			if shared.Load() > 0 {
				t.Errorf("%s, %d threads: two halves in one work space", name, threads)
			}
		}
		w.Stop()
	}
}
