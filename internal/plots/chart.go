package plots

import (
	"image/color"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"
)

// chart is a figure of one panel: curves between two axes, and a legend.
type chart struct {
	heading, title string
	x, y           chartAxis
	curves         []curve // the first lies below the others
	width          float64 // of the panel, in pixels
	inside         bool    // the legend stands in the panel, not on its right
	empty          string  // says that no value of y can be drawn
	caption        string
}

// chartAxis is an axis of a chart. Places on a logarithmic one are log₁₀ of what its labels say.
type chartAxis struct {
	name         string
	log          bool
	values       []float64 // which its range covers
	least        float64   // width of the range
	below, above float64   // margins, as shares of the range
	labels       float64   // about how many
	steps        []float64 // in place of that, the values that have ticks
	names        []string  // or what stands at 0, 1, …
}

// span returns the ends of the axis.
func (a chartAxis) span() (lo, hi float64) {
	lo, hi, _ = extent(a.values)
	lo, hi = widen(lo, hi, a.least)
	return lo - a.below*(hi-lo), hi + a.above*(hi-lo)
}

// label gives an axis its name and its ticks.
func (a chartAxis) label(axis *plot.Axis, need func(a, b string) float64) {
	axis.Label.Text = a.name
	switch {
	case a.names != nil:
		setTicks(axis, nameTicks(a.names, axis.Max-axis.Min, need))
	case a.steps != nil:
		setTicks(axis, stepTicks(a.steps, axis.Max-axis.Min, need))
	case a.log:
		setTicks(axis, logTicks(axis.Min, axis.Max, a.labels))
	default:
		setLinear(axis, a.name, a.labels, need)
	}
}

// curve is a number of points, joined by lines or alone, in the places of the axes.
type curve struct {
	name   string // in the legend; "" for none
	x, y   []float64
	line   draw.LineStyle  // of width 0 for none
	points draw.GlyphStyle // of radius 0 for none
	beside string          // is written right of it
	fill   color.Color     // of the polygon of the points; nil: none
}

// glyph is the style of data points of that radius in pixels.
func glyph(c color.Color, shape draw.GlyphDrawer, radius float64) draw.GlyphStyle {
	return draw.GlyphStyle{Color: c, Radius: px(radius), Shape: shape}
}

// add draws the curve and enters it into the legend.
func (c curve) add(p *plot.Plot, legend *plot.Legend) {
	var samples []plot.Thumbnailer
	if c.fill != nil {
		area := &plotter.Polygon{XYs: []plotter.XYs{drawables(c.x, c.y)}, Color: c.fill}
		p.Add(fixed{area})
		samples = append(samples, area)
	}
	if c.line.Width > 0 {
		samples = append(samples, addLine(p, c.x, c.y, c.line))
	}
	if c.points.Radius > 0 {
		scatter := &plotter.Scatter{XYs: drawables(c.x, c.y), GlyphStyle: c.points}
		p.Add(fixed{scatter})
		samples = append(samples, scatter)
	}
	if c.name != "" {
		legend.Add(c.name, samples...)
	}
	if c.beside != "" {
		_, right, _ := extent(c.x)
		bottom, top, _ := extent(c.y)
		labels := &plotter.Labels{
			XYs:       plotter.XYs{{X: right, Y: (bottom + top) / 2}},
			Labels:    []string{c.beside},
			TextStyle: []draw.TextStyle{textStyle(tickSize, draw.XLeft, draw.YCenter)},
		}
		labels.Offset.X = px(8)
		p.Add(labels)
	}
}

// draw draws the chart. Each line of the caption after the first makes it higher.
func (c chart) draw(w io.Writer) error {
	const width, margin, left, top = 1200, 24, 150, 80
	caption := wrapped(c.caption, textStyle(tickSize, draw.XLeft, draw.YTop), px(width-2*margin))
	f := newFigure(w, width, 735+captionHeight*max(0, len(caption)-1), c.heading, c.title)
	panel := f.area(left, top, c.width, 570)
	if _, _, ok := extent(c.y.values); !ok {
		nothing(panel, c.empty)
		return f.write(w)
	}
	p := newPlot(0, 1, 0, 1)
	p.X.Min, p.X.Max = c.x.span()
	p.Y.Min, p.Y.Max = c.y.span()
	addGrid(p)
	legend := newLegend()
	for _, curve := range c.curves {
		curve.add(p, &legend)
	}
	if c.inside {
		fitLegend(p, &legend, panel, c.curves)
	}
	c.x.label(&p.X, horizontally(panel))
	c.y.label(&p.Y, vertically(panel))
	place(p, panel, "")
	if c.inside {
		drawLegend(&legend, panel)
	} else {
		legend.Draw(f.area(left+c.width+30, top+4, 0, 0))
	}
	for i, line := range caption {
		f.caption(margin, float64(707+captionHeight*i), line)
	}
	return f.write(w)
}
