package linear

import "fpsgd/solver/linear/matrix"

// line solves the tridiagonal system of one line of cells, or the cyclic one of a ring, by
// elimination in GTH form.
//
// With rates F_i = c_i ρ_i forward from cell i and B_i = c_i/ρ_i back to it, ρ_i = σ_{i+1}/σ_i, and
// excess e_i, the pivots are
//
//	p_i = g_i + F_i,    g_0 = e_0,    g_{i+1} = e_{i+1} + B_i g_i/p_i,    p_{n−1} = g_{n−1}:
//
// the excess g left at cell i+1 is its own plus what the walker meets on excursions below. On a
// ring every cell also sees the last one, with coupling h_i and rates H_i out and K_i in, which the
// elimination carries along:
//
//	h_{i+1} = c_i h_i/p_i,    H_{i+1} = B_i H_i/p_i,    K_{i+1} = K_i F_i/p_i,
//	g_{n−1} += Σ_i K_i g_i/p_i.
//
// Nothing is ever subtracted, in the factors or, if b ≥ 0, in the solution, so x ≥ 0 and each of
// its entries has a small relative error, whatever the condition number.
type line struct {
	excess   []float64 // e_i
	ratio    []float64 // ρ_i; of a ring, the last is σ_0/σ_{n−1}
	coupling []float64 // c_i between cells i and i+1; of a ring, the last closes it
	inverse  []float64 // 1/p_i
	closing  []float64 // h_i between cell i and the last one; nil on an open line
}

func newLine(n int, ring bool) *line {
	array := func() []float64 { return make([]float64, n) }
	l := &line{excess: array(), ratio: array(), coupling: array(), inverse: array()}
	if ring && n > 2 {
		l.closing = array()
	}
	return l
}

// read takes the row that begins at cell t from a matrix, for factor. On a ring of two cells the
// two couplings join the same cells and are added.
func (l *line) read(a *matrix.Matrix, t int) {
	k, c := len(a.Stride)-1, l.coupling
	for i := range c {
		l.excess[i], c[i], l.ratio[i] = a.Excess(t+i), 0, 1
		if u, ok := a.Next(t+i, k); ok {
			c[i], l.ratio[i] = a.Gamma*a.Op.Coupling[k][t+i], a.Ratio(t+i, u)
		}
	}
	if len(c) == 2 {
		c[0], c[1] = c[0]+c[1], 0
	}
}

// factor eliminates the line.
func (l *line) factor() {
	if l.closing != nil {
		l.factorRing()
		return
	}
	n := len(l.excess)
	e, c, rho, inverses := l.excess, l.coupling[:n], l.ratio[:n], l.inverse[:n]
	g := e[0]
	for i := range n - 1 {
		inverse := 1 / (g + c[i]*rho[i])
		inverses[i] = inverse
		g = e[i+1] + c[i]/rho[i]*(g*inverse)
	}
	inverses[n-1] = 1 / g
}

// factorRing is factor for a ring of three cells or more.
func (l *line) factorRing() {
	e, rho, last := l.excess, l.ratio, len(l.excess)-1
	h := l.coupling[last]
	out, in := h/rho[last], h*rho[last]
	g, gLast := e[0], e[last]
	for i := range last {
		ci := l.coupling[i]
		forward, back := ci*rho[i], ci/rho[i]
		if i == last-1 { // the next cell is the last one: the two ways to it are one
			forward, in = forward+out, in+back
			l.coupling[i], h, out = ci+h, 0, 0
		}
		inverse := 1 / (g + forward + out)
		l.inverse[i], l.closing[i] = inverse, h
		gLast += in * (g * inverse)
		h *= ci * inverse
		out *= back * inverse
		in *= forward * inverse
		g = e[i+1] + back*(g*inverse)
	}
	l.inverse[last] = 1 / gLast
}

// solve replaces x by the solution of the line's system with right-hand side x.
func (l *line) solve(x []float64) {
	if l.closing != nil {
		l.solveRing(x)
		return
	}
	n := len(x)
	c, inverse := l.coupling[:n], l.inverse[:n]
	for i := 1; i < n; i++ {
		x[i] += c[i-1] * inverse[i-1] * x[i-1]
	}
	x[n-1] *= inverse[n-1]
	for i := n - 2; i >= 0; i-- {
		x[i] = (x[i] + c[i]*x[i+1]) * inverse[i]
	}
}

func (l *line) solveRing(x []float64) {
	last := len(x) - 1
	for i := range last {
		y := x[i] * l.inverse[i]
		x[i+1] += l.coupling[i] * y
		x[last] += l.closing[i] * y
	}
	end := x[last] * l.inverse[last]
	x[last] = end
	for i := last - 1; i >= 0; i-- {
		x[i] = (x[i] + l.coupling[i]*x[i+1] + l.closing[i]*end) * l.inverse[i]
	}
}

// newLineSystem is the direct solver on one axis.
func newLineSystem(a *matrix.Matrix) *direct {
	l := newLine(a.Cells, a.Op.Periodic[0])
	l.read(a, 0)
	l.factor()
	return &direct{a, Line, l.solve}
}

// direct solves by elimination. For b ≥ 0 the solution is exact in every entry to a small relative
// error.
type direct struct {
	*matrix.Matrix
	method string
	solve  func(x []float64) // replaces x by A⁻¹x
}

// Solve implements System.
func (s *direct) Solve(x, b []float64) (Stats, error) { return s.eliminate(x, b, s.RestoreMass) }

// eliminate solves, and makes the mass of x that of b as told.
func (s *direct) eliminate(x, b []float64, restore func([]float64, float64)) (Stats, error) {
	if err := checkVectors(s.Cells, x, b); err != nil {
		return Stats{}, err
	}
	m := s.Mass(b)
	copy(x, b)
	s.solve(x)
	if s.Op.Conservative() {
		restore(x, m)
	}
	return Stats{}, checkSolution(x)
}

// SolveNonnegative implements System: elimination without subtraction keeps b ≥ 0 nonnegative.
func (s *direct) SolveNonnegative(x, b []float64) (Stats, error) {
	if err := checkNonnegative(b); err != nil {
		return Stats{}, err
	}
	return s.eliminate(x, b, s.Rescale)
}
