package mesh

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Cells are numbered in C order, and Index is the inverse of that numbering.
func TestCellsAreInCOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawGrid(t)
		shape, pos := g.Shape(), make([]int, len(g.Axes))
		volume := make([]float64, g.Cells())
		g.LogVolumes(volume)
		for i := range g.Cells() {
			g.Index(pos, i)
			back, logV := 0, 0.0
			for k, at := range pos {
				back = back*shape[k] + at
				logV += g.LogCell(k, at)
			}
			if back != i {
				t.Fatalf("cell %d of %v is at %v, which is %d", i, shape, pos, back)
			}
			if logV != volume[i] {
				t.Fatalf("cell %v: log volume %g, from its axes %g", pos, volume[i], logV)
			}
		}
	})
}

// An azimuth over 2π is periodic, wherever it starts and if it was typed with 12 digits; a part of
// the circle is not, and neither is an axis of another name.
func TestPeriodicAxes(t *testing.T) {
	polar := must[Coordinates](t)(NewCoordinates("polar", 2))
	r := must[Axis](t)(Uniform("r", 3, 0, 1))
	for _, c := range []struct {
		lo, hi float64
		want   bool
	}{
		{0, 2 * math.Pi, true}, {-math.Pi, math.Pi, true}, {1, 1 + 2*math.Pi, true},
		{0, 6.28318530718, true},
		{0, math.Pi, false}, {0, 6.2831, false},
	} {
		g := must[*Grid](t)(NewGrid(polar, []Axis{r, must[Axis](t)(Uniform("phi", 5, c.lo, c.hi))}))
		if g.Axes[1].Periodic != c.want || g.Axes[0].Periodic {
			t.Errorf("phi in [%g, %g]: periodic %v, r %v",
				c.lo, c.hi, g.Axes[1].Periodic, g.Axes[0].Periodic)
		}
	}
	line := must[Coordinates](t)(NewCoordinates("cartesian", 1))
	x := must[Axis](t)(Uniform("x", 5, 0, 2*math.Pi))
	if g := must[*Grid](t)(NewGrid(line, []Axis{x})); g.Axes[0].Periodic {
		t.Error("an axis x over 2π is periodic")
	}
}

// A cartesian axis is a ring where it is said to be, and stays one however its cells are merged or
// cut; with an open end, of one cell or in other coordinates it is refused.
func TestRings(t *testing.T) {
	plane := must[Coordinates](t)(NewCoordinates("cartesian", 2))
	x, y := must[Axis](t)(Uniform("x", 8, -1, 1)), must[Axis](t)(Uniform("y", 4, 0, 1))
	x.Periodic = true
	g := must[*Grid](t)(NewGrid(plane, []Axis{x, y}))
	for name, g := range map[string]*Grid{
		"itself": g, "refined": must[*Grid](t)(g.Refined(2)),
		"cut at 0.3": must[*Grid](t)(NewGrid(plane, []Axis{must[Axis](t)(x.Through(0.3)), y})),
		"coarsened":  must[*Grid](t)(g.Coarsened(2)), "merged": must[*Grid](t)(g.Merged()),
	} {
		if !g.IsRing(0) || g.IsRing(1) || g.Rings() != 1 {
			t.Errorf("%s: the axes are rings: %v, %v", name, g.IsRing(0), g.IsRing(1))
		}
	}
	graded := must[Axis](t)(Sinh("x", 8, -100, 100, []float64{0}, []float64{1}))
	if graded.Periodic = true; len(graded.GradedEnds()) > 0 {
		t.Errorf("a ring has the far ends %v", graded.GradedEnds())
	}
	open := x
	single, r := must[Axis](t)(Uniform("x", 1, -1, 1)), must[Axis](t)(Uniform("r", 4, 0, 1))
	open.Ends[1], single.Periodic, r.Periodic = Open, true, true
	phi := must[Axis](t)(Uniform("phi", 4, 0, 2*math.Pi))
	for what, c := range map[string]struct {
		Coordinates
		axes []Axis
	}{
		"an open end": {plane, []Axis{open, y}}, "one cell": {plane, []Axis{single, y}},
		"a radius": {System("polar"), []Axis{r, phi}},
	} {
		if _, err := NewGrid(c.Coordinates, c.axes); err == nil {
			t.Errorf("%s is taken for a ring", what)
		}
	}
}

// A point lies on a ring however many turns it has made, and not beyond the ends of other axes.
func TestPointsOnRings(t *testing.T) {
	x, y := must[Axis](t)(Uniform("x", 4, -1, 1)), must[Axis](t)(Uniform("y", 2, 0, 1))
	x.Periodic = true
	plane := must[Coordinates](t)(NewCoordinates("cartesian", 2))
	g := must[*Grid](t)(NewGrid(plane, []Axis{x, y}))
	for _, c := range []struct {
		x, y, held float64
		cell       int
	}{
		{-0.9, 0.1, -0.9, 0}, {1.1, 0.9, -0.9, 1}, {-1.25, 0.1, 0.75, 6}, {1, 0.1, 1, 6},
		{0.25 + 2e6, 0.1, 0.25, 4}, {0.25 - 2e6, 0.1, 0.25, 4}, {5, 1.1, -1, -1},
		{math.Inf(1), 0.1, math.Inf(1), -1}, {math.NaN(), 0.1, math.NaN(), -1},
	} {
		held, cell := g.CellOf([]float64{c.x, c.y})
		same := math.Abs(held[0]-c.held) < 1e-9 || held[0] == c.held || c.held != c.held
		if cell != c.cell || !same {
			t.Errorf("(%g, %g) is at %g in cell %d, want %g in %d", c.x, c.y, held[0], cell, c.held,
				c.cell)
		}
	}
}

// A polar angle typed as 3.14159265359, just beyond π, ends at the pole; the caller's axis keeps
// its faces.
func TestPolarAngleEndsAtThePole(t *testing.T) {
	spherical := must[Coordinates](t)(NewCoordinates("spherical", 3))
	r, phi := must[Axis](t)(Uniform("r", 2, 0, 1)), must[Axis](t)(Uniform("phi", 4, 0, 2*math.Pi))
	theta := must[Axis](t)(Uniform("theta", 4, 0, 3.14159265359))
	g := must[*Grid](t)(NewGrid(spherical, []Axis{r, theta, phi}))
	if last := g.Axes[1].Faces[4]; last != math.Pi {
		t.Errorf("the last face is %.17g", last)
	}
	if theta.Faces[4] != 3.14159265359 {
		t.Error("the caller's axis has changed")
	}
	// sums of 32 roundings
	if got, want := math.Exp(logVolume(g)), 4*math.Pi/3; math.Abs(got/want-1) > 1e-14 {
		t.Errorf("the ball has volume %.17g, want %.17g", got, want)
	}
}

func TestGridErrors(t *testing.T) {
	axis := func(name string, min, max float64) Axis {
		return must[Axis](t)(Uniform(name, 3, min, max))
	}
	open := func(a Axis, side int) Axis { a.Ends[side] = Open; return a }
	log := func(name string) Axis { return must[Axis](t)(Log(name, 3, -1, 1, 0)) }
	r, theta, phi := axis("r", 0, 1), axis("theta", 0, math.Pi), axis("phi", 0, 2*math.Pi)
	oneCell := must[Axis](t)(Uniform("phi", 1, 0, 2*math.Pi))
	cases := map[string]struct {
		system string
		axes   []Axis
		want   string
	}{
		"too few axes":  {"polar", []Axis{r}, "have 2 axes"},
		"too many axes": {"radial", []Axis{r, phi}, "have 1 axes"},
		"logarithmic x": {"cartesian", []Axis{log("x"), axis("y", 0, 1), axis("z", 0, 1)},
			"only a radial axis"},
		"logarithmic z":        {"cylindrical", []Axis{r, log("z")}, "only a radial axis"},
		"negative radius":      {"radial", []Axis{axis("r", -1, 1)}, "cannot be negative"},
		"negative polar angle": {"spherical", []Axis{r, axis("theta", -1, 1), phi}, "polar angle"},
		"polar angle beyond π": {"spherical", []Axis{r, axis("theta", 0, 3.15), phi},
			"polar angle"},
		"more than a turn":   {"polar", []Axis{r, axis("phi", 0, 6.29)}, "at most 2π"},
		"a turn in one cell": {"polar", []Axis{r, oneCell}, "at least 2 cells"},
		"open at r = 0":      {"radial", []Axis{open(r, 0)}, "no boundary"},
		"open at θ = 0":      {"spherical", []Axis{r, open(theta, 0), phi}, "no boundary"},
		"open at θ = π":      {"spherical", []Axis{r, open(theta, 1), phi}, "no boundary"},
		"an open turn":       {"polar", []Axis{r, open(phi, 1)}, "no boundary"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := NewGrid(must[Coordinates](t)(NewCoordinates(c.system, 3)), c.axes)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one about %q", err, c.want)
			}
		})
	}
	polar := must[Coordinates](t)(NewCoordinates("polar", 2))
	// real boundaries may be open
	must[*Grid](t)(NewGrid(polar, []Axis{open(axis("r", 1, 2), 0), open(axis("phi", 0, 1), 1)}))
}

// The grid owns its axes: what the caller does to the slice afterwards does not matter.
func TestGridCopiesItsAxes(t *testing.T) {
	axes := []Axis{must[Axis](t)(Uniform("x", 3, 0, 1))}
	g := must[*Grid](t)(NewGrid(must[Coordinates](t)(NewCoordinates("cartesian", 1)), axes))
	axes[0].Ends[0] = Open
	if g.Axes[0].Ends[0] != Closed {
		t.Error("the grid shares its caller's axes")
	}
}

// On a logarithmic axis LogNorm is s itself, also where e^s overflows, and does not form e^s.
func TestLogNormOnALogarithmicAxis(t *testing.T) {
	for _, system := range []string{"radial", "polar", "spherical"} {
		c := must[Coordinates](t)(NewCoordinates(system, 3))
		axes := []Axis{must[Axis](t)(Log("r", 4, -1e10, 1e10, 1))}
		held := [][]float64{{-1e10, -800, 0.1, 720, 1e10}}
		for _, name := range c.Axes()[1:] {
			axes = append(axes, must[Axis](t)(Uniform(name, 4, 0, 3)))
			held = append(held, []float64{1, 1, 1, 1, 1})
		}
		p := NewPoints(must[*Grid](t)(NewGrid(c, axes)))
		p.Set(held)
		if got := p.LogNorm(); !slices.Equal(got, held[0]) {
			t.Errorf("%s: LogNorm %v at s = %v", system, got, held[0])
		}
		if len(p.values["exp:r"]) > 0 {
			t.Errorf("%s: LogNorm has formed r", system)
		}
		if got := p.Var("r"); got[0] != 0 || !math.IsInf(got[4], 1) {
			t.Errorf("%s: r = %v", system, got)
		}
	}
}

// A block reused for other points, more or fewer, gives what a fresh one gives, in whatever order
// its values are asked for.
func TestPointsMayBeReused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawGrid(t)
		vars := g.Coordinates.Variables()
		reused := NewPoints(g)
		for range rapid.IntRange(2, 5).Draw(t, "blocks") {
			n := rapid.IntRange(1, 20).Draw(t, "points")
			held := make([][]float64, len(g.Axes))
			for k := range held {
				a := &g.Axes[k]
				held[k] = rapid.SliceOfN(rapid.Float64Range(a.Faces[0], a.Faces[a.Cells()]), n,
					n).Draw(t, a.Name)
			}
			fresh := NewPoints(g)
			fresh.Set(held)
			reused.Set(held)
			if reused.Len() != n || reused.Grid() != g || !slices.Equal(reused.Held(0), held[0]) {
				t.Fatal("the block is not what it was set to")
			}
			for range rapid.IntRange(1, 4).Draw(t, "values") {
				name := rapid.SampledFrom(append(vars, "|θ|")).Draw(t, "value")
				got, want := reused.LogNorm, fresh.LogNorm
				if name != "|θ|" {
					got = func() []float64 { return reused.Var(name) }
					want = func() []float64 { return fresh.Var(name) }
				}
				if !slices.Equal(got(), want()) {
					t.Fatalf("%s: %s is %v, want %v", g.Coordinates.Name(), name, got(), want())
				}
			}
		}
	})
}
