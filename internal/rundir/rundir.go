// Package rundir writes and checks run directories: the folder of plain files (NumPy arrays, JSON, CSV) that a run leaves.
//
// Every file appears under its name only when it is complete, and the manifest lists each with its size and SHA-256, so that a
// reader can tell a whole run from a part of one. Reading needs none of this package: np.load opens every array.
package rundir

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"fpsgd/internal/atomicfile"
	"fpsgd/internal/npy"
)

// Dir is a run directory that is being written. Its methods may be called concurrently, with different file names.
type Dir struct {
	// Manifest is the description of the run. Create fills in program, machine and time; whoever knows the grid and the
	// landscape sets the rest before the first SaveManifest, which sets Status, Finished and Files.
	Manifest Manifest

	path  string
	mu    sync.Mutex                 // guards Manifest in SaveManifest, and files
	files map[string]atomicfile.Info // what was written, by relative path
}

// Create makes the folder path, with its parents, for a new run. A folder that holds anything is refused, unless force is set:
// then the run in it is removed, that is its manifest, what that lists, snapshots and checkpoints; all other files stay.
func Create(path string, force bool) (*Dir, error) {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, fmt.Errorf("creating the run directory: %w; choose another -o", err)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("opening the run directory: %w; choose another -o", err)
	}
	if len(entries) > 0 {
		if !force {
			return nil, fmt.Errorf("%s is not empty; use --force to replace the run in it, or another -o", path)
		}
		if err := removeRun(path); err != nil {
			return nil, err
		}
	}
	return &Dir{Manifest: newManifest(), path: path, files: map[string]atomicfile.Info{}}, nil
}

// Open opens the run in a folder to go on with it. Its files count as written, as the manifest has them.
func Open(path string) (*Dir, error) {
	m, err := ReadManifest(path)
	if err != nil {
		return nil, err
	}
	d := &Dir{Manifest: m, path: path, files: map[string]atomicfile.Info{}}
	for _, f := range m.Files {
		d.files[f.Path] = f.Info
	}
	return d, nil
}

// ReadFile returns the content of the file rel of the run.
func (d *Dir) ReadFile(rel string) ([]byte, error) {
	if !validName(rel) {
		return nil, fmt.Errorf("%q does not name a file inside the run directory %s", rel, d.path)
	}
	return os.ReadFile(filepath.Join(d.path, filepath.FromSlash(rel)))
}

// Remove removes the file rel of the run, if it is there.
func (d *Dir) Remove(rel string) error {
	if !validName(rel) {
		return fmt.Errorf("%q does not name a file inside the run directory %s", rel, d.path)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.files, rel)
	if err := os.Remove(filepath.Join(d.path, filepath.FromSlash(rel))); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// removeRun removes the run in path, if there is one. The manifest goes first, so that a part cannot pass for the whole. A run
// that was killed may have snapshots and checkpoints that its manifest does not list, and they must not pass for the new run's.
// os.Root keeps a hostile manifest or a symbolic link from reaching files elsewhere.
func removeRun(path string) error {
	m, err := ReadManifest(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot replace this run: %w", err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return fmt.Errorf("removing the old run: %w", err)
	}
	defer root.Close()
	names := []string{ManifestFile}
	for _, f := range m.Files {
		names = append(names, f.Path)
	}
	for _, pattern := range []string{"rho/??????.npy", "current/*/??????.npy", "plots/*.png", "checkpoint/*", ".*.tmp", "*/.*.tmp", "*/*/.*.tmp"} {
		found, err := fs.Glob(root.FS(), pattern)
		if err != nil {
			return fmt.Errorf("removing the old run in %s: %w", path, err)
		}
		names = append(names, found...)
	}
	for _, name := range names {
		if err := root.Remove(filepath.FromSlash(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing the old run in %s: %w", path, err)
		}
	}
	return nil
}

// MakeNext makes the first of the folders root/name, root/name-2, root/name-3, ... that does not exist, and returns its path.
// Making it claims it: two runs that start together get different folders.
func MakeNext(root, name string) (string, error) {
	if name != filepath.Base(name) || !filepath.IsLocal(name) || name == "." {
		return "", fmt.Errorf("the run name %q is not a plain file name; change `name` or give -o", name)
	}
	if err := os.MkdirAll(root, 0o777); err != nil {
		return "", fmt.Errorf("creating the run directory: %w; choose another -o", err)
	}
	path := filepath.Join(root, name)
	for k := 2; ; k++ {
		err := os.Mkdir(path, 0o777)
		if err == nil {
			return path, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("creating the run directory: %w; choose another -o", err)
		}
		path = filepath.Join(root, fmt.Sprintf("%s-%d", name, k))
	}
}

// Path is the folder.
func (d *Dir) Path() string { return d.path }

// WriteFile writes what write sends to its argument to the file rel, a path with slashes relative to the folder, and records
// it for the manifest. Missing folders are made. On an error nothing is recorded, and an older file of that name stays.
func (d *Dir) WriteFile(rel string, write func(io.Writer) error) error {
	if !validName(rel) {
		return fmt.Errorf("%q does not name a file inside the run directory %s", rel, d.path)
	}
	path := filepath.Join(d.path, filepath.FromSlash(rel))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return fmt.Errorf("creating a folder of the run: %w", err)
	}
	info, err := atomicfile.Write(path, write)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files[rel] = info
	return nil
}

// WriteBytes writes content to the file rel.
func (d *Dir) WriteBytes(rel string, content []byte) error {
	return d.WriteFile(rel, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// WriteArray writes data, in C order of shape, to the .npy file rel as float64. A NaN or ±Inf is an error that names its index.
func (d *Dir) WriteArray(rel string, shape []int, data []float64) error {
	return d.WriteFile(rel, func(w io.Writer) error {
		if err := checkFinite(shape, data); err != nil {
			return err
		}
		return npy.Write(w, shape, data)
	})
}

// WriteJSON writes v, indented, to the file rel. JSON has no NaN and no Inf: they are an error, and unknown numbers are null
// (Known). Formulas keep their < and &.
func (d *Dir) WriteJSON(rel string, v any) error {
	return d.WriteFile(rel, func(w io.Writer) error { return writeJSON(w, v) })
}

func writeJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// WriteSeries writes series.csv and series.npz. Called at each checkpoint it rewrites all rows, about 20 bytes a number, so
// that a killed run keeps the rows up to the last checkpoint.
func (d *Dir) WriteSeries(s *Series) error {
	if err := d.WriteFile(SeriesCSV, s.WriteCSV); err != nil {
		return err
	}
	return d.WriteFile(SeriesNpz, s.WriteNpz)
}

//go:embed load.py
var loader []byte

// WriteLoader writes load.py, which reads the run with NumPy alone.
func (d *Dir) WriteLoader() error { return d.WriteBytes(LoaderFile, loader) }

// SaveManifest writes the manifest with the given status and the files written so far. Finished becomes now, except for Running.
func (d *Dir) SaveManifest(status Status) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := &d.Manifest
	m.Status = status
	m.Finished = nil
	if status != Running {
		end := now()
		m.Finished = &end
	}
	m.Files = make([]File, 0, len(d.files))
	for _, rel := range slices.Sorted(maps.Keys(d.files)) {
		m.Files = append(m.Files, File{Path: rel, Info: d.files[rel]})
	}
	_, err := atomicfile.Write(filepath.Join(d.path, ManifestFile), func(w io.Writer) error { return writeJSON(w, m) })
	return err
}

// Known returns &x for a finite x, and nil, JSON's null, for NaN and ±Inf.
func Known(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// checkFinite returns an error that names the first NaN or ±Inf of an array by its index.
func checkFinite(shape []int, data []float64) error {
	for i, x := range data {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("the value at index [%s] is %g; only finite values are stored", multiIndex(shape, i), x)
		}
	}
	return nil
}

// multiIndex writes the flat index i of a C-ordered array as "i_0, i_1, ...".
func multiIndex(shape []int, i int) string {
	index := make([]string, len(shape))
	for k := len(shape) - 1; k >= 0; k-- {
		index[k] = fmt.Sprint(i % shape[k])
		i /= shape[k]
	}
	return strings.Join(index, ", ")
}
