package linear

import "sync"

// team shares loops out among goroutines. What it runs must write to separate places in its parts, so that the result does not
// depend on their number.
type team struct {
	size    int
	task    func(part, parts int)
	helpers []func() // one for each goroutine besides the caller's; made once, so that run allocates nothing
	done    sync.WaitGroup
}

func newTeam(size int) *team {
	t := &team{size: size}
	for part := 1; part < size; part++ {
		t.helpers = append(t.helpers, func() {
			t.task(part, t.size)
			t.done.Done()
		})
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
