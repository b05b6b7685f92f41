package parallel

import (
	"runtime"
	"sync"
)

// Ranges divides 0, …, n−1 into one range for each thread (0: all cores), calls work for every one
// at the same time, and returns the error of the first range that has one.
func Ranges(threads, n int, work func(first, last int) error) error {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	threads = max(1, min(threads, n))
	errs := make([]error, threads)
	var wg sync.WaitGroup
	for t := range threads {
		wg.Go(func() { errs[t] = work(Share(n, t, threads)) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Leaf is the most terms that Reduce leaves to its caller.
const Leaf = 64

// worthwhile is the number of terms from which on it pays to start a goroutine.
const worthwhile = 1 << 14

// Reduce combines f of ranges of Leaf indices or less among 0, …, n−1 by a binary tree. The tree
// depends on n alone; its upper branches grow at the same time, on as many threads (0: all cores).
func Reduce[T any](n, threads int, f func(first, last int) T, combine func(a, b T) T) T {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	var tree func(first, last, threads int) T
	tree = func(first, last, threads int) T {
		if last-first <= Leaf {
			return f(first, last)
		}
		mid := first + (last-first)/2
		if threads < 2 || last-first < worthwhile {
			return combine(tree(first, mid, 1), tree(mid, last, 1))
		}
		var lower T
		var wg sync.WaitGroup
		wg.Go(func() { lower = tree(first, mid, threads/2) })
		upper := tree(mid, last, threads-threads/2)
		wg.Wait()
		return combine(lower, upper)
	}
	return tree(0, n, threads)
}

// Pairwise adds f of ranges of indices, each a sum over its own, with an error that grows like log
// n.
func Pairwise(n, threads int, f func(first, last int) float64) float64 {
	return Reduce(n, threads, f, func(a, b float64) float64 { return a + b })
}
