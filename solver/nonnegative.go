package solver

import (
	"math"

	"fpsgd/operators"
)

// Nonnegative returns an observer that shows others the density next to every state, without
// negative cells (operators.Nonnegative): its error and its ‖u−⟨u⟩‖ are no more than the state's,
// and its mass is the same. Through open ends mass leaves, and what is negative may be put back as
// far as the mass is then no more than it was at the start.
//
// The run goes on from the states themselves. They are what a linear propagator makes of the
// initial one, so that estimates of the error, the balance of mass and outflow and the laws of
// decay hold for them, while a projection at every step would add its own error to that in time,
// in one direction, step by step.
//
// mass is that of the initial state.
func Nonnegative(op *operators.Operator, mass float64, observers ...Observer) Observer {
	w := make([]float64, op.Cells())
	return ObserverFunc(func(e Event) error {
		gain := 0.0
		if !op.Conservative() {
			gain = math.Max(mass-op.Mass(e.W), 0)
		}
		p := op.Nonnegative(w, e.W, gain)
		if p != (operators.Projection{}) {
			density := *e.State
			density.W = w
			e = Event{State: &density, AtOutput: e.AtOutput, Computed: e.W, Projection: p}
		}
		return Observers(observers).Observe(e)
	})
}
