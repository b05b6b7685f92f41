package mesh

import (
	"math"
	"slices"
)

// Merged has the cells of the axis merged by pairs: its faces are some of the axis's own. Where the
// axis was cut into an even number of cells, the other faces go, and it is as if cut into half as
// many. Otherwise, of an odd number of cells between two centres of the grading, or a centre and an
// end, one stays alone: that at an end or, between centres, that at the higher one. Centres stay
// faces, as does what Keeping names: there f may vanish or have a kink.
func (a *Axis) Merged() Axis {
	if half, err := a.Coarsened(2); err == nil && a.nests(&half) && !slices.ContainsFunc(a.kept,
		func(q float64) bool { return !half.hasFace(q) }) {
		half.kept = a.kept
		return half
	}
	out := *a
	out.division = division{}
	out.kept = slices.Concat(a.kept, a.division.centers)
	out.Faces = nil
	n, from := a.Cells(), 0
	for i := 1; i <= n; i++ {
		if i < n && !slices.ContainsFunc(out.kept, func(q float64) bool {
			return a.isFace(q, i)
		}) {
			continue
		}
		segment := a.Faces[from : i+1]
		if from == 0 && i < n { // from the centre on outwards
			out.Faces = append(out.Faces, pairsDown(segment)...)
		} else {
			out.Faces = append(out.Faces, pairsUp(segment)...)
		}
		from = i
	}
	out.Faces = append(out.Faces, a.Faces[n])
	return out
}

// pairsUp returns every second of some faces from the first on, but for the last.
func pairsUp(faces []float64) (out []float64) {
	for i := 0; i < len(faces)-1; i += 2 {
		out = append(out, faces[i])
	}
	return out
}

// pairsDown returns the first of some faces, and every second one below the last, but for that.
func pairsDown(faces []float64) (out []float64) {
	for i := len(faces) - 3; i > 0; i -= 2 {
		out = append(out, faces[i])
	}
	out = append(out, faces[0])
	slices.Reverse(out)
	return out
}

// Keeping is the axis with faces that Merged leaves where they are: those at some held coordinates.
func (a *Axis) Keeping(held ...float64) Axis {
	out := *a
	out.kept = slices.Concat(a.kept, held)
	return out
}

// isFace reports whether face i is at a held coordinate, to the rounding of a grading.
func (a *Axis) isFace(held float64, i int) bool {
	const rounding = 1e-9
	cell := math.Inf(1)
	for _, k := range []int{i - 1, i} {
		if k >= 0 && k < a.Cells() {
			cell = math.Min(cell, a.Faces[k+1]-a.Faces[k])
		}
	}
	return math.Abs(a.Faces[i]-held) <= rounding*cell
}

func (a *Axis) hasFace(held float64) bool {
	i, _ := slices.BinarySearch(a.Faces, held)
	return i <= a.Cells() && a.isFace(held, i) || i > 0 && a.isFace(held, i-1)
}

// nests reports whether the axis has the faces of a coarser one.
func (a *Axis) nests(coarse *Axis) bool {
	return !slices.ContainsFunc(coarse.Faces, func(q float64) bool { return !a.hasFace(q) })
}

// Parents returns the number of the cell of a coarser axis that holds each cell's midpoint.
func (a *Axis) Parents(coarse *Axis) []int {
	out, j := make([]int, a.Cells()), 0
	for i := range out {
		for j+1 < coarse.Cells() && a.Midpoint(i) > coarse.Faces[j+1] {
			j++
		}
		out[i] = j
	}
	return out
}

// Nests reports whether the faces of a coarser grid are faces of this one's, to rounding: whether
// its cells are unions of cells.
func (g *Grid) Nests(coarse *Grid) bool {
	for k := range g.Axes {
		if !g.Axes[k].nests(&coarse.Axes[k]) {
			return false
		}
	}
	return true
}

// Parents returns the cell of a coarser grid, whose faces are faces of this one's, in which every
// cell lies.
func (g *Grid) Parents(coarse *Grid) []int {
	along := make([][]int, len(g.Axes))
	for k := range along {
		along[k] = g.Axes[k].Parents(&coarse.Axes[k])
	}
	out, at := make([]int, g.Cells()), make([]int, len(along))
	for i := range out {
		g.Index(at, i)
		for k := range coarse.Axes {
			out[i] = out[i]*coarse.Axes[k].Cells() + along[k][at[k]]
		}
	}
	return out
}

// Merged has the cells merged by pairs along every axis (Axis.Merged).
func (g *Grid) Merged() (*Grid, error) {
	return g.eachAxis(func(a *Axis) (Axis, error) { return a.Merged(), nil })
}
