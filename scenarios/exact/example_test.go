package exact_test

import (
	"fmt"
	"log"

	"fpsgd/scenarios/exact"
)

// The sharp Poincaré–Hardy constant of f = 1 + |θ|² in the plane, by ε: attained by a polynomial,
// or the edge of the essential spectrum.
func ExampleQuadratic_Gap() {
	for _, epsilon := range []float64{0.25, 0.5, 0.9} {
		g, err := exact.Quadratic{Floor: 1, Scale: 1}.Gap(epsilon, 2)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("ε = %.2f: Λ = %.4f, %s\n", epsilon, g.Rate(epsilon)/epsilon, g.Kind)
	}
	// Output:
	// ε = 0.25: Λ = 8.0000, attained
	// ε = 0.50: Λ = 4.0000, attained
	// ε = 0.90: Λ = 1.2346, edge
}
