package solver

import (
	"context"
	"math"
	"slices"

	"fpsgd/operators"
	"fpsgd/solver/linear"
	"fpsgd/solver/linear/matrix"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// krylov is the basis of a Lanczos propagator for the times from its start on.
type krylov struct {
	op           *operators.Operator
	start        basisStart
	conservative bool
	mass         float64 // m; 0 where mass is removed
	size         float64 // ‖v‖
	gamma        float64
	space        *lanczos
	exact        bool // the space is invariant: it holds e^{−tS}v for all t

	recent   [lag + 1]*projected // T_{m−2}, T_{m−1}, T_m
	forecast *projected          // T_m and what is expected to follow it

	residual []float64   // r_j of the last solve, u_j = B(v_j − r_j)
	defects  [][]float64 // ⟨v_k, r_j⟩ of all solves, k up to j+1
	inside   *projected  // what exact solves would have made of the T that states are from
	outside  []leak      // what the solves have put outside V, at ascending times

	solves, iterations int // of all spaces that were tried
}

func newKrylov(op *operators.Operator, start basisStart) *krylov {
	b := &krylov{op: op, start: start, conservative: op.Conservative()}
	b.residual = make([]float64, op.Cells())
	if b.conservative {
		b.mass = op.Mass(start.W)
	}
	return b
}

// deviation returns v = w − mσ.
func (b *krylov) deviation() []float64 {
	v := slices.Clone(b.start.W)
	floats.AddScaled(v, -b.mass, b.op.Sigma)
	return v
}

// rayleigh returns ⟨v, Sv⟩/‖v‖².
func (b *krylov) rayleigh() float64 {
	v := b.deviation()
	return rayleigh(b.op, v) / floats.Dot(v, v)
}

// reset begins the space of a γ anew from v. That of a v which is no more than rounding of w is
// empty.
func (b *krylov) reset(gamma float64) {
	v := b.deviation()
	b.size, b.gamma = norm(v), gamma
	b.exact = !(b.size > roundingFloor*math.Abs(b.mass))
	b.recent, b.defects, b.outside = [lag + 1]*projected{}, nil, nil
	if b.exact {
		b.space, b.size = &lanczos{}, 0
		return
	}
	var deflated [][]float64
	if b.conservative {
		deflated = [][]float64{b.op.Sigma}
	}
	b.space = newLanczos(deflated, [][]float64{v})
}

// add takes one more vector into the space, from a solve to the tolerance.
func (b *krylov) add(ctx context.Context, system Linear, tolerance float64) error {
	complete, err := b.space.extend(func(u, v []float64) error {
		if err := b.solve(ctx, system, u, v, tolerance); err != nil {
			return err
		}
		b.keepResidual(u, v)
		return nil
	}, 1)
	if err != nil {
		return err
	}
	b.exact = complete
	defects := make([]float64, len(b.space.basis))
	for k, v := range b.space.basis {
		defects[k] = floats.Dot(v, b.residual)
	}
	b.defects = append(b.defects, defects)
	copy(b.recent[:], b.recent[1:])
	m := len(b.space.columns)
	if b.recent[lag], err = b.project(m, b.tridiagonal); err != nil || b.exact {
		return err
	}
	b.forecast, err = b.project(m+min(expected, m-1), b.reflected)
	return err
}

// relaxed is the tolerance of the next solve, z of whose error are in a state: need/(10 |z|), need
// being a tolerance that would do for all, but not below the solver's nor above 1e-3. The |z| of
// the last two solves in T_m, at the times sampled from a range after the start, tell that of the
// next: they fall, but not with each vector.
func (b *krylov) relaxed(solver, need, first, last float64) float64 {
	m := len(b.space.columns)
	if m < fewestRelaxed {
		return solver
	}
	share := 0.0
	for _, t := range sampled(first, last) {
		for _, z := range b.recent[lag].direction(t, b.gamma)[m-lag:] {
			share = math.Max(share, math.Abs(z))
		}
	}
	if relaxed := math.Min(need/(relaxSafety*share), loosestSolve); relaxed > solver {
		return relaxed
	}
	return solver
}

// sampled are the times at which what varies as powers of t is had: the ends of a range and their
// geometric mean.
func sampled(first, last float64) []float64 {
	if first == last {
		return []float64{last}
	}
	return []float64{first, math.Sqrt(first) * math.Sqrt(last), last}
}

// solve finds u = Bv to a tolerance, unless the context has ended.
func (b *krylov) solve(ctx context.Context, system Linear, u, v []float64,
	tolerance float64) error {

	if err := interrupted(ctx); err != nil {
		return err
	}
	stats, err := linear.SolveTo(system, u, v, tolerance)
	b.solves++
	b.iterations += stats.Iterations
	if err != nil {
		return err
	}
	return checkFinite(u)
}

// keepResidual takes r = v − (I + γS)u.
func (b *krylov) keepResidual(u, v []float64) {
	matrix.Residual(b.residual, u, v, b.op, b.gamma)
}

// tridiagonal is the entry i ≤ j of T: α_j = ⟨v_j, u_j⟩, or β_i = ⟨v_{i+1}, u_i⟩ of the earlier and
// more accurate of two solves.
func (b *krylov) tridiagonal(i, j int) float64 { return b.space.entry(j, i) }

// reflected is the entry i ≤ j of T_m continued by its own entries, the last ones first: α_m, β_m,
// α_m, β_{m−1}, α_{m−1}, …
func (b *krylov) reflected(i, j int) float64 {
	m := len(b.space.columns)
	switch {
	case j < m:
		return b.tridiagonal(i, j)
	case i == j:
		return b.space.entry(2*m-1-j, 2*m-1-j)
	case i == j-1:
		return b.space.entry(2*m-j, 2*m-1-j)
	}
	return 0
}

// corrected is the entry i ≤ j of VᵀBV, where T has that of the u_j ≈ Bv_j that the solves return:
// but for products of two errors
//
//	⟨v_i, Bv_j⟩ = ⟨v_i, u_j⟩ + ⟨Bv_i, r_j⟩ = ⟨v_i, u_j⟩ + ⟨u_i, r_j⟩.
func (b *krylov) corrected(i, j int) float64 {
	u := b.space.columns[i]
	return b.space.entry(i, j) + floats.Dot(u, b.defects[j][:len(u)])
}

// leak is ‖(I − VVᵀ)Fz‖ for the errors F = U − BV of the solves, z = f'(T)e_1/‖f'(T)e_1‖ at a time
// after the start.
type leak struct{ time, size float64 }

// finish takes what tells the errors of the solves, for states from a first to a last time after
// the start.
func (b *krylov) finish(ctx context.Context, system Linear, first, last float64) (err error) {
	if b.inside, err = b.project(len(b.used().lambda), b.corrected); err != nil {
		return err
	}
	for _, t := range sampled(first, last) {
		found, err := b.leak(ctx, system, t)
		if err != nil {
			return err
		}
		b.outside = append(b.outside, found)
	}
	return nil
}

// leak finds the leak at time t. As Fz = −B r with r = Vz − (I + γS)Uz, it takes another solve.
func (b *krylov) leak(ctx context.Context, system Linear, t float64) (leak, error) {
	z := b.used().direction(t, b.gamma)
	v, u := combination(b.space.basis, z), combination(b.space.basis, b.applied(z))
	b.keepResidual(u, v)
	if err := b.solve(ctx, system, u, b.residual, leakTolerance); err != nil {
		return leak{}, err
	}
	orthogonalise(u, b.space.basis[:len(z)], nil)
	return leak{t, norm(u)}, nil
}

// leaked is the leak at time t, by powers of t between those that are known.
func (b *krylov) leaked(t float64) float64 {
	next := 0
	for next < len(b.outside)-1 && b.outside[next].time < t {
		next++
	}
	first, last := b.outside[max(next-1, 0)], b.outside[next]
	if first == last {
		return last.size
	}
	share := math.Log(t/first.time) / math.Log(last.time/first.time)
	return math.Pow(first.size, 1-share) * math.Pow(last.size, share)
}

// applied returns the coefficients of Uz, those of u_j being column j of T as the solves have made
// it.
func (b *krylov) applied(z []float64) []float64 {
	out := make([]float64, len(b.space.basis))
	for j, c := range z {
		floats.AddScaled(out[:len(b.space.columns[j])], c, b.space.columns[j])
	}
	return out
}

// used is the projection that states are from.
func (b *krylov) used() *projected {
	if b.exact {
		return b.recent[lag]
	}
	return b.recent[0]
}

// truncation returns E of the state a time t after the start, and the state's norm ‖u‖.
func (b *krylov) truncation(t float64) (e, size float64) {
	u := b.used().exponential(t)
	if b.exact {
		return 0, norm(u)
	}
	last := b.recent[lag].exponential(t)
	e = norm(difference(last, u)) + norm(difference(b.forecast.exponential(t), last))
	return estimateSafety * e, norm(u)
}

// scale is what the error of a state of norm ‖u‖ is measured by: that or, where it is conserved,
// the mass if that is smaller.
func (b *krylov) scale(size float64) float64 {
	if b.conservative {
		return math.Min(size, math.Abs(b.mass))
	}
	return size
}

// difference returns x − y, y continued by zeros.
func difference(x, y []float64) []float64 {
	d := slices.Clone(x)
	floats.Sub(d[:len(y)], y)
	return d
}

// solving returns the estimate of what the errors of the solves have made of the state a time t
// after the start.
func (b *krylov) solving(t float64) float64 {
	inside := floats.Distance(b.used().exponential(t), b.inside.exponential(t), 2)
	return insideSafety*inside + outsideSafety*b.leaked(t)*norm(b.used().derivative(t, b.gamma, 0))
}

// evaluate completes the state at next.Time.
func (b *krylov) evaluate(next *State) {
	t := next.Time - b.start.Time
	clear(next.W)
	next.Error, next.Solving = b.start.Error, b.start.Solving
	if b.size == 0 {
		floats.AddScaled(next.W, b.mass, b.op.Sigma)
		return
	}
	addCombination(next.W, b.space.basis, b.used().exponential(t))
	// Last, as it may be far the larger; and with it goes what rounding has left of V along σ.
	if b.conservative {
		floats.AddScaled(next.W, b.mass-b.op.Mass(next.W), b.op.Sigma)
	}
	truncation, size := b.truncation(t)
	left := math.Exp(-t * slices.Min(b.used().lambda))
	next.Solving = b.start.Solving*left + b.solving(t)
	rounding := stateRounding * math.Hypot(b.mass, size)
	next.Error = (b.start.Error-b.start.Solving)*left + truncation + next.Solving + rounding
	if b.conservative {
		return
	}
	next.Outflow = b.start.Outflow
	for j, c := range b.used().integral(t) {
		next.Outflow += c * b.op.Outflow(b.space.basis[j])
	}
}

// projected is H = (T^{-1} − I)/γ = Q diag(λ) Qᵀ, and ‖v‖.
type projected struct {
	lambda []float64
	first  []float64 // ‖v‖ Qᵀe_1
	q      *mat.Dense
}

// project decomposes the n×n matrix T of the given entries, j ≥ i.
func (b *krylov) project(n int, entry func(i, j int) float64) (*projected, error) {
	theta, q, err := eigenpairs(n, entry)
	if err != nil {
		return nil, err
	}
	p := &projected{lambda: theta, first: mat.Row(nil, 0, q), q: q}
	for k, theta := range p.lambda {
		p.lambda[k] = excess(theta) / b.gamma
		p.first[k] *= b.size
	}
	return p, nil
}

// exponential returns ‖v‖ e^{−tH} e_1, t > 0.
func (p *projected) exponential(t float64) []float64 {
	return p.function(func(lambda float64) float64 { return math.Exp(-t * lambda) })
}

// dominant returns the λ of the largest part of e^{−tH} e_1.
func (p *projected) dominant(t float64) float64 {
	best, most := 0.0, math.Inf(-1)
	for k, lambda := range p.lambda {
		if size := math.Log(math.Abs(p.first[k])) - t*lambda; size > most {
			best, most = lambda, size
		}
	}
	return best
}

// integral returns ‖v‖ ∫_0^t e^{−sH} e_1 ds.
func (p *projected) integral(t float64) []float64 {
	return p.function(func(lambda float64) float64 { return -math.Expm1(-t*lambda) / lambda })
}

// derivative returns ‖v‖ f'(T) e_1 for f(θ) = e^{−t(1/θ−1)/γ}, the exponential as a function of T =
// (I + γH)^{-1}, times e^{tμ}.
func (p *projected) derivative(t, gamma, mu float64) []float64 {
	return p.function(func(lambda float64) float64 {
		decay := math.Exp(-t * (lambda - mu))
		if decay == 0 { // where θ may be as good as 0
			return 0
		}
		return t / gamma * (1 + gamma*lambda) * (1 + gamma*lambda) * decay
	})
}

// direction returns z = f'(T)e_1/‖f'(T)e_1‖ at time t. Only its direction matters, and so it does
// not underflow.
func (p *projected) direction(t, gamma float64) []float64 {
	z := p.derivative(t, gamma, p.dominant(t))
	floats.Scale(1/norm(z), z)
	return z
}

// function returns ‖v‖ f(H) e_1.
func (p *projected) function(f func(lambda float64) float64) []float64 {
	c := make([]float64, len(p.lambda))
	for k, lambda := range p.lambda {
		c[k] = f(lambda) * p.first[k]
	}
	out := make([]float64, len(c))
	mat.NewVecDense(len(out), out).MulVec(p.q, mat.NewVecDense(len(c), c))
	return out
}
