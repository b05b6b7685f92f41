package main

import (
	"context"
	"fmt"
	"math"

	"fpsgd"
	"fpsgd/internal/rundir"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
	limits "fpsgd/solver/analysis"
)

// state is an equation solved to its end.
type state struct {
	*fpsgd.Equation
	*solver.State
	scheme  string
	longest float64 // step; NaN where there are none
}

// solve solves an equation to the end.
func (c *convergence) solve(ctx context.Context, e *fpsgd.Equation, o fpsgd.Options) (*state, error) {
	w, err := e.Start()
	if err != nil {
		return nil, err
	}
	chosen, err := e.Choose(w, o)
	if err != nil {
		return nil, err
	}
	s := &state{Equation: e, scheme: chosen.Name}
	longest := solver.ObserverFunc(func(v solver.Event) error {
		s.longest = math.Max(s.longest, v.Dt)
		return nil
	})
	run := solver.Problem{Start: &solver.State{W: w}, Times: chosen.Times, Propagator: chosen.Propagator}
	s.State, err = solver.Run(ctx, run, longest, c.activity.steps(o.End))
	if !chosen.Steps() {
		s.longest = math.NaN()
	}
	return s, err
}

// addLevel records a level.
func (c *convergence) addLevel(s *state) *level {
	l := &level{
		Cells: s.Grid.Shape(), Step: rundir.Known(s.longest), Steps: s.Steps, Solves: s.Solves, EulerSteps: s.EulerSteps, state: s,
		Chi: rundir.Known(chiOf(s)),
	}
	c.result.Levels = append(c.result.Levels, l)
	return l
}

// chiOf returns χ = ‖w/m − σ‖.
func chiOf(s *state) float64 {
	mass, chi := s.Operator.Mass(s.W), 0.0
	for i, w := range s.W {
		chi = math.Hypot(chi, w/mass-s.Operator.Sigma[i])
	}
	return chi
}

// accurate are the options of a config with an error in time that is small against that of a grid.
func accurate(cfg *config.Config) fpsgd.Options {
	const usual = 1e-6 // where the config has a fixed step instead
	o := fpsgd.OptionsOf(cfg)
	o.Times = nil
	if o.Step > 0 {
		o.Step, o.Tolerance = 0, usual
	}
	if len(cfg.Grid.Axes) == 1 {
		o.Tolerance /= 1000
	} else {
		o.Tolerance /= 10
	}
	return o
}

// inSpace refines the grid.
func (c *convergence) inSpace(ctx context.Context, e *fpsgd.Equation) error {
	for k, g := range c.grids {
		c.activity.begin("level %d of %d, %s cells", k+1, len(c.grids), shapeText(g.Shape()))
		onGrid, err := e.On(g)
		if err != nil {
			return err
		}
		s, err := c.solve(ctx, onGrid, accurate(e.Config))
		if err != nil {
			return err
		}
		l := c.addLevel(s)
		spectrum, err := onGrid.Spectrum(ctx, 1)
		if err != nil {
			return err
		}
		l.Gap, l.mode = rundir.Known(spectrum.Gap), limits.Eigenvalue(s.Operator, spectrum.Modes[0])
	}
	if err := c.spaceErrors(); err != nil {
		return err
	}
	c.noteTruncation()
	c.noteResolution()
	if err := c.timeError(ctx); err != nil {
		return err
	}
	c.extrapolate()
	return c.boxEffect(ctx)
}

// boxEffect finds how the gap of the finest level depends on the reach of the grid, which no refinement changes and no bar holds.
func (c *convergence) boxEffect(ctx context.Context) error {
	finest := c.result.Levels[len(c.result.Levels)-1]
	if finest.Gap == nil {
		return nil
	}
	b, err := finest.state.Box(ctx, *finest.Gap)
	if err != nil || b == nil {
		return err
	}
	c.result.Box = b
	if b.Moves(*finest.Gap) {
		c.note("%s", b.Note(*finest.Gap))
	}
	if text := b.BarNote(*finest.Gap, known(c.result.Limits["gap"].Error)); text != "" {
		c.note("%s", text)
	}
	return nil
}

// extrapolate finds the limits of the gap and of χ. What ten times the tolerance changes is more than the error in time of a χ.
func (c *convergence) extrapolate() {
	var gap, chi []limits.Level
	for _, l := range c.result.Levels {
		gap = append(gap, l.mode)
		chi = append(chi, limits.Level{
			Cells: l.mode.Cells, Value: valueOf(l.Chi), Error: valueOf(c.result.TimeError.Chi), Share: limits.Concentration(l.state.Operator, l.state.Operator.Sigma),
		})
	}
	c.result.Limits["gap"], c.result.Limits["chi"] = limit(gap), limit(chi)
}

const exactReference = "the exact solution"

// spaceErrors compares every level with the exact solution, which an angular mode does not have, or with the next level.
func (c *convergence) spaceErrors() error {
	levels := c.result.Levels
	if s := levels[0].state; s.Exact == nil || s.Angular != 0 {
		c.result.Reference = "the next level"
		for k, l := range levels[:len(levels)-1] {
			next := levels[k+1].state
			l.setError(difference(l.state, next.Restrict(next.W, l.state.Equation)))
		}
		return nil
	}
	c.result.Reference = exactReference
	for _, l := range levels {
		s := l.state
		e, err := s.Errors(s.W, make([]float64, len(s.W)), s.Operator, s.State.Time)
		if err != nil {
			return err
		}
		l.setError(distance{e.L1, e.Chi})
	}
	return nil
}

func (l *level) setError(d distance) {
	l.ErrorL1, l.ErrorChi = rundir.Known(d.L1), rundir.Known(d.Chi)
}

// difference returns Σ|P − P'| and (Σ (P − P')²/Π)^{1/2} of a state and another w on its grid. The latter may be beyond floating point
// where the masses of P lie in cells that have next to none of Π.
func difference(s *state, other []float64) distance {
	var d distance
	for i, w := range s.W {
		delta := math.Abs(w - other[i])
		d.L1 += s.Operator.Sigma[i] * delta
		d.Chi = math.Hypot(d.Chi, delta)
	}
	return d
}

// negligible is the share in an error up to which its cause does not matter.
const negligible = 0.1

// timeError measures what error in time the levels have, by a run on the coarsest grid with ten times the tolerance.
func (c *convergence) timeError(ctx context.Context) error {
	first := c.result.Levels[0].state
	loose := accurate(first.Config)
	tight := loose.Tolerance
	loose.Tolerance *= 10
	c.activity.begin("error in time, %s cells", shapeText(first.Operator.Shape))
	s, err := c.solve(ctx, first.Equation, loose)
	if err != nil {
		return err
	}
	c.noteTime(s.scheme, tight, difference(first, s.W))
	return nil
}

// noteTime tells the error in time, and where it is known not to be small against one of those of the finest level.
func (c *convergence) noteTime(scheme string, tolerance float64, d distance) {
	c.result.TimeError = &shift{rundir.Known(d.L1), rundir.Known(d.Chi)}
	what := "local errors"
	if scheme == config.Lanczos {
		what = "an error"
	}
	c.note("time: %s, %s below %.0e; ten times that changes the coarsest level by %s in L¹ and %s in χ", scheme, what, tolerance,
		barText(c.result.TimeError.L1), barText(c.result.TimeError.Chi))
	if finest := c.finestError(); d.L1 > negligible*finest.L1 || d.Chi > negligible*finest.Chi {
		c.note("that is not small against the errors of the finest level: divide time.tolerance by 10 or more (--set)")
	}
}

// finestError is in each norm the error of the last level that has one, NaN where none does: no comparison with that holds.
func (c *convergence) finestError() distance {
	d := distance{math.NaN(), math.NaN()}
	for _, l := range c.result.Levels {
		if l.ErrorL1 != nil {
			d.L1 = *l.ErrorL1
		}
		if l.ErrorChi != nil {
			d.Chi = *l.ErrorChi
		}
	}
	return d
}

func (c *convergence) note(format string, args ...any) {
	c.result.Notes = append(c.result.Notes, fmt.Sprintf(format, args...))
}

// floorReach is how many times the mass outside of the grid an error may be to be mostly that.
const floorReach = 10

// noteTruncation says where no refinement lowers the error: the exact solution has mass outside of the grid, in the end that of π.
func (c *convergence) noteTruncation() {
	finest := c.result.Levels[len(c.result.Levels)-1]
	outside := finest.state.MassOutside(finest.state.Operator)
	if err := c.finestError().L1; c.result.Reference == exactReference && err <= floorReach*outside {
		c.note("truncation: a share of %.1e of π lies outside the grid (mass_outside), and the finest error in L¹ is %.1e: "+
			"no refinement lowers that, and the orders are not those of the scheme (reach further)", outside, err)
	}
}

// largestUnresolved is the share of π in unresolved cells that goes without a note.
const largestUnresolved = 1e-3

// noteResolution says where the levels cannot have the order of the scheme.
func (c *convergence) noteResolution() {
	n := len(c.result.Levels)
	if share := unresolved(c.result.Levels[n-1].state.Equation, c.result.Levels[n-2].state.Equation); share > largestUnresolved {
		c.note("resolution: a share of %.1e of π lies in cells of the finest level that hold most of the coarser cell they are part of: "+
			"f is singular there or its minimum is not resolved, and the orders stay below that of the scheme (a smaller width, or more cells)", share)
	}
}

// unresolved returns the share of π in those cells of a grid that hold most of their parent on the grid half as fine: of the 2^d
// parts of a cell one has more than (1 + 2^{−d})/2 of it, where smooth π has about 2^{−d} in each.
func unresolved(fine, coarse *fpsgd.Equation) float64 {
	most := (1 + math.Exp2(-float64(len(fine.Grid.Axes)))) / 2
	share := 0.0
	for i, parent := range fine.Parents(coarse) {
		sigma, whole := fine.Operator.Sigma[i], coarse.Operator.Sigma[parent]
		if sigma*sigma > most*whole*whole {
			share += sigma * sigma
		}
	}
	return share
}

const (
	coarsestSteps  = 32 // of the first level in time, where the config has no step
	referenceSteps = 8  // of the reference in one of the last level
)

// inTime halves the time step.
func (c *convergence) inTime(ctx context.Context, e *fpsgd.Equation) error {
	finest := e.Config.Time.Step
	if finest == 0 {
		finest = e.Config.Time.End / float64(int(coarsestSteps)<<(c.flags.levels-1))
	}
	for k := range c.flags.levels {
		dt := finest * float64(int(1)<<(c.flags.levels-1-k))
		c.activity.begin("level %d of %d, Δt = %.4g", k+1, c.flags.levels, dt)
		s, err := c.solve(ctx, e, fpsgd.Options{End: e.Config.Time.End, Scheme: c.result.Scheme.Name, Step: dt})
		if err != nil {
			return err
		}
		c.addLevel(s)
	}
	c.activity.begin("reference, Δt = %.4g", finest/referenceSteps)
	scheme := c.result.Scheme.Name
	if scheme == config.Euler { // for the reference
		scheme = config.SDIRK2
	}
	reference, err := c.solve(ctx, e, fpsgd.Options{End: e.Config.Time.End, Scheme: scheme, Step: finest / referenceSteps})
	if err != nil {
		return err
	}
	c.result.Reference = fmt.Sprintf("%s with Δt = %.4g on the same grid",
		scheme, reference.longest)
	replaced := 0
	for _, l := range c.result.Levels {
		l.setError(difference(l.state, reference.W))
		replaced += l.EulerSteps
	}
	if replaced > 0 {
		c.note("%d Euler steps stand in for steps that would have made the density negative, which lowers the order while they are many", replaced)
	}
	return nil
}
