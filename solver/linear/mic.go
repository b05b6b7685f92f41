package linear

import "math"

// relaxation is 1−ω, with ω the share of the dropped fill-in that MIC(0) gives to the diagonal. With ω = 1 the factorisation
// preserves Aσ exactly, but a little less takes fewer iterations: 1−ω ∝ h² by Gustafsson (BIT 18, 1978), h the cells' size, here
// the inverse of their geometric mean number along an axis. The constants are measured, over ε from 0.1 to 1.9, R = 1e2 and 1e4
// and γ from 0.05 to 100: 0.001 up to 64³, and 0.00025 at 128³, where 0.001 takes up to 30 % more iterations.
func (a *matrix) relaxation() float64 {
	n := math.Pow(float64(a.cells), 1/float64(len(a.stride)))
	return math.Min(1e-3, 4/(n*n))
}

// mic is the modified incomplete Cholesky factorisation without fill-in, MIC(0), in the form of Eisenstat (SIAM J. Sci. Stat.
// Comput. 2, 1981).
//
// With the cells in memory order, A = D − C − Cᵀ, C the couplings γc to cells before. The factorisation is
// M = (P − C) P⁻¹ (P − Cᵀ), with pivots P such that M σ = A σ (for ω = 1): of the walker at an eliminated cell q that came
// from t, the part that goes on to a cell u where M has no entry is counted as staying, weighted by σ. In rates f_tu = γ c_tu σ_u/σ_t,
//
//	p_t = g_t + Σ_{u>t} f_tu,    g_t = e_t + Σ_{q<t} f_tq ( g_q + (1−ω) Σ_{u>q, u≠t} f_qu ) / p_q,
//
// the GTH form of Gustafsson's p_t = D_t − Σ_q c_qt²/p_q − ω Σ_q Σ_{u≠t} (c_qt c_qu/p_q) σ_u/σ_t. Since γS annihilates σ, not
// constants, fill-in without the weights would preserve the wrong vector.
//
// Scaled by P^{−1/2}, M = (I−L)(I−Lᵀ) and A = (I−L) + (I−Lᵀ) + E with E = D/P − 2. Hence
//
//	Â = (I−L)⁻¹ A (I−L)⁻ᵀ,    Â v = t + (I−L)⁻¹ (v + E t),    t = (I−L)⁻ᵀ v:
//
// one sweep down and one up apply operator and preconditioner together.
type mic struct {
	*matrix
	scale  []float64 // P^{−1/2}
	e      []float64 // E
	t      []float64 // work space
	inner  []float64 // L between cell t and t+1 of a row
	around []float64 // L between the first and the last cell of each row; nil unless the last axis is periodic
	links  []link    // L between rows
	shrink float64   // ‖r‖ over (r̂·r̂)^{1/2} when last measured; 0: never

	pipe     *pipeline
	tasks    micTasks
	src, dst []float64 // the operands of the tasks
}

// micTasks are the loops shared out among the team.
type micTasks struct {
	forward  func(part, parts int)    // dst = (I−L)⁻¹ dst
	backward func(part, parts int)    // dst = (I−L)⁻ᵀ src
	onward   func(part, parts int)    // dst = (I−L)⁻¹ (src + E t)
	close    func(lo, hi int) float64 // dst += t; returns src·dst
	product  func(part, parts int)    // t = (I−L) src
	norm     func(lo, hi int) float64 // Σ t_i²/(E_i+2)
}

// link couples each cell with the one `steps` further along an axis, in another row: 1, or all the way round a periodic axis.
type link struct {
	stride, count int       // of the axis, and its number of cells
	steps         int       // forward
	c             []float64 // 0 where there is no such cell
}

func (l *link) offset() int { return l.stride * l.steps }

// above and below tell whether a cell has such a neighbour forward and backward.
func (l *link) above(t int) bool { return t/l.stride%l.count+l.steps < l.count }
func (l *link) below(t int) bool { return t/l.stride%l.count >= l.steps }

// newMIC factors A with 1−ω = relaxation.
func newMIC(a *matrix, relaxation float64) *mic {
	p := &mic{matrix: a, t: make([]float64, a.cells), e: make([]float64, a.cells)}
	p.collect()
	p.scale = p.factor(relaxation)
	p.rescale()
	p.pipe = newPipeline(a)
	p.makeTasks()
	return p
}

func (p *mic) makeTasks() {
	n := p.row
	p.tasks.forward = func(part, parts int) {
		p.pipe.up(part, parts, func(t int) { p.forwardRow(p.dst, t) })
	}
	p.tasks.backward = func(part, parts int) {
		p.pipe.down(part, parts, func(t int) { p.backwardRow(p.dst, p.src, t) })
	}
	p.tasks.onward = func(part, parts int) {
		p.pipe.up(part, parts, p.onwardRow)
	}
	p.tasks.close = func(lo, hi int) float64 {
		add(p.dst[lo:hi], p.t[lo:hi])
		return dot(p.src[lo:hi], p.dst[lo:hi])
	}
	p.tasks.product = func(part, parts int) {
		lo, hi := share(p.cells/n, part, parts)
		for t := lo * n; t < hi*n; t += n {
			p.productRow(p.t, p.src, t)
		}
	}
	p.tasks.norm = func(lo, hi int) float64 {
		var sum float64
		for i := lo; i < hi; i++ {
			sum += p.t[i] * p.t[i] / (p.e[i] + 2)
		}
		return sum
	}
}

// collect lists the couplings γc to later cells, by their distance in memory. The wrap of a periodic axis of n cells is a
// coupling of its first cell at distance n−1 steps; if n = 2 that is the same as the coupling to the next.
func (p *mic) collect() {
	last := len(p.stride) - 1
	for k, s := range p.stride {
		n := p.op.Shape[k]
		next, wrap := make([]float64, p.cells), []float64(nil)
		for i, c := range p.op.Coupling[k] {
			next[i] = p.gamma * c
		}
		if p.op.Periodic[k] {
			wrap = make([]float64, p.cells)
			splitWrap(next, wrap, s, n)
		}
		switch {
		case k == last:
			p.inner = next
			if wrap != nil && n > 2 {
				p.around = everyNth(wrap, n)
			}
		default:
			p.links = append(p.links, link{s, n, 1, next})
			if wrap != nil && n > 2 {
				p.links = append(p.links, link{s, n, n - 1, wrap})
			}
		}
	}
}

// splitWrap moves the couplings of last cells along an axis of n cells and stride s from next to the entries of wrap at the
// first cells, or, if n = 2, adds them to those of next there.
func splitWrap(next, wrap []float64, s, n int) {
	for i := range next {
		if (i/s)%n == n-1 {
			first := i - (n-1)*s
			if n == 2 {
				next[first] += next[i]
			} else {
				wrap[first] = next[i]
			}
			next[i] = 0
		}
	}
}

func everyNth(x []float64, n int) []float64 {
	y := make([]float64, len(x)/n)
	for i := range y {
		y[i] = x[i*n]
	}
	return y
}

// jump holds the rates between a cell and a later neighbour of it.
type jump struct {
	cell    int
	out, in float64
}

// factor computes P and returns P^{−1/2}; it sets E.
func (p *mic) factor(relaxation float64) []float64 {
	g := make([]float64, p.cells)
	for i := range g {
		g[i] = p.excess(i)
	}
	scale := make([]float64, p.cells)
	later := make([]jump, 0, 2*len(p.stride))
	for t := range g {
		later = p.laterJumps(later[:0], t)
		pivot := g[t]
		for _, u := range later {
			pivot += u.out
		}
		for i, u := range later {
			kept := g[t]
			for j, v := range later {
				if i != j {
					kept += relaxation * v.out
				}
			}
			g[u.cell] += u.in * (kept / pivot)
		}
		scale[t] = 1 / math.Sqrt(pivot)
		p.e[t] = (1+p.gamma*p.op.Diag[t])/pivot - 2
	}
	return scale
}

// laterJumps lists the rates between cell t and its neighbours later in memory.
func (p *mic) laterJumps(to []jump, t int) []jump {
	add := func(u int, c float64) {
		if c > 0 {
			rho := p.ratio(t, u)
			to = append(to, jump{u, c * rho, c / rho})
		}
	}
	add(t+1, p.inner[t])
	if p.around != nil && t%p.row == 0 {
		add(t+p.row-1, p.around[t/p.row])
	}
	for _, l := range p.links {
		add(t+l.offset(), l.c[t])
	}
	return to
}

// rescale turns the couplings into L = P^{−1/2} C P^{−1/2}.
func (p *mic) rescale() {
	scaleBy := func(c []float64, offset int) {
		for t := range p.cells - offset {
			c[t] *= p.scale[t] * p.scale[t+offset]
		}
	}
	scaleBy(p.inner, 1)
	for _, l := range p.links {
		scaleBy(l.c, l.offset())
	}
	for row := range p.around {
		first := row * p.row
		p.around[row] *= p.scale[first] * p.scale[first+p.row-1]
	}
}

// forwardRow does the row at cell t of the forward substitution y = (I−L)⁻¹ y.
func (p *mic) forwardRow(y []float64, t int) {
	n := p.row
	row := y[t : t+n]
	for i := range p.links {
		if l := &p.links[i]; l.below(t) {
			u := t - l.offset()
			addProduct(row, l.c[u:u+n], y[u:u+n])
		}
	}
	p.alongUp(row, t)
}

// onwardRow does the row at cell t of dst = (I−L)⁻¹ (src + E t). In the inside of a grid of three axes that is one pass over the arrays, and
// one over the row.
func (p *mic) onwardRow(t int) {
	n := p.row
	row := p.dst[t : t+n]
	if u, v, ok := p.both(t, (*link).below, -1); ok {
		coupleTwice(row, p.src[t:], p.e[t:], p.t[t:], p.links[0].c[u:], p.dst[u:], p.links[1].c[v:], p.dst[v:])
		p.alongUp(row, t)
		return
	}
	forward(row, p.src[t:], p.e[t:], p.t[t:])
	p.forwardRow(p.dst, t)
}

// both returns the cells at which the rows of the two neighbours of a row begin, in the direction given, if there are just two links and
// both lead to a neighbour.
func (p *mic) both(t int, there func(*link, int) bool, direction int) (u, v int, ok bool) {
	if len(p.links) != 2 || !there(&p.links[0], t) || !there(&p.links[1], t) {
		return 0, 0, false
	}
	return t + direction*p.links[0].offset(), t + direction*p.links[1].offset(), true
}

// alongUp does the part of the forward substitution that is along the row at cell t.
func (p *mic) alongUp(row []float64, t int) {
	if p.around != nil {
		row[p.row-1] += p.around[t/p.row] * row[0]
	}
	recurUp(row, p.inner[t:t+p.row])
}

// backwardRow does the row at cell t of the backward substitution y = (I−L)⁻ᵀ v. Memory is read downwards throughout: where rows are
// visited downwards and read upwards, no prefetching helps, and the sweep takes three times as long.
func (p *mic) backwardRow(y, v []float64, t int) {
	n := p.row
	row := y[t : t+n]
	if u, w, ok := p.both(t, (*link).above, +1); ok {
		coupleDown(row, v[t:], p.links[0].c[t:], y[u:], p.links[1].c[t:], y[w:])
	} else {
		copy(row, v[t:t+n])
		for i := range p.links {
			if l := &p.links[i]; l.above(t) {
				u := t + l.offset()
				addProduct(row, l.c[t:t+n], y[u:u+n])
			}
		}
	}
	if p.around != nil {
		row[0] += p.around[t/n] * row[n-1]
	}
	recurDown(row, p.inner[t:t+n])
}

// productRow does the row at cell t of y = (I−L) v.
func (p *mic) productRow(y, v []float64, t int) {
	n := p.row
	row := y[t : t+n]
	copy(row, v[t:t+n])
	for i := range p.links {
		if l := &p.links[i]; l.below(t) {
			u := t - l.offset()
			subtractProduct(row, l.c[u:u+n], v[u:u+n])
		}
	}
	subtractProduct(row[1:], p.inner[t:t+n-1], v[t:t+n-1])
	if p.around != nil {
		row[n-1] -= p.around[t/n] * v[t]
	}
}

// forward replaces y by (I−L)⁻¹ y.
func (p *mic) forward(y []float64) {
	p.dst = y
	p.pipe.restart()
	p.team.run(p.cells, p.tasks.forward)
}

// backward computes y = (I−L)⁻ᵀ v.
func (p *mic) backward(y, v []float64) {
	p.dst, p.src = y, v
	p.pipe.restart()
	p.team.run(p.cells, p.tasks.backward)
}

// size implements preconditioned.
func (p *mic) size() (residual, direction int) { return p.cells, p.cells }

// enter implements preconditioned: r̂ = (I−L)⁻¹ P^{−1/2} r.
func (p *mic) enter(rhat, r []float64) {
	p.shrink = 0
	product(rhat, p.scale, r)
	p.forward(rhat)
}

// leave implements preconditioned: y = P^{−1/2} (I−L)⁻ᵀ ŷ.
func (p *mic) leave(y, yhat []float64) {
	p.backward(y, yhat)
	multiply(y, p.scale)
}

// apply implements preconditioned: q = t + (I−L)⁻¹ (v + E t), t = (I−L)⁻ᵀ v.
func (p *mic) apply(q, v []float64) float64 {
	p.backward(p.t, v)
	p.dst = q
	p.pipe.restart()
	p.team.run(p.cells, p.tasks.onward)
	return p.team.sum(p.cells, p.tasks.close)
}

// precondition implements preconditioned: there is nothing left to do.
func (p *mic) precondition(r []float64, rr float64) ([]float64, float64) { return r, rr }

// converged implements preconditioned. The residual r = P^{1/2} (I−L) r̂ costs a product with L, so it is only formed once r̂·r̂,
// which is rᵀM⁻¹r, has fallen to within a factor ten of where the last measured ‖r‖ suggests.
func (p *mic) converged(r []float64, rr, target float64) bool {
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
func (p *mic) untransformedNorm(r []float64) float64 {
	p.src = r
	p.team.run(p.cells, p.tasks.product)
	return math.Sqrt(p.team.sum(p.cells, p.tasks.norm))
}
