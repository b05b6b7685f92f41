package main

import (
	"bytes"
	"math"
	"testing"

	"fpsgd/internal/terminal"
)

// Where there is no terminal a command tells what it is at in lines, and nothing if quiet.
func TestActivityIsToldOf(t *testing.T) {
	var out bytes.Buffer
	lines := terminal.New(&out)
	lines.Period = 0
	a, quiet := newActivity(lines, false), newActivity(lines, true)
	a.tell(math.NaN(), "assembly: 50 % of 4 cells")
	quiet.tell(math.NaN(), "assembly: 75 % of 4 cells")
	a.tell(math.NaN(), "")
	if got, want := out.String(), "assembly: 50 % of 4 cells\n"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}
