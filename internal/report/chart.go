package report

import (
	"fmt"
	"math"

	"fpsgd/internal/rundir"
)

// chart is a figure of curves that can be looked into. Ordinates that are logarithmic are sent as
// log₁₀.
type chart struct {
	Title string `json:"title"`
	X     scale  `json:"x"`
	Y     scale  `json:"y"`
	// Tables are curves by their abscissae: x, y, y, …; what is not known is null.
	Tables [][]column `json:"tables"`
	Curves []curve    `json:"curves"`
}

type scale struct {
	Label string `json:"label"`
	Log   bool   `json:"log"`
}

// curve is how the next column of the tables is drawn.
type curve struct {
	Label string `json:"label"`
	Style string `json:"style"` // line, thick, dash, dots, low, high: of a band, points
	Color int    `json:"color"` // its place in the palette of curves
}

// column are numbers to six digits, of which some may be unknown.
type column []float64

// MarshalJSON writes null for what is unknown.
func (c column) MarshalJSON() ([]byte, error) {
	out := []byte{'['}
	for i, x := range c {
		if i > 0 {
			out = append(out, ',')
		}
		if math.IsNaN(x) || math.IsInf(x, 0) {
			out = append(out, "null"...)
		} else {
			out = fmt.Appendf(out, "%.6g", x)
		}
	}
	return append(out, ']'), nil
}

// mostPoints is how many points of a curve are sent.
const mostPoints = 1500

// history is the series of a run.
type history struct{ t, logNorm, errors []float64 }

// historyOf reads the series, of long ones every n-th row and the last.
func historyOf(v *rundir.View) (map[string][]float64, error) {
	if !v.Has(rundir.SeriesCSV) {
		return nil, nil
	}
	content, err := v.ReadFile(rundir.SeriesCSV)
	if err != nil {
		return nil, err
	}
	series, err := rundir.ParseSeries(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", rundir.SeriesCSV, err)
	}
	for name, values := range series {
		series[name] = thinned(values)
	}
	return series, nil
}

// thinned returns mostPoints values at most, evenly, the first and the last among them.
func thinned(values []float64) []float64 {
	n := len(values)
	if n <= mostPoints {
		return values
	}
	out := make([]float64, mostPoints)
	for k := range out {
		out[k] = values[k*(n-1)/(mostPoints-1)]
	}
	return out
}

// decayOf are the curves of a run: the norm with the rates, and what else tells how far the density
// is from π.
func (s *section) decayOf(v *rundir.View) error {
	series, err := historyOf(v)
	if err != nil || series == nil || len(series["t"]) < 2 {
		return err
	}
	var r summary
	if _, err := readJSON(v, rundir.SummaryFile, &r); err != nil {
		return err
	}
	h := history{series["t"], series["log_norm"], series["norm_error"]}
	s.Charts = append(s.Charts, h.chart(&r, v.Manifest.Open))
	if c := distances(series); len(c.Curves) > 0 {
		s.Charts = append(s.Charts, c)
	}
	return nil
}

// chart is that of the norm, relative to its first value, with the fitted and the exact slope.
func (h history) chart(r *summary, open bool) chart {
	norm := "‖u−⟨u⟩‖"
	if open {
		norm = "‖u‖"
	}
	c := chart{Title: "Decay of the norm", X: scale{Label: "t"},
		Y: scale{norm + "(t) / " + norm + "(0)", true}}
	y, low, high := h.relative()
	columns := []column{h.t, y}
	c.Curves = append(c.Curves, curve{norm, "line", 0})
	if low != nil {
		columns = append(columns, high, low)
		c.Curves = append(c.Curves, curve{"with its error", "high", 0}, curve{"", "low", 0})
	}
	from, to := h.window(r, y)
	slope := func(name string, rate *float64, style string, color int) {
		if rate == nil {
			return
		}
		columns = append(columns, h.slope(y, *rate, from, to))
		c.Curves = append(c.Curves, curve{name + " " + number(*rate, 6), style, color})
	}
	slope("fitted rate", r.Rate.Fitted, "thick", 1)
	slope("exact rate", r.Rate.Exact, "dash", 4)
	slope("gap", r.Rate.Gap, "dots", 2)
	c.Tables = [][]column{columns}
	return c
}

// relative are log₁₀ of the norms over the first, and of the ends of their error bars, down to a
// thousandth, where any is known.
func (h history) relative() (y, low, high column) {
	known := false
	for k, l := range h.logNorm {
		y = append(y, (l-h.logNorm[0])/math.Ln10)
		e := math.NaN()
		if h.errors != nil {
			e = h.errors[k]
		}
		known = known || !math.IsNaN(e)
		high = append(high, y[k]+math.Log10(1+e))
		low = append(low, y[k]+math.Log10(max(1-e, 1e-3)))
	}
	if !known {
		return y, nil, nil
	}
	return y, low, high
}

// window is where slopes are drawn: that of the fit or, without one, the last third of the decay.
func (h history) window(r *summary, y column) (from, to float64) {
	if w := r.Rate.Window; len(w) == 2 {
		return w[0], w[1]
	}
	lowest, to := 0.0, h.t[len(h.t)-1]
	for _, v := range y {
		if v >= -12 { // above rounding
			lowest = min(lowest, v)
		}
	}
	for k, v := range y {
		if v <= lowest*2/3 {
			return h.t[k], to
		}
	}
	return h.t[0], to
}

// slope is the line of a rate through the mean of the data in a window, and not known outside.
func (h history) slope(y column, rate, from, to float64) column {
	mean, n := 0.0, 0.0
	for k, t := range h.t {
		if t >= from && t <= to && !math.IsNaN(y[k]) && !math.IsInf(y[k], 0) {
			mean, n = mean+y[k]+rate*t/math.Ln10, n+1
		}
	}
	out := make(column, len(y))
	for k, t := range h.t {
		out[k] = math.NaN()
		if t >= from && t <= to && n > 0 {
			out[k] = mean/n - rate*t/math.Ln10
		}
	}
	return out
}

// distances are the columns that go to 0 as the density goes to π, or to the exact solution.
func distances(series map[string][]float64) chart {
	c := chart{Title: "Distances", X: scale{Label: "t"}, Y: scale{"", true}}
	columns := []column{series["t"]}
	for _, d := range []struct {
		name, label string
		color       int
	}{
		{"chi", "χ = ‖u−⟨u⟩‖/⟨u⟩", 0}, {"free_energy", "free energy ∫ρ log(ρ/π)", 2},
		{"error_l1", "error in L¹", 1}, {"error_chi", "error in χ", 3},
	} {
		var y column
		seen := false
		for _, x := range series[d.name] {
			if !(x > 0) {
				x = math.NaN()
			}
			seen = seen || x > 0
			y = append(y, math.Log10(x))
		}
		if seen {
			columns = append(columns, y)
			c.Curves = append(c.Curves, curve{d.label, "line", d.color})
		}
	}
	c.Tables = [][]column{columns}
	return c
}
