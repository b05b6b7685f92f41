package multigrid

import (
	"math"

	"fpsgd/internal/parallel"
	"fpsgd/solver/linear/matrix"
	"fpsgd/solver/linear/vectors"
)

// layout takes vectors on the cells to a grid of lines and back, scaled by P^{−1/2}.
type layout struct {
	*matrix.Matrix
	matrix.Order              // of the cells of a line
	along, across int         // strides along the lines and across
	m             int         // number of lines
	scale         []float64   // P^{−1/2}, row by row across the lines
	between       [][]float64 // one row of cells across the lines, for every part of a loop
}

func newLayout(a *matrix.Matrix, axis int, c *rates, pivots []float64) *layout {
	a.Workers.Over(len(pivots), func(lo, hi int) {
		for i, v := range pivots[lo:hi] {
			pivots[lo+i] = 1 / math.Sqrt(v)
		}
	})
	return &layout{a, c.Order, a.Stride[axis], a.Stride[1-axis], c.m, pivots,
		parallel.WorkSpace[float64](a.Workers, c.m)}
}

// load makes P^{−1/2} x the right-hand side on a grid.
func (g *layout) load(on grid[float64], x []float64) {
	g.eachRow(func(i int, row []float64) {
		gatherScaled(row, x[g.At(i)*g.along:], g.across, g.scale[i*g.m:])
		on.load(i, 0, row)
	})
}

// store sets x = P^{−1/2} times the solution on a grid.
func (g *layout) store(x []float64, on grid[float64]) {
	g.eachRow(func(i int, row []float64) {
		on.store(row, i, 0)
		scatterScaled(x[g.At(i)*g.along:], g.across, row, g.scale[i*g.m:])
	})
}

// eachRow calls do for every row across the lines, with work space for it.
func (g *layout) eachRow(do func(i int, row []float64)) {
	g.Workers.Run(g.Cells, func(part, parts int) {
		lo, hi := parallel.Share(g.Rows, part, parts)
		for i := lo; i < hi; i++ {
			do(i, g.between[part])
		}
	})
}

// direct is the system on a grid of few columns, of which the factorisation is known:
// Â = (I−L)⁻¹ P^{−1/2} A P^{−1/2} (I−L)⁻ᵀ = I.
type direct struct {
	*layout
	band *band[float64]
}

// Size implements Preconditioned.
func (p *direct) Size() (residual, direction int) { return p.Cells, p.Cells }

// Enter implements Preconditioned.
func (p *direct) Enter(rhat, r []float64) {
	p.load(p.band, r)
	p.band.forward()
	first := p.band.Half * p.band.m
	copy(rhat[:first], p.band.first.x)
	copy(rhat[first:], p.band.last.x)
}

// Leave implements Preconditioned.
func (p *direct) Leave(y, yhat []float64) {
	first := p.band.Half * p.band.m
	copy(p.band.first.x, yhat[:first])
	copy(p.band.last.x, yhat[first:])
	p.band.backward()
	p.store(y, p.band)
}

// Apply implements Preconditioned.
func (p *direct) Apply(q, v []float64, turn func(lo, hi int)) float64 {
	p.Workers.Over(len(v), turn)
	copy(q, v)
	return vectors.Dot(v, v)
}

// Precondition implements Preconditioned.
func (p *direct) Precondition(r []float64, rr float64) ([]float64, float64) { return r, rr }

// Converged implements Preconditioned: one iteration leaves nothing but rounding.
func (p *direct) Converged([]float64, float64, float64) bool { return true }
