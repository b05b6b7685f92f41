package figures

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"

	"fpsgd/internal/plots"
	"fpsgd/internal/rundir"
)

// Target says where figures go and how they are drawn.
type Target struct {
	Folder string      // relative to that which is written, with slashes
	Prefix string      // of the file names
	Paper  plots.Paper // without its writer
}

// Own is where a folder of results has its figures.
var Own = Target{Folder: "plots", Paper: plots.Paper{Format: plots.PNG}}

// Name is the file of a figure.
func (t Target) Name(f Figure) string {
	return path.Join(t.Folder, t.Prefix+f.Name+"."+string(t.Paper.Format))
}

// Names are the files of figures.
func (t Target) Names(all []Figure) []string {
	var names []string
	for _, f := range all {
		names = append(names, t.Name(f))
	}
	return names
}

// Write draws figures.
func (t Target) Write(dir *rundir.Dir, all []Figure) error {
	for _, f := range all {
		paper := t.Paper
		err := dir.WriteFile(t.Name(f), func(w io.Writer) error {
			paper.Writer = w
			return f.Draw(paper)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Draw draws the figures of a folder of results, from the files that are in it, to where it has
// them.
func Draw(dir *rundir.Dir) error {
	all, err := Of(&dir.Manifest, dir)
	if err != nil {
		return fmt.Errorf("drawing the figures of %s: %w", dir.Path(), err)
	}
	return Own.Write(dir, all)
}

// Command is what the manifest of a folder of figures alone calls its command.
const Command = "plot"

// Open opens a folder of figures alone, or makes one of a folder that is empty or not there. One
// that is a run's or lies in it is refused.
func Open(folder string) (*rundir.Dir, error) {
	m, err := rundir.ReadManifest(folder)
	switch {
	case err == nil && m.Command == Command:
		return rundir.Open(folder)
	case err == nil:
		return nil, fmt.Errorf("%s holds the results of fpsgd %s: choose another -o", folder,
			m.Command)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: choose another -o", err)
	}
	if above := rundir.Above(folder); above != "" {
		return nil, fmt.Errorf("%s lies in the run directory %s: choose another -o", folder, above)
	}
	return rundir.Create(folder, false)
}
