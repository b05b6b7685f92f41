package operators

import "fpsgd/mesh"

// Weights are the two functions that make the equation ∂tρ = div( e^κ ∇(ρ/π) ): the invariant
// density π (not normalised) and the conductivity e^κ, both by their logarithms since they span
// hundreds of orders of magnitude.
type Weights interface {
	// LogWeights stores log π and κ at a block of points. It is called from several goroutines at
	// once, each with its own block. An error names the point at which a weight does not exist.
	LogWeights(logPi, kappa []float64, p *mesh.Points) error
}

// inPlaceOfPi are weights with another function for log π, which is stored in dst.
type inPlaceOfPi struct {
	Weights
	function func(dst, kappa []float64, p *mesh.Points)
}

func (w inPlaceOfPi) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	err := w.Weights.LogWeights(logPi, kappa, p)
	if err == nil {
		w.function(logPi, kappa, p)
	}
	return err
}
