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
	// LogDensityPerS returns log( ρ |S^{m−1}| r^m ), the density of s itself: the probability of
	// the shell s₁ < log r < s₂ is its integral over s.
	LogDensityPerS(t, s float64) float64
}

// checkRelease checks the noise level and the age of a solution released at a point or on a shell.
func checkRelease(family string, eps, age float64) error {
	if !(eps > 0) || math.IsInf(eps, 1) {
		return fmt.Errorf("%s: ε = %g; give a positive number", family, eps)
	}
	if !(age > 0) || math.IsInf(age, 1) {
		return fmt.Errorf("%s: age = %g; the solution is singular at age 0, give a positive age",
			family, age)
	}
	return nil
}

// checkRadius checks the radius of the shell on which a radial solution is released.
func checkRadius(family string, source float64) error {
	if !(source > 0) || math.IsInf(source, 1) {
		return fmt.Errorf("%s: source = %g is the radius of the initial shell; give a positive "+
			"number", family, source)
	}
	return nil
}

// distance returns |x − c| without overflow or underflow of squares; a nil c is the origin.
func distance(x, c []float64) float64 {
	r := 0.0
	for i, xi := range x {
		if c != nil {
			xi -= c[i]
		}
		r = math.Hypot(r, xi)
	}
	return r
}
