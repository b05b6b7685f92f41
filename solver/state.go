package solver

import (
	"errors"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// State is where a run stands. Together with the configuration it determines the rest of the run to
// the last bit.
//
// It is encoded by encoding/gob, Memory included: a propagator registers the type of its own.
type State struct {
	Time   float64
	W      []float64 // w_i = P_i/σ_i
	Output int       // how many of the output times have been reached after the start
	// Outflow is the mass removed so far, dt Σ_j b_j Σ_i R_i u_i(U_j) summed over the steps: it is
	// found from the stages, not from the loss of mass, and so checks it.
	Outflow float64
	Dt      float64 // of the last step

	Steps      int // accepted
	Rejected   int // discarded for their error, Euler steps included
	EulerSteps int // Euler steps taken in place of a step that would have made the density negative
	Solves     int
	Iterations int // of all solves

	// Error is the estimate of ‖w − e^{−tS}w(0)‖, that of the solves included: by Lanczos of all
	// bases so far, by one-step propagators of all steps (see stepError).
	Error float64
	// Solving is the part of Error that the linear solves and rounding have made.
	Solving float64

	// Memory is what the propagator carries from this state to the next besides: a value of its
	// own, not changed once it is here; nil where it needs none, as at a start.
	Memory any
}

// Check reports what of a state that was read no propagator can have left: a memory that is for
// other states than this one, or counts and lengths that lead nowhere.
func (s *State) Check() error {
	known := func(numbers ...float64) bool {
		return !slices.ContainsFunc(numbers, func(v float64) bool {
			return !(v >= 0 && v <= largest)
		})
	}
	fits := s.Output >= 0 && s.Steps >= 0 && known(s.Time, s.Dt)
	switch m := s.Memory.(type) {
	case nil:
	case stepMemory:
		fits = fits && m.Fallbacks >= 0 && known(m.Count, m.Dt, m.EulerDt, m.FirstDt, m.Span[0],
			m.Span[1])
	case *basisStart:
		fits = fits && m.Output >= 0 && m.Output <= s.Output && len(m.W) == len(s.W) &&
			known(m.Time, m.End) && m.Time <= s.Time && s.Time <= m.End
		if fits {
			return checkRange(m.W)
		}
	default:
		return errForeign
	}
	if !fits {
		return fmt.Errorf("its state at t = %g, after %d outputs, is none of a run", s.Time,
			s.Output)
	}
	return nil
}

// errForeign tells of a state whose Memory another propagator has left.
var errForeign = errors.New("the state was left by another propagator; " +
	"go on with that, or start anew")

// follow makes next a copy of s, but for w, of which it keeps its own vector.
func (next *State) follow(s *State) {
	w := next.W
	*next = *s
	next.W = w
}

// checkFinite finds the first entry of w that is infinite or not a number.
func checkFinite(w []float64) error {
	if i := slices.IndexFunc(w, func(v float64) bool { return !finite(v) }); i >= 0 {
		return fmt.Errorf("%w: w = %g at cell %d; "+
			"check f, the initial density and the solver's tolerance", ErrNotFinite, w[i], i)
	}
	return nil
}

// The squares of w, of Sw and of errors that are a rounding of w are summed: they must neither
// underflow nor overflow.
const largest, smallest = 1e145, 1e-140 // of ‖w‖

// checkRange returns an error unless w is finite, and 0 or of a norm whose square a float64
// represents.
func checkRange(w []float64) error {
	size := norm(w)
	if size >= smallest && size <= largest {
		return nil
	}
	if err := checkFinite(w); err != nil {
		return err
	}
	if slices.ContainsFunc(w, func(v float64) bool { return v != 0 }) {
		return fmt.Errorf("%w: ‖w‖ = ‖ρ/√π‖ is %.3g, and norms are reliable from %.0e to %.0e: "+
			"end before, or scale the initial density",
			ErrRange, floats.Norm(w, 2), smallest, largest)
	}
	return nil
}

// finite reports whether v is neither infinite nor NaN: v − v is then 0, and otherwise NaN.
func finite(v float64) bool { return v-v == 0 }
