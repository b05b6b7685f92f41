package main

import (
	"bytes"
	"testing"

	"fpsgd/internal/terminal"
)

// Where there is no terminal the set-up tells of its parts in lines, and of nothing once it has ended or if quiet.
func TestSetUpIsToldOf(t *testing.T) {
	var out bytes.Buffer
	lines := terminal.New(&out)
	lines.Period = 0
	a, quiet := newActivity(lines, false), newActivity(lines, true)
	a.cells("assembly", 2, 4)
	quiet.cells("assembly", 3, 4)
	a.end()
	a.cells("assembly", 4, 4)
	if got, want := out.String(), "assembly: 50 % of 4 cells\n"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}
