package linear

import (
	"fmt"
	"math"
	"slices"

	"fpsgd/operators"
	"fpsgd/solver/linear/matrix"

	"gonum.org/v1/gonum/floats"
)

// Inertia is a count of eigenvalues below a shift.
type Inertia struct {
	Below int // how many eigenvalues of S lie below μ, the 0 of σ included
	// Error bounds what rounding does to the count: it is right for some shift within μ(1 ± Error).
	Error float64
}

// mostFlops is how many multiply-adds a factorisation may take: some 1 s, as on 400², 25³ or 9⁴
// cells.
const mostFlops = 1.2e9

// Countable says why Count and Dissection are not to be had on a grid, or returns nil.
func Countable(op *operators.Operator) error { return Eliminable(op, mostFlops) }

// dissectionFlops counts the multiply-adds of a nested dissection, front by front from the largest
// on, until they exceed the limit.
func dissectionFlops(op *operators.Operator, limit float64) (flops float64) {
	overFronts(op, func(own, left float64) bool {
		n := own + left
		flops += (n*n*n - left*left*left) / 3 // Σ k² between them
		return flops <= limit
	})
	return flops
}

// EliminationBytes is what Dissection keeps, in bytes: the couplings of eliminated cells to those
// behind them.
func EliminationBytes(op *operators.Operator) (bytes float64) {
	overFronts(op, func(own, left float64) bool {
		bytes += 8 * own * (left + own/2)
		return true
	})
	return bytes
}

// overFronts calls do with the numbers of cells that fronts of a dissection eliminate and leave,
// from the largest on, until it returns false.
func overFronts(op *operators.Operator, do func(own, left float64) bool) {
	s := dissection{Matrix: &matrix.Matrix{Op: op}}
	for pending := []box{s.whole()}; len(pending) > 0; {
		b := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		parts, own := s.separate(b)
		pending = append(pending, parts...)
		if !do(float64(own.size()), float64(s.around(b))) {
			return
		}
	}
}

// Eliminable says why a grid has too many cells for so many multiply-adds of an elimination, or
// returns nil.
func Eliminable(op *operators.Operator, flops float64) error {
	if dissectionFlops(op, flops) > flops {
		return fmt.Errorf("a factorisation takes more than the %.1e operations that are the limit",
			flops)
	}
	return nil
}

// around is how many cells next to a box the front of the box leaves.
func (s *dissection) around(b box) (cells int) {
	for k, n := range s.Op.Shape {
		size := b.hi[k] - b.lo[k]
		face := b.size() / size
		switch {
		case s.Op.Periodic[k]:
			cells += face * min(2, n-size)
		case b.lo[k] > 0 && b.hi[k] < n:
			cells += 2 * face
		case size < n:
			cells += face
		}
	}
	return cells
}

// Count returns how many eigenvalues of S lie below μ > 0: by Sylvester's law as many as the
// factorisation S − μ = L D Lᵀ has negative pivots. Off-diagonals and row sums r_i − μ are kept
// apart, so that μ is not lost below the rounding of a diagonal.
//
// On an open line, with rates F_i forward and B_i back,
//
//	p_i = g_i + F_i,    g_0 = r_0 − μ,    g_{i+1} = r_{i+1} − μ + B_i g_i/p_i,    p_{n−1} = g_{n−1}.
//
// This is the stationary quotient-difference transform in differential form, of which the computed
// numbers are exact for F and B changed by four roundings each (Dhillon and Parlett, Linear Algebra
// Appl. 387, 2004, Theorem 5.2); S is a sum of positive terms, so that each eigenvalue moves by as
// many times its own size for every cell (Demmel and Kahan, SIAM J. Sci. Stat. Comput. 11, 1990).
// The count is then that of a shift within μ(1 ± 16 n u), however small μ is against the rates.
//
// Elsewhere the elimination is by nested dissection. Where no rate exceeds 1e8 μ, that of the
// symmetric form with its diagonal is tried first: its backward error is at most u times a few of
// the sums Σ_i |c_ji| Σ_k |c_ik|/|p_i| in row j, and the largest of them bounds how far μ moves. If
// that is more than 1e-7 μ, rates and row sums are kept apart, and the backward error E is bounded
// in the sense
//
//	|⟨w, E w⟩| ≤ δ ⟨w, (S + μ) w⟩,
//
// which makes the count that of a shift between μ(1−δ)/(1+δ) and its inverse. To this end S + μ,
// which is positive, is eliminated too. The Schur complement of S + μ on the cells that are left, a
// form with conductances t̂ and row sums ê, is no more than ⟨w, (S + μ) w⟩ for any w. The rounding
// of a pivot's row and of its updates, m of them, changes the form of S − μ by at most u (m + 8)
// times
//
//	|t_jk| (u_j − u_k)², |e_j| u_j²  and their updates
//	|t_ij t_ik/p_i| (u_j − u_k)², |t_ij e_i/p_i| u_j²,
//
// which is compared with t̂ and ê entry by entry, or, as (u_j − u_k)² ≤ 2u_j² + 2u_k², with ê
// alone, whichever is less.
func Count(op *operators.Operator, mu float64) (Inertia, error) {
	if !(mu > 0) || math.IsInf(mu, 0) {
		return Inertia{}, fmt.Errorf("linear: eigenvalues below %g cannot be counted; "+
			"the shift must be positive and finite", mu)
	}
	if err := Countable(op); err != nil {
		return Inertia{}, err
	}
	a, err := matrix.New(op, 1, 1)
	if err != nil {
		return Inertia{}, err
	}
	if len(op.Shape) == 1 && !op.Periodic[0] {
		return countLine(a, mu), nil
	}
	return countDissected(a, mu), nil
}

// countDissected is Count by nested dissection.
func countDissected(a *matrix.Matrix, mu float64) Inertia {
	const moderate, sharp = 1e8, 1e-7
	best := Inertia{Error: 1}
	if slices.Max(a.Op.Diag) < moderate*mu {
		if best = countPlain(a, mu); best.Error < sharp {
			return best
		}
	}
	var count Inertia
	rowSum := func(i int) float64 { return removal(a, i) - mu }
	positive := func(i int) float64 { return removal(a, i) + mu }
	newDissection(a, count.add, rowSum, positive).run()
	if count.Error < best.Error {
		return count
	}
	return best
}

// countPlain is Count in the symmetric form.
func countPlain(a *matrix.Matrix, mu float64) Inertia {
	var count Inertia
	moved := make([]float64, a.Cells) // of the entries in a row, in sum
	for i, d := range a.Op.Diag {
		moved[i] = 16 * (d + mu) // the terms that the diagonal is a sum of, and the couplings
	}
	visit := func(f *front) {
		for i := range f.own {
			if f.pivots[i] < 0 {
				count.Below++
			}
			row := f.rates[i*f.n+i+1 : (i+1)*f.n]
			// an update, and the sums it is added to
			weight := 8 * floats.Norm(row, 1) / math.Abs(f.pivots[i])
			for k, j := range f.cells[i+1:] {
				moved[j] += weight * math.Abs(row[k])
			}
		}
	}
	s := newDissection(a, visit, func(i int) float64 { return a.Op.Diag[i] - mu })
	s.plain = true
	s.run()
	count.Error = roundoff * slices.Max(moved) / mu
	if !(count.Error < 1) {
		count.Error = 1
	}
	return count
}

// removal is r_i.
func removal(a *matrix.Matrix, i int) float64 {
	if a.Op.Removal == nil {
		return 0
	}
	return a.Op.Removal[i]
}

// countLine is Count on an open line.
func countLine(a *matrix.Matrix, mu float64) Inertia {
	n := a.Cells
	count := Inertia{Error: 16 * float64(n) * roundoff}
	g := removal(a, 0) - mu
	for i := range n {
		pivot, forward := g, 0.0
		if i < n-1 {
			forward = a.Op.Coupling[0][i] * a.Ratio(i, i+1)
			pivot = g + forward
		}
		if pivot == 0 {
			pivot = -roundoff * forward // within the error of F
		}
		if pivot < 0 {
			count.Below++
		}
		if i < n-1 {
			g = removal(a, i+1) - mu + a.Op.Coupling[0][i]*a.Ratio(i+1, i)*(g/pivot)
		}
	}
	return count
}

// add counts the negative pivots of a front, and adds its rounding to the bound.
func (c *Inertia) add(f *front) {
	for i := range f.own {
		if f.pivots[i] < 0 {
			c.Below++
		}
		c.Error += roundoff * float64(f.n-i+8) * (1 + f.growth(i))
	}
	if !(c.Error < 1) {
		c.Error = 1
	}
}

// growth compares what the elimination of cell i, which is done, adds to S − μ with S + μ; see
// Count.
func (f *front) growth(i int) float64 {
	const negligible = 1e-290 // rates that are nothing beside any μ and may have lost their digits
	n, shifted, e, pivot := f.n, f.all[1], math.Abs(f.sums[i]), math.Abs(f.pivots[i])
	ratio, out, pull := math.Max(1, e/shifted.sums[i]), e, 0.0
	for j := i + 1; j < n; j++ {
		forward, back := math.Abs(f.rates[i*n+j]), math.Abs(f.rates[j*n+i])
		out += forward
		if forward > negligible {
			ratio = math.Max(ratio, forward/shifted.rates[i*n+j])
		}
		if back > negligible {
			pull = math.Max(pull, back/shifted.sums[j])
		}
	}
	entries := ratio * ratio * math.Max(1, shifted.pivots[i]/pivot)
	masses := 4 * (out/shifted.sums[i] + pull*math.Max(1, out/pivot))
	return math.Min(entries, masses)
}
