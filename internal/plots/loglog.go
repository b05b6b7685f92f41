package plots

import (
	"io"
	"math"
	"slices"
	"sort"
	"strconv"

	"gonum.org/v1/plot"
)

// Convergence is a table of errors against a resolution.
type Convergence struct {
	Title  string // what was run
	Symbol string // of the resolution: h, Δt
	Steps  []float64
	Series []ErrorSeries
}

// ErrorSeries is the error at every resolution in one norm. An error that is not a positive number
// is left out.
type ErrorSeries struct {
	Name   string // of the norm
	Errors []float64
	Order  float64 // observed; NaN if not known
}

// LogLog draws the errors against the resolution, both logarithmic, the observed orders in the
// legend, and a triangle with the slope of each whole order that an observed one rounds to. An
// error says that steps and errors differ in number.
func LogLog(w io.Writer, c Convergence) error {
	x := log10s(c.Steps)
	var all []float64 // log₁₀ of the errors at positive steps
	var curves []curve
	for k, s := range c.Series {
		if err := sameLength("errors in "+s.Name, len(s.Errors), len(c.Steps)); err != nil {
			return err
		}
		colour := seriesColours[k%len(seriesColours)]
		line := curve{name: s.Name, x: x, y: log10s(s.Errors), line: stroke(colour, 3),
			points: glyph(colour, filled[k%len(filled)], 8)}
		if drawable(s.Order) {
			line.name += ": order " + minus(strconv.FormatFloat(s.Order, 'f', 2, 64))
		}
		curves = append(curves, line)
		for k, y := range line.y {
			if c.Steps[k] > 0 {
				all = append(all, y)
			}
		}
	}
	const least, margin = 0.8, 0.06
	out := chart{
		heading: "Error against " + c.Symbol, title: c.Title, width: 720,
		x: chartAxis{name: c.Symbol, log: true, values: x, least: least,
			below: margin, above: margin, steps: c.Steps},
		y: chartAxis{name: "error", log: true, values: all, least: least,
			below: 3 * margin, above: margin, labels: 8},
		empty: "no error is positive",
	}
	out.curves = append(c.triangles(out.x, out.y, curves), curves...)
	return out.draw(w)
}

// triangles returns, for each whole order, a triangle of that slope under the lowest of its curves.
func (c Convergence) triangles(xAxis, yAxis chartAxis, curves []curve) []curve {
	left, right := xAxis.span()
	bottom, top := yAxis.span()
	span, gap := right-left, 0.04*(top-bottom)
	var out []curve
	for k, order := range c.wholeOrders() {
		from := left + (0.62-0.22*float64(k))*span // side by side
		lowest := math.Inf(1)
		for i, s := range c.Series {
			y, ok := interpolate(curves[i].x, curves[i].y, from)
			if ok && math.Round(s.Order) == order {
				lowest = min(lowest, y)
			}
		}
		if drawable(lowest) {
			out = append(out, triangle(from, from+0.15*span, lowest-gap, order))
		}
	}
	return out
}

// wholeOrders returns the positive integers that observed orders round to, ascending.
func (c Convergence) wholeOrders() []float64 {
	var orders []float64
	for _, s := range c.Series {
		if order := math.Round(s.Order); order >= 1 && drawable(order) {
			orders = append(orders, order)
		}
	}
	slices.Sort(orders)
	return slices.Compact(orders)
}

// stepTicks returns ticks at the resolutions themselves, the coarsest first, as far as their labels
// clear each other.
func stepTicks(steps []float64, length float64, need func(a, b string) float64) []plot.Tick {
	var ticks []plot.Tick
	for _, h := range slices.Backward(slices.Sorted(slices.Values(steps))) {
		t := plot.Tick{Value: math.Log10(h), Label: number(h, 3)}
		if h > 0 && drawable(h) && allClear(ticks, []plot.Tick{t}, length, need) {
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// triangle has its hypotenuse on the line of that slope through (from, y).
func triangle(from, to, y, slope float64) curve {
	return curve{
		x: []float64{from, to, to, from}, y: []float64{y, y, y + slope*(to-from), y},
		line: stroke(ink, 1.5), beside: number(slope, 2),
	}
}

// interpolate returns the value at t of the line through the drawable points, and whether t lies
// between two of them.
func interpolate(x, y []float64, t float64) (float64, bool) {
	points := drawables(x, y)
	sort.Slice(points, func(a, b int) bool { return points[a].X < points[b].X })
	for k := 1; k < len(points); k++ {
		a, b := points[k-1], points[k]
		if t >= a.X && t <= b.X && b.X > a.X {
			return a.Y + (b.Y-a.Y)*(t-a.X)/(b.X-a.X), true
		}
	}
	return 0, false
}
