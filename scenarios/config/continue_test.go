package config

import (
	"slices"
	"strings"
	"testing"
)

// What may differ between a run and what goes on with it, and how what may not is named.
func TestContinues(t *testing.T) {
	for _, c := range []struct {
		old, new string
		longer   bool
		err      string
	}{
		{"", "", false, ""},
		{"", "solver.threads=2", false, ""},
		{"", "noise.epsilon=0.3", false, "the run was started with another config: " +
			"noise.epsilon = 0.3, and was 0.25"},
		{"", "grid.axes.0.cells=40", false, "grid.axes.0.cells = 40, and was 128; " +
			"grid.axes.1.cells = 40, and was 128"},
		{"", "time.tolerance=1e-5;name=b", false,
			`name = "b", and was "quadratic-2d"; time.tolerance = 1e-5, and was 1e-6`},
		{"", "time.step=1e-3", false, "time.step = 0.001, and was not given; time.tolerance = " +
			"not given, and was 1e-6"},
		{"", "output.current=true", false, "output.current = true, and was false"},
		{"", "time.end=2;output.times=[0, 0.5, 1, 2]", true, ""},
		{"", "time.end=2;output.times=[0, 0.5, 1]", true, ""},
		{"", "time.end=2;output.times=[0, 0.5, 1, 1.5]", true, ""},
		{"", "time.end=2;output.times=[0, 1, 2]", false,
			"output.times = [0.0, 0.5, 1.0, 2.0] would do"},
		{"", "time.end=2;output.snapshots=3", false,
			"output.times = [0.0, 0.5, 1.0, 2.0] would do"},
		{"", "output.times=[0, 0.25, 1]", false, "output.times = [0.0, 0.5, 1.0] would do"},
		{"", "time.end=0.5;output.times=[0, 0.5]", false,
			"time.end = 1, and cannot become one to 0.5"},
		{"output.times=[0, 0.5]", "time.end=2;output.times=[0, 0.5]", false,
			"output.times = [0.0, 0.5, 1.0, 2.0] would do"},
		{"output.times=[0, 0.5]", "time.end=2;output.times=[0, 0.5, 1]", true, ""},
		{"output.snapshots=0", "time.end=2;output.times=[1, 2]", true, ""},
		{"output.snapshots=0", "time.end=2;output.snapshots=0", false,
			"output.times = [1.0, 2.0] would do"},
	} {
		longer, err := loadSet(t, c.new).Continues(loadSet(t, c.old))
		switch {
		case err != nil && (c.err == "" || !strings.HasSuffix(err.Error(), c.err)),
			err == nil && c.err != "":
			t.Errorf("%q to %q: error %v, want %q", c.old, c.new, err, c.err)
		case longer != c.longer:
			t.Errorf("%q to %q: longer %v", c.old, c.new, longer)
		}
	}
}

// loadSet is the preset to t = 1 with three outputs, and with further sets, apart by semicolons, in
// place of these.
func loadSet(t *testing.T, sets string) *Config {
	all := []string{"time.end=1", "output.times=[0, 0.5, 1]"}
	if strings.Contains(sets, "output.snapshots") {
		all = all[:1]
	}
	for _, s := range strings.FieldsFunc(sets, func(r rune) bool { return r == ';' }) {
		key, _, _ := strings.Cut(s, "=")
		same := func(other string) bool { return strings.HasPrefix(other, key+"=") }
		all = append(slices.DeleteFunc(all, same), s)
	}
	cfg, err := Preset("quadratic-2d", all)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}
