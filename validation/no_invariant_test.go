package validation

import "testing"

func TestNoInvariant(t *testing.T) { checkClaim(t, noInvariantClaim, 31, 31) }
