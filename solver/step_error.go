package solver

import "math"

// The error of a run of steps w_{n+1} = R(dt_n S) w_n. All of them are functions of S, and what is
// left of a mode of eigenvalue λ is off by the factor 1 + x, x = −Σ log(e^{λ dt_n} R(λ dt_n)) to
// first order. With log(e^q R(q)) = ±C q^{p+1} + … , C the scheme's ErrorConstant, all steps of
// order p together have made the error of a single one of length L,
//
//	‖w_N − e^{−tS}w_0‖ ≈ C L^{p+1} ‖S^{p+1}w_N‖,    L^{p+1} = Σ dt_n^{p+1},
//
// that is (L/dt)^{p+1} times the local error estimate of the last step: no solve, and no vector
// more than for that. It leaves nothing out that has decayed meanwhile and counts nothing twice,
// whatever the data; the sum of the local errors may be a thousand times it. States in which both
// kinds of steps have been taken add up both. ‖S²w‖ is had from every step. After an Euler step,
// S³w is taken for
//
//	‖S³w‖ ≈ 2‖S²w‖²/‖Sw‖,    ‖S⁴w‖ ≈ 2·4 ‖S²w‖³/‖Sw‖²
//
// (without their factors these are lower bounds, and half to three quarters of ‖S³w‖, a sixth to a
// quarter of ‖S⁴w‖, for the spectra of jumps and of single cells: |⟨w, φ_λ⟩|² dλ ~ λ^{−3/2}
// e^{−2tλ} and λ^{−1/2} e^{−2tλ}).
//
// Where a step is far shorter than those before, as in a short output interval, (L/dt)^{p+1}
// enlarges the rounding in E. The bound
//
//	e_{n+1} ≤ e_n ‖w_{n+1}‖/‖w_n‖ + ‖E_n‖    (norms that decay)
//
// is then less: relative to w the error in a mode grows with λ, and so it decays no slower than w.
// State.Error is the lesser of the two, with the E of both doubled, plus what the rounding of the
// steps and the errors of their solves have added up to.
const (
	stepSafety   = 2.0     // on E: higher terms in q
	solveSafety  = 5.0     // on the errors of solves in slow modes
	momentSlack  = 2.0     // of ‖S³w‖ ‖Sw‖/‖S²w‖²
	stepRounding = 0x1p-53 // of w in a step
)

// powers are the norms of what a step from w_n shows, t = 1 − r.
type powers struct {
	estimate float64 // ‖E‖ = ‖c_{p+1} t^{p+1} w‖
	lower    float64 // ‖t²w‖, of Euler's scheme ‖t w‖
}

// powers compares w_n with w_{n+1}, r w_{n+1} and the stages in between.
func (p *stepper) powers(w, next, extra []float64) powers {
	c, b := p.Scheme.Estimate, p.Scheme.Power
	last := len(b) - 1
	var estimate, lower float64
	for i, v := range w {
		e := c[0]*v + c[last]*next[i] + c[last+1]*extra[i]
		l := b[0]*v + b[last]*next[i]
		for k, u := range p.stages {
			e += c[k+1] * u[i]
			l += b[k+1] * u[i]
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
	span := lengthened(p.memory.Span[p.kind], next.Dt, order)
	p.memory.Span[p.kind] = span
	p.measure(next)
	left := 0.0 // of errors before
	if before.decaying > 0 {
		left = p.sizes.decaying / before.decaying
	}
	local := stepSafety * q.estimate
	bound := (s.Error-s.Solving)*left + local
	total := local*math.Pow(span/next.Dt, float64(order+1)) + stepSafety*p.others(next, q)
	next.Solving = s.Solving*left + p.solved(before) + stepRounding*before.whole
	next.Error = math.Min(total, bound) + next.Solving
}

// solved is the error of a step from a state of the given norms that its solves make in slow modes.
func (p *stepper) solved(before sizes) float64 {
	return solveSafety * p.stageErrors[len(p.stageErrors)-1] * before.decaying
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

// others is C L^{p+1} ‖S^{p+1}w‖ of the steps so far of the other kind.
func (p *stepper) others(next *State, q powers) float64 {
	span := p.memory.Span[1-p.kind]
	if span == 0 {
		return 0
	}
	dt := p.Scheme.Gamma * next.Dt
	order := p.other.Order()
	lengths := p.other.ErrorConstant * math.Pow(span/dt, float64(order+1))
	if p.kind == own {
		return lengths * q.lower
	}
	if q.lower == 0 {
		return 0
	}
	second := q.estimate / p.Scheme.ErrorConstant // ‖t²w‖
	moment, slack := lengths*second, 1.0
	for range order - 1 {
		slack *= momentSlack
		moment *= slack
		moment = moment * second / q.lower
	}
	return moment
}
