package terminal

import (
	"bytes"
	"math"
	"testing"
	"time"
)

// Where there is no terminal work is told of in lines, not more often than every period.
func TestLines(t *testing.T) {
	var out bytes.Buffer
	terminal := New(&out)
	line := terminal.Line(false)
	line.Tell(math.NaN(), "at once")
	line.last = line.last.Add(-terminal.Period)
	line.Tell(math.NaN(), "late")
	line.Tell(math.NaN(), "soon after")
	line.last = line.last.Add(-terminal.Period)
	line.Tell(math.NaN(), "")
	terminal.Close()
	line.Tell(math.NaN(), "ended")
	if got := out.String(); got != "late\n" {
		t.Errorf("told %q", got)
	}
}

// What is left is told from the speed since the first share.
func TestLeft(t *testing.T) {
	l := &Line{}
	if left := l.left(0.5); left != 0 {
		t.Errorf("%v left at once", left)
	}
	l.began = l.began.Add(-10 * time.Second)
	if left := l.left(0.75).Round(time.Second); left != 10*time.Second {
		t.Errorf("%v left, want 10s: a quarter took ten seconds", left)
	}
	if left := l.left(0.5 + 1e-15); left < 0 || left > 1000*time.Hour {
		t.Errorf("%v left", left)
	}
}
