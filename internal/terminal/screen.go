package terminal

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

const (
	// refreshPeriod is that of the lines. Work that takes less is not seen.
	refreshPeriod = 100 * time.Millisecond
	// barWidth is how many columns a bar takes, if there are so many.
	barWidth = 16
	// usualWidth and usualHeight are those of a terminal that does not know its own.
	usualWidth, usualHeight = 80, 24
	// eraseRest and eraseBelow erase from the cursor to the end of its row, and of the screen.
	eraseRest, eraseBelow = "\x1b[K", "\x1b[J"
)

// status is what is shown of a piece of work.
type status struct {
	line  *Line
	share float64
	left  time.Duration
	text  string
}

// row is a place on the screen for one line.
type row struct {
	status atomic.Pointer[status] // nil: nothing to show
	frames int                    // pictures of the line so far; mpb's goroutine alone uses it
}

// screen is a terminal with lines that change in place, which mpb renders and this paints.
//
// The lines end one column before the edge, and the cursor waits on the first character of the
// first. So whether a terminal that becomes narrower folds a line or cuts it, erasing from the
// cursor on erases all of them and nothing else.
type screen struct {
	f      *os.File // nil where there is no terminal: then nothing is shown
	closed atomic.Bool
	once   sync.Once    // starts it
	frame  bytes.Buffer // the next picture of the lines; mpb's goroutine alone uses it

	mu      sync.Mutex // of what follows, and of what is written
	rows    []*row     // from the top
	painted bool       // there are lines on the screen
	open    bool       // what was written last is not a whole line, and goes on
	bars    *mpb.Progress
}

// add adds a row below the others.
func (s *screen) add() *row {
	r := &row{}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows = append(s.rows, r)
	if s.bars != nil {
		r.render(s.bars)
	}
	return r
}

// render has a line rendered again and again. An error is that the terminal is gone, and with it
// who would see it. The bar's total of −1 is never reached: close ends it.
func (r *row) render(bars *mpb.Progress) {
	bars.Add(-1, mpb.BarFillerFunc(r.fill), mpb.BarFillerTrim(), mpb.BarWidth(barWidth),
		mpb.PrependDecorators(decor.Any(r.head)), mpb.AppendDecorators(decor.Any(r.tail)))
}

// start begins to show the rows.
func (s *screen) start() {
	bars := mpb.New(mpb.WithConsoleWriter(s), mpb.WithAutoRefresh(),
		mpb.WithRefreshRate(refreshPeriod))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bars = bars
	for _, r := range s.rows {
		r.render(bars)
	}
}

// close erases the lines for good.
func (s *screen) close() {
	s.mu.Lock()
	s.closed.Store(true)
	s.erase()
	bars := s.bars
	s.bars = nil
	s.mu.Unlock()
	if bars != nil {
		bars.Shutdown()
	}
}

// clear erases the status of a piece of work if it is shown.
func (s *screen) clear(r *row, l *Line) {
	shown := r.status.Load()
	if shown == nil || shown.line != l || !r.status.CompareAndSwap(shown, nil) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
}

// above writes p to w, which shows on the same screen. The lines come back below it.
func (s *screen) above(w io.Writer, p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	if len(p) > 0 {
		s.open = p[len(p)-1] != '\n'
	}
	return w.Write(p)
}

func (s *screen) erase() {
	if s.painted {
		s.painted = false
		// tmux keeps what eraseBelow finds on the first row of the screen
		io.WriteString(s.f, "\r"+eraseRest+eraseBelow)
	}
}

// head is what stands before the bar: the share that is done, or that the work goes on.
func (r *row) head(decor.Statistics) string {
	shown := r.status.Load()
	switch {
	case shown == nil:
		return ""
	case math.IsNaN(shown.share):
		r.frames++
		return `|/-\`[r.frames%4:][:1] + " "
	}
	return fmt.Sprintf("%3.0f %% ", 100*shown.share)
}

// fill draws the bar. What the head and the tail leave of the line is its width.
func (r *row) fill(w io.Writer, stat decor.Statistics) error {
	shown := r.status.Load()
	if shown == nil || math.IsNaN(shown.share) || stat.AvailableWidth < barWidth/2 {
		return nil
	}
	stat.AvailableWidth--
	stat.Total, stat.Current = math.MaxInt32, int64(math.MaxInt32*shown.share)
	if err := mpb.BarStyle().Build().Fill(w, stat); err != nil {
		return err
	}
	_, err := io.WriteString(w, " ")
	return err
}

// tail is what stands after the bar: what the work is at, and how much longer it takes at the speed
// so far.
func (r *row) tail(decor.Statistics) string {
	shown := r.status.Load()
	if shown == nil {
		return ""
	}
	if left := shown.left.Round(time.Second); left > 0 {
		return fmt.Sprintf("%s, %v left", shown.text, left)
	}
	return shown.text
}

// Write, ReadFrom, IsTerminal, GetTermSize and Flush implement mpb.ConsoleWriter.
func (s *screen) Write(p []byte) (int, error) { return s.frame.Write(p) }

func (s *screen) ReadFrom(r io.Reader) (int64, error) { return s.frame.ReadFrom(r) }

func (s *screen) IsTerminal() bool { return true }

// GetTermSize returns the room for the lines: a column less than there are, as some terminals go on
// to the next row from the last.
func (s *screen) GetTermSize() (width, height int, err error) {
	width, height, err = term.GetSize(int(s.f.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		width, height = usualWidth, usualHeight
	}
	return width - 1, height, nil
}

// Flush paints the lines over their last picture.
func (s *screen) Flush(int) error {
	var lines []string
	for line := range strings.Lines(s.frame.String()) {
		if line = strings.TrimRight(line, " \r\n"); line != "" {
			lines = append(lines, line)
		}
	}
	s.frame.Reset()
	s.mu.Lock()
	defer s.mu.Unlock()
	busy := func(r *row) bool { return r.status.Load() != nil }
	if s.closed.Load() || s.open || len(lines) == 0 || !slices.ContainsFunc(s.rows, busy) ||
		!inForeground(s.f) {
		return nil
	}
	s.painted = true
	picture := "\r" + strings.Join(lines, eraseRest+"\r\n") + eraseBelow + "\r"
	if up := len(lines) - 1; up > 0 {
		picture += fmt.Sprintf("\x1b[%dA", up)
	}
	_, err := io.WriteString(s.f, picture)
	return err
}
