package main

import (
	"fmt"
	"math"

	"fpsgd/internal/terminal"
	"fpsgd/operators"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
	"fpsgd/solver/linear"
)

// activity tells what a program of several parts is at: in place on a terminal, a line now and then elsewhere, nothing if quiet.
type activity struct {
	line *terminal.Line
	part string
}

func newActivity(t *terminal.Terminal, quiet bool) *activity { return &activity{line: t.Line(quiet)} }

// begin names the part that comes next.
func (a *activity) begin(format string, args ...any) {
	a.part = fmt.Sprintf(format, args...)
	a.tell("")
}

// tell reports how far the part is.
func (a *activity) tell(format string, args ...any) {
	a.line.Tell(math.NaN(), a.part+fmt.Sprintf(format, args...))
}

// cells reports how many of the cells a part of the set-up has done. It may be called from several goroutines at once.
func (a *activity) cells(part string, done, total int) {
	a.line.Tell(math.NaN(), fmt.Sprintf("%s: %d %% of %d cells", part, int64(done)*100/int64(total), total))
}

// end erases the line of a terminal, and silences what is still at work.
func (a *activity) end() { a.line.End() }

// clear erases the line of a terminal.
func (a *activity) clear() { a.line.Clear() }

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
