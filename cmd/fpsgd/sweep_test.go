package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"fpsgd/internal/atomicfile"
	"fpsgd/internal/npy/numpytest"
	"fpsgd/internal/rundir"
	"fpsgd/internal/sweep"
)

// sweeps are of half a second or so, of every command.
var sweeps = []struct {
	name string
	args []string
}{
	{"runs", []string{"quadratic-1d", "--vary", "noise.epsilon=0.25,0.5,1", "--set",
		"grid.axes.0.cells=80", "--set", "time.scheme=sdirk2", "--set", "time.tolerance=1e-4",
		"--set", "output.errors=false"}},
	{"spectra", []string{"quadratic-2d", "--do", "spectrum", "--vary",
		"grid.axes.0.cells=16:48:3"}},
	{"ensembles", []string{"log-singular-pair", "--do", "ensemble", "--vary", "ensemble.seed=1,2",
		"--set", "ensemble.particles=700", "--set", "grid.axes.0.cells=24", "--set", "time.end=0.2",
		"--set", "output.snapshots=3", "--set", "ensemble.eta=0.001"}},
	{"escapes", []string{"double-well", "--do", "escape", "--vary", "noise.epsilon=0.1,0.2",
		"--set", "grid.axes.0.cells=60", "--", "--from", "1", "--to", "2"}},
}

// inFolder are the arguments of a sweep there, with more flags.
func inFolder(args []string, folder string, more ...string) []string {
	out := append([]string{"sweep", "-o", folder, "--quiet"}, more...)
	return append(out, args...)
}

// Whatever moment a sweep is killed at, once or again, one point or several at a time, the same
// command brings about what one that was left alone leaves, to the bit, and no file has a final
// name that is not whole.
func TestSweepKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	kills, cases := 4, sweeps[:2]
	if os.Getenv("FPSGD_LONG") != "" {
		kills, cases = 100, sweeps
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	var c crash
	torn := 0
	for k := 0; c.kills < kills; k++ {
		of := cases[k%len(cases)]
		whole := filepath.Join(dir, of.name)
		if _, err := os.Stat(whole); err != nil {
			begun := time.Now()
			flushing(t, inFolder(of.args, whole)...)
			c.took = append(c.took, time.Since(begun))
		}
		parts := filepath.Join(dir, fmt.Sprint("parts", k))
		args := inFolder(of.args, parts, "--jobs", fmt.Sprint(1+k%3))
		for range 3 {
			moment := time.Duration(random.Float64() * float64(c.took[k%len(cases)]))
			if !c.kill(t, moment, args...) {
				break
			}
			torn += lookAtSweep(t, parts)
		}
		flushing(t, args...)
		sameSweep(t, of.name, whole, parts)
		os.RemoveAll(parts)
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("%d kills, %d with temporary files left; %d had ended", c.kills, torn, c.ended)
}

// lookAtSweep checks what a kill has left of a sweep: the plan is whole, or not there, and nothing
// of a point is damaged. It returns 1 if there are temporary files.
func lookAtSweep(t *testing.T, folder string) (torn int) {
	t.Helper()
	p, err := sweep.Read(folder)
	if err != nil && !os.IsNotExist(err) {
		t.Error(err)
	}
	if err == nil {
		for _, point := range p.Points {
			if sweep.Look(folder, point) == sweep.Damaged {
				t.Errorf("%s is damaged", point.Name)
			}
		}
	}
	entries, _ := os.ReadDir(folder)
	for _, e := range entries {
		if atomicfile.TemporaryOf(e.Name()) != "" {
			torn = 1
		}
	}
	return torn
}

// sameSweep requires that two sweeps are whole and hold the same bits, but for times of day and
// numbers of threads.
func sameSweep(t *testing.T, name, a, b string) {
	t.Helper()
	p, err := sweep.Read(a)
	if err != nil {
		t.Fatal(err)
	}
	for _, point := range p.Points {
		// left by a kill after the point was done, and without a meaning
		os.Remove(filepath.Join(b, point.Name, rundir.LockFile))
		sameResults(t, name, filepath.Join(a, point.Name), filepath.Join(b, point.Name),
			"resolved.toml")
	}
	inside := func(file string) bool {
		return strings.Contains(file, "=") && !strings.HasPrefix(file, "plots")
	}
	temporary := func(file string) bool {
		return atomicfile.TemporaryOf(filepath.Base(file)) != ""
	}
	var names [2][]string
	for k, folder := range []string{a, b} {
		names[k] = slices.DeleteFunc(slices.DeleteFunc(files(t, folder), inside), temporary)
	}
	if !slices.Equal(names[0], names[1]) {
		t.Errorf("%s: files %v\nand %v", name, names[0], names[1])
	}
	for _, file := range names[0] {
		if file != sweep.TimingsFile && !bytes.Equal(readFile(t, a, file), readFile(t, b, file)) {
			t.Errorf("%s: %s differs", name, file)
		}
	}
}

// A sweep that is interrupted ends with exit code 75, its points say so, and it goes on.
func TestSweepInterrupted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	args := []string{"sweep", "quadratic-1d", "--vary", "noise.epsilon=0.25,0.5,1", "--set",
		"time.scheme=euler", "--set", "time.step=1e-6", "-o", "s", "--jobs", "2"}
	r := startFlushing(t, dir, args, "s/epsilon=0.5/checkpoint/state.gob")
	for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		_, err := os.Stat(filepath.Join(dir, "s/epsilon=0.25/checkpoint/state.gob"))
		if err == nil {
			break
		} else if time.Since(begun) > firstSnapshots {
			t.Fatal(err)
		}
	}
	if code := r.stop(t, syscall.SIGINT); code != exitInterrupted ||
		!strings.Contains(r.stderr.String(), "interrupted") {
		t.Fatalf("exit %d, %s", code, &r.stderr)
	}
	want := "0  epsilon=0.25  interrupted\n1  epsilon=0.5   interrupted\n2  epsilon=1     missing\n"
	if got := succeed(t, dir, "sweep", "--list", "-o", "s"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// NumPy opens the table.
func TestNumPyOpensATable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	succeed(t, dir, inFolder([]string{"quadratic-1d", "--do", "spectrum", "--vary",
		"noise.epsilon=0.25,0.5", "--vary", `noise.model="ml","homogeneous"`, "--set",
		"grid.axes.0.cells=100", "--set", "grid.axes.0.min=-5", "--set", "grid.axes.0.max=5"},
		"s")...)
	program := filepath.Join(dir, "open.py")
	text := `import numpy as np
t = np.load("s/table.npz")
print(t["point"].dtype.kind, list(t["noise.model"]), list(t["noise.epsilon"]), t["gap"].dtype)
print(t["status"][0], t["gap_exact"][0], np.isnan(t["gap_exact"]).sum())
`
	if err := os.WriteFile(program, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	want := "U ['ml', 'homogeneous', 'ml', 'homogeneous'] [0.25, 0.25, 0.5, 0.5] float64\n" +
		"done 2.0 0"
	got := strings.NewReplacer("np.str_(", "", "np.float64(", "", ")", "").Replace(
		numpytest.Run(t, dir, program))
	if strings.ReplaceAll(got, "'U'", "U") != want {
		t.Errorf("NumPy found\n%s\nwant\n%s", got, want)
	}
}
