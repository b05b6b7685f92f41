package plots

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"
)

// ParticlesData is the density that N particles show, n/(N·volume), beside the one that they are
// held against, on one axis or two.
type ParticlesData struct {
	Title     string // see Densities
	View      string
	Grid      Grid
	Time      float64
	Particles int
	Seen      []float64 // by the particles
	Density   []float64
}

// Particles draws the comparison at one time. On one axis: both densities on a logarithmic scale,
// the particles' with error bars of √n, and below the difference in standard deviations of draws
// from the density, (n − NP)/√(NP). On two, for every view, the three as maps.
func Particles(w io.Writer, views ...ParticlesData) error {
	if len(views) == 0 {
		return errors.New("particles: there is nothing to draw")
	}
	axes := len(views[0].Grid.Axes)
	for _, d := range views {
		if axes > 2 || len(views) > 1 && axes != 2 {
			return fmt.Errorf("particles: %d views of %d axes", len(views), axes)
		}
		if err := d.Grid.check(axes); err != nil {
			return err
		}
		for name, v := range map[string][]float64{"particles": d.Seen, "density": d.Density} {
			if err := sameLength(name, len(v), len(d.Grid.Volume)); err != nil {
				return err
			}
		}
	}
	d := views[0]
	heading := fmt.Sprintf("%d particles against ρ at t = %s", d.Particles, number(d.Time, 4))
	if axes == 1 {
		return d.curves(w, heading)
	}
	return particleMaps(w, views, heading)
}

// fewestExpected is how many particles a cell expects for its deviation to be drawn.
const fewestExpected = 1

// deviations returns (n − NP)/√(NP), NaN where fewer than one particle is expected.
func (d ParticlesData) deviations() []float64 {
	out, n := make([]float64, len(d.Seen)), float64(d.Particles)
	for i, volume := range d.Grid.Volume {
		out[i] = math.NaN()
		if expected := n * d.Density[i] * volume; expected >= fewestExpected {
			out[i] = (n*d.Seen[i]*volume - expected) / math.Sqrt(expected)
		}
	}
	return out
}

// curves draws the comparison on one axis.
func (d ParticlesData) curves(w io.Writer, heading string) error {
	f := newFigure(w, 1200, 890, heading, d.Title)
	d.column(f.area(160, 80, 1000, 430), f.area(160, 550, 1000, 210), "  (all cells equally wide)")
	f.caption(24, 838, "Error bars are √n. Below: the difference in standard deviations of draws "+
		"from ρ, where one particle or more is expected; 95 % of draws lie in the band.")
	return f.write(w)
}

// column draws both densities on one axis and, below, their difference.
func (d ParticlesData) column(upper, lower draw.Canvas, remark string) {
	d.drawBoth(upper)
	axis, dev := d.Grid.Axes[0], d.deviations()
	half := 4.0
	for _, v := range dev {
		if drawable(v) {
			half = math.Max(half, 1.1*math.Abs(v))
		}
	}
	p := newPlot(0, float64(axis.cells()), -half, half)
	setGraded(&p.X, axis, horizontally(lower))
	p.X.Label.Text += remark
	setLinear(&p.Y, "(n − NP) / √(NP)", 5, vertically(lower))
	addGrid(p)
	band := curve{x: []float64{p.X.Min, p.X.Max, p.X.Max, p.X.Min}, y: []float64{-2, -2, 2, 2},
		fill: tinted(sky)}
	none := newLegend()
	band.add(p, &none)
	points := curve{x: axis.gradedAxis().midpoints(), y: dev,
		points: glyph(vermilion, draw.CircleGlyph{}, 3.5)}
	points.add(p, &none)
	place(p, lower, "")
}

// Marginals draws the comparison of the marginals along every axis of a grid of several, side by
// side as Particles does on one: the mass per unit of the coordinate.
func Marginals(w io.Writer, d ParticlesData) error {
	axes := len(d.Grid.Axes)
	if err := d.Grid.check(2, 3, 4); err != nil {
		return err
	}
	for name, v := range map[string][]float64{"particles": d.Seen, "density": d.Density} {
		if err := sameLength(name, len(v), len(d.Grid.Volume)); err != nil {
			return err
		}
	}
	const width, gap = 420, 130
	f := newFigure(w, gap+axes*(width+gap), 815, fmt.Sprintf(
		"%d particles against ρ at t = %s: marginals", d.Particles, number(d.Time, 4)), d.Title)
	for k := range axes {
		left := gap + float64(k)*(width+gap)
		d.along(k).column(f.area(left, 90, width, 330), f.area(left, 460, width, 200), "")
	}
	f.caption(24, 745, "All cells equally wide. Error bars are √n. Below: the difference in "+
		"standard deviations of draws from ρ,")
	f.caption(24, 769, "where one particle or more is expected; 95 % of draws lie in the band.")
	return f.write(w)
}

// along is the marginal along an axis.
func (d ParticlesData) along(k int) ParticlesData {
	axis := d.Grid.Axes[k]
	out := d
	out.Grid = Grid{Axes: []Axis{axis}, Volume: axis.widths()}
	out.Seen, out.Density = d.Grid.marginal(k, d.Seen), d.Grid.marginal(k, d.Density)
	for i, width := range out.Grid.Volume {
		out.Seen[i] /= width
		out.Density[i] /= width
	}
	return out
}

// tinted is a light tone of a colour.
func tinted(c color.RGBA) color.RGBA {
	light := func(v uint8) uint8 { return 255 - (255-v)/3 }
	return color.RGBA{light(c.R), light(c.G), light(c.B), 255}
}

// drawBoth draws both densities.
func (d ParticlesData) drawBoth(area draw.Canvas) {
	axis := d.Grid.Axes[0]
	pr := d.Grid.gradedProfile([][]float64{d.Density, d.Seen})
	x, rho, seen := pr.midpoints(), pr.values(d.Density), pr.values(d.Seen)
	var bars []plot.Plotter
	for i, v := range seen {
		n := float64(d.Particles) * d.Seen[i] * d.Grid.Volume[i]
		if n > 1.5 { // of one the bar reaches down to 0
			top, bottom := math.Log10(v*(1+1/math.Sqrt(n))), math.Log10(v*(1-1/math.Sqrt(n)))
			bars = append(bars, fixed{&plotter.Line{
				XYs:       plotter.XYs{{X: x[i], Y: bottom}, {X: x[i], Y: top}},
				LineStyle: stroke(vermilion, 2)}})
		}
	}
	drawGraded(area, axis, pr.quantity, [][]float64{seen}, []curve{
		{name: "ρ", x: x, y: log10s(rho), line: stroke(blue, 4)},
		{name: "particles", x: x, y: log10s(seen), points: glyph(vermilion, draw.CircleGlyph{}, 4)},
	}, bars...)
}

// particleMaps draws the comparison on two axes, a row for every view.
func particleMaps(w io.Writer, views []ParticlesData, heading string) error {
	m := sheet{views: len(views), perView: 1, columns: 2, left: 110, side: 370, gap: 56}
	if len(views) > 1 {
		m.side = 280
	}
	right := m // of the densities
	right.left, right.columns = m.left+2*(m.side+m.gap)+190, 1
	width, height := right.size()
	f := newFigure(w, int(width), int(height+35), heading, views[0].Title)
	for k, d := range views {
		m.name(f, k, d.View)
		pair := []mapped{
			{title: "particles", grid: d.Grid, values: d.Seen},
			{title: "ρ", grid: d.Grid, values: d.Density},
		}
		row := m.row(f, k)
		row.draw(pair, row.graded, logScale(floorDecades, d.Seen), "ρ")
		row = right.row(f, k)
		const farthest = 4
		s := scale{lo: -farthest, hi: farthest, diverging: true, over: true, under: true}
		row.draw([]mapped{{title: "(n − NP) / √(NP)", grid: d.Grid, values: d.deviations()}},
			row.graded, s, "")
	}
	f.caption(24, height-22, "All cells equally wide. Right: the difference in standard "+
		"deviations of draws from ρ. Grey: less than one particle is expected.")
	return f.write(w)
}
