package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// resumable are runs of two seconds or so that can be stopped anywhere.
var resumable = map[string][]string{
	"sdirk2": {"run", "quadratic-2d", "--quiet", "--set", "grid.axes.0.cells=64", "--set",
		"time.tolerance=1e-6", "--set", "time.end=3",
		"--set", "time.scheme=sdirk2"},
	"sdirk3": {"run", "quadratic-2d", "--quiet", "--set", "grid.axes.0.cells=64",
		"--set", "time.tolerance=1e-8", "--set", "time.end=3", "--set", "time.scheme=sdirk3",
		"--set", "output.errors=false"},
	"lanczos": {"run", "quadratic-2d", "--quiet", "--set", "grid.axes.0.cells=112", "--set",
		"time.tolerance=1e-7", "--set", "time.end=3",
		"--set", "output.snapshots=100"},
}

// A run that was interrupted, and goes on, ends with the bits of one that was not.
func TestResume(t *testing.T) {
	t.Parallel()
	for scheme, resumable := range resumable {
		t.Run(scheme, func(t *testing.T) { testResume(t, resumable) })
	}
}

func testResume(t *testing.T, resumable []string) {
	dir := t.TempDir()
	succeed(t, dir, append(resumable, "-o", "whole")...)
	r := startArguments(t, dir, append(resumable, "-o", "parts"),
		filepath.Join("parts", "rho", "000003.npy"))
	if code := r.stop(t, syscall.SIGINT); code != exitInterrupted {
		t.Fatalf("exit %d, want %d", code, exitInterrupted)
	}
	if _, stderr, code := command(t, dir, "run", "quadratic-2d", "--resume", "-o",
		"parts"); code != exitBadRequest ||
		!strings.Contains(stderr, "another config: grid.axes.0.cells = ") {
		t.Errorf("another config: exit %d, %s", code, stderr)
	}
	succeed(t, dir, append(resumable, "-o", "parts", "--resume")...)
	for _, name := range files(t, filepath.Join(dir, "whole")) {
		if name == "manifest.json" || name == "summary.json" {
			continue
		}
		if !bytes.Equal(readFile(t, dir, "whole", name), readFile(t, dir, "parts", name)) {
			t.Errorf("%s differs", name)
		}
	}
	summary := func(run string) string { return untimed(t, dir, run, "summary.json") }
	if a, b := summary("whole"), summary("parts"); a != b {
		t.Errorf("summaries differ:\n%s\n%s", a, b)
	}
	succeed(t, dir, "verify", "parts")
	if out := succeed(t, dir, append(resumable, "-o", "parts", "--resume")...); out != "parts is "+
		"complete: nothing to do\n" {
		t.Errorf("a complete run: %s", out)
	}
}

// untimed returns a summary, or what else is of JSON, without the time that it took.
func untimed(t *testing.T, path ...string) string {
	t.Helper()
	var s map[string]any
	if err := json.Unmarshal(readFile(t, path...), &s); err != nil {
		t.Fatal(err)
	}
	delete(s, "wall_s")
	delete(s, "seconds")
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
