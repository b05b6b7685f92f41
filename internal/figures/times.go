package figures

import "math"

// chosen returns the indices of n levels at most as chooseTimes does, of more than 64 levels nearly
// so: they are thinned as they come, as the work goes with the square of their number.
func chosen(levels, times []float64, n int) []int {
	const enough = 64
	var kept []int
	for k := range levels {
		if kept = append(kept, k); len(kept) > enough {
			kept = thinned(kept, levels, times, enough/2)
		}
	}
	return thinned(kept, levels, times, n)
}

// thinned is chooseTimes for some of the levels.
func thinned(kept []int, levels, times []float64, n int) []int {
	var out []int
	for _, i := range chooseTimes(pick(levels, kept), pick(times, kept), n) {
		out = append(out, kept[i])
	}
	return out
}

// pick returns v[order[0]], v[order[1]], ...
func pick(v []float64, order []int) []float64 {
	out := make([]float64, len(order))
	for i, k := range order {
		out[i] = v[k]
	}
	return out
}

// chooseTimes returns the indices of n levels at most, the first and the last among them, with Σ
// (Δlevel)² least, so that the steps between them are as equal as can be; among such choices the
// one whose times are the most equidistant. Of the levels at the end that have stopped to fall only
// the first and the last are taken.
func chooseTimes(levels, times []float64, n int) []int {
	from := distinct(levels)
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

// distinct returns the indices of the levels without those between the first that is as low as the
// last and the last.
func distinct(levels []float64) []int {
	var out []int
	last := len(levels) - 1
	for k, l := range levels {
		out = append(out, k)
		if l <= levels[last] && k < last {
			return append(out, last)
		}
	}
	return out
}

// share returns a/b, and 0 for b = 0.
func share(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
