package main

import (
	"math"
	"slices"
	"strings"
	"testing"

	"fpsgd/internal/plots"
	"fpsgd/mesh"
	"fpsgd/scenarios"

	"pgregory.net/rapid"
)

// Levels that fall by 1/2 a step until they stand still at step 12 of 40: with six frames the steps between those before are as equal as
// 12 can be cut into five, 2 or 3, and of the rest only the last is drawn.
func TestTimesAreChosenByTheDecay(t *testing.T) {
	var levels, times []float64
	for k := range 41 {
		levels, times = append(levels, -0.5*math.Min(float64(k), 12)), append(times, float64(k))
	}
	got := chooseTimes(levels, times, 7)
	if want := []int{0, 2, 4, 6, 8, 10, 40}; !slices.Equal(got, want) && !slices.Equal(got, []int{0, 2, 4, 6, 8, 12, 40}) {
		t.Errorf("chosen %v, want %v", got, want)
	}
	// Fast at first, then slow: 0, −4, −4.1, −4.2, …: what changes little is passed over, evenly.
	levels = levels[:0]
	for k := range 41 {
		levels = append(levels, -0.1*float64(k)-4*math.Min(float64(k), 1))
	}
	if got := chooseTimes(levels, times, 5); got[0] != 0 || got[1] != 1 || got[4] != 40 {
		t.Errorf("chosen %v, want the first two and three more", got)
	}
	// Nothing changes: the first and the last.
	if got := chooseTimes(make([]float64, 41), times, 5); !slices.Equal(got, []int{0, 40}) {
		t.Errorf("of equal levels %v are chosen, want the first and the last", got)
	}
}

// No choice of as many times has a smaller largest step by more than the times weigh, and the ends are always there.
func TestChosenLevelsAreAsEqualAsCanBe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, count := rapid.IntRange(3, 5).Draw(t, "n"), rapid.IntRange(6, 11).Draw(t, "count")
		levels, times := []float64{0}, []float64{0}
		for k := 1; k < count; k++ {
			levels = append(levels, levels[k-1]-rapid.Float64Range(0.01, 3).Draw(t, "fall"))
			times = append(times, float64(k))
		}
		squares := func(chosen []int) (sum float64) {
			for i := 1; i < len(chosen); i++ {
				d := (levels[chosen[i]] - levels[chosen[i-1]]) / levels[count-1]
				sum += d * d
			}
			return sum
		}
		got := chooseTimes(levels, times, n)
		if len(got) != n || got[0] != 0 || got[n-1] != count-1 || !slices.IsSorted(got) {
			t.Fatalf("chosen %v of %d", got, count)
		}
		for set := range 1 << (count - 2) { // every other choice
			other := []int{0}
			for k := range count - 2 {
				if set>>k&1 == 1 {
					other = append(other, k+1)
				}
			}
			other = append(other, count-1)
			if len(other) == n && squares(other) < squares(got)-1e-4 { // what the times weigh at most
				t.Fatalf("%v is more equal than %v", other, got)
			}
		}
	})
}

func scenarioOf(t *testing.T, preset string, sets ...string) *scenarios.Scenario {
	t.Helper()
	s, err := loadScenario(preset, sets)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A product of densities has the products as marginals: a(x) b(y) c(z) with masses 1 has a(x) b(y) on the pair x, y.
func TestMarginalsOfAProduct(t *testing.T) {
	s := scenarioOf(t, "quadratic-3d", "grid.axes.0.cells=6", "grid.axes.0.repeat=3")
	g := s.Grid
	factor := make([][]float64, 3)
	for k := range factor {
		a, mass := &g.Axes[k], 0.0
		for i := range a.Cells() {
			v := 1 + math.Abs(float64(k+2)*a.Midpoint(i))
			factor[k] = append(factor[k], v)
			mass += v * (a.Faces[i+1] - a.Faces[i])
		}
		for i := range factor[k] {
			factor[k][i] /= mass
		}
	}
	density, at := make([]float64, g.Cells()), make([]int, 3)
	for c := range density {
		density[c] = factor[0][at[0]] * factor[1][at[1]] * factor[2][at[2]]
		advance(at, g)
	}
	logVolume := make([]float64, g.Cells())
	g.LogVolumes(logVolume)
	views := viewsOf(g, logVolume, nil, nil)
	if len(views) != 3 {
		t.Fatalf("%d views of three axes, want one for every pair", len(views))
	}
	for k, pair := range [][2]int{{0, 1}, {0, 2}, {1, 2}} {
		mass := 0.0
		for c, got := range views[k].of(density) {
			want := factor[pair[0]][c/6] * factor[pair[1]][c%6]
			if math.Abs(got-want) > 1e-14*want { // six products and sums
				t.Fatalf("%s: %g in cell %d, want %g", views[k].name, got, c, want)
			}
			mass += got * views[k].grid.Volume[c]
		}
		if math.Abs(mass-1) > 1e-14 {
			t.Errorf("%s: mass %g", views[k].name, mass)
		}
	}
}

// One Gaussian beside the polar axis is one spot in the plane through the axis and its mean, on the side where it is.
func TestSphericalSectionsShowOneSpot(t *testing.T) {
	s := scenarioOf(t, "quadratic-spherical")
	g := s.Grid
	logVolume, ones, density := make([]float64, g.Cells()), make([]float64, g.Cells()), make([]float64, g.Cells())
	g.LogVolumes(logVolume)
	at := make([]int, 3)
	for c := range density {
		r, theta, phi := g.Axes[0].Midpoint(at[0]), g.Axes[1].Midpoint(at[1]), g.Axes[2].Midpoint(at[2])
		x, y, z := r*math.Sin(theta)*math.Cos(phi)-1, r*math.Sin(theta)*math.Sin(phi)-0.5, r*math.Cos(theta)-0.5
		density[c], ones[c] = math.Exp(-2*(x*x+y*y+z*z)), 1
		advance(at, g)
	}
	w := make([]float64, g.Cells())
	for c := range w {
		w[c] = density[c] * math.Exp(logVolume[c])
	}
	views := viewsOf(g, logVolume, ones, w)
	section := views[0]
	field, n := section.of(density), section.grid.Axes[1]
	if section.grid.Plane != plots.Section || len(n.Faces) != 2*g.Axes[1].Cells()+1 {
		t.Fatalf("plane %d with %d faces of θ", section.grid.Plane, len(n.Faces))
	}
	var right, left float64 // the peaks on both sides of the axis
	for c, v := range field {
		if side := n.Faces[c%(len(n.Faces)-1)]; side >= 0 {
			right = math.Max(right, v)
		} else {
			left = math.Max(left, v)
		}
	}
	// The nearest point of the other side is the axis, 1.118 from the mean: e^{−2·1.25} = 0.082.
	if !(right > 0.9 && left < 0.1) {
		t.Errorf("the peak is %g on the side of the Gaussian and %g on the other", right, left)
	}
	if !strings.Contains(section.name, "φ = 0.39") { // the cell around atan2(0.5, 1) = 0.4636, of width 2π/24
		t.Errorf("the section is %q", section.name)
	}
}

// What a polar or azimuthal axis leaves out is drawn as nothing, not as the other side.
func TestSectionsOfAWedge(t *testing.T) {
	r, err := mesh.Uniform("r", 2, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	theta, _ := mesh.Uniform("theta", 3, 0.3, 1.2)
	phi, _ := mesh.Uniform("phi", 4, 0, 1)
	c, err := mesh.NewCoordinates("spherical", 3)
	if err != nil {
		t.Fatal(err)
	}
	g, err := mesh.NewGrid(c, []mesh.Axis{r, theta, phi})
	if err != nil {
		t.Fatal(err)
	}
	density := make([]float64, g.Cells())
	for i := range density {
		density[i] = float64(1 + i)
	}
	v := meridian(g, make([]float64, g.Cells()), 2)
	field := v.of(density)
	if len(v.grid.Axes[1].Faces) != 8 || len(field) != 2*7 {
		t.Fatalf("%d faces of θ and %d cells, want two times three cells and the gap around the pole", len(v.grid.Axes[1].Faces), len(field))
	}
	for k, got := range field[:4] {
		if !math.IsNaN(got) {
			t.Errorf("cell %d of the other side or the gap is %g", k, got)
		}
	}
	for k, want := range []float64{3, 7, 11} { // 1 + (θ-index·4 + 2)
		if field[4+k] != want {
			t.Errorf("cell %d is %g, want %g", 4+k, field[4+k], want)
		}
	}
}

func TestSubjectsSayWhatIsSolved(t *testing.T) {
	s := scenarioOf(t, "quadratic-2d", "noise.epsilon=0.4", "landscape.formula=1e-2 + x^2 + 3*y^(2.5) - exp(-2*pi*x)")
	want := "quadratic-2d, changed, at the end\nε = 0.4 · ML noise ε f · R^{2} · f = 1·10^{−2} + x^{2} + 3·y^{(2.5)} − exp(−2·π·x)"
	if got := subject(s, ", at the end"); got != want {
		t.Errorf("subject %q, want %q", got, want)
	}
	s = scenarioOf(t, "quadratic-radial-20")
	if got := subject(s, ""); !strings.HasPrefix(got, "quadratic-radial-20\nε") || !strings.Contains(got, "R^{20}, radial") || !strings.Contains(got, "ε = 0.05") {
		t.Errorf("subject %q", got)
	}
	s = scenarioOf(t, "ornstein-uhlenbeck")
	if got := subject(s, ""); !strings.Contains(got, "homogeneous noise ε") {
		t.Errorf("subject %q", got)
	}
}

// A gallery that has to leave out frames still has the first and the last, and keeps to its limit.
func TestGalleriesAreBounded(t *testing.T) {
	g := &gallery{floor: math.Inf(-1), logVolume: []float64{0}, sigma: []float64{1}}
	g.views = []view{{grid: plots.Grid{Volume: []float64{1}}, of: func(d []float64) []float64 { return d }}}
	for k := range 1000 {
		g.add(float64(k), -float64(k), []float64{1})
		if len(g.frames) > g.limit() {
			t.Fatalf("%d frames after %d", len(g.frames), k)
		}
	}
	chosen := g.chosen(5)
	if len(chosen) != 5 || chosen[0].time != 0 || chosen[4].time != 999 {
		t.Errorf("chosen %v", chosen)
	}
	for k := 1; k < 5; k++ {
		if d := chosen[k].time - chosen[k-1].time; d < 150 || d > 350 { // 250, to the distance of the frames kept, some 30
			t.Errorf("a step of %g", d)
		}
	}
}
