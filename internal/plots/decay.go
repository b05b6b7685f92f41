package plots

import (
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot/vg/draw"
)

// DecayData is the history of the norm and what is known of its rate, −d log of it/dt. A rate that
// is not known is NaN.
type DecayData struct {
	Title string    // what was run
	Times []float64 // t_k
	Norms []float64 // ‖u − ⟨u⟩‖(t_k); one that is not a positive number is left out
	Open  bool      // mass leaves: the norms are ‖u‖
	// Errors are half-widths of error bars of the norms, relative; NaN: unknown. nil: all are.
	Errors []float64

	Fitted float64    // least-squares rate
	Window [2]float64 // the interval it was fitted on
	Gap    float64    // lowest positive eigenvalue of the discrete operator
	Exact  float64    // in closed form

	Reason string // why the fitted rate is not the decay rate, if that is known
}

// norm names what decays; the fonts at hand have no mathematical angle brackets.
func (d *DecayData) norm() string {
	if d.Open {
		return "‖u‖"
	}
	return "‖u − ‹u›‖"
}

// Decay draws the norm, relative to its first value, on a logarithmic scale against t. The fitted
// rate is a line on the data over its window; the gap and the exact rate are lines over the same
// interval (without a fit: over the last third of the decay), set off below and above. An error
// says that times and norms differ in number.
func Decay(w io.Writer, d DecayData) error {
	if err := sameLength("norm", len(d.Norms), len(d.Times)); err != nil {
		return err
	}
	t, y, reference := relativeNorms(d.Times, d.Norms)
	const margin = 0.08 // room for the lines that are set off
	c := chart{
		heading: "Decay of the norm", title: d.Title, width: 1010, inside: true,
		x: chartAxis{name: "t", values: d.Times, labels: 8},
		y: chartAxis{name: d.label(reference), log: true, values: y, least: 0.8,
			below: margin, above: margin, labels: 9},
		empty: "no norm is representable", caption: d.Reason,
	}
	c.curves = append([]curve{d.data(t, y)}, d.rates(c.y, t, y)...)
	if band, ok := d.band(c.y, t, y); ok {
		c.curves = append([]curve{band}, c.curves...)
		c.y.values = slices.Concat(y, band.y)
	}
	return c.draw(w)
}

// band is the polygon between the ends of the error bars, down to a thousandth of the norm, where
// they are known; false where it would not be seen.
func (d *DecayData) band(axis chartAxis, t, y []float64) (curve, bool) {
	const (
		seen  = 0.006 // of the height
		least = 1e-3
	)
	var times, upper, lower []float64
	widest := 0.0
	for k, time := range t {
		row := slices.Index(d.Times, time)
		if row >= len(d.Errors) || !drawable(d.Errors[row]) {
			continue
		}
		e := d.Errors[row]
		times = append(times, time)
		upper = append(upper, y[k]+math.Log10(1+e))
		lower = append(lower, y[k]+math.Log10(max(1-e, least)))
		widest = max(widest, upper[len(upper)-1]-lower[len(lower)-1])
	}
	lo, hi := axis.span()
	out := curve{name: "its error", fill: pale, x: slices.Clone(times), y: upper}
	slices.Reverse(times)
	slices.Reverse(lower)
	out.x, out.y = append(out.x, times...), append(out.y, lower...)
	return out, widest > seen*(hi-lo)
}

// relativeNorms returns the times at which the norm is a positive number, log₁₀ of it relative to
// the first such, and the time of that.
func relativeNorms(times, norms []float64) (t, y []float64, reference float64) {
	var first float64
	for k, n := range norms {
		if !(n > 0) || math.IsInf(n, 0) || !drawable(times[k]) {
			continue
		}
		if len(t) == 0 {
			first, reference = math.Log10(n), times[k]
		}
		t = append(t, times[k])
		y = append(y, math.Log10(n)-first)
	}
	return t, y, reference
}

// label names the ordinate: norms relative to the one at that time.
func (d *DecayData) label(reference float64) string {
	label := fmt.Sprintf("%s(t) / %s(%s)", d.norm(), d.norm(), number(reference, 3))
	if len(d.Times) > 0 && reference != d.Times[0] {
		label += ", the first representable"
	}
	return label
}

// data is a line through the data, with points if they are few.
func (d *DecayData) data(t, y []float64) curve {
	const few = 60
	c := curve{name: d.norm() + ", computed", x: t, y: y, line: stroke(blue, 3)}
	if len(t) <= few {
		c.points = glyph(blue, draw.CircleGlyph{}, 5)
	}
	return c
}

// rates returns the lines of slope −rate that are known.
func (d *DecayData) rates(axis chartAxis, t, y []float64) []curve {
	from, to, tc, yc := anchor(*d, t, y)
	lo, hi := axis.span()
	offset := 0.05 * (hi - lo)
	var curves []curve
	add := func(name string, rate, shift float64, style draw.LineStyle) {
		if drawable(rate) {
			at := func(t float64) float64 { return yc - rate*(t-tc)/math.Ln10 + shift }
			curves = append(curves, curve{name: name, line: style,
				x: []float64{from, to}, y: []float64{at(from), at(to)}})
		}
	}
	if d.hasFit() {
		add(d.fitName(), d.Fitted, 0, stroke(vermilion, 7))
	}
	add("exact rate "+number(d.Exact, 6)+" (set off upwards)", d.Exact, offset,
		stroke(ink, 3, 14, 8))
	add("gap of the discrete operator "+number(d.Gap, 6)+" (downwards)", d.Gap, -offset,
		stroke(green, 3, 3, 6))
	return curves
}

// agreement is by how much, relative to the gap, a fitted rate may differ from it and still be
// called the decay rate.
const agreement = 0.02

// fitName names the line that was fitted: the decay rate only where nothing contradicts that.
func (d DecayData) fitName() string {
	window := fmt.Sprintf("%s on [%s, %s]", number(d.Fitted, 6), number(d.Window[0], 3),
		number(d.Window[1], 3))
	if d.Reason != "" || drawable(d.Gap) && math.Abs(d.Fitted-d.Gap) > agreement*math.Abs(d.Gap) {
		return "slope " + window + ", not the decay rate"
	}
	return "fitted rate " + window
}

// hasFit reports whether a rate was fitted on an interval.
func (d DecayData) hasFit() bool { return drawable(d.Fitted) && d.Window[0] < d.Window[1] }

// anchor returns the interval over which slopes are drawn and the point that they go through: the
// window of the fit and the centre of the data in it; without a fit the last third of the decay
// down to 10^{−12}.
func anchor(d DecayData, t, y []float64) (from, to, tc, yc float64) {
	inside := func(k int) bool { return d.hasFit() && t[k] >= d.Window[0] && t[k] <= d.Window[1] }
	if _, _, tc, yc, ok := centre(t, y, inside); ok {
		return d.Window[0], d.Window[1], tc, yc
	}
	lowest := 0.0
	for _, v := range y {
		if v >= -12 {
			lowest = min(lowest, v)
		}
	}
	from, to, tc, yc, _ = centre(t, y,
		func(k int) bool { return y[k] >= -12 && y[k] <= lowest*2/3 })
	return from, to, tc, yc
}

// centre returns the interval and the mean of the points that are chosen.
func centre(t, y []float64, chosen func(k int) bool) (from, to, tc, yc float64, ok bool) {
	from, to = math.Inf(1), math.Inf(-1)
	n := 0.0
	for k := range t {
		if chosen(k) {
			from, to = min(from, t[k]), max(to, t[k])
			tc, yc, n = tc+t[k], yc+y[k], n+1
		}
	}
	return from, to, tc / n, yc / n, n > 0
}
