package linear

import (
	"fmt"
	"math"

	"fpsgd/solver/linear/matrix"
)

// slowestFactor is that by which the square of a residual is taken to fall in an iteration at
// least.
const slowestFactor = 0.99

// krylovSystem solves Ax = b by conjugate gradients.
//
// Without removal Aσ = σ, so the component of x along σ is that of b, x = mσ + y with m =
// ⟨b,σ⟩/⟨σ,σ⟩, and the iteration is for A y = b − mσ only: mass does not depend on the tolerance,
// nor is the tolerance spent on the part that is known.
type krylovSystem struct {
	*matrix.Matrix
	method  string
	pre     matrix.Preconditioned
	options Options
	sweep   *lineSweep

	y     []float64 // the part of the solution that is iterated for
	r     []float64 // its residual b − mσ − Ay
	rhat  []float64 // that of the iteration; r itself if it is as long
	p, q  []float64 // direction, and Âp
	x     []float64 // the correction of y that a run makes, on the last entries of p
	spare []float64 // nonnegative solutions; nil until there are any

	whole, part float64 // norms of b and of b − mσ
	size2       float64 // ‖b − mσ‖², the plain norm
	unsolved    float64 // ‖y − A⁻¹(b − mσ)‖_A as the last run leaves it, but for rounding
}

func newKrylovSystem(a *matrix.Matrix, method string, pre matrix.Preconditioned,
	o Options) *krylovSystem {
	residual, direction := pre.Size()
	vector := func(n int) []float64 { return make([]float64, n) }
	s := &krylovSystem{Matrix: a, method: method, pre: pre, options: o, sweep: newLineSweep(a),
		y: vector(a.Cells), r: vector(a.Cells), p: vector(direction), q: vector(residual),
		x: vector(residual)}
	s.rhat = s.r
	if residual != a.Cells {
		s.rhat = vector(residual)
	}
	return s
}

// Solve implements System.
func (s *krylovSystem) Solve(x, b []float64) (Stats, error) {
	if err := checkVectors(s.Cells, x, b); err != nil {
		return Stats{}, err
	}
	s.Workers.Start()
	defer s.Workers.Stop()
	if s.options.Rough {
		return s.solveRoughly(x, b)
	}
	m, err := s.begin(b)
	if err != nil {
		return Stats{}, err
	}
	stats, err := s.iterate(b, m, s.options.Tolerance)
	s.assemble(x, m)
	return stats, err
}

// solveRoughly is Solve where mass is not kept either.
func (s *krylovSystem) solveRoughly(x, b []float64) (Stats, error) {
	if norm := s.Norm(b); !matrix.Finite(norm) {
		return Stats{}, infinite(norm)
	}
	copy(s.r, b)
	n := s.conjugateGradients(0, s.options.MaxIterations)
	s.pre.Leave(x, s.x)
	return Stats{Iterations: n, Residual: s.options.Tolerance}, nil
}

func infinite(norm float64) error {
	return fmt.Errorf("linear: the right-hand side has the norm %g; "+
		"look for infinite or undefined entries", norm)
}

// begin sets y = 0 and r = b − mσ, where m is the component of b along σ, or 0 if mass is not
// conserved and nothing is known of x in advance.
func (s *krylovSystem) begin(b []float64) (m float64, err error) {
	if s.Op.Conservative() {
		m = s.Component(b)
	}
	s.unsolved = 0
	s.Zero(s.y)
	s.lessSigma(s.r, b, m)
	s.whole, s.part, s.size2 = s.Norm(b), s.Norm(s.r), s.Dot(s.r, s.r)
	if !matrix.Finite(s.whole) || !matrix.Finite(m) {
		return 0, infinite(s.whole)
	}
	return m, nil
}

// assemble sets x = mσ + y; y has no component along σ.
func (s *krylovSystem) assemble(x []float64, m float64) {
	if !s.Op.Conservative() {
		copy(x, s.y)
		return
	}
	s.lessSigma(x, s.y, -m)
}

// lessSigma computes r = b − mσ.
func (s *krylovSystem) lessSigma(r, b []float64, m float64) {
	sigma := s.Op.Sigma
	s.Workers.Over(s.Cells, func(lo, hi int) { lessMultiple(r[lo:hi], b[lo:], m, sigma[lo:]) })
}

// residual computes r = b − mσ − A y as Residual does.
func (s *krylovSystem) residual(r, y, b []float64, m float64) {
	s.Fluxes(r, y)
	s.AddMultiple(r, 1, y)
	sigma := s.Op.Sigma
	s.Workers.Over(s.Cells, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			r[i] = (b[i] - m*sigma[i]) - r[i]
		}
	})
}

// iterate finds y, and r = b − mσ − Ay, as converge does, and refines it.
func (s *krylovSystem) iterate(b []float64, m, tolerance float64) (Stats, error) {
	stats, err := s.converge(b, m, tolerance)
	if err == nil && s.size2 > 0 {
		s.refine(b, m, tolerance, &stats)
		stats.Error = math.Max(s.unsolved/math.Sqrt(s.size2), s.alongSlow())
	}
	return stats, err
}

// refine corrects y by solutions for its residual where a rounding of Ay, relative to the part of b
// that is solved for, is an error in a slow mode that exceeds the tolerance,
//
//	2^{-53} Σ D_i y_i² > tolerance ‖b − mσ‖².
//
// The norm of the residual tells nothing of it: y itself is rounded, and its residual as large as
// before, but next to nothing of it is along slow modes. A correction is known from φ‖r‖ ‖D^{1/2}y‖
// ≤ tolerance ‖b − mσ‖², φ how far conjugate gradients reduce their residual.
func (s *krylovSystem) refine(b []float64, m, tolerance float64, stats *Stats) {
	const (
		times = 3
		least = 1e-9 // of φ
		most  = 0.1
	)
	allowed := tolerance * s.size2
	dual := s.DualNorm(s.y)
	for change, k := dual, 0; k < times && roundoff*dual*change > allowed; k++ {
		left := s.Norm(s.r)
		phi := math.Min(most, math.Max(least, allowed/(left*dual)))
		stats.Iterations += s.conjugateGradients(phi*left, s.options.MaxIterations-stats.Iterations)
		s.update()
		change = s.DualNorm(s.r)
		s.residual(s.r, s.y, b, m)
	}
	stats.Residual = s.Norm(s.r) / s.part
}

// alongSlow is what rounding has left along y, |⟨y, b − mσ − Ay⟩|/‖b − mσ‖². (Conjugate gradients
// by themselves leave nothing there.)
func (s *krylovSystem) alongSlow() float64 {
	return math.Abs(s.Dot(s.y, s.r)) / s.size2
}

// converge improves y, of which r is the residual, until the weighted norm of b − mσ − Ay is at
// most tolerance times that of b − mσ, or at the rounding error of forming b − mσ, three roundings
// of b, and another for what of σ is left in it. Runs of conjugate gradients end by the residual of
// their recursion, which in time departs from the true one; each run is therefore followed by a
// look at the true residual and, if need be, by another run for what is left. A run that does not
// halve the true residual has met the rounding error of A y: what is attainable has then been
// attained, or the solve has failed. Where the tolerance is below that error anyway, the first run
// that comes within it is enough.
func (s *krylovSystem) converge(b []float64, m, tolerance float64) (Stats, error) {
	const margin = 0.9 // lets a run's recursion be off by a tenth without a second run
	var stats Stats
	target := math.Max(tolerance*s.part, 4*roundoff*s.whole)
	for left := s.Norm(s.r); left > target; {
		budget := s.options.MaxIterations - stats.Iterations
		stats.Iterations += s.conjugateGradients(margin*target, budget)
		s.update()
		s.residual(s.r, s.y, b, m)
		before := left
		left = s.Norm(s.r)
		stats.Residual = left / s.part
		if left <= target {
			return stats, nil
		}
		rounding, stalled := attainable(s.Matrix, s.y), !(left < before/2)
		met := left <= target+rounding+4*roundoff*s.whole
		if met && (rounding > target || stalled) {
			return stats, nil
		}
		if exhausted := stats.Iterations >= s.options.MaxIterations; exhausted || stalled {
			return stats, notConverged(stats, tolerance, exhausted)
		}
	}
	return stats, nil
}

func notConverged(s Stats, tolerance float64, exhausted bool) error {
	remedy := "rounding allows no less: ask for a larger tolerance or a smaller step"
	switch {
	case !matrix.Finite(s.Residual):
		remedy = "check f, the grid and the right-hand side for values out of range"
	case exhausted:
		remedy = "allow more iterations, or take a smaller step"
	}
	return fmt.Errorf("%w: residual %.3g after %d iterations, tolerance %g; %s",
		ErrNotConverged, s.Residual, s.Iterations, tolerance, remedy)
}

// update adds the correction to y, leaves it in r, and takes the component along σ out of y where
// mass is known.
func (s *krylovSystem) update() {
	s.pre.Leave(s.r, s.x)
	s.AddMultiple(s.y, 1, s.r)
	if s.Op.Conservative() {
		s.SetComponent(s.y, 0)
	}
}

// conjugateGradients computes the correction that solves A·correction = r until the weighted norm
// of the residual is at most target, and returns the number of iterations, at most the budget. It
// may overwrite r.
//
// What an iteration does to x and p,
//
//	x += α p,    p = z + β p,
//
// is put off until p is read next, so that the sweep that reads p can do it in passing (turn).
//
// Iteration k takes α_k z_k·r_k from the square of the error in the norm of A (M. R. Hestenes, E.
// Stiefel, J. Res. Natl. Bur. Stand. 49, 1952). If what follows would go on as a geometric series,
// by the mean factor q of r̂·r̂, that is q/(1−q) α_k z_k·r_k.
func (s *krylovSystem) conjugateGradients(target float64, budget int) int {
	s.pre.Enter(s.rhat, s.r)
	s.Zero(s.x)
	s.Zero(s.p) // so that the first turn makes p = z
	first, rough := s.Dot(s.rhat, s.rhat), s.options.Tolerance*s.options.Tolerance
	z, rz := s.pre.Precondition(s.rhat, first)
	alpha, beta := 0.0, 0.0
	turn := func(lo, hi int) { turnDirection(s.x, s.p, z, alpha, beta, lo, hi) }
	k := 1
	for ; k <= budget; k++ {
		alpha = rz / s.pre.Apply(s.q, s.p, turn)
		rr := s.Workers.Sum(len(s.rhat), func(lo, hi int) float64 {
			return descend(s.rhat[lo:hi], s.q[lo:hi], alpha)
		})
		q := math.Min(slowestFactor, math.Pow(rr/first, 1/float64(k)))
		s.unsolved = math.Sqrt(math.Abs(alpha*rz) * q / (1 - q))
		if !(rr > 0) || s.options.Rough && rr <= rough*first ||
			!s.options.Rough && s.pre.Converged(s.rhat, rr, target) {
			break
		}
		old := rz
		z, rz = s.pre.Precondition(s.rhat, rr)
		beta = rz / old
	}
	s.AddMultiple(s.x, alpha, s.p[len(s.p)-len(s.x):])
	return min(k, budget)
}

// turnDirection computes x += α p and then p = z + β p for the entries [lo, hi) of p, of which the
// last are those of x.
func turnDirection(x, p, z []float64, alpha, beta float64, lo, hi int) {
	system := len(p) - len(x) // where x begins
	from := max(lo, min(hi, system))
	combine(p[lo:from], z[lo:], beta)
	if from < hi {
		turnDown(x[from-system:hi-system], p[from:], z[from:], alpha, beta)
	}
}

// lessMultiple computes y = x − c z.
func lessMultiple(y, x []float64, c float64, z []float64) {
	x, z = x[:len(y)], z[:len(y)]
	for i := range y {
		y[i] = x[i] - c*z[i]
	}
}

// combine computes p = z + β p.
func combine(p, z []float64, beta float64) {
	z = z[:len(p)]
	for i, v := range p {
		p[i] = z[i] + beta*v
	}
}

// turnDown computes x += α p and then p = z + β p, from last to first.
func turnDown(x, p, z []float64, alpha, beta float64) {
	p, z = p[:len(x)], z[:len(x)]
	for i := len(x) - 1; i >= 0; i-- {
		v := p[i]
		x[i] += alpha * v
		p[i] = z[i] + beta*v
	}
}

// descend computes r −= α q and returns r·r.
func descend(r, q []float64, alpha float64) float64 {
	var even, odd float64
	q = q[:len(r)]
	n := len(r) &^ 1
	for i := 0; i < n; i += 2 {
		a, b := r[i]-alpha*q[i], r[i+1]-alpha*q[i+1]
		r[i], r[i+1] = a, b
		even += a * a
		odd += b * b
	}
	for i := n; i < len(r); i++ {
		r[i] -= alpha * q[i]
		even += r[i] * r[i]
	}
	return even + odd
}
