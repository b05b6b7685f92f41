package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	wholeSpace = "the gap of the whole space differs from its by about"
)

// The bar of the gap is for the domain, which converge says exactly where the whole space is known
// to lie beyond the bar: 1 + x² has the gap 2 for ε < 2 (theory.md §1), from which that of |x| ≤ R
// is about R^{1−2/ε} away, and for ε ≥ 2 the edge (2 + ε)²/(4ε), from which it is (π/T)² away. A
// bar that is not known promises nothing, and a uniform grid has no far ends.
func TestConvergeSaysTheBox(t *testing.T) {
	for _, c := range []struct {
		args  string
		exact float64
		box   bool // whether it is looked for
	}{
		{"student-1d --levels 4 --set grid.axes.0.cells=800", 2, true}, // 1.3e-8,
		{"quadratic-1d --levels 4", 2, true},                           // R^{−7} = 1e-14
		{"quadratic-1d --levels 4 --set noise.epsilon=1.0 --set time.end=1", 2, true},
		{"quadratic-1d --levels 4 --set noise.epsilon=3.0 --set time.end=1 --set " +
			"initial.kind=invariant", 25.0 / 12, true},
		{"quadratic-1d --levels 2 --set noise.epsilon=1.0 --set time.end=1", 2, true},
		{"quadratic-1d --levels 4 --set grid.axes.0.spacing=uniform --set grid.axes.0.min=-8.0 " +
			"--set grid.axes.0.max=8.0 --set time.end=1", 2, false},
	} {
		dir := t.TempDir()
		text := succeed(t, dir, append(strings.Fields("converge "+c.args), "-o", "out")...)
		file := readJSON(t, readFile(t, dir, "out", "converge.json"))
		limit := file["limits"].(map[string]any)["gap"].(map[string]any)
		bar, known := limit["error"].(float64)
		off := math.Abs(limit["value"].(float64) - c.exact)
		want := known && c.box && off > bar
		t.Logf("%s: off by %.1e, bar %.1e", c.args, off, bar)
		if got := strings.Contains(text, wholeSpace); got != want {
			t.Errorf("%s: off by %.1e with the bar %v, said: %v\n%s", c.args, off, limit["error"],
				got, text)
		}
		inFile := false
		for _, n := range file["notes"].([]any) {
			inFile = inFile || strings.Contains(n.(string), wholeSpace)
		}
		if inFile != want || (file["box"] != nil) != c.box {
			t.Errorf("%s: in converge.json the note is %v, box %v", c.args, inFile, file["box"])
		}
	}
}

// The program advises to run to about 5/gap, and takes that for an answer: homogeneous wells of the
// gap 1.82138786e-18 run to 2.745e18, where the norms show it. The error in time of the fit is what
// the steps leave.
func TestRunToFiveOverATinyGap(t *testing.T) {
	dir := t.TempDir()
	toml := `
landscape.formula = "(x^2-1)^2/4 + 0.15*x + 0.2"
noise = {model = "homogeneous", epsilon = 0.003}
initial = {kind = "gaussian", center = [1.0], width = 0.03}
time = {end = 2.745e18, scheme = "sdirk2"}
output.snapshots = 3
[[grid.axes]]
cells = 800
min = -2.5
max = 2.5
`
	if err := os.WriteFile(filepath.Join(dir, "wells.toml"), []byte(toml), 0o644); err != nil {
		t.Fatal(err)
	}
	succeed(t, dir, "run", "wells.toml", "-o", "out")
	rate := readJSON(t, readFile(t, dir, "out", "summary.json"))["rate"].(map[string]any)
	const want = 1.82138786e-18
	if gap, fitted := rate["gap"].(float64),
		rate["fitted"].(float64); math.Abs(gap/want-1) > 1e-5 || math.Abs(fitted/want-1) > 1e-4 ||
		rate["reason"] != nil {
		// 800 cells; the tolerance 1e-6 over some 700 steps
		t.Errorf("gap %g, fitted %g, reason %v, want %g", gap, fitted, rate["reason"], want)
	}
}
