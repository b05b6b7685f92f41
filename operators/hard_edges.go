package operators

import (
	"cmp"
	"math"
	"slices"

	"fpsgd/internal/parallel"
	"fpsgd/mesh"

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

// hardCell is one whose edges are integrated anew.
type hardCell struct {
	i    int
	node [4]float64
}

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
	held := make([][]float64, d) // the node, then for every axis those moved along it
	for k := range held {
		held[k] = slices.Repeat([]float64{c.node[k]}, 1+d*p)
		a.lattice.rule.at(held[k][1+k*p:][:p], c.lo[k], c.hi[k])
	}
	value, kappa := make([]float64, 1+d*p), make([]float64, 1+d*p)
	points := mesh.NewPoints(a.grid)
	points.Set(held)
	if err := a.weights.LogWeights(value, kappa, points); err != nil {
		return node, err
	}
	_, top := extent(c.logPi)
	best, nearest := 0, math.Inf(1)
	for n := range value {
		for k := range held {
			value[n] += a.grid.LogJ(k, held[k][n])
		}
		if value[n] < top-barrier*float64(d) {
			continue
		}
		if n == 0 {
			break
		}
		if away := math.Abs(x[(n-1)%p] - c.xi[(n-1)/p]); away < nearest {
			best, nearest = n, away
		}
	}
	for k := range held {
		node[k] = held[k][best]
	}
	return node, nil
}

// edge lies between cell i and the next cell j along axis k, or, j < 0, between a cell and an end
// of the axis: the upper one where i is the last cell (side 1), the lower one where it is the first
// (side 0).
type edge struct{ k, i, j, side int }

// refineEdges integrates the conductances of hard cells anew.
func (a *assembly) refineEdges() error {
	if len(a.hard) == 0 {
		return nil
	}
	slices.SortFunc(a.hard, func(x, y hardCell) int { return x.i - y.i })
	if err := a.refineAngular(); err != nil {
		return err
	}
	edges := a.hardEdges()
	failures := make([]float64, len(edges))
	err := parallel.Ranges(a.options.Threads, len(edges), func(first, last int) error {
		r := newEdgeRule(a)
		for n, e := range edges[first:last] {
			logT, short, err := r.conductance(e)
			if err != nil {
				return err
			}
			failures[first+n] = short
			if e.j >= 0 {
				a.op.Coupling[e.k][e.i] = logT
			} else {
				a.op.remove(e.k, e.side, e.i, logT)
			}
		}
		return nil
	})
	a.op.ConductanceError = floats.Max(append(failures, 0))
	return err
}

// hardEdges lists the edges of the hard cells, each once.
func (a *assembly) hardEdges() []edge {
	var out []edge
	hard, pos := make([]bool, len(a.errors)), make([]int, len(a.grid.Axes))
	for _, c := range a.hard {
		hard[c.i] = true
		a.grid.Index(pos, c.i)
		for k, at := range pos {
			axis := &a.grid.Axes[k]
			if at == 0 && axis.Ends[0] == mesh.Open {
				out = append(out, edge{k, c.i, -1, 0})
			}
			if at == axis.Cells()-1 && axis.Ends[1] == mesh.Open {
				out = append(out, edge{k, c.i, -1, 1})
			}
		}
	}
	a.op.Edges(func(k, i, j int, _ float64) {
		if hard[i] || hard[j] {
			out = append(out, edge{k, i, j, 1})
		}
	})
	slices.SortFunc(out, func(x, y edge) int {
		return cmp.Or(x.k-y.k, x.i-y.i, x.side-y.side)
	})
	return out
}

// nodes gives the nodes of cells: the π-centroids, but for hard cells, whose nodes are known.
type nodes struct {
	grid    *mesh.Grid
	known   map[int][4]float64
	lattice *massIntegrator // with the points of the lattice
	refined *massIntegrator
}

func newNodes(a *assembly) nodes {
	known := make(map[int][4]float64, len(a.hard))
	for _, c := range a.hard {
		known[c.i] = c.node
	}
	return nodes{
		a.grid, known, newMassIntegratorOf(a.grid, a.weights, len(a.lattice.rule.x)),
		newMassIntegrator(a.grid, a.weights, nil),
	}
}

// of returns the node of cell i, which is the given box.
func (n *nodes) of(i int, cell box) (node [4]float64, err error) {
	if node, hard := n.known[i]; hard {
		return node, nil
	}
	n.lattice.cell, n.lattice.reference = cell, 0
	sum, aliased, err := n.lattice.sample(&cell)
	larger, again := err.(tooLarge)
	if again || err == nil && sum.mass < math.SmallestNonzeroFloat64*1e100 {
		if n.lattice.reference = larger.log; !again {
			_, n.lattice.reference = extent(n.lattice.logPi)
		}
		sum, aliased, err = n.lattice.sample(&cell)
	}
	if err != nil {
		return node, err
	}
	d := len(n.grid.Axes)
	if failingAxes(aliased, massTolerance[d]) != 0 {
		if sum, _, _, err = n.refined.integrate(cell, n.lattice.reference); err != nil {
			return node, err
		}
	}
	for k := range d {
		node[k] = cell.lo[k] + (cell.hi[k]-cell.lo[k])*(1+sum.first[k]/sum.mass)/2
	}
	return node, nil
}
