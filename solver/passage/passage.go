// Package passage tells how long the process θ of the equation takes from one set to another, and
// on which way.
//
// Its density ρ = πu relaxes by ∂t u = 𝓛u, 𝓛u = π^{−1} div(e^κ ∇u), and as 𝓛 is symmetric with the
// weight π, it is the generator of θ as well: functions g(θ) have ∂t E g = E 𝓛g. So, with sets A
// and B,
//
//	𝓛τ = −1,    τ = 0 on B               τ = E T,  T the time of the first entry into B
//	𝓛τ₂ = −2τ,  τ₂ = 0 on B              τ₂ = E T², and Var T = τ₂ − τ²
//	𝓛q = 0,     q = 0 on A, 1 on B       the committor: the probability of B before A
//	𝓛v = −λv,   v = 0 on B               λ least: πv is the quasi-stationary density, which
//	                                     leaves for B at the rate λ
//	J = e^κ ∇q                           the current of the transitions from A to B
//	ν = ∫ J·n over any surface between   transitions per unit of time
//	p = ∫ π (1 − q)                      the share of time in which A was visited last
//	k = ν/p                              the rate of A → B
//
// On a grid 𝓛 is −S, in w = σu, with the rows of the sets removed (operators.Absorbing), and every
// one of these is the solution of S x = b with b ≥ 0. By elimination without subtraction (package
// linear) each of its entries has a small relative error, however small a rate is; 1 − q is a
// solution by itself, the committor of A. The flux out of A then equals that into B by the scheme,
// to rounding, and is compared.
//
// See E. Vanden-Eijnden, Lect. Notes Phys. 703 (2006), on transition paths; P. Collet, S. Martínez
// and J. San Martín, Quasi-Stationary Distributions (2013).
package passage

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"fpsgd/operators"
	"fpsgd/solver/linear"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// SetUp makes the solver of (I + γS) x = b by elimination.
type SetUp func(op *operators.Operator, gamma float64) (linear.System, error)

// mostFlops is how many multiply-adds an elimination may take: half a minute, as on 1000², 45³ or
// 13⁴ cells.
const mostFlops = 3e10

// Eliminable says why a grid has too many cells, or returns nil.
func Eliminable(op *operators.Operator) error {
	if len(op.Shape) == 1 {
		return nil
	}
	if err := linear.Eliminable(op, mostFlops); err != nil {
		return fmt.Errorf("too many cells: %w", err)
	}
	return nil
}

// Eliminate is SetUp by elimination, on so many threads.
func Eliminate(threads int) SetUp {
	return func(op *operators.Operator, gamma float64) (linear.System, error) {
		o := linear.Options{Threads: threads, Method: linear.Dissection}
		if len(op.Shape) == 1 {
			o.Method = linear.Line
		}
		return linear.New(op, gamma, o)
	}
}

// stationary solves S x = b for b ≥ 0, as (I + γS) x = γb with a γ in which I is lost.
type stationary struct {
	linear.System
	gamma float64
}

// solveSigned is solve for b of both signs.
func (s stationary) solveSigned(x, b []float64) error {
	floats.ScaleTo(x, s.gamma, b)
	_, err := s.Solve(x, x)
	return err
}

// longest is γ times the largest rate: no rate of a transition that a float64 can tell is so much
// smaller.
const longest = 0x1p600

// lost is how much longer than the times γ must be.
const lost = 1e15

func newStationary(op *operators.Operator, setUp SetUp) (stationary, error) {
	gamma := longest / slices.Max(op.Diag)
	system, err := setUp(op, gamma)
	return stationary{system, gamma}, err
}

func (s stationary) solve(x, b []float64) error {
	floats.ScaleTo(x, s.gamma, b) // not x, of which less would underflow
	_, err := s.SolveNonnegative(x, x)
	return err
}

// Times are those of the first entry into a set from every cell, as u on the nodes: 0 inside, NaN
// where π is not representable.
type Times struct {
	Mean []float64 // τ
	// Square is E T² over Scale, the largest τ: the squares themselves may not be representable.
	Square []float64
	Scale  float64
	// Mode is u of the quasi-stationary density, of mass 1, in what is connected with the cells
	// that are left, and Rate its λ.
	Mode []float64
	Rate float64
}

// Deviation is the standard deviation of a time with a mean, and a mean square over Scale.
func (t *Times) Deviation(mean, square float64) float64 {
	return mean * math.Sqrt(math.Max(square/mean*(t.Scale/mean)-1, 0))
}

// ErrNeverEnters is of a process of which a part never comes to the set.
var ErrNeverEnters = errors.New("the set is not reached from everywhere")

// FirstPassage finds the times of the first entry into the region that is absorbing, and the
// quasi-stationary density of what leaves the cells `from`.
func FirstPassage(ctx context.Context, a *operators.Absorbing, from []bool,
	setUp SetUp) (*Times, error) {

	s, err := newStationary(a.Operator, setUp)
	if err != nil {
		return nil, err
	}
	n := a.Cells()
	one, x := make([]float64, n), make([]float64, n)
	outside(one, a, a.Sigma)
	if err := s.solve(x, one); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(x, func(v float64) bool { return !(v <= math.MaxFloat64) }) {
		return nil, ErrNeverEnters
	}
	t := &Times{Mean: perSigma(a, x)}
	for _, v := range t.Mean {
		if v > t.Scale {
			t.Scale = v
		}
	}
	if !(t.Scale*lost < s.gamma) {
		return nil, fmt.Errorf("the mean time is %.1e, more than can be told (%.0e)", t.Scale,
			s.gamma/lost)
	}
	second := slices.Clone(x)
	floats.Scale(2/t.Scale, second)
	if err := s.solve(second, second); err != nil {
		return nil, err
	}
	t.Square = perSigma(a, second)
	connected := a.Connected(from)
	for i := range x {
		if !connected[i] {
			x[i] = 0
		}
	}
	return t, t.findMode(ctx, a, s, x)
}

// outside stores x on the cells outside, and 0 on the others.
func outside(dst []float64, a *operators.Absorbing, x []float64) {
	for i, inside := range a.Inside {
		if dst[i] = x[i]; inside {
			dst[i] = 0
		}
	}
}

// leastSigma is the σ below which it has no digits to divide by.
const leastSigma = 1e-290

// perSigma returns u = x/σ; NaN where σ is not representable, 0 inside.
func perSigma(a *operators.Absorbing, x []float64) []float64 {
	u := make([]float64, len(x))
	for i, v := range x {
		switch sigma := a.Sigma[i]; {
		case a.Inside[i]:
		case sigma < leastSigma:
			u[i] = math.NaN()
		default:
			u[i] = v / sigma
		}
	}
	return u
}

const (
	mostVectors   = 300
	modeTolerance = 1e-13 // relative, of 1/λ
)

// findMode finds the lowest eigenvalue as the largest of S^{−1}, by Lanczos' process from x with
// full orthogonalisation: also where the next is so near that inverse iteration stands still. The
// space of x is kept: parts that nothing couples to it are no part of the mode. Its vector, of
// which every entry is of one sign, is the Ritz vector when its residual is below the tolerance.
func (t *Times) findMode(ctx context.Context, a *operators.Absorbing, s stationary,
	x []float64) error {

	var basis [][]float64
	var alpha, beta []float64
	v := slices.Clone(x)
	floats.Scale(1/floats.Norm(v, 2), v)
	for len(basis) < mostVectors {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		basis = append(basis, v)
		next := make([]float64, len(v))
		if err := s.solveSigned(next, v); err != nil {
			return err
		}
		alpha = append(alpha, floats.Dot(next, v))
		for range 2 {
			for _, b := range basis {
				floats.AddScaled(next, -floats.Dot(next, b), b)
			}
		}
		size := floats.Norm(next, 2)
		theta, ritz := largest(alpha, beta)
		if size*math.Abs(ritz[len(ritz)-1]) <= modeTolerance*theta {
			t.Rate, t.Mode = 1/theta, modeOf(a, basis, ritz)
			return nil
		}
		beta = append(beta, size)
		floats.Scale(1/size, next)
		v = next
	}
	return fmt.Errorf("the quasi-stationary rate was not found with %d vectors", mostVectors)
}

// largest returns the largest eigenvalue of a symmetric tridiagonal matrix and its vector.
func largest(alpha, beta []float64) (float64, []float64) {
	n := len(alpha)
	m := mat.NewSymDense(n, nil)
	for i, v := range alpha {
		if m.SetSym(i, i, v); i > 0 {
			m.SetSym(i-1, i, beta[i-1])
		}
	}
	var eigen mat.EigenSym
	var vectors mat.Dense
	eigen.Factorize(m, true)
	eigen.VectorsTo(&vectors)
	return eigen.Values(nil)[n-1], mat.Col(nil, n-1, &vectors)
}

// modeOf is the Ritz vector as u of mass 1.
func modeOf(a *operators.Absorbing, basis [][]float64, ritz []float64) []float64 {
	w := make([]float64, a.Cells())
	for k, v := range basis {
		floats.AddScaled(w, ritz[k], v)
	}
	floats.Scale(1/floats.Dot(w, a.Sigma), w)
	return perSigma(a, w)
}

// Transition is what happens between the sets A and B in equilibrium.
type Transition struct {
	Committor []float64 // q: the probability to enter B before A, as u on the nodes
	Back      []float64 // 1 − q, found by itself
	// Out is the rate at which transitions leave A, In that at which they enter B: the same, ν.
	Out, In float64
	// Last is the share of time in which A was the last of the sets that was visited, and that in
	// which B was.
	Last [2]float64
}

// NewTransition finds the transitions between two absorbing regions, A and B, of given shares of
// the invariant density.
func NewTransition(a *operators.Absorbing, masses [2]float64, setUp SetUp) (*Transition, error) {
	s, err := newStationary(a.Operator, setUp)
	if err != nil {
		return nil, err
	}
	var q [2][]float64 // of A, of B
	for r := range q {
		x := make([]float64, a.Cells())
		for i, rate := range a.Rates[r] {
			x[i] = rate * a.Sigma[i]
		}
		if err := s.solve(x, x); err != nil {
			return nil, err
		}
		q[r] = perSigma(a, x)
	}
	t := &Transition{Committor: q[1], Back: q[0], Last: masses}
	for i, sigma := range a.Sigma {
		if a.Inside[i] || sigma < leastSigma {
			continue
		}
		m := sigma * sigma
		t.Out += a.Rates[0][i] * m * q[1][i]
		t.In += a.Rates[1][i] * m * q[0][i]
		t.Last[0] += m * q[0][i]
		t.Last[1] += m * q[1][i]
	}
	return t, nil
}

// Rate is k of A → B, or of B → A: transitions per unit of time that A, or B, was visited last.
func (t *Transition) Rate(from int) float64 { return t.Out / t.Last[from] }
