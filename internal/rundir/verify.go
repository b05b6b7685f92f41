package rundir

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Kind is a way in which a file can differ from the manifest.
type Kind string

// The kinds of problems.
const (
	Missing Kind = "missing" // listed, but not there
	Size    Kind = "size"    // another number of bytes
	Content Kind = "sha256"  // the same number of other bytes
	Extra   Kind = "extra"   // there, but not listed
)

// Problem is a file that is not as the manifest says.
type Problem struct {
	Path string `json:"path"`
	Kind Kind   `json:"problem"`
}

// String is one line for people.
func (p Problem) String() string {
	switch p.Kind {
	case Missing:
		return p.Path + ": missing"
	case Size:
		return p.Path + ": size differs from the manifest"
	case Content:
		return p.Path + ": content differs from the manifest (sha256)"
	default:
		return p.Path + ": not in the manifest"
	}
}

// Verify compares every file under the run directory dir with its manifest and returns the differences sorted by path: none
// when the run is what was written. Links that lead out of dir are not followed. The error is for a missing or damaged
// manifest and for files that cannot be read.
func Verify(dir string) ([]Problem, error) {
	m, err := ReadManifest(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("verifying %s: %w", dir, err)
	}
	defer root.Close()
	var problems []Problem
	listed := map[string]bool{ManifestFile: true}
	for _, f := range m.Files {
		listed[f.Path] = true
		kind, err := compare(root, f)
		if err != nil {
			return nil, fmt.Errorf("verifying %s: %w", dir, err)
		}
		if kind != "" {
			problems = append(problems, Problem{f.Path, kind})
		}
	}
	extra, err := unlisted(root, listed)
	if err != nil {
		return nil, fmt.Errorf("verifying %s: %w", dir, err)
	}
	problems = append(problems, extra...)
	slices.SortFunc(problems, func(a, b Problem) int { return strings.Compare(a.Path, b.Path) })
	return problems, nil
}

// compare returns how the file f on the disk differs from its record, "" when it does not.
func compare(root *os.Root, f File) (Kind, error) {
	name := filepath.FromSlash(f.Path)
	info, err := root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Missing, nil
	case err != nil:
		return "", err
	case info.Size() != f.Bytes || !info.Mode().IsRegular():
		return Size, nil
	}
	file, err := root.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	if hex.EncodeToString(sum.Sum(nil)) != f.SHA256 {
		return Content, nil
	}
	return "", nil
}

// unlisted returns the files under root that are not listed, except what Python caches when it imports load.py.
func unlisted(root *os.Root, listed map[string]bool) (extra []Problem, err error) {
	err = fs.WalkDir(root.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == "__pycache__" && entry.IsDir():
			return fs.SkipDir
		case !entry.IsDir() && !listed[path]:
			extra = append(extra, Problem{path, Extra})
		}
		return nil
	})
	return extra, err
}
