//go:build unix

package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A shell reads every word as it was before it was quoted.
func TestShellQuotes(t *testing.T) {
	read := func(texts []string) []string {
		cmd := exec.Command("sh", "-c", `printf '%s\0' `+words(texts))
		cmd.Dir = t.TempDir()
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%q: %v", texts, err)
		}
		return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	}
	nasty := []string{"", "'", `"`, "''", `\`, `\'`, "a b", "$HOME", "$(touch x)", "`touch x`",
		"!!", "~", "*", "#x", "a;b", "a\nb\n", "{a,b}", "x=1", "=x", "-n", "--set=a=[1, 2]", "é",
		"\x01", "&", "%a", "<x", "|", "a\tb", "\xff"}
	if got := read(nasty); !slices.Equal(got, nasty) {
		t.Errorf("a shell reads %q, want %q", got, nasty)
	}
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.StringMatching(`[\x01-\x7fé]{0,6}`), 20, 20).Draw(t, "texts")
		if got := read(texts); !slices.Equal(got, texts) {
			t.Fatalf("a shell reads %q, want %q", got, texts)
		}
	})
}

func TestTasks(t *testing.T) {
	for _, c := range []struct {
		indices []int
		limit   int
		want    string
	}{
		{[]int{0}, 0, "0"}, {[]int{0, 1, 2, 3}, 2, "0-3%2"},
		{[]int{1, 3, 4, 7, 8, 9}, 0, "1,3-4,7-9"},
	} {
		if got := tasks(c.indices, c.limit); got != c.want {
			t.Errorf("%v, %d: %q, want %q", c.indices, c.limit, got, c.want)
		}
	}
}

func TestName(t *testing.T) {
	for folder, want := range map[string]string{"runs/Epsilon_2": "sweep-epsilon-2", ".": "sweep",
		"é/ü": "sweep", "--x--": "sweep-x", strings.Repeat("a.", 40): "sweep-" +
			strings.Repeat("a-", 19) + "a"} {
		if got := (&Array{Folder: folder}).Name(); got != want {
			t.Errorf("%s: %q, want %q", folder, got, want)
		}
	}
}

// commands are what a script of Slurm calls, written by shell; each tells in calls how it was.
func commands(t *testing.T, scripts map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, script := range scripts {
		text := fmt.Sprintf("#!/bin/sh\necho %s \"$@\" >>'%s/calls'\n%s\n", name, dir, script)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run runs the script of an array with these commands, and returns the calls and the exit code. If
// it is warned, the script gets SIGTERM as soon as the point is there.
func run(t *testing.T, a *Array, dir string, warned bool, env []string, args ...string) (
	calls string, code int) {

	t.Helper()
	script := filepath.Join(dir, "script.sh")
	f, err := os.Create(script)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.WriteSlurm(f), f.Close()); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("bash", append([]string{script}, args...)...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	cmd.Env = append(os.Environ(), append(env, "PATH="+dir+":"+os.Getenv("PATH"))...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); warned && time.Since(begun) < time.Minute; {
		if _, err := os.Stat(filepath.Join(dir, "ready")); err == nil {
			cmd.Process.Signal(syscall.SIGTERM)
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	cmd.Wait()
	text, _ := os.ReadFile(filepath.Join(dir, "calls"))
	return string(text), cmd.ProcessState.ExitCode()
}

// The script submits itself once all is found, with the options that it is given.
func TestSlurmSubmits(t *testing.T) {
	a := &Array{Command: []string{"fpsgd", "sweep", "it's"}, Options: []string{"--", "-k", "2"},
		Folder: "a b", Logs: "a b/100% logs", Points: 3, Todo: []int{0, 2}, CPUs: 1}
	dir := commands(t, map[string]string{"fpsgd": "", "sbatch": ""})
	calls, code := run(t, a, dir, false, []string{"SLURM_ARRAY_TASK_ID="}, "--time=5")
	want := "fpsgd sweep it's --count -- -k 2\nsbatch --output=a b/100%% logs/%a.log --time=5 " +
		filepath.Join(dir, "script.sh") + "\n"
	if calls != want || code != 0 {
		t.Errorf("exit %d, calls\n%swant\n%s", code, calls, want)
	}
	if _, err := os.Stat(filepath.Join(dir, "a b/100% logs")); err != nil {
		t.Error(err)
	}
	dir = commands(t, map[string]string{"fpsgd": "exit 2", "sbatch": ""})
	if calls, code := run(t, a, dir, false, []string{"SLURM_ARRAY_TASK_ID="}); code != 2 ||
		strings.Contains(calls, "sbatch") {
		t.Errorf("what is not found is submitted: exit %d, %s", code, calls)
	}
}

// A task that is interrupted goes back into the queue, unless Slurm is ending it, or it has been
// there too often. Its exit code is the point's.
func TestSlurmRequeues(t *testing.T) {
	const warnable = `trap 'sleep 0.1; exit 75' TERM
		: >ready
		for _ in $(seq 1000); do sleep 0.02; done`
	const requeue = "scontrol requeue 17_2\n"
	for _, c := range []struct {
		name     string
		point    string
		state    string
		restarts string
		code     int
		again    bool
	}{
		{"done", "exit 0", "RUNNING", "", 0, false},
		{"failed", "exit 1", "RUNNING", "", 1, false},
		{"interrupted", "exit 75", "RUNNING", "", 75, true},
		{"warned", warnable, "RUNNING", "1", 75, true},
		{"cancelled", "exit 75", "COMPLETING", "", 75, false},
		{"too often", "exit 75", "RUNNING", "100", 75, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &Array{Command: []string{"fpsgd", "sweep"}, Logs: "logs", Points: 3}
			dir := commands(t, map[string]string{"fpsgd": "echo $GOMAXPROCS >cores\n" + c.point,
				"scontrol": "", "squeue": "echo " + c.state})
			calls, code := run(t, a, dir, c.point == warnable, []string{"SLURM_ARRAY_JOB_ID=17",
				"SLURM_ARRAY_TASK_ID=2", "SLURM_JOB_ID=17", "FPSGD_FIRST=1000",
				"SLURM_CPUS_PER_TASK=3", "SLURM_RESTART_COUNT=" + c.restarts})
			if !strings.HasPrefix(calls, "fpsgd sweep --index 1002\n") || code != c.code {
				t.Errorf("exit %d, want %d; calls\n%s", code, c.code, calls)
			}
			if again := strings.HasSuffix(calls, requeue); again != c.again {
				t.Errorf("again: %v, want %v; calls\n%s", again, c.again, calls)
			}
			if cores, _ := os.ReadFile(filepath.Join(dir, "cores")); string(cores) != "3\n" {
				t.Errorf("GOMAXPROCS is %q", cores)
			}
		})
	}
}
