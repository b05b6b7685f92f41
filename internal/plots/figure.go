package plots

import (
	"fmt"
	"image"
	"image/color"
	"io"
	"math"
	"slices"
	"strings"

	images "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"gonum.org/v1/plot"
	fonts "gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// dpi is the resolution of the figures: a pixel is half a point.
const dpi = 144

// Sizes of type, in points.
const (
	titleSize = 12
	labelSize = 10
	tickSize  = 8.5
)

// px returns the length of n pixels.
func px(n float64) vg.Length { return vg.Length(n) * vg.Inch / dpi }

// figure is a picture under construction, with places given in pixels from the upper left corner.
type figure struct {
	canvas draw.Canvas
	encode func(w io.Writer) error
}

// newFigure returns an empty figure for w, which may be a Paper, with a heading and its subject:
// the first line beside it, the next below, shortened to the width.
func newFigure(w io.Writer, width, height int, heading, subject string) *figure {
	f := blank(w, width, height)
	name, equation, _ := strings.Cut(subject, "\n")
	if name != "" {
		heading += " · " + name
	}
	const margin = 24
	room := px(float64(width - 2*margin))
	style := textStyle(titleSize, draw.XLeft, draw.YTop)
	style.Font.Weight = font.WeightBold
	f.canvas.FillText(style, f.point(margin, 20), shortened(heading, style, room))
	style = textStyle(tickSize, draw.XLeft, draw.YTop)
	f.canvas.FillText(style, f.point(margin, 50), shortened(equation, style, room))
	return f
}

// shortened returns a text of that width at most: its end is cut off where it is longer, with an
// ellipsis in its place.
func shortened(txt string, style text.Style, room vg.Length) string {
	if style.Width(txt) <= room {
		return txt
	}
	runes := []rune(txt)
	for n := len(runes) - 1; n > 0; n-- {
		cut := string(runes[:n])
		open := max(strings.LastIndex(cut, "^{"), strings.LastIndex(cut, "_{"))
		if open > strings.LastIndex(cut, "}") {
			continue // within a script
		}
		cut = strings.TrimRight(cut, " ^_") + " …"
		if style.Width(cut) <= room {
			return cut
		}
	}
	return ""
}

// captionHeight is the distance of the lines of a caption in pixels.
const captionHeight = 24

// wrapped breaks a text at its blanks into lines of that width at most, but for words that are
// longer.
func wrapped(txt string, style text.Style, room vg.Length) []string {
	var lines []string
	for _, word := range strings.Fields(txt) {
		if n := len(lines) - 1; n >= 0 && style.Width(lines[n]+" "+word) <= room {
			lines[n] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

// point returns the point that lies so many pixels from the left and from the top.
func (f *figure) point(left, top float64) vg.Point {
	return vg.Point{X: f.canvas.Min.X + px(left), Y: f.canvas.Max.Y - px(top)}
}

// area returns a rectangle of that place and size.
func (f *figure) area(left, top, width, height float64) draw.Canvas {
	a, b := f.point(left, top+height), f.point(left+width, top)
	return draw.Canvas{Canvas: f.canvas.Canvas, Rectangle: vg.Rectangle{Min: a, Max: b}}
}

// caption writes a line in small type, shortened to the room there is.
func (f *figure) caption(left, top float64, txt string) {
	style := textStyle(tickSize, draw.XLeft, draw.YTop)
	at := f.point(left, top)
	f.canvas.FillText(style, at, shortened(txt, style, f.canvas.Max.X-at.X-px(10)))
}

// write encodes the figure.
func (f *figure) write(w io.Writer) error {
	if err := f.encode(w); err != nil {
		return fmt.Errorf("writing a figure: %w", err)
	}
	return nil
}

// textStyle is the style of a text that stands so beside its place.
func textStyle(size vg.Length, x draw.XAlignment, y draw.YAlignment) text.Style {
	return text.Style{
		Color:   ink,
		Font:    fonts.From(fonts.Font{Typeface: "Liberation", Variant: "Sans"}, size),
		XAlign:  x,
		YAlign:  y,
		Handler: script{text.Plain{Fonts: plot.DefaultTextHandler.Cache()}},
	}
}

// newPlot returns a plot of [xlo, xhi] × [ylo, yhi] in the style of all figures: a frame, ticks
// outside.
func newPlot(xlo, xhi, ylo, yhi float64) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = xlo, xhi, ylo, yhi
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Padding = 0
		axis.Width = 0
		axis.Tick.Length = px(8)
		axis.Tick.LineStyle = draw.LineStyle{Color: ink, Width: px(1.2)}
		axis.Label.Padding = px(6)
		restyle(&axis.Tick.Label, tickSize)
		restyle(&axis.Label.TextStyle, labelSize)
	}
	return p
}

// restyle gives a text style of gonum's our type and leaves its alignment.
func restyle(s *text.Style, size vg.Length) {
	*s = textStyle(size, s.XAlign, s.YAlign)
}

// setTicks places ticks on an axis.
func setTicks(axis *plot.Axis, ticks []plot.Tick) { axis.Tick.Marker = plot.ConstantTicks(ticks) }

// addGrid draws faint lines at the labelled ticks; to be called before the data are added.
func addGrid(p *plot.Plot) {
	grid := plotter.NewGrid()
	grid.Vertical = draw.LineStyle{Color: faint, Width: px(1.2)}
	grid.Horizontal = grid.Vertical
	p.Add(grid)
}

// place draws a plot so that its data fill the area; ticks, labels and the title stand outside of
// it.
func place(p *plot.Plot, area draw.Canvas, title string) {
	c := area
	for range 4 { // a fixed point: the widths of the margins hardly depend on the size of the plot
		data := p.DataCanvas(c)
		c.Min.X += area.Min.X - data.Min.X
		c.Min.Y += area.Min.Y - data.Min.Y
		c.Max.X += area.Max.X - data.Max.X
		c.Max.Y += area.Max.Y - data.Max.Y
	}
	p.Draw(c)
	strokeFrame(area)
	style := textStyle(labelSize, draw.XCenter, draw.YBottom)
	area.FillText(style, vg.Point{X: area.Center().X, Y: area.Max.Y + px(12)}, title)
}

// strokeFrame draws the border of an area.
func strokeFrame(area draw.Canvas) {
	lo, hi := area.Min, area.Max
	area.StrokeLines(draw.LineStyle{Color: ink, Width: px(1.5)},
		[]vg.Point{lo, {X: hi.X, Y: lo.Y}, hi, {X: lo.X, Y: hi.Y}, lo, {X: hi.X, Y: lo.Y}})
}

// nothing draws an empty area that says why.
func nothing(area draw.Canvas, why string) {
	strokeFrame(area)
	style := textStyle(labelSize, draw.XCenter, draw.YCenter)
	area.FillText(style, area.Center(), why+": nothing to draw")
}

// stroke returns a line style of that many pixels; dashes are lengths in pixels.
func stroke(c color.Color, width float64, dashes ...float64) draw.LineStyle {
	style := draw.LineStyle{Color: c, Width: px(width)}
	for _, d := range dashes {
		style.Dashes = append(style.Dashes, px(d))
	}
	return style
}

// fixed hides the range of a plotter's data, so that the plot keeps the range it was given.
type fixed struct{ plot.Plotter }

// addLine draws the points as a line, broken where a point is not drawable, and returns it for the
// legend.
func addLine(p *plot.Plot, x, y []float64, style draw.LineStyle) plot.Thumbnailer {
	for _, run := range runs(x, y) {
		if len(run) > 1 {
			p.Add(fixed{&plotter.Line{XYs: run, LineStyle: style}})
		}
	}
	return &plotter.Line{LineStyle: style}
}

// runs returns the points that a figure can have, parted where there are others between them.
func runs(x, y []float64) (out []plotter.XYs) {
	broken := true
	for i := range x {
		if !drawable(x[i]) || !drawable(y[i]) {
			broken = true
			continue
		}
		if broken {
			out, broken = append(out, nil), false
		}
		last := &out[len(out)-1]
		*last = append(*last, plotter.XY{X: x[i], Y: y[i]})
	}
	return out
}

// drawables returns the points that a figure can have.
func drawables(x, y []float64) plotter.XYs { return slices.Concat(runs(x, y)...) }

// newLegend returns an empty legend with text right of the samples, to be drawn at the top of an
// area.
func newLegend() plot.Legend {
	l := plot.NewLegend()
	l.TextStyle = textStyle(tickSize, l.TextStyle.XAlign, draw.YBottom)
	l.Left, l.Top = true, true
	l.ThumbnailWidth = px(44)
	l.Padding = px(7)
	return l
}

// raster is a plotter that colours every pixel of the data area: it returns the colours at the
// points (x_i, y_j), the centres of the pixels, row by row.
type raster func(x, y []float64) []color.RGBA

// Plot implements plot.Plotter, for axes on linear scales.
func (colours raster) Plot(c draw.Canvas, p *plot.Plot) {
	dots := resolution(c)
	left, right := pixel(c.Min.X, dots), pixel(c.Max.X, dots)
	bottom, top := pixel(c.Min.Y, dots), pixel(c.Max.Y, dots)
	width, height := right-left, top-bottom
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for k, c := range colours(centres(p.X.Min, p.X.Max, width), centres(p.Y.Max, p.Y.Min, height)) {
		pixel := img.Pix[4*k : 4*k+4]
		pixel[0], pixel[1], pixel[2], pixel[3] = c.R, c.G, c.B, c.A
	}
	if b := bitmap(c.Canvas); b != nil { // its pixels are these
		at := image.Pt(left, b.Image().Bounds().Max.Y-top)
		images.Draw(b.Image(), img.Bounds().Add(at), img, image.Point{}, images.Src)
		return
	}
	place := func(pixels int) vg.Length { return vg.Length(pixels) * vg.Inch / vg.Length(dots) }
	c.DrawImage(vg.Rectangle{Min: vg.Point{X: place(left), Y: place(bottom)},
		Max: vg.Point{X: place(right), Y: place(top)}}, img)
}

// centres returns the midpoints of n equal parts of an interval.
func centres(from, to float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = from + (float64(i)+0.5)/float64(n)*(to-from)
	}
	return out
}

// pixel rounds a length to whole pixels of that resolution.
func pixel(length vg.Length, dpi float64) int { return int(math.Round(length.Dots(dpi))) }

// drawColourBar draws a colour scale with its ticks to the right of it and the symbol of the
// quantity above.
func drawColourBar(area draw.Canvas, s scale, symbol string) {
	p := newPlot(0, 1, s.lo, s.hi)
	raster(func(x, y []float64) (colours []color.RGBA) {
		for _, at := range y {
			colours = append(colours, slices.Repeat([]color.RGBA{s.shade(at)}, len(x))...)
		}
		return colours
	}).Plot(area, p)
	strokeFrame(area)
	style := textStyle(tickSize, draw.XLeft, draw.YCenter)
	descent := style.FontExtents().Descent
	for _, t := range s.ticks(vertically(area)) {
		y := area.Y(p.Y.Norm(t.Value))
		length := px(8)
		if t.IsMinor() {
			length /= 2
		}
		area.StrokeLine2(stroke(ink, 1.2), area.Max.X, y, area.Max.X+length, y)
		area.FillText(style, vg.Point{X: area.Max.X + px(14), Y: y + descent}, t.Label)
	}
	title := textStyle(labelSize, draw.XLeft, draw.YBottom)
	area.FillText(title, vg.Point{X: area.Min.X, Y: area.Max.Y + px(18)}, symbol)
}

// widen returns an interval around [lo, hi] that is at least that wide, and not a point.
func widen(lo, hi, least float64) (float64, float64) {
	const (
		distinct = 1e-12 // of the ends: ticks within less are not told apart
		tiny     = 1e-300
	)
	least = max(least, distinct*max(math.Abs(lo), math.Abs(hi)))
	if least < tiny && hi-lo < tiny {
		least = 1
	}
	if hi-lo >= least {
		return lo, hi
	}
	mid := lo + (hi-lo)/2
	return mid - least/2, mid + least/2
}

// extent returns the smallest and the largest drawable value, and whether there is one.
func extent(values []float64) (lo, hi float64, ok bool) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if drawable(v) {
			lo, hi, ok = min(lo, v), max(hi, v), true
		}
	}
	return lo, hi, ok
}

// log10s returns log₁₀ of the values; where there is none it is not drawable.
func log10s(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = math.Log10(v)
	}
	return out
}

// spread returns at most n of the indices 0 … count−1, evenly, the first and the last among them.
func spread(count, n int) []int {
	n = min(n, count)
	out := make([]int, n)
	for k := 1; k < n; k++ {
		out[k] = int(math.Round(float64(k) * float64(count-1) / float64(n-1)))
	}
	return out
}
