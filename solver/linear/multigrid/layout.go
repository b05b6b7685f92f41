package multigrid

import (
	"math"
	"slices"

	"fpsgd/internal/parallel"
	"fpsgd/solver/linear/matrix"
	"fpsgd/solver/linear/vectors"
)

// layout takes vectors on the cells to rows of columns and back, scaled by P^{−1/2}.
type layout[F vectors.Float] struct {
	*matrix.Matrix
	axes  []int     // in the order of the rows; the last is that of the columns
	scale []float64 // P^{−1/2}, row by row
	row   [][]F     // one row, for every part of a loop
}

// rows are what a layout hands rows to and takes them from, see grid.
type rows[F vectors.Float] interface {
	load(i, lo int, b []F)
	store(u []F, i, lo int)
}

func newLayout[F vectors.Float](a *matrix.Matrix, pivots []float64, axes ...int) *layout[F] {
	for t, v := range pivots {
		pivots[t] = 1 / math.Sqrt(v)
	}
	columns := a.Op.Shape[axes[len(axes)-1]]
	return &layout[F]{a, axes, pivots, parallel.WorkSpace[F](a.Workers, columns)}
}

// load makes P^{−1/2} x the right-hand side.
func (g *layout[F]) load(on rows[F], x []float64) {
	g.eachRow(func(i, cell, stride int, row []F, scale []float64) {
		gatherScaled(row, x[cell:], stride, scale)
		on.load(i, 0, row)
	})
}

// store sets x = P^{−1/2} times the solution.
func (g *layout[F]) store(x []float64, on rows[F]) {
	g.eachRow(func(i, cell, stride int, row []F, scale []float64) {
		on.store(row, i, 0)
		scatterScaled(x[cell:], stride, row, scale)
	})
}

// eachRow calls do for every row: its number, its first cell and the stride on to the others, work
// space for it and its part of P^{−1/2}.
func (g *layout[F]) eachRow(do func(i, cell, stride int, row []F, scale []float64)) {
	last, m := len(g.axes)-1, len(g.row[0])
	g.Workers.Each(g.Cells/m, g.Cells, func(part, i int) {
		cell, rest := 0, i
		for _, axis := range slices.Backward(g.axes[:last]) {
			cell += rest % g.Op.Shape[axis] * g.Stride[axis]
			rest /= g.Op.Shape[axis]
		}
		do(i, cell, g.Stride[g.axes[last]], g.row[part], g.scale[i*m:])
	})
}

// direct is the system on a grid of few columns, of which the factorisation is known:
// Â = (I−L)⁻¹ P^{−1/2} A P^{−1/2} (I−L)⁻ᵀ = I.
type direct struct {
	*layout[float64]
	band *band[float64]
}

// Enter implements Preconditioned.
func (p *direct) Enter(rhat, r []float64) {
	p.load(p.band, r)
	p.band.forward()
	copy(rhat, p.band.x)
}

// Leave implements Preconditioned.
func (p *direct) Leave(y, yhat []float64) {
	copy(p.band.x, yhat)
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
