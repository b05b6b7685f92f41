package solver

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
)

// Adaptive keeps the error of every step below
//
//	‖E‖ ≤ tolerance·‖w − mσ‖ + 1e-14 ‖w‖    (tolerance·‖w‖ where mass is removed),
//
// the estimate E being that of Scheme. Steps are the output interval divided by a power of 2, so
// that outputs are met exactly and set-ups are used again: a rejected step is halved, as often as
// its error asks for; the step is doubled where a controller allows it and the rest of the interval
// remains a whole number of steps. That power is not limited: an interval may be 1e40 first steps.
//
// A step that makes the density negative is redone in Euler steps of the same tolerance. For rough
// data, such as a single cell, these are the first steps. Should a second step in succession need
// it, the next one is half as long, until two Euler steps do for one of the scheme: as dt → 0 that
// becomes positive, and before that a run costs no more than a few times what Euler's scheme alone
// would.
type Adaptive struct {
	stepper
	tolerance float64

	euler *Adaptive // of the same systems; nil until a step needs it
	sub   [2]State  // its states
}

const (
	roundingFloor = 1e-14   // of E relative to ‖w‖: forming E loses some ten roundings of w
	safety        = 0.9     // on the step that the error predicts
	proportional  = 0.4     // weight of a rising error in the prediction
	levelSlack    = 0x1p-20 // relative rise of a step: one longer by rounding is not cut once more
)

// NewAdaptive returns the propagator with local errors of at most the tolerance.
func NewAdaptive(m Method, tolerance float64) (*Adaptive, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	if !(tolerance > 0 && tolerance < 1) {
		return nil, fmt.Errorf("time tolerance %g is not in (0, 1)", tolerance)
	}
	return newAdaptive(newStepper(m, newSystems(m.SetUp)), tolerance), nil
}

func newAdaptive(p stepper, tolerance float64) *Adaptive {
	p.extra = make([]float64, p.Operator.Cells())
	return &Adaptive{stepper: p, tolerance: tolerance}
}

// Advance implements Propagator.
func (a *Adaptive) Advance(ctx context.Context, next, s *State, from, to float64) error {
	if err := a.recall(s); err != nil {
		return err
	}
	if err := a.advance(ctx, next, s, to-from); err != nil {
		return err
	}
	a.place(next, from, to)
	return nil
}

// advance takes one step in an interval of the given length, all but setting the time and the
// memory of next.
func (a *Adaptive) advance(ctx context.Context, next, s *State, length float64) error {
	next.follow(s)
	m := &a.memory
	if m.Count == 0 {
		a.divide(next, s, length)
	}
	before := a.sizesOf(s)
	allowed := a.tolerance*before.decaying + roundingFloor*before.whole
	p, err := a.accept(ctx, next, s, length, allowed)
	if err != nil {
		return err
	}
	m.FirstDt, a.extraAt = next.Dt, s.Steps+1
	next.Steps++
	m.Index++
	if a.tooNegative(next.W, s.W) {
		return a.redo(ctx, next, s)
	}
	a.removed(next, next.W)
	a.account(next, s, p, before)
	m.Fallbacks = 0
	if p.estimate <= roundingFloor*before.whole {
		p.estimate = 0 // rounding, of which a longer step makes no more
	}
	a.control(m, next.Dt, quotient(p.estimate, allowed), next.Rejected > s.Rejected)
	return nil
}

// divide cuts a new interval into steps near the one proposed.
func (a *Adaptive) divide(next, s *State, length float64) {
	m := &a.memory
	if m.Dt == 0 {
		m.Dt = a.initialStep(next, s)
	}
	shortest := math.Nextafter(s.Time, math.Inf(1)) - s.Time
	halvings := math.Ceil(math.Log2(length/math.Max(m.Dt, shortest)) - levelSlack)
	m.Index, m.Count = 0, math.Exp2(math.Max(halvings, 0))
}

// initialStep is the dt of which E is the tolerance if ‖S^{p+1}v‖/‖v‖ = (‖Sv‖/‖v‖)^{p+1}, v the
// part of w that decays.
func (a *Adaptive) initialStep(next, s *State) float64 {
	v, sv := a.extra, next.W
	copy(v, s.W)
	if a.Operator.Conservative() {
		floats.AddScaled(v, -a.Operator.Mass(v), a.Operator.Sigma)
	}
	a.Operator.Apply(sv, v)
	rate := norm(sv) / norm(v)
	if !(rate > 0) {
		return math.Inf(1)
	}
	return math.Pow(a.tolerance/a.Scheme.ErrorConstant, 1/float64(a.Scheme.Order()+1)) / rate
}

// accept tries shorter and shorter steps until the error is allowed.
func (a *Adaptive) accept(ctx context.Context, next, s *State, length, allowed float64) (
	powers, error) {

	m := &a.memory
	for {
		next.Dt = roundStep(length / m.Count)
		p, err := a.take(ctx, next, s)
		switch e := p.estimate; {
		case err != nil:
			return powers{}, err
		case !finite(e):
			return powers{}, fmt.Errorf("%w: the error estimate is %g; "+
				"check f and the initial density", ErrNotFinite, e)
		case e <= allowed:
			return p, nil
		}
		next.Rejected++
		halvings := math.Max(1, math.Ceil(-math.Log2(a.factor(p.estimate/allowed))))
		if !m.halve(halvings, s.Time, length) {
			return powers{}, fmt.Errorf("%w: at t = %g a step of %.3g has the error %.3g, "+
				"and %.3g is allowed, but t has no digits for shorter ones; "+
				"ask for a larger tolerance, or check f for rates that are out of proportion",
				ErrTolerance, s.Time, next.Dt, p.estimate, allowed)
		}
	}
}

// halve cuts the steps of an interval of the given length into 2^halvings each, unless t + dt could
// then not be told from t.
func (m *stepMemory) halve(halvings, t, length float64) bool {
	const digits = 0x1p52
	pieces := math.Exp2(halvings)
	dt := length / m.Count / pieces
	if !(dt > 0 && t+dt > t && float64(m.Index)*pieces < digits) {
		return false
	}
	m.Index *= uint64(pieces)
	m.Count *= pieces
	return true
}

// factor is by how much the step may grow (or must shrink) for an error e, in units of what is
// allowed.
func (a *Adaptive) factor(e float64) float64 {
	return safety * math.Pow(e, -1/float64(a.Scheme.Order()+1))
}

// control proposes the next step. It is a PI controller whose proportional part counts only against
// an increase: the step is doubled if
//
//	0.9 e^{−1/(p+1)} min(1, (e'/e)^{0.4/(p+1)}) ≥ 2,
//
// with e' the error of the step before, scaled to this one's length, and this step was not rejected
// before. Halving waits for a rejection: the errors of a decaying
// solution fall.
func (a *Adaptive) control(m *stepMemory, dt, e float64, rejected bool) {
	factor := a.factor(e)
	if m.Error > 0 && e > m.Error {
		factor *= math.Pow(m.Error/e, proportional/float64(a.Scheme.Order()+1))
	}
	m.Dt, m.Error = dt, e
	aligned := m.Index%2 == 0 || m.complete()
	if rejected || !aligned || factor < 2 {
		return
	}
	m.Dt *= 2
	m.Error *= math.Exp2(float64(a.Scheme.Order() + 1))
	if !m.complete() {
		m.Index, m.Count = m.Index/2, m.Count/2
	}
}

// quotient is e/allowed, where nothing is allowed of an e that is 0.
func quotient(e, allowed float64) float64 {
	if e == 0 {
		return 0
	}
	return e / allowed
}

// redo replaces the step to next by Euler steps that meet the tolerance.
func (a *Adaptive) redo(ctx context.Context, next, s *State) error {
	if a.euler == nil {
		a.euler = newAdaptive(replacement(a.Method, a.systems), a.tolerance)
		a.sub = [2]State{{W: make([]float64, len(s.W))}, {W: make([]float64, len(s.W))}}
	}
	m, euler := &a.memory, &a.euler.memory
	*euler = stepMemory{Dt: m.EulerDt, Span: m.Span}
	u, v := &a.sub[0], &a.sub[1]
	u.follow(next)
	copy(u.W, s.W)
	u.Time, u.Steps = s.Time, 0
	for u.Steps == 0 || !euler.complete() {
		if err := a.euler.advance(ctx, v, u, next.Dt); err != nil {
			return err
		}
		u, v = v, u
	}
	copy(next.W, u.W)
	next.Outflow, next.Rejected = u.Outflow, u.Rejected
	next.Solves, next.Iterations = u.Solves, u.Iterations
	next.EulerSteps += u.Steps
	next.Error, next.Solving = u.Error, u.Solving
	a.extraAt = -1
	m.Span, m.EulerDt, m.FirstDt, m.Dt, m.Error = euler.Span, euler.Dt, 0, next.Dt, 0
	m.Fallbacks++
	if m.Fallbacks > 1 && u.Steps > 2 && m.halve(1, s.Time, next.Dt*m.Count) {
		m.Dt /= 2
	}
	return nil
}

// norm is the 2-norm.
func norm(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return math.Sqrt(sum)
}
