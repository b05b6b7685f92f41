// Package parallel shares loops out among goroutines. Whatever it runs writes to separate places in
// its parts, and sums are trees whose shape depends on the number of terms alone, so that results
// are the same to the bit for any number of threads.
//
// Ranges and Reduce start goroutines for one long loop. Workers stay awake for many short ones.
package parallel

import (
	"runtime"
	"sync/atomic"
	"time"
)

// Workers share short loops out among themselves.
//
// A linear solve runs hundreds of loops of some 100 µs each, less than it takes to wake a goroutine
// twice. Between Start and Stop the helpers therefore stay awake and poll for work. The caller does
// whatever parts no helper has taken up, so that it only waits for work under way, even where other
// programs keep the helpers off the processors. Only parts of a Pipeline wait for others to be
// taken.
//
// The function of a loop is a closure over its operands: some 80 ns and 50 bytes a loop.
type Workers struct {
	size  int
	alive atomic.Int64 // helpers not yet gone
	awake atomic.Bool

	task  func(part, parts int) // the loop at work,
	parts int                   // in so many parts,
	left  atomic.Int64          // of which so many are not yet taken, plus partsLimit times
	loops int64                 // so far: nobody takes a part of a loop that is over,
	done  atomic.Int64          // and so many are done

	partials []float64 // of a sum, leaf by leaf
}

const (
	smallestShare = 1 << 13 // cells of a loop below which sharing costs more than it saves
	leaf          = 1024    // terms of a sum that are added one by one
	partsLimit    = 1 << 16
)

// NewWorkers returns so many workers, the caller of their loops among them.
func NewWorkers(size int) *Workers { return &Workers{size: min(size, partsLimit-1)} }

// Size is the number of workers, and the most parts that a loop is divided into.
func (w *Workers) Size() int { return w.size }

// Start wakes the helpers, but for those that the last Stop has not reached yet.
func (w *Workers) Start() {
	w.awake.Store(true)
	for range w.size - 1 - int(w.alive.Load()) {
		w.alive.Add(1)
		go w.help()
	}
}

// Stop sends the helpers away.
func (w *Workers) Stop() { w.awake.Store(false) }

// help does parts of loops until the helpers are sent away. Parts of a pipeline wait for each
// other, so a helper that Start has taken for one of its own must not be on its way out: it looks
// again once it is no longer counted.
func (w *Workers) help() {
	for {
		for w.awake.Load() {
			poll(func() bool { return w.takePart() || !w.awake.Load() })
		}
		w.alive.Add(-1)
		if !w.awake.Load() {
			return
		}
		w.alive.Add(1)
	}
}

// takePart does a part of the loop at work, if there is one that nobody has taken.
func (w *Workers) takePart() bool {
	for left := w.left.Load(); left%partsLimit != 0; left = w.left.Load() {
		if w.left.CompareAndSwap(left, left-1) {
			w.task(w.parts-int(left%partsLimit), w.parts)
			w.done.Add(1)
			return true
		}
	}
	return false
}

// Run calls task(part, parts) for each part of a loop over so many cells, shared out as far as it
// is worth it.
func (w *Workers) Run(cells int, task func(part, parts int)) {
	parts := min(w.size, cells/smallestShare)
	if parts < 2 || !w.awake.Load() {
		task(0, 1)
		return
	}
	w.task, w.parts = task, parts
	w.done.Store(0)
	w.loops++
	w.left.Store(w.loops*partsLimit + int64(parts))
	for w.takePart() {
	}
	poll(func() bool { return w.done.Load() == int64(parts) })
}

// Each calls do(i) for i < n, of a loop over so many cells.
func (w *Workers) Each(n, cells int, do func(i int)) {
	w.Run(cells, func(part, parts int) {
		lo, hi := Share(n, part, parts)
		for i := lo; i < hi; i++ {
			do(i)
		}
	})
}

// Over calls do for stretches of [0, n), each cell of which is a cell of the loop.
func (w *Workers) Over(n int, do func(lo, hi int)) {
	w.Run(n, func(part, parts int) { do(Share(n, part, parts)) })
}

// Leaves calls do for the leaves of [0, n), stretches of 1024 entries or less.
func (w *Workers) Leaves(n int, do func(i, lo, hi int)) {
	w.Run(n, func(part, parts int) {
		first, last := Share(LeafCount(n), part, parts)
		for i := first; i < last; i++ {
			do(i, i*leaf, min((i+1)*leaf, n))
		}
	})
}

// LeafCount is the number of leaves of [0, n).
func LeafCount(n int) int { return (n + leaf - 1) / leaf }

// Sum adds leafSum(lo, hi) over the leaves of [0, n) along a binary tree: the rounding error grows
// as log n.
func (w *Workers) Sum(n int, leafSum func(lo, hi int) float64) float64 {
	if leaves := LeafCount(n); len(w.partials) < leaves {
		w.partials = make([]float64, leaves)
	}
	w.Leaves(n, func(i, lo, hi int) { w.partials[i] = leafSum(lo, hi) })
	return SumTree(w.partials[:LeafCount(n)])
}

// SumTree adds along a binary tree down to eight terms, which it adds one by one.
func SumTree(x []float64) float64 {
	if n := len(x); n > 8 {
		return SumTree(x[:n/2]) + SumTree(x[n/2:])
	}
	var sum float64
	for _, v := range x {
		sum += v
	}
	return sum
}

// Share returns the bounds of one part's stretch of [0, n).
func Share(n, part, parts int) (lo, hi int) {
	return n * part / parts, n * (part + 1) / parts
}

// poll returns once ready() is true. It gives way to other goroutines now and then, and after some
// 100 µs to other programs: the wait may be for a thread that one of them keeps off its processor.
func poll(ready func() bool) {
	const patience, pause = 200, 20 * time.Microsecond
	for i := 1; !ready(); i++ {
		switch {
		case i > patience*patience && i%patience == 0:
			time.Sleep(pause)
		case i%patience == 0:
			runtime.Gosched()
		}
	}
}

// WorkSpace makes room for n entries for every part of a loop.
func WorkSpace[T any](w *Workers, n int) [][]T {
	space := make([][]T, w.size)
	for i := range space {
		space[i] = make([]T, n)
	}
	return space
}
