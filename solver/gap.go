package solver

import (
	"context"
	"fmt"
	"math"

	"fpsgd/operators"

	"gonum.org/v1/gonum/floats"
)

// SlowestMode is the eigenspace of S that decays last.
type SlowestMode struct {
	Gap          float64 // λ, its eigenvalue: the lowest, 0 left out where mass is conserved
	Multiplicity int     // eigenvalues within 1e-6 λ
	Residual     float64 // the largest ‖Sv − λv‖/(λ‖v‖) among its vectors
	Error        float64 // relative, of the gap; see Mode
	// Overlap is ‖projection of w − mσ on it‖/‖w − mσ‖ (of w where mass is removed); NaN if there
	// is none to project.
	Overlap float64

	Certificate Certificate
	Levels      [][]Mode // the lowest on every grid of a nested search, the last one its own
	// Found are the modes of the eigenspace, and those that a nested search has carried along
	// behind them, ascending and as far as they have converged: whether all are there is not known.
	Found []Mode
}

const (
	modeResidual = 1e-8
	sameMode     = 1e-6 // relative distance of eigenvalues taken for one
)

// Gap finds the slowest mode, all of its eigenspace, and how much of the state w is in it. It works
// as CertifiedSpectrum does, from further vectors if given: the final state of a run has decayed to
// its slowest modes.
//
// It returns an error if the residual does not come below 1e-8 or to rounding, for which the
// tolerance of the SetUp should be 1e-10 or less, if a solve fails, or if the context ends.
func Gap(ctx context.Context, op *operators.Operator, setUp SetUp, w []float64,
	starts ...[]float64) (SlowestMode, error) {

	return NestedGap(ctx, []Grid{{Operator: op, SetUp: setUp}}, w, starts...)
}

// NestedGap is Gap on the last of nested grids, as NestedSpectrum finds it.
func NestedGap(ctx context.Context, grids []Grid, w []float64, starts ...[]float64) (SlowestMode,
	error) {

	s, levels, err := nested(ctx, grids, 1, sameMode, modeResidual, starts)
	if err != nil {
		return SlowestMode{}, fmt.Errorf("spectral gap: %w", err)
	}
	mode := slowest(s.op, s.locked, w)
	mode.Certificate = s.certificate
	mode.Levels = append(levels, s.locked[:1])
	mode.Found = append(s.locked[:mode.Multiplicity:mode.Multiplicity], s.guards...)
	return mode, nil
}

// slowest describes the first of the modes and those of the same eigenvalue.
func slowest(op *operators.Operator, modes []Mode, w []float64) SlowestMode {
	v := append([]float64(nil), w...)
	if op.Conservative() {
		floats.AddScaled(v, -floats.Dot(op.Sigma, w), op.Sigma)
	}
	s := SlowestMode{Gap: modes[0].Value}
	share := 0.0
	for _, m := range modes {
		if m.Value > s.Gap*(1+sameMode) {
			break
		}
		s.Multiplicity++
		s.Residual, s.Error = math.Max(s.Residual, m.Residual), math.Max(s.Error, m.Error)
		c := floats.Dot(m.W, v)
		share += c * c
	}
	s.Overlap = math.Sqrt(share) / norm(v)
	return s
}
