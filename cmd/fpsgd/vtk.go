package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"slices"

	"fpsgd"
	"fpsgd/internal/figures"
	"fpsgd/internal/npy"
	"fpsgd/internal/rundir"
	"fpsgd/internal/vtk"
	"fpsgd/solver"

	"github.com/spf13/cobra"
)

func newExportVTK() *cobra.Command {
	var o spaceOptions
	cmd := &cobra.Command{
		ValidArgsFunction: completeFolder,

		Use:   "vtk RUN -o DIR",
		Short: "the fields of a folder of results for ParaView: .vtr, .vts, .vtp and .pvd",
		Args:  exactly(1, "one folder of results"),
	}
	out := cmd.Flags().StringP("output", "o", "", toWrite)
	complete(cmd, "output", folders)
	force := cmd.Flags().Bool("force", false, "replace what export has written there")
	cmd.Flags().StringVar(&o.without, "without", "", "integrate over this axis of cartesian "+
		"coordinates (of four axes by default over the last)")
	cmd.Flags().IntVar(&o.revolve, "revolve", 0, "cylindrical coordinates: turn the half-plane "+
		"about the axis, in this many wedges")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := mayExportTo(*out); err != nil {
			return err
		}
		view, err := rundir.Look(args[0])
		if err != nil {
			return fpsgd.Refused(err)
		}
		defer view.Close()
		x, err := exportOf(view, o)
		if err != nil {
			return fmt.Errorf("%s: %w", args[0], err)
		}
		x.to, err = fpsgd.NewFolder(nil, fpsgd.FolderOptions{Path: *out, Command: exported,
			Force: *force, Warn: warner(cmd.Context())})
		if err != nil {
			return err
		}
		if err := x.to.End(x.write(cmd.Context())); err != nil {
			return err
		}
		for _, name := range x.written {
			fmt.Fprintln(cmd.OutOrStdout(), path.Join(*out, name))
		}
		return nil
	}
	return cmd
}

// mayExportTo refuses folders of results, which --force is not to replace by what is made of them.
func mayExportTo(out string) error {
	if out == "" {
		return badRequest("export vtk needs a folder: give -o DIR")
	}
	if above := rundir.Above(out); above != "" {
		return badRequest("%s lies in the run directory %s: choose another -o", out, above)
	}
	if m, err := rundir.ReadManifest(out); err == nil && m.Command != exported {
		return badRequest("%s holds the results of fpsgd %s: choose another -o", out, m.Command)
	}
	return nil
}

// exported is the command that manifests of exports name.
const exported = "export"

// entry is a field on the cells of a grid, and the file that it is in, of a series with a number.
type entry struct {
	name, file string
	kind       kindOfField
}

// What of a folder is exported if it is there: once, at every time, and by number.
var (
	fieldsOnce = []entry{
		{"invariant", rundir.InvariantFile, densityField}, {"f", rundir.LandscapeFile, meanField},
		{"share", figures.ShareFile, massField},
		{"mean_time", figures.MeanTimeFile, meanField}, {"time_std", "time_std.npy", meanField},
		{"committor", figures.CommittorFile, meanField},
		{"quasi_stationary", figures.QuasiStationaryFile, densityField},
	}
	fieldsInTime = []entry{
		{"rho", "rho/%06d.npy", densityField},
		{"histogram", "histogram/%06d.npy", densityField},
	}
)

// export writes the fields of a folder of results for VTK.
type export struct {
	*space
	from    *rundir.View
	to      *fpsgd.Folder
	pi      []float64 // the invariant density, nil where there is none
	written []string  // to open
}

// exportOf prepares the export of a folder.
func exportOf(from *rundir.View, o spaceOptions) (*export, error) {
	x, m := &export{from: from}, &from.Manifest
	if !slices.Contains([]string{"run", "spectrum", "escape", "ensemble"}, m.Command) {
		return nil, badRequest("it holds the results of fpsgd %s, which are no fields (give a "+
			"folder of run, spectrum, escape or ensemble)", m.Command)
	}
	there := func(axis string) bool { return from.Has(rundir.EdgesFile(axis)) }
	switch gridded := len(m.Shape) > 0; {
	case len(m.Dims) != len(m.Shape):
		return nil, fmt.Errorf("its manifest has the axes %q and the shape %v", m.Dims, m.Shape)
	case gridded && (there(m.Dims[0]) || there("log_"+m.Dims[0])):
	case from.Has(figures.ParticlesFile): // without a grid
		return x, nil
	default:
		return nil, badRequest("there is nothing to export yet: its status is %s", m.Status)
	}
	axes, logs := make([][]float64, len(m.Dims)), make([]bool, len(m.Dims))
	for k, name := range m.Dims {
		if logs[k] = !there(name); logs[k] {
			name = "log_" + name
		}
		var err error
		if axes[k], err = x.array(rundir.EdgesFile(name), []int{m.Shape[k] + 1}); err != nil {
			return nil, err
		}
	}
	var err error
	if x.space, err = newSpace(m, axes, logs, o); err != nil {
		return nil, fpsgd.Refused(err)
	}
	return x, x.weigh()
}

// weigh reads the masses of the cells, by which means are weighted, and their volumes.
func (x *export) weigh() (err error) {
	shape := x.from.Manifest.Shape
	if x.from.Has(figures.ShareFile) {
		x.masses, err = x.array(figures.ShareFile, shape)
		return err
	}
	if x.volume, err = x.array(rundir.VolumeFile, shape); err != nil {
		return err
	}
	if x.pi, err = x.array(rundir.InvariantFile, shape); err != nil {
		return err
	}
	x.masses = make([]float64, len(x.pi))
	for i, p := range x.pi {
		x.masses[i] = p * x.volume[i]
	}
	return nil
}

// optional is array of a file that need not be there where the manifest does not list it, which it
// may not yet do with what a run that is going on has written; then it is nil.
func (x *export) optional(name string, shape []int) ([]float64, error) {
	values, err := x.array(name, shape)
	if errors.Is(err, fs.ErrNotExist) && !x.from.Has(name) {
		return nil, nil
	}
	return values, err
}

// array reads an array, of that shape unless it is nil.
func (x *export) array(name string, shape []int) ([]float64, error) {
	content, err := x.from.ReadFile(name)
	if err != nil {
		return nil, err
	}
	got, data, err := npy.Decode(content)
	if err == nil && shape != nil && !slices.Equal(got, shape) {
		err = fmt.Errorf("it has the shape %v, and the grid %v", got, shape)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}

// write writes everything.
func (x *export) write(ctx context.Context) error {
	times, err := x.optional(rundir.TimesFile, nil)
	if err != nil {
		return err
	}
	if x.space != nil {
		if err := x.writeFields(ctx, times); err != nil {
			return err
		}
	}
	if x.from.Has(figures.ParticlesFile) {
		return x.writeParticles(ctx, times)
	}
	return nil
}

// writeFields writes the fields that have no time beside those of each time, or alone.
func (x *export) writeFields(ctx context.Context, times []float64) error {
	once, whole, err := x.timeless()
	if err != nil {
		return err
	}
	name := x.from.Manifest.Command
	if len(times) == 0 {
		return x.writeGrid(name+x.extension(), vtk.Data{Cells: once, Whole: whole})
	}
	return x.series(ctx, name, x.extension(), times, func(file string, k int) (bool, error) {
		cells, err := x.at(k)
		if err != nil || cells == nil {
			return false, err
		}
		return true, x.writeGrid(file, vtk.Data{Cells: append(cells, once...),
			Whole: []vtk.Array{{Name: "TimeValue", Components: 1, Values: times[k : k+1]}}})
	})
}

// timeless are the fields that have no time; and, of a spectrum, its modes and their rates.
func (x *export) timeless() (cells, whole []vtk.Array, err error) {
	if x.volume != nil {
		cells = append(cells, x.cellVolumes())
	}
	entries := slices.Clone(fieldsOnce)
	if x.from.Has(figures.EigenvaluesFile) {
		rates, err := x.array(figures.EigenvaluesFile, nil)
		if err != nil {
			return nil, nil, err
		}
		whole = []vtk.Array{{Name: "eigenvalues", Components: 1, Values: rates}}
		for k := range rates {
			entries = append(entries, entry{fmt.Sprintf("mode_%d", k), figures.ModeFile(k),
				meanField})
		}
	}
	for _, e := range entries {
		if cells, err = x.field(cells, e, e.file); err != nil {
			return nil, nil, err
		}
	}
	cells, err = x.current(cells, figures.EscapeCurrentFile)
	return cells, whole, err
}

// at are the fields at time k, none if it has not come; u = ρ/π is NaN where π is not
// representable.
func (x *export) at(k int) (cells []vtk.Array, err error) {
	u, err := x.optional(rundir.SnapshotFile(k), x.from.Manifest.Shape)
	if err != nil || u == nil {
		return nil, err
	}
	for _, e := range fieldsInTime {
		if cells, err = x.field(cells, e, fmt.Sprintf(e.file, k)); err != nil {
			return nil, err
		}
	}
	for i, p := range x.pi {
		if u[i] /= p; p == 0 {
			u[i] = math.NaN()
		}
	}
	cells = append(cells, x.onCells("u", u, meanField))
	return x.current(cells, func(axis string) string {
		return fmt.Sprintf("current/%s/%06d.npy", axis, k)
	})
}

// field appends a field that the folder has.
func (x *export) field(cells []vtk.Array, e entry, file string) ([]vtk.Array, error) {
	values, err := x.optional(file, x.from.Manifest.Shape)
	if err != nil || values == nil {
		return cells, err
	}
	return append(cells, x.onCells(e.name, values, e.kind)), nil
}

// current appends the density of the current in space, where the folder has that through the faces.
func (x *export) current(cells []vtk.Array, file func(axis string) string) ([]vtk.Array, error) {
	m := &x.from.Manifest
	if !x.physical() {
		return cells, nil
	}
	through := make([][]float64, len(m.Dims))
	for k, axis := range m.Dims {
		shape := slices.Clone(m.Shape)
		shape[k]++
		var err error
		if through[k], err = x.optional(file(axis), shape); err != nil || through[k] == nil {
			return cells, err
		}
	}
	return append(cells, x.vectors("current", through)), nil
}

func (x *export) writeGrid(name string, d vtk.Data) error {
	x.written = append(x.written, name)
	return x.to.WriteFile(name, func(w io.Writer) error { return x.space.write(w, d) })
}

// writeParticles writes the first three components of the particles at every time.
func (x *export) writeParticles(ctx context.Context, times []float64) error {
	content, err := x.from.ReadFile(figures.ParticlesFile)
	if err != nil {
		return err
	}
	shape, positions, err := npy.Decode(content)
	if err != nil || len(shape) != 3 || shape[0] != len(times) {
		return fmt.Errorf("%s is damaged: its shape is %v, at %d times", figures.ParticlesFile,
			shape, len(times))
	}
	n, m := shape[1], shape[2]
	return x.series(ctx, "particles", ".vtp", times, func(file string, k int) (bool, error) {
		points := make([]float64, 3*n)
		for i := range n {
			copy(points[3*i:3*i+3], positions[(k*n+i)*m:(k*n+i+1)*m])
		}
		x.written = append(x.written, file)
		return true, x.to.WriteFile(file, func(w io.Writer) error {
			return vtk.Points(w, points, vtk.Data{Whole: []vtk.Array{
				{Name: "TimeValue", Components: 1, Values: times[k : k+1]}}})
		})
	})
}

// series writes a file at every time at which there is one, and a .pvd of all, which alone is named
// as what to open.
func (x *export) series(ctx context.Context, name, extension string, times []float64,
	write func(file string, k int) (bool, error)) error {
	var files []string
	opened := len(x.written)
	for k := range times {
		if ctx.Err() != nil {
			return fmt.Errorf("%w (%w)", solver.ErrInterrupted, context.Cause(ctx))
		}
		file := fmt.Sprintf("%s/%06d%s", name, k, extension)
		done, err := write(file, k)
		if err != nil {
			return err
		}
		if !done {
			break
		}
		files = append(files, file)
	}
	x.written = append(x.written[:opened], name+".pvd")
	return x.to.WriteFile(name+".pvd", func(w io.Writer) error {
		return vtk.Series(w, times, files)
	})
}
