package main

import (
	"bytes"
	"testing"
	"time"
)

// Where there is no terminal the set-up tells of its parts in lines, now and then, and nothing once it has ended or if quiet.
func TestSetUpIsToldOf(t *testing.T) {
	var out bytes.Buffer
	a := newActivity(&out, false)
	a.cells("assembly", 1, 4)
	if out.Len() > 0 {
		t.Errorf("told at once: %q", &out)
	}
	a.next = time.Now()
	a.cells("assembly", 2, 4)
	a.cells("assembly", 3, 4)
	if got, want := out.String(), "assembly: 50 % of 4 cells\n"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
	a.end()
	a.next = time.Now()
	a.cells("assembly", 4, 4)
	if got := out.String(); got != "assembly: 50 % of 4 cells\n" {
		t.Errorf("told after the end: %q", got)
	}
	quiet := newActivity(&out, true)
	quiet.next = time.Now()
	out.Reset()
	if quiet.cells("assembly", 1, 4); out.Len() > 0 {
		t.Errorf("told though quiet: %q", &out)
	}
}
