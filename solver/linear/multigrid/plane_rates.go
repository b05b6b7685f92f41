package multigrid

import (
	"math"

	"fpsgd/internal/parallel"
	"fpsgd/solver/linear/matrix"
	"fpsgd/solver/linear/vectors"
)

// planeRates are A on three axes in the form of its Markov chain: the rates of each plane and those
// between them. A plane's own stop does not count the jumps to other planes.
type planeRates struct {
	planes  []*rates
	on      [][]float64 // rates from plane p to p+1, cell by cell
	back    [][]float64 // and back
	cells   int         // of a plane
	workers *parallel.Workers
}

// newPlaneRates reads the rates off the matrix.
func newPlaneRates(a *matrix.Matrix, x planeAxes) *planeRates {
	n, m := a.Op.Shape[x.lines], a.Op.Shape[x.columns]
	s := emptyPlaneRates(a.Op.Shape[x.planes], n*m, a.Workers)
	s.each(len(s.planes), func(p int) {
		c := emptyRates(matrix.Order{Rows: n}, m, 1, a.Op.Periodic[x.columns], planeEnds)
		s.planes[p] = c
		if p+1 < len(s.planes) {
			s.on[p], s.back[p] = make([]float64, n*m), make([]float64, n*m)
		}
		for i := range n {
			for j := range m {
				t := i*m + j
				cell := p*a.Stride[x.planes] + i*a.Stride[x.lines] + j*a.Stride[x.columns]
				c.stop[t] = a.Excess(cell)
				c.down[t], c.up[t] = a.Rates(cell, x.lines)
				c.right[t], c.left[t] = a.Rates(cell, x.columns)
				if p+1 < len(s.planes) {
					s.on[p][t], s.back[p][t] = a.Rates(cell, x.planes)
				}
			}
		}
	})
	return s
}

func emptyPlaneRates(planes, cells int, w *parallel.Workers) *planeRates {
	between := func() [][]float64 { return make([][]float64, planes-1) }
	return &planeRates{make([]*rates, planes), between(), between(), cells, w}
}

// each calls do for n planes.
func (s *planeRates) each(n int, do func(p int)) { s.workers.Each(n, n*s.cells, do) }

// plane returns the rates of plane p with jumps to other planes counted as stops.
func (s *planeRates) plane(p int) *rates {
	c := *s.planes[p]
	c.stop = append([]float64(nil), c.stop...)
	if p > 0 {
		vectors.Add(c.stop, s.back[p-1])
	}
	if p+1 < len(s.planes) {
		vectors.Add(c.stop, s.on[p])
	}
	return &c
}

// slab returns all planes as slabs.
func (s *planeRates) slab(e ends) *rates {
	w, first := len(s.planes), s.planes[0]
	c := emptyRates(matrix.Order{Rows: first.Rows * w}, first.m, w, first.ring, e)
	m := c.m
	for p, plane := range s.planes {
		for i := range plane.Rows {
			from, to := i*m, (i*w+p)*m
			copy(c.stop[to:to+m], plane.stop[from:])
			copy(c.down[to:to+m], plane.down[from:])
			copy(c.up[to:to+m], plane.up[from:])
			copy(c.right[to:to+m], plane.right[from:])
			copy(c.left[to:to+m], plane.left[from:])
			if p+1 < w {
				copy(c.next[to:to+m], s.on[p][from:])
				copy(c.back[to:to+m], s.back[p][from:])
			}
		}
	}
	return c
}

// lumpingOf returns the lumping of black plane p.
func (s *planeRates) lumpingOf(p int) *lumping {
	l := newLumping(s.cells)
	for t := range s.cells {
		in, out := [2]float64{s.on[p-1][t]}, [2]float64{s.back[p-1][t]}
		if p+1 < len(s.planes) {
			in[1], out[1] = s.back[p][t], s.on[p][t]
		}
		l.set(t, in, out)
	}
	return l
}

// coarsen lumps every black plane into its red neighbours, by the formulas of rates.coarsen with
// couplings along two axes in place of one. It returns the rates of the red planes, the lumpings of
// the black ones, and the square roots of what each red mass is multiplied by.
func (s *planeRates) coarsen() (coarse *planeRates, lumpings []*lumping, growth [][]float64) {
	reds, blacks := (len(s.planes)+1)/2, len(s.planes)/2
	lumpings, growth = make([]*lumping, blacks), make([][]float64, reds)
	s.each(blacks, func(k int) { lumpings[k] = s.lumpingOf(2*k + 1) })
	coarse = emptyPlaneRates(reds, s.cells, s.workers)
	s.each(reds, func(r int) {
		coarse.planes[r], growth[r] = s.lumpPlane(lumpings, r)
	})
	s.each(reds-1, func(r int) {
		black := lumpings[r]
		on := multiplied(s.on[2*r], black.weight[1])
		back := multiplied(s.back[2*r+1], black.weight[0])
		divide(on, growth[r])
		divide(back, growth[r+1])
		coarse.on[r], coarse.back[r] = on, back
	})
	for _, g := range growth {
		for t, v := range g {
			g[t] = math.Sqrt(v)
		}
	}
	return coarse, lumpings, growth
}

// lumpPlane returns the coarse rates of red plane r and the growth of its masses.
func (s *planeRates) lumpPlane(lumpings []*lumping, r int) (*rates, []float64) {
	fine := s.planes[2*r]
	c := *fine
	for _, rates := range []*[]float64{&c.stop, &c.down, &c.up, &c.right, &c.left} {
		*rates = append([]float64(nil), *rates...)
	}
	growth := make([]float64, len(c.stop))
	for t := range growth {
		growth[t] = 1
	}
	for side := range 2 { // the red plane is after the black one before it, before the one after
		if k := r - 1 + side; k >= 0 && k < len(lumpings) {
			c.lump(s.planes[2*k+1], lumpings[k], 1-side, growth)
		}
	}
	c.divideByGrowth(growth)
	return &c, growth
}

// lump adds what a black plane, the red one on a side of it, contributes to the rates of that.
func (c *rates) lump(black *rates, l *lumping, side int, growth []float64) {
	add := func(on, back []float64, t, u int, blackOn, blackBack []float64) {
		more, moreBack := l.along(side, t, l, u, blackOn[t], blackBack[t])
		on[t] += more
		back[t] += moreBack
	}
	for t := range growth {
		growth[t] += l.share[side][t]
		c.stop[t] += l.share[side][t] * black.stop[t]
		if u := t + c.m; u < len(growth) {
			add(c.down, c.up, t, u, black.down, black.up)
		}
		switch u := t + 1; {
		case u%c.m != 0:
			add(c.right, c.left, t, u, black.right, black.left)
		case c.ring:
			add(c.right, c.left, t, u-c.m, black.right, black.left)
		}
	}
}

func multiplied(x, y []float64) []float64 {
	z := make([]float64, len(x))
	vectors.Multiply(z, x, y)
	return z
}

func divide(x, y []float64) {
	for i, v := range y {
		x[i] /= v
	}
}
