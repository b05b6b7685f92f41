package main

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fpsgd/internal/figures"
	"fpsgd/internal/rundir"
)

// crashes are runs of a second or so, in one to three dimensions, by every propagator, with all
// that is drawn and found in the end.
var crashes = []struct {
	name string
	args []string
}{
	{"sdirk2 on the line", []string{"run", "quadratic-1d", "--set", "time.scheme=sdirk2", "--set",
		"time.tolerance=1e-5", "--set", "output.errors=false"}},
	{"spectrum", []string{"spectrum", "quadratic-2d", "--set", "grid.axes.0.cells=48"}},
	{"lanczos in the plane", []string{"run", "quadratic-2d", "--set", "grid.axes.0.cells=64",
		"--set", "time.scheme=lanczos"}},
	{"euler in the plane", []string{"run", "quadratic-2d", "--set", "grid.axes.0.cells=32", "--set",
		"time.scheme=euler", "--set", "time.step=0.01", "--set", "time.end=3"}},
	{"sdirk2 in space", []string{"run", "quadratic-3d", "--set", "grid.axes.0.cells=16", "--set",
		"time.scheme=sdirk2", "--set", "time.tolerance=1e-3"}},
	{"lanczos in space", []string{"run", "quadratic-3d", "--set", "grid.axes.0.cells=24", "--set",
		"time.scheme=lanczos"}},
	{"euler in polar coordinates", []string{"run", "quadratic-polar", "--set",
		"grid.axes.0.cells=24", "--set", "grid.axes.1.cells=16", "--set", "time.scheme=euler",
		"--set", "time.step=0.05", "--set", "output.current=true"}},
	{"mass that leaves", []string{"run", "cross-entropy", "--set", "time.scheme=sdirk2", "--set",
		"time.tolerance=1e-6"}},
}

// Whatever moment a process is killed at, once or again, --resume alone brings about what one that
// was left alone leaves, to the bit, and what is there in between is known to be the run's.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	kills, cases, chain := 6, crashes[:3], 2
	if os.Getenv("FPSGD_LONG") != "" {
		kills, cases, chain = 200, crashes, 4
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	folder := t.TempDir()
	var c crash
	for k := 0; c.kills < kills; k++ {
		of := cases[k%len(cases)]
		args := append(slices.Clone(of.args), "--quiet", "--resume", "-o")
		whole := filepath.Join(folder, of.name)
		if _, err := os.Stat(whole); err != nil {
			begun := time.Now()
			flushing(t, append(args, whole)...)
			c.took = append(c.took, time.Since(begun))
		}
		parts := filepath.Join(t.TempDir(), "parts")
		for range chain {
			moment := time.Duration(random.Float64() * float64(c.took[k%len(cases)]))
			if !c.kill(t, moment, append(args, parts)...) {
				break
			}
			c.look(t, of.name, parts)
		}
		flushing(t, append(args, parts)...)
		sameResults(t, of.name, whole, parts)
		os.RemoveAll(parts)
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("%d kills: %d before the first manifest, %d before the first checkpoint, %d with "+
		"temporary files left, %d runs had ended",
		c.kills, c.unborn, c.fresh, c.torn, c.ended)
}

// crash counts what kills have met.
type crash struct {
	took                              []time.Duration // of the cases, uninterrupted
	kills, unborn, fresh, torn, ended int
}

// kill starts a process and kills it after a while. It returns false if that has ended before.
func (c *crash) kill(t *testing.T, after time.Duration, args ...string) bool {
	t.Helper()
	cmd := exec.Command("fpsgd-flushing", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	cmd.Process.Kill()
	cmd.Wait()
	switch cmd.ProcessState.ExitCode() {
	case exitDone:
		c.ended++
		return false
	case -1:
		c.kills++
		return true
	}
	t.Fatalf("%q ended with %s", args, &stderr)
	return false
}

// look checks what a kill has left.
func (c *crash) look(t *testing.T, name, parts string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(parts, rundir.ManifestFile)); err != nil {
		c.unborn++
		return
	}
	for _, name := range files(t, parts) {
		if strings.HasSuffix(name, ".tmp") {
			c.torn++
			break
		}
	}
	if _, err := os.Stat(filepath.Join(parts, rundir.CheckpointFile)); err != nil {
		c.fresh++
	}
	if r, err := rundir.Verify(parts); err != nil || len(r.Problems) > 0 || r.Owner != nil {
		t.Errorf("%s: verify of what a kill has left: %v, %v, %v", name, r.Problems, err, r.Owner)
	}
}

// flushing runs fpsgd with many checkpoints.
func flushing(t *testing.T, args ...string) {
	t.Helper()
	var exit *exec.ExitError
	if _, err := exec.Command("fpsgd-flushing", args...).Output(); errors.As(err, &exit) {
		t.Fatalf("fpsgd %s: %v\n%s", strings.Join(args, " "), err, exit.Stderr)
	} else if err != nil {
		t.Fatal(err)
	}
}

// sameResults requires that two folders are whole and hold the same bits, but for times of day and
// some files.
func sameResults(t *testing.T, name, a, b string, but ...string) {
	t.Helper()
	for _, run := range []string{a, b} {
		if r, err := rundir.Verify(run); err != nil || len(r.Problems) > 0 ||
			len(r.Incomplete) > 0 || r.Manifest.Status != rundir.Done {
			t.Errorf("%s: verify: status %s, %v, incomplete %v, %v", name, r.Manifest.Status,
				r.Problems, r.Incomplete, err)
		}
	}
	names := files(t, a)
	if other := files(t, b); !slices.Equal(names, other) {
		t.Errorf("%s: files %v\nand %v", name, names, other)
	}
	for _, file := range names {
		if slices.Contains(but, file) {
			continue
		}
		switch file {
		case rundir.ManifestFile:
		case rundir.SummaryFile, figures.EnsembleFile:
			if x, y := untimed(t, a, file), untimed(t, b, file); x != y {
				t.Errorf("%s: %s differs:\n%s\n%s", name, file, x, y)
			}
		default:
			if !bytes.Equal(readFile(t, a, file), readFile(t, b, file)) {
				t.Errorf("%s: %s differs", name, file)
			}
		}
	}
}
