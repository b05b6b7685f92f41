// Package fpsgd_test checks the structure of the whole program.
package fpsgd_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// allowed lists, for each layer, what of the program it may import. The direction is mesh ←
// operators ← solver; mesh, operators ← scenarios; scenarios and solver do not know each other; the
// root, fpsgd, puts them together; validation and cmd may use everything, and nothing imports them.
// internal packages know nothing of the numerics.
var allowed = map[string][]string{
	"mesh":       {},
	"operators":  {"mesh", "operators", "internal"},
	"solver":     {"mesh", "operators", "solver", "internal"},
	"scenarios":  {"mesh", "operators", "scenarios", "internal"},
	"internal":   {"internal"},
	"fpsgd":      {"mesh", "operators", "solver", "scenarios", "internal"},
	"validation": {"fpsgd", "mesh", "operators", "solver", "scenarios", "internal", "validation"},
	"docs":       {"fpsgd"},
	"cmd":        {"fpsgd", "mesh", "operators", "solver", "scenarios", "internal", "validation"},
}

func TestImportDirections(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}:{{join .Imports " "}}`,
		"./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		path, imports, _ := strings.Cut(line, ":")
		layer := layerOf(path)
		for _, imported := range strings.Fields(imports) {
			if !strings.HasPrefix(imported, "fpsgd/") && imported != "fpsgd" {
				continue
			}
			if !slices.Contains(allowed[layer], layerOf(imported)) {
				t.Errorf("%s imports %s, which its layer may not", path, imported)
			}
		}
		if layer == "mesh" && strings.Contains(imports, ".") {
			t.Errorf("mesh is a leaf on the standard library, but imports %s", imports)
		}
	}
}

// layerOf returns the first folder of an import path of the program.
func layerOf(path string) string {
	layer, _, _ := strings.Cut(strings.TrimPrefix(path, "fpsgd/"), "/")
	return layer
}

// No line of Go is longer than 100 columns, a tab going to the next multiple of four.
func TestLinesAreOf100Columns(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		text, err := os.ReadFile(path)
		for i, line := range strings.Split(string(text), "\n") {
			columns := 0
			for _, r := range line {
				if columns++; r == '\t' {
					columns = (columns + 3) / 4 * 4
				}
			}
			if columns > 100 {
				t.Errorf("%s:%d: %d columns", path, i+1, columns)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
