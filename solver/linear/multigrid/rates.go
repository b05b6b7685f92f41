package multigrid

import (
	"math"

	"fpsgd/internal/parallel"
	"fpsgd/solver/linear/matrix"
	"fpsgd/solver/linear/vectors"
)

// rates are A on an n×m grid in the form of its Markov chain: the rates at which a walker jumps
// between neighbouring cells and the rate e at which it stops. With masses M, a jump from i to j
// has the rate T_ij/M_i. Row i holds the i-th cells of all m lines, so that loops run across the
// lines.
//
// A line may be a slab of w > 1 planes: its cells are ordered plane by plane within each step along
// it, so that row i is of plane i mod w, the next along the line is row i+w, and row i+1 lies
// across it if it is of the next plane. The rows are stored in the order in which they are
// eliminated, and what lies along the line is in terms of that.
type rates struct {
	matrix.Order // of the rows; slabs are eliminated from end to end

	m, w  int
	ring  bool      // column m−1 is a neighbour of column 0
	ends            // of coarsening
	stop  []float64 // e
	down  []float64 // from row i to the one that is eliminated after it, along the line
	up    []float64 // and back; both 0 in the last rows
	right []float64 // from (i,j) to (i,j+1), across the lines; column 0 is after m−1 on a ring
	left  []float64 // from (i,j+1) to (i,j)
	next  []float64 // from (i,j) to (i+1,j), between planes; 0 in the last plane; nil if w = 1
	back  []float64 // from (i+1,j) to (i,j)
}

// ends tells where coarsening ends: at the first grid with few columns, or with no more than most
// where the next one would do harm.
type ends struct{ few, most int }

func emptyRates(o matrix.Order, m, w int, ring bool, e ends) *rates {
	array := func() []float64 { return make([]float64, o.Rows*m) }
	c := &rates{Order: o, m: m, w: w, ring: ring, ends: e,
		stop: array(), down: array(), up: array(), right: array(), left: array()}
	if w > 1 {
		c.next, c.back = array(), array()
	}
	return c
}

// newRates reads the rates γ c_ij σ_j/σ_i off the matrix, lines along the given axis, their cells
// in the given order.
func newRates(a *matrix.Matrix, lines int, o matrix.Order) *rates {
	c := emptyRates(o, a.Op.Shape[1-lines], 1, a.Op.Periodic[1-lines], lineEnds)
	a.Workers.Each(c.Rows, a.Cells, func(i int) {
		row := c.At(i)
		next, onward := c.After(i)
		for j := range c.m {
			t := i*c.m + j
			cell := row*a.Stride[lines] + j*a.Stride[1-lines]
			c.stop[t] = a.Excess(cell)
			switch {
			case onward && c.At(next) > row:
				c.down[t], c.up[t] = a.Rates(cell, lines)
			case onward:
				c.up[t], c.down[t] = a.Rates(cell-a.Stride[lines], lines)
			}
			c.right[t], c.left[t] = a.Rates(cell, 1-lines)
		}
	})
	if c.ring && c.m == 2 {
		c.mergeTwoColumns()
	}
	return c
}

// mergeTwoColumns makes a ring of two columns an open row of two, with the sum of the rates both
// ways round.
func (c *rates) mergeTwoColumns() {
	c.ring = false
	for t := 0; t < len(c.stop); t += 2 {
		c.right[t] += c.left[t+1]
		c.left[t] += c.right[t+1]
		c.right[t+1], c.left[t+1] = 0, 0
	}
}

// coarsest decides where coarsening ends. On a ring of an odd number of columns red and black
// cannot alternate. A black column must not be tied to its red neighbours more loosely than its
// cells are to one another by couplings that the red ones do not have, which on a graded grid
// happens once couplings along the lines change by more than a factor e^2.5 or so from one column
// to the next: on f ~ |x|² that is a spacing of 0.6 in asinh x, with which the next grid would have
// one of 1.2.
func (c *rates) coarsest() bool {
	const steepest = 2.5 / 2
	return c.m <= c.few || c.ring && c.m%2 == 1 || c.m <= c.most && c.steepness() > steepest
}

// steepness is the largest |log| of the quotient of couplings along the lines between neighbouring
// columns.
func (c *rates) steepness() float64 {
	var s float64
	for i := range c.Rows - c.w {
		for j := range c.m - 1 {
			t := i*c.m + j
			here, there := c.down[t]*c.up[t], c.down[t+1]*c.up[t+1]
			if here > 0 && there > 0 {
				s = math.Max(s, math.Abs(math.Log(there/here))/2)
			}
		}
	}
	return s
}

// leaving returns the rates at which a walker stops or jumps across from the cells of row i.
func (c *rates) leaving(dst []float64, i int) {
	row := i * c.m
	copy(dst, c.stop[row:row+c.m])
	vectors.Add(dst, c.right[row:])
	left := c.left[row : row+c.m]
	vectors.Add(dst[1:], left)
	if c.ring {
		dst[0] += left[c.m-1]
	}
}

// linePivots returns the pivots of all lines, every jump across counted as leaving the line, and
// for slabs their factors (eliminate). Where w = 1,
//
//	p_i = g_i + down_i,    g_i = e_i + (rates across) + up_{i−1} g_{i−1}/p_{i−1}.
func (c *rates) linePivots(t *parallel.Workers) (pivots []float64, slabs []*elimination) {
	p := make([]float64, c.Rows*c.m)
	if c.w > 1 {
		g := make([]float64, c.Rows*c.m)
		for i := range c.Rows {
			c.leaving(g[i*c.m:(i+1)*c.m], i)
		}
		slabs = make([]*elimination, c.m)
		t.Each(c.m, c.Rows*c.m, func(j int) { slabs[j] = c.eliminateSlab(p, g, j) })
		return p, slabs
	}
	recent := [2]*[2][]float64{c.twoRows(), c.twoRows()} // g, of either half
	c.Inward(t, c.Rows*c.m, func(_, first, last int) {
		g := recent[0]
		if last == c.Rows {
			g = recent[1]
		}
		for i := first; i < last; i++ {
			c.leaving(g[i%2], i)
			if before, ok := c.Before(i); ok {
				c.eliminateInto(g[i%2], p, g[before%2], before)
			}
			for j, v := range g[i%2] {
				p[i*c.m+j] = v + c.down[i*c.m+j]
			}
		}
	})
	if last, before := c.Rows-1, c.Half-1; c.Half > 0 {
		g := recent[1][last%2]
		c.eliminateInto(g, p, recent[0][before%2], before)
		copy(p[last*c.m:], g)
	}
	return p, nil
}

// twoRows makes work space.
func (c *rates) twoRows() *[2][]float64 {
	return &[2][]float64{make([]float64, c.m), make([]float64, c.m)}
}

// eliminateInto adds to g in a row what the elimination of the cells in an earlier one, with its
// own g, does.
func (c *rates) eliminateInto(to, p, g []float64, before int) {
	t := before * c.m
	g, p, up := g[:len(to)], p[t:t+len(to)], c.up[t:t+len(to)]
	for j := range to {
		to[j] += up[j] * (g[j] / p[j])
	}
}

// eliminateSlab factors the slab of column j, g being the rates at which the walker leaves it, and
// stores its pivots.
func (c *rates) eliminateSlab(p, g []float64, j int) *elimination {
	e := newElimination(c.Rows, c.w)
	for i := range c.Rows {
		t := i*c.m + j
		e.stop[i] = g[t]
		e.couple(i, c.w, c.down[t], c.up[t])
		e.couple(i, 1, c.next[t], c.back[t])
	}
	e.scaleSigma()
	e.run(parallel.NewWorkers(1), 0, c.Rows)
	for i, pivot := range e.pivots {
		p[i*c.m+j] = pivot
	}
	return e
}

// coarsen lumps every black column into its red neighbours and returns the rates on the red
// columns, and 1/q, the square root of what each red mass is multiplied by. With T∓ the
// conductances of a black cell to its neighbours and w∓ = T∓/(T₋+T₊),
//
//	M_r ← M_r + Σ_b w_b M_b,                   T across = T₋T₊/(T₋+T₊),
//	M_r e_r ← M_r e_r + Σ_b w_b M_b e_b,       T along(i,i+1) ← T_r + Σ_b ½(w_i + w_{i+1}) T_b:
//
// the black cell's mass is shared among its neighbours by the probabilities w∓ with which the
// walker leaves for them. In rates, q_r² = 1/(1 + Σ_b s_b) with s_b = w_b M_b/M_r, which is the
// rate from r to b over the rate across out of b.
func (c *rates) coarsen(t *parallel.Workers) (*rates, []float64) {
	coarse := emptyRates(c.Order, (c.m+1)/2, c.w, c.ring, c.ends)
	growth := make([]float64, coarse.Rows*coarse.m)
	t.Run(c.Rows*c.m, func(part, parts int) {
		first, last := parallel.Share(c.Rows, part, parts)
		c.lumpRows(coarse, growth, first, last)
	})
	t.Each(c.Rows, c.Rows*c.m, func(i int) { coarse.divideRowByGrowth(growth, i) })
	t.Over(len(growth), func(lo, hi int) {
		for i, v := range growth[lo:hi] {
			growth[lo+i] = math.Sqrt(v)
		}
	})
	return coarse, growth
}

// lumpRows sets rows [first, last) of the coarse rates, but for the division by the growth of the
// red masses, which it sets too. The lumpings of a row and of those it is tied to are kept.
func (c *rates) lumpRows(coarse *rates, growth []float64, first, last int) {
	kept, of := make([]*lumping, c.w+1), make([]int, c.w+1)
	for k := range kept {
		kept[k], of[k] = newLumping(c.m/2), -1
	}
	at := func(i int) *lumping {
		k := i % len(kept)
		if of[k] != i {
			c.setLumping(kept[k], i)
			of[k] = i
		}
		return kept[k]
	}
	for i := first; i < last; i++ {
		l := at(i)
		l.lump(c, coarse, growth, i)
		switch next, ok := c.onward(i); {
		case next == i+c.w && ok:
			l.lumpAlong(at(next), coarse.down, coarse.up, c.down, c.up, i, coarse.m, c.m)
		case ok:
			end := newLumping(c.m / 2)
			c.setLumping(end, next)
			l.lumpAlong(end, coarse.down, coarse.up, c.down, c.up, i, coarse.m, c.m)
		}
		if c.w > 1 && i+1 < c.Rows {
			l.lumpAlong(at(i+1), coarse.next, coarse.back, c.next, c.back, i, coarse.m, c.m)
		}
	}
}

// setLumping sets the lumping of row i.
func (c *rates) setLumping(l *lumping, i int) {
	for k := range c.m / 2 {
		red, black := i*c.m+2*k, i*c.m+2*k+1
		l.set(k, [2]float64{c.right[red], c.left[black]}, [2]float64{c.left[red], c.right[black]})
	}
}

// lump sets row i of the coarse rates, but for the division by the growth of the red masses, which
// it sets too.
func (l *lumping) lump(c, coarse *rates, growth []float64, i int) {
	row, coarseRow := i*c.m, i*coarse.m
	for r := range coarse.m {
		t, red := coarseRow+r, row+2*r
		growth[t] = 1
		coarse.stop[t], coarse.down[t], coarse.up[t] = c.stop[red], c.down[red], c.up[red]
		if c.w > 1 {
			coarse.next[t], coarse.back[t] = c.next[red], c.back[red]
		}
	}
	for k := range l.weight[0] {
		red, black := row+2*k, row+2*k+1
		coarse.right[coarseRow+k] = c.right[red] * l.weight[1][k]
		coarse.left[coarseRow+k] = c.left[black] * l.weight[0][k]
		for side := range 2 {
			t := coarseRow + (k+side)%coarse.m
			growth[t] += l.share[side][k]
			coarse.stop[t] += l.share[side][k] * c.stop[black]
		}
	}
}

// lumpAlong adds what the black cells contribute to the rates out and in between row i and the one
// that has the lumping below; m and fineM are the lengths of the rows.
func (l *lumping) lumpAlong(below *lumping, out, in, fineOut, fineIn []float64, i, m, fineM int) {
	for k := range l.weight[0] {
		black := i*fineM + 2*k + 1
		for side := range 2 {
			t := i*m + (k+side)%m
			more, moreBack := l.along(side, k, below, k, fineOut[black], fineIn[black])
			out[t] += more
			in[t] += moreBack
		}
	}
}

// onward returns the row that row i is eliminated into, along the line, if there is one.
func (c *rates) onward(i int) (next int, ok bool) {
	if c.w > 1 {
		return i + c.w, i+c.w < c.Rows
	}
	return c.After(i)
}

// divideByGrowth divides every rate by the growth of the mass of the cell that it leaves.
func (c *rates) divideByGrowth(growth []float64) {
	for i := range c.Rows {
		c.divideRowByGrowth(growth, i)
	}
}

// divideRowByGrowth does row i.
func (c *rates) divideRowByGrowth(growth []float64, i int) {
	row := i * c.m
	next, onward := c.onward(i)
	for j := range c.m {
		t := row + j
		c.stop[t] /= growth[t]
		c.down[t] /= growth[t]
		c.right[t] /= growth[t]
		c.left[t] /= growth[row+(j+1)%c.m]
		if onward {
			c.up[t] /= growth[next*c.m+j]
		}
		if c.w > 1 {
			c.next[t] /= growth[t]
			if i+1 < c.Rows {
				c.back[t] /= growth[t+c.m]
			}
		}
	}
}
