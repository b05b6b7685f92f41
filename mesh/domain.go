package mesh

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Domain is where a coordinate lives. A finite end is a pole, at which the faces shrink to nothing
// (r = 0, θ = 0, θ = π); a periodic coordinate has none, and runs through any turn of this length.
type Domain struct {
	Min, Max float64
	Periodic bool
	NormOf   int // of how many components of θ the coordinate is the norm; 0: of none
}

// tau is the full angle.
const tau = 2 * math.Pi

var (
	line       = Domain{Min: math.Inf(-1), Max: math.Inf(1)}
	polarAngle = Domain{Max: math.Pi}
	azimuth    = Domain{Max: tau, Periodic: true}
)

// radius is the domain of the norm of m components of θ.
func radius(m int) Domain { return Domain{Max: math.Inf(1), NormOf: m} }

// angleRounding is the relative error of an angle that was typed with 12 digits or more.
const angleRounding = 1e-12

// Bounded reports whether the domain has a finite length.
func (d Domain) Bounded() bool { return !math.IsInf(d.Max-d.Min, 0) }

// HalfLine reports whether the domain is [0, ∞), of which a logarithmic axis can be.
func (d Domain) HalfLine() bool { return d.Min == 0 && math.IsInf(d.Max, 1) }

// Rounding is by how much a range that means the end of a bounded domain may miss it; no number is
// within it of an end at infinity.
func (d Domain) Rounding() float64 { return angleRounding * (d.Max - d.Min) }

// Closes reports whether a range is a full turn of a periodic coordinate.
func (d Domain) Closes(lo, hi float64) bool {
	return d.Periodic && math.Abs(hi-lo-(d.Max-d.Min)) <= d.Rounding()
}

// String writes a domain as [0, π].
func (d Domain) String() string {
	text := fmt.Sprintf("[%v, %v]", d.Min, d.Max)
	return strings.NewReplacer(fmt.Sprint(math.Pi), "π", fmt.Sprint(tau), "2π").Replace(text)
}

// DomainOf returns the domain of coordinate k.
func DomainOf(c Coordinates, k int) Domain {
	if c, ok := c.(Curvilinear); ok {
		return c.Domain(k)
	}
	return line
}

// NormAxis returns the axis that is |θ| itself, −1 if none is.
func NormAxis(c Coordinates) int {
	for k := range c.Axes() {
		if DomainOf(c, k).NormOf == c.Dimension() {
			return k
		}
	}
	return -1
}

// NormOf returns of how many components of θ in R^m the component k of coordinates with a symmetry
// is the norm; 0 if it is one itself.
func NormOf(c Coordinates, k int) int {
	if axis := slices.Index(c.Axes(), c.Components()[k]); axis >= 0 {
		return DomainOf(c, axis).NormOf
	}
	return 0
}

// Separable reports whether the coordinates are the components of θ, so that |θ − c|² is a sum of
// functions of one coordinate each.
func Separable(c Coordinates) bool { return slices.Equal(c.Axes(), c.Components()) }

// Cartesian reports whether the coordinates are the components of θ, and none a norm.
func Cartesian(c Coordinates) bool {
	return Separable(c) && len(c.Axes()) == c.Dimension() && NormAxis(c) < 0
}

// Radial reports whether |θ| is the only coordinate.
func Radial(c Coordinates) bool { return len(c.Axes()) == 1 && NormAxis(c) == 0 }

// Embed stores a point of R^m that has the given components: where one is the norm of several, the
// first of these is it and the others are zero.
func Embed(x []float64, c Coordinates, components []float64) {
	clear(x)
	i := 0
	for k, v := range components {
		x[i] = v
		i += max(1, NormOf(c, k))
	}
}

// Locate returns the held coordinates of the point with the given components of θ, on a periodic
// axis within its range, and whether it lies on the grid.
func (g *Grid) Locate(theta []float64) (held []float64, on bool) {
	if c, ok := g.Coordinates.(Mapped); ok {
		held = c.Locate(theta)
	} else {
		held = slices.Clone(theta)
	}
	on = true
	for k := range held {
		a, d := &g.Axes[k], DomainOf(g.Coordinates, k)
		lo, hi := a.Faces[0], a.Faces[a.Cells()]
		if d.NormOf > 0 {
			held[k] = math.Abs(held[k])
		}
		if a.Log {
			held[k] = math.Log(held[k])
		}
		if g.IsRing(k) {
			held[k] = a.Within(held[k])
		}
		if turn := d.Max - d.Min; d.Periodic {
			for ; held[k] < lo; held[k] += turn {
			}
			for ; held[k] > hi && held[k]-turn >= lo; held[k] -= turn {
			}
		}
		on = on && held[k] >= lo && held[k] <= hi
	}
	return held, on
}

// Share returns the share of the whole ∫J_k dq that the range of axis k has, of a bounded domain.
func (g *Grid) Share(k int) float64 {
	a, d := &g.Axes[k], DomainOf(g.Coordinates, k)
	logSize := func(lo, hi float64) float64 {
		return g.Coordinates.LogCell(k, lo, hi, math.Log(lo), math.Log(hi))
	}
	return math.Min(1, math.Exp(logSize(a.Faces[0], a.Faces[a.Cells()])-logSize(d.Min, d.Max)))
}

// AxesText lists the axes of a system; of cartesian ones there may be fewer: x[, y[, z[, w]]].
func AxesText(c Coordinates, separator string) string {
	if !Cartesian(c) {
		return strings.Join(c.Axes(), separator)
	}
	return strings.Join(c.Axes(), "["+separator) + strings.Repeat("]", len(c.Axes())-1)
}
