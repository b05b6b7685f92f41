package linear

import (
	"fmt"
	"math"
)

// slowestFactor is that by which the square of a residual is taken to fall in an iteration at least.
const slowestFactor = 0.99

// preconditioned is a preconditioned form of A y = r that conjugate gradients run on: Â ŷ = r̂ with a preconditioner of Â. SL2
// leaves the system as it is and preconditions it; Eisenstat's form transforms it and needs no preconditioner any more.
type preconditioned interface {
	// size returns the lengths of residuals r̂ and of directions. The system is Â on the last entries of a direction, as many as
	// a residual has; the rest is what the preconditioned form carries along.
	size() (residual, direction int)
	enter(rhat, r []float64) // r̂ of r; of equal lengths they may be the same
	// apply turns the direction p, stretch by stretch as it goes or all at once by turnAll, and computes q = Â p; it returns p·q.
	apply(q []float64, d *direction) float64
	// precondition returns the direction z that the preconditioner makes of r̂, in its own space or r's, and z·r̂; rr is r̂·r̂.
	precondition(r []float64, rr float64) ([]float64, float64)
	// converged reports whether the residual of A y = r that belongs to r̂ has a weighted norm ≤ target; rr is r̂·r̂.
	converged(r []float64, rr, target float64) bool
	leave(y, yhat []float64) // y of ŷ
}

// direction is the direction p of an iteration. Its last entries are those of the system. To turn it is to do, with the old p,
//
//	x += α p,    p = z + β p,
//
// in one pass over the arrays. It is put off until p is read next, so that the sweep that reads p can do it in passing.
type direction struct {
	p, z        []float64
	x           []float64 // on the last entries of p
	alpha, beta float64
	team        *team
	turnPart    func(part, parts int)
}

func newDirection(entries, system int, t *team) *direction {
	d := &direction{p: make([]float64, entries), x: make([]float64, system), team: t}
	d.turnPart = func(part, parts int) { d.turn(share(len(d.p), part, parts)) }
	return d
}

// begin sets x = p = 0, so that the first turn makes p = z.
func (d *direction) begin(z []float64) {
	d.team.over(zero, d.x, d.x, d.x, 0)
	d.team.over(zero, d.p, d.p, d.p, 0)
	d.z, d.alpha, d.beta = z, 0, 0
}

// turn does the entries [lo, hi).
func (d *direction) turn(lo, hi int) {
	from := max(lo, min(hi, len(d.p)-len(d.x))) // where the system begins
	combine(d.p[lo:from], d.z[lo:], d.beta)
	if from < hi {
		turnDown(d.x[from-len(d.p)+len(d.x):hi-len(d.p)+len(d.x)], d.p[from:], d.z[from:], d.alpha, d.beta)
	}
}

// turnAll turns all entries.
func (d *direction) turnAll() { d.team.run(len(d.p), d.turnPart) }

// end does what is left of the solution: x += α p.
func (d *direction) end() { d.team.over(plusMultiple, d.x, d.p[len(d.p)-len(d.x):], d.x, d.alpha) }

// krylovSystem solves Ax = b by conjugate gradients.
//
// Without removal Aσ = σ, so the component of x along σ is that of b, x = mσ + y with m = ⟨b,σ⟩/⟨σ,σ⟩, and the iteration is for
// A y = b − mσ only: mass does not depend on the tolerance, nor is the tolerance spent on the part that is known.
type krylovSystem struct {
	*matrix
	method  string
	pre     preconditioned
	options Options
	sweep   *lineSweep

	y           []float64  // the part of the solution that is iterated for
	r           []float64  // its residual b − mσ − Ay
	rhat        []float64  // that of the iteration; r itself if it is as long
	d           *direction // of the iteration; its x is the correction of y that a run makes
	q           []float64
	spare       []float64 // nonnegative solutions; nil until there are any
	whole, part float64   // norms of b and of b − mσ
	size2       float64   // ‖b − mσ‖², the plain norm
	unsolved    float64   // ‖y − A⁻¹(b − mσ)‖_A as the last run of conjugate gradients leaves it, but for rounding

	length      func(lo, hi int) float64 // r̂·r̂
	step        func(lo, hi int) float64 // r̂ −= α q; returns r̂·r̂
	plainLength func(lo, hi int) float64 // r·r
	slowPart    func(lo, hi int) float64 // y·r
}

func newKrylovSystem(a *matrix, method string, pre preconditioned, o Options) *krylovSystem {
	residual, entries := pre.size()
	s := &krylovSystem{matrix: a, method: method, pre: pre, options: o, sweep: newLineSweep(a), y: make([]float64, a.cells), r: make([]float64, a.cells),
		d: newDirection(entries, residual, a.team), q: make([]float64, residual)}
	s.rhat = s.r
	if residual != a.cells {
		s.rhat = make([]float64, residual)
	}
	s.length = func(lo, hi int) float64 { return dot(s.rhat[lo:hi], s.rhat[lo:hi]) }
	s.plainLength = func(lo, hi int) float64 { return dot(s.r[lo:hi], s.r[lo:hi]) }
	s.slowPart = func(lo, hi int) float64 { return dot(s.y[lo:hi], s.r[lo:hi]) }
	s.step = func(lo, hi int) float64 { return descend(s.rhat[lo:hi], s.q[lo:hi], s.d.alpha) }
	return s
}

// Solve implements System.
func (s *krylovSystem) Solve(x, b []float64) (Stats, error) {
	if err := checkVectors(s.cells, x, b); err != nil {
		return Stats{}, err
	}
	s.team.start()
	defer s.team.stop()
	m, err := s.begin(b)
	if err != nil {
		return Stats{}, err
	}
	stats, err := s.iterate(b, m, s.options.Tolerance)
	s.assemble(x, m)
	return stats, err
}

// begin sets y = 0 and r = b − mσ, where m is the component of b along σ, or 0 if mass is not conserved and nothing is known of x in advance.
func (s *krylovSystem) begin(b []float64) (m float64, err error) {
	if s.op.Conservative() {
		m = s.component(b)
	}
	s.unsolved = 0
	s.team.over(zero, s.y, s.y, s.y, 0)
	s.team.over(lessMultiple, s.r, b, s.op.Sigma, m)
	s.whole, s.part, s.size2 = s.norm(b), s.norm(s.r), s.team.sum(s.cells, s.plainLength)
	if !finite(s.whole) || !finite(m) {
		return 0, fmt.Errorf("linear: the right-hand side has the norm %g; look for infinite or undefined entries", s.whole)
	}
	return m, nil
}

// assemble sets x = mσ + y; y has no component along σ.
func (s *krylovSystem) assemble(x []float64, m float64) {
	if !s.op.Conservative() {
		copy(x, s.y)
		return
	}
	s.team.over(lessMultiple, x, s.y, s.op.Sigma, -m)
}

// residual computes r = b − mσ − A y as Residual does.
func (s *krylovSystem) residual(r, y, b []float64, m float64) {
	s.fluxes(r, y)
	s.team.over(plusMultiple, r, y, r, 1)
	s.team.over(remainder, r, b, s.op.Sigma, m)
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

// refine corrects y by solutions for its residual where a rounding of Ay, relative to the part of b that is solved for, is an error in a
// slow mode that exceeds the tolerance,
//
//	2^{-53} Σ D_i y_i² > tolerance ‖b − mσ‖².
//
// The norm of the residual tells nothing of it: y itself is rounded, and its residual as large as before, but next to nothing of it is
// along slow modes. A correction is known from φ‖r‖ ‖D^{1/2}y‖ ≤ tolerance ‖b − mσ‖², φ how far conjugate gradients reduce their
// residual.
func (s *krylovSystem) refine(b []float64, m, tolerance float64, stats *Stats) {
	const (
		times = 3
		least = 1e-9 // of φ
		most  = 0.1
	)
	allowed := tolerance * s.size2
	dual := s.dualNorm(s.y)
	for change, k := dual, 0; k < times && roundoff*dual*change > allowed; k++ {
		left := s.norm(s.r)
		phi := math.Min(most, math.Max(least, allowed/(left*dual)))
		stats.Iterations += s.conjugateGradients(phi*left, s.options.MaxIterations-stats.Iterations)
		s.update()
		change = s.dualNorm(s.r)
		s.residual(s.r, s.y, b, m)
	}
	stats.Residual = s.norm(s.r) / s.part
}

// alongSlow is what rounding has left along y, |⟨y, b − mσ − Ay⟩|/‖b − mσ‖². (Conjugate gradients by themselves leave nothing there.)
func (s *krylovSystem) alongSlow() float64 {
	return math.Abs(s.team.sum(s.cells, s.slowPart)) / s.size2
}

// converge improves y, of which r is the residual, until the weighted norm of b − mσ − Ay is at most tolerance times that of
// b − mσ, or at the rounding error of forming b − mσ, three roundings of b, and another for what of σ is left in it. Runs of conjugate gradients end by the residual of
// their recursion, which in time departs from the true one; each run is therefore followed by a look at the true residual
// and, if need be, by another run for what is left. A run that does not halve the true residual has met the rounding error
// of A y: what is attainable has then been attained, or the solve has failed. Where the tolerance is below that error anyway, the
// first run that comes within it is enough.
func (s *krylovSystem) converge(b []float64, m, tolerance float64) (Stats, error) {
	const margin = 0.9 // lets a run's recursion be off by a tenth without a second run
	var stats Stats
	target := math.Max(tolerance*s.part, 4*roundoff*s.whole)
	for left := s.norm(s.r); left > target; {
		stats.Iterations += s.conjugateGradients(margin*target, s.options.MaxIterations-stats.Iterations)
		s.update()
		s.residual(s.r, s.y, b, m)
		before := left
		left = s.norm(s.r)
		stats.Residual = left / s.part
		if left <= target {
			return stats, nil
		}
		if rounding := s.attainable(s.y); left <= target+rounding+4*roundoff*s.whole && (rounding > target || !(left < before/2)) {
			return stats, nil
		}
		if exhausted := stats.Iterations >= s.options.MaxIterations; exhausted || !(left < before/2) {
			return stats, notConverged(stats, tolerance, exhausted)
		}
	}
	return stats, nil
}

func notConverged(s Stats, tolerance float64, exhausted bool) error {
	remedy := "rounding allows no less: ask for a larger tolerance or a smaller step"
	switch {
	case !finite(s.Residual):
		remedy = "check f, the grid and the right-hand side for values out of range"
	case exhausted:
		remedy = "allow more iterations, or take a smaller step"
	}
	return fmt.Errorf("%w: residual %.3g after %d iterations, tolerance %g; %s", ErrNotConverged, s.Residual, s.Iterations, tolerance, remedy)
}

// update adds the correction to y, leaves it in r, and takes the component along σ out of y where mass is known.
func (s *krylovSystem) update() {
	s.pre.leave(s.r, s.d.x)
	s.team.over(plusMultiple, s.y, s.r, s.y, 1)
	if s.op.Conservative() {
		s.setComponent(s.y, 0)
	}
}

// conjugateGradients computes the correction that solves A·correction = r until the weighted norm of the residual is at most
// target, and returns the number of iterations, at most the budget. It may overwrite r.
//
// Iteration k takes α_k z_k·r_k from the square of the error in the norm of A (M. R. Hestenes, E. Stiefel, J. Res. Natl. Bur. Stand. 49,
// 1952). If what follows would go on as a geometric series, by the mean factor q of r̂·r̂, that is q/(1−q) α_k z_k·r_k.
func (s *krylovSystem) conjugateGradients(target float64, budget int) int {
	d := s.d
	defer d.end()
	s.pre.enter(s.rhat, s.r)
	first := s.team.sum(len(s.rhat), s.length)
	z, rz := s.pre.precondition(s.rhat, first)
	d.begin(z)
	for k := 1; k <= budget; k++ {
		d.alpha = rz / s.pre.apply(s.q, d)
		rr := s.team.sum(len(s.rhat), s.step)
		q := math.Min(slowestFactor, math.Pow(rr/first, 1/float64(k)))
		s.unsolved = math.Sqrt(math.Abs(d.alpha*rz) * q / (1 - q))
		if !(rr > 0) || s.pre.converged(s.rhat, rr, target) {
			return k
		}
		old := rz
		d.z, rz = s.pre.precondition(s.rhat, rr)
		d.beta = rz / old
	}
	return budget
}
