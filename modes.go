package fpsgd

import (
	"cmp"
	"io"
	"math"
	"slices"

	"fpsgd/internal/figures"
	"fpsgd/internal/npy"
	"fpsgd/solver"

	"gonum.org/v1/gonum/floats"
)

// leastSigma is the sqrt(Π) of a cell below which u = w/σ is not determined: w, of norm 1, is
// rounded by about as much.
const leastSigma = 1e-16

// WriteModes writes the axes, the eigenvalues, the cells' shares Π of π, and u = w/σ of every mode.
func (f *Folder) WriteModes(e *Equation, modes []solver.Mode) error {
	op := e.Operator
	values := make([]float64, len(modes))
	for k, m := range modes {
		values[k] = m.Value
	}
	share, u := make([]float64, op.Cells()), make([]float64, op.Cells())
	floats.MulTo(share, op.Sigma, op.Sigma)
	err := cmp.Or(writeAxes(f.dir, e.Grid),
		f.dir.WriteArray(figures.EigenvaluesFile, []int{len(modes)}, values),
		f.dir.WriteArray(figures.ShareFile, op.Shape, share))
	for k, m := range modes {
		orient(m.W)
		for i, sigma := range op.Sigma {
			u[i] = math.NaN()
			if sigma >= leastSigma {
				u[i] = m.W[i] / sigma
			}
		}
		write := func(w io.Writer) error { return npy.Write(w, op.Shape, u) }
		err = cmp.Or(err, f.dir.WriteFile(figures.ModeFile(k), write))
	}
	return err
}

// orient gives w the sign that makes it positive in the last cell where |w| is half its maximum or
// more: unlike the largest entry, that cell does not depend on rounding where w is odd.
func orient(w []float64) {
	half := floats.Norm(w, math.Inf(1)) / 2
	for _, v := range slices.Backward(w) {
		if math.Abs(v) >= half {
			floats.Scale(math.Copysign(1, v), w)
			return
		}
	}
}
