package fpsgd

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"fpsgd/solver"
	"fpsgd/solver/linear"
)

const (
	// SpectrumTolerance is that of the linear solves, as solver.Spectrum asks for.
	SpectrumTolerance = 1e-12
	// loosestSpectrum is to what it is raised where rounding allows no less, as next to
	// log-singular minima.
	loosestSpectrum = 1e-10
)

// Spectrum are the lowest rates at which ρ/π relaxes: the lowest eigenvalues of −εL on the grid,
// without the 0 of π where the ends are closed.
type Spectrum struct {
	Modes       []solver.Mode // ascending, with multiplicity; each with its error on this grid
	Certificate solver.Certificate
	// Gap is the first rate, PoincareConstant = Gap/ε is Λ of ‖u−⟨u⟩‖² ≤ Λ^{−1} ‖∇u‖².
	Gap, PoincareConstant float64
	// Spacing are half-widths of error bars of the eigenvalues, for what the spacing of the grid
	// does to them: the distance to the extrapolated value and its error (Extrapolate).
	Spacing []Number

	nested nested
}

// nested are the lowest modes on nested grids, the coarsest first.
type nested struct {
	grids  []solver.Grid
	levels [][]solver.Mode
}

// Spectrum finds the k lowest rates, whether they are known to be the lowest, and how far the
// spacing of the grid puts them off.
func (e *Equation) Spectrum(ctx context.Context, k int) (*Spectrum, error) {
	s, err := e.spectrum(ctx, k)
	if err != nil {
		return nil, err
	}
	bars, err := e.spacing(ctx, s.nested)
	for _, bar := range bars {
		s.Spacing = append(s.Spacing, Known(bar.Error))
	}
	return s, err
}

// spectrum is Spectrum without error bars.
func (e *Equation) spectrum(ctx context.Context, k int) (*Spectrum, error) {
	most := e.modesOf()
	if k < 1 {
		return nil, fmt.Errorf("%d eigenvalues are asked for (use 1 or more)", k)
	}
	if k > most {
		return nil, Refused(fmt.Errorf("%d eigenvalues are asked for, and the grid of %s cells "+
			"has %d (ask for fewer, or use more cells)", k, ShapeText(e.Operator.Shape), most))
	}
	s := &Spectrum{}
	part := fmt.Sprintf("%d lowest eigenvalues on %s cells", k, ShapeText(e.Operator.Shape))
	var err error
	for tolerance := math.Min(e.tolerance, SpectrumTolerance); ; tolerance *= 10 {
		s.nested.grids = e.grids(part, k, tolerance)
		s.nested.levels, s.Certificate, err = solver.NestedSpectrum(ctx, s.nested.grids, k)
		if !errors.Is(err, linear.ErrNotConverged) || tolerance >= loosestSpectrum {
			// rounding: the residuals of the modes judge
			break
		}
	}
	if err != nil {
		return nil, err
	}
	s.Modes = s.nested.levels[len(s.nested.levels)-1]
	s.Gap = s.Modes[0].Value
	s.PoincareConstant = s.Gap / e.Noise.Epsilon()
	return s, nil
}

// ShapeText writes a grid's shape: 128 × 64.
func ShapeText(shape []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", " × "), "[]")
}
