package terminal

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

const (
	// refreshPeriod is that of the line. Work that takes less is not seen.
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

// screen is a terminal with one line that changes in place, which mpb renders and this paints.
//
// The line ends one column before the edge, and the cursor waits on its first character. So whether
// a terminal that becomes narrower folds the line or cuts it, erasing from the cursor on erases all
// of it and nothing else.
type screen struct {
	f      *os.File // nil where there is no terminal: then nothing is shown
	closed atomic.Bool
	status atomic.Pointer[status] // nil: nothing to show
	frame  bytes.Buffer           // the next picture of the line; mpb's goroutine alone uses it
	frames int                    // so many so far; likewise

	mu      sync.Mutex // of what follows, and of what is written
	painted bool       // the line is on the screen
	open    bool       // what was written last is not a whole line, and goes on
	bars    *mpb.Progress
}

// start begins to show the status.
func (s *screen) start() {
	bars := mpb.New(mpb.WithConsoleWriter(s), mpb.WithAutoRefresh(),
		mpb.WithRefreshRate(refreshPeriod))
	s.mu.Lock()
	s.bars = bars
	s.mu.Unlock()
	// An error is that the terminal is gone, and with it who would see the bar. Its total of −1 is
	// never reached: close ends it.
	bars.Add(-1, mpb.BarFillerFunc(s.fill), mpb.BarFillerTrim(), mpb.BarWidth(barWidth),
		mpb.PrependDecorators(decor.Any(s.head)), mpb.AppendDecorators(decor.Any(s.tail)))
}

// close erases the line for good.
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
func (s *screen) clear(l *Line) {
	shown := s.status.Load()
	if shown == nil || shown.line != l || !s.status.CompareAndSwap(shown, nil) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
}

// above writes p to w, which shows on the same screen. The line comes back below it.
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
func (s *screen) head(decor.Statistics) string {
	shown := s.status.Load()
	switch {
	case shown == nil:
		return ""
	case math.IsNaN(shown.share):
		s.frames++
		return `|/-\`[s.frames%4:][:1] + " "
	}
	return fmt.Sprintf("%3.0f %% ", 100*shown.share)
}

// fill draws the bar. What the head and the tail leave of the line is its width.
func (s *screen) fill(w io.Writer, stat decor.Statistics) error {
	shown := s.status.Load()
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
func (s *screen) tail(decor.Statistics) string {
	shown := s.status.Load()
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

// GetTermSize returns the room for the line: a column less than there are, as some terminals go on
// to the next row from the last.
func (s *screen) GetTermSize() (width, height int, err error) {
	width, height, err = term.GetSize(int(s.f.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		width, height = usualWidth, usualHeight
	}
	return width - 1, height, nil
}

// Flush paints the line over its last picture.
func (s *screen) Flush(int) error {
	line, _, _ := bytes.Cut(s.frame.Bytes(), []byte("\n"))
	picture := "\r" + string(bytes.TrimRight(line, " ")) + eraseBelow + "\r"
	s.frame.Reset()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed.Load() || s.open || s.status.Load() == nil || !inForeground(s.f) {
		return nil
	}
	s.painted = true
	_, err := io.WriteString(s.f, picture)
	return err
}
