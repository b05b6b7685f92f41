package main

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// released builds releases for this machine from clones of this one, at two places and with nothing
// in common that was compiled before, and returns the folders and the commit.
func released(t *testing.T) (one, two, commit string) {
	t.Helper()
	if os.Getenv("FPSGD_LONG") == "" {
		t.Skip("set FPSGD_LONG=1 to build releases")
	}
	dir := t.TempDir()
	commit = strings.TrimSpace(do(t, nil, "../..", "git", "rev-parse", "HEAD"))
	for i, place := range []string{"a", "quite/another/place"} {
		clone := filepath.Join(dir, place)
		do(t, nil, "../..", "git", "clone", "--quiet", ".", clone)
		var env []string
		if i > 0 {
			env = []string{"GOCACHE=" + filepath.Join(dir, "cache")}
		}
		do(t, env, clone, "go", "run", "./internal/release", "-o", "dist",
			"linux/"+runtime.GOARCH)
	}
	other := filepath.Join(dir, "quite/another/place", "dist")
	return filepath.Join(dir, "a", "dist"), other, commit
}

// do runs a command in a folder and returns what it prints.
func do(t *testing.T, env []string, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v in %s: %v\n%s%s", cmd.Args, dir, err, out, &stderr)
	}
	return string(out)
}

// A release is the same bytes wherever it is made; its program is static, says what it is, and runs
// in a folder that it takes for the root and in which there is nothing else.
func TestRelease(t *testing.T) {
	one, two, commit := released(t)
	a, b := listed(t, one), listed(t, two)
	if a != b || strings.Count(a, "\n") != 2 {
		t.Errorf("the releases differ:\n%s\n%s", a, b)
	}
	do(t, nil, one, "sha256sum", "--check", "--strict", "SHA256SUMS")
	path := filepath.Join(one, "fpsgd_"+commit[:12]+"_linux_"+runtime.GOARCH)
	requireStatic(t, path)
	want := "fpsgd version unreleased (commit " + commit[:12] + ", "
	if got := do(t, nil, "", path, "--version"); !strings.HasPrefix(got, want) {
		t.Errorf("it is %q, and not %q", got, want)
	}
	packed := do(t, nil, one, "tar", "xzOf", filepath.Base(path)+".tar.gz",
		filepath.Base(path)+"/fpsgd")
	if data, err := os.ReadFile(path); err != nil || packed != string(data) {
		t.Errorf("the archive has another program: %v", err)
	}

	clone := filepath.Dir(one)
	do(t, nil, clone, "git", "tag", "v1.9.8")
	do(t, nil, clone, "go", "run", "./internal/release", "-o", "tagged", "linux/"+runtime.GOARCH)
	path = filepath.Join(clone, "tagged", "fpsgd_v1.9.8_linux_"+runtime.GOARCH)
	want = "fpsgd version v1.9.8 (commit " + commit[:12] + ", "
	if got := do(t, nil, "", path, "--version"); !strings.HasPrefix(got, want) {
		t.Errorf("it is %q, and not %q", got, want)
	}
	alone(t, path)
}

// listed is the list of a release with the sums.
func listed(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// requireStatic requires that a program asks for no interpreter and no library.
func requireStatic(t *testing.T, path string) {
	t.Helper()
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	libraries, err := f.ImportedLibraries()
	if len(libraries) > 0 {
		t.Errorf("it needs %v (%v)", libraries, err)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("it needs a dynamic linker")
		}
	}
}

// alone runs a program where there is nothing else: no /tmp, /etc, /proc or /dev.
func alone(t *testing.T, path string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Log("only root may take a folder for the root")
		return
	}
	root := t.TempDir()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "fpsgd"), data, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"run", "quadratic-1d", "-o", "/r"}, {"verify", "/r"},
		{"man", "/man"}, {"sweep", "quadratic-1d", "--do", "spectrum", "--vary",
			"noise.epsilon=0.2,0.3", "-o", "/s"}} {
		cmd := exec.Command("/fpsgd", args...)
		cmd.Dir, cmd.Env = "/", []string{}
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("fpsgd %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}
