package main

import (
	"fmt"
	"math"

	"fpsgd/internal/plots"
	"fpsgd/mesh"
)

// view is what the figures show of a density on the whole grid.
type view struct {
	name      string
	grid      plots.Grid
	of        func(density []float64) []float64
	invariant []float64
}

// viewsOf returns the views of a grid: all of one or two axes, the marginals on every pair of three or four cartesian axes, and in
// spherical coordinates two sections of space, the plane through the polar axis and the mean of the initial state w = P/σ, and the cone
// nearest the equatorial plane.
func viewsOf(g *mesh.Grid, logVolume, sigma, start []float64) []view {
	switch {
	case len(g.Axes) <= 2:
		return []view{whole(g, logVolume)}
	case g.Coordinates.Name() == "spherical":
		return []view{meridian(g, logVolume, azimuth(g, sigma, start)), equator(g, logVolume)}
	}
	var out []view
	for _, pair := range planes(len(g.Axes)) {
		out = append(out, marginal(g, pair[0], pair[1]))
	}
	return out
}

// whole is the density itself.
func whole(g *mesh.Grid, logVolume []float64) view {
	v := view{of: func(density []float64) []float64 { return append([]float64(nil), density...) }}
	for k := range g.Axes {
		v.grid.Axes = append(v.grid.Axes, physicalAxis(&g.Axes[k]))
	}
	v.grid.Plane = planeOf(v.grid.Axes)
	if v.grid.Plane == plots.Axial {
		v.name = "The half-plane through the axis is mirrored above (± r)"
	}
	for _, l := range logVolume {
		v.grid.Volume = append(v.grid.Volume, math.Exp(l))
	}
	return v
}

// physicalAxis is an axis in its physical coordinate.
func physicalAxis(a *mesh.Axis) plots.Axis {
	return plots.Axis{Name: a.Name, Faces: physicalFaces(a)}
}

func physicalFaces(a *mesh.Axis) []float64 {
	faces := make([]float64, len(a.Faces))
	for i, q := range a.Faces {
		faces[i] = a.Physical(q)
	}
	return faces
}

// marginal is ∫ρ over all but two axes of cartesian coordinates, per unit of their plane's area.
func marginal(g *mesh.Grid, a, b int) view {
	first, second := physicalAxis(&g.Axes[a]), physicalAxis(&g.Axes[b])
	v := view{name: fmt.Sprintf("marginal in %s and %s", first.Name, second.Name), grid: plots.Grid{Axes: []plots.Axis{first, second}}}
	width := make([][]float64, len(g.Axes)) // of the cells of the other axes
	for k := range g.Axes {
		axis := &g.Axes[k]
		for i := range axis.Cells() {
			width[k] = append(width[k], axis.Faces[i+1]-axis.Faces[i])
		}
	}
	for _, u := range width[a] {
		for _, w := range width[b] {
			v.grid.Volume = append(v.grid.Volume, u*w)
		}
	}
	columns := len(width[b])
	v.of = func(density []float64) []float64 {
		out := make([]float64, len(v.grid.Volume))
		at := make([]int, len(g.Axes))
		for _, rho := range density {
			for k, i := range at {
				if k != a && k != b {
					rho *= width[k][i]
				}
			}
			out[at[a]*columns+at[b]] += rho
			advance(at, g)
		}
		return out
	}
	return v
}

// advance moves on to the next cell in C order.
func advance(at []int, g *mesh.Grid) {
	for k := len(at) - 1; k >= 0; k-- {
		if at[k]++; at[k] < g.Axes[k].Cells() {
			return
		}
		at[k] = 0
	}
}

// azimuth returns the index along φ that is nearest to the azimuth of the mean direction of w = P/σ.
func azimuth(g *mesh.Grid, sigma, w []float64) int {
	const theta, phi = 1, 2
	var x, y float64
	at := make([]int, len(g.Axes))
	for i, v := range w {
		sin, cos := math.Sincos(g.Axes[phi].Midpoint(at[phi]))
		p := v * sigma[i] * math.Sin(g.Axes[theta].Midpoint(at[theta]))
		x, y = x+p*cos, y+p*sin
		advance(at, g)
	}
	return nearest(&g.Axes[phi], math.Atan2(y, x))
}

// nearest returns the cell of an azimuth whose midpoint is nearest to an angle.
func nearest(a *mesh.Axis, angle float64) int {
	best, least := 0, math.Inf(1)
	for i := range a.Cells() {
		if d := math.Abs(math.Remainder(a.Midpoint(i)-angle, 2*math.Pi)); d < least {
			best, least = i, d
		}
	}
	return best
}

// meridian is the section of spherical coordinates by the half-plane φ = φ_j and, at negative θ, by the opposite one.
func meridian(g *mesh.Grid, logVolume []float64, j int) view {
	radius, polar, around := physicalAxis(&g.Axes[0]), &g.Axes[1], &g.Axes[2]
	phi := around.Midpoint(j)
	opposite := nearest(around, phi+math.Pi)
	far := math.Abs(math.Remainder(around.Midpoint(opposite)-phi-math.Pi, 2*math.Pi))
	if far > around.Faces[opposite+1]-around.Faces[opposite] {
		opposite = -1 // beyond the ends of the axis
	}
	// The cells along the signed θ: those of the opposite side from below, then what the axis leaves out around the pole, then these.
	var faces []float64
	var cells []int // θ-index and side of each: i, or −1 − i on the other side; hole where there is nothing
	const hole = math.MaxInt
	for i := polar.Cells(); i >= 0; i-- {
		if faces = append(faces, -polar.Faces[i]); i > 0 {
			cells = append(cells, -i)
		}
	}
	if polar.Faces[0] > 0 {
		faces, cells = append(faces, polar.Faces[0]), append(cells, hole)
	}
	for i := range polar.Cells() {
		faces, cells = append(faces, polar.Faces[i+1]), append(cells, i)
	}
	pick := func(field func(i int) float64, none float64) []float64 {
		out := make([]float64, 0, len(radius.Faces)*len(cells))
		for r := range len(radius.Faces) - 1 {
			for _, c := range cells {
				side, theta := j, c
				if c < 0 {
					side, theta = opposite, -1-c
				}
				if c == hole || side < 0 {
					out = append(out, none)
					continue
				}
				out = append(out, field((r*polar.Cells()+theta)*around.Cells()+side))
			}
		}
		return out
	}
	name := fmt.Sprintf("section by the plane through the axis: φ = %.2f to the right", phi)
	if opposite >= 0 {
		name += fmt.Sprintf(", φ = %.2f to the left (θ < 0)", around.Midpoint(opposite))
	}
	return view{
		name: name,
		grid: plots.Grid{
			Axes: []plots.Axis{radius, {Name: "theta", Faces: faces}}, Plane: plots.Section,
			Volume: pick(func(i int) float64 { return math.Exp(logVolume[i]) }, 0),
		},
		of: func(density []float64) []float64 {
			return pick(func(i int) float64 { return density[i] }, math.NaN())
		},
	}
}

// equator is the section of spherical coordinates by the cone, a row of cells of θ, that is nearest to the plane z = 0.
func equator(g *mesh.Grid, logVolume []float64) view {
	polar, n := &g.Axes[1], g.Axes[2].Cells()
	j := nearest(polar, math.Pi/2)
	pick := func(field func(i int) float64) []float64 {
		out := make([]float64, 0, g.Axes[0].Cells()*n)
		for r := range g.Axes[0].Cells() {
			for p := range n {
				out = append(out, field((r*polar.Cells()+j)*n+p))
			}
		}
		return out
	}
	name := "section next to the plane z = 0"
	if far := math.Abs(polar.Midpoint(j) - math.Pi/2); far > polar.Faces[j+1]-polar.Faces[j] {
		name = "section by the cone of"
	}
	return view{
		name: fmt.Sprintf("%s, θ = %.2f", name, polar.Midpoint(j)),
		grid: plots.Grid{
			Axes: []plots.Axis{physicalAxis(&g.Axes[0]), physicalAxis(&g.Axes[2])}, Plane: plots.Polar,
			Volume: pick(func(i int) float64 { return math.Exp(logVolume[i]) }),
		},
		of: func(density []float64) []float64 { return pick(func(i int) float64 { return density[i] }) },
	}
}

// planeOf returns the plane that two axes span.
func planeOf(axes []plots.Axis) plots.Plane {
	if len(axes) == 2 && axes[0].Name == "r" {
		switch axes[1].Name {
		case "phi":
			return plots.Polar
		case "theta":
			return plots.Meridian
		case "z":
			return plots.Axial
		}
	}
	return plots.Identity
}
