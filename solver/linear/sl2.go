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
	scale   []float64   // P^{−1/2} of the finest level, row by row
	lines   int         // axis along which the lines run
	n, m    int         // cells of a line; number of lines
	between [][]float64 // one row of cells across the lines, for every part of the team
	r, z    []float64   // the operands of the tasks
	tasks   sl2Tasks
}

// sl2Tasks are the loops shared out among the team.
type sl2Tasks struct {
	load      func(part, parts int)    // the finest grid's right-hand side from r
	store     func(part, parts int)    // z from the finest grid's solution
	curvature func(lo, hi int) float64 // z·r
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
	p := &sl2{matrix: a, lines: lines, n: chain.n, m: chain.m, between: rowsFor(a.team, chain.m)}
	p.finest, p.scale = newGrid(chain, a.team)
	for i, v := range p.scale {
		p.scale[i] = 1 / math.Sqrt(v)
	}
	p.makeTasks()
	return p, nil
}

func (p *sl2) makeTasks() {
	along, across := p.stride[p.lines], p.stride[1-p.lines]
	p.tasks.load = func(part, parts int) {
		lo, hi := share(p.n, part, parts)
		for i := lo; i < hi; i++ {
			gatherScaled(p.between[part], p.r[i*along:], across, p.scale[i*p.m:])
			p.finest.setRow(i, p.between[part])
		}
	}
	p.tasks.store = func(part, parts int) {
		lo, hi := share(p.n, part, parts)
		for i := lo; i < hi; i++ {
			p.finest.row(i, p.between[part])
			scatterScaled(p.z[i*along:], across, p.between[part], p.scale[i*p.m:])
		}
	}
	p.tasks.curvature = func(lo, hi int) float64 { return dot(p.z[lo:hi], p.r[lo:hi]) }
}

// rowsFor makes one row of m cells for every part of the team.
func rowsFor(t *team, m int) [][]float64 {
	rows := make([][]float64, t.size)
	for part := range rows {
		rows[part] = make([]float64, m)
	}
	return rows
}

// newGrid sets up the levels from the chain downwards and returns the pivots by which the finest is scaled.
func newGrid(c *chain, t *team) (grid, []float64) {
	if c.coarsest() {
		return newBand(c)
	}
	pivots := c.linePivots()
	coarse, mass := c.coarsen()
	l := newLevel(c, pivots, t)
	var coarsePivots []float64
	l.coarse, coarsePivots = newGrid(coarse, t)
	l.setTransfer(pivots, coarsePivots, mass)
	return l, pivots
}

// enter implements preconditioned: the system is iterated on as it is.
func (p *sl2) enter([]float64) {}

// leave implements preconditioned.
func (p *sl2) leave([]float64) {}

// converged implements preconditioned.
func (p *sl2) converged(r []float64, _, target float64) bool { return p.norm(r) <= target }

// apply implements preconditioned.
func (p *sl2) apply(q, v []float64) float64 {
	p.matrix.apply(q, v)
	p.z, p.r = q, v
	return p.team.sum(p.cells, p.tasks.curvature)
}

// precondition implements preconditioned: z = P^{−1/2} · V-cycle · P^{−1/2} r.
func (p *sl2) precondition(z, r []float64, _ float64) ([]float64, float64) {
	p.z, p.r = z, r
	p.team.run(p.cells, p.tasks.load)
	p.finest.cycle()
	p.team.run(p.cells, p.tasks.store)
	return z, p.team.sum(p.cells, p.tasks.curvature)
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
	n, cells   int
	red, black columns
	left       []float64 // a between black k and red k
	right      []float64 // a between black k and red k+1, or red 0 for the last on an even ring; 0 where there is neither
	seam       *seam     // nil but on an odd ring
	transfer   []float64 // g at the red cells and the seam's
	coarse     grid
	between    [][]float64 // one row of the coarse grid, for every part of the team
	team       *team
	tasks      levelTasks
}

// levelTasks are the steps of a cycle, shared out among the team by columns or by rows.
type levelTasks struct {
	redFromZero, black, red func(part, parts int)
	restrict, prolong       func(part, parts int)
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
	l.team.run(l.cells, l.tasks.redFromZero)
	l.solveSeamFromZero()
	l.team.run(l.cells, l.tasks.black)
	l.team.run(l.cells, l.tasks.restrict)
	l.coarse.cycle()
	l.team.run(l.cells, l.tasks.prolong)
	l.team.run(l.cells, l.tasks.black)
	l.solveSeam()
	l.team.run(l.cells, l.tasks.red)
}

func (l *level) makeTasks() {
	l.tasks.redFromZero = func(part, parts int) { l.solveRedFromZero(share(l.red.count, part, parts)) }
	l.tasks.black = func(part, parts int) { l.solveBlack(share(l.black.count, part, parts)) }
	l.tasks.red = func(part, parts int) { l.solveRed(share(l.red.count, part, parts)) }
	l.tasks.restrict = func(part, parts int) {
		lo, hi := share(l.n, part, parts)
		l.restrict(lo, hi, l.between[part])
	}
	l.tasks.prolong = func(part, parts int) {
		lo, hi := share(l.n, part, parts)
		l.prolong(lo, hi, l.between[part])
	}
}

// solveRedFromZero solves for the red columns [lo, hi) with all others zero.
func (l *level) solveRedFromZero(lo, hi int) {
	r := &l.red
	for i := range l.n {
		copy(r.at(r.u, i)[lo:hi], r.at(r.b, i)[lo:hi])
		r.forward(i, lo, hi)
	}
	r.backward(lo, hi)
}

// solveBlack solves for the black columns [lo, hi), the others held.
func (l *level) solveBlack(lo, hi int) {
	b := &l.black
	for i := range l.n {
		u := b.at(b.u, i)
		coupleBlack(u, b.at(b.b, i), b.at(l.left, i), b.at(l.right, i), l.red.at(l.red.u, i), lo, hi)
		if l.seam != nil && hi == b.count {
			u[hi-1] += l.seam.black[i] * l.seam.u[i]
		}
		b.forward(i, lo, hi)
	}
	b.backward(lo, hi)
}

// solveRed solves for the red columns [lo, hi), the others held.
func (l *level) solveRed(lo, hi int) {
	r, b := &l.red, &l.black
	for i := range l.n {
		u := r.at(r.u, i)
		coupleRed(u, r.at(r.b, i), b.at(l.left, i), b.at(l.right, i), b.at(b.u, i), lo, hi)
		if l.seam != nil && lo == 0 {
			u[0] += l.seam.red[i] * l.seam.u[i]
		}
		r.forward(i, lo, hi)
	}
	r.backward(lo, hi)
}

// solveSeamFromZero solves for the seam with the red columns held and the black ones zero.
func (l *level) solveSeamFromZero() {
	if l.seam == nil {
		return
	}
	for i := range l.n {
		l.seam.u[i] = l.seam.b[i] + l.seam.red[i]*l.red.at(l.red.u, i)[0]
		l.seam.forward(i, 0, 1)
	}
	l.seam.backward(0, 1)
}

// solveSeam solves for the seam with the others held.
func (l *level) solveSeam() {
	if l.seam == nil {
		return
	}
	last := l.black.count - 1
	for i := range l.n {
		l.seam.u[i] = l.seam.b[i] + l.seam.red[i]*l.red.at(l.red.u, i)[0] + l.seam.black[i]*l.black.at(l.black.u, i)[last]
		l.seam.forward(i, 0, 1)
	}
	l.seam.backward(0, 1)
}

// restrict hands g times the residual on the red cells and the seam, rows [lo, hi), to the coarse grid.
func (l *level) restrict(lo, hi int, between []float64) {
	b, m := &l.black, len(between)
	red := between[:l.red.count]
	for i := lo; i < hi; i++ {
		ub := b.at(b.u, i)
		clear(red)
		coupleRed(red, red, b.at(l.left, i), b.at(l.right, i), ub, 0, len(red))
		if l.seam != nil {
			red[0] += l.seam.red[i] * l.seam.u[i]
			between[m-1] = l.seam.black[i] * ub[b.count-1]
		}
		multiply(between, l.transfer[i*m:])
		l.coarse.setRow(i, between)
	}
}

// prolong adds g times the coarse grid's solution to the red cells and the seam, rows [lo, hi).
func (l *level) prolong(lo, hi int, between []float64) {
	m := len(between)
	for i := lo; i < hi; i++ {
		l.coarse.row(i, between)
		addProduct(l.red.at(l.red.u, i), between, l.transfer[i*m:])
		if l.seam != nil {
			l.seam.u[i] += between[m-1] * l.transfer[i*m+m-1]
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

// forward does row i, columns [lo, hi), of the forward substitution u_i += ℓ_i u_{i−1}.
func (c *columns) forward(i, lo, hi int) {
	if i > 0 {
		addProduct(c.at(c.u, i)[lo:hi], c.at(c.factor, i)[lo:hi], c.at(c.u, i-1)[lo:hi])
	}
}

// backward does the backward substitution u_i += ℓ_{i+1} u_{i+1} on columns [lo, hi).
func (c *columns) backward(lo, hi int) {
	for i := len(c.u)/c.count - 2; i >= 0; i-- {
		addProduct(c.at(c.u, i)[lo:hi], c.at(c.factor, i+1)[lo:hi], c.at(c.u, i+1)[lo:hi])
	}
}

// coupleBlack computes y_k = b_k + left_k u_k + right_k u_{k+1}, lo ≤ k < hi, on one row, u the red cells of the row.
func coupleBlack(y, b, left, right, u []float64, lo, hi int) {
	last := len(y) - 1
	if lo < hi && hi > last {
		y[last] = b[last] + left[last]*u[last] + right[last]*u[(last+1)%len(u)]
		hi = last
	}
	row, here, next := y[lo:hi], u[lo:hi], u[lo+1:]
	b, left, right, next = b[lo:hi], left[lo:hi], right[lo:hi], next[:len(row)]
	for k := range row {
		row[k] = b[k] + left[k]*here[k] + right[k]*next[k]
	}
}

// coupleRed computes y_k = b_k + left_k u_k + right_{k−1} u_{k−1}, lo ≤ k < hi, on one row, u the black cells of the row.
func coupleRed(y, b, left, right, u []float64, lo, hi int) {
	blacks := len(u)
	if hi > blacks { // a red column beyond the last black one
		y[blacks] = b[blacks] + right[blacks-1]*u[blacks-1]
		hi = blacks
	}
	if lo == 0 && lo < hi {
		y[0] = b[0] + left[0]*u[0]
		if len(y) == blacks { // with the last black column as its neighbour on a ring
			y[0] += right[blacks-1] * u[blacks-1]
		}
		lo = 1
	}
	if lo >= hi {
		return
	}
	row, here, before := y[lo:hi], u[lo:hi], u[lo-1:hi-1]
	b, left, right = b[lo:hi], left[lo:hi], right[lo-1:hi-1]
	for k := range row {
		row[k] = b[k] + left[k]*here[k] + right[k]*before[k]
	}
}
