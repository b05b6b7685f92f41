package matrix_test

import (
	"fmt"
	"log"

	"fpsgd/solver/linear/lineartest"
	"fpsgd/solver/linear/matrix"
)

// Without removal the invariant σ solves (I + γS) x = σ.
func ExampleResidual() {
	op := lineartest.Random(1, []int{8, 8})
	if _, err := matrix.New(op, 0.5, 1); err != nil {
		log.Fatal(err)
	}
	r, largest := make([]float64, op.Cells()), 0.0
	matrix.Residual(r, op.Sigma, op.Sigma, op, 0.5)
	for _, v := range r {
		largest = max(largest, v, -v)
	}
	fmt.Println("zero to rounding:", largest < 1e-12)
	// Output: zero to rounding: true
}
