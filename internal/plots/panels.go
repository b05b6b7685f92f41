package plots

import (
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
)

// mapped is a field on a grid of two axes that a map shows.
type mapped struct {
	title  string
	grid   Grid
	values []float64
	window square // that a map of the physical plane shows
}

// square is a part of the physical plane.
type square struct{ x, y, half float64 } // its centre, and half its side

// sheet is the geometry of a figure of maps, in pixels: of every view some rows of square maps,
// each with a colour bar at its end, below the name of the view if there are several.
type sheet struct {
	views, perView, columns int
	left, side, gap         float64
}

// top is where row k begins.
func (s sheet) top(k int) float64 {
	top := 110 + float64(k)*(s.side+120)
	if s.views > 1 {
		top += 40 * float64(min(k/s.perView+1, s.views))
	}
	return top
}

// size returns the size of the figure, but for captions.
func (s sheet) size() (width, height float64) {
	return s.left + float64(s.columns)*(s.side+s.gap) + 130, s.top(s.views * s.perView)
}

// row returns row k.
func (s sheet) row(f *figure, k int) panelRow { return panelRow{s, f, s.top(k)} }

// name writes the name of a view above its maps, unless it is the only one.
func (s sheet) name(f *figure, view int, name string) {
	if s.views > 1 {
		style := textStyle(labelSize, draw.XLeft, draw.YTop)
		f.canvas.FillText(style, f.point(24, s.top(view*s.perView)-66), name)
	}
}

// panelRow is a row of maps.
type panelRow struct {
	sheet
	f   *figure
	top float64
}

// panel returns the area of column k.
func (r panelRow) panel(k int) draw.Canvas {
	return r.f.area(r.left+float64(k)*(r.side+r.gap), r.top, r.side, r.side)
}

// coordinates are those of the panels of a row: an empty plot for a map, and what finds the cells
// at points of it, as Grid.cellsAt does.
type coordinates func(m mapped, area draw.Canvas) (
	p *plot.Plot, cellsAt func(x, y []float64) []int)

// draw draws maps, one column each, and the colour scale of the quantity.
func (r panelRow) draw(maps []mapped, in coordinates, s scale, quantity string) {
	var known map[[2]int][]int // the cells of the pixels, by their numbers along x and y
	for k, m := range maps {
		p, cellsAt := in(m, r.panel(k))
		if k == 0 || !sameCells(m, maps[k-1]) {
			known = map[[2]int][]int{}
		}
		p.Add(raster(func(x, y []float64) []color.RGBA {
			size := [2]int{len(x), len(y)}
			if known[size] == nil {
				known[size] = cellsAt(x, y)
			}
			return cellColours(m.values, s, known[size])
		}))
		if k > 0 && sameAxes(m.grid, maps[k-1].grid) { // the ordinate is that of the panel before
			unlabel(&p.Y)
		}
		place(p, r.panel(k), m.title)
	}
	bar := r.f.area(r.left+float64(r.columns)*(r.side+r.gap), r.top, 22, r.side)
	drawColourBar(bar, s, quantity)
}

// sameCells reports whether two maps of one size have the same cells in the same places.
func sameCells(a, b mapped) bool {
	return a.window == b.window && a.grid.Plane == b.grid.Plane &&
		slices.EqualFunc(a.grid.Axes, b.grid.Axes, func(p, q Axis) bool {
			return slices.Equal(p.Faces, q.Faces)
		})
}

func sameAxes(a, b Grid) bool {
	return slices.EqualFunc(a.Axes, b.Axes, func(p, q Axis) bool { return p.Name == q.Name })
}

// physical are the coordinates of the plane, in the window of a map.
func (r panelRow) physical(m mapped, area draw.Canvas) (
	*plot.Plot, func(x, y []float64) []int) {
	w, n := m.window, r.side/36
	p := newPlot(w.x-w.half, w.x+w.half, w.y-w.half, w.y+w.half)
	x, y := m.grid.planeSymbols()
	setLinear(&p.X, x, n, horizontally(area))
	setLinear(&p.Y, y, n, vertically(area))
	return p, m.grid.cellsAt
}

// graded are the coordinates in which all cells are equally wide.
func (r panelRow) graded(m mapped, area draw.Canvas) (*plot.Plot, func(x, y []float64) []int) {
	xAxis, yAxis := m.grid.Axes[0], m.grid.Axes[1]
	nx, ny := xAxis.cells(), yAxis.cells()
	p := newPlot(0, float64(nx), 0, float64(ny))
	setGraded(&p.X, xAxis, horizontally(area))
	setGraded(&p.Y, yAxis, vertically(area))
	return p, func(x, y []float64) []int {
		return product(gradedCells(x, nx), gradedCells(y, ny), ny)
	}
}

// gradedCells returns the cells of an axis of n cells at coordinates ξ, at its end the last.
func gradedCells(xi []float64, n int) []int {
	cells := make([]int, len(xi))
	for i, v := range xi {
		cells[i] = min(int(v), n-1)
	}
	return cells
}

// cellColours returns the colours of cells in a field, those of the background where there is none.
// Each is worked out once, however often it occurs; all are opaque.
func cellColours(field []float64, s scale, cells []int) []color.RGBA {
	known, colours := make([]color.RGBA, len(field)), make([]color.RGBA, len(cells))
	for i, c := range cells {
		switch {
		case c < 0:
			colours[i] = background
			continue
		case known[c].A == 0:
			known[c] = s.at(field[c])
		}
		colours[i] = known[c]
	}
	return colours
}

// cellsSeen returns the cells at the points of a raster over a square, each as often as it is hit.
func (g Grid) cellsSeen(s square) []int {
	const points = 200 // along each side
	x, y := make([]float64, points), make([]float64, points)
	for i := range points {
		at := s.half * (2*(float64(i)+0.5)/points - 1)
		x[i], y[i] = s.x+at, s.y+at
	}
	return slices.DeleteFunc(g.cellsAt(x, y), func(cell int) bool { return cell < 0 })
}
