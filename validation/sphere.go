package validation

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
)

// integral is a number with an estimate of its error.
type integral struct{ value, error float64 }

// over returns a quotient of integrals.
func (a integral) over(b integral) integral {
	v := a.value / b.value
	return integral{v, math.Abs(v) * (a.error/math.Abs(a.value) + b.error/math.Abs(b.value))}
}

// refinement returns the last of values on finer and finer grids, with its change for an error.
func refinement(values ...float64) integral {
	n := len(values) - 1
	return integral{values[n], math.Abs(values[n] - values[n-1])}
}

// scaled returns c times the number.
func (a integral) scaled(c float64) integral { return integral{c * a.value, c * a.error} }

// widened returns the number with more of an error.
func (a integral) widened(by float64) integral { return integral{a.value, a.error + by} }

// worst returns the numbers, and the largest of their errors.
func worst(found []integral) (values []float64, estimate float64) {
	for _, v := range found {
		values, estimate = append(values, v.value), math.Max(estimate, v.error)
	}
	return values, estimate
}

// doubled applies a rule with first, 2·first, … points until it changes by rounding only, or has
// reached last points. The error is that last change, which for a rule of spectral accuracy is far
// above that of the value, and rounding.
func doubled(first, last int, rule func(n int) float64) integral {
	v := rule(first)
	for n := 2 * first; ; n *= 2 {
		next := rule(n)
		change, rounding := math.Abs(next-v), quadratureRounding*math.Abs(next)
		if v = next; change <= rounding || 2*n > last {
			return integral{v, change + rounding}
		}
	}
}

// gauss returns Σ w_i f(x_i), the n-point Gauss–Legendre rule on [lo, hi].
func gauss(n int, lo, hi float64, f func(x float64) float64) float64 {
	return quad.Fixed(f, lo, hi, n, quad.Legendre{}, 0)
}

// lineIntegral returns ∫_lo^hi f dx of an analytic function, by Gauss–Legendre rules.
func lineIntegral(lo, hi float64, f func(x float64) float64) integral {
	return doubled(8, 1024, func(n int) float64 { return gauss(n, lo, hi, f) })
}

// circleIntegral returns ∫_{S¹} f dν of an analytic function by the trapezoidal rule, which
// converges geometrically.
func circleIntegral(f func(x, y float64) float64) integral {
	return doubled(8, 8192, func(n int) float64 {
		sum := 0.0
		for i := range n {
			y, x := math.Sincos(2 * math.Pi * float64(i) / float64(n))
			sum += f(x, y)
		}
		return sum * 2 * math.Pi / float64(n)
	})
}

// sphereIntegral returns ∫_{S²} f dν of an analytic function by the product of the Gauss–Legendre
// rule in z with n points and the trapezoidal rule in the longitude with 2n points, which is exact
// for polynomials of degree 2n−1 and converges geometrically.
func sphereIntegral(f func(x, y, z float64) float64) integral {
	return doubled(8, 512, func(n int) float64 {
		return gauss(n, -1, 1, func(z float64) float64 {
			radius, sum := math.Sqrt((1-z)*(1+z)), 0.0
			for i := range 2 * n {
				y, x := math.Sincos(math.Pi * float64(i) / float64(n))
				sum += f(radius*x, radius*y, z)
			}
			return sum * math.Pi / float64(n)
		})
	})
}
