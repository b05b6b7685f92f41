package linear_test

import (
	"fmt"
	"log"
	"math"

	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/solver/linear"
)

// quadratic are the weights of f = 1 + |θ|², ε = 1, under noise that vanishes with it:
// log π = −2 log f, κ = −log f.
type quadratic struct{}

func (quadratic) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	for i, logR := range p.LogNorm() {
		logF := math.Log1p(math.Exp(2 * logR))
		logPi[i], kappa[i] = -2*logF, -logF
	}
	return nil
}

// A step of implicit Euler, (I + γS) w' = w, in the plane: by line multigrid, with mass conserved.
func ExampleNew() {
	plane, err := mesh.NewCoordinates("cartesian", 2)
	if err != nil {
		log.Fatal(err)
	}
	axes := make([]mesh.Axis, 2)
	for k, name := range plane.Axes() {
		if axes[k], err = mesh.Sinh(name, 64, -1e4, 1e4, []float64{0}, []float64{1}); err != nil {
			log.Fatal(err)
		}
	}
	g, err := mesh.NewGrid(plane, axes)
	if err != nil {
		log.Fatal(err)
	}
	op, err := operators.Assemble(g, quadratic{}, operators.Options{})
	if err != nil {
		log.Fatal(err)
	}
	system, err := linear.New(op, 0.1, linear.Options{Tolerance: 1e-10})
	if err != nil {
		log.Fatal(err)
	}
	w, next := make([]float64, op.Cells()), make([]float64, op.Cells())
	start := op.Cells()/2 + 32 // all of the mass in a cell next to the minimum
	w[start] = 1 / op.Sigma[start]
	stats, err := system.Solve(next, w)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: residual below 1e-10: %t; mass %.12f\n", linear.MethodOf(system),
		stats.Residual < 1e-10, op.Mass(next))
	// Output: line multigrid: residual below 1e-10: true; mass 1.000000000000
}
