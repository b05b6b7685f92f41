package fpsgd

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"fpsgd/solver"
	"fpsgd/solver/analysis"

	"gonum.org/v1/gonum/floats"
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
// the end is from runs on this grid and its halves (analysis.OfField); it is not looked for where
// the gap's exceeds most.
func (e *Equation) spatialError(ctx context.Context, s *Spectrum, end, most float64) (
	spatialError, error) {
	out := spatialError{gap: math.NaN(), density: math.NaN()}
	if bar := s.Spacing[0]; bar.Known() && s.Gap > 0 {
		out.gap = bar.Value() / s.Gap
	}
	if e.Angular > 0 || !(out.gap <= most) || end == 0 {
		return out, nil
	}
	distances, err := e.distances(ctx, end)
	if err != nil || len(distances) < fewestTwins {
		return out, err
	}
	const floor = 1e-10 // of roundings and of time.tolerance
	out.density = distances[len(distances)-1]
	if out.density > floor {
		out.density = analysis.OfField(distances).Error
	}
	return out, nil
}

// distances are those of the masses at the end from those on the grid before, in L¹, of runs on the
// halves of the grid, the coarsest first, and on it.
func (e *Equation) distances(ctx context.Context, end float64) (out []float64, err error) {
	w, err := e.Start()
	if err != nil {
		return nil, err
	}
	finer := e
	state, err := e.stateAt(ctx, w, end)
	for _, coarse := range slices.Backward(e.halves()) {
		if err != nil {
			break
		}
		sums := coarse.Masses(finer.Restrict(state, coarse))
		w = finer.Restrict(w, coarse)
		if state, err = coarse.stateAt(ctx, w, end); err == nil {
			out = append(out, floats.Distance(sums, coarse.Masses(state), 1))
		}
		finer = coarse
	}
	slices.Reverse(out)
	if ctx.Err() != nil {
		return nil, cmp.Or(err, solver.ErrInterrupted)
	}
	return out, nil // of fewer grids, where a coarse one cannot hold the problem
}

// stateAt is the state at the end of a run from another.
func (e *Equation) stateAt(ctx context.Context, w []float64, end float64) ([]float64, error) {
	c, err := e.Choose(w, Options{End: end})
	if err != nil {
		return nil, err
	}
	state, err := c.Run(ctx, &solver.State{W: slices.Clone(w)})
	if err != nil {
		return nil, err
	}
	return state.W, nil
}
