package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/floats"
)

// Axis is one axis of a grid: its name in the config and the physical coordinates of its n+1 faces,
// ascending.
type Axis struct {
	Name  string
	Faces []float64
}

// Plane says which plane two axes span.
type Plane int

const (
	Identity Plane = iota // the axes are the abscissa and the ordinate, in the same unit of length
	Polar                 // (r, φ) ↦ (r cos φ, r sin φ)
	Meridian              // (r, θ) ↦ (r sin θ, r cos θ), a half-plane through the axis, mirrored
	Axial                 // (r, z) ↦ (r, z), a half-plane through the axis, mirrored
	Section               // (r, θ) ↦ (r sin θ, r cos θ), θ < 0 on the other side of the axis
)

// Grid is a grid of one or two axes. Plane matters with two axes only.
type Grid struct {
	Axes   []Axis
	Volume []float64 // |C_i| of the cells, C order: Σ ρ_i |C_i| is the mass
	Plane  Plane
}

// Snapshot is the density at one time, cell averages in C order.
type Snapshot struct {
	Time    float64
	Density []float64
	// Error is that in time of the density, in L¹ relative to its mass, Σ|δρ_i||C_i|/m: of either
	// sign anywhere, as that of the spacing, which is relative in tails, is not. 0, NaN: unknown.
	Error float64
}

// resolved is the snapshot with 0 in the cells that together, from the lowest density on, weigh no
// more than its error: what they hold is not known. One of fewer cells than the grid has, such as
// a section, has its share of the error.
func (g Grid) resolved(s Snapshot) Snapshot {
	if !(s.Error > 0) {
		return s
	}
	order, mass := make([]int, len(s.Density)), 0.0
	for i, rho := range s.Density {
		order[i] = i
		if rho > 0 {
			mass += rho * g.Volume[i]
		}
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(s.Density[i], s.Density[j]) })
	density, below := slices.Clone(s.Density), 0.0
	for _, i := range order {
		if rho := density[i]; rho > 0 {
			if below += rho * g.Volume[i]; below > s.Error*mass {
				break
			}
			density[i] = 0
		}
	}
	s.Density = density
	return s
}

// symbol returns the axis name as it is written in mathematics.
func (a Axis) symbol() string {
	switch a.Name {
	case "phi":
		return "φ"
	case "theta":
		return "θ"
	}
	return a.Name
}

// cells returns n.
func (a Axis) cells() int { return len(a.Faces) - 1 }

// first and last are the ends of the axis.
func (a Axis) first() float64 { return a.Faces[0] }
func (a Axis) last() float64  { return a.Faces[len(a.Faces)-1] }

// cell returns the index of the cell that contains q, and whether there is one.
func (a Axis) cell(q float64) (int, bool) {
	if !(q >= a.first() && q <= a.last()) {
		return 0, false
	}
	i := sort.SearchFloat64s(a.Faces, q)
	return max(i-1, 0), true
}

// graded returns ξ(q), piecewise linear with ξ = i on face i.
func (a Axis) graded(q float64) float64 {
	i, ok := a.cell(q)
	if !ok {
		return math.NaN()
	}
	return float64(i) + (q-a.Faces[i])/(a.Faces[i+1]-a.Faces[i])
}

// gradedAxis is the axis in the coordinate ξ.
func (a Axis) gradedAxis() Axis {
	n := len(a.Faces)
	return Axis{Name: a.Name, Faces: floats.Span(make([]float64, n), 0, float64(n-1))}
}

// midpoints returns the midpoints of the cells.
func (a Axis) midpoints() []float64 {
	mid := make([]float64, a.cells())
	for i := range mid {
		mid[i] = a.Faces[i] + (a.Faces[i+1]-a.Faces[i])/2
	}
	return mid
}

// check returns an error unless the axis has a cell and its faces are finite and ascend.
func (a Axis) check() error {
	if len(a.Faces) < 2 {
		return fmt.Errorf("axis %s has %d faces: at least two are needed", a.Name, len(a.Faces))
	}
	for i, q := range a.Faces {
		if !drawable(q) || i > 0 && q <= a.Faces[i-1] {
			return fmt.Errorf("axis %s: face %d is %g: faces must be finite and ascend", a.Name, i,
				q)
		}
	}
	return nil
}

// check returns an error unless the grid has as many axes as one of these, all sound, and a volume
// for every cell.
func (g Grid) check(axes ...int) error {
	if !slices.Contains(axes, len(g.Axes)) {
		return fmt.Errorf("the grid has %d axes: this figure is for %v", len(g.Axes), axes)
	}
	cells := 1
	for _, a := range g.Axes {
		if err := a.check(); err != nil {
			return err
		}
		cells *= a.cells()
	}
	return sameLength("volume", len(g.Volume), cells)
}

func sameLength(what string, got, want int) error {
	if got != want {
		return fmt.Errorf("%s: %d values for %d cells", what, got, want)
	}
	return nil
}

// drawable reports whether a figure can have v on an axis: finite, and so is any difference of two
// such values.
func drawable(v float64) bool { return math.Abs(v) < 1e300 }

// marginal returns the positive mass Σ ρ|C| of the cells with each index along axis k.
func (g Grid) marginal(k int, density []float64) []float64 {
	out, inner := make([]float64, g.Axes[k].cells()), 1
	for _, a := range g.Axes[k+1:] {
		inner *= a.cells()
	}
	for c, rho := range density {
		if mass := rho * g.Volume[c]; mass > 0 && drawable(mass) {
			out[c/inner%len(out)] += mass
		}
	}
	return out
}

// coverage is the share of the mass that the physical panels show, at least, at every time, and
// coreCoverage that of maps of densities so concentrated that with more of the tails nothing else
// would be seen.
const (
	coverage     = 0.99
	coreCoverage = 0.8
)

// window returns the shortest interval between faces of axis k outside of which neither side holds
// more than (1 − share)/2 of the mass of any of the densities; the whole axis if there is no mass.
func (g Grid) window(k int, share float64, densities [][]float64) (lo, hi float64) {
	a := g.Axes[k]
	first, last := a.cells(), -1
	for _, density := range densities {
		i, j := central(g.marginal(k, density), share)
		first, last = min(first, i), max(last, j)
	}
	if last < first {
		return a.first(), a.last()
	}
	return a.Faces[first], a.Faces[last+1]
}

// central returns the first and the last cell of the central interval that holds that share of the
// mass, or an empty interval if there is no mass.
func central(mass []float64, share float64) (first, last int) {
	total := 0.0
	for _, m := range mass {
		total += m
	}
	if total == 0 {
		return len(mass), -1
	}
	tail := (1 - share) / 2 * total
	last = len(mass) - 1
	for sum := mass[first]; sum <= tail; sum += mass[first] {
		first++
	}
	for sum := mass[last]; sum <= tail; sum += mass[last] {
		last--
	}
	return first, last
}

// cellAt returns the cell at a point of the physical plane, and whether there is one.
func (g Grid) cellAt(x, y float64) (int, bool) {
	p, q := x, y
	switch g.Plane {
	case Polar:
		p = math.Hypot(x, y)
		q = wrap(math.Atan2(y, x), g.Axes[1].first())
	case Meridian:
		p, q = math.Hypot(x, y), math.Atan2(math.Abs(x), y)
	case Axial:
		p = math.Abs(x)
	case Section:
		p, q = math.Hypot(x, y), math.Atan2(x, y)
	}
	i, inside := g.Axes[0].cell(p)
	j, inside2 := g.Axes[1].cell(q)
	return i*g.Axes[1].cells() + j, inside && inside2
}

// cellsAt returns the cells at the points (x_i, y_j) of the physical plane, row by row (i is the
// faster index); −1 where there is none.
func (g Grid) cellsAt(x, y []float64) []int {
	if g.Plane == Identity {
		return product(g.Axes[0].cellsAt(x), g.Axes[1].cellsAt(y), g.Axes[1].cells())
	}
	cells := make([]int, 0, len(x)*len(y))
	for _, q := range y {
		for _, p := range x {
			cell, inside := g.cellAt(p, q)
			if !inside {
				cell = -1
			}
			cells = append(cells, cell)
		}
	}
	return cells
}

// cellsAt returns the indices of the cells at some coordinates, −1 where there is none.
func (a Axis) cellsAt(q []float64) []int {
	cells := make([]int, len(q))
	for i, v := range q {
		cell, inside := a.cell(v)
		if !inside {
			cell = -1
		}
		cells[i] = cell
	}
	return cells
}

// product returns the cells, of n along the second axis, at the points whose places along the first
// and along the second axis are given, as Grid.cellsAt does.
func product(first, second []int, n int) []int {
	cells := make([]int, 0, len(first)*len(second))
	for _, j := range second {
		for _, i := range first {
			if i < 0 || j < 0 {
				cells = append(cells, -1)
			} else {
				cells = append(cells, i*n+j)
			}
		}
	}
	return cells
}

// wrap returns the angle of [start, start + 2π) that equals phi modulo 2π.
func wrap(phi, start float64) float64 {
	turns := math.Floor((phi - start) / (2 * math.Pi))
	return phi - 2*math.Pi*turns
}

// planeWindow returns a square of the physical plane that holds the mass in the sense of window.
func (g Grid) planeWindow(share float64, densities [][]float64) square {
	lo, hi := g.window(0, share, densities)
	switch g.Plane {
	case Polar, Meridian, Section:
		return square{0, 0, hi}
	case Axial:
		lo = -hi
	}
	below, above := g.window(1, share, densities)
	return square{lo + (hi-lo)/2, below + (above-below)/2, max(hi-lo, above-below) / 2}
}

// planeSymbols returns the names of the coordinates of the physical plane.
func (g Grid) planeSymbols() (x, y string) {
	switch g.Plane {
	case Polar:
		return "x", "y"
	case Meridian:
		return "± r sin θ", "z"
	case Axial:
		return "± r", "z"
	case Section:
		return "r sin θ", "z"
	}
	return g.Axes[0].symbol(), g.Axes[1].symbol()
}
