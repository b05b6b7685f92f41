// Command fpsgd solves the Fokker–Planck equation of stochastic gradient descent,
//
//	∂t ρ = ε div( f^{−1/ε} ∇( f^{1+1/ε} ρ ) ),
//
// and measures how its solution relaxes to the invariant density π = f^{−1−1/ε}.
package main

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"fpsgd"
	"fpsgd/internal/machine"
	"fpsgd/internal/program"
	"fpsgd/internal/rundir"
	"fpsgd/internal/terminal"
	"fpsgd/scenarios/config"
	"fpsgd/solver"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitDone        = 0
	exitFailed      = 1  // it ran and failed: a claim, the solver, the disk, the memory
	exitBadRequest  = 2  // the request was wrong
	exitInterrupted = 75 // interrupted, can be resumed
)

func main() {
	ctx, cancel := context.WithCancelCause(context.Background())
	endOnSignals(cancel)
	os.Exit(run(ctx, os.Args[1:]))
}

// stderr is where all of the program tells what it is at, and notes and errors: nothing else writes
// there.
var stderr = terminal.New(os.Stderr)

// patience is how long an interrupted command may take to end by itself; and one that nobody waits
// for.
const (
	patience     = 1500 * time.Millisecond
	longPatience = time.Minute
)

// run executes a command line and returns the exit code. An error is one line on stderr.
func run(ctx context.Context, args []string) int {
	root := newRoot()
	root.SetArgs(args)
	out := &output{w: stderr.Above(os.Stdout)}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go endBeforeMemory(ctx, cancel)
	root.SetOut(out)
	root.SetErr(stderr)
	addCompletion(root)
	done := make(chan error, 1)
	go func() { done <- root.ExecuteContext(ctx) }()
	err := cmp.Or(await(ctx, done), out.failure())
	stderr.Close()
	if err != nil {
		fmt.Fprintln(stderr, "fpsgd:", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return exitCode(err)
}

// await returns how a command has ended. One that is interrupted, and so deep in its work that it
// does not end soon, is left to itself, and what it writes is closed: so is the program then.
func await(ctx context.Context, done <-chan error) error {
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	stderr.Close() // a second signal may kill
	wait := patience
	if errors.Is(context.Cause(ctx), machine.ErrMemory) {
		wait = longPatience
	}
	select {
	case err := <-done:
		return err
	case <-time.After(wait):
	}
	err, status := fmt.Errorf("%w (%w)", solver.ErrInterrupted, context.Cause(ctx)),
		rundir.Interrupted
	if errors.Is(err, machine.ErrMemory) {
		status = rundir.Failed
	}
	paths, failed := rundir.AbandonAll(status)
	for _, path := range paths {
		err = fmt.Errorf("%w; what there is so far is in %s", err, path)
	}
	return cmp.Or(failed, err)
}

// output is where results are printed. It remembers the first error: whoever prints a table does
// not look at every line.
type output struct {
	mu  sync.Mutex
	w   io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := o.w.Write(p)
	if err != nil {
		err = fmt.Errorf("printing the results: %w", err)
		o.err = cmp.Or(o.err, err)
	}
	return n, err
}

func (o *output) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// badRequest is an error in what was asked for.
func badRequest(format string, args ...any) error {
	return fpsgd.Refused(fmt.Errorf(format, args...))
}

// terminalKey is that of a command's terminal in its context.
type terminalKey struct{}

// terminalOf is where a command tells what it is at: stderr, or its row there where it is one of
// several side by side.
func terminalOf(ctx context.Context) *terminal.Terminal {
	if t, ok := ctx.Value(terminalKey{}).(*terminal.Terminal); ok {
		return t
	}
	return stderr
}

// warner tells what a user of a command should know at once.
func warner(ctx context.Context) func(text string) {
	return func(text string) { fmt.Fprintln(terminalOf(ctx), text) }
}

func exitCode(err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, machine.ErrMemory):
		return exitFailed
	case errors.Is(err, solver.ErrInterrupted):
		return exitInterrupted
	case errors.As(err, new(fpsgd.RefusedError)), errors.As(err, new(*config.Error)),
		errors.As(err, new(*rundir.HeldError)):
		return exitBadRequest
	}
	return exitFailed
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "fpsgd",
		Short:         "the Fokker–Planck equation of stochastic gradient descent",
		Version:       program.Release(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return badRequest("unknown command %q: %s", args[0], advice(cmd, args[0]))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return badRequest("%w: see %s --help", err, cmd.CommandPath())
	})
	root.AddCommand(newRun(), newExplain(), newList(), newExport(), newVerify(), newPlot(),
		newBench(), newSpectrum(), newConverge(), newEscape(), newEnsemble(), newCompare(),
		newValidate(), newSweep(), newReport(), newMan())
	describe(root)
	return root
}

// help are the long descriptions of commands, by their names.
//
//go:embed help/*.txt
var help embed.FS

// describe gives a command and those below it their long descriptions.
func describe(cmd *cobra.Command) {
	text, _ := help.ReadFile("help/" + cmd.Name() + ".txt") // some have none
	cmd.Long = strings.TrimSuffix(string(text), "\n")
	for _, below := range cmd.Commands() {
		describe(below)
	}
}

// advice says what a mistyped command may have meant.
func advice(root *cobra.Command, name string) string {
	root.SuggestionsMinimumDistance = 2
	if near := root.SuggestionsFor(name); len(near) > 0 {
		return fmt.Sprintf("did you mean %s? fpsgd --help shows all", strings.Join(near, " or "))
	}
	return "see fpsgd --help"
}

// exactly returns a check of the number of arguments.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return badRequest("%s takes %s, got %d arguments: see %s --help", cmd.Name(), what,
				len(args), cmd.CommandPath())
		}
		return nil
	}
}
