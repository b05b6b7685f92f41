package fpsgd

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"fpsgd/mesh"
	"fpsgd/solver"
)

// spatialError estimates what the spacing of a grid does to the gap, relative to it, and to the
// final density, in L¹ of its masses on cells twice as large. NaN: there is no density.
type spatialError struct{ gap, density float64 }

// largest is the larger of the two, +∞ where the gap's is not known.
func (s spatialError) largest() float64 {
	if math.IsNaN(s.gap) {
		return math.Inf(1)
	}
	if math.IsNaN(s.density) {
		return s.gap
	}
	return math.Max(s.gap, s.density)
}

func (s spatialError) String() string {
	text := fmt.Sprintf("%.1e of the gap", s.gap)
	if math.IsNaN(s.gap) {
		text = "unknown"
	}
	if !math.IsNaN(s.density) {
		text += fmt.Sprintf(" and %.1e of the final density", s.density)
	}
	return text
}

// spatialError of the gap is the half-width of its bar (Spectrum.Spacing). That of the density at
// the end is by differences between three nested grids, P on this one, P' and P” on grids of
// half and a quarter of the cells along every axis, restricted to the coarser of two:
//
//	d = ‖P − P'‖₁,  d' = ‖P' − P”‖₁,  2^q = d'/d,  1/2 ≤ q ≤ 2,  error = d/(2^q − 1).
//
// The scheme is of second order. It is not looked for where the gap's exceeds most.
func (e *Equation) spatialError(ctx context.Context, s *Spectrum, end, most float64) (
	spatialError, error) {
	out := spatialError{gap: math.NaN(), density: math.NaN()}
	if bar := s.Spacing[0]; bar.Known() && s.Gap > 0 {
		out.gap = bar.Value() / s.Gap
	}
	if e.Angular > 0 || !(out.gap <= most) || end == 0 {
		return out, nil
	}
	levels, err := e.nestedStates(ctx, end)
	if err != nil || len(levels) < ExtrapolationLevels {
		return out, err
	}
	near, far := levels[0].distance(levels[1]), levels[1].distance(levels[2])
	const floor = 1e-10 // of roundings and of time.tolerance
	if near <= floor {
		out.density = near
		return out, nil
	}
	const slowest, order = 0.5, 2
	q := math.Min(order, math.Max(slowest, math.Log2(far/near)))
	out.density = near / (math.Exp2(q) - 1)
	return out, nil
}

// evolved is an equation with its state at the end.
type evolved struct {
	*Equation
	w []float64
}

// distance is ‖P − P'‖₁ to a state on the grid of half the cells.
func (f evolved) distance(coarse evolved) float64 {
	sum := 0.0
	for i, w := range f.Restrict(f.w, coarse.Equation) {
		sum += coarse.Operator.Sigma[i] * math.Abs(w-coarse.w[i])
	}
	return sum
}

// nestedStates are states at the end on the grid, rounded so that it can be halved, and on two that
// are coarser: fewer where one of these cannot hold the problem.
func (e *Equation) nestedStates(ctx context.Context, end float64) ([]evolved, error) {
	grids, err := e.Nested(ExtrapolationLevels)
	if err != nil {
		return nil, nil
	}
	var out []evolved
	for level := range grids {
		on, err := e, error(nil)
		if g := grids[len(grids)-1-level]; !slices.EqualFunc(g.Axes, e.Grid.Axes, sameFaces) {
			on, err = e.On(g)
		}
		if err != nil {
			return out, nil
		}
		w, err := on.stateAt(ctx, end)
		if ctx.Err() != nil {
			return nil, cmp.Or(err, solver.ErrInterrupted)
		}
		if err != nil {
			return out, nil
		}
		out = append(out, evolved{on, w})
	}
	return out, nil
}

// sameFaces reports whether axes have the same faces, to rounding.
func sameFaces(a, b mesh.Axis) bool {
	size := a.Faces[a.Cells()] - a.Faces[0]
	return slices.EqualFunc(a.Faces, b.Faces, func(x, y float64) bool {
		return math.Abs(x-y) <= 1e-14*size
	})
}

// stateAt is the state at the end of a run.
func (e *Equation) stateAt(ctx context.Context, end float64) ([]float64, error) {
	w, err := e.Start()
	if err != nil {
		return nil, err
	}
	c, err := e.Choose(w, Options{End: end})
	if err != nil {
		return nil, err
	}
	state, err := c.Run(ctx, &solver.State{W: w})
	if err != nil {
		return nil, err
	}
	return state.W, nil
}
