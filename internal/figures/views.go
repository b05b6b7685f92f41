package figures

import (
	"fmt"
	"math"

	"fpsgd/internal/plots"
)

// grid is the grid of a run: its axes with the faces of their cells, and the volumes of the cells
// in C order.
type grid struct {
	axes   []plots.Axis
	volume []float64
}

// view is what the figures show of a density on the whole grid.
type view struct {
	name string
	grid plots.Grid
	of   func(density []float64) []float64
}

// viewsOf returns the views of a grid: all of one or two axes, the marginals on every pair of three
// or four cartesian axes, and in spherical coordinates two sections of space, the plane through the
// polar axis and the mean of the density given, and the cone nearest the equatorial plane.
func viewsOf(g *grid, density []float64) []view {
	switch {
	case len(g.axes) <= 2:
		return []view{whole(g)}
	case planeOf(g.axes[:2]) == plots.Meridian:
		return []view{meridian(g, azimuth(g, density)), equator(g)}
	}
	var out []view
	for _, pair := range planes(len(g.axes)) {
		out = append(out, marginal(g, pair[0], pair[1]))
	}
	return out
}

// planes lists the pairs of axes, or all axes if there are no more than two.
func planes(axes int) [][]int {
	if axes == 1 {
		return [][]int{{0}}
	}
	var out [][]int
	for b := range axes {
		for a := range b {
			out = append(out, []int{a, b})
		}
	}
	return out
}

// whole is the density itself.
func whole(g *grid) view {
	v := view{of: func(density []float64) []float64 { return density }}
	v.grid = plots.Grid{Axes: g.axes, Volume: g.volume, Plane: planeOf(g.axes)}
	if v.grid.Plane == plots.Axial {
		v.name = "The half-plane through the axis is mirrored above (± r)"
	}
	return v
}

// cells returns the number of cells of an axis.
func cells(a plots.Axis) int { return len(a.Faces) - 1 }

// midpoint returns the coordinate midway between the faces of cell i, and width their distance.
func midpoint(a plots.Axis, i int) float64 { return a.Faces[i] + width(a, i)/2 }
func width(a plots.Axis, i int) float64    { return a.Faces[i+1] - a.Faces[i] }

// marginal is ∫ρ over all but two axes of cartesian coordinates, per unit of their plane's area.
func marginal(g *grid, a, b int) view {
	first, second := g.axes[a], g.axes[b]
	v := view{name: fmt.Sprintf("marginal in %s and %s", first.Name, second.Name),
		grid: plots.Grid{Axes: []plots.Axis{first, second}}}
	for i := range cells(first) {
		for j := range cells(second) {
			v.grid.Volume = append(v.grid.Volume, width(first, i)*width(second, j))
		}
	}
	v.of = func(density []float64) []float64 {
		out := make([]float64, len(v.grid.Volume))
		at := make([]int, len(g.axes))
		for _, rho := range density {
			for k, i := range at {
				if k != a && k != b {
					rho *= width(g.axes[k], i)
				}
			}
			out[at[a]*cells(second)+at[b]] += rho
			g.advance(at)
		}
		return out
	}
	return v
}

// advance moves on to the next cell in C order.
func (g *grid) advance(at []int) {
	for k := len(at) - 1; k >= 0; k-- {
		if at[k]++; at[k] < cells(g.axes[k]) {
			return
		}
		at[k] = 0
	}
}

// azimuth returns the index along φ that is nearest to the azimuth of the mean direction of a
// density.
func azimuth(g *grid, density []float64) int {
	const theta, phi = 1, 2
	var x, y float64
	at := make([]int, len(g.axes))
	for i, rho := range density {
		sin, cos := math.Sincos(midpoint(g.axes[phi], at[phi]))
		p := rho * g.volume[i] * math.Sin(midpoint(g.axes[theta], at[theta]))
		x, y = x+p*cos, y+p*sin
		g.advance(at)
	}
	return nearest(g.axes[phi], math.Atan2(y, x))
}

// nearest returns the cell of an azimuth whose midpoint is nearest to an angle.
func nearest(a plots.Axis, angle float64) int {
	best, least := 0, math.Inf(1)
	for i := range cells(a) {
		if d := math.Abs(math.Remainder(midpoint(a, i)-angle, 2*math.Pi)); d < least {
			best, least = i, d
		}
	}
	return best
}

// meridian is the section of spherical coordinates by the half-plane φ = φ_j and, at negative θ, by
// the opposite one.
func meridian(g *grid, j int) view {
	polar, around := g.axes[1], g.axes[2]
	phi := midpoint(around, j)
	opposite := nearest(around, phi+math.Pi)
	far := math.Abs(math.Remainder(midpoint(around, opposite)-phi-math.Pi, 2*math.Pi))
	if far > width(around, opposite) {
		opposite = -1 // beyond the ends of the axis
	}
	// The cells along the signed θ: those of the opposite side from below, then what the axis
	// leaves out around the pole, then these.
	var faces []float64
	var along []ray
	for i := cells(polar); i > 0; i-- {
		faces, along = append(faces, -polar.Faces[i]), append(along, ray{i - 1, opposite})
	}
	faces = append(faces, -polar.Faces[0])
	if polar.Faces[0] > 0 {
		faces, along = append(faces, polar.Faces[0]), append(along, ray{0, -1})
	}
	for i := range cells(polar) {
		faces, along = append(faces, polar.Faces[i+1]), append(along, ray{i, j})
	}
	name := fmt.Sprintf("section by the plane through the axis: φ = %.2f to the right", phi)
	if opposite >= 0 {
		name += fmt.Sprintf(", φ = %.2f to the left (θ < 0)", midpoint(around, opposite))
	}
	return section(g, name, plots.Section, plots.Axis{Name: "theta", Faces: faces}, along)
}

// ray is a row of cells of spherical coordinates, along the radius; a negative φ is none.
type ray struct{ theta, phi int }

// section is a view of some of the rays, the cells of its second axis.
func section(g *grid, name string, plane plots.Plane, second plots.Axis, rays []ray) view {
	pick := func(field []float64, none float64) (out []float64) {
		for r := range cells(g.axes[0]) {
			for _, at := range rays {
				v := none
				if at.phi >= 0 {
					v = field[(r*cells(g.axes[1])+at.theta)*cells(g.axes[2])+at.phi]
				}
				out = append(out, v)
			}
		}
		return out
	}
	axes := []plots.Axis{g.axes[0], second}
	return view{
		name: name,
		grid: plots.Grid{Axes: axes, Plane: plane, Volume: pick(g.volume, 0)},
		of:   func(density []float64) []float64 { return pick(density, math.NaN()) },
	}
}

// equator is the section of spherical coordinates by the cone, a row of cells of θ, that is nearest
// to the plane z = 0.
func equator(g *grid) view {
	polar := g.axes[1]
	j := nearest(polar, math.Pi/2)
	var around []ray
	for k := range cells(g.axes[2]) {
		around = append(around, ray{j, k})
	}
	name := "section next to the plane z = 0"
	if far := math.Abs(midpoint(polar, j) - math.Pi/2); far > width(polar, j) {
		name = "section by the cone of"
	}
	name = fmt.Sprintf("%s, θ = %.2f", name, midpoint(polar, j))
	return section(g, name, plots.Polar, g.axes[2], around)
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
