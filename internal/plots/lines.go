package plots

import (
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
)

// LinesData is a number of quantities against another.
type LinesData struct {
	Heading, Title string // what is shown; of what
	X, Y           string // labels of the axes
	LogX, LogY     bool   // what is not positive is then left out
	Lines          []Line
}

// Line is one of them. A point that is not a number is left out, and the line is broken there.
type Line struct {
	Name      string // in the legend; "" for none
	X, Y      []float64
	Reference bool // dashed and without points: what the others are to be compared with
	Scattered bool // points only
}

// Lines draws lines with points, or only lines where there are many points. If there are as many references as other lines, a
// reference has the colour of the line before it; otherwise references are dark. An error says that x and y differ in number.
func Lines(w io.Writer, d LinesData) error {
	shown := make([]Line, len(d.Lines))
	var allX, allY []float64
	for k, l := range d.Lines {
		if err := sameLength("y of "+l.Name, len(l.Y), len(l.X)); err != nil {
			return err
		}
		l.X, l.Y = scaledAs(l.X, d.LogX), scaledAs(l.Y, d.LogY)
		shown[k] = l
		for i := range l.X {
			if drawable(l.X[i]) && drawable(l.Y[i]) {
				allX, allY = append(allX, l.X[i]), append(allY, l.Y[i])
			}
		}
	}
	f := newFigure(w, 1200, 735, d.Heading, d.Title)
	area := f.area(150, 80, 700, 570)
	if len(allX) == 0 {
		strokeFrame(area)
		note(area, "no point is representable: nothing to draw")
		return f.write(w)
	}
	p := newPlot(0, 1, 0, 1)
	fitAxis(&p.X, d.X, allX, d.LogX, 7, horizontally(area))
	fitAxis(&p.Y, d.Y, allY, d.LogY, 8, vertically(area))
	addGrid(p)
	legend := newLegend()
	addLines(p, &legend, shown)
	place(p, area, "")
	legend.Draw(f.area(880, 84, 310, 560))
	return f.write(w)
}

// scaledAs returns the values, or log₁₀ of them.
func scaledAs(values []float64, logarithmic bool) []float64 {
	if logarithmic {
		return log10s(values)
	}
	return values
}

// fitAxis sets the range of an axis to that of the values with a margin, its name and its ticks.
func fitAxis(axis *plot.Axis, name string, values []float64, logarithmic bool, ticks float64, need func(a, b string) float64) {
	lo, hi, _ := extent(values)
	least := 1e-6 * max(math.Abs(lo), math.Abs(hi))
	if logarithmic {
		least = 0.5
	}
	lo, hi = widen(lo, hi, least)
	margin := 0.05 * (hi - lo)
	axis.Min, axis.Max, axis.Label.Text = lo-margin, hi+margin, name
	if logarithmic {
		setTicks(axis, logTicks(axis.Min, axis.Max, ticks))
	} else {
		setLinear(axis, name, ticks, need)
	}
}

// How lines are told apart: by colour, and where these repeat by the shape of their points.
var (
	lineColours = []color.RGBA{blue, vermilion, green, purple, sky, ink}
	filled      = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}}
	hollow      = []draw.GlyphDrawer{draw.RingGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}}
)

// addLines draws the lines in the order given.
func addLines(p *plot.Plot, legend *plot.Legend, lines []Line) {
	references := 0
	for _, l := range lines {
		if l.Reference {
			references++
		}
	}
	paired := 2*references == len(lines)
	drawn := 0 // lines that are no references
	for _, l := range lines {
		var thumbs []plot.Thumbnailer
		switch {
		case l.Reference && paired && drawn > 0:
			thumbs = append(thumbs, addLine(p, l.X, l.Y, stroke(lineColours[(drawn-1)%len(lineColours)], 2.5, 10, 7)))
		case l.Reference:
			thumbs = append(thumbs, addLine(p, l.X, l.Y, stroke(ink, 2.5, 10, 7)))
		default:
			thumbs = addMarked(p, l, drawn)
			drawn++
		}
		if l.Name != "" {
			legend.Add(l.Name, thumbs...)
		}
	}
}

// addMarked draws line number k with its points.
func addMarked(p *plot.Plot, l Line, k int) []plot.Thumbnailer {
	const few = 40
	colour, shape := lineColours[k%len(lineColours)], filled[k%len(filled)]
	if k >= len(lineColours) {
		shape = hollow[k%len(hollow)]
	}
	var thumbs []plot.Thumbnailer
	if !l.Scattered {
		thumbs = append(thumbs, addLine(p, l.X, l.Y, stroke(colour, 3)))
	}
	if l.Scattered || len(l.X) <= few {
		thumbs = append(thumbs, addPoints(p, l.X, l.Y, glyph(colour, shape)))
	}
	return thumbs
}
