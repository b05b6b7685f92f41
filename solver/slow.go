package solver

import (
	"errors"
	"fmt"
	"math"

	"fpsgd/operators"
	"fpsgd/solver/linear"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Modes far slower than the shifts that can be solved for. Where an iterative solve fails at γ =
// 30/λ, as γ times the largest rate leaves nothing of the slow mode in A x, γ is lowered until it
// does not. The modes with γλ < 1 then have θ = 1/(1+γλ) next to 1 and, in rounding, are all alike;
// their span is well separated from the others as long as those have γλ ≫ 1, but the θ tell nothing
// of the λ. The span is refined by
//
//	w ← w − γ B (Sw − W WᵀSw),    W the basis of the span,
//
// which is w ← Bw but for what is in the span, and multiplies an error in mode k by 1/(1+γλ_k).
// What is rounded is relative to the correction now, as Sw is summed over the edges, from
// differences that are small. The λ are the Ritz values of the forms ⟨w, Sw'⟩, summed over the
// edges. The error of w, δ but for the factor 1 + 1/(γλ_k), enters them by ⟨δ, Sδ⟩.

const (
	slowResidual = 1e-6 // ‖Bv − θv‖ of vectors to refine
	refinements  = 8
	lowering     = 100.0 // of γ
	maxLowerings = 8
)

// errHidden marks the errors of an eigenvalue that rounding does not leave.
var errHidden = errors.New("hide it in rounding")

// lower lowers the largest γ that is tried after a solve that has failed, or was too rough for its
// mode, and says if that is to be done. What rounding hides of a refined mode it hides at any γ.
func (s *eigensolver) lower(err error, refined bool) bool {
	rough := errors.Is(err, errHidden) && !s.direct && !refined
	if !rough && !errors.Is(err, linear.ErrNotConverged) || s.lowerings == maxLowerings {
		return false
	}
	s.lowerings++
	s.most = s.gamma / lowering
	s.gamma, s.system = s.most, nil
	return true
}

// judgeSlow is judge where γ is the largest that can be solved for, and the lowest pairs ask for a
// larger one.
func (s *eigensolver) judgeSlow(pairs []ritz, complete bool) (outcome, bool) {
	n := 0
	for n < len(pairs) && s.gamma*pairs[n].lambda < shiftLow {
		if pairs[n].change > slowResidual {
			return outcome{pairs: pairs, gamma: s.gamma}, complete
		}
		n++
	}
	if n == len(pairs) && !complete {
		return outcome{}, false
	}
	return outcome{pairs: pairs, converged: n, slow: true}, true
}

// slowModes refines the span of some vectors, and returns its modes.
func (s *eigensolver) slowModes(span [][]float64) ([]Mode, error) {
	w := newLanczos(s.deflated, span).basis
	n := len(w)
	change, delta := math.Inf(1), zeros(n, s.op.Cells())
	for range refinements {
		sum := 0.0
		for i, v := range w {
			r := edges(s.op, v)
			orthogonalise(r, w, nil)
			if err := s.apply(delta[i], r); err != nil {
				return nil, err
			}
			floats.Scale(s.gamma, delta[i])
			sum += rayleigh(s.op, delta[i])
		}
		if !(sum < change/2) {
			break
		}
		change = sum
		var next [][]float64
		for i, v := range w {
			next = append(next, difference(v, delta[i]))
		}
		if w = newLanczos(s.deflated, next).basis; len(w) < n {
			return nil, fmt.Errorf("of %d slow modes %d are left by refinement: "+
				"rounding hides the others", n, len(w))
		}
	}
	return s.rayleighRitz(w, delta)
}

// rayleighRitz returns the modes of the span of orthonormal vectors w that are off by δ.
func (s *eigensolver) rayleighRitz(w, delta [][]float64) ([]Mode, error) {
	n := len(w)
	size := 0.0
	_, y, err := eigenpairs(n, func(i, j int) float64 {
		v := form(s.op, w[j], w[i])
		if i == j {
			size = math.Max(size, v)
		}
		return v
	})
	if err != nil {
		return nil, err
	}
	var modes []Mode
	for k := range n {
		c := mat.Col(nil, k, y)
		m := Mode{W: combination(w, c)}
		floats.Scale(1/norm(m.W), m.W)
		var rounding float64
		m.Value, rounding = s.op.Energy(m.W)
		off := rayleigh(s.op, combination(delta, c))
		m.Error = (rounding + off + unit*float64(n*n)*size) / m.Value
		r := edges(s.op, m.W)
		floats.AddScaled(r, -m.Value, m.W)
		m.Residual = norm(r) / m.Value
		modes = append(modes, m)
	}
	return modes, nil
}

// edges returns Sw from differences across the edges, of which one that is small keeps its digits.
func edges(op *operators.Operator, w []float64) []float64 {
	out := make([]float64, len(w))
	op.Edges(func(_, i, j int, c float64) {
		root := math.Sqrt(op.Ratio(i, j))
		d := c * (w[i]*root - w[j]/root)
		out[i] += d * root
		out[j] -= d / root
	})
	for i, r := range op.Removal {
		out[i] += r * w[i]
	}
	return out
}

// form is ⟨v, Sw⟩ = Σ c_ij (v_i ρ^{1/2} − v_j ρ^{−1/2})(w_i ρ^{1/2} − w_j ρ^{−1/2}) + Σ r_i v_i
// w_i, ρ = σ_j/σ_i.
func form(op *operators.Operator, v, w []float64) (sum float64) {
	op.Edges(func(_, i, j int, c float64) {
		root := math.Sqrt(op.Ratio(i, j))
		sum += c * (v[i]*root - v[j]/root) * (w[i]*root - w[j]/root)
	})
	for i, r := range op.Removal {
		sum += r * v[i] * w[i]
	}
	return sum
}
