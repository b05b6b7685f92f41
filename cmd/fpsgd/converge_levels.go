package main

import (
	"context"
	"fmt"
	"math"

	"fpsgd/internal/rundir"
	"fpsgd/mesh"
	"fpsgd/scenarios"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
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
	propagator, err := newPropagator(cfg, p.operator)
	if err != nil {
		return nil, err
	}
	s := &state{problem: p}
	longest := solver.ObserverFunc(func(e solver.Event) error {
		s.longest = math.Max(s.longest, e.Dt)
		return nil
	})
	run := solver.Problem{Start: &solver.State{W: w}, Times: []float64{0, cfg.Time.End}, Propagator: propagator}
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
	t.Scheme = "sdirk2"
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
func (c *convergence) inSpace(ctx context.Context, cfg *config.Config) error {
	for k, n := range c.cells {
		c.activity.begin("level %d of %d, %s cells", k+1, len(c.cells), shapeText(n))
		s, err := c.solve(ctx, withCells(accurate(cfg), n))
		if err != nil {
			return err
		}
		l := c.addLevel(s)
		modes, err := lowest(ctx, s.problem, 1, c.activity)
		if err != nil {
			return err
		}
		l.Gap = rundir.Known(modes[0].Value)
	}
	if err := c.spaceErrors(); err != nil {
		return err
	}
	if gap := c.limit(func(l *level) *float64 { return l.Gap }); gap != nil {
		c.result.Limits["gap"] = gap
	}
	if chi := c.limit(func(l *level) *float64 { return l.Chi }); chi != nil {
		c.result.Limits["chi"] = chi
	}
	return c.timeError(ctx, cfg, c.cells[0])
}

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
	c.result.Reference = "the exact solution"
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

// difference returns Σ|P − P'| and (Σ (P − P')²/Π)^{1/2} of a state and another w on its grid.
func difference(s *state, other []float64) distance {
	var d distance
	for i, w := range s.W {
		delta := math.Abs(w - other[i])
		d.L1 += s.operator.Sigma[i] * delta
		d.Chi += delta * delta
	}
	d.Chi = math.Sqrt(d.Chi)
	return d
}

// refinements returns the numbers of cells of the levels in space.
func refinements(cfg *config.Config, levels int) ([][]int, error) {
	if cfg.Initial.File != "" {
		return nil, cfg.Errorf("initial.file", "its values belong to one grid, which cannot be refined (give the density as a formula)")
	}
	cells, err := nestedCells(cfg, levels)
	if err != nil {
		return nil, err
	}
	return cells, checkNested(cfg, cells)
}

// checkNested returns an error unless every other face of a grid is one of the next coarser, to rounding.
func checkNested(cfg *config.Config, cells [][]int) error {
	var coarse *scenarios.Scenario
	for _, n := range cells {
		fine, err := scenarios.New(withCells(cfg, n))
		if err != nil {
			return err
		}
		for k := range n {
			if coarse != nil && !nested(&coarse.Grid.Axes[k], &fine.Grid.Axes[k]) {
				return cfg.Errorf(axisKey(k, "cells"), "the grids of %d and %d cells are not nested: the centers divide them in other proportions "+
					"(use another number of cells, or fewer --levels)", n[k]/2, n[k])
			}
		}
		coarse = fine
	}
	return nil
}

func nested(coarse, fine *mesh.Axis) bool {
	const rounding = 1e-6 // of two cells
	for i, q := range coarse.Faces {
		width := fine.Faces[min(2*i+1, fine.Cells())] - fine.Faces[max(2*i-1, 0)]
		if math.Abs(q-fine.Faces[2*i]) > rounding*width {
			return false
		}
	}
	return true
}

// coarsened returns w of the fine state on the grid of the coarse one, P_I = Σ_{i in I} P_i: w_I = Σ (σ_i/σ_I) w_i.
func coarsened(fine, coarse *state) []float64 {
	out, at := make([]float64, coarse.operator.Cells()), make([]int, len(coarse.Grid.Axes))
	for i, w := range fine.W {
		fine.Grid.Index(at, i)
		to := 0
		for k, n := range coarse.operator.Shape {
			to = to*n + at[k]/2
		}
		f, g := fine.operator, coarse.operator
		out[to] += w * math.Exp((f.LogM[i]-f.LogZ-g.LogM[to]+g.LogZ)/2)
	}
	return out
}

// negligible is the share in an error up to which its cause does not matter.
const negligible = 0.1

// timeError measures what error in time the levels have, by a run on the coarsest grid with ten times the tolerance.
func (c *convergence) timeError(ctx context.Context, cfg *config.Config, cells []int) error {
	loose := withCells(accurate(cfg), cells)
	tight := loose.Time.Tolerance
	loose.Time.Tolerance *= 10
	c.activity.begin("error in time, %s cells", shapeText(cells))
	s, err := c.solve(ctx, loose)
	if err != nil {
		return err
	}
	first := c.result.Levels[0].state
	d := difference(first, s.W)
	c.result.TimeError = &d
	c.note("time: sdirk2, local errors below %.0e; ten times that changes the coarsest level by %.1e in L¹ and %.1e in χ", tight, d.L1, d.Chi)
	if finest := c.finestError(); d.L1 > negligible*finest.L1 || d.Chi > negligible*finest.Chi {
		c.note("that is not small against the errors of the finest level: divide time.tolerance by 10 or more (--set)")
	}
	return nil
}

// finestError is the error of the last level that has one.
func (c *convergence) finestError() distance {
	var d distance
	for _, l := range c.result.Levels {
		if l.ErrorL1 != nil {
			d = distance{*l.ErrorL1, *l.ErrorChi}
		}
	}
	return d
}

func (c *convergence) note(format string, args ...any) {
	c.result.Notes = append(c.result.Notes, fmt.Sprintf(format, args...))
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
	step := func(scheme string, dt float64) *config.Config {
		f := *cfg
		f.Time.Scheme, f.Time.Step = scheme, dt
		return &f
	}
	for k := range c.flags.levels {
		dt := finest * float64(int(1)<<(c.flags.levels-1-k))
		c.activity.begin("level %d of %d, Δt = %.4g", k+1, c.flags.levels, dt)
		s, err := c.solve(ctx, step(cfg.Time.Scheme, dt))
		if err != nil {
			return err
		}
		c.addLevel(s)
	}
	c.activity.begin("reference, Δt = %.4g", finest/referenceSteps)
	reference, err := c.solve(ctx, step("sdirk2", finest/referenceSteps))
	if err != nil {
		return err
	}
	c.result.Reference = fmt.Sprintf("sdirk2 with Δt = %.4g on the same grid", reference.longest)
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
