package vectors_test

import (
	"fmt"

	"fpsgd/solver/linear/vectors"
)

// y + 2x, and its product with x.
func Example() {
	x, y := []float64{1, 2, 3}, []float64{1, 1, 1}
	vectors.AddMultiple(y, 2, x)
	fmt.Println(y, vectors.Dot(y, x))
	// Output: [3 5 7] 34
}
