package plots

import (
	"image/color"
	"io"
	"maps"
	"math"
	"slices"
	"sort"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"
)

// Convergence is a table of errors against a resolution.
type Convergence struct {
	Title  string // what was run
	Symbol string // of the resolution: h, Δt
	Steps  []float64
	Series []ErrorSeries
}

// ErrorSeries is the error at every resolution in one norm. An error that is not a positive number is left out.
type ErrorSeries struct {
	Name   string // of the norm
	Errors []float64
	Order  float64 // observed; NaN if not known
}

// LogLog draws the errors against the resolution, both logarithmic, the observed orders in the legend, and a triangle with
// the slope of each whole order that an observed one rounds to. An error says that steps and errors differ in number.
func LogLog(w io.Writer, c Convergence) error {
	for _, s := range c.Series {
		if err := sameLength("errors in "+s.Name, len(s.Errors), len(c.Steps)); err != nil {
			return err
		}
	}
	f := newFigure(w, 1200, 735, "Error against "+c.Symbol, c.Title)
	area := f.area(150, 80, 720, 570)
	x := log10s(c.Steps)
	xlo, xhi, _ := extent(x)
	ylo, yhi, ok := extent(c.points())
	if !ok {
		strokeFrame(area)
		note(area, "no error is positive: nothing to draw")
		return f.write(w)
	}
	xlo, xhi = widen(xlo, xhi, 0.8)
	ylo, yhi = widen(ylo, yhi, 0.8)
	xm, ym := 0.06*(xhi-xlo), 0.06*(yhi-ylo)
	p := newPlot(xlo-xm, xhi+xm, ylo-3*ym, yhi+ym)
	p.X.Label.Text, p.Y.Label.Text = c.Symbol, "error"
	setTicks(&p.X, stepTicks(c.Steps, p.X.Max-p.X.Min, horizontally(area)))
	setTicks(&p.Y, logTicks(p.Y.Min, p.Y.Max, 8))
	addGrid(p)
	legend := newLegend()
	c.addTriangles(p, x)
	c.addSeries(p, &legend, x)
	place(p, area, "")
	legend.Draw(f.area(900, 84, 290, 500))
	return f.write(w)
}

// points returns log₁₀ of the errors of all series at positive steps.
func (c Convergence) points() []float64 {
	var all []float64
	for _, s := range c.Series {
		for k, y := range log10s(s.Errors) {
			if c.Steps[k] > 0 {
				all = append(all, y)
			}
		}
	}
	return all
}

// addSeries draws points joined by lines.
func (c Convergence) addSeries(p *plot.Plot, legend *plot.Legend, x []float64) {
	colours := []color.RGBA{blue, vermilion, green, purple, ink, sky}
	shapes := []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}}
	for k, s := range c.Series {
		colour := colours[k%len(colours)]
		style := glyph(colour, shapes[k%len(shapes)])
		style.Radius = px(8)
		y := log10s(s.Errors)
		name := s.Name
		if drawable(s.Order) {
			name += ": order " + minus(strconv.FormatFloat(s.Order, 'f', 2, 64))
		}
		legend.Add(name, addLine(p, x, y, stroke(colour, 3)), addPoints(p, x, y, style))
	}
}

// addTriangles draws, for each whole order, a triangle of that slope under the lowest series of that order.
func (c Convergence) addTriangles(p *plot.Plot, x []float64) {
	span, gap := p.X.Max-p.X.Min, 0.04*(p.Y.Max-p.Y.Min)
	for k, order := range c.wholeOrders() {
		from := p.X.Min + (0.62-0.22*float64(k))*span // side by side
		lowest := math.Inf(1)
		for _, s := range c.Series {
			y, ok := interpolate(x, log10s(s.Errors), from)
			if ok && math.Round(s.Order) == order {
				lowest = min(lowest, y)
			}
		}
		if drawable(lowest) {
			addTriangle(p, from, from+0.15*span, lowest-gap, order)
		}
	}
}

// wholeOrders returns the positive integers that observed orders round to, ascending.
func (c Convergence) wholeOrders() []float64 {
	seen := map[float64]bool{}
	for _, s := range c.Series {
		if order := math.Round(s.Order); order >= 1 && drawable(order) {
			seen[order] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// stepTicks returns ticks at the resolutions themselves, the coarsest first, as far as their labels clear each other.
func stepTicks(steps []float64, length float64, need func(a, b string) float64) []plot.Tick {
	var ticks []plot.Tick
	for _, h := range slices.Backward(slices.Sorted(slices.Values(steps))) {
		t := plot.Tick{Value: math.Log10(h), Label: number(h, 3)}
		if h > 0 && drawable(h) && clears(ticks, t, length, need) {
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// addTriangle draws the triangle under the line of that slope through (from, y) and writes the slope beside it.
func addTriangle(p *plot.Plot, from, to, y, slope float64) {
	top := y + slope*(to-from)
	addLine(p, []float64{from, to, to, from}, []float64{y, y, top, y}, stroke(ink, 1.5))
	style := textStyle(tickSize, draw.XLeft)
	style.YAlign = draw.YCenter
	labels := &plotter.Labels{
		XYs:       plotter.XYs{{X: to, Y: (y + top) / 2}},
		Labels:    []string{number(slope, 2)},
		TextStyle: []draw.TextStyle{style},
	}
	labels.Offset.X = px(8)
	p.Add(labels)
}

// interpolate returns the value at t of the line through the drawable points, and whether t lies between two of them.
func interpolate(x, y []float64, t float64) (float64, bool) {
	var points plotter.XYs
	for k := range x {
		if drawable(x[k]) && drawable(y[k]) {
			points = append(points, plotter.XY{X: x[k], Y: y[k]})
		}
	}
	sort.Slice(points, func(a, b int) bool { return points[a].X < points[b].X })
	for k := 1; k < len(points); k++ {
		a, b := points[k-1], points[k]
		if t >= a.X && t <= b.X && b.X > a.X {
			return a.Y + (b.Y-a.Y)*(t-a.X)/(b.X-a.X), true
		}
	}
	return 0, false
}
