package operators

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// The bound of a power is one, and as near as its comment says.
func TestPowerBound(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, c := range [][2]int{{8, 3}, {8, 2}, {16, 7}, {6, 2}, {6, 1}, {20, 9}, {32, 15}} {
		exponent := float64(c[0]) / float64(c[1])
		for range 10_000 {
			x := math.Exp(-100 * random.Float64())
			ratio := powerBound(x, c[0], c[1]) / rationalPower(x, c[0], c[1])
			if !(ratio >= 1 && ratio <= math.Exp2(0.0861*(exponent+1))) {
				t.Fatalf("%g^%g: bounded by %g times its value", x, exponent, ratio)
			}
		}
	}
	for _, x := range []float64{1, 2, math.Inf(1), math.NaN()} {
		if bound := powerBound(x, 8, 3); !math.IsInf(bound, 1) {
			t.Errorf("%g^(8/3): bound %g", x, bound)
		}
	}
	if bound := powerBound(0, 8, 3); !(bound >= 0 && bound < 0x1p-1022) {
		t.Errorf("0^(8/3): bound %g", bound)
	}
}

// What bounds stand for is below enough, and what is not below it is the estimate itself.
func TestAliasingUpToEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom([]int{3, 4, 5, 8, 10}).Draw(t, "p")
		enough := math.Exp(rapid.Float64Range(-30, 0).Draw(t, "log enough"))
		slope := rapid.Float64Range(-8, 8).Draw(t, "slope")
		curve := rapid.Float64Range(-3, 3).Draw(t, "curve")
		noise := math.Exp(rapid.Float64Range(-30, 0).Draw(t, "log noise"))
		rule, g, e := newRule(p), make([]float64, p), make([]float64, p)
		for a, x := range rule.x {
			g[a] = (slope+curve*x)*x + noise*rapid.Float64Range(-1, 1).Draw(t, "g")
			e[a] = math.Exp(g[a])
		}
		estimate, bounded := rule.aliasing(e, g, 0), rule.aliasing(e, g, enough)
		if estimate > enough && bounded != estimate || estimate <= enough && bounded > enough {
			t.Fatalf("%g, up to %g it is %g", estimate, enough, bounded)
		}
	})
}
