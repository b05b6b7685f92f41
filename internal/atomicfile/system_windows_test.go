package atomicfile

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A file that others have open for a moment is waited for, and one that they keep is an error that
// says so.
func TestReplacingAnOpenFile(t *testing.T) {
	dir, err := os.MkdirTemp("", "open") // Wine cannot remove what t.TempDir makes
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "a.txt")
	for _, held := range []time.Duration{200 * time.Millisecond, 3 * open} {
		if _, err := writePath(path, text("old")); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		release := time.AfterFunc(held, func() { f.Close() })
		_, err = writePath(path, text("new"))
		t.Logf("held for %v: %v", held, err)
		want := "new"
		if held > open {
			want = "old"
		}
		if (err == nil) != (want == "new") {
			t.Errorf("held for %v: %v", held, err)
		}
		if release.Stop() {
			f.Close()
		}
		checkContent(t, path, want)
		checkFolder(t, dir, "a.txt")
	}
}
