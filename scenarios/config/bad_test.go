package config

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"fpsgd/mesh"
)

// bases are right configs, one key a line, in which together every key of the schema stands.
var bases = []string{
	`[landscape]
formula = "1 + x^2"
[noise]
epsilon = 2.0
[[grid.axes]]
spacing = "uniform"
cells = 8
min = -1.0
max = 1.0
[initial]
kind = "formula"
formula = "exp(-x^2)"
[time]
end = 4.0
`,
	`name = "base"
[landscape]
formula = "1 + x^2 + y^2"
[noise]
model = "ml"
epsilon = 0.25
[grid]
coordinates = "cartesian"
flux = "face"
[[grid.axes]]
name = "x"
spacing = "sinh"
cells = 8
min = -10.0
max = 10.0
centers = [0.0]
width = [1.0]
ends = ["closed", "open"]
repeat = 1
[initial]
kind = "gaussian"
center = [1.0]
width = 0.5
normalize = true
[time]
end = 4.0
scheme = "sdirk2"
tolerance = 1e-6
[solver]
tolerance = 1e-10
threads = 0
[output]
snapshots = 20
current = true
raw = true
errors = false
`,
	`[landscape]
builtin = "log-singular"
[noise]
epsilon = 2.0
[grid]
coordinates = "radial"
dimension = 3
angular = 1
[[grid.axes]]
spacing = "log"
cells = 8
log_min = -70.0
log_max = 70.0
width = 1.0
[initial]
kind = "exact"
source = 2.0
age = 0.1
[time]
end = 4.0
step = 0.1
[output]
times = [0.0, 1.0]
`,
	`[landscape]
file = "f.npy"
[noise]
epsilon = 2.0
[[grid.axes]]
spacing = "file"
file = "x.npy"
[initial]
kind = "exact"
b = [1.0]
[time]
end = 4.0
`,
	`[landscape]
formula = "1 + x^2"
[noise]
epsilon = 2.0
[[grid.axes]]
cells = 8
min = -1.0
max = 1.0
[initial]
kind = "file"
file = "rho.npy"
[time]
end = 4.0
`,
	`[landscape]
formula = "1 + x^2"
[noise]
epsilon = 2.0
[grid]
accuracy = 1e-2
most_cells = 1000
[[grid.axes]]
spacing = "auto"
`,
	`[landscape]
go = "rosenbrock v1"
[noise]
epsilon = 2.0
[[grid.axes]]
cells = 8
min = -1.0
max = 1.0
[initial]
kind = "go"
go = "ring v1"
[time]
end = 4.0
[ensemble]
particles = 1000
scheme = "sgd"
eta = 0.01
noise = "gaussian"
seed = 3
`,
	`[landscape]
formula = "1 + x1^2 + x5^2"
[noise]
epsilon = 2.0
[initial]
kind = "gaussian"
center = [1.0]
width = 0.5
[time]
end = 4.0
[ensemble]
dimension = 5
`,
}

// keyLine is a line of a base on which a key stands.
type keyLine struct {
	key   *Key
	base  string
	lines []string
	at    int // index into lines
}

// replaced returns the base with other lines in place of the key's.
func (k keyLine) replaced(by ...string) string {
	out := append([]string{}, k.lines[:k.at]...)
	out = append(out, by...)
	return strings.Join(append(out, k.lines[k.at+1:]...), "\n")
}

func (k keyLine) name() string {
	_, name := k.key.Table()
	return name
}

// set returns a --set of the key.
func (k keyLine) set(value string) string { return k.key.at(0) + "=" + value }

// find returns where a key stands in the first base that has it.
func find(t *testing.T, key *Key) keyLine {
	t.Helper()
	for _, base := range bases {
		table := ""
		lines := strings.Split(base, "\n")
		for i, l := range lines {
			if strings.HasPrefix(l, "[") {
				table = strings.Trim(l, "[]")
			} else if name, _, _ := strings.Cut(l, " ="); strings.TrimPrefix(table+"."+name, ".") ==
				key.Path {
				return keyLine{key, base, lines, i}
			}
		}
	}
	t.Fatalf("no base has %s", key.Path)
	return keyLine{}
}

// eachKey runs a test for every key of the schema.
func eachKey(t *testing.T, test func(t *testing.T, k keyLine)) {
	for i := range schema {
		t.Run(schema[i].Path, func(t *testing.T) { test(t, find(t, &schema[i])) })
	}
}

// refused checks that a key with a bad value is refused in the file, with its line, and in a --set,
// with its text.
func refused(t *testing.T, k keyLine, value string) {
	t.Helper()
	e := parseFails(t, k.replaced(k.name()+" = "+value))
	if e.Line != k.at+1 || e.Key != k.key.at(0) ||
		!strings.HasPrefix(e.Error(), fmt.Sprintf("base.toml:%d: %s: ", e.Line, e.Key)) {
		t.Errorf("%s on line %d: %v", value, k.at+1, e)
	}
	// bare text is a string
	if free := k.key.kind() == stringKind && k.key.Choices == nil; !free || value == `""` {
		e = parseFails(t, k.base, k.set(value))
		if !strings.HasPrefix(e.Error(), "--set "+k.set(value)+": ") {
			t.Errorf("--set %s: %v", k.set(value), e)
		}
	}
}

func TestBasesAreRight(t *testing.T) {
	for _, base := range bases {
		mustParse(t, base)
	}
}

func TestUnknownKey(t *testing.T) {
	eachKey(t, func(t *testing.T, k keyLine) {
		typo := k.name() + "x"
		if k.key.Path == builtinKey {
			typo = "\"built in\"" // any bare key beside builtin would be a parameter of it
		}
		e := parseFails(t, k.replaced(k.lines[k.at], typo+" = 1"))
		if e.Line != k.at+2 || !strings.Contains(e.Error(), typo) ||
			!strings.Contains(e.Msg, "unknown key") {
			t.Errorf("got %v", e)
		}
		if !strings.Contains(e.Msg, k.name()) {
			t.Errorf("does not suggest %s: %v", k.name(), e)
		}
		if k.key.Path == builtinKey {
			return
		}
		e = parseFails(t, k.base, k.key.at(0)+"x=1")
		if !strings.HasPrefix(e.Error(), "--set "+k.key.at(0)+"x=1: unknown key") {
			t.Errorf("got %v", e)
		}
	})
}

func TestUnknownTable(t *testing.T) {
	for _, text := range []string{"[noisy]\n", "[noise.more]\n", "[[initial]]\n",
		"[[grid.axes.more]]\n", "\"a.b\" = 1\n", "[\"\"]\n"} {
		e := parseFails(t, strings.TrimPrefix(bases[0], "[landscape]\n")+text)
		if e.Line == 0 {
			t.Errorf("%q: no line: %v", text, e)
		}
	}
}

// wrongTypes are TOML values; each key refuses those that its own type does not take.
var wrongTypes = map[kind][]string{
	stringKind:  {"1", "true", `["a"]`, "{a = 1}", "1979-05-27"},
	boolKind:    {"1", `"true"`, "[true]", "{a = 1}"},
	intKind:     {"1.5", "1e300", `"1"`, "[1]", "true", "{a = 1}"},
	numberKind:  {`"a"`, "[1.0]", "true", "{a = 1}", "1979-05-27"},
	numbersKind: {`"a"`, `["a"]`, "true", "[[1.0]]", "{a = 1}", "[]"},
	pairKind: {`"closed"`, `["closed"]`, `["closed", 1]`, "1", "{a = 1}",
		`["closed", "closed", "closed"]`},
}

func TestWrongType(t *testing.T) {
	eachKey(t, func(t *testing.T, k keyLine) {
		for _, value := range wrongTypes[k.key.kind()] {
			refused(t, k, value)
		}
	})
}

func TestOutOfRange(t *testing.T) {
	eachKey(t, func(t *testing.T, k keyLine) {
		for _, value := range outside(k.key) {
			refused(t, k, value)
		}
	})
}

// outside returns values of the key's type that are out of its range: next to each end, and far.
func outside(key *Key) []string {
	iv := key.Range
	switch kind := key.kind(); {
	case kind == stringKind && key.Choices != nil:
		return []string{`"nonsense"`, `""`}
	case kind == stringKind:
		return []string{`""`}
	case kind == pairKind:
		return []string{`["closed", "ajar"]`}
	case iv == Interval{}:
		return nil
	case kind == intKind:
		return []string{fmt.Sprint(int(iv.Lo) - 1), fmt.Sprint(int(iv.Hi) + 1),
			"9223372036854775807"}
	}
	below, above := math.Nextafter(iv.Lo, math.Inf(-1)), math.Nextafter(iv.Hi, math.Inf(1))
	if iv.LoOpen {
		below = iv.Lo
	}
	if iv.HiOpen {
		above = iv.Hi
	}
	out := []string{formatFloat(below), "-1e300"}
	if !math.IsInf(above, 1) {
		out = append(out, formatFloat(above), "1e300")
	}
	if key.kind() == numbersKind {
		out = append(out, "[1.0, "+formatFloat(below)+"]")
	}
	return out
}

func TestNotFinite(t *testing.T) {
	eachKey(t, func(t *testing.T, k keyLine) {
		for _, value := range []string{"nan", "inf", "-inf", "+nan"} {
			refused(t, k, value)
			if k.key.kind() == numbersKind {
				refused(t, k, "[1.0, "+value+"]")
			}
		}
	})
	for _, value := range []string{"nan", "inf", "[0.0, -inf]", "true", `"1"`} {
		e := parseFails(t, strings.Replace(bases[2], "builtin", "floor = "+value+"\nbuiltin", 1))
		if e.Key != "landscape.floor" || e.Line != 2 {
			t.Errorf("parameter %s: %v", value, e)
		}
	}
}

func TestMissing(t *testing.T) {
	eachKey(t, func(t *testing.T, k keyLine) {
		if without := k.replaced(); k.key.Required {
			e := parseFails(t, without)
			if !strings.Contains(e.Msg, "missing") {
				t.Errorf("got %v", e)
			}
			if !strings.Contains(e.Error(), k.name()) {
				t.Errorf("does not name %s: %v", k.name(), e)
			}
		} else {
			mustParse(t, without)
		}
	})
	e := parseFails(t, "noise.epsilon = 1\nlandscape.file = \"1\"\ntime.end = "+
		"1\ninitial.kind = \"invariant\"\n")
	if e.Key != axesTable {
		t.Errorf("without axes: %v", e)
	}
}

// TestContradiction gives each key beside a rival, and without the value of another key that it
// needs.
func TestContradiction(t *testing.T) {
	eachKey(t, func(t *testing.T, k keyLine) {
		for _, rival := range k.key.Rivals {
			other, _, _ := lookup(pathAt(rival, 0))
			_, name := other.Table()
			e := parseFails(t, k.replaced(k.lines[k.at], name+" = "+tomlValue(other.Example)))
			needsMore := e.Key == other.at(0) && strings.Contains(e.Msg,
				"needs "+pathAt(other.When.Key, 0))
			if e.Line == 0 || namedRivals(e, k.key) < 2 && !needsMore {
				t.Errorf("beside %s: %v", rival, e)
			}
		}
		if k.key.When.Key != "" {
			contradictSelector(t, k)
		}
	})
}

// namedRivals counts the keys in an error that exclude each other: the key and its rivals, and
// their rivals, since of two pairs such as min, max and log_min, log_max any key of the one
// excludes any of the other.
func namedRivals(e *Error, key *Key) int {
	named := map[string]bool{}
	for _, rival := range append([]string{key.Path}, key.Rivals...) {
		other, _, _ := lookup(pathAt(rival, 0))
		for _, path := range append([]string{rival}, other.Rivals...) {
			if strings.Contains(e.Error()+" ", pathAt(path, 0)+" ") || e.Key == pathAt(path, 0) {
				named[path] = true
			}
		}
	}
	return len(named)
}

func contradictSelector(t *testing.T, k keyLine) {
	t.Helper()
	selector, _, _ := lookup(pathAt(k.key.When.Key, 0))
	for _, choice := range selector.Choices {
		other := &Config{Grid: Grid{Axes: make([]Axis, 1)}}
		*selector.field(other, 0).(*string) = choice
		if k.key.allowed(other, 0) {
			continue
		}
		e := parseFails(t, minimal(selector, choice, k))
		if e.Key != k.key.at(0) || !strings.Contains(e.Msg, selector.at(0)+" = ") ||
			!strings.Contains(e.Msg, choice) {
			t.Errorf("beside %s = %q: %v", selector.Path, choice, e)
		}
	}
}

// minimal returns a config in which only the key contradicts the choice.
func minimal(selector *Key, choice string, k keyLine) string {
	fit := map[string]string{
		"go":       "go = \"ring v1\"",
		"gaussian": "width = 1.0", "formula": "formula = \"1\"", "file": "file = \"f.npy\"",
		"exact":   "b = [1.0]",
		"uniform": "cells = 8\nmin = 1.0\nmax = 2.0", "sinh": "cells = 8\nmin = 1.0\nmax = 2.0",
		"log":    "cells = 8\nmin = 1.0\nmax = 2.0",
		"radial": "dimension = 3",
	}
	tables := map[string]string{
		"initial":   "kind = \"invariant\"",
		"grid":      "coordinates = \"cartesian\"",
		"grid.axes": fit["uniform"],
	}
	table, name := selector.Table()
	tables[table] = name + " = \"" + choice + "\"\n" + fit[choice]
	keyTable, keyName := k.key.Table()
	if !strings.Contains("\n"+tables[keyTable], "\n"+keyName+" =") {
		tables[keyTable] += "\n" + k.lines[k.at]
	}
	axes := ""
	if system := mesh.System(choice); system != nil && !mesh.Cartesian(system) {
		axes = strings.Repeat("[[grid.axes]]\n"+fit["uniform"]+"\n", len(system.Axes())-1)
	}
	return fmt.Sprintf("landscape.formula = \"1\"\nnoise.epsilon = 1\ntime.end = "+
		"1\n[initial]\n%s\n[grid]\n%s\n[[grid.axes]]\n%s\n%s",
		tables["initial"], tables["grid"], tables["grid.axes"], axes)
}

// contradictions are those between values, which the schema does not express. Each is a preset, the
// settings, and what the message must name.
var contradictions = []struct {
	preset string
	sets   []string
	names  []string
}{
	{"quadratic-2d", []string{"name=a/b"}, []string{"name", "/"}},
	{"quadratic-2d", []string{"name=.hidden"}, []string{"name"}},
	{"quadratic-2d", []string{"name=" + strings.Repeat("n", 300)}, []string{"300 bytes"}},
	{"geometric-brownian", []string{"grid.angular=2"}, []string{"grid.angular", "grid.dimension"}},
	{"quadratic-2d", []string{"grid.axes.0.repeat=4", "initial.center=[0, 0]"},
		[]string{"initial.center", "4 axes"}},
	{"quadratic-1d", []string{"initial.b=[0, 0]"}, []string{"initial.b", "1 axes"}},
	{"ring", []string{"grid.coordinates=spherical"}, []string{"2 axes", "spherical"}},
	{"ring", []string{"grid.axes.1.name=r"}, []string{"grid.axes.1.name", `"phi"`}},
	{"quadratic-2d", []string{"grid.axes.0.name=x"}, []string{"grid.axes.0.name", `"y"`}},
	{"quadratic-2d", []string{"grid.axes.0.min=100"},
		[]string{"grid.axes.0.max", "grid.axes.0.min = 100"}},
	{"quadratic-2d", []string{"grid.axes.0.min=-1e308", "grid.axes.0.max=1e308"},
		[]string{"grid.axes.0.max", "too far"}},
	{"quadratic-2d", []string{"grid.axes.0.spacing=log", "grid.axes.0.min=1"},
		[]string{"grid.axes.0.spacing", "not for x"}},
	{"quadratic-2d", []string{"grid.axes.0.spacing=log"}, []string{"grid.axes.0.min", "positive"}},
	{"geometric-brownian", []string{"grid.axes.0.min=0", "grid.axes.0.max=1"},
		[]string{"grid.axes.0.min", "log_min"}},
	{"geometric-brownian", []string{"grid.axes.0.min=-1", "grid.axes.0.max=-2"},
		[]string{"grid.axes.0.max", "exceed"}},
	{"geometric-brownian", []string{"grid.axes.0.log_min=9"},
		[]string{"grid.axes.0.log_max", "exceed"}},
	{"geometric-brownian", []string{"grid.axes.0.min=1"}, []string{"grid.axes.0.max", "missing"}},
	{"geometric-brownian", []string{"grid.axes.0.width=[1, 2]"},
		[]string{"grid.axes.0.width", "log"}},
	{"ring", []string{"grid.axes.0.min=-1"}, []string{"grid.axes.0.min", "radius"}},
	{"ring", []string{"grid.axes.0.ends=[\"open\", \"closed\"]"},
		[]string{"grid.axes.0.ends", "r = 0"}},
	{"ring", []string{"grid.axes.0.width=[1, 1]"}, []string{"grid.axes.0.width", "centers"}},
	{"ring", []string{"grid.axes.1.ends=[\"closed\", \"closed\"]"},
		[]string{"grid.axes.1.ends", "periodic"}},
	{"ring", []string{"grid.axes.0.ends=periodic"}, []string{"grid.axes.0.ends", "cartesian"}},
	{"quadratic-1d", []string{"grid.axes.0.ends=[\"periodic\", \"closed\"]"},
		[]string{"grid.axes.0.ends", "both ends"}},
	{"quadratic-1d", []string{"grid.axes.0.ends=periodic", "grid.axes.0.cells=1"},
		[]string{"grid.axes.0.cells", "at least 2"}},
	{"quadratic-1d", []string{"grid.axes.0.ends=cyclic"},
		[]string{"grid.axes.0.ends", "two strings"}},
	{"ring", []string{"grid.axes.1.cells=1"}, []string{"grid.axes.1.cells", "at least 2"}},
	{"ring", []string{"grid.axes.1.max=6.2831"}, []string{"grid.axes.1.max", "almost"}},
	{"ring", []string{"grid.axes.1.max=7"}, []string{"grid.axes.1.max", "one turn"}},
	{"quadratic-spherical", []string{"grid.axes.1.min=-0.1"}, []string{"grid.axes.1.min", "theta"}},
	{"quadratic-spherical", []string{"grid.axes.1.max=3.2"}, []string{"grid.axes.1.max", "theta"}},
	{"quadratic-spherical", []string{"grid.axes.1.ends=[\"closed\", \"open\"]"},
		[]string{"grid.axes.1.ends", "theta"}},
	{"quadratic-4d", []string{"grid.axes.0.cells=1000"},
		[]string{"grid.axes.0.cells", "1e+12 cells"}},
	{"quadratic-1d", []string{"grid.axes.0.repeat=3", "grid.axes.1.cells=3"},
		[]string{"grid.axes.1.cells", "1 [[grid.axes]]"}},
	{"quadratic-2d", []string{"time.step=1e-300"}, []string{"time.step", "steps"}},
	{"quadratic-2d", []string{"time.step=0.1", "time.scheme=lanczos"},
		[]string{"time.step", "lanczos", "sdirk2"}},
	{"quadratic-2d", []string{"output.snapshots=1"}, []string{"output.snapshots", "at least 2"}},
	{"quadratic-2d", []string{"output.times=[0, 9]"}, []string{"output.times", "time.end"}},
	{"quadratic-2d", []string{"output.times=[0, 2, 2]"}, []string{"output.times", "increase"}},
	{"quadratic-2d", []string{"grid.axes.1.repeat=2"},
		[]string{"grid.axes.1.repeat", "1 [[grid.axes]]"}},
	{"quadratic-2d", []string{"ensemble.noise=sphere"}, []string{"ensemble.noise", "weak2"}},
	{"quadratic-2d", []string{"ensemble.dimension=2"},
		[]string{"ensemble.dimension", "without a grid, and there is one"}},
	{"double-well", []string{"ensemble.scheme=sgd"}, []string{"ensemble.scheme", "noise.model"}},
	{"quadratic-2d", []string{"noise=3"}, []string{"noise", "must be a table"}},
	{"quadratic-2d", []string{"grid.axes=3"}, []string{"grid.axes", "[[grid.axes]]"}},
	{"quadratic-2d", []string{"grid.axes.0=3"}, []string{"grid.axes.0", "[[grid.axes]]"}},
	{"quadratic-2d", []string{"noise.epsilon"}, []string{"noise.epsilon", "K=V"}},
	{"quadratic-2d", []string{"=3"}, []string{"K=V"}},
	{"quadratic-2d", []string{"epsilon=3"}, []string{"did you mean noise.epsilon?"}},
	{"quadratic-2d", []string{"noise.epsilon=1\nx=2"}, []string{"noise.epsilon", `1\nx=2`}},
}

func TestContradictionBetweenValues(t *testing.T) {
	for _, test := range contradictions {
		c, err := Preset(test.preset, test.sets)
		if err == nil {
			t.Errorf("%s %q accepted:\n%s", test.preset, test.sets, c.Resolved())
			continue
		}
		checkForm(t, err)
		for _, name := range test.names {
			if !strings.Contains(err.Error(), name) {
				t.Errorf("%s %q: does not say %q: %v", test.preset, test.sets, name, err)
			}
		}
	}
}

func TestTooManyAxes(t *testing.T) {
	axis := "[[grid.axes]]\ncells = 8\nmin = -1.0\nmax = 1.0\n"
	e := parseFails(t, strings.Replace(bases[0], "[[grid.axes]]",
		axis+"repeat = 4\n[[grid.axes]]", 1))
	if e.Key != axesTable || e.Line == 0 || !strings.Contains(e.Msg, "5 axes") {
		t.Errorf("got %v", e)
	}
}

// A key of the axes without its number is answered by the paths it has in this config, one for each
// [[grid.axes]] table.
func TestKeysOfAxesAreSuggestedWithTheirNumber(t *testing.T) {
	for _, test := range []struct{ preset, set, want string }{
		{"quadratic-2d", "grid.axes.cells=3", "(did you mean grid.axes.0.cells?)"},
		{"quadratic-2d", "grid.axes[0].cells=3", "(did you mean grid.axes.0.cells?)"},
		{"quadratic-2d", "grid.axes.x.cells=3", "(did you mean grid.axes.0.cells?)"},
		{"quadratic-2d", "cells=3", "(did you mean grid.axes.0.cells?)"},
		{"quadratic-2d", "grid.axis.0.cells=3", "(did you mean grid.axes.0.cells?)"},
		{"ring", "grid.axes.cells=3", "(did you mean grid.axes.0.cells or grid.axes.1.cells?)"},
		{"ring", "grid.axes[1].cells=3", "(did you mean grid.axes.1.cells?)"},
		{"ring", "grid.axes.1.Cells=3", "(did you mean grid.axes.1.cells?)"},
		{"ring", "Noise.Epsilon=3", "(did you mean noise.epsilon?)"},
		{"ring", "NOISE.EPSILON=3", "(did you mean noise.epsilon?)"},
		{"ring", "Noise=3", "(did you mean [noise]?)"},
	} {
		_, err := Preset(test.preset, []string{test.set})
		if err == nil || !strings.HasSuffix(err.Error(), test.want) {
			t.Errorf("%s --set %s: %v, want %s", test.preset, test.set, err, test.want)
		}
	}
}

// The fix of a line that is no TOML is the one for the slip that was made.
func TestSyntaxErrorsNameTheFix(t *testing.T) {
	line := func(value string) string { return "[noise]\nepsilon = " + value + "\n" }
	for text, want := range map[string]string{
		line(".5"):                      "before the point",
		line("[1.0, +.5]"):              "before the point",
		line("5."):                      "after the point",
		line("5.e1"):                    "after the point",
		line("0,25"):                    "comma",
		line("007"):                     "zeros",
		line("Inf"):                     "small letters",
		line("2.5d-1"):                  "with e",
		line("1/4"):                     "one number",
		line("\u22121"):                 "as -",
		line("\u201ca\u201d"):           "quotes",
		line("\u00a01"):                 "space",
		line("1 + x^2"):                 "in quotes",
		line("\xe4"):                    "UTF-8",
		"[grid.axes]\ncells = 8\n":      "[[grid.axes]]",
		"[[grid.axis]]\ncells = 8\n":    "[[grid.axes]]",
		"[Noise]\nepsilon = 1\n":        "[noise]",
		"[noise]\repsilon = 1\r":        `\n`,
		"\xff\xfen\x00a\x00m\x00e\x00":  "UTF-16",
		"n\x00a\x00m\x00e\x00":          "UTF-16",
		"\x00n\x00a\x00m\x00e":          "UTF-16",
		"\xff\xfe\x00\x00n\x00\x00\x00": "UTF-32",
	} {
		if e := parseFails(t, text); e.Line == 0 || !strings.Contains(e.Error(), want) {
			t.Errorf("%q: %v, want a fix about %s", text, e, want)
		}
	}
	e := parseFails(t, strings.Replace(bases[0], "epsilon = 2.0", `epsilon = "2.0"`, 1))
	if e.Line != 4 || !strings.Contains(e.Msg, "remove the quotes") {
		t.Errorf("a number in quotes: %v", e)
	}
}

func TestTOMLErrorsNameTheLine(t *testing.T) {
	for text, want := range map[string]int{
		"name = \"a\"\nname = \"b\"\n":      2,
		"[noise]\nepsilon = 1\n[noise]\n":   3,
		"name = \"a\"\n\n= 3\n":             3,
		"[noise]\nepsilon = 1..2\n":         2,
		"time.end = 99999999999999999999\n": 1,
		"name = \"\xff\"\n":                 1,
	} {
		if e := parseFails(t, text); e.Line != want {
			t.Errorf("%q: line %d, want %d: %v", text, e.Line, want, e)
		}
	}
}
