package fpsgd

import (
	"context"
	"errors"
	"fmt"
	"math"

	"fpsgd/mesh"
	"fpsgd/scenarios"
)

// farLength is the logarithmic length from which on an end of a graded axis counts as far: nine
// times the width of the fine part.
const farLength = 2.9

// farEnds are the ends that the grading takes far out, of those axes that have any.
type farEnds map[int][]mesh.FarEnd

// farEndsOf are those of a grid. Angles have none.
func farEndsOf(g *mesh.Grid) farEnds {
	out := farEnds{}
	for k := range g.Axes {
		for _, e := range g.Axes[k].GradedEnds() {
			if e.Length >= farLength && !mesh.DomainOf(g.Coordinates, k).Bounded() {
				out[k] = append(out[k], e)
			}
		}
	}
	return out
}

// resized returns a grid whose far ends are factor times as far in logarithmic length, all of them,
// with cells of the same size. It is an error if one of them is beyond floating point.
func resized(s *scenarios.Scenario, ends farEnds, factor float64) (*mesh.Grid, error) {
	axes := make([]mesh.Axis, len(s.Grid.Axes))
	for k := range axes {
		a := &s.Grid.Axes[k]
		reach := [2]float64{a.Faces[0], a.Faces[a.Cells()]}
		for _, e := range ends[k] {
			if factor == 1 {
				continue
			}
			if reach[e.Side] = e.At(factor * e.Length); math.IsInf(reach[e.Side], 0) {
				return nil, s.Errorf(fmt.Sprintf("grid.axes.%d.max", k), "an end %g times as far "+
					"in log |θ| is not representable", factor)
			}
		}
		var err error
		if axes[k], err = a.Reaching(reach[0], reach[1]); errors.As(err, new(mesh.ErrGiven)) {
			axes[k], err = *a, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return mesh.NewGrid(s.Grid.Coordinates, axes)
}

// logLength returns T, the length of the domain in log |θ|: of a line the sum over its far ends, in
// more dimensions the longest of one, along which |θ| grows. A log axis counts both of its ends, as
// far as they are far.
func logLength(g *mesh.Grid, ends farEnds) float64 {
	sum, longest := 0.0, 0.0
	for _, axis := range ends {
		for _, e := range axis {
			sum, longest = sum+e.Length, math.Max(longest, e.Length)
		}
	}
	if len(g.Axes) == 1 {
		return sum
	}
	return longest
}

// Box tells how much the gap depends on how far the grid reaches.
type Box struct {
	// with all far ends half as far in log |θ|, at the same spacing
	GapHalf   float64 `json:"gap_half"`
	Change    float64 `json:"change"`     // gap − gap_half
	LogLength float64 `json:"log_length"` // of the grid

	// by how much an edge falls from half of the box to all of it; 0 where the far field is not
	// that of an edge
	Law float64 `json:"-"`
}

// Box finds the gap on half of the logarithmic length of a grid, at the cost of a grid with half
// the cells along every axis that reaches far. It is nil where no end is far, and where the smaller
// grid cannot be solved on: it may not hold what matters.
func (e *Equation) Box(ctx context.Context, gap float64) (*Box, error) {
	ends := farEndsOf(e.Grid)
	if len(ends) == 0 {
		return nil, nil
	}
	g, err := resized(e.Scenario, ends, 0.5)
	if err != nil {
		return nil, nil
	}
	smaller, err := e.On(g)
	if err != nil {
		return nil, nil
	}
	half, err := smaller.spectrum(ctx, 1)
	if ctx.Err() != nil {
		return nil, err
	}
	if err != nil {
		return nil, nil
	}
	b := &Box{GapHalf: half.Gap, Change: gap - half.Gap, LogLength: logLength(e.Grid, ends)}
	if field, err := farFieldAt(e.Scenario); err == nil && field.reason == "" {
		b.Law = 3 * e.Noise.Epsilon() * math.Pow(field.speed*math.Pi/b.LogLength, 2)
	}
	return b, nil
}

const (
	// noticeable is the relative change of the gap between half of the box and all of it from which
	// on it is worth a word.
	noticeable = 1e-2
	// edgeLike is the part of the change of an edge, ε(cπ)²(4 − 1)/T², from which on the gap may be
	// one: the law holds for long domains, and a quarter of it where the edge is a resonance.
	edgeLike = 0.15
)

// Moves reports whether the gap changes noticeably, and as an edge does or in a way that is not
// known.
func (b *Box) Moves(gap float64) bool {
	return math.Abs(b.Change) >= noticeable*gap && math.Abs(b.Change) >= edgeLike*b.Law
}

// cutsOff reports whether half of the box tells nothing: the gap of an edge, and that of a convex
// f, falls as the box grows. One that rises noticeably has got something in between that is not in
// the half, as where the axes are graded from minima far apart on their scale.
func (b *Box) cutsOff(gap float64) bool { return b.Moves(gap) && b.Change > 0 }

// Note says what the half box tells of the gap.
func (b *Box) Note(gap float64) string {
	text := fmt.Sprintf("gap on half the box (logarithmic length %.4g of %.4g): %.6g; from there "+
		"to the whole it ", b.LogLength/2, b.LogLength, b.GapHalf)
	share := fmt.Sprintf("by %.1e, %.3g %%", b.Change, 100*b.Change/gap)
	switch {
	case b.cutsOff(gap):
		return text + "moves " + share + ", and upwards, as no edge does: half of the box may " +
			"not hold what matters, and how far the gap depends on " +
			"the reach is not known from it (compare a grid that reaches further)"
	case b.Moves(gap):
		return text + "moves " + share + ": it depends on how far the grid reaches; fpsgd " +
			"spectrum --edge extrapolates it"
	case math.Abs(b.Change) >= noticeable*gap:
		return text + "moves " + share + ", far less than an edge of the essential spectrum " +
			"would: what is left falls with a power of the reach"
	}
	return text + fmt.Sprintf("barely moves, by %.1e", b.Change)
}

// beyond estimates how far the gap is from that of the whole space: a third of the change where it
// follows edge + c²π²/T², and where it converges exponentially in T, the square of what is left at
// T/2, relative to the gap.
func (b *Box) beyond(gap float64) float64 {
	if b.Moves(gap) {
		return math.Abs(b.Change) / 3
	}
	return b.Change * b.Change / gap
}

// BarNote says that the error bar of an extrapolated gap does not hold what the domain changes, or
// nothing: an unknown bar promises none.
func (b *Box) BarNote(gap float64, bar Number) string {
	switch {
	case !bar.Known():
		return ""
	case b.cutsOff(gap):
		return "the errors are for vanishing spacing on this domain: how far the gap of the " +
			"whole space is from its is not known"
	case b.beyond(gap) <= bar.Value():
		return ""
	}
	return fmt.Sprintf("the errors are for vanishing spacing on this domain: the gap of the "+
		"whole space differs from its by about %.1e more", b.beyond(gap))
}
