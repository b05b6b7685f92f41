package fpsgd

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fpsgd/internal/rundir"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
)

// A run whose mass drifts beyond rounding has failed, whatever else it says.
func TestDriftFails(t *testing.T) {
	for drift, fails := range map[float64]bool{
		0: false, 1e-8: false, 1.1e-8: true, 0.147: true, math.NaN(): true,
	} {
		err := (&job{drift: &solver.Drift{Max: drift}}).driftError()
		if (err != nil) != fails || fails && !strings.Contains(err.Error(), "mass has changed") {
			t.Errorf("a drift of %g: %v", drift, err)
		}
	}
}

// aProblem is one of functions, on an axis of every kind.
func aProblem(t *testing.T, axis Division) Problem {
	g := must[*Grid](t)(Cartesian(axis))
	return Problem{
		Name: "mine",
		Landscape: LandscapeFunc(func(x []float64) float64 { return 1 + x[0]*x[0] }).Named("mine",
			"1"),
		Noise: ML(0.25), Grid: g,
		Initial: DensityFunc(func(x []float64) float64 {
			return math.Exp(-(x[0] - 1) * (x[0] - 1))
		}).Named("bump", "1"),
	}
}

// files are those of a run, but for what tells when and how it was made.
func files(t *testing.T, folder string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := fs.WalkDir(os.DirFS(folder), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".npy") && path != rundir.SeriesCSV {
			return err
		}
		content, err := os.ReadFile(filepath.Join(folder, path))
		out[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A run of Go values that is interrupted goes on to the bits of one that is not, and another
// problem, or another version of a function, is not taken for it.
func TestRunOfValuesGoesOn(t *testing.T) {
	dir := t.TempDir()
	p := aProblem(t, Sinh(60, -40, 40, 0, 1))
	o := RunOptions{Options: Options{End: 2, Times: []float64{2, 0, 1, 1}, Scheme: "sdirk2"}}
	whole := must[*RunResult](t)(Run(t.Context(), p, filepath.Join(dir, "whole"), o))
	if s := whole.Summary; whole.Complete || math.Abs(s.Rate.Gap.Value()/2-1) > 1e-3 {
		t.Errorf("gap %v, want 2, the exact rate of 1 + x²", s.Rate.Gap)
	}
	part := filepath.Join(dir, "part")
	ctx, stop := context.WithCancelCause(t.Context())
	half := o
	half.Checkpoint = 1
	half.Observers = []solver.Observer{solver.ObserverFunc(func(e solver.Event) error {
		if e.Time >= 1 {
			stop(errors.New("enough"))
		}
		return nil
	})}
	if _, err := Run(ctx, p, part, half); !errors.Is(err, solver.ErrInterrupted) {
		t.Fatalf("%v, want an interruption", err)
	}
	o.Resume = true
	other := p
	other.Landscape = LandscapeFunc(func(x []float64) float64 { return 2 }).Named("mine", "2")
	if _, err := Run(t.Context(), other, part, o); err == nil ||
		!strings.Contains(err.Error(), `landscape.go = "mine 2", and was "mine 1"`) {
		t.Errorf("another version is gone on with: %v", err)
	}
	if r := must[*RunResult](t)(Run(t.Context(), p, part, o)); r.Complete {
		t.Error("it was complete before it was gone on with")
	}
	want := files(t, filepath.Join(dir, "whole"))
	for name, content := range files(t, part) {
		if content != want[name] {
			t.Errorf("%s is not that of the run that was not interrupted", name)
		}
	}
	again := must[*RunResult](t)(Run(t.Context(), p, part, o))
	if !again.Complete || again.Summary.Rate.Gap != whole.Summary.Rate.Gap {
		t.Errorf("complete %v, gap %v", again.Complete, again.Summary.Rate.Gap)
	}
	if report, err := rundir.Verify(part); err != nil || len(report.Problems) > 0 {
		t.Errorf("verify: %v, %v", report.Problems, err)
	}
}

// What a problem of Go values states is what it is, to the bit, whatever its axis was cut by: the
// run of its resolved.toml is its own. One of functions only its program can run.
func TestRunOfValuesIsThatOfItsConfig(t *testing.T) {
	for name, axis := range map[string]Division{
		"uniform": Uniform(40, -5, 5), "sinh": Sinh(40, -50, 60, 0.5, 0.7),
		"open": Uniform(40, -5, 5).Open(false, true), "ring": Uniform(40, -5, 5).Periodic(),
		"faces": Faces(-3, -2, -1.5, 0, 0.25, 4, 7),
	} {
		dir := t.TempDir()
		p := aProblem(t, axis)
		p.Initial, p.Threads = Gaussian{Center: []float64{1}, Width: 0.5}, 1
		p.Landscape = must[Landscape](t)(Formula("1 + 2*x^2", p.Grid))
		own, again := filepath.Join(dir, "own"), filepath.Join(dir, "again")
		o := RunOptions{Options: Options{End: 0.5, Times: []float64{0.25, 0.5}}, Current: true}
		must[*RunResult](t)(Run(t.Context(), p, own, o))
		cfg := must[*config.Config](t)(config.Load(filepath.Join(own, rundir.ResolvedFile), nil))
		must[*RunResult](t)(RunConfig(t.Context(), cfg, again, RunOptions{}))
		want := files(t, again)
		if len(want) < 9 {
			t.Errorf("%s: %d files", name, len(want))
		}
		for file, content := range files(t, own) {
			if content != want[file] {
				t.Errorf("%s: %s is not that of the run of resolved.toml", name, file)
			}
		}
	}
	dir := filepath.Join(t.TempDir(), "functions")
	must[*RunResult](t)(Run(t.Context(), aProblem(t, Uniform(20, -5, 5)), dir,
		RunOptions{Options: Options{End: 0.1}}))
	cfg := must[*config.Config](t)(config.Load(filepath.Join(dir, rundir.ResolvedFile), nil))
	if _, err := StateOf(cfg); err == nil ||
		!strings.Contains(err.Error(), "a function of a Go program") {
		t.Errorf("a function is run by its name: %v", err)
	}
	if text :=
		must[[]byte](t)(os.ReadFile(filepath.Join(dir, rundir.ResolvedFile))); !bytes.Contains(
		text, []byte(`go = "bump 1"`)) {
		t.Errorf("the density is not stated:\n%s", text)
	}
}

// What cannot be run is refused before there is a folder.
func TestRunRefuses(t *testing.T) {
	p := aProblem(t, Uniform(20, -5, 5))
	unnamed := p
	unnamed.Initial = DensityFunc(func([]float64) float64 { return 1 })
	badName, blank, nothing := p, p, p
	badName.Name = "a/b"
	blank.Landscape = LandscapeFunc(func([]float64) float64 { return 1 }).Named("", "")
	nothing.Landscape = LandscapeFunc(nil).Named("a", "1")
	notANumber := p
	notANumber.Landscape = LandscapeFunc(func([]float64) float64 { return math.NaN() }).Named("a",
		"1")
	end := Options{End: 1}
	occupied := t.TempDir()
	if err := os.WriteFile(filepath.Join(occupied, "mine"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]struct {
		p      Problem
		folder string
		o      RunOptions
	}{
		"have no name and version":  {unnamed, "", RunOptions{Options: end, Resume: true}},
		"use LandscapeFunc(f).Name": {blank, "", RunOptions{Options: end, Resume: true}},
		"the end 0 of the time":     {p, "", RunOptions{}},
		"name: names a folder and":  {badName, "", RunOptions{Options: end}},
		"is not empty":              {p, occupied, RunOptions{Options: end}},
		"needs a noise": {Problem{Landscape: p.Landscape}, "",
			RunOptions{Options: end}},
		"of the landscape is nil":  {nothing, "", RunOptions{Options: end}},
		"landscape.go: f = NaN at": {notANumber, "", RunOptions{Options: end}},
		"both Force, which replac": {p, "", RunOptions{Options: end, Force: true, Resume: true}},
		"cannot be -1s apart":      {p, "", RunOptions{Options: end, Checkpoint: -time.Second}},
		"an observer is nil": {p, "", RunOptions{
			Options: Options{End: 1, Observers: []solver.Observer{nil}},
		}},
	} {
		folder := c.folder
		if folder == "" {
			folder = filepath.Join(t.TempDir(), "run")
		}
		_, err := Run(t.Context(), c.p, folder, c.o)
		if err == nil || !strings.Contains(err.Error(), want) ||
			strings.Contains(err.Error(), ":1:") {
			t.Errorf("%v, want %q", err, want)
		}
		if _, err := os.Stat(folder); c.folder == "" && err == nil {
			t.Errorf("%q: a folder was made", want)
		}
	}
	if _, err := Run(t.Context(), p, "", RunOptions{Options: end}); err == nil {
		t.Error("a run without a folder")
	}
}

// A run without a name has the folder's, whatever that holds; one that is complete tells what it
// was like.
func TestRunNamedByItsFolder(t *testing.T) {
	p := aProblem(t, Uniform(20, -5, 5).Open(false, true))
	p.Name = ""
	folder := filepath.Join(t.TempDir(), "ε=0.2, first")
	o := RunOptions{Options: Options{End: 0.1}, Resume: true}
	first := must[*RunResult](t)(Run(t.Context(), p, folder, o))
	if want := "-0.2--first"; !strings.HasSuffix(first.Summary.Name, "0.2--first") {
		t.Errorf("name %q, want one like %q", first.Summary.Name, want)
	}
	again := must[*RunResult](t)(Run(t.Context(), p, folder, o))
	if !again.Complete || again.Conservative || again.Choice.Name != first.Choice.Name {
		t.Errorf("%+v, was %+v", again, first)
	}
}
