package multigrid

import (
	"fpsgd/internal/parallel"
	"fpsgd/solver/linear/vectors"
)

// columns are the lines of one colour. All arrays run row by row.
type columns[F vectors.Float] struct {
	n, stride int
	// ℓ between the cell and the one a row before; 0 in the first row and after the last
	factor []F
	more   [][]F // of slabs: those between the cell and the ones 2, 3, … rows before
	b, u   []F
}

// at returns ℓ between cells d rows apart.
func (c *columns[F]) at(d int) []F {
	if d == 1 {
		return c.factor
	}
	return c.more[d-2]
}

// onColumns calls do for stretches [lo, hi) of the columns of one colour, lo even, with a row of
// work space.
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

// solveBlack solves for the black columns, the red ones held.
func (l *level[F]) solveBlack() {
	l.onColumns(func(lo, hi int, _ []F) {
		var wrap func(i int)
		if l.wrap != nil && hi == l.stride {
			wrap = func(i int) {
				l.black.u[(i+1)*l.stride-1] += l.wrap[i] * l.red.u[i*l.stride]
			}
		}
		l.black.solve(lo, hi, l.left, l.u, l.right, l.u[1:], wrap)
	})
}

// solveRed solves for the red columns, the black ones held.
func (l *level[F]) solveRed() {
	l.onColumns(func(lo, hi int, _ []F) {
		var wrap func(i int)
		if l.wrap != nil && lo == 0 {
			wrap = func(i int) { l.wrapRed(l.red.u[i*l.stride:], l.black.u, i) }
		}
		l.red.solve(lo, hi, l.left, l.black.u, l.before, l.u[len(l.red.u):], wrap)
	})
}

// wrapRed adds to the first of a row of red cells what red cell 0 of row i gets round the ring,
// from the black cells.
func (l *level[F]) wrapRed(row, black []F, i int) {
	row[0] += l.wrap[i] * black[(i+1)*l.stride-1]
}

// solve solves for columns [lo, hi) with couplings c to neighbours x and d to neighbours z; wrap,
// unless it is nil, adds what row i gets round a ring.
func (k *columns[F]) solve(lo, hi int, c, x, d, z []F, wrap func(i int)) {
	s := k.stride
	couple(k.u[lo:hi], k.b[lo:], c[lo:], x[lo:], d[lo:], z[lo:])
	if wrap != nil {
		wrap(0)
	}
	width, step := k.stretches(lo, hi, wrap == nil)
	for t := s + lo; t < len(k.u); t += step {
		if k.more != nil {
			couple(k.u[t:t+width], k.b[t:], c[t:], x[t:], d[t:], z[t:])
		} else {
			coupleForward(k.u[t:t+width], k.b[t:], c[t:], x[t:], d[t:], z[t:],
				k.factor[t:], k.u[t-s:])
		}
		if wrap != nil {
			wrap(t / s)
		}
	}
	if k.more != nil {
		k.solveSlab(lo, hi)
		return
	}
	k.backward(lo, hi)
}

// stretches are the columns [lo, hi) of rows 1, 2, …: one stretch of each row, or a single one if
// they are all the columns and nothing is to be done between rows.
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
		vectors.PlusProduct(c.u[t:t+width], c.b[t:], c.factor[t:], c.u[t-s:])
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
			vectors.AddProduct(u, c.at(d)[t:], c.u[t-d*s:])
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
			vectors.AddProduct(u, c.at(d)[t+d*s:], c.u[t+d*s:])
		}
	}
}
