// Package lineartest makes operators to test linear solvers with.
package lineartest

import (
	"math"
	"math/rand/v2"

	"fpsgd/operators"
)

// Random returns an operator with random masses and conductances, each over some six powers of e.
func Random(seed uint64, shape []int, periodic ...bool) *operators.Operator {
	source := rand.New(rand.NewPCG(seed, 1))
	op := &operators.Operator{Shape: shape, Periodic: make([]bool, len(shape))}
	copy(op.Periodic, periodic)
	n := op.Cells()
	op.LogM, op.Sigma, op.Diag = make([]float64, n), make([]float64, n), make([]float64, n)
	sum := 0.0
	for i := range n {
		op.LogM[i] = 1.5 * source.NormFloat64()
		sum += math.Exp(op.LogM[i])
	}
	op.LogZ = math.Log(sum)
	for i, m := range op.LogM {
		op.Sigma[i] = math.Exp((m - op.LogZ) / 2)
	}
	for k := range shape {
		c := make([]float64, n)
		for i := range n {
			if j := op.Next(k, i, i/op.Stride(k)%shape[k]); j >= 0 {
				c[i] = math.Exp(1.5 * source.NormFloat64())
				op.Diag[i] += c[i] * op.Ratio(i, j)
				op.Diag[j] += c[i] * op.Ratio(j, i)
			}
		}
		op.Coupling = append(op.Coupling, c)
	}
	return op
}
