package operators

import (
	"math"
	"slices"

	"fpsgd/mesh"
	"fpsgd/operators/elementary"

	"gonum.org/v1/gonum/floats"
)

// Finer is an operator of the same equation on another grid, of smaller cells. What it knows of π
// the assembly of a coarser grid makes use of.
//
// Where every cell of the coarser grid is a union of its cells, I = ∪i, integrals are sums,
//
//	M_I = Σ M_i,    q̄_I = Σ M_i q̄_i/M_I,
//
// with a relative error no larger than its largest, and need no quadrature of their own. And a
// feature that is wider than the distance of its nodes it resolves by these: in three and more
// dimensions, where bisection toward every place that may hide something takes most of the time,
// the faces of the coarser grid are integrated over those of the finer one instead.
type Finer struct {
	*Operator
	Grid *mesh.Grid
}

// resolves reports whether a feature is no narrower than the distance of the nodes around it.
func (f *Finer) resolves(x *Feature) bool {
	if f == nil || len(x.At) < 3 {
		return false
	}
	p := float64(pointsPerAxis[len(x.At)])
	for k, q := range x.At {
		faces := f.Grid.Axes[k].Faces
		i, _ := slices.BinarySearch(faces, q)
		i = min(max(i, 1), len(faces)-1)
		if x.Width[k] < (faces[i]-faces[i-1])/p {
			return false
		}
	}
	return true
}

// inside returns the faces across axis k that lie within an interval.
func (f *Finer) inside(k int, lo, hi float64) []float64 {
	faces := f.Grid.Axes[k].Faces
	first, _ := slices.BinarySearch(faces, lo+lastDigits*(hi-lo))
	last, _ := slices.BinarySearch(faces, hi-lastDigits*(hi-lo))
	return faces[first:last]
}

// unions are the masses and centroids of cells by those of their parts.
type unions struct {
	logM     []float64
	node     [][]float64 // held
	singular []bool      // whether π has no bound in a part: such a cell is integrated itself
	error    float64     // relative, of a mass
}

// unionsOf adds up the parts of the cells of a grid; nil if there are none. On one axis, where
// masses are known to rounding and cheap, there are not.
func unionsOf(g *mesh.Grid, f *Finer) *unions {
	if f == nil || f.nodes == nil || len(g.Axes) == 1 || !f.Grid.Nests(g) {
		return nil
	}
	n := g.Cells()
	u := &unions{logM: logZeros(n), singular: make([]bool, n), error: f.MassError}
	parents := f.Grid.Parents(g)
	share := make([]float64, len(parents)) // of a part in the mass, relative to the largest
	for i, parent := range parents {
		u.logM[parent] = math.Max(u.logM[parent], f.LogM[i])
		u.singular[parent] = u.singular[parent] || f.singular[i]
	}
	for i, parent := range parents {
		share[i] = f.LogM[i] - u.logM[parent]
	}
	elementary.Exp(share, share, 1, 0)
	sum := make([]float64, n)
	for i, parent := range parents {
		sum[parent] += share[i]
	}
	u.node = vectors(len(g.Axes), n)
	for k, node := range u.node {
		for i, parent := range parents {
			node[parent] += share[i] * f.nodes[k][i]
		}
		floats.Div(node, sum)
	}
	elementary.Log(sum, sum)
	floats.Add(u.logM, sum)
	return u
}

// moments are those of a cell relative to e^reference, if its parts tell them.
func (u *unions) moments(c *cell) (m moments, reference float64, ok bool) {
	if u == nil || u.singular[c.index] {
		return m, 0, false
	}
	m.mass, reference = 1, u.logM[c.index]
	for k := range c.pos {
		half := (c.hi[k] - c.lo[k]) / 2
		m.first[k] = (u.node[k][c.index] - c.lo[k] - half) / half
	}
	return m, reference, !math.IsInf(reference, 0) && !math.IsNaN(reference)
}
