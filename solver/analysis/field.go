package analysis

import "math"

// OfField is the error in L¹ of a field of masses on the finest of some grids, of which each has
// the cells of the next merged by pairs, from the distances between neighbouring grids,
//
//	d_k = ‖R P_{k+1} − P_k‖₁,    R the sums over the merged cells,
//
// the coarsest first. Where the masses are P + C h^p with the h of each grid, d falls by 2^p from
// one to the next, and the error is d_last/(2^p − 1): with p = log₂(d_last−1/d_last), the Order,
// held between 1 and 2, as no field that is merely bounded is known to do better, and an order
// below 1 is not yet one. It is unknown of fewer than two distances. As R adds up cells, what
// alternates from cell to cell is not seen.
func OfField(distances []float64) Limit {
	const least, most = 1, 2
	n := len(distances)
	if n < 2 {
		return Limit{Value: math.NaN(), Error: math.NaN(), Order: math.NaN()}
	}
	last := distances[n-1]
	order := math.Log2(distances[n-2] / last)
	held := math.Min(most, math.Max(least, order))
	return Limit{Error: last / (math.Exp2(held) - 1), Order: order}
}
