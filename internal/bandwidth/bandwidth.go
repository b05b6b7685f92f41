// Package bandwidth measures how fast the memory is, as a program in Go sees it.
package bandwidth

import (
	"sync"
	"time"
)

// Far is a working set far larger than the caches of processors of today: three arrays of 128 MiB.
const Far = 3 << 27

// Triad is the rate of the triad of STREAM (McCalpin, IEEE TCCA Newsletter, 1995), a_i = b_i + s
// c_i, in GB/s: three arrays of float64 that take so many bytes together, shared out among so many
// threads. Two words are read and one is written for every i, and that is what is counted; a cache
// that reads a line before it is overwritten moves a third more. It is the best of the passes made
// in 0.2 s, of which there are five at least.
func Triad(bytes, threads int) float64 {
	const word, arrays = 8, 3
	const least, budget, tick = 5, 200 * time.Millisecond, 2 * time.Millisecond
	threads = max(threads, 1)
	n := max(bytes/(word*arrays), threads)
	a, b, c := make([]float64, n), make([]float64, n), make([]float64, n)
	repeats := 1
	// of an array in cache, one pass takes less than to wake a thread
	for passes(a, b, c, threads, repeats) < tick {
		repeats *= 2
	}
	best, start := 0.0, time.Now()
	for k := 0; k < least || time.Since(start) < budget; k++ {
		seconds := passes(a, b, c, threads, repeats).Seconds()
		best = max(best, float64(word*arrays*n)*float64(repeats)/seconds/1e9)
	}
	return best
}

// passes is the time that the threads take for so many passes, each over its own stretch of the
// arrays.
func passes(a, b, c []float64, threads, repeats int) time.Duration {
	const scalar = 3
	var done sync.WaitGroup
	start := time.Now()
	for k := range threads {
		lo, hi := len(a)*k/threads, len(a)*(k+1)/threads
		done.Go(func() {
			for range repeats {
				triad(a[lo:hi], b[lo:hi], c[lo:hi], scalar)
			}
		})
	}
	done.Wait()
	return time.Since(start)
}

// triad computes a = b + s c.
func triad(a, b, c []float64, s float64) {
	b, c = b[:len(a)], c[:len(a)]
	for i := range a {
		a[i] = b[i] + s*c[i]
	}
}
