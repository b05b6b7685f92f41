package scenarios

import "fmt"

// Formulas is what a noise makes of the equation, in formulas for people.
type Formulas struct {
	SDE       string // Itô
	Step      string // how SGD gives ε; "" where it is no model of that
	PDE       string // of the law ρ
	Invariant string // π
	Flux      string // out of the domain, through a face with the normal n
}

// Formulas implements Noise.
func (e ML) Formulas() Formulas {
	eps := float64(e)
	return Formulas{
		SDE: fmt.Sprintf("dθ = −∇f dt + sqrt(2 ε f) dB (Itô), ε = %g: "+
			"noise that vanishes with the loss", eps),
		Step:      "SGD with step η and gradient noise of covariance σ f I has ε = ησ/2",
		PDE:       fmt.Sprintf("∂t ρ = %g div( f^{−%g} ∇( f^{%g} ρ ) )", eps, 1/eps, 1+1/eps),
		Invariant: fmt.Sprintf("π = f^{−%g}", 1+1/eps),
		Flux:      "ε f^{−1/ε} ∂n( f^{1+1/ε} ρ )",
	}
}

// Formulas implements Noise.
func (e Homogeneous) Formulas() Formulas {
	return Formulas{
		SDE: fmt.Sprintf("dθ = −∇f dt + sqrt(2ε) dB (Itô), ε = %g: homogeneous noise",
			float64(e)),
		PDE:       "∂t ρ = ε div( e^{−f/ε} ∇( e^{f/ε} ρ ) )",
		Invariant: fmt.Sprintf("π = e^{−f/%g}", float64(e)),
		Flux:      "ε e^{−f/ε} ∂n( e^{f/ε} ρ )",
	}
}
