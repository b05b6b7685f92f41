package validation

import (
	"math"
	"testing"

	"fpsgd"
)

func TestMetastable(t *testing.T) { checkClaim(t, metastableClaim, 9, 9) }

// With e^κ = π = 1 on [−1.8, 1.8] the lowest eigenvalue is (π/3.6)²; a tilt of the form f = ax,
// homogeneous noise, is that of a constant drift: ε (π/3.6)² + a²/(4ε).
func TestGapByQuadrature(t *testing.T) {
	const epsilon, a = 0.5, 0.7
	one, line := func(float64) float64 { return 1 }, func(x float64) float64 { return a * x }
	flat := metastableCase{f: one, noise: fpsgd.Homogeneous(1), reach: 1.8}
	tilted := metastableCase{f: line, noise: fpsgd.Homogeneous(epsilon), reach: 1.8}
	k := math.Pi / 3.6
	for _, c := range []struct{ got, want float64 }{{flat.gap(), k * k},
		{tilted.gap(), epsilon*k*k + a*a/(4*epsilon)}} {
		// settled to 1e-12 a step, at a contraction of 1/9 or so
		if !(math.Abs(c.got/c.want-1) < 1e-10) {
			t.Errorf("the gap is %.12g, want %.12g", c.got, c.want)
		}
	}
}
