package operators

import (
	"math"
	"slices"

	"fpsgd/internal/parallel"
)

// Projection is how far Nonnegative has moved a state.
type Projection struct {
	Lambda   float64 // λ
	Distance float64 // ‖w − v‖
	Moved    float64 // ½ Σ σ_i |w_i − v_i| / Σ σ_i |v_i|, a share of the mass
}

// Nonnegative stores in w the nearest state to v, in the norm ‖w‖ = ‖u‖ that the equation
// decreases, of the convex set
//
//	K = { w ≥ 0, ⟨σ, w⟩ ≤ ⟨σ, v⟩ + gain },    gain ≥ 0,
//
// with equality for gain = 0, where v has negative cells. It is
//
//	w_i = max(v_i − λ σ_i, 0),    that is u_i = max(u_i(v) − λ, 0),
//
// with the least λ ≥ 0 for which w is in K. For any z in K, as z_i ≥ 0, w_i (v_i − λσ_i − w_i) = 0,
// v_i − λσ_i − w_i ≤ 0 and λ (⟨σ, z⟩ − ⟨σ, w⟩) ≤ 0,
//
//	⟨v − w, z − w⟩ = Σ (v_i − λσ_i − w_i)(z_i − w_i) + λ ⟨σ, z − w⟩ ≤ 0,
//
// and hence ‖v − z‖² ≥ ‖w − z‖² + ‖v − w‖²: w is nearer than v to all of K. Therein is the exact
// solution of dw/dt = −Sw from a nonnegative state. With closed ends it has the mass ⟨σ, v⟩, as
// has mσ, the state of ⟨u⟩: gain = 0 brings neither the error nor ‖u − ⟨u⟩‖ up, and leaves the mass
// alone. Through open ends mass leaves, and how much of it exactly is not known, but for that
// it is no more than what there was at the start: a gain up to there keeps the exact solution in K,
// and the state 0, so that neither the error nor ‖u‖ goes up. The mass goes up by what was negative
// at most.
//
// λ is the zero of the convex decreasing Σ max(σ_i v_i − λσ_i², 0) − ⟨σ, v⟩ − gain, by Newton's
// method from 0, which ascends to it in finitely many steps: with A = {v_i > λσ_i},
//
//	λ ← ( −Σ_{i∉A} σ_i v_i − gain ) / Σ_{i∈A} σ_i²,
//
// sums of what is small alone, in which no digits cancel (C. Michelot, J. Optim. Theory Appl. 50,
// 1986).
//
// A state without negative cells is in K, and one without a positive mass has nothing near: then w
// is left alone, and the Projection 0. The result does not depend on the number of threads.
func (op *Operator) Nonnegative(w, v []float64, gain float64) Projection {
	if !slices.ContainsFunc(v, func(x float64) bool { return x < 0 }) {
		return Projection{}
	}
	lambda := 0.0
	for {
		kept := op.sum(func(i int) float64 { return keptOf(v[i], lambda, op.Sigma[i]) })
		if !(kept > 0) {
			return Projection{}
		}
		removed := op.sum(func(i int) float64 {
			if s := op.Sigma[i]; !(v[i] > lambda*s) {
				return s * v[i]
			}
			return 0
		})
		next := (-removed - gain) / kept
		if !(next > lambda) {
			break
		}
		lambda = next
	}
	parallel.Ranges(op.threads, len(v), func(first, last int) error {
		for i := first; i < last; i++ {
			w[i] = math.Max(v[i]-lambda*op.Sigma[i], 0)
		}
		return nil
	})
	moved := op.sum(func(i int) float64 { return math.Abs(op.Sigma[i] * (w[i] - v[i])) })
	all := op.sum(func(i int) float64 { return math.Abs(op.Sigma[i] * v[i]) })
	distance := op.sum(func(i int) float64 { return (w[i] - v[i]) * (w[i] - v[i]) })
	return Projection{Lambda: lambda, Distance: math.Sqrt(distance), Moved: moved / all / 2}
}

// keptOf is σ² of a cell in A.
func keptOf(v, lambda, sigma float64) float64 {
	if v > lambda*sigma {
		return sigma * sigma
	}
	return 0
}

// sum adds up a term of every cell.
func (op *Operator) sum(term func(i int) float64) float64 {
	return sumOf(op.Cells(), op.threads, term)
}
