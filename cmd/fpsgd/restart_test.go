package main

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A raw snapshot of a run is an initial density, whatever noise it holds: the run that starts from
// it starts from the same probabilities to rounding, and says how much of them is negative. A
// density with more negative mass than any run leaves is refused.
func TestSnapshotsAreInitialDensities(t *testing.T) {
	t.Parallel()
	problem := []string{"--quiet", "--set", "grid.axes.0.cells=48", "--set", "time.end=1", "--set",
		"output.snapshots=6", "--set", "output.raw=true"}
	for _, scheme := range []string{"lanczos", "sdirk2"} {
		t.Run(scheme, func(t *testing.T) {
			dir := t.TempDir()
			problem := append(problem, "--set", "time.scheme="+scheme)
			succeed(t, dir,
				append([]string{"run", "quadratic-2d", "-o", "run", "--set", "initial.width=0.3"},
					problem...)...)
			snapshot, least := "", 0.0 // the one with the most negative density
			for k := range 6 {
				name := fmt.Sprintf("run/rho/%06d.npy", k)
				if _, rho := readArray(t, dir, name); slices.Min(rho) < least {
					snapshot, least = name, slices.Min(rho)
				}
			}
			if snapshot == "" {
				t.Fatal("no snapshot has the noise that this test is about")
			}
			t.Logf("least density %g in %s", least, snapshot)
			again := append(problem, "--set", "initial.kind=file", "--set",
				"initial.file="+filepath.Join(dir, snapshot))
			succeed(t, dir, append([]string{"run", "quadratic-2d", "-o", "again"}, again...)...)
			_, rho := readArray(t, dir, snapshot)
			_, start := readArray(t, dir, "again", "rho", "000000.npy")
			for i := range rho {
				if !(math.Abs(start[i]-rho[i]) <= 1e-13*math.Abs(rho[i])) {
					// rounding of logarithms up to 100
					t.Fatalf("cell %d: the run starts from %.17g, the file holds %.17g", i,
						start[i], rho[i])
				}
			}
			notes := fmt.Sprint(readJSON(t, readFile(t, dir, "again", "summary.json"))["notes"])
			if want := fmt.Sprintf("the least density is %.3g", least); !strings.Contains(notes,
				want) {
				t.Errorf("notes %s\nlack %q", notes, want)
			}
		})
	}
}
