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
type twoPointFlux interface {
	// resistor returns what forms the resistances of the pieces of a cell's lines, for one
	// goroutine; nil if the flux has none.
	resistor(a *assembly) resistor

	// couple stores log T_ij in Coupling (and log R_i, by remove) after the pass over the grid:
	// those that the resistances did not give, or gave too coarsely.
	couple(a *assembly) error
}

// resistor forms the resistances of lines across a face, T = ∫dσ 1/(a + b): the line through every
// transverse lattice point has a piece on either side of the face, from it to the node of the cell.
type resistor interface {
	// resist stores, for every axis, the resistances of a cell's two pieces. It is asked for the
	// cells of a row in order.
	resist(c *cell, pieces [][2]resistances) error
}

// fluxes are those of the names.
var fluxes = map[Flux]twoPointFlux{
	ScharfetterGummel: scharfetterGummel{},
	Bernoulli:         bernoulli{},
	Face:              faceFlux{},
}
