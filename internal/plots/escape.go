package plots

import (
	"errors"
	"io"
	"math"

	"gonum.org/v1/plot/vg/draw"
)

// EscapeData is the way from a set A to a set B, cell by cell on a grid of one axis or two.
type EscapeData struct {
	Title     string
	Grid      Grid
	Committor []float64 // the probability of B before A: 0 in A, 1 in B
	Time      []float64 // mean, of the first entry into B
	Density   []float64 // the quasi-stationary one; nil: not shown
	Current   []float64 // |J| of the transitions; nil: not shown
}

const escapeHeading = "From one set to another"

// The titles of the panels.
const (
	committorTitle = "committor: B before A"
	timeTitle      = "mean time to B"
	stayTitle      = "quasi-stationary density"
	currentTitle   = "current of transitions"
)

// Escape draws, all cells equally wide, the committor, the mean time, and as far as they are given
// the quasi-stationary density and the current: as curves, or as maps. On one axis the current is
// one number, and not drawn.
func Escape(w io.Writer, d EscapeData) error {
	if err := d.Grid.check(1, 2); err != nil {
		return err
	}
	for name, v := range map[string][]float64{"committor": d.Committor, "time": d.Time,
		"density": d.Density, "current": d.Current} {
		if v == nil && (name == "density" || name == "current") {
			continue
		}
		if err := sameLength(name, len(v), len(d.Grid.Volume)); err != nil {
			return err
		}
	}
	if _, _, ok := extent(d.Committor); !ok {
		return errors.New("escape: the committor is nowhere known")
	}
	if len(d.Grid.Axes) == 1 {
		return d.curves(w)
	}
	return d.maps(w)
}

// wideRange is the ratio of the largest to the least positive value from which on a scale is
// logarithmic.
const wideRange = 50

// scaleOf is for a field that is positive but where it is 0 by definition.
func scaleOf(values []float64) scale {
	lo, hi := positiveRange(values)
	if hi > wideRange*lo {
		return logScale(floorDecades, values)
	}
	return scale{lo: 0, hi: hi}
}

// curves draws the fields on one axis, side by side.
func (d EscapeData) curves(w io.Writer) error {
	f := newFigure(w, 1520, 620, escapeHeading, d.Title)
	panels := []struct {
		title  string
		values []float64
		scale  scale
	}{{committorTitle, d.Committor, scale{hi: 1}}, {timeTitle, d.Time, scaleOf(d.Time)},
		{stayTitle, d.Density, scaleOf(d.Density)}}
	axis := d.Grid.Axes[0]
	for k, panel := range panels {
		area := f.area(110+float64(k)*470, 110, 370, 410)
		if panel.values == nil {
			continue
		}
		drawField(area, axis, panel.title, panel.values, panel.scale)
	}
	f.caption(24, 590, "All cells equally wide. The committor is 0 in A and 1 in B; "+
		"the time is 0 in B, and the quasi-stationary density too.")
	return f.write(w)
}

// drawField draws a field on one axis.
func drawField(area draw.Canvas, axis Axis, title string, values []float64, s scale) {
	y, lo, hi := values, 0.0, 1.04*s.hi
	if s.log {
		y, lo, hi = log10s(values), s.lo, s.hi+0.04*(s.hi-s.lo)
	}
	p := newPlot(0, float64(axis.cells()), lo, hi)
	setGraded(&p.X, axis, horizontally(area))
	if s.log {
		setTicks(&p.Y, logTicks(lo, hi, 8))
	} else {
		setTicks(&p.Y, linearTicks(lo, hi, 6))
	}
	addGrid(p)
	x := axis.gradedAxis().midpoints()
	shown := make([]float64, len(y))
	for i, v := range y {
		if shown[i] = v; v < lo {
			shown[i] = math.NaN()
		}
	}
	addLine(p, x, shown, stroke(blue, 3))
	place(p, area, title)
}

// maps draws the fields in the plane, two beside two, each with its scale.
func (d EscapeData) maps(w io.Writer) error {
	type panel struct {
		title, quantity string
		values          []float64
		scale           scale
	}
	panels := []panel{{committorTitle, "q", d.Committor, scale{lo: 0, hi: 1}},
		{timeTitle, "τ", d.Time, scaleOf(d.Time)}}
	if d.Density != nil {
		panels = append(panels, panel{stayTitle, "ρ", d.Density, logScale(floorDecades, d.Density)})
	}
	if d.Current != nil {
		const decades = 4
		panels = append(panels, panel{currentTitle, "|J|", d.Current,
			logScale(decades, d.Current)})
	}
	sheetOf := func(column int) sheet {
		const side = 400
		return sheet{views: 1, perView: 2, columns: 1, side: side, gap: 30,
			left: 110 + float64(column)*(side+230)}
	}
	width, height := sheetOf(1).size()
	if len(panels) <= 2 {
		height = sheetOf(0).top(1)
	}
	f := newFigure(w, int(width), int(height+15), escapeHeading, d.Title)
	for k, p := range panels {
		row := sheetOf(k%2).row(f, k/2)
		row.draw([]mapped{{title: p.title, grid: d.Grid, values: p.values}}, row.graded, p.scale,
			p.quantity)
	}
	f.caption(24, height-22, "All cells equally wide. The committor is 0 in A and 1 in B; "+
		"the time is 0 in B.")
	return f.write(w)
}
