package exact

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
)

// The kernels contain, for each bound state, the probability that ξ ~ e^{−ξ²}/√π lies in the window
// (y−b, y+b), with b > 0 and y ≥ 0,
//
//	g(b,y) = ½ (erf(b+y) + erf(b−y)),    h(b,y) = 1 − g(b,y) = ½ (erfc(b+y) + erfc(b−y)),
//
// The functions below return logarithms of g, h and of a difference of g with full relative
// accuracy, however small.

// logInside returns log g(b,y).
func logInside(b, y float64) float64 {
	if y <= b {
		return math.Log(0.5 * (math.Erf(b+y) + math.Erf(b-y)))
	}
	return logInsideTail(b, y) - (y-b)*(y-b)
}

// logInsideTail returns log( e^{(y−b)²} g(b,y) ) for y > b. A narrow window is integrated, for
// there the two erfc cancel:
//
//	e^{y²} g = (b/√π) ∫_{−1}^{1} e^{−2byξ − b²ξ²} dξ.
func logInsideTail(b, y float64) float64 {
	if b*max(1, y) > 0.25 {
		return math.Log(0.5 * (erfcx(y-b) - math.Exp(-4*b*y)*erfcx(y+b)))
	}
	sum := 0.0
	for i, p := range gauss.X {
		xi := 2*p - 1
		sum += 2 * gauss.W[i] * math.Exp(-b*xi*(2*y+b*xi))
	}
	return b*(b-2*y) + math.Log(b*sum/math.SqrtPi)
}

// logOutside returns log h(b,y).
func logOutside(b, y float64) float64 {
	if y >= b {
		return math.Log(0.5 * (math.Erfc(b+y) + math.Erfc(b-y)))
	}
	return -(b-y)*(b-y) + math.Log(0.5*(erfcx(b-y)+math.Exp(-4*b*y)*erfcx(b+y)))
}

// logInsideDrop returns log( g(b,y) − g(b,y+d) ), y ≥ 0, d > 0. Of the two subtractions for wide
// steps it takes the one whose terms are small.
func logInsideDrop(b, y, d float64) float64 {
	switch {
	case d*(1+y+d+b) < 1:
		return logInsideDropNarrow(b, y, d)
	case y > b || b < 0.5:
		return logDifference(logInside(b, y), logInside(b, y+d))
	default:
		return logDifference(logOutside(b, y+d), logOutside(b, y))
	}
}

// logInsideDropNarrow integrates −∂g/∂y, log( (1/√π) ∫_y^{y+d} e^{−(s−b)²} (1 − e^{−4bs}) ds ),
// over a step on which the exponents vary by O(1).
func logInsideDropNarrow(b, y, d float64) float64 {
	sum := 0.0
	for i, p := range gauss.X {
		s := y + d*p
		sum -= gauss.W[i] * math.Exp(-d*p*(s+y-2*b)) * math.Expm1(-4*b*s)
	}
	return -(y-b)*(y-b) + math.Log(d*sum/math.SqrtPi)
}

// logDifference returns log( e^p − e^q ), q ≤ p.
func logDifference(p, q float64) float64 { return p + math.Log(-math.Expm1(q-p)) }

// erfcx returns e^{x²} erfc(x), x ≥ 0. The rounding of x² is restored, so that the exponential
// keeps its accuracy; beyond 10 it is the asymptotic series (1/(x√π)) Σ_n (−1)^n (2n−1)!!/(2x²)^n,
// summed until it stops changing.
func erfcx(x float64) float64 {
	sq := x * x
	if x < 10 {
		return math.Exp(sq) * (1 + math.FMA(x, x, -sq)) * math.Erfc(x)
	}
	sum, term := 1.0, 1.0
	for n := 1; math.Abs(term) > 1e-17; n++ {
		term *= -float64(2*n-1) / (2 * sq)
		sum += term
	}
	return sum / (x * math.SqrtPi)
}

// gauss is the 12-point Gauss–Legendre rule on [0, 1]: exact to rounding for e^{cx}, |c| ≤ 4.
var gauss = NewUnitRule(12)

// UnitRule is a Gauss–Legendre rule on [0, 1].
type UnitRule struct{ X, W []float64 }

// NewUnitRule is the rule of p points.
func NewUnitRule(p int) UnitRule {
	r := UnitRule{make([]float64, p), make([]float64, p)}
	quad.Legendre{}.FixedLocations(r.X, r.W, 0, 1)
	return r
}
