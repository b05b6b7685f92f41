package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"fpsgd"
	"fpsgd/solver"

	"github.com/spf13/cobra"
)

// benchFlags are what a benchmark may be asked for.
type benchFlags struct {
	sets         *[]string
	dt           float64
	method       string
	rhs          string
	table, large bool
	json         bool
}

func newBench() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench CONFIG|PRESET | bench --table",
		Short: "time the parts of a run: assembly, set-up, one solve, one propagation",
		Args: func(cmd *cobra.Command, args []string) error {
			if f.table && len(args)+len(*f.sets) == 0 && f.method == "" {
				return nil
			}
			if f.table {
				return badRequest("--table has its own problems and methods: leave the config, " +
					"--set and --method out")
			}
			return aProblem(f.sets)(cmd, args)
		},
	}
	f.sets = setFlag(cmd)
	cmd.Flags().Float64Var(&f.dt, "dt", 0.05, "γ of the solve (I + γS)x = w")
	cmd.Flags().StringVar(&f.method, "method", "", "of the solve: "+strings.Join(methods,
		", ")+"; default by the number of axes and the work")
	cmd.Flags().StringVar(&f.rhs, "rhs", "initial", "w of the solve: initial, the initial "+
		"density's, or random, normal deviates, which excite every mode")
	complete(cmd, "method", oneOf(methods...))
	complete(cmd, "rhs", oneOf(rhsInitial, rhsRandom))
	cmd.Flags().BoolVar(&f.table, "table", false, "one table of the standard set; some minutes")
	cmd.Flags().BoolVar(&f.large, "large", false, "with --table, 256³ cells as well; 10 GB of "+
		"memory")
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON value")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := f.check(); err != nil {
			return err
		}
		if f.table {
			return f.runTable(cmd)
		}
		return f.run(cmd, named(args))
	}
	return cmd
}

func (f *benchFlags) check() error {
	switch {
	case !(f.dt > 0):
		return badRequest("--dt must be positive, got %g", f.dt)
	case f.method != "" && !slices.Contains(methods, f.method):
		return badRequest("--method %q is unknown: use %s, or leave it out", f.method,
			strings.Join(methods, ", "))
	case f.rhs != rhsInitial && f.rhs != rhsRandom:
		return badRequest("--rhs %q is unknown: use %s or %s", f.rhs, rhsInitial, rhsRandom)
	case f.large && !f.table:
		return badRequest("--large is for --table: give both")
	}
	return nil
}

func (f *benchFlags) run(cmd *cobra.Command, name string) error {
	s, err := loadScenario(cmd.Context(), name, *f.sets)
	if err != nil {
		return err
	}
	r, err := solver.Interruptibly(cmd.Context(),
		func() (benchResult, error) { return f.bench(cmd.Context(), s) })
	if err != nil {
		return err
	}
	if f.json {
		return printJSON(cmd.OutOrStdout(), r)
	}
	printBench(cmd.OutOrStdout(), r)
	return nil
}

func (f *benchFlags) bench(ctx context.Context, s *fpsgd.Scenario) (r benchResult, err error) {
	p, err := newBenchProblem(s)
	if err != nil {
		return r, err
	}
	r, err = p.measure(f, f.method, s.Config.Solver.Threads)
	if err != nil && f.method != "" {
		err = fpsgd.Refused(err)
	}
	if err != nil {
		return r, err
	}
	chosen, err := p.Choose(p.initial, fpsgd.OptionsOf(s.Config).WithRows(fpsgd.SeriesIntervals))
	if err != nil {
		return r, err
	}
	start := time.Now()
	state, err := chosen.Run(ctx, &solver.State{W: p.initial})
	r.PropagateS, r.Scheme = time.Since(start).Seconds(), chosen.Scheme()
	if err == nil {
		r.PropagateSolves = state.Solves
	}
	return r, err
}

func printBench(w io.Writer, r benchResult) {
	fmt.Fprintf(w, "cells      %d, %d threads\n", r.Cells, r.Threads)
	fmt.Fprintf(w, "assembly   %.4g s (%.0f ns a cell)\n", r.AssembleS,
		r.AssembleS/float64(r.Cells)*1e9)
	fmt.Fprintf(w, "set-up     %.4g s (%.0f ns an unknown), method %s, %.0f bytes an unknown\n",
		r.SetupS, r.SetupNs, r.Method, r.HeldBytes)
	fmt.Fprintf(w, "solve      %.4g s (%.0f ns an unknown), %d iterations, residual %.1e\n",
		r.SolveS, r.SolveNs, r.Iterations, r.Residual)
	if r.Iterations > 0 {
		fmt.Fprintf(w, "iteration  %.4g s (%.1f ns an unknown)%s\n", r.IterationS, r.IterationNs,
			optional(", %.1f GB/s", r.IterationGBs))
		fmt.Fprintf(w, "triad      %.1f GB/s\n", r.TriadGBs)
	}
	fmt.Fprintf(w, "apply      %.4g s, %.1f GB/s\n", r.ApplyS, r.ApplyGBs)
	fmt.Fprintf(w, "propagate  %.4g s, %d solves, %s\n", r.PropagateS, r.PropagateSolves, r.Scheme)
}

// optional formats a value that is 0 where there is none.
func optional(format string, value float64) string {
	if value == 0 {
		return ""
	}
	return fmt.Sprintf(format, value)
}
