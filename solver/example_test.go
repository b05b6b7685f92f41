package solver_test

import (
	"context"
	"fmt"
	"log"
	"math"

	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/solver"
	"fpsgd/solver/linear"
)

// wells are the weights of f = 1 + (x² − 1)², under homogeneous noise ε: log π = −f/ε.
type wells struct{ epsilon float64 }

func (w wells) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	for i, x := range p.Var("x") {
		f := 1 + (x*x-1)*(x*x-1)
		logPi[i], kappa[i] = -f/w.epsilon, math.Log(w.epsilon)-f/w.epsilon
	}
	return nil
}

// A run is a start, times, a propagator and observers: mass goes from the left well to the right
// one, and none is lost.
func ExampleRun() {
	line, _ := mesh.NewCoordinates("cartesian", 1)
	x, _ := mesh.Uniform("x", 100, -2.5, 2.5)
	g, err := mesh.NewGrid(line, []mesh.Axis{x})
	if err != nil {
		log.Fatal(err)
	}
	op, err := operators.Assemble(g, wells{0.3}, operators.Options{})
	if err != nil {
		log.Fatal(err)
	}
	w := make([]float64, op.Cells())
	w[30] = 1 / op.Sigma[30] // all mass in the cell at x = −1
	const tolerance = 1e-8
	setUp := func(gamma float64) (solver.Linear, error) {
		return linear.New(op, gamma, linear.Options{Tolerance: tolerance})
	}
	p, err := solver.NewAdaptive(solver.Method{Operator: op, SetUp: setUp, Scheme: solver.SDIRK2(),
		SolverTolerance: tolerance}, 1e-6)
	if err != nil {
		log.Fatal(err)
	}
	drift := &solver.Drift{Operator: op}
	right := solver.ObserverFunc(func(e solver.Event) error {
		if !e.AtOutput {
			return nil
		}
		mass := 0.0
		for i := op.Cells() / 2; i < op.Cells(); i++ {
			mass += op.Sigma[i] * e.W[i]
		}
		fmt.Printf("t = %4.1f: %.4f on the right\n", e.Time, mass)
		return nil
	})
	run := solver.Problem{Start: &solver.State{W: w}, Times: []float64{0, 1, 10, 100},
		Propagator: p}
	if _, err := solver.Run(context.Background(), run, drift, right); err != nil {
		log.Fatal(err)
	}
	fmt.Println("mass is kept to rounding:", drift.Max < 1e-12)
	// Output:
	// t =  0.0: 0.0000 on the right
	// t =  1.0: 0.0198 on the right
	// t = 10.0: 0.2143 on the right
	// t = 100.0: 0.4984 on the right
	// mass is kept to rounding: true
}
