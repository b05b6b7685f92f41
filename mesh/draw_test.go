package mesh

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Points of a cell lie in it and have its mean of |θ|², by volume, in every coordinate system;
// those of a radius have no direction of their own.
func TestDraw(t *testing.T) {
	axis := func(name string, faces ...float64) Axis {
		return must[Axis](t)(FromFaces(name, faces))
	}
	logAxis := must[Axis](t)(Log("r", 3, -1, 1, 0))
	angle := axis("phi", 0, 1, 3, 2*math.Pi)
	cartesian2 := must[Coordinates](t)(NewCoordinates("cartesian", 2))
	radial7 := must[Coordinates](t)(NewCoordinates("radial", 7))
	radial1 := must[Coordinates](t)(NewCoordinates("radial", 1))
	// ∫_a^b r^{n+1} dr / ∫_a^b r^{n−1} dr
	square := func(n, a, b float64) float64 {
		return n / (n + 2) * (math.Pow(b, n+2) - math.Pow(a, n+2)) /
			(math.Pow(b, n) - math.Pow(a, n))
	}
	for _, c := range []struct {
		coordinates Coordinates
		axes        []Axis
		cell        int
		want        float64 // of |θ|²
	}{
		{cartesian2, []Axis{axis("x", -1, 0, 2), axis("y", 1, 3)}, 1, 4.0/3 + 13.0/3},
		{radial7, []Axis{axis("r", 0, 1, 2)}, 1, square(7, 1, 2)},
		{radial1, []Axis{axis("r", 0, 1, 2)}, 1, square(1, 1, 2)},
		{radial7, []Axis{logAxis}, 1, square(7, math.Exp(-1.0/3), math.Exp(1.0/3))},
		{System("polar"), []Axis{axis("r", 0, 1, 2), angle}, 4, square(2, 1, 2)},
		{System("spherical"), []Axis{axis("r", 0, 1, 2), axis("theta", 0, 1, math.Pi), angle}, 10,
			square(3, 1, 2)},
		{System("cylindrical"), []Axis{axis("r", 0, 1, 2), axis("z", -1, 1)}, 1,
			square(2, 1, 2) + 1.0/3},
	} {
		g := must[*Grid](t)(NewGrid(c.coordinates, c.axes))
		source := rand.New(rand.NewPCG(1, 2))
		m := c.coordinates.Dimension()
		theta, sum, squares, first := make([]float64, m), 0.0, 0.0, 0.0
		const n = 20000
		for range n {
			g.Draw(theta, c.cell, source.Float64)
			r2 := 0.0
			for _, x := range theta {
				r2 += x * x
			}
			sum, squares, first = sum+r2, squares+r2*r2, first+theta[0]
		}
		mean := sum / n
		deviation := math.Sqrt((squares/n - mean*mean) / n)
		if !(math.Abs(mean-c.want) < 4.5*deviation) { // 7e-6 of 7 cases
			t.Errorf("%s, cell %d: |θ|² has the mean %g ± %.2g, want %g", c.coordinates.Name(),
				c.cell, mean, deviation, c.want)
		}
		if name := c.coordinates.Name(); (name == "radial" || name == "cylindrical") &&
			math.Abs(first/n) > 4.5*math.Sqrt(mean/n) {
			t.Errorf("%s: a component has the mean %g", name, first/n)
		}
	}
}

// Every point that is drawn from a cell lies in it.
func TestDrawStaysInTheCell(t *testing.T) {
	axis := func(name string, faces ...float64) Axis {
		return must[Axis](t)(FromFaces(name, faces))
	}
	g := must[*Grid](t)(NewGrid(System("spherical"), []Axis{axis("r", 0, 1, 2),
		axis("theta", 0, 1, math.Pi), axis("phi", 0, 1, 3, 2*math.Pi)}))
	source := rand.New(rand.NewPCG(3, 4))
	theta, index := make([]float64, 3), make([]int, 3)
	for i := range g.Cells() {
		g.Index(index, i)
		for range 100 {
			g.Draw(theta, i, source.Float64)
			q, _ := g.Locate(theta)
			for k, v := range q {
				v = math.Mod(v+2*math.Pi, 2*math.Pi)
				if f := g.Axes[k].Faces; v < f[index[k]]-1e-12 || v > f[index[k]+1]+1e-12 {
					t.Fatalf("cell %d: %v, coordinate %d is %g", i, theta, k, v)
				}
			}
		}
	}
}
