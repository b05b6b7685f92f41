// Package mic preconditions conjugate gradients by an incomplete factorisation.
package mic

import (
	"math"

	"fpsgd/internal/parallel"
	"fpsgd/solver/linear/matrix"
	"fpsgd/solver/linear/vectors"
)

// Words is how many numbers an iteration of MIC on three axes reads and writes an unknown, each
// array once in every sweep over it: x and p both ways, r̂, L and t in the sweep down (9), L, p, E
// and t both ways in that up (7), r̂ both ways and Âp after it (3). One loop for each vector
// operation moves 25.
const Words = 19

// Factorisation is the modified incomplete Cholesky factorisation without fill-in, MIC(0), in the
// form of Eisenstat (SIAM J. Sci. Stat. Comput. 2, 1981).
//
// With the cells in memory order, A = D − C − Cᵀ, C the couplings γc to cells before. (Any order
// has nonnegative factors, but one from both ends, as lines have it, takes up to seven times the
// iterations.) The factorisation is M = (P − C) P⁻¹ (P − Cᵀ), with pivots P such that M σ = A σ
// (for ω = 1): of the walker at an eliminated cell q that came from t, the part that goes on to a
// cell u where M has no entry is counted as staying, weighted by σ. In rates f_tu = γ c_tu σ_u/σ_t,
//
//	p_t = g_t + Σ_{u>t} f_tu,    g_t = e_t + Σ_{q<t} f_tq ( g_q + (1−ω) Σ_{u>q, u≠t} f_qu ) / p_q,
//
// the GTH form of Gustafsson's p_t = D_t − Σ_q c_qt²/p_q − ω Σ_q Σ_{u≠t} (c_qt c_qu/p_q) σ_u/σ_t.
// Since γS annihilates σ, not constants, fill-in without the weights would preserve the wrong
// vector.
//
// Scaled by P^{−1/2}, M = (I−L)(I−Lᵀ) and A = (I−L) + (I−Lᵀ) + E with E = D/P − 2. Hence
//
//	Â = (I−L)⁻¹ A (I−L)⁻ᵀ,    Â v = t + (I−L)⁻¹ (v + E t),    t = (I−L)⁻ᵀ v:
//
// one sweep down and one up apply operator and preconditioner together.
//
// What else an iteration does is taken along row by row, while the row is in the cache. In the
// sweep down, v turns to the new direction before a row of t is computed from it. In the sweep up,
// a row of (I−L)⁻¹(v + E t) is added to that of t, which makes it one of Âv, and is kept only as
// long as later rows need it. An iteration moves Words numbers an unknown.
type Factorisation struct {
	*matrix.Matrix
	scale  []float64 // P^{−1/2}
	e      []float64 // E
	inner  []float64 // L between cell t and t+1 of a row
	around []float64 // L between the first and the last cell of each row; nil if none are joined
	links  []link    // L between rows
	shrink float64   // ‖r‖ over (r̂·r̂)^{1/2} when last measured; 0: never

	pipe    *parallel.Pipeline
	recent  window      // of (I−L)⁻¹(v + E t)
	scratch [][]float64 // a row, for every part of a loop
	sums    []float64   // over rows
}

// window is a vector of which only the last planes that were written are kept: row i of it is in
// the place of row i mod their number.
type window struct {
	cells []float64
	rows  int
}

// newWindow is as large as the sweeps of p need.
func (p *Factorisation) newWindow() window {
	rows := p.pipe.KeptRows()
	return window{make([]float64, rows*p.Row), rows}
}

// back returns the row that is so many before the one in place i, and what follows it.
func (w window) back(i, rows, n int) []float64 {
	i -= rows
	if i < 0 {
		i += w.rows
	}
	return w.cells[i*n:]
}

// link couples each cell with the one `steps` further along an axis, in another row: 1, or all the
// way round a periodic axis.
type link struct {
	stride, count int       // of the axis, and its number of cells
	steps         int       // forward
	c             []float64 // 0 where there is no such cell
	rows          int       // that it leads across
	leads         []bool    // whether the cells of a row have such a neighbour
}

func newLink(stride, count, steps, row int, c []float64) link {
	l := link{stride, count, steps, c, stride * steps / row, make([]bool, len(c)/row)}
	for i := range l.leads {
		l.leads[i] = i*row/stride%count+steps < count
	}
	return l
}

// above and below tell whether there is a row to which row i is linked, forward and backward.
func (l *link) above(i int) bool { return l.leads[i] }
func (l *link) below(i int) bool { return i >= l.rows && l.leads[i-l.rows] }

// New factors A.
func New(a *matrix.Matrix) *Factorisation { return newRelaxed(a, relaxation(a)) }

// newRelaxed factors A with 1−ω = relaxation.
func newRelaxed(a *matrix.Matrix, relaxation float64) *Factorisation {
	p := &Factorisation{Matrix: a, scale: make([]float64, a.Cells), e: make([]float64, a.Cells),
		scratch: parallel.WorkSpace[float64](a.Workers, a.Row),
		sums:    make([]float64, a.Cells/a.Row)}
	p.collect()
	reach := 0
	for _, l := range p.links {
		reach = max(reach, l.rows)
	}
	p.pipe = a.Pipeline(reach)
	p.recent = p.newWindow()
	p.factor(relaxation)
	return p
}

// forward does the forward substitution v = (I−L)⁻¹ v.
func (p *Factorisation) forward(v []float64) {
	n, all := p.Row, window{v, len(p.sums)}
	p.pipe.Up(func(_, i int) {
		row := v[i*n : (i+1)*n]
		p.across(row, all, i, i)
		recurUp(row, p.inner[i*n:(i+1)*n])
	})
}

// onwardRow does row i of q += w, w = (I−L)⁻¹ (v + E q), and of v·q. In the inside of a grid of
// three axes that is one pass over the arrays, and one over the row.
func (p *Factorisation) onwardRow(q, v []float64, i int) {
	n, t, place := p.Row, i*p.Row, i%p.recent.rows
	v, q, w := v[t:t+n], q[t:t+n], p.recent.cells[place*n:(place+1)*n]
	if k, l := p.pair(); k != nil && k.below(i) && l.below(i) {
		coupleTwice(w, v, p.e[t:], q, k.c[t-k.rows*n:], p.recent.back(place, k.rows, n),
			l.c[t-l.rows*n:], p.recent.back(place, l.rows, n))
	} else {
		vectors.PlusProduct(w, v, p.e[t:], q)
		p.across(w, p.recent, place, i)
	}
	p.sums[i] = recurAndClose(w, p.inner[t:t+n], q, v)
}

// pair returns the links if there are just two and the last axis is not periodic, as on most grids
// of three axes.
func (p *Factorisation) pair() (k, l *link) {
	if len(p.links) != 2 || p.around != nil {
		return nil, nil
	}
	return &p.links[0], &p.links[1]
}

// across adds to row i, which is in the given place of y, what it gets from the rows before, and
// from its own first cell round a ring.
func (p *Factorisation) across(row []float64, y window, place, i int) {
	n := len(row)
	for k := range p.links {
		if l := &p.links[k]; l.below(i) {
			vectors.AddProduct(row, l.c[(i-l.rows)*n:], y.back(place, l.rows, n))
		}
	}
	if p.around != nil {
		row[n-1] += p.around[i] * row[0]
	}
}

// backward does the backward substitution q = (I−L)⁻ᵀ v, row by row, each after v is turned there
// if it is to be. Memory is read downwards throughout: where rows are visited downwards and read
// upwards, no prefetching helps, and the sweep takes three times as long.
func (p *Factorisation) backward(q, v []float64, turn func(lo, hi int)) {
	p.pipe.Down(func(_, i int) {
		if turn != nil {
			turn(i*p.Row, (i+1)*p.Row)
		}
		p.backwardRow(q, v, i)
	})
}

// backwardRow does row i of backward.
func (p *Factorisation) backwardRow(q, v []float64, i int) {
	n, t := p.Row, i*p.Row
	row := q[t : t+n]
	if k, l := p.pair(); k != nil && k.above(i) && l.above(i) {
		coupleAndRecurDown(row, v[t:], k.c[t:], q[t+k.rows*n:], l.c[t:], q[t+l.rows*n:],
			p.inner[t:])
		return
	}
	copy(row, v[t:])
	for k := range p.links {
		if l := &p.links[k]; l.above(i) {
			vectors.AddProduct(row, l.c[t:], q[t+l.rows*n:])
		}
	}
	if p.around != nil {
		row[0] += p.around[i] * row[n-1]
	}
	recurDown(row, p.inner[t:t+n])
}

// productRow computes row i of (I−L) v.
func (p *Factorisation) productRow(row, v []float64, i int) {
	n, t := p.Row, i*p.Row
	copy(row, v[t:])
	for k := range p.links {
		if l := &p.links[k]; l.below(i) {
			subtractProduct(row, l.c[t-l.rows*n:], v[t-l.rows*n:])
		}
	}
	subtractProduct(row[1:], p.inner[t:], v[t:])
	if p.around != nil {
		row[n-1] -= p.around[i] * v[t]
	}
}

// Size implements Preconditioned.
func (p *Factorisation) Size() (residual, direction int) { return p.Cells, p.Cells }

// Enter implements Preconditioned: r̂ = (I−L)⁻¹ P^{−1/2} r.
func (p *Factorisation) Enter(rhat, r []float64) {
	p.shrink = 0
	p.Multiply(rhat, p.scale, r)
	p.forward(rhat)
}

// Leave implements Preconditioned: y = P^{−1/2} (I−L)⁻ᵀ ŷ.
func (p *Factorisation) Leave(y, yhat []float64) {
	p.backward(y, yhat, nil)
	p.Multiply(y, p.scale, y)
}

// Apply implements Preconditioned: with t = (I−L)⁻ᵀ v in q, q = t + (I−L)⁻¹ (v + E t).
func (p *Factorisation) Apply(q, v []float64, turn func(lo, hi int)) float64 {
	p.backward(q, v, turn)
	p.pipe.Up(func(_, i int) { p.onwardRow(q, v, i) })
	return parallel.SumTree(p.sums)
}

// Precondition implements Preconditioned: there is nothing left to do.
func (p *Factorisation) Precondition(r []float64, rr float64) ([]float64, float64) { return r, rr }

// Converged implements Preconditioned. The residual r = P^{1/2} (I−L) r̂ costs a product with L, so
// it is only formed once r̂·r̂, which is rᵀM⁻¹r, has fallen to within a factor ten of where the
// last measured ‖r‖ suggests.
func (p *Factorisation) Converged(r []float64, rr, target float64) bool {
	const guard = 10
	size := math.Sqrt(rr)
	if p.shrink*size > guard*target {
		return false
	}
	norm := p.untransformedNorm(r)
	p.shrink = norm / size
	return norm <= target
}

// untransformedNorm is ‖P^{1/2} (I−L) r̂‖ in the weighted norm, ( Σ ((I−L) r̂)_i²/(E_i+2) )^{1/2}.
func (p *Factorisation) untransformedNorm(r []float64) float64 {
	n := p.Row
	p.Workers.Run(p.Cells, func(part, parts int) {
		lo, hi := parallel.Share(len(p.sums), part, parts)
		row := p.scratch[part]
		for i := lo; i < hi; i++ {
			p.productRow(row, r, i)
			p.sums[i] = excessSquares(row, p.e[i*n:])
		}
	})
	return math.Sqrt(parallel.SumTree(p.sums))
}

// excessSquares is Σ r_i²/(e_i+2).
func excessSquares(r, e []float64) float64 {
	e = e[:len(r)]
	var sum float64
	for i, v := range r {
		sum += v * v / (e[i] + 2)
	}
	return sum
}
