package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"fpsgd/operators"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
	"fpsgd/solver/linear"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// activity tells what a program of several parts is at: in place on a terminal, a line now and then elsewhere, nothing if quiet.
type activity struct {
	mu   sync.Mutex // of cells and end
	w    io.Writer
	bar  *progressbar.ProgressBar
	part string
	next time.Time
}

func newActivity(w io.Writer, quiet bool) *activity {
	a := &activity{w: w, next: time.Now().Add(linePeriod)}
	if quiet {
		a.w = io.Discard
		return a
	}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		a.bar = progressbar.NewOptions(-1, progressbar.OptionSetWriter(w), progressbar.OptionClearOnFinish(),
			progressbar.OptionThrottle(100*time.Millisecond))
	}
	return a
}

// begin names the part that comes next.
func (a *activity) begin(format string, args ...any) {
	a.part = fmt.Sprintf(format, args...)
	a.tell("")
}

// tell reports how far the part is.
func (a *activity) tell(format string, args ...any) {
	line := a.part + fmt.Sprintf(format, args...)
	switch {
	case a.bar != nil:
		a.bar.Describe(line)
		a.bar.Add(1)
	case time.Now().After(a.next):
		a.next = time.Now().Add(linePeriod)
		fmt.Fprintln(a.w, line)
	}
}

// cells reports how many of the cells a part of the set-up has done. It may be called from several goroutines at once.
func (a *activity) cells(part string, done, total int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.part = part
	a.tell(": %d %% of %d cells", int64(done)*100/int64(total), total)
}

// end clears the line of a terminal, and silences what is still at work.
func (a *activity) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.clear()
	a.w, a.bar = io.Discard, nil
}

// clear clears the line of a terminal.
func (a *activity) clear() {
	if a.bar != nil {
		a.bar.Clear()
	}
}

// steps reports the steps of a run that ends at a time.
func (a *activity) steps(end float64) solver.Observer {
	return solver.ObserverFunc(func(e solver.Event) error {
		a.tell(", t = %.4g of %g", e.Time, end)
		return nil
	})
}

// solves reports the solves of the systems that a set-up gives, at a tolerance.
func (a *activity) solves(cfg *config.Config, op *operators.Operator, tolerance float64) solver.SetUp {
	count := 0
	return func(gamma float64) (solver.Linear, error) {
		system, err := setUpTo(cfg, op, tolerance)(gamma)
		return counted{system, func() { count++; a.tell(", %d solves", count) }}, err
	}
}

// counted calls done after every solve.
type counted struct {
	solver.Linear
	done func()
}

func (c counted) Solve(x, b []float64) (linear.Stats, error) {
	defer c.done()
	return c.Linear.Solve(x, b)
}
