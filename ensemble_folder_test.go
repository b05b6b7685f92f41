package fpsgd

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"fpsgd/internal/program"
	"fpsgd/internal/rundir"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
	"fpsgd/solver/ensemble"
)

// A state that was saved is loaded as it was, in pieces or empty, and one with too few particles is
// an error.
func TestEnsembleStates(t *testing.T) {
	x := make([]float64, piece+5)
	for i := range x {
		x[i] = float64(i) / 7
	}
	found := &Ensemble{Ensemble: &ensemble.Ensemble{X: [][]float64{x, x}, Seed: 3, Steps: 7,
		Gone: 2}, Components: []string{"x", "y"},
		Rows:    []EnsembleRow{{Time: 1, Mean: []float64{2}, Distance: &Mean{1, 2}}},
		Seconds: 4}
	round := func(whole bool, cut int) (*ensembleState, error) {
		var text bytes.Buffer
		s := &ensembleState{found, whole}
		if err := s.Save(gob.NewEncoder(&text)); err != nil {
			t.Fatal(err)
		}
		back := &ensembleState{found: &Ensemble{Ensemble: &ensemble.Ensemble{},
			Components: found.Components}}
		text.Truncate(text.Len() - cut)
		return back, back.Load(gob.NewDecoder(&text))
	}
	if back, err := round(false, 0); err != nil || !reflect.DeepEqual(back.found, found) {
		t.Errorf("loaded %+v, %v", back.found.Rows, err)
	}
	if back, err := round(true, 0); err != nil || !back.whole || back.found.X != nil ||
		back.found.Gone != 2 {
		t.Errorf("a whole one: %+v, %v", back, err)
	}
	if _, err := round(false, 100); err == nil {
		t.Error("a state that is cut off is loaded")
	}
}

// What another build has computed is gone on with where that is asked for alone; it ends with the
// bits of one that was left alone, and a checkpoint of other particles is refused.
func TestEnsembleOfAnotherVersion(t *testing.T) {
	cfg := must[*config.Config](t)(config.LoadText("problem", nil, []string{
		"landscape.formula=1 + x^2 + y^2", "ensemble.dimension=2", "noise.epsilon=0.25",
		"initial.kind=gaussian", "initial.width=0.5", "time.end=1", "output.snapshots=3",
		"ensemble.particles=600"}))
	e := must[*Equation](t)(EnsembleOf(cfg, nil))
	o := must[EnsembleOptions](t)(EnsembleOptionsOf(cfg))
	o.Checkpoint = 1
	folder := t.TempDir()
	keep := func(ctx context.Context, name string, other bool) error {
		_, err := Keep(e.Scenario, FolderOptions{Path: filepath.Join(folder, name),
			Command: "ensemble", Resume: true, Checkpoints: true, OtherVersion: other},
			func(f *Folder) error {
				with := o
				with.Folder = f
				_, err := e.Simulate(ctx, with)
				return err
			})
		return err
	}
	ctx, stop := context.WithCancel(t.Context())
	e.Progress = func(share float64, _ string) {
		if share > 0.6 {
			stop()
		}
	}
	if err := keep(ctx, "parts", false); !errors.Is(err, solver.ErrInterrupted) {
		t.Fatalf("error %v", err)
	}
	e.Progress = nil
	foreign(t, filepath.Join(folder, "parts"))
	if err := keep(t.Context(), "parts", false); err == nil ||
		!strings.Contains(err.Error(), "--other-version") {
		t.Errorf("another version: error %v", err)
	}
	if err := keep(t.Context(), "parts", true); err != nil {
		t.Fatal(err)
	}
	m := must[rundir.Manifest](t)(rundir.ReadManifest(filepath.Join(folder, "parts")))
	if m.Status != rundir.Done || len(m.Earlier) != 1 {
		t.Errorf("status %s, earlier versions %q", m.Status, m.Earlier)
	}
	if err := keep(t.Context(), "whole", false); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"particles.npy", rundir.SeriesCSV, rundir.TimesFile} {
		a := must[[]byte](t)(os.ReadFile(filepath.Join(folder, "parts", name)))
		b := must[[]byte](t)(os.ReadFile(filepath.Join(folder, "whole", name)))
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs", name)
		}
	}
}

// A checkpoint that is whole but of other particles, steps or outputs is refused.
func TestEnsembleStatesThatDoNotFit(t *testing.T) {
	s := &simulation{options: EnsembleOptions{Particles: 2},
		plan: ensemblePlan{times: []float64{0, 1}, until: []int64{0, 10}}}
	state := func(particles int, steps int64, rows ...float64) *Ensemble {
		e := &Ensemble{Ensemble: &ensemble.Ensemble{X: [][]float64{make([]float64, particles)},
			Steps: steps}, Components: []string{"x"}}
		for _, t := range rows {
			e.Rows = append(e.Rows, EnsembleRow{Time: t, Mean: []float64{0},
				MeanError: []float64{0}})
		}
		return e
	}
	if s.out = state(2, 5, 0); s.fits() != nil {
		t.Error(s.fits())
	}
	for name, out := range map[string]*Ensemble{
		"particles": state(3, 5, 0), "steps": state(2, 11, 0), "early": state(2, 5, 0, 1),
		"times": state(2, 5, 0.5), "outputs": state(2, 10, 0, 1, 2),
	} {
		if s.out = out; s.fits() == nil {
			t.Errorf("%s: it fits", name)
		}
	}
	s.out = state(2, 5, 0)
	s.out.Components = slices.Repeat(s.out.Components, 2)
	if s.fits() == nil {
		t.Error("two components: it fits")
	}
}

// foreign makes the checkpoint in a folder one of another build.
func foreign(t *testing.T, folder string) {
	t.Helper()
	d := must[*rundir.Dir](t)(rundir.Open(folder))
	defer d.Close()
	s := &ensembleState{found: &Ensemble{Ensemble: &ensemble.Ensemble{}}}
	origin := must[rundir.Origin](t)(d.ReadCheckpoint(s))
	err := d.WriteCheckpoint(program.Identity{Version: "v0.0.1"}, origin.Resolved, s)
	if err == nil {
		err = d.SaveManifest(rundir.Interrupted)
	}
	if err != nil {
		t.Fatal(err)
	}
}
