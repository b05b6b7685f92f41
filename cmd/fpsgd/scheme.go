package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"fpsgd/operators"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
)

// choice is the scheme that a run takes, and why.
type choice struct {
	propagator solver.Propagator
	scheme     solver.Scheme
	times      []float64 // at which the run stops
	reason     string
	fallback   bool // lanczos, the default, does not suit the initial density
}

// scheme is a choice as a summary tells it.
type scheme struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

func (c choice) summary() *scheme { return &scheme{c.scheme.Name, c.reason} }

// String names the scheme and why it was taken.
func (s *scheme) String() string { return fmt.Sprintf("%s (%s)", s.Name, s.Reason) }

// tolerance is that of the error at an output; NaN for a scheme of steps, where time.tolerance is of one of them.
func (c choice) tolerance(cfg *config.Config) float64 {
	if c.scheme.Order() > 0 {
		return math.NaN()
	}
	return cfg.Time.Tolerance
}

// asked is the reason of a scheme that the config names.
const asked = "as time.scheme asks"

// choose returns the scheme that a config asks for, of a run from w through the times of its outputs. Where the config asks for none
// and its default is lanczos, which does not suit w, it is sdirk2.
func choose(cfg *config.Config, op *operators.Operator, w []float64, outputs func(*config.Config, solver.Scheme) []float64,
	solving *activity) (c choice, err error) {
	given := cfg.Gives("time.scheme")
	c = choice{scheme: schemeNamed(cfg.Time.Scheme), reason: asked}
	if name, reason := cfg.DefaultScheme(); !given && name == cfg.Time.Scheme {
		c.reason = reason
	}
	if c.scheme.Order() == 0 {
		c.times = outputs(cfg, c.scheme)
		c.propagator, err = newLanczos(cfg, op, w, c.times, solving)
		switch {
		case err == nil:
			return c, nil
		case given:
			return c, cfg.Errorf("time.scheme", "%v", err)
		}
		c.scheme, c.reason, c.fallback = solver.SDIRK2(), unsuited(err), true
	}
	c.times = outputs(cfg, c.scheme)
	c.propagator, err = newStepper(cfg, op, c.scheme)
	return c, err
}

// unsuited is the reason why lanczos, the default, is not what runs.
func unsuited(err error) string {
	text := strings.TrimPrefix(err.Error(), solver.ErrTolerance.Error()+": ")
	return "not the default lanczos: " + strings.TrimSuffix(text, "; use sdirk2")
}

// newStepper builds the propagator of a scheme with steps.
func newStepper(cfg *config.Config, op *operators.Operator, scheme solver.Scheme) (solver.Propagator, error) {
	m := solver.Method{Operator: op, SetUp: setUp(cfg, op), SolverTolerance: cfg.Solver.Tolerance, Scheme: scheme}
	if cfg.Time.Step > 0 {
		return solver.NewFixed(m, cfg.Time.Step)
	}
	return solver.NewAdaptive(m, cfg.Time.Tolerance)
}

// newLanczos tells of its solves, as it makes no steps that would show how far it is.
func newLanczos(cfg *config.Config, op *operators.Operator, w, times []float64, solving *activity) (solver.Propagator, error) {
	needed, err := solver.SolveTo(op, w, cfg.Time.Tolerance)
	if err != nil {
		return nil, err
	}
	tolerance := math.Min(cfg.Solver.Tolerance, needed)
	solving.begin("Krylov basis")
	m := solver.Method{Operator: op, SetUp: solving.solves(cfg, op, tolerance), SolverTolerance: tolerance}
	return solver.NewLanczos(m, times, cfg.Time.Tolerance, solver.BasisLimit(op.Cells()))
}

// schemeNamed returns the scheme of a value of time.scheme.
func schemeNamed(name string) solver.Scheme {
	switch name {
	case config.Euler:
		return solver.Euler()
	case config.Lanczos:
		return solver.Exponential()
	}
	return solver.SDIRK2()
}

// seriesIntervals is the number of intervals in which a series has a row at least, where there are no steps to record.
const seriesIntervals = 200

// outputTimes returns the times that a run stops at: 0, the snapshots, the end; and, where there are no steps, what divides each
// interval between these into equal ones of at most end/200.
func outputTimes(cfg *config.Config, scheme solver.Scheme) []float64 {
	times := append([]float64{0, cfg.Time.End}, cfg.SnapshotTimes()...)
	slices.Sort(times)
	times = slices.Compact(times)
	if scheme.Order() > 0 {
		return times
	}
	const slack = 1e-9 // as solver.Fixed has
	divided := times[:1:1]
	for k, t := range times[1:] {
		n := int(math.Max(1, math.Ceil((t-times[k])/cfg.Time.End*seriesIntervals*(1-slack))))
		for i := 1; i < n; i++ {
			divided = append(divided, times[k]+(t-times[k])*(float64(i)/float64(n)))
		}
		divided = append(divided, t)
	}
	return divided
}

// startAndEnd are the outputs of a run of which the end alone is wanted.
func startAndEnd(cfg *config.Config, _ solver.Scheme) []float64 { return []float64{0, cfg.Time.End} }
