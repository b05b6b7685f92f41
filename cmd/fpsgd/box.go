package main

import (
	"context"
	"fmt"
	"math"

	"fpsgd/scenarios/config"
)

// farLength is the logarithmic length from which on an end of a graded axis counts as far: nine times the width of the fine part.
const farLength = 2.9

// farEnd is an end of an axis that the grading takes far out: origin ± width·sinh(length) in what the axis holds, or, on a log axis
// without a width, ± length.
type farEnd struct {
	axis, side    int // 0: lower, 1: upper
	origin, width float64
	length        float64
}

// at returns the held coordinate of the end of a domain of another logarithmic length.
func (e farEnd) at(length float64) float64 {
	if e.width > 0 {
		length = e.width * math.Sinh(length)
	}
	if e.side == 0 {
		length = -length
	}
	return e.origin + length
}

// farEnds lists the far ends of a grid.
func farEnds(cfg *config.Config) []farEnd {
	var out []farEnd
	for k := range cfg.Grid.Axes {
		for _, e := range axisEnds(&cfg.Grid.Axes[k]) {
			if e.axis = k; e.length >= farLength {
				out = append(out, e)
			}
		}
	}
	return out
}

// axisEnds returns the graded ends of an axis. One of sinh spacing with several centres is graded from the outermost on.
func axisEnds(a *config.Axis) []farEnd {
	switch {
	case a.Spacing == "log":
		ends := []farEnd{{side: 0, length: -a.LogMin}, {side: 1, length: a.LogMax}}
		if len(a.Width) > 0 {
			for i := range ends {
				ends[i].width = a.Width[0]
				ends[i].length = math.Asinh(ends[i].length / a.Width[0])
			}
		}
		return ends
	case a.Spacing == "sinh" && !isAngle(a.Name):
		first, last := 0, 0
		for k, c := range a.Centers {
			if c < a.Centers[first] {
				first = k
			}
			if c > a.Centers[last] {
				last = k
			}
		}
		lower := farEnd{side: 0, origin: a.Centers[first], width: a.Width[first]}
		upper := farEnd{side: 1, origin: a.Centers[last], width: a.Width[last]}
		lower.length = math.Asinh((lower.origin - a.Min) / lower.width)
		upper.length = math.Asinh((a.Max - upper.origin) / upper.width)
		return []farEnd{lower, upper}
	}
	return nil
}

func isAngle(name string) bool { return name == "phi" || name == "theta" }

// graded returns the coordinate τ in which the cells of an axis are of one size.
func graded(a *config.Axis, held float64) float64 {
	switch {
	case a.Spacing == "log" && len(a.Width) > 0:
		return math.Asinh(held / a.Width[0])
	case a.Spacing == "log":
		return held
	}
	sum := 0.0
	for k, c := range a.Centers {
		sum += math.Asinh((held - c) / a.Width[k])
	}
	return sum
}

// resized returns a config whose far ends are factor times as far in logarithmic length, all of them, with cells of the same size.
// It is an error if one of them is beyond floating point.
func resized(cfg *config.Config, ends []farEnd, factor float64) (*config.Config, error) {
	out := withCells(cfg, cellsOf(cfg), 1)
	if factor == 1 {
		return out, nil
	}
	for k := range out.Grid.Axes {
		a := &out.Grid.Axes[k]
		low, high := &a.Min, &a.Max
		if a.Spacing == "log" {
			low, high = &a.LogMin, &a.LogMax
		}
		before := graded(a, *high) - graded(a, *low)
		moved := false
		for _, e := range ends {
			if e.axis == k {
				far := e.at(factor * e.length)
				if math.IsInf(far, 0) {
					return nil, cfg.Errorf(axisKey(k, "max"), "an end %g times as far in log |θ| is not representable", factor)
				}
				*[]*float64{low, high}[e.side], moved = far, true
			}
		}
		if moved {
			a.Cells = int(math.Round(float64(a.Cells) * (graded(a, *high) - graded(a, *low)) / before))
		}
	}
	return out, nil
}

// logLength returns T, the length of the domain in log |θ|: of a line the sum over its far ends, in more dimensions the longest of one,
// along which |θ| grows. A log axis counts both of its ends, as far as they are far.
func logLength(cfg *config.Config, ends []farEnd) float64 {
	sum, longest := 0.0, 0.0
	for _, e := range ends {
		sum, longest = sum+e.length, math.Max(longest, e.length)
	}
	if len(cfg.Grid.Axes) == 1 {
		return sum
	}
	return longest
}

// boxGap tells how much the gap depends on how far the grid reaches.
type boxGap struct {
	GapHalf   float64 `json:"gap_half"`   // with all far ends half as far in log |θ|, at the same spacing
	Change    float64 `json:"change"`     // gap − gap_half
	LogLength float64 `json:"log_length"` // of the grid

	law float64 // by how much an edge falls from half of the box to all of it; 0 where the far field is not that of an edge
}

// boxDependence finds the gap on half of the logarithmic length of a grid, at the cost of a grid with half the cells along every axis
// that reaches far. It is nil where no end is far, and where the smaller grid cannot be solved on: it may not hold what matters.
func boxDependence(ctx context.Context, p *problem, gap float64, a *activity) (*boxGap, error) {
	ends := farEnds(p.Config)
	if len(ends) == 0 || p.Config.Landscape.File != "" {
		return nil, nil
	}
	half, err := resized(p.Config, ends, 0.5)
	if err != nil {
		return nil, nil
	}
	_, modes, err := onCoarseGrid(ctx, half, 1, a)
	if ctx.Err() != nil {
		return nil, err
	}
	if err != nil || len(modes) == 0 {
		return nil, nil
	}
	b := &boxGap{GapHalf: modes[0].Value, Change: gap - modes[0].Value, LogLength: logLength(p.Config, ends)}
	if field, err := farFieldAt(p.Config); err == nil && field.reason == "" {
		b.law = 3 * p.Config.Noise.Epsilon * math.Pow(field.speed*math.Pi/b.LogLength, 2)
	}
	return b, nil
}

const (
	// noticeable is the relative change of the gap between half of the box and all of it from which on it is worth a word.
	noticeable = 1e-2
	// edgeLike is the part of the change of an edge, ε(cπ)²(4 − 1)/T², from which on the gap may be one: the law holds for long domains, and a
	// quarter of it where the edge is a resonance.
	edgeLike = 0.15
)

// moves reports whether the gap changes noticeably, and as an edge does or in a way that is not known.
func (b *boxGap) moves(gap float64) bool {
	return math.Abs(b.Change) >= noticeable*gap && math.Abs(b.Change) >= edgeLike*b.law
}

// cutsOff reports whether half of the box tells nothing: the gap of an edge, and that of a convex f, falls as the box grows. One that rises
// noticeably has got something in between that is not in the half, as where the axes are graded from minima far apart on their scale.
func (b *boxGap) cutsOff(gap float64) bool { return b.moves(gap) && b.Change > 0 }

// note says what the half box tells of the gap.
func (b *boxGap) note(gap float64) string {
	text := fmt.Sprintf("gap on half the box (logarithmic length %.4g of %.4g): %.6g; from there to the whole it ", b.LogLength/2, b.LogLength, b.GapHalf)
	share := fmt.Sprintf("by %.1e, %.3g %%", b.Change, 100*b.Change/gap)
	switch {
	case b.cutsOff(gap):
		return text + "moves " + share + ", and upwards, as no edge does: half of the box may not hold what matters, and how far the gap depends on " +
			"the reach is not known from it (compare a grid that reaches further)"
	case b.moves(gap):
		return text + "moves " + share + ": it depends on how far the grid reaches; fpsgd spectrum --edge extrapolates it"
	case math.Abs(b.Change) >= noticeable*gap:
		return text + "moves " + share + ", far less than an edge of the essential spectrum would: what is left falls with a power of the reach"
	}
	return text + fmt.Sprintf("barely moves, by %.1e", b.Change)
}

// beyond estimates how far the gap is from that of the whole space: a third of the change where it follows edge + c²π²/T², and where it
// converges exponentially in T, the square of what is left at T/2, relative to the gap.
func (b *boxGap) beyond(gap float64) float64 {
	if b.moves(gap) {
		return math.Abs(b.Change) / 3
	}
	return b.Change * b.Change / gap
}

// barNote says that the error bar of an extrapolated gap does not hold what the domain changes, or nothing: an unknown bar promises none.
func (b *boxGap) barNote(gap float64, bar *float64) string {
	switch {
	case bar == nil:
		return ""
	case b.cutsOff(gap):
		return "the errors are for vanishing spacing on this domain: how far the gap of the whole space is from its is not known"
	case b.beyond(gap) <= *bar:
		return ""
	}
	return fmt.Sprintf("the errors are for vanishing spacing on this domain: the gap of the whole space differs from its by about %.1e more", b.beyond(gap))
}
