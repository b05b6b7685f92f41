package linear

import "math"

// collect lists the couplings γc to later cells, by their distance in memory. The wrap of a periodic axis of n cells is a
// coupling of its first cell at distance n−1 steps; if n = 2 that is the same as the coupling to the next.
func (p *mic) collect() {
	last := len(p.stride) - 1
	for k, s := range p.stride {
		n := p.op.Shape[k]
		next, wrap := make([]float64, p.cells), []float64(nil)
		p.addMultiple(next, p.gamma, p.op.Coupling[k])
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
			p.links = append(p.links, newLink(s, n, 1, p.row, next))
			if wrap != nil && n > 2 {
				p.links = append(p.links, newLink(s, n, n-1, p.row, wrap))
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

// micFactor is the factorisation under way. A cell gives to g of later ones; what it gives to other rows is kept, for each link, in the
// place of the cell until they come for it.
type micFactor struct {
	*mic
	relaxation float64
	g          [][]float64 // of a row, for every part of a sweep
	given      []window
}

// factor computes P, of which it keeps P^{−1/2}, and E, and scales the couplings: L = P^{−1/2} C P^{−1/2}.
func (p *mic) factor(relaxation float64) {
	f := &micFactor{mic: p, relaxation: relaxation, g: rowsFor[float64](p.workers, p.row)}
	for range p.links {
		f.given = append(f.given, p.newWindow())
	}
	p.pipe.Up(func(part, i int) { f.eliminateRow(i, f.g[part]) })
	p.workers.Each(len(p.sums), p.cells, p.rescaleRow)
}

// eliminateRow does row i, with g for work space.
func (f *micFactor) eliminateRow(i int, g []float64) {
	n, t, place := f.row, i*f.row, i%f.recent.rows
	for j := range g {
		g[j] = f.excess(t + j)
	}
	for k := range f.links {
		if l := &f.links[k]; l.below(i) {
			add(g, f.given[k].back(place, l.rows, n))
		}
	}
	var jumps [2 + 2*3]jump
	for j := range g {
		later := jumps[:2+len(f.links)]
		f.laterJumps(later, i, t+j)
		pivot := g[j]
		for _, u := range later {
			pivot += u.out
		}
		for k, u := range later {
			kept := g[j]
			for m, v := range later {
				if k != m {
					kept += f.relaxation * v.out
				}
			}
			switch gift := u.in * (kept / pivot); {
			case k >= 2:
				f.given[k-2].cells[place*n+j] = gift
			case u.in > 0:
				g[j+u.steps] += gift
			}
		}
		f.scale[t+j] = 1 / math.Sqrt(pivot)
		f.e[t+j] = (1+f.gamma*f.op.Diag[t+j])/pivot - 2
	}
}

// jump holds the rates between a cell and a later neighbour, 0 if there is none; steps is how many cells on it is, in the same row.
type jump struct {
	out, in float64
	steps   int
}

// laterJumps sets the rates between cell t of row i and its neighbours later in memory: the next in the row, that round the ring, and those
// of the links.
func (p *mic) laterJumps(to []jump, i, t int) {
	rates := func(u int, c float64) jump {
		if !(c > 0) {
			return jump{}
		}
		rho := p.ratio(t, u)
		return jump{c * rho, c / rho, u - t}
	}
	to[0], to[1] = rates(t+1, p.inner[t]), jump{}
	if p.around != nil && t == i*p.row {
		to[1] = rates(t+p.row-1, p.around[i])
	}
	for k := range p.links {
		l := &p.links[k]
		to[2+k] = rates(t+l.rows*p.row, l.c[t])
	}
}

// rescaleRow scales the couplings of row i.
func (p *mic) rescaleRow(i int) {
	n := p.row
	t := i * n
	scale := p.scale[t : t+n]
	rescale := func(c, to []float64) {
		for j, s := range scale[:len(c)] {
			c[j] *= s * to[j]
		}
	}
	rescale(p.inner[t:t+n-1], scale[1:])
	if p.around != nil {
		p.around[i] *= scale[0] * scale[n-1]
	}
	for k := range p.links {
		if l := &p.links[k]; l.above(i) {
			rescale(l.c[t:t+n], p.scale[t+l.rows*n:])
		}
	}
}
