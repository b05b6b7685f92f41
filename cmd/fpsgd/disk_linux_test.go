package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"fpsgd/internal/rundir"
)

// mount puts a file system of the given size into a new folder.
func mount(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("mounting a small file system needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// On a full disk a run fails in one line that names the file and the remedy, keeps what was complete, and says so in its
// manifest where that still fits.
func TestFullDisk(t *testing.T) {
	for _, c := range []struct {
		name, size string
		status     rundir.Status
	}{
		{"at the first files", "16k", rundir.Failed},
		{"among the snapshots", "160k", rundir.Failed},
		{"among the figures", "280k", rundir.Failed},
	} {
		t.Run(c.name, func(t *testing.T) {
			run := filepath.Join(mount(t, c.size), "run")
			args := append([]string{"run", "quadratic-2d", "-o", run}, small...)
			_, stderr, code := command(t, t.TempDir(), append(args, "--set", "grid.axes.0.cells=32", "--set", "output.snapshots=21")...)
			if code != exitFailed {
				t.Errorf("exit %d, want %d", code, exitFailed)
			}
			if strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "fpsgd: ") || !strings.Contains(stderr, "writing "+run) ||
				!strings.Contains(stderr, "no space left on device; free some space or write to another disk") {
				t.Errorf("stderr %q", stderr)
			}
			var m rundir.Manifest
			if err := json.Unmarshal(readFile(t, run, rundir.ManifestFile), &m); err != nil {
				t.Fatal(err)
			}
			if m.Status != c.status {
				t.Errorf("status %s, want %s", m.Status, c.status)
			}
			openAll(t, run)
			if r, err := rundir.Verify(run); err != nil || len(r.Problems) > 0 {
				t.Errorf("verify: %v %v", r.Problems, err)
			}
		})
	}
}
