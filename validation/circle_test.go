package validation

import (
	"math"
	"testing"
)

// The tube |q| < a, s < a about half of the circle has the volume π·πa²·2a (Pappus).
func TestTubeVolume(t *testing.T) {
	p := circleOfMinima(2, 4, 4, nil)
	logVolumes, volume := make([]float64, p.Grid.Cells()), 0.0
	p.Grid.LogVolumes(logVolumes)
	for _, l := range logVolumes {
		volume += math.Exp(l)
	}
	want := math.Pi * math.Pi * tubeReach * tubeReach * 2 * tubeReach
	if math.Abs(volume/want-1) > 1e-12 { // rounding
		t.Errorf("the volume is %.15g, want %.15g", volume, want)
	}
}

// A circle of another curvature has other shares, which the claim would see by five of its
// tolerances.
func TestTubeSharesKnowTheCurvature(t *testing.T) {
	faces := []float64{0, 1, 2, math.Pi}
	right := tubeShares(faces, func(lambda float64) float64 { return 1 / math.Sqrt(lambda) })
	wrong := tubeShares(faces, func(lambda float64) float64 { return math.Pow(lambda, -0.505) })
	if d := math.Abs(right[2] - wrong[2]); d < 5*5*2.3e-6 {
		t.Errorf("1%% of the exponent changes the share by %.1e", d)
	}
}
