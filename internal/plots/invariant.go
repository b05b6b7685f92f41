package plots

import (
	"fmt"
	"io"
	"math"
	"sort"
)

// FinalData is the density at the end of a run beside the invariant density.
type FinalData struct {
	Title     string
	Grid      Grid // one axis or two
	Time      float64
	Density   []float64
	Invariant []float64 // π normalised to mass 1
}

// Invariant draws the final density against π. On one axis: both on a logarithmic scale, and u/⟨u⟩ − 1 below. On two: both
// as maps in graded coordinates, and |u/⟨u⟩ − 1|, logarithmic. Here u/⟨u⟩ = ρ/(mass·π).
func Invariant(w io.Writer, d FinalData) error {
	if err := d.Grid.check(1, 2); err != nil {
		return err
	}
	if err := sameLength("invariant density", len(d.Invariant), len(d.Grid.Volume)); err != nil {
		return err
	}
	if err := sameLength("final density", len(d.Density), len(d.Grid.Volume)); err != nil {
		return err
	}
	dev, distance := d.deviation()
	heading := "The density at t = " + number(d.Time, 4) + " against π"
	caption := fmt.Sprintf("∫|ρ − π| = %s, with ρ and π normalised to mass 1.", number(distance, 3))
	if !drawable(distance) {
		caption = "The density has no mass: it cannot be compared."
	}
	if len(d.Grid.Axes) == 1 {
		return d.compareCurves(w, heading, caption, dev)
	}
	return d.compareMaps(w, heading, caption, dev)
}

// deviation returns u/⟨u⟩ − 1 in every cell, NaN where π is not representable, and the distance ∫|ρ − π| of the densities
// normalised to mass 1, NaN if one of them has no mass.
func (d FinalData) deviation() (dev []float64, distance float64) {
	mass, z := 0.0, 0.0
	for i, volume := range d.Grid.Volume {
		mass += d.Density[i] * volume
		z += d.Invariant[i] * volume
	}
	dev = make([]float64, len(d.Density))
	if !(mass > 0 && z > 0 && drawable(mass) && drawable(z)) {
		for i := range dev {
			dev[i] = math.NaN()
		}
		return dev, math.NaN()
	}
	for i, volume := range d.Grid.Volume {
		rho, pi := d.Density[i]/mass, d.Invariant[i]/z
		distance += math.Abs(rho-pi) * volume
		dev[i] = math.NaN()
		if pi > 1e-290 { // the quotient of subnormal numbers is noise
			dev[i] = rho/pi - 1
		}
	}
	return dev, distance
}

// compareCurves draws the comparison on one axis.
func (d FinalData) compareCurves(w io.Writer, heading, caption string, dev []float64) error {
	f := newFigure(1200, 880, heading, d.Title)
	upper, lower := f.area(160, 80, 1000, 430), f.area(160, 550, 1000, 210)
	axis := d.Grid.Axes[0]
	x, ticks := axis.gradedAxis().midpoints(), gradedTicks(axis, horizontally(upper))

	lo, hi := logRange([][]float64{d.Density, d.Invariant})
	p := newPlot(0, float64(axis.cells()), lo, hi)
	setTicks(&p.X, unlabelled(ticks))
	setTicks(&p.Y, logTicks(lo, hi, 8))
	p.Y.Label.Text = "density"
	addGrid(p)
	legend := newLegend()
	legend.Add("π", addLine(p, x, log10s(d.Invariant), stroke(vermilion, 8)))
	legend.Add("ρ, t = "+number(d.Time, 4), addLine(p, x, log10s(d.Density), stroke(blue, 3)))
	place(p, upper, "")
	legend.Draw(f.area(180, 90, 200, 200))

	unit, half := d.deviationRange(dev)
	p = newPlot(0, float64(axis.cells()), -half, half)
	setTicks(&p.X, ticks)
	setTicks(&p.Y, linearTicks(-half, half, 5))
	p.X.Label.Text = axis.symbol() + "  (all cells equally wide)"
	p.Y.Label.Text = deviationLabel(unit)
	addGrid(p)
	addLine(p, x, scaled(dev, math.Pow10(-unit)), stroke(blue, 3))
	place(p, lower, "")
	f.caption(24, 842, caption)
	return f.write(w)
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

// roundoff is the spacing of the numbers at 1: a smaller deviation of u/⟨u⟩ from 1 means nothing.
const roundoff = 0x1p-52

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

// compareMaps draws the comparison on two axes.
func (d FinalData) compareMaps(w io.Writer, heading, caption string, dev []float64) error {
	const left, side, gap, top = 110, 370, 56, 110
	const second = left + 2*(side+gap) + 190
	f := newFigure(second+side+gap+130, side+265, heading, d.Title)
	pair := [][]float64{d.Density, d.Invariant}
	d.Grid.drawGraded(panelRow{f, left, top, side, gap, 2}, pair,
		[]string{"ρ, t = " + number(d.Time, 4), "π"}, logScale(pair, floorDecades), "ρ, π")
	magnitude := make([]float64, len(dev))
	for i, v := range dev {
		magnitude[i] = max(math.Abs(v), roundoff)
	}
	d.Grid.drawGraded(panelRow{f, second, top, side, gap, 1}, [][]float64{magnitude},
		[]string{"|u/‹u› − 1|"}, deviationScale(magnitude), "")
	f.caption(24, side+225, caption+" All cells equally wide. Grey: ρ ≤ 0, or π not representable.")
	return f.write(w)
}

// deviationScale is logarithmic up to 10: where u is farther from its mean than that it does not matter how far.
func deviationScale(magnitude []float64) colourScale {
	s := logScale([][]float64{magnitude}, floorDecades)
	if s.hi > 1 {
		s.hi, s.over = 1, true
		s.lo = min(s.lo, s.hi-1)
	}
	return s
}
