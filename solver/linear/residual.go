package linear

import (
	"math"

	"fpsgd/operators"
)

// Residuals in terms of fluxes. In a slow mode, next to σ times a constant along all strong couplings, (γSx)_i is a difference of numbers
// of the size γS_ii x_i. Rounding them makes a residual whose component along the mode v is up to 2^{-53} γ Σ S_ii v_i², which in the
// solution is an error as large, relative to v, and in an eigenvalue λ one of 2^{-53} Σ S_ii v_i²/λ. So
//
//	b_i − (Ax)_i = b_i − e_i x_i − γ Σ_j F_ij/σ_i,    F_ij = c_ij (σ_j x_i − σ_i x_j),
//
// with the difference of products by FMA, to two roundings of itself (Kahan; C.-P. Jeannerod, N. Louvet, J.-M. Muller, Math. Comp. 82,
// 2013), and F_ji = −F_ij to the bit. Rounding is then of the size of the fluxes, which in a slow mode are small.

// Residual stores b − (I + γS)x in r, which is neither of them.
func Residual(r, x, b []float64, op *operators.Operator, gamma float64) {
	a := &matrix{op: op, gamma: gamma, cells: op.Cells(), row: op.Shape[len(op.Shape)-1]}
	for k := range op.Shape {
		a.stride = append(a.stride, op.Stride(k))
	}
	a.fluxRows(r, x, 0, a.cells/a.row)
	for i := range r {
		r[i] = (b[i] - x[i]) - r[i]
	}
}

// fluxes computes dst = γSx.
func (a *matrix) fluxes(dst, x []float64) {
	a.overRows(func(lo, hi int) { a.fluxRows(dst, x, lo, hi) })
}

// fluxRows computes dst = γSx for the rows [lo, hi).
func (a *matrix) fluxRows(dst, x []float64, lo, hi int) {
	n, last := a.row, len(a.stride)-1
	for t := lo * n; t < hi*n; t += n {
		y := dst[t : t+n]
		clear(y)
		for k := range last {
			if u, ok := a.previous(t, k); ok {
				a.fluxesIn(y, x, a.op.Coupling[k], u, t)
			}
			if u, ok := a.next(t, k); ok {
				a.fluxesOut(y, x, a.op.Coupling[k], t, u)
			}
		}
		c := a.op.Coupling[last]
		a.fluxesIn(y[1:], x, c, t, t+1)
		a.fluxesOut(y[:n-1], x, c, t, t+1)
		if a.op.Periodic[last] {
			a.fluxesIn(y[:1], x, c, t+n-1, t)
			a.fluxesOut(y[n-1:], x, c, t+n-1, t)
		}
		for i := range y {
			y[i] *= a.gamma
		}
		if a.op.Removal != nil {
			for i := range y {
				y[i] += a.gamma * a.op.Removal[t+i] * x[t+i]
			}
		}
	}
}

// fluxesOut adds to y the fluxes out of cells from i on to their next ones, from j on, over σ_i.
func (a *matrix) fluxesOut(y, x, c []float64, i, j int) {
	for m := range y {
		y[m] += c[i+m] * a.drop(x, i+m, j+m, i+m)
	}
}

// fluxesIn adds to y the fluxes out of cells from j on to those before them, from i on, over σ_j.
func (a *matrix) fluxesIn(y, x, c []float64, i, j int) {
	for m := range y {
		y[m] -= c[i+m] * a.drop(x, i+m, j+m, j+m)
	}
}

// drop is (σ_j x_i − σ_i x_j)/σ_at for at = i or j, by the ratio of σ where one of them is next to underflow.
func (a *matrix) drop(x []float64, i, j, at int) float64 {
	const normal = 1e-140
	si, sj := a.op.Sigma[i], a.op.Sigma[j]
	if si > normal && sj > normal {
		p := si * x[j]
		return (math.FMA(sj, x[i], -p) + math.FMA(-si, x[j], p)) / a.op.Sigma[at]
	}
	rho := a.op.Ratio(i, j) // as in the diagonal of S
	if at == i {
		return rho*x[i] - x[j]
	}
	return x[i] - x[j]/rho
}
