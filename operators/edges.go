package operators

import (
	"fmt"
	"math"
	"slices"

	"fpsgd/internal/parallel"
	"fpsgd/mesh"
	"fpsgd/operators/elementary"

	"gonum.org/v1/gonum/floats"
)

// Where the lattice of a cell does not resolve κ, the conductances through the cell's faces are integrated anew, with κ evaluated
// where it is needed: along the lines between the nodes by bisection, across them by bisection of the face. That is a pass of its own
// after the one over the grid, edge by edge, so that no result depends on how the grid was divided.

// conductanceTolerance is the relative error of such a conductance, by d: far below that of the scheme on the cells it is for, whose f
// is not smooth or far too steep for them, and more than the masses beside them have.
var conductanceTolerance = [...]float64{0, 1e-12, 1e-7, 1e-4, 1e-3}

// kappaTolerance is the error of the interpolated κ from which on a cell's edges are integrated anew, by d, and transverseTolerance that of
// its mass on the lattice: what the lattice reaches on cells of a sensible grid, ten times.
var (
	kappaTolerance      = [...]float64{0, 1e-9, 5e-3, 1e-1, 1e-1}
	transverseTolerance = [...]float64{0, 1, 1e-3, 3e-2, 1e-1}
)

const (
	linePoints  = 8              // Gauss points of a panel of a line
	lineSamples = linePoints + 2 // and near both ends
	linePanels  = 600            // panels of a sheet of lines before it is cut off
	faceBoxes   = 60             // parts of a face before it is cut off, but for features
	roughDepth  = 3              // bisections after which κ counts as having a kink
	deepest     = 60             // bisections of a line: to the last digits of any place
	mostDemands = 4000
	beyondRates = 1e15 // log κ, of which rounding leaves no digit of κ
)

// hardCell is one whose edges are integrated anew.
type hardCell struct {
	i    int
	node [4]float64
}

func newHardCell(i int, node []float64) hardCell {
	c := hardCell{i: i}
	copy(c.node[:], node)
	return c
}

// barrier is the logarithm of how far below its largest sample in a cell πJ may lie at the node, for every axis: at the centroid of an
// exponential it is e^{−1} of its largest value.
const barrier = 2.5

// openNode returns the node of a hard cell: its π-centroid, unless πJ is next to nothing there, as on a barrier narrower than the cell that
// runs through it. Lines from inside of a barrier make the cell a well of its own, with a rate that the equation does not have. Such a node
// is moved along one axis, to the nearest lattice point off the barrier: all that the cell has counts as on the side of its centroid.
func (s *slab) openNode(pos []int, logPi []float64) ([]float64, error) {
	_, top := extent(logPi)
	lowest := top - barrier*float64(s.d)
	p, x := s.p, s.lat.rule.x
	held := make([][]float64, s.d) // the node, then for every axis the node moved to the lattice points along it
	for l := range held {
		held[l] = slices.Repeat([]float64{s.node[l]}, 1+s.d*p)
	}
	for k, i := range pos {
		lo, hi := s.grid.Axes[k].Faces[i], s.grid.Axes[k].Faces[i+1]
		for a := range p {
			held[k][1+k*p+a] = lo + (hi-lo)*(1+x[a])/2
		}
	}
	value, kappa := make([]float64, 1+s.d*p), make([]float64, 1+s.d*p)
	points := mesh.NewPoints(s.grid)
	points.Set(held)
	if err := s.weights.LogWeights(value, kappa, points); err != nil {
		return nil, err
	}
	best, nearest := 0, math.Inf(1)
	for n := range value {
		for k := range held {
			value[n] += s.grid.LogJ(k, held[k][n])
		}
		if value[n] < lowest {
			continue
		}
		if n == 0 {
			break
		}
		if d := math.Abs(x[(n-1)%p] - s.xi[(n-1)/p]); d < nearest {
			best, nearest = n, d
		}
	}
	node := make([]float64, s.d)
	for k := range node {
		node[k] = held[k][best]
	}
	return node, nil
}

// edge lies between cell i and the next cell j along axis k, or, j < 0, between a cell and an end of the axis: the upper one where i is
// the last cell (side 1), the lower one where it is the first (side 0).
type edge struct{ k, i, j, side int }

// refineEdges integrates the conductances of hard cells anew.
func (a *assembly) refineEdges() error {
	if len(a.hard) == 0 {
		return nil
	}
	slices.SortFunc(a.hard, func(x, y hardCell) int { return x.i - y.i })
	nodes := make(map[int]*[4]float64, len(a.hard))
	for c := range a.hard {
		nodes[a.hard[c].i] = &a.hard[c].node
	}
	if err := a.refineAngular(); err != nil {
		return err
	}
	edges := a.hardEdges()
	failures := make([]float64, len(edges))
	err := parallel.Ranges(a.options.Threads, len(edges), func(first, last int) error {
		r := newEdgeRule(a, nodes)
		for n, e := range edges[first:last] {
			logT, short, err := r.conductance(e)
			if err != nil {
				return err
			}
			failures[first+n] = short
			if e.j >= 0 {
				a.op.Coupling[e.k][e.i] = logT
			} else {
				a.op.Ends[e.k][e.side][a.op.across(e.k, e.i)] = logT
			}
		}
		return nil
	})
	a.op.ConductanceError = floats.Max(append(failures, 0))
	return err
}

// refineAngular integrates the removal of the hard cells of an angular mode anew (see angular).
func (a *assembly) refineAngular() error {
	l, m := float64(a.options.Angular), float64(a.grid.Coordinates.Dimension())
	if l*(l+m-2) == 0 {
		return nil
	}
	for _, c := range a.hard {
		w := angularWeights{a.weights, a.grid.Axes[0].Log, math.Log(c.node[0])}
		rule := newMassIntegrator(a.grid, w, a.features)
		sum, reference, _, err := rule.integrate([]int{c.i}, a.op.LogM[c.i])
		if err != nil {
			return err
		}
		a.op.Removal[c.i] = l * (l + m - 2) * sum.mass * math.Exp(reference-a.op.LogM[c.i])
	}
	return nil
}

// angularWeights have e^κ/r² for their π, or e^κ/(r r̄) on an axis that is not logarithmic.
type angularWeights struct {
	weights Weights
	log     bool
	logNode float64
}

// LogWeights stores κ − log r² for log π.
func (w angularWeights) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	if err := w.weights.LogWeights(logPi, kappa, p); err != nil {
		return err
	}
	for i, logR := range p.LogNorm() {
		other := logR
		if !w.log {
			other = w.logNode
		}
		logPi[i] = kappa[i] - logR - other
	}
	return nil
}

// hardEdges lists the edges of the hard cells, each once.
func (a *assembly) hardEdges() []edge {
	var out []edge
	pos := make([]int, len(a.grid.Axes))
	for _, c := range a.hard {
		a.grid.Index(pos, c.i)
		for k, at := range pos {
			axis, stride := &a.grid.Axes[k], a.op.Stride(k)
			if j := a.op.Next(k, c.i, at); j >= 0 {
				out = append(out, edge{k, c.i, j, 1})
			} else if axis.Ends[1] == mesh.Open {
				out = append(out, edge{k, c.i, -1, 1})
			}
			switch {
			case at > 0:
				out = append(out, edge{k, c.i - stride, c.i, 1})
			case axis.Periodic:
				out = append(out, edge{k, c.i + (axis.Cells()-1)*stride, c.i, 1})
			case axis.Ends[0] == mesh.Open:
				out = append(out, edge{k, c.i, -1, 0})
			}
		}
	}
	slices.SortFunc(out, func(x, y edge) int {
		if x.k != y.k {
			return x.k - y.k
		}
		if x.i != y.i {
			return x.i - y.i
		}
		return x.side - y.side
	})
	return slices.Compact(out)
}

// piece is a part of the lines across a face, from a node to the face.
type piece struct {
	lo, hi   float64
	logScale float64 // log h_k² at the node, as far as it is taken there
}

// edgeRule integrates T = ∫dσ 1/Σ_pieces ∫ e^{−κ} h_k²/J_k dq_k over a face across axis k.
type edgeRule struct {
	*assembly
	nodes    map[int]*[4]float64 // of the hard cells
	lattice  *massIntegrator     // for the nodes of the others
	refined  *massIntegrator
	features []feature // near the edge
	points   *mesh.Points

	k, d      int
	across    []int // the other axes
	line      *rule
	face      *rule
	moments   momentRule
	pieces    []piece
	tolerance float64
	panels    int
	boxes     int
	short     float64 // the largest relative error left where panels or parts were cut off

	held         [][]float64
	logPi, kappa []float64
	g            []float64 // −κ + μ on the lines of a panel
	weight       []float64 // of the points of the face
	samples      []float64
	whole        []float64 // per line: log of what it has at least
	sum          []float64 // per line: log of what is done
	part         []float64
	total        float64
	aliased      []float64
}

func newEdgeRule(a *assembly, nodes map[int]*[4]float64) *edgeRule {
	d, p := len(a.grid.Axes), len(a.lattice.rule.x)
	lines := pow(p, d-1)
	r := &edgeRule{
		assembly: a, nodes: nodes, d: d, line: newRule(linePoints), face: a.lattice.rule, tolerance: conductanceTolerance[d],
		lattice: newMassIntegratorOf(a.grid, a.weights, p), refined: newMassIntegrator(a.grid, a.weights, nil),
		points: mesh.NewPoints(a.grid), moments: newMomentRule(a.lattice.rule, max(d-1, 1)),
		logPi: make([]float64, lines*lineSamples), kappa: make([]float64, lines*lineSamples), g: make([]float64, lines*lineSamples),
		weight: make([]float64, lines), samples: make([]float64, max(lines, linePoints)), whole: make([]float64, lines),
		sum: make([]float64, lines), part: make([]float64, lines), aliased: make([]float64, d-1),
	}
	for range d {
		r.held = append(r.held, make([]float64, lines*lineSamples))
	}
	return r
}

// conductance returns log T of an edge, and the relative error that is left where the integral was cut off.
func (r *edgeRule) conductance(e edge) (logT, short float64, err error) {
	r.k, r.across, r.pieces, r.short = e.k, r.across[:0], r.pieces[:0], 0
	pos := make([]int, r.d)
	r.grid.Index(pos, e.i)
	axis := &r.grid.Axes[e.k]
	var face box
	for k, at := range pos {
		if k != e.k {
			r.across = append(r.across, k)
			face.lo[k], face.hi[k] = r.grid.Axes[k].Faces[at], r.grid.Axes[k].Faces[at+1]
		}
	}
	r.features = r.features[:0]
	for _, cell := range [2]int{e.i, e.j} {
		if cell < 0 {
			continue
		}
		node, err := r.node(cell)
		if err != nil {
			return 0, 0, err
		}
		r.grid.Index(pos, cell)
		p := piece{logScale: r.assembly.logNodeScale(e.k, node[:r.d])}
		if lo, hi := axis.Faces[pos[e.k]], axis.Faces[pos[e.k]+1]; cell == e.i && e.side == 1 {
			p.lo, p.hi = node[e.k], hi
		} else {
			p.lo, p.hi = lo, node[e.k]
		}
		r.pieces = append(r.pieces, p)
		near := face
		near.lo[e.k], near.hi[e.k] = p.lo, p.hi
		for f := range r.assembly.features {
			if r.assembly.features[f].near(&near, r.d) {
				r.features = append(r.features, r.assembly.features[f])
			}
		}
	}
	r.boxes, r.total = 0, math.Inf(-1)
	logT, err = r.facePart(face, 0)
	return logT, r.short, err
}

// node returns the π-centroid of a cell.
func (r *edgeRule) node(i int) (node [4]float64, err error) {
	if known := r.nodes[i]; known != nil {
		return *known, nil
	}
	pos := make([]int, r.d)
	r.grid.Index(pos, i)
	r.lattice.pos, r.lattice.reference = pos, 0
	whole := r.lattice.whole()
	sum, aliased, err := r.lattice.sample(whole)
	if larger, again := err.(tooLarge); again || err == nil && sum.mass < math.SmallestNonzeroFloat64*1e100 {
		if r.lattice.reference = larger.log; !again {
			_, r.lattice.reference = extent(r.lattice.logPi)
		}
		sum, aliased, err = r.lattice.sample(whole)
	}
	if err != nil {
		return node, err
	}
	if failingAxes(aliased, massTolerance[r.d]) != 0 {
		if sum, _, _, err = r.refined.integrate(pos, r.lattice.reference); err != nil {
			return node, err
		}
	}
	for k := range r.d {
		node[k] = whole.lo[k] + (whole.hi[k]-whole.lo[k])*(1+sum.first[k]/sum.mass)/2
	}
	return node, nil
}

// facePart returns log ∫dσ 1/Σ over a part of the face.
func (r *edgeRule) facePart(b box, depth int) (float64, error) {
	value, err := r.faceSample(b)
	if err != nil {
		return 0, err
	}
	if r.total < value {
		r.total = value
	}
	demanded := 0
	for f := range r.features {
		near, reach := b, r.pieces[len(r.pieces)-1].hi
		near.lo[r.k], near.hi[r.k] = r.pieces[0].lo, reach
		demanded |= r.features[f].demands(&near, r.d) &^ (1 << r.k)
	}
	failing := demanded
	allowed := r.tolerance * math.Max(1, math.Exp(math.Min(700, r.total-value)))
	for n, k := range r.across {
		if !(r.aliased[n] <= allowed) {
			failing |= 1 << k
		}
	}
	r.boxes++
	switch {
	case failing == 0:
		return value, nil
	case r.boxes > mostDemands && demanded != 0:
		return 0, fmt.Errorf("f varies near %s on a scale that %d parts of the face of a cell do not resolve: use smaller cells there", r.refined.where(b), mostDemands)
	case r.boxes > faceBoxes && demanded == 0:
		r.short = math.Max(r.short, math.Min(1, floats.Sum(r.aliased)*math.Exp(value-r.total)))
		return value, nil
	}
	b.failing = failing
	sum := math.Inf(-1)
	for c := range 1 << r.d {
		if c&^failing != 0 {
			continue
		}
		part, err := r.facePart(b.child(c), depth+1)
		if err != nil {
			return 0, err
		}
		sum = elementary.LogAdd(sum, part)
	}
	return sum, nil
}

// faceSample applies the rule of the face to a part of it, and stores the estimated errors due to each transverse axis in aliased.
func (r *edgeRule) faceSample(b box) (float64, error) {
	lines := len(r.weight)
	resistance := make([]float64, lines)
	for t := range resistance {
		resistance[t] = math.Inf(-1)
	}
	for _, p := range r.pieces {
		b.lo[r.k], b.hi[r.k] = p.lo, p.hi
		if err := r.sheet(b); err != nil {
			return 0, err
		}
		for t, v := range r.sum {
			resistance[t] = elementary.LogAdd(resistance[t], v+p.logScale)
		}
	}
	r.shares(b)
	top := math.Inf(-1)
	for t, v := range resistance {
		resistance[t] = -v
		top = math.Max(top, -v)
	}
	if math.IsInf(top, 0) || math.IsNaN(top) {
		return 0, fmt.Errorf("the conductance of the face at %s is not representable: f has a pole or vanishes there", r.whereFace(b))
	}
	if r.d == 1 {
		return resistance[0] + math.Log(r.weight[0]), nil
	}
	values := r.samples[:lines]
	for t, v := range resistance {
		values[t] = r.weight[t] * math.Exp(v-top)
	}
	m := r.moments.tensorMoments(values, resistance, r.aliased)
	return top + math.Log(m.mass), nil
}

// whereFace names the middle of a box of lines.
func (r *edgeRule) whereFace(b box) string {
	r.refined.pos = make([]int, r.d)
	return r.refined.where(b)
}

// shares stores the elements dσ J/h_k² of a part of the face, as slab.shares has them on the lattice.
func (r *edgeRule) shares(b box) {
	factors := make([][]float64, 0, 3)
	for _, k := range r.across {
		half, share := (b.hi[k]-b.lo[k])/2, make([]float64, len(r.face.x))
		powers := 1.0
		if r.grid.Axes[k].Log {
			powers = 2
		}
		for a, x := range r.face.x {
			q := b.lo[k] + half*(1+x)
			share[a] = r.face.w[a] * half * math.Exp(r.grid.LogJ(k, q)-powers*r.grid.LogScale(r.k, k, q))
		}
		factors = append(factors, share)
	}
	tensor(r.weight, factors)
}

// sheet stores in sum the logarithms of ∫ e^{−κ} h_k²/J_k dq_k along the lines through a box at the points of the face's rule.
func (r *edgeRule) sheet(b box) error {
	for t := range r.sum {
		r.whole[t], r.sum[t] = math.Inf(-1), math.Inf(-1)
	}
	r.panels = 0
	if b.hi[r.k] <= b.lo[r.k] { // the node lies on the face
		return nil
	}
	return r.panel(b, 0)
}

// panel adds a panel of the lines, or its halves.
func (r *edgeRule) panel(b box, depth int) error {
	worst, err := r.samplePanel(b, depth)
	if err != nil {
		return err
	}
	demanded := false
	for f := range r.features {
		demanded = demanded || r.features[f].demands(&b, r.d)>>r.k&1 == 1
	}
	r.panels++
	last := b.hi[r.k]-b.lo[r.k] <= lastDigits*math.Max(math.Abs(b.lo[r.k]), math.Abs(b.hi[r.k]))
	if !(worst <= r.tolerance) || demanded {
		if depth < deepest && (!last || demanded) && r.panels < linePanels {
			lower, upper := b, b
			middle := b.lo[r.k] + (b.hi[r.k]-b.lo[r.k])/2
			lower.hi[r.k], upper.lo[r.k] = middle, middle
			if err := r.panel(lower, depth+1); err != nil {
				return err
			}
			return r.panel(upper, depth+1)
		}
		r.short = math.Max(r.short, math.Min(1, worst))
	}
	for t, v := range r.part {
		r.sum[t] = elementary.LogAdd(r.sum[t], v)
		r.whole[t] = math.Max(r.whole[t], r.sum[t])
	}
	return nil
}

// samplePanel stores in part the logarithms of the integrals over a panel, and returns the largest error of a line relative to all that the
// line has.
func (r *edgeRule) samplePanel(b box, depth int) (worst float64, err error) {
	p, n := len(r.face.x), lineSamples
	lines := len(r.weight)
	half := (b.hi[r.k] - b.lo[r.k]) / 2
	for t := range lines {
		rest := t
		for c := len(r.across) - 1; c >= 0; c-- {
			k := r.across[c]
			q := b.lo[k] + (b.hi[k]-b.lo[k])/2*(1+r.face.x[rest%p])
			rest /= p
			for s := range n {
				r.held[k][t*n+s] = q
			}
		}
		for s, x := range r.line.x {
			r.held[r.k][t*n+s] = b.lo[r.k] + half*(1+x)
		}
		r.held[r.k][t*n+linePoints] = b.lo[r.k] + half*(1-nearEnd)
		r.held[r.k][t*n+linePoints+1] = b.lo[r.k] + half*(1+nearEnd)
	}
	r.points.Set(r.held)
	if err := r.weights.LogWeights(r.logPi, r.kappa, r.points); err != nil {
		return 0, err
	}
	for s := range n {
		q := r.held[r.k][s]
		metric := 2*r.grid.LogScale(r.k, r.k, q) - r.grid.LogJ(r.k, q)
		for t := range lines {
			r.g[t*n+s] = metric - r.kappa[t*n+s]
		}
	}
	for t := range lines {
		g, atEnds := r.g[t*n:][:linePoints], [2]float64(r.g[t*n+linePoints:][:2])
		_, top := extent(g)
		sum, samples := 0.0, r.samples[:linePoints]
		for s, v := range g {
			samples[s] = math.Exp(v - top)
			sum += r.line.w[s] * samples[s]
		}
		if r.part[t] = top + math.Log(sum*half); math.IsNaN(r.part[t]) {
			return 0, fmt.Errorf("κ is undefined on the lines through %s", r.whereFace(b))
		}
		if depth == 0 {
			r.whole[t] = r.part[t]
		}
		hidden, _ := r.line.beyondEnds(g, atEnds, top+math.Log(sum))
		relative := math.Max(r.line.aliasing(samples, g), hidden)
		if depth >= roughDepth {
			relative = math.Max(relative, r.line.highest(g))
		}
		least, most := extent(r.kappa[t*n:][:n])
		if most > beyondRates {
			return 0, fmt.Errorf("κ = e^%.3g on the lines through %s: rates that are not representable", most, r.whereFace(b))
		}
		relative -= rounded * math.Max(math.Abs(least), math.Abs(most))
		worst = math.Max(worst, relative*math.Exp(math.Min(0, r.part[t]-r.whole[t])))
	}
	return worst, nil
}
