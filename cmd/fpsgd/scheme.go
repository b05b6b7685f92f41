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

// choice is the propagator that a run takes, and why.
type choice struct {
	propagator solver.Propagator
	name       string
	schemes    []solver.Scheme // of its steps; none where there are no steps
	times      []float64       // at which the run stops
	reason     string
	fallback   bool // lanczos, the default, does not suit the initial density
}

// scheme is a choice as a summary tells it.
type scheme struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// take makes a propagator the one that is chosen.
func (c *choice) take(p solver.Propagator) {
	c.propagator, c.name = p, p.Name()
	if s, ok := p.Steps(); ok {
		c.schemes = []solver.Scheme{s}
	}
}

func (c choice) steps() bool { return len(c.schemes) > 0 }

func (c choice) summary() *scheme { return &scheme{c.name, c.reason} }

// String names the scheme and why it was taken.
func (s *scheme) String() string { return fmt.Sprintf("%s (%s)", s.Name, s.Reason) }

// tolerance is that of the error at an output; NaN for a scheme of steps, where time.tolerance is of one of them.
func (c choice) tolerance(cfg *config.Config) float64 {
	if c.steps() {
		return math.NaN()
	}
	return cfg.Time.Tolerance
}

// asked is the reason of a scheme that the config names.
const asked = "as time.scheme asks"

// outputs are the times that a run of a config stops at, with steps or without.
type outputs func(cfg *config.Config, steps bool) []float64

// choose returns the propagator that a config asks for, of a run from w through the times of its
// outputs. Where the config asks for none and its default is lanczos, which does not suit w, it is
// sdirk2.
func choose(cfg *config.Config, op *operators.Operator, w []float64, stops outputs,
	solving *activity) (choice, error) {
	given := cfg.Gives("time.scheme")
	c := choice{reason: asked}
	if name, reason := cfg.DefaultScheme(); !given && name == cfg.Time.Scheme {
		c.reason = reason
	}
	scheme, steps := solver.SchemeNamed(cfg.Time.Scheme)
	if !steps {
		c.times = stops(cfg, false)
		p, err := newLanczos(cfg, op, w, c.times, solving)
		switch {
		case err == nil:
			c.take(p)
			return c, nil
		case given:
			return c, cfg.Errorf("time.scheme", "%v", err)
		}
		scheme, c.reason, c.fallback = solver.SDIRK2(), unsuited(err), true
	}
	c.times = stops(cfg, true)
	p, err := newStepper(cfg, op, scheme)
	if err != nil {
		return c, err
	}
	c.take(p)
	return c, nil
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

// seriesIntervals is the number of intervals in which a series has a row at least, where there are no steps to record.
const seriesIntervals = 200

// outputTimes returns the times that a run stops at: 0, the snapshots, the end; and, where there are no steps, what divides each
// interval between these into equal ones of at most end/200.
func outputTimes(cfg *config.Config, steps bool) []float64 {
	times := append([]float64{0, cfg.Time.End}, cfg.SnapshotTimes()...)
	slices.Sort(times)
	times = slices.Compact(times)
	if steps {
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
func startAndEnd(cfg *config.Config, _ bool) []float64 { return []float64{0, cfg.Time.End} }
