package main

import (
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"fpsgd/internal/machine"
	"fpsgd/internal/rundir"
)

// starvation names the environment variable with the file from which on there is no memory left.
const starvation = "FPSGD_STARVED_FROM"

// starved is a machine with a gigabyte of memory, and then with a megabyte.
func starved() machine.Room {
	if _, err := os.Stat(os.Getenv(starvation)); err == nil {
		return machine.Room{Left: 1 << 20, Of: 1 << 30, By: "its control group"}
	}
	return machine.Room{Left: 1 << 30, Of: 1 << 30, By: "its control group"}
}

// startStarved runs fpsgd until its memory runs out, and requires that it says so, and where, in
// one line.
func startStarved(t *testing.T, from, where string, args ...string) {
	t.Helper()
	cmd := exec.Command("fpsgd-starved", args...)
	cmd.Env = append(os.Environ(), starvation+"="+from)
	_, stderr, code := outcome(t, cmd, t.TempDir())
	if code != exitFailed || strings.Count(stderr, "\n") != 1 ||
		!strings.HasPrefix(stderr, "fpsgd: ") || !strings.Contains(stderr, where) ||
		!strings.Contains(stderr, "the memory runs out: its control group allows 1 MiB more, of "+
			"1 GiB, and ") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}

// Where the memory runs out a run ends in order, with what it has, and goes on to the same bits
// when there is some again.
func TestMemoryRunsOut(t *testing.T) {
	for scheme, args := range map[string][]string{
		"sdirk2":  append(slices.Clone(resumable["sdirk2"]), "--set", "output.errors=false"),
		"lanczos": append(slices.Clone(resumable["lanczos"]), "--set", "grid.axes.0.cells=96"),
	} {
		t.Run(scheme, func(t *testing.T) {
			dir := t.TempDir()
			whole, parts := filepath.Join(dir, "whole"), filepath.Join(dir, "parts")
			succeed(t, dir, append(args, "-o", whole)...)
			startStarved(t, filepath.Join(parts, rundir.SnapshotFile(3)), "; what the run has so "+
				"far is in "+parts, append(args, "-o", parts)...)
			r, err := rundir.Verify(parts)
			if err != nil || len(r.Problems) > 0 || r.Manifest.Status != rundir.Failed ||
				r.Manifest.Incomplete(rundir.CheckpointFile) {
				t.Errorf("status %s, %v, %v", r.Manifest.Status, r.Problems, err)
			}
			if snapshots := files(t, filepath.Join(parts, "rho")); len(snapshots) >= len(files(t,
				filepath.Join(whole, "rho"))) {
				t.Errorf("it went on to %d snapshots", len(snapshots))
			}
			readFile(t, parts, rundir.CheckpointFile)
			succeed(t, dir, append(args, "-o", parts, "--resume")...)
			sameResults(t, scheme, whole, parts)
		})
	}
}

// So it is before the first step, when nothing is left, and after the last one; and with other
// commands.
func TestMemoryRunsOutElsewhere(t *testing.T) {
	dir := t.TempDir()
	none := filepath.Join(dir, "none")
	startStarved(t, dir, "during the set-up", "run", "quadratic-3d", "--quiet", "--set",
		"grid.axes.0.cells=64", "-o", none)
	if _, err := os.Stat(none); err == nil {
		t.Error("a run directory is left")
	}
	modes := filepath.Join(dir, "modes")
	startStarved(t, filepath.Join(modes, rundir.ResolvedFile), "", "spectrum", "quadratic-2d",
		"--quiet", "-k", "40", "-o", modes)
	if m, err := rundir.ReadManifest(modes); err != nil || m.Status != rundir.Failed {
		t.Errorf("a spectrum: status %s, %v", m.Status, err)
	}
	late := []string{"run", "quadratic-3d", "--quiet", "--set", "grid.axes.0.cells=16", "--set",
		"time.step=0.5", "--set", "time.end=1",
		"--set", "output.snapshots=2", "-o"}
	whole, parts := filepath.Join(dir, "whole"), filepath.Join(dir, "parts")
	succeed(t, dir, append(late, whole)...)
	startStarved(t, filepath.Join(parts, rundir.SnapshotFile(1)), "is in "+parts,
		append(late, parts)...)
	succeed(t, dir, append(late, parts, "--resume")...)
	sameResults(t, "after the last step", whole, parts)
}

// Garbage is collected before the memory is at its end, and not later than GOMEMLIMIT asks for;
// nothing is done where nothing is known.
func TestMemoryLimit(t *testing.T) {
	const mib, gib = 1 << 20, 1 << 30
	was, room := debug.SetMemoryLimit(-1), machine.Room{}
	memoryRoom = func() machine.Room { return room }
	defer func() { memoryRoom = machine.MemoryAndSwap; debug.SetMemoryLimit(was) }()
	used, _, _ := machine.Heap()
	for _, c := range []struct {
		name        string
		left        float64
		asked       int64
		least, most float64 // of the limit
		fails       bool
	}{
		{"nothing known", math.Inf(1), math.MaxInt64, math.MaxInt64, math.MaxInt64, false},
		{"much", 8 * gib, math.MaxInt64, 8*gib - 64*mib, used + 8*gib, false},
		{"little", 100 * mib, math.MaxInt64, 32 * mib, used + 100*mib, false},
		{"less than nothing", -gib, math.MaxInt64, 32 * mib, 32 * mib, true},
		{"GOMEMLIMIT", 8 * gib, gib, gib, gib, false},
	} {
		debug.SetMemoryLimit(c.asked)
		room = machine.Room{Left: c.left, Of: 16 * gib}
		err := lookAtMemory(c.asked)
		if limit := float64(debug.SetMemoryLimit(-1)); limit < c.least || limit > c.most ||
			(err != nil) != c.fails {
			t.Errorf("%s: the limit is %g, %v", c.name, limit, err)
		}
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(nil)
	endBeforeMemory(ctx, cancel) // which ends with the work
}
