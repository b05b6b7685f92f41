package validation

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"fpsgd/solver/ensemble"
)

// failing runs a claim with other particles and returns the rows that fail.
func failing(t *testing.T, c Claim, method func(ensemble.Method) ensemble.Method) []string {
	t.Helper()
	e := &Experiment{Context: t.Context(), Method: method, Full: os.Getenv("FPSGD_LONG") == "1"}
	if err := e.Run(c); err != nil {
		t.Fatal(err)
	}
	var failed []string
	for _, r := range e.Rows {
		if !r.Pass {
			failed = append(failed, r.Case)
		}
	}
	return failed
}

// more has an ε that is 5% too large.
func more(m ensemble.Method) ensemble.Method {
	m.Epsilon *= 1.05
	return m
}

// halved has the noise √(εf): the ½ that the slides lose.
func halved(m ensemble.Method) ensemble.Method {
	m.Epsilon /= 2
	return m
}

// stratonovich has a drift with the Itô correction of the wrong convention: ½ b∂b = ½ε∇f more.
func stratonovich(m ensemble.Method) ensemble.Method {
	field := m.Field
	factor := 1 - m.Epsilon/2
	m.Field = func(f []float64, gradient [][]float64, laplacian []float64, x [][]float64) {
		field(f, gradient, laplacian, x)
		for _, slope := range gradient {
			for i := range slope[:len(f)] {
				slope[i] *= factor
			}
		}
	}
	return m
}

func TestDiscreteLemma(t *testing.T) {
	checkRows(t, rowsOf(t, false, discreteLemmaClaim), 19)
	checkParticleMutants(t, discreteLemmaClaim, 4, 9, 3)
}

// checkParticleMutants claims that so many rows fail with each of the mutants above, of which the
// long tests try all.
func checkParticleMutants(t *testing.T, c Claim, more5, half, drift int) {
	t.Helper()
	for _, mutant := range []struct {
		name   string
		method func(ensemble.Method) ensemble.Method
		least  int
	}{{"ε + 5%", more, more5}, {"√(εf)", halved, half}, {"drift", stratonovich, drift}} {
		if mutant.least == 0 || mutant.name != "√(εf)" && os.Getenv("FPSGD_LONG") != "1" {
			continue
		}
		if failed := failing(t, c, mutant.method); len(failed) < mutant.least {
			t.Errorf("%s: only %d rows fail: %q", mutant.name, len(failed), failed)
		}
	}
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
