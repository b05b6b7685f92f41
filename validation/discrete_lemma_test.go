package validation

import (
	"math"
	"slices"
	"strings"
	"testing"

	"fpsgd/solver/ensemble"
)

func TestDiscreteLemma(t *testing.T) {
	checkRows(t, rowsOf(t, false, discreteLemmaClaim), 19)
}

// The numbers of theory, section 8: the factor that is attained, and the slide's, which is less.
func TestLemmaFactors(t *testing.T) {
	for _, c := range []struct{ got, want float64 }{
		{single.factor(), 0.38}, {single.slideFactor(), 0.215}, {single.losses(1)[1], 0.38},
		{single.threshold(), 2.0 * 4 / (2 * 4.5)},
	} {
		if math.Abs(c.got-c.want) > 1e-15 { // rounding
			t.Errorf("%.16g, want %.16g", c.got, c.want)
		}
	}
}

// E log |cY| is log c − (γ + log 2)/2; a shift by ±b is the same, and for large b/c the expansion
// log b − c²/(2b²) − 3c⁴/(4b⁴) − … holds.
func TestLogarithmicFactor(t *testing.T) {
	const euler = 0.57721566490153286
	if got, want := logarithmicFactor(0, 3), math.Log(3)-(euler+math.Ln2)/2; math.Abs(
		got-want) > 1e-6 {
		t.Errorf("E log|3Y| = %.12g, want %.12g", got, want)
	}
	if a, b := logarithmicFactor(0.7, 0.4), logarithmicFactor(-0.7, 0.4); math.Abs(a-b) > 1e-9 {
		t.Errorf("%.12g and %.12g of a symmetric law", a, b)
	}
	const b, c = 1.0, 0.05
	want := -c*c/(2*b*b) - 3*math.Pow(c, 4)/4 - 15*math.Pow(c, 6)/6
	if got := logarithmicFactor(b, c); math.Abs(got-want) > 1e-7 { // 105 c⁸/8, and the rule
		t.Errorf("E log|1 + Y/20| = %.12g, want %.12g", got, want)
	}
}

// A mean that rare paths carry is refused.
func TestUntrustworthyMeansAreRefused(t *testing.T) {
	claim := Claim{Name: "beyond", Run: inTurn(func(e *Experiment) {
		q := quadratic{a: []float64{2}, sigma: 2, start: []float64{1}}
		q.eta = 1.1 * q.threshold()
		e.compareLoss(q, 2000, 100, 1, ensemble.Gaussian)
	})}
	e := &Experiment{Context: t.Context()}
	if err := e.Run(claim); err == nil || !strings.Contains(err.Error(), "relative error") ||
		slices.ContainsFunc(e.Rows, func(r Row) bool { return r.Pass }) {
		t.Errorf("error %v, rows %v", err, e.Rows)
	}
}
