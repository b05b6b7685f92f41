package plots

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot"
)

// ModesData are eigenfunctions, the slowest first. All live on one axis, or all on two.
type ModesData struct {
	Title string
	Modes []Mode
}

// Mode is an eigenfunction u, or its conditional mean given the coordinates of Grid, whose volumes
// are the cells' shares Π of the invariant mass. A value that is no number is not known.
type Mode struct {
	Name string
	Grid Grid
	U    []float64
}

// MaxModes is the number of modes drawn.
const MaxModes = 6

// Modes draws the first six. On one axis: left u where the mass of π is, right u sqrt(Π) in the
// graded coordinate, the share of a cell in the norm. On two: the same as maps, one above the
// other, in colours that diverge from 0. An error says that a grid is unsound or that values and
// cells differ in number.
func Modes(w io.Writer, d ModesData) error {
	shown := d.Modes[:min(len(d.Modes), MaxModes)]
	for _, m := range shown {
		if err := m.Grid.check(len(shown[0].Grid.Axes)); err != nil {
			return err
		}
		if err := sameLength("mode "+m.Name, len(m.U), len(m.Grid.Volume)); err != nil {
			return err
		}
	}
	switch {
	case len(shown) == 0:
		return fmt.Errorf("modes: there are none to draw")
	case len(shown[0].Grid.Axes) == 1:
		return drawModeCurves(w, d.Title, shown)
	}
	return drawModeMaps(w, d.Title, shown)
}

const modesHeading = "The slowest modes"

// weighted returns u sqrt(Π), whose squares add up to 1; 0 where u is not known, since Π is below
// rounding there.
func (m Mode) weighted() []float64 {
	out := make([]float64, len(m.U))
	for i, u := range m.U {
		if drawable(u) {
			out[i] = u * math.Sqrt(m.Grid.Volume[i])
		}
	}
	return out
}

// mass is the density of π in the measure that the grid has for volume.
func (g Grid) mass() [][]float64 { return [][]float64{ones(len(g.Volume))} }

func drawModeCurves(w io.Writer, title string, modes []Mode) error {
	f := newFigure(w, 1330, 620, modesHeading, title)
	left, right := f.area(110, 110, 440, 410), f.area(660, 110, 440, 410)
	grid := modes[0].Grid
	axis := grid.Axes[0]
	lo, hi := grid.window(0, coverage, grid.mass())
	legend, none := newLegend(), newLegend()
	p := modesPlot(&legend, modes, lo, hi, axis.midpoints(),
		func(m Mode) []float64 { return m.U })
	p.Y.Label.Text = "u"
	setLinear(&p.X, axis.symbol(), 5, horizontally(left))
	place(p, left, "where "+percent(coverage)+" of π is")
	p = modesPlot(&none, modes, 0, float64(axis.cells()), axis.gradedAxis().midpoints(),
		Mode.weighted)
	p.Y.Label.Text = "u √Π"
	setGraded(&p.X, axis, horizontally(right))
	place(p, right, "all cells equally wide")
	legend.Draw(f.area(1118, 110, 200, 410))
	f.caption(110, 590, "u = ρ/π with Σ Π u² = 1, where Π is a cell's share of π.")
	return f.write(w)
}

// modesPlot is a plot on [lo, hi] of what is shown of every mode, at x, with a line at 0 in the
// middle of the ordinate.
func modesPlot(legend *plot.Legend, modes []Mode, lo, hi float64, x []float64,
	shown func(Mode) []float64) *plot.Plot {
	largest := 0.0
	for _, m := range modes {
		for i, v := range shown(m) {
			if drawable(v) && x[i] >= lo && x[i] <= hi {
				largest = max(largest, math.Abs(v))
			}
		}
	}
	if largest == 0 {
		largest = 1
	}
	p := newPlot(lo, hi, -1.08*largest, 1.08*largest)
	setTicks(&p.Y, linearTicks(p.Y.Min, p.Y.Max, 6))
	addGrid(p)
	addLine(p, []float64{lo, hi}, []float64{0, 0}, stroke(ink, 1))
	for k, m := range modes {
		style := stroke(seriesColours[k%len(seriesColours)], 3)
		legend.Add(m.Name, addLine(p, x, shown(m), style))
	}
	return p
}

func drawModeMaps(w io.Writer, title string, modes []Mode) error {
	columns := len(modes)
	m := sheet{views: 1, perView: 2, columns: columns, left: 110,
		side: min(mapSide(columns), 360), gap: 96}
	width, height := m.size()
	f := newFigure(w, int(width), int(height+15), modesHeading, title)
	upper, lower := m.row(f, 0), m.row(f, 1)
	share, mirrored := coverageOf(modes), ""
	var u, weighted []mapped
	var seen, all []float64
	for _, m := range modes {
		window := m.Grid.planeWindow(share, m.Grid.mass())
		seen = append(seen, pick(m.U, m.Grid.cellsSeen(window))...)
		u = append(u, mapped{m.Name, m.Grid, m.U, window})
		weighted = append(weighted, mapped{m.Name, m.Grid, m.weighted(), window})
		all = append(all, m.weighted()...)
		if m.Grid.Plane == Meridian || m.Grid.Plane == Axial {
			mirrored = "; half-planes through the axis (± r) are mirrored"
		}
	}
	upper.draw(u, upper.physical, divergingTo(seen, func(float64) float64 { return 1 }), "u")
	lower.draw(weighted, lower.graded, divergingTo(all, math.Abs), "u √Π")
	f.caption(24, height-22, "Above: the square around "+percent(share)+" of π"+mirrored+
		". Below: all cells equally wide. u = ρ/π with Σ Π u² = 1.")
	return f.write(w)
}

// coverageOf returns the share of π that the physical panels show: less where most of it would be a
// dot in the middle of the rest.
func coverageOf(modes []Mode) float64 {
	const dot = 10
	for _, m := range modes {
		core := m.Grid.planeWindow(coreCoverage, m.Grid.mass())
		if m.Grid.planeWindow(coverage, m.Grid.mass()).half > dot*core.half {
			return coreCoverage
		}
	}
	return coverage
}

// divergingTo returns the scale beyond which a share of 1 % of the values lies, each counted by its
// weight: a few that are much larger than the rest would leave that white. Where the largest is not
// twice as large it reaches up to that.
func divergingTo(values []float64, weight func(v float64) float64) scale {
	const outside = 0.01
	var sizes []float64
	total := 0.0
	for _, v := range values {
		if drawable(v) && v != 0 {
			sizes = append(sizes, math.Abs(v))
			total += weight(v)
		}
	}
	if len(sizes) == 0 {
		return scale{lo: -1, hi: 1, diverging: true}
	}
	slices.Sort(sizes)
	last := len(sizes) - 1
	k := last
	for sum := weight(sizes[k]); k > 0 && sum < outside*total; sum += weight(sizes[k]) {
		k--
	}
	if sizes[last] <= 2*sizes[k] {
		k = last
	}
	hi, cut := sizes[k], k < last
	return scale{lo: -hi, hi: hi, diverging: true, over: cut, under: cut}
}

// diverging is a colour for t ∈ [−1, 1]: blue, white, red. The lightness L* of CIE Lab falls
// linearly with |t|, alike on both sides, at the hues 270° and 35°; the chroma keeps both inside
// sRGB.
func diverging(t float64) color.RGBA {
	return encoded(divergingRGB(min(max(t, -1), 1)))
}

// divergingRGB returns the palette in linear sRGB.
func divergingRGB(t float64) (r, g, b float64) {
	hue, chroma := 35.0, 62*t
	if t < 0 {
		hue, chroma = 270, -39*t
	}
	sin, cos := math.Sincos(hue * math.Pi / 180)
	return linearRGB(97-59*math.Abs(t), chroma*cos, chroma*sin)
}
