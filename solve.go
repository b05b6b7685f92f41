package fpsgd

import (
	"context"
	"slices"

	"fpsgd/operators"
	"fpsgd/solver"
)

// Result is an equation that was solved in time.
type Result struct {
	Scheme string // euler, sdirk2, sdirk3 or lanczos
	Reason string // why that
	// Series are the norms, masses and errors of every state, from t = 0 on (solver.NewSeries).
	Series *solver.Series
	// Final is the last state: the density next to it without negative cells, unless Raw.
	Final *solver.State
	// Fit is the decay rate of ‖u−⟨u⟩‖ fitted to the series; zeros unless Fitted, as from π.
	Fit    solver.Fit
	Fitted bool
	// Rise is by how much the norm rose in a step at most, and Drift by how much the mass changed
	// beyond what has left, relatively: rounding.
	Rise, Drift float64
}

// Solve advances the equation from its initial density to o.End. An error that ends it early comes
// with what there is until then.
func (e *Equation) Solve(ctx context.Context, o Options) (*Result, error) {
	w, err := e.Start()
	if err != nil {
		return nil, err
	}
	return e.SolveFrom(ctx, w, o)
}

// SolveFrom is Solve from another state, of which the slice is left alone.
func (e *Equation) SolveFrom(ctx context.Context, w []float64, o Options) (*Result, error) {
	if o.rows == 0 {
		o = o.WithRows(SeriesIntervals)
	}
	c, err := e.Choose(w, o)
	if err != nil {
		return nil, err
	}
	r := &Result{Scheme: c.Name, Reason: c.Reason, Series: solver.NewSeries(e.Operator,
		e.LogVolumes(), e.TimeError())}
	monotone, drift := &solver.Monotone{Operator: e.Operator}, &solver.Drift{Operator: e.Operator}
	r.Final, err = c.Run(ctx, &solver.State{W: slices.Clone(w)}, monotone, drift,
		e.shown(w, o, append([]solver.Observer{r.Series}, o.Observers...)...))
	e.shown(w, o, solver.ObserverFunc(func(v solver.Event) error {
		copy(r.Final.W, v.W)
		return nil
	})).Observe(solver.Event{State: r.Final})
	r.Fit, r.Fitted = r.Series.Fit()
	r.Rise, r.Drift = monotone.Rise, drift.Max
	return r, err
}

// TimeError is the column of a series with the estimate of ‖error in time‖ relative to the norm
// that decays.
func (e *Equation) TimeError() solver.Column {
	return solver.Column{Name: timeError,
		Value: func(v solver.Event, m operators.Measures) float64 {
			return solver.Relative(v.Error, e.Operator, m)
		}}
}
