package linear

import (
	"fmt"
	"math"
)

// sl2 preconditions conjugate gradients on two axes by one V-cycle of a semicoarsening multigrid with zebra-line smoothing.
//
// Lines of cells run along one axis; the columns they form are coarsened by two along the other. On a graded grid the strong
// couplings are aligned with the axes but change from one axis to the other across the diagonals: those along the lines are
// solved for exactly, those across are left to the coarse grids.
//
// Every level is scaled by its own line pivots P, P^{−1/2} A P^{−1/2}: each line's matrix becomes (I−ℓ)(I−ℓᵀ) with ℓ its one
// subdiagonal, and the level keeps nothing else but the scaled couplings across. Every number in the cycle is nonnegative if
// the right-hand side is, so the preconditioner, symmetric and positive definite, is also entrywise nonnegative and loses no
// digits where the pivots are 1e13 times the excess.
//
// See Schaffer, SIAM J. Sci. Comput. 20 (1998), and Dendy, J. Comput. Phys. 48 (1982), for the coarse operators, and
// Trottenberg, Oosterlee and Schüller, Multigrid (2001), ch. 5, for line smoothers and semicoarsening.
type sl2 struct {
	*matrix
	finest  grid
	scale   []float64 // P^{−1/2} of the finest level, line by line
	lines   int       // axis along which the lines run
	n, m    int       // cells of a line; number of lines
	between []float64 // one row of cells across the lines
}

// grid is one level and all coarser ones: it solves for scaled unknowns on n rows, handed over row by row.
type grid interface {
	setRow(i int, b []float64) // row i of the right-hand side
	cycle()                    // one V-cycle from a zero initial guess; exact on the coarsest grid
	row(i int, u []float64)    // u = row i of the solution
}

const (
	bandColumns = 16 // the coarsest grid has at most so many columns, where the coarsening above it is harmless,
	maxColumns  = 32 // and at most so many otherwise
)

// newSL2 sets up the levels. The lines run along the longer axis, the first if they are equal: the coarsest grid's solution
// costs (cells of a line)·(columns)². A periodic axis is the one that is coarsened.
func newSL2(a *matrix) (*sl2, error) {
	if len(a.stride) != 2 {
		return nil, fmt.Errorf("linear: method %q is for two axes, the grid has %d; leave the method out", Multigrid, len(a.stride))
	}
	if a.op.Periodic[0] && a.op.Periodic[1] {
		return nil, fmt.Errorf("linear: method %q needs an axis that is not periodic; use %q", Multigrid, MIC)
	}
	lines := 0
	if a.op.Periodic[0] || !a.op.Periodic[1] && a.op.Shape[1] > a.op.Shape[0] {
		lines = 1
	}
	chain := newChain(a, lines)
	p := &sl2{matrix: a, lines: lines, n: chain.n, m: chain.m, between: make([]float64, chain.m)}
	p.finest, p.scale = newGrid(chain)
	for i, v := range p.scale {
		p.scale[i] = 1 / math.Sqrt(v)
	}
	return p, nil
}

// newGrid sets up the levels from the chain downwards and returns the pivots by which the finest is scaled.
func newGrid(c *chain) (grid, []float64) {
	if c.coarsest() {
		return newBand(c)
	}
	pivots := c.linePivots()
	coarse, mass := c.coarsen()
	l := newLevel(c, pivots)
	var coarsePivots []float64
	l.coarse, coarsePivots = newGrid(coarse)
	l.setTransfer(pivots, coarsePivots, mass)
	return l, pivots
}

// enter implements preconditioned: the system is iterated on as it is.
func (p *sl2) enter([]float64) {}

// leave implements preconditioned.
func (p *sl2) leave([]float64) {}

// converged implements preconditioned.
func (p *sl2) converged(r []float64, _, target float64) bool { return p.norm(r) <= target }

// precondition implements preconditioned: z = P^{−1/2} · V-cycle · P^{−1/2} r.
func (p *sl2) precondition(z, r []float64, _ float64) ([]float64, float64) {
	along, across := p.stride[p.lines], p.stride[1-p.lines]
	for i := range p.n {
		gatherScaled(p.between, r[i*along:], across, p.scale[i*p.m:])
		p.finest.setRow(i, p.between)
	}
	p.finest.cycle()
	for i := range p.n {
		p.finest.row(i, p.between)
		scatterScaled(z[i*along:], across, p.between, p.scale[i*p.m:])
	}
	return z, dot(r, z)
}

// gatherScaled computes dst_j = s_j x_{j·stride}.
func gatherScaled(dst, x []float64, stride int, s []float64) {
	s = s[:len(dst)]
	if stride == 1 {
		x = x[:len(dst)]
		for j, v := range s {
			dst[j] = v * x[j]
		}
		return
	}
	for j, v := range s {
		dst[j] = v * x[j*stride]
	}
}

// scatterScaled computes dst_{j·stride} = s_j x_j.
func scatterScaled(dst []float64, stride int, x, s []float64) {
	s = s[:len(x)]
	if stride == 1 {
		dst = dst[:len(x)]
		for j, v := range s {
			dst[j] = v * x[j]
		}
		return
	}
	for j, v := range s {
		dst[j*stride] = v * x[j]
	}
}

// level is a grid whose even columns, the red ones, are the columns of the next coarser grid, and whose odd columns are black:
// black column k lies between red columns k and k+1. On a ring of an even number of columns the last black one lies between
// the last red one and red column 0. On a ring of an odd number the last column, a neighbour of red column 0, has a colour of
// its own, the seam.
//
// In the scaled unknowns, with u_r and u_b those of the red and black columns and a the couplings across,
//
//	(I−ℓ_r)(I−ℓ_rᵀ) u_r − aᵀ u_b = b_r,    (I−ℓ_b)(I−ℓ_bᵀ) u_b − a u_r = b_b.
type level struct {
	n          int
	red, black columns
	left       []float64 // a between black k and red k
	right      []float64 // a between black k and red k+1, or red 0 for the last on an even ring; 0 where there is neither
	seam       *seam     // nil but on an odd ring
	transfer   []float64 // g at the red cells and the seam's
	coarse     grid
	between    []float64 // one row of the coarse grid
}

// columns are the lines of one colour. All arrays run row by row.
type columns struct {
	count  int
	factor []float64 // ℓ between the cell and the one a row before; 0 in the first row
	b, u   []float64
}

// seam is the last column of an odd ring, between the last black column and red column 0.
type seam struct {
	columns
	black, red []float64 // couplings to the two
}

func newColumns(n, count int) columns {
	return columns{count, make([]float64, n*count), make([]float64, n*count), make([]float64, n*count)}
}

// at returns row i of x.
func (c *columns) at(x []float64, i int) []float64 { return x[i*c.count : (i+1)*c.count] }

// cycle implements grid. The order red, seam, black, coarse grid, black, seam, red is a palindrome, which makes the cycle
// symmetric. With a zero initial guess, once red and black are solved for in turn, the residual is zero on the black cells and
// aᵀu_b on the red: no residual is formed by subtraction. Nothing is prolonged to the black columns, for the black solution that
// follows is the ideal prolongation.
func (l *level) cycle() {
	l.solveRedFromZero()
	l.solveBlack()
	l.restrict()
	l.coarse.cycle()
	l.prolong()
	l.solveBlack()
	l.solveRed()
}

// solveRedFromZero solves for the red columns with all others zero, then for the seam with the black ones zero.
func (l *level) solveRedFromZero() {
	r := &l.red
	for i := range l.n {
		copy(r.at(r.u, i), r.at(r.b, i))
		r.forward(i)
	}
	r.backward()
	if s := l.seam; s != nil {
		for i := range l.n {
			s.u[i] = s.b[i] + s.red[i]*r.at(r.u, i)[0]
			s.forward(i)
		}
		s.backward()
	}
}

// solveBlack solves for the black columns, the others held.
func (l *level) solveBlack() {
	b := &l.black
	last := b.count - 1
	for i := range l.n {
		u := b.at(b.u, i)
		coupleBlack(u, b.at(b.b, i), b.at(l.left, i), b.at(l.right, i), l.red.at(l.red.u, i))
		if l.seam != nil {
			u[last] += l.seam.black[i] * l.seam.u[i]
		}
		b.forward(i)
	}
	b.backward()
}

// solveRed solves for the seam, then for the red columns, the others held.
func (l *level) solveRed() {
	r, b := &l.red, &l.black
	if s := l.seam; s != nil {
		for i := range l.n {
			s.u[i] = s.b[i] + s.red[i]*r.at(r.u, i)[0] + s.black[i]*b.at(b.u, i)[b.count-1]
			s.forward(i)
		}
		s.backward()
	}
	for i := range l.n {
		u := r.at(r.u, i)
		copy(u, r.at(r.b, i))
		coupleRed(u, b.at(l.left, i), b.at(l.right, i), b.at(b.u, i))
		if l.seam != nil {
			u[0] += l.seam.red[i] * l.seam.u[i]
		}
		r.forward(i)
	}
	r.backward()
}

// restrict hands g times the residual on the red cells and the seam to the coarse grid.
func (l *level) restrict() {
	b, m := &l.black, len(l.between)
	for i := range l.n {
		ub := b.at(b.u, i)
		red := l.between[:l.red.count]
		clear(red)
		coupleRed(red, b.at(l.left, i), b.at(l.right, i), ub)
		if l.seam != nil {
			red[0] += l.seam.red[i] * l.seam.u[i]
			l.between[m-1] = l.seam.black[i] * ub[b.count-1]
		}
		multiply(l.between, l.transfer[i*m:])
		l.coarse.setRow(i, l.between)
	}
}

// prolong adds g times the coarse grid's solution to the red cells and the seam.
func (l *level) prolong() {
	m := len(l.between)
	for i := range l.n {
		l.coarse.row(i, l.between)
		multiply(l.between, l.transfer[i*m:])
		add(l.red.at(l.red.u, i), l.between)
		if l.seam != nil {
			l.seam.u[i] += l.between[m-1]
		}
	}
}

// setRow implements grid.
func (l *level) setRow(i int, b []float64) {
	red, black := l.red.at(l.red.b, i), l.black.at(l.black.b, i)
	for k := range black {
		red[k], black[k] = b[2*k], b[2*k+1]
	}
	if len(red) > len(black) {
		red[len(black)] = b[2*len(black)]
	}
	if l.seam != nil {
		l.seam.b[i] = b[len(b)-1]
	}
}

// row implements grid.
func (l *level) row(i int, u []float64) {
	red, black := l.red.at(l.red.u, i), l.black.at(l.black.u, i)
	for k, v := range black {
		u[2*k], u[2*k+1] = red[k], v
	}
	if len(red) > len(black) {
		u[2*len(black)] = red[len(black)]
	}
	if l.seam != nil {
		u[len(u)-1] = l.seam.u[i]
	}
}

// forward does row i of the forward substitution u_i += ℓ_i u_{i−1}.
func (c *columns) forward(i int) {
	if i > 0 {
		addProduct(c.at(c.u, i), c.at(c.factor, i), c.at(c.u, i-1))
	}
}

// backward does the backward substitution u_i += ℓ_{i+1} u_{i+1}.
func (c *columns) backward() {
	for t := len(c.u) - 2*c.count; t >= 0; t -= c.count {
		next := t + c.count
		addProduct(c.u[t:next], c.factor[next:next+c.count], c.u[next:next+c.count])
	}
}

// coupleBlack computes y_k = b_k + left_k u_k + right_k u_{k+1} on one row, u the red cells of the row.
func coupleBlack(y, b, left, right, u []float64) {
	last := len(y) - 1
	b, left, right = b[:last+1], left[:last+1], right[:last+1]
	here, next := u[:last+1], u[1:]
	next = next[:last]
	for k := range next {
		y[k] = b[k] + left[k]*here[k] + right[k]*next[k]
	}
	y[last] = b[last] + left[last]*here[last] + right[last]*u[(last+1)%len(u)]
}

// coupleRed computes y_k += left_k u_k + right_{k−1} u_{k−1} on one row, u the black cells of the row.
func coupleRed(y, left, right, u []float64) {
	last := len(u) - 1
	y[0] += left[0] * u[0]
	here, hereLeft := u[1:], left[1:last+1]
	before, beforeRight := u[:last], right[:last]
	row := y[1 : last+1]
	for k := range row {
		row[k] += hereLeft[k]*here[k] + beforeRight[k]*before[k]
	}
	y[(last+1)%len(y)] += right[last] * u[last]
}

// multiply computes y = c∘y.
func multiply(y, c []float64) {
	c = c[:len(y)]
	for i := range y {
		y[i] *= c[i]
	}
}

// add computes y += x.
func add(y, x []float64) {
	x = x[:len(y)]
	for i := range y {
		y[i] += x[i]
	}
}
