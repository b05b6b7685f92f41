package exact

import (
	"cmp"
	"fmt"
	"math"

	"fpsgd/mesh"

	"gonum.org/v1/gonum/mathext"
)

// The log-singular minimum f = r²(1 + log² r) in R^m at the critical noise 1 + 1/ε = m/2 has π
// r^m = (1+s²)^{−m/2}, s = log r: its radial problem is that of 1 + s² on the line, with the same
// ε.

// LogSingularEpsilon returns the critical noise ε = 2/(m−2), m ≥ 3.
func LogSingularEpsilon(m int) float64 { return 2 / float64(m-2) }

// LogSingularLogZ returns log Z, Z = |S^{m−1}| √π Γ((m−1)/2)/Γ(m/2), m ≥ 3. A pair of such minima,
// f^{−m/2} = p φ₁^{−m/2} + (1−p) φ₂^{−m/2}, has the same Z.
func LogSingularLogZ(m int) float64 {
	return mesh.LogSphere(m) + logStudentZ(LogSingularEpsilon(m), 1)
}

// LogSingularGap returns the radial constant, m ≥ 3: for m = 3 the edge 1, for m ≥ 4 m − 2,
// attained by u = log r. Angular modes are confined and lie above it. The rate εΛ is 2 for every m.
func LogSingularGap(m int) Gap {
	g := modeGap(LogSingularEpsilon(m), 1, 1)
	if g.L = 0; g.Kind == Attained {
		g.K = 1
	}
	return g
}

// LogSingularCDF returns the share of π in log r < s, ∫_{−∞}^s (1+σ²)^{−m/2} dσ over the whole
// integral, m ≥ 3; for m = 3 it is ½(1 + s/√(1+s²)). Small values keep their relative accuracy.
func LogSingularCDF(m int, s float64) float64 {
	tail := LogSingularMassOutside(m, math.Abs(s)) / 2
	if s < 0 {
		return tail
	}
	return 1 - tail
}

// LogSingularMassOutside returns the share of π in |log r| > S ≥ 0, half of it at either end: the
// regularised incomplete beta function I_x((m−1)/2, ½) at x = 1/(1+S²).
func LogSingularMassOutside(m int, S float64) float64 {
	c := 1 / math.Hypot(1, S)
	if m == 3 {
		return c * c / (1 + S*c) // 1 − S/√(1+S²) without the subtraction
	}
	return mathext.RegIncBeta(float64(m-1)/2, 0.5, c*c)
}

// LogSingular is the radial solution for f = r²(1 + log² r) in R^m, m = 2N+1 ≥ 3 odd, ε = 2/(m−2),
// that starts from a shell: with sinh θ = s = log r, T = ε(age + t),
//
//	ρ |S^{m−1}| r^m = K_N(θ,θ₀;T) cosh^N θ₀ / cosh^{N+1} θ.
type LogSingular struct {
	line *Student1D // of s, in 1 + s²
	dim  int
}

// NewLogSingular returns the density of the diffusion in R^m that was uniform on the shell
// r = source a time age ago.
func NewLogSingular(eps float64, m int, source, age float64) (*LogSingular, error) {
	const family = "log-singular minimum"
	if m < 3 || m%2 == 0 || m > 2*MaxBoundStates+1 {
		return nil, fmt.Errorf("%s: no closed form in dimension %d; it needs m = 3, 5, …, %d",
			family, m, 2*MaxBoundStates+1)
	}
	if critical := LogSingularEpsilon(m); !(math.Abs(eps/critical-1) <= 1e-12) {
		return nil, fmt.Errorf("%s: ε = %.16g has no closed form in dimension %d; it needs ε = "+
			"2/(m−2) = %s", family, eps, m, oddFraction(m-2))
	}
	if err := cmp.Or(checkRelease(family, eps, age), checkRadius(family, source)); err != nil {
		return nil, err
	}
	line, err := NewStudent1D(eps, Quadratic{Floor: 1, Scale: 1}, math.Log(source), age)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", family, err)
	}
	return &LogSingular{line, m}, nil
}

// Dim returns m.
func (l *LogSingular) Dim() int { return l.dim }

// LogDensity returns log ρ(x,t).
func (l *LogSingular) LogDensity(t float64, x []float64) float64 {
	return l.LogDensityS(t, math.Log(distance(x, nil)))
}

// LogDensityS returns log ρ at r = e^s, from the density of s.
func (l *LogSingular) LogDensityS(t, s float64) float64 {
	return l.line.logDensityAt(t, s) - mesh.LogSphere(l.dim) - float64(l.dim)*s
}

// DeviationNorm returns ‖u−⟨u⟩‖(t), that of the line over |S^{m−1}|^{1/2}.
func (l *LogSingular) DeviationNorm(t float64) float64 {
	return l.line.DeviationNorm(t) * math.Exp(-mesh.LogSphere(l.dim)/2)
}
