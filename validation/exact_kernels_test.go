package validation

import (
	"testing"

	"fpsgd/operators"
)

// faster makes everything happen 1% faster, with the same π.
func faster(w operators.Weights) operators.Weights { return fastWeights{w} }

func TestExactKernels(t *testing.T) {
	if rows, failed := failures(t, exactKernelsClaim, nil); rows < 36 || len(failed) > 0 {
		t.Errorf("%d rows, want 36 or more; these fail: %q", rows, failed)
	}
}

// Every family sees a conductivity that is 1% off, in its order, its error and its norm.
func TestExactKernelsCatchesAMutant(t *testing.T) {
	long(t)
	if rows, failed := failures(t, exactKernelsClaim, faster); len(failed) < rows {
		t.Errorf("only %d of %d rows fail: %q", len(failed), rows, failed)
	}
}
