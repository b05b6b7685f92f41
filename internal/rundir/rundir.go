// Package rundir writes and checks run directories: the folder of plain files (NumPy arrays, JSON,
// CSV) that a run leaves.
//
// Every file appears under its name only when it is complete, and the manifest lists each with its
// size and SHA-256, so that a reader can tell a whole run from a part of one. Reading needs none of
// this package: np.load opens every array.
package rundir

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"fpsgd/internal/atomicfile"
	"fpsgd/internal/npy"
)

// Dir is a run directory that this process holds and writes. Its methods may be called
// concurrently, with different file names. No file is written but under a name that the manifest on
// the disk lists as planned.
type Dir struct {
	// View is its reading. Of the Manifest Create fills in program, machine and time; whoever knows
	// the grid and the landscape sets the rest before the first SaveManifest, which sets Status,
	// Finished, Files and Planned.
	View

	path   string
	hold   *hold
	left   []string // by --force: files that are not the run's
	amends bool     // Manifest keeps its status and the time of the end

	// guarded by mu, as the Manifest is in SaveManifest:

	// what is or will be written; true: again and again, so that it is planned while the run lasts
	planned   map[string]bool
	leaving   map[string]bool // what will be removed
	abandoned error           // why nothing more is written, or nil

	saving sync.Mutex // held while a checkpoint is written
}

// Open opens the run in a folder to go on with it, and removes what processes that were killed have
// left of files. Its files count as written, as the manifest has them.
func Open(path string) (*Dir, error) {
	v, err := Look(path) // before anything is touched
	if err != nil {
		return nil, err
	}
	return taken(path, v.root, (*Dir).adopt)
}

// Amend opens what is in a folder as Open does, to write some of its files again or to add others:
// it keeps its status, and the time at which it ended, whatever SaveManifest, which is to be called
// when all is written, is told.
func Amend(path string) (*Dir, error) {
	d, err := Open(path)
	if err != nil {
		return nil, err
	}
	d.amends = true
	return d, nil
}

// taken is a folder that this process holds, if it can be begun with, and closed otherwise.
func taken(path string, root *os.Root, begin func(*Dir) error) (*Dir, error) {
	h, err := acquire(root)
	if err != nil {
		root.Close()
		return nil, err
	}
	d := &Dir{
		View: View{Manifest: newManifest(), root: root, files: map[string]atomicfile.Info{}},
		path: path, hold: h, planned: map[string]bool{}, leaving: map[string]bool{},
	}
	if err := begin(d); err != nil {
		d.Close()
		return nil, err
	}
	open.Store(d, nil)
	return d, nil
}

// open are the folders that this process holds.
var open sync.Map

// AbandonAll is Abandon of all folders that this process holds. It returns their paths.
func AbandonAll(status Status) (paths []string, err error) {
	open.Range(func(d, _ any) bool {
		if err = d.(*Dir).Abandon(status); err == nil {
			paths = append(paths, d.(*Dir).path)
		}
		return err == nil
	})
	return paths, err
}

// whileHeld calls do under the lock mu, unless nothing more is written.
func (d *Dir) whileHeld(do func() error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := cmp.Or(d.abandoned, d.hold.check()); err != nil {
		return err
	}
	return do()
}

// adopt takes over what the manifest in the folder lists.
func (d *Dir) adopt() error {
	if err := d.load(); err != nil {
		return err
	}
	for _, name := range d.Manifest.Planned {
		d.planned[name] = false
	}
	return d.sweep(d.Manifest.names())
}

// sweep removes the temporary files of the manifest and of these names.
func (d *Dir) sweep(names []string) error {
	for _, name := range temporaries(d.root, names) {
		if err := d.remove(name); err != nil {
			return fmt.Errorf("removing what a killed process has left: %w", err)
		}
	}
	return nil
}

// remove removes a file if it is there.
func (d *Dir) remove(rel string) error {
	err := atomicfile.Remove(d.root, filepath.FromSlash(rel))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// temporaries lists the temporary files of the manifest, of the heartbeat and of these names. A
// folder need not be there, and one that cannot be read holds none of ours.
func temporaries(root *os.Root, names []string) (found []string) {
	of, folders := map[string]bool{}, map[string]bool{}
	for _, name := range append(slices.Clone(names), ManifestFile, HeartbeatFile) {
		of[name], folders[path.Dir(name)] = true, true
	}
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		entries, err := fs.ReadDir(root.FS(), folder)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if base := atomicfile.TemporaryOf(e.Name()); base != "" && e.Type().IsRegular() &&
				of[path.Join(folder, base)] {
				found = append(found, path.Join(folder, e.Name()))
			}
		}
	}
	return found
}

// Close gives the folder up to other processes. What is not in the manifest on the disk is lost.
func (d *Dir) Close() error {
	open.Delete(d)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.abandoned == nil {
		d.hold.release()
	}
	return d.root.Close()
}

// Abandon ends the run in the manifest and gives the folder up, while others are at work that may
// still write to it: the checkpoint that is being written is waited for, and nothing else.
// Temporary files go, with what is being written to them.
func (d *Dir) Abandon(status Status) error {
	d.saving.Lock()
	defer d.saving.Unlock()
	return d.whileHeld(func() error {
		err := cmp.Or(d.saveAs(status, true), d.sweep(d.Manifest.names()))
		d.abandoned = fmt.Errorf("%s was closed: nothing more is written", d.path)
		if d.hold.file == nil { // a lock ends with the process, when nobody writes any more
			d.hold.release()
		}
		return err
	})
}

// Left lists the files that Create found in the folder of a run that it replaced, and left alone as
// they were not the run's.
func (d *Dir) Left() []string { return d.left }

// Holds reports whether there is a file rel of this content, whatever was written.
func (d *Dir) Holds(rel string, content []byte) bool {
	there, err := readRegular(d.root, filepath.FromSlash(rel), int64(len(content)))
	return err == nil && bytes.Equal(there, content)
}

// Leave tells of files that will be removed, and that a checkpoint is to do without from now on.
func (d *Dir) Leave(names ...string) error {
	if err := d.Expect(names...); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, rel := range names {
		d.leaving[rel] = true
	}
	return nil
}

// Remove removes the file rel of the run, if it is there.
func (d *Dir) Remove(rel string) error {
	if err := d.Expect(rel); err != nil {
		return err
	}
	if err := d.remove(rel); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.files, rel)
	delete(d.planned, rel)
	return nil
}

// Expects reports whether the manifest on the disk lists the file rel as one that will be written.
func (d *Dir) Expects(rel string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.Manifest.Incomplete(rel)
}

// Expect lists files that will be written, or written again, in the manifest on the disk. WriteFile
// does so with every file: to announce many at once saves time. A file that is there under a name
// that is not listed is not this run's, and an error.
func (d *Dir) Expect(names ...string) error {
	return d.whileHeld(func() error { return d.expect(names) })
}

func (d *Dir) expect(names []string) error {
	news := false
	for _, rel := range names {
		if err := checkName(d.root, rel); err != nil {
			return err
		}
		_, written := d.files[rel]
		again, planned := d.planned[rel]
		if !written && !planned && d.exists(rel) {
			return fmt.Errorf("%q is there already, and no file of this run: move it away, "+
				"or choose another -o", filepath.Join(d.path, rel))
		}
		d.planned[rel] = again || written
		news = news || !d.Manifest.Incomplete(rel)
	}
	if !news {
		return nil
	}
	return d.save(Running)
}

// MakeNext makes the first of the folders root/name, root/name-2, root/name-3, ... that does not
// exist, and returns its path. Making it claims it: two runs that start together get different
// folders.
func MakeNext(root, name string) (string, error) {
	if name != filepath.Base(name) || !filepath.IsLocal(name) || name == "." {
		return "", fmt.Errorf("the run name %q is not a plain file name; change `name` or give -o",
			name)
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

// WriteFile writes what write sends to its argument to the file rel, a path with slashes relative
// to the folder, and records it for the manifest. Missing folders are made. On an error nothing is
// recorded, and an older file of that name stays.
func (d *Dir) WriteFile(rel string, write func(io.Writer) error) error {
	if err := d.Expect(rel); err != nil {
		return err
	}
	info, err := d.write(rel, write)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files[rel] = info
	if !d.planned[rel] {
		delete(d.planned, rel)
	}
	return nil
}

func (d *Dir) write(rel string, write func(io.Writer) error) (atomicfile.Info, error) {
	name := filepath.FromSlash(rel)
	if err := d.root.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return atomicfile.Info{}, fmt.Errorf("creating a folder of the run: %w", err)
	}
	return atomicfile.WriteIn(d.root, name, write)
}

// HoldBack takes so many bytes of the disk, which ThrowOff gives back: with them a full disk has
// room for a last manifest.
func (d *Dir) HoldBack(bytes int) error {
	if err := d.Expect(BallastFile); err != nil {
		return err
	}
	_, err := d.write(BallastFile, contentOf(make([]byte, bytes)))
	return err
}

// ThrowOff gives back what HoldBack took.
func (d *Dir) ThrowOff() error { return d.remove(BallastFile) }

// WriteBytes writes content to the file rel.
func (d *Dir) WriteBytes(rel string, content []byte) error {
	return d.WriteFile(rel, contentOf(content))
}

func contentOf(content []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}
}

// WriteArray writes data, in C order of shape, to the .npy file rel as float64. A NaN or ±Inf is an
// error that names its index.
func (d *Dir) WriteArray(rel string, shape []int, data []float64) error {
	return d.WriteFile(rel, func(w io.Writer) error {
		if err := checkFinite(shape, data); err != nil {
			return err
		}
		return npy.Write(w, shape, data)
	})
}

// WriteJSON writes v, indented, to the file rel. JSON has no NaN and no Inf: they are an error.
// Formulas keep their < and &.
func (d *Dir) WriteJSON(rel string, v any) error {
	return d.WriteFile(rel, func(w io.Writer) error { return writeJSON(w, v) })
}

func writeJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

//go:embed load.py
var loader []byte

// Loader is load.py, which is the same in every folder.
func Loader() []byte { return loader }

// WriteLoader writes load.py, which reads the run with NumPy alone.
func (d *Dir) WriteLoader() error { return d.WriteBytes(LoaderFile, loader) }

// SaveManifest writes the manifest with the given status and the files written so far. Finished
// becomes now, except for Running.
func (d *Dir) SaveManifest(status Status) error {
	return d.whileHeld(func() error {
		if d.amends {
			maps.DeleteFunc(d.planned, func(_ string, again bool) bool { return again })
			status = d.Manifest.Status
		}
		return d.save(status)
	})
}

// save writes the manifest.
func (d *Dir) save(status Status) error { return d.saveAs(status, status == Running) }

// saveAs writes the manifest of a run some of whose files are being written. Of others only those
// files are planned that are there and may not be whole.
func (d *Dir) saveAs(status Status, writing bool) error {
	m := &d.Manifest
	if !d.amends {
		m.Status, m.Finished = status, nil
		if status != Running {
			m.Finished = new(now())
		}
	}
	onDisk := m.Planned
	m.Files, m.Planned = make([]File, 0, len(d.files)), []string{}
	for _, rel := range slices.Sorted(maps.Keys(d.files)) {
		if _, planned := d.planned[rel]; !writing || !planned {
			m.Files = append(m.Files, File{Path: rel, Info: d.files[rel]})
		}
	}
	for _, rel := range slices.Sorted(maps.Keys(d.planned)) {
		if _, written := d.files[rel]; writing || !written && d.exists(rel) {
			m.Planned = append(m.Planned, rel)
		}
	}
	text, err := m.encode()
	if err == nil {
		_, err = atomicfile.WriteIn(d.root, ManifestFile, contentOf(text))
	}
	if err != nil {
		m.Planned = onDisk
	}
	return err
}

func (d *Dir) exists(rel string) bool {
	_, err := d.root.Lstat(filepath.FromSlash(rel))
	return err == nil
}

// checkFinite returns an error that names the first NaN or ±Inf of an array by its index.
func checkFinite(shape []int, data []float64) error {
	for i, x := range data {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("the value at index [%s] is %g; only finite values are stored",
				multiIndex(shape, i), x)
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
