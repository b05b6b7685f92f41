package operators

// Flux names a two-point flux: how the conductance between two cells is formed.
type Flux string

const (
	// ScharfetterGummel is exact for the stationary flux of every line between two π-centroids.
	ScharfetterGummel Flux = "scharfetter-gummel"
	// Bernoulli is the textbook scheme: κ linear between cell midpoints.
	Bernoulli Flux = "bernoulli"
	// Face takes κ on the face and the distance of the π-centroids.
	Face Flux = "face"
)

// Fluxes lists them, the default first.
var Fluxes = []Flux{ScharfetterGummel, Bernoulli, Face}

// twoPointFlux forms the conductances T_ij = T_ji > 0 between neighbours, and the removal through
// open ends, in the one or the other of two ways (or in both).
type twoPointFlux struct {
	// resistor returns what forms the resistances of the pieces of a cell's lines, for one
	// goroutine; nil if the flux has none.
	resistor func(a *assembly) resistor

	// couple stores log T_ij in Coupling (and log R_i in Ends) after the pass over the grid: those
	// that the resistances did not give, or gave too coarsely; nil if there are none.
	couple func(a *assembly) error
}

// resistor forms the resistances of lines across a face, T = ∫dσ 1/(a + b): the line through every
// transverse lattice point has a piece on either side of the face, from it to the node of the cell.
// It stores, for every axis, those of a cell's two pieces, and is asked for the cells of a row in
// order.
type resistor func(c *cell, pieces [][2]resistances) error

// fluxes are those of the names.
var fluxes = map[Flux]twoPointFlux{
	ScharfetterGummel: {newLineIntegrals, (*assembly).refineEdges},
	Bernoulli:         {nil, (*assembly).coupleMidpoints},
	Face:              {newFaceResistances, nil},
}
