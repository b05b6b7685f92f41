package main

import (
	"fmt"
	"math"

	"fpsgd/internal/terminal"
	"fpsgd/solver"
)

// activity tells what a program of several parts is at: in place on a terminal, a line now and then elsewhere, nothing if quiet.
type activity struct {
	line *terminal.Line
	at   string
}

func newActivity(t *terminal.Terminal, quiet bool) *activity { return &activity{line: t.Line(quiet)} }

// begin names the part that comes next.
func (a *activity) begin(format string, args ...any) {
	a.at = fmt.Sprintf(format, args...)
	a.tell("")
}

// tell reports how far the part is.
func (a *activity) tell(format string, args ...any) {
	a.line.Tell(math.NaN(), a.at+fmt.Sprintf(format, args...))
}

// part reports a part of long work, and how far that is.
func (a *activity) part(name, detail string) {
	if detail != "" {
		detail = ", " + detail
	}
	a.line.Tell(math.NaN(), name+detail)
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
