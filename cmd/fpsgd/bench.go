package main

import (
	"fmt"
	"io"
	"runtime"
	"time"

	"fpsgd/operators"
	"fpsgd/scenarios"
	"fpsgd/solver"
	"fpsgd/solver/linear"

	"github.com/spf13/cobra"
)

// benchResult is what bench reports.
type benchResult struct {
	Cells           int     `json:"cells"`
	Threads         int     `json:"threads"`
	AssembleS       float64 `json:"assemble_s"`
	SetupS          float64 `json:"setup_s"`
	SolveS          float64 `json:"solve_s"`
	Iterations      int     `json:"iterations"`
	Residual        float64 `json:"residual"`
	ApplyS          float64 `json:"apply_s"`    // one operator application
	ApplyGBs        float64 `json:"apply_gb_s"` // the arrays it must read and write once, over apply_s
	WorkUnits       float64 `json:"work_units"` // solve_s/apply_s
	PropagateS      float64 `json:"propagate_s"`
	PropagateSolves int     `json:"propagate_solves"`
}

func newBench() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench CONFIG|PRESET",
		Short: "time the parts of a run: assembly, set-up, one solve, one propagation",
		Args:  exactly(1, problemHelp),
	}
	sets := setFlag(cmd)
	dt := cmd.Flags().Float64("dt", 0.05, "γ of the solve (I + γS)x = w")
	asJSON := cmd.Flags().Bool("json", false, "print one JSON value")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !(*dt > 0) {
			return badRequest{fmt.Errorf("--dt must be positive, got %g", *dt)}
		}
		s, err := loadScenario(args[0], *sets)
		if err != nil {
			return err
		}
		r, err := interruptibly(cmd.Context(), func() (benchResult, error) { return bench(cmd, s, *dt) })
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(cmd.OutOrStdout(), r)
		}
		printBench(cmd.OutOrStdout(), r)
		return nil
	}
	return cmd
}

func bench(cmd *cobra.Command, s *scenarios.Scenario, dt float64) (benchResult, error) {
	cfg := s.Config
	r := benchResult{Cells: s.Grid.Cells(), Threads: cfg.Solver.Threads}
	if r.Threads == 0 {
		r.Threads = runtime.GOMAXPROCS(0)
	}
	start := time.Now()
	op, err := s.Assemble()
	if err != nil {
		return r, err
	}
	r.AssembleS = time.Since(start).Seconds()
	w, err := s.Initial(op)
	if err != nil {
		return r, err
	}
	start = time.Now()
	system, err := linear.New(op, dt, linear.Options{Tolerance: cfg.Solver.Tolerance, Threads: cfg.Solver.Threads})
	if err != nil {
		return r, err
	}
	r.SetupS = time.Since(start).Seconds()
	x := make([]float64, len(w))
	var stats linear.Stats
	r.SolveS, err = fastest(3, func() error { stats, err = system.Solve(x, w); return err })
	if err != nil {
		return r, err
	}
	r.Iterations, r.Residual = stats.Iterations, stats.Residual
	r.ApplyS, _ = fastest(10, func() error { op.Apply(x, w); return nil })
	r.ApplyGBs = applyBytes(op) / r.ApplyS / 1e9
	r.WorkUnits = r.SolveS / r.ApplyS
	return r, benchPropagation(cmd, s, op, w, &r)
}

// fastest returns the least time of n calls.
func fastest(n int, f func() error) (float64, error) {
	best := 0.0
	for k := range n {
		start := time.Now()
		if err := f(); err != nil {
			return 0, err
		}
		if t := time.Since(start).Seconds(); k == 0 || t < best {
			best = t
		}
	}
	return best, nil
}

// applyBytes counts the diagonal, the couplings and w read, and the result written, once each.
func applyBytes(op *operators.Operator) float64 {
	return float64(8 * op.Cells() * (3 + len(op.Shape)))
}

func benchPropagation(cmd *cobra.Command, s *scenarios.Scenario, op *operators.Operator, w []float64, r *benchResult) error {
	propagator, err := newPropagator(s.Config, op)
	if err != nil {
		return err
	}
	start := time.Now()
	state, err := solver.Run(cmd.Context(), solver.Problem{
		Start: &solver.State{W: w}, Times: outputTimes(s.Config), Propagator: propagator,
	})
	if err != nil {
		return err
	}
	r.PropagateS, r.PropagateSolves = time.Since(start).Seconds(), state.Solves
	return nil
}

func printBench(w io.Writer, r benchResult) {
	fmt.Fprintf(w, "cells      %d, %d threads\n", r.Cells, r.Threads)
	fmt.Fprintf(w, "assembly   %.4g s (%.0f ns a cell)\n", r.AssembleS, r.AssembleS/float64(r.Cells)*1e9)
	fmt.Fprintf(w, "set-up     %.4g s\n", r.SetupS)
	fmt.Fprintf(w, "solve      %.4g s, %d iterations, residual %.1e, %.0f operator applications\n", r.SolveS, r.Iterations, r.Residual, r.WorkUnits)
	fmt.Fprintf(w, "apply      %.4g s, %.1f GB/s\n", r.ApplyS, r.ApplyGBs)
	fmt.Fprintf(w, "propagate  %.4g s, %d solves\n", r.PropagateS, r.PropagateSolves)
}
