package validation

import (
	"math"
	"testing"
)

func TestNoGap(t *testing.T) {
	rows := rowsOf(t, false, noGapClaim)
	checkRows(t, rows, 13)
	rate := math.Inf(1)
	for _, r := range rows {
		if r.Formula != criticalRateFormula {
			continue
		}
		if !(r.Measured < rate/3) {
			t.Errorf("%s is %.3g, hardly below the %.3g before", r.Case, r.Measured, rate)
		}
		rate = r.Measured
	}
}

// Only four rows do not depend on the conductivity: Λ = 0 as R → ∞, and the rates from t = 16 on,
// which are near 1/(4t) in any units of time.
func TestNoGapCatchesAMutant(t *testing.T) {
	long(t)
	if rows, failed := failures(t, noGapClaim, faster); len(failed) < rows-4 {
		t.Errorf("only %d of %d rows fail: %q", len(failed), rows, failed)
	}
}

// The solution at the critical noise satisfies the equation, ∂s u = (1/w) ∂τ(w ∂τ u) with w = tanh²
// τ, and its norm and mass are those claimed.
func TestCriticalSolution(t *testing.T) {
	u := func(s, tau float64) float64 {
		return math.Exp(-tau*tau/(4*s)) / math.Sqrt(s) * (1 + tau/math.Tanh(tau)/(2*s))
	}
	const h = 1e-3
	for _, s := range []float64{1, 3, 20} {
		for _, tau := range []float64{0.1, 0.5, 1, 2, 5} {
			flux := func(x float64) float64 {
				return math.Pow(math.Tanh(x), 2) * (u(s, x+h/2) - u(s, x-h/2)) / h
			}
			right := (flux(tau+h/2) - flux(tau-h/2)) / h / math.Pow(math.Tanh(tau), 2)
			left := (u(s+h, tau) - u(s-h, tau)) / (2 * h)
			// differences, of second order: h² times derivatives of order 1, over tanh² 0.1
			if math.Abs(left-right) > 1e-5 {
				t.Errorf("s = %g, τ = %g: ∂s u = %.8g, but the right side is %.8g", s, tau, left,
					right)
			}
		}
		norm, mass := 0.0, 0.0
		for tau := h / 2; tau < 100; tau += h { // midpoint rule
			w := math.Pow(math.Tanh(tau), 2)
			norm += 4 * math.Pi * h * u(s, tau) * u(s, tau) * w
			mass += 4 * math.Pi * h * u(s, tau) * w
		}
		if math.Abs(mass/criticalMass-1) > 1e-6 { // h²
			t.Errorf("s = %g: mass %.9g, want %.9g", s, mass, criticalMass)
		}
		got, want := math.Log(norm)/2-math.Log(criticalMass), criticalLogNorm((s-1)/criticalEpsilon)
		if math.Abs(got-want) > 1e-6 { // h²
			t.Errorf("s = %g: log norm %.9g, want %.9g", s, got, want)
		}
	}
	for _, at := range []float64{0, 1, 30} {
		slope := (criticalLogNorm(at) - criticalLogNorm(at+h)) / h
		if math.Abs(slope-criticalRate(at+h/2)) > 1e-6 { // h²
			t.Errorf("t = %g: the norm falls at the rate %.9g, want %.9g", at, slope,
				criticalRate(at+h/2))
		}
	}
}
