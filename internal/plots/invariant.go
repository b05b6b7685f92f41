package plots

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
)

// FinalData is the density at the end of a run, the last snapshot, beside the invariant one.
type FinalData struct {
	Densities
	Mass     float64 // of the density on the whole grid; that of π is 1 there
	Distance float64 // ∫|ρ/mass − π| over the whole grid
}

// last is the final density.
func (d FinalData) last() Snapshot { return d.Snapshots[len(d.Snapshots)-1] }

// Invariant draws the final density against π. On one axis: both on a logarithmic scale, and
// u/⟨u⟩ − 1 below. On two, for every view: both as maps in graded coordinates, and |u/⟨u⟩ − 1|,
// logarithmic. Here u/⟨u⟩ = ρ/(mass·π).
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
	heading := "The density at t = " + number(d.last().Time, 4) + " against π"
	caption := fmt.Sprintf("∫|ρ − π| = %s, with ρ and π normalised to mass 1.",
		number(d.Distance, 3))
	if !drawable(d.Distance) {
		caption = "The density has no mass: it cannot be compared."
	}
	if len(d.Grid.Axes) == 1 {
		return d.compareCurves(w, heading, caption)
	}
	return compareMaps(w, views, heading, caption)
}

// check returns an error unless there are densities on a sound grid, of two axes if there are
// several views.
func (d FinalData) check(views int) error {
	axes := []int{1, 2}
	if views > 1 {
		axes = axes[1:]
	}
	if len(d.Snapshots) == 0 {
		return errors.New("invariant: there is no final density")
	}
	if err := d.Densities.check(axes...); err != nil {
		return err
	}
	return sameLength("invariant density", len(d.Invariant), len(d.Grid.Volume))
}

// leastShare is the share of π in a cell below which u is not determined: σ = sqrt(Π) is then below
// the rounding of w = σu.
const leastShare = 1e-32

// deviation returns u/⟨u⟩ − 1 in every cell, NaN where it is not determined.
func (d FinalData) deviation() []float64 {
	const leastDensity = 1e-290
	dev := make([]float64, len(d.Invariant))
	for i, pi := range d.Invariant {
		dev[i] = math.NaN()
		massive := d.Mass > 0 && drawable(d.Mass)
		if massive && pi*d.Grid.Volume[i] > leastShare && pi > leastDensity {
			dev[i] = d.last().Density[i]/(d.Mass*pi) - 1
		}
	}
	return dev
}

// compareCurves draws the comparison on one axis.
func (d FinalData) compareCurves(w io.Writer, heading, caption string) error {
	f := newFigure(w, 1200, 890, heading, d.Title)
	upper, lower := f.area(160, 80, 1000, 430), f.area(160, 550, 1000, 210)
	d.drawBoth(upper)
	axis := d.Grid.Axes[0]
	dev := d.deviation()
	unit, half := d.deviationRange(dev)
	p := newPlot(0, float64(axis.cells()), -half, half)
	setGraded(&p.X, axis, horizontally(lower))
	p.X.Label.Text += "  (all cells equally wide)"
	setLinear(&p.Y, deviationLabel(unit), 5, vertically(lower))
	addGrid(p)
	shown := clipped(scaled(dev, math.Pow10(-unit)), half)
	addLine(p, axis.gradedAxis().midpoints(), shown, stroke(blue, 3))
	place(p, lower, "")
	f.caption(24, 838, caption+" Below: cut where it is larger, and left out where "+
		"a cell's share of π is below "+number(leastShare, 1)+".")
	f.caption(24, 862, d.Remark)
	return f.write(w)
}

// drawBoth draws both densities on a logarithmic scale.
func (d FinalData) drawBoth(area draw.Canvas) {
	final, axis := d.last(), d.Grid.Axes[0]
	pr := d.Grid.gradedProfile([][]float64{final.Density, d.Invariant})
	x, rho, pi := pr.midpoints(), pr.values(final.Density), pr.values(d.Invariant)
	drawGraded(area, axis, pr.quantity, [][]float64{rho, pi}, []curve{
		{name: "π", x: x, y: log10s(pi), line: stroke(vermilion, 8)},
		{name: "ρ, t = " + number(final.Time, 4), x: x, y: log10s(rho), line: stroke(blue, 3)},
	})
}

// drawGraded draws curves of densities of a quantity on a logarithmic scale for the range of some,
// against the graded coordinate, which the panel below names; further plotters are drawn last.
func drawGraded(area draw.Canvas, axis Axis, quantity string, ranged [][]float64, curves []curve,
	further ...plot.Plotter) {

	lo, hi := logRange(ranged)
	p := newPlot(0, float64(axis.cells()), lo, hi)
	p.Y.Label.Text = "density"
	if quantity != "ρ" {
		p.Y.Label.Text = quantity
	}
	addGrid(p)
	legend := newLegend()
	for _, c := range curves {
		c.add(p, &legend)
	}
	p.Add(further...)
	fitLegend(p, &legend, area, curves)
	setGraded(&p.X, axis, horizontally(area))
	unlabel(&p.X)
	setTicks(&p.Y, logTicks(p.Y.Min, p.Y.Max, 8))
	place(p, area, "")
	drawLegend(&legend, area)
}

// clipped returns the values without those beyond ±half whose neighbours are too, so that a line
// leaves the panel but does not cross it where it jumps from one side to the other.
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

// deviationRange returns a power of ten as unit and, in that unit, the half-width of an interval
// around 0 that the deviation leaves on a share 1 − coverage of the mass of π at most.
func (d FinalData) deviationRange(dev []float64) (unit int, half float64) {
	var sizes, masses []float64
	total := 0.0
	for i, v := range dev {
		if drawable(v) {
			mass := d.Invariant[i] * d.Grid.Volume[i]
			sizes, masses = append(sizes, math.Abs(v)), append(masses, mass)
			total += mass
		}
	}
	stat.SortWeighted(sizes, masses)
	sum := 0.0
	for i, size := range sizes {
		if sum > coverage*total {
			break
		}
		sum, half = sum+masses[i], size
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
	return floats.ScaleTo(make([]float64, len(values)), factor, values)
}

// compareMaps draws the comparison on two axes, a row for every view.
func compareMaps(w io.Writer, views []FinalData, heading, caption string) error {
	m := sheet{views: len(views), perView: 1, columns: 2, left: 110, side: 370, gap: 56}
	if len(views) > 1 {
		m.side = 280
	}
	deviations := m // right of the densities
	deviations.left, deviations.columns = m.left+2*(m.side+m.gap)+190, 1
	width, height := deviations.size()
	f := newFigure(w, int(width), int(height+35), heading, views[0].Title)
	for k, d := range views {
		m.name(f, k, d.View)
		rho, deviation := d.Grid.resolved(d.last()), d.deviation()
		for i, v := range deviation {
			deviation[i] = max(math.Abs(v), roundoff)
		}
		pair := []mapped{
			{title: "ρ, t = " + number(rho.Time, 4), grid: d.Grid, values: rho.Density},
			{title: "π", grid: d.Grid, values: d.Invariant},
		}
		row := m.row(f, k)
		scale := logScale(floorDecades, rho.Density, d.Invariant)
		row.draw(pair, row.graded, scale, "ρ, π")
		row = deviations.row(f, k)
		row.draw([]mapped{{title: "|u/‹u› − 1|", grid: d.Grid, values: deviation}}, row.graded,
			deviationScale(deviation), "")
	}
	f.caption(24, height-22, caption+" All cells equally wide. Grey: ρ < 0, or "+
		"a cell's share of π below "+number(leastShare, 1)+".")
	f.caption(24, height+2, views[0].Remark)
	return f.write(w)
}

// deviationScale is logarithmic up to 100: where u is farther from its mean than that it does not
// matter how far.
func deviationScale(magnitude []float64) scale {
	const farthest = 2 // log₁₀
	s := logScale(floorDecades, magnitude)
	if s.hi > farthest {
		s.hi, s.over = farthest, true
		s.lo = min(s.lo, s.hi-1)
	}
	return s
}
