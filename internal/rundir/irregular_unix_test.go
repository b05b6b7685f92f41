//go:build unix

package rundir

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// What is no regular file is refused and not opened: a pipe would hold the program up for ever.
func TestIrregularFilesAreRefused(t *testing.T) {
	irregular := map[string]func(path string) error{
		"named pipe":    func(path string) error { return syscall.Mkfifo(path, 0o666) },
		"symbolic link": func(path string) error { return os.Symlink("/etc/passwd", path) },
		"folder":        func(path string) error { return os.Mkdir(path, 0o777) },
	}
	for what, put := range irregular {
		for _, name := range []string{TimesFile, CheckpointFile, ManifestFile, LockFile} {
			d := killed(t)
			path := filepath.Join(d.Path(), name)
			check(t, os.Remove(path))
			check(t, put(path))
			_, err := Create(d.Path(), true)
			checkError(t, err, name, what)
			if name == TimesFile {
				report, err := Verify(d.Path())
				check(t, err)
				if len(report.Incomplete) == 0 {
					t.Errorf("verify: %+v", report)
				}
				continue
			}
			_, _, err = goOn(t, d.Path())
			checkError(t, err, name, what)
			if info, err := os.Lstat(path); err != nil || info.Mode().IsRegular() {
				t.Errorf("%s is gone: %v", name, err)
			}
		}
	}
}
