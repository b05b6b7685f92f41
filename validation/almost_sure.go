package validation

import (
	"fmt"
	"math"

	"fpsgd/solver/ensemble"

	"gonum.org/v1/gonum/floats"
)

var almostSureClaim = Claim{
	Name: "almost-sure",
	Statement: "At a small fixed step f(θ_t)/β^t → 0 along every path, ρ < β < 1, where the " +
		"lemma's hypotheses hold near {f = 0} and at infinity only: from the top between two " +
		"minima, from within a circle of minima, out of a minimum with f > 0.",
	Source: "slide with the theorem on discrete SGD; theory, section 8",
	Run:    inTurn(almostSurePaths, exponentOfParabola, gradientDescentStays),
}

// wells are two minima ±1 on the line and a circle r = 1 of them in the plane. With s = r²
//
//	f_s = ½ (1 − 4/(1+s)²),    |∇f|²/f = 2s (s+3)²/(1+s)³,    f_rr = f_r/r + 16s/(1+s)³:
//
// Λ = 2 for s ≥ 0.155 but 0 at s = 0, C_L = 3, and f = (r−1)² + O((r−1)³).
const wells = "(r^2 - 1)^2 / (2*(1 + r^2))"

// falseWells has the zero 0 and minima with f > 0 at x = −5 sin x, |x| = 4.9; C_L = 6, Λ = 12 at 0
// and, as (|x| − 5)²/(x²/2 + 10) rises to 2, Λ = 1.9 for |x| > 200.
const (
	falseWells  = "x^2/2 + 10*sin(x/2)^2"
	falseBottom = 4.9062951509
)

// smallStep is a case of the theorem. Near {f = 0}, f is ½a times the square of the distance.
type smallStep struct {
	name                  string
	f                     string
	start                 []float64
	curvature             float64 // a
	lipschitz, lambda     float64 // C_L; Λ at infinity, the least of those that there are
	eta, sigma            float64
	beta                  float64
	settled, measured, at int // steps: the exponent is from the first to the second
}

var smallSteps = []smallStep{
	{"two minima", wells, []float64{0.05}, 2, 3, 2, 0.05, 1, 0.95, 100, 200, 250},
	{"a circle of minima", wells, []float64{0.05, 0}, 2, 3, 2, 0.05, 1, 0.95, 100, 200, 250},
	{"minima with f > 0", falseWells, []float64{falseBottom}, 6, 6, 1.9, 0.02, 5, 0.98, 2000, 2100,
		2200},
}

// factor is ρ of the lemma.
func (c smallStep) factor() float64 {
	trace := float64(len(c.start)) * c.sigma
	return 1 - c.lambda*c.eta + c.lipschitz*(c.lambda+trace)/2*c.eta*c.eta
}

// almostSurePaths counts the paths along which f/β^t is not yet small, and compares the mean of
// their exponents with that of the linear recursion near {f = 0},
//
//	log f(θ_{t+1})/f(θ_t) → 2 E log |1 − aη − η√(½aσ) Y|,
//
// where the noise along a curve of minima is of second order. The theorem does not say when f is
// small on all of so many paths: out of the minima with f > 0 it takes a thousand steps.
func almostSurePaths(e *Experiment) {
	const small = 1e-3 // δ
	for k, c := range smallSteps {
		n := e.many(1000)
		s := e.swarmOf(c.f, len(c.start), n, uint64(40+k), sgd(c.eta, c.sigma, ensemble.Gaussian),
			at(c.start...))
		before := s.f()[0]
		s.advance(e, c.settled)
		early := s.f()
		s.advance(e, c.measured-c.settled)
		exponents := make([]float64, n)
		for i, f := range s.f() {
			exponents[i] = math.Log(f/early[i]) / float64(c.measured-c.settled)
		}
		exact := 2 * logarithmicFactor(1-c.curvature*c.eta,
			c.eta*math.Sqrt(c.curvature*c.sigma/2))
		e.compare(c.name+": exponent of f, path by path", sampleMean(exponents), exact,
			"2 E log |1 − aη − η√(½aσ) Y|, by quadrature", byParticles(n))
		s.advance(e, c.at-c.measured)
		bound := small * math.Pow(c.beta, float64(c.at)) * before
		left, values := 0, s.f()
		for _, f := range values {
			if !(f <= bound) {
				left++
			}
		}
		e.Compare(fmt.Sprintf("%s: paths with f > 1e-3 β^t f(θ_0)", c.name), float64(left), 0, 0,
			"none", fmt.Sprintf("of %d paths from θ_0 = %v, t = %d; β = %g, ρ = %.4g; the largest "+
				"f/β^t is %.2g f(θ_0)", n, c.start, c.at, c.beta, c.factor(),
				floats.Max(values)/bound*small))
	}
}

// exponentOfParabola records the exponent on f = x² with more noise than drift. The steps are
// independent there, log f(θ_{t+1})/f(θ_t) = 2 log |1 − 2η − η√σ Y| from the start on, and by the
// law of large numbers the exponent is the mean of that. The theorem is as true of an ε that is 5 %
// larger, and at the small steps above this would change an exponent by 0.014 standard deviations
// of one path's or less.
func exponentOfParabola(e *Experiment) {
	const eta, sigma, steps = 0.4, 1.0, 20
	n := e.many(seeing(0.0764))
	s := e.swarmOf("x^2", 1, n, 45, sgd(eta, sigma, ensemble.Gaussian), at(1))
	s.advance(e, steps)
	exponents := s.each(func(x []float64) float64 { return 2 * math.Log(math.Abs(x[0])) / steps })
	e.compare(fmt.Sprintf("x², η = %g, σ = %g: exponent of f, path by path", eta, sigma),
		sampleMean(exponents), 2*logarithmicFactor(1-2*eta, eta*math.Sqrt(sigma)),
		"2 E log |1 − 2η − η√σ Y|, by quadrature", byParticles(n))
}

// gradientDescentStays records what the noise is needed for: without it a start next to a minimum
// with f > 0 ends there.
func gradientDescentStays(e *Experiment) {
	c := smallSteps[len(smallSteps)-1]
	s := e.swarmOf(c.f, 1, 1, 0, sgd(c.eta, 0, ensemble.Gaussian), at(4.5))
	s.advance(e, c.at)
	e.Compare(c.name+": gradient descent ends at", s.X[0][0], 1e-10, falseBottom,
		"the root of x = −5 sin x next to 5, to ten digits",
		"from 4.5")
}
