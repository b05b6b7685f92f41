package linear

import (
	"math"

	"fpsgd/internal/parallel"
)

// gridding takes vectors on the cells to a grid of lines and back, scaled by P^{−1/2}.
type gridding struct {
	*matrix
	along, across int         // strides along the lines and across
	n, m          int         // cells of a line; number of lines
	scale         []float64   // P^{−1/2}, row by row across the lines
	between       [][]float64 // one row of cells across the lines, for every part of a loop
}

func newGridding(a *matrix, lines, m int, pivots []float64) *gridding {
	for i, v := range pivots {
		pivots[i] = 1 / math.Sqrt(v)
	}
	return &gridding{a, a.stride[lines], a.stride[1-lines], a.cells / m, m, pivots, rowsFor[float64](a.workers, m)}
}

// load makes P^{−1/2} x the right-hand side on a grid.
func (g *gridding) load(on grid[float64], x []float64) {
	g.eachRow(func(i int, row []float64) {
		gatherScaled(row, x[i*g.along:], g.across, g.scale[i*g.m:])
		on.load(i, 0, row)
	})
}

// store sets x = P^{−1/2} times the solution on a grid.
func (g *gridding) store(x []float64, on grid[float64]) {
	g.eachRow(func(i int, row []float64) {
		on.store(row, i, 0)
		scatterScaled(x[i*g.along:], g.across, row, g.scale[i*g.m:])
	})
}

// eachRow calls do for every row across the lines, with work space for it.
func (g *gridding) eachRow(do func(i int, row []float64)) {
	g.workers.Run(g.cells, func(part, parts int) {
		lo, hi := parallel.Share(g.n, part, parts)
		for i := lo; i < hi; i++ {
			do(i, g.between[part])
		}
	})
}

// direct is the system on a grid of few columns, of which the factorisation is known: Â = (I−L)⁻¹ P^{−1/2} A P^{−1/2} (I−L)⁻ᵀ = I.
type direct struct {
	*gridding
	band *band[float64]
}

// size implements preconditioned.
func (p *direct) size() (residual, direction int) { return p.cells, p.cells }

// enter implements preconditioned.
func (p *direct) enter(rhat, r []float64) {
	p.load(p.band, r)
	p.band.forward()
	copy(rhat, p.band.x)
}

// leave implements preconditioned.
func (p *direct) leave(y, yhat []float64) {
	copy(p.band.x, yhat)
	p.band.backward()
	p.store(y, p.band)
}

// apply implements preconditioned.
func (p *direct) apply(q, v []float64, turn func(lo, hi int)) float64 {
	p.workers.Over(len(v), turn)
	copy(q, v)
	return dot(v, v)
}

// precondition implements preconditioned.
func (p *direct) precondition(r []float64, rr float64) ([]float64, float64) { return r, rr }

// converged implements preconditioned: one iteration leaves nothing but rounding.
func (p *direct) converged([]float64, float64, float64) bool { return true }
