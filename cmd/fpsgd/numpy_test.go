package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"fpsgd/internal/npy/numpytest"
)

// NumPy opens the runs in all coordinates: shapes, order, the bytes of np.save, Σ ρ·volume = mass,
// and load.py.
func TestNumPyOpensRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program, err := filepath.Abs("testdata/open_runs.py")
	if err != nil {
		t.Fatal(err)
	}
	args, want := []string{program}, ""
	for _, c := range []struct {
		preset string
		cells  []int // of each [[grid.axes]] table
		shape  string
	}{
		{"quadratic-1d", []int{24}, "24"},
		{"quadratic-2d", []int{12}, "12 12"},
		{"quadratic-3d", []int{6}, "6 6 6"},
		{"quadratic-4d", []int{4}, "4 4 4 4"},
		{"quadratic-radial-20", []int{40}, "40"},
		{"quadratic-polar", []int{12, 8}, "12 8"},
		{"quadratic-spherical", []int{10, 6, 8}, "10 6 8"},
		{"log-singular-pair", []int{24, 48}, "24 48"},
		{"log-singular-3d", []int{40}, "40"},
	} {
		run := []string{"run", c.preset, "-o", c.preset, "--set", "time.end=0.05", "--set",
			"time.tolerance=1e-3", "--set", "output.snapshots=3"}
		if strings.Count(c.shape, " ") > 1 {
			run = append(run, "--set", "output.errors=false")
		}
		for k, n := range c.cells {
			run = append(run, "--set", fmt.Sprintf("grid.axes.%d.cells=%d", k, n))
		}
		succeed(t, dir, run...)
		args = append(args, c.preset)
		want += c.preset + " " + c.shape + "\n"
	}
	if got := numpytest.Run(t, dir, args...); got != strings.TrimSpace(want) {
		t.Errorf("NumPy found\n%s\nwant\n%s", got, want)
	}
}
