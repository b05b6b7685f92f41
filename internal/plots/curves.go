package plots

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
)

// Densities is the density at several times on a grid, which may show a part or a marginal of a
// larger one. Curves takes a grid of one axis, Maps grids of two.
type Densities struct {
	Title     string // what was run; after a line break, in smaller type, which equation
	View      string // what of the density is shown, if not all of it
	Grid      Grid
	Snapshots []Snapshot // in the order of time
	// π normalised to the mass of the density; nil if it is not known or not integrable
	Invariant []float64
	Remark    string // on π, a sentence; "" if there is nothing to be said
}

// maxCurves is the number of times beyond which Curves draws a selection.
const maxCurves = 8

// Curves draws ρ(q, t_k), the colour going from dark to light with time, and π dashed. Of more than
// eight times eight are drawn, evenly chosen. Left: around the mass, linear, against q or, where
// that would not show every curve, the mass per unit of log q or of ξ. Right: the graded coordinate
// ξ, logarithmic.
func Curves(w io.Writer, d Densities) error {
	if err := d.check(1); err != nil {
		return err
	}
	f := newFigure(w, 1320, 640, "The density in time", d.Title)
	left, right := f.area(110, 110, 440, 410), f.area(670, 110, 440, 410)
	shown := d.pick(maxCurves).resolved()
	if len(shown.Snapshots) == 0 {
		nothing(left, "no snapshots")
		return f.write(w)
	}
	legend := newLegend()
	p, profile, cut := shown.physicalCurves(&legend, left)
	title := "where " + percent(coverage) + " of the mass is"
	if profile.cellwise {
		title += ", all cells equally wide"
	}
	place(p, left, title)
	place(shown.gradedCurves(right), right, "all cells equally wide")
	legend.Draw(f.area(1130, 110, 180, 410))
	if cut {
		f.caption(110, 590, fmt.Sprintf("curves are cut at %d times the lowest peak", peakRatio))
	}
	f.caption(670, 590, strings.TrimSpace(shown.ends("curves")+" "+shown.negative("not drawn")))
	f.caption(110, 612, d.Remark)
	return f.write(w)
}

// ends says where what is drawn on a logarithmic scale ends; "" where errors are not known.
func (d Densities) ends(what string) string {
	if !slices.ContainsFunc(d.Snapshots, func(s Snapshot) bool { return s.Error > 0 }) {
		return ""
	}
	return "On a logarithmic scale " + what + " end where all that is lower weighs no more than " +
		"the error of ρ in time."
}

// negative says how cells are drawn that are negative or not known; "" where there are none.
func (d Densities) negative(how string) string {
	if !slices.ContainsFunc(d.Snapshots, func(s Snapshot) bool {
		return slices.ContainsFunc(s.Density, func(v float64) bool { return !(v >= 0) })
	}) {
		return ""
	}
	return how + ": ρ < 0, an error of the solver."
}

// resolved are the densities with 0 where they are not known (Grid.resolved).
func (d Densities) resolved() Densities {
	snapshots := slices.Clone(d.Snapshots)
	for k, s := range snapshots {
		snapshots[k] = d.Grid.resolved(s)
	}
	d.Snapshots = snapshots
	return d
}

// percent writes a share.
func percent(share float64) string { return strconv.FormatFloat(100*share, 'g', 4, 64) + " %" }

// check returns an error unless the grid has as many axes as one of these, all sound, and every
// field has a value for every cell of it; π may be nil.
func (d Densities) check(axes ...int) error {
	if err := d.Grid.check(axes...); err != nil {
		return err
	}
	cells := len(d.Grid.Volume)
	for _, s := range d.Snapshots {
		what := fmt.Sprintf("density at t = %g", s.Time)
		if err := sameLength(what, len(s.Density), cells); err != nil {
			return err
		}
	}
	if d.Invariant == nil {
		return nil
	}
	return sameLength("invariant density", len(d.Invariant), cells)
}

// pick returns the densities at n of the times at most.
func (d Densities) pick(n int) Densities {
	var chosen []Snapshot
	for _, k := range spread(len(d.Snapshots), n) {
		chosen = append(chosen, d.Snapshots[k])
	}
	d.Snapshots = chosen
	return d
}

// fields returns the densities and, if it is known, π.
func (d Densities) fields() [][]float64 {
	var out [][]float64
	for _, s := range d.Snapshots {
		out = append(out, s.Density)
	}
	if d.Invariant != nil {
		out = append(out, d.Invariant)
	}
	return out
}

// physicalCurves returns the panel around the mass for an area, its profile, and whether curves are
// cut.
func (d Densities) physicalCurves(legend *plot.Legend, area draw.Canvas) (
	*plot.Plot, profile, bool) {
	fields := d.fields()
	n := len(d.Snapshots)
	pr := d.Grid.bestProfile(fields[:n], fields[n:])
	top, cut := pr.top(fields)
	p := newPlot(pr.lo, pr.hi, 0, 1.05*top)
	switch {
	case pr.log:
		p.X.Label.Text = d.Grid.Axes[0].symbol()
		setTicks(&p.X, logTicks(pr.lo, pr.hi, 6))
	case pr.cellwise:
		a, first, last := d.Grid.Axes[0], int(math.Round(pr.lo)), int(math.Round(pr.hi))
		visible := Axis{Name: a.Name, Faces: a.Faces[first : last+1]}
		setGraded(&p.X, visible, horizontally(area))
	default:
		setLinear(&p.X, d.Grid.Axes[0].symbol(), 5, horizontally(area))
	}
	setLinear(&p.Y, pr.quantity, 6, vertically(area))
	addGrid(p)
	d.addCurves(p, legend, pr.midpoints(), pr.values)
	return p, pr, cut
}

// gradedCurves returns the panel of log ρ against ξ for that area.
func (d Densities) gradedCurves(area draw.Canvas) *plot.Plot {
	axis := d.Grid.Axes[0]
	pr := d.Grid.gradedProfile(d.fields())
	var shown [][]float64
	for _, field := range d.fields() {
		shown = append(shown, pr.values(field))
	}
	lo, hi := logRange(shown)
	p := newPlot(0, float64(axis.cells()), lo, hi)
	p.Y.Label.Text = pr.quantity
	setGraded(&p.X, axis, horizontally(area))
	setTicks(&p.Y, logTicks(lo, hi, 8))
	addGrid(p)
	legend := newLegend()
	d.addCurves(p, &legend, pr.midpoints(),
		func(v []float64) []float64 { return log10s(pr.values(v)) })
	return p
}

// addCurves draws π and the densities, their values transformed.
func (d Densities) addCurves(p *plot.Plot, legend *plot.Legend, x []float64,
	transform func([]float64) []float64) {
	for k, s := range d.Snapshots {
		line := addLine(p, x, transform(s.Density), stroke(timeColour(k, len(d.Snapshots)), 3))
		legend.Add("t = "+number(s.Time, 4), line)
	}
	if d.Invariant != nil {
		legend.Add("π", addLine(p, x, transform(d.Invariant), stroke(ink, 2.5, 10, 7)))
	}
}

// timeColour is the colour of curve k of n; the lightest colours do not stand out from white.
func timeColour(k, n int) color.RGBA {
	const lightest = 0.88
	return sequential(lightest * float64(k) / math.Max(1, float64(n-1)))
}

// logDecades is how far logarithmic panels of curves reach.
const logDecades = 24

// logRange returns the range of log₁₀ that shows the positive values, at most logDecades of it,
// with a margin.
func logRange(fields [][]float64) (lo, hi float64) {
	s := logScale(logDecades, fields...)
	_, top := positiveRange(fields...)
	peak := math.Log10(top)
	if math.IsInf(peak, 0) {
		peak = s.hi
	}
	return s.lo, peak + 0.04*(peak-s.lo) + 0.05
}

// labelGap is the least distance between tick labels.
const labelGap = 6 // pixels

// horizontally returns the share of the width of an area that two tick labels side by side need.
func horizontally(area draw.Canvas) func(a, b string) float64 {
	style := textStyle(tickSize, draw.XCenter, draw.YTop)
	return func(a, b string) float64 {
		return float64(((style.Width(a)+style.Width(b))/2 + px(labelGap)) / area.Size().X)
	}
}

// vertically returns the share of the height of an area that two tick labels above one another
// need.
func vertically(area draw.Canvas) func(a, b string) float64 {
	height := textStyle(tickSize, draw.XCenter, draw.YTop).FontExtents().Height
	return func(string, string) float64 {
		return float64(height / area.Size().Y)
	}
}
