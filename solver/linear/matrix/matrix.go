// Package matrix is A = I + γS, what the methods of solution read off it, and what they offer
// conjugate gradients.
package matrix

import (
	"fmt"
	"math"

	"fpsgd/internal/parallel"
	"fpsgd/operators"
	"fpsgd/solver/linear/vectors"
)

// Matrix is A = I + γS on the stencil of op.
type Matrix struct {
	Op      *operators.Operator
	Gamma   float64
	Cells   int
	Row     int   // cells along the last axis, which are contiguous in memory
	Stride  []int // of every axis
	Workers *parallel.Workers
	Sigma2  float64 // ⟨σ,σ⟩

	weight   []float64 // 1/D_i, D_i = 1 + γ S_ii
	partials []twice   // of a mass
}

// twice is a number in two parts, the second what rounding took from the first.
type twice struct{ sum, low float64 }

// New checks the operator and γ, and prepares the matrix for so many threads.
func New(op *operators.Operator, gamma float64, threads int) (*Matrix, error) {
	if !(gamma > 0) || math.IsInf(gamma, 0) {
		return nil, fmt.Errorf("linear: γ = %g in I + γS; it must be positive and finite", gamma)
	}
	if d := len(op.Shape); d == 0 || d > 4 || len(op.Periodic) != d || len(op.Coupling) != d {
		return nil, fmt.Errorf("linear: operator of %d axes with %d couplings and %d periodic "+
			"flags; one to four of each are needed",
			d, len(op.Coupling), len(op.Periodic))
	}
	a := &Matrix{Op: op, Gamma: gamma, Cells: op.Cells(), Row: op.Shape[len(op.Shape)-1],
		weight: make([]float64, op.Cells()), Workers: parallel.NewWorkers(threads)}
	for k, n := range op.Shape {
		if op.Periodic[k] && n < 2 {
			return nil, fmt.Errorf("linear: periodic axis %d has one cell, "+
				"which would be its own neighbour; give it two or more", k)
		}
		a.Stride = append(a.Stride, op.Stride(k))
	}
	a.Workers.Start()
	defer a.Workers.Stop()
	if i, ok := a.setWeight(); !ok {
		return nil, fmt.Errorf("linear: the diagonal of γS is %g at cell %d; "+
			"check f and the grid there", gamma*op.Diag[i], i)
	}
	a.partials = make([]twice, parallel.LeafCount(a.Cells))
	a.Sigma2 = a.Mass(op.Sigma)
	return a, nil
}

// setWeight sets the weights of the norm, or returns the first cell without one.
func (a *Matrix) setWeight() (cell int, ok bool) {
	bad := make([]int, a.Workers.Size()) // the first of every part, and 1; 0 if there is none
	a.Workers.Run(a.Cells, func(part, parts int) {
		lo, hi := parallel.Share(a.Cells, part, parts)
		for i := hi - 1; i >= lo; i-- {
			d := a.Op.Diag[i]
			if !Finite(a.Gamma*d) || d < 0 {
				bad[part] = i + 1
			}
			a.weight[i] = 1 / (1 + a.Gamma*d)
		}
	})
	for _, i := range bad {
		if i > 0 {
			return i - 1, false
		}
	}
	return 0, true
}

// Excess is e_i = 1 + γ r_i, the row sum of A against σ: (Aσ)_i = e_i σ_i.
func (a *Matrix) Excess(i int) float64 {
	if a.Op.Removal == nil {
		return 1
	}
	return 1 + a.Gamma*a.Op.Removal[i]
}

// Ratio is σ_j/σ_i, for neighbours from 1e-300 to 1e300, which operators sees to.
func (a *Matrix) Ratio(i, j int) float64 { return a.Op.Ratio(i, j) }

// Next returns the cell after cell i along axis k, and whether there is one.
func (a *Matrix) Next(i, k int) (int, bool) {
	s, n := a.Stride[k], a.Op.Shape[k]
	if (i/s)%n < n-1 {
		return i + s, true
	}
	return i - (n-1)*s, a.Op.Periodic[k]
}

// Previous returns the cell before cell i along axis k, and whether there is one.
func (a *Matrix) Previous(i, k int) (int, bool) {
	s, n := a.Stride[k], a.Op.Shape[k]
	if (i/s)%n > 0 {
		return i - s, true
	}
	return i + (n-1)*s, a.Op.Periodic[k]
}

// Rates returns the rates from cell t to the next cell along axis k and back, 0 where there is
// none.
func (a *Matrix) Rates(t, k int) (out, in float64) {
	u, ok := a.Next(t, k)
	if !ok {
		return 0, 0
	}
	c, rho := a.Gamma*a.Op.Coupling[k][t], a.Ratio(t, u)
	return c * rho, c / rho
}

// Apply computes dst = A x = x + γ(Dx − Σ_j c_ij x_j), D the diagonal of S.
func (a *Matrix) Apply(dst, x []float64) {
	a.overRows(func(lo, hi int) { a.applyRows(dst, x, lo, hi) })
}

// overRows calls do for stretches of the rows; a row is a line along the last axis.
func (a *Matrix) overRows(do func(lo, hi int)) {
	a.Workers.Run(a.Cells, func(part, parts int) {
		do(parallel.Share(a.Cells/a.Row, part, parts))
	})
}

// Pipeline is for sweeps along all axes, rows in planes spanned by the last two, that reach so many
// rows back.
func (a *Matrix) Pipeline(reach int) *parallel.Pipeline {
	rows := 1
	if d := len(a.Stride); d > 1 {
		rows = a.Op.Shape[d-2]
	}
	return parallel.NewPipeline(a.Workers, a.Cells, a.Cells/(a.Row*rows), rows, reach)
}

// applyRows does the rows [lo, hi) of apply.
func (a *Matrix) applyRows(dst, x []float64, lo, hi int) {
	n, last := a.Row, len(a.Stride)-1
	for t := lo * n; t < hi*n; t += n {
		y := dst[t : t+n]
		c := a.Op.Coupling[last][t : t+n]
		applyAlong(y, x[t:t+n], a.Op.Diag[t:t+n], c, a.Gamma, a.Op.Periodic[last])
		for k := range last {
			c := a.Op.Coupling[k]
			if u, ok := a.Next(t, k); ok {
				subtractScaledProduct(y, a.Gamma, c[t:t+n], x[u:u+n])
			}
			if u, ok := a.Previous(t, k); ok {
				subtractScaledProduct(y, a.Gamma, c[u:u+n], x[u:u+n])
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

// Norm is the weighted norm ( Σ r_i²/D_i )^{1/2}.
func (a *Matrix) Norm(r []float64) float64 {
	return math.Sqrt(a.Workers.Sum(len(r), func(lo, hi int) float64 {
		return weightedSquares(r[lo:hi], a.weight[lo:hi])
	}))
}

// DualNorm is ( Σ D_i x_i² )^{1/2}, the dual of norm.
func (a *Matrix) DualNorm(x []float64) float64 {
	return math.Sqrt(a.Workers.Sum(len(x), func(lo, hi int) (sum float64) {
		for i, v := range x[lo:hi] {
			sum += v * v / a.weight[lo+i]
		}
		return sum
	}))
}

// Dot is Σ x_i y_i, the same for any number of workers.
func (a *Matrix) Dot(x, y []float64) float64 {
	return a.Workers.Sum(len(x), func(lo, hi int) float64 {
		return vectors.Dot(x[lo:hi], y[lo:hi])
	})
}

// AddMultiple computes y += f x.
func (a *Matrix) AddMultiple(y []float64, f float64, x []float64) {
	a.Workers.Over(len(y), func(lo, hi int) { vectors.AddMultiple(y[lo:hi], f, x[lo:hi]) })
}

// Multiply computes y = c∘x.
func (a *Matrix) Multiply(y, c, x []float64) {
	a.Workers.Over(len(y), func(lo, hi int) { vectors.Multiply(y[lo:hi], c[lo:], x[lo:]) })
}

// Zero computes y = 0.
func (a *Matrix) Zero(y []float64) {
	a.Workers.Over(len(y), func(lo, hi int) { clear(y[lo:hi]) })
}

// Mass is ⟨x,σ⟩, the total probability of w = x, as if in twice the working precision.
func (a *Matrix) Mass(x []float64) float64 {
	a.Workers.Leaves(len(x), func(i, lo, hi int) {
		a.partials[i].sum, a.partials[i].low = dotCompensated(x[lo:hi], a.Op.Sigma[lo:hi])
	})
	var sum, low float64
	for _, v := range a.partials[:parallel.LeafCount(len(x))] {
		s, e := twoSum(sum, v.sum)
		sum, low = s, low+(e+v.low)
	}
	return sum + low
}

// magnitude is ⟨|x|,σ⟩.
func (a *Matrix) magnitude(x []float64) float64 {
	return a.Workers.Sum(len(x), func(lo, hi int) (sum float64) {
		for i, v := range x[lo:hi] {
			sum += math.Abs(v) * a.Op.Sigma[lo+i]
		}
		return sum
	})
}

// Component is ⟨x,σ⟩/⟨σ,σ⟩, the coefficient of x along σ, whose norm is 1 to rounding only.
func (a *Matrix) Component(x []float64) float64 { return a.Mass(x) / a.Sigma2 }

// SetComponent adds to x what multiple of σ makes m its component along σ.
func (a *Matrix) SetComponent(x []float64, m float64) {
	a.AddMultiple(x, m-a.Component(x), a.Op.Sigma)
}

// Rescale multiplies every entry of x by 1 ± O(defect), up where it helps and down where it does
// not, so that its mass becomes m: x_i += (m − ⟨x,σ⟩) |x_i|/⟨|x|,σ⟩. No sign changes, and each
// entry keeps its relative accuracy.
func (a *Matrix) Rescale(x []float64, m float64) {
	total := a.magnitude(x)
	defect := m - a.Mass(x)
	if !(total > 0) || defect == 0 {
		return
	}
	c := defect / total
	a.Workers.Over(len(x), func(lo, hi int) {
		for i, v := range x[lo:hi] {
			x[lo+i] = v + c*math.Abs(v)
		}
	})
}

// RestoreMass makes m the mass of x, by rescaling where what is missing is rounding. The mass of an
// x of both signs may be known less well than that, to the rounding of the parts of b that a long
// step has smoothed away. It is then restored along σ, and what x is where σ is small stays as it
// is: a slow mode in a region of next to no mass.
func (a *Matrix) RestoreMass(x []float64, m float64) {
	const rounding = 1e-13 // of what is a sum of many roundings at most
	if math.Abs(m-a.Mass(x)) > rounding*a.magnitude(x) {
		a.SetComponent(x, m/a.Sigma2)
		return
	}
	a.Rescale(x, m)
}

// weightedSquares is Σ w_i x_i².
func weightedSquares(x, w []float64) float64 {
	var even, odd float64
	w = w[:len(x)]
	n := len(x) &^ 1
	for i := 0; i < n; i += 2 {
		even += x[i] * x[i] * w[i]
		odd += x[i+1] * x[i+1] * w[i+1]
	}
	for i := n; i < len(x); i++ {
		even += x[i] * x[i] * w[i]
	}
	return even + odd
}

// dotCompensated is Σ x_i y_i as if in twice the working precision, in two parts: the products by
// FMA and the sums by Knuth's TwoSum are split without error (Ogita, Rump and Oishi, SIAM J. Sci.
// Comput. 26, 2005, algorithm Dot2).
func dotCompensated(x, y []float64) (sum, low float64) {
	y = y[:len(x)]
	for i, v := range x {
		p := v * y[i]
		s, e := twoSum(sum, p)
		sum, low = s, low+(e+math.FMA(v, y[i], -p))
	}
	return sum, low
}

// twoSum splits a + b into its rounded value and the error of that.
func twoSum(a, b float64) (sum, low float64) {
	sum = a + b
	t := sum - a
	return sum, (a - (sum - t)) + (b - t)
}

// Finite reports whether v is neither infinite nor NaN.
func Finite(v float64) bool { return !math.IsInf(v, 0) && !math.IsNaN(v) }
