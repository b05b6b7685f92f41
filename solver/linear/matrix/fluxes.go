package matrix

import (
	"math"

	"fpsgd/operators"
)

// Residuals in terms of fluxes. In a slow mode, next to σ times a constant along all strong
// couplings, (γSx)_i is a difference of numbers of the size γS_ii x_i. Rounding them makes a
// residual whose component along the mode v is up to 2^{-53} γ Σ S_ii v_i², which in the solution
// is an error as large, relative to v, and in an eigenvalue λ one of 2^{-53} Σ S_ii v_i²/λ. So
//
//	b_i − (Ax)_i = b_i − e_i x_i − γ Σ_j F_ij/σ_i,    F_ij = c_ij (σ_j x_i − σ_i x_j),
//
// with the difference of products by FMA, to two roundings of itself (Kahan; C.-P. Jeannerod, N.
// Louvet, J.-M. Muller, Math. Comp. 82, 2013), and F_ji = −F_ij to the bit. Rounding is then of the
// size of the fluxes, which in a slow mode are small.

// Residual stores b − (I + γS)x in r, which is neither of them.
func Residual(r, x, b []float64, op *operators.Operator, gamma float64) {
	a := &Matrix{Op: op, Gamma: gamma, Cells: op.Cells(), Row: op.Shape[len(op.Shape)-1]}
	for k := range op.Shape {
		a.Stride = append(a.Stride, op.Stride(k))
	}
	a.fluxRows(r, x, 0, a.Cells/a.Row)
	for i := range r {
		r[i] = (b[i] - x[i]) - r[i]
	}
}

// Fluxes computes dst = γSx.
func (a *Matrix) Fluxes(dst, x []float64) {
	a.overRows(func(lo, hi int) { a.fluxRows(dst, x, lo, hi) })
}

// fluxRows computes dst = γSx for the rows [lo, hi).
func (a *Matrix) fluxRows(dst, x []float64, lo, hi int) {
	n, last := a.Row, len(a.Stride)-1
	for t := lo * n; t < hi*n; t += n {
		y := dst[t : t+n]
		clear(y)
		for k := range last {
			if u, ok := a.Previous(t, k); ok {
				a.fluxesIn(y, x, a.Op.Coupling[k], u, t)
			}
			if u, ok := a.Next(t, k); ok {
				a.fluxesOut(y, x, a.Op.Coupling[k], t, u)
			}
		}
		c := a.Op.Coupling[last]
		a.fluxesIn(y[1:], x, c, t, t+1)
		a.fluxesOut(y[:n-1], x, c, t, t+1)
		if a.Op.Periodic[last] {
			a.fluxesIn(y[:1], x, c, t+n-1, t)
			a.fluxesOut(y[n-1:], x, c, t+n-1, t)
		}
		for i := range y {
			y[i] *= a.Gamma
		}
		if a.Op.Removal != nil {
			for i := range y {
				y[i] += a.Gamma * a.Op.Removal[t+i] * x[t+i]
			}
		}
	}
}

// normal is what both σ exceed where neither they nor their products lose digits by underflow.
const normal = 1e-140

// fluxesOut adds to y the fluxes out of cells from i on to their next ones, from j on, over σ_i:
// by the ratio of σ, as in the diagonal of S, where one of them is next to underflow.
func (a *Matrix) fluxesOut(y, x, c []float64, i, j int) {
	n := len(y)
	c, from, to := c[i:][:n], x[i:][:n], x[j:][:n]
	here, there := a.Op.Sigma[i:][:n], a.Op.Sigma[j:][:n]
	for m := range y {
		if si, sj := here[m], there[m]; si > normal && sj > normal {
			y[m] += c[m] * (crossed(si, sj, from[m], to[m]) / si)
		} else {
			y[m] += c[m] * (a.Op.Ratio(i+m, j+m)*from[m] - to[m])
		}
	}
}

// fluxesIn adds to y the fluxes out of cells from j on to those before them, from i on, over σ_j.
func (a *Matrix) fluxesIn(y, x, c []float64, i, j int) {
	n := len(y)
	c, from, to := c[i:][:n], x[i:][:n], x[j:][:n]
	here, there := a.Op.Sigma[i:][:n], a.Op.Sigma[j:][:n]
	for m := range y {
		if si, sj := here[m], there[m]; si > normal && sj > normal {
			y[m] -= c[m] * (crossed(si, sj, from[m], to[m]) / sj)
		} else {
			y[m] -= c[m] * (from[m] - to[m]/a.Op.Ratio(i+m, j+m))
		}
	}
}

// crossed is σ_j x_i − σ_i x_j, to two roundings of itself.
func crossed(si, sj, xi, xj float64) float64 {
	p := si * xj
	return math.FMA(sj, xi, -p) + math.FMA(-si, xj, p)
}
