package validation

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mathext"
)

// checkIntegral claims that an integral is within five times its estimate of the error, and that
// the estimate is small.
func checkIntegral(t *testing.T, what string, got integral, want float64) {
	t.Helper()
	// settled to rounding
	if d := math.Abs(got.value - want); !(d <= 5*got.error) ||
		!(got.error <= 1e-13*math.Abs(want)) {
		t.Errorf("%s is %.16g ± %.1e, want %.16g", what, got.value, got.error, want)
	}
}

func TestLineIntegral(t *testing.T) {
	checkIntegral(t, "∫ 1/(1+x²)",
		lineIntegral(-2, 3, func(x float64) float64 { return 1 / (1 + x*x) }),
		math.Atan(3)+math.Atan(2))
	checkIntegral(t, "∫ e^x", lineIntegral(0, 10, math.Exp), math.Expm1(10))
}

func TestCircleIntegral(t *testing.T) {
	checkIntegral(t, "∫ x⁴", circleIntegral(func(x, _ float64) float64 { return x * x * x * x }),
		3*math.Pi/4)
	for _, lambda := range []float64{0.01, 0.5, 10} {
		got := circleIntegral(func(x, y float64) float64 { return 1 / (x*x + lambda*y*y) })
		checkIntegral(t, "∫ (x² + λ y²)^{−1}", got, 2*math.Pi/math.Sqrt(lambda))
		parameter := 1 - lambda // ∫ (x² + λ y²)^{−1/2} = 4 K(1 − λ), or with x and y exchanged
		scale := 1.0
		if lambda > 1 {
			parameter, scale = 1-1/lambda, 1/math.Sqrt(lambda)
		}
		got = circleIntegral(func(x, y float64) float64 { return 1 / math.Sqrt(x*x+lambda*y*y) })
		checkIntegral(t, "∫ (x² + λ y²)^{−1/2}", got, 4*scale*mathext.CompleteK(parameter))
	}
}

func TestSphereIntegral(t *testing.T) {
	checkIntegral(t, "the area", sphereIntegral(func(_, _, _ float64) float64 { return 1 }),
		4*math.Pi)
	checkIntegral(t, "∫ x² y² z²",
		sphereIntegral(func(x, y, z float64) float64 { return x * x * y * y * z * z }),
		4*math.Pi/105)
	// (νᵀAν)^{−3/2} for A of determinant 0.3·1·7, in axes turned about two of them.
	got := sphereIntegral(func(x, y, z float64) float64 {
		x, y = (3*x+4*y)/5, (3*y-4*x)/5
		y, z = (12*y+5*z)/13, (12*z-5*y)/13
		return math.Pow(0.3*x*x+y*y+7*z*z, -1.5)
	})
	checkIntegral(t, "∫ (νᵀAν)^{−3/2}", got, 4*math.Pi/math.Sqrt(0.3*7))
	root := math.Sqrt(0.9) // ∫ 2π (1 − 0.9 z²)^{−1} dz
	got = sphereIntegral(func(x, y, z float64) float64 { return 1 / (x*x + y*y + 0.1*z*z) })
	checkIntegral(t, "∫ (νᵀAν)^{−1}", got, 4*math.Pi*math.Atanh(root)/root)
}

// A function that the rule has not resolved is not said to be integrated.
func TestUnsettledIntegralTellsItsError(t *testing.T) {
	got := circleIntegral(math.Hypot) // 1: exact at once
	checkIntegral(t, "∫ 1", got, 2*math.Pi)
	got = lineIntegral(-1, 1, func(x float64) float64 { return math.Abs(x - 0.3) })
	// a kink: errors of second order in 1/n
	if d := math.Abs(got.value - 1.09); !(d <= 5*got.error) || got.error < 1e-9 {
		t.Errorf("∫ |x − 0.3| is %.12g ± %.1e, want 1.09", got.value, got.error)
	}
}
