package plots

import (
	"errors"
	"image/color"
	"io"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
)

// maxMaps is the number of columns of Maps, and maxBoth the number of views beyond which it leaves out the graded coordinates.
const (
	maxMaps = 6
	maxBoth = 3
)

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

// Maps draws densities on grids of two axes, the views, at several times and, in the last column, π. Of more times than there is room
// for some are drawn, evenly chosen. Of each view an upper row shows the physical plane around the mass, linear where that shows
// every field, and a lower row the graded coordinates, logarithmic down to 10^{−12} of the peak; of more than three views only the
// physical planes. The colours mean the same in every panel of a row.
func Maps(w io.Writer, views ...Densities) error {
	if len(views) == 0 {
		return errors.New("maps: there is nothing to draw")
	}
	for _, d := range views {
		if err := d.check(2); err != nil {
			return err
		}
	}
	room, first := maxMaps, views[0]
	if first.Invariant != nil {
		room--
	}
	columns := max(1, len(first.pick(room).fields()))
	m := mapsLayout(len(views), columns)
	height := m.top(m.rows())
	f := newFigure(w, int(mapsLeft+float64(columns)*(m.side+mapsGap)+130), int(height+35), "The density in time", first.Title)
	var below, nonpositive bool
	shares := map[string]bool{}
	for k, d := range views {
		shown := d.pick(room)
		fields, titles := shown.fields(), shown.mapTitles()
		upper := m.row(f, m.perView*k)
		if len(fields) == 0 {
			nothing(upper.panel(0), "no snapshots")
			continue
		}
		share := d.Grid.physicalShare(fields)
		shares[percent(share)] = true
		f.view(m, m.perView*k, d.View)
		d.Grid.drawPhysical(upper, fields, titles, share)
		if m.perView == 2 {
			d.Grid.drawGraded(m.row(f, 2*k+1), fields, titles, logScale(fields, floorDecades), "ρ")
			below = true
		}
		nonpositive = nonpositive || shown.hasNonpositive()
	}
	caption := mapsCaption(slices.Sorted(maps.Keys(shares)), below)
	if len(views) == 1 && first.View != "" {
		caption += " " + first.View + "."
	}
	f.caption(24, height-22, caption)
	f.caption(24, height+2, strings.TrimSpace(greyCaption(nonpositive)+first.Remark))
	return f.write(w)
}

// mapsCaption says what the rows are.
func mapsCaption(shares []string, below bool) string {
	txt := "The square around " + strings.Join(shares, " or ") + " of the mass"
	if below {
		txt = "Above: the square around " + strings.Join(shares, " or ") + " of the mass, white outside of the grid. Below: all cells equally wide"
	}
	return txt + "."
}

func greyCaption(nonpositive bool) string {
	if nonpositive {
		return "Grey: " + nonpositiveRemark + ". "
	}
	return ""
}

// layout is where the rows of Maps are.
type layout struct {
	views, perView, columns int
	side                    float64
}

// Places of Maps, in pixels.
const (
	mapsLeft = 110
	mapsGap  = 56
)

func mapsLayout(views, columns int) layout {
	m := layout{views, 2, columns, mapSide(columns)}
	if views > maxBoth {
		m.perView = 1
	}
	return m
}

func (m layout) rows() int { return m.views * m.perView }

// heading is the height that the names of views take.
func (m layout) heading() float64 {
	if m.views == 1 {
		return 0
	}
	return 40
}

// top is where row k begins.
func (m layout) top(k int) float64 {
	named := (k + m.perView) / m.perView
	if k == m.rows() {
		named--
	}
	return 110 + float64(k)*(m.side+120) + float64(named)*m.heading()
}

func (m layout) row(f *figure, k int) panelRow {
	return panelRow{f, mapsLeft, m.top(k), m.side, mapsGap, m.columns}
}

// view writes the name of a view above row k.
func (f *figure) view(m layout, k int, name string) {
	if m.views > 1 {
		f.canvas.FillText(textStyle(labelSize, draw.XLeft), f.point(24, m.top(k)-66), name)
	}
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

// drawPhysical draws the fields in the physical plane around a share of the mass, one column each.
func (g Grid) drawPhysical(row panelRow, fields [][]float64, titles []string, share float64) {
	x, y, half := g.planeWindow(share, fields)
	scale := seenScale(fields, g.cellsSeen(x, y, half))
	for k, field := range fields {
		p := newPlot(x-half, x+half, y-half, y+half)
		colour := cellColours(field, scale.at)
		p.Add(raster{func(x, y float64) color.RGBA {
			if c, ok := g.cellAt(x, y); ok {
				return colour(c)
			}
			return background
		}})
		g.labelPhysical(p, row, k, k)
		place(p, row.panel(k), titles[k])
	}
	drawColourBar(row.bar(), scale, "ρ")
}

// labelPhysical gives the axes of panel k of a row their ticks and names; the ordinate is named in column 0.
func (g Grid) labelPhysical(p *plot.Plot, row panelRow, k, column int) {
	area, n := row.panel(k), row.side/36
	x, y := g.planeSymbols()
	setLinear(&p.X, x, n, horizontally(area))
	setLinear(&p.Y, y, n, vertically(area))
	nameOnce(p, column)
}

// cellsSeen returns the cells at the points of a raster over the square around (x, y), each as often as it is hit.
func (g Grid) cellsSeen(x, y, half float64) []int {
	const points = 200 // along each side
	var cells []int
	for i := range points * points {
		px, py := float64(i/points)+0.5, float64(i%points)+0.5
		if c, ok := g.cellAt(x+half*(2*px/points-1), y+half*(2*py/points-1)); ok {
			cells = append(cells, c)
		}
	}
	return cells
}

// physicalShare returns the share of the mass that the physical plane shows.
func (g Grid) physicalShare(fields [][]float64) float64 {
	if g.concentrated(fields) {
		return coreCoverage
	}
	return coverage
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
	ofCell := cellColours(field, colour)
	p.Add(raster{func(x, y float64) color.RGBA {
		return ofCell(min(int(x), nx-1)*ny + min(int(y), ny-1))
	}})
	setGraded(&p.X, xAxis, horizontally(area))
	setGraded(&p.Y, yAxis, vertically(area))
	nameOnce(p, column)
	place(p, area, title)
}

// cellColours returns the colours of the cells of a field, each worked out once however many pixels it has. All are opaque.
func cellColours(field []float64, colour func(v float64) color.RGBA) func(cell int) color.RGBA {
	known := make([]color.RGBA, len(field))
	return func(cell int) color.RGBA {
		if known[cell].A == 0 {
			known[cell] = colour(field[cell])
		}
		return known[cell]
	}
}

// nameOnce leaves the ordinate of a map, the same all along a row, its name and labels in the first column only.
func nameOnce(p *plot.Plot, column int) {
	if column > 0 {
		p.Y.Label.Text = ""
		setTicks(&p.Y, unlabelled(p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max)))
	}
}
