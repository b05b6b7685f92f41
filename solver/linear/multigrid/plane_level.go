package multigrid

import (
	"math"

	"fpsgd/internal/parallel"
	"fpsgd/solver/linear/vectors"
)

// planeGrid is one level of planes and all coarser ones.
type planeGrid[F vectors.Float] interface {
	load(p int, b []F, w *workspace[F]) // right-hand side on plane p, laid out as level.u
	solve()                             // one V-cycle from zero
	at(p int, w *workspace[F]) []F      // the solution on plane p, in w.b or the level's own space
}

// planeLevel is a level of planes whose even, red planes are those of the next coarser one and
// whose odd planes are black. Planes are solved for by one cycle of their own multigrid, which is
// not exact; residuals of both colours are therefore restricted, by the transpose of the
// prolongation, which interpolates to the black planes with the probabilities for the walker to
// leave them on either side.
type planeLevel[F vectors.Float] struct {
	plane    []*level[F]
	rhs      [][]F
	residual [][]F    // of the plane's own system after its first solution, on black cells
	across   [][]F    // scaled couplings between planes p and p+1
	transfer [][]F    // from the coarse planes to the red ones
	weight   [2][][]F // from the coarse planes before (0) and after (1) to the black ones
	coarse   planeGrid[F]
	work     []*workspace[F] // for every part of a loop
	workers  *parallel.Workers
}

// The colours of planes are their numbers modulo 2.
const red, black = 0, 1

// solve implements planeGrid. The order red, black, coarse planes, black, red is a palindrome.
func (s *planeLevel[F]) solve() {
	s.each(red, s.solveRed)
	s.each(black, s.solveBlack)
	s.each(red, s.restrict)
	s.coarse.solve()
	s.each(red, s.prolongToRed)
	s.each(black, s.prolongToBlack)
	s.each(black, s.improve)
	s.each(red, s.improve)
}

// each calls do for every plane of a colour, with work space.
func (s *planeLevel[F]) each(colour int, do func(p int, w *workspace[F])) {
	s.workers.Run(len(s.plane)*len(s.plane[0].u), func(part, parts int) {
		lo, hi := parallel.Share((len(s.plane)+1-colour)/2, part, parts)
		for k := lo; k < hi; k++ {
			do(2*k+colour, s.work[part])
		}
	})
}

// load implements planeGrid.
func (s *planeLevel[F]) load(p int, b []F, _ *workspace[F]) { copy(s.rhs[p], b) }

// at implements planeGrid.
func (s *planeLevel[F]) at(p int, _ *workspace[F]) []F { return s.plane[p].u }

// solveRed solves for a red plane from zero with the black ones zero.
func (s *planeLevel[F]) solveRed(p int, w *workspace[F]) {
	s.plane[p].setRight(s.rhs[p])
	s.plane[p].solveAndKeep(s.residual[p], w)
}

// solveBlack solves for a black plane from zero.
func (s *planeLevel[F]) solveBlack(p int, w *workspace[F]) {
	s.gather(p, w)
	s.plane[p].solveAndKeep(s.residual[p], w)
}

// improve adds to u on a plane what one cycle makes of the residual b − Au, the other planes held:
// that is the cycle begun from u in place of 0.
func (s *planeLevel[F]) improve(p int, w *workspace[F]) {
	s.gather(p, w)
	s.plane[p].cycle(held, w)
}

// gather makes what a plane gets from its neighbours and its own right-hand side that of its
// system.
func (s *planeLevel[F]) gather(p int, w *workspace[F]) {
	switch b := w.b; {
	case p == 0:
		vectors.PlusProduct(b, s.rhs[p], s.across[p], s.plane[p+1].u)
	case p+1 == len(s.plane):
		vectors.PlusProduct(b, s.rhs[p], s.across[p-1], s.plane[p-1].u)
	default:
		couple(b, s.rhs[p], s.across[p-1], s.plane[p-1].u, s.across[p], s.plane[p+1].u)
	}
	s.plane[p].setRight(w.b)
}

// restrict hands the residual on red plane p, and the shares in those of its black neighbours, to
// the coarse planes.
func (s *planeLevel[F]) restrict(p int, w *workspace[F]) {
	r := w.b
	clear(r)
	if p > 0 {
		vectors.AddProduct(r, s.across[p-1], s.plane[p-1].u)
	}
	if p+1 < len(s.plane) {
		vectors.AddProduct(r, s.across[p], s.plane[p+1].u)
	}
	black := r[len(s.plane[p].red.u)+1:]
	vectors.Add(black, s.residual[p])
	multiply(r, s.transfer[p/2])
	offset := len(r) - len(black)
	if p > 0 {
		vectors.AddProduct(black, s.weight[1][p/2-1][offset:], s.residual[p-1])
	}
	if p+1 < len(s.plane) {
		vectors.AddProduct(black, s.weight[0][p/2][offset:], s.residual[p+1])
	}
	s.coarse.load(p/2, r, w)
}

// prolongToRed adds the coarse solution to a red plane.
func (s *planeLevel[F]) prolongToRed(p int, w *workspace[F]) {
	vectors.AddProduct(s.plane[p].u, s.transfer[p/2], s.coarse.at(p/2, w))
}

// prolongToBlack adds the coarse solution, interpolated, to a black plane.
func (s *planeLevel[F]) prolongToBlack(p int, w *workspace[F]) {
	k := p / 2
	vectors.AddProduct(s.plane[p].u, s.weight[0][k], s.coarse.at(k, w))
	if p+1 < len(s.plane) {
		vectors.AddProduct(s.plane[p].u, s.weight[1][k], s.coarse.at(k+1, w))
	}
}

// newPlaneGrid sets up a level of planes and all coarser ones, and returns the pivots by which the
// planes are scaled, in the order of the cells.
func newPlaneGrid[F vectors.Float](r *planeRates) (planeGrid[F], [][]float64) {
	if len(r.planes) <= slabPlanes {
		return newCoarsestPlanes[F](r)
	}
	return newPlaneLevel[F](r)
}

func newPlaneLevel[F vectors.Float](r *planeRates) (*planeLevel[F], [][]float64) {
	count, alone := len(r.planes), parallel.NewWorkers(1)
	s := &planeLevel[F]{plane: make([]*level[F], count), rhs: make([][]F, count),
		residual: make([][]F, count), across: make([][]F, count-1), workers: r.workers}
	pivots := make([][]float64, count)
	r.each(count, func(p int) {
		l, own := newLevel[F](r.plane(p), alone, alone)
		s.plane[p], pivots[p] = l, own
		s.rhs[p], s.residual[p] = l.b, make([]F, len(l.black.u))
	})
	for range r.workers.Size() {
		s.work = append(s.work, newWorkspace(s.plane[0]))
	}
	r.each(count-1, func(p int) {
		s.across[p] = splitColumns(s.plane[0], func(i int) F {
			return F(math.Sqrt(r.on[p][i] / pivots[p][i] * (r.back[p][i] / pivots[p+1][i])))
		})
	})
	coarse, lumpings, growth := r.coarsen()
	var coarsePivots [][]float64
	s.coarse, coarsePivots = newPlaneGrid[F](coarse)
	s.setTransfer(pivots, coarsePivots, lumpings, growth)
	return s, pivots
}

// setTransfer sets the weights of the prolongation, with which functions constant in u = ρ/π remain
// so: (p/p_c)^{1/2}/growth on the red planes, w (M_b/M_r)^{1/2} (p/p_c)^{1/2}/growth on the black
// ones.
func (s *planeLevel[F]) setTransfer(pivots, coarse [][]float64, lumpings []*lumping,
	growth [][]float64) {
	first := s.plane[0]
	for r := range coarse {
		s.transfer = append(s.transfer, splitColumns(first, func(t int) F {
			return F(math.Sqrt(pivots[2*r][t]/coarse[r][t]) / growth[r][t])
		}))
	}
	for k, d := range lumpings {
		for side := range 2 {
			r := k + side
			if r == len(coarse) {
				s.weight[side] = append(s.weight[side], nil)
				continue
			}
			s.weight[side] = append(s.weight[side], splitColumns(first, func(t int) F {
				scale := math.Sqrt(d.mass[side][t] * (pivots[2*k+1][t] / coarse[r][t]))
				return F(d.weight[side][t] * scale / growth[r][t])
			}))
		}
	}
}

// splitColumns returns values of cells t, given in the order of the rows, laid out as l.u.
func splitColumns[F vectors.Float](l *level[F], value func(t int) F) []F {
	out := make([]F, len(l.u))
	for t := range l.Rows * l.m {
		out[l.place(t/l.m, t%l.m)] = value(t)
	}
	return out
}

// place is where column j of row i is in u.
func (l *level[F]) place(i, j int) int {
	return placeOf(i, j, l.Rows, l.stride)
}

// placeOf is the place of column j of row i of n in arrays that hold the even columns, a zero, and
// the odd columns.
func placeOf(i, j, n, stride int) int { return j%2*(n*stride+1) + i*stride + j/2 }
