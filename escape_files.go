package fpsgd

import (
	"cmp"
	"io"
	"math"

	"fpsgd/internal/figures"
	"fpsgd/internal/npy"
	"fpsgd/internal/rundir"

	"gonum.org/v1/gonum/floats"
)

// WriteEscape writes the axes, volumes and π, the mean time of entry and its standard deviation,
// the committor, the quasi-stationary density, and through the faces across every axis the current
// of transitions, in transitions per unit of time. NaN is where π is not representable.
func (f *Folder) WriteEscape(found *Escape) error {
	e := found.On
	shape, logVolume := e.Grid.Shape(), e.LogVolumes()
	volume, density := make([]float64, len(logVolume)), make([]float64, len(logVolume))
	for i, l := range logVolume {
		volume[i] = math.Exp(l)
	}
	write := func(name string, shape []int, values []float64) error {
		return f.dir.WriteFile(name, func(w io.Writer) error { return npy.Write(w, shape, values) })
	}
	pi := e.InvariantDensity()
	err := cmp.Or(writeAxes(f.dir, e.Grid), write(rundir.VolumeFile, shape, volume),
		write(rundir.InvariantFile, shape, pi),
		write(figures.MeanTimeFile, shape, found.Time),
		write("time_std.npy", shape, found.TimeStd),
		write(figures.CommittorFile, shape, found.Committor))
	floats.MulTo(density, pi, found.Mode)
	err = cmp.Or(err, write(figures.QuasiStationaryFile, shape, density))
	for k := range e.Grid.Axes {
		err = cmp.Or(err, write(figures.EscapeCurrentFile(e.Grid.Axes[k].Name),
			e.Operator.Faces(k), found.Current[k]))
	}
	return err
}
