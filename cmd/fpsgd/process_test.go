package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
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

// stop sends a signal, unless it has ended, and returns the exit code, −1 of a process that was
// killed.
func (r *longRun) stop(t *testing.T, signal os.Signal) int {
	t.Helper()
	if err := r.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	select {
	case <-r.ended:
	case <-time.After(ending):
		t.Fatalf("still running after %v", ending)
	}
	return r.cmd.ProcessState.ExitCode()
}
