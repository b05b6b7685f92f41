package config

import (
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"fpsgd/mesh"
)

// Key describes one key of a config. A key is decoded only if its condition holds and none of its
// rivals is given; then a value given is checked against type and range, and one not given is the
// default or, if there is none, an error for a required key.
type Key struct {
	Path     string // "noise.epsilon"; "grid.axes.cells" for a key of every [[grid.axes]] table
	Doc      string
	Example  any       // a possible value
	Default  any       // nil: none, or one that follows from other keys as Doc says
	Required bool      // unless a rival is given
	When     Condition // when the key may stand
	Rivals   []string  // paths of keys that exclude this one
	Range    Interval  // of a number, or of each number of an array
	Choices  []string  // of a string, or of each string of an array

	derive func(c *Config, axis int) any  // the default from other keys, or nil
	used   func(c *Config, axis int) bool // whether Resolved writes it; nil: if it is not empty
	waived func(c *Config, axis int) bool // whether a required key may be missing; nil: never
}

// Condition is that the key Key, which stands earlier in the schema, has one of Values. The zero
// Condition always holds.
type Condition struct {
	Key    string
	Values []string
}

// Interval is the set of x with Lo ≤ x ≤ Hi, or with < where an end is open. The zero Interval is
// all finite numbers.
type Interval struct {
	Lo, Hi         float64
	LoOpen, HiOpen bool
}

var (
	positive    = Interval{Lo: 0, Hi: math.Inf(1), LoOpen: true}
	nonNegative = Interval{Lo: 0, Hi: math.Inf(1)}
)

// Contains reports whether x is finite and in the interval.
func (iv Interval) Contains(x float64) bool {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return false
	case iv == Interval{}:
		return true
	}
	return (x > iv.Lo || x == iv.Lo && !iv.LoOpen) && (x < iv.Hi || x == iv.Hi && !iv.HiOpen)
}

func (iv Interval) String() string {
	switch {
	case iv == Interval{}:
		return "finite"
	case iv == positive:
		return "finite and positive"
	case math.IsInf(iv.Hi, 1):
		return fmt.Sprintf("finite and at least %g", iv.Lo)
	}
	left, right := "[", "]"
	if iv.LoOpen {
		left = "("
	}
	if iv.HiOpen {
		right = ")"
	}
	return fmt.Sprintf("in %s%g, %g%s", left, iv.Lo, iv.Hi, right)
}

// periodic is the word for both ends of a ring.
const periodic = "periodic"

// Ring is the two ends of a cartesian axis that are one point.
var Ring = [2]string{periodic, periodic}

const (
	landscapeTable = "landscape"
	builtinKey     = "landscape.builtin"
	axesTable      = "grid.axes"
)

// tables are the tables of a config in the order in which Resolved writes them; "" holds the keys
// before the first.
var tables = []string{"", landscapeTable, "noise", "grid", "initial", "time", "solver", "output",
	"ensemble"}

func axis(c *Config, k int) *Axis { return &c.Grid.Axes[k] }

func initial(kinds ...string) Condition   { return Condition{"initial.kind", kinds} }
func spacing(values ...string) Condition  { return Condition{"grid.axes.spacing", values} }
func isAuto(c *Config, k int) bool        { return axis(c, k).Spacing == "auto" }
func hasCells(c *Config, k int) bool      { return axis(c, k).Cells > 0 }
func hasAuto(c *Config, _ int) bool       { return c.Automatic() }
func hasEnd(c *Config, _ int) bool        { return c.Time.End > 0 }
func isTransition(c *Config, _ int) bool  { return c.Initial.B == nil }
func hasEnds(c *Config, k int) bool       { return !axis(c, k).circle() }
func hasTolerance(c *Config, _ int) bool  { return c.Time.Step == 0 }
func hasFixedStep(c *Config, _ int) bool  { return c.Time.Step != 0 }
func countsOutputs(c *Config, _ int) bool { return c.Output.Times == nil }
func never(*Config, int) bool             { return false }
func hasEnsemble(c *Config, _ int) bool   { return c.givesEnsemble() }
func hasDimension(c *Config, _ int) bool  { return c.Ensemble.Dimension > 0 }
func atZero(*Config, int) any             { return []float64{0} }
func closedEnds(*Config, int) any         { return [2]string{"closed", "closed"} }

// isGiven is whether an end of an axis is min or max, and not another pair of keys or left to the
// program.
func isGiven(end int) func(c *Config, k int) bool {
	return func(c *Config, k int) bool {
		return axis(c, k).Spacing != "log" && !axis(c, k).Unset[end]
	}
}

// coordinates is the condition that the coordinate system is of a kind.
func coordinates(kind func(c mesh.Coordinates) bool) Condition {
	return Condition{"grid.coordinates", slices.DeleteFunc(slices.Clone(mesh.Systems),
		func(name string) bool { return !kind(mesh.System(name)) })}
}

// axesOfSystems lists the axes of every coordinate system.
func axesOfSystems() string {
	var axes []string
	for _, name := range mesh.Systems {
		axes = append(axes, mesh.AxesText(mesh.System(name), ","))
	}
	return strings.Join(axes, " | ")
}

// The ends of an axis are given by one of these pairs of keys.
var (
	plainEnds = []string{"grid.axes.min", "grid.axes.max"}
	logEnds   = []string{"grid.axes.log_min", "grid.axes.log_max"}
)

// schema is every key, in the order of Resolved. A key stands after the one its condition names.
var schema = []Key{
	{Path: "name", Doc: "names the run directory; by default the file's name",
		Example: "quadratic-2d", derive: fileStem},

	{Path: "landscape.formula", Doc: "the loss f as a formula in the coordinates",
		Example: "1 + x^2 + y^2", Required: true,
		Rivals: []string{builtinKey, "landscape.file", "landscape.go"}},
	{Path: builtinKey,
		Doc: "the loss f by name (see `fpsgd list`); its parameters are further keys of " +
			"this table",
		Example: "log-singular", Required: true,
		Rivals: []string{"landscape.formula", "landscape.file", "landscape.go"}},
	{Path: "landscape.file", Doc: "the loss f at the cell midpoints, a .npy of the grid's shape",
		Example: "f.npy", Required: true,
		Rivals: []string{"landscape.formula", builtinKey, "landscape.go"}},
	{Path: "landscape.go", Doc: "name and version of a loss f that only a Go program has",
		Example: "rosenbrock v1", Required: true,
		Rivals: []string{"landscape.formula", builtinKey, "landscape.file"}},

	{Path: "noise.model", Doc: "ml: D = ε f; homogeneous: D = ε",
		Example: "homogeneous", Default: "ml", Choices: []string{"ml", "homogeneous"}},
	{Path: "noise.epsilon",
		Doc:     "ε, the coefficient of the equation: half the step size times the noise strength",
		Example: 0.25, Required: true, Range: Interval{Lo: 1e-3, Hi: 1e3}},

	{Path: "grid.coordinates", Doc: "axes: " + axesOfSystems(),
		Example: "polar", Default: "cartesian", Choices: mesh.Systems},
	{Path: "grid.dimension", Doc: "radial: m, the dimension of the space", Example: int64(3),
		Required: true, When: coordinates(mesh.Radial), Range: Interval{Lo: 1, Hi: 1e6}},
	{Path: "grid.angular", Doc: "radial: l, the angular mode", Example: int64(1),
		Default: int64(0), When: coordinates(mesh.Radial), Range: Interval{Lo: 0, Hi: 1e6}},
	{Path: "grid.flux", Doc: "two-point flux", Example: "face", Default: "scharfetter-gummel",
		Choices: []string{"scharfetter-gummel", "bernoulli", "face"}},
	{Path: "grid.accuracy",
		Doc: "of axes of spacing auto: cells are doubled until the error in space is less than " +
			"this share of the gap and of the final density",
		Example: 1e-3, Default: 1e-3, Range: Interval{Lo: 0, Hi: 1, LoOpen: true, HiOpen: true},
		used: hasAuto},
	{Path: "grid.most_cells", Doc: "of axes of spacing auto: how many cells the grid may have",
		Example: int64(1000000), Default: int64(1 << 17), Range: Interval{Lo: 1, Hi: 1 << 31},
		used: hasAuto},

	{Path: "grid.axes.name", Doc: "the coordinate's name, to check the order of the axes",
		Example: "x", derive: axisName},
	{Path: "grid.axes.spacing",
		Doc: "fine near `centers` with sinh; uniform in log r or doubly graded with log; " +
			"faces from a .npy with file; with auto, and without any [[grid.axes]], the " +
			"program chooses what is not given",
		Example: "sinh", Default: "uniform",
		Choices: []string{"uniform", "sinh", "log", "file", "auto"}},
	{Path: "grid.axes.cells", Doc: "number of cells", Example: int64(128), Required: true,
		When: spacing("uniform", "sinh", "log", "auto"), Range: Interval{Lo: 1, Hi: 1e9},
		waived: isAuto, used: hasCells},
	{Path: "grid.axes.log_min", Doc: "first face as s = log r, instead of min",
		Example: -70.0, Required: true, When: spacing("log"), Rivals: plainEnds},
	{Path: "grid.axes.log_max", Doc: "last face as s = log r, instead of max",
		Example: 70.0, Required: true, When: spacing("log"), Rivals: plainEnds},
	{Path: "grid.axes.min", Doc: "first face; 0 by default for theta and phi",
		Example: -100.0, Required: true, When: spacing("uniform", "sinh", "log", "auto"),
		Rivals: logEnds, used: isGiven(0), waived: isAuto,
		derive: angle(func(d mesh.Domain) float64 { return d.Min })},
	{Path: "grid.axes.max", Doc: "last face; π for theta and 2π for phi by default",
		Example: 100.0, Required: true, When: spacing("uniform", "sinh", "log", "auto"),
		Rivals: logEnds, used: isGiven(1), waived: isAuto,
		derive: angle(func(d mesh.Domain) float64 { return d.Max })},
	{Path: "grid.axes.centers", Doc: "where a sinh axis is fine", Example: []float64{0},
		When: spacing("sinh"), derive: atZero},
	{Path: "grid.axes.width",
		Doc: "sinh: width of the fine part, one for all centres or one each, by default 1; " +
			"log: grade uniformly in τ, s = width·sinh τ",
		Example: []float64{1}, When: spacing("sinh", "log"), Range: positive, derive: unitWidths},
	{Path: "grid.axes.file", Doc: "the faces of an axis of spacing file, a .npy",
		Example: "faces.npy", Required: true, When: spacing("file")},
	{Path: "grid.axes.ends",
		Doc: "closed: no flux; open: absorbing; ends = \"periodic\" makes one point of both, on " +
			"a cartesian axis: its range is the period, and f must have it",
		Example: [2]string{"closed", "open"}, Choices: []string{"closed", "open", periodic},
		derive: closedEnds, used: hasEnds},
	{Path: "grid.axes.repeat", Doc: "cartesian: how many axes the table stands for",
		Example: int64(2), Default: int64(1), When: coordinates(mesh.Cartesian),
		Range: Interval{Lo: 1, Hi: 4}, used: never}, // the axes of a Config are expanded

	{Path: "initial.kind",
		Doc: "exact: from a family with a closed-form solution, found from the landscape; " +
			"auto: a Gaussian off a minimum, which the program chooses",
		Example: "invariant", Required: true, derive: chosenAlone,
		Choices: []string{"gaussian", "formula", "file", "invariant", "exact", "go", "auto"}},
	{Path: "initial.center",
		Doc:     "gaussian: the mean in x,y,z,w (radial and cylindrical: in r and z); by default 0",
		Example: []float64{1, 1}, When: initial("gaussian"), derive: zeros,
		Range: Interval{Lo: -1e150, Hi: 1e150}},
	{Path: "initial.width", Doc: "gaussian: the standard deviation", Example: 0.5,
		Required: true, When: initial("gaussian"), Range: Interval{Lo: 1e-150, Hi: 1e150}},
	{Path: "initial.formula", Doc: "formula: the density up to a factor",
		Example: "exp(-x^2)", Required: true, When: initial("formula")},
	{Path: "initial.file", Doc: "file: the density's cell averages, a .npy of the grid's shape",
		Example: "rho.npy", Required: true, When: initial("file")},
	{Path: "initial.go", Doc: "go: name and version of a density that only a Go program has",
		Example: "ring v1", Required: true, When: initial("go")},
	{Path: "initial.b", Doc: "exact: ρ0 ∝ π (1 + b·x)²", Example: []float64{1},
		Required: true, When: initial("exact"), Rivals: []string{"initial.source", "initial.age"}},
	{Path: "initial.source",
		Doc:     "exact: the transition density from this x, or from the sphere of this r",
		Example: 1.5, Required: true, When: initial("exact"), Rivals: []string{"initial.b"},
		used: isTransition},
	{Path: "initial.age", Doc: "exact: its age at t = 0", Example: 0.1, Required: true,
		When: initial("exact"), Rivals: []string{"initial.b"}, Range: positive, used: isTransition},
	{Path: "initial.normalize", Doc: "scale the initial density to mass 1 on the grid",
		Example: false, Default: true},

	{Path: "time.end", Doc: "the last time; the first is 0; by default a few times 1/gap",
		Example: 4.0, Range: Interval{Lo: 0, Hi: 1e150, LoOpen: true}, used: hasEnd},
	{Path: "time.scheme",
		Doc: "time stepping; by default lanczos, but sdirk2 with time.step, open ends, a " +
			"tolerance above 1e-4, over 1.2e7 cells or an initial density very far out",
		Example: "euler", Choices: []string{Euler, SDIRK2, SDIRK3, Lanczos}},
	{Path: "time.tolerance",
		Doc: "error of a step, or with lanczos at an output time: ≤ tolerance·‖u−⟨u⟩‖ + " +
			"1e-14 ‖u‖",
		Example: 1e-5, Default: 1e-6, Rivals: []string{"time.step"},
		Range: Interval{Lo: 1e-12, Hi: 1, HiOpen: true}, used: hasTolerance},
	{Path: "time.step",
		Doc: "fixed steps: each output interval is divided into equal steps " +
			"no larger than this",
		Example: 0.01, Rivals: []string{"time.tolerance"}, Range: positive, used: hasFixedStep},

	{Path: "solver.tolerance", Doc: "relative residual of linear solves; of lanczos those that " +
		"hardly matter to time.tolerance have larger ones",
		Example: 1e-8, Default: 1e-10, Range: Interval{Lo: 1e-14, Hi: 1e-2}},
	{Path: "solver.threads",
		Doc: "0: all cores; of more than 8 no more than there are cores; the result does " +
			"not depend on it",
		Example: int64(2), Default: int64(0), Range: Interval{Lo: 0, Hi: 1024}},

	{Path: "output.snapshots", Doc: "that many, at end·k/(n−1); 0: none", Example: int64(20),
		Default: int64(20), Rivals: []string{"output.times"}, Range: Interval{Lo: 0, Hi: 1e6},
		used: countsOutputs},
	{Path: "output.times", Doc: "the times of the snapshots", Example: []float64{0, 1},
		Rivals: []string{"output.snapshots"}, Range: nonNegative},
	{Path: "output.current",
		Doc:     "also keep the probability current through every face, with each snapshot",
		Example: true, Default: false},
	{Path: "output.errors",
		Doc: "run again on two or three coarser grids, and say of every figure how far off it " +
			"may be",
		Example: false, Default: true},
	{Path: "output.raw",
		Doc: "keep densities as they are computed, with cells that are negative within the " +
			"error, and not the nearest ones without",
		Example: true, Default: false},

	{Path: "ensemble.particles", Doc: "how many particles `fpsgd ensemble` moves",
		Example: int64(1000000), Default: int64(100000), Range: Interval{Lo: 1, Hi: 1e9},
		used: hasEnsemble},
	{Path: "ensemble.dimension", Doc: "m of particles in R^m that are held against no density, " +
		"without [[grid.axes]]; components x, y, z, w, or x1, …, xm beyond four",
		Example: int64(20), Range: Interval{Lo: 1, Hi: 1e4}, used: hasDimension},
	{Path: "ensemble.scheme",
		Doc: "sgd: θ ← θ − η(∇f + √(σf) Y), σ = 2ε/η; the differential equation by euler (and " +
			"Maruyama), or by weak2, of weak order 2",
		Example: "sgd", Default: "weak2", Choices: []string{"sgd", "euler", "weak2"},
		used: hasEnsemble},
	{Path: "ensemble.eta", Doc: "the step: η of sgd, and of time; rounded down to a whole number " +
		"of steps between two outputs, of sgd the outputs are moved to its steps",
		Example: 0.01, Default: 0.01, Range: positive, used: hasEnsemble},
	{Path: "ensemble.noise", Doc: "sgd: the law of Y, of mean 0 and covariance I",
		Example: "rademacher", Default: "gaussian",
		Choices: []string{"gaussian", "sphere", "rademacher"}, used: hasEnsemble},
	{Path: "ensemble.seed", Doc: "of the random numbers; the same seed gives the same bits",
		Example: int64(7), Default: int64(1), Range: Interval{Lo: 0, Hi: 1 << 52},
		used: hasEnsemble},
}

// fileStem derives a name from the file's: without folder and extension, and with "-" for what a
// folder's name should not hold.
func fileStem(c *Config, _ int) any {
	base := filepath.Base(filepath.ToSlash(c.source.file))
	return NameOf(strings.TrimSuffix(base, filepath.Ext(base)))
}

// NameOf makes a text a name that a config may have.
func NameOf(text string) string {
	stem := strings.Map(func(r rune) rune {
		if strings.ContainsRune(nameRunes, r) {
			return r
		}
		return '-'
	}, text)
	stem = strings.TrimLeft(stem, "-.")
	if stem == "" {
		return "run"
	}
	return stem[:min(len(stem), maxNameLength)]
}

func axisName(c *Config, k int) any { return mesh.System(c.Grid.Coordinates).Axes()[k] }

// angle derives an end of an axis, of which the coordinate may be bounded.
func angle(end func(d mesh.Domain) float64) func(c *Config, k int) any {
	return func(c *Config, k int) any {
		if d := axis(c, k).domain; d.Bounded() {
			return end(d)
		}
		return nil
	}
}

func unitWidths(c *Config, k int) any {
	if axis(c, k).Spacing != "sinh" {
		return nil
	}
	return slices.Repeat([]float64{1}, len(axis(c, k).Centers))
}

// chosenAlone leaves the initial density to the program where nothing is said of it.
func chosenAlone(c *Config, _ int) any {
	for path := range c.source.origins {
		if strings.HasPrefix(path, "initial.") {
			return nil
		}
	}
	return "auto"
}

func zeros(c *Config, _ int) any { return make([]float64, max(len(c.Grid.Axes), 1)) }

// kind is the type of a key's value.
type kind string

const (
	stringKind  kind = "a string"
	boolKind    kind = "true or false"
	intKind     kind = "an integer"
	numberKind  kind = "a number"
	numbersKind kind = "a number or an array of numbers"
	pairKind    kind = "an array of two strings"
)

// field points to where the value of the key lives, noise.epsilon at c.Noise.Epsilon.
func (k *Key) field(c *Config, axis int) any {
	v := reflect.ValueOf(c).Elem()
	for _, name := range strings.Split(strings.ReplaceAll(k.Path, "_", ""), ".") {
		if v.Kind() == reflect.Slice {
			v = v.Index(axis)
		}
		v = v.FieldByNameFunc(func(field string) bool { return strings.EqualFold(field, name) })
	}
	return v.Addr().Interface()
}

// value returns the value of the key.
func (k *Key) value(c *Config, axis int) any {
	return reflect.ValueOf(k.field(c, axis)).Elem().Interface()
}

func (k *Key) kind() kind { return kindOf(k.Example) }

// kindOf returns the kind of a value, or of what a pointer points to.
func kindOf(value any) kind {
	switch value.(type) {
	case string, *string:
		return stringKind
	case bool, *bool:
		return boolKind
	case int64, *int:
		return intKind
	case float64, *float64:
		return numberKind
	case []float64, *[]float64:
		return numbersKind
	default:
		return pairKind
	}
}

// Type returns the type of the key's value in words, such as "a number or an array of numbers".
func (k *Key) Type() string { return string(k.kind()) }

// Keys returns a description of every key, in the order of Resolved.
func Keys() []Key { return slices.Clone(schema) }

// Table returns the table the key stands in, "" for a key before the first table, and its name
// there.
func (k *Key) Table() (table, name string) { return splitLast(k.Path) }

func (k *Key) perAxis() bool { return strings.HasPrefix(k.Path, axesTable+".") }

// Paths returns where the key stands in a config of so many [[grid.axes]] tables, as --set names
// it.
func (k *Key) Paths(tables int) []string {
	if !k.perAxis() {
		return []string{k.Path}
	}
	var paths []string
	for axis := range tables {
		paths = append(paths, k.at(axis))
	}
	return paths
}

// at returns the key's path in the config, for one axis if it is a key of the axes.
func (k *Key) at(axis int) string { return pathAt(k.Path, axis) }

// pathAt inserts the number of an axis into the path of a key of the axes and returns any other
// path as it is.
func pathAt(schemaPath string, axis int) string {
	if name, ok := strings.CutPrefix(schemaPath, axesTable+"."); ok && axis >= 0 {
		return axisPath(axis, name)
	}
	return schemaPath
}

// lookup finds the key that stands at a path of a config, and the number of its axis, −1 for a key
// of no axis.
func lookup(path string) (key *Key, axis int, ok bool) {
	axis = -1
	if k, name, isAxis := cutAxis(path); isAxis {
		axis, path = k, axesTable+"."+name
	} else if strings.HasPrefix(path, axesTable+".") {
		return nil, -1, false
	}
	i := slices.IndexFunc(schema, func(k Key) bool { return k.Path == path })
	if i < 0 {
		return nil, -1, false
	}
	return &schema[i], axis, true
}

// allowed reports whether the key's condition holds in a Config decoded as far as the key that the
// condition names.
func (k *Key) allowed(c *Config, axis int) bool {
	return k.When.Key == "" || slices.Contains(k.When.Values, c.selected(k.When.Key, axis))
}

// selected returns the value of a key that others depend on.
func (c *Config) selected(schemaPath string, axis int) string {
	key, _, _ := lookup(pathAt(schemaPath, axis))
	return *key.field(c, axis).(*string)
}
