package scenarios

import (
	"math"

	"fpsgd/mesh"
)

// atPoints returns the given points, by their components, as held coordinates; those that are not
// on the grid are left out.
func atPoints(theta ...[]float64) func(g *mesh.Grid) [][]float64 {
	return func(g *mesh.Grid) [][]float64 {
		var out [][]float64
		for _, x := range theta {
			if held, on := g.Locate(x); on {
				out = append(out, held)
			}
		}
		return out
	}
}

// onCircle returns points of the circle of a radius around the axis, or the one that stands for it:
// where the azimuth is a coordinate one in each of its cells, else as many as show whether the grid
// resolves it.
func onCircle(radius float64) func(g *mesh.Grid) [][]float64 {
	return func(g *mesh.Grid) [][]float64 {
		n, last := len(g.Coordinates.Components()), len(g.Axes)-1
		at := make([]float64, n)
		if at[0] = radius; n == 1 || mesh.NormOf(g.Coordinates, 0) > 0 {
			return atPoints(at)(g)
		}
		places := 64
		azimuth := func(i int) float64 { return 2 * math.Pi * (float64(i) + 0.5) / float64(places) }
		if mesh.DomainOf(g.Coordinates, last).Periodic {
			places, azimuth = g.Axes[last].Cells(), g.Axes[last].Midpoint
		}
		var points [][]float64
		for i := range places {
			x := make([]float64, n)
			x[0], x[1] = radius*math.Cos(azimuth(i)), radius*math.Sin(azimuth(i))
			points = append(points, x)
		}
		return atPoints(points...)(g)
	}
}
