package validation

import "testing"

func TestIntegrability(t *testing.T) {
	if rows, failed := failures(t, integrabilityClaim, nil); rows < 17 || len(failed) > 0 {
		t.Errorf("%d rows, want 17 or more; these fail: %q", rows, failed)
	}
}

// The row that need not fail is the factor of the mass of a ring: its estimate knows that δ^a is
// not the right power.
func TestIntegrabilityCatchesAMutant(t *testing.T) {
	if rows, failed := failures(t, integrabilityClaim, otherEpsilon); len(failed) < rows-1 {
		t.Errorf("only %d of %d rows fail: %q", len(failed), rows, failed)
	}
}
