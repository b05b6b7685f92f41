package figures

import (
	"fmt"
	"math"
	"slices"

	"fpsgd/internal/plots"
	"fpsgd/internal/rundir"
)

// Scene is what a page shows of the fields of a folder, one frame after another: densities in time,
// modes by number.
type Scene struct {
	Slider string   // what the frames go through: "t", "mode"
	Frames []string // what each is called
	Views  []SceneView
	// Left is how many snapshots are not among the frames.
	Left int
}

// SceneView is a way to look at the fields. On three axes or more it is the whole, of which a page
// shows slices.
type SceneView struct {
	Name     string
	Grid     plots.Grid
	Merged   int // cells along an axis that are one here, 1 where none are
	Channels []Channel
	// Window is the part of the physical space with most of the mass: the centre and half the side
	// of a square; of one axis its ends, and nothing.
	Window [3]float64
}

// Channel is a field, in every frame or, if it has one only, the same in all.
type Channel struct {
	Name   string // ρ
	Kind   Kind
	Fields [][]float64
}

// Kind says what values a field has, and so in what colours it is seen.
type Kind string

// The kinds.
const (
	Density  Kind = "density"  // from 0 on, over many decades
	Signed   Kind = "signed"   // of either sign
	Fraction Kind = "fraction" // in [0, 1]
)

// mostFrames is how many positions a slider has.
const mostFrames = 40

// SceneOf returns the scene of a folder, of about so many values at most: on larger grids cells are
// merged, by their means, and of many snapshots some are taken, evenly. It is nil where the folder
// has no fields.
func SceneOf(m *rundir.Manifest, files Files, values int) (*Scene, error) {
	f := &folder{m, files}
	makers := map[string]func(*folder, int) (*Scene, error){"run": sceneOfRun,
		"spectrum": sceneOfSpectrum, "ensemble": sceneOfEnsemble, "escape": sceneOfEscape}
	if makers[m.Command] == nil || len(m.Shape) == 0 {
		return nil, nil
	}
	return makers[m.Command](f, values)
}

// sceneOfRun are the snapshots, beside π.
func sceneOfRun(f *folder, values int) (*Scene, error) {
	content, err := f.optional(rundir.TimesFile)
	if err != nil || content == nil {
		return nil, err
	}
	times, err := f.array(rundir.TimesFile, nil)
	if err != nil || len(times) == 0 {
		return nil, err
	}
	return f.densitiesIn(times, values, false)
}

// sceneOfEnsemble are the histograms beside the densities.
func sceneOfEnsemble(f *folder, values int) (*Scene, error) {
	var result struct{ Times []float64 }
	if err := f.json(EnsembleFile, &result); err != nil || len(result.Times) == 0 {
		return nil, err
	}
	return f.densitiesIn(result.Times, values, true)
}

// densitiesIn is the scene of densities at times, and of what particles show of them.
func (f *folder) densitiesIn(times []float64, values int, particles bool) (*Scene, error) {
	g, invariant, err := f.grid()
	if err != nil {
		return nil, err
	}
	first, err := f.array(rundir.SnapshotFile(0), f.Shape)
	if err != nil {
		return nil, err
	}
	perFrame := 1
	if particles {
		perFrame = 2
	}
	s := &Scene{Slider: "t"}
	kept := evenly(len(times), mostFrames)
	s.Left = len(times) - len(kept)
	views := sceneViews(g, first, values/(perFrame*len(kept)+1))
	for _, v := range views {
		out := SceneView{Name: v.name, Grid: v.coarse, Merged: v.merged}
		out.Channels = append(out.Channels, Channel{Name: "ρ", Kind: Density})
		if particles {
			out.Channels = append(out.Channels, Channel{Name: "particles", Kind: Density})
		}
		out.Channels = append(out.Channels, Channel{Name: "π", Kind: Density,
			Fields: [][]float64{v.shown(invariant)}})
		s.Views = append(s.Views, out)
	}
	names := []func(int) string{rundir.SnapshotFile, HistogramFile}[:perFrame]
	for _, k := range kept {
		s.Frames = append(s.Frames, fmt.Sprintf("%.4g", times[k]))
		for c, name := range names {
			field, err := f.array(name(k), f.Shape)
			if err != nil {
				return nil, err
			}
			for i, v := range views {
				to := &s.Views[i].Channels[c]
				to.Fields = append(to.Fields, v.shown(field))
			}
		}
	}
	for i := range s.Views {
		v := &s.Views[i]
		v.Window = windowOf(v.Grid, append(slices.Clone(v.Channels[0].Fields),
			v.Channels[len(v.Channels)-1].Fields[0]))
	}
	return s, nil
}

// sceneOfSpectrum are the modes u, by their means where cells are merged or projected.
func sceneOfSpectrum(f *folder, values int) (*Scene, error) {
	eigenvalues, err := f.array(EigenvaluesFile, nil)
	if err != nil {
		return nil, err
	}
	axes, err := f.axes()
	if err != nil {
		return nil, err
	}
	share, err := f.array(ShareFile, f.Shape)
	if err != nil {
		return nil, err
	}
	s := &Scene{Slider: "mode"}
	kept := min(len(eigenvalues), mostFrames)
	s.Left = len(eigenvalues) - kept
	for k, rate := range eigenvalues[:kept] {
		s.Frames = append(s.Frames, fmt.Sprintf("%d, λ = %.5g", k+1, rate))
		u, err := f.array(ModeFile(k), f.Shape)
		if err != nil {
			return nil, err
		}
		for i, p := range planes(len(axes)) {
			mode, _ := project(axes, share, u, p)
			if k == 0 {
				v := SceneView{Grid: mode.Grid, Merged: 1,
					Channels: []Channel{{Name: "u", Kind: Signed}}}
				if len(axes) > 2 {
					v.Name = fmt.Sprintf("mean given %s and %s", axes[p[0]].Name, axes[p[1]].Name)
				}
				s.Views = append(s.Views, v)
			}
			c := &s.Views[i].Channels[0]
			c.Fields = append(c.Fields, mode.U)
		}
	}
	for i := range s.Views {
		s.Views[i].coarsen(values / (kept * len(s.Views)))
		s.Views[i].Window = windowOf(s.Views[i].Grid, [][]float64{ones(s.Views[i].Grid.Volume)})
	}
	return s, nil
}

// sceneOfEscape are times and committors, and on two axes at most the quasi-stationary density.
func sceneOfEscape(f *folder, values int) (*Scene, error) {
	g, invariant, err := f.grid()
	if err != nil {
		return nil, err
	}
	channels := []Channel{{Name: "mean time to B", Kind: Density}, {Name: "committor",
		Kind: Fraction}, {Name: "quasi-stationary density", Kind: Density}}
	for k, name := range []string{MeanTimeFile, CommittorFile, QuasiStationaryFile} {
		field, err := f.array(name, f.Shape)
		if err != nil {
			return nil, err
		}
		channels[k].Fields = [][]float64{field}
	}
	s := &Scene{Frames: []string{""}}
	if len(g.axes) <= 2 {
		current, err := f.strength(g)
		if err != nil {
			return nil, err
		}
		v := SceneView{Grid: whole(g).grid, Merged: 1, Channels: append(channels,
			Channel{Name: "current of transitions", Kind: Density, Fields: [][]float64{current}},
			Channel{Name: "π", Kind: Density, Fields: [][]float64{invariant}})}
		v.coarsen(values / len(v.Channels))
		v.Window = windowOf(v.Grid, v.Channels[len(v.Channels)-1].Fields)
		s.Views = []SceneView{v}
		return s, nil
	}
	share := make([]float64, len(invariant))
	for i, rho := range invariant {
		share[i] = rho * g.volume[i]
	}
	for _, p := range planes(len(g.axes)) {
		v := SceneView{Merged: 1, Name: fmt.Sprintf("mean given %s and %s", g.axes[p[0]].Name,
			g.axes[p[1]].Name)}
		for _, c := range channels[:2] {
			mean, _ := project(g.axes, share, c.Fields[0], p)
			v.Grid = mean.Grid
			v.Channels = append(v.Channels, Channel{c.Name, c.Kind, [][]float64{mean.U}})
		}
		v.coarsen(values / (len(v.Channels) * 6))
		v.Window = windowOf(v.Grid, [][]float64{ones(v.Grid.Volume)})
		s.Views = append(s.Views, v)
	}
	return s, nil
}

// windowOf is the window of a view: nothing where slices are to be seen.
func windowOf(g plots.Grid, fields [][]float64) [3]float64 {
	switch len(g.Axes) {
	case 1:
		lo, hi := g.Interval(fields)
		return [3]float64{lo, hi}
	case 2:
		x, y, half := g.Window(fields)
		return [3]float64{x, y, half}
	}
	return [3]float64{}
}

// evenly returns n at most of the indices 0 … count−1, the first and the last among them.
func evenly(count, n int) []int {
	var out []int
	n = min(n, count)
	for k := range n {
		out = append(out, int(math.Round(float64(k*(count-1))/float64(max(n-1, 1)))))
	}
	return out
}

// ones are as many.
func ones(like []float64) []float64 {
	out := make([]float64, len(like))
	for i := range out {
		out[i] = 1
	}
	return out
}
