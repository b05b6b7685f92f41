package plots

import (
	"errors"
	"io"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"

	"gonum.org/v1/plot/vg/draw"
)

// maxMaps is the number of columns of Maps, and maxBoth the number of views beyond which it leaves
// out the graded coordinates.
const (
	maxMaps = 6
	maxBoth = 3
)

// floorDecades is how far below its peak a map on a logarithmic scale reaches.
const floorDecades = 12

// mapSide returns the side of the maps, in pixels, for that many columns.
func mapSide(columns int) float64 { return min(440, 1110/float64(columns)) }

// Maps draws densities on grids of two axes, the views, at several times and, in the last column,
// π. Of more times than there is room for some are drawn, evenly chosen. Of each view an upper row
// shows the physical plane around the mass, linear where that shows every field, and a lower row
// the graded coordinates, logarithmic down to 10^{−12} of the peak; of more than three views only
// the physical planes. The colours mean the same in every panel of a row.
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
	width, height := mapsLeft+float64(columns)*(m.side+mapsGap)+130, m.top(m.rows())
	f := newFigure(w, int(width), int(height+35), "The density in time", first.Title)
	shares, nonpositive := map[string]bool{}, false
	for k, d := range views {
		d = d.pick(room)
		if len(d.fields()) == 0 {
			nothing(m.row(f, m.perView*k).panel(0), "no snapshots")
			continue
		}
		if len(views) > 1 {
			f.name(m.top(m.perView*k), d.View)
		}
		shares[percent(d.drawMaps(f, m, k))] = true
		nonpositive = nonpositive || d.hasNonpositive()
	}
	caption := mapsCaption(slices.Sorted(maps.Keys(shares)), m.perView == 2)
	if len(views) == 1 && first.View != "" {
		caption += " " + first.View + "."
	}
	f.caption(24, height-22, caption)
	f.caption(24, height+2, strings.TrimSpace(greyCaption(nonpositive)+first.Remark))
	return f.write(w)
}

// drawMaps draws the rows of view k and returns the share of the mass that the upper one shows.
func (d Densities) drawMaps(f *figure, m layout, k int) (share float64) {
	fields := d.fields()
	share = d.Grid.physicalShare(fields)
	window := d.Grid.planeWindow(share, fields)
	var maps []mapped
	for _, s := range d.Snapshots {
		maps = append(maps, mapped{"t = " + number(s.Time, 4), d.Grid, s.Density, window})
	}
	if d.Invariant != nil {
		maps = append(maps, mapped{"π", d.Grid, d.Invariant, window})
	}
	row := m.row(f, m.perView*k)
	row.draw(maps, row.physical, seenScale(fields, d.Grid.cellsSeen(window)), "ρ")
	if m.perView == 2 {
		row = m.row(f, 2*k+1)
		row.draw(maps, row.graded, logScale(floorDecades, fields...), "ρ")
	}
	return share
}

// mapsCaption says what the rows are.
func mapsCaption(shares []string, below bool) string {
	shown := "he square around " + strings.Join(shares, " or ") + " of the mass"
	if below && len(shares) > 0 {
		return "Above: t" + shown + ", white outside of the grid. Below: all cells equally wide."
	}
	return "T" + shown + "."
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

// name writes the name of a view above its maps, which begin there.
func (f *figure) name(top float64, name string) {
	f.canvas.FillText(textStyle(labelSize, draw.XLeft), f.point(24, top-66), name)
}

// physicalShare returns the share of the mass that the physical plane shows.
func (g Grid) physicalShare(fields [][]float64) float64 {
	if g.concentrated(fields) {
		return coreCoverage
	}
	return coverage
}

// concentration is how much higher than the density that half the mass exceeds a peak may be for
// linear colours to show anything beside it.
const concentration = 1000

// concentrated reports whether linear colours around nearly all of the mass would show nothing of
// the last field.
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
