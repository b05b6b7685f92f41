package scenarios

import (
	"math"

	"fpsgd/mesh"
)

// KeepingZeros is the grid of the problem, of which the faces stay where cells are merged on which
// f vanishes at a corner of the grid: a cell that holds a zero of f has no mass. It looks at axes
// of given faces alone; where an axis is graded, its centres stay.
func (s *Scenario) KeepingZeros() *mesh.Grid {
	axes := make([]mesh.Axis, len(s.Grid.Axes))
	given := false
	for k := range axes {
		axes[k] = s.Grid.Axes[k]
		name, _, _, _ := axes[k].Spacing()
		given = given || name == ""
	}
	if !given || isArray(s.Landscape) {
		return s.Grid
	}
	last := len(axes) - 1
	row := make([][]float64, len(axes)) // the corners along the last axis
	for k := range row {
		row[k] = make([]float64, len(axes[last].Faces))
	}
	copy(row[last], axes[last].Faces)
	zeros := make([]map[float64]bool, len(axes))
	for k := range zeros {
		zeros[k] = map[float64]bool{}
	}
	eachCorner(axes[:last], func(at []float64) {
		for k, q := range at {
			for i := range row[k] {
				row[k][i] = q
			}
		}
		logF, err := s.logF(row)
		if err != nil { // the assembly tells
			return
		}
		for i, v := range logF {
			if math.IsInf(v, -1) {
				for k := range zeros {
					zeros[k][row[k][i]] = true
				}
			}
		}
	})
	for k := range axes {
		if name, _, _, _ := axes[k].Spacing(); name == "" {
			for q := range zeros[k] {
				axes[k] = axes[k].Keeping(q)
			}
		}
	}
	if g, err := mesh.NewGrid(s.Grid.Coordinates, axes); err == nil {
		return g
	}
	return s.Grid
}

// eachCorner calls f for every combination of faces of some axes.
func eachCorner(axes []mesh.Axis, f func(at []float64)) {
	at := make([]float64, len(axes))
	var along func(k int)
	along = func(k int) {
		if k == len(axes) {
			f(at)
			return
		}
		for _, q := range axes[k].Faces {
			at[k] = q
			along(k + 1)
		}
	}
	along(0)
}
