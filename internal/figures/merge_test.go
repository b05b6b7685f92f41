package figures

import (
	"math"
	"testing"

	"fpsgd/internal/plots"

	"pgregory.net/rapid"
)

// Blocks keep the mass Σ ρ|C| and the volume, there are no more of them than is asked for, and
// without need none is merged.
func TestMergedCellsKeepMass(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var g plots.Grid
		n := 1
		for k := range rapid.IntRange(1, 3).Draw(t, "axes") {
			count := rapid.IntRange(1, 9).Draw(t, "cells")
			g.Axes = append(g.Axes, uniform([]string{"x", "y", "z"}[k], count, -1, 2))
			n *= count
		}
		positive := rapid.SliceOfN(rapid.Float64Range(0.1, 10), n, n)
		g.Volume = positive.Draw(t, "volume")
		rho := positive.Draw(t, "density")
		room := rapid.IntRange(1<<len(g.Axes), 800).Draw(t, "room")
		by := mergedTo(g, room)
		coarse, merged := mergedGrid(g, by), mergedField(g, by, rho)
		if len(merged) > room || len(merged) != len(coarse.Volume) || (by > 1) != (n > room) {
			t.Fatalf("%d values of %d, in blocks of %d, where there is room for %d", len(merged),
				n, by, room)
		}
		mass, volume := 0.0, 0.0
		for i, v := range g.Volume {
			mass, volume = mass+rho[i]*v, volume+v
		}
		for i, v := range coarse.Volume {
			mass, volume = mass-merged[i]*v, volume-v
		}
		// sums of 729 numbers of at most 100, in another order
		if math.Abs(mass) > 1e-9 || math.Abs(volume) > 1e-9 {
			t.Errorf("mass %g and volume %g are lost", mass, volume)
		}
		for k, a := range coarse.Axes {
			was := g.Axes[k].Faces
			if a.Faces[0] != was[0] || a.Faces[len(a.Faces)-1] != was[len(was)-1] {
				t.Errorf("axis %s ends at %v", a.Name, a.Faces)
			}
		}
	})
}

// Of many snapshots some are taken, the first and the last among them.
func TestFramesAreEven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(1, 500).Draw(t, "count")
		n := rapid.IntRange(2, 60).Draw(t, "n")
		got := evenly(count, n)
		if len(got) != min(count, n) || got[0] != 0 || got[len(got)-1] != count-1 {
			t.Fatalf("%v of %d", got, count)
		}
		step := float64(count-1) / float64(max(len(got)-1, 1))
		for k := 1; k < len(got); k++ {
			if d := float64(got[k] - got[k-1]); math.Abs(d-step) > 1 {
				t.Errorf("%v: a step of %g, where they are %g", got, d, step)
			}
		}
	})
}

// A scene has every snapshot beside π, on three axes their marginals and the whole; what a run that
// was killed has not written makes none.
func TestSceneOfRun(t *testing.T) {
	m, files := relaxing(t)
	s, err := SceneOf(m, files, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Frames) != 2 || s.Frames[1] != "2" || len(s.Views) != 1 {
		t.Fatalf("frames %q of %d views", s.Frames, len(s.Views))
	}
	v := s.Views[0]
	if v.Channels[0].Fields[1][0] != 0.625 || v.Channels[1].Name != "π" || v.Merged != 1 {
		t.Errorf("the view is %+v", v)
	}
	delete(files.files, "times.npy")
	if s, err := SceneOf(m, files, 1000); s != nil || err != nil {
		t.Errorf("without times: %v, %v", s, err)
	}
	views := sceneViews(&grid{axes: []plots.Axis{uniform("x", 8, 0, 1), uniform("y", 8, 0, 1),
		uniform("z", 8, 0, 1)}, volume: make([]float64, 512)}, nil, 600)
	if len(views) != 4 || views[0].merged != 1 || views[3].merged != 2 ||
		len(views[3].coarse.Axes) != 3 {
		t.Errorf("%d views, the whole in blocks of %d", len(views), views[len(views)-1].merged)
	}
}
