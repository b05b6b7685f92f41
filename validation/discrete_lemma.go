package validation

import (
	"fmt"
	"math"

	"fpsgd/solver/ensemble"

	"gonum.org/v1/gonum/floats"
)

var discreteLemmaClaim = Claim{
	Name: "discrete-lemma",
	Statement: "If Λf ≤ |∇f|², ∇f is C_L-Lipschitz and the covariance of the gradient noise is " +
		"σfI, then E f(θ_t) ≤ ρ^t E f(θ_0) with ρ = 1 − Λη + ½C_L(Λ+mσ)η² for η ≤ 2/C_L, and " +
		"E|θ_t − θ_∞|² ≤ Cρ^t; the talk's last coefficient C_L(1+σ)/(2Λ) is no bound.",
	Source: "slide with the lemma on discrete SGD; theory, section 8",
	Run:    inTurn(lemmaAttained, lemmaBounds, lemmaBeyond, lemmaDistances),
}

// quadratic is f = ½ Σ a_k x_k² in R^m, on which SGD has a closed recursion: with Y of mean 0 and
// covariance I, whatever its law, the second moments s_k = E x_k² go by
//
//	s_k ← (1 − ηa_k)² s_k + η²σ E f,    E f = ½ Σ a_k s_k.
//
// It fulfils the lemma's hypotheses with C_L = max a_k and Λ = 2 min a_k over the a_k > 0: where
// some are 0 the minima are a linear space.
type quadratic struct {
	a          []float64
	eta, sigma float64
	start      []float64 // a point
}

func (q quadratic) name() string {
	return fmt.Sprintf("a = %v, σ = %g, η = %.4g", q.a, q.sigma, q.eta)
}

// formula writes f.
func (q quadratic) formula() string {
	f := ""
	for k, x := range []string{"x", "y", "z"}[:len(q.a)] {
		if k > 0 {
			f += " + "
		}
		f += fmt.Sprintf("%g*%s^2", q.a[k]/2, x)
	}
	return f
}

// constants are Λ, C_L and the trace mσ.
func (q quadratic) constants() (lambda, lipschitz, trace float64) {
	lambda = math.Inf(1)
	for _, a := range q.a {
		if a > 0 {
			lambda = math.Min(lambda, 2*a)
		}
	}
	return lambda, floats.Max(q.a), float64(len(q.a)) * q.sigma
}

// factor is the lemma's ρ.
func (q quadratic) factor() float64 {
	lambda, lipschitz, trace := q.constants()
	return 1 - lambda*q.eta + lipschitz*(lambda+trace)/2*q.eta*q.eta
}

// slideFactor is the talk's, whose σ bounds the trace.
func (q quadratic) slideFactor() float64 {
	lambda, lipschitz, trace := q.constants()
	return 1 - lambda*q.eta + lipschitz*(1+trace)/(2*lambda)*q.eta*q.eta
}

// threshold is the η at which ρ is 1 again.
func (q quadratic) threshold() float64 {
	lambda, lipschitz, trace := q.constants()
	return 2 * lambda / (lipschitz * (lambda + trace))
}

// losses returns E f(θ_t), t = 0, …, steps, by the recursion.
func (q quadratic) losses(steps int) []float64 {
	return q.recursion(q.a, q.eta*q.eta*q.sigma, steps)
}

// lossesOf returns them for what moves particles: its gradient is linear and so known from the unit
// vectors, its noise has the covariance 2εη f.
func (e *Experiment) lossesOf(q quadratic, steps int) []float64 {
	n := len(q.a)
	m := e.on(inSpace(q.formula(), n), sgd(q.eta, q.sigma, ensemble.Gaussian))
	units, gradient, slopes := make([][]float64, n), make([][]float64, n), make([]float64, n)
	for k := range n {
		units[k], gradient[k] = make([]float64, n), make([]float64, n)
		units[k][k] = 1
	}
	m.Field(make([]float64, n), gradient, nil, units)
	for k := range slopes {
		slopes[k] = gradient[k][k]
	}
	return q.recursion(slopes, 2*m.Epsilon*m.Step, steps)
}

// recursion is E f where the drift has the slopes g, s_k ← (1 − ηg_k)² s_k + noise·E f.
func (q quadratic) recursion(g []float64, noise float64, steps int) []float64 {
	s := floats.MulTo(make([]float64, len(q.a)), q.start, q.start)
	out := []float64{floats.Dot(q.a, s) / 2}
	for t := range steps {
		for k := range s {
			s[k] = (1-q.eta*g[k])*(1-q.eta*g[k])*s[k] + noise*out[t]
		}
		out = append(out, floats.Dot(q.a, s)/2)
	}
	return out
}

// swarm are n particles of SGD on f.
func (q quadratic) swarm(e *Experiment, n int, seed uint64, law ensemble.Law) *swarm {
	return e.swarmOf(q.formula(), len(q.a), n, seed, sgd(q.eta, q.sigma, law), at(q.start...))
}

// trusted is the relative error up to which a mean of samples is one: where rare paths carry all of
// the mean, as for many steps near the threshold, its own standard error misses them.
const trusted = 0.05

// compareLoss records E f after a few steps by particles.
func (e *Experiment) compareLoss(q quadratic, n, steps int, seed uint64, law ensemble.Law) {
	s := q.swarm(e, n, seed, law)
	s.advance(e, steps)
	mean := sampleMean(s.f())
	if mean.error > trusted*mean.value {
		check(fmt.Errorf("the mean of f after %d steps has the relative error %.2g", steps,
			mean.error/mean.value))
	}
	e.compare(fmt.Sprintf("%s, %v: E f(θ_t), t = %d", q.name(), law, steps), mean,
		q.losses(steps)[steps], "the recursion of second moments", byParticles(n))
}

// single is the line, where the lemma's factor is attained: C_L = a, Λ = 2a and
// E f(θ_{t+1}) = ((1−ηa)² + ½aση²) E f(θ_t) = ρ E f(θ_t). The talk's factor is 0.215 here.
var single = quadratic{a: []float64{2}, eta: 0.2, sigma: 0.5, start: []float64{1}}

// lemmaAttained records one step on the line, beside the talk's factor.
func lemmaAttained(e *Experiment) {
	n := e.many(seeing(0.00566))
	s := single.swarm(e, n, 1, ensemble.Gaussian)
	s.advance(e, 1)
	factor := sampleMean(s.f()) // f is 1 at the start
	e.compare(single.name()+": E f(θ_1)/f(θ_0)", factor, single.factor(),
		"1 − Λη + ½C_L(Λ+σ)η², attained", byParticles(n))
	slide := single.slideFactor()
	e.compare(single.name()+": that over the slide's factor", factor.scaled(1/slide),
		single.factor()/slide, fmt.Sprintf("0.38/%.4g > 1: the slide's is no bound", slide))
}

// lemmaBounds records, for forms whose curvatures differ, that the recursion stays below the bound
// and that particles follow the recursion. The excess would be the largest E f(θ_t)/(ρ^t f(θ_0)),
// less 1: an ε that is larger has one where the bound is attained, as by equal curvatures, and
// none elsewhere, where it is the particles that tell.
func lemmaBounds(e *Experiment) {
	const steps = 60
	for k, c := range []struct {
		quadratic
		shift float64
	}{
		{quadratic{a: []float64{1, 4}, eta: 0.1, sigma: 0.5, start: []float64{1, 1}}, 0.0087},
		{quadratic{a: []float64{1, 2, 3}, eta: 0.2, sigma: 0.3, start: []float64{2, -1, 1}},
			0.0152},
		{quadratic{a: []float64{3, 3}, eta: 0.1, sigma: 1, start: []float64{1, -1}}, 0.0155},
		{quadratic{a: []float64{2, 0}, eta: 0.2, sigma: 0.5, start: []float64{1, 0}}, 0.0098},
	} {
		q := c.quadratic
		losses, excess, last := e.lossesOf(q, steps), 0.0, 0.0
		for t, f := range losses {
			last = f / (math.Pow(q.factor(), float64(t)) * losses[0])
			excess = math.Max(excess, last-1)
		}
		e.Compare(q.name()+": excess of E f over the bound", excess, steps*quadratureRounding, 0,
			"E f(θ_t) ≤ ρ^t f(θ_0)", fmt.Sprintf("t up to %d; ρ = %.4g; at the end E f is %.3g "+
				"of the bound", steps, q.factor(), last))
		for j, law := range []ensemble.Law{ensemble.Gaussian, ensemble.Rademacher} {
			e.compareLoss(q, e.many(seeing(c.shift)), 4, uint64(10+2*k+j), law)
		}
	}
}

// lemmaBeyond records a step beyond the threshold: E f grows by the recursion without bound, though
// almost every path converges. The exponent of a path is
//
//	E log |1 − aη − η√(½aσ) Y|
//
// a step, for log |θ|; of E f it is log ρ.
func lemmaBeyond(e *Experiment) {
	q := quadratic{a: []float64{2}, sigma: 2, start: []float64{1}}
	q.eta = 1.1 * q.threshold()
	const steps = 400
	losses := e.lossesOf(q, steps)
	e.Compare(q.name()+": growth of log E f a step", math.Log(losses[steps]/losses[0])/steps,
		quadratureRounding, math.Log(q.factor()), "log ρ > 0",
		fmt.Sprintf("η = 1.1·2Λ/(C_L(Λ+σ)); E f(θ_400) = %.3g", losses[steps]))
	e.compareLoss(q, e.many(50_000), 2, 20, ensemble.Gaussian)

	n, at := e.many(2000), 100
	s := q.swarm(e, n, 21, ensemble.Gaussian)
	s.advance(e, at)
	exponents := s.each(func(x []float64) float64 { return math.Log(math.Abs(x[0])) / float64(at) })
	e.compare(q.name()+": growth of log |θ| a step, path by path", sampleMean(exponents),
		logarithmicFactor(1-q.a[0]*q.eta, q.eta*math.Sqrt(q.a[0]*q.sigma/2)),
		"E log |1 − aη − η√(½aσ) Y| < 0, by quadrature", byParticles(n))
}

// logarithmicFactor is E log |b + cY| of a standard normal Y. With b + cY = c(Y − y₀) the
// logarithm's singularity is at y₀: both sides are integrated in v, Y = y₀ ± v², where it is weak,
// by rules in panels.
func logarithmicFactor(b, c float64) float64 {
	const panels, points, tail = 64, 16, 10 // standard deviations
	origin, sum := -b/c, 0.0
	end := math.Sqrt(math.Abs(origin) + tail)
	for side := -1.0; side <= 1; side += 2 {
		for k := range panels {
			lo := end * float64(k) / panels
			sum += gauss(points, lo, lo+end/panels, func(v float64) float64 {
				y := origin + side*v*v
				return 2 * v * 2 * math.Log(v) * math.Exp(-y*y/2) / math.Sqrt(2*math.Pi)
			})
		}
	}
	return math.Log(math.Abs(c)) + sum
}

// lemmaDistances records E|θ_t − θ_∞|² on f = ½ax² in the plane, where the minima are a line. With
// the factor r of E f, attained as in single, what y still moves after t is η²σ Σ_{s≥t} E f(θ_s):
//
//	E|θ_t − θ_∞|² = (2/a + η²σ/(1−r)) r^t f(θ_0) ≤ C ρ^t,
//
// C = η²(2C_L+mσ) f(θ_0)/(1−√ρ)² of the lemma, whose trace mσ counts both components.
func lemmaDistances(e *Experiment) {
	const t, end = 3, 30 // E f has fallen to r^30 = 1e-12 by then
	q := quadratic{a: []float64{2, 0}, eta: 0.2, sigma: 0.5, start: []float64{1, 0}}
	n := e.many(seeing(0.0107))
	s := q.swarm(e, n, 30, ensemble.Gaussian)
	s.advance(e, t)
	early := [][]float64{append([]float64(nil), s.X[0]...), append([]float64(nil), s.X[1]...)}
	s.advance(e, end-t)
	squares := make([]float64, n)
	for i := range squares {
		squares[i] = math.Pow(early[0][i]-s.X[0][i], 2) + math.Pow(early[1][i]-s.X[1][i], 2)
	}
	found, a := sampleMean(squares), q.a[0]
	r := math.Pow(1-q.eta*a, 2) + a*q.sigma*q.eta*q.eta/2
	exact := func(t float64) float64 {
		return (2/a + q.eta*q.eta*q.sigma/(1-r)) * math.Pow(r, t) * q.losses(0)[0]
	}
	e.compare(fmt.Sprintf("%s: E|θ_t − θ_∞|², t = %d", q.name(), t), found, exact(t),
		"(2/a + η²σ/(1−r)) r^t f(θ_0)", byParticles(n))
	_, lipschitz, trace := q.constants()
	c := q.eta * q.eta * (2*lipschitz + trace) * q.losses(0)[0] /
		math.Pow(1-math.Sqrt(q.factor()), 2)
	excess := math.Max(0, found.value/(c*math.Pow(q.factor(), t))-1)
	e.Compare(q.name()+": excess of E|θ_t − θ_∞|² over the bound", excess,
		found.error/found.value, 0, "C ρ^t, C = η²(2C_L+mσ) f(θ_0)/(1−√ρ)²",
		fmt.Sprintf("C = %.4g, ρ = %.4g; it is %.3g of the bound", c, q.factor(),
			found.value/(c*math.Pow(q.factor(), t))))
}
