package validation

import (
	"fmt"
	"math"

	"fpsgd/solver/ensemble"

	"gonum.org/v1/gonum/stat"
)

var limitDependsOnStartClaim = Claim{
	Name: "limit-depends-on-start",
	Statement: "The limit θ_∞ of discrete and of continuous SGD has a law that depends on the " +
		"start: for a line of minima its mean is the start's coordinate along it, for two minima " +
		"it is at either with the probability that the scale function f^{1/ε} gives.",
	Source: "slide “The limiting point depends on the initial condition”",
	Run:    inTurn(limitsOnALine, limitsInWells),
}

// limitsOnALine records y_∞ for f = ½ax², where y is a martingale: of mean y₀ and variance
//
//	η²σ Σ E f(θ_t) = η²σ f(θ_0)/(1−r),    r = (1−ηa)² + ½aση².
//
// Two starts that differ in y₀ by 1 have laws as far apart.
func limitsOnALine(e *Experiment) {
	const end = 30              // E f has fallen to r^30 = 1e-12 by then
	n := e.many(seeing(0.0145)) // of the variance without the Itô term; 0.033 for ε + 5 %
	for k, y := range []float64{0, 1} {
		q := quadratic{a: []float64{2, 0}, eta: 0.2, sigma: 0.5, start: []float64{1, y}}
		s := q.swarm(e, n, uint64(50+k), ensemble.Gaussian)
		s.advance(e, end)
		name := fmt.Sprintf("f = x², SGD from (1, %g): ", y)
		mean := sampleMean(s.X[1])
		e.compare(name+"mean of y_∞", mean, y, "y₀", byParticles(n),
			fmt.Sprintf("two starts differ by %.0f standard errors", 1/mean.error))
		a := q.a[0]
		r := math.Pow(1-q.eta*a, 2) + a*q.sigma*q.eta*q.eta/2
		e.compare(name+"variance of y_∞", sampleVariance(s.X[1]),
			q.eta*q.eta*q.sigma*q.losses(0)[0]/(1-r), "η²σ f(θ_0)/(1−r)", byParticles(n))
	}
}

// sampleVariance is the variance of samples with the standard error √((μ₄ − μ₂²)/N).
func sampleVariance(samples []float64) integral {
	second, fourth := stat.Moment(2, samples, nil), stat.Moment(4, samples, nil)
	return integral{second, math.Sqrt((fourth - second*second) / float64(len(samples)))}
}

// limitsInWells records the share of paths that end at 1, of the two minima ±1 on the line, for the
// differential equation and for SGD. The scale function is that of the generator's kernel,
// ε (f^{1+1/ε}) (f^{−1/ε} u')' = 0:
//
//	P(θ_∞ = 1) = ∫_{−1}^x f^{1/ε} / ∫_{−1}^1 f^{1/ε}.
//
// That of SGD differs by O(η), which two steps eliminate; what remains is far less than the
// standard error.
func limitsInWells(e *Experiment) {
	const epsilon, eta, end = 0.5, 0.02, 8.0
	scale := func(lo, hi float64) integral {
		return lineIntegral(lo, hi, func(x float64) float64 {
			return math.Pow((x*x-1)*(x*x-1)/(2*(1+x*x)), 1/epsilon)
		})
	}
	const shift = 0.0138 // of the share, by the formula above; of SGD's, extrapolated, less
	n := 5000
	if e.Full {
		n = seeing(shift)
	}
	for k, x := range []float64{-0.25, 0.25} {
		exact := scale(-1, x).over(scale(-1, 1))
		ends := func(seed int, h float64, m ensemble.Method) integral {
			s := e.swarmOf(wells, 1, n, uint64(seed), m, at(x))
			s.advance(e, int(math.Round(end/h)))
			return share(s.X[0], func(v float64) bool { return v > 0 })
		}
		formula := "∫_{−1}^x f^{1/ε} / ∫_{−1}^1 f^{1/ε}"
		path := ends(60+k, eta, ensemble.Method{
			Step: eta, Epsilon: epsilon, Scheme: ensemble.Weak2, Controlled: true,
		})
		e.compare(fmt.Sprintf("two minima, SDE from %g: share at 1", x), path, exact.value,
			formula, byParticles(n)+"; "+visible(n, shift))
		coarse := ends(62+k, eta, sgd(eta, 2*epsilon/eta, ensemble.Gaussian))
		fine := ends(64+k, eta/2, sgd(eta/2, 4*epsilon/eta, ensemble.Gaussian))
		e.compare(fmt.Sprintf("two minima, SGD from %g: share at 1", x),
			integral{2*fine.value - coarse.value, math.Hypot(2*fine.error, coarse.error)},
			exact.value, formula, byParticles(n),
			fmt.Sprintf("%.4f for η = %g, %.4f for half of it; extrapolated", coarse.value, eta,
				fine.value))
	}
}
