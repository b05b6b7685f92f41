package scenarios

import (
	"cmp"
	"math"
	"slices"

	"fpsgd/mesh"
	"fpsgd/operators"

	"gonum.org/v1/gonum/floats"
)

// outcome is what a climb came to.
type outcome int

const (
	nothing outcome = iota // that is narrow
	found
	known
)

// feature climbs from a place at which log π deviates from what the nodes show to the extremum
// there, and keeps it if it is narrower than the distance of the nodes.
func (e *explorer) feature(from []float64, deviation float64, s *seen, scale *part) (
	outcome, error) {
	if math.IsNaN(deviation) {
		return nothing, e.noLoss(from)
	}
	sign := math.Copysign(1, deviation)
	at, top := e.climb(from, scale.quarter(), sign, e.neighbourhood(from))
	if math.IsNaN(top) {
		return nothing, e.noLoss(at)
	}
	return e.measure(at, top, math.Max(math.Abs(deviation), math.Abs(top-s.interpolate(at))), sign)
}

// neighbourhood returns the box between nodes that holds a point and those beside it: what lies on
// a line is climbed in each of its boxes, and not from all of them to one end.
func (e *explorer) neighbourhood(point []float64) *part {
	p := &part{}
	for k, q := range point {
		x := e.nodes[k]
		i, _ := slices.BinarySearch(x, q)
		p.lo, p.hi = append(p.lo, x[max(i-2, 0)]), append(p.hi, x[min(i+1, len(x)-1)])
	}
	return p
}

// measure keeps an extremum of log π if it is narrower than the distance of the nodes along an
// axis.
func (e *explorer) measure(at []float64, top, depth, sign float64) (outcome, error) {
	var width []float64
	switch {
	case math.IsInf(top, 1): // a zero of f, at which log π has no scale
		if e.onFace(at) {
			return nothing, nil // where the assembly expects it
		}
		key := e.cellKey(at)
		if e.zeros[key] {
			return known, nil // on a line of zeros
		}
		e.zeros[key] = true
		for k, q := range at {
			width = append(width, e.cellSize(k, q)/1024)
		}
	case math.IsInf(top, -1):
		return nothing, nil // a pole, which the assembly judges
	default:
		width = e.width(at, top, min(1, depth/2), sign)
	}
	for k, q := range at {
		if width[k] < e.spacing(k, q) {
			return e.keep(operators.Feature{At: at, Width: width})
		}
	}
	return nothing, nil
}

// noLoss is the error about a place where f is negative or undefined.
func (e *explorer) noLoss(at []float64) error {
	_, err := e.logF(copies(at, 1))
	return err
}

// climb returns a local maximiser of sign·log π within a box from a point in it, by steps along the
// axes and the diagonals that are halved, in place, where none leads up, until log π changes by
// less than 1e-7 over a step.
func (e *explorer) climb(from, step []float64, sign float64, within *part) (
	at []float64, top float64) {
	const most, flat = 400, 1e-7
	at, top = from, e.at(from)
	for range most {
		next := around(at, step, within)
		values := e.logPi(next)
		best, drop := -1, 0.0
		for i, v := range values {
			if math.IsNaN(v) {
				return column(next, i), v
			}
			if sign*v > sign*top && (best < 0 || sign*v > sign*values[best]) {
				best = i
			}
			drop = math.Max(drop, math.Abs(v-top))
		}
		switch {
		case best >= 0:
			at, top = column(next, best), values[best]
			if math.IsInf(top, 0) {
				return at, top
			}
		case drop <= flat:
			return at, top
		default:
			floats.Scale(0.5, step)
		}
	}
	return at, top
}

// around returns the points one step from a point along the axes and the diagonals, as far as they
// are within a box.
func around(at, step []float64, within *part) [][]float64 {
	choices := make([][]float64, len(at))
	for k, q := range at {
		choices[k] = []float64{max(q-step[k], within.lo[k]), q,
			min(q+step[k], within.hi[k])}
	}
	return product(choices)
}

// copies returns n copies of a point.
func copies(point []float64, n int) [][]float64 {
	out := make([][]float64, len(point))
	for k, q := range point {
		out[k] = slices.Repeat([]float64{q}, n)
	}
	return out
}

func column(points [][]float64, i int) []float64 {
	out := make([]float64, len(points))
	for k := range out {
		out[k] = points[k][i]
	}
	return out
}

// width returns how far from an extremum log π has changed by a level, along every axis and on the
// farther side, so that the end of a plateau is none; the length of the axis where it does not
// change so much.
func (e *explorer) width(at []float64, top, level, sign float64) (width []float64) {
	for k := range at {
		reach := func(way float64) float64 { return e.reach(at, k, way, top, level, sign) }
		width = append(width, max(reach(1), reach(-1)))
	}
	return width
}

// reach returns how far from an extremum, in one direction along axis k, log π has changed by a
// level, in steps of a quarter of an octave; 0 if the axis ends before, and its length if it does
// not.
func (e *explorer) reach(at []float64, k int, direction, top, level, sign float64) float64 {
	const octaves = 60
	lo, hi := e.Grid.Axes[k].Range()
	length, room := hi-lo, hi-at[k]
	if direction < 0 {
		room = at[k] - lo
	}
	held := copies(at, 4*octaves)
	for i := range held[k] {
		held[k][i] += direction * room * math.Exp2(-float64(i)/4)
	}
	reach := length
	for i, v := range e.logPi(held) {
		if sign*(top-v) >= level {
			reach = math.Abs(held[k][i] - at[k]) // the last is the nearest
		}
	}
	if room < e.spacing(k, at[k])/2 && reach == length {
		return 0
	}
	return reach
}

// extremal reports whether log π is extremal at a point along every axis on which it varies over
// the distance of two nodes: a climb may have ended at the side of the box that it was kept to.
func (e *explorer) extremal(at []float64, top, sign float64) bool {
	for k, q := range at {
		h := e.spacing(k, q) / 1024
		if lo, hi := e.Grid.Axes[k].Range(); q-h <= lo || q+h >= hi {
			continue
		}
		lower, upper := slices.Clone(at), slices.Clone(at)
		lower[k], upper[k] = q-h, q+h
		// On a line log π may rise by next to nothing.
		if slope := math.Max(sign*(e.at(lower)-top), sign*(e.at(upper)-top)); slope > hidden/1024 {
			return false
		}
	}
	return true
}

// spacing returns the mean distance of the nodes along an axis in the cell that holds q.
func (e *explorer) spacing(k int, q float64) float64 {
	return e.cellSize(k, q) * float64(e.Grid.Axes[k].Cells()) / float64(len(e.nodes[k])-2)
}

// onFace reports whether a point lies on a face of the grid, to rounding.
func (e *explorer) onFace(at []float64) bool {
	for k, q := range at {
		a := &e.Grid.Axes[k]
		i, slack := e.cell(k, q), 1e-9*e.cellSize(k, q)
		if q-a.Faces[i] <= slack || a.Faces[i+1]-q <= slack {
			return true
		}
	}
	return false
}

// tilted reports whether an extremum is part of a line across two axes that is too narrow for the
// nodes: log π changes little along one of the diagonals of its widths, out to ten of them, and
// much along the other.
func (e *explorer) tilted(f operators.Feature) (k, l int, tilted bool) {
	const little, far, thin = 0.05, 10, 4
	at, width, top := f.At, f.Width, e.at(f.At)
	if math.IsInf(top, 0) {
		return 0, 0, false
	}
	drop := func(k, l int, a, b float64) float64 {
		sum := 0.0
		for _, side := range []float64{1, -1} {
			point := slices.Clone(at)
			point[k] += side * a * width[k]
			point[l] += side * b * width[l]
			sum += math.Abs(e.at(point) - top)
		}
		return sum
	}
	for l := range at {
		for k := range l {
			if width[k] > e.spacing(k, at[k])/thin || width[l] > e.spacing(l, at[l])/thin {
				continue
			}
			along, across, direction := drop(k, l, 1, 1), drop(k, l, 1, -1), 1.0
			if across < along {
				along, across, direction = across, along, -1
			}
			if along < little*across && drop(k, l, far, far*direction) < across {
				return k, l, true
			}
		}
	}
	return 0, 0, false
}

// descend looks for minima of f from the cells that are lower than their neighbours along every
// axis.
func (e *explorer) descend() error {
	places, err := e.lowPlaces(256)
	if err != nil {
		return nil // the assembly will tell
	}
	all := e.all()
	whole := e.extent(&all)
	for _, p := range places {
		floats.Scale(0.25, p.size)
		at, top := e.climb(p.at, p.size, 1, &whole)
		if math.IsNaN(top) {
			return e.noLoss(at)
		}
		if _, err := e.measure(at, top, 2, 1); err != nil {
			return err
		}
		e.probes++
	}
	return nil
}

// lowPlace is a cell whose value of f exceeds no neighbour's.
type lowPlace struct {
	at, size []float64 // its midpoint and size, held
	logF     float64
}

// isLow reports whether the value in a cell exceeds that in no neighbour along any axis, across the
// seam of a ring too.
func isLow(g *mesh.Grid, values []float64, cell int, pos []int) bool {
	stride, v := 1, values[cell]
	for k := len(pos) - 1; k >= 0; k-- {
		i, n, ring := pos[k], g.Axes[k].Cells(), g.IsRing(k)
		before, next := cell-stride, cell+stride
		if i == 0 {
			before += n * stride
		}
		if i == n-1 {
			next -= n * stride
		}
		if (i > 0 || ring) && !(values[before] >= v) || (i < n-1 || ring) && !(values[next] >= v) {
			return false
		}
		stride *= n
	}
	return true
}

// lowPlaces returns these cells, the lowest first.
func (s *Scenario) lowPlaces(most int) ([]lowPlace, error) {
	values := make([]float64, s.Grid.Cells())
	if err := operators.AtMidpoints(values, s.Grid, s.Threads, s.Landscape.LogF); err != nil {
		return nil, err
	}
	var low []int
	pos := make([]int, len(s.Grid.Axes))
	for cell := range values {
		s.Grid.Index(pos, cell)
		if isLow(s.Grid, values, cell, pos) {
			low = append(low, cell)
		}
	}
	slices.SortStableFunc(low, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	out := make([]lowPlace, min(most, len(low)))
	for n := range out {
		p := &out[n]
		s.Grid.Index(pos, low[n])
		for k, i := range pos {
			a := &s.Grid.Axes[k]
			p.at, p.size = append(p.at, a.Midpoint(i)), append(p.size, a.Faces[i+1]-a.Faces[i])
		}
		p.logF = values[low[n]]
	}
	return out, nil
}

// inspect keeps those of the given minima that are on the grid and narrow.
func (e *explorer) inspect(minima [][]float64) error {
	for _, theta := range minima {
		at, on := e.Grid.Locate(theta)
		if !on {
			continue
		}
		e.probes++
		if _, err := e.measure(at, e.at(at), 2, 1); err != nil {
			return err
		}
	}
	return nil
}
