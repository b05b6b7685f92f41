package analysis

import (
	"math"
	"testing"
)

// Masses P + C h^p have the error |C| h^p on the last grid; orders above 2 are taken for 2, below 1
// for 1.
func TestErrorOfAField(t *testing.T) {
	for _, p := range []float64{0.5, 1, 1.5, 2, 4} {
		var distances []float64
		for k := range 3 { // from h = 2^{−k} to half of it
			distances = append(distances, 3*math.Abs(math.Exp2(-p*float64(k))-
				math.Exp2(-p*float64(k+1))))
		}
		truth := 3 * math.Exp2(-3*p)
		found := OfField(distances)
		if math.Abs(found.Order-p) > 1e-12 {
			t.Errorf("order %g, want %g", found.Order, p)
		}
		switch {
		case p >= 1 && p <= 2 && math.Abs(found.Error/truth-1) > 1e-12:
			t.Errorf("order %g: error %g, want %g", p, found.Error, truth)
		case p > 2 && !(found.Error > truth && found.Error < 8*truth):
			t.Errorf("order %g: error %g, want more than %g", p, found.Error, truth)
		}
	}
	for _, few := range [][]float64{nil, {1}} {
		if found := OfField(few); !math.IsNaN(found.Error) || !math.IsNaN(found.Order) {
			t.Errorf("of %v an error is known: %v", few, found)
		}
	}
}
