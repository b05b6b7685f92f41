// Package multigrid preconditions conjugate gradients by semicoarsening multigrid: with zebra lines
// on two axes, with zebra planes on three.
package multigrid

import (
	"fmt"

	"fpsgd/solver/linear/matrix"
	"fpsgd/solver/linear/vectors"
)

// lines preconditions conjugate gradients on two axes by one V-cycle of a semicoarsening multigrid
// with zebra-line smoothing.
//
// Lines of cells run along one axis; the columns they form are coarsened by two along the other. On
// a graded grid the strong couplings are aligned with the axes but change from one axis to the
// other across the diagonals: those along the lines are solved for exactly, those across are left
// to the coarse grids.
//
// Every level is scaled by its own line pivots P, P^{−1/2} A P^{−1/2}: each line's matrix becomes
// (I−ℓ)(I−ℓᵀ) with ℓ its one subdiagonal, and the level keeps nothing else but the scaled couplings
// across. Every number in the cycle is nonnegative if the right-hand side is, so the
// preconditioner, symmetric and positive definite, is also entrywise nonnegative and loses no
// digits where the pivots are 1e13 times the excess.
//
// The cycle ends with an exact solution for the red lines. If the residual of the iterate is zero
// there, it remains so: with z = cycle(r) and r_r = 0, z_r = A_rr⁻¹ aᵀ z_b, so (A z)_r = 0, and the
// directions p inherit it. The conjugate gradients of A are then those of the Schur complement on
// the black cells, and only that part is computed:
//
//	r̂ = r_b + a A_rr⁻¹ r_r,    q̂ = (A p)_b = A_bb p_b − a p_r,    p·Ap = p_b·q̂,
//	y_r = A_rr⁻¹ (r_r + aᵀ ŷ) once at the end.
//
// That saves two of five line solutions on the finest level, and half of the work of the iteration
// itself.
//
// See Schaffer, SIAM J. Sci. Comput. 20 (1998), and Dendy, J. Comput. Phys. 48 (1982), for the
// coarse operators, and Trottenberg, Oosterlee and Schüller, Multigrid (2001), ch. 5, for line
// smoothers and semicoarsening.
type lines struct {
	*layout
	finest *level[float64]
	redB   []float64 // P^{−1/2} r on the red cells
	zeros  []float64 // right-hand side there within the iteration
}

// oddLines is the largest odd number of columns on a ring that is solved for directly: up to it the
// solution takes at most twice the time of other rings of that size, and MIC 1.5 to 10 times.
const oddLines = 63

// lineEnds: with 16 columns the coarsening above is harmless, and their exact solution is cheap;
// that of 32 is if need be.
var lineEnds = ends{16, 32}

// lineAxis returns the axis along which lines run, if there is one: the longer axis, the first if
// they are equal, as the coarsest grid's solution costs (cells of a line)·(columns)². A periodic
// axis is the one that is coarsened.
func lineAxis(a *matrix.Matrix) (axis int, ok bool) {
	if len(a.Stride) != 2 {
		return 0, false
	}
	periodic, shape := a.Op.Periodic, a.Op.Shape
	if periodic[0] || !periodic[1] && shape[1] > shape[0] {
		axis = 1
	}
	return axis, !periodic[axis] && !(periodic[1-axis] && oddPart(shape[1-axis]) > oddLines)
}

// oddPart is n without its factors of two: as many columns of a ring of n are left when it is no
// longer coarsened.
func oddPart(n int) int {
	for n%2 == 0 {
		n /= 2
	}
	return n
}

// LinesFit reports whether NewLines is for the grid.
func LinesFit(a *matrix.Matrix) bool {
	_, ok := lineAxis(a)
	return ok
}

// NewLines sets up line multigrid on two axes. Cycles are run by two threads, of which each has the
// rows of one half (order), the rest of an iteration by all. A grid of few columns is solved
// directly. The error says what grid is needed.
func NewLines(a *matrix.Matrix) (matrix.Preconditioned, error) {
	axis, ok := lineAxis(a)
	if !ok {
		return nil, fmt.Errorf("needs two axes, one of them not periodic, and on a periodic one a "+
			"power of two times an odd number ≤ %d of cells; the grid has %v", oddLines, a.Op.Shape)
	}
	return newLines(a, axis, matrix.Twisted(a.Op.Shape[axis])), nil
}

// newLines is NewLines for lines along an axis, eliminated in the given order.
func newLines(a *matrix.Matrix, axis int, o matrix.Order) matrix.Preconditioned {
	c := newRates(a, axis, o)
	if c.coarsest() {
		b, pivots := newBand[float64](c, a.Workers, a.Workers)
		return &direct{newLayout(a, axis, c, pivots), b}
	}
	l, pivots := newLevel[float64](c, a.Workers, a.Workers)
	return &lines{newLayout(a, axis, c, pivots), l, l.red.b, make([]float64, len(l.red.u))}
}

// Size implements Preconditioned: r̂ is on the black cells, ẑ on all, those last.
func (p *lines) Size() (residual, direction int) {
	return len(p.finest.u) - len(p.finest.red.u) - 1, len(p.finest.u)
}

// Enter implements Preconditioned.
func (p *lines) Enter(rhat, r []float64) {
	l := p.finest
	p.Zero(rhat) // the places that are left over keep what a failed solve has put there
	l.red.b, l.black.b = p.redB, rhat
	p.load(l, r)
	l.redFromZero()
	l.Inward(p.Workers, p.Cells, func(_, first, last int) {
		lo, hi := first*l.stride, last*l.stride
		addCouplings(rhat[lo:hi], l.left[lo:], l.u[lo:], l.right[lo:], l.u[lo+1:])
		for i := first; l.wrap != nil && i < last; i++ {
			rhat[(i+1)*l.stride-1] += l.wrap[i] * l.red.u[i*l.stride]
		}
	})
	l.red.b = p.zeros
}

// Leave implements Preconditioned.
func (p *lines) Leave(y, yhat []float64) {
	l := p.finest
	black := l.u[len(l.red.u)+1:]
	p.Workers.Over(len(yhat), func(lo, hi int) { copy(black[lo:hi], yhat[lo:hi]) })
	l.red.b = p.redB
	l.solveRed()
	p.store(y, l)
}

// Apply implements Preconditioned.
func (p *lines) Apply(q, v []float64, turn func(lo, hi int)) float64 {
	l, reds := p.finest, len(p.zeros)
	l.Inward(p.Workers, len(v), func(_, first, last int) {
		lo, hi := first*l.stride, last*l.stride
		turn(lo, hi)
		turn(reds+1+lo, reds+1+hi)
	})
	black := v[reds+1:]
	return p.Workers.Sum(len(q), func(lo, hi int) float64 {
		p.productBlack(q, v, lo, hi)
		return vectors.Dot(q[lo:hi], black[lo:])
	})
}

// Precondition implements Preconditioned: ẑ is one V-cycle from r̂.
func (p *lines) Precondition(r []float64, _ float64) ([]float64, float64) {
	l := p.finest
	l.black.b = r
	l.cycle(zeroOnRed, nil)
	return l.u, p.Dot(r, l.u[len(p.zeros)+1:])
}

// Converged implements Preconditioned: r̂ is the residual itself, scaled.
func (p *lines) Converged(r []float64, rr, target float64) bool {
	return rr <= target*target || p.weightedSquares(r) <= target*target
}

// weightedSquares is Σ r̂²/(D/P), where D/P = 1 + ℓ², and in the last row 1 + ℓ² + s² with s that
// of the seam.
func (p *lines) weightedSquares(r []float64) float64 {
	k := &p.finest.black
	last := len(r) - len(k.seam)
	return p.Workers.Sum(len(r), func(lo, hi int) float64 {
		sum := scaledSquares(r[lo:max(lo, min(hi, last))], k.factor[lo:])
		for t := max(lo, last); t < hi; t++ {
			s := k.seam[t-last]
			sum += r[t] * r[t] / (1 + k.factor[t]*k.factor[t] + s*s)
		}
		return sum
	})
}

// productBlack computes entries [lo, hi) of q = A_bb v_b − a v_r. A column's own matrix is
// (I−ℓ)(I−ℓᵀ), with 1 + ℓ_i² on the diagonal.
func (p *lines) productBlack(q, v []float64, lo, hi int) {
	l := p.finest
	cells, s := len(p.zeros), l.stride
	black := v[cells+1:]
	for from := lo; from < hi; {
		above, below, to := from-s, from+s, min(hi, cells-s)
		switch { // where there is no row above or below, its ℓ is 0
		case from < s:
			above, to = from, min(hi, s)
		case from >= cells-s:
			below, to = from, hi
		}
		factored(q[from:to], black[from:], black[above:], black[below:],
			l.black.factor[from:], l.black.factor[from+s:])
		subtractCouplings(q[from:to], l.left[from:], v[from:], l.right[from:], v[from+1:])
		from = to
	}
	l.black.addSeam(q, black, lo, hi)
	for i := lo / s; l.wrap != nil && (i+1)*s <= hi; i++ {
		q[(i+1)*s-1] -= l.wrap[i] * v[i*s]
	}
}

// addSeam adds to entries [lo, hi) of q = (I−ℓ)(I−ℓᵀ) p what the seam, s, gives: −s p_{n−1} in row
// half−1, s (s p_{n−1} − p_{half−1}) in the last.
func (c *columns[F]) addSeam(q, p []F, lo, hi int) {
	before, last := c.seamRows()
	for k := max(0, lo-before); k < min(len(c.seam), hi-before); k++ {
		q[before+k] -= c.seam[k] * p[last+k]
	}
	for k := max(0, lo-last); k < min(len(c.seam), hi-last); k++ {
		q[last+k] += c.seam[k] * (c.seam[k]*p[last+k] - p[before+k])
	}
}
