package validation

import (
	"fmt"
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
		t.Logf("%-46s %.10f want %.10f: off by %.1e, estimated %.1e, %.2f s; %s", r.Case,
			r.Measured, r.Expected, r.Error(), r.Estimate,
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

func TestHardyPoincare(t *testing.T) {
	rows := rowsOf(t, false, hardyPoincareClaim)
	checkRows(t, rows, 24+3+41)
	for _, r := range rows {
		checkModes(t, r)
	}
}

// checkModes claims that the note of a row Λ(d, ε) names the modes that reach it, all of them and
// no others.
func checkModes(t *testing.T, r Row) {
	t.Helper()
	var d int
	var eps float64
	if _, err := fmt.Sscanf(r.Case, "Λ, d=%d ε=%g", &d, &eps); err != nil {
		return
	}
	for l := range min(d+1, 3) {
		lambda := required[exact.Gap](t)(exact.PoincareHardy(eps, d, l)).Lambda
		reaches := math.Abs(lambda-r.Expected) <= 1e-12*r.Expected // rounding
		if named := strings.Contains(r.Note, fmt.Sprintf("mode l = %d, ", l)); named != reaches {
			t.Errorf("%s: Λ of l = %d is %g, and the note says %q", r.Case, l, lambda, r.Note)
		}
	}
}

// All constants are 1% off, but for two that are 0.
func TestHardyPoincareCatchesAMutant(t *testing.T) {
	long(t)
	if rows, failed := failures(t, hardyPoincareClaim, faster); len(failed) < rows-2 {
		t.Errorf("only %d of %d rows fail: %q", len(failed), rows, failed)
	}
}
