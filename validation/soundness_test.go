package validation

import (
	"errors"
	"fmt"
	"math"

	"fpsgd/operators"
)

// normal is a number far enough from underflow to have all its digits, as its sums and products
// here.
const normal = 1e-290

// checkOperator claims that an operator is finite in every entry with positive conductances and a
// diagonal that holds the sums of its rates, that the rates are in detailed balance, M_i
// rate_ij = M_j rate_ji, and that Sσ = 0: to rounding. It returns the first few errors.
func checkOperator(op *operators.Operator) error {
	c := &soundness{op: op, sums: make([]float64, op.Cells()), normal: make([]bool, op.Cells())}
	c.cells()
	op.Edges(c.edge)
	c.diagonal()
	c.stationary()
	return errors.Join(c.errs[:min(len(c.errs), 5)]...)
}

type soundness struct {
	op     *operators.Operator
	sums   []float64 // of the rates out of every cell
	normal []bool    // whether σ is far from underflow in the cell and its neighbours
	errs   []error
}

func (c *soundness) report(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

func finite(v float64) bool { return v-v == 0 }

func (c *soundness) cells() {
	for i, sigma := range c.op.Sigma {
		c.normal[i] = sigma > normal
		if !finite(c.op.LogM[i]) || !(sigma >= 0 && sigma <= 1) {
			c.report("cell %d: log M = %g, σ = %g", i, c.op.LogM[i], sigma)
		}
	}
	for k, coupling := range c.op.Coupling {
		if len(coupling) != c.op.Cells() {
			c.report("axis %d has %d couplings for %d cells", k, len(coupling), c.op.Cells())
		}
		for i, v := range coupling {
			if last := i/c.op.Stride(k)%c.op.Shape[k] == c.op.Shape[k]-1; !(v > 0) && !last {
				c.report("axis %d, cell %d: c = %g", k, i, v)
			}
		}
	}
}

func (c *soundness) edge(k, i, j int, coupling float64) {
	up, down := coupling*c.op.Ratio(i, j), coupling*c.op.Ratio(j, i)
	if !finite(up) || !finite(down) || !(up >= 0) || !(down >= 0) {
		c.report("axis %d, cells %d and %d: rates %g and %g", k, i, j, up, down)
	}
	c.sums[i] += up
	c.sums[j] += down
	c.normal[i], c.normal[j] = c.normal[i] && c.op.Sigma[j] > normal,
		c.normal[j] && c.op.Sigma[i] > normal
	if math.Min(up, down) < normal {
		return
	}
	if off := c.op.LogM[i] - c.op.LogM[j] + math.Log(up) -
		math.Log(down); !(math.Abs(off) <= c.rounding(i)) {
		c.report("axis %d, cells %d and %d: M_i rate_ij over M_j rate_ji is e^%g", k, i, j, off)
	}
}

// rounding is the relative error of σ and of what is formed with it, that of log M and log Z.
func (c *soundness) rounding(i int) float64 {
	return 1e-15 * (10 + math.Abs(c.op.LogM[i]) + math.Abs(c.op.LogZ))
}

func (c *soundness) diagonal() {
	for i, d := range c.op.Diag {
		// a few additions in another order
		if !(d >= 0) || !finite(d) || !(math.Abs(d-c.sums[i]) <= 1e-14*d) {
			c.report("cell %d: S_ii = %g, the rates add up to %g", i, d, c.sums[i])
		}
	}
}

func (c *soundness) stationary() {
	s := make([]float64, c.op.Cells())
	c.op.Apply(s, c.op.Sigma)
	for i, v := range s {
		terms := c.op.Diag[i] * c.op.Sigma[i]
		if !finite(v) || c.normal[i] && terms > normal && !(math.Abs(v) <= c.rounding(i)*terms) {
			c.report("cell %d: (Sσ)_i = %g, of terms of %g", i, v, terms)
		}
	}
}
