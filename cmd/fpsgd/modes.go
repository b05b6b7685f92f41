package main

import (
	"io"
	"math"

	"fpsgd/internal/figures"
	"fpsgd/internal/npy"
	"fpsgd/internal/rundir"
)

// leastSigma is the sqrt(Π) of a cell below which u = w/σ is not determined: w, of norm 1, is rounded by about as much.
const leastSigma = 1e-16

// write writes the files of -o.
func (j *spectrumJob) write(dir *rundir.Dir) error {
	if err := writeAxes(dir, j.equation.Grid); err != nil {
		return err
	}
	if err := dir.WriteArray(figures.EigenvaluesFile, []int{len(j.modes)}, j.result.Eigenvalues); err != nil {
		return err
	}
	op := j.equation.Operator
	share, u := make([]float64, op.Cells()), make([]float64, op.Cells())
	for i, sigma := range op.Sigma {
		share[i] = sigma * sigma
	}
	if err := dir.WriteArray(figures.ShareFile, op.Shape, share); err != nil {
		return err
	}
	for k, m := range j.modes {
		orient(m.W)
		for i, sigma := range op.Sigma {
			u[i] = math.NaN()
			if sigma >= leastSigma {
				u[i] = m.W[i] / sigma
			}
		}
		err := dir.WriteFile(figures.ModeFile(k), func(w io.Writer) error { return npy.Write(w, op.Shape, u) })
		if err != nil {
			return err
		}
	}
	return firstError(dir.WriteJSON("spectrum.json", j.result), figures.Draw(dir))
}

// orient gives w the sign that makes it positive in the last cell where |w| is half its maximum or more: unlike the largest entry,
// that cell does not depend on rounding where w is odd.
func orient(w []float64) {
	largest := 0.0
	for _, v := range w {
		largest = math.Max(largest, math.Abs(v))
	}
	for i := len(w) - 1; i >= 0; i-- {
		if math.Abs(w[i]) < largest/2 {
			continue
		}
		if w[i] < 0 {
			for k := range w {
				w[k] = -w[k]
			}
		}
		return
	}
}
