package fpsgd

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fpsgd/internal/npy"
	"fpsgd/scenarios"
	"fpsgd/scenarios/config"
)

// lineConfig is a small problem whose f is in a file.
const lineConfig = `
[landscape]
file = "f.npy"
[noise]
epsilon = 0.25
[grid]
[[grid.axes]]
cells = 16
min = -5.0
max = 5.0
[initial]
kind = "gaussian"
width = 1.0
[time]
end = 0.1
`

// withLandscape writes such a config and its file, and reads it.
func withLandscape(t *testing.T, write func(path string)) (*config.Config, string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "f.npy")
	write(file)
	cfg, err := config.LoadText(filepath.Join(dir, "line.toml"), []byte(lineConfig), nil)
	if err != nil {
		t.Fatal(err)
	}
	return cfg, file
}

// writeNpy writes 16 equal numbers.
func writeNpy(t *testing.T, path string, v float64) {
	t.Helper()
	var b bytes.Buffer
	if err := npy.Write(&b, []int{16}, slices.Repeat([]float64{v}, 16)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// What is copied into the run is what was computed with, whoever replaces the file meanwhile.
func TestInputsAreReadOnce(t *testing.T) {
	cfg, file := withLandscape(t, func(path string) { writeNpy(t, path, 1) })
	was := must[[]byte](t)(os.ReadFile(file))
	if _, err := scenarios.New(cfg); err != nil {
		t.Fatal(err)
	}
	writeNpy(t, file, 2)
	inputs, err := readInputs(cfg)
	if err != nil || len(inputs) != 1 || !bytes.Equal(inputs[0].content, was) {
		t.Errorf("what is recorded is not what was read: %v", err)
	}
}

// A file that is too large for the grid is not read, not even one of 20 GB that takes no space.
func TestInputsThatAreTooLarge(t *testing.T) {
	cfg, _ := withLandscape(t, func(path string) {
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := f.Truncate(20 << 30); err != nil {
			t.Skipf("no sparse files here: %v", err)
		}
	})
	if _, err := scenarios.New(cfg); err == nil ||
		!strings.Contains(err.Error(), "has 21474836480 bytes, and no array of this grid has "+
			"more than") {
		t.Errorf("%v", err)
	}
}
