package solver

import (
	"fmt"

	"gonum.org/v1/gonum/floats"
)

// State is where a run stands. Together with the configuration it determines the rest of the run to the last bit.
type State struct {
	Time   float64
	W      []float64 // w_i = P_i/σ_i
	Output int       // how many of the output times have been reached after the start
	// Outflow is the mass removed so far, dt Σ_j b_j Σ_i R_i u_i(U_j) summed over the steps: it is found from the stages, not from
	// the loss of mass, and so checks it.
	Outflow float64
	Dt      float64 // of the last step

	Steps      int // accepted
	Rejected   int // discarded for their error, Euler steps included
	EulerSteps int // Euler steps taken in place of a step that would have made the density negative
	Solves     int
	Iterations int // of all solves

	Memory Memory
	Basis  BasisStart // of the Krylov basis in use (Lanczos)
	// Error is the estimate of ‖w − e^{−tS}w(0)‖, that of the solves included: by Lanczos of all bases so far, by one-step
	// propagators of all steps (see stepError).
	Error float64
	// Solving is the part of Error that the linear solves and rounding have made.
	Solving float64
	// Span is (Σ dt^{p+1})^{1/(p+1)} over the steps so far of order p, those of the scheme and those of Euler's in their place: one
	// step so long would make the error of all of them.
	Span [2]float64
}

// BasisStart is the state that a Krylov basis of Lanczos began with: from it the basis can be made again.
type BasisStart struct {
	Time, End float64 // the basis serves the times in between
	Output    int
	Step      int
	Outflow   float64
	Error     float64
	Solving   float64
	W         []float64 // not changed once set; nil: no basis yet
}

// Memory is what a one-step propagator carries from step to step besides w.
type Memory struct {
	// The next step is number Index of Count equal ones in this output interval; Count = 0 at its start. Where steps grow from
	// short ones Count may be far above 2^64, and is a power of 2 then, while Index stays about the time passed over the step.
	Index     uint64
	Count     float64
	Dt        float64 // the step proposed next; 0: not known
	EulerDt   float64 // the same for Euler steps within a step
	Error     float64 // ‖E‖ of the last step over what was allowed, scaled to the next; 0: not known
	FirstDt   float64 // the first stage of a step this long has been solved for (and counted) already; 0: none
	Fallbacks int     // steps in direct succession that were redone with Euler's scheme
}

// follow makes next a copy of s, but for w, of which it keeps its own vector.
func (next *State) follow(s *State) {
	w := next.W
	*next = *s
	next.W = w
}

// place ends a step on the interval [from, to]. Time is from + (to − from)·Index/Count by multiplication, and to itself at the end.
func (next *State) place(from, to float64) {
	m := &next.Memory
	if !m.complete() {
		next.Time = from + (to-from)*(float64(m.Index)/m.Count)
		return
	}
	next.Time = to
	next.Output++
	m.Index, m.Count = 0, 0
}

// complete reports whether all steps of the output interval have been taken.
func (m *Memory) complete() bool { return float64(m.Index) >= m.Count }

// checkFinite finds the first entry of w that is infinite or not a number.
func checkFinite(w []float64) error {
	for i, v := range w {
		if !finite(v) {
			return fmt.Errorf("%w: w = %g at cell %d; check f, the initial density and the solver's tolerance", ErrNotFinite, v, i)
		}
	}
	return nil
}

// The squares of w, of Sw and of errors that are a rounding of w are summed: they must neither underflow nor overflow.
const largest, smallest = 1e145, 1e-140 // of ‖w‖

// checkRange returns an error unless w is finite, and 0 or of a norm whose square a float64 represents.
func checkRange(w []float64) error {
	size := norm(w)
	if size >= smallest && size <= largest {
		return nil
	}
	if err := checkFinite(w); err != nil {
		return err
	}
	for _, v := range w {
		if v != 0 {
			return fmt.Errorf("%w: ‖w‖ = ‖ρ/√π‖ is %.3g, and norms are reliable from %.0e to %.0e: end before, or scale the initial density",
				ErrRange, floats.Norm(w, 2), smallest, largest)
		}
	}
	return nil
}

// finite reports whether v is neither infinite nor NaN: v − v is then 0, and otherwise NaN.
func finite(v float64) bool { return v-v == 0 }
