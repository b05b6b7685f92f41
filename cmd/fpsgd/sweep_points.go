package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"fpsgd/internal/machine"
	"fpsgd/internal/rundir"
	"fpsgd/internal/sweep"
	"fpsgd/internal/terminal"
	"fpsgd/solver"
)

// all does all points that are not done, some at a time, each with its share of the cores. What
// fails is told and does not keep the others; the error counts what is not done.
func (s *sweeping) all(ctx context.Context) error {
	todo := slices.DeleteFunc(slices.Clone(s.plan.Points), func(p sweep.Point) bool {
		return sweep.Look(s.folder, p) == sweep.Done
	})
	cores := runtime.GOMAXPROCS(0)
	jobs := s.jobs
	if jobs == 0 {
		jobs = cores
	}
	jobs = min(jobs, max(len(todo), 1))
	t := &tally{points: len(s.plan.Points), done: len(s.plan.Points) - len(todo)}
	t.tell = terminalOf(ctx).Line(s.quiet).Tell
	next := make(chan sweep.Point)
	var group sync.WaitGroup
	for range jobs {
		row := terminalOf(ctx).Row()
		group.Go(func() {
			for p := range next {
				ctx := context.WithValue(ctx, terminalKey{}, row.Named(p.Name))
				began := time.Now()
				err := s.point(ctx, p, max(1, cores/jobs), io.Discard)
				t.ended(p, err, time.Since(began), row, s.quiet)
			}
		})
	}
	for _, p := range todo {
		t.show()
		select {
		case next <- p:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
	}
	close(next)
	group.Wait()
	t.tell(math.NaN(), "")
	return t.err(ctx)
}

// point does a point by its command, as a user would, with its results in its folder: it goes on
// with what is there, and does nothing where that is whole. What is damaged is done again.
func (s *sweeping) point(ctx context.Context, p sweep.Point, threads int, stdout io.Writer) error {
	folder := filepath.Join(s.folder, p.Name)
	begin := "--resume"
	if sweep.Look(s.folder, p) == sweep.Damaged {
		var err error
		if begin, err = again(ctx, folder); err != nil {
			return err
		}
	}
	args := []string{s.plan.Do}
	if s.plan.Config != "" {
		args = append(args, s.plan.Config)
	}
	cfg, err := pointConfig(s.plan, p)
	if err != nil {
		return err
	}
	sets := slices.Concat(s.plan.Set, p.Set)
	if threads > 0 && !cfg.Gives("solver.threads") {
		sets = append(sets, fmt.Sprintf("solver.threads=%d", threads))
	}
	for _, set := range sets {
		args = append(args, "--set", set)
	}
	args = append(args, "-o", folder, begin)
	if s.quiet {
		args = append(args, "--quiet")
	}
	if s.otherVersion && begin == "--resume" && slices.Contains([]string{"run", "ensemble"},
		s.plan.Do) {
		args = append(args, "--other-version")
	}
	root := newRoot()
	root.SetArgs(append(args, s.plan.Options...))
	root.SetOut(stdout)
	return root.ExecuteContext(ctx)
}

// again is the flag by which a point that is damaged is done again. Where not even its manifest is
// whole, so that nobody knows which files there are a run's, the folder is kept under another name.
func again(ctx context.Context, folder string) (flag string, err error) {
	fmt.Fprintln(terminalOf(ctx), "it is damaged, and done again")
	if _, err := rundir.ReadManifest(folder); err == nil {
		return "--force", nil
	}
	for k := 1; ; k++ {
		aside := fmt.Sprintf("%s.damaged-%d", folder, k)
		if _, err := os.Lstat(aside); err == nil {
			continue
		}
		if err := os.Rename(folder, aside); err != nil {
			return "", err
		}
		fmt.Fprintln(terminalOf(ctx), "what there was is in", aside)
		return "--resume", nil
	}
}

// tally counts points. Its methods may be called concurrently.
type tally struct {
	points int
	tell   func(share float64, text string)

	mu     sync.Mutex
	done   int
	failed []string
	held   []string // others are at these
	memory error
}

// ended enters how a point has ended.
func (t *tally) ended(p sweep.Point, err error, took time.Duration, at *terminal.Terminal,
	quiet bool) {
	t.mu.Lock()
	var held *rundir.HeldError
	switch {
	case err == nil:
		t.done++
	case errors.Is(err, machine.ErrMemory):
		t.memory = err
	case errors.Is(err, solver.ErrInterrupted):
	case errors.As(err, &held):
		t.held = append(t.held, p.Name)
	default:
		t.failed = append(t.failed, p.Name)
	}
	t.mu.Unlock()
	switch to := at.Named(p.Name); {
	case err == nil && !quiet:
		fmt.Fprintf(to, "done in %.3g s\n", took.Seconds())
	case err != nil && !errors.Is(err, solver.ErrInterrupted):
		fmt.Fprintln(to, strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	t.show()
}

// show tells how many points have ended.
func (t *tally) show() {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := fmt.Sprintf("%d of %d points are done", t.done, t.points)
	if n := len(t.failed); n > 0 {
		text += fmt.Sprintf(", %d failed", n)
	}
	t.tell(float64(t.done+len(t.failed))/float64(t.points), text)
}

// err is nil where all points are done.
func (t *tally) err(ctx context.Context) error {
	const others = "; the others are done, and the same command tries again what is not"
	switch {
	case t.memory != nil:
		return t.memory
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %d of %d points are done; the same command goes on (%w)",
			solver.ErrInterrupted, t.done, t.points, context.Cause(ctx))
	case len(t.failed) > 0:
		return fmt.Errorf("%d of %d points failed: %s%s", len(t.failed), t.points,
			named10(t.failed), others)
	case len(t.held) > 0:
		return fmt.Errorf("%w: other processes are at %d of %d points: %s", solver.ErrInterrupted,
			len(t.held), t.points, named10(t.held))
	}
	return nil
}

// named10 lists names, of many the first.
func named10(names []string) string {
	const shown = 10
	text := strings.Join(names[:min(shown, len(names))], " ")
	if more := len(names) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
