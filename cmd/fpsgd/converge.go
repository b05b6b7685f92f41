package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"fpsgd"
	"fpsgd/internal/figures"
	"fpsgd/scenarios/config"

	"github.com/spf13/cobra"
)

type convergeFlags struct {
	outputFlags
	levels int
	in     string
}

func newConverge() *cobra.Command {
	c := &convergeFlags{}
	cmd := &cobra.Command{
		Use:   "converge CONFIG|PRESET",
		Short: "error and observed order, level by level, in space or in time",
		Long: `Solves the problem of a config file or preset to time.end on several levels and
prints the error of each and the order observed between neighbouring ones, in L¹ and χ = (Σ (P −
P')²/Π)^{1/2}, Π = π normalised.

--in space: every level has twice the cells of the one before along every axis, and the last
  those of the config (rounded to multiples of 2^{levels−1}). The scheme is sdirk2 with
  time.tolerance divided by 1000 on one axis and by 10 on more; how much error of time is left
  is measured on the coarsest grid, by a run with a tolerance ten times larger. The error is
  that against the exact solution if there is one (initial.kind = "exact"), otherwise the
  distance from the next level, its masses added up over the coarser cells. The spectral gap and
  χ against equilibrium at the end are extrapolated to vanishing spacing, with error bars as
  those of spectrum --extrapolate; with two levels they are unknown. These are for this domain:
  where the grid has far ends the gap on half of its logarithmic length is found too, and a note
  says where the whole space differs by more than the bar of the gap.
--in time: the grid and scheme of the config (sdirk2 if it names none) with fixed steps, halved
  from level to level; the last is time.step if that is set, and otherwise the first is
  time.end/32. The error is the distance from a run of the same scheme (sdirk2 for euler) with
  an eighth of the last step on the same grid, whose own error is about 1/64 of that of the last
  level, of sdirk3 1/512.

-o DIR writes converge.json and plots/convergence.png.`,
	}
	cmd.Flags().IntVar(&c.levels, "levels", 4, "number of levels")
	cmd.Flags().StringVar(&c.in, "in", "space", "what to refine: space or time")
	complete(cmd, "in", oneOf("space", "time"))
	return analysisCommand(cmd, &c.outputFlags, c)
}

func (f *convergeFlags) run(ctx context.Context, cfg *config.Config, a *activity,
	stdout io.Writer) error {
	s, err := fpsgd.StateOf(cfg)
	if err != nil {
		return err
	}
	e, err := assembled(s, a)
	if err != nil {
		return err
	}
	c, err := e.NewConvergence(f.in, f.levels, fpsgd.OptionsOf(cfg))
	if err != nil {
		return err
	}
	complete, err := f.keep(stdout, "converge", s, func(folder *fpsgd.Folder) error {
		if err := c.Measure(ctx); err != nil || folder == nil {
			return err
		}
		return cmp.Or(folder.WriteJSON(figures.ConvergenceFile, c), folder.Draw())
	})
	a.clear()
	if err != nil || complete {
		return err
	}
	if f.json {
		return printJSON(stdout, c)
	}
	return f.print(stdout, c)
}

func (f *convergeFlags) print(w io.Writer, c *fpsgd.Convergence) error {
	fmt.Fprintf(w, "%s: errors at t = %g against %s\n\n", c.Name, c.End, c.Reference)
	t := tabwriter.NewWriter(w, 0, 4, 3, ' ', 0)
	inTime := c.In == "time"
	if inTime {
		fmt.Fprintln(t, "Δt\tsteps\tL¹ error\torder\tχ error\torder")
	} else {
		fmt.Fprintln(t, "cells\tsolves\tL¹ error\torder\tχ error\torder\tgap\tχ")
	}
	for _, l := range c.Levels {
		if inTime {
			fmt.Fprintf(t, "%s\t%d", number(l.Step), l.Steps)
		} else {
			fmt.Fprintf(t, "%s\t%d", fpsgd.ShapeText(l.Cells), l.Solves)
		}
		fmt.Fprintf(t, "\t%s\t%s\t%s\t%s", l.ErrorL1.Text("%.3e", ""), l.OrderL1.Text("%.2f", ""),
			l.ErrorChi.Text("%.3e", ""), l.OrderChi.Text("%.2f", ""))
		if !inTime {
			fmt.Fprintf(t, "\t%s\t%s", l.Gap.Text("%.10g", ""), l.Chi.Text("%.10g", ""))
		}
		fmt.Fprintln(t)
	}
	if !inTime {
		fmt.Fprintf(t, "extrapolated\t\t\t\t\t\t%s\t%s\n",
			limitText(c.Limits["gap"]), limitText(c.Limits["chi"]))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	printNotes(w, c.Notes)
	if f.output != "" {
		fmt.Fprintln(w, "files:", f.output)
	}
	return nil
}

// limitText writes a limit with its error and the order observed.
func limitText(l *fpsgd.Limit) string {
	if !l.Value.Known() {
		return ""
	}
	return l.Value.Text("%.10g", "") + " ± " + l.Error.Text("%.1e", "unknown") +
		l.Order.Text(" (order %.2f)", "")
}
