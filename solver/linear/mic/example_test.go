package mic_test

import (
	"fmt"
	"log"

	"fpsgd/solver/linear/lineartest"
	"fpsgd/solver/linear/matrix"
	"fpsgd/solver/linear/mic"
)

// The preconditioned form of a matrix on which conjugate gradients run (matrix.Preconditioned).
func ExampleNew() {
	a, err := matrix.New(lineartest.Random(1, []int{8, 8, 8}), 0.5, 1)
	if err != nil {
		log.Fatal(err)
	}
	var pre matrix.Preconditioned = mic.New(a)
	residual, _ := pre.Size()
	fmt.Println(residual, "unknowns")
	// Output: 512 unknowns
}
