package main

import (
	"io"
	"math"

	"fpsgd/internal/plots"
	"fpsgd/internal/rundir"
	"fpsgd/mesh"
	"fpsgd/scenarios"
)

// mostPictured is the largest number of densities kept in memory for the figures, by the number of axes drawn: as many as
// the figures have room for.
var mostPictured = [...]int{0, 7, 5}

// gallery collects densities during a run and draws them at its end. A density in three or four dimensions is drawn as its
// marginal over the later axes.
type gallery struct {
	title     string
	grid      plots.Grid
	logVolume []float64 // of the cells
	times     map[int]bool
	snapshots []plots.Snapshot
	invariant []float64
}

// newGallery prepares the figures of a run that reaches count output times, with the invariant density given. It keeps
// logVolume, and marginals of densities only.
func newGallery(s *scenarios.Scenario, logVolume, invariant []float64, count int) *gallery {
	g := &gallery{title: s.Config.Name, times: chosen(count, mostPictured[min(2, len(s.Grid.Axes))]), logVolume: logVolume}
	axes := s.Grid.Axes[:min(2, len(s.Grid.Axes))]
	for k := range axes {
		g.grid.Axes = append(g.grid.Axes, plots.Axis{Name: axes[k].Name, Faces: physicalFaces(&axes[k])})
	}
	switch s.Grid.Coordinates.Name() {
	case "polar":
		g.grid.Plane = plots.Polar
	case "spherical":
		g.grid.Plane = plots.Meridian
	}
	if len(s.Grid.Axes) > 2 {
		g.title += ", marginal in " + axes[0].Name + " and " + axes[1].Name
	}
	g.grid.Volume = g.marginalVolume(s)
	g.invariant = g.marginal(invariant)
	return g
}

// chosen picks n of count outputs, first and last included, closer together at first, when the density changes most.
func chosen(count, n int) map[int]bool {
	out := map[int]bool{}
	n = min(count, n)
	for k := range n {
		x := float64(k) / float64(max(n-1, 1))
		out[int(math.Round(x*x*float64(count-1)))] = true
	}
	return out
}

func physicalFaces(a *mesh.Axis) []float64 {
	faces := make([]float64, len(a.Faces))
	for i, q := range a.Faces {
		faces[i] = a.Physical(q)
	}
	return faces
}

// marginalVolume returns the volumes to which marginal densities belong: areas of the plane for cartesian axes, sums over
// the circle for spherical ones.
func (g *gallery) marginalVolume(s *scenarios.Scenario) []float64 {
	shape := s.Grid.Shape()
	drawn := shape[:len(g.grid.Axes)]
	n := 1
	for _, cells := range drawn {
		n *= cells
	}
	out := make([]float64, n)
	rest := len(g.logVolume) / n
	for i := range out {
		if len(shape) > 2 && s.Grid.Coordinates.Name() == "cartesian" {
			out[i] = math.Exp(s.Grid.LogCell(0, i/drawn[1]) + s.Grid.LogCell(1, i%drawn[1]))
			continue
		}
		for _, v := range g.logVolume[i*rest:][:rest] {
			out[i] += math.Exp(v)
		}
	}
	return out
}

// marginal returns the density over the first two axes.
func (g *gallery) marginal(density []float64) []float64 {
	out := make([]float64, len(g.grid.Volume))
	rest := len(density) / len(out)
	for i := range out {
		if rest == 1 {
			out[i] = density[i]
			continue
		}
		for t := i * rest; t < (i+1)*rest; t++ {
			out[i] += density[t] * math.Exp(g.logVolume[t])
		}
		out[i] /= g.grid.Volume[i]
	}
	return out
}

// add keeps the density of output k if it is one of those pictured.
func (g *gallery) add(k int, t float64, density []float64) {
	if g.times[k] {
		g.snapshots = append(g.snapshots, plots.Snapshot{Time: t, Density: g.marginal(density)})
	}
}

// write draws the figures into the run directory.
func (g *gallery) write(dir *rundir.Dir, decay plots.DecayData) error {
	if len(decay.Times) > 1 {
		if err := dir.WriteFile("plots/decay.png", func(w io.Writer) error { return plots.Decay(w, decay) }); err != nil {
			return err
		}
	}
	if len(g.snapshots) == 0 {
		return nil
	}
	densities := plots.Densities{Title: g.title, Grid: g.grid, Snapshots: g.snapshots, Invariant: g.invariant}
	draw := plots.Maps
	if len(g.grid.Axes) == 1 {
		draw = plots.Curves
	}
	if err := dir.WriteFile("plots/density.png", func(w io.Writer) error { return draw(w, densities) }); err != nil {
		return err
	}
	last := g.snapshots[len(g.snapshots)-1]
	final := plots.FinalData{Title: g.title, Grid: g.grid, Time: last.Time, Density: last.Density, Invariant: g.invariant}
	return dir.WriteFile("plots/invariant.png", func(w io.Writer) error { return plots.Invariant(w, final) })
}
