package main

import (
	"fpsgd"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"fpsgd/internal/machine"
)

// What the machine has no room for is refused before it takes it, with what would do.
func TestBudget(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"run", "quadratic-1d", "--set", "grid.axes.0.cells=1000000000"},
			"cells have room"},
		{[]string{"run", "quadratic-2d", "--set", "grid.axes.0.cells=40000"}, "cells have room"},
		{[]string{"run", "quadratic-4d", "--set", "grid.axes.0.cells=200"}, "cells have room"},
		{[]string{"spectrum", "quadratic-2d", "--set", "grid.axes.0.cells=40000"},
			"cells have room"},
		{[]string{"explain", "quadratic-1d", "--set", "grid.axes.0.cells=1000000000"},
			"cells have room"},
		{[]string{"run", "quadratic-2d", "--set", "grid.axes.0.cells=1000", "--set",
			"output.snapshots=1000000"}, "output.snapshots = "},
		{[]string{"ensemble", "quadratic-radial-20", "--particles", "1000000000"},
			"1e+09 particles take about 179 GiB"},
		{[]string{"ensemble", "quadratic-2d", "--particles", "1000000", "--set",
			"output.snapshots=1000000", "--set", "grid.axes.0.cells=8", "-o", "e"},
			"particles at all outputs take about 29"},
	} {
		if _, stderr, code := command(t, dir, c.args...); code != exitBadRequest ||
			!strings.Contains(stderr, c.want) {
			t.Errorf("%q: exit %d, %s", c.args, code, stderr)
		}
	}
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left %q", left)
	}
	limited := exec.Command("sh", "-c", "ulimit -v 3000000 && exec fpsgd run quadratic-3d --set "+
		"grid.axes.0.cells=256")
	limited.Dir = dir
	out, _ := limited.CombinedOutput()
	if code := limited.ProcessState.ExitCode(); code != exitBadRequest ||
		!strings.Contains(string(out), "ulimit allows 1.") {
		t.Errorf("exit %d, %s", code, out)
	}
	disk := filepath.Join(mount(t, "400k"), "run")
	args := append([]string{"run", "quadratic-2d", "-o", disk, "--quiet"}, small...)
	if _, stderr,
		code := command(t, dir,
		append(args, "--set", "output.snapshots=500")...); code != exitBadRequest ||
		!strings.Contains(stderr, " would do, or another disk") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if out := succeed(t, dir, "explain", "quadratic-3d"); !strings.Contains(out, " of memory, ") ||
		!strings.Contains(out, " of disk, and ") {
		t.Errorf("explain: %s", out)
	}
}

// The memory that explain tells of is what a run takes, to a factor of two.
func TestMemoryOfARun(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"quadratic-1d", "--set", "grid.axes.0.cells=5000"},
		{"quadratic-2d", "--set", "time.scheme=sdirk2"},
		{"quadratic-3d", "--set", "grid.axes.0.cells=24"},
	} {
		s, err := loadScenario(t.Context(), args[0], args[2:3])
		if err != nil {
			t.Fatal(err)
		}
		estimate := fpsgd.BudgetOf(s.Config, float64(s.Grid.Cells())).Memory
		cmd := exec.Command("fpsgd",
			append([]string{"run", "--quiet", "-o", "run", "--set", "time.end=0.05"}, args...)...)
		if _, stderr, code := outcome(t, cmd, t.TempDir()); code != exitDone {
			t.Fatalf("exit %d, %s", code, stderr)
		}
		took := 1024 * float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
		if ratio := estimate / took; ratio < 0.5 || ratio > 2 {
			t.Errorf("%q: %s, and %s was told", args, machine.Bytes(took), machine.Bytes(estimate))
		}
	}
}
