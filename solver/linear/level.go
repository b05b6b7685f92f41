package linear

import "fpsgd/internal/parallel"

// float is a storage type of a multigrid level.
type float interface{ float32 | float64 }

// grid is one level and all coarser ones: it solves for scaled unknowns on n rows, handed over in stretches of a row that begin
// at an even column.
type grid[F float] interface {
	load(i, lo int, b []F)  // right-hand side of row i, columns lo, lo+1, …
	cycle()                 // one V-cycle from a zero initial guess; exact on the coarsest grid
	store(u []F, i, lo int) // u = the solution in row i, columns lo, lo+1, …
}

// level is a grid whose even columns, the red ones, are the columns of the next coarser grid, and whose odd columns are black:
// black column k lies between red columns k and k+1. On a ring of an even number of columns the last black one lies between
// the last red one and red column 0. A ring of an odd number is not coarsened.
//
// In the scaled unknowns, with u_r and u_b those of the red and black columns and a the couplings across,
//
//	(I−ℓ_r)(I−ℓ_rᵀ) u_r − aᵀ u_b = b_r,    (I−ℓ_b)(I−ℓ_bᵀ) u_b − a u_r = b_b.
//
// The columns of either colour are stored side by side, row after row of the same stride, with nothing in the place that is left
// over in each row if there is one black column less. A loop may then run on from row to row: where it meets a neighbour beyond the
// end of a row the coupling is 0. Between the two colours there is one place more, always 0, so that a loop over one colour only meets
// the other.
type level[F float] struct {
	n, m       int // rows and columns
	stride     int // red columns
	w          int // planes of a slab; 1 where a column is a line
	red, black columns[F]
	u, b       []F // red.u, a zero and black.u, one after the other; and red.b, …
	left       []F // a between black k and red k
	right      []F // a between black k and red k+1; 0 where there is none
	before     []F // right, one place on: a between black k−1 and red k
	wrap       []F // a between the last black and red 0, row by row; nil but on a ring
	transfer   []F // g at the red cells
	coarse     grid[F]
	between    [][]F // one row of the coarse grid, for every part of the team
	workers    *parallel.Workers
}

// columns are the lines of one colour. All arrays run row by row.
type columns[F float] struct {
	n, stride int
	factor    []F   // ℓ between the cell and the one a row before; 0 in the first row, and in one more after the last
	more      [][]F // of slabs: those between the cell and the ones 2, 3, … rows before
	b, u      []F
}

// at returns ℓ between cells d rows apart.
func (c *columns[F]) at(d int) []F {
	if d == 1 {
		return c.factor
	}
	return c.more[d-2]
}

// cycle implements grid. The order red, black, coarse grid, black, red is a palindrome, which makes the cycle
// symmetric. With a zero initial guess, once red and black are solved for in turn, the residual is zero on the black cells and
// aᵀu_b on the red: no residual is formed by subtraction. Nothing is prolonged to the black columns, for the black solution that
// follows is the ideal prolongation.
func (l *level[F]) cycle() {
	l.descend()
	l.solveRed()
}

// descend is cycle but for the last step.
func (l *level[F]) descend() {
	l.redFromZero()
	l.solveBlack()
	l.correct(l.u[len(l.red.u):])
}

// correct does the steps of a cycle from the coarse grid on, but for the last. The source holds by how
// much the black cells have changed since the red ones were solved for.
func (l *level[F]) correct(source []F) {
	l.restrict(source)
	l.coarse.cycle()
	l.prolong(addProduct[F])
	l.solveBlack()
}

// cycleOnBlack is cycle where b_r = 0, which makes the first step and what is added to in the
// prolongation zero.
func (l *level[F]) cycleOnBlack() {
	l.blackFromZero()
	l.restrict(l.u[len(l.red.u):])
	l.coarse.cycle()
	l.prolong(product[F])
	l.solveBlack()
	l.solveRed()
}

// onColumns calls do for stretches [lo, hi) of the columns of one colour, lo even, with a row of work
// space.
func (l *level[F]) onColumns(do func(lo, hi int, row []F)) {
	if l.workers.Size() == 1 {
		do(0, l.stride, l.between[0])
		return
	}
	l.workers.Run(len(l.u), func(part, parts int) {
		lo, hi := parallel.Share((l.stride+1)/2, part, parts)
		do(2*lo, min(2*hi, l.stride), l.between[part])
	})
}

// redFromZero and blackFromZero solve for the columns of one colour with the others zero.
func (l *level[F]) redFromZero()   { l.onColumns(l.red.solveFromZero) }
func (l *level[F]) blackFromZero() { l.onColumns(l.black.solveFromZero) }

// solveRed and solveBlack solve for the columns of one colour, the others held.
func (l *level[F]) solveRed()   { l.onColumns(l.solveRedColumns) }
func (l *level[F]) solveBlack() { l.onColumns(l.solveBlackColumns) }

// stretches are the columns [lo, hi) of rows 1, 2, …: one stretch of each row, or a single one if they are all the columns and
// nothing is to be done between rows.
func (c *columns[F]) stretches(lo, hi int, joined bool) (width, step int) {
	if joined && lo == 0 && hi == c.stride {
		return (c.n - 1) * c.stride, len(c.u)
	}
	return hi - lo, c.stride
}

// solveFromZero solves for columns [lo, hi) with their neighbours zero.
func (c *columns[F]) solveFromZero(lo, hi int, _ []F) {
	s := c.stride
	if c.more != nil {
		for t := lo; t < len(c.u); t += s {
			copy(c.u[t:t+hi-lo], c.b[t:])
		}
		c.solveSlab(lo, hi)
		return
	}
	copy(c.u[lo:hi], c.b[lo:hi])
	width, step := c.stretches(lo, hi, true)
	for t := s + lo; t < len(c.u); t += step {
		forward(c.u[t:t+width], c.b[t:], c.factor[t:], c.u[t-s:])
	}
	c.backward(lo, hi)
}

// backward does the backward substitution u_i += ℓ_{i+1} u_{i+1} on columns [lo, hi).
func (c *columns[F]) backward(lo, hi int) {
	s := c.stride
	width, step := c.stretches(lo, hi, true)
	if step > s {
		backward(c.u[:width], c.factor[s:], c.u[s:])
		return
	}
	for t := len(c.u) - s + lo; t >= s; t -= s {
		backward(c.u[t-s:t-s+width], c.factor[t:], c.u[t:])
	}
}

// solveSlab replaces u by (I−ℓᵀ)⁻¹ (I−ℓ)⁻¹ u on columns [lo, hi) that are slabs.
func (c *columns[F]) solveSlab(lo, hi int) {
	s, w := c.stride, 1+len(c.more)
	for i := 1; i < c.n; i++ {
		t := i*s + lo
		u, d := c.u[t:t+hi-lo], 1
		for reach := min(w, i); d+3 <= reach; d += 4 {
			addProducts(u, c.at(d)[t:], c.u[t-d*s:], c.at(d + 1)[t:], c.u[t-(d+1)*s:],
				c.at(d + 2)[t:], c.u[t-(d+2)*s:], c.at(d + 3)[t:], c.u[t-(d+3)*s:])
		}
		for ; d <= min(w, i); d++ {
			addProduct(u, c.at(d)[t:], c.u[t-d*s:])
		}
	}
	for i := c.n - 2; i >= 0; i-- {
		t := i*s + lo
		u, d := c.u[t:t+hi-lo], 1
		for reach := min(w, c.n-1-i); d+3 <= reach; d += 4 {
			addProducts(u, c.at(d)[t+d*s:], c.u[t+d*s:], c.at(d + 1)[t+(d+1)*s:], c.u[t+(d+1)*s:],
				c.at(d + 2)[t+(d+2)*s:], c.u[t+(d+2)*s:], c.at(d + 3)[t+(d+3)*s:], c.u[t+(d+3)*s:])
		}
		for ; d <= min(w, c.n-1-i); d++ {
			addProduct(u, c.at(d)[t+d*s:], c.u[t+d*s:])
		}
	}
}

// solveBlackColumns solves for the black columns [lo, hi).
func (l *level[F]) solveBlackColumns(lo, hi int, _ []F) {
	s, b := l.stride, &l.black
	couple(b.u[lo:hi], b.b[lo:], l.left[lo:], l.u[lo:], l.right[lo:], l.u[lo+1:])
	closing := hi == s && l.wrap != nil
	if closing {
		l.closeBlack(0)
	}
	width, step := b.stretches(lo, hi, !closing)
	if b.more != nil {
		for t := s + lo; t < len(b.u); t += step {
			couple(b.u[t:t+width], b.b[t:], l.left[t:], l.u[t:], l.right[t:], l.u[t+1:])
			if closing {
				l.closeBlack(t / s)
			}
		}
		b.solveSlab(lo, hi)
		return
	}
	for t := s + lo; t < len(b.u); t += step {
		coupleForward(b.u[t:t+width], b.b[t:], l.left[t:], l.u[t:], l.right[t:], l.u[t+1:], b.factor[t:], b.u[t-s:])
		if closing {
			l.closeBlack(t / s)
		}
	}
	b.backward(lo, hi)
}

// solveRedColumns solves for the red columns [lo, hi).
func (l *level[F]) solveRedColumns(lo, hi int, _ []F) {
	s, r, before := l.stride, &l.red, l.u[len(l.red.u):]
	couple(r.u[lo:hi], r.b[lo:], l.left[lo:], l.black.u[lo:], l.before[lo:], before[lo:])
	closing := lo == 0 && l.wrap != nil
	if closing {
		l.closeRed(r.u, l.u[len(r.u)+1:], 0)
	}
	width, step := r.stretches(lo, hi, !closing)
	if r.more != nil {
		for t := s + lo; t < len(r.u); t += step {
			couple(r.u[t:t+width], r.b[t:], l.left[t:], l.black.u[t:], l.before[t:], before[t:])
			if closing {
				l.closeRed(r.u[t:], l.u[len(r.u)+1:], t/s)
			}
		}
		r.solveSlab(lo, hi)
		return
	}
	for t := s + lo; t < len(r.u); t += step {
		coupleForward(r.u[t:t+width], r.b[t:], l.left[t:], l.black.u[t:], l.before[t:], before[t:], r.factor[t:], r.u[t-s:])
		if closing {
			l.closeRed(r.u[t:], l.u[len(r.u)+1:], t/s)
		}
	}
	r.backward(lo, hi)
}

// closeBlack adds to the last black cell of row i what it gets round the ring.
func (l *level[F]) closeBlack(i int) {
	l.black.u[(i+1)*l.stride-1] += l.wrap[i] * l.red.u[i*l.stride]
}

// closeRed adds to the first of a row of red cells what red cell 0 of row i gets round the ring, from the black cells.
func (l *level[F]) closeRed(row, black []F, i int) {
	row[0] += l.wrap[i] * black[(i+1)*l.stride-1]
}

// restrict hands g times the residual on the red cells to the coarse grid. The source holds by how much
// the black cells have changed since the red ones were solved for.
func (l *level[F]) restrict(source []F) {
	black := source[1:]
	l.onColumns(func(lo, hi int, row []F) {
		row = row[:hi-lo]
		for i := range l.n {
			t := i*l.stride + lo
			couplings(row, l.left[t:], black[t:], l.before[t:], source[t:])
			if lo == 0 && l.wrap != nil {
				l.closeRed(row, black, i)
			}
			multiply(row, l.transfer[t:])
			l.coarse.load(i, lo, row)
		}
	})
}

// prolong adds g times the coarse grid's solution to the red cells, or sets them to it, as told.
func (l *level[F]) prolong(do func(y, c, x []F)) {
	l.onColumns(func(lo, hi int, row []F) {
		for i := range l.n {
			t := i*l.stride + lo
			l.coarse.store(row[:hi-lo], i, lo)
			do(l.red.u[t:t+hi-lo], l.transfer[t:], row)
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
