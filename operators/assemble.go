package operators

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"fpsgd/mesh"
)

// Options are the choices of an assembly.
type Options struct {
	Flux    Flux // "": ScharfetterGummel
	Angular int  // radial grids: the mode l of u(r)·Y_l, which adds the removal ∫ e^κ l(l+m−2)/r² J dq; m = 1: 1 is odd u
	Threads int  // 0: all cores; the result does not depend on it
}

// Assemble builds the operator of ∂tρ = div( e^κ ∇(ρ/π) ) on a grid.
//
// One pass over the grid in C order samples the weights on the quadrature lattice, a row of cells at a time. A cell gives
// its mass, its π-centroid and, for every axis and every transverse lattice point, the resistances of the two pieces of
// the line through it: from the node to the lower and to the upper face. The conductance between neighbours is the
// transverse integral of the reciprocal sum of two such pieces.
func Assemble(g *mesh.Grid, w Weights, o Options) (*Operator, error) {
	if o.Flux == "" {
		o.Flux = ScharfetterGummel
	}
	if o.Angular != 0 {
		var err error
		if g, err = modeGrid(g, o.Angular); err != nil {
			return nil, err
		}
	}
	n := g.Cells()
	if g.Axes[0].Periodic {
		return nil, fmt.Errorf("axis %s: the first axis cannot be periodic; let phi come after r", g.Axes[0].Name)
	}
	op := &Operator{Shape: g.Shape(), LogM: make([]float64, n), Sigma: make([]float64, n), Diag: make([]float64, n)}
	for k := range g.Axes {
		op.Periodic = append(op.Periodic, g.Axes[k].Periodic)
		op.Coupling = append(op.Coupling, make([]float64, n)) // log T until finish
	}
	if o.Angular != 0 || hasOpenEnd(g) {
		op.Removal = make([]float64, n) // R until finish: relative to e^LogM
	}
	a := &assembly{grid: g, weights: w, options: o, op: op, lattice: newLattice(g)}
	if err := a.run(); err != nil {
		return nil, err
	}
	if o.Flux == Bernoulli {
		if err := a.bernoulli(); err != nil {
			return nil, err
		}
	}
	return op, op.finish(g)
}

// modeGrid returns the radial grid for the mode l. On the line, where l(l+m−2) = 0, the mode 1 is the odd functions, and what
// makes them so is u(0) = 0: the end at r = 0, for which the first face of a logarithmic axis stands, absorbs.
func modeGrid(g *mesh.Grid, l int) (*mesh.Grid, error) {
	m, r := g.Coordinates.Dimension(), &g.Axes[0]
	switch {
	case g.Coordinates.Name() != "radial":
		return nil, fmt.Errorf("an angular mode needs radial coordinates, not %s", g.Coordinates.Name())
	case l < 0 || m == 1 && l > 1:
		return nil, fmt.Errorf("there is no angular mode l = %d in dimension %d: use 0 ≤ l, and 1 for odd functions of the line", l, m)
	case m > 1 || !r.Log && r.Faces[0] > 0:
		return g, nil
	}
	odd := *g
	odd.Axes = slices.Clone(g.Axes)
	odd.Axes[0].Ends[0] = mesh.Open
	return &odd, nil
}

func hasOpenEnd(g *mesh.Grid) bool {
	for k := range g.Axes {
		if g.Axes[k].Ends[0] == mesh.Open || g.Axes[k].Ends[1] == mesh.Open {
			return true
		}
	}
	return false
}

type assembly struct {
	grid    *mesh.Grid
	weights Weights
	options Options
	op      *Operator
	lattice *lattice
}

// run assembles slabs of planes of the first axis side by side. A slab repeats the plane below its first one, for the
// resistances that its first edges need; every number is computed the same way whatever the slabs.
func (a *assembly) run() error {
	planes := a.grid.Axes[0].Cells()
	threads := a.options.Threads
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	threads = min(threads, planes)
	errs := make([]error, threads)
	var wg sync.WaitGroup
	for t := range threads {
		wg.Add(1)
		go func() {
			defer wg.Done()
			s := newSlab(a)
			first, last := planes*t/threads, planes*(t+1)/threads
			for i := max(first-1, 0); i < last && errs[t] == nil; i++ {
				errs[t] = s.plane(i, i >= first)
			}
		}()
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// slab is one worker's state: the samples of the current row and the upper resistances of the cells already passed.
type slab struct {
	*assembly
	rows
	mass  *massIntegrator // of π
	poles *massIntegrator // of e^{−κ}, made when needed

	logPi, kappa []float64      // log πJ and κ on the lattice of a row
	faceKappa    [][2][]float64 // Face: κ on the lower and upper faces along each axis
	weight       [][]float64    // the cell's weights per axis
	integrand    []float64
	marginal     []float64
	logMean      []float64
	aliased      []float64
	combined     []float64 // κ − μ on the cell's lattice, along a logarithmic axis
	resistivity  []float64 // e^{min κ − κ} on the cell's lattice
	kappaMin     float64
	kappaMax     float64
	xi, node     []float64 // the cell's π-centroid: in the cell's own coordinates, and held
	share        []float64
	path         pathRule
	lower        resistances
	upper, start [][]resistances // per axis: of the last cell passed at each place of a plane; of a periodic axis's first
}

// resistances are those of one piece of line per transverse lattice point, e^logScale · value.
type resistances struct {
	logScale float64
	value    []float64
}

func newSlab(a *assembly) *slab {
	r := newRows(a.lattice)
	d, p, n := r.d, r.p, len(r.held[0])
	s := &slab{
		assembly: a, rows: r, mass: newMassIntegrator(a.grid, a.weights),
		logPi: make([]float64, n), kappa: make([]float64, n),
		integrand: make([]float64, pow(p, d)), marginal: make([]float64, p), logMean: make([]float64, p), aliased: make([]float64, d),
		combined: make([]float64, pow(p, d)), resistivity: make([]float64, pow(p, d)),
		weight: make([][]float64, d), path: newPathRule(a.lattice.rule),
		share: make([]float64, pow(p, d-1)), xi: make([]float64, d), node: make([]float64, d),
		lower: resistances{value: make([]float64, pow(p, d-1))},
	}
	plane := a.grid.Cells() / a.grid.Axes[0].Cells()
	for k := range d {
		s.upper = append(s.upper, newResistances(plane, pow(p, d-1)))
		first := 0
		if a.grid.Axes[k].Periodic {
			first = plane
		}
		s.start = append(s.start, newResistances(first, pow(p, d-1)))
		if a.options.Flux == Face {
			n := r.row * pow(p, d-1)
			s.faceKappa = append(s.faceKappa, [2][]float64{make([]float64, n), make([]float64, n)})
		}
	}
	return s
}

func newResistances(n, transverse int) []resistances {
	out := make([]resistances, n)
	all := make([]float64, n*transverse)
	for i := range out {
		out[i].value = all[i*transverse:][:transverse]
	}
	return out
}

// plane passes over plane i0 of the first axis, and stores its results if asked.
func (s *slab) plane(i0 int, store bool) error {
	pos := make([]int, s.d)
	size := len(s.upper[0])
	for c := 0; c < size; c += s.row {
		s.grid.Index(pos, i0*size+c)
		if err := s.sampleRow(pos); err != nil {
			return err
		}
		for j := range s.row {
			if s.d > 1 {
				pos[s.d-1] = j
			}
			if err := s.cell(pos, i0*size+c+j, c+j, j, store); err != nil {
				return err
			}
		}
	}
	return nil
}

// sampleRow evaluates log πJ and κ on the lattice of the row that starts at pos.
func (s *slab) sampleRow(pos []int) error {
	s.at(pos)
	if err := s.weights.LogWeights(s.logPi, s.kappa, s.points); err != nil {
		return err
	}
	s.addLogJ(s.logPi, pos)
	if s.options.Flux == Face {
		return s.sampleFaces(pos)
	}
	return nil
}

// cell integrates over one cell (index i of the grid, c of its plane, j of its row) and joins it to its lower neighbours.
func (s *slab) cell(pos []int, i, c, j int, store bool) error {
	size := len(s.integrand)
	logPi, kappa := s.logPi[j*size:][:size], s.kappa[j*size:][:size]
	m, reference, err := s.moments(pos, logPi)
	if err != nil {
		return err
	}
	for k, i := range pos {
		axis := &s.grid.Axes[k]
		lo, hi := axis.Faces[i], axis.Faces[i+1]
		s.xi[k] = m.first[k] / m.mass
		s.node[k] = lo + (hi-lo)*(1+s.xi[k])/2
	}
	if store {
		s.op.LogM[i] = reference + math.Log(m.mass)
		if s.options.Angular != 0 {
			s.op.Removal[i] += s.angular(pos[0], kappa, s.op.LogM[i])
		}
	}
	if s.options.Flux == Bernoulli {
		return nil
	}
	s.survey(kappa)
	if err := s.checkPoles(pos, kappa); err != nil {
		return err
	}
	for k := range s.d {
		s.join(k, pos, i, c, j, kappa, store)
	}
	return nil
}

// moments returns the cell's moments relative to e^reference.
func (s *slab) moments(pos []int, logPi []float64) (m moments, reference float64, err error) {
	for k, i := range pos {
		s.weight[k] = s.lat.axes[k].weight[i*s.p:][:s.p]
	}
	reference = slices.Max(logPi)
	tensor(s.integrand, s.weight)
	for t, v := range logPi {
		s.integrand[t] *= math.Exp(v - reference)
	}
	m = tensorMoments(s.lat.rule, s.d, s.integrand, logPi, s.marginal, s.logMean, s.aliased)
	if failingAxes(s.aliased, massTolerance[s.d]) != 0 {
		if err := s.checkSpread(pos, logPi); err != nil {
			return m, reference, err
		}
		m, err = s.mass.integrate(pos, reference)
	}
	return m, reference, err
}

// largestSpread is how far log π may vary over a cell: e^{±spread} must be representable.
const largestSpread = 650

// checkSpread refuses a cell over which π varies by more than floating point holds, and says which grid would do.
func (s *slab) checkSpread(pos []int, logPi []float64) error {
	if slices.Max(logPi)-slices.Min(logPi) <= largestSpread {
		return nil
	}
	worst, axis := 0.0, 0
	for k := range s.d {
		stride := pow(s.p, s.d-1-k)
		for t := 0; t+stride < len(logPi); t++ {
			if t/stride%s.p == s.p-1 {
				continue
			}
			if step := math.Abs(logPi[t+stride] - logPi[t]); step > worst {
				worst, axis = step, k
			}
		}
	}
	jump := worst * float64(s.p)
	i := 0
	for k, at := range pos {
		i += at * s.op.Stride(k)
	}
	return fmt.Errorf("π changes by a factor of about e^%.0f within the cell %s: %s", jump, where(s.grid, i), finer(s.grid, axis, jump))
}

// angular returns R_i/M_i of mode l, R = ∫ e^κ l(l+m−2)/r² J dr. On an ordinary axis one factor 1/r is taken at the node,
// as in shares, which makes u = r exact.
func (s *slab) angular(i int, kappa []float64, logM float64) float64 {
	l := float64(s.options.Angular)
	m := float64(s.grid.Coordinates.Dimension())
	t := &s.lat.axes[0]
	sum := 0.0
	for a, k := range kappa {
		logR2 := 2 * t.held[i*s.p+a]
		if !s.grid.Axes[0].Log {
			logR2 = math.Log(t.held[i*s.p+a]) + math.Log(s.node[0])
		}
		logJ := 0.0
		if t.logJ != nil {
			logJ = t.logJ[i*s.p+a]
		}
		sum += t.weight[i*s.p+a] * math.Exp(k+logJ-logR2-logM)
	}
	return l * (l + m - 2) * sum
}

// join forms the resistances of the cell along axis k, ties it to its lower neighbour or to an end of the axis, and leaves
// its upper ones for the next.
func (s *slab) join(k int, pos []int, i, c, j int, kappa []float64, store bool) {
	axis := &s.grid.Axes[k]
	stride, last := s.op.Stride(k), axis.Cells()-1
	below, above := &s.upper[k][c], &s.upper[k][c] // along the first axis the slot still holds the plane below
	if k > 0 && pos[k] > 0 {
		below = &s.upper[k][c-stride]
	}
	s.shares(k, pos)
	if pos[k] > 0 || axis.Periodic || axis.Ends[0] == mesh.Open {
		s.resist(&s.lower, k, pos, j, 0, kappa)
	}
	switch {
	case pos[k] > 0 && store:
		s.op.Coupling[k][i-stride] = s.logConductance(below, &s.lower)
	case pos[k] == 0 && axis.Periodic:
		s.start[k][c].set(&s.lower)
	case pos[k] == 0 && axis.Ends[0] == mesh.Open && store:
		s.op.Removal[i] += math.Exp(s.logConductance(&s.lower, nil) - s.op.LogM[i])
	}
	s.resist(above, k, pos, j, 1, kappa)
	if pos[k] < last || !store {
		return
	}
	s.op.Coupling[k][i] = math.Inf(-1)
	switch {
	case axis.Periodic:
		s.op.Coupling[k][i] = s.logConductance(above, &s.start[k][c-last*stride])
	case axis.Ends[1] == mesh.Open:
		s.op.Removal[i] += math.Exp(s.logConductance(above, nil) - s.op.LogM[i])
	}
}

// shares stores the elements dσ J/h_k² of a face along axis k without axis k's own share, per transverse point.
//
// Of the two factors 1/h_k one turns the volume element into the area element and is integrated; the other belongs to the
// distance of the nodes, and is taken there, in resist. With both integrated the resistance around the pole of a polar
// grid would be ∫dr/r, infinite; with both at the node the flux of u = x would be off by O(h²), which so is exact
// but for the step in φ. On a logarithmic axis, whose cells may span many orders of magnitude, both are integrated.
func (s *slab) shares(k int, pos []int) {
	var factors [4][]float64
	n := 0
	for other, i := range pos {
		if other == k {
			continue
		}
		factors[n] = s.lat.axes[other].area[k][i*s.p:][:s.p]
		n++
	}
	tensor(s.share, factors[:n])
}

// logNodeScale returns log h_k at the node, without the shares that are integrated: axis k's own and those of logarithmic
// axes.
func (s *slab) logNodeScale(k int) float64 {
	sum := 0.0
	for other := range s.node {
		if other != k && !s.grid.Axes[other].Log {
			sum += s.grid.LogScale(k, other, s.node[other])
		}
	}
	return sum
}

// resist stores the resistances ∫ e^{−κ} h_k²/J_k dq_k of the piece from the node to the lower (side 0) or upper (side 1)
// face of cell j of the row, per transverse point.
func (s *slab) resist(dst *resistances, k int, pos []int, j, side int, kappa []float64) {
	axis := &s.grid.Axes[k]
	lo, hi := axis.Faces[pos[k]], axis.Faces[pos[k]+1]
	metric := func(q float64) float64 { return 2*s.grid.LogScale(k, k, q) - s.grid.LogJ(k, q) }
	if s.options.Flux == Face {
		face := axis.Faces[pos[k]+side]
		s.faceResist(dst, k, j, side, math.Log(math.Abs(face-s.node[k]))+metric(face)+s.logNodeScale(k))
		return
	}
	middle := metric(axis.Midpoint(pos[k]))
	var exact func(q float64) float64
	if !s.lat.axes[k].flat {
		exact = func(q float64) float64 { return metric(q) - middle }
	}
	stride := pow(s.p, s.d-1-k)
	switch {
	case axis.Log:
		kappa = s.combine(kappa, s.lat.axes[k].metric[pos[k]*s.p:][:s.p], stride)
		reference := slices.Min(kappa)
		s.path.prepare(s.xi[k], side, lo, hi, slices.Max(kappa)-reference, nil)
		s.path.integrate(dst.value, kappa, reference, stride)
		dst.logScale = s.logNodeScale(k) - reference
		return
	case s.smooth():
		s.path.prepare(s.xi[k], side, lo, hi, 0, exact)
		s.path.combine(dst.value, s.resistivity, stride)
	default:
		s.path.prepare(s.xi[k], side, lo, hi, s.kappaMax-s.kappaMin, exact)
		s.path.integrate(dst.value, kappa, s.kappaMin, stride)
	}
	dst.logScale = middle - s.kappaMin + s.logNodeScale(k)
}

// smoothSpread is how far κ may vary over a cell for e^{−κ} itself to be interpolated, which takes one exponential for every
// sample in place of one for every abscissa of every path. With p = 3 points an error of 1e-5 at most is left in the sum
// of the two pieces between nodes; it falls with the fourth power of the spread.
const smoothSpread = 0.5

func (s *slab) smooth() bool { return s.kappaMax-s.kappaMin <= smoothSpread }

// poleMode is how large one of the two highest Legendre modes of κ is, relative to its spread, that makes a cell suspect of a
// pole of f: log|x| has 1/p or so, a smooth κ far less.
const poleMode = 0.01

// checkPoles refuses a cell in which f has a pole that no flux can pass: ∫ e^{−κ} diverges there as ∫π does at a zero of f, and
// is tried in the same way.
func (s *slab) checkPoles(pos []int, kappa []float64) error {
	if s.smooth() || s.p < 3 {
		return nil
	}
	for k, stride := 0, pow(s.p, s.d-1); k < s.d; k, stride = k+1, stride/s.p {
		var modes [2]float64
		for t, v := range kappa {
			modes[0] += s.lat.rule.top[0][t/stride%s.p] * v
			modes[1] += s.lat.rule.top[1][t/stride%s.p] * v
		}
		if s.p == 3 {
			modes[1] = 0 // of degree 1: the slope
		}
		largest := math.Max(math.Abs(modes[0]), math.Abs(modes[1])) / float64(pow(s.p, s.d-1))
		if largest > poleMode*(s.kappaMax-s.kappaMin) {
			return s.integratePoles(pos)
		}
	}
	return nil
}

// integratePoles integrates the resistivity e^{−κ} over the cell.
func (s *slab) integratePoles(pos []int) error {
	if s.poles == nil {
		s.poles = newMassIntegrator(s.grid, resistivity{s.weights})
	}
	s.poles.tolerance = 1e-6 // whether it converges is what matters
	if _, err := s.poles.integrate(pos, -s.kappaMin); err != nil {
		i := 0
		for k, at := range pos {
			i += at * s.op.Stride(k)
		}
		return fmt.Errorf("f has a pole in the cell %s that nothing can cross, or is not smooth there: keep the grid away from it", where(s.grid, i))
	}
	return nil
}

// resistivity has e^{−κ} for its π.
type resistivity struct{ weights Weights }

// LogWeights stores −κ for log π.
func (r resistivity) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	if err := r.weights.LogWeights(logPi, kappa, p); err != nil {
		return err
	}
	for i, v := range kappa {
		logPi[i] = -v
	}
	return nil
}

// survey finds the range of κ on a cell and, where it is smooth, e^{min κ − κ}.
func (s *slab) survey(kappa []float64) {
	s.kappaMin, s.kappaMax = slices.Min(kappa), slices.Max(kappa)
	if !s.smooth() {
		return
	}
	for t, v := range kappa {
		s.resistivity[t] = math.Exp(s.kappaMin - v)
	}
}

// combine returns κ − μ on the lattice of a cell, with μ along the axis whose samples lie stride apart.
func (s *slab) combine(kappa, mu []float64, stride int) []float64 {
	for t, v := range kappa {
		s.combined[t] = v - mu[t/stride%s.p]
	}
	return s.combined
}

// faceResist stores length·e^{−κ} with κ on a face.
func (s *slab) faceResist(dst *resistances, k, j, side int, logLength float64) {
	n := len(dst.value)
	kappa := s.faceKappa[k][side][j*n:][:n]
	dst.logScale = logLength - kappa[0]
	for t, v := range kappa {
		dst.value[t] = math.Exp(kappa[0] - v)
	}
}

// logConductance returns log ∫dσ 1/(lower piece + upper piece); with one piece missing, that of the other alone.
func (s *slab) logConductance(below, above *resistances) float64 {
	if above == nil {
		sum := 0.0
		for t, share := range s.share {
			sum += share / below.value[t]
		}
		return math.Log(sum) - below.logScale
	}
	if below.logScale < above.logScale {
		below, above = above, below
	}
	ratio := math.Exp(above.logScale - below.logScale)
	sum := 0.0
	for t, share := range s.share {
		sum += share / (below.value[t] + ratio*above.value[t])
	}
	return math.Log(sum) - below.logScale
}

func (r *resistances) set(o *resistances) {
	r.logScale = o.logScale
	copy(r.value, o.value)
}
