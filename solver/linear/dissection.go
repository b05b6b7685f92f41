package linear

import (
	"math"

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
	rowSum   func(i int) float64 // e_i
	shifted  func(i int) float64 // of the positive matrix to compare with; nil if none is
	position []int32             // of a cell in the front being assembled, −1 if it is not there
	done     []bool              // the cells eliminated so far
	visit    func(f *front)      // sees a front when its own cells are eliminated
	plain    bool                // rowSum is the diagonal, rates are symmetric couplings
}

func newDissection(a *matrix.Matrix, rowSum, shifted func(i int) float64,
	visit func(*front)) *dissection {
	s := &dissection{Matrix: a, rowSum: rowSum, shifted: shifted, visit: visit,
		position: make([]int32, a.Cells), done: make([]bool, a.Cells)}
	for i := range s.position {
		s.position[i] = -1
	}
	return s
}

// run eliminates all cells.
func (s *dissection) run() { s.eliminate(s.whole()) }

func (s *dissection) whole() (b box) {
	copy(b.hi[:], s.Op.Shape)
	return b
}

// box is a range of cells along every axis.
type box struct{ lo, hi [4]int }

// front is the dense matrix on some cells, of which the first are to be eliminated.
type front struct {
	cells []int
	own   int // how many are to be eliminated
	rateMatrix
	shifted *rateMatrix // of the positive matrix, or nil
}

// rateMatrix are rates F, row by row with a diagonal of no meaning, and row sums e; p where a cell
// is eliminated.
type rateMatrix struct {
	n                   int
	rates, sums, pivots []float64
}

func newRateMatrix(n int) rateMatrix {
	return rateMatrix{n, make([]float64, n*n), make([]float64, n), make([]float64, n)}
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

// eliminatePlain is eliminate where the sums are the diagonal and the rates symmetric.
func (m *rateMatrix) eliminatePlain(i int) {
	n := m.n
	row := m.rates[i*n+i+1 : (i+1)*n]
	pivot := m.sums[i]
	m.pivots[i] = pivot
	for j := i + 1; j < n; j++ {
		if share := m.rates[j*n+i] / pivot; share != 0 {
			floats.AddScaled(m.rates[j*n+i+1:(j+1)*n], share, row)
			m.sums[j] -= share * row[j-i-1]
		}
	}
}

// add adds what another matrix says of its cells from the given one on, which have these places.
func (m *rateMatrix) add(other *rateMatrix, from int, places []int32) {
	for a, row := range places {
		m.sums[row] += other.sums[from+a]
		rates := other.rates[(from+a)*other.n+from:][:len(places)]
		into := m.rates[int(row)*m.n:][:m.n]
		for b, column := range places {
			into[column] += rates[b]
		}
	}
}

func (b box) cells(d int) int {
	n := 1
	for k := range d {
		n *= b.hi[k] - b.lo[k]
	}
	return n
}

// separate cuts a box at a plane of cells; a ring is cut open at its last plane first.
func (s *dissection) separate(b box) (parts []box, plane box) {
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
	plane = b
	plane.lo[axis], plane.hi[axis] = at, at+1
	for _, cut := range [][2]int{{b.lo[axis], at}, {at + 1, b.hi[axis]}} {
		if cut[0] < cut[1] {
			part := b
			part.lo[axis], part.hi[axis] = cut[0], cut[1]
			parts = append(parts, part)
		}
	}
	return parts, plane
}

// each calls do for the cells of a box, with their place on every axis.
func (s *dissection) each(b box, do func(i int, at [4]int)) {
	d := len(s.Op.Shape)
	at := b.lo
	for {
		i := 0
		for k, n := range s.Op.Shape {
			i = i*n + at[k]
		}
		do(i, at)
		k := d - 1
		for ; k >= 0; k-- {
			if at[k]++; at[k] < b.hi[k] {
				break
			}
			at[k] = b.lo[k]
		}
		if k < 0 {
			return
		}
	}
}

// neighbours calls do with every neighbour of a cell and the coupling to it.
func (s *dissection) neighbours(i int, at [4]int, do func(j int, c float64)) {
	for k, n := range s.Op.Shape {
		stride, coupling := s.Stride[k], s.Op.Coupling[k]
		if j := s.Op.Next(k, i, at[k]); j >= 0 {
			do(j, coupling[i])
		}
		switch {
		case at[k] > 0:
			do(i-stride, coupling[i-stride])
		case s.Op.Periodic[k]:
			j := i + (n-1)*stride
			do(j, coupling[j])
		}
	}
}

// smallBox is the number of cells that are eliminated without a cut.
const smallBox = 6

// eliminate returns the front of a box, of which the cells next to it are left.
func (s *dissection) eliminate(b box) *front {
	own := b
	var children []*front
	if b.cells(len(s.Stride)) > smallBox {
		var parts []box
		parts, own = s.separate(b)
		for _, part := range parts {
			children = append(children, s.eliminate(part))
		}
	}
	f := s.assemble(own, children)
	for i := range f.own {
		if s.plain {
			f.eliminatePlain(i)
		} else {
			f.eliminate(i)
		}
		if f.shifted != nil {
			f.shifted.eliminate(i)
		}
		s.done[f.cells[i]] = true
	}
	s.visit(f)
	return f
}

// assemble gathers the front of cells to be eliminated: their couplings to cells that are not yet,
// and the fronts of the boxes between.
func (s *dissection) assemble(own box, children []*front) *front {
	f := s.gather(own, children)
	f.rateMatrix = newRateMatrix(len(f.cells))
	if s.shifted != nil {
		m := newRateMatrix(len(f.cells))
		f.shifted = &m
	}
	s.each(own, func(i int, at [4]int) { s.couple(f, i, at) })
	for _, c := range children {
		places := make([]int32, len(c.cells)-c.own)
		for k, i := range c.cells[c.own:] {
			places[k] = s.position[i]
		}
		f.rateMatrix.add(&c.rateMatrix, c.own, places)
		if f.shifted != nil {
			f.shifted.add(c.shifted, c.own, places)
		}
		c.rateMatrix, c.shifted = rateMatrix{}, nil
	}
	for _, i := range f.cells {
		s.position[i] = -1
	}
	return f
}

// gather lists the cells of a front and sets their positions.
func (s *dissection) gather(own box, children []*front) *front {
	f := &front{}
	add := func(i int) {
		if s.position[i] < 0 && !s.done[i] {
			s.position[i] = int32(len(f.cells))
			f.cells = append(f.cells, i)
		}
	}
	s.each(own, func(i int, _ [4]int) { add(i) })
	f.own = len(f.cells)
	s.each(own, func(i int, at [4]int) { s.neighbours(i, at, func(j int, _ float64) { add(j) }) })
	for _, c := range children {
		for _, i := range c.cells[c.own:] {
			add(i)
		}
	}
	return f
}

// couple adds the row sum of a cell that is to be eliminated, and its couplings.
func (s *dissection) couple(f *front, i int, at [4]int) {
	n, here := len(f.cells), int(s.position[i])
	f.sums[here] = s.rowSum(i)
	if f.shifted != nil {
		f.shifted.sums[here] = s.shifted(i)
	}
	s.neighbours(i, at, func(j int, c float64) {
		if s.done[j] {
			return
		}
		there := int(s.position[j])
		add := func(row, column int, rate float64) {
			f.rates[row*n+column] += rate
			if f.shifted != nil {
				f.shifted.rates[row*n+column] += rate
			}
		}
		forward, back := s.Ratio(i, j), s.Ratio(j, i)
		if s.plain {
			forward, back = 1, 1
		}
		add(here, there, s.Gamma*c*forward)
		if there >= f.own {
			add(there, here, s.Gamma*c*back)
		}
	})
}

// dissected solves by elimination. For b ≥ 0 every entry of the solution has a small relative
// error, whatever the condition number.
type dissected struct {
	*matrix.Matrix
	fronts []factor
}

// factor holds the couplings of eliminated cells to those behind them: those of cell i with
// c_ij/p_i are couplings[i], 1/p_i inverse[i].
type factor struct {
	cells     []int
	inverse   []float64
	couplings [][]float64
}

func newDissected(a *matrix.Matrix) *dissected {
	x := &dissected{Matrix: a}
	newDissection(a, a.Excess, nil, x.keep).run()
	return x
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
	x.fronts = append(x.fronts, part)
}

// Solve implements System.
func (x *dissected) Solve(u, b []float64) (Stats, error) { return x.eliminate(u, b, x.RestoreMass) }

// eliminate solves, and makes the mass of u that of b as told.
func (x *dissected) eliminate(u, b []float64, restore func(u []float64, m float64)) (Stats, error) {
	if err := checkVectors(x.Cells, u, b); err != nil {
		return Stats{}, err
	}
	mass := x.Mass(b)
	copy(u, b)
	for _, f := range x.fronts {
		for i, row := range f.couplings {
			v := u[f.cells[i]]
			for k, c := range row {
				u[f.cells[i+1+k]] += c * v
			}
		}
	}
	for k := len(x.fronts) - 1; k >= 0; k-- {
		x.fronts[k].substitute(u)
	}
	if x.Op.Conservative() {
		restore(u, mass)
	}
	return Stats{}, checkSolution(u)
}

// substitute finds u on the cells of a front from the cells behind them.
func (f *factor) substitute(u []float64) {
	for i := len(f.couplings) - 1; i >= 0; i-- {
		sum := u[f.cells[i]] * f.inverse[i]
		for k, c := range f.couplings[i] {
			sum += c * u[f.cells[i+1+k]]
		}
		u[f.cells[i]] = sum
	}
}

// SolveNonnegative implements System: elimination without subtraction keeps b ≥ 0 nonnegative.
func (x *dissected) SolveNonnegative(u, b []float64) (Stats, error) {
	if err := checkNonnegative(b); err != nil {
		return Stats{}, err
	}
	return x.eliminate(u, b, x.Rescale)
}
