package solver

import (
	"context"
	"errors"
	"fmt"

	"fpsgd/operators"
)

// Propagator advances a state in time.
type Propagator interface {
	// Advance stores in next, whose W has been allocated, the state at some later time in the
	// output interval [from, to], in which s lies, and which next.Output counts once it is
	// completed. s is left alone. An error leaves next undefined. A propagator may keep work from
	// one call to the next, and so serves one run at a time.
	Advance(ctx context.Context, next, s *State, from, to float64) error
	// Name is that of the scheme, or of what is in its place.
	Name() string
	// Steps returns the scheme of the steps; false where there are no steps and no mode's rate is
	// changed.
	Steps() (Scheme, bool)
}

// Problem is what Run solves.
type Problem struct {
	// Start is the state at Times[Start.Output] or later: of a new run, with nothing but Time and
	// W, or one that an earlier run stopped at. Its memory is used for later states.
	Start      *State
	Times      []float64 // the initial time, then the output times
	Propagator Propagator
}

// Event is one state of a run: the initial one, or one that a step has led to. It is valid until
// the observer returns.
type Event struct {
	*State
	// AtOutput tells that Time is Times[Output] exactly.
	AtOutput bool
	// Computed is w as the propagator has it and goes on from, where W is a density next to it
	// (Nonnegative), and Projection how far the two are apart; nil where they are one.
	Computed   []float64
	Projection operators.Projection
}

// Observer is told of every state of a run. An error ends the run.
type Observer interface {
	Observe(e Event) error
}

// Run advances the start to the last of the times and returns the last state. If an error ends it
// early, that is the last good state, from which another run can go on: ErrInterrupted if the
// context ends, ErrNotFinite, ErrRange, ErrTolerance, those of the linear solver, or an observer's.
// The error tells the step and the time.
func Run(ctx context.Context, p Problem, observers ...Observer) (*State, error) {
	s := p.Start
	if err := p.check(); err != nil {
		return s, err
	}
	next := &State{W: make([]float64, len(s.W))}
	if s.Steps == 0 {
		if err := observe(Event{State: s, AtOutput: true}, observers); err != nil {
			return s, err
		}
	}
	for s.Output+1 < len(p.Times) {
		err := p.Propagator.Advance(ctx, next, s, p.Times[s.Output], p.Times[s.Output+1])
		if err == nil {
			err = checkRange(next.W)
		}
		if err != nil {
			return s, fmt.Errorf("step %d, from t = %g: %w", s.Steps+1, s.Time, err)
		}
		e := Event{State: next, AtOutput: next.Output > s.Output}
		s, next = next, s
		if err := observe(e, observers); err != nil {
			return s, err
		}
	}
	return s, nil
}

func observe(e Event, observers Observers) error {
	if err := observers.Observe(e); err != nil {
		return fmt.Errorf("step %d, t = %g: %w", e.Steps, e.Time, err)
	}
	return nil
}

// check reports times that do not ascend, and a start that is not among them.
func (p *Problem) check() error {
	switch {
	case p.Start == nil:
		return errors.New("the run has no start; give a state")
	case p.Propagator == nil:
		return errors.New("the run has no propagator; give one, as of NewAdaptive")
	}
	if of, ok := p.Propagator.(interface{ Cells() int }); ok && len(p.Start.W) != of.Cells() {
		return fmt.Errorf("the state has %d entries, and the operator %d cells",
			len(p.Start.W), of.Cells())
	}
	for k := 1; k < len(p.Times); k++ {
		if !(p.Times[k-1] < p.Times[k]) {
			return fmt.Errorf("output times must ascend, but %g is followed by %g",
				p.Times[k-1], p.Times[k])
		}
	}
	s := p.Start
	if s.Output < 0 || s.Output >= len(p.Times) || s.Time < p.Times[s.Output] {
		return fmt.Errorf("the run starts at t = %g after %d of %d output times; "+
			"give the initial time first", s.Time, s.Output, len(p.Times))
	}
	return checkRange(s.W)
}

// ObserverFunc is a function as an Observer.
type ObserverFunc func(e Event) error

// Observe implements Observer.
func (f ObserverFunc) Observe(e Event) error { return f(e) }

// Observers are told one after the other.
type Observers []Observer

// Observe implements Observer.
func (all Observers) Observe(e Event) error {
	for _, o := range all {
		if err := o.Observe(e); err != nil {
			return err
		}
	}
	return nil
}

// Schedule tells when to observe.
type Schedule func(e Event) bool

// AtOutputs is the schedule of the output times, the initial one included.
func AtOutputs(e Event) bool { return e.AtOutput }

// Do returns the observer that does what o does when the schedule says so.
func (when Schedule) Do(o Observer) Observer {
	return ObserverFunc(func(e Event) error {
		if !when(e) {
			return nil
		}
		return o.Observe(e)
	})
}

// Interruptibly does work that does not look at the context, and leaves it to itself if that ends,
// with ErrInterrupted.
func Interruptibly[T any](ctx context.Context, work func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := work()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, fmt.Errorf("during the set-up: %w", interrupted(ctx))
	}
}
