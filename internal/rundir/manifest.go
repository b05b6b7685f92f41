package rundir

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"fpsgd/internal/atomicfile"
	"fpsgd/internal/program"
)

// Schema is the version of the layout of a run directory.
const Schema = 2

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
	Schema  int    `json:"schema"`
	ID      string `json:"id"` // of the run, drawn when it begins
	Status  Status `json:"status"`
	Command string `json:"command"` // run, spectrum, …
	Version string `json:"version"` // of fpsgd
	// SHA-256 of fpsgd where Version does not say what was built
	Executable  string     `json:"executable"`
	Earlier     []string   `json:"earlier_versions"` // that wrote parts of it
	Go          string     `json:"go"`               // version of Go it was built with
	Host        string     `json:"host"`
	Argv        []string   `json:"argv"`
	Started     time.Time  `json:"started"`
	Finished    *time.Time `json:"finished"` // null while running
	Dims        []string   `json:"dims"`     // axis names, in the order of the arrays' indices
	Shape       []int      `json:"shape"`    // cells along each axis
	Coordinates string     `json:"coordinates"`
	Epsilon     float64    `json:"epsilon"`
	Landscape   string     `json:"landscape"`
	Title       string     `json:"title"`      // of its figures: what was solved
	Equation    string     `json:"equation"`   // the line below: ε, the noise, the space and f
	Open        bool       `json:"open"`       // mass leaves through ends of the grid
	Integrable  *bool      `json:"integrable"` // whether π is, on the whole space; null: not known
	Set         []string   `json:"set"`        // K=V set over config.toml, in order
	// what else the results depend on, name=value, sorted
	Options []string `json:"options"`
	// sorted by path; every complete file but the manifest itself
	Files []File `json:"files"`
	// sorted; what is being written, or will be: there, in part or not
	Planned []string `json:"planned"`
	Digest  string   `json:"digest"` // SHA-256 of this text with zeros in its place
}

// File is the manifest's record of a file.
type File struct {
	Path string `json:"path"` // relative to the run directory, with slashes
	atomicfile.Info
}

// newManifest holds what is known of a run before its configuration is: the program, the machine
// and the time.
func newManifest() Manifest {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return Manifest{
		Schema:  Schema,
		ID:      fmt.Sprintf("%016x%016x", rand.Uint64(), rand.Uint64()),
		Status:  Running,
		Version: program.Version(),
		Earlier: []string{},
		Go:      runtime.Version(),
		Host:    host,
		Argv:    os.Args,
		Started: now(),
		Dims:    []string{},
		Shape:   []int{},
		Set:     []string{},
		Options: []string{},
		Files:   []File{},
		Planned: []string{},
	}
}

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// Describe sets what the manifest says of this program, and of its command that makes the results.
func (d *Dir) Describe(command string) error {
	self, err := program.Self()
	m := &d.Manifest
	m.Version, m.Executable, m.Command = self.Version, self.Executable, command
	return err
}

// encode returns the manifest's text with its digest.
func (m *Manifest) encode() ([]byte, error) {
	m.Digest = noDigest
	var b bytes.Buffer
	if err := writeJSON(&b, m); err != nil {
		return nil, err
	}
	m.Digest = SumOf(b.Bytes())
	body, _ := bytes.CutSuffix(b.Bytes(), endOf(noDigest))
	return append(body, endOf(m.Digest)...), nil
}

// endOf is what the text of a manifest with a digest ends with.
func endOf(digest string) []byte { return []byte("\"digest\": \"" + digest + "\"\n}\n") }

var noDigest = strings.Repeat("0", 2*sha256.Size)

// parseManifest reads the text of a manifest. One that is not as encode wrote it is an error.
func parseManifest(text []byte) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return Manifest{}, fmt.Errorf("is damaged: %w", err)
	}
	if m.Schema != Schema {
		return Manifest{}, fmt.Errorf("has schema %d, this program reads %d: use the fpsgd that "+
			"wrote it (version %q)", m.Schema, Schema, m.Version)
	}
	body, ok := bytes.CutSuffix(text, endOf(m.Digest))
	if !ok {
		return Manifest{}, errors.New("is damaged: it does not end with its digest")
	}
	if SumOf(slices.Concat(body, endOf(noDigest))) != m.Digest {
		return Manifest{}, errors.New("is damaged: it does not agree with its digest")
	}
	for _, name := range m.names() {
		if !validName(name) {
			return Manifest{}, fmt.Errorf("is damaged: it lists %q, which is no file of a run",
				name)
		}
	}
	return m, nil
}

// names are those of all files that are or may be there, sorted.
func (m *Manifest) names() []string {
	names := slices.Clone(m.Planned)
	for _, f := range m.Files {
		names = append(names, f.Path)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Incomplete reports whether a file is listed that was not complete when the manifest was written.
func (m *Manifest) Incomplete(rel string) bool { return slices.Contains(m.Planned, rel) }

// manifestSize bounds what is read of a manifest: some 100 bytes for each of a million files.
const manifestSize = 256 << 20

// ReadManifest reads the manifest of the run directory dir. A folder without one, a damaged one, or
// one of another schema is an error that says so; errors.Is(err, fs.ErrNotExist) tells the first.
func ReadManifest(dir string) (Manifest, error) {
	v, err := Look(dir)
	if err != nil {
		return Manifest{}, err
	}
	return v.Manifest, v.Close()
}

func readManifest(root *os.Root) (Manifest, error) {
	text, err := readRegular(root, ManifestFile, manifestSize)
	if err != nil {
		return Manifest{}, fmt.Errorf("%s is not a run directory: %w", Quote(root.Name()), err)
	}
	m, err := parseManifest(text)
	if err != nil {
		return Manifest{}, fmt.Errorf("%q %w", filepath.Join(root.Name(), ManifestFile), err)
	}
	return m, nil
}

// openRegular opens a file to read it, and tells its size. What is no regular file is refused
// before it is opened.
func openRegular(root *os.Root, name string) (*os.File, int64, error) {
	info, err := statRegular(root, name)
	if err != nil {
		return nil, 0, err
	}
	f, err := root.Open(name)
	return f, info.Size(), err
}

// readRegular reads a regular file of at most so many bytes.
func readRegular(root *os.Root, name string, most int64) ([]byte, error) {
	f, size, err := openRegular(root, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > most {
		return nil, fmt.Errorf("%q in %s has %d bytes, and %d at most are read", name, root.Name(),
			size, most)
	}
	var b bytes.Buffer
	b.Grow(int(size) + bytes.MinRead)
	if _, err = b.ReadFrom(io.LimitReader(f, most+1)); err == nil && int64(b.Len()) > most {
		err = fmt.Errorf("%q in %s has more than %d bytes", name, root.Name(), most)
	}
	return b.Bytes(), err
}

// checkName refuses a name that is no file's of a run directory.
func checkName(root *os.Root, rel string) error {
	if validName(rel) {
		return nil
	}
	return fmt.Errorf("%q does not name a file inside the run directory %s", rel, root.Name())
}

// validName reports whether rel names a file inside a run directory that a run may have, other than
// the manifest and the locks.
func validName(rel string) bool {
	return fs.ValidPath(rel) && filepath.IsLocal(filepath.FromSlash(rel)) && rel != "." &&
		rel != ManifestFile && rel != LockFile && rel != HeartbeatFile
}
