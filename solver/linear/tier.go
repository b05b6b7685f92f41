package linear

import (
	"math"

	"fpsgd/internal/parallel"
)

// solid is one level of planes and all coarser ones.
type solid[F float] interface {
	load(p int, b []F, w *workspace[F]) // right-hand side on plane p, laid out as level.u
	cycle()                             // one V-cycle from a zero initial guess
	at(p int, w *workspace[F]) []F      // the solution on plane p, in w.b or the level's own space
}

// tier is a level of planes whose even, red planes are those of the next coarser one and whose odd planes are black. Planes are solved
// for by one cycle of their own multigrid, which is not exact; residuals of both colours are therefore restricted, by the transpose of
// the prolongation, which interpolates to the black planes with the probabilities for the walker to leave them on either side.
type tier[F float] struct {
	plane    []*level[F]
	rhs      [][]F
	rest     [][]F    // residual of the plane's own system after its first solution, on black cells
	over     [][]F    // scaled couplings between planes p and p+1
	transfer [][]F    // from the coarse planes to the red ones
	weight   [2][][]F // from the coarse planes before (0) and after (1) to the black ones
	coarse   solid[F]
	work     []*workspace[F] // for every part of a loop
	workers  *parallel.Workers
}

// cycle implements solid.
func (s *tier[F]) cycle() {
	s.each(0, s.solveRed)
	s.each(1, s.solveBlack)
	s.each(0, s.restrict)
	s.coarse.cycle()
	s.each(0, s.correctRed)
	s.each(1, s.correctBlack)
	s.each(1, s.improve)
	s.each(0, s.improve)
}

// each calls do for every other plane, from the first on, with work space.
func (s *tier[F]) each(first int, do func(p int, w *workspace[F])) {
	s.workers.Run(len(s.plane)*len(s.plane[0].u), func(part, parts int) {
		lo, hi := parallel.Share((len(s.plane)+1-first)/2, part, parts)
		for k := lo; k < hi; k++ {
			do(2*k+first, s.work[part])
		}
	})
}

// load implements solid.
func (s *tier[F]) load(p int, b []F, _ *workspace[F]) { copy(s.rhs[p], b) }

// at implements solid.
func (s *tier[F]) at(p int, _ *workspace[F]) []F { return s.plane[p].u }

// solveRed solves for a red plane with the black ones zero.
func (s *tier[F]) solveRed(p int, w *workspace[F]) {
	s.plane[p].setRight(s.rhs[p])
	s.plane[p].solve(s.rest[p], w)
}

// solveBlack solves for a black plane from zero.
func (s *tier[F]) solveBlack(p int, w *workspace[F]) {
	s.gather(p, w)
	s.plane[p].solve(s.rest[p], w)
}

// gather makes what a plane gets from its neighbours and its own right-hand side that of its system.
func (s *tier[F]) gather(p int, w *workspace[F]) {
	switch b := w.b; {
	case p == 0:
		forward(b, s.rhs[p], s.over[p], s.plane[p+1].u)
	case p+1 == len(s.plane):
		forward(b, s.rhs[p], s.over[p-1], s.plane[p-1].u)
	default:
		couple(b, s.rhs[p], s.over[p-1], s.plane[p-1].u, s.over[p], s.plane[p+1].u)
	}
	s.plane[p].setRight(w.b)
}

// restrict hands the residual on red plane p, and the shares in those of its black neighbours, to the coarse planes.
func (s *tier[F]) restrict(p int, w *workspace[F]) {
	r := w.b
	clear(r)
	if p > 0 {
		addProduct(r, s.over[p-1], s.plane[p-1].u)
	}
	if p+1 < len(s.plane) {
		addProduct(r, s.over[p], s.plane[p+1].u)
	}
	black := r[len(s.plane[p].red.u)+1:]
	add(black, s.rest[p])
	multiply(r, s.transfer[p/2])
	offset := len(r) - len(black)
	if p > 0 {
		addProduct(black, s.weight[1][p/2-1][offset:], s.rest[p-1])
	}
	if p+1 < len(s.plane) {
		addProduct(black, s.weight[0][p/2][offset:], s.rest[p+1])
	}
	s.coarse.load(p/2, r, w)
}

// correctRed adds the coarse solution to a red plane.
func (s *tier[F]) correctRed(p int, w *workspace[F]) {
	addProduct(s.plane[p].u, s.transfer[p/2], s.coarse.at(p/2, w))
}

// correctBlack adds the coarse solution, interpolated, to a black plane.
func (s *tier[F]) correctBlack(p int, w *workspace[F]) {
	k := p / 2
	addProduct(s.plane[p].u, s.weight[0][k], s.coarse.at(k, w))
	if p+1 < len(s.plane) {
		addProduct(s.plane[p].u, s.weight[1][k], s.coarse.at(k+1, w))
	}
}

// improve does one more cycle on a plane, the others held.
func (s *tier[F]) improve(p int, w *workspace[F]) {
	s.gather(p, w)
	s.plane[p].improve(w)
}

// thick is the coarsest tier: all planes together are the slabs of one grid.
type thick[F float] struct {
	grid[F]
	planes, n, m int // planes, rows and columns of each
}

// load implements solid.
func (s *thick[F]) load(p int, b []F, w *workspace[F]) {
	row, stride := w.row, (s.m+1)/2
	for i := range s.n {
		for j := range row {
			row[j] = b[j%2*(s.n*stride+1)+i*stride+j/2]
		}
		s.grid.load(i*s.planes+p, 0, row)
	}
}

// at implements solid.
func (s *thick[F]) at(p int, w *workspace[F]) []F {
	u, row, stride := w.b, w.row, (s.m+1)/2
	for i := range s.n {
		s.grid.store(row, i*s.planes+p, 0)
		for j, v := range row {
			u[j%2*(s.n*stride+1)+i*stride+j/2] = v
		}
	}
	return u
}

// How far planes and slabs are coarsened, measured on f = 1 + |θ|² with 32³ to 128³ cells, R = 1e2 to 1e6. With half as many columns
// or planes the interpolation between those that are left is poor, more than e^{1.2} apart as they are, and iterations double in the
// worst case; with twice as many one or two are saved, and more than that is lost to larger bands.
var (
	planeEnds = ends{20, 20}
	slabEnds  = ends{8, 20}
)

const slabPlanes = 20 // that are solved as slabs, or fewer

// newSolid sets up a tier and all coarser ones, and returns the pivots by which the planes are scaled, in the order of the cells.
func newSolid[F float](s *stack) (solid[F], [][]float64) {
	if len(s.planes) <= slabPlanes {
		return newThick[F](s)
	}
	count, alone := len(s.planes), crew{parallel.NewWorkers(1), parallel.NewWorkers(1)}
	t := &tier[F]{plane: make([]*level[F], count), rhs: make([][]F, count), rest: make([][]F, count), over: make([][]F, count-1), workers: s.workers}
	pivots := make([][]float64, count)
	s.each(count, func(p int) {
		t.plane[p], pivots[p] = newLevel[F](s.plane(p), alone)
		l := t.plane[p]
		t.rhs[p], t.rest[p] = l.b, make([]F, len(l.black.u))
	})
	for range s.workers.Size() {
		t.work = append(t.work, newWorkspace(t.plane[0]))
	}
	s.each(count-1, func(p int) {
		t.over[p] = splitColumns(t.plane[0], func(i int) F {
			return F(math.Sqrt(s.on[p][i] / pivots[p][i] * (s.back[p][i] / pivots[p+1][i])))
		})
	})
	coarse, spreads, growth := s.coarsen()
	var coarsePivots [][]float64
	t.coarse, coarsePivots = newSolid[F](coarse)
	t.setTransfer(pivots, coarsePivots, spreads, growth)
	return t, pivots
}

// setTransfer sets the weights of the prolongation, with which functions constant in u = ρ/π remain so: (p/p_c)^{1/2}/growth on the red
// planes, w (M_b/M_r)^{1/2} (p/p_c)^{1/2}/growth on the black ones.
func (s *tier[F]) setTransfer(pivots, coarse [][]float64, spreads []*spread, growth [][]float64) {
	first := s.plane[0]
	for r := range coarse {
		s.transfer = append(s.transfer, splitColumns(first, func(t int) F {
			return F(math.Sqrt(pivots[2*r][t]/coarse[r][t]) / growth[r][t])
		}))
	}
	for k, d := range spreads {
		for side := range 2 {
			r := k + side
			if r == len(coarse) {
				s.weight[side] = append(s.weight[side], nil)
				continue
			}
			s.weight[side] = append(s.weight[side], splitColumns(first, func(t int) F {
				return F(d.weight[side][t] * math.Sqrt(d.mass[side][t]*(pivots[2*k+1][t]/coarse[r][t])) / growth[r][t])
			}))
		}
	}
}

// splitColumns returns values of cells t, given in the order of the rows, laid out as l.u.
func splitColumns[F float](l *level[F], value func(t int) F) []F {
	out := make([]F, len(l.u))
	black, m := len(l.red.u)+1, l.m
	for t := range l.n * m {
		i, j := t/m, t%m
		out[j%2*black+i*l.stride+j/2] = value(t)
	}
	return out
}

func newThick[F float](s *stack) (solid[F], [][]float64) {
	c, w := s.slab(slabEnds), len(s.planes)
	g, all := newGrid[F](c, crew{s.workers, s.workers})
	pivots := make([][]float64, w)
	for i := range c.n {
		pivots[i%w] = append(pivots[i%w], all[i*c.m:(i+1)*c.m]...)
	}
	return &thick[F]{grid: g, planes: w, n: c.n / w, m: c.m}, pivots
}
