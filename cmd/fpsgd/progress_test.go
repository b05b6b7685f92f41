package main

import (
	"bytes"
	"math"
	"testing"

	"fpsgd/internal/terminal"
)

// Where there is no terminal a command tells what it is at in lines, and nothing if quiet.
func TestProgressIsToldOf(t *testing.T) {
	var out bytes.Buffer
	lines := terminal.New(&out)
	lines.Period = 0
	tell, quiet := lines.Line(false).Tell, lines.Line(true).Tell
	tell(math.NaN(), "assembly: 50 % of 4 cells")
	quiet(math.NaN(), "assembly: 75 % of 4 cells")
	tell(math.NaN(), "")
	if got, want := out.String(), "assembly: 50 % of 4 cells\n"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}
