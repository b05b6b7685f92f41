package validation

import (
	"math"
	"testing"
)

// The 14 rows by quadrature have no operator, and two of the solver are at an ε so small that 1% of
// it does not matter.
func TestFlatness(t *testing.T) {
	checkHolds(t, flatnessClaim, 40)
	long(t)
	checkFails(t, flatnessClaim, 33-14-2+6)
}

// The closed forms against which the claim is held, at values of the theory's table and by other
// means.
func TestFlatnessByTheTable(t *testing.T) {
	for p, want := range map[float64]float64{1: 1.91681, 1.3: 2.54731, 1.45: 2.98979, 1.49: 3.12666,
		1.5: 3.162278} {
		// the table has five decimals
		if got := selectionSeries(flatness, p); math.Abs(got-want) > 5.1e-6 {
			t.Errorf("p = %g: %.6f, want %.6f", p, got, want)
		}
	}
	// r < 1, 0 < z < 1 for λ = 1, p = 1: ∫ π log(1 + 1/z²) dz.
	logarithm := math.Pi * (math.Log(2) + math.Pi/2)
	// rounding of a difference over 1e-9
	if got := halfCylinder(1, 1, 1, 1+1e-9); math.Abs(got-logarithm) > 1e-6 {
		t.Errorf("half a cylinder has %.9f, want %.9f", got, logarithm)
	}
	// x³ − 2x + 1
	if got := polynomialAt(3, []float64{0, 1, 2, 5},
		[]float64{1, 0, 5, 116}); math.Abs(got-22) > 1e-12 {
		t.Errorf("the polynomial is %g at 3, want 22", got)
	}
}
