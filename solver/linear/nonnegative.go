package linear

import (
	"fmt"
	"math"

	"fpsgd/solver/linear/matrix"
)

// roundoff is u, the unit roundoff.
const roundoff = 0x1p-53

// SolveNonnegative implements System. Conjugate gradients leave errors of either sign in the far
// tails. Their solution with the negative entries raised to 0 is only the starting iterate of one
// symmetric line Gauss–Seidel sweep: that splitting of the M-matrix A is regular, so what a sweep
// makes of a starting iterate x ≥ 0 and of b ≥ 0 is nonnegative, and nothing is changed afterwards
// but the overall factor that makes the mass exact.
//
// The sweep's result must meet the tolerance, but for the residual that rounding makes by itself
// (attainable). If raising the entries cost too much, conjugate gradients go on to a tenth of their
// tolerance, or to where rounding stops them, and twice as many sweeps follow.
func (s *krylovSystem) SolveNonnegative(x, b []float64) (Stats, error) {
	if err := checkVectors(s.Cells, x, b); err != nil {
		return Stats{}, err
	}
	if err := checkNonnegative(b); err != nil {
		return Stats{}, err
	}
	s.Workers.Start()
	defer s.Workers.Stop()
	if s.spare == nil {
		s.spare = make([]float64, s.Cells)
	}
	const rounds = 5
	m, err := s.begin(b)
	if err != nil {
		return Stats{}, err
	}
	var total Stats
	for round := range rounds {
		stats, err := s.iterate(b, m, s.options.Tolerance*math.Pow10(-round))
		total.Iterations += stats.Iterations
		if err != nil && !(stats.Residual <= s.options.Tolerance) {
			return Stats{Iterations: total.Iterations, Residual: stats.Residual},
				fmt.Errorf("nonnegative solution: %w", err)
		}
		v := s.nonnegative(b, m, 1<<round)
		left, allowed := s.check(v, b, m)
		if s.part > 0 {
			total.Residual, total.Error = left/s.part, stats.Error
		}
		if left <= allowed {
			copy(x, v)
			return total, nil
		}
		s.residual(s.r, s.y, b, m)
	}
	return total, fmt.Errorf("nonnegative solution: %w: residual %.3g after %d iterations "+
		"and %d sweeps, tolerance %g; ask for a larger tolerance or a smaller step",
		ErrNotConverged, total.Residual, total.Iterations, 1<<(rounds-1), s.options.Tolerance)
}

// nonnegative returns what the sweeps make of x = mσ + y, with the mass of b, in work space.
func (s *krylovSystem) nonnegative(b []float64, m float64, sweeps int) []float64 {
	v := s.spare
	s.assemble(v, m)
	s.Workers.Over(s.Cells, func(lo, hi int) {
		for i, x := range v[lo:hi] {
			v[lo+i] = math.Max(x, 0)
		}
	})
	for range sweeps {
		s.sweep.symmetric(v, b)
	}
	if s.Op.Conservative() {
		s.Rescale(v, m*s.Sigma2)
	}
	return v
}

// check returns the weighted norm of the residual of x, and what it may be.
func (s *krylovSystem) check(x, b []float64, m float64) (left, allowed float64) {
	y := s.p[:s.Cells]
	copy(y, x)
	if s.Op.Conservative() {
		s.SetComponent(y, 0)
	}
	s.residual(s.r, y, b, m)
	return s.Norm(s.r), s.options.Tolerance*s.part + attainable(s.Matrix, x)
}

// attainable is the residual that rounding leaves of the best approximation to x: to form a row of
// Ax takes up to nine products of the size of D_i x_i, and x itself is rounded, each with an error
// u.
func attainable(a *matrix.Matrix, x []float64) float64 { return 16 * roundoff * a.DualNorm(x) }

// lineSweep is Gauss–Seidel by lines along the last axis, in the order of matrix.Sweep and back. Of
// the rows around it, one finds those before it new and those after it old, as if there were one
// thread. The lines are factored as they are met: sweeps are rare, and the factors would fill as
// much memory as three vectors.
type lineSweep struct {
	*matrix.Matrix
	order *matrix.Sweep
	work  []*line // of every part
}

func newLineSweep(a *matrix.Matrix) *lineSweep {
	l := &lineSweep{Matrix: a, order: a.Sweep()}
	for range a.Workers.Size() {
		l.work = append(l.work, newLine(a.Row, a.Op.Periodic[len(a.Stride)-1]))
	}
	return l
}

// symmetric does one sweep up and one down on x. Its entries stay nonnegative if those of x and b
// are.
func (l *lineSweep) symmetric(x, b []float64) {
	relax := func(part, row int) { l.relax(l.work[part], x, b, row) }
	l.order.Up(relax)
	l.order.Down(relax)
}

// relax solves for row i, all others held.
func (l *lineSweep) relax(w *line, x, b []float64, i int) {
	n, t := l.Row, i*l.Row
	row := x[t : t+n]
	copy(row, b[t:t+n])
	w.read(l.Matrix, t)
	for k := range len(l.Stride) - 1 {
		c := l.Op.Coupling[k]
		if u, ok := l.Next(t, k); ok {
			l.couple(w.excess, x, c[t:t+n], t, u)
		}
		if u, ok := l.Previous(t, k); ok {
			l.couple(w.excess, x, c[u:u+n], t, u)
		}
	}
	w.factor()
	w.solve(row)
}

// couple adds to the row of x at t what its neighbour at u gives it, and to its excess the rates of
// jumps there.
func (l *lineSweep) couple(excess, x, c []float64, t, u int) {
	for i := range excess {
		ci := l.Gamma * c[i]
		x[t+i] += ci * x[u+i]
		excess[i] += ci * l.Ratio(t+i, u+i)
	}
}
