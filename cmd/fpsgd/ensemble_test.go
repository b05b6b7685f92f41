package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fpsgd/internal/npy/numpytest"
)

// A user moves particles, opens them in NumPy, draws the figure again, and holds them as their own
// against a run.
func TestEnsembleFromTheCommandLine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sets := []string{"--set", "time.end=0.5", "--set", "output.snapshots=3", "--set",
		"output.errors=false"}
	out := succeed(t, dir, append([]string{"ensemble", "quadratic-2d", "--particles", "3000",
		"--seed", "4", "--scheme", "euler", "--eta", "0.005", "--json", "-o", "e"}, sets...)...)
	var result struct {
		Particles, Steps, Seed int
		Eta, Epsilon           float64
		Scheme                 string
		Times                  []float64
		Mean                   [][]float64
		FMean                  []float64 `json:"f_mean"`
		Comparison             struct {
			Within *bool     `json:"within_sampling"`
			KS     []float64 `json:"ks"`
		}
	}
	if err := json.Unmarshal([]byte(out), &result); err != nil {
		t.Fatal(err)
	}
	r := &result
	if r.Particles != 3000 || r.Steps != 100 || r.Seed != 4 || r.Scheme != "euler" ||
		r.Eta != 0.005 || r.Epsilon != 0.25 || len(r.Times) != 3 || len(r.Mean[2]) != 2 ||
		len(r.FMean) != 3 || r.Comparison.Within == nil || len(r.Comparison.KS) != 2 {
		t.Errorf("%+v", *r)
	}
	got := numpytest.Run(t, dir, "-c", `
import numpy as np
files = "particles", "histogram/000002", "histogram_error/000002"
p, n, e = (np.load(f"e/{f}.npy") for f in files)
v, t = np.load("e/volume.npy"), np.load("e/times.npy")
x = [np.load(f"e/axes/{a}_edges.npy") for a in "xy"]
h = np.histogram2d(*p[2].T, bins=x)[0]
s = np.load("e/series.npz")
d2 = ((p - p[2])**2).sum(axis=2)
f = 1 + (p**2).sum(axis=2)
for k, of in {"mean_x": p[:, :, 0], "mean_y": p[:, :, 1], "f_mean": f, "distance2": d2}.items():
    assert np.allclose(s[k], of.mean(axis=1), rtol=1e-12, atol=1e-14), k
    assert np.allclose(s[k + "_error"], of.std(axis=1, ddof=1)/3000**0.5, rtol=1e-9), k
print(p.shape, t, np.abs(h/(3000*v) - n).max() < 1e-12, bool((e >= 0).all()))`)
	if want := "(3, 3000, 2) [0.   0.25 0.5 ] True True"; got != want {
		t.Errorf("NumPy found %s, want %s", got, want)
	}
	figure := filepath.Join(dir, "e", "plots", "particles.png")
	first, err := os.ReadFile(figure)
	if err != nil {
		t.Fatal(err)
	}
	succeed(t, dir, "plot", "e")
	if again, err := os.ReadFile(figure); err != nil || !bytes.Equal(again, first) {
		t.Errorf("drawn again the figure is another (%v)", err)
	}
	succeed(t, dir, append([]string{"run", "quadratic-2d", "-o", "r"}, sets...)...)
	table := succeed(t, dir, "compare", "r", "--samples", "e/particles.npy")
	solved := succeed(t, dir, append([]string{"ensemble", "quadratic-2d", "--particles", "3000",
		"--seed", "4", "--scheme", "euler", "--eta", "0.005"}, sets...)...)
	read := succeed(t, dir, append([]string{"ensemble", "quadratic-2d", "--particles", "3000",
		"--seed", "4", "--scheme", "euler", "--eta", "0.005", "--density", "r"}, sets...)...)
	if read != solved {
		t.Errorf("with the density of a run:\n%s\nwith its own:\n%s", read, solved)
	}
	lines := strings.Split(table, "\n")
	if len(lines) < 5 || !strings.Contains(lines[0], "within") {
		t.Errorf("compare prints\n%s", table)
	}
}

// Whoever has the seed makes the paths again, without this program.
func TestNumPyMakesThePathsAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program, err := filepath.Abs("testdata/particle_paths.py")
	if err != nil {
		t.Fatal(err)
	}
	succeed(t, dir, "ensemble", "quadratic-2d", "--scheme", "euler", "--eta", "0.01", "--particles",
		"100", "--seed", "9", "--set", "time.end=0.11", "--set", "output.times=[0, 0.11]",
		"-o", "e")
	if got := numpytest.Run(t, dir, program, "e", "9", "0.25", "0.01", "11"); got != "close" {
		t.Errorf("NumPy's paths are %s from the particles", got)
	}
}

// The orders of the schemes as a table, as JSON, and in a folder.
func TestOrdersFromTheCommandLine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	args := []string{"ensemble", "student-1d", "--orders", "--levels", "2", "--particles", "3000",
		"--eta", "0.05", "--set", "time.end=1", "--set", "grid.axes.0.cells=100"}
	table := succeed(t, dir, append(args, "-o", "orders")...)
	for _, want := range []string{"\neuler\n", "\nweak2\n", " ± ", "E|X_h − X_h/2|", "unknown"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	var o struct {
		Schemes []struct {
			Scheme string
			Levels []struct {
				Step   float64
				Strong struct{ Value, Error, Order *float64 }
			}
		}
	}
	text := succeed(t, dir, append(args, "--json")...)
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	if l := o.Schemes[1].Levels; o.Schemes[1].Scheme != "weak2" || len(l) != 2 ||
		l[1].Step != 0.1 || *l[1].Strong.Order < 0.7 || l[0].Strong.Order != nil {
		t.Errorf("%s", text)
	}
	if kept := readFile(t, dir, "orders", "ensemble.json"); string(kept) != text {
		t.Errorf("kept is\n%s", kept)
	}
	_, stderr, code := command(t, dir, append(args, "--levels", "1")...)
	if code != exitBadRequest || !strings.Contains(stderr, "--levels must be") {
		t.Errorf("one level: exit %d, %s", code, stderr)
	}
}
