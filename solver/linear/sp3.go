package linear

import (
	"fmt"
	"math"
	"slices"

	"fpsgd/internal/parallel"
)

// sp3 preconditions conjugate gradients on three axes by one V-cycle of a semicoarsening multigrid with zebra-plane smoothing.
//
// Planes are coarsened by two along the axis on which they are stacked, and each is solved for by one cycle of SL2, scaled by its own
// line pivots P: tier.go. Twenty planes or fewer are not coarsened further: between so few, planes have couplings of very different
// strengths to their neighbours, and interpolation fails. They are solved together, by SL2 on slabs of cells, whose lines are banded
// matrices.
//
// The cycle is red planes, black planes, coarse planes, black planes, red planes, a palindrome, and symmetric as each plane's is. On the
// way up planes are improved by cycles begun from what they hold, so that no residual b − Au is ever formed: couplings to other cells are
// added to b, all of them nonnegative, and only changes of u are differences. That is what makes single precision do
// (singleCoupling).
//
// See Schaffer, SIAM J. Sci. Comput. 20 (1998), and Brown, Falgout and Jones, SIAM J. Sci. Comput. 21 (2000), for semicoarsening with
// plane smoothing.
type sp3[F float] struct {
	*matrix
	axes   sp3Axes
	finest *tier[F]
	scale  [][]float64 // P^{−1/2} of every plane, in the order of the rows
	row    [][]F       // one row of a plane, for every part of a loop
	z      []float64
}

// sp3Axes are the axes along which planes are stacked, their lines run, and the columns are numbered.
type sp3Axes struct{ planes, lines, columns int }

// planeAxes returns the first suitable order of the axes: columns may close to a ring, of which an odd number is left in the end that is
// solved for directly, the others may not, and there are enough of them to be coarsened.
func (a *matrix) planeAxes() (sp3Axes, bool) {
	if len(a.stride) != 3 {
		return sp3Axes{}, false
	}
	for _, x := range []sp3Axes{{0, 1, 2}, {1, 0, 2}, {0, 2, 1}, {2, 0, 1}, {1, 2, 0}, {2, 1, 0}} {
		ring, columns := a.op.Periodic[x.columns], a.op.Shape[x.columns]
		if columns > planeEnds.few && a.op.Shape[x.planes] > slabPlanes && !a.op.Periodic[x.planes] && !a.op.Periodic[x.lines] &&
			!(ring && oddPart(columns) > planeEnds.most) {
			return x, true
		}
	}
	return sp3Axes{}, false
}

// singleCoupling is the largest coupling γ c for which the levels are stored in single precision. Up to 1e13 that takes the same number
// of iterations as double precision (f = 1 + |θ|², 64³ and 128³, R = 1e2 to 1e6, ε = 0.25 to 4, γ = 0.05 to 100), one or two more at 1e15
// and three times as many beyond.
const singleCoupling = 1e11

// newSP3 sets up the levels.
func newSP3(a *matrix) (preconditioned, error) {
	x, ok := a.planeAxes()
	if !ok {
		return nil, fmt.Errorf("linear: method %q needs three axes, of which one has more than %d cells, a power of two times an odd number ≤ %d if it is periodic, and "+
			"another, not periodic, more than %d; use %q", Planes, planeEnds.few, planeEnds.most, slabPlanes, MIC)
	}
	for _, c := range a.op.Coupling {
		if a.gamma*slices.Max(c) > singleCoupling {
			return newSP3In[float64](a, x), nil
		}
	}
	return newSP3In[float32](a, x), nil
}

func newSP3In[F float](a *matrix, x sp3Axes) *sp3[F] {
	solid, pivots := newSolid[F](newStack(a, x.planes, x.lines, x.columns))
	p := &sp3[F]{matrix: a, axes: x, finest: solid.(*tier[F]), scale: pivots, z: make([]float64, a.cells)}
	for _, plane := range pivots {
		for t, v := range plane {
			plane[t] = 1 / math.Sqrt(v)
		}
	}
	p.row = rowsFor[F](a.workers, a.op.Shape[x.columns])
	return p
}

// eachRow calls do for every row of every plane: row i of plane q, which begins at a cell, with work
// space for it.
func (p *sp3[F]) eachRow(do func(q, i, cell int, row []F)) {
	planes, lines := p.stride[p.axes.planes], p.stride[p.axes.lines]
	p.workers.Run(p.cells, func(part, parts int) {
		lo, hi := parallel.Share(len(p.scale), part, parts)
		for q := lo; q < hi; q++ {
			for i := range p.finest.plane[q].n {
				do(q, i, q*planes+i*lines, p.row[part])
			}
		}
	})
}

// size implements preconditioned.
func (p *sp3[F]) size() (residual, direction int) { return p.cells, p.cells }

// enter implements preconditioned: the system is iterated on as it is.
func (p *sp3[F]) enter(rhat, r []float64) {
	if &rhat[0] != &r[0] {
		copy(rhat, r)
	}
}

// leave implements preconditioned.
func (p *sp3[F]) leave(y, yhat []float64) { copy(y, yhat) }

// converged implements preconditioned.
func (p *sp3[F]) converged(r []float64, _, target float64) bool { return p.norm(r) <= target }

// apply implements preconditioned.
func (p *sp3[F]) apply(q, v []float64, turn func(lo, hi int)) float64 {
	p.workers.Over(p.cells, turn)
	p.matrix.apply(q, v)
	return p.dot(q, v)
}

// precondition implements preconditioned: z = P^{−1/2} · V-cycle · P^{−1/2} r.
func (p *sp3[F]) precondition(r []float64, _ float64) ([]float64, float64) {
	columns := p.stride[p.axes.columns]
	p.eachRow(func(q, i, cell int, row []F) {
		l := p.finest.plane[q]
		l.setRight(p.finest.rhs[q])
		gatherScaled(row, r[cell:], columns, p.scale[q][i*l.m:])
		l.load(i, 0, row)
	})
	p.finest.cycle()
	p.eachRow(func(q, i, cell int, row []F) {
		l := p.finest.plane[q]
		l.store(row, i, 0)
		scatterScaled(p.z[cell:], columns, row, p.scale[q][i*l.m:])
	})
	return p.z, p.dot(p.z, r)
}
