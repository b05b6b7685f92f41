package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fpsgd/internal/npy/numpytest"
)

// seen is what VTK finds in an exported file, in the middle of a series.
type seen struct {
	Times    []float64
	Whole    map[string][]float64
	Kind     string
	Points   []int
	Arrays   []string
	Sizes    [2]float64 // least and largest size of a cell, as VTK reckons it, over its volume
	Mass     float64
	Mean     [3]float64 // Σ x ρ·volume
	Flow     [3]float64 // Σ j volume
	Seams    [3]float64 // how far the ends along each axis are from each other
	Vertices int
}

// inVTK makes folders by fpsgd, exports each, and lets VTK open what is named of it.
func inVTK(t *testing.T, runs map[string]string, files ...string) []seen {
	t.Helper()
	numpytest.Require(t, "vtkmodules", "python3-vtk9")
	dir := t.TempDir()
	program, err := filepath.Abs("testdata/open_vtk.py")
	if err != nil {
		t.Fatal(err)
	}
	for name, args := range runs {
		succeed(t, dir, append(strings.Fields(args), "-o", name)...)
	}
	args := []string{program}
	for _, file := range files {
		request := strings.Fields(file) // DIR/FILE FLAGS
		folder, _, _ := strings.Cut(request[0], "/")
		out := "vtk-" + fmt.Sprint(len(args))
		export := append([]string{"export", "vtk", folder, "-o", out}, request[1:]...)
		printed := succeed(t, dir, export...)
		name := out + strings.TrimPrefix(request[0], folder)
		if !slices.Contains(strings.Fields(printed), filepath.ToSlash(name)) {
			t.Errorf("export prints %q, and not %s", printed, name)
		}
		succeed(t, dir, "verify", out)
		args = append(args, name)
	}
	var found []seen
	for line := range strings.Lines(numpytest.Run(t, dir, args...)) {
		var s seen
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		found = append(found, s)
	}
	if len(found) != len(files) {
		t.Fatalf("VTK opened %d of %d", len(found), len(files))
	}
	return found
}

// short is a run of three snapshots that keeps the current.
const short = " --set output.current=true --set output.errors=false --set output.snapshots=3" +
	" --set time.end=0.4 --set time.tolerance=1e-4"

// Σ ρ·volume is the mass in every coordinate system. VTK's own volumes are ours in cartesian
// coordinates; a cell of polar ones has the chord for its arc, which is sin(h)/h of the sector for
// cells of h, and of spherical ones the difference falls with h². So does that of the current's
// mean from what the equation says of f = 1 + |θ|²: d⟨θ⟩/dt = ∫ j = −⟨∇f⟩ = −2⟨θ⟩.
func TestVTKOpensRuns(t *testing.T) {
	t.Parallel()
	runs, files := map[string]string{}, []string{}
	for _, n := range []int{1, 2} {
		for preset, cells := range map[string][]int{"quadratic-2d": {24},
			"quadratic-polar": {24, 16}, "quadratic-spherical": {12, 6, 8}} {
			args := "run " + preset + short
			for k, c := range cells {
				args += fmt.Sprintf(" --set grid.axes.%d.cells=%d", k, n*c)
			}
			if preset != "quadratic-2d" {
				args += " --set grid.axes.0.max=20"
			}
			if preset == "quadratic-polar" { // a seam that rounding does not close by itself
				args += fmt.Sprintf(" --set grid.axes.1.min=0.3 --set grid.axes.1.max=%.16g",
					0.3+2*math.Pi)
			}
			runs[fmt.Sprint(preset, n)] = args
		}
	}
	for _, preset := range []string{"quadratic-2d", "quadratic-polar", "quadratic-spherical"} {
		files = append(files, preset+"1/run.pvd", preset+"2/run.pvd")
	}
	found := inVTK(t, runs, files...)
	for i, s := range found {
		if math.Abs(s.Mass-1) > 1e-14*3 { // sums of up to 6912 cells
			t.Errorf("%s: mass %v", files[i], s.Mass)
		}
		if want := []float64{0, 0.2, 0.4}; !slices.Equal(s.Times, want) {
			t.Errorf("%s: times %v", files[i], s.Times)
		}
		if want := "current f invariant rho u volume"; strings.Join(s.Arrays, " ") != want {
			t.Errorf("%s: arrays %q", files[i], s.Arrays)
		}
	}
	flat, polar, ball := found[0:2], found[2:4], found[4:6]
	for n, s := range flat {
		if s.Kind != "vtkRectilinearGrid" || math.Abs(s.Sizes[0]-1) > 4e-15 ||
			math.Abs(s.Sizes[1]-1) > 4e-15 {
			t.Errorf("cartesian: %s with sizes of %v", s.Kind, s.Sizes)
		}
		h := 2 * math.Pi / float64(16*(n+1))
		s = polar[n]
		if chord := math.Sin(h) / h; s.Kind != "vtkStructuredGrid" ||
			math.Abs(s.Sizes[0]-chord) > 1e-13 || math.Abs(s.Sizes[1]-chord) > 1e-13 ||
			s.Seams[1] != 0 {
			t.Errorf("polar: %s with sizes of %v, want %v; seams %v", s.Kind, s.Sizes, chord,
				s.Seams)
		}
	}
	if ball[0].Kind != "vtkStructuredGrid" || ball[0].Seams[2] != 0 {
		t.Errorf("spherical: %s, seams %v", ball[0].Kind, ball[0].Seams)
	}
	order := func(coarse, fine float64) float64 { return math.Log2(coarse / fine) }
	if p := order(1-ball[0].Sizes[0], 1-ball[1].Sizes[0]); p < 1.8 || p > 2.2 {
		t.Errorf("spherical: sizes of cells converge with order %.2f, want 2", p)
	}
	for name, s := range map[string][]seen{"cartesian": flat, "polar": polar, "spherical": ball} {
		off := func(s seen, k int) float64 { return math.Abs(s.Flow[k]/s.Mean[k] + 2) }
		for k := range map[string]int{"cartesian": 2, "polar": 2, "spherical": 3}[name] {
			if p := order(off(s[0], k), off(s[1], k)); p < 1.8 || p > 2.3 || off(s[1], k) > 0.05 {
				t.Errorf("%s: −⟨j⟩/⟨θ⟩ along axis %d is off by %.2g and %.2g, of order %.2f",
					name, k, off(s[0], k), off(s[1], k), p)
			}
		}
	}
}

// Half-planes and what they are revolved to, marginals of four axes, lines of log axes, axes
// that are not representable; modes, escape, particles with a grid and without.
func TestVTKOpensTheOthers(t *testing.T) {
	t.Parallel()
	cylinder := "run log-singular-pair --set grid.axes.0.cells=12 --set grid.axes.1.cells=16"
	found := inVTK(t, map[string]string{
		"cylinder": cylinder + short,
		"four":     "run quadratic-4d --set grid.axes.0.cells=6" + short,
		"line":     "run geometric-brownian --set grid.axes.0.cells=40" + short,
		"far": "spectrum log-singular-3d -k 2 --set grid.axes.0.log_min=-900.0 --set " +
			"grid.axes.0.log_max=900.0 --set grid.axes.0.cells=40",
		"modes": "spectrum quadratic-2d -k 2 --set grid.axes.0.cells=24",
		"escape": "escape quadratic-2d --from ball(-1,0;0.5) " +
			"--to ball(1,0;0.5) --set grid.axes.0.cells=24",
		"particles": "ensemble quadratic-2d --set ensemble.particles=1000 --set time.end=0.4 " +
			"--set output.snapshots=3 --set grid.axes.0.cells=24",
		"free": "ensemble --set landscape.formula=1+x1^2+x2^2+x3^2+x4^2+x5^2 " +
			"--set noise.epsilon=0.25 --set ensemble.dimension=5 --set ensemble.particles=100 " +
			"--set initial.kind=gaussian --set initial.width=0.5 " +
			"--set initial.center=[1,2,3,4,5] " +
			"--set time.end=0.01 --set output.snapshots=2 --set ensemble.eta=0.01",
	}, "cylinder/run.pvd", "cylinder/run.pvd --revolve 12", "four/run.pvd",
		"four/run.pvd --without x", "line/run.pvd", "far/spectrum.vtr", "modes/spectrum.vtr",
		"escape/escape.vtr", "particles/ensemble.pvd", "particles/particles.pvd",
		"free/particles.pvd")
	is := func(k int, kind string, points []int, arrays string) *seen {
		s := &found[k]
		if s.Kind != kind || !slices.Equal(s.Points, points) ||
			strings.Join(s.Arrays, " ") != arrays {
			t.Errorf("%d: %s of %v with %q", k, s.Kind, s.Points, s.Arrays)
		}
		return s
	}
	const all = "current f invariant rho u volume"
	half := is(0, "vtkRectilinearGrid", []int{13, 1, 17}, all)
	turned := is(1, "vtkStructuredGrid", []int{13, 13, 17}, all)
	h := 2 * math.Pi / 12
	if math.Abs(turned.Mass-half.Mass) > 1e-14 || math.Abs(turned.Sizes[0]-math.Sin(h)/h) > 1e-12 ||
		turned.Seams[1] != 0 || math.Abs(turned.Mean[0]) > 1e-12 ||
		math.Abs(turned.Mean[2]-half.Mean[2]) > 1e-10 ||
		math.Abs(turned.Flow[2]-half.Flow[2]) > 1e-10 || math.Abs(turned.Flow[0]) > 1e-12 {
		t.Errorf("revolved: %+v\nhalf-plane: %+v", turned, half)
	}
	last, first := is(2, "vtkRectilinearGrid", []int{7, 7, 7}, all), is(3, "vtkRectilinearGrid",
		[]int{7, 7, 7}, all)
	for _, s := range []*seen{last, first} { // of cubes of 6 cells a side, that are not equal
		if math.Abs(s.Mass-1) > 1e-13 || math.Abs(s.Sizes[0]-1) > 1e-13 ||
			math.Abs(s.Sizes[1]-1) > 1e-13 {
			t.Errorf("marginals: mass %v, sizes %v", s.Mass, s.Sizes)
		}
	}
	// the mean is off in x alone, which is integrated over
	if last.Mean[0] < 0.1 || math.Abs(first.Mean[0]) > 1e-9 || last.Flow[0] > -0.1 {
		t.Errorf("means of marginals: %v and %v, current %v", last.Mean, first.Mean, last.Flow)
	}
	is(4, "vtkRectilinearGrid", []int{41, 1, 1}, all)
	is(5, "vtkRectilinearGrid", []int{41, 1, 1}, "mode_0 mode_1 share")
	modes := is(6, "vtkRectilinearGrid", []int{25, 25, 1}, "mode_0 mode_1 share")
	if rates := modes.Whole["eigenvalues"]; len(rates) != 2 || math.Abs(rates[0]-2) > 0.1 {
		t.Errorf("eigenvalues %v", rates)
	}
	is(7, "vtkRectilinearGrid", []int{25, 25, 1},
		"committor current invariant mean_time quasi_stationary time_std volume")
	is(8, "vtkRectilinearGrid", []int{25, 25, 1}, "histogram invariant rho u volume")
	// from (1, 1), at t = 0.2, to 4 standard deviations
	if s := is(9, "vtkPolyData", []int{1000, 3}, ""); math.Abs(s.Mean[0]-math.Exp(-0.4)) > 0.1 {
		t.Errorf("particles at t = 0.2 have the mean %v", s.Mean)
	}
	if s := is(10, "vtkPolyData", []int{100, 3}, ""); s.Vertices != 100 ||
		math.Abs(s.Mean[2]-3) > 0.2 { // 4 standard deviations of 0.5/√100
		t.Errorf("particles in five dimensions: %+v", s)
	}
}

// Requests that make no sense are refused, and leave nothing; what is there already is
// replaced only by --force, and a damaged file is named.
func TestExportVTKRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	succeed(t, dir, strings.Fields("run quadratic-2d -o plane --set grid.axes.0.cells=12"+short)...)
	succeed(t, dir, strings.Fields("export operator quadratic-1d -o operator")...)
	succeed(t, dir, strings.Fields("export vtk plane -o out")...)
	for args, want := range map[string]string{
		"plane -o out": "out is not empty: use --resume to go on with the run in it, --force to " +
			"replace it, or another -o",
		"plane -o plane/vtk":     "plane/vtk lies in the run directory",
		"plane -o plane --force": "plane holds the results of fpsgd run: choose another -o",
		"operator -o new": "operator: it holds the results of fpsgd export, which are no fields " +
			"(give a folder of run, spectrum, escape or ensemble)",
		"plane -o new --revolve 8": "plane: --revolve turns cylindrical coordinates about their " +
			"axis, and these are cartesian",
		"plane -o new --without z": "plane: --without takes an axis of several cartesian ones, " +
			"got \"z\" of cartesian coordinates with x, y",
	} {
		_, stderr, code := command(t, dir, append([]string{"export", "vtk"},
			strings.Fields(args)...)...)
		if code != exitBadRequest || !strings.HasPrefix(stderr, "fpsgd: "+want) {
			t.Errorf("%s: exit %d, %q, want %q", args, code, stderr, want)
		}
		if _, err := os.Stat(filepath.Join(dir, "new")); err == nil {
			t.Errorf("%s: a folder was made", args)
		}
	}
	if err := os.Truncate(filepath.Join(dir, "plane/rho/000001.npy"), 100); err != nil {
		t.Fatal(err)
	}
	_, stderr, code := command(t, dir, strings.Fields("export vtk plane -o out --force")...)
	if code != exitFailed || !strings.Contains(stderr, `"rho/000001.npy" in plane is not what`) {
		t.Errorf("of a damaged file: exit %d, %q", code, stderr)
	}
}

// Of a run that is going on there is written what it has so far.
func TestExportVTKOfALiveRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	startArguments(t, dir, strings.Fields("run quadratic-2d -o run --set grid.axes.0.cells=32 "+
		"--set time.end=1e3 --set time.step=1e-3 --set output.snapshots=100000 --json"),
		filepath.Join("run", "rho", "000005.npy"))
	printed := succeed(t, dir, strings.Fields("export vtk run -o out")...)
	if printed != "out/run.pvd\n" {
		t.Errorf("export prints %q", printed)
	}
	series := readFile(t, dir, "out", "run.pvd")
	if n := bytes.Count(series, []byte("<DataSet ")); n < 5 ||
		!bytes.Contains(series, []byte("run/000004.vtr")) {
		t.Errorf("%d snapshots of 5 and more:\n%s", n, series)
	}
	succeed(t, dir, "verify", "out")
}
