// Package operators holds what the Fokker–Planck equation is on a grid.
//
// The equation ∂tρ = div( e^κ ∇(ρ/π) ) becomes, by finite volumes,
//
//	M_i du_i/dt = Σ_j T_ij (u_j − u_i) − R_i u_i,    u = ρ/π,
//
// with the probability P_i = M_i u_i of cell i, masses M_i = ∫_cell π, conductances T_ij = T_ji > 0
// and removal rates R_i ≥ 0 (an open end, an angular mode; usually absent). In the variable
// w_i = P_i/σ_i, σ_i = sqrt(M_i/ΣM), it reads dw/dt = −S w with the symmetric positive semidefinite
// operator
//
//	(S w)_i = Σ_j c_ij ( (σ_j/σ_i) w_i − w_j ) + r_i w_i,
//	c_ij = T_ij/sqrt(M_i M_j),    r_i = R_i/M_i.
//
// Sσ = r∘σ, so that without removal Sσ = 0: the invariant density is stationary, and σᵀS = 0: mass
// is conserved (conservation.go).
//
// Assemble forms S in one pass over the grid: a slab (slab.go) takes row by row the samples of π
// and κ (rows.go), and of each cell its mass (cell.go, mass.go) and the resistances of the
// lines through it (resistances.go), which a two-point flux (flux.go) chooses and conductances.go
// joins. Cells that the samples do not resolve are done again (hard_edges.go).
package operators

import (
	"math"
)

// Operator is S on a structured grid of at most four axes, as stencil arrays in C order (the last
// axis runs fastest).
type Operator struct {
	Shape    []int  // cells along each axis
	Periodic []bool // an axis whose last cell is the lower neighbour of its first

	// Coupling[k][i] is c_ij between cell i and its next neighbour j along axis k; for the last
	// cell of a periodic axis the next neighbour is the first, for the last cell of any other axis
	// the entry is 0.
	Coupling [][]float64

	// Removal is r_i = R_i/M_i, or nil where every R_i is zero. Without removal σ spans the kernel
	// of S.
	Removal []float64

	// Ends[k][side] is what Removal owes to the lower (0) or upper (1) end of axis k: r of each of
	// the cells there, in C order of the other axes; nil where that end is closed.
	Ends [][2][]float64

	LogM []float64 // log M_i, with π unnormalised
	LogZ float64   // log ΣM

	// MassError is the quadrature's estimate of its relative error of ΣM, the sum of those of the
	// cells: one of magnitude.
	MassError float64

	// Hard is the number of cells whose lattice does not resolve f: their masses and conductances
	// were integrated adaptively. ConductanceError is the largest relative error that was left to
	// one of these conductances where the budget ended, 0 if none was.
	Hard             int
	ConductanceError float64

	Sigma []float64 // sqrt(M_i/ΣM), of unit 2-norm; a cell whose share underflows holds 0
	Diag  []float64 // S_ii = Σ_j c_ij σ_j/σ_i + r_i, a sum of nonnegative terms

	// Centroids[k][i] is the mean of held coordinate k over cell i with weight π, ∫ q_k π J dq/M_i;
	// nil if Options did not ask.
	Centroids [][]float64

	nodes    [][]float64  // Centroids, which are the caller's to change; nil of an aggregate
	singular map[int]bool // the cells at whose edge π has no bound

	threads int // of what looks at all cells; 0: all cores
}

// Threads is the number of threads of what looks at all cells; 0: all cores.
func (op *Operator) Threads() int { return op.threads }

// Cells returns the number of cells.
func (op *Operator) Cells() int {
	n := 1
	for _, s := range op.Shape {
		n *= s
	}
	return n
}

// Stride returns the distance in memory between neighbours along axis k.
func (op *Operator) Stride(k int) int {
	stride := 1
	for _, s := range op.Shape[k+1:] {
		stride *= s
	}
	return stride
}

// across returns the number, in C order of the other axes, of the line along axis k that cell i is
// on.
func (op *Operator) across(k, i int) int {
	stride := op.Stride(k)
	return i/(stride*op.Shape[k])*stride + i%stride
}

// endCell returns the first (side 0) or the last cell of a line along axis k.
func (op *Operator) endCell(k, side, line int) int {
	stride, n := op.Stride(k), op.Shape[k]
	return line/stride*stride*n + line%stride + side*(n-1)*stride
}

// normal is the σ above which quotients and squares of σ are far from underflow.
const normal = 1e-140

// Ratio returns σ_j/σ_i = sqrt(M_j/M_i). It divides the stored σ where both are far from underflow,
// so that detailed balance holds to two roundings, and uses logarithms elsewhere.
func (op *Operator) Ratio(i, j int) float64 {
	if op.Sigma[i] > normal && op.Sigma[j] > normal {
		return op.Sigma[j] / op.Sigma[i]
	}
	return math.Exp((op.LogM[j] - op.LogM[i]) / 2)
}

// Next returns the cell after cell i along axis k, on which i has position at; −1 if there is none.
func (op *Operator) Next(k, i, at int) int {
	n, stride := op.Shape[k], op.Stride(k)
	switch {
	case at < n-1:
		return i + stride
	case op.Periodic[k]:
		return i - at*stride
	}
	return -1
}

// Apply stores S w.
func (op *Operator) Apply(dst, w []float64) {
	for i, d := range op.Diag {
		dst[i] = d * w[i]
	}
	for k, coupling := range op.Coupling {
		for r := range op.runs(k, next, 0, len(w)) {
			n, j := r.to-r.from, r.from+r.offset
			here, there := dst[r.from:][:n], dst[j:][:n]
			wHere, wThere := w[r.from:][:n], w[j:][:n]
			for i, c := range coupling[r.from:][:n] {
				here[i] -= c * wThere[i]
				there[i] -= c * wHere[i]
			}
		}
	}
}

// divideBySigma stores u = w/σ of the cells in [first, last).
func (op *Operator) divideBySigma(u, w []float64, first, last int) {
	for i := first; i < last; i++ {
		u[i] = w[i] / op.Sigma[i]
	}
}
