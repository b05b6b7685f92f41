package figures

import (
	"math"
	"strings"
	"testing"

	"fpsgd/internal/plots"
)

// uniform cuts [lo, hi] into n equal cells.
func uniform(name string, n int, lo, hi float64) plots.Axis {
	a := plots.Axis{Name: name}
	for i := range n + 1 {
		a.Faces = append(a.Faces, lo+(hi-lo)*float64(i)/float64(n))
	}
	return a
}

// spherical is a grid in spherical coordinates, its volumes r² sin θ Δr Δθ Δφ at the midpoints.
func spherical(axes ...plots.Axis) *grid {
	g := &grid{axes: axes}
	at := make([]int, 3)
	for range cells(axes[0]) * cells(axes[1]) * cells(axes[2]) {
		r := midpoint(axes[0], at[0])
		v := r * r * math.Sin(midpoint(axes[1], at[1]))
		for k, a := range axes {
			v *= width(a, at[k])
		}
		g.volume = append(g.volume, v)
		g.advance(at)
	}
	return g
}

// A product of densities has the products as marginals: a(x) b(y) c(z) with masses 1 has a(x) b(y)
// on the pair x, y.
func TestMarginalsOfAProduct(t *testing.T) {
	g := &grid{axes: []plots.Axis{
		{Name: "x", Faces: []float64{-5, -2, -1, 0, 1, 2, 5}},
		{Name: "y", Faces: []float64{-4, -2, -1, 0, 1, 2, 7}},
		{Name: "z", Faces: []float64{-3, -2, -1, 0, 1, 2, 3}},
	}}
	factor := make([][]float64, 3)
	for k, a := range g.axes {
		mass := 0.0
		for i := range cells(a) {
			v := 1 + math.Abs(float64(k+2)*midpoint(a, i))
			factor[k] = append(factor[k], v)
			mass += v * width(a, i)
		}
		for i := range factor[k] {
			factor[k][i] /= mass
		}
	}
	density, at := make([]float64, 6*6*6), make([]int, 3)
	for c := range density {
		density[c] = factor[0][at[0]] * factor[1][at[1]] * factor[2][at[2]]
		g.advance(at)
	}
	views := viewsOf(g, nil)
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

// One Gaussian beside the polar axis is one spot in the plane through the axis and its mean, on the
// side where it is.
func TestSphericalSectionsShowOneSpot(t *testing.T) {
	g := spherical(uniform("r", 40, 0, 8), uniform("theta", 12, 0, math.Pi),
		uniform("phi", 24, 0, 2*math.Pi))
	density, at := make([]float64, len(g.volume)), make([]int, 3)
	for c := range density {
		r, theta, phi := midpoint(g.axes[0], at[0]), midpoint(g.axes[1], at[1]),
			midpoint(g.axes[2], at[2])
		x, y, z := r*math.Sin(theta)*math.Cos(phi)-1, r*math.Sin(theta)*math.Sin(phi)-0.5,
			r*math.Cos(theta)-0.5
		density[c] = math.Exp(-2 * (x*x + y*y + z*z))
		g.advance(at)
	}
	views := viewsOf(g, density)
	section := views[0]
	field, n := section.of(density), section.grid.Axes[1]
	if section.grid.Plane != plots.Section || cells(n) != 2*cells(g.axes[1]) {
		t.Fatalf("plane %d with %d faces of θ", section.grid.Plane, len(n.Faces))
	}
	var right, left float64 // the peaks on both sides of the axis
	for c, v := range field {
		if side := n.Faces[c%cells(n)]; side >= 0 {
			right = math.Max(right, v)
		} else {
			left = math.Max(left, v)
		}
	}
	// The nearest point of the other side is the axis, 1.118 from the mean: e^{−2·1.25} = 0.082.
	if !(right > 0.9 && left < 0.1) {
		t.Errorf("the peak is %g on the side of the Gaussian and %g on the other", right, left)
	}
	// the cell around atan2(0.5, 1) = 0.4636, of width 2π/24
	if !strings.Contains(section.name, "φ = 0.39") {
		t.Errorf("the section is %q", section.name)
	}
}

// What a polar or azimuthal axis leaves out is drawn as nothing, not as the other side.
func TestSectionsOfAWedge(t *testing.T) {
	g := spherical(uniform("r", 2, 0, 1), uniform("theta", 3, 0.3, 1.2), uniform("phi", 4, 0, 1))
	density := make([]float64, len(g.volume))
	for i := range density {
		density[i] = float64(1 + i)
	}
	v := meridian(g, 2)
	field := v.of(density)
	if cells(v.grid.Axes[1]) != 7 || len(field) != 2*7 {
		t.Fatalf("%d cells of θ and %d of the section, want two times three and the gap around "+
			"the pole", cells(v.grid.Axes[1]), len(field))
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
