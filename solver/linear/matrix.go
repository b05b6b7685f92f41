package linear

import (
	"fmt"
	"math"

	"fpsgd/internal/parallel"
	"fpsgd/operators"
)

// matrix is A = I + γS on the stencil of op.
type matrix struct {
	op      *operators.Operator
	gamma   float64
	cells   int
	row     int   // cells along the last axis, which are contiguous in memory
	stride  []int // of every axis
	workers *parallel.Workers

	sigma2   float64   // ⟨σ,σ⟩
	weight   []float64 // 1/D_i, D_i = 1 + γ S_ii
	partials []twice   // of a mass
}

// twice is a number in two parts, the second what rounding took from the first.
type twice struct{ sum, low float64 }

func newMatrix(op *operators.Operator, gamma float64, threads int) (*matrix, error) {
	if !(gamma > 0) || math.IsInf(gamma, 0) {
		return nil, fmt.Errorf("linear: γ = %g in I + γS; it must be positive and finite", gamma)
	}
	if d := len(op.Shape); d == 0 || d > 4 || len(op.Periodic) != d || len(op.Coupling) != d {
		return nil, fmt.Errorf("linear: operator of %d axes with %d couplings and %d periodic flags; one to four of each are needed",
			d, len(op.Coupling), len(op.Periodic))
	}
	a := &matrix{op: op, gamma: gamma, cells: op.Cells(), row: op.Shape[len(op.Shape)-1],
		weight: make([]float64, 0, op.Cells())}
	for k, n := range op.Shape {
		if op.Periodic[k] && n < 2 {
			return nil, fmt.Errorf("linear: periodic axis %d has one cell, which would be its own neighbour; give it two or more", k)
		}
		a.stride = append(a.stride, op.Stride(k))
	}
	for i, d := range op.Diag {
		if !finite(gamma*d) || d < 0 {
			return nil, fmt.Errorf("linear: the diagonal of γS is %g at cell %d; check f and the grid there", gamma*d, i)
		}
		a.weight = append(a.weight, 1/(1+gamma*d))
	}
	a.workers = parallel.NewWorkers(threads)
	a.partials = make([]twice, parallel.LeafCount(a.cells))
	a.sigma2 = a.mass(op.Sigma)
	return a, nil
}

// excess is e_i = 1 + γ r_i, the row sum of A against σ: (Aσ)_i = e_i σ_i.
func (a *matrix) excess(i int) float64 {
	if a.op.Removal == nil {
		return 1
	}
	return 1 + a.gamma*a.op.Removal[i]
}

// ratio is σ_j/σ_i, for neighbours from 1e-300 to 1e300, which operators sees to.
func (a *matrix) ratio(i, j int) float64 { return a.op.Ratio(i, j) }

// next returns the cell after cell i along axis k, and whether there is one.
func (a *matrix) next(i, k int) (int, bool) {
	s, n := a.stride[k], a.op.Shape[k]
	if (i/s)%n < n-1 {
		return i + s, true
	}
	return i - (n-1)*s, a.op.Periodic[k]
}

// previous returns the cell before cell i along axis k, and whether there is one.
func (a *matrix) previous(i, k int) (int, bool) {
	s, n := a.stride[k], a.op.Shape[k]
	if (i/s)%n > 0 {
		return i - s, true
	}
	return i + (n-1)*s, a.op.Periodic[k]
}

// apply computes dst = A x = x + γ(Dx − Σ_j c_ij x_j), D the diagonal of S.
func (a *matrix) apply(dst, x []float64) {
	a.overRows(func(lo, hi int) { a.applyRows(dst, x, lo, hi) })
}

// overRows calls do for stretches of the rows; a row is a line along the last axis.
func (a *matrix) overRows(do func(lo, hi int)) {
	a.workers.Run(a.cells, func(part, parts int) {
		do(parallel.Share(a.cells/a.row, part, parts))
	})
}

// pipeline is for sweeps along all axes, rows in planes spanned by the last two, that reach so many rows
// back.
func (a *matrix) pipeline(reach int) *parallel.Pipeline {
	rows := 1
	if d := len(a.stride); d > 1 {
		rows = a.op.Shape[d-2]
	}
	return parallel.NewPipeline(a.workers, a.cells, a.cells/(a.row*rows), rows, reach)
}

// applyRows does the rows [lo, hi) of apply.
func (a *matrix) applyRows(dst, x []float64, lo, hi int) {
	n, last := a.row, len(a.stride)-1
	for t := lo * n; t < hi*n; t += n {
		y := dst[t : t+n]
		applyAlong(y, x[t:t+n], a.op.Diag[t:t+n], a.op.Coupling[last][t:t+n], a.gamma, a.op.Periodic[last])
		for k := range last {
			c := a.op.Coupling[k]
			if u, ok := a.next(t, k); ok {
				subtractScaledProduct(y, a.gamma, c[t:t+n], x[u:u+n])
			}
			if u, ok := a.previous(t, k); ok {
				subtractScaledProduct(y, a.gamma, c[u:u+n], x[u:u+n])
			}
		}
	}
}

// applyAlong computes y = x + γ(Dx − the couplings along the row), c_i between cells i and i+1.
func applyAlong(y, x, diag, c []float64, gamma float64, periodic bool) {
	n := len(y)
	x, diag, c = x[:n], diag[:n], c[:n]
	for i := 1; i < n-1; i++ {
		y[i] = x[i] + gamma*(diag[i]*x[i]-c[i-1]*x[i-1]-c[i]*x[i+1])
	}
	first, last := diag[0]*x[0], diag[n-1]*x[n-1]
	if n > 1 {
		first -= c[0] * x[1]
		last -= c[n-2] * x[n-2]
	}
	if periodic {
		first -= c[n-1] * x[n-1]
		last -= c[n-1] * x[0]
	}
	y[0] = x[0] + gamma*first
	y[n-1] = x[n-1] + gamma*last
}

// subtractScaledProduct computes y -= γ c∘x.
func subtractScaledProduct(y []float64, gamma float64, c, x []float64) {
	c, x = c[:len(y)], x[:len(y)]
	for i := range y {
		y[i] -= gamma * (c[i] * x[i])
	}
}

// norm is the weighted norm ( Σ r_i²/D_i )^{1/2}.
func (a *matrix) norm(r []float64) float64 {
	return math.Sqrt(a.workers.Sum(len(r), func(lo, hi int) float64 {
		return weightedSquares(r[lo:hi], a.weight[lo:hi])
	}))
}

// dualNorm is ( Σ D_i x_i² )^{1/2}, the dual of norm.
func (a *matrix) dualNorm(x []float64) float64 {
	return math.Sqrt(a.workers.Sum(len(x), func(lo, hi int) (sum float64) {
		for i, v := range x[lo:hi] {
			sum += v * v / a.weight[lo+i]
		}
		return sum
	}))
}

// dot is Σ x_i y_i, the same for any number of workers.
func (a *matrix) dot(x, y []float64) float64 {
	return a.workers.Sum(len(x), func(lo, hi int) float64 { return dot(x[lo:hi], y[lo:hi]) })
}

// addMultiple computes y += f x.
func (a *matrix) addMultiple(y []float64, f float64, x []float64) {
	a.workers.Over(len(y), func(lo, hi int) { addMultiple(y[lo:hi], f, x[lo:hi]) })
}

// multiply computes y = c∘x.
func (a *matrix) multiply(y, c, x []float64) {
	a.workers.Over(len(y), func(lo, hi int) { product(y[lo:hi], c[lo:], x[lo:]) })
}

// zero computes y = 0.
func (a *matrix) zero(y []float64) {
	a.workers.Over(len(y), func(lo, hi int) { clear(y[lo:hi]) })
}

// mass is ⟨x,σ⟩, the total probability of w = x, as if in twice the working precision.
func (a *matrix) mass(x []float64) float64 {
	a.workers.Leaves(len(x), func(i, lo, hi int) {
		a.partials[i].sum, a.partials[i].low = dotCompensated(x[lo:hi], a.op.Sigma[lo:hi])
	})
	var sum, low float64
	for _, v := range a.partials[:parallel.LeafCount(len(x))] {
		s, e := twoSum(sum, v.sum)
		sum, low = s, low+(e+v.low)
	}
	return sum + low
}

// magnitude is ⟨|x|,σ⟩.
func (a *matrix) magnitude(x []float64) float64 {
	return a.workers.Sum(len(x), func(lo, hi int) (sum float64) {
		for i, v := range x[lo:hi] {
			sum += math.Abs(v) * a.op.Sigma[lo+i]
		}
		return sum
	})
}

// component is ⟨x,σ⟩/⟨σ,σ⟩, the coefficient of x along σ, whose norm is 1 to rounding only.
func (a *matrix) component(x []float64) float64 { return a.mass(x) / a.sigma2 }

// setComponent adds to x what multiple of σ makes m its component along σ.
func (a *matrix) setComponent(x []float64, m float64) {
	a.addMultiple(x, m-a.component(x), a.op.Sigma)
}

// rescale multiplies every entry of x by 1 ± O(defect), up where it helps and down where it does not, so
// that its mass becomes m: x_i += (m − ⟨x,σ⟩) |x_i|/⟨|x|,σ⟩. No sign changes, and each entry keeps its
// relative accuracy.
func (a *matrix) rescale(x []float64, m float64) {
	total := a.magnitude(x)
	defect := m - a.mass(x)
	if !(total > 0) || defect == 0 {
		return
	}
	c := defect / total
	a.workers.Over(len(x), func(lo, hi int) {
		for i, v := range x[lo:hi] {
			x[lo+i] = v + c*math.Abs(v)
		}
	})
}

// restoreMass makes m the mass of x, by rescaling where what is missing is rounding. The mass of an x of
// both signs may be known less well than that, to the rounding of the parts of b that a long step has
// smoothed away. It is then restored along σ, and what x is where σ is small stays as it is: a slow mode
// in a region of next to no mass.
func (a *matrix) restoreMass(x []float64, m float64) {
	const rounding = 1e-13 // of what is a sum of many roundings at most
	if math.Abs(m-a.mass(x)) > rounding*a.magnitude(x) {
		a.setComponent(x, m/a.sigma2)
		return
	}
	a.rescale(x, m)
}
