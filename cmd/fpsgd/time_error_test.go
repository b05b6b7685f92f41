package main

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// What a run prints as its error in time is a little more than by what its norm at the end, when a
// single mode is left, differs from that of e^{−tS}: by a scheme whose tolerance is that of a step,
// and by lanczos, whose tolerance it meets.
func TestTimeErrorIsPrinted(t *testing.T) {
	dir := t.TempDir()
	run := func(scheme string, tolerance float64) (norm, estimate float64) {
		stdout := succeed(t, dir, "run", "quadratic-1d", "-o", scheme, "--force", "--quiet",
			"--set", "grid.axes.0.cells=80", "--set", "time.end=3",
			"--set", "time.scheme="+scheme, "--set", fmt.Sprint("time.tolerance=", tolerance))
		found := readJSON(t, readFile(t, dir, scheme,
			"summary.json"))["time_error"].(map[string]any)
		if estimate = found["final"].(float64); !strings.Contains(stdout,
			fmt.Sprintf("of it in time           %.2g ", estimate)) {
			t.Errorf("%s: the error %g is not printed:\n%s", scheme, estimate, stdout)
		}
		if found["max"].(float64) < estimate || found["solves"].(float64) > estimate {
			t.Errorf("%s: errors %v", scheme, found)
		}
		return lastOf(t, dir, scheme, "norm"), estimate
	}
	exact, estimate := run("lanczos", 1e-9)
	if !(estimate < 1e-9) {
		t.Errorf("lanczos: error %g, want it below the tolerance", estimate)
	}
	for _, scheme := range []string{"sdirk2", "euler"} {
		const tolerance = 1e-5
		norm, estimate := run(scheme, tolerance)
		e := math.Abs(norm/exact - 1)
		t.Logf("%s: error %.3g, estimate %.3g", scheme, e, estimate)
		if !(e > 10*tolerance && estimate > e && estimate < 3*e) { // the estimate is doubled
			t.Errorf("%s: the norm at the end is off by %g, estimate %g; want it far above the "+
				"tolerance of a step, and the estimate above it", scheme, e, estimate)
		}
	}
}

// lastOf returns the last number in a column of series.csv.
func lastOf(t *testing.T, dir, run, column string) (value float64) {
	lines := strings.Split(strings.TrimSpace(string(readFile(t, dir, run, "series.csv"))), "\n")
	last := strings.Split(lines[len(lines)-1], ",")
	for k, name := range strings.Split(lines[0], ",") {
		if name == column {
			if _, err := fmt.Sscan(last[k], &value); err != nil {
				t.Fatal(err)
			}
			return value
		}
	}
	t.Fatalf("no column %q", column)
	return 0
}
