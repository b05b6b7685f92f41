package multigrid

import (
	"fmt"
	"slices"

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
	*layout[F]
	finest *planeLevel[F]
	z      []float64
}

// choosePlanes returns the first suitable order of the axes: those along which planes are stacked,
// their lines run, and the columns are numbered; nil if there is none. Columns may close to a ring,
// of which an odd number is left in the end that is solved for directly, the others may not, and
// there are enough of them to be coarsened.
func choosePlanes(a *matrix.Matrix) []int {
	if len(a.Stride) != 3 {
		return nil
	}
	periodic, shape := a.Op.Periodic, a.Op.Shape
	orders := [][]int{{0, 1, 2}, {1, 0, 2}, {0, 2, 1}, {2, 0, 1}, {1, 2, 0}, {2, 1, 0}}
	for _, x := range orders {
		planes, lines, columns := x[0], x[1], x[2]
		open := !periodic[planes] && !periodic[lines]
		ring := periodic[columns] && oddPart(shape[columns]) > planeEnds.most
		if open && !ring && shape[columns] > planeEnds.few && shape[planes] > slabPlanes {
			return x
		}
	}
	return nil
}

// PlanesFit reports whether NewPlanes is for the grid.
func PlanesFit(a *matrix.Matrix) bool { return choosePlanes(a) != nil }

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
	axes := choosePlanes(a)
	if axes == nil {
		return nil, fmt.Errorf("needs three axes, of which one has more than %d cells, a power of "+
			"two times an odd number ≤ %d if it is periodic, and another, not periodic, more than "+
			"%d; the grid has %v",
			planeEnds.few, planeEnds.most, slabPlanes, a.Op.Shape)
	}
	finest, pivots := newPlaneLevel[F](newRates(a, planeEnds, axes...), a.Workers)
	return &Planes[F]{newLayout[F](a, pivots, axes...), finest, make([]float64, a.Cells)}, nil
}

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
	for q, l := range p.finest.plane {
		l.setRight(p.finest.rhs[q])
	}
	p.load(p.finest.plane, r)
	p.finest.solve()
	p.store(p.z, p.finest.plane)
	return p.z, p.Dot(p.z, r)
}
