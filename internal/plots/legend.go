package plots

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// legendMargin is the distance of a legend from the frame and from curves.
const legendMargin = 16 // pixels

// fitLegend puts a legend into the first corner of a plot where it covers no curve: top right, top
// left, bottom left, bottom right. Where there is none it raises the upper end of the ordinate
// until the top right corner is free. To be called before ticks are set.
func fitLegend(p *plot.Plot, legend *plot.Legend, area draw.Canvas, curves []curve) {
	size := legend.Rectangle(area).Size()
	w := float64((size.X + px(2*legendMargin)) / area.Size().X)
	h := float64((size.Y + px(2*legendMargin)) / area.Size().Y)
	unit := unitCurves(p, curves)
	left, top, ok := freeCorner(w, h, unit)
	legend.Left, legend.Top = left, top
	if ok || h >= 1 {
		return
	}
	highest := 0.0
	for _, c := range unit {
		for _, p := range drawables(c.x, c.y) {
			highest = max(highest, min(p.Y, 1))
		}
	}
	p.Y.Max = p.Y.Min + (p.Y.Max-p.Y.Min)*highest/(1-h)
}

// drawLegend draws a legend where fitLegend has put it.
func drawLegend(legend *plot.Legend, area draw.Canvas) {
	m := px(legendMargin)
	legend.Draw(draw.Crop(area, m, -m, m, -m))
}

// unitCurves returns the curves in units of the plot's sides.
func unitCurves(p *plot.Plot, curves []curve) []curve {
	out := make([]curve, len(curves))
	for k, c := range curves {
		for i := range c.x {
			out[k].x = append(out[k].x, p.X.Norm(c.x[i]))
			out[k].y = append(out[k].y, p.Y.Norm(c.y[i]))
		}
	}
	return out
}

// freeCorner returns the first corner of the unit square where a box of that size meets no curve;
// the top right one if none is free.
func freeCorner(w, h float64, curves []curve) (left, top, ok bool) {
	for _, corner := range [][2]bool{{false, true}, {true, true}, {true, false}, {false, false}} {
		lo, hi := vg.Point{X: vg.Length(1 - w)}, vg.Point{X: 1, Y: vg.Length(h)}
		if corner[0] {
			lo.X, hi.X = 0, vg.Length(w)
		}
		if corner[1] {
			lo.Y, hi.Y = vg.Length(1-h), 1
		}
		if box := (draw.Canvas{Rectangle: vg.Rectangle{Min: lo, Max: hi}}); !meets(box, curves) {
			return corner[0], corner[1], true
		}
	}
	return false, true, false
}

// meets reports whether a curve passes through a box.
func meets(box draw.Canvas, curves []curve) bool {
	for _, c := range curves {
		for _, run := range runs(c.x, c.y) {
			var line []vg.Point
			for _, p := range append(run[:1:1], run...) { // a point alone is a line, too
				line = append(line, vg.Point{X: vg.Length(p.X), Y: vg.Length(p.Y)})
			}
			if len(box.ClipLinesXY(line)) > 0 {
				return true
			}
		}
	}
	return false
}
