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
)

// SetUp makes the solver of (I + γS) x = b by elimination.
type SetUp func(op *operators.Operator, gamma float64) (linear.System, error)

// mostFlops is how many multiply-adds an elimination may take: half a minute, as on 1000², 45³ or
// 13⁴ cells.
const mostFlops = 3e10

// Eliminate is SetUp by elimination, on so many threads, or an error if there are too many cells
// for it.
func Eliminate(threads int) SetUp {
	return func(op *operators.Operator, gamma float64) (linear.System, error) {
		o := linear.Options{Threads: threads, Method: linear.Dissection}
		if len(op.Shape) == 1 {
			o.Method = linear.Line
		} else if err := linear.Eliminable(op, mostFlops); err != nil {
			return nil, fmt.Errorf("too many cells: %w", err)
		}
		return linear.New(op, gamma, o)
	}
}

// stationary solves S x = b for b ≥ 0, as (I + γS) x = γb with a γ in which I is lost.
type stationary struct {
	linear.System
	gamma float64
}

// longest is γ times the largest rate: no rate of a transition that a float64 can tell is so much
// smaller.
const longest = 0x1p400

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

// Times are those of the first entry into a set from every cell, as u on the nodes: 0 inside.
type Times struct {
	Mean []float64 // τ
	// Square is E T²
	Square []float64
	// Mode is w of the quasi-stationary density, of mass 1, and Rate its λ.
	Mode []float64
	Rate float64
	// RateError is an estimate of the relative error of Rate that the iteration leaves.
	RateError float64
}

// ErrNeverEnters is of a process of which a part never comes to the set.
var ErrNeverEnters = errors.New("the set is not reached from everywhere")

// FirstPassage finds the times of the first entry into the region that is absorbing.
func FirstPassage(ctx context.Context, a *operators.Absorbing, setUp SetUp) (*Times, error) {
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
	t := &Times{Mean: perSigma(a, x)}
	if slices.ContainsFunc(x, func(v float64) bool { return !(v <= math.MaxFloat64) }) {
		return nil, ErrNeverEnters
	}
	// scaled, as squares of times may not be representable where the times are
	scale := floats.Max(t.Mean)
	second := slices.Clone(x)
	floats.Scale(2/scale, second)
	if err := s.solve(second, second); err != nil {
		return nil, err
	}
	t.Square = perSigma(a, second)
	floats.Scale(scale, t.Square)
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

// perSigma returns u = x/σ; NaN where σ is not representable, 0 inside.
func perSigma(a *operators.Absorbing, x []float64) []float64 {
	u := make([]float64, len(x))
	for i, v := range x {
		if !a.Inside[i] {
			u[i] = v / a.Sigma[i]
		}
	}
	return u
}

const (
	mostIterations = 10_000
	modeTolerance  = 1e-13 // relative, of a rate: rounding
)

// findMode finds the lowest eigenvalue by inverse iteration from x: all of S^{−1} is ≥ 0, and so is
// its leading vector. The Rayleigh quotient ⟨x,x⟩/⟨x,S^{−1}x⟩ falls to it; what is left of it is
// estimated from two changes.
func (t *Times) findMode(ctx context.Context, a *operators.Absorbing, s stationary,
	x []float64) error {

	x, y := slices.Clone(x), make([]float64, len(x))
	before, change := math.Inf(1), math.Inf(1)
	for range mostIterations {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		floats.Scale(1/floats.Norm(x, 2), x)
		if err := s.solve(y, x); err != nil {
			return err
		}
		t.Rate = 1 / floats.Dot(x, y)
		last := change
		change = math.Abs(before-t.Rate) / t.Rate
		before = t.Rate
		x, y = y, x
		ratio := math.Min(change/last, 1)
		if t.RateError = change * ratio / (1 - ratio); change == 0 {
			t.RateError = 0
		}
		if t.RateError <= modeTolerance && change <= modeTolerance {
			floats.Scale(1/floats.Dot(x, a.Sigma), x)
			t.Mode = x
			return nil
		}
	}
	return fmt.Errorf("the quasi-stationary rate is %.10g after %d iterations, and still changes "+
		"by %.1g of itself", t.Rate, mostIterations, change)
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
		if a.Inside[i] {
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
