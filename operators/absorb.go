package operators

import (
	"fmt"
	"math"
	"slices"

	"fpsgd/mesh"

	"gonum.org/v1/gonum/integrate/quad"
)

// Absorbing is S of a process that ends where it enters one of some regions. Of a cell i whose node
// is outside and a neighbour j whose node is in region s,
//
//	R_i^s += T_ij/θ_ij,    θ_ij = ∫_i^b e^{−κ} h²/J dq / ∫_i^j e^{−κ} h²/J dq,
//
// the integrals along the line between the nodes, b where it enters the region: u is given there,
// not at node j. The masses are those outside: of cell i what of it is, and of a cell whose node is
// inside what is outside goes to the neighbours outside, in proportion to their T_ij/θ_ij. Both
// leave a u that is off by O(h²), for any place of the boundary between the nodes, and S symmetric
// (F. Gibou, R. Fedkiw, L.-T. Cheng and M. Kang, J. Comput. Phys. 176, 2002, for the conductances).
//
// Cells inside keep a row of their own, x_i = b_i, which nothing is coupled to.
type Absorbing struct {
	*Operator
	Rates  [][]float64 // r_i^s = R_i^s/M_i, region by region
	Inside []bool      // whether a cell's node is in one of the regions

	cuts []cut
}

// cut is an edge that enters a region.
type cut struct {
	axis, lower int // the edge between the cell `lower` and the next
	i, j        int // outside and inside
	region      int
	rate        float64 // T_ij/(θ_ij M_i), M_i the whole mass
	flow        float64 // T_ij/(θ_ij Z)
}

// Absorbing makes S of the process that ends in disjoint regions, which must not touch.
func (op *Operator) Absorbing(g *mesh.Grid, w Weights, regions ...*Region) (*Absorbing, error) {
	n := op.Cells()
	out := &Absorbing{Operator: &Operator{
		Shape: op.Shape, Periodic: op.Periodic, LogZ: op.LogZ, LogM: slices.Clone(op.LogM),
		Sigma: slices.Clone(op.Sigma), Diag: make([]float64, n), Removal: make([]float64, n),
		nodes: op.nodes, singular: op.singular, threads: op.threads,
	}, Inside: make([]bool, n)}
	for range regions {
		out.Rates = append(out.Rates, make([]float64, n))
	}
	for _, c := range op.Coupling {
		out.Coupling = append(out.Coupling, slices.Clone(c))
	}
	in, err := out.members(g, regions)
	if err != nil {
		return nil, err
	}
	if out.cuts, err = op.cutsOf(g, w, regions, in); err != nil {
		return nil, err
	}
	out.cutOff(in)
	factor, err := op.outside(g, regions, out.cuts, in)
	if err != nil {
		return nil, err
	}
	out.scale(factor)
	out.sumDiagonal(0, n)
	return out, nil
}

// members returns the region of every cell, −1 where there is none.
func (a *Absorbing) members(g *mesh.Grid, regions []*Region) ([]int, error) {
	in := slices.Repeat([]int{-1}, len(a.Inside))
	for s, r := range regions {
		for i, inside := range r.Inside {
			if inside && in[i] >= 0 {
				return nil, fmt.Errorf("the sets have a point in common, at %s", where(g, i))
			}
			if inside {
				in[i], a.Inside[i] = s, true
			}
		}
	}
	return in, nil
}

// cutsOf finds the edges that enter a region, and their rates.
func (op *Operator) cutsOf(g *mesh.Grid, w Weights, regions []*Region, in []int) ([]cut, error) {
	var cuts []cut
	var err error
	line := newLineShare(op, g, w)
	op.Edges(func(k, lower, upper int, c float64) {
		i, j := lower, upper
		if in[i] >= 0 {
			i, j = j, i
		}
		switch {
		case err != nil || in[i] < 0 && in[j] < 0:
			return
		case in[i] >= 0:
			if in[i] != in[j] {
				err = fmt.Errorf("the sets are next to each other at %s, where the grid has no "+
					"cell between them: use more cells, or sets that are farther apart",
					where(g, i))
			}
			return
		}
		share, failed := line.until(regions[in[j]].level, k, i, j)
		if err = failed; err == nil {
			rate := c * op.Ratio(i, j) / share
			cuts = append(cuts, cut{k, lower, i, j, in[j], rate, rate * op.Sigma[i] * op.Sigma[i]})
		}
	})
	return cuts, err
}

// Connected tells which cells outside are coupled to some cells, directly or by others.
func (a *Absorbing) Connected(to []bool) []bool {
	label := make([]int, len(to)) // the smallest cell that a cell is known to be coupled to
	for i := range label {
		label[i] = i
	}
	root := func(i int) int {
		for label[i] != i {
			label[i] = label[label[i]]
			i = label[i]
		}
		return i
	}
	a.Edges(func(_, i, j int, c float64) {
		if c > 0 {
			p, q := root(i), root(j)
			label[max(p, q)] = min(p, q)
		}
	})
	reached := map[int]bool{}
	for i, is := range to {
		if is {
			reached[root(i)] = true
		}
	}
	out := make([]bool, len(to))
	for i := range out {
		out[i] = !a.Inside[i] && reached[root(i)]
	}
	return out
}

// cutOff takes the cells inside out of S, and adds the removal.
func (a *Absorbing) cutOff(in []int) {
	for k, coupling := range a.Coupling {
		for i, j := range a.pairs(k, next, 0, len(coupling)) {
			if in[i] >= 0 || in[j] >= 0 {
				coupling[i] = 0
			}
		}
	}
	for i := range in {
		if in[i] >= 0 {
			a.Removal[i] = 1
		}
	}
	for _, c := range a.cuts {
		a.Rates[c.region][c.i] += c.rate
		a.Removal[c.i] += c.rate
	}
}

// outside returns the mass outside that belongs to every cell whose node is, as a share of the mass
// of the cell; 1 of the others.
func (op *Operator) outside(g *mesh.Grid, regions []*Region, cuts []cut,
	in []int) ([]float64, error) {

	factor := slices.Repeat([]float64{1}, len(in))
	left := make([]float64, len(in)) // of cells inside: what is outside
	for i, s := range in {
		for t, r := range regions {
			switch {
			case s == t:
				left[i] += 1 - r.Share[i]
			case s < 0:
				factor[i] -= r.Share[i]
			}
		}
		if !(factor[i] > 0) {
			return nil, fmt.Errorf("the sets have no cell between them at %s: use more cells, "+
				"or sets that are farther apart", where(g, i))
		}
	}
	total := map[int]float64{} // log of the conductances of a cell inside
	logT := func(c cut) float64 { return math.Log(c.rate) + op.LogM[c.i] }
	for _, c := range cuts {
		before, ok := total[c.j]
		if !ok {
			before = math.Inf(-1)
		}
		total[c.j] = LogSum([]float64{before, logT(c)}, 1)
	}
	for _, c := range cuts {
		factor[c.i] += left[c.j] * math.Exp(logT(c)-total[c.j]+op.LogM[c.j]-op.LogM[c.i])
	}
	return factor, nil
}

// scale multiplies the masses by factors: c_ij, r_i and σ_i follow.
func (a *Absorbing) scale(factor []float64) {
	for k, coupling := range a.Coupling {
		for i, j := range a.pairs(k, next, 0, len(coupling)) {
			coupling[i] /= math.Sqrt(factor[i]) * math.Sqrt(factor[j])
		}
	}
	for i, f := range factor {
		if f == 1 {
			continue
		}
		a.LogM[i] += math.Log(f)
		a.Sigma[i] *= math.Sqrt(f)
		a.Removal[i] /= f
		for _, r := range a.Rates {
			r[i] /= f
		}
	}
}

// Current stores the current e^κ∇q/Z through every face across axis k, in C order of the shape
// Faces(k), of q = 1 − p given on the nodes outside and p = 1 on region 0 and q = 1 on region 1:
// T_ij (q_j − q_i), or T_ij (p_i − p_j) where these are the smaller numbers, through a cut edge
// R_i^0 q_i or R_i^1 p_i, and 0 inside.
func (a *Absorbing) Current(dst, p, q []float64, k int) {
	clear(dst)
	stride, n := a.Stride(k), a.Shape[k]
	set := func(i, j int, current float64) { // of the face between i and the next cell, j
		below := i + i/(n*stride)*stride + stride
		dst[below] = current
		if j <= i {
			dst[j+j/(n*stride)*stride] = current
		}
	}
	for i, j := range a.pairs(k, next, 0, len(p)) {
		c := a.Coupling[k][i]
		if c == 0 {
			continue
		}
		difference := q[j] - q[i]
		if q[i]+q[j] > p[i]+p[j] {
			difference = p[i] - p[j]
		}
		set(i, j, c*a.Sigma[i]*a.Sigma[j]*difference)
	}
	for _, c := range a.cuts {
		if c.axis != k {
			continue
		}
		current := c.flow * p[c.i] // into region 1
		if c.region == 0 {
			current = -c.flow * q[c.i]
		}
		if c.lower != c.i {
			current = 0 - current
		}
		upper := c.i + c.j - c.lower
		set(c.lower, upper, current)
	}
}

// lineShare measures resistances along lines between nodes.
type lineShare struct {
	op     *Operator
	grid   *mesh.Grid
	points samples
	x, w   []float64
}

// sharePanels is the number of panels, of eight points each, of either part of a line.
const sharePanels = 4

func newLineShare(op *Operator, g *mesh.Grid, w Weights) *lineShare {
	const p = 8
	l := &lineShare{op: op, grid: g, x: make([]float64, p), w: make([]float64, p)}
	quad.Legendre{}.FixedLocations(l.x, l.w, 0, 1)
	l.points = newSamples(g, w, 2*sharePanels*p)
	return l
}

// until returns the share of the resistance between the nodes i and j, neighbours along axis k,
// that is before φ changes its sign.
func (l *lineShare) until(level Level, k, i, j int) (float64, error) {
	d := len(l.grid.Axes)
	from, to := make([]float64, d), make([]float64, d)
	for m := range d {
		from[m], to[m] = l.op.nodes[m][i], l.op.nodes[m][j]
		if a := &l.grid.Axes[m]; a.Periodic { // the shorter way around
			lo, hi := a.Range()
			to[m] += (hi - lo) * math.Round((from[m]-to[m])/(hi-lo))
		}
	}
	at, err := crossing(l.grid, level, from, to, false)
	if err != nil {
		return 0, err
	}
	panels := make([]float64, 0, 2*sharePanels+1)
	for s := range sharePanels {
		panels = append(panels, at*float64(s)/sharePanels)
	}
	for s := range sharePanels + 1 {
		panels = append(panels, at+(1-at)*float64(s)/sharePanels)
	}
	p := len(l.x)
	for s := range 2 * sharePanels {
		for q, x := range l.x {
			way := panels[s] + x*(panels[s+1]-panels[s])
			for m := range d {
				l.points.held[m][s*p+q] = l.grid.Axes[m].Within(from[m] + way*(to[m]-from[m]))
			}
		}
	}
	if err := l.points.evaluate(); err != nil {
		return 0, err
	}
	return l.divide(panels, k), nil
}

// divide integrates e^{−κ} h²/J over both parts.
func (l *lineShare) divide(panels []float64, k int) float64 {
	p := len(l.x)
	logs := make([]float64, len(l.points.kappa))
	for t, kappa := range l.points.kappa {
		logs[t] = logMetric(l.grid, k, l.points.held[k][t]) - kappa
	}
	_, top := extent(logs)
	var parts [2]float64
	for t, v := range logs {
		s := t / p
		parts[s/sharePanels] += (panels[s+1] - panels[s]) * l.w[t%p] * math.Exp(v-top)
	}
	return parts[0] / (parts[0] + parts[1])
}
