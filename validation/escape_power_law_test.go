package validation

import (
	"math"
	"os"
	"testing"

	"fpsgd/mesh"
	"fpsgd/operators"

	"gonum.org/v1/gonum/floats"
)

// otherPower has a π of an exponent p that is 1% larger.
type otherPower struct{ operators.Weights }

func (w otherPower) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	err := w.Weights.LogWeights(logPi, kappa, p)
	floats.Scale(1.01, logPi)
	return err
}

func TestEscapePowerLaw(t *testing.T) {
	rows := rowsOf(t, false, escapePowerLawClaim)
	checkRows(t, rows, 8)
	for _, r := range rows {
		// the figure of an independent quadrature, and slopes to a thousandth
		if r.Case == "a = 0.0005, ε = 1/5: gap" && math.Abs(r.Measured/6.77310110819e-16-1) > 1e-6 {
			t.Errorf("the gap is %.12g", r.Measured)
		}
	}
	mutated := Claim{Name: "escape-power-law", Run: inTurn(powerLawOnTheLine)}
	if os.Getenv("FPSGD_LONG") == "1" {
		mutated = escapePowerLawClaim
	}
	if rows, failed := failures(t, mutated, func(w operators.Weights) operators.Weights {
		return otherPower{w}
	}); len(failed) < rows {
		t.Errorf("only %q of %d rows fail", failed, rows)
	}
}
