package rundir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"fpsgd/internal/atomicfile"
)

// Kind is a way in which a file can differ from the manifest.
type Kind string

// The kinds of problems.
const (
	Missing Kind = "missing" // listed, but not there
	Size    Kind = "size"    // another number of bytes
	Content Kind = "sha256"  // the same number of other bytes
	Extra   Kind = "extra"   // there, but not listed
	Strange Kind = "strange" // no regular file
)

// Problem is a file that is not as the manifest says.
type Problem struct {
	Path string `json:"path"`
	Kind Kind   `json:"problem"`
}

// String is one line for people. Names are as whoever put the file there would have them, and so
// are quoted unless they are plain.
func (p Problem) String() string { return Quote(p.Path) + ": " + kindTexts[p.Kind] }

var kindTexts = map[Kind]string{
	Missing: "missing",
	Size:    "size differs from the manifest",
	Content: "content differs from the manifest (sha256)",
	Extra:   "not in the manifest",
	Strange: "no regular file",
}

// plain are names that a terminal shows as they are.
var plain = regexp.MustCompile(`^[A-Za-z0-9_./+-]+$`)

// Quote returns a name as it is if it is plain, and quoted otherwise.
func Quote(name string) string {
	if plain.MatchString(name) {
		return name
	}
	return strconv.QuoteToASCII(name)
}

// Report is what a run directory was found to be.
type Report struct {
	Manifest Manifest
	Problems []Problem
	// Incomplete are the files that are there and were being written when the manifest was: they
	// cannot be checked.
	Incomplete []string
	// Owner is the process that writes to the folder, nil if there is none.
	Owner *Owner
}

// Verify compares every file under the run directory dir with its manifest. Its problems, sorted by
// path, are none when the run is what was written. Links are not followed. The error is for a
// missing or damaged manifest and for files that cannot be read.
func Verify(dir string) (Report, error) {
	root, err := openFolder(dir)
	if err != nil {
		return Report{}, err
	}
	defer root.Close()
	for attempt := 0; ; attempt++ {
		r, err := verify(root)
		if err != nil {
			return r, err
		}
		after, err := readManifest(root)
		if err == nil && after.Digest == r.Manifest.Digest || attempt > 2 {
			// a run that went on meanwhile is looked at again
			return r, err
		}
	}
}

func verify(root *os.Root) (r Report, err error) {
	if owner, live := holder(root); live {
		r.Owner = &owner
	}
	if r.Manifest, err = readManifest(root); err != nil {
		return r, err
	}
	listed := map[string]bool{ManifestFile: true}
	for _, name := range r.Manifest.names() {
		listed[name] = true
	}
	if r.Problems, err = differences(root, r.Manifest.Files); err != nil {
		return r, fmt.Errorf("verifying %s: %w", root.Name(), err)
	}
	for _, name := range r.Manifest.Planned {
		if _, err := root.Lstat(filepath.FromSlash(name)); err != nil {
			continue
		}
		if name == CheckpointFile && checkTrailer(root) != nil {
			r.Problems = append(r.Problems, Problem{name, Content})
			continue
		}
		r.Incomplete = append(r.Incomplete, name)
	}
	extra, err := unlisted(root, listed)
	if err != nil {
		return r, fmt.Errorf("verifying %s: %w", root.Name(), err)
	}
	r.Problems = append(r.Problems, extra...)
	slices.SortFunc(r.Problems, func(a, b Problem) int { return strings.Compare(a.Path, b.Path) })
	return r, nil
}

// differences lists how files on the disk differ from their records.
func differences(root *os.Root, files []File) (found []Problem, err error) {
	for _, f := range files {
		kind, err := compare(root, f)
		if err != nil {
			return nil, err
		}
		if kind != "" {
			found = append(found, Problem{f.Path, kind})
		}
	}
	return found, nil
}

// compare returns how the file f on the disk differs from its record, "" when it does not.
func compare(root *os.Root, f File) (Kind, error) {
	name := filepath.FromSlash(f.Path)
	info, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Missing, nil
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return Strange, nil
	case info.Size() != f.Bytes:
		return Size, nil
	}
	file, err := root.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	got, err := atomicfile.InfoOf(file)
	if err == nil && got.SHA256 != f.SHA256 {
		return Content, nil
	}
	return "", err
}

// unlisted returns the files under root that are not listed, but for the manifest, what runs leave
// beside it, and what Python caches when it imports load.py.
func unlisted(root *os.Root, listed map[string]bool) (extra []Problem, err error) {
	err = fs.WalkDir(root.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == "__pycache__" && entry.IsDir():
			return fs.SkipDir
		case !entry.IsDir() && path != ManifestFile && !listed[path] && !own(path, listed):
			extra = append(extra, Problem{path, Extra})
		}
		return nil
	})
	return extra, err
}
