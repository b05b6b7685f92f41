package validation

import (
	"math"
	"testing"

	"fpsgd/scenarios/exact"
)

func TestLogSingular(t *testing.T) {
	if rows, failed := failures(t, logSingularClaim, nil); rows < 35 || len(failed) > 0 {
		t.Errorf("%d rows, want 35 or more; these fail: %q", rows, failed)
	}
}

// Rates that are 1% off are seen in every constant, and in every rate but those that are compared
// with another of the same operator or equation.
func TestLogSingularCatchesAMutant(t *testing.T) {
	long(t)
	const gaps, rates = 9 + 2 + 1, 3 + 2
	if rows, failed := failures(t, logSingularClaim, faster); len(failed) < gaps+rates-1 {
		t.Errorf("only %d of %d rows fail: %q", len(failed), rows, failed)
	}
}

// The numbers are those of theory, section 4, with all of their digits.
func TestTruncatedLambda(t *testing.T) {
	for _, c := range []struct {
		m       int
		S, want float64
		digits  float64
	}{
		{3, 10, 1.274481, 5e-7}, {3, 1e2, 1.087894, 5e-7}, {3, 1e10, 1.004386, 5e-7},
		{4, 1e2, 2.006712, 5e-7}, {4, 1e3, 2.000642, 5e-7}, {4, 1e4, 2.000064, 5e-7},
		{4, 1e6, 2.00000064, 5e-9},
		{5, 1e2, 3.000200, 5e-7}, {5, 1e4, 3.00000002, 5e-9},
	} {
		if got := truncatedLambda(c.m, c.S); !(math.Abs(got-c.want) <= c.digits) {
			t.Errorf("m = %d, S = %g: Λ = %.10g, want %g", c.m, c.S, got, c.want)
		}
	}
	for _, m := range []int{4, 5, 6, 9} { // Λ falls to m − 2 as S grows
		near, far := truncatedLambda(m, 20), truncatedLambda(m, 40)
		if limit := exact.LogSingularGap(m).Lambda; !(near > far && far > limit) {
			t.Errorf("m = %d: Λ is %g on |log r| ≤ 20, %g on 40, %g on all", m, near, far, limit)
		}
	}
}

func TestCylinderShare(t *testing.T) {
	for _, radius := range []float64{1e-6, 0.3, 2, 1e5} {
		// The cylinder lies between the balls of its radius and of the distance of its edges.
		c := cylinder{radius, radius, radius}
		inside, outside := exact.LogSingularCDF(3, math.Log(radius)),
			exact.LogSingularCDF(3, math.Log(radius)+math.Ln2/2)
		if got := c.share().value; !(got > inside && got < outside) {
			t.Errorf("radius %g: share %g, want one between %g and %g", radius, got, inside,
				outside)
		}
		// Its halves, one on either side of the minimum, have equal shares.
		up, down := cylinder{radius, 1e-12 * radius, radius}.share().value,
			cylinder{radius, radius, 1e-12 * radius}.share().value
		// rounding
		if got := c.share().value; !(math.Abs(up-down) <= 1e-14*up) || !(up < got && down < got) {
			t.Errorf("radius %g: halves %g and %g of %g", radius, up, down, got)
		}
	}
}

// From three shells of balls the mass of all that follow is extrapolated, as package operators does
// it, with the relative error that unresolved says, 0.98/k² + O(1/k³).
func TestUnresolved(t *testing.T) {
	k := math.Round(-math.Log2(resolved))
	within := func(k float64) float64 { return exact.LogSingularCDF(3, -k*math.Ln2) }
	shell := func(k float64) float64 { return within(k) - within(k+1) }
	// k/p but for a constant, for shells k^{−p}
	fall := func(k float64) float64 { return 1 / math.Log(shell(k-1)/shell(k)) }
	p := 1 / (fall(k-1) - fall(k-2))
	level := p*fall(k-1) + 0.5
	rest := shell(k-1) * (level/(p-1) - 0.5)
	got, claimed := math.Abs(rest/within(k)-1), unresolved()
	// 0.98 (1 + 4/k + …)
	if ratio := got / (claimed.error / claimed.value); !(ratio > 0.98 && ratio < 0.98+6/k) {
		t.Errorf("the rest after %g shells is off by %.3g of it, %.3g times the estimate", k, got,
			ratio)
	}
}

func TestAtZeroSpacing(t *testing.T) {
	for _, c := range []struct{ h2, h3, h4, h6 float64 }{{1e-3, 0, 0.3, -0.02}, {0.3, 0, 0.01, 0},
		{0.3, 0.2, 0.01, 0}, {0, 0, 0.3, 0.01}} {
		values := make([]float64, 4)
		for k := range values {
			h := math.Ldexp(1, -k)
			values[k] = 7 + c.h2*h*h + c.h3*h*h*h + c.h4*h*h*h*h + c.h6*h*h*h*h*h*h
		}
		orders := []float64{2, 4, 6}
		if c.h3 != 0 {
			orders = []float64{2, 3, 4}
		}
		got := atZeroSpacing(values, orders...)
		// 1e-2: the errors of the finest grid
		if off := math.Abs(got.value - 7); !(off <= got.error && got.error < 1e-2) {
			t.Errorf("%+v: the limit is %.10g, the error %.2g is estimated at %.2g", c, got.value,
				off, got.error)
		}
	}
}
