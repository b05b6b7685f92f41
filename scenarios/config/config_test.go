package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"fpsgd/mesh"
)

// mustParse parses a document that is meant to be right.
func mustParse(t testing.TB, text string, sets ...string) *Config {
	t.Helper()
	c, err := Parse("base.toml", []byte(text), sets)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return c
}

// parseFails parses a document that is meant to be wrong and checks the form of the error: an
// *Error of one line.
func parseFails(t testing.TB, text string, sets ...string) *Error {
	t.Helper()
	c, err := Parse("base.toml", []byte(text), sets)
	if err == nil {
		t.Fatalf("accepted with --set %q:\n%s", sets, c.Resolved())
	}
	checkForm(t, err)
	return err.(*Error)
}

func checkForm(t testing.TB, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("not an *Error: %v", err)
	}
	message := err.Error()
	if strings.ContainsAny(message, "\n\r") || message == "" {
		t.Errorf("not one line: %q", message)
	}
	if !strings.HasSuffix(message, ")") {
		t.Errorf("names no fix in brackets: %s", message)
	}
	if e.Key == "" && e.Line == 0 && e.File == "" && e.Set == "" {
		t.Errorf("names no key and no place: %s", message)
	}
}

// sameBits compares two configs but for where they came from. Resolved tells −0 from 0, DeepEqual
// does not.
func sameBits(a, b *Config) bool {
	x, y := *a, *b
	x.source, y.source = source{}, source{}
	return reflect.DeepEqual(x, y) && bytes.Equal(a.Resolved(), b.Resolved())
}

func TestDefaultsAreThoseOfTheManual(t *testing.T) {
	c := mustParse(t, `
landscape.formula = "1 + x^2"
noise.epsilon = 1
grid.axes = [{cells = 4, min = -1, max = 1}]
initial = {kind = "gaussian", width = 1}
time.end = 4
`)
	want := &Config{
		Name:      "base",
		Landscape: Landscape{Formula: "1 + x^2"},
		Noise:     Noise{Model: "ml", Epsilon: 1},
		Grid: Grid{Coordinates: "cartesian", Flux: "scharfetter-gummel", Axes: []Axis{{
			Name: "x", Cells: 4, Min: -1, Max: 1, Spacing: "uniform",
			Ends: [2]string{"closed", "closed"}, Repeat: 1,
			domain: mesh.DomainOf(mesh.System("cartesian"), 0),
		}}, Accuracy: 1e-3, MostCells: 1 << 17},
		Initial: Initial{Kind: "gaussian", Center: []float64{0}, Width: 1, Normalize: true},
		Time:    Time{End: 4, Scheme: "lanczos", Tolerance: 1e-6},
		Solver:  Solver{Tolerance: 1e-10},
		Output:  Output{Snapshots: 20, Errors: true},
		Ensemble: Ensemble{Particles: 100000, Scheme: "weak2", Eta: 0.01, Noise: "gaussian",
			Seed: 1},
	}
	if !sameBits(c, want) {
		t.Errorf("got\n%s\nwant\n%s", c.Resolved(), want.Resolved())
	}
}

func TestRepeatExpandsOneTableIntoNamedAxes(t *testing.T) {
	c, err := Preset("quadratic-2d", []string{"grid.axes.0.cells=7"})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Grid.Axes) != 2 || c.Grid.Axes[0].Name != "x" || c.Grid.Axes[1].Name != "y" {
		t.Fatalf("axes %+v", c.Grid.Axes)
	}
	c.Grid.Axes[0].Name = "y"
	if !reflect.DeepEqual(c.Grid.Axes[0], c.Grid.Axes[1]) || c.Grid.Axes[1].Cells != 7 {
		t.Errorf("the axes differ: %+v", c.Grid.Axes)
	}
}

func TestAnglesCoverTheWholeRange(t *testing.T) {
	c, err := Preset("quadratic-spherical", nil)
	if err != nil {
		t.Fatal(err)
	}
	theta, phi := c.Grid.Axes[1], c.Grid.Axes[2]
	if theta.Min != 0 || theta.Max != math.Pi || phi.Min != 0 || phi.Max != 2*math.Pi {
		t.Errorf("theta %g to %g, phi %g to %g", theta.Min, theta.Max, phi.Min, phi.Max)
	}
	if theta.Periodic() || !phi.Periodic() {
		t.Error("phi over 2π is periodic, and it alone")
	}
}

// A cartesian axis is periodic by one word, in a file or a --set, and is written as it was read;
// the length of one whose grid is chosen must be given.
func TestPeriodicEnds(t *testing.T) {
	for _, value := range []string{"periodic", `"periodic"`, `["periodic", "periodic"]`} {
		c, err := Preset("quadratic-2d", []string{"grid.axes.0.ends=" + value})
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse("again", c.Resolved(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for k, a := range again.Grid.Axes {
			if !a.Periodic() || a.Ends != Ring || c.Grid.Axes[k].Ends != Ring {
				t.Errorf("ends = %s: axis %s has the ends %q", value, a.Name, a.Ends)
			}
		}
		if !strings.Contains(string(c.Resolved()), "\nends = \"periodic\"") {
			t.Errorf("ends = %s is written as\n%s", value, c.Resolved())
		}
	}
	_, err := Parse("auto", []byte("[landscape]\nformula = \"2 + cos(x)\"\n[noise]\n"+
		"epsilon = 1.0\n[[grid.axes]]\nspacing = \"auto\"\nmin = 0.0\nends = \"periodic\"\n"), nil)
	if err == nil || !strings.Contains(err.Error(), "the period") {
		t.Errorf("a ring without a length: %v", err)
	}
}

func TestLogAxisHoldsLogarithms(t *testing.T) {
	physical, err := Preset("geometric-brownian", []string{"grid.axes.0.min=1e-6",
		"grid.axes.0.max=1e3"})
	if err != nil {
		t.Fatal(err)
	}
	if a := physical.Grid.Axes[0]; a.LogMin != math.Log(1e-6) || a.LogMax != math.Log(1e3) ||
		a.Min != 0 || a.Max != 0 {
		t.Errorf("min, max = 1e-6, 1e3 became %+v", a)
	}
	far, err := Preset("geometric-brownian", []string{"grid.axes.0.log_min=-1e10"})
	if err != nil {
		t.Fatal(err)
	}
	if a := far.Grid.Axes[0]; a.LogMin != -1e10 {
		t.Errorf("log_min = -1e10 became %g", a.LogMin)
	}
}

func TestOneWidthServesAllCenters(t *testing.T) {
	c, err := Preset("log-singular-pair", nil)
	if err != nil {
		t.Fatal(err)
	}
	if w := c.Grid.Axes[1].Width; !slices.Equal(w, []float64{1e-3, 1e-3}) {
		t.Errorf("width = %v", w)
	}
}

func TestResolvedReadsBackToTheBit(t *testing.T) {
	for _, info := range Presets() {
		c, err := Preset(info.Name, nil)
		if err != nil {
			t.Fatal(err)
		}
		again := mustParse(t, string(c.Resolved()))
		if !sameBits(c, again) {
			t.Errorf("%s: wrote\n%s\nread\n%s", info.Name, c.Resolved(), again.Resolved())
		}
	}
}

func TestResolvedKeepsEveryNumberAndCharacter(t *testing.T) {
	numbers := []float64{0, math.Copysign(0, -1), 0.1, 1e-6, 1e22, math.Pi,
		math.SmallestNonzeroFloat64, -math.MaxFloat64, 1 << 53}
	c := mustParse(t, bases[0])
	c.Landscape = Landscape{Builtin: "a\"b\\c\n\td\x7f é",
		Params: map[string][]float64{"a": numbers}}
	again := mustParse(t, string(c.Resolved()))
	if !sameBits(c, again) || !math.Signbit(again.Landscape.Params["a"][1]) {
		t.Errorf("wrote\n%s\nread\n%s", c.Resolved(), again.Resolved())
	}
}

// The name stands for what is solved: not for how, nor for what is written, and read back from
// Resolved it is the same.
func TestTitles(t *testing.T) {
	for set, want := range map[string]string{
		"solver.threads=1": "quadratic-1d", "output.snapshots=3": "quadratic-1d",
		"grid.axes.0.cells=400":     "quadratic-1d",
		"noise.epsilon=0.3":         "quadratic-1d, changed",
		"grid.axes.0.cells=401":     "quadratic-1d, changed",
		"landscape.formula=2 + x^2": "quadratic-1d, changed",
		"initial.b=0.125":           "quadratic-1d, changed",
		"time.end=3":                "quadratic-1d, changed", "name=mine": "mine",
		"name=ring": "ring, changed",
	} {
		c, err := Preset("quadratic-1d", []string{set})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Title(); got != want {
			t.Errorf("--set %s: %q, want %q", set, got, want)
		}
		if got := mustParse(t, string(c.Resolved())).Title(); got != want {
			t.Errorf("--set %s, read back: %q, want %q", set, got, want)
		}
	}
	if got := mustParse(t, bases[0], "noise.epsilon=0.3").Title(); got != "base, changed" {
		t.Errorf("a file with --set: %q", got)
	}
	if got := mustParse(t, bases[0]).Title(); got != "base" {
		t.Errorf("a file: %q", got)
	}
}

func TestPresetsCoverWhatThereIs(t *testing.T) {
	seen := map[string]bool{}
	for _, info := range Presets() {
		c, err := Preset(info.Name, nil)
		if err != nil {
			t.Error(err)
			continue
		}
		if c.Name != info.Name {
			t.Errorf("preset %s calls itself %s", info.Name, c.Name)
		}
		if !strings.HasSuffix(info.Summary, ".") || len(info.Summary) < 30 {
			t.Errorf("preset %s: the first line is no sentence: %q", info.Name, info.Summary)
		}
		seen[c.Grid.Coordinates], seen[c.Noise.Model], seen[c.Initial.Kind] = true, true, true
		for _, a := range c.Grid.Axes {
			seen[a.Spacing], seen[a.Ends[1]] = true, true
		}
	}
	for _, want := range []string{"cartesian", "radial", "polar", "spherical", "cylindrical", "ml",
		"homogeneous",
		"gaussian", "exact", "uniform", "sinh", "log", "open"} {
		if !seen[want] {
			t.Errorf("no preset has %q", want)
		}
	}
}

func TestUnknownPresetNamesTheNearest(t *testing.T) {
	for name, want := range map[string]string{"quadratc-2d": "did you mean quadratic-2d?",
		"nothing like it": "quadratic-2d"} {
		_, err := Preset(name, nil)
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("preset %q: %v", name, err)
		}
	}
}

// The scheme is resolved when a config is read, and steps make it sdirk2 also where the config has
// a tolerance.
func TestDefaultScheme(t *testing.T) {
	for _, c := range []struct {
		preset, set, want string
	}{
		{"quadratic-1d", "time.tolerance=1e-4", Lanczos},
		{"quadratic-1d", "time.tolerance=2e-4", SDIRK2},
		{"quadratic-1d", "time.step=0.01", SDIRK2},
		{"quadratic-1d", "time.scheme=euler", Euler},
		{"quadratic-1d", "time.scheme=sdirk3", SDIRK3},
		{"quadratic-1d", `grid.axes.0.ends=["closed", "open"]`, SDIRK2},
		{"quadratic-3d", "grid.axes.0.cells=200", Lanczos},
		{"quadratic-3d", "grid.axes.0.cells=256", SDIRK2}, // 1.7e7 cells
	} {
		cfg, err := Preset(c.preset, []string{c.set})
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse("again", cfg.Resolved(), nil)
		if err != nil || cfg.Time.Scheme != c.want || again.Time.Scheme != c.want {
			t.Errorf("%s, %s: %s, resolved as %s; want %s; %v",
				c.preset, c.set, cfg.Time.Scheme, again.Time.Scheme, c.want, err)
		}
		if given := c.want == Euler || c.want == SDIRK3; cfg.Gives("time.scheme") != given ||
			!again.Gives("time.scheme") {
			t.Errorf("%s, %s: time.scheme is given: %v, want %v", c.preset, c.set, !given, given)
		}
	}
}

func TestSetDisplacesWhatItContradicts(t *testing.T) {
	cases := []struct {
		preset string
		sets   []string
		check  func(c *Config) bool
	}{
		{"quadratic-2d", []string{"time.step=0.01"},
			func(c *Config) bool { return c.Time.Step == 0.01 && c.Time.Tolerance == 0 }},
		{"quadratic-2d", []string{"output.times=[0, 1]"},
			func(c *Config) bool { return len(c.Output.Times) == 2 && c.Output.Snapshots == 0 }},
		{"quadratic-2d", []string{"initial.kind=invariant"},
			func(c *Config) bool { return c.Initial.Center == nil && c.Initial.Width == 0 }},
		{"quadratic-2d", []string{"landscape.builtin=quadratic", "landscape.center=[0, 1]"},
			func(c *Config) bool {
				return c.Landscape.Formula == "" && slices.Equal(c.Landscape.Params["center"],
					[]float64{0, 1})
			}},
		{"ring", []string{"landscape.formula=1 + r^2"}, func(c *Config) bool {
			return c.Landscape.Formula == "1 + r^2" && c.Landscape.Builtin == "" &&
				c.Landscape.Params == nil
		}},
		{"ring", []string{"landscape.radius=2"}, func(c *Config) bool {
			return c.Landscape.Params["radius"][0] == 2
		}},
		{"quadratic-1d", []string{"initial.source=1", "initial.age=0.5"},
			func(c *Config) bool { return c.Initial.B == nil && c.Initial.Age == 0.5 }},
		{"ring", []string{"grid.axes.0.spacing=uniform"}, func(c *Config) bool {
			return c.Grid.Axes[0].Centers == nil && c.Grid.Axes[0].Width == nil
		}},
		{"log-singular-pair", []string{"grid.axes.0.spacing=uniform"}, func(c *Config) bool {
			return c.Grid.Axes[0].Width == nil && len(c.Grid.Axes[1].Width) == 2
		}},
		{"quadratic-2d", []string{"name=2024"}, func(c *Config) bool { return c.Name == "2024" }},
		{"quadratic-2d", []string{`name="quoted"`},
			func(c *Config) bool { return c.Name == "quoted" }},
	}
	for _, test := range cases {
		c, err := Preset(test.preset, test.sets)
		if err != nil {
			t.Errorf("%s %q: %v", test.preset, test.sets, err)
		} else if !test.check(c) {
			t.Errorf("%s %q gives\n%s", test.preset, test.sets, c.Resolved())
		}
	}
}

// Numbers as people and other programs write them: whole ones with a point where an integer is due,
// and, in a --set, without the digit that TOML wants on either side of a point.
func TestNumbersAsTheyAreWritten(t *testing.T) {
	for set, epsilon := range map[string]float64{
		".5": 0.5, "+.5": 0.5, "5.": 5, "5.e-1": 0.5, "1e2": 100, " .25 ": 0.25, "1_0.": 10,
		"0x10": 16, "00.5": 0.5, "02": 2,
	} {
		if c, err := Preset("quadratic-2d", []string{"noise.epsilon=" + set}); err != nil ||
			c.Noise.Epsilon != epsilon {
			t.Errorf("noise.epsilon=%s: %v, want %g", set, err, epsilon)
		}
	}
	c := mustParse(t, strings.Replace(bases[0], "cells = 8", "cells = 60.0\nrepeat = 2.0", 1),
		"initial.kind=gaussian", "initial.center=[-.5, 1.]", "initial.width=1", "solver.threads=2.")
	if len(c.Grid.Axes) != 2 || c.Grid.Axes[1].Cells != 60 ||
		!slices.Equal(c.Initial.Center, []float64{-0.5, 1}) || c.Solver.Threads != 2 {
		t.Errorf("got\n%s", c.Resolved())
	}
	if c := mustParse(t, bases[0], "landscape.formula=1 + .5*x^2",
		"name=5."); c.Landscape.Formula != "1 + .5*x^2" || c.Name != "5." {
		t.Errorf("texts became numbers:\n%s", c.Resolved())
	}
	// 2^53 + 1 is no float64
	for _, set := range []string{"60.5", "1e300", "9007199254740993.", "inf", "nan"} {
		if _, err := Preset("quadratic-2d", []string{"grid.axes.0.cells=" + set}); err == nil ||
			!strings.Contains(err.Error(), "must be an integer") {
			t.Errorf("grid.axes.0.cells=%s: %v", set, err)
		}
	}
}

// What an editor puts into a file beside the text changes nothing: a mark of UTF-8, line ends of
// two characters, tabs.
func TestMarksOfEditors(t *testing.T) {
	want := mustParse(t, bases[0])
	for name, text := range map[string]string{
		"mark":      "\ufeff" + bases[0],
		"line ends": strings.ReplaceAll(bases[0], "\n", "\r\n"),
		"both":      "\ufeff" + strings.ReplaceAll(bases[0], "\n", "\r\n"),
		"tabs":      strings.ReplaceAll("\t"+bases[0], " = ", "\t=\t"),
	} {
		if c := mustParse(t, text); !sameBits(c, want) || string(c.Source()) != text {
			t.Errorf("%s: got\n%s", name, c.Resolved())
		}
	}
	e := parseFails(t, "\ufeff"+strings.Replace(bases[0], "epsilon = 2.0", "epsilon = -1", 1))
	if e.Line != 4 || e.Key != "noise.epsilon" {
		t.Errorf("behind a mark: %v", e)
	}
}

func TestSetsDoNotDisplaceEachOther(t *testing.T) {
	_, err := Preset("quadratic-2d", []string{"time.step=0.01", "time.tolerance=1e-5"})
	if err == nil || !strings.Contains(err.Error(), "time.step=0.01") ||
		!strings.Contains(err.Error(), "time.tolerance=1e-5") {
		t.Errorf("got %v", err)
	}
}

func TestLoadResolvesFilesAgainstTheConfig(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "my problem.toml")
	absolute := filepath.Join(dir, "elsewhere", "rho.npy")
	text := `
landscape.file = "f.npy"
noise.epsilon = 1
grid.axes = [{spacing = "file", file = "sub/x.npy"}]
initial = {kind = "file", file = ` + tomlString(absolute) + `}
time.end = 4
`
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, f := range c.Files() {
		files = append(files, *f)
	}
	want := []string{filepath.Join(dir, "f.npy"), absolute, filepath.Join(dir, "sub", "x.npy")}
	if !slices.Equal(files, want) {
		t.Errorf("files %q, want %q", files, want)
	}
	if c.Name != "my-problem" {
		t.Errorf("name %q from the file's", c.Name)
	}
	if string(c.Source()) != text {
		t.Errorf("source %q", c.Source())
	}
}

func TestUnreadableFile(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "nothing.toml")
	_, err := Load(missing, nil)
	checkForm(t, err)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), missing) {
		t.Errorf("got %v", err)
	}
	_, err = Load(filepath.Dir(missing), nil)
	checkForm(t, err)
}

func TestErrorfPointsAtTheKeyOrItsTable(t *testing.T) {
	text := `[landscape]
builtin = "ring"
radius = -1

[noise]
epsilon = 1

[grid]
[[grid.axes]]
cells = 4
min = -1
max = 1
repeat = 2
[[grid.axes]]
cells = 5
min = -2
max = 2

[initial]
kind = "invariant"

[time]
end = 1
`
	c := mustParse(t, text, "noise.epsilon=2")
	for key, want := range map[string]string{
		"landscape.radius":    "base.toml:3: landscape.radius: bad 1",
		"landscape.floor":     "base.toml:1: landscape.floor: bad 1",
		"grid.axes.1.cells":   "base.toml:10: grid.axes.0.cells: bad 1",
		"grid.axes.2.cells":   "base.toml:15: grid.axes.1.cells: bad 1",
		"grid.axes.2.spacing": "base.toml:14: grid.axes.1.spacing: bad 1",
		"noise.epsilon":       "--set noise.epsilon=2: bad 1",
		"solver.tolerance":    "base.toml: solver.tolerance: bad 1",
	} {
		if got := c.Errorf(key, "bad %d", 1).Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestSchemaIsConsistent(t *testing.T) {
	seen := map[string]bool{}
	for _, key := range Keys() {
		if key.When.Key != "" && !seen[key.When.Key] {
			t.Errorf("%s stands before %s, on which it depends", key.Path, key.When.Key)
		}
		seen[key.Path] = true
		for _, rival := range key.Rivals {
			other, _, ok := lookup(pathAt(rival, 0))
			if !ok || !slices.Contains(other.Rivals, key.Path) {
				t.Errorf("%s excludes %s, but not the reverse", key.Path, rival)
			}
		}
		if key.Doc == "" || key.Example == nil {
			t.Errorf("%s lacks a sentence or an example", key.Path)
		}
		if key.Default != nil && key.Required {
			t.Errorf("%s is required and has a default", key.Path)
		}
		c := &Config{Grid: Grid{Axes: make([]Axis, 1)}}
		for _, value := range []any{key.Default, key.Example} {
			if value == nil {
				continue
			}
			if fault := assign(key.field(c, 0), value); fault != "" {
				t.Errorf("%s: %v %s", key.Path, value, fault)
			}
			if err := checkRange(c, &key, 0, value); err != nil {
				t.Errorf("%v", err)
			}
		}
	}
}

// Texts that would take hours or all memory are refused at once.
func TestExtent(t *testing.T) {
	var keys strings.Builder
	for k := range 3_000_000 {
		fmt.Fprintf(&keys, "k%d = 1\n", k)
	}
	for name, c := range map[string]struct{ text, part string }{
		"keys":   {keys.String(), "x.toml:10001: there are more than 10000 keys and tables"},
		"parts":  {"[a" + strings.Repeat(".a", 200_000) + "]\n", "more than 32 parts"},
		"dotted": {"a" + strings.Repeat(".a", 200_000) + " = 1\n", "more than 32 parts"},
		"inline": {"a = " + strings.Repeat("{b = ", 200_000) + "1" + strings.Repeat("}", 200_000),
			""},
		"nested": {"a = " + strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000), ""},
		"bytes":  {strings.Repeat(" ", mostBytes+1), "a config has at most 67108864"},
	} {
		begun := time.Now()
		_, err := Parse("x.toml", []byte(c.text), nil)
		if err == nil || !strings.Contains(err.Error(), c.part) {
			t.Errorf("%s: %.200v, want %q", name, err, c.part)
		}
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("%s: refused after %v", name, took)
		}
	}
}
