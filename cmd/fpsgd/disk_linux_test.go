package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// On a full disk a run fails in one line that names the file and the remedy, keeps what was
// complete, and says so in its manifest where that still fits. When there is room again --resume
// alone brings about what a run leaves that always had it.
func TestFullDisk(t *testing.T) {
	d := newDiskFiller(t)
	for _, c := range []struct {
		name   string
		pages  int
		status rundir.Status // "": the manifest did not fit
	}{
		{"at the first manifest", 1, ""},
		{"at the ballast", 4, rundir.Failed},
		{"at the first files", 12, rundir.Failed},
		{"among the snapshots", 40, rundir.Failed},
		{"among the figures", 95, rundir.Failed},
	} {
		t.Run(c.name, func(t *testing.T) {
			disk := mount(t, size(c.pages))
			if status, full := d.fill(t, disk); status != c.status || !full {
				t.Errorf("status %q, want %q; full: %t", status, c.status, full)
			}
			enlarge(t, disk, size(4096))
			d.complete(t, disk)
		})
	}
}

// A file of a run takes a page or more: as the disk grows by a page at a time, it is full at each
// write in turn. All the same if it is one run that meets with it each time.
func TestFullDiskAtEachWrite(t *testing.T) {
	if os.Getenv("FPSGD_LONG") == "" {
		t.Skip("two hundred runs and as many resumed")
	}
	d := newDiskFiller(t)
	fresh, resumed := 0, 0
	for pages, full := 1, true; full; pages++ {
		t.Run(size(pages), func(t *testing.T) {
			disk := mount(t, size(pages))
			if _, full = d.fill(t, disk); full {
				fresh++
				enlarge(t, disk, size(4096))
				d.complete(t, disk)
			}
		})
	}
	chain := mount(t, size(1))
	for pages, full := 1, true; full; pages++ {
		enlarge(t, chain, size(pages))
		if _, full = d.fill(t, chain, "--resume"); full {
			resumed++
		}
	}
	d.complete(t, chain)
	t.Logf("%d runs, and one that went on %d times", fresh, resumed)
}

// So does an ensemble, which keeps its positions twice until the end.
func TestFullDiskOfAnEnsemble(t *testing.T) {
	d := diskFillerOf(t, "ensemble", "quadratic-2d", "--quiet", "--particles", "500", "--set",
		"grid.axes.0.cells=32", "--set", "time.end=0.05", "--set", "output.snapshots=4")
	for pages := 4; pages < 64; pages += 19 {
		t.Run(size(pages), func(t *testing.T) {
			disk := mount(t, size(pages))
			if status, full := d.fill(t, disk); full && status != rundir.Failed {
				t.Errorf("status %q", status)
			} else if full {
				enlarge(t, disk, size(4096))
				d.complete(t, disk)
			}
		})
	}
	if os.Getenv("FPSGD_LONG") == "" {
		return
	}
	chain := mount(t, size(1))
	for pages, full := 4, true; full; pages++ {
		enlarge(t, chain, size(pages))
		_, full = d.fill(t, chain, "--resume")
	}
	d.complete(t, chain)
}

// On a full disk a sweep fails, and with room again the same command brings about what one leaves
// that always had it.
func TestFullDiskOfASweep(t *testing.T) {
	of := sweeps[1]
	whole := filepath.Join(t.TempDir(), "whole")
	flushing(t, inFolder(of.args, whole)...)
	step := 40
	if os.Getenv("FPSGD_LONG") != "" {
		step = 3
	}
	met := 0
	for pages, full := 2, true; full; pages += step {
		disk := mount(t, size(pages))
		args := inFolder(of.args, filepath.Join(disk, "s"), "--jobs", "1")
		_, stderr, code := command(t, disk, args...)
		if full = code != exitDone; full {
			met++
			if code != exitFailed || !strings.Contains(stderr, "no space left on device") &&
				!strings.Contains(stderr, "the disk has") {
				t.Errorf("%s: exit %d, %s", size(pages), code, stderr)
			}
			enlarge(t, disk, size(1<<14))
			flushing(t, args...)
			sameSweep(t, size(pages), whole, filepath.Join(disk, "s"))
		}
	}
	if met == 0 {
		t.Error("no disk was full")
	}
	t.Logf("%d disks were full", met)
}

// size is that of a file system of so many pages.
func size(pages int) string { return fmt.Sprintf("%dk", 4*pages) }

// A diskFiller runs one run on disks that are too small for it.
type diskFiller struct {
	args  []string
	whole string // what it leaves where there is room
}

func newDiskFiller(t *testing.T) diskFiller {
	args := append([]string{"run", "quadratic-2d", "--quiet"}, small...)
	return diskFillerOf(t, append(args, "--set", "grid.axes.0.cells=32", "--set",
		"output.snapshots=21")...)
}

func diskFillerOf(t *testing.T, args ...string) diskFiller {
	d := diskFiller{append(args, "-o"), filepath.Join(t.TempDir(), "whole")}
	succeed(t, ".", append(d.args, d.whole)...)
	return d
}

// fill runs it until the disk is full, and returns the status that was left, or until it ends.
func (d diskFiller) fill(t *testing.T, disk string, more ...string) (status rundir.Status,
	full bool) {
	t.Helper()
	run := filepath.Join(disk, "run")
	_, stderr,
		code := outcome(t, exec.Command("fpsgd-unaware", slices.Concat(d.args, []string{run},
		more)...), t.TempDir())
	if code == exitDone {
		return "", false
	}
	if code != exitFailed {
		t.Errorf("exit %d, want %d", code, exitFailed)
	}
	if strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "fpsgd: ") ||
		!strings.Contains(stderr, "writing "+run) ||
		!strings.Contains(stderr, "no space left on device; free some space or write to "+
			"another disk") {
		t.Errorf("stderr %q", stderr)
	}
	r, err := rundir.Verify(run)
	if !errors.Is(err, fs.ErrNotExist) && (err != nil || len(r.Problems) > 0) {
		t.Errorf("verify: status %s, %v %v", r.Manifest.Status, r.Problems, err)
	}
	openAll(t, run)
	return r.Manifest.Status, true
}

// complete resumes it on a disk with room.
func (d diskFiller) complete(t *testing.T, disk string) {
	t.Helper()
	run := filepath.Join(disk, "run")
	succeed(t, t.TempDir(), append(d.args, run, "--resume")...)
	sameResults(t, disk, d.whole, run)
}

// On a full disk a report fails in one line, the page before stays, and when there is room the next
// call writes what one writes that always had it.
func TestFullDiskOfAReport(t *testing.T) {
	dir := t.TempDir()
	succeed(t, dir, "run", "quadratic-1d", "--set", "grid.axes.0.cells=32", "-o", "run", "--quiet")
	succeed(t, dir, "report", "run", "-o", "whole.html")
	whole := readFile(t, dir, "whole.html")
	for _, pages := range []int{1, 8, len(whole) / 4096} {
		disk := mount(t, size(pages))
		page := filepath.Join(disk, "report.html")
		_, stderr, code := command(t, dir, "report", "run", "-o", page)
		if code != exitFailed || strings.Count(stderr, "\n") != 1 ||
			!strings.Contains(stderr, "no space left on device; free some space") {
			t.Errorf("%d pages: exit %d, %q", pages, code, stderr)
		}
		if entries, err := os.ReadDir(disk); err != nil || len(entries) > 0 {
			t.Errorf("%d pages: it leaves %v, %v", pages, entries, err)
		}
		enlarge(t, disk, size(4096))
		succeed(t, dir, "report", "run", "-o", page)
		if !bytes.Equal(readFile(t, disk, "report.html"), whole) {
			t.Errorf("%d pages: with room it writes another page", pages)
		}
	}
}
