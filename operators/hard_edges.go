package operators

import (
	"maps"
	"math"

	"fpsgd/internal/parallel"

	"gonum.org/v1/gonum/floats"
)

// Where the lattice of a cell does not resolve κ, the conductances through the cell's faces are
// integrated anew, with κ evaluated where it is needed: along the lines between the nodes by
// bisection, across them by bisection of the face. That is a pass of its own after the one over the
// grid, edge by edge, so that no result depends on how the grid was divided.

// kappaTolerance is the error of the interpolated κ from which on a cell's edges are integrated
// anew, by d, and transverseTolerance that of its mass on the lattice: what the lattice reaches on
// cells of a sensible grid, ten times.
var (
	kappaTolerance      = [...]float64{0, 1e-9, 5e-3, 1e-1, 1e-1}
	transverseTolerance = [...]float64{0, 1, 1e-3, 3e-2, 1e-1}
)

// barrier is the logarithm of how far below its largest sample in a cell πJ may lie at the node,
// for every axis: at the centroid of an exponential it is e^{−1} of its largest value.
const barrier = 2.5

// openNode returns the node of a hard cell: its π-centroid, unless πJ is next to nothing there, as
// on a barrier narrower than the cell that runs through it. Lines from inside of a barrier make the
// cell a well of its own, with a rate that the equation does not have. Such a node is moved along
// one axis, to the nearest lattice point off the barrier: all that the cell has counts as on the
// side of its centroid.
func (a *assembly) openNode(c *cell) (node [4]float64, err error) {
	x, d := a.lattice.rule.x, len(c.pos)
	p := len(x)
	s := newSamples(a.grid, a.weights, 1+d*p) // the node, then for every axis those moved along it
	for k, held := range s.held {
		spread(held, c.node[k:k+1], 1)
		a.lattice.rule.at(held[1+k*p:][:p], c.lo[k], c.hi[k])
	}
	if err := s.evaluate(); err != nil {
		return node, err
	}
	_, top := extent(c.logPi)
	best, nearest := 0, math.Inf(1)
	for n, value := range s.logPi {
		for k, held := range s.held {
			value += a.grid.LogJ(k, held[n])
		}
		if value < top-barrier*float64(d) {
			continue
		}
		if n == 0 {
			break
		}
		if away := math.Abs(x[(n-1)%p] - c.xi[(n-1)/p]); away < nearest {
			best, nearest = n, away
		}
	}
	for k, held := range s.held {
		node[k] = held[best]
	}
	return node, nil
}

// refineEdges integrates the conductances of hard cells anew.
func (a *assembly) refineEdges() error {
	if len(a.hard) == 0 {
		return nil
	}
	if err := a.refineAngular(); err != nil {
		return err
	}
	var edges []edge
	for e := range a.op.edges() {
		_, hard := a.hard[e.i]
		if _, beside := a.hard[e.j]; hard || beside {
			edges = append(edges, e)
		}
	}
	if err := a.findNodes(edges); err != nil {
		return err
	}
	failures := make([]float64, len(edges))
	err := parallel.Ranges(a.options.Threads, len(edges), func(first, last int) error {
		r := newEdgeRule(a)
		for n, e := range edges[first:last] {
			logT, short, err := r.conductance(e)
			if err != nil {
				return err
			}
			failures[first+n] = short
			a.op.setLogT(e, logT)
		}
		return nil
	})
	a.op.ConductanceError = floats.Max(append(failures, 0))
	return err
}

// findNodes stores the nodes of the cells beside some edges: their π-centroids, but for those of
// hard cells, which are known.
func (a *assembly) findNodes(edges []edge) error {
	a.nodes = maps.Clone(a.hard)
	var cells []int
	for _, e := range edges {
		for _, i := range [2]int{e.i, e.j} {
			if _, known := a.nodes[i]; i >= 0 && !known {
				a.nodes[i] = [4]float64{}
				cells = append(cells, i)
			}
		}
	}
	nodes := make([][4]float64, len(cells))
	err := parallel.Ranges(a.options.Threads, len(cells), func(first, last int) error {
		r := newNodeRule(a)
		for n, i := range cells[first:last] {
			var err error
			if nodes[first+n], err = r.node(boxOf(a.grid, i)); err != nil {
				return err
			}
		}
		return nil
	})
	for n, i := range cells {
		a.nodes[i] = nodes[n]
	}
	return err
}

// nodeRule finds the nodes of cells that are not hard.
type nodeRule struct {
	coarse, refined *massIntegrator // with the points of the lattice, and with more
}

func newNodeRule(a *assembly) nodeRule {
	r := nodeRule{
		coarse:  newMassIntegrator(newBoxSamples(a.grid, a.weights, a.lattice.rule)),
		refined: newMassIntegrator(refinedSamples(a.grid, a.weights)),
	}
	r.coarse.sums.enough, r.refined.sums.enough = r.coarse.strict, r.refined.strict
	return r
}

// node returns the π-centroid of a cell.
func (r *nodeRule) node(cell box) (node [4]float64, err error) {
	m := r.coarse
	m.cell, m.reference = cell, 0
	sum, err := m.sample(&cell)
	larger, again := err.(tooLarge)
	if again || err == nil && sum.mass < math.SmallestNonzeroFloat64*1e100 {
		if m.reference = larger.log; !again {
			_, m.reference = extent(m.logPi)
		}
		sum, err = m.sample(&cell)
	}
	if err == nil && m.sums.failing(m.strict) != 0 {
		sum, _, _, err = r.refined.integrate(cell, m.reference)
	}
	for k := range m.held {
		node[k] = cell.at(k, sum.first[k]/sum.mass)
	}
	return node, err
}
