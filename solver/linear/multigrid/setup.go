package multigrid

import (
	"math"

	"fpsgd/internal/parallel"
	"fpsgd/solver/linear/vectors"
)

// newGrid sets up the levels from these rates downwards, by the workers of the set-up, for those
// that will run the cycles, and returns the pivots by which the finest is scaled.
func newGrid[F vectors.Float](c *rates, setUp, cycle *parallel.Workers) (grid[F], []float64) {
	if c.coarsest() {
		return newBand[F](c, setUp)
	}
	return newLevel[F](c, setUp, cycle)
}

// newLevel scales the rates by its line pivots p: a coupling of cells i and j becomes (rate_ij/p_i
// · rate_ji/p_j)^{1/2}.
func newLevel[F vectors.Float](c *rates, setUp, cycle *parallel.Workers) (*level[F], []float64) {
	l := emptyLevel[F](c, cycle)
	pivots, slabs := c.linePivots(setUp)
	setUp.Each(c.n, c.n*c.m, func(i int) { l.setRow(c, pivots, i) })
	for j, e := range slabs {
		l.setSlab(e, j)
	}
	coarse, growth := c.coarsen(setUp)
	var coarsePivots []float64
	l.coarse, coarsePivots = newGrid[F](coarse, setUp, cycle)
	l.setTransfer(pivots, coarsePivots, growth)
	return l, pivots
}

func emptyLevel[F vectors.Float](c *rates, w *parallel.Workers) *level[F] {
	l := &level[F]{n: c.n, m: c.m, w: c.w, stride: (c.m + 1) / 2, workers: w}
	cells := c.n * l.stride
	l.u, l.b = make([]F, 2*cells+1), make([]F, 2*cells+1)
	if c.ring {
		l.wrap = make([]F, c.n)
	}
	l.red = newColumns(l.u[:cells], l.b[:cells], c.w, l.stride)
	l.black = newColumns(l.u[cells+1:2*cells+1], l.b[cells+1:2*cells+1], c.w, l.stride)
	l.before = make([]F, cells+1)
	l.left, l.right, l.transfer = make([]F, cells), l.before[1:], make([]F, cells)
	l.between = parallel.WorkSpace[F](w, l.stride+1)
	return l
}

func newColumns[F vectors.Float](u, b []F, w, stride int) columns[F] {
	c := columns[F]{n: len(u) / stride, stride: stride, b: b, u: u}
	c.factor = make([]F, len(u)+stride)
	for range w - 1 {
		c.more = append(c.more, make([]F, len(u)))
	}
	return c
}

// setRow sets the factors and couplings of row i.
func (l *level[F]) setRow(c *rates, p []float64, i int) {
	row, first := i*c.m, i*l.stride
	coupling := func(i, j int, there, back float64) F {
		return F(math.Sqrt(there / p[i] * (back / p[j])))
	}
	across := func(j int) F { return coupling(row+j, row+(j+1)%c.m, c.right[row+j], c.left[row+j]) }
	along := func(j int) F {
		if i == 0 || c.w > 1 {
			return 0
		}
		above := row - c.m
		return coupling(above+j, row+j, c.down[above+j], c.up[above+j])
	}
	for k := range c.m / 2 {
		l.left[first+k], l.right[first+k] = across(2*k), across(2*k+1)
		l.black.factor[first+k] = along(2*k + 1)
	}
	for k := range l.stride {
		l.red.factor[first+k] = along(2 * k)
	}
	if last := first + l.stride - 1; l.wrap != nil {
		l.wrap[i], l.right[last] = l.right[last], 0
	}
}

// setSlab sets the factors of column j, which is a slab.
func (l *level[F]) setSlab(e *elimination, j int) {
	to, k := &l.red, j/2
	if j%2 == 1 {
		to = &l.black
	}
	lower := factors[F](e)
	for i := range l.n {
		for d := 1; d <= min(l.w, i); d++ {
			to.at(d)[i*to.stride+k] = lower[(i-d)*l.w+d-1]
		}
	}
}

// setTransfer sets g = q (p/p_c)^{1/2}, which takes scaled unknowns of the red cells (pivots p) to
// scaled unknowns of the coarse grid (pivots pc), so that functions constant in u = ρ/π are
// prolonged to constants; growth is 1/q.
func (l *level[F]) setTransfer(p, pc, growth []float64) {
	m, coarse := len(p)/l.n, len(pc)/l.n
	for t := range pc {
		i, r := t/coarse, t%coarse
		l.transfer[t] = F(math.Sqrt(p[i*m+2*r]/pc[t]) / growth[t])
	}
}
