package scenarios

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/scenarios/config"

	"gonum.org/v1/gonum/floats"
)

// well is a minimum of V, by held coordinates.
type well struct {
	at  []float64
	v   float64
	std []float64 // along every axis, straight, how far V rises by ½

	lo, hi []float64 // the spans on which it does along the floor of the valley
}

const (
	mostWells   = 12 // minima that are looked at
	mostCenters = 8  // of an axis; more are one wide part
)

// findWells looks for the minima of V: those known of f, and those that the cells of the probe come
// to that are lower than their neighbours, the lowest first. A V that is as low at a free end as
// anywhere has none.
func (c *chooser) findWells() error {
	values, err := c.onProbe()
	if err != nil {
		return err
	}
	places := c.lows(values)
	if b, ok := c.Landscape.(*builtin); ok && b.minima != nil {
		for _, theta := range b.minima(c.Grid) {
			if at, on := c.Grid.Locate(theta); on && c.core < 0 {
				places = append(places, at)
			}
		}
	}
	for _, at := range places {
		at, v := c.descend(at, -1, c.cellsAt(at), 40)
		c.wells = append(c.wells, well{at: at, v: v})
	}
	const same = 1e-6 // of V, of wells as deep as each other
	slices.SortStableFunc(c.wells, func(a, b well) int {
		return cmp.Or(cmp.Compare(math.Round(a.v/same), math.Round(b.v/same)),
			slices.Compare(a.at, b.at))
	})
	if err := c.hasMinimum(values); err != nil {
		return err
	}
	c.wells = c.distinct(c.wells)
	return nil
}

// onProbe is V at the midpoints of the probe.
func (c *chooser) onProbe() ([]float64, error) {
	values := make([]float64, c.Grid.Cells())
	err := operators.AtMidpoints(values, c.Grid, c.Threads,
		func(dst []float64, p *mesh.Points) error {
			held := make([][]float64, len(c.Grid.Axes))
			for k := range held {
				held[k] = p.Held(k)
			}
			copy(dst, c.potential(held))
			return nil
		})
	if least := floats.Min(values); math.IsInf(least, 1) {
		return nil, c.landscapeError(fmt.Errorf("f is no finite loss ≥ 0 anywhere that the " +
			"program looks, |q| ≤ 1e6 along every axis (correct it, or give min and max of " +
			"[[grid.axes]])"))
	}
	return values, err
}

// lows are the midpoints of cells that are lower than their neighbours, the lowest first.
func (c *chooser) lows(values []float64) [][]float64 {
	var low []int
	pos := make([]int, len(c.Grid.Axes))
	for cell, v := range values {
		c.Grid.Index(pos, cell)
		if !math.IsInf(v, 1) && isLow(c.Grid, values, cell, pos) {
			low = append(low, cell)
		}
	}
	slices.SortStableFunc(low, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	var out [][]float64
	for _, cell := range low[:min(len(low), 2*mostWells)] {
		c.Grid.Index(pos, cell)
		at := make([]float64, len(pos))
		for k, i := range pos {
			at[k] = c.Grid.Axes[k].Midpoint(i)
		}
		out = append(out, at)
	}
	return out
}

// cellsAt are the sizes of the cell of the probe at a point.
func (c *chooser) cellsAt(at []float64) []float64 {
	size := make([]float64, len(at))
	for k, q := range at {
		size[k] = c.cellSize(k, q)
	}
	return size
}

// hasMinimum refuses a V without one: it is as low in the outermost cells along an axis, at an end
// that is free, as in the lowest well, or that is there.
func (c *chooser) hasMinimum(values []float64) error {
	pos := make([]int, len(c.Grid.Axes))
	least := c.wells[0].v
	if !math.IsInf(least, 0) {
		least += 1e-9 * (1 + math.Abs(least))
	}
	for k, q := range c.wells[0].at {
		pos[k] = c.cell(k, q)
	}
	if err := c.outermost(pos); err != nil {
		return err
	}
	for cell, v := range values {
		if v > least {
			continue
		}
		c.Grid.Index(pos, cell)
		if err := c.outermost(pos); err != nil {
			return err
		}
	}
	return nil
}

// outermost refuses a cell at a free end for the place of a minimum.
func (c *chooser) outermost(pos []int) error {
	for k, i := range pos {
		a, last := &c.Grid.Axes[k], c.Grid.Axes[k].Cells()-1
		lower, upper := i == 0 && c.free(k, 0), i == last && c.free(k, 1)
		if (lower || upper) && k != c.core {
			return c.landscapeError(fmt.Errorf("f has no minimum that the program can choose a "+
				"grid around: at %s = %.3g it is as low as anywhere (give cells, min and max of "+
				"[[grid.axes]])", a.Name, a.Midpoint(i)))
		}
	}
	return nil
}

// distinct leaves out wells that are within the width of one before, along every axis.
func (c *chooser) distinct(wells []well) (out []well) {
	for _, w := range wells {
		same := slices.ContainsFunc(out, func(o well) bool {
			for k, q := range w.at {
				slack := (o.hi[k] - o.lo[k]) / 4
				if math.IsInf(o.v, -1) {
					slack = c.cellSize(k, q)
				}
				if middle := (o.lo[k] + o.hi[k]) / 2; c.Grid.IsRing(k) {
					period := c.length(k) // the image of q that is next to the other one
					q = middle + math.Remainder(q-middle, period)
				}
				if q < o.lo[k]-slack || q > o.hi[k]+slack {
					return false
				}
			}
			return true
		})
		if same || len(out) == mostWells {
			continue
		}
		for k, q := range w.at {
			lo, hi := c.span(&w, k, 0.5)
			w.lo, w.hi = append(w.lo, lo), append(w.hi, hi)
			below, _ := c.reachTo(&w, k, -1, 0.5, false)
			above, _ := c.reachTo(&w, k, 1, 0.5, false)
			w.std = append(w.std, max(above-q, q-below))
		}
		out = append(out, w)
	}
	return out
}

// descend lowers V from a point in steps along the axes and diagonals that are halved where none
// lowers it, so many times, with the coordinate of one axis (−1: none) kept.
func (c *chooser) descend(from []float64, kept int, step []float64, halvings int) (
	at []float64, v float64) {
	const most = 500
	step = slices.Clone(step)
	at = slices.Clone(from)
	v = c.potential(copies(at, 1))[0]
	halved := 0
	for range most {
		choices := make([][]float64, len(at))
		for k, q := range at {
			choices[k] = []float64{q}
			if lo, hi := c.Grid.Axes[k].Range(); k != kept {
				choices[k] = append(choices[k], math.Max(lo, q-step[k]), math.Min(hi, q+step[k]))
			}
		}
		near := product(choices)
		values := c.potential(near)
		best := floats.MinIdx(values)
		gain := v - values[best]
		if gain > 0 {
			at, v = column(near, best), values[best]
			if math.IsInf(v, -1) {
				return at, v
			}
			if gain > 1e-12*(1+math.Abs(v)) {
				continue
			}
		}
		if halved++; halved > halvings {
			break
		}
		floats.Scale(0.5, step)
	}
	return at, v
}

// span is the interval around a well, along an axis, on which the least V over the points that
// follow the floor of the valley is no more than a level above that of the well.
func (c *chooser) span(w *well, k int, level float64) (lo, hi float64) {
	lo, _ = c.reachTo(w, k, -1, level, true)
	hi, _ = c.reachTo(w, k, 1, level, true)
	return lo, hi
}

// reachTo is an end of a span, and the point of the floor there, or, straight along the axis, how
// far V has risen by a level.
func (c *chooser) reachTo(w *well, k int, direction, level float64, floors bool) (
	float64, []float64) {
	const bisections = 16
	if math.IsInf(w.v, -1) {
		return w.at[k], w.at
	}
	first, last := c.Grid.Axes[k].Range()
	end := last
	if direction < 0 {
		end = first
	}
	inside, floor := w.at[k], w.at
	outside := end
	for d := c.cellSize(k, w.at[k]) * 1e-6; ; d *= 2 {
		q := w.at[k] + direction*d
		if beyond := direction * (q - end); beyond >= 0 {
			q = end
		}
		next, v := c.floorAt(floor, k, q, math.Abs(q-inside), floors)
		if v > w.v+level {
			outside = q
			break
		}
		inside, floor = q, next
		if q == end {
			return end, floor
		}
	}
	for range bisections {
		q := inside + (outside-inside)/2
		next, v := c.floorAt(floor, k, q, math.Abs(q-inside), floors)
		if v > w.v+level {
			outside = q
		} else {
			inside, floor = q, next
		}
	}
	return outside, floor
}

// floorAt is the lowest point of a valley with the coordinate q along axis k, looked for from a
// point near by; straight, it is that point but for the coordinate.
func (c *chooser) floorAt(from []float64, k int, q, step float64, floors bool) (
	[]float64, float64) {
	at := slices.Clone(from)
	at[k] = q
	if len(at) == 1 || !floors {
		return at, c.potential(copies(at, 1))[0]
	}
	steps := make([]float64, len(at))
	for j := range steps {
		steps[j] = step
		if mesh.DomainOf(c.Grid.Coordinates, j).Bounded() {
			steps[j] = math.Min(step, 0.1)
		}
	}
	return c.descend(at, k, steps, 14)
}

// grading is the axis with its spacing, centres and widths; one whose spacing is given, as it is.
func (c *chooser) grading(k int) plannedAxis {
	p := plannedAxis{Axis: c.cfg.Grid.Axes[k]}
	domain := mesh.DomainOf(c.Grid.Coordinates, k)
	switch {
	case p.Spacing != "auto":
		return p
	case domain.Bounded():
		p.Spacing = "uniform"
		return p
	case k == c.core:
		p.Spacing = "log"
		if lo, hi := c.widest(k); lo < 0 && hi > 0 && hi < coreReach/4 && lo > -coreReach/4 {
			p.Width = []float64{rounded(math.Max(-lo, hi), 2)}
		}
		return p
	}
	p.Spacing = "sinh"
	var found []center
	for i := range c.wells {
		found = append(found, c.images(c.centerOf(&c.wells[i], k), k)...)
	}
	slices.SortStableFunc(found, func(a, b center) int { return cmp.Compare(a.width, b.width) })
	for _, f := range found {
		p.resolve(f, 1.5)
	}
	p.merge(found)
	return p
}

// widest is the span of the lowest well on which f/r² doubles.
func (c *chooser) widest(k int) (lo, hi float64) {
	return c.span(&c.wells[0], k, math.Ln2*(1+1/c.Noise.Epsilon()))
}

// center is a place at which an axis is fine.
type center struct{ at, width float64 }

// centerOf is where an axis is fine for a well: a zero of f, toward which it has no scale, to a
// thousandth of the distance to the next well or of 1.
func (c *chooser) centerOf(w *well, k int) center {
	if math.IsInf(w.v, -1) {
		const share = 1e-3
		nearest := 1.0
		for _, o := range c.wells {
			if d := math.Abs(o.at[k] - w.at[k]); d > 1e-9 {
				nearest = math.Min(nearest, d)
			}
		}
		return center{snapped(w.at[k], share*share*nearest), rounded(share*nearest, 2)}
	}
	const narrow = 3
	lo, hi := c.span(w, k, 1)
	factor := float64(narrow)
	if !isHomogeneous(c.Noise) {
		a, b := c.span(w, k, math.Ln2*(1+1/c.Noise.Epsilon()))
		if b-a <= narrow*(hi-lo) {
			lo, hi, factor = a, b, 1
		}
	}
	if d := mesh.DomainOf(c.Grid.Coordinates, k); d.HalfLine() && lo <= 1e-3*hi {
		return center{0, rounded(factor*hi, 2)}
	}
	width := rounded(factor*(hi-lo)/2, 2)
	return center{snapped(lo+(hi-lo)/2, width), width}
}

// resolve adds a centre where the cells of the others are coarser, by a factor, than it asks for.
// One beside it that is not much wider becomes as narrow instead.
func (p *plannedAxis) resolve(f center, coarser float64) {
	const much = 3
	if len(p.Centers) > 0 && p.size(f.at) <= coarser*f.width {
		return
	}
	for j, c := range p.Centers {
		if w := p.Width[j]; math.Abs(c-f.at) <= f.width/2 && w <= much*f.width {
			p.Width = slices.Clone(p.Width)
			p.Width[j] = math.Min(w, f.width)
			return
		}
	}
	p.Centers, p.Width = append(slices.Clone(p.Centers), f.at), append(slices.Clone(p.Width),
		f.width)
	order := make([]int, len(p.Centers))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(p.Centers[a], p.Centers[b]) })
	centers, widths := make([]float64, len(order)), make([]float64, len(order))
	for i, j := range order {
		centers[i], widths[i] = p.Centers[j], p.Width[j]
	}
	p.Centers, p.Width = centers, widths
}

// merge makes one wide part of centres that are too many.
func (p *plannedAxis) merge(found []center) {
	if len(p.Centers) <= mostCenters {
		return
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, f := range found {
		lo, hi = math.Min(lo, f.at-f.width), math.Max(hi, f.at+f.width)
	}
	width := rounded((hi-lo)/2, 2)
	p.Centers, p.Width = []float64{snapped(lo+(hi-lo)/2, width)}, []float64{width}
}

// widthsRemark says what the centres and widths of axes are.
func widthsRemark(homogeneous bool) string {
	if homogeneous {
		return "axes are fine where f is least, over three times the distance at which f/ε " +
			"rises by 1, and at the initial density"
	}
	return "axes are fine where f is least, as far as it doubles (its least value over the " +
		"transverse directions), or three times as far as −log π rises by 1 if that is less, and " +
		"at the initial density"
}

// resolveInitial makes the axes fine where the initial density is.
func (c *chooser) resolveInitial(p *Plan) {
	if p.initial.Kind != "gaussian" {
		return
	}
	system := c.Grid.Coordinates
	radius := 0.0
	for _, x := range p.initial.Center {
		radius = math.Hypot(radius, x)
	}
	for k := range p.axes {
		a := &p.axes[k]
		if a.Spacing != "sinh" || c.cfg.Grid.Axes[k].Spacing != "auto" {
			continue
		}
		at := radius
		if mesh.Separable(system) {
			at = p.initial.Center[k]
		}
		for _, f := range c.images(center{at, 2 * p.initial.Width}, k) {
			a.resolve(f, 2.5)
		}
	}
}

// chooseInitial is a Gaussian off a minimum: of the second of the wells by mass, or of the only
// one, two standard deviations of π along its softest axis, on the floor of the valley, and one of
// the stiffest wide, so that it is not far from equilibrium and overlaps with the slowest mode. On
// a radial grid the wells are those of the density of r.
func (c *chooser) chooseInitial() config.Initial {
	w := c.startingWell()
	soft, stiff := -1, math.Inf(1)
	for k, std := range w.std {
		if mesh.DomainOf(c.Grid.Coordinates, k).Bounded() {
			continue
		}
		if soft < 0 || std > w.std[soft] {
			soft = k
		}
		stiff = math.Min(stiff, std)
	}
	at := c.off(w, soft)
	in := config.Initial{Kind: "gaussian", Normalize: c.cfg.Initial.Normalize}
	if c.core >= 0 { // about r = 1
		at[c.core], stiff = 0, 0.25
	} else if stiff == 0 {
		stiff = 0.1
	}
	in.Width = rounded(stiff, 2)
	c.turnToZero(at)
	points := mesh.NewPoints(c.Grid)
	points.Set(copies(at, 1))
	for _, name := range c.Grid.Coordinates.Components() {
		in.Center = append(in.Center, snapped(points.Var(name)[0], 10*in.Width))
	}
	return in
}

// turnToZero puts angles on which V does not depend to 0.
func (c *chooser) turnToZero(at []float64) {
	v := c.potential(copies(at, 1))[0]
	for k := range at {
		if mesh.DomainOf(c.Grid.Coordinates, k).Bounded() {
			turned := slices.Clone(at)
			turned[k], _ = c.Grid.Axes[k].Range()
			if math.Abs(c.potential(copies(turned, 1))[0]-v) <= 1e-9*(1+math.Abs(v)) {
				at[k] = turned[k]
			}
		}
	}
}

// off is a point two standard deviations off a well along an axis.
func (c *chooser) off(w *well, soft int) []float64 {
	const level = 2 // of a Gaussian, at two standard deviations
	at, target := slices.Clone(w.at), w.at[soft]+2*w.std[soft]
	if q, floor := c.reachTo(w, soft, 1, level, true); q < target && len(at) > 1 {
		at = slices.Clone(floor)
		at[soft] = q
		return at
	}
	at, _ = c.floorAt(at, soft, target, w.std[soft], true)
	return at
}

// startingWell is the second of the wells by mass, log ∏ std − V, or the only one.
func (c *chooser) startingWell() *well {
	if mesh.Radial(c.Grid.Coordinates) && c.core < 0 {
		return c.radialWell()
	}
	mass := func(w well) float64 {
		sum := -w.v
		for _, std := range w.std {
			sum += math.Log(std)
		}
		return sum
	}
	order := slices.Clone(c.wells)
	slices.SortStableFunc(order, func(a, b well) int {
		if x, y := mass(a), mass(b); math.Abs(x-y) > 1e-3 {
			return cmp.Compare(y, x)
		}
		return 0
	})
	return &order[min(1, len(order)-1)]
}

// radialWell is the maximum of the density r^{m−1} π of r, and its width.
func (c *chooser) radialWell() *well {
	m := float64(c.Grid.Coordinates.Dimension())
	a := &c.Grid.Axes[0]
	logDensity := func(r float64) float64 {
		return (m-1)*math.Log(r) - c.potential([][]float64{{r}})[0]
	}
	best, top := 0, math.Inf(-1)
	for i := range a.Cells() {
		if v := logDensity(a.Midpoint(i)); v > top {
			best, top = i, v
		}
	}
	lower, upper := best, best
	for lower > 0 && logDensity(a.Midpoint(lower)) > top-0.5 {
		lower--
	}
	for upper < a.Cells()-1 && logDensity(a.Midpoint(upper)) > top-0.5 {
		upper++
	}
	std := (a.Midpoint(upper) - a.Midpoint(lower)) / 2
	if lower == 0 {
		std = a.Midpoint(upper)
	}
	return &well{at: []float64{a.Midpoint(best)}, std: []float64{std}}
}

func initialRemark(in config.Initial) string {
	return fmt.Sprintf("initial density: a Gaussian about %.4g, %.3g wide, off a minimum along "+
		"its softest axis", in.Center, in.Width)
}
