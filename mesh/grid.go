package mesh

import (
	"fmt"
	"math"
	"slices"
)

// Grid is a tensor product of axes in a coordinate system. Cells are numbered in C order: the last
// axis runs fastest.
type Grid struct {
	Coordinates Coordinates
	Axes        []Axis

	logCell [][]float64 // log ∫ J_k over cell i of axis k
}

// NewGrid checks the axes against the coordinate system and returns the grid. An axis phi over 2π
// becomes periodic; a cartesian one that is said to be stays so.
func NewGrid(c Coordinates, axes []Axis) (*Grid, error) {
	names := c.Axes()
	if len(axes) != len(names) {
		return nil, fmt.Errorf("%s coordinates have %d axes %v, got %d",
			c.Name(), len(names), names, len(axes))
	}
	g := &Grid{Coordinates: c, Axes: slices.Clone(axes)}
	for k := range g.Axes {
		a, d := &g.Axes[k], DomainOf(c, k)
		a.snapToEnd(d)
		if err := a.checkDomain(d); err != nil {
			return nil, err
		}
		if a.Periodic && !d.Periodic && !Cartesian(c) {
			return nil, fmt.Errorf("axis %s: only cartesian axes, and an azimuth over 2π, can be "+
				"periodic", a.Name)
		}
		a.Periodic = a.Periodic && !d.Periodic || d.Closes(a.Faces[0], a.Faces[a.Cells()])
		if err := a.checkEnds(names[k], d); err != nil {
			return nil, err
		}
	}
	g.logCell = g.cellMeasures()
	return g, nil
}

func (a *Axis) checkDomain(d Domain) error {
	lo, hi := a.Faces[0], a.Faces[a.Cells()]
	switch {
	case a.Log && !d.HalfLine():
		return fmt.Errorf("axis %s: only a radial axis r can be logarithmic", a.Name)
	case a.Log:
	case d.HalfLine() && lo < d.Min:
		return fmt.Errorf("axis %s: a radius cannot be negative, but min = %g", a.Name, lo)
	case !d.Periodic && (lo < d.Min || hi > d.Max):
		return fmt.Errorf("axis %s: the polar angle lies in %v, got [%g, %g]", a.Name, d, lo, hi)
	case d.Periodic && hi-lo > d.Max-d.Min && !d.Closes(lo, hi):
		return fmt.Errorf("axis %s: the azimuth spans at most 2π, got %g", a.Name, hi-lo)
	}
	return nil
}

// snapToEnd puts the last face on the end of the domain, a pole, where a range typed with 12 digits
// or more ends just beyond it.
func (a *Axis) snapToEnd(d Domain) {
	n := a.Cells()
	beyond := a.Faces[n] > d.Max && a.Faces[n] <= d.Max+d.Rounding() && a.Faces[n-1] < d.Max
	if beyond && !d.Periodic {
		a.Faces = slices.Clone(a.Faces)
		a.Faces[n] = d.Max
	}
}

// checkEnds refuses to open what is no boundary: a pole, and a full turn.
func (a *Axis) checkEnds(coordinate string, d Domain) error {
	if a.Periodic && a.Cells() < 2 {
		return fmt.Errorf("axis %s: a periodic axis needs at least 2 cells, got %d",
			a.Name, a.Cells())
	}
	for side, q := range [2]float64{a.Faces[0], a.Faces[a.Cells()]} {
		pole := !a.Log && !d.Periodic && (q == d.Min || q == d.Max)
		if a.Ends[side] == Open && (pole || a.Periodic) {
			return fmt.Errorf("axis %s: %s = %g is no boundary and cannot be open; close that end",
				a.Name, coordinate, q)
		}
	}
	return nil
}

func (g *Grid) cellMeasures() [][]float64 {
	out := make([][]float64, len(g.Axes))
	for k := range g.Axes {
		a := &g.Axes[k]
		out[k] = make([]float64, a.Cells())
		for i := range out[k] {
			lo, hi := a.Faces[i], a.Faces[i+1]
			out[k][i] = g.Coordinates.LogCell(k, a.Physical(lo), a.Physical(hi), a.Logarithm(lo),
				a.Logarithm(hi))
		}
	}
	return out
}

// IsRing reports whether axis k is a ring of which the coordinate itself is none: the space is not
// R^m there, but what is left of it where points a period apart are one.
func (g *Grid) IsRing(k int) bool {
	return g.Axes[k].Periodic && !DomainOf(g.Coordinates, k).Periodic
}

// Rings is the number of axes that are rings of which the coordinate is none.
func (g *Grid) Rings() (n int) {
	for k := range g.Axes {
		if g.IsRing(k) {
			n++
		}
	}
	return n
}

// Shape returns the number of cells along each axis.
func (g *Grid) Shape() []int {
	shape := make([]int, len(g.Axes))
	for k := range g.Axes {
		shape[k] = g.Axes[k].Cells()
	}
	return shape
}

// Cells returns the number of cells.
func (g *Grid) Cells() int {
	n := 1
	for k := range g.Axes {
		n *= g.Axes[k].Cells()
	}
	return n
}

// Index stores the position of cell i along each axis.
func (g *Grid) Index(dst []int, i int) {
	for k := len(g.Axes) - 1; k >= 0; k-- {
		n := g.Axes[k].Cells()
		dst[k], i = i%n, i/n
	}
}

// LogJ returns axis k's share of log J dq at a held coordinate; on a logarithmic axis dq = q ds
// counts.
func (g *Grid) LogJ(k int, held float64) float64 {
	a := &g.Axes[k]
	logQ := a.Logarithm(held)
	j := g.Coordinates.LogJ(k, a.Physical(held), logQ)
	if a.Log {
		j += logQ
	}
	return j
}

// LogScale returns axis k's share of log h_n at a held coordinate, with h_n the length per unit of
// held coordinate n.
func (g *Grid) LogScale(n, k int, held float64) float64 {
	a := &g.Axes[k]
	logQ := a.Logarithm(held)
	h := g.Coordinates.LogScale(n, k, a.Physical(held), logQ)
	if a.Log && n == k {
		h += logQ
	}
	return h
}

// LogCell returns axis k's share of the log volume of the cells at position i along it.
func (g *Grid) LogCell(k, i int) float64 { return g.logCell[k][i] }

// LogVolumes stores the logarithms of the cell volumes in R^m.
func (g *Grid) LogVolumes(dst []float64) {
	pos := make([]int, len(g.Axes))
	for i := range dst {
		g.Index(pos, i)
		v := 0.0
		for k, j := range pos {
			v += g.logCell[k][j]
		}
		dst[i] = v
	}
}

// Points is a block of points in held coordinates, from which a function on the grid reads what it
// depends on. It may be reused for block after block; it is not safe for concurrent use.
type Points struct {
	grid   *Grid
	held   [][]float64
	values map[string][]float64 // of variables and others by name, empty unless of this block
}

// NewPoints returns an empty block on g.
func NewPoints(g *Grid) *Points {
	return &Points{grid: g, values: map[string][]float64{}}
}

// Set makes the block consist of the points with held coordinates held[k][·].
func (p *Points) Set(held [][]float64) {
	p.held = held
	for name, values := range p.values {
		p.values[name] = values[:0]
	}
}

// Len returns the number of points.
func (p *Points) Len() int { return len(p.held[0]) }

// Grid returns the grid whose coordinates the points are in.
func (p *Points) Grid() *Grid { return p.grid }

// Held returns held coordinate k of every point.
func (p *Points) Held(k int) []float64 { return p.held[k] }

// once returns what fill has stored for every point under a name, in this block.
func (p *Points) once(name string, fill func(dst []float64)) []float64 {
	values := p.values[name]
	if len(values) == 0 {
		values = slices.Grow(values, p.Len())[:p.Len()]
		fill(values)
		p.values[name] = values
	}
	return values
}

// Var returns a variable of the coordinate system (see Coordinates.Variables) at every point.
func (p *Points) Var(name string) []float64 {
	return p.once(name, func(dst []float64) {
		p.grid.Coordinates.Variable(dst, name, p.coordinates())
	})
}

// coordinates returns the coordinates q, which on a logarithmic axis are formed here and nowhere
// else.
func (p *Points) coordinates() [][]float64 {
	q := slices.Clone(p.held)
	for k, held := range p.held {
		if a := &p.grid.Axes[k]; a.Log {
			q[k] = p.once("exp:"+a.Name, func(dst []float64) {
				for i, s := range held {
					dst[i] = math.Exp(s)
				}
			})
		}
	}
	return q
}

// LogNorm returns log |θ| at every point; on a grid whose only radial coordinate is held as s = log
// r it is s itself.
func (p *Points) LogNorm() []float64 {
	return p.once("log:norm", func(dst []float64) {
		c := p.grid.Coordinates
		if k := NormAxis(c); k >= 0 {
			for i, held := range p.held[k] {
				dst[i] = p.grid.Axes[k].Logarithm(held)
			}
			return
		}
		clear(dst)
		for _, name := range c.Components() {
			for i, x := range p.Var(name) {
				dst[i] = math.Hypot(dst[i], x)
			}
		}
		for i, r := range dst {
			dst[i] = math.Log(r)
		}
	})
}
