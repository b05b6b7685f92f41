package multigrid

import (
	"fpsgd/internal/parallel"
	"fpsgd/solver/linear/matrix"
	"fpsgd/solver/linear/vectors"
)

// columns are the lines of one colour. All arrays run row by row, in the order of the rows.
type columns[F vectors.Float] struct {
	matrix.Order
	stride int
	factor []F   // ℓ between the cell and the one before; 0 where there is none and after the last
	seam   []F   // ℓ between the last row and row half−1; nil if half = 0
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

// stretch is a part of a loop over the columns of one colour: rows [first, last) of columns [lo,
// hi), lo even, and a row of work space.
type stretch[F vectors.Float] struct {
	first, last, lo, hi int
	row                 []F
}

// onStretches calls do for all stretches: lines are shared out by the halves of their rows, from
// the ends on, slabs by columns.
func (l *level[F]) onStretches(do func(s stretch[F])) {
	switch {
	case l.workers.Size() == 1 && l.Half == 0:
		do(stretch[F]{0, l.Rows, 0, l.stride, l.between[0]})
	case l.w > 1:
		l.workers.Run(len(l.u), func(part, parts int) {
			lo, hi := parallel.Share((l.stride+1)/2, part, parts)
			do(stretch[F]{0, l.Rows, 2 * lo, min(2*hi, l.stride), l.between[part]})
		})
	default:
		l.Inward(l.workers, len(l.u), func(part, first, last int) {
			do(stretch[F]{first, last, 0, l.stride, l.between[part]})
		})
	}
}

// redFromZero and blackFromZero solve for the columns of one colour with the others zero.
func (l *level[F]) redFromZero()   { l.solveFromZero(&l.red) }
func (l *level[F]) blackFromZero() { l.solveFromZero(&l.black) }

func (l *level[F]) solveFromZero(c *columns[F]) {
	l.onStretches(c.forwardFromZero)
	l.complete(c)
}

// solveBlack solves for the black columns, the red ones held.
func (l *level[F]) solveBlack() {
	l.onStretches(func(s stretch[F]) {
		var wrap func(i int)
		if l.wrap != nil && s.hi == l.stride {
			wrap = func(i int) {
				l.black.u[(i+1)*l.stride-1] += l.wrap[i] * l.red.u[i*l.stride]
			}
		}
		l.black.forward(s, l.left, l.u, l.right, l.u[1:], wrap)
	})
	l.complete(&l.black)
}

// solveRed solves for the red columns, the black ones held.
func (l *level[F]) solveRed() {
	l.onStretches(func(s stretch[F]) {
		var wrap func(i int)
		if l.wrap != nil && s.lo == 0 {
			wrap = func(i int) { l.wrapRed(l.red.u[i*l.stride:], l.black.u, i) }
		}
		l.red.forward(s, l.left, l.black.u, l.before, l.u[len(l.red.u):], wrap)
	})
	l.complete(&l.red)
}

// wrapRed adds to the first of a row of red cells what red cell 0 of row i gets round the ring,
// from the black cells.
func (l *level[F]) wrapRed(row, black []F, i int) {
	row[0] += l.wrap[i] * black[(i+1)*l.stride-1]
}

// complete does what is left of a solution for lines once both halves have been eliminated. Slabs
// are complete.
func (l *level[F]) complete(c *columns[F]) {
	switch {
	case c.more != nil:
	case l.Half == 0:
		c.backward(0, l.Rows)
	default:
		c.meet()
		l.Outward(l.workers, len(l.u), func(_, first, last int) { c.backward(first, last) })
	}
}

// forward computes (I−ℓ)⁻¹ (b + c∘x + d∘z), but for the seam, on lines, with couplings c to
// neighbours x and d to neighbours z, and solves for slabs. wrap, unless it is nil, adds what row i
// gets round a ring.
func (k *columns[F]) forward(at stretch[F], c, x, d, z []F, wrap func(i int)) {
	s := k.stride
	t, end := at.first*s+at.lo, at.last*s
	couple(k.u[t:t+at.hi-at.lo], k.b[t:], c[t:], x[t:], d[t:], z[t:])
	if wrap != nil {
		wrap(at.first)
	}
	width, step := k.rowsOf(at, wrap == nil)
	for t += s; t < end; t += step {
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
		k.solveSlab(at.lo, at.hi)
	}
}

// rowsOf is how a loop goes through the rows after the first of a stretch: so many cells, and then
// so many on; all at once if they are all the columns and nothing is to be done between rows.
func (c *columns[F]) rowsOf(at stretch[F], joined bool) (width, step int) {
	if joined && at.lo == 0 && at.hi == c.stride {
		width = (at.last - at.first - 1) * c.stride
		return width, max(width, 1)
	}
	return at.hi - at.lo, c.stride
}

// forwardFromZero is forward with the neighbours zero.
func (c *columns[F]) forwardFromZero(at stretch[F]) {
	s := c.stride
	if c.more != nil {
		for t := at.lo; t < len(c.u); t += s {
			copy(c.u[t:t+at.hi-at.lo], c.b[t:])
		}
		c.solveSlab(at.lo, at.hi)
		return
	}
	t, end := at.first*s, at.last*s
	copy(c.u[t:t+s], c.b[t:])
	vectors.PlusProduct(c.u[t+s:end], c.b[t+s:], c.factor[t+s:], c.u[t:])
}

// meet eliminates row half−1 into the last one, which then is solved for.
func (c *columns[F]) meet() {
	before, last := c.seamRows()
	vectors.AddProduct(c.u[last:last+c.stride], c.seam, c.u[before:])
}

// seamRows returns where row half−1 and the last row begin.
func (c *columns[F]) seamRows() (before, last int) {
	return (c.Half - 1) * c.stride, (c.Rows - 1) * c.stride
}

// backward does the backward substitution on rows [first, last) of lines: u_i += ℓ_{i+1} u_{i+1},
// and in row half−1, u += ℓ u_{n−1}.
func (c *columns[F]) backward(first, last int) {
	s := c.stride
	if last == c.Half {
		before, last := c.seamRows()
		vectors.AddProduct(c.u[before:before+s], c.seam, c.u[last:])
	}
	t, end := first*s, last*s
	backward(c.u[t:end-s], c.factor[t+s:], c.u[t+s:])
}

// solveSlab replaces u by (I−ℓᵀ)⁻¹ (I−ℓ)⁻¹ u on columns [lo, hi) that are slabs.
func (c *columns[F]) solveSlab(lo, hi int) {
	s, w := c.stride, 1+len(c.more)
	for i := 1; i < c.Rows; i++ {
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
	for i := c.Rows - 2; i >= 0; i-- {
		t := i*s + lo
		u, d := c.u[t:t+hi-lo], 1
		for reach := min(w, c.Rows-1-i); d+3 <= reach; d += 4 {
			addProducts(u, c.at(d)[t+d*s:], c.u[t+d*s:], c.at(d + 1)[t+(d+1)*s:], c.u[t+(d+1)*s:],
				c.at(d + 2)[t+(d+2)*s:], c.u[t+(d+2)*s:], c.at(d + 3)[t+(d+3)*s:], c.u[t+(d+3)*s:])
		}
		for ; d <= min(w, c.Rows-1-i); d++ {
			vectors.AddProduct(u, c.at(d)[t+d*s:], c.u[t+d*s:])
		}
	}
}
