package main

import (
	"fmt"
	"io"

	"fpsgd"
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
	}
	cmd.Flags().IntVar(&c.levels, "levels", 4, "number of levels")
	cmd.Flags().StringVar(&c.in, "in", "space", "what to refine: space or time")
	complete(cmd, "in", oneOf("space", "time"))
	return analysisCommand(cmd, &c.outputFlags, fpsgd.Settle, c.plan)
}

func (f *convergeFlags) plan(cfg *config.Config, tell fpsgd.Progress) (*measurement, error) {
	s, err := fpsgd.StateOf(cfg)
	if err != nil {
		return nil, err
	}
	e, err := assembled(s, tell)
	if err != nil {
		return nil, err
	}
	c, err := e.NewConvergence(f.in, f.levels, fpsgd.OptionsOf(cfg))
	return &measurement{scenario: s, result: c, measure: c.Measure,
		keep:  func(*fpsgd.Folder) error { return nil },
		print: func(w io.Writer) { printConvergence(w, c) }}, err
}

func printConvergence(w io.Writer, c *fpsgd.Convergence) {
	fmt.Fprintf(w, "%s: errors at t = %g against %s\n\n", c.Name, c.End, c.Reference)
	t := columns(w, 3)
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
	t.Flush()
	printNotes(w, c.Notes)
}

// limitText writes a limit with its error and the order observed.
func limitText(l *fpsgd.Limit) string {
	if !l.Value.Known() {
		return ""
	}
	return l.Value.Text("%.10g", "") + " ± " + l.Error.Text("%.1e", "unknown") +
		l.Order.Text(" (order %.2f)", "")
}
