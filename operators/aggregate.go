package operators

import (
	"math"
	"slices"

	"fpsgd/operators/elementary"
)

// Aggregate joins cells in pairs along axis k, the last one being left alone where their number is
// odd. It returns S restricted to w = σ∘u with u constant on every pair (Galerkin): with the masses
// M_I = Σ_{i∈I} M_i, the removals R_I = Σ R_i and the conductances T_IJ = Σ_{i∈I, j∈J} T_ij it is
// an operator of the same form, ⟨w, Sw⟩ and ⟨w, w⟩ are those of S, and by the principle of min-max
// its j-th eigenvalue is never below the j-th of S. Logarithms carry what underflows.
//
// It has what S is made of, and no Ends, Centroids or account of quadrature.
func (op *Operator) Aggregate(k int) *Operator {
	out := &Operator{Periodic: op.Periodic, LogZ: op.LogZ, threads: op.threads}
	out.Shape = slices.Clone(op.Shape)
	out.Shape[k] = (op.Shape[k] + 1) / 2
	n := out.Cells()
	out.LogM, out.Sigma, out.Diag = logZeros(n), make([]float64, n), make([]float64, n)
	for i, logM := range op.LogM {
		p := op.Aggregated(k, i)
		out.LogM[p] = elementary.LogAdd(out.LogM[p], logM)
	}
	for range op.Coupling {
		out.Coupling = append(out.Coupling, logZeros(n))
	}
	op.Edges(func(axis, i, j int, c float64) {
		if p, q := op.Aggregated(k, i), op.Aggregated(k, j); p != q {
			logC := math.Log(c) + (op.LogM[i]-out.LogM[p]+op.LogM[j]-out.LogM[q])/2
			out.Coupling[axis][p] = elementary.LogAdd(out.Coupling[axis][p], logC)
		}
	})
	if op.Removal != nil {
		out.Removal = make([]float64, n)
		for i, r := range op.Removal {
			p := op.Aggregated(k, i)
			out.Removal[p] += r * math.Exp(op.LogM[i]-out.LogM[p])
		}
	}
	out.exponentiate(0, n)
	out.sumDiagonal(0, n)
	return out
}

// Aggregated is the cell of Aggregate(k) that cell i is a part of.
func (op *Operator) Aggregated(k, i int) int {
	size, stride := op.Shape[k], op.Stride(k)
	line, at, across := i/(stride*size), i/stride%size, i%stride
	return (line*((size+1)/2)+at/2)*stride + across
}

// Prolong returns the w on the cells of op that has the u = w/σ of a w on those of Aggregate(k), of
// the same norm.
func (op *Operator) Prolong(k int, aggregate *Operator, w []float64) []float64 {
	out := make([]float64, op.Cells())
	for i := range out {
		p := op.Aggregated(k, i)
		out[i] = w[p] * math.Exp((op.LogM[i]-aggregate.LogM[p])/2)
	}
	return out
}

// logZeros are n logarithms of 0.
func logZeros(n int) []float64 { return slices.Repeat([]float64{math.Inf(-1)}, n) }
