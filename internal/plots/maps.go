package plots

import (
	"image/color"
	"io"
	"math"
	"sort"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
)

// maxMaps is the number of columns of Maps.
const maxMaps = 6

// floorDecades is how far below its peak a map on a logarithmic scale reaches.
const floorDecades = 12

// panelRow is the geometry of a row of square maps with a colour bar at its end, in pixels.
type panelRow struct {
	f         *figure
	left, top float64
	side, gap float64
	columns   int
}

// panel returns the area of column k.
func (r panelRow) panel(k int) draw.Canvas {
	return r.f.area(r.left+float64(k)*(r.side+r.gap), r.top, r.side, r.side)
}

// bar returns the area of the colour bar.
func (r panelRow) bar() draw.Canvas {
	return r.f.area(r.left+float64(r.columns)*(r.side+r.gap), r.top, 22, r.side)
}

// mapSide returns the side of the maps, in pixels, for that many columns.
func mapSide(columns int) float64 { return min(440, 1110/float64(columns)) }

// Maps draws a density on a grid of two axes at several times and, in the last column, π. Of more times than there is room
// for some are drawn, evenly chosen. Upper row: the physical plane around the mass, linear colours. Lower row: the graded
// coordinates, logarithmic colours down to 10^{−12} of the peak. The colours mean the same in every panel of a row.
func Maps(w io.Writer, d Densities) error {
	if err := d.check(2); err != nil {
		return err
	}
	room := maxMaps
	if d.Invariant != nil {
		room--
	}
	shown := d.pick(room)
	fields, titles := shown.fields(), shown.mapTitles()
	columns := max(1, len(fields))
	side := mapSide(columns)
	const left, gap = 110, 56
	f := newFigure(int(left+float64(columns)*(side+gap)+130), int(2*side+385), "The density in time", d.Title)
	upper := panelRow{f, left, 110, side, gap, columns}
	lower := panelRow{f, left, 230 + side, side, gap, columns}
	if len(fields) == 0 {
		strokeFrame(upper.panel(0))
		note(upper.panel(0), "no snapshots: nothing to draw")
		return f.write(w)
	}
	d.Grid.drawPhysical(upper, fields, titles)
	d.Grid.drawGraded(lower, fields, titles, logScale(fields, floorDecades), "ρ")
	share := coverage
	if d.Grid.concentrated(fields) {
		share = coreCoverage
	}
	f.caption(24, 2*side+328, "Above: the square around "+percent(share)+" of the mass. Below: all cells equally wide.")
	if shown.hasNonpositive() {
		f.caption(24, 2*side+352, "Grey: "+nonpositiveRemark+".")
	}
	return f.write(w)
}

// mapTitles returns the titles of the columns.
func (d Densities) mapTitles() []string {
	var titles []string
	for _, s := range d.Snapshots {
		titles = append(titles, "t = "+number(s.Time, 4))
	}
	if d.Invariant != nil {
		titles = append(titles, "π")
	}
	return titles
}

// drawPhysical draws the fields in the physical plane, one column each.
func (g Grid) drawPhysical(row panelRow, fields [][]float64, titles []string) {
	scale, share := linearScale(fields), coverage
	if g.concentrated(fields) {
		scale, share = logScale(fields, floorDecades), coreCoverage
	}
	x, y, half := g.planeWindow(share, fields)
	xName, yName := g.planeSymbols()
	for k, field := range fields {
		p := newPlot(x-half, x+half, y-half, y+half)
		p.Add(raster{func(x, y float64) color.RGBA {
			if c, ok := g.cellAt(x, y); ok {
				return scale.at(field[c])
			}
			return background
		}})
		n := row.side / 45
		setTicks(&p.X, linearTicks(x-half, x+half, n))
		setTicks(&p.Y, linearTicks(y-half, y+half, n))
		label(p, xName, yName, k)
		place(p, row.panel(k), titles[k])
	}
	drawColourBar(row.bar(), scale, "ρ")
}

// concentration is how much higher than the density that half the mass exceeds a peak may be for linear colours to show
// anything beside it.
const concentration = 1000

// concentrated reports whether linear colours around nearly all of the mass would show nothing of the last field.
func (g Grid) concentrated(fields [][]float64) bool {
	last := fields[len(fields)-1]
	_, peak := positiveRange(last)
	return peak > concentration*g.medianDensity(last)
}

// medianDensity returns the density that half the mass exceeds.
func (g Grid) medianDensity(density []float64) float64 {
	order := make([]int, len(density))
	total := 0.0
	for i, rho := range density {
		order[i] = i
		total += math.Max(rho, 0) * g.Volume[i]
	}
	sort.Slice(order, func(a, b int) bool { return density[order[a]] > density[order[b]] })
	mass := 0.0
	for _, i := range order {
		if mass += math.Max(density[i], 0) * g.Volume[i]; mass >= total/2 {
			return density[i]
		}
	}
	return 0
}

// drawGraded draws the fields in graded coordinates, one column each, with a colour bar for the quantity.
func (g Grid) drawGraded(row panelRow, fields [][]float64, titles []string, scale colourScale, quantity string) {
	for k, field := range fields {
		g.drawGradedPanel(row, k, k, field, titles[k], scale.at)
	}
	drawColourBar(row.bar(), scale, quantity)
}

// drawGradedPanel draws a field in graded coordinates as panel k of a row; the ordinate is named in column 0.
func (g Grid) drawGradedPanel(row panelRow, k, column int, field []float64, title string, colour func(v float64) color.RGBA) {
	xAxis, yAxis, area := g.Axes[0], g.Axes[1], row.panel(k)
	nx, ny := xAxis.cells(), yAxis.cells()
	p := newPlot(0, float64(nx), 0, float64(ny))
	p.Add(raster{func(x, y float64) color.RGBA {
		return colour(field[min(int(x), nx-1)*ny+min(int(y), ny-1)])
	}})
	setTicks(&p.X, gradedTicks(xAxis, horizontally(area)))
	setTicks(&p.Y, gradedTicks(yAxis, vertically(area)))
	label(p, xAxis.symbol(), yAxis.symbol(), column)
	place(p, area, title)
}

// label names the axes of a map; the ordinate is the same all along a row and named in the first column only.
func label(p *plot.Plot, x, y string, column int) {
	p.X.Label.Text = x
	if column == 0 {
		p.Y.Label.Text = y
		return
	}
	setTicks(&p.Y, unlabelled(p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max)))
}
