package main

import "fmt"

// heavyChi is a χ = (Σ (P − Π)²/Π)^{1/2} of a density that has its mass where Π has next to none: for P = Π/q on a share q of the mass
// of Π, and 0 elsewhere, χ² = 1/q − 1.
const heavyChi = 1e3

// chiNote says how to read an error in χ where the weight 1/Π makes every such norm huge: against χ of the density itself. It is ""
// where that is not so, or no error is known.
func chiNote(errorChi, chi float64) string {
	if !(chi > heavyChi && errorChi > 0) {
		return ""
	}
	return fmt.Sprintf("the error in χ is to be read against χ = %.1e of the density: %.1e of that. Its weight 1/Π is huge, as the grid's Π has next to no mass "+
		"where the density is", chi, errorChi/chi)
}
