package linear

import (
	"runtime"
	"sync/atomic"
	"time"
)

// team shares loops out among goroutines. What it runs must write to separate places in its parts, so that the result does not
// depend on their number or on who does them. Its methods take functions made in advance, at set-up: a closure made on the spot
// would be allocated.
//
// A solve runs hundreds of loops of some 100 µs each, less than it takes to wake a goroutine twice. Between start and stop the
// helpers therefore stay awake and poll for work. The caller does whatever parts no helper has taken up, so that it only waits
// for work under way, even where other programs keep the helpers off the processors. Only parts of a pipeline wait for others to be taken.
type team struct {
	size   int
	helper func()       // help, as a value that go can start without allocation
	alive  atomic.Int64 // helpers not yet gone
	awake  atomic.Bool

	task  func(part, parts int) // the loop at work,
	parts int                   // in so many parts,
	left  atomic.Int64          // of which so many are not yet taken, plus partsLimit times
	loops int64                 // the number of loops so far, so that nobody takes a part of a loop that is over,
	done  atomic.Int64          // and so many are done

	terms    int // the sum at work: its number of terms,
	leafSum  func(lo, hi int) float64
	sumTask  func(part, parts int)
	partials []float64 // and its sums over leaves
	low      []float64 // with what rounding took from those of a compensated one

	vectors             vectors // the vectors at work,
	kernel              kernel  // what is done to them,
	vectorTask, dotTask func(part, parts int)
}

// kernel computes y from x, z and y itself, entry by entry; c is a constant.
type kernel func(y, x, z []float64, c float64)

type vectors struct {
	y, x, z []float64
	c       float64
}

const (
	smallestShare = 1 << 13 // cells of a loop below which sharing costs more than it saves
	leaf          = 1024    // terms of a sum that are added one by one
	partsLimit    = 1 << 16
)

// newTeam forms a team of the given size for loops over at most the given number of cells.
func newTeam(size, cells int) *team {
	t := &team{size: min(size, partsLimit-1), partials: make([]float64, (cells+leaf-1)/leaf), low: make([]float64, (cells+leaf-1)/leaf)}
	t.helper = t.help
	t.sumTask = func(part, parts int) {
		lo, hi := share(len(t.leaves()), part, parts)
		for i := lo; i < hi; i++ {
			t.partials[i] = t.leafSum(i*leaf, min((i+1)*leaf, t.terms))
		}
	}
	t.vectorTask = func(part, parts int) {
		v := &t.vectors
		lo, hi := share(len(v.y), part, parts)
		t.kernel(v.y[lo:hi], v.x[lo:], v.z[lo:], v.c)
	}
	t.dotTask = func(part, parts int) {
		x, y := t.vectors.x, t.vectors.y
		lo, hi := share(len(t.leaves()), part, parts)
		for i := lo; i < hi; i++ {
			from, to := i*leaf, min((i+1)*leaf, t.terms)
			t.partials[i], t.low[i] = dotCompensated(x[from:to], y[from:to])
		}
	}
	return t
}

// over runs the kernel on all entries of y. The vectors x and z are as long; where the kernel has no use for one it is y again.
func (t *team) over(do kernel, y, x, z []float64, c float64) {
	t.kernel, t.vectors = do, vectors{y, x, z, c}
	t.run(len(y), t.vectorTask)
}

// dot is Σ x_i y_i as if in twice the working precision, and the same for any size of the team.
func (t *team) dot(x, y []float64) float64 {
	t.terms, t.vectors = len(x), vectors{y: y, x: x}
	t.run(len(x), t.dotTask)
	var sum, low float64
	for i, v := range t.leaves() {
		s, e := twoSum(sum, v)
		sum, low = s, low+(e+t.low[i])
	}
	return sum + low
}

// start wakes the helpers, but for those that the last stop has not reached yet.
func (t *team) start() {
	t.awake.Store(true)
	for range t.size - 1 - int(t.alive.Load()) {
		t.alive.Add(1)
		go t.helper()
	}
}

// stop sends the helpers away.
func (t *team) stop() { t.awake.Store(false) }

// help does parts of loops until the team is sent away. Parts of a pipeline wait for each other, so a helper that start has taken for one
// of its own must not be on its way out: it looks again once it is no longer counted.
func (t *team) help() {
	for {
		for t.awake.Load() {
			poll(func() bool { return t.takePart() || !t.awake.Load() })
		}
		t.alive.Add(-1)
		if !t.awake.Load() {
			return
		}
		t.alive.Add(1)
	}
}

// takePart does a part of the loop at work, if there is one that nobody has taken.
func (t *team) takePart() bool {
	for left := t.left.Load(); left%partsLimit != 0; left = t.left.Load() {
		if t.left.CompareAndSwap(left, left-1) {
			t.task(t.parts-int(left%partsLimit), t.parts)
			t.done.Add(1)
			return true
		}
	}
	return false
}

// run calls task(part, parts) for each part of a loop over that many cells, shared out as far as it is worth it.
func (t *team) run(cells int, task func(part, parts int)) {
	parts := min(t.size, cells/smallestShare)
	if parts < 2 || !t.awake.Load() {
		task(0, 1)
		return
	}
	t.task, t.parts = task, parts
	t.done.Store(0)
	t.loops++
	t.left.Store(t.loops*partsLimit + int64(parts))
	for t.takePart() {
	}
	poll(func() bool { return t.done.Load() == int64(parts) })
}

// each calls do(i) for i < n, of a loop over that many cells, shared out among the team.
func (t *team) each(n, cells int, do func(i int)) {
	t.run(cells, func(part, parts int) {
		lo, hi := share(n, part, parts)
		for i := lo; i < hi; i++ {
			do(i)
		}
	})
}

// poll returns once ready() is true. It gives way to other goroutines now and then, and after some 100 µs to other programs:
// the wait may be for a thread that one of them keeps off its processor.
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

// share returns the bounds of one part's stretch of [0, n).
func share(n, part, parts int) (lo, hi int) {
	return n * part / parts, n * (part + 1) / parts
}

// sum adds leafSum(lo, hi) over the leaves of [0, n) along a binary tree that depends on n alone: the result is the same to
// the bit for any size of the team, and the rounding error grows as log n.
func (t *team) sum(n int, leafSum func(lo, hi int) float64) float64 {
	t.terms, t.leafSum = n, leafSum
	t.run(n, t.sumTask)
	return sumTree(t.leaves())
}

func (t *team) leaves() []float64 { return t.partials[:(t.terms+leaf-1)/leaf] }

// sumTree adds along a binary tree down to eight terms, which it adds one by one.
func sumTree(x []float64) float64 {
	if n := len(x); n > 8 {
		return sumTree(x[:n/2]) + sumTree(x[n/2:])
	}
	var sum float64
	for _, v := range x {
		sum += v
	}
	return sum
}
