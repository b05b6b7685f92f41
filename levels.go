package fpsgd

import "context"

// ExtrapolationLevels is the least number of grids of an extrapolation: what an observed order takes.
const ExtrapolationLevels = 3

// mostLevels is the number of grids that an extrapolation makes use of.
const mostLevels = 6

// On assembles the same problem on another grid.
func (e *Equation) On(g *Grid) (*Equation, error) {
	s, err := e.Scenario.On(g)
	if err != nil {
		return nil, err
	}
	out, err := AssembleScenario(s)
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
