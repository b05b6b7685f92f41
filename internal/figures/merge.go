package figures

import (
	"math"

	"fpsgd/internal/plots"
)

// sceneView is a view whose cells may be merged.
type sceneView struct {
	view
	merged int
	coarse plots.Grid
}

// mostCells is how many cells of one axis alone a page shows.
const mostCells = 4096

// sceneViews are the views of a page: those of the figures and, where the axes are cartesian and
// three or more, the whole as well, of which slices are shown. Each has its part of so many values;
// where the whole does not fit its cells are merged.
func sceneViews(g *grid, density []float64, values int) []sceneView {
	views := viewsOf(g, density)
	if len(views) > 2 {
		views = append(views, view{name: "slices", grid: plots.Grid{Axes: g.axes,
			Volume: g.volume}, of: func(density []float64) []float64 { return density }})
	}
	var out []sceneView
	for i, v := range views { // each has its part of what those before it have left
		n := mergedTo(v.grid, values/(len(views)-i))
		out = append(out, sceneView{v, n, mergedGrid(v.grid, n)})
		values -= len(out[i].coarse.Volume)
	}
	return out
}

// shown is what the view shows of a field on the whole grid.
func (v sceneView) shown(field []float64) []float64 {
	return mergedField(v.grid, v.merged, v.of(field))
}

// coarsen merges the cells of a view until its fields have so many values at most.
func (v *SceneView) coarsen(values int) {
	n := mergedTo(v.Grid, values)
	for c := range v.Channels {
		for k, field := range v.Channels[c].Fields {
			v.Channels[c].Fields[k] = mergedField(v.Grid, n, field)
		}
	}
	v.Merged, v.Grid = n, mergedGrid(v.Grid, n)
}

// mergedTo returns the smallest power of two by which the cells along every axis are to be merged,
// that there are so many at most.
func mergedTo(g plots.Grid, values int) int {
	if len(g.Axes) == 1 {
		values = min(values, mostCells)
	}
	for n := 1; ; n *= 2 {
		left := 1
		for _, a := range g.Axes {
			left *= blocks(a, n)
		}
		if left <= max(values, 1<<len(g.Axes)) {
			return n
		}
	}
}

// blocks is the number of blocks of n cells of an axis, the last of which may have fewer.
func blocks(a plots.Axis, n int) int { return (cells(a) + n - 1) / n }

// mergedGrid is a grid whose cells are blocks of n along every axis.
func mergedGrid(g plots.Grid, n int) plots.Grid {
	out := plots.Grid{Plane: g.Plane, Volume: blockSums(g, n, g.Volume)}
	for _, a := range g.Axes {
		merged := plots.Axis{Name: a.Name}
		for i := 0; i < cells(a); i += n {
			merged.Faces = append(merged.Faces, a.Faces[i])
		}
		merged.Faces = append(merged.Faces, a.Faces[cells(a)])
		out.Axes = append(out.Axes, merged)
	}
	return out
}

// mergedField is the mean Σ ρ_i|C_i| / Σ |C_i| over blocks, of the cells where there is a value.
func mergedField(g plots.Grid, n int, field []float64) []float64 {
	if n == 1 {
		return field
	}
	mass, volume := make([]float64, len(field)), make([]float64, len(field))
	for i, v := range field {
		if !math.IsNaN(v) {
			mass[i], volume[i] = v*g.Volume[i], g.Volume[i]
		}
	}
	out, sums := blockSums(g, n, mass), blockSums(g, n, volume)
	for i := range out {
		out[i] /= sums[i] // NaN where there is nothing
	}
	return out
}

// blockSums are the sums over blocks of n cells along every axis, in C order.
func blockSums(g plots.Grid, n int, field []float64) []float64 {
	total := 1
	for _, a := range g.Axes {
		total *= blocks(a, n)
	}
	out, at := make([]float64, total), make([]int, len(g.Axes))
	inner := &grid{axes: g.Axes}
	for _, v := range field {
		to := 0
		for k, a := range g.Axes {
			to = to*blocks(a, n) + at[k]/n
		}
		out[to] += v
		inner.advance(at)
	}
	return out
}
