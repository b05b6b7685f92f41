package operators

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The integrals of the interpolated function to both faces are those of the path rule, which is
// exact for it, and add up to that over the cell.
func TestHalvesAreThePathRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.IntRange(1, 4).Draw(t, "d")
		rule := newRule(pointsPerAxis[d])
		p := len(rule.x)
		stride := pow(p, rapid.IntRange(0, d-1).Draw(t, "later axes"))
		e := rapid.SliceOfN(rapid.Float64Range(0.5, 1), pow(p, d), pow(p, d)).Draw(t, "e")
		lo, width := rapid.Float64Range(-2, 2).Draw(t, "lo"),
			rapid.Float64Range(0.1, 3).Draw(t, "width")
		xi := rapid.Float64Range(-0.999, 0.999).Draw(t, "ξ")
		halves, path := newHalfRule(rule), pathRule{rule: rule}
		halves.prepare(xi, width/2)
		lines := len(e) / p
		got := [2][]float64{make([]float64, lines), make([]float64, lines)}
		halves.integrate(got[0], got[1], e, stride)
		want := make([]float64, lines)
		for side := range got {
			path.prepare(xi, side, lo, lo+width, 0, nil)
			path.combine(want, e, stride)
			for i := range want {
				if math.Abs(got[side][i]-want[i]) > 1e-14*width*float64(p*p) { // p² terms, rounded
					t.Errorf("side %d, line %d: %.17g, want %.17g", side, i, got[side][i], want[i])
				}
			}
		}
	})
}
