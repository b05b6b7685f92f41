package rundir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"fpsgd/internal/npy"
	"fpsgd/internal/npy/numpytest"
)

func create(t *testing.T) *Dir {
	t.Helper()
	d, err := Create(filepath.Join(t.TempDir(), "runs", "quadratic"), false)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// writeRun writes a small run: 2×3 cells, two of three snapshots, the first of mass 1 and the
// second of mass 2.
func writeRun(t *testing.T) *Dir {
	t.Helper()
	d := create(t)
	d.Manifest.Version = "0.1.0"
	d.Manifest.Dims, d.Manifest.Shape = []string{"x", "y"}, []int{2, 3}
	d.Manifest.Coordinates, d.Manifest.Epsilon, d.Manifest.Landscape = "cartesian", 0.25,
		"1 + x^2 + (y < 1)"
	grid := []int{2, 3}
	check(t, d.WriteBytes(ConfigFile, []byte("name = \"quadratic\"\n")))
	check(t, d.WriteLoader())
	check(t, d.WriteArray(AxisFile("x"), []int{2}, []float64{-0.5, 0.5}))
	check(t, d.WriteArray(EdgesFile("x"), []int{3}, []float64{-1, 0, 1}))
	check(t, d.WriteArray(AxisFile("y"), []int{3}, []float64{0.5, 1.5, 2.5}))
	check(t, d.WriteArray(EdgesFile("y"), []int{4}, []float64{0, 1, 2, 3}))
	check(t, d.WriteArray(VolumeFile, grid, slices.Repeat([]float64{0.5}, 6)))
	check(t, d.WriteArray(TimesFile, []int{3}, []float64{0, 0.1, 0.2}))
	check(t, d.WriteArray(SnapshotFile(0), grid, []float64{2, 0, 0, 0, 0, 0}))
	check(t, d.WriteArray(SnapshotFile(1), grid, []float64{0, 1, 0, 0, 0, 3}))
	check(t, d.WriteJSON(SummaryFile, map[string]any{"min_density": 0.0,
		"gap": nil}))
	columns := [][]float64{{0, 0.1}, {1, 1}, {0.5, math.NaN()}}
	check(t, d.WriteSeries([]string{"t", "mass", "norm"}, columns))
	check(t, d.SaveManifest(Interrupted))
	return d
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// checkError requires one line with all the parts.
func checkError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %q should be one line with %q", err, part)
		}
	}
}

func read(t *testing.T, d *Dir, rel string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(d.Path(), rel))
	check(t, err)
	return string(text)
}

func put(t *testing.T, d *Dir, rel, text string) {
	t.Helper()
	path := filepath.Join(d.Path(), rel)
	check(t, os.MkdirAll(filepath.Dir(path), 0o777))
	check(t, os.WriteFile(path, []byte(text), 0o666))
}

func TestCreateRefusesAFolderThatHoldsAnything(t *testing.T) {
	dir := t.TempDir()
	d, err := Create(dir, false)
	if err != nil {
		t.Fatalf("an empty folder was refused: %v", err)
	}
	check(t, d.Close())
	check(t, os.WriteFile(filepath.Join(dir, ".hidden"), nil, 0o666))
	_, err = Create(dir, false)
	checkError(t, err, dir, "not empty", "no run", "-o")
	d = writeRun(t)
	check(t, d.Close())
	_, err = Create(d.Path(), false)
	checkError(t, err, d.Path(), "not empty", "--resume", "--force", "-o")
}

func TestCreateNeedsAWritableFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	check(t, os.WriteFile(file, nil, 0o666))
	for _, path := range []string{file, filepath.Join(file, "run")} {
		_, err := Create(path, false)
		checkError(t, err, file, "-o")
	}
}

func TestForceRemovesTheOldRunAndNothingElse(t *testing.T) {
	d := writeRun(t)
	put(t, d, "notes.txt", "mine")
	put(t, d, "rho/notes.txt", "mine")
	put(t, d, SnapshotFile(2), "not listed, and so mine")
	put(t, d, "plots/mine.png", "mine")
	put(t, d, "rho/.000001.npy.0123456789abcdef.tmp", "of a listed name")
	put(t, d, "rho/.000007.npy.0123456789abcdef.tmp", "of a name that is not listed")
	check(t, d.Close())
	again, err := Create(d.Path(), true)
	check(t, err)
	check(t, again.SaveManifest(Done))
	check(t, again.Close())
	var left []string
	check(t, fs.WalkDir(os.DirFS(d.Path()), ".", func(path string, entry fs.DirEntry,
		err error) error {
		if !entry.IsDir() {
			left = append(left, path)
		}
		return err
	}))
	strangers := []string{"notes.txt", "plots/mine.png", "rho/.000007.npy.0123456789abcdef.tmp",
		"rho/000002.npy", "rho/notes.txt"}
	if want := append([]string{ManifestFile}, strangers...); !slices.Equal(left, want) {
		t.Errorf("left %v, want %v", left, want)
	}
	if !slices.Equal(again.Left(), strangers) {
		t.Errorf("Left %v, want %v", again.Left(), strangers)
	}
	if again.Manifest.ID == d.Manifest.ID {
		t.Error("the new run has the id of the old one")
	}
}

func TestForceStaysInsideTheFolder(t *testing.T) {
	for _, listed := range []string{"../victim", "/victim", "link/victim"} {
		d := create(t)
		outside := filepath.Dir(d.Path())
		victim := filepath.Join(outside, "victim")
		check(t, os.WriteFile(victim, nil, 0o666))
		check(t, os.Symlink(outside, filepath.Join(d.Path(), "link")))
		m := newManifest()
		m.Files = []File{{Path: listed}}
		text, err := m.encode()
		check(t, err)
		put(t, d, ManifestFile, string(text))
		check(t, d.Close())
		_, err = Create(d.Path(), true)
		checkError(t, err, d.Path())
		if _, err := os.Stat(victim); err != nil {
			t.Errorf("%s: %v", listed, err)
		}
	}
}

func TestMakeNextNeverGivesAFolderTwice(t *testing.T) {
	root := filepath.Join(t.TempDir(), "runs")
	var mu sync.Mutex
	var got []string
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			path, err := MakeNext(root, "ring")
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			got = append(got, filepath.Base(path))
		})
	}
	wg.Wait()
	slices.Sort(got)
	if want := []string{"ring", "ring-2", "ring-3", "ring-4", "ring-5"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, name := range []string{"", ".", "..", "a/b", "../a", "/a"} {
		_, err := MakeNext(root, name)
		checkError(t, err, "not a plain file name", "-o")
	}
}

func TestFilesOutsideTheRunAreRefused(t *testing.T) {
	d := create(t)
	for _, rel := range []string{"", ".", "../a", "/a", "a/../../b", "a//b", ManifestFile} {
		checkError(t, d.WriteBytes(rel, nil), "inside the run directory")
	}
}

func TestArraysMustBeFinite(t *testing.T) {
	d := create(t)
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		data := make([]float64, 24)
		data[1*12+2*4+3] = x
		checkError(t, d.WriteArray("rho/000007.npy", []int{2, 3, 4}, data), "000007.npy",
			"[1, 2, 3]", fmt.Sprint(x))
		if _, err := os.Stat(filepath.Join(d.Path(), "rho/000007.npy")); !errors.Is(err,
			os.ErrNotExist) {
			t.Errorf("the refused array is there (%v)", err)
		}
	}
	checkError(t, d.WriteArray("a.npy", []int{2}, make([]float64, 3)), "a.npy", "shape [2]")
	checkError(t, d.WriteJSON("a.json", math.NaN()), "a.json", "NaN")
	check(t, d.SaveManifest(Failed))
	if len(d.Manifest.Files) != 0 {
		t.Errorf("files that were refused are listed: %v", d.Manifest.Files)
	}
}

func TestJSONIsReadableAndUnknownIsNull(t *testing.T) {
	d := create(t)
	check(t, d.WriteJSON("a.json", map[string]any{"a": 0.1, "b": nil,
		"c": nil, "f": "x < 1 & y"}))
	if got, want := read(t, d, "a.json"), "{\n  \"a\": 0.1,\n  \"b\": null,\n  \"c\": null,\n  "+
		"\"f\": \"x < 1 & y\"\n}\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestManifest(t *testing.T) {
	d := writeRun(t)
	var m map[string]any
	check(t, json.Unmarshal([]byte(read(t, d, ManifestFile)), &m))
	keys := []string{"schema", "id", "status", "command", "version", "executable",
		"earlier_versions", "go", "host", "argv", "started", "finished",
		"dims", "shape", "coordinates", "epsilon", "landscape", "title", "equation", "open",
		"integrable",
		"set", "options", "files", "planned", "digest"}
	for _, key := range keys {
		if _, there := m[key]; !there {
			t.Errorf("the manifest has no %q", key)
		}
	}
	if len(m) != len(keys) {
		t.Errorf("the manifest has %d keys, want %d", len(m), len(keys))
	}
	got := fmt.Sprintln(m["schema"], m["status"], m["version"], m["go"], m["dims"], m["shape"],
		m["epsilon"], m["landscape"])
	if want := fmt.Sprintln(2, "interrupted", "0.1.0", runtime.Version(), "[x y] [2 3]", 0.25,
		"1 + x^2 + (y < 1)"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	back, err := ReadManifest(d.Path())
	check(t, err)
	var paths []string
	for _, f := range back.Files {
		paths = append(paths, f.Path)
	}
	want := []string{"axes/x.npy", "axes/x_edges.npy", "axes/y.npy", "axes/y_edges.npy",
		"config.toml", "load.py",
		"rho/000000.npy", "rho/000001.npy", "series.csv", "series.npz", "summary.json", "times.npy",
		"volume.npy"}
	if !slices.Equal(paths, want) {
		t.Errorf("files %v, want %v", paths, want)
	}
	if back.Finished == nil || back.Finished.Before(back.Started) {
		t.Errorf("finished %v before it started, %v", back.Finished, back.Started)
	}
}

func TestRunningManifestIsComplete(t *testing.T) {
	d := create(t)
	check(t, d.SaveManifest(Running))
	text := read(t, d, ManifestFile)
	for _, part := range []string{`"status": "running"`, `"finished": null`, `"files": []`,
		`"dims": []`} {
		if !strings.Contains(text, part) {
			t.Errorf("missing %s in %s", part, text)
		}
	}
}

func TestReadManifestErrors(t *testing.T) {
	for text, part := range map[string]string{
		`{"schema": 2, "epsilon"`: "damaged",
		`{"schema": 99}`:          "schema 99, this program reads 2",
		`{"schema": 2}`:           "does not end with its digest",
	} {
		d := create(t)
		put(t, d, ManifestFile, text)
		_, err := ReadManifest(d.Path())
		checkError(t, err, d.Path(), part)
	}
	_, err := Verify(t.TempDir())
	checkError(t, err, "not a run directory")
}

// TestVerifyFindsEveryChange makes one change at a time to an intact run.
func TestVerifyFindsEveryChange(t *testing.T) {
	changes := map[string]struct {
		change func(d *Dir)
		want   []Problem
	}{
		"none": {func(*Dir) {}, nil},
		"missing": {func(d *Dir) { check(t, os.Remove(filepath.Join(d.Path(), "f.npy"))) },
			[]Problem{{"f.npy", Missing}}},
		"size": {func(d *Dir) { put(t, d, "f.npy", read(t, d, "f.npy")+"x") },
			[]Problem{{"f.npy", Size}}},
		"bit": {func(d *Dir) {
			bits := []byte(read(t, d, "rho/000000.npy"))
			bits[len(bits)-1] ^= 1
			put(t, d, "rho/000000.npy", string(bits))
		}, []Problem{{"rho/000000.npy", Content}}},
		"Python's cache": {func(d *Dir) { put(t, d, "__pycache__/load.pyc", "") }, nil},
		"extra":          {func(d *Dir) { put(t, d, "a/b/c", "") }, []Problem{{"a/b/c", Extra}}},
		"sorted": {func(d *Dir) { put(t, d, "a", ""); put(t, d, "f.npy", ""); put(t, d, "z", "") },
			[]Problem{{"a", Extra}, {"f.npy", Size}, {"z", Extra}}},
	}
	for name, c := range changes {
		d := create(t)
		check(t, d.WriteArray("f.npy", []int{2}, []float64{1, 2}))
		check(t, d.WriteArray("rho/000000.npy", []int{2}, []float64{1, 2}))
		check(t, d.SaveManifest(Done))
		c.change(d)
		report, err := Verify(d.Path())
		check(t, err)
		if !slices.Equal(report.Problems, c.want) {
			t.Errorf("%s: %v, want %v", name, report.Problems, c.want)
		}
	}
}

func TestVerifyStaysInsideTheFolder(t *testing.T) {
	d := writeRun(t)
	outside := filepath.Join(t.TempDir(), "times.npy")
	check(t, os.Rename(filepath.Join(d.Path(), TimesFile), outside))
	check(t, os.Symlink(outside, filepath.Join(d.Path(), TimesFile)))
	report, err := Verify(d.Path())
	check(t, err)
	if want := []Problem{{TimesFile, Strange}}; !slices.Equal(report.Problems, want) {
		t.Errorf("%v, want %v", report.Problems, want)
	}
}

func TestRewrittenFileIsListedOnce(t *testing.T) {
	d := create(t)
	check(t, d.WriteBytes("a", []byte("old")))
	check(t, d.WriteBytes("a", []byte("newer")))
	check(t, d.SaveManifest(Done))
	if report, err := Verify(d.Path()); err != nil || len(report.Problems) != 0 ||
		len(d.Manifest.Files) != 1 {
		t.Errorf("report %+v, error %v, files %v", report.Problems, err, d.Manifest.Files)
	}
}

func TestFailedWriteKeepsTheOldFileAndItsRecord(t *testing.T) {
	d := create(t)
	check(t, d.WriteBytes("a", []byte("old")))
	cause := errors.New("diverged")
	if err := d.WriteFile("a", func(io.Writer) error { return cause }); !errors.Is(err, cause) {
		t.Errorf("error %v, want %v", err, cause)
	}
	check(t, d.SaveManifest(Failed))
	if report, err := Verify(d.Path()); err != nil || len(report.Problems) != 0 ||
		read(t, d, "a") != "old" {
		t.Errorf("report %+v, error %v", report.Problems, err)
	}
}

func TestConcurrentWrites(t *testing.T) {
	d := create(t)
	var wg sync.WaitGroup
	for k := range 20 {
		wg.Go(func() {
			if err := d.WriteArray(SnapshotFile(k), []int{100}, make([]float64, 100)); err != nil {
				t.Error(err)
			}
			if err := d.SaveManifest(Running); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	check(t, d.SaveManifest(Done))
	if report, err := Verify(d.Path()); err != nil || len(report.Problems) != 0 ||
		len(d.Manifest.Files) != 20 {
		t.Errorf("report %+v, error %v, %d files", report.Problems, err, len(d.Manifest.Files))
	}
}

// TestArraysAreNumPys opens every array of a run as a reader would, and compares it with what
// np.save writes.
func TestArraysAreNumPys(t *testing.T) {
	d := writeRun(t)
	got := numpytest.Run(t, d.Path(), "-c", `
import glob, io
import numpy as np
for name in sorted(glob.glob("**/*.npy", recursive=True)):
    raw, out = open(name, "rb").read(), io.BytesIO()
    a = np.load(name)
    np.save(out, a)
    same = raw == out.getvalue()
    print(name, a.shape, a.dtype, a.flags.c_contiguous, (len(raw) - a.nbytes) % 64, same)`)
	var want []string
	for _, line := range []string{"axes/x.npy (2,)", "axes/x_edges.npy (3,)", "axes/y.npy (3,)",
		"axes/y_edges.npy (4,)",
		"rho/000000.npy (2, 3)", "rho/000001.npy (2, 3)", "times.npy (3,)", "volume.npy (2, 3)"} {
		want = append(want, line+" float64 True 0 True")
	}
	if got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

func TestLoaderPrintsTheMasses(t *testing.T) {
	d := writeRun(t)
	got := numpytest.Run(t, t.TempDir(), filepath.Join(d.Path(), LoaderFile))
	want := `1 + x^2 + (y < 1), epsilon = 0.25, interrupted
cells  x: 2, y: 3 (cartesian)
snapshot  time                      mass
       0  0.0                       1.0
       1  0.1                       2.0`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestLoaderGivesEverything(t *testing.T) {
	d := writeRun(t)
	got := numpytest.Run(t, d.Path(), "-c", `
from load import load
run = load(".")
print(run.axes["y"].tolist(), run.edges["x"].tolist(), run.times.tolist(), len(run.rho),
	run.rho[-1].shape, len(run.rho[1:]))
print(run.rho[1][1, 2], [r.sum() for r in run.rho], run.volume.shape, run.invariant, run.f)
print(list(run.series), run.series["norm"].tolist(), run.summary, run.manifest["status"])`)
	want := `[0.5, 1.5, 2.5] [-1.0, 0.0, 1.0] [0.0, 0.1] 2 (2, 3) 1
3.0 [2.0, 4.0] (2, 3) None None
['t', 'mass', 'norm'] [0.5, nan] {'gap': None, 'min_density': 0} interrupted`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestInputsReadBack closes the circle: what WriteArray wrote is an input that npy.Decode takes.
func TestInputsReadBack(t *testing.T) {
	d := writeRun(t)
	shape, data, err := npy.Decode([]byte(read(t, d, SnapshotFile(1))))
	check(t, err)
	if !slices.Equal(shape, []int{2, 3}) || !slices.Equal(data, []float64{0, 1, 0, 0, 0, 3}) {
		t.Errorf("read %v of shape %v", data, shape)
	}
}
