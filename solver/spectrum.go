package solver

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"fpsgd/operators"
	"fpsgd/solver/linear"

	"gonum.org/v1/gonum/floats"
)

// Mode is an eigenpair S w = λ w. The mode of the weighted problem K u = λ M u is u = w/σ, with the
// density ρ = π u.
type Mode struct {
	Value    float64   // λ
	Residual float64   // ‖Sw − λw‖/(λ‖w‖); of a nested search η, see lobpcg
	Error    float64   // relative, of λ: an estimate from rounding and the residual
	W        []float64 // of unit norm, orthogonal to other modes and, where mass is conserved, to σ
}

const (
	spectrumResidual = 1e-9 // of the modes of Spectrum
	acceptedError    = 1e-6 // relative, of an eigenvalue whose residual is rounding
	tie              = 1e-9 // relative distance of eigenvalues below which their order is left open
	roughly          = 0.1  // relative residual of a Ritz value that tells where an eigenvalue is

	maxShifts   = 40
	maxSearches = 40
	maxRestarts = 200
)

// The values of γλ that tell whether a shift suits an eigenvalue.
const (
	shiftTarget = 30.0  // of the lowest mode sought: B maps it to 1/31, and what is far above to 0
	shiftLow    = 1.0   // below, rounding in A = I + γS, like 1/(1+γλ), weighs more than it might
	shiftHigh   = 300.0 // above, the rounding of 1/(1+γλ), as large as the lowest mode's, does
	shiftLost   = 1e10  // above, Ritz values may be rounding only
	fastShift   = 1e11  // of the largest rate: above, rounding in A x exceeds a slow mode
)

// Spectrum returns the k lowest eigenpairs of S, ascending and with multiplicity. Where mass is
// conserved the eigenvalue 0 of σ is left out. No two calls differ, whatever the number of threads
// of the linear solver.
//
// They are found as the largest eigenvalues 1/(1+γλ) of B = (I + γS)^{-1} by block Lanczos with
// full orthogonalisation and thick restarts, on the complement of σ and of the modes locked so far.
// The shift follows the spectrum: 1 ≤ γλ ≤ 300 for every mode when it is locked, so that neither
// very small nor very large eigenvalues, nor both at once, lose accuracy. See Y. Saad, Numerical
// Methods for Large Eigenvalue Problems, ch. 4 and 6–7; for the restarts, K. Wu and H. Simon, SIAM
// J. Matrix Anal. Appl. 22 (2000).
//
// A slow mode may live where π has no share that a float64 can hold. The search starts from waves
// in u along each axis, from a random u and a random w, which has as much of every region of the
// grid, from σ on every basin of attraction that is left slowly, and from vectors that are given.
// It is begun again from random vectors until it finds nothing lower than the k-th, as a block
// process may also miss copies of an eigenvalue of higher multiplicity than the block has vectors.
// Then the evidence is heard: a basin or a given vector whose Rayleigh quotient on the complement
// of the modes is below the k-th eigenvalue, or a count of the eigenvalues below it, is a proof
// that one was missed, and starts another search; what cannot be found is an error. See
// CertifiedSpectrum.
//
// S is never applied, since on a graded grid the rounding error of that alone would exceed λ: a
// mode is w = Bv/‖Bv‖ for a Ritz vector v, and its residual is what follows from S Bv = (v − Bv)/γ.
// Where γ times the largest rate exceeds 1e11, and a factorisation can be had, solves are direct;
// where none can, and iterative ones fail, slow modes are refined at a smaller γ (slow.go).
//
// All residuals are at most 1e-9, or rounding: u ‖Dw‖/λ, D the diagonal of S. The relative errors
// of the eigenvalues are then at most 1e-6; they are in Mode.Error. Errors of iterative solves
// limit residuals too, so that the tolerance of the SetUp should be 1e-12 or less; it does not
// matter on one axis, where solves are direct. It is an error if a residual is larger, if the grid
// has fewer than k modes, if a solve fails, or if the context ends.
//
// Memory, in vectors of a float64 a cell: the basis takes 4(d+2) + 2k on d axes, or up to 240 where
// these fit into 128 MiB, a block d+2 and one for each basin, and each mode one.
func Spectrum(ctx context.Context, op *operators.Operator, setUp SetUp, k int) ([]Mode, error) {
	modes, _, err := CertifiedSpectrum(ctx, op, setUp, k)
	return modes, err
}

// CertifiedSpectrum is Spectrum with further vectors to start from, and with what is known of its
// completeness.
func CertifiedSpectrum(ctx context.Context, op *operators.Operator, setUp SetUp, k int,
	starts ...[]float64) ([]Mode, Certificate, error) {

	s := newEigensolver(ctx, op, setUp, k, -tie, spectrumResidual)
	if err := s.run(starts); err != nil {
		return nil, Certificate{}, fmt.Errorf("spectrum: %w", err)
	}
	return s.locked[:k], s.certificate, nil
}

// eigensolver holds what is sought, the modes locked so far and the shift in use.
type eigensolver struct {
	ctx      context.Context
	op       *operators.Operator
	setUp    SetUp
	wanted   int
	slack    float64
	residual float64

	largest float64 // diagonal entry of S
	regions *basins // nil before they are found
	seeds   []int   // of the regions
	aims    uint64  // searches for an eigenvalue known by a count
	joined  *coarse // nil before it is needed

	deflated    [][]float64 // orthonormal: σ where Sσ = 0, and the locked modes
	locked      []Mode      // ascending
	certificate Certificate // of the locked modes, in the end
	gamma       float64
	system      Linear // of γ
	direct      bool   // the last solve left no residual

	carried []Mode              // of the next coarser grid, nil if there is none
	from    *operators.Operator // that grid's
	rough   SetUp
	guards  []Mode // on this grid, behind those sought, as far as they have converged

	most      float64 // the largest γ to solve for; 0 as long as no solve has failed
	lowerings int     // of it
}

// newEigensolver seeks the k lowest modes and those that exceed the k-th by less than the slack,
// relative to its value: with a slack > 0 it completes the last eigenspace, with one < 0 copies of
// the k-th eigenvalue are not looked for. Residuals are as asked for, or rounding.
func newEigensolver(ctx context.Context, op *operators.Operator, setUp SetUp, k int,
	slack, residual float64) *eigensolver {

	s := &eigensolver{ctx: ctx, op: op, setUp: setUp, wanted: k, slack: slack, residual: residual}
	s.largest = slices.Max(op.Diag)
	if op.Conservative() {
		s.deflated = [][]float64{op.Sigma}
	}
	return s
}

// run locks the modes that are sought, and maybe others behind them, and says what is known of
// their completeness.
func (s *eigensolver) run(starts [][]float64) error {
	k, available := s.wanted, s.op.Cells()-s.zeros()
	if k < 1 || k > available {
		return fmt.Errorf("%d modes are asked for, and the grid of %d cells has %d that decay; "+
			"ask for fewer, or use more cells", k, s.op.Cells(), available)
	}
	waves := s.waves()
	s.findSeeds(waves)
	block, proof, settled := [][]float64(nil), "", false
	if s.carried != nil {
		var err error
		if settled, block, err = s.carry(starts); err != nil {
			return err
		}
	}
	if !settled {
		block = append(block, s.startingBlock(waves, starts)...)
	}
	for search := uint64(1); search <= maxSearches; search++ {
		found, err := false, error(nil)
		if !settled {
			found, err = s.search(block)
		}
		settled = false
		if err != nil {
			return err
		}
		if found {
			block, proof = randomBlock(s.op, len(s.op.Shape)+2, search), ""
			continue
		}
		if len(s.locked) < k {
			return fmt.Errorf("of %d modes asked for %d were found, "+
				"and rounding hides the others; ask for fewer", k, len(s.locked))
		}
		missed, certificate, err := s.evidence(starts)
		if err != nil || missed == nil {
			s.certificate = certificate
			return err
		}
		if proof != "" {
			return fmt.Errorf("there are eigenvalues below %.6g that were missed, "+
				"as is known by %s, and a search that begins with what shows them found none; "+
				"the largest rate is %.3g", s.locked[k-1].Value, certificate.Text, s.largest)
		}
		block, proof = missed, certificate.Text
	}
	return fmt.Errorf("%d searches did not find all of the %d lowest eigenvalues: "+
		"there are others below %.6g", maxSearches, k, s.locked[k-1].Value)
}

// ceiling is the value above which nothing is of interest: that of the k-th mode among those locked
// and the pairs given, plus the slack; +∞ if there are fewer.
func (s *eigensolver) ceiling(converged []ritz) float64 {
	var values []float64
	for _, m := range s.locked {
		values = append(values, m.Value)
	}
	for _, p := range converged {
		values = append(values, p.lambda)
	}
	if len(values) < s.wanted {
		return math.Inf(1)
	}
	slices.Sort(values)
	return values[s.wanted-1] * (1 + s.slack)
}

// search locks what modes below the ceiling it finds from a block, at one shift after the other,
// and says if there were any.
func (s *eigensolver) search(block [][]float64) (found bool, err error) {
	width := len(block)
	for range maxShifts {
		l := newLanczos(s.deflated, block)
		if len(l.basis) == 0 {
			return found, nil
		}
		if err := s.shift(l.basis); err != nil {
			return found, err
		}
		out, err := s.sweep(l)
		locked := false
		if err == nil {
			locked, err = s.lock(l, out)
		}
		found = found || locked
		if s.lower(err, out.slow) {
			continue
		}
		if err != nil {
			return found, err
		}
		if out.gamma == s.gamma {
			return found, nil
		}
		rest := out.pairs[out.converged:]
		block = l.vectors(rest[:min(width, len(rest))])
		s.gamma, s.system = out.gamma, nil
	}
	return found, fmt.Errorf("no γ suits eigenvalue %d, after %d trials: "+
		"it is too small against the largest rate %.3g for this grid",
		len(s.locked)+1, maxShifts, s.largest)
}

// shift sets up the linear system. A γ that is not known yet is that of the lowest Rayleigh
// quotient of the given vectors, an upper bound of the lowest eigenvalue.
func (s *eigensolver) shift(basis [][]float64) error {
	if s.gamma == 0 {
		lowest := math.Inf(1)
		for _, v := range basis {
			lowest = math.Min(lowest, rayleigh(s.op, v))
		}
		s.gamma = shiftTarget / lowest
	}
	if s.most > 0 && s.gamma > s.most {
		s.gamma, s.system = s.most, nil
	}
	if s.system != nil {
		return nil
	}
	var err error
	if len(s.op.Shape) > 1 && s.gamma*s.largest > fastShift && linear.Countable(s.op) == nil {
		s.system, err = dissected(s.op, s.gamma)
	} else {
		s.system, err = s.setUp(s.gamma)
	}
	return err
}

// dissected is a direct solver for a γ.
func dissected(op *operators.Operator, gamma float64) (Linear, error) {
	return linear.New(op, gamma, linear.Options{Method: linear.Dissection, Threads: 1})
}

// apply stores B v.
func (s *eigensolver) apply(u, v []float64) error {
	if err := interrupted(s.ctx); err != nil {
		return err
	}
	stats, err := s.system.Solve(u, v)
	s.direct = stats.Residual == 0
	return err
}

// outcome is that of a sweep.
type outcome struct {
	pairs     []ritz  // ascending
	converged int     // so many of them, the lowest
	gamma     float64 // that the next one wants; 0 if it is to be found from Rayleigh quotients
	slow      bool    // those that have converged are a span to be refined
}

// sweep extends a decomposition until it has what is sought, needs another shift, or has spanned
// all that its block can reach.
func (s *eigensolver) sweep(l *lanczos) (outcome, error) {
	width := len(l.basis)
	limit := s.basisLimit(width)
	for restarts := 0; restarts <= maxRestarts; {
		more := min(max(width, len(l.columns)/4), limit+1-len(l.basis))
		complete, err := l.extend(s.apply, more)
		if err != nil {
			return outcome{}, err
		}
		pairs, err := l.ritz(s.gamma)
		if err != nil {
			return outcome{}, err
		}
		if out, done := s.judge(pairs, complete); done {
			return out, nil
		}
		if len(l.basis) > limit {
			least := s.sought(width) + width
			l.restart(pairs[:min(len(pairs), least+(limit-least)/3)])
			restarts++
		}
	}
	return outcome{}, fmt.Errorf("the lowest eigenvalues did not converge in %d restarts "+
		"of a basis of %d vectors: they are crowded; "+
		"ask for fewer of them, or use a smaller domain", maxRestarts, limit)
}

// sought is how many pairs a sweep may have to find: the modes still missing, or, of those that may
// have been missed, a block.
func (s *eigensolver) sought(width int) int {
	if missing := s.wanted - len(s.locked); missing > 0 {
		return missing
	}
	return width
}

// basisLimit is the number of vectors at which a decomposition is restarted.
func (s *eigensolver) basisLimit(width int) int {
	const (
		most   = 240     // the dense eigenvalue problems would cost more than the solves
		memory = 1 << 24 // numbers, 128 MiB
	)
	return max(2*s.sought(width)+4*width, min(most, memory/s.op.Cells()))
}

// judge counts the pairs that have converged, and says whether the sweep is done: with all below
// the ceiling, with what can be had at this shift, or with all that the block can reach.
func (s *eigensolver) judge(pairs []ritz, complete bool) (outcome, bool) {
	const margin = 0.1 // of the residual asked for: that of Bv is somewhat larger than predicted
	if s.gamma*pairs[0].lambda < shiftLow {
		if s.gamma == s.most {
			return s.judgeSlow(pairs, complete)
		}
		return outcome{pairs: pairs, gamma: shiftTarget / pairs[0].lambda}, true
	}
	n := 0
	for n < len(pairs) && pairs[n].residual <= margin*s.residual &&
		s.gamma*pairs[n].lambda <= shiftHigh {
		n++
	}
	out := outcome{pairs: pairs, converged: n, gamma: s.gamma}
	ceiling := s.ceiling(pairs[:n])
	if n == len(pairs) || n > 0 && pairs[n-1].lambda >= ceiling {
		return out, true
	}
	next := pairs[n]
	if next.residual <= roughly && next.lambda*(1-next.residual) > ceiling {
		return out, true
	}
	known := complete || next.residual <= roughly || s.gamma*next.lambda > shiftLost
	if known && s.gamma*next.lambda > shiftHigh {
		out.gamma = 0
		return out, true
	}
	return out, complete
}

// lock adds to the modes those of the pairs that lie below the ceiling, and says if there are any.
func (s *eigensolver) lock(l *lanczos, out outcome) (found bool, err error) {
	if out.slow {
		modes, err := s.slowModes(l.vectors(out.pairs[:out.converged]))
		if err != nil {
			return false, err
		}
		for _, m := range modes {
			if m.Value < s.ceiling(nil) {
				found = true
				if err := s.add(m); err != nil {
					return found, err
				}
			}
		}
		return found, nil
	}
	for _, p := range out.pairs[:out.converged] {
		if p.lambda >= s.ceiling(nil) {
			break
		}
		m, err := s.mode(combination(l.basis, p.y))
		if err == nil {
			err = s.add(m)
		}
		if err != nil {
			return found, err
		}
		found = true
	}
	return found, nil
}

// add locks a mode that is accepted.
func (s *eigensolver) add(m Mode) error {
	if err := s.accept(m); err != nil {
		return err
	}
	orthogonalise(m.W, s.deflated, nil)
	floats.Scale(1/norm(m.W), m.W)
	s.deflated = append(s.deflated, m.W)
	s.locked = append(s.locked, m)
	slices.SortStableFunc(s.locked, func(a, b Mode) int { return cmp.Compare(a.Value, b.Value) })
	return nil
}

// accept reports a residual that is neither as small as asked for nor rounding, u ‖Dw‖/λ with the
// diagonal D of S, and an eigenvalue with too large an error.
func (s *eigensolver) accept(m Mode) error {
	const allowance = 10 // for what several roundings add up to
	if m.Residual <= s.residual {
		return nil
	}
	sum := 0.0
	for i, w := range m.W {
		sum += s.op.Diag[i] * w * s.op.Diag[i] * w
	}
	rounding := allowance * unit * math.Sqrt(sum) / m.Value
	switch {
	case m.Residual <= rounding && m.Error <= acceptedError:
		return nil
	case s.direct || m.Residual <= rounding:
		return fmt.Errorf("the eigenvalue %.6g is known to a relative error of %.1g only "+
			"(residual %.3g): rates up to %.3g %w",
			m.Value, m.Error, m.Residual, s.largest, errHidden)
	}
	return fmt.Errorf("the eigenvalue %.6g has a residual of %.3g, and %g is asked for; "+
		"give the linear solver a tolerance of 1e-12 or less", m.Value, m.Residual, s.residual)
}

// mode returns w = u/‖u‖, u = Bv, its Rayleigh quotient and the residual of Su = (v − u)/γ. Where
// solves are direct the quotient is λ = (⟨u, v⟩/⟨u, u⟩ − 1)/γ, which has the errors of the solve
// only, however small λ. Otherwise it is summed over the edges, so that errors of the solve enter
// by their squares, and rounding by u (⟨w, Dw⟩/λ)^{1/2}.
func (s *eigensolver) mode(v []float64) (Mode, error) {
	u := make([]float64, len(v))
	if err := s.apply(u, v); err != nil {
		return Mode{}, err
	}
	length := norm(u)
	mu := floats.Dot(u, v) / (length * length)
	residual := 0.0
	for i := range v {
		r := v[i] - mu*u[i]
		residual += r * r
	}
	floats.Scale(1/length, u)
	m := Mode{Value: (mu - 1) / s.gamma, W: u}
	// Of the sums, and of the solve where no entry has a larger error:
	m.Error = unit * (2*math.Sqrt(float64(len(v))) + 4*mu/(mu-1))
	if !s.direct {
		m.Value, m.Error = s.op.Energy(u)
		m.Error /= m.Value
	}
	m.Residual = math.Sqrt(residual) / (length * s.gamma * m.Value)
	m.Error += math.Min(m.Residual*m.Residual, m.Residual)
	return m, nil
}

// startingBlock returns what a search begins with: in terms of w = σ∘u, the waves, a random u, a
// random w, σ on the basins that are left slowly; and the vectors given.
func (s *eigensolver) startingBlock(waves, starts [][]float64) [][]float64 {
	block := randomBlock(s.op, len(waves)+2, 0)
	copy(block, waves)
	for _, k := range s.seeds {
		block = append(block, s.regions.vector(k))
	}
	return append(block, starts...)
}

// waves are w = σ∘u with a u that ascends along each axis, or is a wave on a periodic one.
func (s *eigensolver) waves() [][]float64 {
	op := s.op
	waves := zeros(len(op.Shape), op.Cells())
	for k, w := range waves {
		for i, sigma := range op.Sigma {
			at := i / op.Stride(k) % op.Shape[k]
			u := (float64(at) + 0.5) / float64(op.Shape[k])
			if op.Periodic[k] {
				u = math.Cos(2 * math.Pi * u)
			}
			w[i] = sigma * u
		}
	}
	return waves
}

// findSeeds finds the basins that are left more slowly than any of the waves decays.
func (s *eigensolver) findSeeds(waves [][]float64) {
	const (
		mostSeeds = 16
		memory    = 1 << 24 // numbers, 128 MiB
	)
	lowest := math.Inf(1)
	for _, w := range waves {
		lowest = math.Min(lowest, s.quotient(w))
	}
	most := min(mostSeeds, max(2, memory/s.op.Cells()))
	s.regions = findBasins(s.op, most+1)
	if s.seeds = s.regions.slow(lowest); len(s.seeds) > most {
		s.seeds = s.seeds[:most]
	}
}

// quotient is the Rayleigh quotient of what w has on the complement of σ and the locked modes; +∞
// if that is rounding.
func (s *eigensolver) quotient(w []float64) float64 {
	const rounding = 1e-8
	v := slices.Clone(w)
	before := norm(v)
	orthogonalise(v, s.deflated, nil)
	length := norm(v)
	if !(length > rounding*before) {
		return math.Inf(1)
	}
	floats.Scale(1/length, v)
	return rayleigh(s.op, v)
}

// randomBlock returns n vectors, w = σ∘u with u normally distributed in every cell, and the last w
// itself: σ hides from u what has no share of π.
func randomBlock(op *operators.Operator, n int, seed uint64) [][]float64 {
	random := rand.New(rand.NewPCG(1, seed))
	block := zeros(n, op.Cells())
	for k := range block {
		for i, sigma := range op.Sigma {
			if k == n-1 {
				sigma = 1
			}
			block[k][i] = sigma * random.NormFloat64()
		}
	}
	return block
}

// rayleigh returns ⟨w, Sw⟩ as a sum of squares, for a w of norm 1.
func rayleigh(op *operators.Operator, w []float64) float64 {
	energy, _ := op.Energy(w)
	return energy
}

// unit is the rounding error of one operation.
const unit = 0x1p-53
