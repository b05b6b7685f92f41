package operators

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// The sparse matrix is the operator that Apply applies; it is symmetric to the bit, and its rows
// are strictly ascending.
func TestCSRIsTheOperator(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, op := drawAssembly(t, true)
		n := op.Cells()
		s := op.CSR()
		w := drawState(t, op, false)
		applied, multiplied := make([]float64, n), mat.NewVecDense(n, nil)
		op.Apply(applied, w)
		multiplied.MulVec(s, mat.NewVecDense(n, w))
		for i, size := range exchange(op, w) {
			// eight roundings at most
			if d := math.Abs(applied[i] - multiplied.AtVec(i)); d > 2e-15*size {
				t.Fatalf("row %d: S w = %.17g, by the matrix %.17g", i, applied[i],
					multiplied.AtVec(i))
			}
		}
		raw := s.RawMatrix()
		for i := range n {
			for p := raw.Indptr[i]; p < raw.Indptr[i+1]; p++ {
				j := raw.Ind[p]
				if p > raw.Indptr[i] && j <= raw.Ind[p-1] {
					t.Fatalf("row %d: column %d follows column %d", i, j, raw.Ind[p-1])
				}
				if back := s.At(j, i); back != raw.Data[p] {
					t.Fatalf("S[%d,%d] = %.17g, S[%d,%d] = %.17g", i, j, raw.Data[p], j, i, back)
				}
			}
		}
	})
}

// (S w)_i = Σ_j c_ij ((σ_j/σ_i) w_i − w_j) + r_i w_i, the sum over the edges at i.
func TestApplyIsTheSumOverEdges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, op := drawAssembly(t, true)
		w := drawState(t, op, false)
		want, got := make([]float64, len(w)), make([]float64, len(w))
		op.Edges(func(_, i, j int, c float64) {
			want[i] += c * (op.Ratio(i, j)*w[i] - w[j])
			want[j] += c * (op.Ratio(j, i)*w[j] - w[i])
		})
		for i, r := range op.Removal {
			want[i] += r * w[i]
		}
		op.Apply(got, w)
		for i, size := range exchange(op, w) {
			if math.Abs(got[i]-want[i]) > 4e-15*size { // both sums have at most nine terms
				t.Fatalf("cell %d: %.17g, over its edges %.17g", i, got[i], want[i])
			}
		}
	})
}

// Every pair of neighbours is an edge once: Σ_k (n_k − 1) ∏_{l≠k} n_l of them, n_k on a periodic
// axis, all with c > 0.
func TestEdgesAreTheNeighbours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, op := drawAssembly(t, true)
		want, got := 0, 0
		for k, n := range op.Shape {
			if op.Periodic[k] {
				want += op.Cells()
			} else {
				want += op.Cells() / n * (n - 1)
			}
		}
		op.Edges(func(k, i, j int, c float64) {
			got++
			if at := i / op.Stride(k) % op.Shape[k]; j != op.Next(k, i, at) || !(c > 0) {
				t.Fatalf("edge %d–%d along axis %d of %v, c = %g", i, j, k, op.Shape, c)
			}
		})
		if got != want {
			t.Fatalf("%d edges on %v (periodic %v), want %d", got, op.Shape, op.Periodic, want)
		}
	})
}

// quadraticForm is ⟨w, S w⟩, and not negative however close to σ the state.
func TestQuadraticForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, op := drawAssembly(t, true)
		w := drawState(t, op, false)
		sw := make([]float64, len(w))
		op.Apply(sw, w)
		size := 0.0
		for i, e := range exchange(op, w) {
			size += e * math.Abs(w[i])
		}
		// roundings of terms that cancel
		if got, want := op.quadraticForm(w), floats.Dot(w, sw); math.Abs(got-want) > 4e-15*size {
			t.Fatalf("%.17g, ⟨w, S w⟩ = %.17g ± %.1e", got, want, 4e-15*size)
		}
		// squares of roundings
		if got := op.quadraticForm(op.Sigma); op.Conservative() &&
			!(got >= 0 && got <= 1e-28*floats.Sum(op.Diag)) {
			t.Fatalf("⟨σ, Sσ⟩ = %g", got)
		}
	})
}

// S is positive semidefinite, with the kernel σ where nothing is removed and none where something
// is.
func TestSpectrumIsNotNegative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, op := drawAssembly(t, true)
		e := eigenvalues(t, op)
		top := e[len(e)-1]
		if !op.Conservative() && !(e[0] > 0) {
			t.Fatalf("the lowest rate with an open end is %g", e[0])
		}
		if op.Conservative() && math.Abs(e[0]) > 1e-13*top { // of a symmetric eigenvalue solver
			t.Fatalf("the lowest rate with closed ends is %g of %g", e[0], top)
		}
		if op.Conservative() && len(e) > 1 && !(e[1] > 1e-13*top) {
			t.Fatalf("two stationary states: rates %g and %g of %g", e[0], e[1], top)
		}
	})
}
