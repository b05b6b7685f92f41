package validation

import (
	"math"
	"testing"

	"fpsgd/solver/ensemble"
)

// The claim tells the density of another ε from the limit: the order is then 0.
func TestContinuumLimit(t *testing.T) {
	checkRows(t, rowsOf(t, false, continuumLimitClaim), 4)
	if rows, failed := failures(t, continuumLimitClaim, faster); len(failed) < 2 {
		t.Errorf("1%% faster: only %q of %d rows fail", failed, rows)
	}
}

// A step of the law on nodes has the moments of SGD on f = 1 + x²: E x by 1 − 2η and
// E x² by (1−2η)² with 2εη(1 + E x²) more, and E x⁴ with E Y⁴ = 3 or 1.
func TestNodalLaw(t *testing.T) {
	const eta, epsilon = 0.1, 0.25
	fourths := map[ensemble.Law]float64{ensemble.Gaussian: 3, ensemble.Rademacher: 1}
	for law, fourth := range fourths {
		l := newNodalLaw(400, 100)
		moment := func(q float64) (sum float64) {
			for i, x := range l.x {
				sum += l.mass[i] * math.Pow(x, q)
			}
			return sum
		}
		m := sgd(eta, 2*epsilon/eta, law)
		m.Field = inSpace("1 + x^2", 1).Field
		m1, m2, m4 := moment(1), moment(2), moment(4)
		y, p := noiseRule(law)
		l.step(m, y, p)
		const shrink, s = 1 - 2*eta, 2 * epsilon * eta
		for q, want := range map[float64]float64{
			0: 1, 1: shrink * m1, 2: shrink*shrink*m2 + s*(1+m2),
			4: math.Pow(shrink, 4)*m4 + 6*shrink*shrink*s*(m2+m4) + s*s*fourth*(1+2*m2+m4),
		} {
			// polynomials of x = sinh τ are interpolated in τ, to h⁸ = 6e-13 and a constant
			if got := moment(q); math.Abs(got-want) > 1e-9 {
				t.Errorf("%v: E x^%g is %.12g, want %.12g", law, q, got, want)
			}
		}
	}
}
