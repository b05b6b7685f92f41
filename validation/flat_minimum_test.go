package validation

import (
	"testing"

	"fpsgd/operators"
)

func TestFlatMinimum(t *testing.T) {
	checkRows(t, rowsOf(t, false, flatMinimumClaim), 22)
	times := Claim{Name: "flat-minimum", Run: inTurn(passages)}
	if rows, failed := failures(t, times, faster); len(failed) < rows {
		t.Errorf("1%% faster: only %q of %d rows fail", failed, rows)
	}
	masses := Claim{Name: "flat-minimum", Run: inTurn(stationaryShares)}
	if rows, failed := failures(t, masses, func(w operators.Weights) operators.Weights {
		return otherPower{w}
	}); len(failed) < rows-2 { // but the limits
		t.Errorf("only %q of %d rows fail", failed, rows)
	}
}
