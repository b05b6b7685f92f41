package main

import (
	"errors"
	"io/fs"
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

// enlarge gives a file system of mount another size.
func enlarge(t *testing.T, dir, size string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size="+size); err != nil {
		t.Fatal(err)
	}
}

// On a full disk a run fails in one line that names the file and the remedy, keeps what was complete, and says so in its
// manifest where that still fits. When there is room again --resume alone brings about what a run leaves that always had it.
func TestFullDisk(t *testing.T) {
	args := append([]string{"run", "quadratic-2d", "--quiet"}, small...)
	args = append(args, "--set", "grid.axes.0.cells=32", "--set", "output.snapshots=21", "-o")
	whole := filepath.Join(t.TempDir(), "whole")
	succeed(t, ".", append(args, whole)...)
	for _, c := range []struct {
		name, size string
		status     rundir.Status // "": the manifest did not fit
	}{
		{"at the first manifest", "4k", ""},
		{"at the ballast", "16k", rundir.Failed},
		{"at the first files", "48k", rundir.Failed},
		{"among the snapshots", "160k", rundir.Failed},
		{"among the figures", "380k", rundir.Failed},
	} {
		t.Run(c.name, func(t *testing.T) {
			disk := mount(t, c.size)
			run := filepath.Join(disk, "run")
			_, stderr, code := command(t, t.TempDir(), append(args, run)...)
			if code != exitFailed {
				t.Errorf("exit %d, want %d", code, exitFailed)
			}
			if strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "fpsgd: ") || !strings.Contains(stderr, "writing "+run) ||
				!strings.Contains(stderr, "no space left on device; free some space or write to another disk") {
				t.Errorf("stderr %q", stderr)
			}
			r, err := rundir.Verify(run)
			switch {
			case c.status == "" && errors.Is(err, fs.ErrNotExist):
			case err != nil || len(r.Problems) > 0 || r.Manifest.Status != c.status:
				t.Errorf("verify: status %s, want %s, %v %v", r.Manifest.Status, c.status, r.Problems, err)
			}
			openAll(t, run)
			enlarge(t, disk, "16m")
			succeed(t, t.TempDir(), append(args, run, "--resume")...)
			sameResults(t, c.name, whole, run)
		})
	}
}
