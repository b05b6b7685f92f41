package rundir

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"

	"fpsgd/internal/atomicfile"
)

// View is a run directory that is read. If it is not that of a Dir another process may write there.
type View struct {
	// Manifest is the description of the run.
	Manifest Manifest

	root  *os.Root
	mu    sync.Mutex                 // guards what follows and, of a Dir, what it says
	files map[string]atomicfile.Info // what is complete, by relative path
}

// Look opens a run directory to read it.
func Look(path string) (*View, error) {
	root, err := openFolder(path)
	if err != nil {
		return nil, err
	}
	v := &View{root: root}
	if err := v.load(); err != nil {
		root.Close()
		return nil, err
	}
	return v, nil
}

// openFolder opens the folder of a run.
func openFolder(path string) (*os.Root, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("%s is not a run directory: %w", Quote(path), err)
	}
	return root, nil
}

// load reads the manifest, if there is a whole one.
func (v *View) load() error {
	m, err := readManifest(v.root)
	if err != nil {
		return err
	}
	v.Manifest, v.files = m, map[string]atomicfile.Info{}
	for _, f := range m.Files {
		v.files[f.Path] = f.Info
	}
	return nil
}

// Close ends the reading.
func (v *View) Close() error { return v.root.Close() }

// Has reports whether the file rel is complete.
func (v *View) Has(rel string) bool {
	_, ok := v.Sum(rel)
	return ok
}

// Sum is the recorded SHA-256 of the file rel, if that is complete.
func (v *View) Sum(rel string) (string, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	info, ok := v.files[rel]
	return info.SHA256, ok
}

// ReadFile returns the content of the file rel of the run. That of a file which is complete is held
// against its record.
func (v *View) ReadFile(rel string) ([]byte, error) {
	if err := checkName(v.root, rel); err != nil {
		return nil, err
	}
	content, err := readRegular(v.root, filepath.FromSlash(rel), math.MaxInt64-1)
	if err != nil {
		return nil, err
	}
	if sum, ok := v.Sum(rel); ok && SumOf(content) != sum {
		return nil, fmt.Errorf("%q in %s is not what was written (sha256)", rel, v.root.Name())
	}
	return content, nil
}
