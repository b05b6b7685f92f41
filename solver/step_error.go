package solver

import "math"

// The error of a run of steps w_{n+1} = R(dt_n S) w_n. All of them are functions of S, and what is left of a mode of eigenvalue λ is off
// by the factor 1 + x, x = −Σ log(e^{λ dt_n} R(λ dt_n)) to first order. With log(e^q R(q)) = ±C q^{p+1} + … , C the scheme's
// ErrorConstant, all steps of order p together have made the error of a single one of length L,
//
//	‖w_N − e^{−tS}w_0‖ ≈ C L^{p+1} ‖S^{p+1}w_N‖,    L^{p+1} = Σ dt_n^{p+1},
//
// that is (L/dt)^{p+1} times the local error estimate of the last step: no solve, and no vector more than for that. It leaves nothing
// out that has decayed meanwhile and counts nothing twice, whatever the data; the sum of the local errors may be a thousand times it.
// States in which both kinds of steps have been taken add up both, S³w after an Euler step being taken for
// ‖S³w‖ ≈ 2‖S²w‖²/‖Sw‖ (‖S²w‖²/‖Sw‖ is a lower bound, and half to three quarters of it for the spectra of jumps and of single cells).
//
// Where a step is far shorter than those before, as in a short output interval, (L/dt)^{p+1} enlarges the rounding in E. The bound
//
//	e_{n+1} ≤ e_n ‖w_{n+1}‖/‖w_n‖ + ‖E_n‖    (norms that decay)
//
// is then less: relative to w the error in a mode grows with λ, and so it decays no slower than w. State.Error is the lesser of the two,
// with the E of both doubled, plus what the rounding of the steps and the errors of their solves have added up to.
const (
	stepSafety   = 2.0     // on E: higher terms in q
	solveSafety  = 5.0     // on the errors of solves in slow modes
	momentSlack  = 2.0     // of ‖S³w‖ ‖Sw‖/‖S²w‖²
	stepRounding = 0x1p-53 // of w in a step
)

// powers are the norms of what a step from w_n shows, t = 1 − r.
type powers struct {
	estimate float64 // ‖E‖ = ‖c_{p+1} t^{p+1} w‖
	lower    float64 // ‖t^p w‖
}

// powers compares w_n with w_{n+1}, r w_{n+1} and the stage in between.
func (p *stepper) powers(w, next, extra []float64) powers {
	c, b := p.Scheme.Estimate, p.Scheme.Power
	last := len(b) - 1
	var estimate, lower float64
	for i, v := range w {
		e := c[0]*v + c[last]*next[i] + c[last+1]*extra[i]
		l := b[0]*v + b[last]*next[i]
		if p.stage != nil {
			e += c[1] * p.stage[i]
			l += b[1] * p.stage[i]
		}
		estimate += e * e
		lower += l * l
	}
	return powers{math.Sqrt(estimate), math.Sqrt(lower)}
}

// sizesOf returns the norms of a state, which the step to it may have left.
func (p *stepper) sizesOf(s *State) sizes {
	if p.sizesAt != s.Steps {
		p.measure(s)
	}
	p.sizesAt = -1
	return p.sizes
}

func (p *stepper) measure(s *State) {
	p.sizes.whole, p.sizes.decaying = norms(p.Operator, s.W)
	p.sizesAt = s.Steps
}

// account completes the errors of the state that a step has led to from one of the given norms.
func (p *stepper) account(next, s *State, q powers, before sizes) {
	order := p.Scheme.Order()
	next.Span[order-1] = lengthened(s.Span[order-1], next.Dt, order)
	p.measure(next)
	left := 0.0 // of errors before
	if before.decaying > 0 {
		left = p.sizes.decaying / before.decaying
	}
	local := stepSafety * q.estimate
	bound := (s.Error-s.Solving)*left + local
	total := local*math.Pow(next.Span[order-1]/next.Dt, float64(order+1)) + stepSafety*p.other(next, q)
	next.Solving = s.Solving*left + p.solved(before) + stepRounding*before.whole
	next.Error = math.Min(total, bound) + next.Solving
}

// solved is the error of a step from a state of the given norms that its solves make in slow modes, of which r leaves all.
func (p *stepper) solved(before sizes) float64 {
	relative := p.firstError
	if p.stage != nil {
		relative = p.Scheme.Weights[0]/p.Scheme.Gamma*p.firstError + p.lastError
	}
	return solveSafety * relative * before.decaying
}

// add counts a further error of solves.
func (s *State) add(solving float64) {
	s.Solving += solving
	s.Error += solving
}

// lengthened returns (L^{p+1} + dt^{p+1})^{1/(p+1)}.
func lengthened(length, dt float64, order int) float64 {
	k := float64(order + 1)
	return dt * math.Pow(1+math.Pow(length/dt, k), 1/k)
}

// other is C L^{p+1} ‖S^{p+1}w‖ of the steps so far that were of the other order than this one.
func (p *stepper) other(next *State, q powers) float64 {
	dt := p.Scheme.Gamma * next.Dt
	if p.stage != nil {
		return Euler().ErrorConstant * math.Pow(next.Span[0]/dt, 2) * q.lower
	}
	if next.Span[1] == 0 || q.lower == 0 {
		return 0
	}
	second := q.estimate / p.Scheme.ErrorConstant // ‖t²w‖
	return momentSlack * SDIRK2().ErrorConstant * math.Pow(next.Span[1]/dt, 3) * second * second / q.lower
}
