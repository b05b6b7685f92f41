package operators

import (
	"iter"
	"math"

	"fpsgd/internal/parallel"

	"gonum.org/v1/gonum/floats"
)

// Mass is conserved because what cell i loses to its neighbour j, T_ij (u_i − u_j), j gains: T is
// stored once for the two. In S the same is σᵀS = r∘σ, which the diagonal below makes true: column
// i of σᵀS is σ_i S_ii − Σ_j σ_j c_ij. What is removed, through open ends or from an angular mode,
// is r; without it the mass ⟨w, σ⟩ never changes.

// Conservative reports whether nothing is removed, so that mass is conserved and σ spans the kernel
// of S.
func (op *Operator) Conservative() bool { return op.Removal == nil }

// sumDiagonal forms S_ii = Σ_j c_ij σ_j/σ_i + r_i for i in [first, last).
func (op *Operator) sumDiagonal(first, last int) {
	for k, coupling := range op.Coupling {
		for i, j := range op.pairs(k, next, first, last) {
			op.Diag[i] += coupling[i] * op.Ratio(i, j)
		}
		for i, j := range op.pairs(k, before, first, last) {
			op.Diag[i] += coupling[j] * op.Ratio(i, j)
		}
	}
	if op.Removal != nil {
		floats.Add(op.Diag[first:last], op.Removal[first:last])
	}
}

// Mass returns Σ P_i = ⟨w, σ⟩.
func (op *Operator) Mass(w []float64) float64 {
	return parallel.Pairwise(len(w), op.threads, func(first, last int) float64 {
		return dot(op.Sigma[first:last], w[first:last])
	})
}

// Outflow returns the rate Σ R_i u_i at which mass is removed.
func (op *Operator) Outflow(w []float64) float64 {
	if op.Conservative() {
		return 0
	}
	return sumOf(len(w), op.threads, func(i int) float64 {
		return op.Removal[i] * op.Sigma[i] * w[i]
	})
}

// edge lies between cell i and the next cell j along axis k, or, j < 0, between a cell and an open
// end of the axis: the upper one where i is the last cell (side 1), the lower one where it is the
// first (side 0).
type edge struct{ k, i, j, side int }

// edges runs through all of them, axis by axis.
func (op *Operator) edges() iter.Seq[edge] {
	return func(yield func(edge) bool) {
		for k, ends := range op.Ends {
			for i := range op.LogM {
				at := i / op.Stride(k) % op.Shape[k]
				j := op.Next(k, i, at)
				if at == 0 && ends[0] != nil && !yield(edge{k, i, -1, 0}) {
					return
				}
				if (j >= 0 || ends[1] != nil) && !yield(edge{k, i, j, 1}) {
					return
				}
			}
		}
	}
}

// setLogT stores log T of an edge in Coupling or, at an open end, the log R of what is removed in
// Ends, as logarithms until finish.
func (op *Operator) setLogT(e edge, logT float64) {
	if e.j < 0 {
		op.Ends[e.k][e.side][op.across(e.k, e.i)] = logT
	} else {
		op.Coupling[e.k][e.i] = logT
	}
}

// openEnds turns the log R of the ends into rates R_i/M_i and adds them to what is removed.
func (op *Operator) openEnds() {
	for k, ends := range op.Ends {
		for side, end := range ends {
			for line, logR := range end {
				i := op.endCell(k, side, line)
				end[line] = math.Exp(logR - op.LogM[i])
				op.Removal[i] += end[line]
			}
		}
	}
}
