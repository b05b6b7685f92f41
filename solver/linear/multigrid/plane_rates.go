package multigrid

import (
	"math"

	"fpsgd/internal/parallel"
	"fpsgd/solver/linear/matrix"
	"fpsgd/solver/linear/vectors"
)

// planeRates are A on three axes in the form of its Markov chain: the rates of each plane and those between them. A plane's
// own stop does not count the jumps to other planes.
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
		c := emptyRates(n, m, 1, a.Op.Periodic[x.columns], planeEnds)
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
	return &planeRates{make([]*rates, planes), make([][]float64, planes-1), make([][]float64, planes-1), cells, w}
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
	c := emptyRates(first.n*w, first.m, w, first.ring, e)
	m := c.m
	for p, plane := range s.planes {
		for i := range plane.n {
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

// spread holds how the cells of one black plane are shared between the red planes before (0) and after (1) it, as lumping does for the
// black cells of a row.
type spread struct {
	weight [2][]float64 // w
	mass   [2][]float64 // M_b/M_r
}

// spreadOf returns the spread of black plane p.
func (s *planeRates) spreadOf(p int) *spread {
	d := new(spread)
	for side := range 2 {
		d.weight[side], d.mass[side] = make([]float64, s.cells), make([]float64, s.cells)
	}
	in, out := [2][]float64{s.on[p-1], nil}, [2][]float64{s.back[p-1], nil}
	if p+1 < len(s.planes) {
		in[1], out[1] = s.back[p], s.on[p]
	}
	for t := range s.cells {
		sum := out[0][t]
		if out[1] != nil {
			sum += out[1][t]
		}
		for side := range 2 {
			if out[side] != nil && out[side][t] > 0 {
				d.weight[side][t] = out[side][t] / sum
				d.mass[side][t] = in[side][t] / out[side][t]
			}
		}
	}
	return d
}

// coarsen lumps every black plane into its red neighbours, by the formulas of rates.coarsen with couplings along two axes in place of
// one. It returns the rates of the red planes, the spreads of the black ones, and the square roots of what each red mass is multiplied
// by.
func (s *planeRates) coarsen() (coarse *planeRates, spreads []*spread, growth [][]float64) {
	reds, blacks := (len(s.planes)+1)/2, len(s.planes)/2
	spreads, growth = make([]*spread, blacks), make([][]float64, reds)
	s.each(blacks, func(k int) { spreads[k] = s.spreadOf(2*k + 1) })
	coarse = emptyPlaneRates(reds, s.cells, s.workers)
	s.each(reds, func(r int) {
		coarse.planes[r], growth[r] = s.lumpPlane(spreads, r)
	})
	s.each(reds-1, func(r int) {
		black := spreads[r]
		on, back := multiplied(s.on[2*r], black.weight[1]), multiplied(s.back[2*r+1], black.weight[0])
		divide(on, growth[r])
		divide(back, growth[r+1])
		coarse.on[r], coarse.back[r] = on, back
	})
	for _, g := range growth {
		for t, v := range g {
			g[t] = math.Sqrt(v)
		}
	}
	return coarse, spreads, growth
}

// lumpPlane returns the coarse rates of red plane r and the growth of its masses.
func (s *planeRates) lumpPlane(spreads []*spread, r int) (*rates, []float64) {
	fine := s.planes[2*r]
	c := *fine
	for _, rates := range []*[]float64{&c.stop, &c.down, &c.up, &c.right, &c.left} {
		*rates = append([]float64(nil), *rates...)
	}
	growth := make([]float64, len(c.stop))
	for t := range growth {
		growth[t] = 1
	}
	for side := range 2 { // the red plane is after the black one before it, and before the one after
		if k := r - 1 + side; k >= 0 && k < len(spreads) {
			c.lump(s.planes[2*k+1], spreads[k].weight[1-side], spreads[k].mass[1-side], growth)
		}
	}
	c.divideByGrowth(growth)
	return &c, growth
}

// lump adds what a black plane contributes to the rates of a red one, w and mass being its spread there.
func (c *rates) lump(black *rates, w, mass, growth []float64) {
	m := c.m
	for t := range growth {
		share := w[t] * mass[t]
		growth[t] += share
		c.stop[t] += share * black.stop[t]
		if u := t + m; u < len(growth) {
			c.down[t] += (w[t] + w[u]) / 2 * mass[t] * black.down[t]
			c.up[t] += (w[t] + w[u]) / 2 * mass[u] * black.up[t]
		}
		u := t + 1
		if u%m == 0 {
			if !c.ring {
				continue
			}
			u -= m
		}
		c.right[t] += (w[t] + w[u]) / 2 * mass[t] * black.right[t]
		c.left[t] += (w[t] + w[u]) / 2 * mass[u] * black.left[t]
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
