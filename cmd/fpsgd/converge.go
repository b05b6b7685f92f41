package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"fpsgd"
	"fpsgd/internal/figures"
	"fpsgd/internal/rundir"
	"fpsgd/scenarios/config"
	limits "fpsgd/solver/analysis"

	"github.com/spf13/cobra"
)

type convergeFlags struct {
	outputFlags
	levels int
	in     string
}

func newConverge() *cobra.Command {
	c := &convergence{}
	cmd := &cobra.Command{
		Use:   "converge CONFIG|PRESET",
		Short: "error and observed order, level by level, in space or in time",
		Long: `Solves the problem of a config file or preset to time.end on several levels and prints the error of each and the order observed
between neighbouring ones, in L¹ and χ = (Σ (P − P')²/Π)^{1/2}, Π = π normalised.

--in space: every level has twice the cells of the one before along every axis, and the last those of the config (rounded to
  multiples of 2^{levels−1}). The scheme is sdirk2 with time.tolerance divided by 1000 on one axis and by 10 on more; how much
  error of time is left is measured on the coarsest grid, by a run with a tolerance ten times larger. The error is that against
  the exact solution if there is one (initial.kind = "exact"), otherwise the distance from the next level, its masses added up
  over the coarser cells. The spectral gap and χ against equilibrium at the end are extrapolated to vanishing spacing, with error bars as
  those of spectrum --extrapolate; with two levels they are unknown. These are for this domain: where the grid has far ends the gap on
  half of its logarithmic length is found too, and a note says where the whole space differs by more than the bar of the gap.
--in time: the grid and scheme of the config (sdirk2 if it names none) with fixed steps, halved from level to level; the last is time.step if that is set, and
  otherwise the first is time.end/32. The error is the distance from a run of the same scheme (sdirk2 for
  euler) with an eighth of the last step on the same grid, whose own error is about 1/64 of that of
  the last level, of sdirk3 1/512.

-o DIR writes converge.json and plots/convergence.png.`,
	}
	cmd.Flags().IntVar(&c.flags.levels, "levels", 4, "number of levels")
	cmd.Flags().StringVar(&c.flags.in, "in", "space", "what to refine: space or time")
	complete(cmd, "in", oneOf("space", "time"))
	return analysisCommand(cmd, &c.flags.outputFlags, c)
}

// convergeResult is converge.json. What is not known is null.
type convergeResult struct {
	Name      string          `json:"name"`
	In        string          `json:"in"`
	End       float64         `json:"end"`
	Scheme    *scheme         `json:"scheme"`
	Reference string          `json:"reference"` // what the errors are measured against
	Levels    []*level        `json:"levels"`    // the coarsest first
	Limits    map[string]*sum `json:"limits"`    // gap and chi, extrapolated
	TimeError *shift          `json:"time_error"`
	Box       *fpsgd.Box      `json:"box"` // of the finest grid; null where no end of it is far, and in time
	Notes     []string        `json:"notes"`
}

// level is one grid and step.
type level struct {
	Cells      []int    `json:"cells"`
	Step       *float64 `json:"step"` // the longest one taken
	Steps      int      `json:"steps"`
	Solves     int      `json:"solves"`
	EulerSteps int      `json:"euler_steps"`
	ErrorL1    *float64 `json:"error_l1"`
	OrderL1    *float64 `json:"order_l1"` // observed between the level before and this one
	ErrorChi   *float64 `json:"error_chi"`
	OrderChi   *float64 `json:"order_chi"`
	Gap        *float64 `json:"gap"`
	Chi        *float64 `json:"chi"` // at the end

	state *state
	mode  limits.Level // of the gap
}

// sum is the limit of a sequence (analysis.Extrapolate).
type sum struct {
	Value *float64 `json:"value"`
	Error *float64 `json:"error"` // half-width of the error bar; null: unknown
	Order *float64 `json:"order"`
}

// distance is that of two densities, NaN or +Inf where it is not known.
type distance struct{ L1, Chi float64 }

// shift is how far ten times the tolerance moves the coarsest level. A null is beyond floating point.
type shift struct {
	L1  *float64 `json:"l1"`
	Chi *float64 `json:"chi"`
}

// convergence is one call of the command.
type convergence struct {
	flags    convergeFlags
	activity *activity
	grids    []*fpsgd.Grid // in space, the coarsest first
	result   convergeResult
}

func (c *convergence) run(ctx context.Context, cfg *config.Config, a *activity, stdout io.Writer) error {
	c.activity = a
	if c.flags.levels < 2 {
		return badRequest{fmt.Errorf("--levels must be 2 or more, got %d", c.flags.levels)}
	}
	measure := map[string]func(context.Context, *fpsgd.Equation) error{"space": c.inSpace, "time": c.inTime}[c.flags.in]
	if measure == nil {
		return badRequest{fmt.Errorf("--in must be space or time, got %q", c.flags.in)}
	}
	c.result = convergeResult{Name: cfg.Name, In: c.flags.in, End: cfg.Time.End, Scheme: c.scheme(cfg), Limits: map[string]*sum{},
		Notes: []string{}}
	e, err := c.check(cfg)
	if err != nil {
		return err
	}
	complete, err := inResults(stdout, c.flags.outputFlags, e.Scenario, func(dir *rundir.Dir) error {
		if err := measure(ctx, e); err != nil || dir == nil {
			return err
		}
		c.observeOrders()
		return firstError(dir.WriteJSON(figures.ConvergenceFile, c.result),
			figures.Draw(dir))
	})
	c.activity.clear()
	if err != nil || complete {
		return err
	}
	c.observeOrders()
	if c.flags.json {
		return printJSON(stdout, c.result)
	}
	return c.print(stdout)
}

// scheme is the one whose errors are measured; in space it is known once the equation is assembled.
func (c *convergence) scheme(cfg *config.Config) *scheme {
	if cfg.Gives("time.scheme") {
		return &scheme{cfg.Time.Scheme, fpsgd.AsAsked}
	}
	return &scheme{config.SDIRK2, "steps of second order"}
}

// check refuses what can be refused before anything is written.
func (c *convergence) check(cfg *config.Config) (*fpsgd.Equation, error) {
	if c.flags.in == "time" && cfg.Time.Scheme == config.Lanczos && cfg.Gives("time.scheme") {
		return nil, cfg.Errorf("time.scheme", "lanczos has no steps, whose order --in time measures (use euler, sdirk2 or sdirk3)")
	}
	e, err := newEquation(cfg, c.activity)
	if err != nil {
		return nil, err
	}
	w, err := e.Start()
	if err != nil {
		return nil, err
	}
	if c.flags.in == "space" {
		chosen, err := e.Choose(w, accurate(cfg))
		if err != nil {
			return nil, err
		}
		c.result.Scheme = &scheme{chosen.Name, chosen.Reason}
		c.grids, err = refinements(e, c.flags.levels)
		return e, err
	}
	return e, nil
}

// refinements returns the grids of the levels in space.
func refinements(e *fpsgd.Equation, levels int) ([]*fpsgd.Grid, error) {
	if e.Config.Initial.File != "" {
		return nil, e.Config.Errorf("initial.file", "its values belong to one grid, which cannot be refined (give the density as a formula)")
	}
	return e.Nested(levels)
}

// observeOrders fills in log₂ of the ratios of neighbouring errors.
func (c *convergence) observeOrders() {
	for k, l := range c.result.Levels[1:] {
		before := c.result.Levels[k]
		l.OrderL1, l.OrderChi = observedOrder(before.ErrorL1, l.ErrorL1), observedOrder(before.ErrorChi, l.ErrorChi)
	}
}

func observedOrder(coarse, fine *float64) *float64 {
	if coarse == nil || fine == nil {
		return nil
	}
	return rundir.Known(math.Log2(*coarse / *fine))
}

// limit extrapolates what the levels give, the coarsest first.
func limit(ladder []limits.Level) *sum {
	l := limits.Extrapolate(ladder)
	return &sum{rundir.Known(l.Value), rundir.Known(l.Error), rundir.Known(l.Order)}
}

func (c *convergence) print(w io.Writer) error {
	r := &c.result
	fmt.Fprintf(w, "%s: errors at t = %g against %s\n\n", r.Name, r.End, r.Reference)
	t := tabwriter.NewWriter(w, 0, 4, 3, ' ', 0)
	head, column := "cells", func(l *level) string { return shapeText(l.Cells) }
	if r.In == "time" {
		head, column = "Δt", func(l *level) string { return number(l.Step) }
	}
	count, counted := "solves", func(l *level) int { return l.Solves }
	if r.In == "time" {
		count, counted = "steps", func(l *level) int { return l.Steps }
	}
	fmt.Fprintf(t, "%s\t%s\tL¹ error\torder\tχ error\torder", head, count)
	if r.In == "space" {
		fmt.Fprint(t, "\tgap\tχ")
	}
	fmt.Fprintln(t)
	for _, l := range r.Levels {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%s", column(l), counted(l), errorText(l.ErrorL1), orderCell(l.OrderL1), errorText(l.ErrorChi), orderCell(l.OrderChi))
		if r.In == "space" {
			fmt.Fprintf(t, "\t%s\t%s", figureText(l.Gap), figureText(l.Chi))
		}
		fmt.Fprintln(t)
	}
	if r.In == "space" {
		fmt.Fprintf(t, "extrapolated\t\t\t\t\t\t%s\t%s\n", r.Limits["gap"], r.Limits["chi"])
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, n := range r.Notes {
		fmt.Fprintln(w, "note:", n)
	}
	if c.flags.output != "" {
		fmt.Fprintln(w, "files:", c.flags.output)
	}
	return nil
}

// String writes the limit with its error and the order observed.
func (s *sum) String() string {
	if s == nil || s.Value == nil {
		return ""
	}
	text := fmt.Sprintf("%.10g ± %s", *s.Value, barText(s.Error))
	if s.Order != nil {
		text += fmt.Sprintf(" (order %.2f)", *s.Order)
	}
	return text
}

func errorText(v *float64) string {
	if v == nil {
		return ""
	}
	return fmt.Sprintf("%.3e", *v)
}

func orderCell(v *float64) string {
	if v == nil {
		return ""
	}
	return fmt.Sprintf("%.2f", *v)
}

func figureText(v *float64) string {
	if v == nil {
		return ""
	}
	return fmt.Sprintf("%.10g", *v)
}

// known is a number that may be unknown.
func known(v *float64) fpsgd.Number { return fpsgd.Number(valueOf(v)) }

func valueOf(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}
