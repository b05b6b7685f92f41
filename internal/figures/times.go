package figures

import "math"

// chosen returns the indices of n levels at most as chooseTimes does, of more than 64 levels nearly
// so: they are thinned as they come, as the work goes with the square of their number.
func chosen(levels, times []float64, n int) []int {
	const enough = 64
	var kept []int
	for k := range levels {
		if kept = append(kept, k); len(kept) > enough {
			kept = chooseTimes(kept, levels, times, enough/2)
		}
	}
	return chooseTimes(kept, levels, times, n)
}

// chooseTimes returns n at most of some indices of levels, the first and the last among them, with
// Σ (Δlevel)² least, so that the steps between them are as equal as can be; among such choices the
// one whose times are the most equidistant. Of the levels at the end that have stopped to fall only
// the first and the last are taken.
func chooseTimes(from []int, levels, times []float64, n int) []int {
	from = distinct(from, levels)
	if len(from) <= n {
		return from
	}
	last := len(from) - 1
	cost := func(a, b int) float64 {
		const byTime = 1e-4 // what the times count beside the levels
		level := share(levels[from[b]]-levels[from[a]], levels[from[last]]-levels[from[0]])
		time := share(times[from[b]]-times[from[a]], times[from[last]]-times[from[0]])
		return level*level + byTime*time*time
	}
	best := make([][]float64, n) // [m][b]: the least cost of m steps from the first to b
	before := make([][]int, n)
	for m := range best {
		best[m], before[m] = make([]float64, last+1), make([]int, last+1)
		for b := range best[m] {
			best[m][b] = math.Inf(1)
			for a := 0; m > 0 && a < b; a++ {
				if c := best[m-1][a] + cost(a, b); c < best[m][b] {
					best[m][b], before[m][b] = c, a
				}
			}
		}
		best[0][0] = 0
	}
	out := make([]int, n)
	for m, b := n-1, last; m >= 0; m-- {
		out[m] = from[b]
		b = before[m][b]
	}
	return out
}

// distinct returns the indices without those between the first whose level is as low as the last
// one and the last.
func distinct(from []int, levels []float64) []int {
	last := len(from) - 1
	for i := range from[:max(last, 0)] {
		if levels[from[i]] <= levels[from[last]] {
			return append(from[:i+1:i+1], from[last])
		}
	}
	return from
}

// share returns a/b, and 0 for b = 0.
func share(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
