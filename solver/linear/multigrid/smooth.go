package multigrid

import (
	"fpsgd/internal/parallel"
	"fpsgd/solver/linear/vectors"
)

// columns are the lines of one colour, or the slabs. All arrays run row by row.
type columns[F vectors.Float] struct {
	n, stride int
	factor    [][]F // ℓ between a cell and the one 1, 2, … rows before; 0 where there is none
	b, u      []F
}

// onColumns calls do for stretches [lo, hi) of the columns of one colour, lo even, with a row of
// work space.
func (l *level[F]) onColumns(do func(lo, hi int, row []F)) {
	if l.workers.Size() == 1 { // as each of many planes has: no closure over the work
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
	for i := range k.n {
		t, u := i*k.stride+lo, k.u[i*k.stride+lo:i*k.stride+hi]
		fused := i > 0 && len(k.factor) == 1
		if fused {
			coupleForward(u, k.b[t:], c[t:], x[t:], d[t:], z[t:], k.factor[0][t:], k.u[t-k.stride:])
		} else {
			couple(u, k.b[t:], c[t:], x[t:], d[t:], z[t:])
		}
		if wrap != nil {
			wrap(i)
		}
		if !fused {
			k.forward(i, lo, hi)
		}
	}
	k.backward(lo, hi)
}

// solveFromZero solves for columns [lo, hi) with their neighbours zero.
func (c *columns[F]) solveFromZero(lo, hi int, _ []F) {
	for i := range c.n {
		t := i*c.stride + lo
		copy(c.u[t:t+hi-lo], c.b[t:])
		c.forward(i, lo, hi)
	}
	c.backward(lo, hi)
}

// forward does row i of the forward substitution u ← (I−ℓ)⁻¹ u on columns [lo, hi).
func (c *columns[F]) forward(i, lo, hi int) {
	c.substitute(i, lo, hi, min(len(c.factor), i), -c.stride)
}

// backward does the backward substitution u ← (I−ℓᵀ)⁻¹ u on columns [lo, hi).
func (c *columns[F]) backward(lo, hi int) {
	for i := c.n - 2; i >= 0; i-- {
		c.substitute(i, lo, hi, min(len(c.factor), c.n-1-i), c.stride)
	}
}

// substitute adds to row i on columns [lo, hi) what it gets from so many rows on one side.
func (c *columns[F]) substitute(i, lo, hi, rows, step int) {
	t := i*c.stride + lo
	u, d := c.u[t:t+hi-lo], 1
	factor := func(d int) []F { return c.factor[d-1][max(t, t+d*step):] }
	row := func(d int) []F { return c.u[t+d*step:] }
	for ; d+3 <= rows; d += 4 {
		addProducts(u, factor(d), row(d), factor(d+1), row(d+1),
			factor(d+2), row(d+2), factor(d+3), row(d+3))
	}
	for ; d <= rows; d++ {
		vectors.AddProduct(u, factor(d), row(d))
	}
}
