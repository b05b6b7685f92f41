package plots

import (
	"errors"
	"io"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"
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
	m := mapsSheet(len(views), max(1, len(first.pick(room).fields())))
	width, height := m.size()
	f := newFigure(w, int(width), int(height+35), "The density in time", first.Title)
	shares := map[string]bool{}
	remarks := []string{first.ends("colours")}
	for k, d := range views {
		d = d.pick(room).resolved()
		if len(d.fields()) == 0 {
			nothing(m.row(f, m.perView*k).panel(0), "no snapshots")
			continue
		}
		m.name(f, k, d.View)
		shares[percent(d.drawMaps(f, m, k))] = true
		remarks = append(remarks, d.negative("Grey"))
	}
	caption := mapsCaption(slices.Sorted(maps.Keys(shares)), m.perView == 2)
	if len(views) == 1 && first.View != "" {
		caption += " " + first.View + "."
	}
	f.caption(24, height-22, caption)
	remarks = append(remarks, first.Remark)
	remarks = slices.DeleteFunc(remarks, func(r string) bool { return r == "" })
	f.caption(24, height+2, strings.Join(slices.Compact(remarks), " "))
	return f.write(w)
}

// mapsSheet is the sheet of Maps.
func mapsSheet(views, columns int) sheet {
	m := sheet{views: views, perView: 2, columns: columns, left: 110, side: mapSide(columns),
		gap: 56}
	if views > maxBoth {
		m.perView = 1
	}
	return m
}

// drawMaps draws the rows of view k and returns the share of the mass that the upper one shows.
func (d Densities) drawMaps(f *figure, m sheet, k int) (share float64) {
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

// physicalShare returns the share of the mass that the physical plane shows: less where linear
// colours around nearly all of it would show nothing of the last field.
func (g Grid) physicalShare(fields [][]float64) float64 {
	// how much higher than the density that half the mass exceeds a peak may be for linear colours
	// to show anything beside it
	const concentration = 1000
	last := fields[len(fields)-1]
	if _, peak := positiveRange(last); peak > concentration*g.medianDensity(last) {
		return coreCoverage
	}
	return coverage
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
