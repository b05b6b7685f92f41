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
	RequireNumPy(t)
	cmd := exec.Command(Python, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", Python, err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// RequireNumPy skips a test where NumPy is missing, and fails it in continuous integration.
func RequireNumPy(t *testing.T) {
	t.Helper()
	out, err := exec.Command(Python, "-c",
		"import numpy; print(numpy.__version__)").CombinedOutput()
	switch {
	case err == nil:
		t.Logf("%s with NumPy %s", Python, strings.TrimSpace(string(out)))
	case os.Getenv("CI") == "true":
		t.Fatalf("%s cannot import numpy (%v); run: apt-get install python3-numpy", Python, err)
	default:
		t.Skipf("%s cannot import numpy (%v); run: apt-get install python3-numpy", Python, err)
	}
}
