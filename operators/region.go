package operators

import (
	"cmp"
	"math"
	"slices"

	"fpsgd/internal/parallel"
	"fpsgd/mesh"
)

// Level stores a level function φ at a block of points. It is called from several goroutines at
// once, each with its own block.
type Level func(dst []float64, p *mesh.Points) error

// Region is the set φ < 0 on a grid, as the scheme sees it.
type Region struct {
	Inside []bool // whether the node of a cell lies in it
	// Share is the part of a cell's volume that does, for a φ that is linear in the cell, with the
	// values and slopes of its faces' middles: of an error O(h²) where the boundary is smooth. Of a
	// cell whose node is outside it is 0 where no neighbour's node is inside, and less than 1; of
	// one whose node is inside it is 1 where no neighbour's is outside.
	Share []float64

	level Level
}

// mostOutside is the largest Share of a cell whose node is outside.
const mostOutside = 0.95

// NewRegion finds a set on the grid that the operator was assembled on.
func (op *Operator) NewRegion(g *mesh.Grid, level Level) (*Region, error) {
	n := op.Cells()
	r := &Region{Inside: make([]bool, n), Share: make([]float64, n), level: level}
	err := parallel.Ranges(op.threads, n, func(first, last int) error {
		return r.look(op, g, first, last)
	})
	if err != nil {
		return nil, err
	}
	beside := make([]bool, n) // a cell of the other kind
	op.Edges(func(_, i, j int, _ float64) {
		if r.Inside[i] != r.Inside[j] {
			beside[i], beside[j] = true, true
		}
	})
	for i, inside := range r.Inside {
		switch {
		case !beside[i] && inside:
			r.Share[i] = 1
		case !beside[i]:
			r.Share[i] = 0
		case !inside:
			r.Share[i] = math.Min(r.Share[i], mostOutside)
		}
	}
	return r, nil
}

// look evaluates φ at the nodes of the cells in [first, last) and at the middles of their faces.
func (r *Region) look(op *Operator, g *mesh.Grid, first, last int) error {
	const block = 128 // cells
	d := len(g.Axes)
	each := 2*d + 1
	points, pos := mesh.NewPoints(g), make([]int, d)
	slopes := make([]float64, d)
	for ; first < last; first += block {
		count := min(block, last-first)
		held, phi := vectors(d, count*each), make([]float64, count*each)
		for c := range count {
			g.Index(pos, first+c)
			for k, at := range pos {
				a := &g.Axes[k]
				of := held[k][c*each:][:each]
				for p := range of {
					of[p] = a.Midpoint(at)
				}
				of[0], of[1+2*k], of[2+2*k] = op.nodes[k][first+c], a.Faces[at], a.Faces[at+1]
			}
		}
		points.Set(held)
		if err := r.level(phi, points); err != nil {
			return err
		}
		for c := range count {
			of := phi[c*each:][:each]
			mean := 0.0
			for k := range slopes {
				slopes[k] = of[2+2*k] - of[1+2*k]
				mean += (of[2+2*k] + of[1+2*k]) / float64(2*d)
			}
			r.Inside[first+c], r.Share[first+c] = of[0] < 0, belowPlane(mean, slopes)
		}
	}
	return nil
}

// belowPlane is the volume of the part of the cube [−½, ½]^d in which φ₀ + Σ g_k ξ_k < 0: with
// a = ½Σ|g_k| − φ₀,
//
//	Σ_{s ∈ {0,1}^d} (−1)^{|s|} max(a − s·|g|, 0)^d / (d! Π|g_k|).
//
// Axes along which φ changes next to nothing are left out, for what cancels there.
func belowPlane(phi float64, slopes []float64) float64 {
	const negligible = 1e-4 // of the largest slope
	var g []float64
	largest := 0.0
	for _, v := range slopes {
		largest = math.Max(largest, math.Abs(v))
	}
	half := 0.0
	for _, v := range slopes {
		if v = math.Abs(v); v > negligible*largest {
			g, half = append(g, v), half+v/2
		}
	}
	if !(math.Abs(phi) < half) { // or φ is no number, or constant
		if phi < 0 {
			return 1
		}
		return 0
	}
	a, volume := half-phi, 1.0
	for k, v := range g {
		volume *= v * float64(k+1)
	}
	sum := 0.0
	for s := range 1 << len(g) {
		rest, sign := a, 1.0
		for k, v := range g {
			if s>>k&1 == 1 {
				rest, sign = rest-v, -sign
			}
		}
		if rest > 0 {
			sum += sign * math.Pow(rest, float64(len(g)))
		}
	}
	return math.Min(math.Max(sum/volume, 0), 1)
}

// Mass is the share of the invariant density in the region.
func (r *Region) Mass(op *Operator) float64 {
	return sumOf(len(r.Share), op.threads, func(i int) float64 {
		return r.Share[i] * op.Sigma[i] * op.Sigma[i]
	})
}

// Average is the mean of u, given on the nodes, over the invariant density in the region.
func (r *Region) Average(op *Operator, u []float64) float64 {
	sum := sumOf(len(u), op.threads, func(i int) float64 {
		if r.Share[i] == 0 || math.IsNaN(u[i]) {
			return 0
		}
		return r.Share[i] * op.Sigma[i] * op.Sigma[i] * u[i]
	})
	return sum / r.Mass(op)
}

// Empty reports whether no node lies inside, Full whether all do.
func (r *Region) Empty() bool { return !slices.Contains(r.Inside, true) }

// Full is told with Empty.
func (r *Region) Full() bool { return !slices.Contains(r.Inside, false) }

// Boundary returns the points at which φ changes its sign along the axis of a grid of one axis, as
// held coordinates. Where |φ| has a minimum between its samples, several in a cell, the minimum is
// looked for: a part of the set may begin and end there.
func Boundary(g *mesh.Grid, level Level) (points []float64, err error) {
	const each = 8 // samples of a cell
	a := &g.Axes[0]
	var x []float64
	for i := range a.Cells() {
		for s := range each {
			share := float64(s) / each
			x = append(x, a.Faces[i]+share*(a.Faces[i+1]-a.Faces[i]))
		}
	}
	x = append(x, a.Faces[a.Cells()])
	block, phi := mesh.NewPoints(g), make([]float64, len(x))
	block.Set([][]float64{x})
	if err := level(phi, block); err != nil {
		return nil, err
	}
	at := func(q float64) (float64, error) {
		var v [1]float64
		block.Set([][]float64{{q}})
		err := level(v[:], block)
		return v[0], err
	}
	between := func(lo, hi float64, inside bool) error {
		share, err := crossing(g, level, []float64{lo}, []float64{hi}, inside)
		points = append(points, lo+share*(hi-lo))
		return err
	}
	for i := 1; i < len(x); i++ {
		inside := phi[i-1] < 0
		if inside != (phi[i] < 0) {
			if err := between(x[i-1], x[i], inside); err != nil {
				return nil, err
			}
			continue
		}
		if i+1 == len(x) || inside != (phi[i+1] < 0) || math.Abs(phi[i]) > math.Abs(phi[i-1]) ||
			math.Abs(phi[i]) > math.Abs(phi[i+1]) {
			continue
		}
		q, other, err := leastSize(at, x[i-1], x[i+1], inside)
		if err == nil && other {
			err = cmp.Or(between(x[i-1], q, inside), between(q, x[i+1], !inside))
		}
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(points)
	return points, nil
}

// leastSize looks for the minimum of |φ| between two points by golden sections, and stops where φ
// has another sign than at these.
func leastSize(at func(float64) (float64, error), lo, hi float64, inside bool) (q float64,
	other bool, err error) {

	const sections = 60
	golden := (math.Sqrt(5) - 1) / 2
	for range sections {
		a, b := hi-golden*(hi-lo), lo+golden*(hi-lo)
		va, err := at(a)
		if err != nil || (va < 0) != inside {
			return a, err == nil, err
		}
		vb, err := at(b)
		if err != nil || (vb < 0) != inside {
			return b, err == nil, err
		}
		if math.Abs(va) < math.Abs(vb) {
			hi = b
		} else {
			lo = a
		}
	}
	return (lo + hi) / 2, false, nil
}

// crossing returns where between two points φ changes its sign, as a share of the way, by
// bisection.
func crossing(g *mesh.Grid, level Level, from, to []float64, inside bool) (float64, error) {
	const halvings = 50
	block, phi := mesh.NewPoints(g), make([]float64, 1)
	held := vectors(len(from), 1)
	lo, hi := 0.0, 1.0
	for range halvings {
		at := (lo + hi) / 2
		for k := range held {
			held[k][0] = g.Axes[k].Within(from[k] + at*(to[k]-from[k]))
		}
		block.Set(held)
		if err := level(phi, block); err != nil {
			return 0, err
		}
		if (phi[0] < 0) == inside {
			lo = at
		} else {
			hi = at
		}
	}
	return (lo + hi) / 2, nil
}

// Between returns cells and weights by which u, given on the nodes, is interpolated at a point of
// held coordinates: linearly along every axis, between the nodes of a grid of one axis, and between
// the middles of cells of others, near which nodes are. Beyond the outermost it is constant, or on
// a periodic axis between the last and the first, and around the pole of polar coordinates between
// those at φ and φ + π.
func (op *Operator) Between(g *mesh.Grid, held []float64) (cells []int, weights []float64) {
	if r := &g.Axes[0]; g.Coordinates.Name() == "polar" && r.Faces[0] == 0 && !r.Log &&
		g.Axes[1].Periodic && held[0] < r.Midpoint(0) {
		first := r.Midpoint(0)
		across := (1 - held[0]/first) / 2
		for side, share := range []float64{1 - across, across} {
			phi := g.Axes[1].Within(held[1] + math.Pi*float64(side))
			c, w := op.Between(g, []float64{first, phi})
			for k := range c {
				cells, weights = append(cells, c[k]), append(weights, share*w[k])
			}
		}
		return cells, weights
	}
	cells, weights = []int{0}, []float64{1}
	for k, q := range held {
		a := &g.Axes[k]
		node := a.Midpoint
		if len(held) == 1 {
			node = func(i int) float64 { return op.nodes[0][i] }
		}
		upper := 0
		for upper < a.Cells() && node(upper) <= q {
			upper++
		}
		lower, share := max(upper-1, 0), 0.0
		if upper = min(upper, a.Cells()-1); upper > lower {
			share = (q - node(lower)) / (node(upper) - node(lower))
		}
		if last := a.Cells() - 1; a.Periodic && (lower == upper || upper == 0) {
			lo, hi := a.Range()
			if upper = 0; q < node(0) {
				lower, q = last, q+hi-lo
			}
			share = (q - node(last)) / (node(0) + hi - lo - node(last))
		}
		var next []int
		var nextWeights []float64
		for c, cell := range cells {
			next = append(next, cell*a.Cells()+lower, cell*a.Cells()+upper)
			nextWeights = append(nextWeights, weights[c]*(1-share), weights[c]*share)
		}
		cells, weights = next, nextWeights
	}
	return cells, weights
}
