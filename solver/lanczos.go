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

// Lanczos applies the exponential itself: w(t) = e^{−tS} w(0) from a Krylov space of B = (I +
// γS)^{-1}, the shift-and-invert Lanczos method. There are no steps. One γ, hence one set-up, and
// one basis serve all output times of a range.
//
// With v = w − mσ (v = w where mass is removed), B V_j = V_j T_j + β_j v_{j+1} e_jᵀ, V_jᵀV_j = I,
// V_j e_1 = v/‖v‖,
//
//	u_j(t) = ‖v‖ V_j e^{−tH_j} e_1,    H_j = (T_j^{-1} − I)/γ,
//
// is taken from the eigenvalues θ = 1/(1+γλ) of T_j. Mass is conserved to rounding, since V ⊥ σ;
// ‖u_j(t)‖ decreases with t; and no density is kept from being negative where it is small against
// the error: that is measured, and never clipped.
//
// # Error
//
// A basis of m vectors gives the states u_{m−2}. It is extended until at all its output times
//
//	E(t) = 2 (‖u_m(t) − u_{m−2}(t)‖ + ‖û(t) − u_m(t)‖)
//	     ≤ tolerance·min(‖u_{m−2}(t)‖, m) + 1e-14 ‖w(t)‖
//
// (without m where mass is removed), which is had from vectors of coefficients. û is a forecast: it
// is from T_m continued by 8 rows that are its last ones in reverse, akin to the generalised
// averaged Gauss rules. The first distance alone is small where a component of the error passes
// through zero, for five vectors or more of rough data; the second does not stand still there. As
// ‖u_m − u_{m−2}‖ is the error but for that of u_m, E is safe if the forecast is at least half the
// error of u_m, or if that is less than the first distance; and E ≤ 10 times the error if u_m is no
// worse than u_{m−2} and the forecast at most three times its error. E also bounds the error of the
// density in L¹, Σσ_i|e_i| ≤ ‖e‖, by tolerance·m, which ‖u‖ alone would not: of a density far out
// it exceeds m by many powers of ten.
//
// Errors of the solves, u_j = Bv_j + f_j, are not in E; SolveTo tells the tolerance that they need.
// The residuals r_j = v_j − (I + γS)u_j show them, f_j = −Br_j, and State.Error adds to E
//
//	3.5 ‖u − u'‖ + 2 ‖(I − VVᵀ)Fz‖ ‖v‖ ‖f'(T)e_1‖,    f(θ) = e^{−t(1/θ−1)/γ}.
//
// u' is from VᵀBV in place of T: ⟨v_i, Bv_j⟩ = ⟨v_i, u_j⟩ + ⟨u_i, r_j⟩ but for f². That is what the
// errors within V do. The second term is what those outside do, if all there decays as what it was
// made of; z(t) = f'(T)e_1/‖f'(T)e_1‖. What is outside and decays slower, such as a slow mode that
// V lacks, is what the factors 3.5 and 2 are for. The norm of (I − VVᵀ)Fz takes one more solve a
// time, and so it is had at the first output, the last and their geometric mean, with powers of t
// in between. On random grids, data and tolerances State.Error is not below the error, and rarely
// above ten times it (docs/solver.md).
//
// # Relaxed solves
//
// Of f_j, z_j(t) ‖v‖ ‖f'(T)e_1‖ are in the state at t, and |z_j| falls with j as the basis
// converges. If all solves to a tolerance τ would do, that of SolveTo, then solve j may be as rough
// as τ/|z_j|. From the fifth on it is to
//
//	min(10^{-3}, τ/(10 max |z|)),
//
// the z being those of the two solves before, at the first output time, the last and their
// geometric mean; and not below the solver's tolerance. For this T is tridiagonal, α_j = ⟨v_j,u_j⟩
// and β_j = ⟨v_{j+1},u_j⟩. With ⟨v_i,u_j⟩/2 = ⟨v_i,f_j⟩/2, i far below j, in T and below its
// diagonal too, z_i of the rough f_j would be in the state. What all this leaves is measured as
// said. Of the three solves of which only the norm is asked, the residuals are 10^{-3}.
//
// # Restarts
//
// Where a basis starts from the last state of another, errors add up: State.Error has a third term,
// what it was there times e^{−λt}, λ the least eigenvalue of H. No error decays slower but one in a
// slow mode that V lacks, and that of rough data decays far faster. A fourth term, 2^{-51} ‖w‖, is
// the rounding of the state; that of a state which has decayed to 1e-12 ‖w‖ and is begun from again
// is in none of them.
//
// # Shift and range
//
// Output times t_1 < … < t_n after the start of a basis make the ratio r = t_n/max(t_1, 1/λ_R), at
// least 1: before the time 1/λ_R of the Rayleigh quotient λ_R = ⟨v, Sv⟩/‖v‖² not much happens. The
// rule, with which a basis takes about as few vectors as with the best γ (docs/solver.md), is
//
//	γ = t_n/(10 r^{2/5}).
//
// A basis that would exceed its limit of vectors serves those of its times that have the accuracy,
// or else is begun again for a shorter range; ratios that are known to be too large for it (see
// widest) are divided in advance.
//
// Memory, in numbers of 8 bytes a cell: the basis, mostly 20 to 40, at most the limit and one more;
// the state it began with and its deviation; two states of the run; three vectors to tell the
// errors of the solves. To a relative error of 1e-8 that is some 350 bytes, and 870 at most.
//
// Sources: I. Moret, P. Novati, BIT 44 (2004); J. van den Eshof, M. Hochbruck, SIAM J. Sci. Comput.
// 27 (2006); of the forecast M. M. Spalević, Math. Comp. 76 (2007); of relaxed solves V. Simoncini,
// D. B. Szyld, SIAM J. Sci. Comput. 25 (2003), J. van den Eshof, G. L. G. Sleijpen, SIAM J. Matrix
// Anal. Appl. 26 (2004).
type Lanczos struct {
	operator  *operators.Operator
	setUp     SetUp
	times     []float64
	tolerance float64
	solves    float64 // tolerance of the first solves, the most accurate
	limit     int
	basis     *krylov // the one in use
}

// basisStart is the State.Memory of Lanczos: the state that the Krylov basis in use began with,
// from which it can be made again. There is none where the next state begins a basis.
type basisStart struct {
	Time, End float64 // the basis serves the times in between
	Output    int
	Step      int
	Outflow   float64
	Error     float64
	Solving   float64
	W         []float64 // not changed once set
}

func init() { gob.Register(&basisStart{}) }

const (
	lag             = 2       // vectors of a basis that a state does without
	expected        = 8       // vectors of a forecast
	estimateSafety  = 2.0     // on the error that these measure
	stateRounding   = 0x1p-51 // of w in sums over the basis
	insideSafety    = 3.5     // on what the errors of the solves do within V,
	outsideSafety   = 2.0     // and outside
	smallDeviation  = 10.0    // of ‖w − mσ‖/m
	solveShare      = 1e-4    // tolerance of the solves relative to that in time
	tightest        = 1e-13   // tolerance of the solves that rounding lets all of them reach
	fewestRelaxed   = 4       // vectors before solves are relaxed
	relaxSafety     = 10.0    // on the share that the error of the next solve has in a state
	loosestSolve    = 1e-3    // tolerance of relaxed solves
	leakTolerance   = 1e-3    // and of those that measure what the others leave
	shiftFactor     = 10.0    // t_n/γ for a single output
	shiftExponent   = 0.4     // of the ratio in t_n/γ
	mostVectors     = 100     // of a basis
	fewestVectors   = 8       // with which an interval can be as short as is needed
	basisMemory     = 6 << 30 // bytes
	mostAttempts    = 20      // at a range that a basis within the limit can serve
	intervalDivisor = 4.0     // of an output interval that no basis can serve at once
)

// SolveTo is the tolerance that the linear solves need where that of the error in time is given,
// for a start w of mass m: it makes their error in L¹, some 10 times that of the solves in units of
// ‖w − mσ‖, a hundredth of the tolerance, or less. It is not below 1e-13. It is an error if
// rounding, some 1e-12 ‖w‖, is more than the tolerance in L¹: of a density that is far out where π
// is tiny the norm is huge, and one-step propagators, whose rounding is local, keep more of it.
func SolveTo(op *operators.Operator, w []float64, tolerance float64) (float64, error) {
	const rounding = 10 * tightest
	whole, decaying := norms(op, w)
	mass := math.Abs(op.Mass(w))
	if !(rounding*whole <= tolerance*mass) {
		return 0, fmt.Errorf("%w: ‖ρ/π‖ of the initial density is %.2g times that of π, "+
			"and lanczos, to %g, allows %.2g; use sdirk2",
			ErrTolerance, whole/mass, tolerance, tolerance/rounding)
	}
	return solvesNeed(tolerance, mass, decaying), nil
}

// solvesNeed is SolveTo for a mass and a norm ‖w − mσ‖.
func solvesNeed(tolerance, mass, decaying float64) float64 {
	share := math.Min(1, smallDeviation*mass/decaying)
	return math.Max(solveShare*tolerance*share, tightest)
}

// BasisLimit is the number of vectors that a basis on so many cells may have: 100, or as many as
// fit into 6 GiB.
func BasisLimit(cells int) int { return min(mostVectors, basisMemory/(8*cells)) }

// Cells is the number of entries of the states.
func (l *Lanczos) Cells() int { return l.operator.Cells() }

// NewLanczos returns the propagator for a run through the given times, the initial one first. The
// method's scheme is not used. A basis has at most limit vectors, 8 or more: results depend on it
// (see BasisLimit). The solver's tolerance is to be that of SolveTo, at most 1e-4 of the one in
// time.
func NewLanczos(m Method, times []float64, tolerance float64, limit int) (*Lanczos, error) {
	switch {
	case m.Operator == nil || m.SetUp == nil:
		return nil, errors.New("lanczos needs an operator and a SetUp of linear solvers")
	case !(tolerance > 0 && tolerance < 1):
		return nil, fmt.Errorf("time tolerance %g is not in (0, 1)", tolerance)
	case !(m.SolverTolerance > 0 && m.SolverTolerance <= math.Max(solveShare*tolerance, tightest)):
		return nil, fmt.Errorf("lanczos with the time tolerance %g needs solves to %g, "+
			"and they are to %g; give a smaller solver tolerance",
			tolerance, solveShare*tolerance, m.SolverTolerance)
	case limit < fewestVectors:
		return nil, fmt.Errorf("lanczos needs a basis of %d vectors or more, and %d are allowed; "+
			"use sdirk2, or fewer cells", fewestVectors, limit)
	}
	return &Lanczos{m.Operator, m.SetUp, times, tolerance, m.SolverTolerance, limit, nil}, nil
}

// Name implements Propagator.
func (l *Lanczos) Name() string { return "lanczos" }

// Steps implements Propagator: there are none.
func (l *Lanczos) Steps() (Scheme, bool) { return Scheme{}, false }

// Advance implements Propagator. The state is that at the output time `to`, unless no basis within
// the limit reaches so far.
func (l *Lanczos) Advance(ctx context.Context, next, s *State, _, to float64) error {
	if err := interrupted(ctx); err != nil {
		return err
	}
	next.follow(s)
	start, ok := s.Memory.(*basisStart)
	switch {
	case !ok && s.Memory != nil:
		return errForeign
	case !ok:
		if err := l.begin(ctx, next, s); err != nil {
			return err
		}
	case l.basis == nil || l.basis.start.Step != start.Step:
		// as after a checkpoint: these solves have been counted
		if err := l.build(ctx, *start); err != nil {
			return err
		}
	}
	end := l.basis.start.End
	next.Time = math.Min(to, end)
	next.Dt = next.Time - s.Time
	next.Steps++
	if next.Time == to {
		next.Output++
	}
	l.basis.evaluate(next)
	if next.Time == end {
		next.Memory = nil
	}
	return nil
}

// interrupted is ErrInterrupted with its cause if the context has ended.
func interrupted(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrInterrupted, context.Cause(ctx))
}

// begin builds a basis that starts from s.
func (l *Lanczos) begin(ctx context.Context, next, s *State) error {
	start := basisStart{
		Time: s.Time, Output: s.Output, Step: s.Steps, Outflow: s.Outflow,
		Error: s.Error, Solving: s.Solving, W: slices.Clone(s.W),
	}
	if err := l.build(ctx, start); err != nil {
		return err
	}
	start.End = l.basis.start.End
	next.Memory = &start
	next.Solves += l.basis.solves
	next.Iterations += l.basis.iterations
	return nil
}

// build makes the basis for a range of times from a start on, shorter and shorter ones until the
// limit suffices.
func (l *Lanczos) build(ctx context.Context, start basisStart) error {
	l.basis = nil
	b := newKrylov(l.operator, start)
	rate := b.rayleigh()
	targets := l.targets(start, rate)
	for range mostAttempts {
		served, err := l.extend(ctx, b, targets, rate)
		if err != nil {
			return err
		}
		if served > 0 {
			b.start.End = targets[served-1]
			l.basis = b
			return nil
		}
		targets = shorter(targets, start.Time)
	}
	return fmt.Errorf("%w: from t = %g, not even t = %g is reached with %d vectors; "+
		"ask for a larger tolerance, or use sdirk2", ErrTolerance, start.Time, targets[0], l.limit)
}

// targets are the output times that a basis is meant to serve. Some rate λ_R says from when on
// things happen.
func (l *Lanczos) targets(start basisStart, rate float64) []float64 {
	all := l.times[start.Output+1:]
	first := math.Max(all[0]-start.Time, 1/rate)
	ratio := (all[len(all)-1] - start.Time) / first
	if !(ratio > l.widest()) {
		return all
	}
	bases := math.Ceil(math.Log(ratio) / math.Log(l.widest()))
	return until(all, start.Time+first*math.Pow(ratio, 1/bases))
}

// widest is the ratio r for which a basis of limit vectors just suffices, at least 2: it takes
//
//	m = (2 + 0.3 √r) log10(1/tolerance)
//
// vectors or so, if the start is rough.
func (l *Lanczos) widest() float64 {
	const one, root = 2, 0.3
	r := (float64(l.limit)/-math.Log10(l.tolerance) - one) / root
	return math.Max(2, r*math.Abs(r))
}

// until returns the times up to an end, at least the first.
func until(times []float64, end float64) []float64 {
	n, found := slices.BinarySearch(times, end)
	if found {
		n++
	}
	return times[:max(n, 1)]
}

// shorter returns the times in the first half, in terms of log t, of a range, or a quarter of an
// interval that is one time.
func shorter(times []float64, start float64) []float64 {
	first, last := times[0]-start, times[len(times)-1]-start
	if len(times) == 1 {
		return []float64{start + first/intervalDivisor}
	}
	return until(times[:len(times)-1], start+math.Sqrt(first*last))
}

// shift is γ for a range of times.
func shift(targets []float64, start, rate float64) float64 {
	end := targets[len(targets)-1] - start
	ratio := math.Max(1, end/math.Max(targets[0]-start, 1/rate))
	return end / (shiftFactor * math.Pow(ratio, shiftExponent))
}

// extend makes the space of b as large as the targets need, and returns how many of them it can
// serve within the limit.
func (l *Lanczos) extend(ctx context.Context, b *krylov, targets []float64, rate float64) (
	served int, err error) {

	b.reset(shift(targets, b.start.Time, rate))
	if b.exact {
		return len(targets), nil
	}
	system, err := l.setUp(b.gamma)
	if err != nil {
		return 0, err
	}
	for len(b.space.columns) < l.limit && served < len(targets) && !b.exact {
		if err := b.add(ctx, system, l.solveTo(b, targets)); err != nil {
			return 0, err
		}
		served = l.served(b, targets)
	}
	if served == 0 {
		return 0, nil
	}
	first, last := targets[0]-b.start.Time, targets[served-1]-b.start.Time
	return served, b.finish(ctx, system, first, last)
}

// solveTo is the tolerance of the next solve of a basis for a range of times.
func (l *Lanczos) solveTo(b *krylov, targets []float64) float64 {
	need := math.Max(l.solves, solvesNeed(l.tolerance, math.Abs(b.mass), b.size))
	first, last := targets[0]-b.start.Time, targets[len(targets)-1]-b.start.Time
	return b.relaxed(l.solves, need, first, last)
}

// served returns how many of the times, from the first on, b gives the states of to the tolerance.
func (l *Lanczos) served(b *krylov, targets []float64) int {
	if b.exact {
		return len(targets)
	}
	if len(b.space.columns) <= lag {
		return 0
	}
	for n, t := range targets {
		e, size := b.truncation(t - b.start.Time)
		allowed := l.tolerance*b.scale(size) + roundingFloor*math.Hypot(b.mass, size)
		if !(e <= allowed) {
			return n
		}
	}
	return len(targets)
}
