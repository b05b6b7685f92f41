package scenarios

import (
	"math"

	"fpsgd/mesh"
	"fpsgd/scenarios/config"

	"gonum.org/v1/gonum/floats"
)

// longestReach is how many decades of its width an end may be away, by the number of axes: a domain
// of 60 decades has a gap within 1e-3 of the edge ε β²/4, β ≥ 1, that it approaches like ε(π/T)²;
// on two axes 12 and on three 6 are what cells suffice for.
var longestReach = []float64{60, 12, 6, 4}

// tailCells are the cells along every axis on which tails are summed, by the number of axes.
var tailCells = []int{4000, 400, 60, 20}

// mostFall is how far log π times the volume of a cell may fall, of some 1400 that the square root
// of a mass can hold.
const mostFall = 1000

// chooseEnds chooses the ends of the axes that are free.
func (c *chooser) chooseEnds(p *Plan) error {
	share := c.cfg.Grid.Accuracy / 10
	integrable := c.Integrability().Integrable
	growing := integrable != nil && !*integrable
	for k := range p.axes {
		a := &p.axes[k]
		if c.cfg.Grid.Axes[k].Spacing == "auto" {
			a.setRange(c.widestRange(k, a))
		}
	}
	for pass := range 2 { // the second time on cells that are finer
		g, err := p.grid(tailCells[len(p.axes)-1])
		if err != nil {
			return c.cfg.Errorf("grid.axes", "%v", err)
		}
		tails, err := c.tails(g)
		if err != nil {
			return err
		}
		for k := range p.axes {
			for end := range 2 {
				if c.free(k, end) && !p.axes[k].far[end] {
					c.shorten(p, k, end, g, tails[k], share/float64(c.freeEnds()), growing,
						pass == 0)
				}
			}
		}
	}
	c.reachInitial(p, share)
	for k := range p.axes {
		c.even(&p.axes[k], k)
	}
	c.reachFar(p)
	for k := range p.axes {
		c.roundEnds(&p.axes[k], k)
		for end := range 2 {
			p.axes[k].chosen[end] = c.free(k, end) && !p.axes[k].far[end]
		}
	}
	return nil
}

// even makes ends that are about as far from the widest of the centres equally far.
func (c *chooser) even(a *plannedAxis, k int) {
	const about = 2
	if a.Spacing != "sinh" || !c.free(k, 0) || !c.free(k, 1) || a.far != [2]bool{} {
		return
	}
	middle := a.Centers[floats.MaxIdx(a.Width)]
	if len(a.Centers) > 1 && a.Width[0] == a.Width[len(a.Width)-1] {
		middle = (a.origin(0) + a.origin(1)) / 2
	}
	below, above := middle-a.Min, a.Max-middle
	if far := math.Max(below, above); far < about*math.Min(below, above) {
		a.setRange(middle-far, middle+far)
	}
}

// freeEnds is the number of ends that are chosen.
func (c *chooser) freeEnds() (n int) {
	for k := range c.cfg.Grid.Axes {
		for end := range 2 {
			if c.free(k, end) {
				n++
			}
		}
	}
	return n
}

// free reports whether an end is chosen.
func (c *chooser) free(k, end int) bool {
	a := &c.cfg.Grid.Axes[k]
	if a.Spacing != "auto" || !a.Unset[end] {
		return false
	}
	return end == 1 || k == c.core || !mesh.DomainOf(c.Grid.Coordinates, k).HalfLine()
}

// widestRange is where the ends of an axis are looked for.
func (c *chooser) widestRange(k int, a *plannedAxis) (lo, hi float64) {
	const decades = 1e8
	given := &c.cfg.Grid.Axes[k]
	lo, hi = given.Min, given.Max
	switch {
	case k == c.core:
		lo, hi = -coreReach, coreReach
		if !given.Unset[1] {
			hi = math.Log(given.Max)
		}
		return lo, hi
	case a.Spacing == "uniform":
		return lo, hi
	}
	last := len(a.Centers) - 1
	if c.free(k, 0) {
		lo = a.Centers[0] - decades*a.Width[0]
	}
	if c.free(k, 1) {
		hi = a.Centers[last] + decades*a.Width[last]
	}
	return lo, hi
}

// setRange sets the held ends.
func (a *plannedAxis) setRange(lo, hi float64) {
	if a.Spacing == "log" {
		a.LogMin, a.LogMax = lo, hi
		return
	}
	a.Min, a.Max = lo, hi
}

// heldRange returns the held ends.
func (a *plannedAxis) heldRange() (lo, hi float64) {
	if a.Spacing == "log" {
		return a.LogMin, a.LogMax
	}
	return a.Min, a.Max
}

// grid is the plan with so many cells along every axis whose cells are not given.
func (p *Plan) grid(cells int) (*mesh.Grid, error) {
	cfg := *p.config
	cfg.Grid.Axes = make([]config.Axis, len(p.axes))
	for k := range p.axes {
		cfg.Grid.Axes[k] = p.axes[k].Axis
		if a := &cfg.Grid.Axes[k]; p.config.Grid.Axes[k].Spacing == "auto" {
			if a.Cells = cells; a.Spacing == "uniform" {
				a.Cells = max(8, cells/4)
			}
		}
	}
	return newGrid(&cfg)
}

// tail is what lies beyond every face of an axis, on either side, of the mass of π and of its
// second moment, relative to the whole.
type tail struct{ below, above, momentBelow, momentAbove []float64 }

// tails sums π over a grid, by the values at the midpoints of its cells.
func (c *chooser) tails(g *mesh.Grid) ([]tail, error) {
	logM := make([]float64, g.Cells())
	on := *c
	on.explorer = newExplorer(prepared(Problem{Landscape: c.Landscape, Noise: c.Noise, Grid: g,
		Threads: c.Threads}, c.cfg))
	values, err := on.onProbe()
	if err != nil {
		return nil, err
	}
	g.LogVolumes(logM)
	p, top := 1+1/c.Noise.Epsilon(), math.Inf(-1)
	pos := make([]int, len(g.Axes))
	for i, v := range values {
		if c.core >= 0 { // the potential there is that of f/r²
			g.Index(pos, i)
			v += 2 * p * g.Axes[c.core].Midpoint(pos[c.core])
		}
		logM[i] -= v
		top = math.Max(top, logM[i])
	}
	marginals := make([][]float64, len(g.Axes))
	for k := range marginals {
		marginals[k] = make([]float64, g.Axes[k].Cells())
	}
	for i, v := range logM {
		g.Index(pos, i)
		for k, j := range pos {
			marginals[k][j] += math.Exp(v - top)
		}
	}
	growth := 1.0
	if mesh.Radial(g.Coordinates) && g.Coordinates.Dimension() > 1 && c.core < 0 {
		growth = 2 // the slowest of the modes that depend on r alone is about r²
	}
	out := make([]tail, len(g.Axes))
	for k := range out {
		out[k] = tailOf(&g.Axes[k], marginals[k], growth)
	}
	return out, nil
}

// tailOf sums a marginal from either side, and its moments ∫|q − mean|^{2 growth}.
func tailOf(a *mesh.Axis, mass []float64, growth float64) tail {
	n := len(mass)
	mean, total := 0.0, 0.0
	for i, m := range mass {
		mean, total = mean+m*a.Midpoint(i), total+m
	}
	mean /= total
	moment := make([]float64, n)
	all := 0.0
	for i, m := range mass {
		d := a.Midpoint(i) - mean
		moment[i] = m * math.Pow(math.Abs(d), 2*growth)
		all += moment[i]
	}
	cumulate := func(v []float64, total float64) (below, above []float64) {
		below, above = make([]float64, n+1), make([]float64, n+1)
		for i := range n {
			below[i+1] = below[i] + v[i]/total
			above[n-1-i] = above[n-i] + v[n-1-i]/total
		}
		return below, above
	}
	t := tail{}
	t.below, t.above = cumulate(mass, total)
	t.momentBelow, t.momentAbove = cumulate(moment, all)
	return t
}

// shorten brings an end in to where no more than a share lies beyond. One that the sums of the
// tails, the first time, do not bring in is far.
func (c *chooser) shorten(p *Plan, k, end int, g *mesh.Grid, t tail, share float64,
	growing, first bool) {
	a, faces := &p.axes[k], g.Axes[k].Faces
	n := len(faces) - 1
	at := n
	for i := range n + 1 {
		beyond, moment := t.above[i], t.momentAbove[i]
		face := i
		if end == 0 {
			beyond, moment, face = t.below[n-i], t.momentBelow[n-i], n-i
		}
		if beyond <= share && moment <= share {
			at = face
			break
		}
	}
	q := faces[at]
	// Three quarters of the way to where tails are summed, in τ, they have not fallen: their sums,
	// cut off there, do not converge, or hardly.
	const hardly = 0.75
	from := a.tau(a.origin(end))
	if growing || first && math.Abs(a.tau(q)-from) > hardly*math.Abs(a.tau(faces[n*end])-from) {
		a.far[end] = true
		return
	}
	ends := [2]float64{}
	ends[0], ends[1] = a.heldRange()
	ends[end] = q
	if ends[0] < ends[1] {
		a.setRange(ends[0], ends[1])
	}
}

// origin is where an end is reckoned from: the outermost centre, or log r = 0.
func (a *plannedAxis) origin(end int) float64 {
	if a.Spacing == "log" {
		return 0
	}
	return a.Centers[(len(a.Centers)-1)*end]
}

// reachInitial puts the ends beyond what the initial density has inside of a share: a Gaussian
// falls to a share at sqrt(2 log(1/share)) widths; a transition density starts within nine tenths
// of a decade of its source.
func (c *chooser) reachInitial(p *Plan, share float64) {
	in, system := p.initial, c.Grid.Coordinates
	var reach float64
	var center []float64
	switch {
	case in.Kind == "gaussian":
		center, reach = in.Center, in.Width*math.Sqrt(2*math.Log(1/share))
	case in.Kind == "exact" && in.B == nil:
		center, reach = make([]float64, len(p.axes)), 0
		center[0], reach = in.Source, 8*math.Abs(in.Source)+1
	default:
		return
	}
	radius := 0.0
	for _, x := range center {
		radius = math.Hypot(radius, x)
	}
	for k := range p.axes {
		a := &p.axes[k]
		if mesh.DomainOf(system, k).Bounded() {
			continue
		}
		at := radius
		if mesh.Separable(system) {
			at = center[k]
		}
		lo, hi := a.heldRange()
		below, above := at-reach, at+reach
		if a.Spacing == "log" {
			below, above = math.Log(math.Max(below, 1e-3*at)), math.Log(above)
		}
		if c.free(k, 0) {
			lo = math.Min(lo, below)
		}
		if c.free(k, 1) {
			hi = math.Max(hi, above)
		}
		a.setRange(lo, hi)
	}
}

// reachFar puts the ends that are to be as far as is representable there: log π times a volume, f
// and the volumes of cells are, at the ends of the axes and in the corners.
func (c *chooser) reachFar(p *Plan) {
	if !p.Far() {
		return
	}
	most := longestReach[len(p.axes)-1]
	if c.slow(p) {
		most = math.Min(most, slowReach)
	}
	for decades := most; ; decades *= 0.9 {
		for k := range p.axes {
			p.axes[k].reach(decades)
		}
		if decades < 1 || c.representable(p) {
			break
		}
	}
}

// slowReach is how many decades of its width an end may be away where f grows slower than |θ|²:
// there is no gap then, and that of the grid falls with a power of the reach.
const slowReach = 4

// slow reports whether f grows slower than |θ|² towards a far end, by its exponent between 10⁴ and
// 10⁸ widths out, for noise that vanishes with the loss.
func (c *chooser) slow(p *Plan) bool {
	if isHomogeneous(c.Noise) {
		return false
	}
	for k := range p.axes {
		a := &p.axes[k]
		for end, sign := range []float64{-1, 1} {
			if !a.far[end] || a.Spacing != "sinh" {
				continue
			}
			held := make([][]float64, len(p.axes))
			for _, out := range []float64{1e4, 1e8} {
				for l := range held {
					at := 0.0
					if b := &p.axes[l]; len(b.Centers) > 0 {
						at = b.Centers[0]
					}
					if l == k {
						j := (len(a.Centers) - 1) * end
						at = a.Centers[j] + sign*out*a.Width[j]
					}
					held[l] = append(held[l], at)
				}
			}
			logF, err := c.logF(held)
			if err == nil && (logF[1]-logF[0])/math.Log(1e4) < 2*(1-clearance) {
				return true
			}
		}
	}
	return false
}

// reach puts the far ends of an axis so many decades out.
func (a *plannedAxis) reach(decades float64) {
	lo, hi := a.heldRange()
	ends := [2]float64{lo, hi}
	for end, sign := range []float64{-1, 1} {
		switch {
		case !a.far[end]:
		case a.Spacing == "log":
			ends[end] = sign * decades * 5 // of log r: 300 for 60
		default:
			j := (len(a.Centers) - 1) * end
			ends[end] = a.Centers[j] + sign*a.Width[j]*math.Pow(10, decades)
		}
	}
	a.setRange(ends[0], ends[1])
}

// representable reports whether the grid of a plan holds f, π and the volumes of cells as far as
// its corners.
func (c *chooser) representable(p *Plan) bool {
	const largest = 600 // of the logarithm of a volume, and of f
	g, err := p.grid(64 >> (2 * min(2, len(p.axes)-1)))
	if err != nil {
		return false
	}
	logV := make([]float64, g.Cells())
	g.LogVolumes(logV)
	on := newExplorer(prepared(Problem{Landscape: c.Landscape, Noise: c.Noise, Grid: g,
		Threads: c.Threads}, c.cfg))
	pos := make([]int, len(g.Axes))
	top, least := math.Inf(-1), math.Inf(1)
	held := make([][]float64, len(g.Axes))
	for i := range logV {
		g.Index(pos, i)
		for k, j := range pos {
			held[k] = append(held[k], g.Axes[k].Midpoint(j))
		}
	}
	p1 := 1 + 1/c.Noise.Epsilon()
	for i, v := range on.logPi(held) {
		if math.IsNaN(v) || math.IsInf(v, 0) || math.Abs(logV[i]) > largest ||
			!isHomogeneous(c.Noise) && math.Abs(v/p1) > largest {
			return false
		}
		top, least = math.Max(top, v+logV[i]), math.Min(least, v+logV[i])
	}
	return top-least < mostFall
}

// roundEnds rounds ends that were chosen outwards, to two digits.
func (c *chooser) roundEnds(a *plannedAxis, k int) {
	lo, hi := a.heldRange()
	outwards := func(q, sign float64) float64 {
		unit := math.Pow(10, math.Floor(math.Log10(math.Abs(q)))-1)
		if !(unit > 0) || math.IsInf(unit, 0) {
			return q
		}
		return snapped(sign*math.Ceil(sign*q/unit*(1-1e-12))*unit, 10*unit)
	}
	if c.free(k, 0) {
		lo = outwards(lo, -1)
	}
	if c.free(k, 1) {
		hi = outwards(hi, 1)
	}
	a.setRange(lo, hi)
}
