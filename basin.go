package fpsgd

import (
	"fmt"
	"math"
	"slices"

	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/solver"
)

// basin is the set of a basin by its number, from 1: the part that lies below half of the height,
// in −log π, of the lowest pass out of it. Where it lies is found on this grid, and said by
// weights, so that other grids have the same set.
func (e *Equation) basin(number int) (operators.Level, error) {
	of := solver.Basins(e.Operator, mostBasins)
	count := slices.Max(of) + 1
	switch {
	case count == 1:
		return nil, fmt.Errorf("the grid has one basin: give sets by formulas, such as %s < 0",
			e.Grid.Coordinates.Components()[0])
	case number < 1 || number > count:
		return nil, fmt.Errorf("there is no basin %d: the grid has %d, numbered from 1 in the "+
			"order of their lowest cells", number, count)
	}
	height := e.LogVolumes() // −log π
	for i, logM := range e.Operator.LogM {
		height[i] -= logM
	}
	bottom, pass := math.Inf(1), math.Inf(1)
	for i, b := range of {
		if b == number-1 {
			bottom = math.Min(bottom, height[i])
		}
	}
	e.Operator.Edges(func(_, i, j int, _ float64) {
		if (of[i] == number-1) != (of[j] == number-1) {
			pass = math.Min(pass, math.Max(height[i], height[j]))
		}
	})
	level, grid, weights := (bottom+pass)/2, e.Grid, e.Weights
	return func(dst []float64, p *mesh.Points) error {
		kappa := make([]float64, len(dst))
		if err := weights.LogWeights(dst, kappa, p); err != nil {
			return err
		}
		held := make([]float64, len(grid.Axes))
		for i, logPi := range dst {
			for k := range held {
				held[k] = p.Held(k)[i]
			}
			dst[i] = -logPi - level
			if of[grid.CellAt(held)] != number-1 {
				dst[i] = math.Abs(dst[i])
			}
		}
		return nil
	}, nil
}
