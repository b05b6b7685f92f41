package scenarios

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fpsgd/internal/npy"
	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/scenarios/config"

	"pgregory.net/rapid"
)

func must[T any](t rapid.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// problem is a config in pieces: the content of its tables.
type problem struct {
	landscape, noise, grid string
	axes                   []string
	initial                string
}

// toml writes the config; what is not given is f = 1 + r², ε = 0.25, cartesian coordinates and the
// invariant density.
func (p problem) toml() string {
	or := func(s, otherwise string) string {
		if s == "" {
			return otherwise
		}
		return s
	}
	var b strings.Builder
	fmt.Fprintf(&b, "name = \"test\"\n[landscape]\n%s\n[noise]\n%s\n[grid]\n%s\n",
		or(p.landscape, `formula = "1 + r^2"`),
		or(p.noise, "epsilon = 0.25"), p.grid)
	for _, a := range p.axes {
		fmt.Fprintf(&b, "[[grid.axes]]\n%s\n", a)
	}
	fmt.Fprintf(&b, "[initial]\n%s\n[time]\nend = 1.0\n", or(p.initial, `kind = "invariant"`))
	return b.String()
}

// build builds the scenario; an error is that of New.
func (p problem) build(t testing.TB) (*Scenario, error) {
	t.Helper()
	return New(must[*config.Config](t)(config.Parse("test.toml", []byte(p.toml()), nil)))
}

// scenario builds and assembles.
func (p problem) scenario(t testing.TB) (*Scenario, *operators.Operator) {
	t.Helper()
	s := must[*Scenario](t)(p.build(t))
	return s, must[*operators.Operator](t)(s.Assemble())
}

// sinh, uniform and log are tables of an axis; angle is one over its whole range.
func sinh(n int, min, max float64) string {
	return fmt.Sprintf("cells = %d\nmin = %g\nmax = %g\nspacing = \"sinh\"", n, min, max)
}

func uniform(n int, min, max float64) string {
	return fmt.Sprintf("cells = %d\nmin = %g\nmax = %g", n, min, max)
}

func log(n int, min, max float64) string {
	return fmt.Sprintf("cells = %d\nlog_min = %g\nlog_max = %g\nspacing = \"log\"", n, min, max)
}

func angle(n int) string { return fmt.Sprintf("cells = %d", n) }

const (
	polar       = `coordinates = "polar"`
	spherical   = `coordinates = "spherical"`
	cylindrical = `coordinates = "cylindrical"`
)

func radial(m int) string { return fmt.Sprintf("coordinates = \"radial\"\ndimension = %d", m) }

// pointsIn returns n random points inside a grid, as a block.
func pointsIn(t *rapid.T, g *mesh.Grid, n int) *mesh.Points {
	held := make([][]float64, len(g.Axes))
	for k := range held {
		a := &g.Axes[k]
		held[k] = make([]float64, n)
		for i, share := range rapid.SliceOfN(rapid.Float64Range(0.001, 0.999), n, n).Draw(t,
			a.Name) {
			held[k][i] = a.Faces[0] + share*(a.Faces[a.Cells()]-a.Faces[0])
		}
	}
	p := mesh.NewPoints(g)
	p.Set(held)
	return p
}

// theta returns the components of point i.
func theta(p *mesh.Points, i int) []float64 {
	var x []float64
	for _, name := range p.Grid().Coordinates.Components() {
		x = append(x, p.Var(name)[i])
	}
	return x
}

// save writes an array as .npy to a new file and returns its name, quoted for a config.
func save(t testing.TB, shape []int, data []float64) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "array.npy")
	f := must[*os.File](t)(os.Create(name))
	defer f.Close()
	if err := npy.Write(f, shape, data); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%q", name)
}

func near(got, want, tolerance float64) bool { return math.Abs(got-want) <= tolerance }

// wantError checks that an error is there and says something.
func wantError(t testing.TB, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one about %q", err, want)
	}
}

// midpoints returns the held coordinates of the midpoints of all cells, one slice per axis.
func midpoints(g *mesh.Grid) [][]float64 {
	held := make([][]float64, len(g.Axes))
	pos := make([]int, len(g.Axes))
	for i := range g.Cells() {
		g.Index(pos, i)
		for k := range held {
			held[k] = append(held[k], g.Axes[k].Midpoint(pos[k]))
		}
	}
	return held
}
