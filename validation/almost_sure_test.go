package validation

import (
	"math"
	"testing"
)

func TestAlmostSure(t *testing.T) {
	checkRows(t, rowsOf(t, false, almostSureClaim), 8)
	for _, c := range smallSteps {
		if rho := c.factor(); !(rho < c.beta && c.beta < 1) {
			t.Errorf("%s: ρ = %g is not below β = %g", c.name, rho, c.beta)
		}
	}
	if x := falseBottom; math.Abs(x+5*math.Sin(x)) > 1e-9 { // ten digits
		t.Errorf("x + 5 sin x = %g at %g", x+5*math.Sin(x), x)
	}
}

func TestLimitDependsOnStart(t *testing.T) {
	checkRows(t, rowsOf(t, false, limitDependsOnStartClaim), 8)
}
