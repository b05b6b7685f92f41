package plots

import (
	"image"
	"image/color"
	"io"
	"math"
	"strings"
	"testing"
)

func linesPicture(t *testing.T, d LinesData) image.Image {
	t.Helper()
	return picture(t, func(w io.Writer) error { return Lines(w, d) })
}

// y = x² is straight on logarithmic scales, from corner to corner; on linear ones it passes below
// the centre.
func TestLinesAreStraightOnLogarithmicScales(t *testing.T) {
	square := Line{Name: "x²"}
	for k := range 101 {
		x := math.Pow(10, 0.04*float64(k))
		square.X, square.Y = append(square.X, x), append(square.Y, x*x)
	}
	img := linesPicture(t, LinesData{LogX: true, LogY: true, Lines: []Line{square}})
	size(t, img, 1200, 735)
	centre := image.Pt(150+700/2, 80+570/2)
	near := image.Rectangle{centre.Sub(image.Pt(3, 3)), centre.Add(image.Pt(3, 3))}
	if count(img, near, blue) == 0 {
		t.Error("the line misses the centre of the data area")
	}
	if linear := linesPicture(t, LinesData{Lines: []Line{square}}); count(linear, near, blue) > 0 {
		t.Error("the line goes through the centre on linear scales")
	}
}

func TestLinesAndTheirReferences(t *testing.T) {
	data := Line{Name: "data", X: []float64{0, 1, 2}, Y: []float64{0, 1, 1}}
	exact := Line{Name: "exact", X: []float64{0, 2}, Y: []float64{0.5, 0.7}, Reference: true}
	other := Line{Name: "other", X: []float64{0, 1, 2}, Y: []float64{1, 0, 0}, Scattered: true}
	area := image.Rect(154, 84, 846, 646)
	colours := func(lines ...Line) [3]int {
		img := linesPicture(t, LinesData{X: "x", Y: "y", Lines: lines})
		var n [3]int
		for k, c := range []color.RGBA{blue, vermilion, ink} {
			n[k] = count(img, area, c)
		}
		return n
	}
	alone, paired, unpaired := colours(data), colours(data, exact), colours(data, other, exact)
	if !(paired[0] > alone[0]+300 && paired[2] == alone[2]) {
		t.Errorf("a reference of its own: %v pixels (blue, vermilion, ink) and %v without it",
			paired, alone)
	}
	if !(unpaired[1] > 100 && unpaired[2] > alone[2]+300) {
		t.Errorf("a reference of two: %v pixels (blue, vermilion, ink) and %v without it", unpaired,
			alone)
	}
}

func TestDegenerateLines(t *testing.T) {
	nan := math.NaN()
	for name, d := range map[string]LinesData{
		"none":      {},
		"no points": {Lines: []Line{{Name: "a"}}},
		"undefined": {Lines: []Line{{X: []float64{0, nan}, Y: []float64{nan, 1}}}},
		"not positive": {LogX: true, LogY: true,
			Lines: []Line{{X: []float64{-1, 0}, Y: []float64{1, 0}}}},
		"one point": {Lines: []Line{{X: []float64{3}, Y: []float64{0}}}},
		"constant":  {LogY: true, Lines: []Line{{X: []float64{1, 2}, Y: []float64{5, 5}}}},
		"one gap": {Lines: []Line{{X: []float64{1, 2, 3, 4, 5},
			Y: []float64{1, 2, nan, 2, 1}}}},
		"huge":      {Lines: []Line{{X: []float64{0, 1e299}, Y: []float64{-1e299, 1e299}}}},
		"reference": {Lines: []Line{{X: []float64{0, 1}, Y: []float64{0, 1}, Reference: true}}},
	} {
		t.Run(name, func(t *testing.T) { linesPicture(t, d) })
	}
	err := Lines(io.Discard, LinesData{Lines: []Line{{Name: "short", X: []float64{1, 2},
		Y: []float64{1}}}})
	if err == nil || !strings.Contains(err.Error(), "y of short") {
		t.Errorf("two x and one y: error %v", err)
	}
}
