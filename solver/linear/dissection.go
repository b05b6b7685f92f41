package linear

import (
	"math"
	"math/bits"
	"slices"

	"fpsgd/solver/linear/matrix"

	"gonum.org/v1/gonum/floats"
)

// dissection eliminates the cells of a grid in the order of nested dissection: a plane of cells
// separates a box into two, the boxes are eliminated first, each by itself, and then the plane.
// What is left of a box is a rateMatrix front on the cells next to it. On n cells in the plane this
// takes some 10 n^{3/2} multiply-adds, where a band takes n²/2; on a line it is n.
//
// As everywhere in this package the matrix is that of a Markov chain, A = e + Σ_j F_ij (1_i − 1_j),
// with rates F_ij = c_ij σ_j/σ_i and the row sums e_i kept apart from them. To eliminate cell i is
//
//	p_i = Σ_j F_ij + e_i,    F_jk += F_ji F_ik/p_i,    e_j += F_ji e_i/p_i,
//
// where nothing is subtracted if e ≥ 0. Where e = r − μ, eigenvalues are counted, see Count: a row
// sum is never lost below the rounding of a diagonal.
//
// See A. George, SIAM J. Numer. Anal. 10 (1973); I. Duff and J. Reid, ACM Trans. Math. Softw. 9
// (1983), for the fronts.
type dissection struct {
	*matrix.Matrix
	rowSums  []func(i int) float64 // e_i; more where several matrices have the same rates
	visit    func(f *front)        // sees a front when its own cells are eliminated
	plain    bool                  // row sums are the diagonal, rates are symmetric couplings
	position []int32               // of a cell in the front being assembled, or one of the below
	next     [][]int32             // the cells before and after every cell, axis by axis; −1: none
	spare    [64][][]float64       // memory of fronts that are done, by the logarithm of the size
}

// Of cells that are in no front: those still to come, and those that are done.
const absent, eliminated = -1, -2

func newDissection(a *matrix.Matrix, visit func(*front),
	rowSums ...func(i int) float64) *dissection {

	s := &dissection{Matrix: a, visit: visit, rowSums: rowSums,
		position: slices.Repeat([]int32{absent}, a.Cells)}
	for k := range a.Stride {
		for _, next := range []func(i, k int) (int, bool){a.Previous, a.Next} {
			list := make([]int32, a.Cells)
			for i := range list {
				list[i] = -1
				if j, ok := next(i, k); ok {
					list[i] = int32(j)
				}
			}
			s.next = append(s.next, list)
		}
	}
	return s
}

// run eliminates all cells.
func (s *dissection) run() { s.eliminate(s.whole()) }

// take returns memory of zeros.
func (s *dissection) take(size int) []float64 {
	spare := &s.spare[bits.Len(uint(size))]
	last := len(*spare) - 1
	if last < 0 {
		return make([]float64, size, 1<<bits.Len(uint(size)))
	}
	out := (*spare)[last][:size]
	*spare = (*spare)[:last]
	clear(out)
	return out
}

// give returns memory that is not needed any more.
func (s *dissection) give(memory []float64) {
	spare := &s.spare[bits.Len(uint(len(memory)))]
	*spare = append(*spare, memory)
}

func (s *dissection) whole() box {
	b := box{hi: [4]int{1, 1, 1, 1}}
	copy(b.hi[:], s.Op.Shape)
	return b
}

// box is a range of cells along every axis.
type box struct{ lo, hi [4]int }

func (b box) size() int {
	n := 1
	for k, hi := range b.hi {
		n *= hi - b.lo[k]
	}
	return n
}

// front is the dense matrix on some cells, of which the first are to be eliminated.
type front struct {
	cells       []int
	own         int // how many are to be eliminated
	*rateMatrix     // the first of all
	all         []*rateMatrix
}

// rateMatrix are rates F, row by row with a diagonal of no meaning, and row sums e; p where a cell
// is eliminated.
type rateMatrix struct {
	n                   int
	rates, sums, pivots []float64
	memory              []float64 // that all of them are in
}

func (s *dissection) newRateMatrix(n int) *rateMatrix {
	memory := s.take(n * (n + 2))
	return &rateMatrix{n, memory[:n*n], memory[n*n : n*(n+1)], memory[n*(n+1):], memory}
}

// eliminate finds the pivot of cell i and changes the rows behind it. What couples i to them
// remains.
func (m *rateMatrix) eliminate(i int) {
	n := m.n
	row := m.rates[i*n+i+1 : (i+1)*n]
	e := m.sums[i]
	pivot := e + floats.Sum(row)
	m.pivots[i] = pivot
	for j := i + 1; j < n; j++ {
		if share := m.rates[j*n+i] / pivot; share != 0 {
			floats.AddScaled(m.rates[j*n+i+1:(j+1)*n], share, row)
			m.sums[j] += share * e
		}
	}
}

// eliminatePlain is eliminate where the sums are the diagonal and the rates symmetric, of which
// those above the diagonal are held.
func (m *rateMatrix) eliminatePlain(i int) {
	n := m.n
	row := m.rates[i*n+i+1 : (i+1)*n]
	pivot := m.sums[i]
	m.pivots[i] = pivot
	for k, c := range row {
		if share := c / pivot; share != 0 {
			j := i + 1 + k
			floats.AddScaled(m.rates[j*n+j+1:(j+1)*n], share, row[k+1:])
			m.sums[j] -= share * c
		}
	}
}

// add adds what another matrix says of its cells from the given one on, which have these places;
// above the diagonal only, where rates are plain.
func (m *rateMatrix) add(other *rateMatrix, from int, places []int32, plain bool) {
	for a, row := range places {
		m.sums[row] += other.sums[from+a]
		rates := other.rates[(from+a)*other.n+from:][:len(places)]
		if !plain {
			into := m.rates[int(row)*m.n:][:m.n]
			for b, column := range places {
				into[column] += rates[b]
			}
			continue
		}
		into := m.rates[int(row)*m.n:][:m.n]
		for b := a + 1; b < len(places); b++ {
			if column := places[b]; column > row {
				into[column] += rates[b]
			} else {
				m.rates[int(column)*m.n+int(row)] += rates[b]
			}
		}
	}
}

// separate cuts a box at a plane of cells; a ring is cut open at its last plane first. A box of a
// few cells is not cut, but eliminated as a whole.
func (s *dissection) separate(b box) (parts []box, own box) {
	const small = 6
	if b.size() <= small {
		return nil, b
	}
	axis := 0
	for k := range s.Op.Shape {
		if b.hi[k]-b.lo[k] > b.hi[axis]-b.lo[axis] {
			axis = k
		}
	}
	at := (b.lo[axis] + b.hi[axis]) / 2
	if s.Op.Periodic[axis] && b.hi[axis]-b.lo[axis] == s.Op.Shape[axis] {
		at = b.hi[axis] - 1
	}
	before, plane, after := b, b, b
	before.hi[axis], plane.lo[axis] = at, at
	plane.hi[axis], after.lo[axis] = at+1, at+1
	for _, part := range []box{before, after} {
		if part.size() > 0 {
			parts = append(parts, part)
		}
	}
	return parts, plane
}

// cells lists the cells of a box.
func (s *dissection) cells(b box) []int {
	cells := make([]int, b.size())
	for q := range cells {
		rest := q
		for k, stride := range slices.Backward(s.Stride) {
			n := b.hi[k] - b.lo[k]
			cells[q] += (b.lo[k] + rest%n) * stride
			rest /= n
		}
	}
	return cells
}

// neighbours calls do with every neighbour of a cell and the coupling to it.
func (s *dissection) neighbours(i int, do func(j int, c float64)) {
	for k, coupling := range s.Op.Coupling {
		if j := s.next[2*k+1][i]; j >= 0 {
			do(int(j), coupling[i])
		}
		if j := s.next[2*k][i]; j >= 0 {
			do(int(j), coupling[j])
		}
	}
}

// eliminate returns the front of a box, of which the cells next to it are left.
func (s *dissection) eliminate(b box) *front {
	parts, own := s.separate(b)
	var children []*front
	for _, part := range parts {
		children = append(children, s.eliminate(part))
	}
	f := s.assemble(b, own, children)
	for i, cell := range f.cells[:f.own] {
		for _, m := range f.all {
			if s.plain {
				m.eliminatePlain(i)
			} else {
				m.eliminate(i)
			}
		}
		s.position[cell] = eliminated
	}
	s.visit(f)
	return f
}

// assemble gathers the front of cells to be eliminated: their couplings to cells that are not yet,
// and the fronts of the boxes between.
func (s *dissection) assemble(b, own box, children []*front) *front {
	f := s.gather(b, own, children)
	for range s.rowSums {
		f.all = append(f.all, s.newRateMatrix(len(f.cells)))
	}
	f.rateMatrix = f.all[0]
	for here := range f.own {
		s.couple(f, here)
	}
	for _, c := range children {
		places := make([]int32, len(c.cells)-c.own)
		for k, i := range c.cells[c.own:] {
			places[k] = s.position[i]
		}
		for k, m := range f.all {
			m.add(c.all[k], c.own, places, s.plain)
			s.give(c.all[k].memory)
		}
	}
	for _, i := range f.cells {
		s.position[i] = absent
	}
	return f
}

// gather lists the cells of a front and sets their positions.
func (s *dissection) gather(b, own box, children []*front) *front {
	f := &front{cells: make([]int, 0, own.size()+s.around(b))}
	add := func(i int, _ float64) {
		if s.position[i] == absent {
			s.position[i] = int32(len(f.cells))
			f.cells = append(f.cells, i)
		}
	}
	for _, i := range s.cells(own) {
		add(i, 0)
	}
	f.own = len(f.cells)
	for _, i := range f.cells[:f.own] {
		s.neighbours(i, add)
	}
	for _, c := range children {
		for _, i := range c.cells[c.own:] {
			add(i, 0)
		}
	}
	return f
}

// couple adds the row sum of a cell that is to be eliminated, and its couplings.
func (s *dissection) couple(f *front, here int) {
	n, i := f.n, f.cells[here]
	for k, m := range f.all {
		m.sums[here] = s.rowSums[k](i)
	}
	s.neighbours(i, func(j int, c float64) {
		there := int(s.position[j])
		if there == eliminated {
			return
		}
		forward, back := 1.0, 1.0
		if !s.plain {
			forward, back = s.Ratio(i, j), s.Ratio(j, i)
		}
		for _, m := range f.all {
			m.rates[here*n+there] += s.Gamma * c * forward
			if there >= f.own {
				m.rates[there*n+here] += s.Gamma * c * back
			}
		}
	})
}

// dissected is an elimination that is done. For b ≥ 0 every entry of the solution has a small
// relative error, whatever the condition number.
type dissected []factor

// factor holds the couplings of eliminated cells to those behind them: those of cell i with
// c_ij/p_i are couplings[i], 1/p_i inverse[i].
type factor struct {
	cells     []int
	inverse   []float64
	couplings [][]float64
}

func newDissected(a *matrix.Matrix) *direct {
	var x dissected
	newDissection(a, x.keep, a.Excess).run()
	return &direct{a, Dissection, x.solve}
}

// keep stores the rows of a front that are done, in the symmetric form: c_ij = (F_ij F_ji)^{1/2}.
func (x *dissected) keep(f *front) {
	n := f.n
	part := factor{cells: f.cells}
	for i := range f.own {
		row := make([]float64, n-i-1)
		for k := range row {
			j := i + 1 + k
			row[k] = math.Sqrt(f.rates[i*n+j]) * math.Sqrt(f.rates[j*n+i]) / f.pivots[i]
		}
		part.inverse = append(part.inverse, 1/f.pivots[i])
		part.couplings = append(part.couplings, row)
	}
	*x = append(*x, part)
}

// solve replaces u by the solution.
func (x dissected) solve(u []float64) {
	var v []float64 // u on the cells of a front
	for _, f := range x {
		v = f.load(v, u)
		for i, row := range f.couplings {
			floats.AddScaled(v[i+1:], v[i], row)
		}
		for k, i := range f.cells {
			u[i] = v[k]
		}
	}
	for _, f := range slices.Backward(x) {
		v = f.load(v, u)
		for i, row := range slices.Backward(f.couplings) {
			v[i] = v[i]*f.inverse[i] + floats.Dot(row, v[i+1:])
			u[f.cells[i]] = v[i]
		}
	}
}

// load returns u on the cells of the front, in v if it is large enough.
func (f factor) load(v, u []float64) []float64 {
	v = v[:0]
	for _, i := range f.cells {
		v = append(v, u[i])
	}
	return v
}
