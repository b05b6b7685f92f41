package rundir

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"fpsgd/internal/atomicfile"
)

// Schema is the version of the layout of a run directory.
const Schema = 1

// Status says how far a run came.
type Status string

// The states of a run. A run that was killed stays Running.
const (
	Running     Status = "running"
	Done        Status = "done"
	Failed      Status = "failed"
	Interrupted Status = "interrupted" // stopped by the user, can be resumed
)

// Manifest describes a run and lists its files.
type Manifest struct {
	Schema      int        `json:"schema"`
	Status      Status     `json:"status"`
	Version     string     `json:"version"` // of fpsgd
	Go          string     `json:"go"`      // version of Go it was built with
	Host        string     `json:"host"`
	Argv        []string   `json:"argv"`
	Started     time.Time  `json:"started"`
	Finished    *time.Time `json:"finished"` // null while running
	Dims        []string   `json:"dims"`     // axis names, in the order of the arrays' indices
	Shape       []int      `json:"shape"`    // cells along each axis
	Coordinates string     `json:"coordinates"`
	Epsilon     float64    `json:"epsilon"`
	Landscape   string     `json:"landscape"`
	Set         []string   `json:"set"`   // K=V set over config.toml, in order
	Files       []File     `json:"files"` // sorted by path; every file but the manifest itself
}

// File is the manifest's record of a file.
type File struct {
	Path string `json:"path"` // relative to the run directory, with slashes
	atomicfile.Info
}

// newManifest holds what is known of a run before its configuration is: the program, the machine and the time.
func newManifest() Manifest {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return Manifest{
		Schema:  Schema,
		Status:  Running,
		Go:      runtime.Version(),
		Host:    host,
		Argv:    os.Args,
		Started: now(),
		Dims:    []string{},
		Shape:   []int{},
		Set:     []string{},
		Files:   []File{},
	}
}

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// ReadManifest reads the manifest of the run directory dir. A folder without one, a damaged one, or one of another schema is an
// error that says so; errors.Is(err, fs.ErrNotExist) tells the first.
func ReadManifest(dir string) (Manifest, error) {
	path := filepath.Join(dir, ManifestFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return Manifest{}, fmt.Errorf("%s is not a run directory: %w", dir, err)
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return Manifest{}, fmt.Errorf("%s is damaged: %w; run again into another folder", path, err)
	}
	if m.Schema != Schema {
		return Manifest{}, fmt.Errorf("%s has schema %d, this program reads %d; use the fpsgd that wrote it (version %q)",
			path, m.Schema, Schema, m.Version)
	}
	for _, f := range m.Files {
		if !validName(f.Path) {
			return Manifest{}, fmt.Errorf("%s is damaged: it lists %q, which is no file of a run", path, f.Path)
		}
	}
	return m, nil
}

// validName reports whether rel names a file inside a run directory, other than the manifest.
func validName(rel string) bool {
	return fs.ValidPath(rel) && filepath.IsLocal(filepath.FromSlash(rel)) && rel != "." && rel != ManifestFile
}
