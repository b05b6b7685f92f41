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
	a.findNodes(edges)
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
func (a *assembly) findNodes(edges []edge) {
	a.nodes = maps.Clone(a.hard)
	for _, e := range edges {
		for _, i := range [2]int{e.i, e.j} {
			if _, known := a.nodes[i]; i >= 0 && !known {
				var node [4]float64
				for k, nodes := range a.op.nodes {
					node[k] = nodes[i]
				}
				a.nodes[i] = node
			}
		}
	}
}
