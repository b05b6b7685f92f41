package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fpsgd/internal/rundir"
)

// From the files of a finished folder alone, moved elsewhere and without its figures, the figures
// are drawn that it had, to the byte.
func TestPlotDrawsWhatTheCommandDrew(t *testing.T) {
	run := []string{"decay", "density", "invariant"}
	quick := "--set time.end=0.1 --set time.tolerance=1e-3 --set output.snapshots=9 --set " +
		"grid.axes.0.cells="
	for name, c := range map[string]struct {
		args  string
		drawn []string
	}{
		"1-D, open": {"run cross-entropy " + quick + "32", run},
		"2-D, sets": {"run quadratic-2d " + quick + "12 --set noise.epsilon=0.4", run},
		"3-D": {"run quadratic-spherical " + quick + "6 --set grid.axes.1.cells=4 --set " +
			"grid.axes.2.cells=6", run},
		"spectrum": {"spectrum quadratic-2d -k 2 --set grid.axes.0.cells=12", []string{"modes"}},
		"converge": {"converge quadratic-1d --levels 2 --set grid.axes.0.cells=16 --set " +
			"time.end=0.1", []string{"convergence"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			succeed(t, dir, append(strings.Fields(c.args), "-o", "was", "--quiet")...)
			if err := os.Rename(filepath.Join(dir, "was"), filepath.Join(dir, "is")); err != nil {
				t.Fatal(err)
			}
			before, err := rundir.ReadManifest(filepath.Join(dir, "is"))
			if err != nil {
				t.Fatal(err)
			}
			want := map[string][]byte{}
			var names []string
			for _, figure := range c.drawn {
				name := "is/plots/" + figure + ".png"
				names, want[name] = append(names, name), readFile(t, dir, name)
				if err := os.Remove(filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
			}
			if out := succeed(t, dir, "plot", "is"); out != strings.Join(names, "\n")+"\n" {
				t.Errorf("it has drawn %q, want %q", out, names)
			}
			for name, content := range want {
				if !bytes.Equal(readFile(t, dir, name), content) {
					t.Errorf("%s differs", name)
				}
			}
			succeed(t, dir, "verify", "is")
			after, err := rundir.ReadManifest(filepath.Join(dir, "is"))
			if err != nil || !slices.Equal(after.Files, before.Files) ||
				!after.Finished.Equal(*before.Finished) || after.Status != rundir.Done {
				t.Errorf("the manifest has become %+v (%v), was %+v", after, err, before)
			}
		})
	}
}

// A folder that another process writes is refused with its name, and is drawn elsewhere all the
// same. Once that process has been killed, before there was a summary, what there is is drawn, and
// it stays a run to go on with.
func TestPlotOfUnfinishedRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	succeed(t, dir, "run", "quadratic-1d", "-o", "run", "--quiet", "--set", "grid.axes.0.cells=16",
		"--set", "time.end=0.1",
		"--set", "time.tolerance=1e-3", "--set", "output.snapshots=3")
	r, err := rundir.Open(filepath.Join(dir, "run"))
	if err != nil {
		t.Fatal(err)
	}
	owner := fmt.Sprintf("process %d on ", os.Getpid())
	if _, stderr, code := command(t, dir, "plot", "run"); code != exitBadRequest ||
		!strings.Contains(stderr, "run is in use by "+owner) {
		t.Errorf("exit %d, %s", code, stderr)
	}
	succeed(t, dir, "plot", "run", "-o", "elsewhere")
	figures := []string{"decay.png", "density.png", "invariant.png"}
	for _, name := range figures {
		if !bytes.Equal(readFile(t, dir, "elsewhere", name), readFile(t, dir, "run", "plots",
			name)) {
			t.Errorf("%s differs", name)
		}
		if err := r.Remove("plots/" + name); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmp.Or(r.Remove(rundir.SummaryFile), r.WriteArray(rundir.TimesFile, []int{2},
		[]float64{0, 0.05}),
		r.SaveManifest(rundir.Running), r.Close()); err != nil {
		t.Fatal(err)
	}
	succeed(t, dir, "plot", "run")
	for _, name := range figures {
		readFile(t, dir, "run", "plots", name)
	}
	if out := succeed(t, dir, "verify", "run"); !strings.Contains(out, "status running") {
		t.Error(out)
	}
	succeed(t, dir, "run", "--resume", "-o", "run")
	if out := succeed(t, dir, "verify", "run"); !strings.Contains(out, "status done") {
		t.Error(out)
	}
}
