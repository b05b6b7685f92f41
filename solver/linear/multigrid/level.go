package multigrid

import (
	"fpsgd/internal/parallel"
	"fpsgd/solver/linear/matrix"
	"fpsgd/solver/linear/vectors"
)

// grid is one level and all coarser ones: it solves for scaled unknowns on n rows, handed over in
// stretches of a row, by its place in the order, that begin at an even column.
type grid[F vectors.Float] interface {
	load(i, lo int, b []F)  // right-hand side of row i, columns lo, lo+1, …
	solve()                 // one V-cycle from zero; exact on the coarsest grid
	store(u []F, i, lo int) // u = the solution in row i, columns lo, lo+1, …
}

// level is a grid whose even columns, the red ones, are the columns of the next coarser grid, and
// whose odd columns are black: black column k lies between red columns k and k+1. On a ring of an
// even number of columns the last black one lies between the last red one and red column 0. A ring
// of an odd number is not coarsened.
//
// In the scaled unknowns, with u_r and u_b those of the red and black columns and a the couplings
// across,
//
//	(I−ℓ_r)(I−ℓ_rᵀ) u_r − aᵀ u_b = b_r,    (I−ℓ_b)(I−ℓ_bᵀ) u_b − a u_r = b_b.
//
// The columns of either colour are stored side by side, row after row of the same stride, with
// nothing in the place that is left over in each row if there is one black column less. A loop may
// then run on from row to row: where it meets a neighbour beyond the end of a row the coupling is
// 0. Between the two colours there is one place more, always 0, so that a loop over one colour only
// meets the other.
type level[F vectors.Float] struct {
	matrix.Order     // of the rows
	m            int // columns
	stride       int // red columns
	w            int // planes of a slab; 1 where a column is a line
	red, black   columns[F]
	u, b         []F // red.u, a zero and black.u, one after the other; and red.b, …
	left         []F // a between black k and red k
	right        []F // a between black k and red k+1; 0 where there is none
	before       []F // right, one place on: a between black k−1 and red k
	wrap         []F // a between the last black and red 0, row by row; nil but on a ring
	transfer     []F // g at the red cells
	coarse       grid[F]
	between      [][]F // one row of the coarse grid, for every part of a loop
	workers      *parallel.Workers
}

// start is what a cycle begins with.
type start int

const (
	zero      start = iota // u = 0
	zeroOnRed              // u = 0, where the right-hand side on the red cells is 0 as well
	held                   // what u holds
)

// solve implements grid.
func (l *level[F]) solve() { l.cycle(zero, nil) }

// cycle does one V-cycle on u. The order red, black, coarse grid, black, red is a palindrome, which
// makes the cycle symmetric. Once red and black are solved for in turn, the residual is zero on the
// black cells and aᵀ(change of u_b) on the red: none is formed by subtraction. Nothing is prolonged
// to the black columns, for the black solution that follows is the ideal prolongation.
func (l *level[F]) cycle(from start, w *workspace[F]) {
	l.cycleToBlack(from, w)
	l.solveRed()
}

// cycleToBlack is cycle but for the last step. Only a cycle from what u holds needs work space.
func (l *level[F]) cycleToBlack(from start, w *workspace[F]) {
	change := l.smooth(from, w)
	l.restrict(change)
	l.coarse.solve()
	l.prolong(from)
	l.solveBlack()
}

// smooth solves for the red columns and then for the black ones. It returns by how much the black
// cells change, after one place. Where the first solution is zero it is not computed.
func (l *level[F]) smooth(from start, w *workspace[F]) (change []F) {
	switch from {
	case zero:
		l.redFromZero()
		l.solveBlack()
	case zeroOnRed:
		l.blackFromZero()
	case held:
		l.solveRed()
		copy(w.change[1:], l.black.u)
		l.solveBlack()
		subtractFrom(w.change[1:], l.black.u)
		return w.change
	}
	return l.u[len(l.red.u):]
}

// restrict hands g times the residual on the red cells to the coarse grid.
func (l *level[F]) restrict(change []F) {
	black := change[1:]
	l.onStretches(func(s stretch[F]) {
		row := s.row[:s.hi-s.lo]
		for i := s.first; i < s.last; i++ {
			t := i*l.stride + s.lo
			couplings(row, l.left[t:], black[t:], l.before[t:], change[t:])
			if s.lo == 0 && l.wrap != nil {
				l.wrapRed(row, black, i)
			}
			multiply(row, l.transfer[t:])
			l.coarse.load(i, s.lo, row)
		}
	})
}

// prolong adds g times the coarse grid's solution to the red cells, which hold 0 if the cycle has
// not solved for them yet.
func (l *level[F]) prolong(from start) {
	l.onStretches(func(s stretch[F]) {
		row := s.row[:s.hi-s.lo]
		for i := s.first; i < s.last; i++ {
			t := i*l.stride + s.lo
			l.coarse.store(row, i, s.lo)
			if from == zeroOnRed {
				vectors.Multiply(l.red.u[t:t+len(row)], l.transfer[t:], row)
			} else {
				vectors.AddProduct(l.red.u[t:t+len(row)], l.transfer[t:], row)
			}
		}
	})
}

// load implements grid.
func (l *level[F]) load(i, lo int, b []F) {
	t := i*l.stride + lo/2
	pairs := len(b) / 2
	red, black := l.red.b[t:t+pairs], l.black.b[t:t+pairs]
	for k := range red {
		red[k], black[k] = b[2*k], b[2*k+1]
	}
	if len(b)%2 == 1 {
		l.red.b[t+pairs] = b[len(b)-1]
	}
}

// store implements grid.
func (l *level[F]) store(u []F, i, lo int) {
	t := i*l.stride + lo/2
	pairs := len(u) / 2
	red, black := l.red.u[t:t+pairs], l.black.u[t:t+pairs]
	for k := range red {
		u[2*k], u[2*k+1] = red[k], black[k]
	}
	if len(u)%2 == 1 {
		u[len(u)-1] = l.red.u[t+pairs]
	}
}
