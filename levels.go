package fpsgd

import (
	"context"
	"math"
)

// ExtrapolationLevels is the least number of grids of an extrapolation: what an observed order
// takes.
const ExtrapolationLevels = 3

// mostLevels is the number of grids that an extrapolation makes use of.
const mostLevels = 6

// On assembles the same problem on another grid.
func (e *Equation) On(g *Grid) (*Equation, error) {
	out, err := assemble(e.Scenario.On(g))
	if err == nil {
		out.Progress = e.Progress
	}
	return out, err
}

// Refinable reports whether the problem can be put on nested grids.
func (e *Equation) Refinable() bool {
	_, err := e.Scenario.Nested(ExtrapolationLevels)
	return err == nil
}

// Finest is a problem on the last of the nested grids of an extrapolation: its own, rounded.
func Finest(s *Scenario) (*Scenario, error) {
	grids, err := s.Nested(ExtrapolationLevels)
	if err != nil {
		return nil, err
	}
	return s.On(grids[ExtrapolationLevels-1])
}

// modesOf is the number of modes that decay.
func (e *Equation) modesOf() int {
	if e.Operator.Conservative() {
		return e.Operator.Cells() - 1
	}
	return e.Operator.Cells()
}

// onCoarseGrid returns the lowest modes on a grid, k of them or all it has.
func (e *Equation) onCoarseGrid(ctx context.Context, g *Grid, k int) (*Equation, *Spectrum, error) {
	coarse, err := e.On(g)
	if err != nil {
		return nil, nil, err
	}
	s, err := coarse.Spectrum(ctx, min(k, coarse.modesOf()))
	return coarse, s, err
}

// Parents returns the cell of a coarse equation in which every cell of this one lies. Its grid has
// twice as many cells along every axis, of the same faces.
func (e *Equation) Parents(coarse *Equation) []int {
	out, at := make([]int, e.Operator.Cells()), make([]int, len(e.Grid.Axes))
	for i := range out {
		e.Grid.Index(at, i)
		for k, n := range coarse.Operator.Shape {
			out[i] = out[i]*n + at[k]/2
		}
	}
	return out
}

// Restrict adds the masses of a state up over the cells of a coarse equation (Parents):
// P_I = Σ_{i in I} P_i, w_I = Σ (σ_i/σ_I) w_i.
func (e *Equation) Restrict(w []float64, coarse *Equation) []float64 {
	out, fine, sums := make([]float64, coarse.Operator.Cells()), e.LogMasses(), coarse.LogMasses()
	for i, parent := range e.Parents(coarse) {
		out[parent] += w[i] * math.Exp((fine[i]-sums[parent])/2)
	}
	return out
}
