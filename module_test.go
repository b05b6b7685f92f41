package fpsgd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// The README's program runs as a module of its own, outside of this tree, and prints what the
// README says.
func TestProgramOfTheReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	program := regexp.MustCompile("(?s)```go\n(.*?)```\n\nprints `([^`]*)`").FindSubmatch(readme)
	if program == nil {
		t.Fatal("README.md has no program with what it prints")
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range map[string]string{
		"go.mod": "module example\n", "main.go": string(program[1]),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"work", "init", "."}, {"work", "use", root}, {"mod", "edit", "-go=1.26"}, {"run", "."},
	} {
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go %q: %v", args, err)
		}
		if got := string(out); args[0] == "run" && got != string(program[2])+"\n" {
			t.Errorf("it prints %q, and the README says %q", got, program[2])
		}
	}
}
