package main

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"fpsgd/internal/rundir"
	"fpsgd/solver"
)

// quick is a run of half a second, which is stopped once it has written the snapshot awaited.
var quick = []string{"run", "quadratic-1d", "--quiet", "--set", "grid.axes.0.cells=64", "--set",
	"time.scheme=sdirk2", "--set", "time.tolerance=1e-7"}

const awaited = "rho/000012.npy"

// flips is how many bits the tests flip, over all files alike.
func flips() int {
	if os.Getenv("FPSGD_LONG") != "" {
		return 1000
	}
	return 60
}

// flipped calls do for copies of a run of which one bit is another, in each file by turns.
func flipped(t *testing.T, run string, do func(k int, name, copied string)) {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	names := append(files(t, run), rundir.CheckpointFile)
	copied := filepath.Join(t.TempDir(), "run")
	for k := range flips() {
		if err := os.RemoveAll(copied); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(copied, os.DirFS(run)); err != nil {
			t.Fatal(err)
		}
		name := names[k%len(names)]
		content := readFile(t, copied, name)
		if len(content) == 0 {
			continue
		}
		bit := random.IntN(8 * len(content))
		content[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(filepath.Join(copied, name), content, 0o666); err != nil {
			t.Fatal(err)
		}
		do(k, name, copied)
	}
}

// Whichever bit of a run changes, verify notices.
func TestVerifyNoticesEveryBit(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run")
	succeed(t, ".", append(quick, "-o", run)...)
	flipped(t, run, func(k int, name, copied string) {
		if r, err := rundir.Verify(copied); err == nil && len(r.Problems) == 0 {
			t.Errorf("flip %d, of %s, is not noticed", k, name)
		}
	})
}

// Whichever bit changes of a run that is not complete, --resume refuses to go on, or does not use
// it.
func TestResumeUsesNoFlippedBit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	whole, parts := filepath.Join(dir, "whole"), filepath.Join(dir, "parts")
	succeed(t, dir, append(quick, "-o", whole)...)
	if code := startFlushing(t, dir, append(quick, "-o", parts),
		filepath.Join("parts", awaited)).stop(t, syscall.SIGKILL); code != -1 {
		t.Fatalf("it ended with %d before it was killed", code)
	}
	refused, unused := 0, 0
	flipped(t, parts, func(k int, name, copied string) {
		matters := strings.HasPrefix(name, "checkpoint") || name == rundir.ManifestFile
		if !matters && k%7 != 0 { // to go on takes half a second
			return
		}
		_, stderr, code := command(t, dir, append(quick, "--resume", "-o", copied)...)
		switch {
		case code == exitBadRequest:
			refused++
		case code == exitDone && (name == rundir.LoaderFile || name == rundir.ConfigFile):
			// which the program does not read
			unused++
			r, err := rundir.Verify(copied)
			if err != nil || len(r.Problems) != 1 || r.Problems[0].Path != name ||
				!strings.Contains(stderr, "left as edited, and not used: "+name) {
				t.Errorf("flip %d, of %s: verify %v, %v, %s", k, name, r.Problems, err, stderr)
			}
		case code == exitDone && !matters:
			unused++
			sameResults(t, name, whole, copied)
		default:
			t.Errorf("flip %d, of %s: exit %d, %s", k, name, code, stderr)
		}
	})
	t.Logf("%d refused, %d not used", refused, unused)
}

// A checkpoint of another build is gone on with if that is asked for, and the manifest tells.
func TestOtherVersion(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Join(dir, "run")
	startFlushing(t, dir, append(quick, "-o", run), filepath.Join("run", awaited)).stop(t,
		syscall.SIGKILL)
	anotherBuild(t, run)
	args := append(quick, "--resume", "-o", run)
	if _, stderr, code := command(t, dir, args...); code != exitBadRequest ||
		!strings.Contains(stderr, `was computed by version "1.2.3", and this is`) ||
		!strings.Contains(stderr, "--other-version") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	before := readFile(t, run, rundir.ManifestFile)
	if _, stderr,
		code := command(t, dir,
		append(quick, "-o", run, "--other-version")...); code != exitBadRequest ||
		!strings.Contains(stderr, "give both") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if !bytes.Equal(before, readFile(t, run, rundir.ManifestFile)) {
		t.Error("a refusal has touched the manifest")
	}
	succeed(t, dir, append(args, "--other-version")...)
	m, err := rundir.ReadManifest(run)
	if err != nil || len(m.Earlier) != 1 || m.Earlier[0] != "1.2.3" {
		t.Errorf("earlier versions %v, %v", m.Earlier, err)
	}
}

// anotherBuild makes a run one of version 1.2.3.
func anotherBuild(t *testing.T, run string) {
	t.Helper()
	dir, err := rundir.Open(run)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	var state struct { // a checkpoint, as a run writes it
		State                                     solver.State
		Series                                    solver.Record
		Written                                   []float64
		Wall                                      time.Duration
		DriftInitial, DriftMax, Rise, Last, Whole float64
		Reason                                    string
		Fallback                                  bool
	}
	o, err := dir.ReadCheckpoint(&state)
	if err == nil {
		err = dir.Adopt(o)
	}
	o.Program.Version, o.Program.Executable = "1.2.3", ""
	dir.Manifest.Version, dir.Manifest.Executable = "1.2.3", ""
	if err := cmp.Or(err, dir.WriteCheckpoint(o.Program, o.Resolved, state),
		dir.SaveManifest(rundir.Running)); err != nil {
		t.Fatal(err)
	}
}
