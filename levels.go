package fpsgd

import (
	"context"
	"math"
	"slices"

	"fpsgd/solver"
	"fpsgd/solver/linear"
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

// coarsen assembles the equation on coarser grids, the coarsest first: each has half the cells of
// the next along every axis, down to some 16 along the longest and 4096 in all, where a search for
// modes costs little. What such a grid cannot hold ends the list. On one axis, where solves are
// direct, there are none.
func (e *Equation) coarsen() (out []*Equation) {
	const (
		cells = 4096
		along = 16
	)
	if len(e.Grid.Axes) == 1 {
		return nil
	}
	finer := e
	for _, g := range e.Grid.Coarser(mostLevels) {
		if finer.Grid.Cells() <= cells && slices.Max(finer.Grid.Shape()) <= along {
			break
		}
		coarse, err := e.On(g)
		if err != nil {
			break
		}
		out, finer = append(out, coarse), coarse
	}
	slices.Reverse(out)
	return out
}

// grids are those of a nested search for k modes, with solves to a tolerance where modes are found
// at once.
func (e *Equation) grids(part string, k int, tolerance float64) []solver.Grid {
	var grids []solver.Grid
	count := 0
	e.begins(part)
	for _, level := range append(slices.Clone(e.coarser()), e) {
		if level != e && level.modesOf() < 4*k {
			continue
		}
		grids = append(grids, solver.Grid{
			Operator: level.Operator,
			SetUp:    level.counting(part, &count, linear.Options{Tolerance: tolerance}),
			Rough: level.counting(part, &count, linear.Options{
				Tolerance: solver.RoughTolerance, Rough: true}),
		})
	}
	return grids
}

// onCoarseGrid returns the lowest modes on a grid, k of them or all it has.
func (e *Equation) onCoarseGrid(ctx context.Context, g *Grid, k int) (*Equation, *Spectrum, error) {
	coarse, err := e.On(g)
	if err != nil {
		return nil, nil, err
	}
	s, err := coarse.spectrum(ctx, min(k, coarse.modesOf()))
	return coarse, s, err
}

// Parents returns the cell of a coarse equation in which every cell of this one lies. The faces of
// the coarse grid are faces of this one's.
func (e *Equation) Parents(coarse *Equation) []int {
	along := make([][]int, len(e.Grid.Axes))
	for k := range along {
		along[k] = e.Grid.Axes[k].Parents(&coarse.Grid.Axes[k])
	}
	out, at := make([]int, e.Operator.Cells()), make([]int, len(along))
	for i := range out {
		e.Grid.Index(at, i)
		for k, n := range coarse.Operator.Shape {
			out[i] = out[i]*n + along[k][at[k]]
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
