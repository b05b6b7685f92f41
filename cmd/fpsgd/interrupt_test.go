//go:build unix

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

// startLong starts a run in dir/run and returns once it has written a few snapshots.
func startLong(t *testing.T, dir string) *longRun {
	t.Helper()
	return startArguments(t, dir, []string{"run", "quadratic-2d", "-o", "run", "--set",
		"grid.axes.0.cells=32", "--set", "time.end=1e3",
		"--set", "time.step=1e-3", "--set", "output.snapshots=100000", "--json"},
		filepath.Join("run", "rho", "000005.npy"))
}

// An interrupted run ends soon, with exit code 75 and a directory that is whole.
func TestInterrupt(t *testing.T) {
	for name, signal := range map[string]syscall.Signal{"SIGINT": syscall.SIGINT,
		"SIGTERM": syscall.SIGTERM, "SIGHUP": syscall.SIGHUP,
		"SIGUSR1": syscall.SIGUSR1, "SIGXCPU": syscall.SIGXCPU} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			r := startLong(t, dir)
			if code := r.stop(t, signal); code != exitInterrupted {
				t.Errorf("exit %d, want %d", code, exitInterrupted)
			}
			lines := strings.Split(strings.TrimSpace(r.stderr.String()), "\n")
			last := lines[len(lines)-1]
			if left := strings.HasSuffix(last, "; what there is so far is in run"); left {
				// a machine so busy that the figures take longer than patience
				t.Logf("it was left to itself: %s", last)
			} else if !strings.HasPrefix(last, "fpsgd: step ") ||
				!strings.HasSuffix(last, "; what the run has so far is in run") {
				t.Errorf("stderr %q", lines)
			}
			if out := succeed(t, dir, "verify", "run"); !strings.HasSuffix(out,
				"status interrupted\n") {
				t.Errorf("verify: %s", out)
			}
			run := filepath.Join(dir, "run")
			snapshots := openAll(t, run)
			if _, times := readArray(t, run, "times.npy"); len(times) != snapshots ||
				!slices.IsSorted(times) {
				t.Errorf("%d times for %d snapshots", len(times), snapshots)
			}
			for _, name := range files(t, run) {
				if strings.HasSuffix(name, ".tmp") {
					t.Errorf("%s is left", name)
				}
			}
			for _, name := range []string{"series.csv", "series.npz", "summary.json"} {
				readFile(t, run, name)
			}
		})
	}
}

// Nor does the set-up keep a run from ending: 256³ cells take many seconds to assemble.
func TestInterruptSetUp(t *testing.T) {
	dir := t.TempDir()
	r := start(t, exec.Command("fpsgd", "run", "quadratic-3d", "-o", "run", "--set",
		"grid.axes.0.cells=256"), dir)
	// the program listens to signals by then, and has not finished the set-up
	time.Sleep(time.Second)
	if code := r.stop(t, syscall.SIGINT); code != exitInterrupted ||
		!strings.Contains(r.stderr.String(), "during the set-up") {
		t.Errorf("exit %d, stderr %q", code, r.stderr.String())
	}
	if _, err := os.Stat(filepath.Join(dir, "run")); err == nil {
		t.Error("a run directory is left")
	}
}

// Wherever a command is, it ends within two seconds, with what it has in a folder that is whole:
// inside one solve, among a thousand eigenvalues, and however often a batch system says so. Only
// the second SIGINT kills.
func TestInterruptAnywhere(t *testing.T) {
	const within = 5 * time.Second // two on an idle machine
	solve := []string{"run", "quadratic-3d", "--set", "grid.axes.0.cells=64", "--set",
		"time.scheme=sdirk2", "--set", "time.step=1", "-o", "run"}
	for _, c := range []struct {
		name    string
		args    []string
		awaited string
		signals []syscall.Signal
		code    int
	}{
		{"eigenvalues", []string{"spectrum", "quadratic-2d", "-k", "1000", "-o", "run"},
			"run/resolved.toml", []syscall.Signal{syscall.SIGHUP}, exitInterrupted},
		{"a solve, several times", solve,
			"run/invariant.npy", []syscall.Signal{syscall.SIGTERM, syscall.SIGTERM, syscall.SIGXCPU,
				syscall.SIGINT}, exitInterrupted},
		// A busy machine delivers signals of one kind together, as one.
		{"SIGINT again and again", solve, "run/invariant.npy",
			slices.Repeat([]syscall.Signal{syscall.SIGINT}, 10), -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			r := startArguments(t, dir, c.args, c.awaited)
			begun := time.Now()
			for _, s := range c.signals[:len(c.signals)-1] {
				r.cmd.Process.Signal(s)
				time.Sleep(100 * time.Millisecond)
			}
			code := r.stop(t, c.signals[len(c.signals)-1])
			if took := time.Since(begun); code != c.code || took > within {
				t.Errorf("exit %d after %v, want %d: %s", code, took, c.code, &r.stderr)
			}
			if c.code != exitInterrupted {
				return
			}
			report, err := rundir.Verify(filepath.Join(dir, "run"))
			if err != nil || len(report.Problems) > 0 || report.Owner != nil ||
				report.Manifest.Status != rundir.Interrupted {
				t.Errorf("verify: status %s, %v, %v, %v", report.Manifest.Status, report.Problems,
					report.Owner, err)
			}
		})
	}
}

// A run that was started with nohup outlives its terminal.
func TestNohup(t *testing.T) {
	dir := t.TempDir()
	r := awaiting(t,
		exec.Command("sh", "-c",
			`trap "" HUP; exec fpsgd run quadratic-2d -o run --quiet `+
				`--set grid.axes.0.cells=32 --set time.end=1e3 --set time.step=1e-3`),
		dir, "run/invariant.npy")
	r.cmd.Process.Signal(syscall.SIGHUP)
	select {
	case <-r.ended:
		t.Errorf("it ended: %s", &r.stderr)
	case <-time.After(patience + 500*time.Millisecond):
	}
}

// Results that cannot be printed are a failure, whatever command prints them.
func TestResultsThatCannotBePrinted(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	dir := t.TempDir()
	succeed(t, dir, append([]string{"run", "quadratic-2d", "-o", "done", "--quiet"}, small...)...)
	for _, args := range [][]string{
		append([]string{"run", "quadratic-2d", "-o", "run", "--quiet"}, small...),
		append([]string{"run", "quadratic-2d", "-o", "json", "--json", "--quiet"}, small...),
		{"run", "--resume", "-o", "done"},
		{"spectrum", "quadratic-1d", "--set", "grid.axes.0.cells=32", "--quiet"},
		{"spectrum", "quadratic-1d", "--set", "grid.axes.0.cells=32", "--quiet", "--json"},
		{"explain", "quadratic-2d"}, {"list"}, {"verify", "done"}, {"--version"}, {"--help"},
		{"run", "--help"},
		{"export", "operator", "quadratic-1d", "-o", "operator"},
		{"completion", "bash"},
	} {
		gone, stdout, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		gone.Close()
		for what, w := range map[string]*os.File{"full": full, "closed": stdout} {
			cmd := exec.Command("fpsgd",
				append(slices.Clone(args),
					map[bool][]string{true: {"--force"}}[slices.Contains(args, "-o") &&
						!slices.Contains(args, "--resume")]...)...)
			cmd.Stdout = w
			r := start(t, cmd, dir)
			<-r.ended
			if code := cmd.ProcessState.ExitCode(); code != exitFailed ||
				!strings.Contains(r.stderr.String(), "printing the results: ") {
				t.Errorf("%s stdout, %q: exit %d, %s", what, args, code, &r.stderr)
			}
		}
		stdout.Close()
	}
}

// A standard stream that is closed from the start is none of the files of the run: what is printed
// goes nowhere.
func TestClosedStreams(t *testing.T) {
	dir := t.TempDir()
	for _, closed := range []string{">&-", "2>&-", "<&- >&- 2>&-"} {
		cmd := exec.Command("sh", "-c", `exec fpsgd run "$@" `+closed, "sh")
		cmd.Args = append(cmd.Args, append([]string{"quadratic-2d", "-o", "run", "--force"},
			small...)...)
		stdout, stderr, code := outcome(t, cmd, dir)
		if code != exitDone || closed[0] != '2' && stdout != "" || closed[0] != '>' &&
			stderr != "" {
			t.Errorf("%s: exit %d, stdout %q, stderr %q", closed, code, stdout, stderr)
		}
		succeed(t, dir, "verify", "run")
	}
}

// openAll reads every .npy file of a run and returns how many snapshots there are.
func openAll(t *testing.T, run string) (snapshots int) {
	t.Helper()
	for _, name := range files(t, run) {
		if filepath.Ext(name) != ".npy" {
			continue
		}
		shape, _ := readArray(t, run, name)
		if strings.HasPrefix(name, "rho/") {
			snapshots++
			if !slices.Equal(shape, []int{32, 32}) {
				t.Errorf("%s has the shape %v", name, shape)
			}
		}
	}
	return snapshots
}

// A run that was killed leaves files that are whole under their names and the status running, and
// can be replaced.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Join(dir, "run")
	startLong(t, dir).stop(t, os.Kill)
	if snapshots := openAll(t, run); snapshots < 5 {
		t.Errorf("%d snapshots, want those that were there before the kill", snapshots)
	}
	if status := readJSON(t, readFile(t, run, "manifest.json"))["status"]; status != "running" {
		t.Errorf("status %v, want running", status)
	}
	// What a kill can leave: half a file of a name that is listed.
	writeNpyFile(t, filepath.Join(run, "rho", ".000099.npy.0123456789abcdef.tmp"), 3,
		func(i int) float64 { return float64(i) })
	if _, _, code := command(t, dir, append([]string{"run", "quadratic-2d", "-o", "run"},
		small...)...); code != exitBadRequest {
		t.Errorf("exit %d, want %d: a killed run is not to be overwritten unasked", code,
			exitBadRequest)
	}
	succeed(t, dir, append([]string{"run", "quadratic-2d", "-o", "run", "--force"}, small...)...)
	if out := succeed(t, dir, "verify", "run"); !strings.HasSuffix(out, "status done\n") {
		t.Errorf("verify: %s", out)
	}
}
