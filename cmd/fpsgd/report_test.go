package main

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fpsgd/internal/atomicfile"
)

// Whatever moment a report is killed at, under its name there is the page before or the page after,
// and the next call brings about the same bits as one that was left alone, and removes what is left
// once nobody can be writing it.
func TestReportKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	kills := 8
	if os.Getenv("FPSGD_LONG") != "" {
		kills = 100
	}
	dir := t.TempDir()
	for _, name := range []string{"one", "two"} {
		succeed(t, dir, "run", "quadratic-2d", "--set", "grid.axes.0.cells=16", "--set",
			"output.snapshots=4", "-o", name, "--quiet")
	}
	succeed(t, dir, "report", "one", "-o", "old.html")
	begun := time.Now()
	slow := exec.Command("fpsgd-slow", "report", "one", "two", "-o", "new.html")
	if _, stderr, code := outcome(t, slow, dir); code != exitDone {
		t.Fatal(stderr)
	}
	took := time.Since(begun)
	before, after := readFile(t, dir, "old.html"), readFile(t, dir, "new.html")
	page := filepath.Join(dir, "page.html")
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	killed, left := 0, 0
	for killed < kills {
		if err := os.WriteFile(page, before, 0o666); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("fpsgd-slow", "report", "one", "two", "-o", "page.html")
		cmd.Dir = dir
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(random.Float64() * float64(took)))
		cmd.Process.Kill()
		var exit *exec.ExitError
		if err := cmd.Wait(); errors.As(err, &exit) {
			killed++
		}
		if got := readFile(t, dir, "page.html"); !bytes.Equal(got, before) &&
			!bytes.Equal(got, after) {
			t.Fatalf("a kill leaves %d bytes that are neither page", len(got))
		}
		left += len(temporaryFiles(t, dir))
		ageTemporaryFiles(t, dir)
		succeed(t, dir, "report", "one", "two", "-o", "page.html")
		if !bytes.Equal(readFile(t, dir, "page.html"), after) {
			t.Fatal("the next call makes another page")
		}
		if names := temporaryFiles(t, dir); len(names) > 0 {
			t.Fatalf("the next call leaves %q", names)
		}
	}
	t.Logf("%d kills, %d with a temporary file left", killed, left)
}

// temporaryFiles are those of pages.
func temporaryFiles(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if atomicfile.TemporaryOf(e.Name()) == "page.html" {
			names = append(names, e.Name())
		}
	}
	return names
}

// ageTemporaryFiles makes them an hour old.
func ageTemporaryFiles(t *testing.T, dir string) {
	t.Helper()
	hour := time.Now().Add(-time.Hour)
	for _, name := range temporaryFiles(t, dir) {
		if err := os.Chtimes(filepath.Join(dir, name), hour, hour); err != nil {
			t.Fatal(err)
		}
	}
}

// A temporary file that may be written still stays, and so do those of others.
func TestReportRemovesOldTemporaryFilesOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	succeed(t, dir, "converge", "quadratic-1d", "--levels", "2", "--set", "grid.axes.0.cells=16",
		"--set", "time.end=0.1", "-o", "levels", "--quiet")
	fresh, old, other := atomicfile.TemporaryName("page.html"),
		atomicfile.TemporaryName("page.html"), atomicfile.TemporaryName("other.html")
	hour := time.Now().Add(-time.Hour)
	for _, name := range []string{fresh, old, other} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		if name == fresh {
			continue
		}
		if err := os.Chtimes(path, hour, hour); err != nil {
			t.Fatal(err)
		}
	}
	succeed(t, dir, "report", "levels", "-o", "page.html")
	for name, stays := range map[string]bool{fresh: true, old: false, other: true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != stays {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What opens a report is a program with the URL of the file as one argument, whatever its name.
func TestOpenerOfReports(t *testing.T) {
	screen := func(name string) string { return map[string]string{"DISPLAY": ":0"}[name] }
	none := func(string) string { return "" }
	for system, want := range map[string]string{
		"linux": "xdg-open", "freebsd": "xdg-open", "darwin": "open",
		"windows": "rundll32 url.dll,FileProtocolHandler",
	} {
		name, args, err := opener(system, screen, "file:///a")
		if got := strings.Join(append([]string{name}, args...), " "); err != nil ||
			got != want+" file:///a" {
			t.Errorf("%s: %q, %v", system, got, err)
		}
	}
	if _, _, err := opener("linux", none, "file:///a"); !errors.Is(err, errNoDisplay) {
		t.Errorf("without a display: %v", err)
	}
	for name, want := range map[string]string{
		"--help; rm -rf $HOME": "/--help;%20rm%20-rf%20$HOME", "a?b#c%.html": "/a%3Fb%23c%25.html",
	} {
		if got, err := fileURL(name); err != nil || !strings.HasPrefix(got, "file:///") ||
			!strings.HasSuffix(got, want) {
			t.Errorf("%q has the URL %q, %v", name, got, err)
		}
	}
	for folder, want := range map[string]string{"runs/a": "a.html", "runs/a/": "a.html",
		".": "fpsgd.html"} {
		if got := filepath.Base(beside(folder)); got != want {
			t.Errorf("the report of %q is %q, want %q", folder, got, want)
		}
	}
}
