package operators

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// cellMass integrates π over cells: by their lattice samples, and adaptively where these do not
// resolve it or a feature is near.
type cellMass struct {
	lat      *lattice
	weight   []float64 // of the lattice points of a cell
	features features  // of f; the adaptive integrator has those near the cell
	adaptive *massIntegrator
	sums     momentRule

	// Of the last cell: whether its mass is the adaptive integrator's, and, on one axis, whether
	// something hides beside its ends (see rule.beyondEnds).
	integrated, kinked bool
}

func newCellMass(a *assembly, r *rows) *cellMass {
	return &cellMass{
		lat: a.lattice, weight: r.weight, features: a.features,
		adaptive: newMassIntegrator(a.grid, a.weights, nil),
		sums:     newMomentRule(a.lattice.rule, r.d),
	}
}

// moments returns the cell's moments relative to e^reference, and the estimated relative error of
// its mass.
func (q *cellMass) moments(c *cell) (m moments, reference, relative float64, err error) {
	d := len(c.pos)
	_, reference = extent(c.logPi)
	m = q.sums.integrate(c.logPi, q.weight, reference)
	q.adaptive.features = q.features.near(q.adaptive.features[:0], &c.box, d)
	q.integrated, q.kinked = false, false
	// Far out on a logarithmic axis log π is a small difference of what is known to rounding.
	if d == 1 && !q.lat.grid.Axes[0].Log {
		lo, hi := c.lo[0], c.hi[0]
		atEnds, err := q.adaptive.nearEnds(lo+(hi-lo)/2, (hi-lo)/2)
		if err != nil {
			return m, reference, 0, err
		}
		hidden, kinked := q.lat.rule.beyondEnds(c.logPi, atEnds, reference+math.Log(m.mass))
		q.sums.aliased[0], q.kinked = math.Max(q.sums.aliased[0], hidden), kinked
	}
	if failingAxes(q.sums.aliased, massTolerance[d]) != 0 || len(q.adaptive.features) > 0 {
		if err := q.lat.checkSpread(c); err != nil {
			return m, reference, 0, err
		}
		q.integrated = true
		return q.adaptive.integrate(c.box, reference)
	}
	for k := range d {
		m.scale((c.hi[k] - c.lo[k]) / 2)
	}
	return m, reference, floats.Sum(q.sums.aliased), nil
}

// isHard reports whether the edges of the last cell are to be integrated anew because of what its
// mass needed. On one axis κ is as smooth as its samples say where nothing hides beside the ends;
// in more dimensions a mass is bisected far sooner than conductances are off.
func (q *cellMass) isHard() bool {
	featured := len(q.adaptive.features) > 0
	if d := len(q.sums.aliased); d > 1 {
		return q.integrated && (featured || floats.Max(q.sums.aliased) > transverseTolerance[d])
	}
	return q.kinked || featured
}
