package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"fpsgd/internal/rundir"
)

// emulated is fpsgd built for Windows, under Wine.
type emulated struct {
	wine, exe string
	env       []string
}

func (e *emulated) command(args ...string) *exec.Cmd {
	cmd := exec.Command(e.wine, append([]string{e.exe}, args...)...)
	cmd.Env = e.env
	return cmd
}

// end runs fpsgd in a folder and requires an exit code and, on stderr, a text.
func (e *emulated) end(t *testing.T, dir string, code int, text string,
	args ...string) (stdout string) {
	t.Helper()
	stdout, stderr, got := outcome(t, e.command(args...), dir)
	if got != code || !strings.Contains(stderr, text) {
		t.Errorf("fpsgd.exe %s: exit %d, want %d and %q: %s", strings.Join(args, " "), got, code,
			text, stderr)
	}
	return stdout
}

// Where Debian has the programs of its package wine64, which are not in $PATH.
const debian = "/usr/lib/wine"

// find returns the first of some programs that there is, "" if there is none.
func find(names ...string) string {
	for _, name := range names {
		for _, program := range []string{name, filepath.Join(debian, name)} {
			if path, err := exec.LookPath(program); err == nil {
				return path
			}
		}
	}
	return ""
}

// newEmulated takes what is released for Windows, and makes a system for it.
func newEmulated(t *testing.T) *emulated {
	t.Helper()
	if os.Getenv("FPSGD_LONG") == "" {
		t.Skip("set FPSGD_LONG=1 to run what is built for Windows")
	}
	wine, server, compiler := find("wine64", "wine"), find("wineserver64", "wineserver"),
		find("x86_64-w64-mingw32-gcc")
	if wine == "" || server == "" || compiler == "" {
		t.Skip("no Wine or no compiler for Windows; run: apt-get install --no-install-recommends " +
			"wine64 gcc-mingw-w64-x86-64")
	}
	dir := t.TempDir()
	e := &emulated{wine: wine, exe: releaseForWindows(t, dir)}
	e.env = append(os.Environ(), "HOME="+dir, "WINEPREFIX="+filepath.Join(dir, "wine"),
		"WINEDEBUG=-all",
		"WINEDLLOVERRIDES=mscoree,mshtml,winemenubuilder.exe=")
	t.Cleanup(func() { // it outlives its programs, and writes to its folder
		kill := exec.Command(server, "-k")
		kill.Env = e.env
		kill.Run()
	})
	boot := exec.Command(wine, "wineboot", "--init")
	boot.Env = e.env
	if out, err := boot.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", boot.Args, err, out)
	}
	library := filepath.Join(dir, "wine", "drive_c", "windows", "system32", "bcryptprimitives.dll")
	if _, err := os.Stat(library); err != nil { // Wine before 9
		stub := exec.Command(compiler, "-shared", "-nostdlib", "-Wl,--entry=0", "-o", library,
			"testdata/windows/bcryptprimitives.c", "-ladvapi32")
		if out, err := stub.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", stub.Args, err, out)
		}
	}
	return e
}

// releaseForWindows builds the program as a release has it.
func releaseForWindows(t *testing.T, dir string) string {
	t.Helper()
	dist := filepath.Join(dir, "dist")
	cmd := exec.Command("go", "run", "./internal/release", "-o", dist, "windows/amd64")
	cmd.Dir = "../.."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	programs, err := filepath.Glob(filepath.Join(dist, "fpsgd_*_windows_amd64.exe"))
	if err != nil || len(programs) != 1 {
		t.Fatalf("%s: %q, %v", dist, programs, err)
	}
	return programs[0]
}

// forWindows runs the command go.
func forWindows(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
}

// What is built for Windows leaves the same bits in the same folders, holds them, replaces them and
// goes on with them.
func TestWindows(t *testing.T) {
	e := newEmulated(t)
	for _, c := range append(slices.Clone(crashes), struct {
		name string
		args []string
	}{"a preset", []string{"run", "quadratic-1d"}}) {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			here := succeed(t, dir, append(slices.Clone(c.args), "--quiet", "-o", "here")...)
			there := e.end(t, dir, exitDone, "", append(slices.Clone(c.args), "--quiet", "-o",
				"there")...)
			if strings.Count(here, "\n") != strings.Count(there, "\n") {
				t.Errorf("it prints\n%s\nfor\n%s", there, here)
			}
			sameResults(t, c.name, filepath.Join(dir, "here"), filepath.Join(dir, "there"))
		})
	}
	t.Run("a folder", func(t *testing.T) { e.folder(t) })
	t.Run("open files", func(t *testing.T) { e.openFiles(t) })
	t.Run("a race", func(t *testing.T) { e.race(t) })
	t.Run("interrupted", func(t *testing.T) { e.interrupted(t) })
	t.Run("little room", func(t *testing.T) { e.littleRoom(t) })
	t.Run("a full disk", func(t *testing.T) { e.fullDisk(t) })
}

// folder does with the folder of a run what can be done.
func (e *emulated) folder(t *testing.T) {
	dir := t.TempDir()
	args := append([]string{"run", "quadratic-2d", "--quiet", "-o", `runs\one`}, small...)
	e.end(t, dir, exitDone, "", args...)
	run := filepath.Join(dir, "runs", "one")
	if out := e.end(t, dir, exitDone, "", "verify", `runs\one`); !strings.HasSuffix(out,
		"status done\n") {
		t.Errorf("verify: %s", out)
	}
	if out := e.end(t, dir, exitDone, "", append(args, "--resume")...); !strings.Contains(out,
		"nothing to do") {
		t.Errorf("a complete run: %s", out)
	}
	e.end(t, dir, exitBadRequest, "is not empty", args...)
	e.end(t, dir, exitDone, "", append(args, "--force", "--set", "output.snapshots=2")...)
	if _, err := os.Stat(filepath.Join(run, "rho", "000002.npy")); err == nil {
		t.Error("the old run's snapshots are left")
	}
	if r, err := rundir.Verify(run); err != nil || len(r.Problems) > 0 || len(r.Incomplete) > 0 {
		t.Errorf("verify: %v, incomplete %v, %v", r.Problems, r.Incomplete, err)
	}
	e.end(t, dir, exitDone, "", "run", `runs\one\resolved.toml`, "--quiet", "-o", "again")
	sameArrays(t, run, filepath.Join(dir, "again"))
}

// openFiles runs the test of files that others have open.
func (e *emulated) openFiles(t *testing.T) {
	dir := t.TempDir()
	tests := &emulated{e.wine, filepath.Join(dir, "test.exe"), e.env}
	forWindows(t, "test", "-c", "-o", tests.exe, "fpsgd/internal/atomicfile")
	if out := tests.end(t, dir, 0, "", "-test.v", "-test.run",
		"^TestReplacingAnOpenFile$"); !strings.Contains(out, "--- PASS") {
		t.Error(out)
	}
}

// race starts processes at once, of which one is to have the folder.
func (e *emulated) race(t *testing.T) {
	dir := t.TempDir()
	var all []*longRun
	for range 4 {
		all = append(all,
			start(t, e.command(append([]string{"run", "quadratic-2d", "--quiet", "-o", "run"},
				small...)...), dir))
	}
	codes := map[int]int{}
	for _, r := range all {
		<-r.ended
		codes[r.cmd.ProcessState.ExitCode()]++
	}
	if codes[exitDone] != 1 || codes[exitBadRequest] != len(all)-1 {
		t.Errorf("exit codes and how many there were: %v: %s", codes, &all[0].stderr)
	}
}

// interrupted requires that what Ctrl-C ends, and what is killed, goes on to the same bits, and
// that what runs has its folder to itself.
func (e *emulated) interrupted(t *testing.T) {
	dir := t.TempDir()
	args := slices.Clone(resumable["sdirk2"])
	succeed(t, dir, append(args, "-o", "whole")...)
	args = append(args, "-o", "parts")
	r := awaiting(t, e.command(args...), dir, filepath.Join("parts", "rho", "000003.npy"))
	e.end(t, dir, exitBadRequest, "is in use by process", append(args, "--force")...)
	e.end(t, dir, exitBadRequest, "is in use by process", append(args, "--resume")...)
	if out := e.end(t, dir, exitDone, "", "verify", "parts"); !strings.Contains(out,
		"status running: process") {
		t.Errorf("verify of a live run: %s", out)
	}
	if code := r.stop(t, syscall.SIGINT); code != exitInterrupted { // Wine makes it a Ctrl-C
		t.Fatalf("exit %d, want %d: %s", code, exitInterrupted, &r.stderr)
	}
	r = awaiting(t, e.command(append(args, "--resume")...), dir,
		filepath.Join("parts", "rho", "000006.npy"))
	r.stop(t, os.Kill)
	e.end(t, dir, exitDone, "", append(args, "--resume")...)
	sameResults(t, "parts", filepath.Join(dir, "whole"), filepath.Join(dir, "parts"))
}

// littleRoom requires that a disk without room is seen before the work.
func (e *emulated) littleRoom(t *testing.T) {
	run := filepath.Join(mount(t, "400k"), "run")
	args := append([]string{"run", "quadratic-2d", "--quiet", "-o", run}, small...)
	e.end(t, t.TempDir(), exitBadRequest, " would do, or another disk",
		append(args, "--set", "output.snapshots=500")...)
}

// fullDisk requires that a run ends in order on a disk that fills.
func (e *emulated) fullDisk(t *testing.T) {
	disk := mount(t, "16m")
	r := awaiting(t, e.command("run", "quadratic-2d", "--quiet", "-o", filepath.Join(disk, "run"),
		"--set", "grid.axes.0.cells=32",
		"--set", "time.scheme=euler", "--set", "time.step=1e-3", "--set", "time.end=100", "--set",
		"output.snapshots=501"), disk, filepath.Join("run", "rho", "000002.npy"))
	filler, err := os.Create(filepath.Join(disk, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer filler.Close()
	for err == nil {
		_, err = filler.Write(make([]byte, 1<<10))
	}
	select {
	case <-r.ended:
	case <-time.After(firstSnapshots):
		t.Fatal("it goes on")
	}
	if code := r.cmd.ProcessState.ExitCode(); code != exitFailed ||
		!strings.Contains(r.stderr.String(), "free some space") {
		t.Errorf("exit %d: %s", code, &r.stderr)
	}
	report, err := rundir.Verify(filepath.Join(disk, "run"))
	if err != nil || len(report.Problems) > 0 || report.Manifest.Status != rundir.Failed {
		t.Errorf("verify: status %s, %v, %v", report.Manifest.Status, report.Problems, err)
	}
}
