package main

import (
	"context"
	"fmt"
	"math"

	"fpsgd/internal/rundir"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
	limits "fpsgd/solver/analysis"
)

// state is a problem solved to its end.
type state struct {
	*problem
	*solver.State
	longest float64 // step
}

// solve runs a config from its initial density to time.end.
func (c *convergence) solve(ctx context.Context, cfg *config.Config) (*state, error) {
	p, err := newProblem(cfg)
	if err != nil {
		return nil, err
	}
	w, err := p.Initial(p.operator)
	if err != nil {
		return nil, err
	}
	chosen, err := choose(cfg, p.operator, w, startAndEnd, c.activity)
	if err != nil {
		return nil, err
	}
	s := &state{problem: p}
	longest := solver.ObserverFunc(func(e solver.Event) error {
		s.longest = math.Max(s.longest, e.Dt)
		return nil
	})
	run := solver.Problem{Start: &solver.State{W: w}, Times: chosen.times, Propagator: chosen.propagator}
	s.State, err = solver.Run(ctx, run, longest, c.activity.steps(cfg.Time.End))
	return s, err
}

// addLevel records a level.
func (c *convergence) addLevel(s *state) *level {
	l := &level{
		Cells: s.Grid.Shape(), Step: rundir.Known(s.longest), Steps: s.Steps, EulerSteps: s.EulerSteps, state: s,
		Chi: rundir.Known(chiOf(s)),
	}
	c.result.Levels = append(c.result.Levels, l)
	return l
}

// chiOf returns χ = ‖w/m − σ‖.
func chiOf(s *state) float64 {
	mass, chi := s.operator.Mass(s.W), 0.0
	for i, w := range s.W {
		chi = math.Hypot(chi, w/mass-s.operator.Sigma[i])
	}
	return chi
}

// accurate returns a config whose error in time is small against that of a grid.
func accurate(cfg *config.Config) *config.Config {
	const usual = 1e-6 // where the config has a fixed step instead
	c := *cfg
	t := &c.Time
	t.Scheme = config.SDIRK2
	if t.Step > 0 {
		t.Step, t.Tolerance = 0, usual
	}
	if len(c.Grid.Axes) == 1 {
		t.Tolerance /= 1000
	} else {
		t.Tolerance /= 10
	}
	return &c
}

// inSpace refines the grid.
func (c *convergence) inSpace(ctx context.Context, _ *config.Config) error {
	for k, level := range c.levels {
		c.activity.begin("level %d of %d, %s cells", k+1, len(c.levels), shapeText(cellsOf(level)))
		s, err := c.solve(ctx, accurate(level))
		if err != nil {
			return err
		}
		l := c.addLevel(s)
		modes, err := lowest(ctx, s.problem, 1, c.activity)
		if err != nil {
			return err
		}
		l.Gap, l.mode = rundir.Known(modes[0].Value), limits.Eigenvalue(s.operator, modes[0])
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
	b, err := boxDependence(ctx, finest.state.problem, *finest.Gap, c.activity)
	if err != nil || b == nil {
		return err
	}
	c.result.Box = b
	if b.moves(*finest.Gap) {
		c.note("%s", b.note(*finest.Gap))
	}
	if text := b.barNote(*finest.Gap, c.result.Limits["gap"].Error); text != "" {
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
			Cells: l.mode.Cells, Value: valueOf(l.Chi), Error: valueOf(c.result.TimeError.Chi), Share: limits.Concentration(l.state.operator, l.state.operator.Sigma),
		})
	}
	c.result.Limits["gap"], c.result.Limits["chi"] = limit(gap), limit(chi)
}

const exactReference = "the exact solution"

// spaceErrors compares every level with the exact solution, which an angular mode does not have, or with the next level.
func (c *convergence) spaceErrors() error {
	levels := c.result.Levels
	if s := levels[0].state; s.Exact == nil || s.Config.Grid.Angular != 0 {
		c.result.Reference = "the next level"
		for k, l := range levels[:len(levels)-1] {
			l.setError(difference(l.state, coarsened(levels[k+1].state, l.state)))
		}
		return nil
	}
	c.result.Reference = exactReference
	for _, l := range levels {
		s := l.state
		e, err := s.Errors(s.W, make([]float64, len(s.W)), s.operator, s.Time)
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
		d.L1 += s.operator.Sigma[i] * delta
		d.Chi = math.Hypot(d.Chi, delta)
	}
	return d
}

// coarsened returns w of the fine state on the grid of the coarse one, P_I = Σ_{i in I} P_i: w_I = Σ (σ_i/σ_I) w_i.
func coarsened(fine, coarse *state) []float64 {
	out := make([]float64, coarse.operator.Cells())
	f, g := fine.operator, coarse.operator
	for i, parent := range parents(fine.problem, coarse.problem) {
		out[parent] += fine.W[i] * math.Exp((f.LogM[i]-f.LogZ-g.LogM[parent]+g.LogZ)/2)
	}
	return out
}

// parents returns the cell of the coarse grid that every cell of a grid twice as fine lies in.
func parents(fine, coarse *problem) []int {
	out, at := make([]int, fine.operator.Cells()), make([]int, len(fine.Grid.Axes))
	for i := range out {
		fine.Grid.Index(at, i)
		for k, n := range coarse.operator.Shape {
			out[i] = out[i]*n + at[k]/2
		}
	}
	return out
}

// negligible is the share in an error up to which its cause does not matter.
const negligible = 0.1

// timeError measures what error in time the levels have, by a run on the coarsest grid with ten times the tolerance.
func (c *convergence) timeError(ctx context.Context) error {
	loose := accurate(c.levels[0])
	tight := loose.Time.Tolerance
	loose.Time.Tolerance *= 10
	c.activity.begin("error in time, %s cells", shapeText(cellsOf(loose)))
	s, err := c.solve(ctx, loose)
	if err != nil {
		return err
	}
	first := c.result.Levels[0].state
	d := difference(first, s.W)
	c.noteTime(tight, d)
	return nil
}

// noteTime tells the error in time, and where it is known not to be small against one of those of the finest level.
func (c *convergence) noteTime(tolerance float64, d distance) {
	c.result.TimeError = &shift{rundir.Known(d.L1), rundir.Known(d.Chi)}
	c.note("time: sdirk2, local errors below %.0e; ten times that changes the coarsest level by %s in L¹ and %s in χ", tolerance,
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
	outside := finest.state.MassOutside(finest.state.operator)
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
	if share := unresolved(c.result.Levels[n-1].state.problem, c.result.Levels[n-2].state.problem); share > largestUnresolved {
		c.note("resolution: a share of %.1e of π lies in cells of the finest level that hold most of the coarser cell they are part of: "+
			"f is singular there or its minimum is not resolved, and the orders stay below that of the scheme (a smaller width, or more cells)", share)
	}
}

// unresolved returns the share of π in those cells of a grid that hold most of their parent on the grid half as fine: of the 2^d
// parts of a cell one has more than (1 + 2^{−d})/2 of it, where smooth π has about 2^{−d} in each.
func unresolved(fine, coarse *problem) float64 {
	most := (1 + math.Exp2(-float64(len(fine.Grid.Axes)))) / 2
	share := 0.0
	for i, parent := range parents(fine, coarse) {
		sigma, whole := fine.operator.Sigma[i], coarse.operator.Sigma[parent]
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
func (c *convergence) inTime(ctx context.Context, cfg *config.Config) error {
	finest := cfg.Time.Step
	if finest == 0 {
		finest = cfg.Time.End / float64(int(coarsestSteps)<<(c.flags.levels-1))
	}
	scheme := cfg.Time.Scheme
	if scheme == config.Lanczos {
		scheme = config.SDIRK2
	}
	step := func(scheme string, dt float64) *config.Config {
		f := *cfg
		f.Time.Scheme, f.Time.Step = scheme, dt
		return &f
	}
	for k := range c.flags.levels {
		dt := finest * float64(int(1)<<(c.flags.levels-1-k))
		c.activity.begin("level %d of %d, Δt = %.4g", k+1, c.flags.levels, dt)
		s, err := c.solve(ctx, step(scheme, dt))
		if err != nil {
			return err
		}
		c.addLevel(s)
	}
	c.activity.begin("reference, Δt = %.4g", finest/referenceSteps)
	if scheme == config.Euler { // for the reference
		scheme = config.SDIRK2
	}
	reference, err := c.solve(ctx, step(scheme, finest/referenceSteps))
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
