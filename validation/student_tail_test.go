package validation

import (
	"math"
	"testing"
)

func TestStudentTail(t *testing.T) {
	checkRows(t, rowsOf(t, false, studentTailClaim), 19)
}

// Hill's statistic of a pure power law at its quantiles is 1/index, as the mean excess of π is far
// out.
func TestHill(t *testing.T) {
	const n, index = 100_000, 2.5
	sizes := make([]float64, n)
	for i := range sizes {
		sizes[i] = math.Pow((float64(i)+0.5)/n, -1/index)
	}
	found, threshold := hill(sizes, n/10)
	// the quantiles of a mean of 10⁴ logarithms: log(k)/(2k) and the threshold's half a rank
	if math.Abs(found.value*index-1) > 1e-3 ||
		math.Abs(threshold/math.Pow(0.1, -1/index)-1) > 1e-3 {
		t.Errorf("mean excess %g beyond %g of an index %g", found.value, threshold, index)
	}
	for _, c := range []struct {
		m       int
		epsilon float64
	}{{1, 2}, {3, 0.5}, {20, 0.05}} {
		want := 1 / (2 + 2/c.epsilon - float64(c.m))
		if got := studentExcess(c.m, c.epsilon, 1e4); math.Abs(got/want-1) > 1e-6 { // p/a²
			t.Errorf("m = %d, ε = %g: the mean excess is %g, want %g", c.m, c.epsilon, got, want)
		}
	}
}

// E A² = (1−2η)² + 2εη is 1 at ε = 2 − 2η: κ is 2 there; E A⁴ = 1 likewise with Gaussian moments.
func TestKesten(t *testing.T) {
	const eta = 0.1
	if got := kesten(2-2*eta, eta); math.Abs(got-2) > 1e-9 { // quadrature
		t.Errorf("κ = %.12g, want 2", got)
	}
	b := 1 - 2*eta
	s := -b*b + math.Sqrt(b*b*b*b+(1-b*b*b*b)/3) // b⁴ + 6b²s + 3s² = 1
	if got := kesten(s/(2*eta), eta); math.Abs(got-4) > 1e-9 {
		t.Errorf("κ = %.12g, want 4", got)
	}
}
