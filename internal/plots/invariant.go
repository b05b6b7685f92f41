package plots

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/plot/vg/draw"
)

// FinalData is the density at the end of a run beside the invariant density, on a grid that may show a part or a marginal of a larger one.
type FinalData struct {
	Title     string // what was run; after a line break, which equation
	View      string // what of the densities is shown, if not all of them
	Grid      Grid   // one axis or two
	Time      float64
	Density   []float64
	Invariant []float64 // π, of mass 1 on the whole grid
	Mass      float64   // of the density on the whole grid
	Distance  float64   // ∫|ρ/mass − π| over the whole grid
	Remark    string    // on π, a sentence; "" if there is nothing to be said
}

// Invariant draws the final density against π. On one axis: both on a logarithmic scale, and u/⟨u⟩ − 1 below. On two, for every view:
// both as maps in graded coordinates, and |u/⟨u⟩ − 1|, logarithmic. Here u/⟨u⟩ = ρ/(mass·π).
func Invariant(w io.Writer, views ...FinalData) error {
	if len(views) == 0 {
		return errors.New("invariant: there is nothing to draw")
	}
	for _, d := range views {
		if err := d.check(len(views)); err != nil {
			return err
		}
	}
	d := views[0]
	heading := "The density at t = " + number(d.Time, 4) + " against π"
	caption := fmt.Sprintf("∫|ρ − π| = %s, with ρ and π normalised to mass 1.", number(d.Distance, 3))
	if !drawable(d.Distance) {
		caption = "The density has no mass: it cannot be compared."
	}
	if len(d.Grid.Axes) == 1 {
		return d.compareCurves(w, heading, caption)
	}
	return compareMaps(w, views, heading, caption)
}

// check returns an error unless the densities live on a sound grid, of two axes if there are several views.
func (d FinalData) check(views int) error {
	axes := []int{1, 2}
	if views > 1 {
		axes = axes[1:]
	}
	if err := d.Grid.check(axes...); err != nil {
		return err
	}
	if err := sameLength("invariant density", len(d.Invariant), len(d.Grid.Volume)); err != nil {
		return err
	}
	return sameLength("final density", len(d.Density), len(d.Grid.Volume))
}

// leastShare is the share of π in a cell below which u is not determined: σ = sqrt(Π) is then below the rounding of w = σu.
const leastShare = 1e-32

// deviation returns u/⟨u⟩ − 1 in every cell, NaN where it is not determined.
func (d FinalData) deviation() []float64 {
	dev := make([]float64, len(d.Density))
	for i, volume := range d.Grid.Volume {
		dev[i] = math.NaN()
		if pi := d.Invariant[i]; d.Mass > 0 && drawable(d.Mass) && pi*volume > leastShare && pi > 1e-290 {
			dev[i] = d.Density[i]/(d.Mass*pi) - 1
		}
	}
	return dev
}

// compareCurves draws the comparison on one axis.
func (d FinalData) compareCurves(w io.Writer, heading, caption string) error {
	f := newFigure(w, 1200, 890, heading, d.Title)
	upper, lower := f.area(160, 80, 1000, 430), f.area(160, 550, 1000, 210)
	axis := d.Grid.Axes[0]
	pr := d.Grid.gradedProfile([][]float64{d.Density, d.Invariant})
	x, rho, pi := pr.midpoints(), pr.values(d.Density), pr.values(d.Invariant)

	lo, hi := logRange([][]float64{rho, pi})
	p := newPlot(0, float64(axis.cells()), lo, hi)
	p.Y.Label.Text = "density"
	if pr.quantity != "ρ" {
		p.Y.Label.Text = pr.quantity
	}
	addGrid(p)
	legend := newLegend()
	legend.Add("π", addLine(p, x, log10s(pi), stroke(vermilion, 8)))
	legend.Add("ρ, t = "+number(d.Time, 4), addLine(p, x, log10s(rho), stroke(blue, 3)))
	fitLegend(p, &legend, upper, []curve{{x: x, y: log10s(pi)}, {x: x, y: log10s(rho)}})
	setGraded(&p.X, axis, horizontally(upper))
	p.X.Label.Text = ""
	setTicks(&p.X, unlabelled(p.X.Tick.Marker.Ticks(0, 0)))
	setTicks(&p.Y, logTicks(p.Y.Min, p.Y.Max, 8))
	place(p, upper, "")
	drawLegend(&legend, upper)

	dev := d.deviation()
	unit, half := d.deviationRange(dev)
	p = newPlot(0, float64(axis.cells()), -half, half)
	setGraded(&p.X, axis, horizontally(lower))
	p.X.Label.Text += "  (all cells equally wide)"
	setLinear(&p.Y, deviationLabel(unit), 5, vertically(lower))
	addGrid(p)
	addLine(p, x, clipped(scaled(dev, math.Pow10(-unit)), half), stroke(blue, 3))
	place(p, lower, "")
	f.caption(24, 838, caption+" Below: cut where it is larger, and left out where a cell's share of π is below "+number(leastShare, 1)+".")
	f.caption(24, 862, d.Remark)
	return f.write(w)
}

// clipped returns the values without those beyond ±half whose neighbours are too, so that a line leaves the panel but does not cross it
// where it jumps from one side to the other.
func clipped(values []float64, half float64) []float64 {
	inside := func(i int) bool { return i >= 0 && i < len(values) && math.Abs(values[i]) <= half }
	out := slices.Clone(values)
	for i := range out {
		if !inside(i) && !inside(i-1) && !inside(i+1) {
			out[i] = math.NaN()
		}
	}
	return out
}

// deviationRange returns a power of ten as unit and, in that unit, the half-width of an interval around 0 that the
// deviation leaves on a share 1 − coverage of the mass of π at most.
func (d FinalData) deviationRange(dev []float64) (unit int, half float64) {
	order := make([]int, 0, len(dev))
	total := 0.0
	for i, v := range dev {
		if drawable(v) {
			order = append(order, i)
			total += d.Invariant[i] * d.Grid.Volume[i]
		}
	}
	sort.Slice(order, func(a, b int) bool { return math.Abs(dev[order[a]]) < math.Abs(dev[order[b]]) })
	half, sum := 0.0, 0.0
	for _, i := range order {
		if sum > coverage*total {
			break
		}
		sum += d.Invariant[i] * d.Grid.Volume[i]
		half = math.Abs(dev[i])
	}
	half = 1.25 * max(half, roundoff)
	unit = int(math.Floor(math.Log10(half)))
	if unit >= -1 && unit <= 1 {
		unit = 0
	}
	return unit, half * math.Pow10(-unit)
}

// roundoff is what the roundings of u/⟨u⟩ come to: a smaller deviation from 1 means nothing.
const roundoff = 8 * 0x1p-52

func deviationLabel(unit int) string {
	if unit == 0 {
		return "u/‹u› − 1"
	}
	return "(u/‹u› − 1) / " + power(unit)
}

// scaled returns the values times a factor.
func scaled(values []float64, factor float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = factor * v
	}
	return out
}

// compareMaps draws the comparison on two axes, a row for every view.
func compareMaps(w io.Writer, views []FinalData, heading, caption string) error {
	const left, gap, first = 110, 56, 110
	side, named := 370.0, 0.0
	if len(views) > 1 {
		side, named = 280, 40
	}
	second := left + 2*(side+gap) + 190
	pitch := side + 120 + named
	height := first + float64(len(views))*pitch
	f := newFigure(w, int(second+side+gap+130), int(height+35), heading, views[0].Title)
	for k, d := range views {
		top := first + named + float64(k)*pitch
		if len(views) > 1 {
			f.canvas.FillText(textStyle(labelSize, draw.XLeft), f.point(24, top-66), d.View)
		}
		pair := [][]float64{d.Density, d.Invariant}
		d.Grid.drawGraded(panelRow{f, left, top, side, gap, 2}, pair,
			[]string{"ρ, t = " + number(d.Time, 4), "π"}, logScale(pair, floorDecades), "ρ, π")
		magnitude := d.deviation()
		for i, v := range magnitude {
			magnitude[i] = max(math.Abs(v), roundoff)
		}
		d.Grid.drawGraded(panelRow{f, second, top, side, gap, 1}, [][]float64{magnitude},
			[]string{"|u/‹u› − 1|"}, deviationScale(magnitude), "")
	}
	f.caption(24, height-22, caption+" All cells equally wide. Grey: ρ ≤ 0, or a cell's share of π below "+number(leastShare, 1)+".")
	f.caption(24, height+2, views[0].Remark)
	return f.write(w)
}

// deviationScale is logarithmic up to 100: where u is farther from its mean than that it does not matter how far.
func deviationScale(magnitude []float64) colourScale {
	const farthest = 2 // log₁₀
	s := logScale([][]float64{magnitude}, floorDecades)
	if s.hi > farthest {
		s.hi, s.over = farthest, true
		s.lo = min(s.lo, s.hi-1)
	}
	return s
}
