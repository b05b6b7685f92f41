package validation

import (
	"math"
	"testing"

	"fpsgd/mesh"
	"fpsgd/operators"
)

// heavyWeights have a π that is 1% too large.
type heavyWeights struct{ operators.Weights }

func (w heavyWeights) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	err := w.Weights.LogWeights(logPi, kappa, p)
	for i := range logPi {
		logPi[i] += math.Log(1.01)
	}
	return err
}

func TestInvariant(t *testing.T) {
	if rows, failed := failures(t, invariantClaim, nil); rows < 25 || len(failed) > 0 {
		t.Errorf("%d rows, want 25 or more; these fail: %q", rows, failed)
	}
}

func TestInvariantCatchesAMutant(t *testing.T) {
	long(t)
	const masses = 17
	heavier := func(w operators.Weights) operators.Weights { return heavyWeights{w} }
	if rows, failed := failures(t, invariantClaim, heavier); len(failed) < masses {
		t.Errorf("only %d of %d rows fail: %q", len(failed), rows, failed)
	}
}

// splitWeights have a conductivity that falls by e^{−40} at the circle r = 1.7: the operator is
// reducible in all but name.
type splitWeights struct{ operators.Weights }

func (w splitWeights) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	err := w.Weights.LogWeights(logPi, kappa, p)
	for i, s := range p.LogNorm() {
		// a width of two or three cells, so that the barrier is resolved
		q := (s - math.Log(1.7)) / 0.4
		kappa[i] -= 40 * math.Exp(-q*q)
	}
	return err
}

// A barrier leaves solutions apart that start with different masses on its sides, as those of all
// pairs do.
func TestInvariantCatchesABarrier(t *testing.T) {
	long(t)
	const pairs = 2 * 4
	split := func(w operators.Weights) operators.Weights { return splitWeights{w} }
	if rows, failed := failures(t, invariantClaim, split); len(failed) < pairs {
		t.Errorf("only %d of %d rows fail: %q", len(failed), rows, failed)
	}
}
