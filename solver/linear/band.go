package linear

import "math"

// band is the coarsest grid, solved exactly by its factorisation in the order of the rows: with cell t = i·m + j all neighbours
// of a cell are within m of it. It is scaled by its pivots as the levels are: P^{−1/2} A P^{−1/2} = (I−L)(I−Lᵀ).
type band[F float] struct {
	m     int
	lower []F // L between cells t and t+d at entry t·m + d−1, 1 ≤ d ≤ m
	x     []F // right-hand side, then solution
}

// newBand factors the chain in GTH form and returns the pivots. Eliminating cell t sends a walker from u straight on to v:
//
//	p_t = e_t + Σ_v f_tv,    f_uv ← f_uv + f_ut f_tv/p_t,    e_u ← e_u + f_ut e_t/p_t,    u, v > t.
//
// Ordinary elimination would lose the last pivots, which are nearly singular when dt is large.
func newBand[F float](c *chain) (*band[F], []float64) {
	m, cells := c.m, c.n*c.m
	out, in, stop := bandRates(c)
	pivots := make([]float64, cells)
	for t := range cells {
		from, to := out[t*m:(t+1)*m], in[t*m:(t+1)*m]
		pivot := stop[t]
		for _, f := range from {
			pivot += f
		}
		pivots[t] = pivot
		for a := range m {
			if t+1+a >= cells {
				break
			}
			next := (t + 1 + a) * m
			stop[t+1+a] += to[a] * (stop[t] / pivot)
			addMultiple(out[next:], to[a]/pivot, from[a+1:])
			addMultiple(in[next:], from[a]/pivot, to[a+1:])
		}
	}
	b := &band[F]{m: m, lower: make([]F, cells*m), x: make([]F, cells)}
	for t := range cells {
		for a := range m {
			if t+1+a < cells {
				b.lower[t*m+a] = F(math.Sqrt(out[t*m+a] / pivots[t] * (in[t*m+a] / pivots[t+1+a])))
			}
		}
	}
	return b, pivots
}

// bandRates lays the rates out by distance: out[t·m + d−1] from cell t to t+d, in the same back; and copies e.
func bandRates(c *chain) (out, in, stop []float64) {
	m, cells := c.m, c.n*c.m
	out, in = make([]float64, cells*m), make([]float64, cells*m)
	for t := range cells {
		out[t*m+m-1] = c.down[t]
		in[t*m+m-1] = c.up[t]
		switch j := t % m; {
		case j < m-1:
			out[t*m] += c.right[t]
			in[t*m] += c.left[t]
		case c.ring:
			first := t - (m - 1)
			out[first*m+m-2] += c.left[t]
			in[first*m+m-2] += c.right[t]
		}
	}
	return out, in, append([]float64(nil), c.stop...)
}

// load implements grid.
func (b *band[F]) load(i, lo int, v []F) { copy(b.x[i*b.m+lo:], v) }

// store implements grid.
func (b *band[F]) store(u []F, i, lo int) { copy(u, b.x[i*b.m+lo:]) }

// cycle implements grid.
func (b *band[F]) cycle() {
	b.forward()
	b.backward()
}

// forward replaces x by (I−L)⁻¹ x.
func (b *band[F]) forward() {
	m := b.m
	for t := range b.x {
		end := min(t+1+m, len(b.x))
		addMultiple(b.x[t+1:end], b.x[t], b.lower[t*m:t*m+end-t-1])
	}
}

// backward replaces x by (I−L)⁻ᵀ x.
func (b *band[F]) backward() {
	m := b.m
	for t := len(b.x) - 2; t >= 0; t-- {
		end := min(t+1+m, len(b.x))
		b.x[t] += dot(b.x[t+1:end], b.lower[t*m:t*m+end-t-1])
	}
}
