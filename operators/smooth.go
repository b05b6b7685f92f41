package operators

import (
	"math"

	"fpsgd/internal/parallel"
)

// Smooth applies S to a w = σ∘u with a smooth u, by differences of u across the faces,
//
//	(S w)_i = (1/σ_i) Σ_j t_ij (u_i − u_j) + r_i w_i,    t_ij = c_ij σ_i σ_j.
//
// A difference that is small keeps the digits that u has: the error is the S of a rounding of u,
// while that of Operator.Apply is one of S_ii w_i, which may exceed λ w_i of a slow mode. Where σ
// or t is next to underflow the differences are of w_i (σ_j/σ_i)^{1/2}.
type Smooth struct {
	op      *Operator
	row     int         // cells along the last axis
	t       [][]float64 // as Coupling
	inverse []float64   // 1/σ
	plain   []bool      // of a row of cells: nothing in it and next to it is next to underflow
}

// Smooth prepares the differences, which takes a vector for every axis and one more.
func (op *Operator) Smooth() *Smooth {
	n, d := op.Cells(), len(op.Shape)
	s := &Smooth{op: op, row: op.Shape[d-1], t: vectors(d, n), inverse: make([]float64, n)}
	far := make([]bool, n/s.row) // of a row: from underflow
	op.eachRow(func(row int) { far[row] = s.prepare(row*s.row, (row+1)*s.row) })
	s.plain = make([]bool, len(far))
	for row := range far {
		s.plain[row] = far[row]
		for k := range d - 1 {
			before, next := s.beside(k, row*s.row)
			s.plain[row] = s.plain[row] && far[before/s.row] && far[next/s.row]
		}
	}
	return s
}

// prepare does so for the cells in [first, last), and says whether they are far from underflow.
func (s *Smooth) prepare(first, last int) bool {
	const negligible = 1e-280 // t that may have lost digits
	far := true
	for i := first; i < last; i++ {
		s.inverse[i] = 1 / s.op.Sigma[i]
		far = far && s.op.Sigma[i] > normal
		for k, coupling := range s.op.Coupling {
			if c := coupling[i]; c != 0 {
				_, next := s.beside(k, i)
				s.t[k][i] = c * s.op.Sigma[i] * s.op.Sigma[next]
				far = far && s.t[k][i] > negligible
			}
		}
	}
	return far
}

// beside returns the cells before and after cell i along axis k, the last one before the first.
func (s *Smooth) beside(k, i int) (before, next int) {
	n, stride := s.op.Shape[k], s.op.Stride(k)
	before, next = i-stride, i+stride
	at := i / stride % n
	if at == 0 {
		before += n * stride
	}
	if at == n-1 {
		next -= n * stride
	}
	return before, next
}

// eachRow calls do for every row of cells along the last axis, on all threads.
func (op *Operator) eachRow(do func(row int)) {
	rows := op.Cells() / op.Shape[len(op.Shape)-1]
	parallel.Ranges(op.threads, rows, func(first, last int) error {
		for row := first; row < last; row++ {
			do(row)
		}
		return nil
	})
}

// Apply stores S w. u is work space as long as w.
func (s *Smooth) Apply(dst, w, u []float64) {
	op := s.op
	op.inRanges(func(first, last int) { op.divideBySigma(u, w, first, last) })
	op.eachRow(func(row int) {
		first, last := row*s.row, (row+1)*s.row
		if s.plain[row] {
			s.applyPlain(dst, u, first, last)
		} else {
			s.applyBeside(dst, w, u, first, last)
		}
		if op.Removal != nil {
			for i := first; i < last; i++ {
				dst[i] += op.Removal[i] * w[i]
			}
		}
	})
}

// applyPlain is Apply, without removal, on the row [first, last).
func (s *Smooth) applyPlain(dst, u []float64, first, last int) {
	axis, out, here := len(s.t)-1, dst[first:last], u[first:last]
	differencesAlong(out, here, s.t[axis][first:])
	for k := range axis {
		before, next := s.beside(k, first)
		addDifferences(out, here, u[before:], u[next:], s.t[k][before:], s.t[k][first:])
	}
	inverse := s.inverse[first:last]
	for i := range out {
		out[i] *= inverse[i]
	}
}

// differencesAlong stores t_i (u_i − u_{i+1}) − t_{i−1} (u_{i−1} − u_i) along a row, where the
// first cell comes after the last.
func differencesAlong(dst, u, t []float64) {
	last := len(dst) - 1
	u, t = u[:len(dst)], t[:len(dst)]
	around := t[last] * (u[last] - u[0])
	before, here := around, u[0]
	for i, v := range u[1:] {
		flux := t[i] * (here - v)
		dst[i] = flux - before
		before, here = flux, v
	}
	dst[last] = around - before
}

// addDifferences adds those to the row before and the one after.
func addDifferences(dst, u, before, after, tBefore, tAfter []float64) {
	u, before, after = u[:len(dst)], before[:len(dst)], after[:len(dst)]
	tBefore, tAfter = tBefore[:len(dst)], tAfter[:len(dst)]
	for i, v := range u {
		dst[i] += tAfter[i]*(v-after[i]) + tBefore[i]*(v-before[i])
	}
}

// applyBeside is applyPlain next to underflow.
func (s *Smooth) applyBeside(dst, w, u []float64, first, last int) {
	op := s.op
	clear(dst[first:last])
	for k, coupling := range op.Coupling {
		for i, j := range op.pairs(k, next, first, last) {
			dst[i] += coupling[i] * op.difference(w, u, i, j)
		}
		for i, j := range op.pairs(k, before, first, last) {
			dst[i] += coupling[j] * op.difference(w, u, i, j)
		}
	}
}

// difference is σ_j (u_i − u_j).
func (op *Operator) difference(w, u []float64, i, j int) float64 {
	if op.Sigma[i] > normal && op.Sigma[j] > normal {
		return op.Sigma[j] * (u[i] - u[j])
	}
	root := math.Sqrt(op.Ratio(i, j))
	return (w[i]*root - w[j]/root) * root
}

// Energy returns the form
//
//	⟨w, Sw⟩ = Σ_edges t_ij (u_i − u_j)² + Σ_i r_i w_i²,
//
// a sum of squares, and a bound of its rounding error: each difference is known to twice the
// rounding of its terms. As in Smooth, u = w/σ is not used where σ is next to underflow.
func (op *Operator) Energy(w []float64) (energy, rounding float64) {
	const unit = 0x1p-53
	u := make([]float64, len(w))
	op.inRanges(func(first, last int) { op.divideBySigma(u, w, first, last) })
	for k, coupling := range op.Coupling {
		for r := range op.runs(k, next, 0, len(w)) {
			for i := r.from; i < r.to; i++ {
				j := i + r.offset
				t, a, b := coupling[i]*(op.Sigma[i]*op.Sigma[j]), u[i], u[j]
				if !(op.Sigma[i] > normal && op.Sigma[j] > normal) {
					root := math.Sqrt(op.Ratio(i, j))
					t, a, b = coupling[i], w[i]*root, w[j]/root
				}
				d, e := a-b, 2*unit*(math.Abs(a)+math.Abs(b))
				energy += t * (d * d)
				rounding += t * (e * (2*math.Abs(d) + e))
			}
		}
	}
	for i, r := range op.Removal {
		energy += r * w[i] * w[i]
	}
	return energy, rounding
}
