// Package config reads what a user asks for: a TOML file or a preset becomes a Config that is
// complete (every default in place), possible (every value in its range, no two keys in
// contradiction) and reproducible (Resolved writes it back, and reading that gives the same Config
// to the bit).
//
// One table, the schema, describes every key: where it stands, its type, range, default, which
// other keys it needs or excludes, and a sentence about it. Reading, checking, writing, the
// documentation (Keys) and the generated tests of bad input all follow from that table. What no
// table expresses, such as a range that depends on the coordinate system, is in check.go. What
// needs mathematics, such as the parameters of a built-in landscape, is checked later by the
// packages that know it, which report through Config.Errorf so that the user still sees file, line
// and key.
package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"fpsgd/mesh"
)

// Config is one problem and how to solve it.
type Config struct {
	Name      string // names the run directory
	Landscape Landscape
	Noise     Noise
	Grid      Grid
	Initial   Initial
	Time      Time
	Solver    Solver
	Output    Output
	Ensemble  Ensemble

	source source
}

// Landscape is f, given by exactly one of Formula, Builtin, File and Go.
type Landscape struct {
	Formula string
	Builtin string
	File    string
	Params  map[string][]float64 // of Builtin; a lone number is an array of length 1
	Go      string               // the name and version of a function of a Go program
}

// Noise is the diffusion coefficient: D = ε f for model "ml", D = ε for "homogeneous".
type Noise struct {
	Model   string
	Epsilon float64
}

// Grid is the coordinate system with its axes and the flux on them.
type Grid struct {
	Coordinates string // one of mesh.Systems
	Dimension   int    // radial only: m
	Angular     int    // radial only: the angular mode l
	Flux        string // scharfetter-gummel | bernoulli | face
	Axes        []Axis // one per coordinate, `repeat` expanded

	// Of axes of spacing auto: the error in space that their cells are for, relative to the gap and
	// to the final density, and how many cells the grid may have.
	Accuracy  float64
	MostCells int
}

// Cells is the number of cells, but for those of axes in files.
func (g *Grid) Cells() float64 {
	cells := 1.0
	for k := range g.Axes {
		cells *= float64(max(g.Axes[k].Cells, 1))
	}
	return cells
}

// Axis is one coordinate axis. An axis of spacing "log" holds s = log r and has LogMin and LogMax;
// min and max of the config, if it gave those, have been converted. The other spacings have Min and
// Max, except "file", which has neither: its faces, and their number, are in the file. One of
// spacing "auto" has what the config gives of Cells (0: nothing), Min and Max (Unset).
type Axis struct {
	Name           string
	Cells          int
	Min, Max       float64
	LogMin, LogMax float64
	Unset          [2]bool   // auto: whether Min and Max are left to the program
	Spacing        string    // uniform | sinh | log | file | auto
	Centers        []float64 // sinh
	Width          []float64 // sinh: one for each centre; log: one if doubly graded, else none
	File           string
	Ends           [2]string // closed | open, or both periodic

	domain mesh.Domain
	Repeat int // how many axes the table stands for; 1 once expanded
}

// Periodic reports whether the ends of the axis are one: those of an azimuth phi over the whole
// circle, and those that are said to be.
func (a *Axis) Periodic() bool { return a.circle() || a.Ends[0] == periodic }

// circle reports whether the axis is an azimuth phi over the whole circle.
func (a *Axis) circle() bool {
	return a.Spacing != "file" && a.domain.Closes(a.Min, a.Max)
}

// Initial is the initial density.
type Initial struct {
	Kind      string    // gaussian | formula | file | invariant | exact | go | auto
	Center    []float64 // gaussian; one number for each axis
	Width     float64   // gaussian: the standard deviation
	Formula   string
	File      string
	Go        string // the name and version of a function of a Go program
	Normalize bool

	// exact: ρ0 ∝ π (1 + b·x)² or, if B is nil, the transition density from Source after a time Age
	B           []float64
	Source, Age float64
}

// Values of time.scheme.
const (
	Euler   = "euler"
	SDIRK2  = "sdirk2"
	SDIRK3  = "sdirk3"
	Lanczos = "lanczos"
)

// Time is the interval [0, End] and the scheme, with a tolerance of the local error or, if
// Step > 0, a fixed step. An End of 0 is left to the program.
type Time struct {
	End       float64
	Scheme    string // Euler, SDIRK2, SDIRK3 or Lanczos
	Tolerance float64
	Step      float64
}

// Solver is the linear solver's relative residual and the number of threads, 0 for all cores.
type Solver struct {
	Tolerance float64
	Threads   int
}

// Output is when to keep the density: Snapshots times end·k/(n−1), or Times if that is not nil; and
// whether to keep the probability current with it. Raw densities may have negative cells. Errors
// of the figures are estimated from runs on coarser grids.
type Output struct {
	Snapshots int
	Times     []float64
	Current   bool
	Raw       bool
	Errors    bool
}

// Ensemble is how the particles of `fpsgd ensemble` are moved.
type Ensemble struct {
	Particles int
	Dimension int     // m of particles in R^m without a grid, else 0
	Scheme    string  // sgd | euler | weak2
	Eta       float64 // the step
	Noise     string  // sgd: gaussian | sphere | rademacher
	Seed      int
}

// givesEnsemble reports whether a key of [ensemble] is given.
func (c *Config) givesEnsemble() bool {
	for path := range c.source.origins {
		if strings.HasPrefix(path, "ensemble.") {
			return true
		}
	}
	return false
}

// Gives reports whether a key stands in the config or was set, and has not its default for lack of
// that.
func (c *Config) Gives(key string) bool {
	_, given := c.source.origins[c.source.written(key)]
	return given
}

// Load reads the config in a file and applies sets, each of the form K=V (see Parse). File names in
// it, which are relative to its folder, become relative to the working directory. Every error is an
// *Error.
func Load(path string, sets []string) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	if err != nil {
		return nil, unreadable(path, err)
	}
	return LoadText(path, data, sets)
}

// LoadText is Load of a file that has been read, or would be at that path.
func LoadText(path string, data []byte, sets []string) (*Config, error) {
	c, err := Parse(path, data, sets)
	if err != nil {
		return nil, err
	}
	for _, name := range c.Files() {
		if !filepath.IsAbs(*name) {
			*name = filepath.Join(filepath.Dir(path), *name)
		}
	}
	return c, nil
}

func unreadable(path string, err error) error {
	cause := err
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		cause = pathError.Err
	}
	return &Error{File: path, Msg: "cannot read the config: " + cause.Error() +
		" (give a TOML file, or a preset of `fpsgd list`)", Err: err}
}

// Parse reads a config from data and leaves the file names in it as they are. Errors name it by
// name, and so does the config itself if it has no key `name`.
//
// Each of sets is K=V: K is a key with its tables, such as noise.epsilon or grid.axes.0.cells (the
// number counts the [[grid.axes]] tables, before `repeat`), and V is a TOML value, a number such as
// .5 or 5., or, where a string is wanted, bare text. A set value displaces what it contradicts in
// the file: setting time.step removes time.tolerance, setting initial.kind removes the keys that
// belong to the former kind. Two sets that contradict each other are an error. Every error is an
// *Error.
func Parse(name string, data []byte, sets []string) (*Config, error) {
	doc, err := parseDocument(name, data)
	if err != nil {
		return nil, err
	}
	for _, s := range sets {
		if err := doc.set(s); err != nil {
			return nil, err
		}
	}
	doc.sets = slices.Clone(sets)
	c, err := doc.decode()
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return c, nil
}

// Stated completes a config that was made without a file: it is checked as one would be, and the
// files that it names have the given contents.
func Stated(c *Config, files map[string][]byte) (*Config, error) {
	stated, err := Parse("", c.Resolved(), nil)
	if err == nil {
		stated.source.contents.files = files
	}
	return stated, err
}

// Source returns the config as it was given, before any --set.
func (c *Config) Source() []byte { return c.source.data }

// AxisTables is the number of [[grid.axes]] tables, of which one with `repeat` stands for several
// axes.
func (c *Config) AxisTables() int { return slices.Max(c.source.tables) + 1 }

// Path is that of the file that the config was read from, or what stands for it.
func (c *Config) Path() string { return c.source.file }

// Sets returns the values K=V that were set over it, in order.
func (c *Config) Sets() []string { return c.source.sets }

// Title names what is solved: the name, and that it is no longer what the name stands for if a
// preset of that name has another landscape, noise, grid, initial density or time, or if --set has
// changed one of these in a file.
func (c *Config) Title() string {
	same := len(c.Source()) == 0 || !slices.ContainsFunc(c.Sets(), func(set string) bool {
		table, _, _ := strings.Cut(set, ".")
		return slices.Contains([]string{landscapeTable, "noise", "grid", "initial", "time"},
			strings.TrimSpace(table))
	})
	if slices.Contains(presetNames(), c.Name) {
		p, err := Preset(c.Name, nil)
		if err != nil {
			panic(err) // embedded, and tested
		}
		same = reflect.DeepEqual([]any{c.Landscape, c.Noise, c.Grid, c.Initial, c.Time},
			[]any{p.Landscape, p.Noise, p.Grid, p.Initial, p.Time})
	}
	if same {
		return c.Name
	}
	return c.Name + ", changed"
}

// Files returns the file names in the config, to be read or, in a copy, replaced.
func (c *Config) Files() []*string {
	files := []*string{&c.Landscape.File, &c.Initial.File}
	for k := range c.Grid.Axes {
		files = append(files, &c.Grid.Axes[k].File)
	}
	return slices.DeleteFunc(files, func(name *string) bool { return *name == "" })
}
