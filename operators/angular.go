package operators

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"fpsgd/mesh"
)

// modeGrid returns the radial grid for the mode l. On the line, where l(l+m−2) = 0, the mode 1 is
// the odd functions, and what makes them so is u(0) = 0: the end at r = 0, for which the first face
// of a logarithmic axis stands, absorbs.
func modeGrid(g *mesh.Grid, l int) (*mesh.Grid, error) {
	m, r := g.Coordinates.Dimension(), &g.Axes[0]
	switch {
	case l == 0:
		return g, nil
	case !mesh.Radial(g.Coordinates):
		return nil, fmt.Errorf("an angular mode needs radial coordinates, not %s",
			g.Coordinates.Name())
	case l < 0 || m == 1 && l > 1:
		return nil, fmt.Errorf("there is no angular mode l = %d in dimension %d: "+
			"use 0 ≤ l, and 1 for odd functions of the line", l, m)
	case m > 1 || !r.Log && r.Faces[0] > 0:
		return g, nil
	}
	odd := *g
	odd.Axes = slices.Clone(g.Axes)
	odd.Axes[0].Ends[0] = mesh.Open
	return &odd, nil
}

// angularFactor returns l(l+m−2) of the mode.
func (a *assembly) angularFactor() float64 {
	l, m := float64(a.options.Angular), float64(a.grid.Coordinates.Dimension())
	return l * (l + m - 2)
}

// angular returns R_i/M_i of mode l, R = ∫ e^κ l(l+m−2)/r² J dr. On an ordinary axis one factor 1/r
// is taken at the node, as in series.setElements, which makes u = r exact.
func (a *assembly) angular(c *cell, logM float64) float64 {
	t := &a.lattice.axes[0]
	first := c.index * len(c.kappa)
	sum := 0.0
	for n, kappa := range c.kappa {
		held := t.held[first+n]
		logR2 := 2 * held
		if !a.grid.Axes[0].Log {
			logR2 = math.Log(held) + math.Log(c.node[0])
		}
		sum += t.weight[first+n] * math.Exp(kappa+a.grid.LogJ(0, held)-logR2-logM)
	}
	return a.angularFactor() * sum
}

// refineAngular integrates the removal of the hard cells of an angular mode anew: e^κ/r² in place
// of π, or e^κ/(r r̄) on an axis that is not logarithmic.
func (a *assembly) refineAngular() error {
	if a.angularFactor() == 0 {
		return nil
	}
	for _, i := range slices.Sorted(maps.Keys(a.hard)) {
		logNode := math.Log(a.hard[i][0])
		w := inPlaceOfPi{a.weights, func(dst, kappa []float64, p *mesh.Points) {
			for t, logR := range p.LogNorm() {
				other := logR
				if !a.grid.Axes[0].Log {
					other = logNode
				}
				dst[t] = kappa[t] - logR - other
			}
		}}
		rule, logM := newMassIntegrator(refinedSamples(a.grid, w)), a.op.LogM[i]
		rule.features = a.features
		sum, reference, _, err := rule.integrate(boxOf(a.grid, i), logM)
		if err != nil {
			return err
		}
		a.op.Removal[i] = a.angularFactor() * sum.mass * math.Exp(reference-logM)
	}
	return nil
}
