package operators

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
)

// poleMode is how large one of the two highest Legendre modes of κ is, relative to its spread, that
// makes a cell suspect of a pole of f: log|x| has 1/p or so, a smooth κ far less.
const poleMode = 0.01

// poleTolerance is the relative error to which ∫ e^{−κ} over a cell is tried, by d.
var poleTolerance = [...]float64{0, 1e-6, 1e-3, 1e-3, 1e-3}

// checkPole refuses a cell in which f has a pole that no flux can pass: ∫ e^{−κ} diverges there as
// ∫π does at a zero of f, and is tried in the same way where the cell's samples do not show that it
// converges. It also reports whether κ is too rough for its samples to stand for it: whether its
// interpolant has an error above kappaTolerance, as of modes that decay like ρ^{−n} it is ρ^{−p},
// or varies by more than the panels of a path are for.
func (s *slab) checkPole(c *cell) (rough bool, err error) {
	d, p, rule := s.d, s.p, s.lattice.rule
	spread := c.kappaMax - c.kappaMin
	if c.smooth() && d > 1 || p < 3 {
		return false, nil
	}
	rough, suspect := spread > maxPanels*panelSpread, false
	size := math.Max(math.Abs(c.kappaMin), math.Abs(c.kappaMax))
	tolerance := kappaTolerance[d] + rounded*size
	of := float64(pow(p, d-1)) // samples, each entry of a marginal
	s.sums.eachMarginal(c.kappa, func(marginal []float64) {
		for m, top := range rule.top {
			if p == 3 && m == 1 {
				continue // of degree 1: the slope
			}
			mode := math.Abs(dot(top, marginal)) / of
			suspect = suspect || mode > poleMode*spread
			rough = rough || rationalPower(mode, p, p-1-m) > tolerance
		}
	})
	if !suspect || c.smooth() || d > 1 && s.conducts(c, poleTolerance[d]) {
		return rough, nil
	}
	if s.resistivity == nil {
		s.resistivity = newResistivity(s.grid, s.weights, poleTolerance[d])
	}
	if err := s.resistivity.converges(c.box, -c.kappaMin, s.adaptive); err != nil {
		return rough, fmt.Errorf("f has a pole in the cell %s that nothing can cross, "+
			"or is not smooth there: keep the grid away from it", where(s.grid, c.index))
	}
	return rough, nil
}

// conducts reports whether the samples of a cell show that ∫ e^{−κ} over it converges: by their
// rule, to a tolerance. A volume factor, which is bounded, makes no pole.
func (s *slab) conducts(c *cell, tolerance float64) bool {
	floats.ScaleTo(s.minusKappa, -1, c.kappa)
	s.sums.integrate(s.minusKappa, -c.kappaMin)
	return s.sums.failing(tolerance) == 0
}
