package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Bounds on what takes a fraction of a second on an idle machine.
const (
	firstSnapshots = 60 * time.Second
	ending         = 10 * time.Second
)

// longRun is a run of many hours as a process.
type longRun struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer // once ended
	ended  chan struct{}
}

// startLong starts a run in dir/run and returns once it has written a few snapshots.
func startLong(t *testing.T, dir string) *longRun {
	t.Helper()
	return startArguments(t, dir, []string{"run", "quadratic-2d", "-o", "run", "--set", "grid.axes.0.cells=32", "--set", "time.end=1e3",
		"--set", "time.step=1e-3", "--set", "output.snapshots=1000000", "--json"}, filepath.Join("run", "rho", "000005.npy"))
}

// startArguments starts fpsgd in dir and returns once the file awaited is there.
func startArguments(t *testing.T, dir string, args []string, awaited string) *longRun {
	t.Helper()
	return awaiting(t, exec.Command("fpsgd", args...), dir, awaited)
}

// startFlushing is startArguments of a program that writes checkpoints all the time.
func startFlushing(t *testing.T, dir string, args []string, awaited string) *longRun {
	t.Helper()
	return awaiting(t, exec.Command("fpsgd-flushing", args...), dir, awaited)
}

// start starts a process in dir, which ends with the test.
func start(t *testing.T, cmd *exec.Cmd, dir string) *longRun {
	t.Helper()
	r := &longRun{cmd: cmd, ended: make(chan struct{})}
	r.cmd.Dir, r.cmd.Stderr = dir, &r.stderr
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { r.cmd.Wait(); close(r.ended) }()
	t.Cleanup(func() { r.cmd.Process.Kill(); <-r.ended })
	return r
}

// awaiting starts a process in dir and returns once the file awaited is there.
func awaiting(t *testing.T, cmd *exec.Cmd, dir, awaited string) *longRun {
	t.Helper()
	r := start(t, cmd, dir)
	timeout := time.After(firstSnapshots)
	for {
		if _, err := os.Stat(filepath.Join(dir, awaited)); err == nil {
			return r
		}
		select {
		case <-r.ended:
			t.Fatalf("the run ended: %s", &r.stderr)
		case <-timeout:
			t.Fatalf("no snapshots after %v", firstSnapshots)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// stop sends a signal and returns the exit code, −1 of a process that was killed.
func (r *longRun) stop(t *testing.T, signal os.Signal) int {
	t.Helper()
	if err := r.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	select {
	case <-r.ended:
	case <-time.After(ending):
		t.Fatalf("still running after %v", ending)
	}
	return r.cmd.ProcessState.ExitCode()
}

// An interrupted run ends soon, with exit code 75 and a directory that is whole.
func TestInterrupt(t *testing.T) {
	for name, signal := range map[string]os.Signal{"SIGINT": syscall.SIGINT, "SIGTERM": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			r := startLong(t, dir)
			if code := r.stop(t, signal); code != exitInterrupted {
				t.Errorf("exit %d, want %d", code, exitInterrupted)
			}
			if lines := strings.Split(strings.TrimSpace(r.stderr.String()), "\n"); !strings.HasPrefix(lines[len(lines)-1], "fpsgd: step ") ||
				!strings.HasSuffix(lines[len(lines)-1], "; what the run has so far is in run") {
				t.Errorf("stderr %q", lines)
			}
			if out := succeed(t, dir, "verify", "run"); !strings.HasSuffix(out, "status interrupted\n") {
				t.Errorf("verify: %s", out)
			}
			run := filepath.Join(dir, "run")
			snapshots := openAll(t, run)
			if _, times := readArray(t, run, "times.npy"); len(times) != snapshots || !slices.IsSorted(times) {
				t.Errorf("%d times for %d snapshots", len(times), snapshots)
			}
			for _, name := range files(t, run) {
				if strings.HasSuffix(name, ".tmp") {
					t.Errorf("%s is left", name)
				}
			}
			for _, name := range []string{"series.csv", "series.npz", "summary.json", "plots/density.png"} {
				readFile(t, run, name)
			}
		})
	}
}

// Nor does the set-up keep a run from ending: 256³ cells take many seconds to assemble.
func TestInterruptSetUp(t *testing.T) {
	dir := t.TempDir()
	r := start(t, exec.Command("fpsgd", "run", "quadratic-3d", "-o", "run", "--set", "grid.axes.0.cells=256"), dir)
	time.Sleep(time.Second) // the program listens to signals by then, and has not finished the set-up
	if code := r.stop(t, syscall.SIGINT); code != exitInterrupted || !strings.Contains(r.stderr.String(), "during the set-up") {
		t.Errorf("exit %d, stderr %q", code, r.stderr.String())
	}
	if _, err := os.Stat(filepath.Join(dir, "run")); err == nil {
		t.Error("a run directory is left")
	}
}

// openAll reads every .npy file of a run and returns how many snapshots there are.
func openAll(t *testing.T, run string) (snapshots int) {
	t.Helper()
	for _, name := range files(t, run) {
		if filepath.Ext(name) != ".npy" {
			continue
		}
		shape, _ := readArray(t, run, name)
		if strings.HasPrefix(name, "rho/") {
			snapshots++
			if !slices.Equal(shape, []int{32, 32}) {
				t.Errorf("%s has the shape %v", name, shape)
			}
		}
	}
	return snapshots
}

// A run that was killed leaves files that are whole under their names and the status running, and can be replaced.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Join(dir, "run")
	startLong(t, dir).stop(t, os.Kill)
	if snapshots := openAll(t, run); snapshots < 5 {
		t.Errorf("%d snapshots, want those that were there before the kill", snapshots)
	}
	if status := readJSON(t, readFile(t, run, "manifest.json"))["status"]; status != "running" {
		t.Errorf("status %v, want running", status)
	}
	// What a kill can leave: half a file of a name that is listed.
	writeNpyFile(t, filepath.Join(run, "rho", ".000099.npy.0123456789abcdef.tmp"), 3, func(i int) float64 { return float64(i) })
	if _, _, code := command(t, dir, append([]string{"run", "quadratic-2d", "-o", "run"}, small...)...); code != exitBadRequest {
		t.Errorf("exit %d, want %d: a killed run is not to be overwritten unasked", code, exitBadRequest)
	}
	succeed(t, dir, append([]string{"run", "quadratic-2d", "-o", "run", "--force"}, small...)...)
	if out := succeed(t, dir, "verify", "run"); !strings.HasSuffix(out, "status done\n") {
		t.Errorf("verify: %s", out)
	}
}
