package validation

import (
	"math"
	"testing"

	"fpsgd/operators"
	"fpsgd/scenarios/exact"
)

// The masses of minima at the corners see an exponent of π that is 1% off.
func TestLogSingularCornersCatchAMutant(t *testing.T) {
	claim := Claim{Name: "log-singular", Run: inTurn(logSingularCorners)}
	rows, failed := failures(t, claim, func(w operators.Weights) operators.Weights {
		return otherPower{w}
	})
	if len(failed) == 0 {
		t.Errorf("all of %d rows hold", rows)
	}
}

// The share of a cube lies between those of the balls in it and about it, and that of half the
// space but for what the reach leaves is a half.
func TestBoxShare(t *testing.T) {
	for _, a := range []float64{1e-6, 0.3, 2, 1e5} {
		inside, outside := exact.LogSingularCDF(3, math.Log(a)),
			exact.LogSingularCDF(3, math.Log(a*math.Sqrt(3)))
		cube := boxShare([3]float64{-a, -a, -a}, [3]float64{a, a, a})
		if !(inside < cube.value && cube.value < outside) || cube.error > 1e-4 {
			t.Errorf("a = %g: %v is not between %g and %g", a, cube, inside, outside)
		}
		half := boxShare([3]float64{-1e-12 * a, -a, -a}, [3]float64{a, a, a})
		rest := exact.LogSingularCDF(3, math.Log(1e-12*a)) / 2 // of the thin side, or more
		if off := half.value - cube.value/2; !(off > 0 && off < 2*rest+1e-3) {
			t.Errorf("a = %g: half has %g, the whole %g", a, half.value, cube.value)
		}
	}
}
