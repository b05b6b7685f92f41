package scenarios

import (
	"math"

	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/scenarios/exact"

	"gonum.org/v1/gonum/mathext"
)

// MassOutside returns the share of π that lies outside the grid: from the closed form of the tails
// of π, or else, where only Z is known, from Z, as far as the share exceeds the error of the
// quadrature on the grid. It is NaN where it is not known. Nothing lies outside of a torus.
func (s *Scenario) MassOutside(op *operators.Operator) float64 {
	if s.Grid.Rings() == len(s.Grid.Axes) {
		return 0
	}
	if outside := s.tails(); !math.IsNaN(outside) {
		return outside
	}
	if share := -math.Expm1(op.LogZ - s.Known.LogZ); share > massCheckFactor*op.MassError {
		return share
	}
	return math.NaN()
}

// tails returns the share of π outside of the grid where it has a closed form, else NaN.
func (s *Scenario) tails() float64 {
	if s.form == nil || math.IsNaN(s.Known.LogZ) {
		return math.NaN()
	}
	return s.form.outside(s.Noise, s.Grid)
}

// The quadrature's estimate of its error is one of magnitude. Rounding of log Z is some hundred
// units of its last place.
const (
	massCheckFactor   = 10
	massCheckRounding = 1e-12
)

// ExactLogZ returns log Z in closed form: that of the grid, where what lies outside of it is known,
// or else that of the whole space, which log Z of the grid cannot exceed. Beyond that, the
// quadrature on the grid explains a difference of up to ten times its estimate of its error. NaN
// where nothing is known.
func (s *Scenario) ExactLogZ(op *operators.Operator) (logZ, allowed float64, ofGrid bool) {
	allowed = massCheckFactor*op.MassError + massCheckRounding*max(1, math.Abs(s.Known.LogZ))
	if outside := s.tails(); outside < 1 {
		return s.Known.LogZ + math.Log1p(-outside), allowed, true
	}
	return s.Known.LogZ, allowed, false
}

// outside returns the share of the Gaussian mixture that π is (exact.Quadratic.MassOutside) outside
// of a grid, on which an axis x with its centre c leaves out ½erfc(√λ(max−c)) + ½erfc(√λ(c−min)), a
// radius in R^m about the centre Q(m/2, λ max²) + P(m/2, λ min²), and angles what is missing to the
// whole sphere.
func (q *quadraticForm) outside(n Noise, g *mesh.Grid) float64 {
	c := g.Coordinates
	center := make([]float64, len(g.Axes))
	if mesh.Separable(c) {
		copy(center, q.f.Center)
	} else if !isOrigin(q.f.Center) {
		return math.NaN()
	}
	reach := 0.0
	for k := range g.Axes {
		if lo, hi := physical(&g.Axes[k]); !mesh.DomainOf(c, k).Bounded() {
			reach = max(reach, math.Abs(lo-center[k]), math.Abs(hi-center[k]))
		}
	}
	outside := func(precision float64) float64 {
		inside := 0.0
		for k := range g.Axes {
			inside += math.Log1p(-min(1, gaussianOutside(g, k, center[k], precision)))
		}
		return -math.Expm1(inside)
	}
	if isHomogeneous(n) {
		return outside(q.f.Scale / n.Epsilon()) // π is one Gaussian
	}
	return q.f.MassOutside(n.Epsilon(), c.Dimension(), reach, outside)
}

// gaussianOutside returns the share of a Gaussian e^{−λ|θ−c|²} outside of a coordinate's range.
func gaussianOutside(g *mesh.Grid, k int, c, lambda float64) float64 {
	lo, hi := physical(&g.Axes[k])
	switch d := mesh.DomainOf(g.Coordinates, k); {
	case d.Bounded():
		return 1 - g.Share(k)
	case d.NormOf > 0:
		const largest = 1e300 // of which the incomplete gamma functions are 0 and 1
		return mathext.GammaIncReg(float64(d.NormOf)/2, min(largest, lambda*lo*lo)) +
			mathext.GammaIncRegComp(float64(d.NormOf)/2, min(largest, lambda*hi*hi))
	}
	root := math.Sqrt(lambda)
	return math.Erfc(root*(hi-c))/2 + math.Erfc(-root*(lo-c))/2
}

func physical(a *mesh.Axis) (lo, hi float64) {
	lo, hi = a.Range()
	return a.Physical(lo), a.Physical(hi)
}

// outside returns the share of π, which has the density (1 + s²)^{−m/2} in s = log r, outside of a
// grid in r.
func (l *logSingularForm) outside(_ Noise, g *mesh.Grid) float64 {
	if l.pair || mesh.NormAxis(g.Coordinates) != 0 {
		return math.NaN()
	}
	r, m := &g.Axes[0], g.Coordinates.Dimension()
	lo, hi := r.Logarithm(r.Faces[0]), r.Logarithm(r.Faces[r.Cells()])
	inside := math.Log1p(-exact.LogSingularCDF(m, lo) - exact.LogSingularCDF(m, -hi))
	for k := range g.Axes[1:] {
		inside += math.Log(g.Share(k + 1))
	}
	return -math.Expm1(inside)
}
