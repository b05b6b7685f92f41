package scenarios_test

import (
	"fmt"
	"log"
	"math"

	"fpsgd/mesh"
	"fpsgd/scenarios"
)

// flat is a landscape of one's own by its logarithm, f = (1 + |θ|²)^p, which may be far beyond
// floating point.
type flat struct{ p float64 }

func (f flat) String() string { return fmt.Sprintf("(1 + |θ|²)^%g", f.p) }

func (f flat) LogF(dst []float64, p *mesh.Points) error {
	for i, logNorm := range p.LogNorm() {
		if logNorm > 20 { // log(1 + r²) = 2 log r to rounding
			dst[i] = 2 * f.p * logNorm
		} else {
			dst[i] = f.p * math.Log1p(math.Exp(2*logNorm))
		}
	}
	return nil
}

// A landscape is log f at a block of points: here on radii up to e^200.
func ExampleLandscape() {
	plane, err := mesh.NewCoordinates("radial", 2)
	if err != nil {
		log.Fatal(err)
	}
	r, err := mesh.Log("r", 400, -20, 200, 1)
	if err != nil {
		log.Fatal(err)
	}
	g, err := mesh.NewGrid(plane, []mesh.Axis{r})
	if err != nil {
		log.Fatal(err)
	}
	s, err := scenarios.Of(scenarios.Problem{Landscape: flat{1}, Noise: scenarios.ML(1), Grid: g})
	if err != nil {
		log.Fatal(err)
	}
	op, err := s.Assemble()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("f = %v: ∫π = %.8f, exactly π = %.8f\n", s.Landscape, math.Exp(op.LogZ), math.Pi)
	// Output: f = (1 + |θ|²)^1: ∫π = 3.14159265, exactly π = 3.14159265
}
