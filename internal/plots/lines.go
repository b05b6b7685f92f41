package plots

import (
	"image/color"
	"io"
	"math"

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

// Lines draws lines with points, or only lines where there are many points. If there are as many
// references as other lines, a reference has the colour of the line before it; otherwise references
// are dark. An error says that x and y differ in number.
func Lines(w io.Writer, d LinesData) error {
	c := chart{
		heading: d.Heading, title: d.Title, width: 700, empty: "no point is representable",
	}
	var x, y []float64
	drawn, paired := 0, d.paired()
	for _, l := range d.Lines {
		if err := sameLength("y of "+l.Name, len(l.Y), len(l.X)); err != nil {
			return err
		}
		l.X, l.Y = scaledAs(l.X, d.LogX), scaledAs(l.Y, d.LogY)
		for _, p := range drawables(l.X, l.Y) {
			x, y = append(x, p.X), append(y, p.Y)
		}
		switch {
		case !l.Reference:
			c.curves = append(c.curves, l.marked(drawn))
			drawn++
		case paired && drawn > 0:
			c.curves = append(c.curves, l.dashed(lineColours[(drawn-1)%len(lineColours)]))
		default:
			c.curves = append(c.curves, l.dashed(ink))
		}
	}
	c.x, c.y = linesAxis(d.X, d.LogX, x, 7), linesAxis(d.Y, d.LogY, y, 8)
	return c.draw(w)
}

// paired reports whether there are as many references as other lines.
func (d LinesData) paired() bool {
	references := 0
	for _, l := range d.Lines {
		if l.Reference {
			references++
		}
	}
	return 2*references == len(d.Lines)
}

// scaledAs returns the values, or log₁₀ of them.
func scaledAs(values []float64, logarithmic bool) []float64 {
	if logarithmic {
		return log10s(values)
	}
	return values
}

// linesAxis is an axis for those values, with about so many labels.
func linesAxis(name string, logarithmic bool, values []float64, labels float64) chartAxis {
	lo, hi, _ := extent(values)
	a := chartAxis{name: name, log: logarithmic, values: values, below: 0.05, above: 0.05,
		least: 1e-6 * max(math.Abs(lo), math.Abs(hi)), labels: labels}
	if logarithmic {
		a.least = 0.5
	}
	return a
}

// How lines are told apart: by colour, and where these repeat by the shape of their points.
var (
	lineColours = []color.RGBA{blue, vermilion, green, purple, sky, ink}
	filled      = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}}
	hollow      = []draw.GlyphDrawer{draw.RingGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}}
)

// dashed is a reference.
func (l Line) dashed(c color.Color) curve {
	return curve{name: l.Name, x: l.X, y: l.Y, line: stroke(c, 2.5, 10, 7)}
}

// marked is line number k that is no reference, with its points.
func (l Line) marked(k int) curve {
	const few = 40
	colour, shape := lineColours[k%len(lineColours)], filled[k%len(filled)]
	if k >= len(lineColours) {
		shape = hollow[k%len(hollow)]
	}
	c := curve{name: l.Name, x: l.X, y: l.Y}
	if !l.Scattered {
		c.line = stroke(colour, 3)
	}
	if l.Scattered || len(l.X) <= few {
		c.points = glyph(colour, shape, 5)
	}
	return c
}
