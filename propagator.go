package fpsgd

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"fpsgd/scenarios/config"
	"fpsgd/solver"
)

// Options say how an equation is solved in time. The zero value of a field is its default.
type Options struct {
	// End is the last time; the first is 0.
	End float64
	// Times are those of the outputs, besides 0 and End.
	Times []float64
	// Tolerance is of the error in time relative to ‖u−⟨u⟩‖, that of every step or, of lanczos, at
	// every output: 1e-6 by default. Linear solves are as accurate as it needs.
	Tolerance float64
	// Step, if it is given, makes the steps as long as that, or a little shorter, in place of a
	// tolerance.
	Step float64
	// Scheme is euler, sdirk2, sdirk3 or lanczos; by default that of fewest solves which suits,
	// with the reason in the Result.
	Scheme string
	// Observers are told of every state.
	Observers []solver.Observer
	// Raw shows the states as they are computed, with cells that are negative within the error, and
	// not the nearest densities without (solver.Nonnegative).
	Raw bool

	rows int // the least number of outputs, 0: those that are given
}

// defaultTolerance is Options.Tolerance where neither it nor a step is given.
const defaultTolerance = 1e-6

// OptionsOf are those of a config.
func OptionsOf(cfg *config.Config) Options {
	o := Options{End: cfg.Time.End, Times: cfg.SnapshotTimes(), Tolerance: cfg.Time.Tolerance,
		Step: cfg.Time.Step, Raw: cfg.Output.Raw}
	if cfg.Gives("time.scheme") {
		o.Scheme = cfg.Time.Scheme
	}
	return o
}

// check completes the options, or reports what is wrong with them.
func (o *Options) check() error {
	if o.Tolerance == 0 && o.Step == 0 {
		o.Tolerance = defaultTolerance
	}
	known := []string{"", config.Euler, config.SDIRK2, config.SDIRK3, config.Lanczos}
	switch {
	case !(o.End > 0) || math.IsInf(o.End, 0):
		return fmt.Errorf("the end %g of the time must be positive and finite", o.End)
	case !(o.Tolerance >= 0 && o.Tolerance < 1):
		return fmt.Errorf("the tolerance %g is not between 0 and 1", o.Tolerance)
	case slices.Contains(o.Observers, nil):
		return errors.New("an observer is nil")
	case !(o.Step >= 0) || math.IsInf(o.Step, 0):
		return fmt.Errorf("the step %g must be positive and finite", o.Step)
	case !slices.Contains(known, o.Scheme):
		return fmt.Errorf("unknown scheme %q (use one of %s)", o.Scheme,
			strings.Join(known[1:], ", "))
	case o.Scheme == config.Lanczos && o.Step > 0:
		return fmt.Errorf("lanczos has no steps, and Step = %g is given (use sdirk2, sdirk3 or "+
			"euler)", o.Step)
	}
	for _, t := range o.Times {
		if !(t >= 0 && t <= o.End) {
			return fmt.Errorf("the output time %g is not in [0, %g]", t, o.End)
		}
	}
	return nil
}

// Choice is how an equation is advanced in time, and why.
type Choice struct {
	Propagator solver.Propagator
	Name       string
	Schemes    []solver.Scheme // of its steps; none where there are no steps
	Times      []float64       // at which the run stops, 0 the first
	Reason     string
	Fallback   bool // lanczos, the default, does not suit the initial density
}

// Steps reports whether there are steps.
func (c Choice) Steps() bool { return len(c.Schemes) > 0 }

// Run advances a state through the times.
func (c Choice) Run(ctx context.Context, start *solver.State, observers ...solver.Observer) (
	*solver.State, error) {
	p := solver.Problem{Start: start, Times: c.Times, Propagator: c.Propagator}
	return solver.Run(ctx, p, observers...)
}

// AsAsked is the reason of a scheme that was asked for.
const AsAsked = "as time.scheme asks"

// Choose returns the propagator that options ask for, of a run from the state w. Where they ask for
// none, and the default is lanczos, which does not suit w, it is sdirk2.
func (e *Equation) Choose(w []float64, o Options) (c Choice, err error) {
	if err := o.check(); err != nil {
		return c, err
	}
	name, reason := o.Scheme, AsAsked
	if name == "" {
		name, reason = config.Time{Step: o.Step,
			Tolerance: o.Tolerance}.DefaultScheme(float64(e.Operator.Cells()),
			!e.Operator.Conservative())
	}
	c.Reason = reason
	scheme, steps := solver.SchemeNamed(name)
	if !steps {
		c.Times = o.outputs(false)
		c.Propagator, err = e.lanczos(w, c.Times, o.Tolerance)
		switch {
		case err != nil && o.Scheme != "":
			return c, e.Errorf("time.scheme", "%v", err)
		case err != nil:
			steps, scheme, c.Reason, c.Fallback = true, solver.SDIRK2(), unsuited(err), true
		}
	}
	if steps {
		c.Times = o.outputs(true)
		if c.Propagator, err = e.stepper(scheme, o); err != nil {
			return c, err
		}
	}
	c.Name = c.Propagator.Name()
	if s, ok := c.Propagator.Steps(); ok {
		c.Schemes = []solver.Scheme{s}
	}
	return c, nil
}

// begin is Start, and Choose of a run from there.
func (e *Equation) begin(o Options) (w []float64, c Choice, err error) {
	if w, err = e.Start(); err == nil {
		c, err = e.Choose(w, o)
	}
	return w, c, err
}

// shown are observers of what a run from the state w stores of its states.
func (e *Equation) shown(w []float64, o Options, observers ...solver.Observer) solver.Observer {
	if o.Raw {
		return solver.Observers(observers)
	}
	return solver.Nonnegative(e.Operator, e.Operator.Mass(w), observers...)
}

// unsuited is the reason why lanczos, the default, is not what runs.
func unsuited(err error) string {
	text := strings.TrimPrefix(err.Error(), solver.ErrTolerance.Error()+": ")
	return "not the default lanczos: " + strings.TrimSuffix(text, "; use sdirk2")
}

// stepper is the propagator of a scheme with steps.
func (e *Equation) stepper(scheme solver.Scheme, o Options) (solver.Propagator, error) {
	m := solver.Method{Operator: e.Operator, SetUp: e.SetUp(e.tolerance),
		SolverTolerance: e.tolerance, Scheme: scheme}
	if o.Step > 0 {
		return solver.NewFixed(m, o.Step)
	}
	return solver.NewAdaptive(m, o.Tolerance)
}

// lanczos tells of its solves, as it makes no steps that would show how far it is.
func (e *Equation) lanczos(w, times []float64, tolerance float64) (solver.Propagator, error) {
	needed, err := solver.SolveTo(e.Operator, w, tolerance)
	if err != nil {
		return nil, err
	}
	solves := math.Min(e.tolerance, needed)
	m := solver.Method{Operator: e.Operator, SetUp: e.Counting("Krylov basis", solves),
		SolverTolerance: solves}
	return solver.NewLanczos(m, times, tolerance, solver.BasisLimit(e.Operator.Cells()))
}

// SeriesIntervals is the number of intervals in which a series has a row at least, where there are
// no steps to record.
const SeriesIntervals = 200

// WithRows are options of a run of which a history is wanted: where there are no steps, what is
// between two outputs is divided into equal intervals of at most End/n.
func (o Options) WithRows(n int) Options {
	o.rows = n
	return o
}

// outputs are the times that a run stops at, with steps or without.
func (o Options) outputs(steps bool) []float64 {
	times := append([]float64{0, o.End}, o.Times...)
	slices.Sort(times)
	times = slices.Compact(times)
	if steps || o.rows == 0 {
		return times
	}
	const slack = 1e-9 // as solver.Fixed has
	divided := times[:1:1]
	for k, t := range times[1:] {
		n := int(math.Max(1, math.Ceil((t-times[k])/o.End*float64(o.rows)*(1-slack))))
		for i := 1; i < n; i++ {
			divided = append(divided, times[k]+(t-times[k])*(float64(i)/float64(n)))
		}
		divided = append(divided, t)
	}
	return divided
}
