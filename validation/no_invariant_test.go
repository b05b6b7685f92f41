package validation

import "testing"

func TestNoInvariant(t *testing.T) {
	checkHolds(t, noInvariantClaim, 31)
	long(t)
	checkFails(t, noInvariantClaim, 31)
}
