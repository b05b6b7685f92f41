package scenarios

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"fpsgd/internal/formula"
	"fpsgd/internal/parallel"
	"fpsgd/mesh"
	"fpsgd/operators"

	"gonum.org/v1/gonum/floats"
)

// hidden is the change of log π between two nodes below which it is no matter whether the
// quadrature sees it.
const hidden = 0.5

// visible is the deviation from the interpolation, in units of the variation among the nodes
// around, up to which the nodes show that there is something: of a parabola it is 1/8.
const visible = 0.4

// block is a product of ranges of boxes: box i of an axis lies between its nodes i and i+1.
type block struct{ first, end []int }

// halves cuts a block across the axis on which it has the most boxes; nil of a single box.
func (b *block) halves() []block {
	longest := 0
	for k := range b.first {
		if b.end[k]-b.first[k] > b.end[longest]-b.first[longest] {
			longest = k
		}
	}
	middle := (b.first[longest] + b.end[longest]) / 2
	if middle == b.first[longest] {
		return nil
	}
	lower, upper := block{b.first, slices.Clone(b.end)}, block{slices.Clone(b.first), b.end}
	lower.end[longest], upper.first[longest] = middle, middle
	return []block{lower, upper}
}

// bound cuts the grid into blocks on each box of which log π is provably, along every axis,
// monotone with a slope that varies by no more than a factor of 2, or linear to within hidden:
// nothing is between the nodes there. It returns the blocks left over when enough have been looked
// at, and single boxes of which this is not true.
func (e *explorer) bound(l *formulaLandscape) (open, suspects []block) {
	level := []block{e.all()}
	for budget := e.allowed(60000); len(level) > 0 && budget >= len(level); {
		budget -= len(level)
		var next []block
		for i, harmless := range e.areHarmless(l, level) {
			halves := level[i].halves()
			switch {
			case harmless:
			case halves == nil:
				suspects = append(suspects, level[i])
			default:
				next = append(next, halves...)
			}
		}
		level = next
	}
	return level, suspects
}

// all is the block of the whole grid.
func (e *explorer) all() block {
	b := block{make([]int, len(e.nodes)), make([]int, len(e.nodes))}
	for k, x := range e.nodes {
		b.end[k] = len(x) - 1
	}
	return b
}

// areHarmless judges blocks side by side.
func (e *explorer) areHarmless(l *formulaLandscape, blocks []block) []bool {
	out := make([]bool, len(blocks))
	parallel.Ranges(e.Threads, len(blocks), func(first, last int) error {
		logPi := e.newEncloser(l)
		for i := first; i < last; i++ {
			out[i] = e.harmless(logPi, &blocks[i])
		}
		return nil
	})
	return out
}

// harmless reports whether no box of a block hides anything. A function whose slope varies by no
// more than w over a length h differs from its linear interpolation by at most wh/4, one with
// second derivatives up to c by ch²/8.
func (e *explorer) harmless(logPi encloser, b *block) bool {
	p := e.extent(b)
	j := logPi(&p)
	for k, x := range e.nodes {
		slope := j.Slope[k]
		if slope.Width() <= slope.Mignitude() {
			continue
		}
		h := 0.0
		for i := b.first[k]; i < b.end[k]; i++ {
			h = max(h, x[i+1]-x[i])
		}
		if deviation := math.Min(slope.Width()*h/4,
			j.Curve[k].Magnitude()*h*h/8); !(deviation <= hidden/float64(len(e.nodes))) {
			return false
		}
	}
	return true
}

// extent is the part of the grid that a block covers.
func (e *explorer) extent(b *block) (p part) {
	for k, x := range e.nodes {
		p.lo, p.hi = append(p.lo, x[b.first[k]]), append(p.hi, x[b.end[k]])
	}
	return p
}

// encloser encloses log π on a part of the grid. It is for one goroutine.
type encloser func(p *part) formula.Jet

func (e *explorer) newEncloser(l *formulaLandscape) encloser {
	variables, work := variablesOf(e.Grid.Coordinates), make([]formula.Jet, l.Nodes())
	return func(p *part) formula.Jet {
		n := len(p.lo)
		q := make([]formula.Jet, n)
		for k := range q {
			if q[k] = formula.Along(k, p.lo[k], p.hi[k]); e.Grid.Axes[k].Log {
				q[k] = q[k].Exp(n)
			}
		}
		values := make([]formula.Jet, len(variables))
		for i, of := range variables {
			values[i] = of(q)
		}
		return e.Noise.enclose(l.Enclose(values, n, work), n)
	}
}

// variablesOf returns what a landscape sees of the coordinates, as functions of these: one of
// them, a formula of them, or |θ|.
func variablesOf(c mesh.Coordinates) []func(q []formula.Jet) formula.Jet {
	out := make([]func(q []formula.Jet) formula.Jet, len(c.Variables()))
	mapped, isMapped := c.(mesh.Mapped)
	for i, name := range c.Variables() {
		if k := slices.Index(c.Axes(), name); k >= 0 {
			out[i] = func(q []formula.Jet) formula.Jet { return q[k] }
			continue
		}
		if out[i] = norm; !isMapped {
			continue
		}
		program, err := formula.Compile(mapped.Formula(name), c.Axes())
		if err != nil {
			panic(err) // of the coordinate system
		}
		work := make([]formula.Jet, program.Nodes())
		out[i] = func(q []formula.Jet) formula.Jet { return program.Enclose(q, len(q), work) }
	}
	return out
}

// norm encloses |θ| where the coordinates are the components of θ.
func norm(q []formula.Jet) formula.Jet {
	n := len(q)
	if n == 1 {
		return q[0].Abs(n)
	}
	sum := q[0].Squared(n)
	for k := 1; k < n; k++ {
		square := q[k].Squared(n)
		sum = sum.Plus(&square, n)
	}
	return sum.Norm(q)
}

// part is a piece of a box in held coordinates.
type part struct{ lo, hi []float64 }

// place returns the point of a part that is a share of the way along every axis.
func (p *part) place(share func(k int) float64) []float64 {
	c := make([]float64, len(p.lo))
	for k := range c {
		c[k] = p.lo[k] + (p.hi[k]-p.lo[k])*share(k)
	}
	return c
}

func (p *part) center() []float64 { return p.place(func(int) float64 { return 0.5 }) }

// quarter returns a quarter of the size of a part.
func (p *part) quarter() []float64 {
	q := make([]float64, len(p.lo))
	for k := range q {
		q[k] = (p.hi[k] - p.lo[k]) / 4
	}
	return q
}

// seen is what the nodes around a box show of log π: its values at the corners, to be interpolated,
// and how much these and the next ones differ.
type seen struct {
	part
	corner []float64
	spread float64 // of log π among the nodes
	slack  float64 // how much it may deviate from the interpolation
}

// node returns the number of a node along an axis: beyond an end that of the end, and on a ring,
// where the first and the last node are one, that which comes then.
func (e *explorer) node(k, i int) int {
	last := len(e.nodes[k]) - 1
	switch {
	case e.Grid.IsRing(k) && i < 0:
		return last + i
	case e.Grid.IsRing(k) && i > last:
		return i - last
	}
	return min(max(i, 0), last)
}

// look evaluates log π at the nodes around a box; the ends of an axis count as nodes. It returns
// nil at a zero or a pole on a node, of which the assembly will tell, and an error where f is no
// loss.
func (e *explorer) look(b *block) (*seen, error) {
	n := len(b.first)
	points := make([][]float64, n)
	for k, x := range e.nodes {
		node := func(i int) float64 { return x[e.node(k, i)] }
		for c := range 2 << n {
			i := b.first[k] + c>>k&1
			if c>>n == 1 { // the node beyond the corner
				i += 2*(c>>k&1) - 1
			}
			points[k] = append(points[k], node(i))
		}
	}
	values := e.logPi(points)
	if i := slices.IndexFunc(values, math.IsNaN); i >= 0 {
		return nil, e.noLoss(column(points, i))
	}
	least, most := slices.Min(values), slices.Max(values)
	if math.IsInf(least, 0) || math.IsInf(most, 0) {
		return nil, nil
	}
	spread := most - least
	return &seen{e.extent(b), values[:1<<n], spread, max(hidden, visible*spread)}, nil
}

// interpolate returns the multilinear interpolation between the corners.
func (s *seen) interpolate(point []float64) float64 {
	sum := 0.0
	for c, v := range s.corner {
		for k, q := range point {
			t := (q - s.lo[k]) / (s.hi[k] - s.lo[k])
			if c>>k&1 == 0 {
				t = 1 - t
			}
			v *= t
		}
		sum += v
	}
	return sum
}

// span returns the extremes of the interpolation on a part of the box, which are at its corners.
func (s *seen) span(p *part) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	point := make([]float64, len(p.lo))
	for c := range s.corner {
		for k := range point {
			point[k] = p.lo[k]
			if c>>k&1 == 1 {
				point[k] = p.hi[k]
			}
		}
		v := s.interpolate(point)
		lo, hi = math.Min(lo, v), math.Max(hi, v)
	}
	return lo, hi
}

// crowd is the number of features in one box beyond which f oscillates below the grid's scale.
const crowd = 8

// examine looks for what a box hides by bisection: a part on which the bounds of log π stay within
// what the nodes around the box show is done with, one at whose middle log π does not holds a
// feature.
func (e *explorer) examine(l *formulaLandscape, b block) error {
	most := 200 // parts
	// where it costs little, and every cell counts, nothing is left for being a flank
	line := len(e.nodes) == 1
	if line {
		most = 1000
	}
	s, err := e.look(&b)
	if s == nil {
		return err
	}
	if err := e.shown(&b, s); err != nil {
		return err
	}
	logPi := e.newEncloser(l)
	var stack []part
	if e.excess(logPi, s, &s.part) > 0 {
		stack = append(stack, s.part)
	}
	count, again, enough := 0, 0, s.slack // enough: the deviation from which a climb is worth while
	for looked := 0; len(stack) > 0; looked++ {
		if e.parts--; looked == most || e.parts < 0 {
			return e.glance(s)
		}
		p := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		monotone := func() bool { return logPi(&p).Slope[0].Mignitude() > 0 }
		if e.covered(&p) || line && monotone() {
			continue
		}
		center := p.center()
		if deviation := e.at(center) - s.interpolate(center); !(math.Abs(deviation) <= enough) {
			outcome, err := e.feature(center, deviation, s, &p)
			if err != nil {
				return err
			}
			switch outcome {
			case found:
				count++
			case known:
				again++
			default:
				enough = 1.5 * math.Abs(deviation)
			}
			switch {
			case count > crowd:
				return e.unresolved(e.Features[len(e.Features)-1],
					"f oscillates between the nodes of a cell, as")
			case again > 2 && !line:
				return nil // its flanks
			}
		}
		stack = append(stack, e.bisect(logPi, s, &p)...)
	}
	return nil
}

// shown keeps a narrow extremum whose flank the nodes around a box show: they see that there is
// something, and not how much.
func (e *explorer) shown(b *block, s *seen) error {
	if s.spread <= hidden/2 {
		return nil
	}
	for _, sign := range []float64{1, -1} {
		start := floats.MaxIdx(s.corner)
		if sign < 0 {
			start = floats.MinIdx(s.corner)
		}
		from, stands := e.standsOut(b, start, s.corner[start], sign)
		if !stands {
			continue
		}
		at, top := e.climb(from, s.quarter(), sign, e.neighbourhood(s.center()))
		switch {
		case math.IsNaN(top):
			return e.noLoss(at)
		case e.covered(&part{at, at}) || !e.extremal(at, top, sign):
			continue
		}
		if _, err := e.measure(at, top, 2, sign); err != nil {
			return err
		}
	}
	return nil
}

// standsOut returns a corner of a box, and whether log π there is extremal among the neighbouring
// nodes along some axis.
func (e *explorer) standsOut(b *block, corner int, value, sign float64) (
	at []float64, stands bool) {
	at = make([]float64, len(e.nodes))
	for k, x := range e.nodes {
		at[k] = x[b.first[k]+corner>>k&1]
	}
	held := copies(at, 2*len(at))
	for k, x := range e.nodes {
		i := b.first[k] + corner>>k&1
		held[k][2*k], held[k][2*k+1] = x[e.node(k, i-1)], x[e.node(k, i+1)]
	}
	values := e.logPi(held)
	for k := range at {
		if sign*(value-values[2*k]) > hidden/2 && sign*(value-values[2*k+1]) > hidden/2 {
			return at, true
		}
	}
	return at, false
}

// glance looks at a few places of a box for which there is no time.
func (e *explorer) glance(s *seen) error {
	for i := range 3 {
		point := s.place(func(k int) float64 { return 0.2 + 0.3*float64((i+k)%3) })
		if _, err := e.probe(point, s); err != nil {
			return err
		}
	}
	e.undecided[e.cellKey(s.center())] = true
	return nil
}

// probe climbs from a point of a box if log π deviates there from what the nodes around it show.
func (e *explorer) probe(point []float64, s *seen) (outcome, error) {
	deviation := e.at(point) - s.interpolate(point)
	if math.Abs(deviation) <= s.slack {
		return nothing, nil
	}
	return e.feature(point, deviation, s, &s.part)
}

// excess returns by how much log π on a part may exceed what the nodes show, not positive where it
// does not.
func (e *explorer) excess(logPi encloser, s *seen, p *part) float64 {
	j := logPi(p)
	value := j.Value
	if v := e.at(p.center()); !math.IsNaN(v) && !math.IsInf(v, 0) {
		spread := 0.0
		for k := range p.lo {
			spread += j.Slope[k].Magnitude() * (p.hi[k] - p.lo[k]) / 2
		}
		if !math.IsNaN(spread) {
			value = value.Intersect(formula.Interval{Lo: v - spread, Hi: v + spread})
		}
	}
	lo, hi := s.span(p)
	return math.Max(value.Hi-hi, lo-value.Lo) - s.slack
}

// bisect halves a part across the axis along which it is longest in units of the box, and returns
// the halves on which log π may exceed what the nodes show, the more promising one last.
func (e *explorer) bisect(logPi encloser, s *seen, p *part) (halves []part) {
	longest, size := 0, 0.0
	for k := range p.lo {
		if h := (p.hi[k] - p.lo[k]) / (s.hi[k] - s.lo[k]); h > size {
			longest, size = k, h
		}
	}
	middle := p.center()[longest]
	if middle <= p.lo[longest] || middle >= p.hi[longest] {
		return nil // no number between
	}
	lower, upper := part{p.lo, slices.Clone(p.hi)}, part{slices.Clone(p.lo), p.hi}
	lower.hi[longest], upper.lo[longest] = middle, middle
	inLower, inUpper := e.excess(logPi, s, &lower), e.excess(logPi, s, &upper)
	if !(inLower <= 0) {
		halves = append(halves, lower)
	}
	if !(inUpper <= 0) {
		halves = append(halves, upper)
	}
	if inLower > inUpper {
		slices.Reverse(halves)
	}
	return halves
}

// covered reports whether a part lies within a few widths of a feature that is known.
func (e *explorer) covered(p *part) bool {
	const widths = operators.FeatureReach // where the quadrature resolves f itself
	for _, f := range e.Features {
		inside := true
		for k := range p.lo {
			lo, hi := f.At[k]-widths*f.Width[k], f.At[k]+widths*f.Width[k]
			a, j := &e.Grid.Axes[k], e.cell(k, f.At[k])
			if f.Width[k] > (a.Faces[j+1]-a.Faces[j])/2 {
				// a line goes through the cell, and is looked for in each
				lo, hi = a.Faces[j], a.Faces[j+1]
			}
			inside = inside && p.lo[k] >= lo && p.hi[k] <= hi
		}
		if inside {
			return true
		}
	}
	return false
}

// cellKey names the cell that holds a point.
func (e *explorer) cellKey(point []float64) string {
	pos := make([]int, len(point))
	for k, q := range point {
		pos[k] = e.cell(k, q)
	}
	return fmt.Sprint(pos)
}

// sample looks at random places in blocks on which there was no time for bounds.
func (e *explorer) sample(open []block) error {
	const most = 4096
	if len(open) == 0 {
		return nil
	}
	random, hits := rand.New(rand.NewPCG(1, 2)), 0
	for range most {
		b := open[random.IntN(len(open))]
		box := block{make([]int, len(b.first)), make([]int, len(b.first))}
		for k := range b.first {
			box.first[k] = b.first[k] + random.IntN(b.end[k]-b.first[k])
			box.end[k] = box.first[k] + 1
		}
		p := e.extent(&box)
		point := p.place(func(int) float64 { return random.Float64() })
		s, _ := e.look(&box)
		if s == nil {
			continue // the assembly will tell
		}
		outcome, err := e.probe(point, s)
		if err != nil {
			return err
		}
		if outcome == found {
			hits++
		}
		if hits > crowd { // chance has found them: there are more
			return e.unresolved(e.Features[len(e.Features)-1],
				"f has minima and barriers narrower than a cell in many places, as")
		}
	}
	e.probes = most
	for i := range open {
		e.open += e.touched(&open[i])
	}
	return e.descend()
}

// touched returns the number of cells that a block touches.
func (e *explorer) touched(b *block) int {
	n := 1
	for k, x := range e.nodes {
		n *= e.cell(k, x[b.end[k]-1]) - e.cell(k, x[b.first[k]]) + 1
	}
	return n
}
