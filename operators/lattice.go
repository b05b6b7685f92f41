package operators

import (
	"math"
	"slices"

	"fpsgd/mesh"

	"gonum.org/v1/gonum/floats"
)

// The quadrature lattice. Every cell carries the tensor product of p Gauss–Legendre points per
// axis, in held coordinates. The log-weights are sampled there once; masses, π-centroids and
// conductances are all integrals over these samples.

// pointsPerAxis is p for a grid of d axes: rules of degree 2p−1 whose cost p^d stays moderate.
var pointsPerAxis = [...]int{0, 8, 4, 3, 3}

// massTolerance is the relative error of a cell mass, by d: what the rules reach on cells of a
// sensible grid.
var massTolerance = [...]float64{0, 1e-13, 1e-10, 3e-5, 1e-4}

// GaussPoints returns where on [−1, 1] the nodes of a cell lie, along each axis of a grid of so
// many.
func GaussPoints(axes int) []float64 { return newRule(pointsPerAxis[axes]).x }

// axisTable holds what one axis contributes at its lattice abscissae, cell by cell.
type axisTable struct {
	held   []float64 // held coordinate of lattice point i·p + a
	weight []float64 // Gauss weights times half the cell's width
	logJ   []float64 // log J_k; nil where J_k = 1
	flat   bool      // h_{k,k} = J_k = 1
	scale  []int     // the other axes on which h_k depends, but for logarithmic ones
	// area[n] is axis k's share of the elements of a face along n ≠ k: Gauss weight times
	// areaShare.
	area [][]float64
}

// lattice is the quadrature lattice of a grid.
type lattice struct {
	grid *mesh.Grid
	rule *rule
	axes []axisTable
}

func newLattice(g *mesh.Grid) *lattice {
	return newLatticeOf(g, newRule(pointsPerAxis[len(g.Axes)]))
}

// newLatticeOf is newLattice with another rule.
func newLatticeOf(g *mesh.Grid, r *rule) *lattice {
	d := len(g.Axes)
	l := &lattice{grid: g, rule: r, axes: make([]axisTable, d)}
	p := len(l.rule.x)
	for k := range l.axes {
		a := &g.Axes[k]
		t := &l.axes[k]
		n := a.Cells() * p
		t.held, t.weight = make([]float64, n), make([]float64, n)
		for i := range a.Cells() {
			l.rule.at(t.held[i*p:][:p], a.Faces[i], a.Faces[i+1])
			l.rule.weights(t.weight[i*p:][:p], a.Faces[i], a.Faces[i+1])
		}
		t.logJ = tabulate(t.held, func(q float64) float64 { return g.LogJ(k, q) })
		if !slices.ContainsFunc(t.logJ, func(v float64) bool { return v != 0 }) {
			t.logJ = nil
		}
		t.flat = !a.Log && t.logJ == nil
		t.area = make([][]float64, d)
		for n := range d {
			if n == k {
				continue
			}
			t.area[n] = tabulate(t.held, func(q float64) float64 { return areaShare(g, k, n, q) })
			floats.Mul(t.area[n], t.weight)
			varies := func(q float64) bool { return g.LogScale(n, k, q) != 0 }
			if !a.Log && slices.ContainsFunc(t.held, varies) {
				l.axes[n].scale = append(l.axes[n].scale, k)
			}
		}
	}
	return l
}

// stride returns the distance on a cell's lattice between neighbours along axis k.
func (l *lattice) stride(k int) int { return pow(len(l.rule.x), len(l.axes)-1-k) }

// areaShare returns J_k/h_{n,k}, or, on a logarithmic axis, J_k/h_{n,k}² (see series.setElements).
func areaShare(g *mesh.Grid, k, n int, q float64) float64 {
	powers := 1.0
	if g.Axes[k].Log {
		powers = 2
	}
	return math.Exp(g.LogJ(k, q) - powers*g.LogScale(n, k, q))
}

// logMetric returns μ = log h_{k,k}²/J_k.
func logMetric(g *mesh.Grid, k int, q float64) float64 {
	return 2*g.LogScale(k, k, q) - g.LogJ(k, q)
}

// logNodeScale returns log h_k at a node, without the shares that are integrated: axis k's own and
// those of logarithmic axes.
func (l *lattice) logNodeScale(k int, node []float64) float64 {
	sum := 0.0
	for _, other := range l.axes[k].scale {
		sum += l.grid.LogScale(k, other, node[other])
	}
	return sum
}

func tabulate(x []float64, f func(float64) float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = f(v)
	}
	return out
}
