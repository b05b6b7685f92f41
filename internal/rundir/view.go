package rundir

import "os"

// View is a run directory that is read and not held: another process may write there.
type View struct {
	Manifest Manifest

	root *os.Root
	sums map[string]string // SHA-256 of what is complete, by relative path
}

// Look opens a run directory to read it.
func Look(path string) (*View, error) {
	root, m, err := look(path)
	if err != nil {
		return nil, err
	}
	v := &View{Manifest: m, root: root, sums: map[string]string{}}
	for _, f := range m.Files {
		v.sums[f.Path] = f.SHA256
	}
	return v, nil
}

// Close ends the reading.
func (v *View) Close() error { return v.root.Close() }

// Has reports whether the file rel is complete.
func (v *View) Has(rel string) bool { return v.sums[rel] != "" }

// ReadFile returns the content of the file rel. That of a file which is complete is held against
// its record.
func (v *View) ReadFile(rel string) ([]byte, error) { return readChecked(v.root, rel, v.sums[rel]) }
