// Package figures makes the figures of a folder of results from its files alone. Commands that
// solve draw by it when their files are written, and whoever draws again, from the same files, gets
// the same figures.
package figures

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"fpsgd/internal/npy"
	"fpsgd/internal/plots"
	"fpsgd/internal/rundir"
)

// Figure is one that the files suffice for. Draw may be called again and again, with writers that
// are a plots.Paper or not.
type Figure struct {
	Name string // decay, density, …
	Draw func(w io.Writer) error
}

// Files are those of a folder of results.
type Files interface {
	Has(rel string) bool // whether a file is there, and complete
	ReadFile(rel string) ([]byte, error)
}

// ErrNone tells that a folder is of a kind that has no figures.
var ErrNone = errors.New("it has no figures")

// Of returns the figures of a folder with that manifest. What a run that did not end has not
// written yet is left out. An error is ErrNone, or names the file that is damaged, or missing
// though it is listed, or that nothing can be drawn without.
func Of(m *rundir.Manifest, files Files) ([]Figure, error) {
	makers := map[string]func(*folder) ([]Figure, error){"run": ofRun, "spectrum": ofSpectrum,
		"converge": ofConvergence, "ensemble": ofEnsemble, "escape": ofEscape}
	figures := makers[m.Command]
	switch {
	case figures == nil:
		return nil, fmt.Errorf("%w: it holds the results of fpsgd %s (give a folder of run, "+
			"spectrum, converge, ensemble or escape)", ErrNone, m.Command)
	case m.Title == "":
		return nil, fmt.Errorf("%w: its manifest has no title for them, as an earlier version "+
			"wrote it, or it ended before it had begun", ErrNone)
	}
	return figures(&folder{m, files})
}

// folder is a folder of results.
type folder struct {
	*rundir.Manifest
	files Files
}

// title is the title of a figure: what was solved, what is shown of it and, on a line below, the
// equation.
func (f *folder) title(shown string) string { return f.Title + shown + "\n" + f.Equation }

// optional reads a file that need not be there where the manifest does not list it; then it is nil.
func (f *folder) optional(rel string) ([]byte, error) {
	content, err := f.files.ReadFile(rel)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !f.files.Has(rel):
		return nil, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s is missing", rel)
	}
	return content, err
}

// read reads a file that the figures need.
func (f *folder) read(rel string) ([]byte, error) {
	content, err := f.optional(rel)
	if err == nil && content == nil {
		return nil, fmt.Errorf("there is no %s: its status is %s, or it was written by an "+
			"earlier version", rel, f.Status)
	}
	return content, err
}

// array reads an array, of that shape unless it is nil.
func (f *folder) array(rel string, shape []int) ([]float64, error) {
	content, err := f.read(rel)
	if err != nil {
		return nil, err
	}
	got, data, err := npy.Decode(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", rel, err)
	}
	if shape != nil && !slices.Equal(got, shape) {
		return nil, fmt.Errorf("%s has the shape %v, and the grid %v", rel, got, shape)
	}
	return data, nil
}

// json reads a file that need not be there into v, which then stays as it is.
func (f *folder) json(rel string, v any) error {
	content, err := f.optional(rel)
	if err != nil || content == nil {
		return err
	}
	if err := json.Unmarshal(content, v); err != nil {
		return fmt.Errorf("%s: %w", rel, err)
	}
	return nil
}

// axes reads the axes: their faces or, where the folder has logarithms of them, these.
func (f *folder) axes() ([]plots.Axis, error) {
	if len(f.Dims) == 0 || len(f.Dims) != len(f.Shape) {
		return nil, fmt.Errorf("%s: dims %q do not belong to the shape %v", rundir.ManifestFile,
			f.Dims, f.Shape)
	}
	var out []plots.Axis
	for k, name := range f.Dims {
		axis, file := plots.Axis{Name: name}, rundir.EdgesFile(name)
		if logarithms := rundir.EdgesFile("log_" + name); f.files.Has(logarithms) {
			axis.Name, file = "log "+name, logarithms
		}
		var err error
		if axis.Faces, err = f.array(file, []int{f.Shape[k] + 1}); err != nil {
			return nil, err
		}
		out = append(out, axis)
	}
	return out, nil
}
