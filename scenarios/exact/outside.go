package exact

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
)

// MassOutside returns the share of π outside of a domain of R^d, NaN where π is not integrable.
// Under noise that vanishes with f, π = f^{−p}, p = 1 + 1/ε, is a mixture of Gaussians,
//
//	f^{−p} = Γ(p)^{−1} ∫ λ^{p−1} e^{−λf} dλ,    so that    λ ~ Gamma(p − d/2) with rate Floor,
//
// and the share is the mean over λ of outside(λ Scale), that of a Gaussian e^{−λ Scale |x−c|²}. No
// difference of large numbers is formed: small shares keep their relative accuracy, to 1e-12. The
// domain reaches out to reach from the centre at most.
func (f Quadratic) MassOutside(eps float64, d int, reach float64,
	outside func(precision float64) float64) float64 {
	shape := 1 + 1/eps - float64(d)/2
	if f.Floor == 0 || shape <= 0 {
		return math.NaN()
	}
	logGamma, _ := math.Lgamma(shape)
	scale := f.Scale / f.Floor
	density := func(s float64) float64 { // of s = log(λ Floor)
		exponent := shape*s - math.Exp(s) - logGamma
		if exponent < -745 {
			return 0
		}
		return math.Exp(exponent) * outside(math.Exp(s)*scale)
	}
	logReach := math.Log(math.Min(math.Max(reach, 1e-150), 1e150))
	// below it all of the Gaussian lies outside, to 1e-16 on a line
	low := math.Min(0, -2*logReach-math.Log(scale)) - 80
	high := math.Log(shape + 40*math.Sqrt(shape) + 800)
	below := math.Exp(shape*low - logGamma - math.Log(shape)) // ∫_{−∞}^low e^{shape s} ds/Γ
	return below + panels(density, low, high, math.Min(0.5, 1/math.Sqrt(shape)))
}

// panels integrates a smooth function over [a, b] by 16 Gauss points on panels of about the given
// width.
func panels(f func(float64) float64, a, b, width float64) float64 {
	n := int(math.Ceil((b - a) / width))
	sum := 0.0
	for i := range n {
		lo, hi := a+(b-a)*float64(i)/float64(n), a+(b-a)*float64(i+1)/float64(n)
		sum += quad.Fixed(f, lo, hi, 16, quad.Legendre{}, 1)
	}
	return sum
}
