package solver

import (
	"context"
	"fmt"
	"math"
)

// Fixed divides every output interval into equal steps no larger than a given one.
//
// A step of SDIRK2 that makes the density negative is redone as four Euler steps of a quarter of its length (Rannacher's start
// for rough data; Numer. Math. 43, 1984). While such steps are few, the order in dt remains 2.
type Fixed struct {
	stepper
	euler stepper
	step  float64
}

// NewFixed returns the propagator with steps of at most the given length.
func NewFixed(m Method, step float64) (*Fixed, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	if !(step > 0) || math.IsInf(step, 0) {
		return nil, fmt.Errorf("time step %g; it must be positive and finite", step)
	}
	c := newSystems(m.SetUp)
	euler := m
	euler.Scheme = Euler()
	return &Fixed{stepper: newStepper(m, c), euler: newStepper(euler, c), step: step}, nil
}

// Advance implements Propagator.
func (f *Fixed) Advance(ctx context.Context, next, s *State, from, to float64) error {
	next.follow(s)
	m := &next.Memory
	if m.Count == 0 {
		const slack = 1e-9 // an interval that is a multiple of the step but for rounding is divided into that many
		m.Count = uint64(max(1, math.Ceil((to-from)/f.step*(1-slack))))
	}
	next.Dt = roundStep((to - from) / float64(m.Count))
	if err := f.solve(ctx, f.first(next), s.W, next); err != nil {
		return err
	}
	if err := f.finish(ctx, next, s); err != nil {
		return err
	}
	if f.tooNegative(next.W, s.W) {
		if err := f.quarters(ctx, next, s); err != nil {
			return err
		}
	} else {
		f.removed(next)
	}
	next.Steps++
	m.Index++
	next.place(from, to)
	return nil
}

// quarters replaces the step by four Euler steps.
func (f *Fixed) quarters(ctx context.Context, next, s *State) error {
	dt := next.Dt
	next.Dt = dt / 4
	w := s.W
	for range 4 {
		if err := f.euler.solve(ctx, next.W, w, next); err != nil {
			return err
		}
		f.euler.removed(next)
		w = next.W
	}
	next.Dt = dt
	next.EulerSteps += 4
	return nil
}
