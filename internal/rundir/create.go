package rundir

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"fpsgd/internal/atomicfile"
)

// Create makes the folder, with its parents, for a new run, and holds it. A folder that holds
// anything is refused, unless force is set: then the run in it is replaced. That needs a manifest:
// what is no run's is never touched. Nor is a run replaced in whose folder one of the inputs lies.
func Create(folder string, force bool, inputs ...string) (*Dir, error) {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, fmt.Errorf("creating the run directory: %w; choose another -o", err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("opening the run directory: %w; choose another -o", err)
	}
	if err := free(folder, root, force, inputs); err != nil { // before anything is touched
		root.Close()
		return nil, err
	}
	return taken(folder, root, func(d *Dir) error { return d.claim(force, inputs) })
}

// claim makes the folder this run's, now that nobody else writes there.
func (d *Dir) claim(force bool, inputs []string) error {
	if err := replaceable(d.path, d.root, force, inputs); err != nil {
		return err
	}
	switch err := d.adopt(); {
	case errors.Is(err, fs.ErrNotExist):
		return d.sweep(nil)
	case err != nil:
		return err
	}
	return d.Restart()
}

// Restart removes the run that is in the folder and begins another, with a new id. Whoever finds it
// half done finds a run that has just begun: the new manifest comes first, and lists what is to be
// removed.
func (d *Dir) Restart() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	names := d.Manifest.names()
	for _, name := range names {
		if err := regularOrNone(d.root, filepath.FromSlash(name)); err != nil {
			return err
		}
		d.planned[name] = false
	}
	clear(d.files)
	d.Manifest = newManifest()
	if err := d.save(Running); err != nil {
		return err
	}
	for _, name := range names {
		if err := d.remove(name); err != nil {
			return fmt.Errorf("removing the old run in %s: %w", d.path, err)
		}
	}
	clear(d.planned)
	extra, err := unlisted(d.root, nil)
	for _, p := range extra {
		d.left = append(d.left, p.Path)
	}
	return err
}

// Check refuses what Create would refuse, and touches nothing.
func Check(folder string, force bool, inputs ...string) error {
	root, err := os.OpenRoot(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("creating the run directory: %w; choose another -o", err)
	}
	defer root.Close()
	return free(folder, root, force, inputs)
}

// free reports why a folder cannot be held, or no run begin in it.
func free(folder string, root *os.Root, force bool, inputs []string) error {
	if owner, live := holder(root); live {
		return &HeldError{folder, owner}
	}
	return replaceable(folder, root, force, inputs)
}

// replaceable reports why no run can begin in a folder.
func replaceable(folder string, root *os.Root, force bool, inputs []string) error {
	empty, err := isEmpty(root)
	if err != nil {
		return fmt.Errorf("opening the run directory: %w; choose another -o", err)
	}
	if empty {
		return nil
	}
	m, err := readManifest(root)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is not empty, and holds no run: choose another -o", folder)
	case err != nil && force:
		return fmt.Errorf("the run in %s cannot be replaced: %w; choose another -o, or remove "+
			"the folder", folder, err)
	case !force:
		return fmt.Errorf("%s is not empty: use --resume to go on with the run in it, --force to "+
			"replace it, or another -o", folder)
	}
	for _, name := range m.names() {
		if err := regularOrNone(root, filepath.FromSlash(name)); err != nil {
			return fmt.Errorf("the run in %s cannot be replaced: %w", folder, err)
		}
	}
	for _, input := range inputs {
		if inside(folder, input) {
			return fmt.Errorf("%s is an input, and lies in the folder whose run --force would "+
				"replace: copy it elsewhere, or choose another -o", input)
		}
	}
	return nil
}

// isEmpty reports whether a folder holds nothing but what a process leaves that was killed before
// its first manifest.
func isEmpty(root *os.Root) (bool, error) {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return false, err
	}
	written := map[string]bool{ManifestFile: true, HeartbeatFile: true}
	return !slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return !e.Type().IsRegular() || !own(e.Name(), written)
	}), nil
}

// Above returns the run directory that a folder lies in, "" if it lies in none.
func Above(folder string) string {
	above, err := filepath.Abs(folder)
	for err == nil && above != filepath.Dir(above) {
		above = filepath.Dir(above)
		if _, err := ReadManifest(above); err == nil {
			return above
		}
	}
	return ""
}

// inside reports whether a file lies in a folder, however the two are written.
func inside(folder, file string) bool {
	folder, err1 := canonical(folder)
	file, err2 := canonical(file)
	rel, err3 := filepath.Rel(folder, file)
	return cmp.Or(err1, err2, err3) == nil && filepath.IsLocal(rel)
}

func canonical(name string) (string, error) {
	name, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(name)
}

// own reports whether a name is of a file that runs leave besides those that they list: locks,
// temporary files of these names, and what Python caches when it imports load.py.
func own(name string, listed map[string]bool) bool {
	of := atomicfile.TemporaryOf(path.Base(name))
	return name == LockFile || name == HeartbeatFile || of != "" &&
		listed[path.Join(path.Dir(name), of)]
}
