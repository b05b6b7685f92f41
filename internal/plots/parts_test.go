package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"pgregory.net/rapid"
)

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.25: "0.25", -3: "−3", 2.00013: "2.00013", 1e22: "10^{22}",
		1e-7: "10^{−7}", -1e-7: "−10^{−7}", 1.5e-7: "1.5·10^{−7}",
	} {
		if got := number(v, 6); got != want {
			t.Errorf("number(%g) = %q, want %q", v, got, want)
		}
	}
}

func TestSpans(t *testing.T) {
	got := fmt.Sprint(spans("‖u_{0}‖ = 10^{−3}, L^{1"))
	want := fmt.Sprint([]span{{"‖u", 0}, {"0", -1}, {"‖ = 10", 0}, {"−3", 1}, {", L", 0}, {"1", 1}})
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Equal steps of the palette are equal steps of lightness only while no colour is outside of sRGB
// and clipped.
func TestPaletteIsMonotoneAndInGamut(t *testing.T) {
	luminance := func(t float64) float64 {
		c := sequential(t)
		return 0.2126*math.Pow(float64(c.R), 2.2) + 0.7152*math.Pow(float64(c.G), 2.2) +
			0.0722*math.Pow(float64(c.B), 2.2)
	}
	for k := range 256 {
		u := float64(k) / 255
		r, g, b := paletteRGB(u)
		// a quarter of a step of the 8-bit channel
		if lo, hi := min(r, g, b), max(r, g, b); lo < -1e-3 || hi > 1+1e-3 {
			t.Errorf("colour at %.3f is outside of sRGB: %.3f %.3f %.3f", u, r, g, b)
		}
		// four steps of 255: more than the rounding of the channels
		if k > 4 && luminance(u) <= luminance(u-4.0/255) {
			t.Errorf("luminance does not rise at %.3f", u)
		}
	}
}

func TestLinearTicksAreRoundAndInside(t *testing.T) {
	got := fmt.Sprint(linearTicks(-1.2, 2.3, 4))
	want := "[{-1 −1} {0 0} {1 1} {2 2}]"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.Float64Range(-1e6, 1e6).Draw(t, "lo")
		lo, hi := widen(lo, lo+rapid.Float64Range(0, 1e6).Draw(t, "width"), 0)
		if lo == hi {
			t.Skip()
		}
		ticks := linearTicks(lo, hi, 5)
		if len(ticks) < 1 || len(ticks) > 7 {
			t.Fatalf("%d ticks on [%g, %g]", len(ticks), lo, hi)
		}
		for _, tick := range ticks {
			// an end that is round up to rounding, and that of k·step
			slack := 1e-6*(hi-lo) + 0x1p-52*max(math.Abs(lo), math.Abs(hi))
			if tick.Value < lo-slack || tick.Value > hi+slack {
				t.Fatalf("tick %g outside of [%g, %g]", tick.Value, lo, hi)
			}
		}
	})
}

func TestLogTicksHaveLabels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.Float64Range(-290, 290).Draw(t, "lo")
		hi := lo + rapid.Float64Range(0.8, 300).Draw(t, "decades")
		labels := 0
		for _, tick := range logTicks(lo, hi, 8) {
			if !tick.IsMinor() {
				labels++
			}
		}
		if labels < 1 || labels > 12 {
			t.Fatalf("%d labels on [10^%g, 10^%g]", labels, lo, hi)
		}
	})
}

// need is the room that labels take on a panel of 400 pixels.
var need = horizontally(draw.Canvas{Rectangle: vg.Rectangle{Max: vg.Point{X: px(400), Y: px(400)}}})

func labels(ticks []plot.Tick) string {
	s := map[float64]string{}
	for _, t := range ticks {
		s[t.Value] = t.Label
	}
	return fmt.Sprint(s)
}

func TestGradedTicksAreRoundValuesAtTheirPlaces(t *testing.T) {
	a := sinhAxis("x", 128, 100)
	ticks := gradedTicks(a, need)
	for _, tick := range ticks {
		var q float64
		if _, err := fmt.Sscan(tick.Label, &q); err != nil {
			continue // a negative number is written with a minus sign that Sscan does not know
		}
		want := 64 * (1 + math.Asinh(q)/math.Asinh(100))
		if math.Abs(tick.Value-want) > 0.01 { // ξ is linear inside of a cell, asinh nearly so
			t.Errorf("tick %s at ξ = %g, want %g", tick.Label, tick.Value, want)
		}
	}
	if len(ticks) != 7 {
		t.Errorf("ticks %s, want −100 −10 −1 0 1 10 100", labels(ticks))
	}
}

func TestGradedTicksNeverOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "cells")
		a := Axis{"x", []float64{rapid.Float64Range(-1e3, 1e3).Draw(t, "first")}}
		for range n {
			width := math.Pow(10, rapid.Float64Range(-6, 6).Draw(t, "log width"))
			a.Faces = append(a.Faces, a.last()+width)
		}
		ticks := gradedTicks(a, need)
		for i, u := range ticks {
			if !(u.Value >= 0 && u.Value <= float64(n)) {
				t.Fatalf("tick %v outside of the axis", u)
			}
			for _, v := range ticks[:i] {
				if grading(a) >= 3 && math.Abs(u.Value-v.Value) < need(u.Label,
					v.Label)*float64(n) {
					t.Fatalf("ticks %v and %v overlap", u, v)
				}
			}
		}
	})
}

func TestTicksOfALogAxisKeepAStride(t *testing.T) {
	ticks := gradedTicks(logAxis("r", 300, 1e-31, 1e31), need)
	if len(ticks) < 5 || len(ticks) > 9 {
		t.Errorf("ticks %s", labels(ticks))
	}
	slices.SortFunc(ticks, func(a, b plot.Tick) int { return cmp.Compare(a.Value, b.Value) })
	for i := 2; i < len(ticks); i++ {
		first, d := ticks[1].Value-ticks[0].Value, ticks[i].Value-ticks[i-1].Value
		if math.Abs(d-first) > 0.3 { // cells: ξ is linear in q inside of one, not in log q
			t.Errorf("ticks are not evenly spaced: %s", labels(ticks))
		}
	}
}

func TestWindowHoldsTheMass(t *testing.T) {
	g := lineGrid(uniformAxis("x", 1000, -10, 10))
	rho := g.sample(func(x, _ float64) float64 { return math.Exp(-x * x / 2) })
	lo, hi := g.window(0, coverage, [][]float64{rho})
	// of the normal distribution, at 99.5 %
	const quantile = 2.5758
	if math.Abs(hi-quantile) > 0.02 || math.Abs(lo+quantile) > 0.02 { // a cell
		t.Errorf("window [%g, %g], want ±%g", lo, hi, quantile)
	}
	if lo, hi := g.window(0, coverage, [][]float64{make([]float64, 1000)}); lo != -10 || hi != 10 {
		t.Errorf("no mass: window [%g, %g], want the whole axis", lo, hi)
	}
}

func TestCellAtFindsTheCellOfAPoint(t *testing.T) {
	grids := []Grid{
		planeGrid(Identity, sinhAxis("x", 10, 10), sinhAxis("y", 12, 20)),
		planeGrid(Polar, logAxis("r", 8, 0.1, 10), uniformAxis("phi", 12, 0, 2*math.Pi)),
		planeGrid(Polar, logAxis("r", 8, 0.1, 10), uniformAxis("phi", 12, -math.Pi, math.Pi)),
		planeGrid(Meridian, logAxis("r", 8, 0.1, 10), uniformAxis("theta", 7, 0, math.Pi)),
		planeGrid(Axial, logAxis("r", 8, 0.1, 10), uniformAxis("z", 7, -3, 3)),
		planeGrid(Section, logAxis("r", 8, 0.1, 10), uniformAxis("theta", 7, -math.Pi, math.Pi)),
	}
	for _, g := range grids {
		want := 0
		g.sample(func(x, y float64) float64 {
			if got, ok := g.cellAt(x, y); got != want || !ok {
				t.Errorf("plane %d: midpoint of cell %d is found in cell %d, %t", g.Plane, want,
					got, ok)
			}
			want++
			return 0
		})
		if _, ok := g.cellAt(30, 0); ok {
			t.Errorf("plane %d: a point outside of the grid is in a cell", g.Plane)
		}
	}
}

// The cells at the points of a raster are those at its points one by one, inside and outside.
func TestCellsAtAgreesWithCellAt(t *testing.T) {
	x, y := centres(-12, 12, 37), centres(11, -13, 29)
	for _, g := range []Grid{
		planeGrid(Identity, sinhAxis("x", 10, 10), sinhAxis("y", 12, 10)),
		planeGrid(Polar, logAxis("r", 8, 0.1, 10), uniformAxis("phi", 12, -math.Pi, math.Pi)),
		planeGrid(Axial, logAxis("r", 8, 0.1, 10), uniformAxis("z", 7, -3, 3)),
		planeGrid(Section, logAxis("r", 8, 0.1, 10), uniformAxis("theta", 7, -3, 3)),
	} {
		cells, outside := g.cellsAt(x, y), 0
		for k, got := range cells {
			want, inside := g.cellAt(x[k%len(x)], y[k/len(x)])
			if !inside {
				want, outside = -1, outside+1
			}
			if got != want {
				t.Fatalf("plane %d: point %d is in cell %d, want %d", g.Plane, k, got, want)
			}
		}
		if len(cells) != len(x)*len(y) || outside == 0 || outside == len(cells) {
			t.Errorf("plane %d: %d of %d points are outside", g.Plane, outside, len(cells))
		}
	}
}

// Maps of one row that differ in their grids or windows do not take each other's cells.
func TestMapsOfARowKeepTheirCells(t *testing.T) {
	coarse := planeGrid(Identity, uniformAxis("x", 2, 0, 1), uniformAxis("y", 2, 0, 1))
	fine := planeGrid(Identity, uniformAxis("x", 4, 0, 1), uniformAxis("y", 4, 0, 1))
	whole := square{0.5, 0.5, 0.5}
	base := mapped{grid: coarse, window: whole}
	for name, other := range map[string]mapped{
		"grid":   {grid: fine, window: whole},
		"window": {grid: coarse, window: square{0, 0, 0.5}},
		"plane":  {grid: Grid{Axes: coarse.Axes, Plane: Polar}, window: whole},
	} {
		if sameCells(base, other) || !sameCells(other, other) {
			t.Errorf("maps that differ in the %s are taken for the same", name)
		}
	}
}

func TestColourScalesSayWhatTheyCut(t *testing.T) {
	all := []int{0, 1, 2, 3}
	if s := seenScale([][]float64{{0, 3, 0, 1}, {1, 1, 1, 1}}, all); s.hi != 3 || s.log {
		t.Errorf("peaks 3 and 1: scale to %g, logarithmic %t", s.hi, s.log)
	}
	if s := seenScale([][]float64{{1, 1, 1, 1}, {0, 0, 0, 100}}, all); !s.log || s.lo != -3 ||
		s.hi != 2 || !s.under { // 0 is below the scale
		t.Errorf("peaks 1 and 100: scale [10^%g, 10^%g], logarithmic %t, under %t", s.lo, s.hi,
			s.log, s.under)
	}
	dot := make([]int, 1000) // a peak in one cell of a thousand of the picture
	dot[0] = 1
	if s := seenScale([][]float64{{1e-6, 1, 0, 0}}, dot); !s.log || !s.under {
		t.Errorf("a dot: scale [10^%g, 10^%g], logarithmic %t, under %t", s.lo, s.hi, s.log,
			s.under)
	}
	s := logScale(floorDecades, []float64{1e-30, 0.5, -1, math.NaN()})
	if s.lo != -12 || s.hi != 0 || !s.under {
		t.Errorf("log scale [%g, %g], under %t", s.lo, s.hi, s.under)
	}
	if s.at(-1) != undefined || s.at(0) != sequential(0) || s.at(math.NaN()) != undefined ||
		s.at(1e-30) != sequential(0) {
		t.Error("values without a logarithm are not told from small ones")
	}
}

func TestSpreadKeepsTheEnds(t *testing.T) {
	for _, test := range []struct {
		count, n int
		want     string
	}{{20, 5, "[0 5 10 14 19]"}, {3, 5, "[0 1 2]"}, {1, 5, "[0]"}, {0, 5, "[]"}} {
		if got := fmt.Sprint(spread(test.count, test.n)); got != test.want {
			t.Errorf("spread(%d, %d) = %s, want %s", test.count, test.n, got, test.want)
		}
	}
}
