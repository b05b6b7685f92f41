package multigrid

import (
	"math"
	"slices"

	"fpsgd/internal/parallel"
	"fpsgd/solver/linear/vectors"
)

// elimination factors a chain of cells of which each is coupled to the m before and the m after it,
// in GTH form. With couplings c_uv = (f_uv f_vu)^{1/2} and σ_v/σ_u = (f_uv/f_vu)^{1/2} for the
// rates f, eliminating cell t sends a walker from u straight on to v:
//
//	p_t = e_t + Σ_v c_tv σ_v/σ_t,    c_uv ← c_uv + c_ut c_tv/p_t,
//	e_u ← e_u + c_ut (σ_t/σ_u) e_t/p_t,    u, v > t.
//
// Ordinary elimination would lose the last pivots, which are nearly singular when dt is large.
type elimination struct {
	m        int
	coupling []float64 // c between cells t and t+d at entry t·m + d−1, 1 ≤ d ≤ m
	logSigma []float64 // log σ, but for a constant
	sigma    []float64 // σ, but for a factor; 0 where it might over- or underflow
	stop     []float64 // e
	pivots   []float64
}

func newElimination(cells, m int) *elimination {
	vector := func() []float64 { return make([]float64, cells) }
	return &elimination{m, make([]float64, cells*m), vector(), vector(), vector(), vector()}
}

// couple adds the rates between cells t and t+d, of which the chain to t+d is known if t is.
func (e *elimination) couple(t, d int, out, in float64) {
	if out > 0 && in > 0 {
		e.coupling[t*e.m+d-1] += math.Sqrt(out) * math.Sqrt(in)
		e.logSigma[t+d] = e.logSigma[t] + (math.Log(out)-math.Log(in))/2
	}
}

// block is how many cells are eliminated, or solved for, before those that remain are visited.
const block = 4

// run eliminates all cells. The rows that remain after a block are shared out among the workers.
func (e *elimination) run(w *parallel.Workers) {
	cells, m := len(e.stop), e.m
	e.scaleSigma()
	first := 0
	update := func(part, parts int) {
		lo, hi := parallel.Share(min(m, cells-first-block), part, parts)
		for u := first + block + lo; u < first+block+hi; u++ {
			e.updateRow(u, first)
		}
	}
	for ; first < cells; first += block {
		end := min(first+block, cells)
		for t := first; t < end; t++ {
			for before := first; before < t; before++ {
				e.add(t, before)
			}
			e.pivots[t] = e.stop[t]
			for d, c := range e.coupling[t*m : t*m+min(m, cells-1-t)] {
				if c > 0 {
					e.pivots[t] += c * e.ratio(t, t+1+d)
				}
			}
		}
		if end < cells {
			w.Run(m*m, update)
		}
	}
}

// most bounds the logarithm of ratios of σ: that of neighbours is from 1e-300 to 1e300, and others
// have no coupling but by way of them.
const most = 690

// scaleSigma sets σ relative to the middle of its range.
func (e *elimination) scaleSigma() {
	lo, hi := slices.Min(e.logSigma), slices.Max(e.logSigma)
	for t, l := range e.logSigma {
		if off := l - (lo+hi)/2; math.Abs(off) < most/2 {
			e.sigma[t] = math.Exp(off)
		}
	}
}

// ratio is σ_u/σ_t.
func (e *elimination) ratio(t, u int) float64 {
	if e.sigma[t] > 0 && e.sigma[u] > 0 {
		return e.sigma[u] / e.sigma[t]
	}
	return math.Exp(math.Min(math.Max(e.logSigma[u]-e.logSigma[t], -most), most))
}

// add adds to row u what the elimination of cell t does.
func (e *elimination) add(u, t int) {
	m, d := e.m, u-t
	if d > m {
		return
	}
	c := e.coupling[t*m+d-1]
	if c == 0 {
		return
	}
	f := c / e.pivots[t]
	e.stop[u] += f * e.ratio(u, t) * e.stop[t]
	vectors.AddMultiple(e.coupling[u*m:], f, e.coupling[t*m+d:(t+1)*m])
}

// updateRow adds to row u what the elimination of a block does. Cell u reaches m−d places as far as
// cell u−d.
func (e *elimination) updateRow(u, first int) {
	m := e.m
	if d := u - first; d > m {
		for t := first; t < first+block; t++ {
			e.add(u, t)
		}
		return
	}
	var f [block]float64
	for k := range f {
		t := first + k
		f[k] = e.coupling[t*m+u-t-1] / e.pivots[t]
		if f[k] > 0 {
			e.stop[u] += f[k] * e.ratio(u, t) * e.stop[t]
		}
	}
	n := m - (u - first) // what all four reach
	row := e.coupling[u*m : u*m+n+block-1]
	x := func(k int) []float64 { return e.coupling[(first+k)*m+u-first-k : (first+k+1)*m] }
	addMultiples(row[:n], f, x(0), x(1), x(2), x(3))
	for k := 1; k < block; k++ {
		vectors.AddMultiple(row[n:n+k], f[k], x(k)[n:])
	}
}

// band is the coarsest grid, solved exactly by its factorisation in the order of the rows: all
// neighbours of a cell are within w rows, m w cells, of it. It is scaled by its pivots as the
// levels are: P^{−1/2} A P^{−1/2} = (I−L)(I−Lᵀ).
type band[F vectors.Float] struct {
	m     int // cells of a row
	width int // of the band
	lower []F // L between cells t and t+d at entry t·width + d−1, 1 ≤ d ≤ width
	x     []F // right-hand side, then solution
}

// newBand factors the matrix and returns the pivots.
func newBand[F vectors.Float](c *rates, w *parallel.Workers) (*band[F], []float64) {
	e := c.elimination()
	e.run(w)
	b := &band[F]{m: c.m, width: e.m, x: make([]F, len(e.stop))}
	b.lower = factors[F](e)
	return b, e.pivots
}

// factors returns L between cells t and t+d at entry t·m + d−1: P^{−1/2} A P^{−1/2} = (I−L)(I−Lᵀ).
func factors[F vectors.Float](e *elimination) []F {
	lower, root := make([]F, len(e.coupling)), make([]float64, len(e.pivots))
	for t, p := range e.pivots {
		root[t] = 1 / math.Sqrt(p)
	}
	for t := range root {
		reach := root[t+1 : min(t+1+e.m, len(root))]
		l, c := lower[t*e.m:][:len(reach)], e.coupling[t*e.m:][:len(reach)]
		for a, r := range reach {
			l[a] = F(c[a] * root[t] * r)
		}
	}
	return lower
}

// elimination lays the rates out by distance, row by row.
func (c *rates) elimination() *elimination {
	m, width := c.m, c.m*c.w
	e := newElimination(c.n*m, width)
	copy(e.stop, c.stop)
	for t := range e.stop {
		e.couple(t, width, c.down[t], c.up[t])
		if c.w > 1 {
			e.couple(t, m, c.next[t], c.back[t])
		}
		switch j := t % m; {
		case j < m-1:
			e.couple(t, 1, c.right[t], c.left[t])
		case c.ring:
			e.couple(t-(m-1), m-1, c.left[t], c.right[t])
		}
	}
	return e
}

// load implements grid.
func (b *band[F]) load(i, lo int, v []F) { copy(b.x[i*b.m+lo:], v) }

// store implements grid.
func (b *band[F]) store(u []F, i, lo int) { copy(u, b.x[i*b.m+lo:]) }

// solve implements grid.
func (b *band[F]) solve() {
	b.forward()
	b.backward()
}

// forward replaces x by (I−L)⁻¹ x, a block of unknowns at a time.
func (b *band[F]) forward() {
	w, t := b.width, 0
	for ; w >= block && t+w+block <= len(b.x); t += block {
		l := b.lower[t*w:]
		x := (*[block]F)(b.x[t:])
		x[1] += l[0] * x[0]
		x[2] += l[1]*x[0] + l[w]*x[1]
		x[3] += l[2]*x[0] + l[w+1]*x[1] + l[2*w]*x[2]
		rest := b.x[t+block : t+w+block-1]
		n := w - block + 1 // what all four reach
		addMultiples(rest[:n], *x, l[block-1:], l[w+block-2:], l[2*w+block-3:], l[3*w+block-4:])
		for k := 1; k < block; k++ {
			vectors.AddMultiple(rest[n:n+k], x[k], l[(k+1)*w-k:(k+1)*w])
		}
	}
	for ; t < len(b.x); t++ {
		end := min(t+1+w, len(b.x))
		vectors.AddMultiple(b.x[t+1:end], b.x[t], b.lower[t*w:t*w+end-t-1])
	}
}

// backward replaces x by (I−L)⁻ᵀ x.
func (b *band[F]) backward() {
	w := b.width
	blocks := 0
	if w >= block && len(b.x) >= w+block {
		blocks = (len(b.x) - w) / block
	}
	for t := len(b.x) - 2; t >= blocks*block; t-- {
		end := min(t+1+w, len(b.x))
		b.x[t] += vectors.Dot(b.x[t+1:end], b.lower[t*w:t*w+end-t-1])
	}
	for t := (blocks - 1) * block; t >= 0; t -= block {
		l := b.lower[t*w:]
		x := (*[block]F)(b.x[t:])
		rest := b.x[t+block : t+w+block-1]
		n := w - block + 1
		sums := dots(rest[:n], l[block-1:], l[w+block-2:], l[2*w+block-3:], l[3*w+block-4:])
		for k := 1; k < block; k++ {
			sums[k] += vectors.Dot(rest[n:n+k], l[(k+1)*w-k:(k+1)*w])
		}
		x[3] += sums[3]
		x[2] += sums[2] + l[2*w]*x[3]
		x[1] += sums[1] + l[w]*x[2] + l[w+1]*x[3]
		x[0] += sums[0] + l[0]*x[1] + l[1]*x[2] + l[2]*x[3]
	}
}
