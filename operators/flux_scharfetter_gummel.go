package operators

import "fpsgd/operators/elementary"

// newLineIntegrals is of the flux of Scharfetter and Gummel (IEEE Trans. Electron Devices 16, 1969)
// with an integral in place of their Bernoulli function: the stationary flux along a line between
// two nodes q̄, the π-centroids of the cells, is constant, so that
//
//	T = ∫dσ 1/∫_{q̄_i}^{q̄_j} e^{−κ} h_k²/J_k dq_k.
//
// It is of second order. The integrals to the face, from either side, are the resistances; where
// the samples of a cell do not resolve κ they are refined (see refineEdges).
func newLineIntegrals(a *assembly) resistor {
	rule := a.lattice.rule
	n := pow(len(rule.x), len(a.grid.Axes))
	r := &lineIntegrals{
		lat: a.lattice, path: pathRule{rule: rule}, halves: newHalfRule(rule),
		resistivity: make([]float64, n), difference: make([]float64, n),
	}
	return r.resist
}

// lineIntegrals forms the resistances ∫ e^{−κ} h_k²/J_k dq_k from the samples of κ.
type lineIntegrals struct {
	lat         *lattice
	path        pathRule
	halves      halfRule
	resistivity []float64 // e^{min κ − κ} on the cell's lattice, where κ is smooth
	difference  []float64 // κ − μ on the cell's lattice, along a logarithmic axis
}

func (r *lineIntegrals) resist(c *cell, pieces [][2]resistances) error {
	if c.smooth() {
		elementary.Exp(r.resistivity, c.kappa, -1, c.kappaMin)
	}
	for k := range pieces {
		if !c.smooth() || !r.lat.axes[k].flat {
			r.piece(&pieces[k][0], c, k, 0)
			r.piece(&pieces[k][1], c, k, 1)
			continue
		}
		lower, upper := &pieces[k][0], &pieces[k][1]
		lower.logScale = r.lat.logNodeScale(k, c.node) - c.kappaMin
		upper.logScale = lower.logScale
		r.halves.prepare(c.xi[k], (c.hi[k]-c.lo[k])/2)
		r.halves.integrate(lower.value, upper.value, r.resistivity, r.lat.stride(k))
	}
	return nil
}

// piece stores the resistances of the pieces to the lower (side 0) or upper (side 1) face.
func (r *lineIntegrals) piece(dst *resistances, c *cell, k, side int) {
	axis, table, stride := &r.lat.grid.Axes[k], &r.lat.axes[k], r.lat.stride(k)
	xi, lo, hi := c.xi[k], c.lo[k], c.hi[k]
	nodeScale := r.lat.logNodeScale(k, c.node)
	if axis.Log {
		kappa := r.minusMetric(c, k)
		least, most := extent(kappa)
		r.path.prepare(xi, side, lo, hi, most-least, nil)
		r.path.integrate(dst.value, kappa, least, stride)
		dst.logScale = nodeScale - least
		return
	}
	middle, exact := 0.0, (func(q float64) float64)(nil)
	if !table.flat {
		middle = logMetric(r.lat.grid, k, axis.Midpoint(c.pos[k]))
		exact = func(q float64) float64 { return logMetric(r.lat.grid, k, q) - middle }
	}
	if c.smooth() {
		r.path.prepare(xi, side, lo, hi, 0, exact)
		r.path.combine(dst.value, r.resistivity, stride)
	} else {
		r.path.prepare(xi, side, lo, hi, c.kappaMax-c.kappaMin, exact)
		r.path.integrate(dst.value, c.kappa, c.kappaMin, stride)
	}
	dst.logScale = middle - c.kappaMin + nodeScale
}

// minusMetric returns κ − μ on the lattice of a cell. On a logarithmic axis k, where μ is linear in
// s, both may be huge.
func (r *lineIntegrals) minusMetric(c *cell, k int) []float64 {
	p, stride := len(r.lat.rule.x), r.lat.stride(k)
	mu := tabulate(r.lat.axes[k].held[c.pos[k]*p:][:p], func(s float64) float64 {
		return logMetric(r.lat.grid, k, s)
	})
	for t, v := range c.kappa {
		r.difference[t] = v - mu[t/stride%p]
	}
	return r.difference
}
