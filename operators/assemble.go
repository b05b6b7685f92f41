package operators

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"fpsgd/internal/parallel"
	"fpsgd/mesh"
	"fpsgd/operators/elementary"

	"gonum.org/v1/gonum/floats"
)

// Options are the choices of an assembly.
type Options struct {
	Flux    Flux // "": ScharfetterGummel
	Angular int  // radial grids: the mode l of u(r)·Y_l, which adds the removal ∫ e^κ l(l+m−2)/r² J dq; m = 1: 1 is odd u
	Threads int  // 0: all cores; the result does not depend on it

	Centroids bool                  // whether to keep the π-centroids of the cells
	Features  []Feature             // of f that the nodes of the quadrature may not see
	Progress  func(done, total int) // told of the cells done, from several goroutines at once; nil: nobody
}

// Feature is a place at which f varies on a scale of its own, as next to a minimum narrower than a cell: the quadrature of the cell
// it lies in starts from boxes of that size around it, so that it cannot be missed between two nodes.
type Feature struct {
	At    []float64 // held coordinates
	Width []float64 // along every axis, the half-width over which log f changes by about 1
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
	switch {
	case g == nil || len(g.Axes) == 0:
		return nil, errors.New("there is no grid; give one, as of mesh.NewGrid")
	case w == nil:
		return nil, errors.New("there are no weights; give π and κ")
	case !slices.Contains(Fluxes, o.Flux):
		return nil, fmt.Errorf("there is no flux %q; known are %q", o.Flux, Fluxes)
	}
	if o.Angular != 0 {
		var err error
		if g, err = modeGrid(g, o.Angular); err != nil {
			return nil, err
		}
	}
	if g.Axes[0].Periodic {
		return nil, fmt.Errorf("axis %s: the first axis cannot be periodic; let phi come after r", g.Axes[0].Name)
	}
	op := blank(g, o)
	features, err := newFeatures(g, o.Features)
	if err != nil {
		return nil, err
	}
	a := &assembly{grid: g, weights: w, options: o, op: op, lattice: newLattice(g), features: features,
		errors: make([]float64, g.Cells())}
	if err := a.run(); err != nil {
		return nil, err
	}
	switch o.Flux {
	case Bernoulli:
		if err := a.bernoulli(); err != nil {
			return nil, err
		}
	case ScharfetterGummel:
		if err := a.refineEdges(); err != nil {
			return nil, err
		}
	}
	op.Hard = len(a.hard)
	op.openEnds()
	if err := op.finish(g); err != nil {
		return nil, err
	}
	op.MassError = parallel.Pairwise(g.Cells(), op.threads, func(first, last int) float64 {
		sum := 0.0
		for i := first; i < last; i++ {
			sum += a.errors[i] * op.Sigma[i] * op.Sigma[i]
		}
		return sum
	})
	return op, nil
}

// blank is an operator of zeros with what its grid and options ask for.
func blank(g *mesh.Grid, o Options) *Operator {
	n := g.Cells()
	zeros := func() []float64 { return make([]float64, n) }
	op := &Operator{threads: o.Threads, Shape: g.Shape(), LogM: zeros(), Sigma: zeros(), Diag: zeros()}
	for k := range g.Axes {
		op.Periodic = append(op.Periodic, g.Axes[k].Periodic)
		op.Coupling = append(op.Coupling, zeros()) // log T until finish
		if o.Centroids {
			op.Centroids = append(op.Centroids, zeros())
		}
	}
	if o.Angular != 0 || hasOpenEnd(g) {
		op.Removal = zeros() // relative to e^LogM
	}
	op.Ends = make([][2][]float64, len(g.Axes))
	for k := range g.Axes {
		for side, end := range g.Axes[k].Ends {
			if end == mesh.Open {
				op.Ends[k][side] = make([]float64, n/g.Axes[k].Cells())
			}
		}
	}
	return op
}

// modeGrid returns the radial grid for the mode l. On the line, where l(l+m−2) = 0, the mode 1 is the odd functions, and what
// makes them so is u(0) = 0: the end at r = 0, for which the first face of a logarithmic axis stands, absorbs.
func modeGrid(g *mesh.Grid, l int) (*mesh.Grid, error) {
	m, r := g.Coordinates.Dimension(), &g.Axes[0]
	switch {
	case !mesh.Radial(g.Coordinates):
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
	grid     *mesh.Grid
	weights  Weights
	options  Options
	op       *Operator
	lattice  *lattice
	features []feature
	errors   []float64 // per cell: the estimated relative error of its mass
	collect  sync.Mutex
	hard     []hardCell // that the lattice does not resolve
}

// run assembles slabs of planes of the first axis side by side. A slab repeats the plane below its first one, for the
// resistances that its first edges need; every number is computed the same way whatever the slabs.
func (a *assembly) run() error {
	planes := a.grid.Axes[0].Cells()
	plane := a.grid.Cells() / planes
	tell := reporter(a.options.Progress, a.grid.Cells())
	return parallel.Ranges(a.options.Threads, planes, func(first, last int) error {
		s := newSlab(a)
		for i := max(first-1, 0); i < last; i++ {
			if err := s.plane(i, i >= first); err != nil {
				return err
			}
			if i >= first {
				tell(plane)
			}
		}
		a.collect.Lock()
		defer a.collect.Unlock()
		a.hard = append(a.hard, s.hardCells...)
		return nil
	})
}

// slab is one worker's state: the samples of the current row and the upper resistances of the cells already passed.
type slab struct {
	*assembly
	rows
	mass  *massIntegrator // of π
	poles *massIntegrator // of e^{−κ}, made when needed

	logPi, kappa []float64      // log πJ and κ on the lattice of a row
	faceKappa    [][2][]float64 // Face: κ on the lower and upper faces along each axis
	integrand    []float64
	aliased      []float64
	momentRule
	near         []feature // to the cell
	integrated   bool      // whether the cell's mass is the integrator's
	kinked       bool      // on one axis: whether something hides beside the ends of the cell (see beyondEnds)
	hardCells    []hardCell
	combined     []float64 // κ − μ on the cell's lattice, along a logarithmic axis
	resistivity  []float64 // e^{min κ − κ} on the cell's lattice
	kappaMin     float64
	kappaMax     float64
	xi, node     []float64   // the cell's π-centroid: in the cell's own coordinates, and held
	share        [][]float64 // per axis (see shares)
	path         pathRule
	halves       halfRule
	piece        [][]resistances // of the cell, per axis: from the node to the lower and to the upper face
	ratio, sum   []float64       // per axis: of two pieces' scales, and of their reciprocal sums
	upper, start [][]resistances // per axis: the upper pieces of the last cells passed; the lower ones of a periodic axis's first
}

func newSlab(a *assembly) *slab {
	r := newRows(a.lattice)
	d, p, n := r.d, r.p, len(r.held[0])
	s := &slab{
		assembly: a, rows: r, mass: newMassIntegrator(a.grid, a.weights, nil),
		logPi: make([]float64, n), kappa: make([]float64, n),
		integrand: make([]float64, pow(p, d)), aliased: make([]float64, d), momentRule: newMomentRule(a.lattice.rule, d),
		combined: make([]float64, pow(p, d)), resistivity: make([]float64, pow(p, d)),
		path: newPathRule(a.lattice.rule), halves: newHalfRule(a.lattice.rule),
		ratio: make([]float64, d), sum: make([]float64, d), xi: make([]float64, d), node: make([]float64, d),
	}
	for k := range d {
		s.share = append(s.share, make([]float64, pow(p, d-1)))
		s.piece = append(s.piece, newResistances(2, pow(p, d-1)))
		slots := a.op.Stride(k) // of the cells between one and the next along the axis
		s.upper = append(s.upper, newResistances(slots, pow(p, d-1)))
		if !a.grid.Axes[k].Periodic {
			slots = 0
		}
		s.start = append(s.start, newResistances(slots, pow(p, d-1)))
		if a.options.Flux == Face {
			n := r.row * pow(p, d-1)
			s.faceKappa = append(s.faceKappa, [2][]float64{make([]float64, n), make([]float64, n)})
		}
	}
	return s
}

// plane passes over plane i0 of the first axis, and stores its results if asked.
func (s *slab) plane(i0 int, store bool) error {
	pos := make([]int, s.d)
	size := s.op.Stride(0)
	for first := i0 * size; first < (i0+1)*size; first += s.row {
		s.grid.Index(pos, first)
		if err := s.sampleRow(pos); err != nil {
			return err
		}
		for j := range s.row {
			if s.d > 1 {
				pos[s.d-1] = j
			}
			if err := s.cell(pos, first+j, j, store); err != nil {
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

// cell integrates over one cell (index i of the grid, j of its row) and joins it to its lower neighbours.
func (s *slab) cell(pos []int, i, j int, store bool) error {
	size := len(s.integrand)
	logPi, kappa := s.logPi[j*size:][:size], s.kappa[j*size:][:size]
	m, reference, relative, err := s.moments(pos, logPi)
	if err != nil {
		return err
	}
	for k, i := range pos {
		axis := &s.grid.Axes[k]
		lo, hi := axis.Faces[i], axis.Faces[i+1]
		s.xi[k] = m.first[k] / m.mass
		s.node[k] = lo + (hi-lo)*(1+s.xi[k])/2
	}
	hard := s.isHard()
	if store {
		s.op.LogM[i] = reference + math.Log(m.mass)
		s.errors[i] = relative
		for k, c := range s.op.Centroids {
			c[i] = s.node[k]
		}
		if s.options.Angular != 0 {
			s.op.Removal[i] = s.angular(pos[0], kappa, s.op.LogM[i])
		}
	}
	s.survey(kappa)
	if s.options.Flux != Bernoulli {
		rough, err := s.checkPoles(pos, kappa)
		if err != nil {
			return err
		}
		hard = hard || rough
	}
	if store && hard {
		node, err := s.openNode(pos, logPi)
		if err != nil {
			return err
		}
		s.hardCells = append(s.hardCells, newHardCell(i, node))
	}
	if s.options.Flux == Bernoulli {
		return nil
	}
	for k := range s.d {
		s.shares(k, pos)
		s.resist(k, pos, j, kappa)
	}
	if store {
		s.joinLower(pos, i)
		s.joinEnds(pos, i)
	}
	s.keepPieces(pos, i)
	return nil
}

// moments returns the cell's moments relative to e^reference, and the estimated relative error of its mass.
func (s *slab) moments(pos []int, logPi []float64) (m moments, reference, relative float64, err error) {
	_, reference = extent(logPi)
	elementary.Exp(s.integrand, logPi, 1, -reference)
	multiply(s.integrand, s.weight)
	m = s.tensorMoments(s.integrand, logPi, s.aliased)
	s.mass.features = s.nearby(pos)
	s.integrated = false
	s.kinked = false
	if s.d == 1 && !s.grid.Axes[0].Log { // far out on a logarithmic axis log π is a small difference of what is known to rounding
		half := s.lat.axes[0].half[pos[0]]
		atEnds, err := s.mass.nearEnds(s.grid.Axes[0].Midpoint(pos[0]), half)
		if err != nil {
			return m, reference, 0, err
		}
		hidden, kinked := s.lat.rule.beyondEnds(logPi, atEnds, reference+math.Log(m.mass))
		s.aliased[0], s.kinked = math.Max(s.aliased[0], hidden), kinked
	}
	if failingAxes(s.aliased, massTolerance[s.d]) != 0 || len(s.mass.features) > 0 {
		if err := s.checkSpread(pos, logPi); err != nil {
			return m, reference, 0, err
		}
		s.integrated = true
		return s.mass.integrate(pos, reference)
	}
	for k, i := range pos {
		m.scale(s.lat.axes[k].half[i])
	}
	return m, reference, floats.Sum(s.aliased), nil
}

// isHard reports whether the cell's edges are to be integrated anew because of what its mass needed. On one axis κ is as smooth as its
// samples say where nothing hides beside the ends; in more dimensions a mass is bisected far sooner than conductances are off.
func (s *slab) isHard() bool {
	if s.d == 1 {
		return s.kinked || len(s.mass.features) > 0
	}
	return s.integrated && (len(s.mass.features) > 0 || floats.Max(s.aliased) > transverseTolerance[s.d])
}

// nearby returns the features of f that the quadrature of the cell at pos has to see.
func (s *slab) nearby(pos []int) []feature {
	if len(s.features) == 0 {
		return nil
	}
	var cell box
	for k, i := range pos {
		cell.lo[k], cell.hi[k] = s.grid.Axes[k].Faces[i], s.grid.Axes[k].Faces[i+1]
	}
	s.near = nearFeatures(s.near, s.features, &cell, s.d)
	return s.near
}

// largestSpread is how far log π may vary between the samples of a cell: over several it does so by more than the exchange between
// cells can be represented with.
const largestSpread = 1000

// checkSpread refuses a cell over which π varies by more than floating point holds, and says which grid would do.
func (s *slab) checkSpread(pos []int, logPi []float64) error {
	if least, most := extent(logPi); most-least <= largestSpread {
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
	if slices.ContainsFunc(logPi, math.IsNaN) {
		return fmt.Errorf("π is not a number (NaN) in cell %s: correct f, or the weights", where(s.grid, i))
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
