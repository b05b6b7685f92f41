package main

import (
	"bytes"
	"image/gif"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"fpsgd/internal/npy/numpytest"
)

// What docs/tools.md says is run as it stands, examples and all, and prints what it says.
func TestToolsAsDocumented(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the commands are for a POSIX shell")
	}
	numpytest.Require(t, "matplotlib", "python3-matplotlib")
	numpytest.Require(t, "scipy", "python3-scipy")
	numpytest.Require(t, "xarray", "python3-xarray")
	docs, err := filepath.Abs("../../docs")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(docs, "tools.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for link, to := range map[string]string{"docs": docs, "python3": numpytest.Python} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	block := regexp.MustCompile("(?s)```(sh|python)\n(.*?)```\n(?:\nprints `([^`]*)`)?")
	blocks, printed := block.FindAllSubmatch(page, -1), map[string]string{}
	if len(blocks) != 8 {
		t.Fatalf("docs/tools.md has %d blocks", len(blocks))
	}
	for _, b := range blocks {
		language, text, want := string(b[1]), string(b[2]), string(b[3])
		cmd := exec.Command("sh", "-euc", text)
		if language == "python" {
			cmd = exec.Command(numpytest.Python, "-c", text)
		}
		cmd.Env = append(os.Environ(), "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"),
			"MPLBACKEND=Agg", "PYTHONDONTWRITEBYTECODE=1")
		stdout, stderr, code := outcome(t, cmd, dir)
		if code != 0 {
			t.Fatalf("exit %d of\n%s\n%s", code, text, stderr)
		}
		if want != "" && stdout != want+"\n" {
			t.Errorf("%q is printed, and docs/tools.md says %q", stdout, want)
		}
		printed[strings.Fields(text)[0]] = stdout
	}
	checkExamples(t, dir, printed["python3"])
}

// checkExamples holds what the examples print against mathematics, and opens what they draw.
func checkExamples(t *testing.T, dir, printed string) {
	t.Helper()
	for _, want := range []string{
		`slope of the norm at the end (2\.00|1\.99)\d\d, gap (2\.00|1\.99)\d\d ± `,
		`mean at the end: particles 0\.3[67]\d\d ± 0\.003\d, density 0\.36[78]\d`, // e^{−1}
		`0\.2857142857142857 +800 +\S+ +2\.0\d`, `0\.4 +800 +\S+ +2\.0\d`,
		`0\.6666666666666666 +800 +\S+ +2\.0\d`,
	} {
		if !regexp.MustCompile(want).MatchString(printed) {
			t.Errorf("the examples do not print %q:\n%s", want, printed)
		}
	}
	for _, name := range []string{"decay.png", "density.png", "particles.png",
		"convergence/epsilon=0.4/plots/convergence.png"} {
		if _, err := png.Decode(bytes.NewReader(readFile(t, dir, name))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	film, err := gif.DecodeAll(bytes.NewReader(readFile(t, dir, "density.gif")))
	if err != nil || len(film.Image) < 10 { // of 20, those that are alike are one
		t.Errorf("density.gif has not 10 pictures and more: %v", err)
	}
	if s := readFile(t, dir, "vtk", "run.pvd"); bytes.Count(s, []byte("<DataSet ")) != 20 {
		t.Errorf("run.pvd lists\n%s", s)
	}
}

// The example of the library runs by itself, and keeps what it solves.
func TestExampleInGo(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "runs")
	cmd := exec.Command("go", "run", "../../docs/examples/go", folder)
	stdout, stderr, code := outcome(t, cmd, "")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	want := `(?s)0\.1 +0\.258\d \(certified\) +0\.26\d+\n0\.2 +0\.227\d \(certified\) +0\.22\d+\n` +
		`0\.4 +0\.130\d \(certified\) +0\.13\d+\n$`
	if !regexp.MustCompile(want).MatchString(stdout) {
		t.Errorf("it prints\n%s", stdout)
	}
	for _, epsilon := range []string{"0.1", "0.2", "0.4"} {
		succeed(t, folder, "verify", "epsilon="+epsilon)
	}
}
