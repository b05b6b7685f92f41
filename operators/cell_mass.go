package operators

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// mass returns the cell's moments relative to e^reference, and the estimated relative error of its
// mass: by its lattice samples, and adaptively where these do not resolve it or a feature is near.
func (s *slab) mass(c *cell) (m moments, reference, relative float64, err error) {
	d := len(c.pos)
	_, reference = extent(c.logPi)
	m = s.sums.integrate(c.logPi, s.sums.unit, reference)
	s.adaptive.features = s.features.near(s.adaptive.features[:0], &c.box, d)
	s.integrated, s.kinked = false, false
	// Far out on a logarithmic axis log π is a small difference of what is known to rounding.
	if d == 1 && !s.grid.Axes[0].Log {
		half := (c.hi[0] - c.lo[0]) / 2
		hidden, kinked, err := s.adaptive.beyondEnds(s.lattice.rule, c.logPi, c.lo[0]+half, half,
			reference+math.Log(m.mass))
		if err != nil {
			return m, reference, 0, err
		}
		s.sums.aliased[0], s.kinked = math.Max(s.sums.aliased[0], hidden), kinked
	}
	if failingAxes(s.sums.aliased, massTolerance[d]) != 0 || len(s.adaptive.features) > 0 {
		if err := s.lattice.checkSpread(c); err != nil {
			return m, reference, 0, err
		}
		s.integrated = true
		return s.adaptive.integrate(c.box, reference)
	}
	for k := range d {
		m.scale((c.hi[k] - c.lo[k]) / 2)
	}
	return m, reference, floats.Sum(s.sums.aliased), nil
}

// massIsHard reports whether the edges of the last cell are to be integrated anew because of what its
// mass needed. On one axis κ is as smooth as its samples say where nothing hides beside the ends;
// in more dimensions a mass is bisected far sooner than conductances are off.
func (s *slab) massIsHard() bool {
	featured := len(s.adaptive.features) > 0
	if s.d > 1 {
		return s.integrated && (featured || floats.Max(s.sums.aliased) > transverseTolerance[s.d])
	}
	return s.kinked || featured
}
