package operators

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"pgregory.net/rapid"
)

// The operator on pairs is S on the functions that are constant there: norms, forms and diagonals
// are those of the prolonged states, on closed, open and periodic axes, and its eigenvalues are
// bounds from above.
func TestAggregateIsGalerkin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, op := drawAssembly(t, true)
		k := rapid.IntRange(0, len(op.Shape)-1).Draw(t, "axis")
		coarse := op.Aggregate(k)
		w := drawState(t, coarse, false)
		fine := op.Prolong(k, coarse, w)
		if got, want := floats.Norm(fine, 2), floats.Norm(w, 2); math.Abs(got-want) > 1e-13*want {
			t.Fatalf("the norm is %.17g, want %.17g", got, want)
		}
		size := func(op *Operator, w []float64) (sum float64) {
			for i, e := range exchange(op, w) {
				sum += e * math.Abs(w[i])
			}
			return sum
		}
		// logarithms of some tens, and sums of two or four
		tolerance := 1e-13 * (size(op, fine) + size(coarse, w))
		got, want := coarse.quadraticForm(w), op.quadraticForm(fine)
		if !(math.Abs(got-want) <= tolerance) {
			t.Fatalf("shape %v, axis %d: the form is %.17g, want %.17g", op.Shape, k, got, want)
		}
		form := coarse.quadraticForm(coarse.Sigma)
		if coarse.Conservative() && !(form <= 1e-24*floats.Sum(coarse.Diag)) {
			t.Fatalf("⟨σ, Sσ⟩ = %g", coarse.quadraticForm(coarse.Sigma))
		}
		applied := make([]float64, len(w))
		coarse.Apply(applied, w)
		if d := floats.Dot(applied, w); math.Abs(d-want) > tolerance {
			t.Fatalf("⟨w, Sw⟩ by the diagonal is %.17g, want %.17g", d, want)
		}
		bounds, values := eigenvalues(t, coarse), eigenvalues(t, op)
		for j, bound := range bounds {
			if bound < values[j]-1e-12*slices.Max(values) {
				t.Fatalf("eigenvalue %d on pairs is %g, and %g on cells", j, bound, values[j])
			}
		}
	})
}
