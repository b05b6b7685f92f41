package operators

import "fpsgd/mesh"

// Weights are the two functions that make the equation ∂tρ = div( e^κ ∇(ρ/π) ): the invariant density π (not normalised)
// and the conductivity e^κ, both by their logarithms since they span hundreds of orders of magnitude.
type Weights interface {
	// LogWeights stores log π and κ at a block of points. It is called from several goroutines at once, each with its own
	// block. An error names the point at which a weight does not exist.
	LogWeights(logPi, kappa []float64, p *mesh.Points) error
}

// Flux is a two-point flux: how the conductance between two cells is formed.
type Flux string

const (
	// ScharfetterGummel is exact for the stationary flux of every line between two nodes, which are the π-centroids
	// of the cells: T = ∫dσ 1/∫ e^{−κ} h_n²/J dq_n.
	ScharfetterGummel Flux = "scharfetter-gummel"
	// Bernoulli is the textbook scheme: κ linear between cell midpoints, so that T is the area of the face over the
	// distance of the midpoints times e^{κ_i} B(κ_i − κ_j), B(x) = x/(e^x − 1).
	Bernoulli Flux = "bernoulli"
	// Face takes κ on the face and the distance of the π-centroids: T = ∫dσ e^κ J/h_n² / (q̄_j − q̄_i).
	Face Flux = "face"
)

// Fluxes lists them, the default first.
var Fluxes = []Flux{ScharfetterGummel, Bernoulli, Face}
