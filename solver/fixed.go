package solver

import (
	"context"
	"fmt"
	"math"
)

// Fixed divides every output interval into equal steps no larger than a given one.
//
// A step that makes the density negative is redone as four Euler steps of a quarter of its length
// (Rannacher's start for rough data; Numer. Math. 43, 1984). While such steps are few, the order in
// dt remains 2; that of SDIRK3 becomes 2.
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
	f := &Fixed{stepper: newStepper(m, c), euler: replacement(m, c), step: step}
	f.extra = make([]float64, m.Operator.Cells())
	return f, nil
}

// mostSteps is how many steps an output interval may be divided into: at a microsecond each these
// are twelve days.
const mostSteps = 1 << 40

// divide returns the number of steps in an output interval.
func (f *Fixed) divide(from, to float64) (float64, error) {
	const slack = 1e-9 // for an interval that is a multiple of the step but for rounding
	n := math.Ceil((to - from) / f.step * (1 - slack))
	if !(n <= mostSteps) {
		return 0, fmt.Errorf("%w: a time step of %g divides the output interval "+
			"from t = %g to %g into %.3g, and %d at most are taken; ask for a longer time.step, "+
			"or for time.tolerance in its place, with which steps grow",
			ErrTolerance, f.step, from, to, n, mostSteps)
	}
	return max(1, n), nil
}

// Advance implements Propagator.
func (f *Fixed) Advance(ctx context.Context, next, s *State, from, to float64) error {
	if err := f.recall(s); err != nil {
		return err
	}
	next.follow(s)
	m := &f.memory
	if m.Count == 0 {
		var err error
		if m.Count, err = f.divide(from, to); err != nil {
			return err
		}
	}
	next.Dt = roundStep((to - from) / m.Count)
	before := f.sizesOf(s)
	p, err := f.take(ctx, next, s)
	if err != nil {
		return err
	}
	m.FirstDt, f.extraAt = next.Dt, s.Steps+1
	next.Steps++
	m.Index++
	if f.tooNegative(next.W, s.W) {
		err = f.quarters(ctx, next, s, before)
	} else {
		f.removed(next, next.W)
		f.account(next, s, p, before)
	}
	f.place(next, from, to)
	return err
}

// quarters replaces the step by four Euler steps w → q1 → q2 → q3 → q4. The last two show t²q2.
func (f *Fixed) quarters(ctx context.Context, next, s *State, before sizes) error {
	dt := next.Dt
	next.Dt = dt / 4
	f.extraAt, f.memory.FirstDt = -1, 0
	f.euler.memory.Span = f.memory.Span
	span := &f.euler.memory.Span[replacing]
	w, first := s.W, *s
	stage := f.stages[0]
	for k, q := range [][]float64{stage, f.extra, stage, next.W} {
		var err error
		if f.euler.stageErrors[0], err = f.euler.solve(ctx, q, w, next); err != nil {
			return err
		}
		if k < 3 {
			first.add(f.euler.solved(before))
		}
		f.euler.removed(next, q)
		w = q
	}
	q := f.euler.powers(f.extra, stage, next.W)
	for range 3 {
		first.Error += stepSafety * q.estimate
		*span = lengthened(*span, next.Dt, 1)
	}
	f.euler.account(next, &first, q, before)
	f.memory.Span = f.euler.memory.Span
	next.Dt = dt
	next.EulerSteps += 4
	return nil
}
