package figures

import (
	"fmt"
	"io"
	"math"

	"fpsgd/internal/plots"
)

// The files of a spectrum beyond its axes.
const (
	EigenvaluesFile = "eigenvalues.npy"
	ShareFile       = "share.npy" // Π, the cells' shares of π
)

// ModeFile is the name of u = ρ/π of mode k, NaN where it is not determined.
func ModeFile(k int) string { return fmt.Sprintf("mode/%06d.npy", k) }

// leastShare is the share Π of π below which u = w/sqrt(Π) is not determined: w, of norm 1, is
// rounded by about as much as sqrt(Π).
const leastShare = 1e-32

// ofSpectrum returns the slowest modes: on three axes or more the conditional mean of each given
// the two coordinates that explain most of its variance.
func ofSpectrum(f *folder) ([]Figure, error) {
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
	shown := ""
	if len(axes) > 2 {
		shown = ", means over the other coordinates"
	}
	d := plots.ModesData{Title: f.title(shown)}
	for k, rate := range eigenvalues[:min(len(eigenvalues), plots.MaxModes)] {
		u, err := f.array(ModeFile(k), f.Shape)
		if err != nil {
			return nil, err
		}
		best, most := plots.Mode{}, -1.0
		for _, kept := range planes(len(axes)) {
			if mode, variance := project(axes, share, u, kept); variance > most {
				best, most = mode, variance
			}
		}
		best.Name = fmt.Sprintf("λ = %.5g", rate)
		d.Modes = append(d.Modes, best)
	}
	return []Figure{{"modes", func(w io.Writer) error { return plots.Modes(w, d) }}}, nil
}

// project returns the conditional mean E[u|q_a, …] = Σ Π u/Σ Π over the cells that share a place on
// the axes kept, and its variance E[E[u|q_a, …]²] ≤ E[u²] = 1. Cells where u is not known have no
// share to speak of.
func project(axes []plots.Axis, share, u []float64, kept []int) (m plots.Mode, variance float64) {
	n := 1
	for _, k := range kept {
		m.Grid.Axes = append(m.Grid.Axes, axes[k])
		n *= cells(axes[k])
	}
	m.Grid.Plane = planeOf(m.Grid.Axes)
	m.Grid.Volume, m.U = make([]float64, n), make([]float64, n)
	at := make([]int, len(axes))
	g := &grid{axes: axes}
	for i, part := range share {
		to := 0
		for _, k := range kept {
			to = to*cells(axes[k]) + at[k]
		}
		m.Grid.Volume[to] += part
		if !math.IsNaN(u[i]) {
			m.U[to] += part * u[i]
		}
		g.advance(at)
	}
	for i, part := range m.Grid.Volume {
		if part < leastShare {
			m.U[i] = math.NaN()
			continue
		}
		m.U[i] /= part
		variance += part * m.U[i] * m.U[i]
	}
	return m, variance
}
