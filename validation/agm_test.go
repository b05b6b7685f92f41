package validation

import (
	"math"
	"testing"

	"fpsgd/operators"
	"fpsgd/scenarios"
)

// otherEpsilon replaces ε by one that is 1% larger, in π and in the conductivity.
func otherEpsilon(w operators.Weights) operators.Weights {
	switch w := w.(type) {
	case scenarios.MLWeights:
		w.Epsilon *= 1.01
		return w
	case scenarios.HomogeneousWeights:
		w.Epsilon *= 1.01
		return w
	}
	panic("the weights are of no noise model")
}

// failures runs the quick form of a claim and returns how many rows it has and the cases that fail.
func failures(t *testing.T, c Claim, weights func(operators.Weights) operators.Weights) (rows int,
	failed []string) {
	t.Helper()
	e := &Experiment{Context: t.Context(), Weights: weights}
	if err := e.Run(c); err != nil {
		t.Fatal(err)
	}
	for _, r := range e.Rows {
		t.Logf("%-62s %.12g want %.12g: off by %.1e, estimate %.1e, %.2f s (%s)", r.Case,
			r.Measured, r.Expected, r.Error(), r.Estimate, r.Seconds, r.Note)
		if !r.Pass {
			failed = append(failed, r.Case)
		}
	}
	return len(e.Rows), failed
}

// checkClaim claims that the quick form has so many rows, all of which pass, and that a wrong ε
// makes so many fail, all that depend on ε by more than their tolerance.
func checkClaim(t *testing.T, c Claim, least, affected int) {
	checkHolds(t, c, least)
	checkFails(t, c, affected)
}

func checkHolds(t *testing.T, c Claim, least int) {
	t.Run("holds", func(t *testing.T) {
		if rows, failed := failures(t, c, nil); rows < least || len(failed) > 0 {
			t.Errorf("%d rows, want %d or more; these fail: %q", rows, least, failed)
		}
	})
}

func checkFails(t *testing.T, c Claim, affected int) {
	t.Run("fails for another ε", func(t *testing.T) {
		if rows, failed := failures(t, c, otherEpsilon); len(failed) < affected {
			t.Errorf("only %d of %d rows fail, want %d or more: %q", len(failed), rows, affected,
				failed)
		}
	})
}

// Of its rows only the four Z are of an operator with an ε.
func TestAGM(t *testing.T) { checkClaim(t, agmClaim, 14, 4) }

func TestAGMByItsProperties(t *testing.T) {
	const gauss = 1 / 0.8346268416740731 // agm(1, √2) is one over Gauss's constant
	if got := agm(1, math.Sqrt2); math.Abs(got-gauss) > 1e-15*gauss {
		t.Errorf("agm(1, √2) = %.17g, want %.17g", got, gauss)
	}
	if a, b := agm(3, 12), 3*agm(4, 1); math.Abs(a-b) > 1e-15*a {
		t.Errorf("agm is not homogeneous and symmetric: %.17g and %.17g", a, b)
	}
}
