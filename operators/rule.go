package operators

import (
	"math"
	"sync"

	"fpsgd/operators/elementary"

	"gonum.org/v1/gonum/integrate/quad"
)

// rule is a Gauss–Legendre rule on [−1, 1], with what is needed to interpolate from its points and
// to judge the smoothness of a sampled function.
type rule struct {
	x, w []float64    // points and weights, Σw = 2
	bary []float64    // barycentric weights of the points
	top  [2][]float64 // top[0], top[1] map samples to the Legendre modes of degree p−1 and p−2

	// curvature maps samples to the coefficient of x² in their Legendre mode of degree 2; none if
	// p < 3, whose points are its zeros.
	curvature    []float64
	oddFactorial []float64 // (2n−1)!! for n ≤ 2p

	ends [2][]float64 // the interpolation's coefficients at ∓nearEnd
}

// nearEnd is where a function is compared with its interpolant beyond the outermost points of a
// rule: at ±1 it may be singular.
const nearEnd = 1 - 1e-6

func newRule(p int) *rule {
	r := &rule{x: make([]float64, p), w: make([]float64, p), bary: make([]float64, p)}
	quad.Legendre{}.FixedLocations(r.x, r.w, -1, 1)
	for a := range r.x { // symmetric to the bit
		b := p - 1 - a
		if a <= b {
			x, w := (r.x[a]-r.x[b])/2, (r.w[a]+r.w[b])/2
			r.x[a], r.x[b], r.w[a], r.w[b] = x, -x, w, w
		}
	}
	for a := range r.x {
		r.bary[a] = 1
		for b := range r.x {
			if a != b {
				r.bary[a] /= r.x[a] - r.x[b]
			}
		}
	}
	if p > 2 {
		r.curvature = r.mode(2, 1.5*2.5)
	}
	r.oddFactorial = []float64{1}
	for n := 1; n <= 2*p; n++ {
		r.oddFactorial = append(r.oddFactorial, r.oddFactorial[n-1]*float64(2*n-1))
	}
	for side, x := range [2]float64{-nearEnd, nearEnd} {
		r.ends[side] = make([]float64, p)
		r.interpolate(r.ends[side], x)
	}
	for m := range r.top {
		r.top[m] = r.mode(p-1-m, float64(p-1-m)+0.5)
	}
	return r
}

// mode returns the coefficients by which samples give ∫ P_n f times a factor.
func (r *rule) mode(n int, factor float64) []float64 {
	out := make([]float64, len(r.x))
	for a, x := range r.x {
		out[a] = factor * r.w[a] * legendre(n, x)
	}
	return out
}

// legendre returns P_n(x).
func legendre(n int, x float64) float64 {
	p, q := 1.0, 0.0
	for k := 1; k <= n; k++ {
		p, q = (float64(2*k-1)*x*p-float64(k-1)*q)/float64(k), p
	}
	return p
}

// at stores the rule's points on an interval [lo, hi].
func (r *rule) at(dst []float64, lo, hi float64) {
	half := (hi - lo) / 2
	for a, x := range r.x {
		dst[a] = lo + half*(1+x)
	}
}

// weights stores the weights of the points on an interval [lo, hi].
func (r *rule) weights(dst []float64, lo, hi float64) {
	half := (hi - lo) / 2
	for a, w := range r.w {
		dst[a] = w * half
	}
}

// interpolate stores the coefficients by which the samples give the interpolating polynomial's
// value at x: Lagrange's polynomials, each a product over the points before its own and one over
// those after.
func (r *rule) interpolate(coef []float64, x float64) {
	product := 1.0
	for a, xa := range r.x {
		coef[a] = r.bary[a] * product
		product *= x - xa
	}
	product = 1
	for a := len(r.x) - 1; a >= 0; a-- {
		coef[a] *= product
		product *= x - r.x[a]
	}
}

// aliasing estimates the relative error of the rule's integral of e^g, of which marginal holds the
// samples and logMean those of g, from their highest Legendre modes. For g linear with slope δ the
// modes of e^g are a_n = δⁿ/(2n−1)!! if δ < n, and the error is a_{2p}; for a steeper one it is
// evaluated. The modes b_n of a curved g decay like a power ρ^{−n}, and spoil the integral by about
// b_{2p} = ρ^{−2p}. Of a quadratic g, as at a peak, there are no such modes, and those of e^g decay
// far more slowly than a linear one's: the error of its e^{δx + cx²} is evaluated. Bounds below
// enough, or below rounding, stand for the estimates.
func (r *rule) aliasing(marginal, logMean []float64, enough float64) float64 {
	p := len(r.x)
	mean, slope, estimate := 0.0, 0.0, 0.0
	w, x := r.w[:p], r.x[:p]
	for a, m := range marginal[:p] {
		mean += w[a] * m / 2
		slope += 1.5 * w[a] * x[a] * logMean[a]
	}
	if steep := math.Abs(slope); !(steep <= float64(p)/2) {
		estimate = r.exponentialError(steep)
	}
	if c := dot(r.curvature, logMean); math.Abs(c) > flat {
		if bound := r.quadraticBound(slope, c); bound < max(enough, negligible) {
			estimate = max(estimate, bound)
		} else {
			estimate = max(estimate, r.quadraticError(slope, c))
		}
	}
	scale, last := 1/mean, r.oddFactorial[2*p]
	for degree := max(p-2, 1); degree < p; degree++ {
		top := r.top[p-1-degree]
		a, b := math.Abs(dot(top, marginal))*scale*r.oddFactorial[degree], 0.0
		if degree > 1 {
			b = math.Abs(dot(top, logMean))
		}
		bound := powerBound(a, 2*p, degree)/last + powerBound(b, 2*p, degree)
		switch {
		case bound < estimate:
		case bound < enough:
			estimate = bound
		default:
			estimate = max(estimate,
				rationalPower(a, 2*p, degree)/last+rationalPower(b, 2*p, degree))
		}
	}
	return estimate
}

// seenDifference is a difference at the ends that is none, but of an interpolant, and rounded what
// the rounding of a function leaves, relative to it, in its modes and in its interpolant at the
// ends.
const (
	seenDifference = 1e-6
	rounded        = 1e-14
)

// beyondEnds estimates the error of the rule's integral of e^g, relative to its value, due to what
// happens between an end and the point nearest to it, from g at the points and at ∓nearEnd: a kink
// there changes g by what it differs from its interpolant, on half of the way at most.
func (r *rule) beyondEnds(g []float64, atEnds [2]float64, logIntegral float64) (
	relative float64, kinked bool) {

	for side, coef := range r.ends {
		off := math.Abs(atEnds[side] - dot(coef, g))
		if off <= seenDifference+10*rounded*math.Abs(atEnds[side]) || !(off < math.Inf(1)) {
			continue
		}
		kinked = true
		gap := 1 + r.x[0]
		relative = math.Max(relative, gap/2*math.Exp(atEnds[side]-logIntegral)*min(off, 1))
	}
	return relative, kinked
}

// highest returns the greater of the two highest Legendre modes of a function.
func (r *rule) highest(samples []float64) float64 {
	return math.Max(math.Abs(dot(r.top[0], samples)), math.Abs(dot(r.top[1], samples)))
}

// flat is the coefficient of x² up to which the modes of e^g tell enough of it.
const flat = 0.05

// parabola and steepParabola are the rules with which quadraticError compares: the first is exact
// to rounding where e^{δx + cx²} changes by up to e³ each way, the second for all parabolas that
// other rules can be right on.
var (
	parabola      = sync.OnceValue(func() *rule { return newRule(16) })
	steepParabola = sync.OnceValue(func() *rule { return newRule(steepPoints) })
)

const steepPoints = 48 // no other rule has more

// negligible is the error of a rule that is below rounding.
const negligible = 1e-15

// quadraticBound bounds the relative error of the rule's integral of e^{δx + cx²}, which is
// 2e^{c/3} or more. On the ellipse |x + √(x²−1)| = ρ around [−1, 1], of half-axis a = (ρ + 1/ρ)/2,
// that is at most M = e^{|δ|a + |c|a²}, and the error of p points 64/15 M ρ^{−2p}/(1 − ρ^{−2})
// (Rabinowitz 1969; Trefethen 2013, theorem 19.3); ρ is near the best where |δ|ρ + |c|ρ² = 4p. It
// is ∞ for ρ < 2.
func (r *rule) quadraticBound(delta, c float64) float64 {
	p := float64(len(r.x))
	delta, c = math.Abs(delta), math.Abs(c)
	rho := (math.Sqrt(delta*delta+16*p*c) - delta) / (2 * c)
	if !(rho >= 2) {
		return math.Inf(1)
	}
	a, outer := (rho+1/rho)/2, 1.0 // outer: ρ^{2p}
	for range r.x {
		outer *= rho * rho
	}
	bound := []float64{(delta+c*a)*a + c/3}
	elementary.Exp(bound, bound, 1, 0)
	return 32. / 15 * bound[0] / (outer - outer/(rho*rho))
}

// quadraticError returns the relative error of the rule's integral of e^{δx + cx²}.
func (r *rule) quadraticError(delta, c float64) float64 {
	at := 1.0 // where δx + cx² is largest, x ≥ 0 for δ ≥ 0
	if c < 0 {
		at = min(1, -math.Abs(delta)/(2*c))
	}
	top := (math.Abs(delta) + c*at) * at
	integral := func(r *rule) float64 {
		var values [steepPoints]float64
		e := values[:len(r.x)]
		for a, x := range r.x {
			e[a] = (delta + c*x) * x
		}
		elementary.Exp(e, e, 1, -top)
		return dot(r.w, e)
	}
	reference := parabola
	if math.Abs(delta)+math.Abs(c) > 3 {
		reference = steepParabola
	}
	return math.Abs(integral(r)/integral(reference()) - 1)
}

// rationalPower returns x^{m/n}, x ≥ 0: by products where m/n is whole, and a root where it is half
// an odd number.
func rationalPower(x float64, m, n int) float64 {
	if 2*m%n != 0 {
		out := []float64{x}
		elementary.Log(out, out)
		elementary.Exp(out, out, float64(m)/float64(n), 0)
		return out[0]
	}
	out := 1.0
	for range m / n {
		out *= x
	}
	if m%n != 0 {
		out *= math.Sqrt(x)
	}
	return out
}

// powerBound bounds x^{m/n}, m ≥ n, from above without a logarithm, by 2^{0.0861 (m/n + 1)} times
// its value at most, but for values that are not normal numbers; by ∞ unless x < 1. The bits of
// x = 2^e (1 + f), 0 ≤ f < 1, are 2^52 (1023 + e + f), and log₂ x − 0.0861 ≤ e + f ≤ log₂ x.
func powerBound(x float64, m, n int) float64 {
	if !(x < 1) {
		return math.Inf(1)
	}
	const one, excess = 1023 << 52, 0.0861 * (1 << 52)
	bits := one + float64(m)/float64(n)*(float64(math.Float64bits(x))-one+excess)
	return math.Float64frombits(uint64(max(bits, 0)))
}

// exponentialError returns the relative error of the rule's integral of e^{δx}, 2 sinh(δ)/δ, δ > 0.
func (r *rule) exponentialError(delta float64) float64 {
	var values [steepPoints]float64
	e := values[:len(r.x)]
	elementary.Exp(e, r.x, delta, -delta)
	return math.Abs(-dot(r.w, e)*delta/math.Expm1(-2*delta) - 1)
}
