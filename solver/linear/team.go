package linear

import "sync"

// team shares loops out among goroutines. What it runs must write to separate places in its parts, so that the result does not
// depend on their number. Its methods take functions made in advance, at set-up: a closure made on the spot would be allocated.
type team struct {
	size    int
	task    func(part, parts int)
	helpers []func() // one for each goroutine besides the caller's
	done    sync.WaitGroup

	terms    int // the sum at work: its number of terms,
	leafSum  func(lo, hi int) float64
	sumTask  func(part, parts int)
	partials []float64 // and its sums over leaves
}

const (
	smallestShare = 1 << 14 // cells below which waking a goroutine costs more than it saves
	leaf          = 1024    // terms of a sum that are added one by one
)

// newTeam forms a team of at most the given size for loops over the given number of cells.
func newTeam(size, cells int) *team {
	t := &team{size: max(1, min(size, cells/smallestShare)), partials: make([]float64, (cells+leaf-1)/leaf)}
	for part := 1; part < t.size; part++ {
		t.helpers = append(t.helpers, func() {
			t.task(part, t.size)
			t.done.Done()
		})
	}
	t.sumTask = func(part, parts int) {
		lo, hi := share(len(t.leaves()), part, parts)
		for i := lo; i < hi; i++ {
			t.partials[i] = t.leafSum(i*leaf, min((i+1)*leaf, t.terms))
		}
	}
	return t
}

// run calls task(part, parts) for each part, at once, and waits for all.
func (t *team) run(task func(part, parts int)) {
	t.task = task
	t.done.Add(len(t.helpers))
	for _, help := range t.helpers {
		go help()
	}
	task(0, t.size)
	t.done.Wait()
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
