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
	if rows, failed := failures(t, exactKernelsClaim, faster); len(failed) < rows {
		t.Errorf("only %d of %d rows fail: %q", len(failed), rows, failed)
	}
}

func TestDistanceOnCoarser(t *testing.T) {
	fine := []float64{1, 2, 3, 4, 5, 6, 7, 8}
	if got := distanceOnCoarser([]float64{3, 7, 11, 15}, fine, []int{8}); got != 0 {
		t.Errorf("the sums of pairs are at the distance %g", got)
	}
	if got := distanceOnCoarser([]float64{1 + 2 + 5 + 6 - 0.5, 3 + 4 + 7 + 8 + 1}, fine, []int{2, 4}); got != 1.5 {
		t.Errorf("the distance is %g, want 1.5", got)
	}
}
