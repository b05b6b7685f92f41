package fpsgd_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"

	"fpsgd"
	"fpsgd/solver"
)

// A landscape of one's own, softest along x: −ε f^{1+1/ε} ∂x f^{−1/ε} = ∂x f = 2x, so that u = x
// decays at the rate 2, and nothing slower.
func Example() {
	axis := fpsgd.Sinh(48, -1e3, 1e3, 0, 1)
	grid, err := fpsgd.Cartesian(axis, axis)
	if err != nil {
		log.Fatal(err)
	}
	e, err := fpsgd.Assemble(fpsgd.Problem{
		Landscape: fpsgd.LandscapeFunc(func(x []float64) float64 {
			return 1 + x[0]*x[0] + 2*x[1]*x[1]
		}),
		Noise:   fpsgd.ML(0.25),
		Grid:    grid,
		Initial: fpsgd.Gaussian{Center: []float64{1, 0.5}, Width: 0.3},
	})
	if err != nil {
		log.Fatal(err)
	}
	result, err := e.Solve(context.Background(), fpsgd.Options{End: 6, Tolerance: 1e-6})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("‖u−⟨u⟩‖ decays at the rate %.3f (%s)\n", result.Fit.Rate, result.Scheme)
	// Output: ‖u−⟨u⟩‖ decays at the rate 2.001 (lanczos)
}

// The sharp Poincaré–Hardy constant, Λ = gap/ε, of the quadratic loss: 8 in theory.
func ExampleEquation_Spectrum() {
	grid, err := fpsgd.Cartesian(fpsgd.Sinh(400, -1e4, 1e4, 0, 1))
	if err != nil {
		log.Fatal(err)
	}
	f, err := fpsgd.Formula("1 + x^2", grid)
	if err != nil {
		log.Fatal(err)
	}
	e, err := fpsgd.Assemble(fpsgd.Problem{Landscape: f, Noise: fpsgd.ML(0.25), Grid: grid})
	if err != nil {
		log.Fatal(err)
	}
	s, err := e.Spectrum(context.Background(), 2)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("Λ = %.4f, exactly %g (%s); the list is %s\n", s.PoincareConstant, e.Known.Rate/0.25,
		e.Known.Kind, s.Certificate.Kind)
	// Output: Λ = 8.0000, exactly 8 (attained); the list is certified
}

// An observer is told of every state: this one follows the mean of x, which decays as e^{−2t} under
// ML noise and a quadratic loss.
func ExampleEquation_Solve_observer() {
	grid, err := fpsgd.Cartesian(fpsgd.Sinh(200, -100, 100, 0, 1))
	if err != nil {
		log.Fatal(err)
	}
	e, err := fpsgd.Assemble(fpsgd.Problem{
		Landscape: fpsgd.LandscapeFunc(func(x []float64) float64 { return 1 + x[0]*x[0] }),
		Noise:     fpsgd.ML(0.25),
		Grid:      grid,
		Initial:   fpsgd.Gaussian{Center: []float64{1}, Width: 0.5},
	})
	if err != nil {
		log.Fatal(err)
	}
	mean := func(w []float64) (sum float64) {
		for i, p := range e.Masses(w) {
			sum += p * grid.Axes[0].Midpoint(i)
		}
		return sum
	}
	follow := solver.Schedule(solver.AtOutputs).Do(solver.ObserverFunc(func(v solver.Event) error {
		if math.Mod(v.Time, 0.5) == 0 {
			fmt.Printf("t = %.1f: ⟨x⟩ = %.3f, e^{−2t} = %.3f\n", v.Time, mean(v.W),
				math.Exp(-2*v.Time))
		}
		return nil
	}))
	_, err = e.Solve(context.Background(), fpsgd.Options{End: 1, Times: []float64{0.5},
		Observers: []solver.Observer{follow}})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// t = 0.0: ⟨x⟩ = 1.000, e^{−2t} = 1.000
	// t = 0.5: ⟨x⟩ = 0.368, e^{−2t} = 0.368
	// t = 1.0: ⟨x⟩ = 0.135, e^{−2t} = 0.135
}

// A sweep that may be killed: what is complete is read, the rest goes on from its last checkpoint.
func ExampleRun() {
	dir, err := os.MkdirTemp("", "sweep")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	grid, err := fpsgd.Cartesian(fpsgd.Sinh(200, -1e3, 1e3, 0, 1))
	if err != nil {
		log.Fatal(err)
	}
	loss := func(x []float64) float64 { return 1 + x[0]*x[0] }
	for _, epsilon := range []float64{0.1, 0.2} {
		folder := filepath.Join(dir, fmt.Sprint("epsilon=", epsilon))
		run, err := fpsgd.Run(context.Background(), fpsgd.Problem{
			Landscape: fpsgd.LandscapeFunc(loss).Named("parabola", "1"),
			Noise:     fpsgd.ML(epsilon), Grid: grid,
			Initial: fpsgd.Gaussian{Center: []float64{1}, Width: 0.3},
		}, folder, fpsgd.RunOptions{Options: fpsgd.Options{End: 5}, Resume: true})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("ε = %g: gap %.2f\n", epsilon, run.Summary.Rate.Gap.Value())
	}
	// Output:
	// ε = 0.1: gap 2.00
	// ε = 0.2: gap 2.00
}
