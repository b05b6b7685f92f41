package fpsgd

import (
	"errors"
	"math"
	"slices"
	"sync"

	"fpsgd/operators"
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

// coarsened is On of a grid of larger cells, of which masses are sums over the cells of this one
// where they are unions of these.
func (e *Equation) coarsened(g *Grid) (*Equation, error) {
	s, err := e.Scenario.On(g)
	if err != nil {
		return nil, err
	}
	op, err := s.AssembleCoarser(&operators.Finer{Operator: e.Operator, Grid: e.Grid})
	if err != nil {
		return nil, err
	}
	out := Assembled(s, op)
	out.Progress = e.Progress
	return out, nil
}

// modesOf is the number of modes that decay.
func (e *Equation) modesOf() int {
	if e.Operator.Conservative() {
		return e.Operator.Cells() - 1
	}
	return e.Operator.Cells()
}

// chain are equations on coarser grids (Grid.Coarser), the finest first, assembled when they are
// asked for.
type chain struct {
	mutex sync.Mutex
	grids []*Grid // nil: not known yet
	made  []*Equation
}

var errCoarsest = errors.New("no coarser grid tells anything")

// coarseGrid is the grid number k of the chain, the first 0; nil: there is none.
func (e *Equation) coarseGrid(k int) *Grid {
	c := &e.chain
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.grids == nil {
		c.grids = append([]*Grid{}, e.KeepingZeros().Coarser(mostLevels)...)
	}
	if k >= len(c.grids) {
		return nil
	}
	return c.grids[k]
}

// coarse is the equation on the grid number k of the chain, or an error: there is none, or it
// cannot hold the problem.
func (e *Equation) coarse(k int) (*Equation, error) {
	if e.coarseGrid(k) == nil {
		return nil, errCoarsest
	}
	c := &e.chain
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for len(c.made) <= k {
		n := len(c.made)
		if n >= len(c.grids) {
			return nil, errCoarsest
		}
		finer := e
		if n > 0 {
			finer = c.made[n-1]
		}
		next, err := finer.coarsened(c.grids[n])
		if err != nil {
			c.grids = c.grids[:n]
			return nil, err
		}
		c.made = append(c.made, next)
	}
	return c.made[k], nil
}

// coarser are equations on grids of which each has half the cells of the next along every axis, the
// coarsest first, down to some 16 along the longest and 4096 in all, where a search for modes costs
// little. On one axis, where solves are direct, there are none.
func (e *Equation) coarser() (out []*Equation) {
	const (
		cells = 4096
		along = 16
	)
	if len(e.Grid.Axes) == 1 {
		return nil
	}
	for finer := e; finer.Grid.Cells() > cells || slices.Max(finer.Grid.Shape()) > along; {
		next, err := e.coarse(len(out))
		if err != nil {
			break
		}
		out, finer = append(out, next), next
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

// Parents returns the cell of a coarse equation in which every cell of this one lies. The faces of
// the coarse grid are faces of this one's.
func (e *Equation) Parents(coarse *Equation) []int { return e.Grid.Parents(coarse.Grid) }

// Restrict adds the masses of a state up over the cells of a coarse equation (Parents):
// P_I = Σ_{i in I} P_i, w_I = Σ (σ_i/σ_I) w_i.
func (e *Equation) Restrict(w []float64, coarse *Equation) []float64 {
	out, fine, sums := make([]float64, coarse.Operator.Cells()), e.LogMasses(), coarse.LogMasses()
	for i, parent := range e.Parents(coarse) {
		out[parent] += w[i] * math.Exp((fine[i]-sums[parent])/2)
	}
	return out
}
