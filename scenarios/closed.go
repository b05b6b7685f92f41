package scenarios

import (
	"errors"
	"fmt"
	"math"

	"fpsgd/mesh"
	"fpsgd/scenarios/exact"
)

// Known is what is known in closed form about an equation on the whole space, or proven; NaN and
// nil stand for unknown.
type Known struct {
	Form       string // the landscape in its normal form, "" if none is recognised
	Integrable *bool  // whether π is
	LogZ       float64
	Rate       float64 // spectral gap over the functions that the coordinates contain
	RateSpace  float64 // spectral gap over all functions
	Kind       string  // how Rate is reached, an exact.Kind; "" if unknown
	// Continuum is where the essential spectrum begins, a rate that no gap of the whole space is
	// above; NaN if it is not known, or not needed as Rate is.
	Continuum float64
	Reason    string // the formula behind Rate, for people
}

func unknown() Known {
	return Known{LogZ: math.NaN(), Rate: math.NaN(), RateSpace: math.NaN(), Continuum: math.NaN()}
}

// form is a landscape with closed forms.
type form interface {
	// known returns the constants for a noise and a coordinate system; angular is the mode
	// of a radial grid.
	known(n Noise, c mesh.Coordinates, angular int) Known
	// solution returns the solution with ρ₀ ∝ π(1 + b·x)², or, without b, the one that starts from
	// a point or shell an age ago.
	solution(n Noise, c mesh.Coordinates, in Exact) (exact.Solution, error)
	// outside returns the share of π outside of a grid, NaN where it is not known.
	outside(n Noise, g *mesh.Grid) float64
}

// quadraticForm is f = floor + scale |θ − c|².
type quadraticForm struct{ f exact.Quadratic }

func (q *quadraticForm) known(n Noise, c mesh.Coordinates, angular int) Known {
	k, d, eps := unknown(), c.Dimension(), n.Epsilon()
	k.Form = quadraticText(q.f)
	gap := q.f.Gap
	if isHomogeneous(n) {
		gap = q.f.HomogeneousGap
	}
	var modes []int // that the coordinates contain; none means all
	if mesh.Radial(c) {
		modes = []int{angular}
	}
	own, err := gap(eps, d, modes...)
	if err != nil {
		return k
	}
	space, _ := gap(eps, d)
	if isHomogeneous(n) {
		k.Integrable, k.LogZ = new(true), q.f.HomogeneousLogZ(eps, d)
		k.Reason = "Ornstein–Uhlenbeck process: rate 2·scale·n for Hermite polynomials of degree n"
	} else {
		k.Integrable = new(q.f.Floor > 0 && exact.Integrable(eps, d))
		if *k.Integrable {
			k.LogZ = q.f.LogZ(eps, d)
		}
		k.Reason = poincareReason(own, d)
	}
	k.Rate, k.RateSpace, k.Kind = own.Rate(eps), space.Rate(eps), string(own.Kind)
	return k
}

// poincareReason names the formula of a Poincaré–Hardy constant.
func poincareReason(g exact.Gap, d int) string {
	switch g.Kind {
	case exact.Attained:
		return fmt.Sprintf("rate = ε Λ·scale, Λ = λ_{%d,%d} attained by a polynomial of degree %d",
			g.L, g.K, g.L+2*g.K)
	case exact.Edge:
		return "rate = ε Λ·scale, Λ = (d−2−2/ε)²/4 + l(l+d−2), the edge of the essential " +
			"spectrum: not attained"
	case exact.Hardy:
		return "π is not integrable; rate = ε Λ·scale with the Hardy constant Λ = (d−2−2/ε)²/4, " +
			"no mean subtracted, mass escapes"
	}
	return fmt.Sprintf("1 + 1/ε = %d/2 is the critical noise: no spectral gap, the decay is "+
		"slower than any exponential", d)
}

func (q *quadraticForm) solution(n Noise, c mesh.Coordinates, in Exact) (exact.Solution, error) {
	d, eps := c.Dimension(), n.Epsilon()
	switch {
	case in.B != nil:
		return q.polynomial(n, c, in.B)
	case isHomogeneous(n) && mesh.Cartesian(c):
		x := make([]float64, d)
		x[0] = in.Source
		return exact.NewOrnsteinUhlenbeck(eps, q.f, x, in.Age)
	case isHomogeneous(n):
		return nil, errors.New(
			"the Ornstein–Uhlenbeck kernel starts from a point: use cartesian coordinates")
	case q.f.Floor == 0:
		return exact.NewGBM(eps, q.inSpace(c), d, in.Source, in.Age)
	case d == 1 && mesh.Radial(c):
		return nil, errors.New(
			"the Student kernel on the line is not even: use cartesian coordinates")
	case d == 1:
		return exact.NewStudent1D(eps, q.f, in.Source, in.Age)
	case d == 3:
		return exact.NewStudentRadial3D(eps, q.inSpace(c), in.Source, in.Age)
	}
	return nil, fmt.Errorf("no transition density is known in closed form for %s in dimension "+
		"%d; use dimension 1 or 3, or b", quadraticText(q.f), d)
}

// inSpace returns f with its centre in R^m, where coordinates with a symmetry have fewer
// components.
func (q *quadraticForm) inSpace(c mesh.Coordinates) exact.Quadratic {
	f := q.f
	if f.Center != nil {
		f.Center = make([]float64, c.Dimension())
		mesh.Embed(f.Center, c, q.f.Center)
	}
	return f
}

func (q *quadraticForm) polynomial(n Noise, c mesh.Coordinates, b []float64) (
	exact.Solution, error) {
	if isHomogeneous(n) {
		return nil, errors.New(
			"the polynomial family belongs to noise.model = \"ml\"; use source and age")
	}
	if d := c.Dimension(); len(b) != d || len(c.Components()) != d || mesh.Radial(c) {
		return nil, fmt.Errorf("the polynomial family needs coordinates that contain b·x: b has "+
			"%d numbers, the space dimension %d (use cartesian, polar or spherical coordinates)",
			len(b), c.Dimension())
	}
	return exact.NewPolynomial(n.Epsilon(), q.f, b)
}

// logSingularForm is f = |θ|²(1 + log²|θ|), or the pair built from it, which has closed forms at
// 1 + 1/ε = m/2.
type logSingularForm struct{ pair bool }

func (l *logSingularForm) known(n Noise, c mesh.Coordinates, angular int) Known {
	k, m, eps := unknown(), c.Dimension(), n.Epsilon()
	k.Form = "|θ|² (1 + log²|θ|)"
	if l.pair {
		k.Form = "a pair of log-singular minima"
	}
	if isHomogeneous(n) || m < 3 || math.Abs(eps/exact.LogSingularEpsilon(m)-1) > 1e-12 {
		return k
	}
	k.Integrable, k.LogZ = new(true), exact.LogSingularLogZ(m)
	if l.pair {
		// next to either minimum and far out f is that of one, with its edge
		k.Continuum = eps * float64((m-1)*(m-1)) / 4
	}
	if l.pair || angular != 0 {
		return k
	}
	g := exact.LogSingularGap(m)
	k.Rate, k.RateSpace, k.Kind = g.Rate(eps), g.Rate(eps), string(g.Kind)
	k.Reason = "in s = log r this is the 1-D Hardy–Poincaré problem with 1/ε = m/2 − 1: Λ = m − " +
		"2 attained by s for m ≥ 4, the edge 1 for m = 3"
	return k
}

func (l *logSingularForm) solution(n Noise, c mesh.Coordinates, in Exact) (exact.Solution, error) {
	switch {
	case in.B != nil:
		return nil, errors.New(
			"the polynomial family belongs to f = floor + scale|θ − c|²; use source and age")
	case l.pair || isHomogeneous(n):
		return nil, errors.New("no transition density is known in closed form for this " +
			"landscape and noise; use builtin = \"log-singular\" with noise.model = \"ml\"")
	}
	return exact.NewLogSingular(n.Epsilon(), c.Dimension(), in.Source, in.Age)
}

// vanishingForm is a loss without a minimiser that falls to 0 at infinity: under either noise π
// does not fall there, and is not integrable.
type vanishingForm struct{}

func (vanishingForm) known(Noise, mesh.Coordinates, int) Known {
	k := unknown()
	k.Integrable = new(false)
	return k
}

func (vanishingForm) solution(Noise, mesh.Coordinates, Exact) (exact.Solution, error) {
	return nil, errors.New("no solution is known in closed form for a loss without a minimiser")
}

func (vanishingForm) outside(Noise, *mesh.Grid) float64 { return math.NaN() }
