package mic

import (
	"math"

	"fpsgd/internal/parallel"
	"fpsgd/solver/linear/matrix"
	"fpsgd/solver/linear/vectors"
)

// relaxation is 1−ω, with ω the share of the dropped fill-in that MIC(0) gives to the diagonal.
//
// With ω = 1 the factorisation preserves Aσ exactly, and nearly A x for x smooth against σ. Steps γ
// that are short against the times in which a smooth density changes have solutions that are as
// smooth as b; preconditioned so, their residuals all but vanish at once.
//
// Where γ is large, a little less takes fewer iterations: 1−ω ∝ h² by Gustafsson (BIT 18, 1978), h
// the cells' size, here the inverse of their geometric mean number along an axis. The constants are
// measured, over ε from 0.1 to 1.9, R = 1e2 and 1e4: 0.001 up to 64³, and 0.00025 at 128³, where
// 0.001 takes up to 30 % more iterations.
func relaxation(a *matrix.Matrix) float64 {
	const short = 0.1
	if a.Gamma <= short {
		return 0
	}
	n := math.Pow(float64(a.Cells), 1/float64(len(a.Stride)))
	return math.Min(1e-3, 4/(n*n))
}

// collect lists the couplings γc to later cells, by their distance in memory. The wrap of a
// periodic axis of n cells is a coupling of its first cell at distance n−1 steps; if n = 2 that is
// the same as the coupling to the next.
func (p *Factorisation) collect() {
	last := len(p.Stride) - 1
	for k, s := range p.Stride {
		n := p.Op.Shape[k]
		next, wrap := make([]float64, p.Cells), []float64(nil)
		p.AddMultiple(next, p.Gamma, p.Op.Coupling[k])
		if p.Op.Periodic[k] {
			wrap = make([]float64, p.Cells)
			splitWrap(next, wrap, s, n)
		}
		switch {
		case k == last:
			p.inner = next
			if wrap != nil && n > 2 {
				p.around = everyNth(wrap, n)
			}
		default:
			p.links = append(p.links, newLink(s, n, 1, p.Row, next))
			if wrap != nil && n > 2 {
				p.links = append(p.links, newLink(s, n, n-1, p.Row, wrap))
			}
		}
	}
}

// splitWrap moves the couplings of last cells along an axis of n cells and stride s from next to
// the entries of wrap at the first cells, or, if n = 2, adds them to those of next there.
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

// elimination is the factorisation under way. A cell gives to g of later ones; what it gives to
// other rows is kept, for each link, in the place of the cell until they come for it.
type elimination struct {
	*Factorisation
	relaxation float64
	g          [][]float64 // of a row, for every part of a sweep
	given      []window
}

// factor computes P, of which it keeps P^{−1/2}, and E, and scales the couplings: L = P^{−1/2} C
// P^{−1/2}.
func (p *Factorisation) factor(relaxation float64) {
	f := &elimination{Factorisation: p, relaxation: relaxation,
		g: parallel.WorkSpace[float64](p.Workers, p.Row)}
	for range p.links {
		f.given = append(f.given, p.newWindow())
	}
	p.pipe.Up(func(part, i int) { f.eliminateRow(i, f.g[part]) })
	p.Workers.Each(len(p.sums), p.Cells, p.rescaleRow)
}

// eliminateRow does row i, with g for work space.
func (f *elimination) eliminateRow(i int, g []float64) {
	n, t, place := f.Row, i*f.Row, i%f.recent.rows
	for j := range g {
		g[j] = f.Excess(t + j)
	}
	for k := range f.links {
		if l := &f.links[k]; l.below(i) {
			vectors.Add(g, f.given[k].back(place, l.rows, n))
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
		f.e[t+j] = (1+f.Gamma*f.Op.Diag[t+j])/pivot - 2
	}
}

// jump holds the rates between a cell and a later neighbour, 0 if there is none; steps is how many
// cells on it is, in the same row.
type jump struct {
	out, in float64
	steps   int
}

// laterJumps sets the rates between cell t of row i and its neighbours later in memory: the next in
// the row, that round the ring, and those of the links.
func (p *Factorisation) laterJumps(to []jump, i, t int) {
	rates := func(u int, c float64) jump {
		if !(c > 0) {
			return jump{}
		}
		rho := p.Ratio(t, u)
		return jump{c * rho, c / rho, u - t}
	}
	to[0], to[1] = rates(t+1, p.inner[t]), jump{}
	if p.around != nil && t == i*p.Row {
		to[1] = rates(t+p.Row-1, p.around[i])
	}
	for k := range p.links {
		l := &p.links[k]
		to[2+k] = rates(t+l.rows*p.Row, l.c[t])
	}
}

// rescaleRow scales the couplings of row i.
func (p *Factorisation) rescaleRow(i int) {
	n := p.Row
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
