// Package numpytest runs Python programs with NumPy, so that tests let NumPy itself judge what was
// written.
package numpytest

import (
	"fmt"
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
// integration (CI is set).
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

// Require skips a test where Python, with what env adds to the environment, cannot import a module
// of the distribution's package. In continuous integration (CI is set) the test fails.
func Require(t *testing.T, module, debian string, env ...string) {
	t.Helper()
	cmd := exec.Command(Python, "-c", fmt.Sprintf(
		"import %[1]s; print(getattr(%[1]s, '__version__', ''))", module))
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Logf("%s with %s %s", Python, module, strings.TrimSpace(string(out)))
		return
	}
	Missing(t, fmt.Sprintf("%s cannot import %s (%v)", Python, module, err), debian)
}

// Missing skips a test for a reason that installing a package removes. In continuous integration
// (CI is set) the test fails.
func Missing(t *testing.T, reason, debian string) {
	t.Helper()
	sentence := reason + "; run: apt-get install --no-install-recommends " + debian
	if os.Getenv("CI") != "" {
		t.Fatal(sentence)
	}
	t.Skip(sentence)
}
