package scenarios

import (
	"math"

	"fpsgd/mesh"
)

// atPoints returns the given points, by their components, as held coordinates; those that are not on the grid are left out.
func atPoints(theta ...[]float64) func(g *mesh.Grid) [][]float64 {
	return func(g *mesh.Grid) [][]float64 {
		var out [][]float64
		for _, x := range theta {
			if held, on := heldAt(g, x); on {
				out = append(out, held)
			}
		}
		return out
	}
}

// heldAt returns the held coordinates of the point with the given components, and whether it lies on the grid.
func heldAt(g *mesh.Grid, theta []float64) (held []float64, on bool) {
	held = append(held, theta...)
	switch g.Coordinates.Name() {
	case "radial":
		held[0] = math.Abs(theta[0])
	case "polar":
		held[0], held[1] = math.Hypot(theta[0], theta[1]), azimuth(&g.Axes[1], theta[0], theta[1])
	case "spherical":
		axial := math.Hypot(theta[0], theta[1])
		held[0], held[1], held[2] = math.Hypot(axial, theta[2]), math.Atan2(axial, theta[2]), azimuth(&g.Axes[2], theta[0], theta[1])
	}
	on = true
	for k := range held {
		a := &g.Axes[k]
		if a.Log {
			held[k] = math.Log(held[k])
		}
		on = on && held[k] >= a.Faces[0] && held[k] <= a.Faces[a.Cells()]
	}
	return held, on
}

// azimuth returns the angle of (x, y) in the turn that starts where the axis does.
func azimuth(a *mesh.Axis, x, y float64) float64 {
	phi := math.Atan2(y, x)
	for phi < a.Faces[0] {
		phi += 2 * math.Pi
	}
	return phi
}

// onCircle returns points of the circle of a radius around the axis, or the one that stands for it: where the azimuth is a coordinate
// one in each of its cells, else as many as show whether the grid resolves it.
func onCircle(radius float64) func(g *mesh.Grid) [][]float64 {
	return func(g *mesh.Grid) [][]float64 {
		n := len(g.Coordinates.Components())
		const places = 64
		var points [][]float64
		switch g.Coordinates.Name() {
		case "radial", "cylindrical":
			x := make([]float64, n)
			x[0] = radius
			points = append(points, x)
		case "polar", "spherical":
			a := &g.Axes[len(g.Axes)-1]
			for i := range a.Cells() {
				points = append(points, circle(radius, a.Midpoint(i), n))
			}
		default:
			for i := range places {
				points = append(points, circle(radius, 2*math.Pi*(float64(i)+0.5)/places, n))
			}
		}
		return atPoints(points...)(g)
	}
}

func circle(radius, phi float64, components int) []float64 {
	x := make([]float64, components)
	x[0] = radius * math.Cos(phi)
	if components > 1 {
		x[1] = radius * math.Sin(phi)
	} else {
		x[0] = radius
	}
	return x
}
