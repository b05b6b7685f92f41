package linear

import (
	"runtime"
	"sync/atomic"
)

// team shares loops out among goroutines. What it runs must write to separate places in its parts, so that the result does not
// depend on their number. Its methods take functions made in advance, at set-up: a closure made on the spot would be allocated.
//
// A solve runs hundreds of loops of some 100 µs each, less than it takes to wake a goroutine twice. Between start and stop the
// helpers therefore stay awake and poll for the next loop.
type team struct {
	size    int
	awake   bool
	task    func(part, parts int)
	loop    atomic.Int64 // counts the loops set before the helpers
	busy    atomic.Int64 // helpers still at the present loop
	helpers []func()     // one for each goroutine besides the caller's

	terms    int // the sum at work: its number of terms,
	leafSum  func(lo, hi int) float64
	sumTask  func(part, parts int)
	partials []float64 // and its sums over leaves
}

const (
	smallestShare = 1 << 13 // cells below which sharing costs more than it saves
	leaf          = 1024    // terms of a sum that are added one by one
)

// newTeam forms a team of at most the given size for loops over the given number of cells.
func newTeam(size, cells int) *team {
	t := &team{size: max(1, min(size, cells/smallestShare)), partials: make([]float64, (cells+leaf-1)/leaf)}
	for part := 1; part < t.size; part++ {
		t.helpers = append(t.helpers, func() { t.help(part) })
	}
	t.sumTask = func(part, parts int) {
		lo, hi := share(len(t.leaves()), part, parts)
		for i := lo; i < hi; i++ {
			t.partials[i] = t.leafSum(i*leaf, min((i+1)*leaf, t.terms))
		}
	}
	return t
}

// start wakes the helpers. Every start needs its stop.
func (t *team) start() {
	t.loop.Store(0)
	t.awake = true
	for _, help := range t.helpers {
		go help()
	}
}

// stop sends the helpers away.
func (t *team) stop() {
	t.run(nil)
	t.awake = false
}

// help does one part of each loop until there is a loop without a task.
func (t *team) help(part int) {
	for loop := int64(1); ; loop++ {
		poll(func() bool { return t.loop.Load() >= loop })
		task := t.task
		if task != nil {
			task(part, t.size)
		}
		t.busy.Add(-1)
		if task == nil {
			return
		}
	}
}

// run calls task(part, parts) for each part, at once, and waits for all. Without start it calls task(0, 1).
func (t *team) run(task func(part, parts int)) {
	if t.size == 1 || !t.awake {
		if task != nil {
			task(0, 1)
		}
		return
	}
	t.task = task
	t.busy.Store(int64(len(t.helpers)))
	t.loop.Add(1)
	if task != nil {
		task(0, t.size)
	}
	poll(func() bool { return t.busy.Load() == 0 })
}

// poll returns once ready() is true, giving way to other goroutines now and then.
func poll(ready func() bool) {
	const patience = 200
	for i := 1; !ready(); i++ {
		if i%patience == 0 {
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
	t.run(t.sumTask)
	return sumTree(t.leaves())
}

func (t *team) leaves() []float64 { return t.partials[:(t.terms+leaf-1)/leaf] }

func sumTree(x []float64) float64 {
	if n := len(x); n > 1 {
		return sumTree(x[:n/2]) + sumTree(x[n/2:])
	}
	return x[0]
}
