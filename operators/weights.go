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

// LogFunction stores the logarithm of a function at a block of points; −Inf where it vanishes. It
// is called from several goroutines at once, each with its own block.
type LogFunction func(dst []float64, p *mesh.Points) error

// LogWeights stores the function for log π, and nothing for κ.
func (f LogFunction) LogWeights(logPi, _ []float64, p *mesh.Points) error { return f(logPi, p) }

// inPlaceOfPi are weights with another function for log π, which is stored in dst.
type inPlaceOfPi struct {
	Weights
	function func(dst, kappa []float64, p *mesh.Points)
}

// LogWeights stores the function, and κ.
func (w inPlaceOfPi) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	err := w.Weights.LogWeights(logPi, kappa, p)
	if err == nil {
		w.function(logPi, kappa, p)
	}
	return err
}

// samples are the weights at a block of points.
type samples struct {
	weights      Weights
	points       *mesh.Points
	held         [][]float64 // the coordinates of the points
	logPi, kappa []float64
}

func newSamples(g *mesh.Grid, w Weights, n int) samples {
	return samples{
		w, mesh.NewPoints(g), vectors(len(g.Axes), n), make([]float64, n), make([]float64, n),
	}
}

// evaluate evaluates the weights at the points held.
func (s *samples) evaluate() error {
	s.points.Set(s.held)
	return s.weights.LogWeights(s.logPi, s.kappa, s.points)
}
