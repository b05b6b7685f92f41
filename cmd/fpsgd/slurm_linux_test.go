package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"fpsgd/internal/rundir"
	"fpsgd/internal/sweep"
)

// slurm is a cluster of one node, and a folder that it shares with us.
type slurm struct {
	t      *testing.T
	dir    string // of the cluster
	folder string
}

// startSlurm starts a cluster by .ci/slurm, which ends with the test.
func startSlurm(t *testing.T) *slurm {
	t.Helper()
	clusters := os.Getenv("FPSGD_SLURM")
	if clusters == "" {
		t.Skip("set FPSGD_SLURM to a folder for clusters to run it, as root, with slurmctld, " +
			"slurmd, slurm-client and munge")
	}
	s := &slurm{t, filepath.Join(clusters, t.Name()), t.TempDir()}
	t.Cleanup(func() {
		if t.Failed() {
			logs, _ := filepath.Glob(filepath.Join(s.dir, "log", "*"))
			for _, path := range logs {
				text, _ := os.ReadFile(path)
				t.Logf("%s:\n%s", path, text)
			}
		}
		s.cluster("stop")
		os.RemoveAll(s.dir)
	})
	s.cluster("start")
	return s
}

// cluster does something to the cluster.
func (s *slurm) cluster(what string) {
	s.t.Helper()
	s.command("../../.ci/slurm", what, s.dir).must("")
}

// sh runs a line of a shell in the folder.
func (s *slurm) sh(line string) string {
	s.t.Helper()
	return s.command("bash", "-c", line).must(s.folder)
}

// A client is a command that may speak to the cluster.
type client struct {
	*exec.Cmd
	t *testing.T
}

func (s *slurm) command(name string, args ...string) client {
	c := client{exec.Command(name, args...), s.t}
	c.Env = append(os.Environ(), "SLURM_CONF="+filepath.Join(s.dir, "slurm.conf"))
	return c
}

// must runs a client in a folder and returns what it prints. It must succeed.
func (c client) must(dir string) string {
	c.t.Helper()
	stdout, stderr, code := outcome(c.t, c.Cmd, dir)
	if code != 0 {
		c.t.Fatalf("%q: exit %d\n%s%s", c.Args, code, stdout, stderr)
	}
	return stdout
}

// submitted is the number of the job of a submission.
func submitted(t *testing.T, said string) string {
	t.Helper()
	m := regexp.MustCompile(`Submitted batch job (\d+)\n$`).FindStringSubmatch(said)
	if m == nil {
		t.Fatalf("sbatch said %q", said)
	}
	return m[1]
}

// states are those of the tasks of an array, by their index: RUNNING, COMPLETED …
func (s *slurm) states(job string) map[string]string {
	s.t.Helper()
	out := map[string]string{}
	for line := range strings.Lines(s.sh("squeue -h -r -t all -j " + job + " -o '%K %T'")) {
		index, state, _ := strings.Cut(strings.TrimSpace(line), " ")
		out[index] = state
	}
	return out
}

// await waits for what happens within seconds on an idle machine.
func (s *slurm) await(what string, happened func() bool) {
	s.t.Helper()
	const most = 3 * time.Minute
	for begun := time.Now(); !happened(); time.Sleep(50 * time.Millisecond) {
		if time.Since(begun) > most {
			s.t.Fatalf("%s: not after %v\n%s", what, most, s.sh("squeue -a -r -t all"))
		}
	}
}

// awaitEnd waits until all tasks are done.
func (s *slurm) awaitEnd(job string) {
	s.t.Helper()
	s.await("the end of job "+job, func() bool {
		for index, state := range s.states(job) {
			switch state {
			case "COMPLETED":
			case "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY":
				s.t.Fatalf("task %s has %s", index, state)
			default:
				return false
			}
		}
		return true
	})
}

// atWork waits for a point that a process is at, other than some, and returns its index with the
// number of the process.
func (s *slurm) atWork(sweepFolder, job string, but ...string) (index string, pid int) {
	s.t.Helper()
	s.await("a point at work", func() bool {
		for i, state := range s.states(job) {
			if state == "RUNNING" && !strings.Contains(strings.Join(but, " "), i) {
				if pid = s.owner(sweepFolder, i); pid != 0 {
					index = i
					return true
				}
			}
		}
		return false
	})
	return index, pid
}

// owner is the process that is at a point, 0 if there is none.
func (s *slurm) owner(sweepFolder, index string) int {
	p, err := sweep.Read(filepath.Join(s.folder, sweepFolder))
	if err != nil {
		return 0
	}
	var owner rundir.Owner
	k := int(index[0] - '0')
	text, _ := os.ReadFile(filepath.Join(s.folder, sweepFolder, p.Points[k].Name, rundir.LockFile))
	json.Unmarshal(text, &owner)
	return owner.PID
}

// restarts is how often Slurm has started a task again.
func (s *slurm) restarts(task string) string {
	s.t.Helper()
	m := regexp.MustCompile(`Restarts=(\d+)`).FindStringSubmatch(s.sh("scontrol show job " + task))
	return m[1]
}

// pageOf are the commands of a section of docs/cluster.md, as they are written.
func pageOf(t *testing.T, section string) []string {
	t.Helper()
	page, err := os.ReadFile("../../docs/cluster.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "\n## "+section+"\n")
	text, _, _ = strings.Cut(text, "\n## ")
	var out []string
	inside := false
	for line := range strings.Lines(text) {
		if fence := strings.HasPrefix(line, "```"); fence || !inside {
			inside = fence && !inside
			continue
		}
		out = append(out, strings.TrimSpace(line))
	}
	return out
}

// sameTables requires that two sweeps found the same to the bit.
func sameTables(t *testing.T, a, b string) {
	t.Helper()
	for _, name := range []string{sweep.TableCSV, sweep.TableNpz} {
		if x, y := readFile(t, a, name), readFile(t, b, name); !bytes.Equal(x, y) {
			t.Errorf("%s differs:\n%s\n%s", name, x, y)
		}
	}
	if text := string(readFile(t, a, sweep.TableCSV)); strings.Contains(text, "missing") {
		t.Errorf("points are missing:\n%s", text)
	}
}

// An array of Slurm, submitted as docs/cluster.md says, finds to the bit what one machine finds,
// though one task is requeued midway, one is killed, the node fails under others, and one is at its
// time limit before it is done.
func TestSlurm(t *testing.T) {
	s := startSlurm(t)
	laptop := t.TempDir()
	const long = "fpsgd sweep quadratic-2d --vary noise.epsilon=0.25 --set grid.axes.0.cells=32 " +
		"--set time.end=80 --set time.step=1e-3 --set output.errors=false -o long --quiet"
	var local []*longRun
	for _, line := range append(pageOf(t, "On one machine"), long) {
		words := strings.Fields(line)
		local = append(local, start(t, exec.Command(words[0], words[1:]...), laptop))
	}

	page := pageOf(t, "Under Slurm")
	const folder = "runs/epsilon"
	s.sh(long + " --emit slurm >long.sh")
	limited := submitted(t, s.sh("bash long.sh --time=1 --signal=B:TERM@50"))
	s.sh(page[0])
	job := submitted(t, s.sh(page[1]))

	requeued, _ := s.atWork(folder, job)
	s.sh("scontrol requeue " + job + "_" + requeued)
	killed, pid := s.atWork(folder, job, requeued)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s.await("the end of what was killed", func() bool { return s.states(job)[killed] == "FAILED" })
	s.sh("scontrol requeue " + job + "_" + killed)
	failed, _ := s.atWork(folder, job, requeued, killed)
	s.cluster("fail")
	if state := s.states(job)[failed]; state != "PENDING" {
		t.Errorf("when the node fails, task %s is %s", failed, state)
	}
	s.cluster("node")

	warned := regexp.MustCompile(`(?m)^fpsgd: .*interrupted.*signal: terminated`)
	s.await("the time limit", func() bool {
		text, _ := os.ReadFile(filepath.Join(s.folder, "long/logs/0.log"))
		return warned.Match(text)
	})
	s.await("the queue again", func() bool { return s.restarts(limited+"_0") != "0" })
	s.await("the new limit", func() bool { // which a task cannot be given that is just ending
		update := s.command("scontrol", "update", "TimeLimit=60", "JobId="+limited)
		_, _, code := outcome(t, update.Cmd, s.folder)
		return code == 0
	})
	s.awaitEnd(job)
	for _, command := range page[2:] {
		s.sh(command)
	}
	for _, index := range []string{requeued, killed, failed} {
		if n := s.restarts(job + "_" + index); n == "0" {
			t.Errorf("task %s was not started again", index)
		}
	}
	s.awaitEnd(limited)
	s.sh("fpsgd sweep -o long --collect")
	for _, sweep := range local {
		<-sweep.ended
		if code := sweep.cmd.ProcessState.ExitCode(); code != exitDone {
			t.Fatalf("%q on one machine: exit %d\n%s", sweep.cmd.Args, code, &sweep.stderr)
		}
	}
	for _, name := range []string{folder, "long"} {
		sameTables(t, filepath.Join(laptop, name), filepath.Join(s.folder, name))
	}
}

// Spectra, ensembles and escapes are points of arrays too, in folders of any name; only what is not
// done is submitted again; and what is cancelled does not come back.
func TestSlurmOthers(t *testing.T) {
	s := startSlurm(t)
	laptop := t.TempDir()
	folder := func(name string) string { return "it's " + name + " %a $(x)" }
	jobs := map[string]string{}
	for _, of := range sweeps[1:] {
		args := inFolder(of.args, folder(of.name), "--emit", "slurm")
		script := filepath.Join(s.folder, of.name+".sh")
		text := succeed(t, s.folder, args...)
		if err := os.WriteFile(script, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		jobs[of.name] = submitted(t, s.sh("bash "+script))
	}
	for _, of := range sweeps[1:] {
		succeed(t, laptop, inFolder(of.args, folder(of.name))...)
		s.awaitEnd(jobs[of.name])
		if log := readFile(t, s.folder, folder(of.name)+"/logs/1.log"); len(log) == 0 {
			t.Errorf("%s: no output of a task", of.name)
		}
		succeed(t, s.folder, "sweep", "-o", folder(of.name), "--collect")
		sameTables(t, filepath.Join(laptop, folder(of.name)),
			filepath.Join(s.folder, folder(of.name)))
	}

	const long = "fpsgd sweep quadratic-2d --vary noise.epsilon=0.2,0.25 --set " +
		"grid.axes.0.cells=32 --set time.end=1e3 --set time.step=1e-3 -o long"
	s.sh(long + " --emit slurm >long.sh")
	job := submitted(t, s.sh("bash long.sh"))
	index, _ := s.atWork("long", job)
	s.sh("scancel " + job)
	s.await("the end of what was cancelled", func() bool { return s.owner("long", index) == 0 })
	s.await("its end in the queue", func() bool {
		return s.sh("squeue -h -j "+job) == ""
	})
	if state := s.states(job)[index]; state != "CANCELLED" {
		t.Errorf("a task that was cancelled is %s", state)
	}
}
