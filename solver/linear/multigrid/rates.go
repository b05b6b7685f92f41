package multigrid

import (
	"math"
	"slices"

	"fpsgd/internal/parallel"
	"fpsgd/solver/linear/matrix"
	"fpsgd/solver/linear/vectors"
)

// rates are A in the form of its Markov chain: the rates at which a walker jumps between
// neighbouring cells of a grid and the rate e at which it stops. With masses M, a jump from i to j
// has the rate T_ij/M_i.
//
// On two axes, (lines, columns), row i holds the i-th cells of all lines, so that loops run across
// the lines. On three they are planes of such grids, one after the other, or slabs: (lines, planes,
// columns), where each step along a line goes through the planes before the next, so that the
// columns of row i are those of plane i mod w. Only the last axis may be a ring.
type rates struct {
	shape, stride []int
	ring          bool // the last cell along the last axis is a neighbour of the first
	ends               // of coarsening
	stop          []float64
	jumps         []jumps // along every axis
}

// jumps are the rates from every cell to the next one along an axis, and from that one back; 0
// where there is none.
type jumps struct{ on, back []float64 }

// ends tells where coarsening ends: at the first grid with few columns, or with no more than most
// where the next one would do harm.
type ends struct{ few, most int }

func emptyRates(shape []int, ring bool, e ends) *rates {
	c := &rates{shape: shape, stride: make([]int, len(shape)), ring: ring, ends: e}
	cells := 1
	for k, n := range slices.Backward(shape) {
		c.stride[k] = cells
		cells *= n
	}
	c.stop = make([]float64, cells)
	for range shape {
		c.jumps = append(c.jumps, jumps{make([]float64, cells), make([]float64, cells)})
	}
	return c
}

// newRates reads the rates γ c_ij σ_j/σ_i off the matrix, whose axes are taken in the given order.
func newRates(a *matrix.Matrix, e ends, axes ...int) *rates {
	var shape []int
	for _, axis := range axes {
		shape = append(shape, a.Op.Shape[axis])
	}
	c := emptyRates(shape, a.Op.Periodic[axes[len(axes)-1]], e)
	a.Workers.Over(a.Cells, func(lo, hi int) {
		for t := lo; t < hi; t++ {
			cell := 0
			for k, axis := range axes {
				cell += t / c.stride[k] % shape[k] * a.Stride[axis]
			}
			c.stop[t] = a.Excess(cell)
			for k, axis := range axes {
				c.jumps[k].on[t], c.jumps[k].back[t] = a.Rates(cell, axis)
			}
		}
	})
	if c.ring && c.columns() == 2 {
		c.mergeTwoColumns()
	}
	return c
}

// mergeTwoColumns makes a ring of two columns an open row of two, with the sum of the rates both
// ways round.
func (c *rates) mergeTwoColumns() {
	c.ring = false
	across := c.across()
	for t := 0; t < len(c.stop); t += 2 {
		across.on[t] += across.back[t+1]
		across.back[t] += across.on[t+1]
		across.on[t+1], across.back[t+1] = 0, 0
	}
}

// columns is how many cells there are along the last axis, rows how many rows of them.
func (c *rates) columns() int { return c.shape[len(c.shape)-1] }
func (c *rates) rows() int    { return len(c.stop) / c.columns() }

// across are the jumps along the last axis.
func (c *rates) across() jumps { return c.jumps[len(c.jumps)-1] }

// next is the cell after cell t of so many along an axis of some stride, the first after the last.
func next(t, count, stride int) int {
	if t/stride%count < count-1 {
		return t + stride
	}
	return t - (count-1)*stride
}

// plane returns the rates of plane p with jumps to other planes counted as stops.
func (c *rates) plane(p int) *rates {
	size := c.stride[0]
	lo, hi := p*size, (p+1)*size
	plane := &rates{shape: c.shape[1:], stride: c.stride[1:], ring: c.ring, ends: c.ends,
		stop: slices.Clone(c.stop[lo:hi])}
	if p > 0 {
		vectors.Add(plane.stop, c.jumps[0].back[lo-size:])
	}
	vectors.Add(plane.stop, c.jumps[0].on[lo:])
	for _, j := range c.jumps[1:] {
		plane.jumps = append(plane.jumps, jumps{j.on[lo:hi], j.back[lo:hi]})
	}
	return plane
}

// slabs returns planes as slabs.
func (c *rates) slabs(e ends) *rates {
	planes, n, m := c.shape[0], c.shape[1], c.shape[2]
	s := emptyRates([]int{n, planes, m}, c.ring, e)
	for row := range planes * n {
		from, to := row*m, (row%n*planes+row/n)*m
		copy(s.stop[to:to+m], c.stop[from:])
		for k, axis := range []int{1, 0, 2} {
			copy(s.jumps[k].on[to:to+m], c.jumps[axis].on[from:])
			copy(s.jumps[k].back[to:to+m], c.jumps[axis].back[from:])
		}
	}
	return s
}

// coarsest decides where coarsening ends. On a ring of an odd number of columns red and black
// cannot alternate. A black column must not be tied to its red neighbours more loosely than its
// cells are to one another by couplings that the red ones do not have, which on a graded grid
// happens once couplings along the lines change by more than a factor e^2.5 or so from one column
// to the next: on f ~ |x|² that is a spacing of 0.6 in asinh x, with which the next grid would have
// one of 1.2.
func (c *rates) coarsest() bool {
	const steepest = 2.5 / 2
	m := c.columns()
	return m <= c.few || c.ring && m%2 == 1 || m <= c.most && c.steepness() > steepest
}

// steepness is the largest |log| of the quotient of couplings along the lines between neighbouring
// columns.
func (c *rates) steepness() float64 {
	var s float64
	along, m := c.jumps[0], c.columns()
	for t := range len(c.stop) - 1 {
		here, there := along.on[t]*along.back[t], along.on[t+1]*along.back[t+1]
		if (t+1)%m != 0 && here > 0 && there > 0 {
			s = math.Max(s, math.Abs(math.Log(there/here))/2)
		}
	}
	return s
}

// leaving returns the rates at which a walker stops or jumps across.
func (c *rates) leaving() []float64 {
	g, m, across := slices.Clone(c.stop), c.columns(), c.across()
	vectors.Add(g, across.on)
	for row := 0; row < len(g); row += m {
		vectors.Add(g[row+1:row+m], across.back[row:])
		if c.ring {
			g[row] += across.back[row+m-1]
		}
	}
	return g
}

// linePivots returns the pivots of all lines, every jump across counted as leaving the line, and
// for slabs their factors (eliminateSlab). Of lines,
//
//	p_i = g_i + on_i,    g_i = e_i + (rates across) + back_{i−1} g_{i−1}/p_{i−1}.
func (c *rates) linePivots(w *parallel.Workers) (pivots []float64, slabs []*elimination) {
	m, g, p := c.columns(), c.leaving(), make([]float64, len(c.stop))
	if len(c.shape) > 2 {
		slabs = make([]*elimination, m)
		w.Each(m, len(p), func(_, j int) { slabs[j] = c.eliminateSlab(p, g, j) })
		return p, slabs
	}
	along := c.jumps[0]
	for t := range p {
		if before := t - m; before >= 0 {
			g[t] += along.back[before] * (g[before] / p[before])
		}
		p[t] = g[t] + along.on[t]
	}
	return p, nil
}

// eliminateSlab factors the slab of column j, g being the rates at which the walker leaves it, and
// stores its pivots.
func (c *rates) eliminateSlab(p, g []float64, j int) *elimination {
	m := c.columns()
	e := newElimination(c.rows(), c.shape[1])
	for i := range e.stop {
		t := i*m + j
		e.stop[i] = g[t]
		for k, jump := range c.jumps[:2] {
			e.couple(i, c.stride[k]/m, jump.on[t], jump.back[t])
		}
	}
	e.run(parallel.NewWorkers(1))
	for i, pivot := range e.pivots {
		p[i*m+j] = pivot
	}
	return e
}
