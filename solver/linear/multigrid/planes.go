package multigrid

import (
	"fmt"
	"math"
	"slices"

	"fpsgd/internal/parallel"
	"fpsgd/solver/linear/matrix"
	"fpsgd/solver/linear/vectors"
)

// Planes preconditions conjugate gradients on three axes by one V-cycle of a semicoarsening
// multigrid with zebra-plane smoothing.
//
// Planes are coarsened by two along the axis on which they are stacked, and each is solved for by
// one cycle of line multigrid, scaled by its own line pivots P: planeLevel. Twenty planes or fewer
// are not coarsened further: between so few, planes have couplings of very different strengths to
// their neighbours, and interpolation fails. They are solved together, by line multigrid on slabs
// of cells, whose lines are banded matrices: coarsestPlanes.
//
// The cycle is red planes, black planes, coarse planes, black planes, red planes, a palindrome, and
// symmetric as each plane's is. On the way up planes are improved by cycles begun from what they
// hold, so that no residual b − Au is ever formed: couplings to other cells are added to b, all of
// them nonnegative, and only changes of u are differences. That is what makes single precision do.
//
// See Schaffer, SIAM J. Sci. Comput. 20 (1998), and Brown, Falgout and Jones, SIAM J. Sci. Comput.
// 21 (2000), for semicoarsening with plane smoothing.
type Planes[F vectors.Float] struct {
	*matrix.Matrix
	axes   planeAxes
	finest *planeLevel[F]
	scale  [][]float64 // P^{−1/2} of every plane, in the order of the rows
	row    [][]F       // one row of a plane, for every part of a loop
	z      []float64
}

// planeAxes are the axes along which planes are stacked, their lines run, and the columns are
// numbered.
type planeAxes struct{ planes, lines, columns int }

// choosePlanes returns the first suitable order of the axes: columns may close to a ring, of which
// an odd number is left in the end that is solved for directly, the others may not, and there are
// enough of them to be coarsened.
func choosePlanes(a *matrix.Matrix) (planeAxes, bool) {
	if len(a.Stride) != 3 {
		return planeAxes{}, false
	}
	periodic, shape := a.Op.Periodic, a.Op.Shape
	orders := []planeAxes{{0, 1, 2}, {1, 0, 2}, {0, 2, 1}, {2, 0, 1}, {1, 2, 0}, {2, 1, 0}}
	for _, x := range orders {
		open := !periodic[x.planes] && !periodic[x.lines]
		ring := periodic[x.columns] && oddPart(shape[x.columns]) > planeEnds.most
		if open && !ring && shape[x.columns] > planeEnds.few && shape[x.planes] > slabPlanes {
			return x, true
		}
	}
	return planeAxes{}, false
}

// PlanesFit reports whether NewPlanes is for the grid.
func PlanesFit(a *matrix.Matrix) bool {
	_, ok := choosePlanes(a)
	return ok
}

// SinglePrecision reports whether the levels may be stored in single precision: where no coupling γ
// c exceeds 1e11. Up to 1e13 it takes the same number of iterations as double precision, one or two
// more at 1e15 and three times as many beyond (docs/solver.md).
func SinglePrecision(a *matrix.Matrix) bool {
	const largest = 1e11
	for _, c := range a.Op.Coupling {
		if a.Gamma*slices.Max(c) > largest {
			return false
		}
	}
	return true
}

// NewPlanes sets up plane multigrid on three axes. The error says what grid is needed.
func NewPlanes[F vectors.Float](a *matrix.Matrix) (*Planes[F], error) {
	x, ok := choosePlanes(a)
	if !ok {
		return nil, fmt.Errorf("needs three axes, of which one has more than %d cells, a power of "+
			"two times an odd number ≤ %d if it is periodic, and another, not periodic, more than "+
			"%d; the grid has %v",
			planeEnds.few, planeEnds.most, slabPlanes, a.Op.Shape)
	}
	finest, pivots := newPlaneLevel[F](newPlaneRates(a, x))
	for _, plane := range pivots {
		for t, v := range plane {
			plane[t] = 1 / math.Sqrt(v)
		}
	}
	return &Planes[F]{Matrix: a, axes: x, finest: finest, scale: pivots,
		row: parallel.WorkSpace[F](a.Workers, a.Op.Shape[x.columns]),
		z:   make([]float64, a.Cells)}, nil
}

// eachRow calls do for every row of every plane: row i of plane q, which begins at a cell, with
// work space for it.
func (p *Planes[F]) eachRow(do func(q, i, cell int, row []F)) {
	planes, lines := p.Stride[p.axes.planes], p.Stride[p.axes.lines]
	p.Workers.Run(p.Cells, func(part, parts int) {
		lo, hi := parallel.Share(len(p.scale), part, parts)
		for q := lo; q < hi; q++ {
			for i := range p.finest.plane[q].Rows {
				do(q, i, q*planes+i*lines, p.row[part])
			}
		}
	})
}

// Size implements Preconditioned.
func (p *Planes[F]) Size() (residual, direction int) { return p.Cells, p.Cells }

// Enter implements Preconditioned: the system is iterated on as it is.
func (p *Planes[F]) Enter(rhat, r []float64) {
	if &rhat[0] != &r[0] {
		copy(rhat, r)
	}
}

// Leave implements Preconditioned.
func (p *Planes[F]) Leave(y, yhat []float64) { copy(y, yhat) }

// Converged implements Preconditioned.
func (p *Planes[F]) Converged(r []float64, _, target float64) bool { return p.Norm(r) <= target }

// Apply implements Preconditioned.
func (p *Planes[F]) Apply(q, v []float64, turn func(lo, hi int)) float64 {
	p.Workers.Over(p.Cells, turn)
	p.Matrix.Apply(q, v)
	return p.Dot(q, v)
}

// Precondition implements Preconditioned: z = P^{−1/2} · V-cycle · P^{−1/2} r.
func (p *Planes[F]) Precondition(r []float64, _ float64) ([]float64, float64) {
	columns := p.Stride[p.axes.columns]
	p.eachRow(func(q, i, cell int, row []F) {
		l := p.finest.plane[q]
		l.setRight(p.finest.rhs[q])
		gatherScaled(row, r[cell:], columns, p.scale[q][i*l.m:])
		l.load(i, 0, row)
	})
	p.finest.solve()
	p.eachRow(func(q, i, cell int, row []F) {
		l := p.finest.plane[q]
		l.store(row, i, 0)
		scatterScaled(p.z[cell:], columns, row, p.scale[q][i*l.m:])
	})
	return p.z, p.Dot(p.z, r)
}
