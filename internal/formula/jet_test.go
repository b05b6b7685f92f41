package formula

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The jet of a random formula on a random box contains its value at every point there, and the
// difference quotients of points along an axis, of first and second order.
func TestJetsEnclose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := drawTree(t, rapid.IntRange(0, 6).Draw(t, "depth")).text(0)
		p, err := Compile(src, xyz)
		if err != nil {
			t.Fatalf("%q: %v", src, err)
		}
		var lo, hi [3]float64
		vars := make([]Jet, 3)
		for k := range vars {
			lo[k] = rapid.Float64Range(-3, 3).Draw(t, "lo")
			hi[k] = lo[k] + rapid.SampledFrom([]float64{0, 1e-9, 1e-3, 0.1, 1, 5}).Draw(t, "width")
			vars[k] = Along(k, lo[k], hi[k])
		}
		jet := p.Enclose(vars, 3, nil)
		at := func(x [3]float64) float64 {
			var v [1]float64
			p.Eval(v[:], [][]float64{{x[0]}, {x[1]}, {x[2]}})
			return v[0]
		}
		for i := range 30 {
			var x [3]float64
			for k := range x {
				x[k] = lo[k] + (hi[k]-lo[k])*(0.5+0.5*math.Sin(float64((i+1)*(k+3))))
				x[k] = min(max(x[k], lo[k]), hi[k])
			}
			v := at(x)
			if math.IsNaN(v) || math.IsInf(v, 0) {
				continue // no number of the reals
			}
			if v < jet.Value.Lo || v > jet.Value.Hi {
				t.Fatalf("%q at %v is %v, outside %v (box %v %v)", src, x, v, jet.Value, lo, hi)
			}
			for k := range x {
				y := x
				y[k] = lo[k] + hi[k] - x[k]
				if math.Abs(y[k]-x[k]) > 0 && !undefinedBetween(at, x, y, k) {
					checkDifferences(t, src, jet, at, x, y, k)
				}
			}
		}
	})
}

// checkDifferences compares the slope and the second derivative between x and y, which differ along
// axis k, with those of a jet.
func checkDifferences(t *rapid.T, src string, jet Jet, at func(x [3]float64) float64,
	x, y [3]float64, k int) {
	v, w := at(x), at(y)
	if math.IsNaN(w) || math.IsInf(w, 0) {
		return
	}
	// The quotient of two rounded values: of trees that cancel 1e6 times their value.
	h := math.Abs(y[k] - x[k])
	noise := 1e-9 * (math.Abs(v) + math.Abs(w) + 1) / h
	slope := jet.Slope[k]
	if q := (w - v) / (y[k] - x[k]); h > 1e-4 && (q < slope.Lo-noise || q > slope.Hi+noise) {
		t.Fatalf("%q from %v to %v has slope %v, outside %v", src, x, y, q, slope)
	}
	z := x
	z[k] = x[k] + (y[k]-x[k])/2
	noise *= 4 / h
	q, curve := 4*(v-2*at(z)+w)/(h*h), jet.Curve[k]
	if h > 1e-3 && (q < curve.Lo-noise || q > curve.Hi+noise) {
		t.Fatalf("%q from %v to %v has second derivative %v, outside %v", src, x, y, q, curve)
	}
}

// undefinedBetween reports whether a formula has no value somewhere from x to y along axis k, so
// that it may jump there.
func undefinedBetween(at func([3]float64) float64, x, y [3]float64, k int) bool {
	for i := range 50 {
		z := x
		z[k] += (y[k] - x[k]) * float64(i) / 50
		if v := at(z); math.IsNaN(v) || math.IsInf(v, 0) {
			return true
		}
	}
	return false
}

// Enclosures are of use: of a bump they are tight away from it, and of smooth functions the width
// falls with the box.
func TestJetsAreTight(t *testing.T) {
	bump := mustCompile(t, "1 + x^2 - 0.99*exp(-((x-0.313)/0.002)^2)", xyz)
	if v := bump.Enclose([]Jet{Along(0, 0.33, 0.4), {}, {}}, 1, nil).Value; v.Width() > 0.2 {
		t.Errorf("beside the bump: %v", v)
	}
	// 1 + 0.313² − 0.99
	if v := bump.Enclose([]Jet{Along(0, 0.31, 0.32), {}, {}}, 1, nil).Value; v.Lo > 0.107973 {
		t.Errorf("around the bump: %v", v)
	}
	wave := mustCompile(t, "sin(x)*cos(y)/(2+x^2)", xyz)
	wide := wave.Enclose([]Jet{Along(0, 1, 1.1), Along(1, 1, 1.1), {}}, 2, nil)
	small := wave.Enclose([]Jet{Along(0, 1, 1.01), Along(1, 1, 1.01), {}}, 2, nil)
	if r := small.Slope[0].Width() / wide.Slope[0].Width(); r > 0.12 { // linear in the box, 0.1
		t.Errorf("the width of a slope falls by %g for a box smaller by 0.1", r)
	}
}

// A slope that is 0 at a point is no curvature of 0: (e^{x²})″ = 2 and (x² y)″ = 2y at x = 0.
func TestJetsOfMinima(t *testing.T) {
	at := []Jet{Along(0, 0, 0), Along(1, 3, 3), {}}
	for src, want := range map[string]float64{"exp(x^2)": 2, "x^2*y": 6, "-(x^2)": -2} {
		jet := mustCompile(t, src, xyz).Enclose(at, 2, nil)
		if c := jet.Curve[0]; !(c.Lo <= want && want <= c.Hi && c.Width() < 1e-12) {
			t.Errorf("the second derivative of %s at x = 0: %v, want %g", src, c, want)
		}
	}
}
