package main

import (
	"fmt"
	"math"

	"fpsgd/internal/terminal"
	"fpsgd/solver"
)

// activity tells what a command is at, of several parts or one: in place on a terminal, a line now
// and then elsewhere, nothing if quiet.
type activity struct {
	line *terminal.Line
	at   string // the part
}

func newActivity(t *terminal.Terminal, quiet bool) *activity {
	return &activity{line: t.Line(quiet)}
}

// tell is an fpsgd.Progress.
func (a *activity) tell(share float64, text string) {
	if text == "" {
		a.line.Clear()
		return
	}
	a.line.Tell(share, text)
}

// begin names the part that comes next.
func (a *activity) begin(format string, args ...any) {
	a.at = fmt.Sprintf(format, args...)
	a.tell(math.NaN(), a.at)
}

// steps reports the steps of the part, which ends at a time.
func (a *activity) steps(end float64) solver.Observer {
	return solver.ObserverFunc(func(e solver.Event) error {
		a.tell(math.NaN(), fmt.Sprintf("%s, t = %.4g of %g", a.at, e.Time, end))
		return nil
	})
}

// clear erases the line of a terminal.
func (a *activity) clear() { a.line.Clear() }
