package elementary_test

import (
	"fmt"
	"math"

	"fpsgd/operators/elementary"
)

// e^{a x + b} over a block, and a sum of numbers that are not representable, by their logarithms.
func Example() {
	dst := make([]float64, 2)
	elementary.Exp(dst, []float64{0, 1}, 2, -1)
	fmt.Printf("%.6f %.6f, exactly %.6f %.6f\n", dst[0], dst[1], math.Exp(-1), math.E)
	fmt.Printf("log(e^1000 + e^1000) − 1000 = %.6f\n", elementary.LogAdd(1000, 1000)-1000)
	// Output:
	// 0.367879 2.718282, exactly 0.367879 2.718282
	// log(e^1000 + e^1000) − 1000 = 0.693147
}
