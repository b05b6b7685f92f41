package validation_test

import (
	"context"
	"fmt"
	"log"

	"fpsgd/validation"
)

// One claim: what is compared, and whether it holds.
func Example() {
	claims, err := validation.Find("agm")
	if err != nil {
		log.Fatal(err)
	}
	e := &validation.Experiment{Context: context.Background()}
	if err := e.Run(claims[0]); err != nil {
		log.Fatal(err)
	}
	for _, r := range e.Rows[:2] {
		fmt.Printf("%s: %.8g, in theory %.8g\n", r.Case, r.Measured, r.Expected)
	}
	fmt.Println(validation.Failures(e.Rows), "of", len(e.Rows), "comparisons fail")
	// Output:
	// ∫ (cos² + λ sin²)^{−1}, λ = 0.01: 62.831853, in theory 62.831853
	// ∫ (cos² + λ sin²)^{−1/2}, λ = 0.01: 14.782549, in theory 14.782549
	// 0 of 14 comparisons fail
}
