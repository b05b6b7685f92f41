package linear

import "math"

// leaf is the length of the stretches that pairwise sums term by term.
const leaf = 1024

// pairwise sums partial(lo, hi) over stretches of at most leaf terms of [0, n) along a binary tree that depends on n alone, so
// that a sum is the same to the bit however the work is shared out, and its rounding error grows as log n.
func pairwise(n int, partial func(lo, hi int) float64) float64 {
	return pairwiseRange(0, n, partial)
}

func pairwiseRange(lo, hi int, partial func(lo, hi int) float64) float64 {
	if hi-lo <= leaf {
		return partial(lo, hi)
	}
	mid := lo + ((hi-lo)/2+leaf-1)/leaf*leaf
	return pairwiseRange(lo, mid, partial) + pairwiseRange(mid, hi, partial)
}

// dot is Σ x_i y_i.
func dot(x, y []float64) float64 {
	return pairwise(len(x), func(lo, hi int) float64 { return dotLeaf(x[lo:hi], y[lo:hi]) })
}

// dotLeaf sums in four interleaved strands, which hides the latency of the addition.
func dotLeaf(x, y []float64) float64 {
	var s0, s1, s2, s3 float64
	y = y[:len(x)]
	for len(x) >= 4 && len(y) >= 4 {
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
		x, y = x[4:], y[4:]
	}
	for i := range x {
		s0 += x[i] * y[i]
	}
	return (s0 + s1) + (s2 + s3)
}

// dotCompensated is Σ x_i y_i as if in twice the working precision: the products by FMA and the sums by Knuth's TwoSum are
// split without error (Ogita, Rump and Oishi, SIAM J. Sci. Comput. 26, 2005, algorithm Dot2).
func dotCompensated(x, y []float64) float64 {
	var sum, low float64
	y = y[:len(x)]
	for i, v := range x {
		p := v * y[i]
		e := math.FMA(v, y[i], -p)
		s := sum + p
		t := s - sum
		low += ((sum - (s - t)) + (p - t)) + e
		sum = s
	}
	return sum + low
}
