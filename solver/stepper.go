package solver

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"math"
	"slices"

	"fpsgd/operators"
)

// Method is what the one-step propagators have in common.
type Method struct {
	Operator *operators.Operator
	SetUp    SetUp
	Scheme   Scheme
	// SolverTolerance is that of the linear solves. It sets the scale of negative masses: ten times
	// it is taken for their noise.
	SolverTolerance float64
}

// negativeNoise is how much negative mass, in units of the solver's tolerance, is left in a step.
const negativeNoise = 10

func (m *Method) check() error {
	switch {
	case m.Operator == nil:
		return errors.New("the method has no operator; give one, as of operators.Assemble")
	case m.SetUp == nil:
		return errors.New("the method has no linear solver; give a SetUp")
	case m.Scheme.Order() < 1:
		return errors.New("the method has no scheme; give one, as SDIRK2")
	case !(m.SolverTolerance > 0 && m.SolverTolerance < 1):
		return fmt.Errorf("the solver's tolerance %g is not in (0, 1)", m.SolverTolerance)
	}
	return nil
}

// Cells is the number of entries of the states.
func (m *Method) Cells() int { return m.Operator.Cells() }

// Name is that of the scheme.
func (m *Method) Name() string { return m.Scheme.Name }

// Steps returns the scheme.
func (m *Method) Steps() (Scheme, bool) { return m.Scheme, true }

// stepper takes single steps of a scheme.
type stepper struct {
	Method
	systems *systems
	kind    int         // of its steps: own or replacing
	other   Scheme      // of the steps of the other kind
	stages  [][]float64 // U_1 … U_{p−1}
	extra   []float64   // r w_{n+1}: the first stage of the next step if dt stays
	extraAt int         // State.Steps of the state that extra belongs to; −1: none

	// What Stats.Error of the solves come to in slow modes, of which r leaves all, in U_1 … U_p:
	// δ_j = Stats.Error + Σ_{k<j} |d_jk| δ_k; and in extra alone.
	stageErrors []float64
	extraError  float64

	sizes   sizes // of the state before the next step,
	sizesAt int   // if its State.Steps are these; −1: not known

	memory stepMemory // of the state before the next step, while that is taken of the one after it
}

// stepMemory is the State.Memory of a propagator with steps.
type stepMemory struct {
	// The next step is number Index of Count equal ones in this output interval; Count = 0 at its
	// start. Where steps grow from short ones Count may be far above 2^64, and is a power of 2
	// then, while Index stays about the time passed over the step.
	Index     uint64
	Count     float64
	Dt        float64 // the step proposed next; 0: not known
	EulerDt   float64 // the same for Euler steps within a step
	Error     float64 // ‖E‖ of the last step over what was allowed, scaled to the next; 0: unknown
	FirstDt   float64 // a first stage for a step this long has been found (and counted); 0: none
	Fallbacks int     // steps in direct succession that were redone with Euler's scheme
	// Span is (Σ dt^{p+1})^{1/(p+1)} over the steps so far of either kind: one step so long would
	// make the error of all of them.
	Span [2]float64
}

func init() { gob.Register(stepMemory{}) }

// recall takes the memory of a state.
func (p *stepper) recall(s *State) error {
	m, ok := s.Memory.(stepMemory)
	if !ok && s.Memory != nil {
		return errForeign
	}
	p.memory = m
	return nil
}

// place ends a step on the interval [from, to]. Time is from + (to − from)·Index/Count by
// multiplication, and to itself at the end.
func (p *stepper) place(next *State, from, to float64) {
	m := &p.memory
	if m.complete() {
		next.Time = to
		next.Output++
		m.Index, m.Count = 0, 0
	} else {
		next.Time = from + (to-from)*(float64(m.Index)/m.Count)
	}
	next.Memory = *m
}

// complete reports whether all steps of the output interval have been taken.
func (m *stepMemory) complete() bool { return float64(m.Index) >= m.Count }

// Kinds of steps: those of a run's scheme, and those of Euler's in their place.
const own, replacing = 0, 1

// sizes are ‖w‖ and the norm that decays, see norms.
type sizes struct{ whole, decaying float64 }

func newStepper(m Method, c *systems) stepper {
	p := stepper{Method: m, systems: c, other: Euler(), extraAt: -1, sizesAt: -1}
	p.stages = zeros(m.Scheme.Order()-1, m.Operator.Cells())
	p.stageErrors = make([]float64, m.Scheme.Order())
	return p
}

// replacement returns the stepper of Euler steps in place of those of a method.
func replacement(m Method, c *systems) stepper {
	scheme := m.Scheme
	m.Scheme = Euler()
	p := newStepper(m, c)
	p.kind, p.other = replacing, scheme
	return p
}

// take stores in next.W what a step of next.Dt makes of s, in extra the first stage of the next
// one.
func (p *stepper) take(ctx context.Context, next, s *State) (powers, error) {
	if err := p.begin(ctx, next, s); err != nil {
		return powers{}, err
	}
	if err := p.finish(ctx, next, s); err != nil {
		return powers{}, err
	}
	var err error
	if p.extraError, err = p.solve(ctx, p.extra, next.W, next); err != nil {
		return powers{}, err
	}
	return p.powers(s.W, next.W, p.extra), nil
}

// begin finds the first stage, which the step before may have left. A propagator that did not take
// that step itself, as after a checkpoint, solves for it, but does not count it again.
func (p *stepper) begin(ctx context.Context, next, s *State) error {
	u := p.stage(0, next)
	known := p.memory.FirstDt == next.Dt
	if known && p.extraAt == s.Steps {
		copy(u, p.extra)
		p.extraAt, p.stageErrors[0] = -1, p.extraError
		return nil
	}
	p.extraAt = -1
	solves, iterations := next.Solves, next.Iterations
	var err error
	p.stageErrors[0], err = p.solve(ctx, u, s.W, next)
	if known {
		next.Solves, next.Iterations = solves, iterations
	}
	return err
}

// stage returns where U_{j+1} goes: of the last, it is the step's result.
func (p *stepper) stage(j int, next *State) []float64 {
	if j == len(p.stages) {
		return next.W
	}
	return p.stages[j]
}

// finish stores w_{n+1} in next.W, the first stage being known.
func (p *stepper) finish(ctx context.Context, next, s *State) error {
	for j, row := range p.Scheme.Stages[1:] {
		u, left := p.stage(j+1, next), s.W
		inherited := 0.0
		for k, d := range row {
			for i, w := range s.W {
				u[i] = left[i] - d*(w-p.stages[k][i])
			}
			left = u
			inherited += math.Abs(d) * p.stageErrors[k]
		}
		e, err := p.solve(ctx, u, u, next)
		if err != nil {
			return err
		}
		p.stageErrors[j+1] = inherited + e
	}
	return nil
}

// removed adds the outflow dt Σ_j b_j Σ_i R_i u_i(U_j) of a step to w to next.
func (p *stepper) removed(next *State, w []float64) {
	if p.Operator.Conservative() {
		return
	}
	b := p.Scheme.Weights
	rate := b[len(b)-1] * p.Operator.Outflow(w)
	for j, u := range p.stages {
		rate += b[j] * p.Operator.Outflow(u)
	}
	next.Outflow += next.Dt * rate
}

// solve stores r b in x for the step next.Dt, counts, and returns Stats.Error. x may be b.
func (p *stepper) solve(ctx context.Context, x, b []float64, next *State) (float64, error) {
	if err := interrupted(ctx); err != nil {
		return 0, err
	}
	system, err := p.systems.get(p.Scheme.Gamma * next.Dt)
	if err != nil {
		return 0, err
	}
	solve := system.Solve
	if p.Scheme.Positive() && nonnegative(b) {
		solve = system.SolveNonnegative
	}
	stats, err := solve(x, b)
	next.Solves++
	next.Iterations += stats.Iterations
	if err != nil {
		return 0, err
	}
	return stats.Error, checkFinite(x)
}

// tooNegative reports whether a step from w made a density negative, beyond the noise of the linear
// solver and beyond what w was: e^{−dt S} itself never increases the negative mass.
func (p *stepper) tooNegative(next, w []float64) bool {
	if p.Scheme.Positive() {
		return false
	}
	n := negativeMass(next, p.Operator.Sigma)
	return n > negativeNoise*p.SolverTolerance && n > negativeMass(w, p.Operator.Sigma)
}

// negativeMass returns Σ max(−P_i, 0)/Σ|P_i|.
func negativeMass(w, sigma []float64) float64 {
	lacking, total := 0.0, 0.0
	for i, v := range w {
		p := sigma[i] * v
		total += math.Abs(p)
		lacking += math.Max(-p, 0)
	}
	return quotient(lacking, total)
}

func nonnegative(w []float64) bool {
	return !slices.ContainsFunc(w, func(v float64) bool { return !(v >= 0) })
}

// norms returns ‖w‖ and the norm that decays: ‖w − mσ‖, m = ⟨w, σ⟩, or ‖w‖ again where mass is
// removed.
func norms(op *operators.Operator, w []float64) (whole, decaying float64) {
	m := 0.0
	if op.Conservative() {
		m = op.Mass(w)
	}
	whole2, decaying2 := 0.0, 0.0
	for i, v := range w {
		d := v - m*op.Sigma[i]
		whole2 += v * v
		decaying2 += d * d
	}
	return math.Sqrt(whole2), math.Sqrt(decaying2)
}

// Errors that a run ends with.
var (
	ErrInterrupted = errors.New("interrupted")
	ErrNotFinite   = errors.New("the solution is not finite")
	ErrRange       = errors.New("the solution leaves the range of numbers")
	ErrTolerance   = errors.New("the tolerance cannot be met")
)
