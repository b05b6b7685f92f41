package linear

import (
	"fmt"
	"math"
)

// preconditioned is a preconditioned form of A y = r that conjugate gradients run on: Â ŷ = r̂ with a preconditioner of Â. SL2
// leaves the system as it is and preconditions it; Eisenstat's form transforms it and needs no preconditioner any more.
type preconditioned interface {
	enter(r []float64)    // r becomes r̂
	apply(q, p []float64) // q = Â p
	// precondition returns z, the preconditioner applied to r̂ (in the space offered, or r itself), and z·r̂; rr is r̂·r̂.
	precondition(z, r []float64, rr float64) ([]float64, float64)
	// converged reports whether the residual of A y = r that belongs to r̂ has a weighted norm ≤ target; rr is r̂·r̂.
	converged(r []float64, rr, target float64) bool
	leave(y []float64) // ŷ becomes y
}

// krylovSystem solves Ax = b by conjugate gradients.
//
// Without removal Aσ = σ, so the component of x along σ is that of b, x = mσ + y with m = ⟨b,σ⟩, and the iteration is for
// A y = b − mσ only: mass does not depend on the tolerance, nor is the tolerance spent on the part that is known.
type krylovSystem struct {
	*matrix
	pre     preconditioned
	options Options
	y       []float64 // the part of the solution that is iterated for
	r       []float64 // its residual b − mσ − Ay; within the iteration r̂
	correct []float64 // the correction of y one run of conjugate gradients makes
	p, q, z []float64
	sweep   *lineSweep
}

func newKrylovSystem(a *matrix, pre preconditioned, o Options) *krylovSystem {
	vector := func() []float64 { return make([]float64, a.cells) }
	return &krylovSystem{matrix: a, pre: pre, options: o, sweep: newLineSweep(a),
		y: vector(), r: vector(), correct: vector(), p: vector(), q: vector(), z: vector()}
}

// Solve implements System.
func (s *krylovSystem) Solve(x, b []float64) (Stats, error) {
	if err := checkVectors(s.cells, x, b); err != nil {
		return Stats{}, err
	}
	m := s.begin(b)
	stats, err := s.iterate(b, m, s.options.Tolerance)
	s.assemble(x, m)
	return stats, err
}

// begin sets y = 0 and returns the mass m of b, or 0 where mass is not conserved and nothing is known of x in advance.
func (s *krylovSystem) begin(b []float64) float64 {
	clear(s.y)
	if !s.op.Conservative() {
		return 0
	}
	return s.mass(b)
}

// assemble sets x = mσ + y.
func (s *krylovSystem) assemble(x []float64, m float64) {
	if !s.op.Conservative() {
		copy(x, s.y)
		return
	}
	for i, v := range s.op.Sigma {
		x[i] = m*v + s.y[i]
	}
	s.removeMass(x, m)
}

// removeMass adds to x what multiple of σ gives it the mass m.
func (s *krylovSystem) removeMass(x []float64, m float64) {
	defect := m - s.mass(x)
	for i, v := range s.op.Sigma {
		x[i] += defect * v
	}
}

// residual computes r = b − mσ − A y.
func (s *krylovSystem) residual(r, y, b []float64, m float64) {
	s.matrix.apply(r, y)
	for i, v := range s.op.Sigma {
		r[i] = (b[i] - m*v) - r[i]
	}
}

// scales returns the weighted norms of b and of its iterated part b − mσ, which it leaves in r.
func (s *krylovSystem) scales(b []float64, m float64) (whole, part float64) {
	for i, v := range s.op.Sigma {
		s.r[i] = b[i] - m*v
	}
	return s.norm(b), s.norm(s.r)
}

// iterate improves y until the weighted norm of b − mσ − Ay is at most tolerance times that of b − mσ, or at the rounding error
// of forming b − mσ. Runs of conjugate gradients end by the residual of their recursion, which in time departs from the true
// one; each run is therefore followed by a look at the true residual and, if need be, by another run for what is left. A run
// that does not halve the true residual has met the rounding error of A y.
func (s *krylovSystem) iterate(b []float64, m, tolerance float64) (Stats, error) {
	const margin = 0.9 // lets a run's recursion be off by a tenth without a second run
	whole, part := s.scales(b, m)
	if !finite(whole) {
		return Stats{}, fmt.Errorf("linear: the right-hand side has the norm %g; look for infinite or undefined entries", whole)
	}
	target := math.Max(tolerance*part, 0x1p-52*whole)
	s.residual(s.r, s.y, b, m)
	var stats Stats
	for left := s.norm(s.r); left > target; {
		stats.Iterations += s.conjugateGradients(margin*target, s.options.MaxIterations-stats.Iterations)
		s.update(m)
		s.residual(s.r, s.y, b, m)
		before := left
		left = s.norm(s.r)
		stats.Residual = left / part
		if left <= target {
			break
		}
		if stats.Iterations >= s.options.MaxIterations || !(left < before/2) {
			return stats, notConverged(stats, tolerance, s.options.MaxIterations)
		}
	}
	return stats, nil
}

func notConverged(s Stats, tolerance float64, most int) error {
	remedy := "the rounding error is reached: ask for a larger tolerance or a smaller step"
	switch {
	case !finite(s.Residual):
		remedy = "check f, the grid and the right-hand side for values out of range"
	case s.Iterations >= most:
		remedy = "allow more iterations, or take a smaller step"
	}
	return fmt.Errorf("%w: residual %.3g after %d iterations, tolerance %g; %s", ErrNotConverged, s.Residual, s.Iterations, tolerance, remedy)
}

// update adds the correction to y and, where mass is known, takes the component along σ out of y.
func (s *krylovSystem) update(m float64) {
	s.pre.leave(s.correct)
	for i, v := range s.correct {
		s.y[i] += v
	}
	if s.op.Conservative() {
		s.removeMass(s.y, 0)
	}
}

// conjugateGradients computes the correction that solves A·correction = r until the weighted norm of the residual is at most
// target, and returns the number of iterations, at most the budget. It overwrites r.
func (s *krylovSystem) conjugateGradients(target float64, budget int) int {
	s.pre.enter(s.r)
	clear(s.correct)
	rr := dot(s.r, s.r)
	z, rz := s.pre.precondition(s.z, s.r, rr)
	copy(s.p, z)
	for k := 1; k <= budget; k++ {
		s.pre.apply(s.q, s.p)
		alpha := rz / dot(s.p, s.q)
		rr = advance(s.correct, s.r, s.p, s.q, alpha)
		if !(rr > 0) || s.pre.converged(s.r, rr, target) {
			return k
		}
		old := rz
		z, rz = s.pre.precondition(s.z, s.r, rr)
		combine(s.p, z, rz/old)
	}
	return budget
}

// advance computes x += α p, r −= α q and returns r·r.
func advance(x, r, p, q []float64, alpha float64) float64 {
	return pairwise(len(x), func(lo, hi int) float64 {
		return advanceLeaf(x[lo:hi], r[lo:hi], p[lo:hi], q[lo:hi], alpha)
	})
}

func advanceLeaf(x, r, p, q []float64, alpha float64) float64 {
	var even, odd float64
	r, p, q = r[:len(x)], p[:len(x)], q[:len(x)]
	n := len(x) &^ 1
	for i := 0; i < n; i += 2 {
		x[i] += alpha * p[i]
		x[i+1] += alpha * p[i+1]
		a, b := r[i]-alpha*q[i], r[i+1]-alpha*q[i+1]
		r[i], r[i+1] = a, b
		even += a * a
		odd += b * b
	}
	for i := n; i < len(x); i++ {
		x[i] += alpha * p[i]
		r[i] -= alpha * q[i]
		even += r[i] * r[i]
	}
	return even + odd
}

// combine computes p = z + β p.
func combine(p, z []float64, beta float64) {
	z = z[:len(p)]
	for i, v := range p {
		p[i] = z[i] + beta*v
	}
}
