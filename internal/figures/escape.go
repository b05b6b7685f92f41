package figures

import (
	"io"
	"math"
	"slices"
	"strings"

	"fpsgd/internal/plots"
)

// The files of an escape beyond its axes.
const (
	MeanTimeFile        = "mean_time.npy"
	CommittorFile       = "committor.npy"
	QuasiStationaryFile = "quasi_stationary.npy"
)

// EscapeCurrentFile is the current of transitions through the faces across an axis.
func EscapeCurrentFile(axis string) string { return "current/" + axis + ".npy" }

// ofEscape returns the picture of an escape: on three axes or more the conditional means of the
// committor and of the time given the two coordinates that explain most of the committor.
func ofEscape(f *folder) ([]Figure, error) {
	g, invariant, err := f.grid()
	if err != nil {
		return nil, err
	}
	fields := map[string][]float64{}
	for _, name := range []string{MeanTimeFile, CommittorFile, QuasiStationaryFile} {
		if fields[name], err = f.array(name, f.Shape); err != nil {
			return nil, err
		}
	}
	d := plots.EscapeData{Title: f.title(""), Committor: fields[CommittorFile],
		Time: fields[MeanTimeFile], Density: fields[QuasiStationaryFile]}
	if len(g.axes) > 2 {
		d = meansOfEscape(f, g, invariant, d)
	} else {
		d.Grid = whole(g).grid
		if d.Current, err = f.strength(g); err != nil {
			return nil, err
		}
	}
	return []Figure{{"escape", func(w io.Writer) error { return plots.Escape(w, d) }}}, nil
}

// meansOfEscape projects committor and time.
func meansOfEscape(f *folder, g *grid, invariant []float64,
	d plots.EscapeData) plots.EscapeData {

	share := make([]float64, len(invariant))
	for i, rho := range invariant {
		share[i] = rho * g.volume[i]
	}
	most := -1.0
	out := plots.EscapeData{Title: f.title(", means over the other coordinates")}
	for _, kept := range planes(len(g.axes)) {
		m, variance := project(g.axes, share, d.Committor, kept)
		if variance > most {
			most = variance
			out.Grid, out.Committor = m.Grid, m.U
			times, _ := project(g.axes, share, d.Time, kept)
			out.Time = times.U
		}
	}
	return out
}

// strength is |J| in every cell, transitions per unit of time and area: along an axis the mean of
// the currents through its two faces, over the area of these, volume/length.
func (f *folder) strength(g *grid) ([]float64, error) {
	out, at := make([]float64, len(g.volume)), make([]int, len(g.axes))
	for k, name := range f.Dims {
		shape := slices.Clone(f.Shape)
		shape[k]++
		current, err := f.array(EscapeCurrentFile(name), shape)
		if err != nil {
			return nil, err
		}
		stride := 1
		for _, n := range f.Shape[k+1:] {
			stride *= n
		}
		for i := range out {
			below := i + i/(stride*f.Shape[k])*stride
			through := (current[below] + current[below+stride]) / 2
			out[i] = math.Hypot(out[i], through*g.length(k, at)/g.volume[i])
			g.advance(at)
		}
	}
	return out, nil
}

// length is that of a cell along an axis of a grid of one or two.
func (g *grid) length(k int, at []int) float64 {
	radius := func(k int) float64 {
		r := midpoint(g.axes[k], at[k])
		if strings.HasPrefix(g.axes[k].Name, "log ") {
			return math.Exp(r)
		}
		return r
	}
	l := width(g.axes[k], at[k])
	switch name := g.axes[k].Name; {
	case strings.HasPrefix(name, "log "):
		return l * radius(k)
	case name == "phi":
		return l * radius(0)
	}
	return l
}
