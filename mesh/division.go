package mesh

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// spacing says which coordinate τ of an axis is cut into equal parts.
type spacing string

const (
	given   spacing = ""        // none: the faces were given
	uniform spacing = "uniform" // q itself
	sinh    spacing = "sinh"    // Σ_k asinh((q − c_k)/w_k)
	log     spacing = "log"     // s = log q or, with a width, asinh(s/w)
)

// division is how an axis was cut: into so many cells, and each of them into parts.
type division struct {
	spacing         spacing
	cells, parts    int
	min, max        float64   // held
	centers, widths []float64 // of asinh((held − c_k)/w_k), if any
}

// divided makes the axis of a division.
func divided(name string, d division) (Axis, error) {
	if d.cells < 1 {
		return Axis{}, fmt.Errorf("axis %s: needs at least one cell, got %d", name, d.cells)
	}
	if !(d.min < d.max) || math.IsInf(d.min, 0) || math.IsInf(d.max, 0) {
		return Axis{}, fmt.Errorf("axis %s: needs finite min < max, got [%g, %g]",
			name, d.min, d.max)
	}
	faces, err := d.faces()
	if err != nil {
		return Axis{}, fmt.Errorf("axis %s: %w", name, err)
	}
	a, err := FromFaces(name, faces)
	a.Log, a.division = d.spacing == log, d
	return a, err
}

// ErrGiven is of an axis whose faces were given, which cannot be divided otherwise.
type ErrGiven struct{ Axis string }

func (e ErrGiven) Error() string {
	return fmt.Sprintf("axis %s: its faces were given, and cannot be refined or coarsened (use "+
		"spacing uniform, sinh or log)", e.Axis)
}

// again makes the axis of another division, with the same ends.
func (a *Axis) again(d division) (Axis, error) {
	if d.spacing == given {
		return Axis{}, ErrGiven{a.Name}
	}
	out, err := divided(a.Name, d)
	out.Ends, out.Periodic = a.Ends, a.Periodic
	return out, err
}

// Refined cuts every cell into parts that are equal in the coordinate τ in which the axis is
// uniform, so that the faces of the axis are faces of the refined one: to rounding, as they are
// computed anew.
func (a *Axis) Refined(parts int) (Axis, error) {
	d := a.division
	d.parts *= parts
	return a.again(d)
}

// Coarsened has 1/parts of the cells, rounded. What Refined has cut is put together again as far as
// it goes: the grids are nested.
func (a *Axis) Coarsened(parts int) (Axis, error) {
	d := a.division
	cells := (d.cells*d.parts + parts/2) / parts
	d.parts = max(1, d.parts/parts)
	d.cells = cells / d.parts
	return a.again(d)
}

// Fewest is the number of cells with which a grid still tells something: two, and one between any
// two neighbouring centres.
func (a *Axis) Fewest() int {
	lo, hi := a.Range()
	pieces := 1
	for _, c := range slices.Concat(a.division.centers, a.kept) {
		if c > lo && c < hi {
			pieces++
		}
	}
	return max(2, pieces)
}

// FarEnd is an end of an axis that the grading takes far out: at Origin ± Width·sinh(Length) in
// held coordinates, or, on a log axis without a width (0), at ± Length.
type FarEnd struct {
	Side          int // 0: lower, 1: upper
	Origin, Width float64
	Length        float64 // logarithmic
}

// At returns the held coordinate of the end of a domain of another logarithmic length.
func (e FarEnd) At(length float64) float64 {
	if e.Width > 0 {
		length = e.Width * math.Sinh(length)
	}
	if e.Side == 0 {
		length = -length
	}
	return e.Origin + length
}

// GradedEnds are the two ends of an axis of sinh or log spacing, nil of others and of a ring, which
// has none. One with several centres is graded geometrically from where it is so about all of them:
// from the centre by which the end is least far, the outermost where widths are the same.
func (a *Axis) GradedEnds() []FarEnd {
	d := a.division
	switch {
	case a.Periodic:
	case len(d.centers) > 0:
		return []FarEnd{d.farEnd(0), d.farEnd(1)}
	case d.spacing == log:
		return []FarEnd{{Side: 0, Length: -d.min}, {Side: 1, Length: d.max}}
	}
	return nil
}

// farEnd is an end of an axis with centres.
func (d division) farEnd(side int) FarEnd {
	end := FarEnd{Side: side, Length: math.Inf(1)}
	for k, c := range d.centers {
		distance := d.max - c
		if side == 0 {
			distance = c - d.min
		}
		if l := math.Asinh(distance / d.widths[k]); l < end.Length {
			end.Origin, end.Width, end.Length = c, d.widths[k], l
		}
	}
	return end
}

// tau is the coordinate in which the cells of a division are of one size.
func (d division) tau(held float64) float64 {
	if len(d.centers) == 0 {
		return held
	}
	sum := 0.0
	for k, c := range d.centers {
		sum += math.Asinh((held - c) / d.widths[k])
	}
	return sum
}

// held is the inverse of tau, in [lo, hi].
func (d division) held(tau, lo, hi float64) float64 {
	switch len(d.centers) {
	case 0:
		return tau
	case 1:
		return d.centers[0] + d.widths[0]*math.Sinh(tau)
	}
	return bisect(d.tau, tau, lo, hi)
}

// Reaching is the axis from another min to another max (held), with cells of the same size in τ,
// their number being rounded.
func (a *Axis) Reaching(min, max float64) (Axis, error) {
	d := a.division
	before := d.tau(d.max) - d.tau(d.min)
	cells := float64(d.cells * d.parts)
	d.min, d.max, d.parts = min, max, 1
	d.cells = int(math.Round(cells * (d.tau(max) - d.tau(min)) / before))
	return a.again(d)
}

// eachAxis makes a grid of other divisions of the axes.
func (g *Grid) eachAxis(divide func(a *Axis) (Axis, error)) (*Grid, error) {
	axes := make([]Axis, len(g.Axes))
	for k := range g.Axes {
		var err error
		if axes[k], err = divide(&g.Axes[k]); err != nil {
			return nil, err
		}
	}
	return NewGrid(g.Coordinates, axes)
}

// Refined cuts every cell of every axis into parts (Axis.Refined).
func (g *Grid) Refined(parts int) (*Grid, error) {
	return g.eachAxis(func(a *Axis) (Axis, error) { return a.Refined(parts) })
}

// Coarsened has 1/parts of the cells along every axis (Axis.Coarsened).
func (g *Grid) Coarsened(parts int) (*Grid, error) {
	return g.eachAxis(func(a *Axis) (Axis, error) { return a.Coarsened(parts) })
}

// Coarser returns grids of which each has half the cells of the one before, the finest first, at
// most so many and as long as they tell something (Axis.Fewest): what Refined has cut is put
// together again, and beyond that halves are rounded. Cells of given faces are merged by pairs.
func (g *Grid) Coarser(most int) []*Grid {
	var out []*Grid
	last := g
	for parts := 2; len(out) < most; parts *= 2 {
		axes := make([]Axis, len(g.Axes))
		for k := range axes {
			a := &g.Axes[k]
			if (a.Cells()+parts/2)/parts < a.Fewest() {
				return out
			}
			var err error
			if axes[k], err = a.Coarsened(parts); errors.As(err, new(ErrGiven)) {
				axes[k], err = last.Axes[k].Merged(), nil
			}
			if err != nil {
				return out
			}
		}
		next, err := NewGrid(g.Coordinates, axes)
		if err != nil {
			return out
		}
		out, last = append(out, next), next
	}
	return out
}

// Spacing describes how the axis was cut in terms of Uniform, Sinh and Log: "uniform", "sinh" or
// "log", with the number of cells, centres and widths. It is "" for faces that none of these gives.
func (a *Axis) Spacing() (name string, cells int, centers, widths []float64) {
	d := a.division
	switch {
	case d.parts > 1 && len(d.centers) > 1:
		return "", 0, nil, nil
	case d.spacing == log:
		d.centers = nil
	}
	return string(d.spacing), d.cells * d.parts, d.centers, d.widths
}
