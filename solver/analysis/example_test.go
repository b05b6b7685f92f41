package analysis_test

import (
	"fmt"

	"fpsgd/solver/analysis"
)

// Values of a second-order method on grids of n, 2n, 4n and 8n cells, with what is left of the
// order 4: their limit, 2, and an error bar.
func ExampleExtrapolate() {
	var values []float64
	for _, h := range []float64{0.4, 0.2, 0.1, 0.05} {
		values = append(values, 2+0.3*h*h-0.1*h*h*h*h)
	}
	l := analysis.Extrapolate(analysis.Values(values))
	fmt.Printf("%.6f ± %.0e, order %.2f\n", l.Value, l.Error, l.Order)
	// Output: 2.000002 ± 1e-05, order 1.98
}
