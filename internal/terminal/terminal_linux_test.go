package terminal

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
)

// shown is a terminal with what stands on its screen.
type shown struct {
	t     *testing.T
	user  *os.File // the user's end
	tty   *os.File // the program's end
	drawn chan struct{}

	mu  sync.Mutex
	vt  vt10x.Terminal
	raw bytes.Buffer
}

func newShown(t *testing.T, columns int) *shown {
	t.Helper()
	user, tty, err := pty.Open()
	if err != nil {
		t.Skip(err)
	}
	s := &shown{t: t, user: user, tty: tty, drawn: make(chan struct{}),
		vt: vt10x.New(vt10x.WithSize(columns, 20))}
	s.resize(columns)
	go s.draw()
	t.Cleanup(func() { tty.Close(); <-s.drawn; user.Close() })
	return s
}

func (s *shown) draw() {
	defer close(s.drawn)
	buffer := make([]byte, 4096)
	for {
		n, err := s.user.Read(buffer)
		s.mu.Lock()
		s.vt.Write(buffer[:n])
		s.raw.Write(buffer[:n])
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *shown) resize(columns int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := pty.Setsize(s.user, &pty.Winsize{Cols: uint16(columns), Rows: 20}); err != nil {
		s.t.Fatal(err)
	}
	s.vt.Resize(columns, 20)
}

// rows returns the screen without what is empty at its edges.
func (s *shown) rows() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var rows []string
	for row := range strings.Lines(s.vt.String()) {
		rows = append(rows, strings.TrimRight(row, " \n"))
	}
	return strings.TrimRight(strings.Join(rows, "\n"), "\n")
}

// await waits until the screen as a whole matches.
func (s *shown) await(pattern string) {
	s.t.Helper()
	want := regexp.MustCompile("^(?:" + pattern + ")$")
	end := time.Now().Add(20 * time.Second)
	for ; !want.MatchString(s.rows()); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("the screen is\n%s\nand not %s", s.rows(), pattern)
		}
	}
}

// One line is shown, as wide as there is room, and notes, errors and results stand above it.
// Nothing is left of it.
func TestOneLine(t *testing.T) {
	for columns, want := range map[int][2]string{
		20: {`. assembly: 50 % o…`, ` 50 % t = 1 of 2, …`},
		40: {`. assembly: 50 % of 46656 cells`, ` 50 % t = 1 of 2, step 3, dt = 0.01`},
		50: {`. assembly: 50 % of 46656 cells`,
			` 50 % \[====>------\] t = 1 of 2, step 3, dt = 0.01`},
		80: {`. assembly: 50 % of 46656 cells`,
			` 50 % \[======>-------\] t = 1 of 2, step 3, dt = 0.01`},
	} {
		t.Run(fmt.Sprint(columns), func(t *testing.T) {
			t.Parallel()
			s := newShown(t, columns)
			terminal := New(s.tty)
			defer terminal.Close()
			setUp, steps := terminal.Line(false), terminal.Line(false)
			terminal.Line(true).Tell(0.1, "told though quiet")
			setUp.Tell(math.NaN(), "assembly: 50 % of 46656 cells")
			s.await(want[0])
			fmt.Fprintln(terminal, "a note")
			s.await("a note\n" + want[0])
			steps.Tell(0.5, "t = 1 of 2, step 3, dt = 0.01")
			s.await("a note\n" + want[1])
			setUp.Tell(math.NaN(), "") // it is not what is shown
			out := terminal.Above(s.tty)
			fmt.Fprint(out, "a row ")
			time.Sleep(2 * refreshPeriod)
			fmt.Fprintln(out, "in parts")
			s.await("a note\na row in parts\n" + want[1])
			steps.Tell(math.NaN(), "")
			s.await("a note\na row in parts")
			steps.Tell(0.5, "t = 1 of 2, step 3, dt = 0.01")
			s.await("a note\na row in parts\n" + want[1])
			terminal.Close()
			steps.Tell(0.9, "told after all")
			fmt.Fprintln(terminal, "an error")
			s.await("a note\na row in parts\nan error")
		})
	}
}

// A window that becomes narrower or wider has one line again soon.
func TestResize(t *testing.T) {
	s := newShown(t, 80)
	terminal := New(s.tty)
	defer terminal.Close()
	fmt.Fprintln(terminal, "a note")
	line := terminal.Line(false)
	line.Tell(math.NaN(), "assembly: 50 % of 46656 cells")
	s.await("a note\n. assembly: 50 % of 46656 cells")
	s.resize(20)
	s.await("a note\n. assembly: 50 % o…")
	s.resize(60)
	s.await("a note\n. assembly: 50 % of 46656 cells")
	line.Tell(math.NaN(), "")
	s.await("a note")
}

// The cursor waits at the beginning of the line, so that one which is folded is erased as a whole.
func TestCursorWaitsAtTheBeginning(t *testing.T) {
	s := newShown(t, 80)
	terminal := New(s.tty)
	defer terminal.Close()
	terminal.Line(false).Tell(0.5, "t = 1 of 2")
	s.await(` 50 % .* t = 1 of 2`)
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.vt.Cursor(); at.X != 0 || at.Y != 0 {
		t.Errorf("the cursor is at column %d of row %d", at.X, at.Y)
	}
}

// There is no colour, whatever NO_COLOR says: the escape sequences are the two that erase.
func TestNoColour(t *testing.T) {
	s := newShown(t, 80)
	terminal := New(s.tty)
	terminal.Line(false).Tell(0.5, "t = 1 of 2")
	s.await(` 50 % .* t = 1 of 2`)
	terminal.Close()
	fmt.Fprintln(terminal, "an error")
	s.await("an error")
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := strings.NewReplacer(eraseRest, "", eraseBelow, "").Replace(s.raw.String())
	if strings.Contains(rest, "\x1b") {
		t.Errorf("%q", rest)
	}
}

// Where the terminal is dumb work is told of in lines.
func TestDumb(t *testing.T) {
	t.Setenv("TERM", "dumb")
	s := newShown(t, 80)
	terminal := New(s.tty)
	terminal.Period = 0
	line := terminal.Line(false)
	line.Tell(0.5, "t = 1 of 2")
	line.Tell(math.NaN(), "spectral gap")
	line.Tell(math.NaN(), "")
	s.await("t = 1 of 2\nspectral gap")
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.Contains(s.raw.String(), "\x1b") {
		t.Errorf("%q", &s.raw)
	}
}

// Pieces of work side by side have a row each, with their names, in the order in which the rows
// were added; those that are idle take none. The cursor waits on the first, and what is written
// stands above all.
func TestRows(t *testing.T) {
	s := newShown(t, 80)
	terminal := New(s.tty)
	defer terminal.Close()
	all := terminal.Line(false)
	all.Tell(math.NaN(), "1 of 3 points")
	first, second := terminal.Row(), terminal.Row()
	a, b := first.Named("a").Line(false), second.Named("b").Line(false)
	b.Tell(math.NaN(), "assembly")
	s.await(". 1 of 3 points\n. b: assembly")
	a.Tell(math.NaN(), "t = 1")
	s.await(". 1 of 3 points\n. a: t = 1\n. b: assembly")
	fmt.Fprintln(first.Named("a"), "a note")
	s.await("a: a note\n. 1 of 3 points\n. a: t = 1\n. b: assembly")
	s.mu.Lock()
	if at := s.vt.Cursor(); at.X != 0 || at.Y != 1 {
		t.Errorf("the cursor is at column %d of row %d", at.X, at.Y)
	}
	s.mu.Unlock()
	all.Tell(math.NaN(), "")
	s.await("a: a note\n. a: t = 1\n. b: assembly")
	a.Tell(math.NaN(), "")
	b.Tell(math.NaN(), "")
	s.await("a: a note")
}
