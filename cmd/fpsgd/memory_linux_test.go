package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"fpsgd/internal/rundir"

	"golang.org/x/sys/unix"
)

// A ulimit that a run has come up to, as the system tells it and no test, ends it in order.
func TestUlimitIsReached(t *testing.T) {
	dir := t.TempDir()
	r := startLong(t, dir)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	size := regexp.MustCompile(`VmSize:\s+(\d+)`).FindSubmatch(status)[1]
	kib, err := strconv.ParseUint(string(size), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	// 64 MiB of addresses are one growth of the heap
	limit := unix.Rlimit{Cur: kib<<10 + 68<<20, Max: unix.RLIM_INFINITY}
	if err := unix.Prlimit(r.cmd.Process.Pid, unix.RLIMIT_AS, &limit, nil); err != nil {
		t.Skip(err)
	}
	select {
	case <-r.ended:
	case <-time.After(ending):
		t.Fatal("it goes on")
	}
	code, stderr := r.cmd.ProcessState.ExitCode(), r.stderr.String()
	if code != exitFailed || !strings.Contains(stderr, "the memory runs out: ulimit allows ") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	report, err := rundir.Verify(dir + "/run")
	if err != nil || len(report.Problems) > 0 || report.Manifest.Status != rundir.Failed {
		t.Errorf("status %s, %v, %v", report.Manifest.Status, report.Problems, err)
	}
}
