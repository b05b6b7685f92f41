package mesh

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Locate is the inverse of the map from the coordinates to the components of θ.
func TestLocateInvertsTheMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawGrid(t)
		p, held := NewPoints(g), make([][]float64, len(g.Axes))
		for k := range held {
			a := &g.Axes[k]
			share := rapid.Float64Range(0.01, 0.99).Draw(t, a.Name)
			held[k] = []float64{a.Faces[0] + share*(a.Faces[a.Cells()]-a.Faces[0])}
		}
		p.Set(held)
		var theta []float64
		for _, name := range g.Coordinates.Components() {
			theta = append(theta, p.Var(name)[0])
		}
		got, on := g.Locate(theta)
		for k, q := range got {
			// An angle next to its pole is known from the components to √ε.
			if math.Abs(q-held[k][0]) > 1e-7*math.Max(1, math.Abs(q)) || !on {
				t.Fatalf("%s: %v is located at %v (on the grid: %v)",
					g.Coordinates.Name(), held, got, on)
			}
		}
	})
}

// What a system says of the norms among its components adds up to the dimension of the space.
func TestEmbed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCoordinates(t)
		theta, dimension := make([]float64, len(c.Components())), 0
		for k := range theta {
			theta[k] = float64(k + 1)
			dimension += max(1, NormOf(c, k))
		}
		x := make([]float64, c.Dimension())
		Embed(x, c, theta)
		sum := 0.0
		for i, v := range x {
			sum += v
			if v == 0 && i == 0 {
				t.Fatalf("%s: the first component is lost in %v", c.Name(), x)
			}
		}
		n := float64(len(theta))
		if dimension != c.Dimension() || sum != n*(n+1)/2 {
			t.Fatalf("%s: R^%d, components of R^%d, embedded as %v",
				c.Name(), c.Dimension(), dimension, x)
		}
	})
}

func TestKindsOfSystems(t *testing.T) {
	for name, want := range map[string][3]bool{
		"cartesian": {true, true, false}, "radial": {true, false, true}, "polar": {},
		"spherical": {}, "cylindrical": {true, false, false},
	} {
		for m := 1; m <= 4; m++ {
			c := must[Coordinates](t)(NewCoordinates(name, m))
			if got := [3]bool{Separable(c), Cartesian(c), Radial(c)}; got != want {
				t.Errorf("%s: separable, cartesian, radial %v, want %v", name, got, want)
			}
		}
	}
}
