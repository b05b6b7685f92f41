package analysis

import "math"

// OfField is the error of a density on the finest of several grids, each of which has the cells of
// the one after it merged by pairs, from the distances d_k = ‖R P_{k+1} − P_k‖₁ from grid to grid,
// the coarsest first: R adds the masses up.
func OfField(distances []float64) Limit {
	n := len(distances)
	out := Limit{Error: math.NaN(), Order: math.NaN()}
	if n < 2 {
		return out
	}
	last := distances[n-1]
	out.Order = math.Log2(distances[n-2] / last)
	out.Error = last / (math.Exp2(math.Min(2, math.Max(1, out.Order))) - 1)
	return out
}
