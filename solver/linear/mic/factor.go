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
			p.inner = p.rowsInOrder(next, n)
			if wrap != nil && n > 2 {
				p.around = p.rowsInOrder(everyNth(wrap, n), 1)
			}
		case last == 1:
			p.collectRows()
		default:
			p.links = append(p.links, newLink(s, n, 1, p.Row, next))
			if wrap != nil && n > 2 {
				p.links = append(p.links, newLink(s, n, n-1, p.Row, wrap))
			}
		}
	}
}

// rowsInOrder returns x, rows of n numbers, in the order of the rows.
func (p *Factorisation) rowsInOrder(x []float64, n int) []float64 {
	if p.order.InMemory() {
		return x
	}
	y := make([]float64, len(x))
	for i := range len(p.sums) {
		copy(y[i*n:(i+1)*n], x[p.order.At(i)*n:])
	}
	return y
}

// collectRows lists the couplings between the rows of a plane. Most are those of a row and the next
// in the order; those that close the order in the middle, and on a ring, are links of one row each.
func (p *Factorisation) collectRows() {
	rows, n := len(p.sums), p.Row
	place := make([]int, rows)
	for i := range place {
		place[p.order.At(i)] = i
	}
	next := link{rows: 1, row: n, c: make([]float64, p.Cells), leads: make([]bool, rows)}
	others := []link(nil)
	join := func(row, other int) {
		i, j := place[row], place[other]
		i, j = min(i, j), max(i, j)
		to := next
		if j > i+1 {
			to = link{rows: j - i, row: n, c: make([]float64, n), first: i, leads: make([]bool, rows)}
			others = append(others, to)
		}
		to.leads[i] = true
		vectors.AddMultiple(to.from(i)[:n], p.Gamma, p.Op.Coupling[0][row*n:(row+1)*n])
	}
	for row := range rows - 1 {
		join(row, row+1)
	}
	if p.Op.Periodic[0] {
		join(rows-1, 0)
	}
	p.links = append([]link{next}, others...)
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
	p.order.Up(func(part, i int) { f.eliminateRow(i, f.g[part]) })
	p.Workers.Each(len(p.sums), p.Cells, p.rescaleRow)
}

// eliminateRow does row i, with g for work space.
func (f *elimination) eliminateRow(i int, g []float64) {
	n, t, place := f.Row, i*f.Row, i%f.recent.rows
	cell := f.order.At(i) * n // that begins the row
	for j := range g {
		g[j] = f.Excess(cell + j)
	}
	for k := range f.links {
		if l := &f.links[k]; l.below(i) {
			vectors.Add(g, f.given[k].back(place, l.rows, n))
		}
	}
	var jumps [2 + 2*3]jump
	for j := range g {
		later := jumps[:2+len(f.links)]
		f.laterJumps(later, i, j)
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
		f.e[t+j] = (1+f.Gamma*f.Op.Diag[cell+j])/pivot - 2
	}
}

// jump holds the rates between a cell and a later neighbour, 0 if there is none; steps is how many
// cells on it is, in the same row.
type jump struct {
	out, in float64
	steps   int
}

// laterJumps sets the rates between the j-th cell of row i and its later neighbours: the next in the
// row, that round the ring, and those of the links.
func (p *Factorisation) laterJumps(to []jump, i, j int) {
	cell := p.order.At(i)*p.Row + j
	rates := func(u int, c float64) jump {
		if !(c > 0) {
			return jump{}
		}
		rho := p.Ratio(cell, u)
		return jump{c * rho, c / rho, u - cell}
	}
	to[0], to[1] = rates(cell+1, p.inner[i*p.Row+j]), jump{}
	if p.around != nil && j == 0 {
		to[1] = rates(cell+p.Row-1, p.around[i])
	}
	for k := range p.links {
		to[2+k] = jump{}
		if l := &p.links[k]; l.above(i) {
			to[2+k] = rates(p.order.At(i+l.rows)*p.Row+j, l.from(i)[j])
		}
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
			rescale(l.from(i)[:n], p.scale[t+l.rows*n:])
		}
	}
}
