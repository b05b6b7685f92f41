package report

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"fpsgd/internal/atomicfile"
	"fpsgd/internal/rundir"
)

// Check refuses a path at which no page can be written: what is no page of ours is replaced only by
// force, and nothing is put into a run directory, whose manifest would not know of it.
func Check(path string, force bool) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("%s is a folder: give -o FILE.html", rundir.Quote(path))
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file: choose another -o", rundir.Quote(path))
	case err == nil && !force:
		own, err := isOurs(path)
		if err != nil {
			return err
		}
		if !own {
			return fmt.Errorf("%s is there already, and no report of fpsgd: use --force to "+
				"replace it, or another -o", rundir.Quote(path))
		}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	above, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	for above != filepath.Dir(above) {
		above = filepath.Dir(above)
		if _, err := os.Lstat(filepath.Join(above, rundir.ManifestFile)); err == nil {
			return fmt.Errorf("%s lies in the run directory %s, whose manifest lists its files: "+
				"choose another -o", rundir.Quote(path), rundir.Quote(above))
		}
	}
	return nil
}

// isOurs reports whether a file begins as our pages do.
func isOurs(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	begins := make([]byte, len(mark))
	n, err := io.ReadFull(f, begins)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return string(begins[:n]) == mark, err
}

// Save writes a page, which appears when it is whole. What processes that were killed have left of
// earlier ones is removed.
func Save(path string, content []byte) error {
	folder, name := filepath.Split(path)
	if folder == "" {
		folder = "."
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := sweepUp(root, name); err != nil {
		return err
	}
	_, err = atomicfile.WriteIn(root, name, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
	return err
}

// abandoned is the age of a temporary file that nobody writes any more: it is written at once.
const abandoned = time.Minute

// sweepUp removes temporary files of a name that are old.
func sweepUp(root *os.Root, name string) error {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if atomicfile.TemporaryOf(e.Name()) != name {
			continue
		}
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > abandoned {
			err = atomicfile.Remove(root, e.Name())
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing what a killed process has left: %w", err)
		}
	}
	return nil
}
