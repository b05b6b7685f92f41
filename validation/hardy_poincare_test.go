package validation

import (
	"math"
	"strings"
	"testing"

	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/scenarios/exact"
)

// fastWeights make everything happen 1% faster: κ is too large by log 1.01.
type fastWeights struct{ operators.Weights }

func (w fastWeights) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	if err := w.Weights.LogWeights(logPi, kappa, p); err != nil {
		return err
	}
	for i := range kappa {
		kappa[i] += math.Log(1.01)
	}
	return nil
}

// rowsOf runs the quick form of a claim, or the long one, and logs its rows.
func rowsOf(t *testing.T, full bool, c Claim) []Row {
	t.Helper()
	e := &Experiment{Context: t.Context(), Full: full}
	if err := e.Run(c); err != nil {
		t.Fatal(err)
	}
	for _, r := range e.Rows {
		t.Logf("%-46s %.10f want %.10f: off by %.1e, estimated %.1e, %.2f s; %s", r.Case, r.Measured, r.Expected, r.Error(), r.Estimate,
			r.Seconds, r.Note)
	}
	return e.Rows
}

// checkRows claims that there are so many rows and that all pass.
func checkRows(t *testing.T, rows []Row, least int) {
	t.Helper()
	if len(rows) < least {
		t.Errorf("%d rows, want %d or more", len(rows), least)
	}
	for _, r := range rows {
		if !r.Pass {
			t.Errorf("%s: %.10g, want %.10g to %.1e", r.Case, r.Measured, r.Expected, r.Tolerance)
		}
	}
}

// checkCatches claims that half of the rows or more fail where everything happens 1% faster.
func checkCatches(t *testing.T, c Claim) {
	t.Helper()
	e := &Experiment{Context: t.Context(), Weights: func(w operators.Weights) operators.Weights { return fastWeights{w} }}
	if err := e.Run(c); err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, r := range e.Rows {
		if !r.Pass {
			failed++
		}
	}
	t.Logf("%d of %d rows fail", failed, len(e.Rows))
	if failed == 0 || 2*failed < len(e.Rows) {
		t.Errorf("only %d of %d rows fail with a wrong operator", failed, len(e.Rows))
	}
}

// asked is what must be met besides the tolerance of the row: 1e-6 of an eigenvalue, 1e-8 if its closed form is that of the
// interval, 1e-4 of an edge, 1e-3 where an edge is 0 or just at an eigenvalue, which the edge fit converges slowly to.
func asked(r Row) float64 {
	switch {
	case strings.Contains(r.Case, "|x| ≤"):
		return 1e-8 * r.Expected
	case strings.HasSuffix(r.Case, "d=2 ε=0.5"), r.Expected == 0:
		return 1e-3
	case strings.HasPrefix(r.Formula, "(d−2−2/ε)²/4"):
		return 1e-4 * r.Expected
	}
	return 1e-6 * r.Expected
}

func TestHardyPoincare(t *testing.T) {
	rows := rowsOf(t, false, hardyPoincareClaim)
	checkRows(t, rows, 24+3+41)
	for _, r := range rows {
		if !(r.Error() <= asked(r)) {
			t.Errorf("%s is off by %.1e, want %.1e", r.Case, r.Error(), asked(r))
		}
	}
}

func TestHardyPoincareCatchesAMutant(t *testing.T) {
	rung := func(e *Experiment) error { return e.ladder(angularMode{0.25, 3, 1}) }
	for _, part := range []func(*Experiment) error{truncatedConstants, rung} {
		checkCatches(t, Claim{Name: hardyPoincareClaim.Name, Run: part})
	}
	for _, c := range []struct {
		d    int
		eps  float64
		kind exact.Kind
	}{{3, 0.25, exact.Attained}, {1, 4, exact.Edge}, {4, 4, exact.Hardy}} {
		if want := must[exact.Gap](t)(exact.PoincareHardy(c.eps, c.d)); want.Kind != c.kind {
			t.Errorf("d = %d, ε = %g: Λ is of the kind %v", c.d, c.eps, want.Kind)
		}
		constant := func(e *Experiment) error { _, err := e.sharpConstant(c.d, c.eps); return err }
		checkCatches(t, Claim{Name: hardyPoincareClaim.Name, Run: constant})
	}
}
