package multigrid

import (
	"math"
	"slices"

	"fpsgd/internal/parallel"
	"fpsgd/solver/linear/matrix"
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

// run eliminates cells [first, stop). The rows that remain after a block are shared out among the
// workers.
func (e *elimination) run(w *parallel.Workers, first, stop int) {
	cells, m := len(e.stop), e.m
	update := func(part, parts int) {
		lo, hi := parallel.Share(min(m, cells-first-block), part, parts)
		for u := first + block + lo; u < first+block+hi; u++ {
			e.updateRow(u, first)
		}
	}
	for ; first < stop; first += block {
		end := min(first+block, stop)
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
		if end == first+block {
			w.Run(m*m, update)
			continue
		}
		for u := end; u < min(end+m, cells); u++ {
			for t := first; t < end; t++ {
				e.add(u, t)
			}
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

// band is the coarsest grid, solved exactly by its factorisation in the order of the rows. The two
// halves are chains of cells of which each has all its neighbours within w rows, m w cells. That of
// the first half ends with a copy of the last row, which takes up what the elimination of row
// half−1 gives to it.
//
// It is scaled by its pivots as the levels are: P^{−1/2} A P^{−1/2} = (I−L)(I−Lᵀ).
type band[F vectors.Float] struct {
	matrix.Order
	m           int // cells of a row
	first, last chain[F]
	workers     *parallel.Workers
}

// newBand factors the matrix and returns the pivots.
func newBand[F vectors.Float](c *rates, setUp, cycle *parallel.Workers) (*band[F], []float64) {
	b := &band[F]{Order: c.Order, m: c.m, workers: cycle}
	if c.Half == 0 {
		last := c.elimination(1)
		last.run(setUp, 0, len(last.stop))
		b.last = newChain[F](last)
		return b, last.pivots
	}
	var first, last *elimination
	alone := parallel.NewWorkers(1)
	c.Inward(setUp, b.cost(), func(_, _, to int) {
		if to == c.Half {
			first = c.elimination(0)
			first.run(alone, 0, len(first.stop)-c.m)
		} else {
			last = c.elimination(1)
			last.run(alone, 0, len(last.stop)-c.m)
		}
	})
	last.absorb(first)
	last.run(alone, len(last.stop)-c.m, len(last.stop))
	own := len(first.stop) - c.m
	copy(first.pivots[own:], last.pivots[len(last.stop)-c.m:])
	c.Inward(setUp, b.cost(), func(_, _, to int) {
		if to == c.Half {
			b.first = newChain[F](first)
		} else {
			b.last = newChain[F](last)
		}
	})
	return b, append(first.pivots[:own:own], last.pivots...)
}

// cost is that of a solution, in cells of a loop.
func (b *band[F]) cost() int { return b.Rows * b.m * b.m / 4 }

// absorb adds to the last m cells what the elimination of a chain has left in its own last ones.
func (e *elimination) absorb(other *elimination) {
	m := e.m
	t, u := len(e.stop)-m, len(other.stop)-m
	vectors.Add(e.stop[t:], other.stop[u:])
	vectors.Add(e.coupling[t*m:], other.coupling[u*m:])
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

// elimination lays the rates out by distance, row by row, of one half, the first with a copy of the
// last row in the end.
func (c *rates) elimination(half int) *elimination {
	m, width := c.m, c.m*c.w
	first, last := c.Bounds(half)
	cells := (last - first) * m
	if half == 0 {
		cells += m
	}
	e := newElimination(cells, width)
	copy(e.stop, c.stop[first*m:last*m])
	for u := first * m; u < last*m; u++ {
		t := u - first*m
		e.couple(t, width, c.down[u], c.up[u])
		if c.w > 1 {
			e.couple(t, m, c.next[u], c.back[u])
		}
		switch j := u % m; {
		case j < m-1:
			e.couple(t, 1, c.right[u], c.left[u])
		case c.ring:
			e.couple(t-(m-1), m-1, c.left[u], c.right[u])
		}
	}
	e.scaleSigma()
	return e
}

// place is where row i is.
func (b *band[F]) place(i int) []F {
	if i < b.Half {
		return b.first.x[i*b.m : (i+1)*b.m]
	}
	return b.last.x[(i-b.Half)*b.m:]
}

// load implements grid.
func (b *band[F]) load(i, lo int, v []F) { copy(b.place(i)[lo:], v) }

// store implements grid.
func (b *band[F]) store(u []F, i, lo int) { copy(u, b.place(i)[lo:]) }

// solve implements grid.
func (b *band[F]) solve() {
	b.forward()
	b.backward()
}

// forward replaces x by (I−L)⁻¹ x.
func (b *band[F]) forward() {
	end := len(b.last.x)
	if b.Half == 0 {
		b.last.forward(0, end)
		return
	}
	b.Inward(b.workers, b.cost(), func(_, _, to int) {
		if to == b.Half {
			clear(b.first.x[len(b.first.x)-b.m:])
			b.first.forward(0, len(b.first.x)-b.m)
		} else {
			b.last.forward(0, end-b.m)
		}
	})
	vectors.Add(b.last.x[end-b.m:], b.first.x[len(b.first.x)-b.m:])
	b.last.forward(end-b.m, end)
}

// backward replaces x by (I−L)⁻ᵀ x.
func (b *band[F]) backward() {
	end := len(b.last.x)
	if b.Half == 0 {
		b.last.backward(0, end)
		return
	}
	b.last.backward(end-b.m, end)
	copy(b.first.x[len(b.first.x)-b.m:], b.last.x[end-b.m:])
	b.Outward(b.workers, b.cost(), func(_, _, to int) {
		if to == b.Half {
			b.first.backward(0, len(b.first.x)-b.m)
		} else {
			b.last.backward(0, end-b.m)
		}
	})
}

// chain is the factorisation of a chain of cells, and a vector on them.
type chain[F vectors.Float] struct {
	width int // how many cells each is coupled to before and after it
	lower []F // L between cells t and t+d at entry t·width + d−1, 1 ≤ d ≤ width
	x     []F // right-hand side, then solution
}

func newChain[F vectors.Float](e *elimination) chain[F] {
	return chain[F]{e.m, factors[F](e), make([]F, len(e.stop))}
}

// forward does the forward substitution by cells [t, stop), a block of them at a time.
func (b *chain[F]) forward(t, stop int) {
	w := b.width
	for ; w >= block && t+block <= stop && t+w+block <= len(b.x); t += block {
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
	for ; t < stop; t++ {
		end := min(t+1+w, len(b.x))
		vectors.AddMultiple(b.x[t+1:end], b.x[t], b.lower[t*w:t*w+end-t-1])
	}
}

// backward does the backward substitution for cells [first, stop), first a multiple of the block or
// such that the chain ends within w cells.
func (b *chain[F]) backward(first, stop int) {
	w, blocks := b.width, first
	if w >= block {
		blocks = max(first, min(stop, len(b.x)-w)/block*block)
	}
	for t := stop - 1; t >= blocks; t-- {
		end := min(t+1+w, len(b.x))
		b.x[t] += vectors.Dot(b.x[t+1:end], b.lower[t*w:t*w+end-t-1])
	}
	for t := blocks - block; t >= first; t -= block {
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
