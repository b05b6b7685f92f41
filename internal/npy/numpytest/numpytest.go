// Package numpytest runs Python programs with NumPy, so that tests let NumPy itself judge what was
// written.
package numpytest

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Python is the interpreter, that of the distribution, for which `apt-get install python3-numpy`
// installs NumPy.
const Python = "/usr/bin/python3"

// Run runs `Python args...` in the folder dir and returns its output without the last newline. A
// Python error fails the test. Where NumPy is missing the test is skipped, but fails in continuous
// integration (CI=true).
func Run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	Require(t, "numpy", "python3-numpy")
	cmd := exec.Command(Python, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "MPLBACKEND=Agg")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", Python, args[0], err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// Require skips a test, or fails it in continuous integration (CI=true), where Python lacks a
// module, which is in that package of the distribution.
func Require(t *testing.T, module, in string) {
	t.Helper()
	switch err := exec.Command(Python, "-c", "import "+module).Run(); {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatalf("%s cannot import %s (%v); run: apt-get install %s", Python, module, err, in)
	default:
		t.Skipf("%s cannot import %s (%v); run: apt-get install %s", Python, module, err, in)
	}
}
