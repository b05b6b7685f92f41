package exact

import (
	"fmt"
	"math"
)

// Solution is a solution of the equation on R^m, of mass 1.
type Solution interface {
	// Dim returns m.
	Dim() int
	// LogDensity returns log ρ(x,t) per unit volume of R^m, −Inf where ρ = 0; t ≥ 0, len(x) = m.
	LogDensity(t float64, x []float64) float64
	// DeviationNorm returns ‖u−⟨u⟩‖ = (∫ (u−⟨u⟩)² π)^{1/2} at t, with π unnormalised and ⟨u⟩ = 1/Z
	// (0 where Z = ∞); +Inf where u is not in L²(π).
	DeviationNorm(t float64) float64
}

// Radial is a solution that depends on r = |x − c| alone. It is asked at s = log r, since r may not
// be representable.
type Radial interface {
	Solution
	// LogDensityS returns log ρ per unit volume of R^m at r = e^s.
	LogDensityS(t, s float64) float64
}

// release is what the solutions share that start from a point or a shell of R^dim: the landscape,
// the noise level, and the age at time 0.
type release struct {
	f        Quadratic
	eps, age float64
	dim      int
}

// Dim returns the dimension of the space.
func (r release) Dim() int { return r.dim }

// tau returns τ = s (age + t), s being the scale of f.
func (r release) tau(t float64) float64 { return r.f.Scale * (r.age + t) }

// checkRelease checks the noise level and the age of a solution released at a point or on a shell.
func checkRelease(family string, eps, age float64) error {
	if !isPositive(eps) {
		return fmt.Errorf("%s: ε = %g; give a positive number", family, eps)
	}
	if !isPositive(age) {
		return fmt.Errorf("%s: age = %g; the solution is singular at age 0, give a positive age",
			family, age)
	}
	return nil
}

// checkRadius checks the radius of the shell on which a radial solution is released.
func checkRadius(family string, source float64) error {
	if !isPositive(source) {
		return fmt.Errorf("%s: source = %g is the radius of the initial shell; give a positive "+
			"number", family, source)
	}
	return nil
}

// isPositive reports whether a number is positive and finite.
func isPositive(v float64) bool { return v > 0 && v <= math.MaxFloat64 }

// minus returns x_i − c_i; a nil c is the origin.
func minus(x, c []float64, i int) float64 {
	if c == nil {
		return x[i]
	}
	return x[i] - c[i]
}

// distance returns |x − c| without overflow or underflow of squares; a nil c is the origin.
func distance(x, c []float64) float64 {
	r := 0.0
	for i := range x {
		r = math.Hypot(r, minus(x, c, i))
	}
	return r
}
