package figures

import (
	"fmt"
	"io"

	"fpsgd/internal/plots"
	"fpsgd/internal/rundir"
)

// HistogramFile is what particles show of the density at output k.
func HistogramFile(k int) string { return fmt.Sprintf("histogram/%06d.npy", k) }

// ParticlesFile has the positions of the particles: times × particles × components.
const ParticlesFile = "particles.npy"

// EnsembleFile holds the result of an ensemble.
const EnsembleFile = "ensemble.json"

// ofEnsemble are the figures of particles: at the last time, and where that is not the first at the
// first.
func ofEnsemble(f *folder) ([]Figure, error) {
	var result struct {
		Particles int
		Times     []float64
	}
	err := f.json(EnsembleFile, &result)
	if err != nil || len(result.Times) == 0 || len(f.Shape) == 0 { // without a grid
		return nil, err
	}
	g, _, err := f.grid()
	if err != nil {
		return nil, err
	}
	last := len(result.Times) - 1
	seen, err := f.array(HistogramFile(last), f.Shape)
	if err != nil {
		return nil, err
	}
	density, err := f.array(rundir.SnapshotFile(last), f.Shape)
	if err != nil {
		return nil, err
	}
	var views []plots.ParticlesData
	for _, v := range viewsOf(g, density) {
		views = append(views, plots.ParticlesData{Title: f.title(""), View: v.name, Grid: v.grid,
			Time: result.Times[last], Particles: result.Particles, Seen: v.of(seen),
			Density: v.of(density)})
	}
	figures := []Figure{{"particles",
		func(w io.Writer) error { return plots.Particles(w, views...) }}}
	if len(g.axes) == 1 {
		return figures, nil
	}
	all := plots.ParticlesData{Title: f.title(""), Grid: plots.Grid{Axes: g.axes,
		Volume: g.volume}, Time: result.Times[last], Particles: result.Particles, Seen: seen,
		Density: density}
	return append(figures, Figure{"marginals",
		func(w io.Writer) error { return plots.Marginals(w, all) }}), nil
}
