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
		return newBand[F](c, setUp, cycle)
	}
	return newLevel[F](c, setUp, cycle)
}

// newLevel scales the rates by its line pivots p: a coupling of cells i and j becomes (rate_ij/p_i
// · rate_ji/p_j)^{1/2}.
func newLevel[F vectors.Float](c *rates, setUp, cycle *parallel.Workers) (*level[F], []float64) {
	l := emptyLevel[F](c, cycle)
	pivots, slabs := c.linePivots(setUp)
	setUp.Each(c.Rows, c.Rows*c.m, func(i int) { l.setRow(c, pivots, i) })
	l.setSeam(c, pivots)
	for j, e := range slabs {
		l.setSlab(e, j)
	}
	coarse, growth := c.coarsen(setUp)
	var coarsePivots []float64
	l.coarse, coarsePivots = newGrid[F](coarse, setUp, cycle)
	l.setTransfer(setUp, pivots, coarsePivots, growth)
	return l, pivots
}

func emptyLevel[F vectors.Float](c *rates, w *parallel.Workers) *level[F] {
	l := &level[F]{Order: c.Order, m: c.m, w: c.w, stride: (c.m + 1) / 2, workers: w}
	cells := c.Rows * l.stride
	l.u, l.b = make([]F, 2*cells+1), make([]F, 2*cells+1)
	if c.ring {
		l.wrap = make([]F, c.Rows)
	}
	l.red = newColumns(c, l.u[:cells], l.b[:cells])
	l.black = newColumns(c, l.u[cells+1:2*cells+1], l.b[cells+1:2*cells+1])
	l.before = make([]F, cells+1)
	l.left, l.right, l.transfer = make([]F, cells), l.before[1:], make([]F, cells)
	l.between = parallel.WorkSpace[F](w, l.stride+1)
	return l
}

func newColumns[F vectors.Float](c *rates, u, b []F) columns[F] {
	k := columns[F]{Order: c.Order, stride: (c.m + 1) / 2, b: b, u: u}
	k.factor = make([]F, len(u)+k.stride)
	if k.Half > 0 {
		k.seam = make([]F, k.stride)
	}
	for range c.w - 1 {
		k.more = append(k.more, make([]F, len(u)))
	}
	return k
}

// setRow sets the factors and couplings of row i.
func (l *level[F]) setRow(c *rates, p []float64, i int) {
	row, first := i*c.m, i*l.stride
	across := func(j int) F {
		return F(scaled(p, row+j, row+(j+1)%c.m, c.right[row+j], c.left[row+j]))
	}
	before, ok := c.Before(i)
	along := func(j int) F {
		if !ok || c.w > 1 {
			return 0
		}
		t := before*c.m + j
		return F(scaled(p, t, row+j, c.down[t], c.up[t]))
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

// scaled is the coupling of cells t and u by the rates there and back.
func scaled(p []float64, t, u int, there, back float64) float64 {
	return math.Sqrt(there / p[t] * (back / p[u]))
}

// setSeam sets the factors between the last row and row half−1.
func (l *level[F]) setSeam(c *rates, p []float64) {
	before, last := (c.Half-1)*c.m, (c.Rows-1)*c.m
	along := func(j int) F {
		return F(scaled(p, before+j, last+j, c.down[before+j], c.up[before+j]))
	}
	for k := range l.red.seam {
		l.red.seam[k] = along(2 * k)
		if 2*k+1 < c.m {
			l.black.seam[k] = along(2*k + 1)
		}
	}
}

// setSlab sets the factors of column j, which is a slab.
func (l *level[F]) setSlab(e *elimination, j int) {
	to, k := &l.red, j/2
	if j%2 == 1 {
		to = &l.black
	}
	lower := factors[F](e)
	for i := range l.Rows {
		for d := 1; d <= min(l.w, i); d++ {
			to.at(d)[i*to.stride+k] = lower[(i-d)*l.w+d-1]
		}
	}
}

// setTransfer sets g = q (p/p_c)^{1/2}, which takes scaled unknowns of the red cells (pivots p) to
// scaled unknowns of the coarse grid (pivots pc), so that functions constant in u = ρ/π are
// prolonged to constants; growth is 1/q.
func (l *level[F]) setTransfer(w *parallel.Workers, p, pc, growth []float64) {
	coarse := l.stride
	w.Each(l.Rows, len(p), func(i int) {
		for r := range coarse {
			t := i*coarse + r
			l.transfer[t] = F(math.Sqrt(p[i*l.m+2*r]/pc[t]) / growth[t])
		}
	})
}
