package plots

import (
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
	"pgregory.net/rapid"
)

// parsed reads a label as a reader does: "−1.5·10^{−7}" is −1.5e−7.
func parsed(t rapid.TB, label string) float64 {
	txt := strings.ReplaceAll(label, "−", "-")
	mantissa, exponent, found := strings.Cut(txt, "10^{")
	if !found && !strings.HasSuffix(txt, "·10") {
		mantissa = txt
	}
	factor := 1.0
	if found {
		k, err := strconv.Atoi(strings.TrimSuffix(exponent, "}"))
		if err != nil {
			t.Fatalf("label %q: %v", label, err)
		}
		factor = math.Pow10(k)
	} else if rest, ok := strings.CutSuffix(txt, "·10"); ok {
		mantissa, factor = rest, 10
	}
	switch mantissa = strings.TrimSuffix(mantissa, "·"); mantissa {
	case "":
		return factor
	case "-":
		return -factor
	}
	v, err := strconv.ParseFloat(mantissa, 64)
	if err != nil {
		t.Fatalf("label %q: %v", label, err)
	}
	return v * factor
}

// origin reads the number that the name of an axis takes from its labels.
func origin(t rapid.TB, name string) float64 {
	if rest, ok := strings.CutPrefix(name, "x − "); ok {
		return parsed(t, rest)
	}
	if rest, ok := strings.CutPrefix(name, "x + "); ok {
		return -parsed(t, rest)
	}
	return 0
}

// interval draws an interval of any size, anywhere, wider than the spacing of doubles by 10⁴ at
// least.
func interval(t *rapid.T) (lo, hi float64) {
	lo = rapid.Float64Range(-1, 1).Draw(t, "place") *
		math.Pow(10, rapid.Float64Range(-12, 12).Draw(t, "log place"))
	if rapid.Bool().Draw(t, "round") {
		lo = roundTo(lo, int(math.Floor(math.Log10(math.Abs(lo)+1e-300))))
	}
	hi = lo + math.Pow(10, rapid.Float64Range(-12, 12).Draw(t, "log width"))
	if hi-lo < 1e-12*math.Abs(lo) {
		t.Skip("too narrow")
	}
	return lo, hi
}

// checkLabels fails unless the labels differ, are in order, and mean the places that their ticks
// have, to half of their distance and in fact to what a double holds.
func checkLabels(t rapid.TB, ticks []plot.Tick, value func(place float64) float64, from float64) {
	var before float64
	seen := map[string]bool{}
	for i, tick := range ticks {
		if tick.IsMinor() {
			continue
		}
		if seen[tick.Label] {
			t.Fatalf("label %q stands twice", tick.Label)
		}
		seen[tick.Label] = true
		says, is := from+parsed(t, tick.Label), value(tick.Value)
		if i > 0 && !(says > before) {
			t.Fatalf("label %q says %v after %v", tick.Label, says, before)
		}
		before = says
		step := math.Inf(1)
		if len(ticks) > 1 {
			next := ticks[max(i-1, 0)+1]
			step = math.Abs(value(next.Value) - value(ticks[max(i-1, 0)].Value))
		}
		// the ends of the interval above are resolved by 10⁴ doubles
		if math.Abs(says-is) > step/100 {
			t.Fatalf("label %q at %v, %g steps off", tick.Label, is, (says-is)/step)
		}
	}
	if len(seen) < 2 {
		t.Fatalf("%d labels", len(seen))
	}
}

func TestLabelsOfLinearAxesSayWhereTheyAre(t *testing.T) {
	check := func(t rapid.TB, lo, hi float64) {
		p := newPlot(lo, hi, 0, 1)
		setLinear(&p.X, "x", 5, need)
		ticks := p.X.Tick.Marker.Ticks(lo, hi)
		checkLabels(t, ticks, func(v float64) float64 { return v }, origin(t, p.X.Label.Text))
		if !allClear(nil, ticks, hi-lo, need) {
			t.Fatalf("labels overlap: %v", ticks)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		lo, hi := interval(t)
		check(t, lo, hi)
	})
	for _, ends := range [][2]float64{{1e6, 1e6 + 1}, {0.99999, 1.00001}, {-1e-9, 2e-9},
		{-1e6 - 1e-3, -1e6}, {1e9 + 0.3, 1e9 + 0.6}, {0, 1e300},
		{-0.19999, -0.1999035}} {
		check(t, ends[0], ends[1])
	}
}

// The kind of fault that checkLabels is there to find: labels rounded to six digits are all the
// same at 10⁶.
func TestRoundedLabelsAreFound(t *testing.T) {
	ticks := linearTicks(1e6, 1e6+1, 5)
	same := map[string]bool{}
	for _, tick := range ticks {
		same[number(tick.Value, 6)] = true
	}
	if len(same) > 1 {
		t.Errorf("six digits tell %d labels apart: the case is too easy", len(same))
	}
	exact := map[string]bool{}
	for _, tick := range ticks {
		exact[tick.Label] = true
	}
	if len(exact) != len(ticks) {
		t.Errorf("%d labels for %d ticks", len(exact), len(ticks))
	}
}

func TestLabelsOfLogarithmicAxesSayWhereTheyAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.Float64Range(-280, 280).Draw(t, "lo")
		hi := lo + math.Pow(10, rapid.Float64Range(-6, 2).Draw(t, "log decades"))
		checkLabels(t, logTicks(lo, min(hi, 300), 8),
			func(v float64) float64 { return math.Pow(10, v) }, 0)
	})
}

// A graded axis at 10⁶ has its decades around its finest cell.
func TestGradedLabelsFarFromTheOrigin(t *testing.T) {
	a := sinhAxis("x", 128, 10).from(-1e6)
	p := newPlot(0, 128, 0, 1)
	setGraded(&p.X, a, need)
	if p.X.Label.Text != "x − 1000000" {
		t.Errorf("the axis is named %q", p.X.Label.Text)
	}
	want := "map[0:−10 "
	if got := labels(p.X.Tick.Marker.Ticks(0, 128)); !strings.HasPrefix(got, want) ||
		!strings.Contains(got, "64:0") {
		t.Errorf("ticks %s", got)
	}
	if p := newPlot(0, 128, 0, 1); true {
		setGraded(&p.X, sinhAxis("x", 128, 10), need)
		if p.X.Label.Text != "x" {
			t.Errorf("around the origin the axis is named %q", p.X.Label.Text)
		}
	}
}

// box is the rectangle in a corner of the unit square.
func box(w, h float64, left, top bool) (x0, x1, y0, y1 float64) {
	x0, x1, y0, y1 = 1-w, 1, 0, h
	if left {
		x0, x1 = 0, w
	}
	if top {
		y0, y1 = 1-h, 1
	}
	return x0, x1, y0, y1
}

func TestLegendsCoverNothingWhereACornerIsFree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.Float64Range(0.05, 0.6).Draw(t, "w"),
			rapid.Float64Range(0.05, 0.6).Draw(t, "h")
		var c curve
		for range rapid.IntRange(1, 12).Draw(t, "points") {
			c.x = append(c.x, rapid.Float64Range(0, 1).Draw(t, "x"))
			c.y = append(c.y, rapid.Float64Range(0, 1).Draw(t, "y"))
		}
		// by sampling the curve, apart from the code under test
		covered := func(left, top bool) bool {
			x0, x1, y0, y1 := box(w, h, left, top)
			const samples = 400
			for i := range c.x {
				j := max(i-1, 0)
				for k := range samples + 1 {
					s := float64(k) / samples
					x, y := c.x[j]+s*(c.x[i]-c.x[j]), c.y[j]+s*(c.y[i]-c.y[j])
					if x > x0 && x < x1 && y > y0 && y < y1 {
						return true
					}
				}
			}
			return false
		}
		left, top, ok := freeCorner(w, h, []curve{c})
		if ok && covered(left, top) {
			t.Fatalf("the corner left %t, top %t is covered", left, top)
		}
		if !ok {
			for _, corner := range [][2]bool{{false, false}, {false, true}, {true, false},
				{true, true}} {
				if !covered(corner[0], corner[1]) && !grazed(w, h, corner[0], corner[1], c) {
					t.Fatalf("the corner left %t, top %t is free", corner[0], corner[1])
				}
			}
		}
	})
}

// grazed reports whether a curve comes so near to the corner box that sampling may miss the
// crossing.
func grazed(w, h float64, left, top bool, c curve) bool {
	const near = 0.01 // several samples of TestLegendsCoverNothingWhereACornerIsFree
	_, _, _, y1 := box(w+near, h+near, left, top)
	x0, x1, y0, _ := box(w+near, h+near, left, top)
	for i := range c.x {
		j := max(i-1, 0)
		for k := range 401 {
			s := float64(k) / 400
			x, y := c.x[j]+s*(c.x[i]-c.x[j]), c.y[j]+s*(c.y[i]-c.y[j])
			if x >= x0 && x <= x1 && y >= y0 && y <= y1 {
				return true
			}
		}
	}
	return false
}

// A curve through all four corners leaves a legend no place: the ordinate is raised until the curve
// is below it.
func TestLegendsMakeRoom(t *testing.T) {
	area := draw.Canvas{Canvas: newFigure(io.Discard, 400, 400, "", "").canvas.Canvas}
	area.Max.X, area.Max.Y = px(400), px(400)
	p := newPlot(0, 1, -2, 3)
	c := curve{x: []float64{0, 1, 1, 0}, y: []float64{-2, -2, 3, 3}}
	legend := newLegend()
	legend.Add("a curve", addLine(p, c.x, c.y, stroke(blue, 3)))
	fitLegend(p, &legend, area, []curve{c})
	h := float64((legend.Rectangle(area).Size().Y + px(2*legendMargin)) / px(400))
	if got := p.Y.Norm(3); math.Abs(got-(1-h)) > 1e-12 || legend.Left || !legend.Top {
		t.Errorf("the curve reaches to %g of the panel, the legend down to %g", got, 1-h)
	}
}

func TestTitlesAreShortenedToTheirRoom(t *testing.T) {
	style := textStyle(tickSize, draw.XLeft, draw.YTop)
	long := "ε = 0.25 · f = " + strings.Repeat("x^{12} + ", 60)
	for _, room := range []float64{60, 100, 303, 800} {
		got := shortened(long, style, px(room))
		if style.Width(got) > px(room) || !strings.HasSuffix(got, "…") ||
			strings.Count(got, "{") != strings.Count(got, "}") {
			t.Errorf("to %g pixels: %q, which takes %g", room, got, float64(style.Width(got)/px(1)))
		}
	}
	if got := shortened("f = x^{2}", style, px(800)); got != "f = x^{2}" {
		t.Errorf("a short title becomes %q", got)
	}
}

// A caption that does not fit goes on below: no word is lost, and no line is too long.
func TestCaptionsAreWrapped(t *testing.T) {
	style := textStyle(tickSize, draw.XLeft, draw.YTop)
	text := strings.Repeat("the rate fitted to the norms is not the gap ", 8)
	lines := wrapped(text, style, px(600))
	if len(lines) < 3 || strings.Join(lines, " ") != strings.TrimSpace(text) {
		t.Errorf("%q", lines)
	}
	for _, l := range lines {
		if style.Width(l) > px(600) {
			t.Errorf("%q takes %g pixels", l, float64(style.Width(l)/px(1)))
		}
	}
	if got := wrapped("short", style, px(600)); len(got) != 1 ||
		len(wrapped("", style, px(600))) != 0 {
		t.Errorf("%q", got)
	}
}
