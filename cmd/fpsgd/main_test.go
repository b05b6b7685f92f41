package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"fpsgd/internal/atomicfile"
	"fpsgd/internal/machine"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain puts the command fpsgd into $PATH, for scripts and for command, with one that writes
// checkpoints all the time, one with a slow disk, one whose memory runs out, one for which every
// mass drifts, and one that does not look how full the disk is.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"fpsgd":          main,
		"fpsgd-flushing": func() { checkpointPeriod = 5 * time.Millisecond; main() },
		"fpsgd-slow":     func() { atomicfile.Inject = slowly; main() },
		"fpsgd-starved":  func() { memoryPeriod, memoryRoom = time.Millisecond, starved; main() },
		"fpsgd-strict":   func() { mostDrift = -1; main() },
		"fpsgd-unaware": func() {
			machine.Disk = func(string) float64 {
				return math.Inf(1)
			}
			main()
		},
	})
}

// slowly is a disk that takes its time for every step of writing a file.
func slowly(atomicfile.Operation, string) error {
	time.Sleep(20 * time.Millisecond)
	return nil
}

// TestScripts runs the command line as a user would, in testdata/scripts. Beside the commands of
// testscript a script has
//
//	refuse REGEXP ARG...             fpsgd ARG... is refused: exit 2, nothing on stdout, no file
//	                                 made or removed, and one line on
//	                                 stderr, "fpsgd: " and what REGEXP matches as a whole
//	npy FILE DESCR SHAPE N [I=V]...  writes an .npy file of that header and N float64, all 1 but
//	                                 the I-th, which is V
//	flip FILE                        inverts the last byte of a file
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/scripts",
		RequireExplicitExec: true,
		ContinueOnError:     true,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"refuse": refuse,
			"npy":    writeNpy,
			"flip":   flip,
		},
	})
}

func refuse(ts *testscript.TestScript, _ bool, args []string) {
	pattern, err := regexp.Compile("^fpsgd: (?:" + args[0] + ")\n$")
	ts.Check(err)
	before := tree(ts)
	err = ts.Exec("fpsgd", args[1:]...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitBadRequest {
		ts.Fatalf("exit %v, want %d", err, exitBadRequest)
	}
	stderr := ts.ReadFile("stderr")
	if strings.Count(stderr, "\n") != 1 || !pattern.MatchString(stderr) {
		ts.Fatalf("stderr is not one line that matches %q", pattern)
	}
	if stdout := ts.ReadFile("stdout"); stdout != "" {
		ts.Fatalf("stdout is not empty")
	}
	if after := tree(ts); !slices.Equal(before, after) {
		ts.Fatalf("the files are now %q, were %q", after, before)
	}
}

// tree lists all files and folders of a script.
func tree(ts *testscript.TestScript) []string {
	var names []string
	ts.Check(filepath.WalkDir(ts.Getenv("WORK"), func(path string, _ fs.DirEntry, err error) error {
		names = append(names, path)
		return err
	}))
	return names
}

func writeNpy(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[3])
	ts.Check(err)
	values := make([]float64, n)
	for i := range values {
		values[i] = 1
	}
	for _, assignment := range args[4:] {
		index, value, _ := strings.Cut(assignment, "=")
		i, err := strconv.Atoi(index)
		ts.Check(err)
		values[i], err = strconv.ParseFloat(value, 64)
		ts.Check(err)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), npyFile(args[1], args[2], values), 0o666))
}

// npyFile returns an .npy file (NEP 1) whose header need not agree with its values.
func npyFile(descr, shape string, values []float64) []byte {
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape)
	header = fmt.Sprintf("%-117s\n", header)
	out := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(header)))
	out = append(out, header...)
	for _, v := range values {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
	}
	return out
}

func flip(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	content, err := os.ReadFile(path)
	ts.Check(err)
	content[len(content)-1] ^= 0xff
	ts.Check(os.WriteFile(path, content, 0o666))
}

// command runs fpsgd in a folder and returns what it prints and its exit code.
func command(t *testing.T, dir string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	return outcome(t, exec.Command("fpsgd", args...), dir)
}

// outcome runs a command in a folder and returns what it prints and its exit code.
func outcome(t *testing.T, cmd *exec.Cmd, dir string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// succeed is command where anything but success fails the test. It returns stdout.
func succeed(t *testing.T, dir string, args ...string) string {
	t.Helper()
	stdout, stderr, code := command(t, dir, args...)
	if code != exitDone {
		t.Fatalf("fpsgd %s: exit %d\n%s", strings.Join(args, " "), code, stderr)
	}
	return stdout
}
