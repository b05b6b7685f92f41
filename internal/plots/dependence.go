package plots

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
)

// Dependence is a result as it depends on what was varied.
type Dependence struct {
	Title    string   // what was done
	Result   string   // its name
	Varied   string   // the name of what is on the abscissa
	Values   []string // what that was where it is no number: then X are indices of these
	Curves   []Dependent
	Standard bool // bars are standard errors, not bounds
}

// Dependent is the result along one curve, everything else being fixed.
type Dependent struct {
	Name                string // what is fixed; "" if nothing else is varied
	X, Y, Errors, Exact []float64
}

// Depends draws a result against what was varied: points with their bars, joined, and dashed the
// exact values where they are known. Axes are logarithmic where what stands on them is positive and
// spreads evenly, or over decades, on such a scale. Of more curves than can be told apart some are
// drawn, evenly chosen.
func Depends(w io.Writer, d Dependence) error {
	var x, y []float64 // all of them
	for _, c := range d.Curves {
		n := len(c.X)
		if len(c.Y) != n || len(c.Errors) != n || len(c.Exact) != n {
			return fmt.Errorf("%d values, %d bars, %d exact values at %d points", len(c.Y),
				len(c.Errors), len(c.Exact), n)
		}
		for i := range c.X {
			if drawable(c.Y[i]) || drawable(c.Exact[i]) {
				x, y = append(x, c.X[i]), append(y, c.Y[i], c.Exact[i])
			}
		}
	}
	const margin = 0.06
	logX, logY := d.Values == nil && logarithmic(x, 8), logarithmic(y, 30)
	out := chart{
		heading: strings.ReplaceAll(d.Result, "_", " ") + " against " + d.Varied, title: d.Title,
		width: 720, empty: "nothing is known of it",
		x: chartAxis{name: d.Varied, log: logX, names: d.Values, below: margin, above: margin,
			labels: 8},
		y: chartAxis{name: strings.ReplaceAll(d.Result, "_", " "), log: logY, below: margin,
			above: margin, labels: 8},
	}
	shown := spread(len(d.Curves), len(seriesColours))
	for at, k := range shown {
		c := d.Curves[k]
		colour := seriesColours[at]
		px, py := on(c.X, logX), on(c.Y, logY)
		out.curves = append(out.curves,
			curve{x: px, y: on(c.Exact, logY), line: stroke(ink, 2.5, 10, 7)})
		for i := range c.X {
			ends := on([]float64{c.Y[i] - c.Errors[i], c.Y[i] + c.Errors[i]}, logY)
			if logY && !(c.Y[i] > c.Errors[i]) { // the bar goes down to 0
				ends[0] = math.Inf(-1)
			}
			if drawable(ends[1]) {
				out.y.values = append(out.y.values, ends...)
			}
			out.curves = append(out.curves, bar(px[i], ends, colour))
		}
		out.curves = append(out.curves, curve{name: c.Name, x: px, y: py, line: stroke(colour, 2.5),
			points: glyph(colour, filled[at%len(filled)], 7)})
		out.x.values = append(out.x.values, px...)
		out.y.values = append(append(out.y.values, py...), on(c.Exact, logY)...)
	}
	if !slices.ContainsFunc(d.Curves, func(c Dependent) bool { return c.Name != "" }) {
		out.width = 1000 // there is no legend
	}
	if given := distinct(x); logX && len(given) <= 12 {
		out.x.steps = given
	}
	var remarks []string
	if slices.ContainsFunc(d.Curves, func(c Dependent) bool { return anyDrawable(c.Exact) }) {
		remarks = append(remarks, "Dashed: exact.")
	}
	if slices.ContainsFunc(d.Curves, func(c Dependent) bool { return anyDrawable(c.Errors) }) {
		text := "Bars are those of the figures, and may be too short to be seen."
		if d.Standard {
			text = "Bars are one standard error."
		}
		remarks = append(remarks, text)
	}
	if n := len(d.Curves); n > len(shown) {
		remarks = append(remarks, fmt.Sprintf("%d of %d curves are shown.", len(shown), n))
	}
	out.caption = strings.Join(remarks, " ")
	return out.draw(w)
}

// on are places on an axis.
func on(values []float64, logarithmic bool) []float64 {
	if logarithmic {
		return log10s(values)
	}
	return slices.Clone(values)
}

func anyDrawable(x []float64) bool { return slices.ContainsFunc(x, drawable) }

// logarithmic reports whether values belong on a logarithmic axis: all positive, and over more than
// that ratio, or closer to evenly spaced there than on a linear one.
func logarithmic(values []float64, ratio float64) bool {
	known := distinct(values)
	n := len(known)
	if n < 2 || known[0] <= 0 {
		return false
	}
	if known[n-1] >= ratio*known[0] {
		return true
	}
	return n > 3 && unevenness(log10s(known)) < 0.5*unevenness(known)
}

// distinct are the values that can be drawn, ascending, each once.
func distinct(values []float64) []float64 {
	known := slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return !drawable(v) })
	slices.Sort(known)
	return slices.Compact(known)
}

// unevenness is the largest distance of neighbours over the smallest, less 1.
func unevenness(sorted []float64) float64 {
	lo, hi := math.Inf(1), 0.0
	for i := 1; i < len(sorted); i++ {
		lo, hi = min(lo, sorted[i]-sorted[i-1]), max(hi, sorted[i]-sorted[i-1])
	}
	return hi/lo - 1
}

// nameTicks are ticks at 0, 1, …, with names as far as there is room for them.
func nameTicks(names []string, length float64, need func(a, b string) float64) []plot.Tick {
	const longest = 24
	var ticks []plot.Tick
	for k, name := range names {
		if runes := []rune(name); len(runes) > longest {
			name = string(runes[:longest-1]) + "…"
		}
		t := plot.Tick{Value: float64(k), Label: name}
		if !allClear(ticks, []plot.Tick{t}, length, need) {
			t.Label = ""
		}
		ticks = append(ticks, t)
	}
	return ticks
}

// bar is an error bar at x.
func bar(x float64, ends []float64, c color.Color) curve {
	return curve{x: []float64{x, x}, y: ends, line: stroke(c, 2)}
}
