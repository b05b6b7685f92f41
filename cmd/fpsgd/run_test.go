package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"fpsgd"
	"fpsgd/internal/npy"
	"fpsgd/internal/rundir"
)

// small makes the preset quadratic-2d a matter of milliseconds.
var small = []string{"--set", "grid.axes.0.cells=16", "--set", "time.end=0.1", "--set",
	"time.tolerance=1e-3", "--set", "output.snapshots=3"}

// files lists the files of a run directory, with slashes, but for those of --resume.
func files(t *testing.T, run string) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS(run), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !strings.HasPrefix(path, "checkpoint/") {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func readFile(t *testing.T, path ...string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func readArray(t *testing.T, path ...string) (shape []int, data []float64) {
	t.Helper()
	shape, data, err := npy.Decode(readFile(t, path...))
	if err != nil {
		t.Fatal(err)
	}
	return shape, data
}

// readJSON decodes what must be one JSON value and no more.
func readJSON(t *testing.T, text []byte) map[string]any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	var value map[string]any
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		t.Errorf("there is more than one JSON value: %v", err)
	}
	return value
}

// keys lists the keys of a JSON object, those of inner objects as "outer.inner".
func keys(value map[string]any, prefix string) []string {
	var names []string
	for name, v := range value {
		if inner, ok := v.(map[string]any); ok {
			names = append(names, keys(inner, prefix+name+".")...)
			continue
		}
		names = append(names, prefix+name)
	}
	slices.Sort(names)
	return names
}

// A run directory holds the files, and its JSON and CSV the names, that design.md §6 promises to
// scripts.
func TestRunDirectory(t *testing.T) {
	dir := t.TempDir()
	succeed(t, dir, append([]string{"run", "quadratic-2d", "-o", "run"}, small...)...)
	run := filepath.Join(dir, "run")
	wantFiles := strings.Fields(`
axes/x.npy axes/x_edges.npy axes/y.npy axes/y_edges.npy config.toml f.npy invariant.npy load.py
manifest.json plots/decay.png plots/density.png plots/invariant.png resolved.toml rho/000000.npy
rho/000001.npy rho/000002.npy series.csv series.npz summary.json times.npy volume.npy`)
	if got := files(t, run); !slices.Equal(got, wantFiles) {
		t.Errorf("files %q, want %q", got, wantFiles)
	}
	manifest := readJSON(t, readFile(t, run, "manifest.json"))
	wantKeys := strings.Fields(`
argv command coordinates digest dims earlier_versions epsilon equation executable files finished
go host id integrable landscape open options planned schema set shape started status title version`)
	if got := keys(manifest, ""); !slices.Equal(got, wantKeys) {
		t.Errorf("manifest %q, want %q", got, wantKeys)
	}
	for name, want := range map[string]any{
		"status": "done", "coordinates": "cartesian", "epsilon": 0.25, "landscape": "1 + x^2 + y^2",
		"title": "quadratic-2d, changed", "equation": "ε = 0.25 · ML noise ε f · R^{2} · f = 1 + " +
			"x^{2} + y^{2}", "open": false, "integrable": true,
		"dims": []any{"x", "y"}, "shape": []any{16.0, 16.0},
		"set": []any{"grid.axes.0.cells=16", "time.end=0.1", "time.tolerance=1e-3",
			"output.snapshots=3"},
	} {
		if !reflect.DeepEqual(manifest[name], want) {
			t.Errorf("manifest: %s = %v, want %v", name, manifest[name], want)
		}
	}
	header, _, _ := strings.Cut(string(readFile(t, run, "series.csv")), "\n")
	if want := "t,dt,mass,min_rho,negative_mass,moved_norm,moved_mass,norm,log_norm,chi," +
		"dissipation,free_energy,mean_x,mean_y,time_error,norm_error,density_error,error_l1," +
		"error_chi,solves,iterations"; header != want {
		t.Errorf("series.csv: %s\nwant        %s", header, want)
	}
}

// summary.json has the keys of design.md §6 and a few more, a number or null for each rate, and is
// what --json prints.
func TestSummary(t *testing.T) {
	dir := t.TempDir()
	stdout := succeed(t, dir, append([]string{"run", "quadratic-2d", "-o", "run", "--json"},
		small...)...)
	written := readJSON(t, readFile(t, dir, "run", "summary.json"))
	if printed := readJSON(t, []byte(stdout)); !reflect.DeepEqual(printed, written) {
		t.Errorf("--json printed %v, summary.json holds %v", printed, written)
	}
	got := keys(written, "")
	for _, want := range strings.Fields(`
rate.fitted rate.window rate.fit_residual rate.gap rate.exact rate.exact_space rate.exact_kind
rate.overlap poincare_constant.measured poincare_constant.exact mass.initial mass.max_drift
min_density negative_mass moved_norm moved_mass
norm_monotone invariant.integrable invariant.log_z invariant.exact_log_z
invariant.mass_outside invariant.chi_final steps rejected solves iterations wall_s name landscape
noise epsilon coordinates shape cells scheme.name scheme.reason version rate.reason
rate.reason_text rate.needed_end rate.certificate evidence notes`) {
		if !slices.Contains(got, want) {
			t.Errorf("no %s", want)
		}
	}
	rate := written["rate"].(map[string]any)
	if rate["fitted"] != nil || rate["window"] != nil {
		t.Errorf("a rate is fitted to a run too short to show it: %v", rate)
	}
	if rate["exact"] != 2.0 || rate["exact_kind"] != "attained" {
		t.Errorf("the exact rate is %v (%v), want 2 (attained)", rate["exact"], rate["exact_kind"])
	}
	if rate["reason"] != "short" || !(rate["needed_end"].(float64) > 1) {
		t.Errorf("the reason is %v, time.end = %v would do", rate["reason"], rate["needed_end"])
	}
	constant := written["poincare_constant"].(map[string]any)["measured"]
	if constant != rate["gap"].(float64)/0.25 {
		t.Errorf("the constant is %v, of a gap %v", constant, rate["gap"])
	}
	if written["error_l1"] != nil {
		t.Errorf("error_l1 = %v where no solution is known", written["error_l1"])
	}
	for name, want := range map[string]any{
		"name": "quadratic-2d", "landscape": "1 + x^2 + y^2", "noise": "ml", "epsilon": 0.25,
		"coordinates": "cartesian",
		"shape":       []any{16.0, 16.0}, "cells": 256.0, "scheme": map[string]any{"name": "sdirk2",
			"reason": "the default for tolerances above 0.0001"},
	} {
		if !reflect.DeepEqual(written[name], want) {
			t.Errorf("%s = %v, want %v", name, written[name], want)
		}
	}
	for _, f := range written["evidence"].([]any) {
		if f := f.(map[string]any); f["holds"] != true {
			t.Errorf("%v does not hold: %v", f["check"], f["text"])
		}
	}
}

// The table and summary.json show how far the gap is from its closed form; where there is none, and
// an end is far, how far it moves with the box: f = 1 + x² + 4y² with ε = 1 has the gap 2.37 on R =
// 10 and 2.07 on R = 100. On uniform axes no end is far, and neither is said.
func TestRunShowsHowFarTheGapIsOff(t *testing.T) {
	for name, c := range map[string]struct {
		args      []string
		off, half bool
	}{
		"closed form": {[]string{"noise.epsilon=0.25"}, true, false},
		"edge":        {[]string{"noise.epsilon=1"}, true, false},
		"box":         {[]string{"noise.epsilon=1", "landscape.formula=1+x^2+4*y^2"}, false, true},
		"neither": {[]string{"noise.epsilon=0.25", "landscape.formula=1+x^2+4*y^2",
			"grid.axes.0.spacing=uniform", "grid.axes.0.min=-4",
			"grid.axes.0.max=4"}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			args := append([]string{"run", "quadratic-2d", "-o", "run"}, small...)
			for _, a := range c.args {
				args = append(args, "--set", a)
			}
			text := succeed(t, dir, args...)
			rate := readJSON(t, readFile(t, dir, "run", "summary.json"))["rate"].(map[string]any)
			if got := strings.Contains(text, "; relative error "); got != c.off ||
				(rate["difference"] != nil) != c.off {
				t.Errorf("the difference %v is said: %v, want %v\n%s", rate["difference"], got,
					c.off, text)
			}
			if c.off {
				if got, want := rate["difference"].(float64),
					rate["gap"].(float64)/rate["exact"].(float64)-1; got != want {
					t.Errorf("difference %g, want %g", got, want)
				}
			}
			if got := strings.Contains(text, "on half the box"); got != c.half ||
				(rate["box"] != nil) != c.half {
				t.Errorf("half the box %v is said: %v, want %v\n%s", rate["box"], got, c.half, text)
			}
			if got := strings.Contains(text, "it depends on how far the grid "+
				"reaches"); got != c.half {
				t.Errorf("that the gap depends on the box is said: %v, want %v\n%s", got, c.half,
					text)
			}
		})
	}
}

// A fit to faster modes heads nothing, and the constant is the gap's. On f = 1 + x², ε = 1/50, the
// density of width ½ about 1 has the share ∫xρ₀/(∫ρ₀²/π ∫x²π)^{1/2} in the slowest mode x: π =
// f^{−51} makes the first integral of the root some e^{109}, from about x = 4, so that it is 1e-23
// or so, and no window down to 1e-10 sees it. The rate is 2, the constant 2/ε = 100.
func TestFitToFasterModesHeadsNothing(t *testing.T) {
	dir := t.TempDir()
	stdout := succeed(t, dir, "run", "quadratic-1d", "-o", "run", "--set", "noise.epsilon=0.02",
		"--set", "grid.axes.0.cells=100",
		"--set", "initial.kind=gaussian", "--set", "initial.center=[1.0]", "--set",
		"initial.width=0.5", "--set", "time.tolerance=1e-4")
	s := readJSON(t, readFile(t, dir, "run", "summary.json"))
	rate, constant := s["rate"].(map[string]any), s["poincare_constant"].(map[string]any)
	fitted, gap := rate["fitted"].(float64), rate["gap"].(float64)
	if !(fitted > 3*gap) {
		t.Fatalf("fitted %g, gap %g: the case is none", fitted, gap)
	}
	if math.Abs(gap-2) > 0.02 || math.Abs(constant["measured"].(float64)-100) > 1 {
		// the grid's error
		t.Errorf("gap %g, want 2; constant %v, want 100", gap, constant["measured"])
	}
	if rate["reason"] != "no-overlap" || rate["needed_end"] != nil {
		t.Errorf("reason %v, time.end %v", rate["reason"], rate["needed_end"])
	}
	matches(t, "table", stdout,
		`(?m)^decay rate of ‖u−⟨u⟩‖ +(2\.0|1\.9)\d* +\S+ \w+ +2 \(attained\); relative error `+
			`\S+$`)
	matches(t, "table", stdout,
		`(?m)^  fitted to the norms +\d+\.?\d* +\S+ \w+ +not the slowest mode$`)
	matches(t, "table", stdout, `(?m)^note: the rate fitted to the norms, .* No time.end would do`)
	if got := s["scheme"].(map[string]any); got["name"] != "sdirk2" {
		t.Errorf("the scheme is %v", got)
	}
}

// writeNpyFile writes f(i), i < n, as a one-dimensional array.
func writeNpyFile(t *testing.T, path string, n int, f func(i int) float64) {
	t.Helper()
	values := make([]float64, n)
	for i := range values {
		values[i] = f(i)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, npyFile("<f8", fmt.Sprintf("(%d,)", n), values),
		0o666); err != nil {
		t.Fatal(err)
	}
}

// sameArrays compares every .npy file of two runs byte for byte.
func sameArrays(t *testing.T, a, b string) {
	t.Helper()
	compared := 0
	for _, name := range files(t, a) {
		if filepath.Ext(name) == ".npy" {
			compared++
			if !bytes.Equal(readFile(t, a, name), readFile(t, b, name)) {
				t.Errorf("%s differs", name)
			}
		}
	}
	if compared < 8 {
		t.Errorf("only %d arrays in %s", compared, a)
	}
}

// resolved.toml runs again to the same bits, also with threads and --set, which it records.
func TestResolvedRunsAgain(t *testing.T) {
	dir := t.TempDir()
	succeed(t, dir, append([]string{"run", "quadratic-2d", "-o", "a"}, small...)...)
	succeed(t, dir, "run", "a/resolved.toml", "-o", "b")
	sameArrays(t, filepath.Join(dir, "a"), filepath.Join(dir, "b"))
	succeed(t, dir, "run", "a/resolved.toml", "-o", "c", "--set", "solver.threads=1")
	sameArrays(t, filepath.Join(dir, "a"), filepath.Join(dir, "c"))
}

// What a run was asked for and what was set over it are kept apart, and resolved.toml is what ran:
// also where the default scheme does not suit, which a run that names it would refuse, and of
// analyses, whose default stays one.
func TestResolvedIsWhatRan(t *testing.T) {
	dir := t.TempDir()
	far := append([]string{"run", "quadratic-1d", "-o", "a", "--set", "grid.axes.0.cells=32",
		"--set", "time.end=0.1", "--set", "output.snapshots=3"},
		"--set", "initial.kind=gaussian", "--set", "initial.center=[9.0]", "--set",
		"initial.width=0.3", "--set", "noise.epsilon=0.1")
	succeed(t, dir, far...)
	if given := string(readFile(t, dir, "a", "config.toml")); strings.Contains(given, "32") {
		t.Errorf("config.toml is not as given:\n%s", given)
	}
	if set := readJSON(t, readFile(t, dir, "a", "manifest.json"))["set"]; !reflect.DeepEqual(set,
		[]any{"grid.axes.0.cells=32", "time.end=0.1",
			"output.snapshots=3", "initial.kind=gaussian", "initial.center=[9.0]",
			"initial.width=0.3",
			"noise.epsilon=0.1"}) {
		t.Errorf("set: %v", set)
	}
	for run, name := range map[string]string{"a": "sdirk2", "b": "sdirk2"} {
		if run == "b" {
			succeed(t, dir, "run", "a/resolved.toml", "-o", run)
			sameArrays(t, filepath.Join(dir, "a"), filepath.Join(dir, "b"))
		}
		scheme := readJSON(t, readFile(t, dir, run, "summary.json"))["scheme"].(map[string]any)
		if reason := scheme["reason"].(string); scheme["name"] != name || run == "a" &&
			!strings.HasPrefix(reason, "not the default lanczos: ‖ρ/π‖ of the initial "+
				"density is ") {
			t.Errorf("%s: %v", run, scheme)
		}
	}
	_, explained,
		_ := strings.Cut(succeed(t, dir, append([]string{"explain", "quadratic-1d"},
		far[4:]...)...), "\ntime ")
	if !strings.Contains(explained, "sdirk2 (not the default lanczos: ‖ρ/π‖") {
		t.Errorf("explain: %s", explained)
	}
	succeed(t, dir, "converge", "quadratic-1d", "--in", "time", "--levels", "2", "-o", "c", "--set",
		"grid.axes.0.cells=32", "--set", "time.end=0.1")
	succeed(t, dir, "converge", "c/resolved.toml", "--in", "time", "--levels", "2", "-o", "d")
	if c, d := readFile(t, dir, "c", "converge.json"),
		readFile(t, dir, "d", "converge.json"); !bytes.Equal(c, d) {
		t.Errorf("converge again:\n%s\n%s", c, d)
	}
}

// Where a solution is known its errors are those of the snapshots and of the end, and there are
// none between.
func TestErrorsAtSnapshots(t *testing.T) {
	for snapshots, want := range map[string][]string{"3": {"0", "0.05", "0.1"}, "0": {"0.1"}} {
		for _, scheme := range []string{"lanczos", "sdirk2"} {
			dir := t.TempDir()
			succeed(t, dir, "run", "quadratic-1d", "-o", "run", "--set", "grid.axes.0.cells=32",
				"--set", "time.end=0.1", "--set", "time.scheme="+scheme,
				"--set", "output.snapshots="+snapshots)
			lines := strings.Split(strings.TrimSpace(string(readFile(t, dir, "run", "series.csv"))),
				"\n")
			head := strings.Split(lines[0], ",")
			first, second := slices.Index(head, "error_l1"), slices.Index(head, "error_chi")
			var got []string
			for _, line := range lines[1:] {
				cells := strings.Split(line, ",")
				if l1, chi := cells[first], cells[second]; l1 != "" && chi != "" {
					got = append(got, cells[0])
				} else if l1 != chi {
					t.Errorf("one error of two: %s", line)
				}
			}
			if !slices.Equal(got, want) || len(lines) < 10 {
				t.Errorf("%s, %s snapshots: errors at %q of %d rows, want %q", scheme, snapshots,
					got, len(lines)-1, want)
			}
			if s := readJSON(t, readFile(t, dir, "run", "summary.json")); s["error_l1"] == nil ||
				s["error_chi"] == nil {
				t.Errorf("%s, %s snapshots: no error in the end", scheme, snapshots)
			}
		}
	}
}

const fromFiles = `
[landscape]
file = "loss/x.npy"
[noise]
epsilon = 0.5
[[grid.axes]]
spacing = "file"
file = "x.npy"
[initial]
kind = "file"
file = "density/x.npy"
[time]
end = 0.1
[output]
snapshots = 2
`

// A run from files keeps them in inputs/, also those that share a name, and runs again without the
// originals.
func TestResolvedRunsAgainFromInputs(t *testing.T) {
	dir := t.TempDir()
	face := func(i int) float64 { return math.Sinh(float64(i-10) / 5) }
	writeNpyFile(t, filepath.Join(dir, "sub", "x.npy"), 21, face)
	writeNpyFile(t, filepath.Join(dir, "sub", "loss", "x.npy"), 20, func(i int) float64 {
		return 1 +
			math.Pow(face(i), 2)
	})
	writeNpyFile(t, filepath.Join(dir, "sub", "density", "x.npy"), 20,
		func(i int) float64 { return math.Exp(-face(i)) })
	if err := os.WriteFile(filepath.Join(dir, "sub", "problem.toml"), []byte(fromFiles),
		0o666); err != nil {
		t.Fatal(err)
	}
	succeed(t, dir, "run", "sub/problem.toml", "-o", "a")
	for copied, original := range map[string]string{"x.npy": "loss/x.npy",
		"x-2.npy": "density/x.npy", "x-3.npy": "x.npy"} {
		if !bytes.Equal(readFile(t, dir, "a", "inputs", copied),
			readFile(t, dir, "sub", original)) {
			t.Errorf("inputs/%s is not %s", copied, original)
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, "sub")); err != nil {
		t.Fatal(err)
	}
	succeed(t, t.TempDir(), "run", filepath.Join(dir, "a", "resolved.toml"), "-o",
		filepath.Join(dir, "b"))
	sameArrays(t, filepath.Join(dir, "a"), filepath.Join(dir, "b"))
	succeed(t, dir, "verify", "b")
}

// Snapshots are taken at the very times that were asked for, and the run ends at time.end.
func TestSnapshotTimes(t *testing.T) {
	for _, c := range []struct {
		set  string
		want []float64
	}{
		{"output.times=[0.03, 0.07]", []float64{0.03, 0.07}},
		{"output.times=[0.0, 0.1]", []float64{0, 0.1}},
		// 0.1·3/3 > 0.1 in floating point
		{"output.snapshots=4", []float64{0, 0.1 / 3, 0.2 / 3, 0.1}},
	} {
		t.Run(c.set, func(t *testing.T) {
			dir := t.TempDir()
			succeed(t, dir, "run", "quadratic-1d", "-o", "run", "--set", "grid.axes.0.cells=16",
				"--set", "time.end=0.1", "--set", c.set)
			if _, times := readArray(t, dir, "run", "times.npy"); !slices.Equal(times, c.want) {
				t.Errorf("times %v, want %v", times, c.want)
			}
			rows := strings.Split(strings.TrimSpace(string(readFile(t, dir, "run", "series.csv"))),
				"\n")
			if last := rows[len(rows)-1]; !strings.HasPrefix(last, "0.1,") {
				t.Errorf("the series ends with %s, want t = 0.1", last)
			}
		})
	}
}

// With output.current the probability of a cell changes by what flows through its faces: a step of
// backward Euler is P_{n+1} − P_n = −dt div J(w_{n+1}), on the periodic axis across its seam.
func TestCurrent(t *testing.T) {
	dir := t.TempDir()
	const dt, rows, columns = 0.01, 12, 8
	succeed(t, dir, "run", "quadratic-polar", "-o", "run", "--set", "grid.axes.0.cells=12", "--set",
		"grid.axes.1.cells=8",
		"--set", "grid.axes.0.max=10.0", "--set", "time.end=0.02", "--set", "time.scheme=euler",
		"--set", "time.step=0.01",
		"--set", "solver.tolerance=1e-13", "--set", "output.times=[0.0, 0.01, 0.02]", "--set",
		"output.current=true")
	run := filepath.Join(dir, "run")
	_, volume := readArray(t, run, "volume.npy")
	for k := 1; k <= 2; k++ {
		_, before := readArray(t, run, "rho", fmt.Sprintf("%06d.npy", k-1))
		_, after := readArray(t, run, "rho", fmt.Sprintf("%06d.npy", k))
		shape, jr := readArray(t, run, "current/r", fmt.Sprintf("%06d.npy", k))
		_, jphi := readArray(t, run, "current/phi", fmt.Sprintf("%06d.npy", k))
		if phi, _ := readArray(t, run, "current/phi", fmt.Sprintf("%06d.npy", k)); !slices.Equal(
			shape, []int{rows + 1, columns}) || !slices.Equal(phi, []int{rows, columns + 1}) {
			t.Fatalf("current/r has shape %v and current/phi %v, want one face more than cells "+
				"along the axis", shape, phi)
		}
		largest := 0.0
		for i, v := range volume {
			r, phi := i/columns, i%columns
			out := jr[i+columns] - jr[i] + jphi[i+r+1] - jphi[i+r]
			if r == 0 && jr[i] != 0 || r == rows-1 && jr[i+columns] != 0 ||
				jphi[r*(columns+1)] != jphi[r*(columns+1)+columns] {
				t.Fatalf("a current through a closed end in line %d, or two through the seam of "+
					"line %d", phi, r)
			}
			if d := math.Abs((after[i]-before[i])*v + dt*out); d > 1e-12 {
				// masses up to 1, solved to 1e-13
				t.Errorf("snapshot %d, cell [%d, %d]: the mass changes by %g, %g flows out", k, r,
					phi, (after[i]-before[i])*v, dt*out)
			}
			largest = math.Max(largest, math.Abs(dt*out))
		}
		if largest < 1e-3 {
			t.Errorf("nothing flows: at most %g", largest)
		}
	}
}

// The heat equation on [0, 1], closed at 0 and open at 1 or the other way round, from 1: u = Σ 2
// (−1)ⁿ cos(aₙx) e^{−aₙ²t}/aₙ with aₙ = (n + ½)π, so that J = 2 Σ e^{−aₙ²t} flows out, 1.7839621 at
// t = 0.1, and 0 through the closed end. That is what the mass loses: ∫ J dt between two snapshots,
// by Simpson's rule.
func TestCurrentThroughAnOpenEnd(t *testing.T) {
	heat := func(time float64) (flow float64) {
		for n := range 40 {
			a := (float64(n) + 0.5) * math.Pi
			flow += 2 * math.Exp(-a*a*time)
		}
		return flow
	}
	for side, ends := range []string{`["open", "closed"]`, `["closed", "open"]`} {
		dir := t.TempDir()
		config := filepath.Join(dir, "heat.toml")
		text := "[landscape]\nformula = \"1\"\n[noise]\nepsilon = " +
			"1.0\n[grid]\n[[grid.axes]]\ncells = 200\nmin = 0.0\nmax = 1.0\nends = " + ends +
			"\n[initial]\nkind = \"formula\"\nformula = \"1\"\n[time]\nend = 0.11\ntolerance = " +
			"1e-9\n[output]\ntimes = [0.0, 0.1, 0.105, 0.11]\ncurrent = true\n"
		if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		succeed(t, dir, "run", config, "-o", "run")
		var outflow, mass [4]float64
		for k := 1; k < 4; k++ {
			_, current := readArray(t, filepath.Join(dir, "run"), "current/x",
				fmt.Sprintf("%06d.npy", k))
			_, rho := readArray(t, filepath.Join(dir, "run"), "rho", fmt.Sprintf("%06d.npy", k))
			for _, r := range rho {
				mass[k] += r / 200
			}
			outflow[k] = []float64{-current[0], current[200]}[side]
			if closed := current[200*(1-side)]; len(current) != 201 || closed != 0 {
				t.Fatalf("%d currents, %g through the closed end", len(current), closed)
			}
		}
		if want := heat(0.1); math.Abs(outflow[1]/want-1) > 2e-5 {
			// h² π²/24 of the slowest mode, h = 1/200
			t.Errorf("ends %s: %.8g flows out at t = 0.1, want %.8g", ends, outflow[1], want)
		}
		simpson := 0.01 / 6 * (outflow[1] + 4*outflow[2] + outflow[3])
		if lost := mass[1] - mass[3]; math.Abs(lost/simpson-1) > 1e-6 {
			// the tolerance in time over a change of 0.018; Simpson's (λ dt)⁴/2880
			t.Errorf("ends %s: the mass loses %.9g, %.9g flows out", ends, lost, simpson)
		}
	}
}

// A run whose mass drifts fails, and the command with it, unless mass can leave.
func TestRunOfADriftFails(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		problem string
		code    int
		status  rundir.Status
	}{{"quadratic-1d", exitFailed, rundir.Failed}, {"cross-entropy", exitDone, rundir.Done}} {
		cmd := exec.Command("fpsgd-strict", "run", c.problem, "--quiet", "--set",
			"grid.axes.0.cells=64", "-o", c.problem)
		_, stderr, code := outcome(t, cmd, dir)
		m, err := rundir.ReadManifest(filepath.Join(dir, c.problem))
		if code != c.code || err != nil || m.Status != c.status ||
			strings.Contains(stderr, "mass has changed") != (code != exitDone) {
			t.Errorf("%s: exit %d, status %s, %v, %s", c.problem, code, m.Status, err, stderr)
		}
	}
}

// What is not known has no error bar; what is known says so if its bar is not.
func TestBarred(t *testing.T) {
	for _, c := range []struct {
		value, off fpsgd.Number
		want       string
	}{
		{fpsgd.Number{}, fpsgd.Number{}, "unknown"},
		{fpsgd.Known(2), fpsgd.Number{}, "2 ± unknown"},
		{fpsgd.Known(2), fpsgd.Known(1e-3), "2 ± 1.0e-03"},
	} {
		if got := barred(c.value, c.off); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
