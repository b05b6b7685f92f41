package operators_test

import (
	"fmt"
	"log"
	"math"

	"fpsgd/mesh"
	"fpsgd/operators"
)

// quadratic are the weights of f = 1 + x² under noise that vanishes with it: log π = −(1 + 1/ε) log
// f, κ = log ε − (log f)/ε.
type quadratic struct{ epsilon float64 }

func (q quadratic) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	for i, x := range p.Var("x") {
		logF := math.Log1p(x * x)
		logPi[i], kappa[i] = -(1+1/q.epsilon)*logF, math.Log(q.epsilon)-logF/q.epsilon
	}
	return nil
}

// The equation dw/dt = −Sw of two weights on a grid: π is stationary, S has the constant Z of π.
func ExampleAssemble() {
	line, err := mesh.NewCoordinates("cartesian", 1)
	if err != nil {
		log.Fatal(err)
	}
	x, err := mesh.Sinh("x", 40, -1e3, 1e3, []float64{0}, []float64{1})
	if err != nil {
		log.Fatal(err)
	}
	g, err := mesh.NewGrid(line, []mesh.Axis{x})
	if err != nil {
		log.Fatal(err)
	}
	op, err := operators.Assemble(g, quadratic{0.25}, operators.Options{})
	if err != nil {
		log.Fatal(err)
	}
	rate, largest := make([]float64, op.Cells()), 0.0
	op.Apply(rate, op.Sigma)
	for i, v := range rate {
		largest = math.Max(largest, math.Abs(v)/op.Diag[i])
	}
	fmt.Printf("Z = %.10f, exactly %.10f; Sσ = 0 to rounding: %t\n", math.Exp(op.LogZ),
		35*math.Pi/128, largest < 1e-15)
	// Output: Z = 0.8590292412, exactly 0.8590292412; Sσ = 0 to rounding: true
}
