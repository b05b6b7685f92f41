// Package terminal is the one writer to the terminal of a command: what it is at, in a line that
// changes in place and is gone when it is over, or a few such lines for work side by side,
// with notes, errors and results above them. Elsewhere than on a terminal it tells the same in
// lines, now and then.
//
// No colour is used.
package terminal

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// period is how often a command tells what it is at where there is no terminal.
const period = 5 * time.Second

// Terminal is where a command writes notes and errors, and what it is at. Its methods may be called
// from several goroutines at once.
type Terminal struct {
	Period time.Duration // of the lines where there is no terminal

	w      io.Writer
	screen *screen
	row    *row   // of the screen, where its lines are shown
	name   string // stands before all that is told here
}

// New returns the terminal that w is. One that cannot move its cursor (TERM=dumb) is none.
func New(w io.Writer) *Terminal {
	t := &Terminal{Period: period, w: w, screen: &screen{}}
	t.row = t.screen.add()
	f, ok := w.(*os.File)
	if ok && os.Getenv("TERM") != "dumb" && isTerminal(f) && enableEscapes(f) {
		t.screen.f = f
	}
	return t
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// Row returns the same terminal with one more row, below those that it has, for work that goes on
// beside what is told in these.
func (t *Terminal) Row() *Terminal {
	below := *t
	below.row = t.screen.add()
	return &below
}

// Named returns the same row for work that has a name, which stands before all that is told of it.
func (t *Terminal) Named(name string) *Terminal {
	named := *t
	named.name = name + ": "
	return &named
}

// Write writes whole lines above what the command is at.
func (t *Terminal) Write(p []byte) (int, error) {
	if t.name == "" {
		return t.screen.above(t.w, p)
	}
	if _, err := t.screen.above(t.w, append([]byte(t.name), p...)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Above returns a writer to w, which may be the same terminal: what it writes stands above what the
// command is at.
func (t *Terminal) Above(w io.Writer) io.Writer {
	if f, ok := w.(*os.File); !ok || t.screen.f == nil || !isTerminal(f) {
		return w
	}
	return aboveWriter{t.screen, w}
}

type aboveWriter struct {
	screen *screen
	w      io.Writer
}

func (a aboveWriter) Write(p []byte) (int, error) { return a.screen.above(a.w, p) }

// Close erases what the command is at. Nothing is told any more, and notes and errors still are.
func (t *Terminal) Close() { t.screen.close() }

// Line is one piece of work as the terminal tells of it. A row shows that which spoke last.
type Line struct {
	t *Terminal // nil: quiet

	mu    sync.Mutex
	last  time.Time // told, where there is no terminal
	began time.Time // when the first share was told that is not 0
	from  float64   // that share
}

// Line returns the line of a piece of work that begins now. Nothing is told of it if quiet.
func (t *Terminal) Line(quiet bool) *Line {
	if quiet {
		return &Line{}
	}
	return &Line{t: t, last: time.Now()}
}

// Tell says what the work is at, and which share of it is done, NaN if that is not known. The text
// "" erases the line until the work tells of itself again. It does not wait for the terminal.
func (l *Line) Tell(share float64, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.t == nil || l.t.screen.closed.Load():
	case text == "":
		l.t.screen.clear(l.t.row, l)
	case l.t.screen.f != nil:
		l.t.row.status.Store(&status{l, share, l.left(share), l.t.name + text})
		l.t.screen.once.Do(l.t.screen.start)
	case time.Since(l.last) >= l.t.Period:
		l.last = time.Now()
		fmt.Fprintln(l.t, text)
	}
}

// left is how much longer the work takes at its speed so far, 0 if that is not known. What went
// before the first share, a set-up or a run that is resumed, says nothing of the speed.
func (l *Line) left(share float64) time.Duration {
	if l.began.IsZero() && share > 0 {
		l.began, l.from = time.Now(), share
	}
	took := time.Since(l.began)
	if !(share > l.from) || took < time.Second {
		return 0
	}
	const most = 1000 * time.Hour
	return time.Duration(min(float64(took)*(1-share)/(share-l.from), float64(most)))
}
