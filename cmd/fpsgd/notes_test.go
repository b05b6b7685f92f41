package main

import (
	"math"
	"strings"
	"testing"
)

// An error in χ is related to χ where the weight is heavy, and left alone where it is not or no error is known.
func TestChiNote(t *testing.T) {
	if got := chiNote(2e19, 4e21); !strings.HasPrefix(got, "the error in χ is to be read against χ = 4.0e+21 of the density: 5.0e-03 of that.") {
		t.Errorf("%q", got)
	}
	for _, c := range [][2]float64{{1e-4, 0.5}, {math.NaN(), 4e21}, {1e-4, math.NaN()}} {
		if got := chiNote(c[0], c[1]); got != "" {
			t.Errorf("an error of %g of %g: %q", c[0], c[1], got)
		}
	}
}
