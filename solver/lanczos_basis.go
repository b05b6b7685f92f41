package solver

import (
	"context"
	"fmt"
	"math"
	"slices"

	"fpsgd/operators"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// krylov is the basis of a Lanczos propagator for the times from its start on.
type krylov struct {
	start        BasisStart
	conservative bool
	mass         float64 // m; 0 where mass is removed
	size         float64 // ‖v‖
	gamma        float64
	space        *lanczos
	exact        bool // the space is invariant: it holds e^{−tS}v for all t

	recent [lag + 1]*projected // T_{m−2}, T_{m−1}, T_m
	// lower and upper are of the triangles of the T that states are from.
	lower, upper *projected

	solves, iterations int // of all spaces that were tried
}

func newKrylov(op *operators.Operator, start BasisStart) *krylov {
	b := &krylov{start: start, conservative: op.Conservative()}
	if b.conservative {
		b.mass = op.Mass(start.W)
	}
	return b
}

// deviation returns v = w − mσ.
func (b *krylov) deviation(op *operators.Operator) []float64 {
	v := slices.Clone(b.start.W)
	floats.AddScaled(v, -b.mass, op.Sigma)
	return v
}

// rayleigh returns ⟨v, Sv⟩/‖v‖².
func (b *krylov) rayleigh(op *operators.Operator) float64 {
	v := b.deviation(op)
	return rayleigh(op, v) / floats.Dot(v, v)
}

// reset begins the space of a γ anew from v. That of a v which is no more than rounding of w is empty.
func (b *krylov) reset(op *operators.Operator, gamma float64) {
	v := b.deviation(op)
	b.size, b.gamma = norm(v), gamma
	b.exact = !(b.size > roundingFloor*math.Abs(b.mass))
	b.recent = [lag + 1]*projected{}
	if b.exact {
		b.space, b.size = &lanczos{}, 0
		return
	}
	var deflated [][]float64
	if b.conservative {
		deflated = [][]float64{op.Sigma}
	}
	b.space = newLanczos(deflated, [][]float64{v})
}

// add takes one more vector into the space.
func (b *krylov) add(ctx context.Context, system Linear) error {
	if err := interrupted(ctx); err != nil {
		return err
	}
	complete, err := b.space.extend(func(u, v []float64) error {
		stats, err := system.Solve(u, v)
		b.solves++
		b.iterations += stats.Iterations
		if err != nil {
			return err
		}
		return checkFinite(u)
	}, 1)
	if err != nil {
		return err
	}
	b.exact = complete
	copy(b.recent[:], b.recent[1:])
	b.recent[lag], err = b.project(len(b.space.columns), func(i, j int) float64 { return (b.space.entry(i, j) + b.space.entry(j, i)) / 2 })
	return err
}

// finish takes the triangles of the T that states are from.
func (b *krylov) finish() (err error) {
	n := len(b.space.columns)
	if !b.exact {
		n -= lag
	}
	if n < 1 {
		return nil
	}
	if b.lower, err = b.project(n, func(i, j int) float64 { return b.space.entry(max(i, j), min(i, j)) }); err != nil {
		return err
	}
	b.upper, err = b.project(n, func(i, j int) float64 { return b.space.entry(min(i, j), max(i, j)) })
	return err
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
	return estimateSafety * norm(difference(b.recent[lag].exponential(t), u)), norm(u)
}

// scale is what the error of a state of norm ‖u‖ is measured by: that or, where it is conserved, the mass if that is smaller.
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

// solving returns the estimate of what the errors of the solves have made of the state a time t after the start.
func (b *krylov) solving(t float64) float64 {
	return solveSafety * floats.Distance(b.lower.exponential(t), b.upper.exponential(t), 2)
}

// evaluate completes the state at next.Time.
func (b *krylov) evaluate(op *operators.Operator, next *State) {
	t := next.Time - b.start.Time
	for i, sigma := range op.Sigma {
		next.W[i] = b.mass * sigma
	}
	next.Error = 0
	if b.size == 0 {
		return
	}
	for j, c := range b.used().exponential(t) {
		floats.AddScaled(next.W, c, b.space.basis[j])
	}
	truncation, size := b.truncation(t)
	next.Error = b.start.Error*(size/b.size) + truncation + b.solving(t)
	if b.conservative {
		return
	}
	next.Outflow = b.start.Outflow
	for j, c := range b.used().integral(t) {
		next.Outflow += c * op.Outflow(b.space.basis[j])
	}
}

// projected is H = (T^{-1} − I)/γ = Q diag(λ) Qᵀ, and ‖v‖.
type projected struct {
	lambda []float64
	first  []float64 // ‖v‖ Qᵀe_1
	q      mat.Dense
}

// project decomposes the n×n matrix T of the given entries, j ≥ i.
func (b *krylov) project(n int, entry func(i, j int) float64) (*projected, error) {
	t := mat.NewSymDense(n, nil)
	for j := range n {
		for i := range j + 1 {
			t.SetSym(i, j, entry(i, j))
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(t, true) {
		return nil, fmt.Errorf("the eigenvalues of a %d×%d matrix were not found; check the operator for undefined entries", n, n)
	}
	p := &projected{lambda: eigen.Values(nil)}
	eigen.VectorsTo(&p.q)
	p.first = mat.Row(nil, 0, &p.q)
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

// integral returns ‖v‖ ∫_0^t e^{−sH} e_1 ds.
func (p *projected) integral(t float64) []float64 {
	return p.function(func(lambda float64) float64 { return -math.Expm1(-t*lambda) / lambda })
}

// function returns ‖v‖ f(H) e_1.
func (p *projected) function(f func(lambda float64) float64) []float64 {
	c := make([]float64, len(p.lambda))
	for k, lambda := range p.lambda {
		c[k] = f(lambda) * p.first[k]
	}
	out := make([]float64, len(c))
	mat.NewVecDense(len(out), out).MulVec(&p.q, mat.NewVecDense(len(c), c))
	return out
}
