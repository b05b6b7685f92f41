// Package fpsgd solves the Fokker–Planck equation of stochastic gradient descent,
//
//	∂t ρ = div( e^κ ∇(ρ/π) ),
//
// for a loss f, a noise, a grid and an initial density that are Go values. With machine-learning
// noise, D = ε f, that is
//
//	∂t ρ = ε div( f^{−1/ε} ∇( f^{1+1/ε} ρ ) ),    π = f^{−1−1/ε}.
//
// A Problem states it; Assemble makes the finite volumes of it, an Equation; that is solved in time
// (Solve), or for the rates at which it relaxes (Spectrum):
//
//	grid, err := fpsgd.Cartesian(fpsgd.Sinh(64, -100, 100, 0, 1), fpsgd.Sinh(64, -100, 100, 0, 1))
//	e, err := fpsgd.Assemble(fpsgd.Problem{
//		Landscape: fpsgd.LandscapeFunc(func(x []float64) float64 {
//			return 1 + x[0]*x[0] + 2*x[1]*x[1]
//		}),
//		Noise:     fpsgd.ML(0.25),
//		Grid:      grid,
//		Initial:   fpsgd.Gaussian{Center: []float64{2, 0}, Width: 0.3},
//	})
//	result, err := e.Solve(ctx, fpsgd.Options{End: 2})
//	spectrum, err := e.Spectrum(ctx, 4)
//
// The state of the equation is w = P/σ, P the masses of the cells and σ² = Π those of π scaled to
// 1: its 2-norm is the weighted norm ‖ρ/π‖. Density turns it into ρ.
//
// Run does the same in a run directory, with checkpoints. The fields of Problem, of the noises and
// the initial densities, and Named, are in go doc fpsgd/scenarios; what an observer sees, in go doc
// fpsgd/solver. f must be finite and not negative on the grid, and is called from several
// goroutines at once, as densities are. Errors speak of the flags of the command: what is --force
// there is Force here.
package fpsgd

import (
	"context"
	"fmt"
	"math"
	"slices"

	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/scenarios"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
	"fpsgd/solver/linear"

	"gonum.org/v1/gonum/floats"
)

// What a problem is made of.
type (
	// Problem is an equation on a grid, with the density that it starts from.
	Problem = scenarios.Problem
	// Landscape is a loss f ≥ 0, given by its logarithm.
	Landscape = scenarios.Landscape
	// LandscapeFunc is f as a function of the components of θ.
	LandscapeFunc = scenarios.LandscapeFunc
	// Scenario is a problem with what is known about it in closed form.
	Scenario = scenarios.Scenario
	// Noise is the noise of SGD: ML or Homogeneous.
	Noise = scenarios.Noise
	// ML is ε of noise that vanishes with the loss, D = ε f.
	ML = scenarios.ML
	// Homogeneous is ε of noise that does not depend on the loss, D = ε.
	Homogeneous = scenarios.Homogeneous
	// Initial is an initial density: Gaussian, Invariant, Exact or DensityFunc.
	Initial = scenarios.Initial
	// Gaussian is e^{−|θ − Center|²/(2 Width²)}.
	Gaussian = scenarios.Gaussian
	// Invariant is π.
	Invariant = scenarios.Invariant
	// Exact is a solution in closed form, where there is one.
	Exact = scenarios.Exact
	// DensityFunc is a density as a function of the components of θ.
	DensityFunc = scenarios.DensityFunc
)

// Formula is f by a formula in the variables of a grid's coordinates, such as "1 + x^2 + y^2";
// losses with closed forms are recognised.
func Formula(source string, g *mesh.Grid) (Landscape, error) {
	if g == nil {
		return nil, fmt.Errorf("the formula %q needs a grid, whose coordinates are its variables",
			source)
	}
	return scenarios.Formula(source, g.Coordinates)
}

// Equation is a problem that has been assembled on its grid, with what is known about it in closed
// form (Known).
type Equation struct {
	*scenarios.Scenario
	Operator *operators.Operator
	// Progress is told what long work is at; nil: nobody.
	Progress Progress

	tolerance float64 // of linear solves
	chain     chain   // on coarser grids
}

// solveTolerance is the relative residual of linear solves where nothing else is asked for.
const solveTolerance = 1e-10

// Assemble makes the finite volumes of a problem.
func Assemble(p Problem) (*Equation, error) { return assemble(scenarios.Of(p)) }

// FromConfig is Assemble of the problem that a config states; what it leaves to the program is
// chosen (SettleGrid).
func FromConfig(cfg *config.Config) (*Equation, error) {
	cfg, err := SettleGrid(context.Background(), cfg, nil)
	if err != nil {
		return nil, err
	}
	return assemble(scenarios.New(cfg))
}

// AssembleScenario is Assemble of a problem whose closed forms have been looked up.
func AssembleScenario(s *scenarios.Scenario) (*Equation, error) { return assemble(s, nil) }

// assemble is AssembleScenario, if there is no error.
func assemble(s *scenarios.Scenario, err error) (*Equation, error) {
	if err != nil {
		return nil, err
	}
	op, err := s.Assemble()
	if err != nil {
		return nil, err
	}
	return Assembled(s, op), nil
}

// Assembled is the equation of a problem and its operator.
func Assembled(s *scenarios.Scenario, op *operators.Operator) *Equation {
	e := &Equation{Scenario: s, Operator: op, tolerance: solveTolerance}
	if s.Config != nil {
		e.tolerance = s.Config.Solver.Tolerance
	}
	return e
}

// SetUp returns the systems (I + γS) x = b of the equation, solved to a relative residual.
func (e *Equation) SetUp(tolerance float64) solver.SetUp {
	return e.setUp(linear.Options{Tolerance: tolerance})
}

func (e *Equation) setUp(o linear.Options) solver.SetUp {
	o.Threads = e.Threads
	return func(gamma float64) (solver.Linear, error) { return linear.New(e.Operator, gamma, o) }
}

// Start is the initial state.
func (e *Equation) Start() ([]float64, error) { return e.Scenario.Start(e.Operator) }

// LogVolumes returns the logarithms of the volumes of the cells.
func (e *Equation) LogVolumes() []float64 {
	v := make([]float64, e.Grid.Cells())
	e.Grid.LogVolumes(v)
	return v
}

// Density returns ρ, averaged over the cells, of a state.
func (e *Equation) Density(w []float64) []float64 {
	rho := make([]float64, len(w))
	e.Operator.Density(rho, w, e.LogVolumes())
	return rho
}

// InvariantDensity returns π, averaged over the cells and scaled to mass 1 on the grid.
func (e *Equation) InvariantDensity() []float64 {
	pi := make([]float64, e.Operator.Cells())
	e.Operator.Invariant(pi, e.LogVolumes())
	return pi
}

// Masses returns P, the masses of the cells, of a state.
func (e *Equation) Masses(w []float64) []float64 {
	return floats.MulTo(make([]float64, len(w)), e.Operator.Sigma, w)
}

// LogMasses returns log Π, the logarithms of the invariant masses of the cells, which sum to 1.
func (e *Equation) LogMasses() []float64 {
	p := slices.Clone(e.Operator.LogM)
	floats.AddConst(-e.Operator.LogZ, p)
	return p
}

// FromMasses returns the state of given masses of the cells.
func (e *Equation) FromMasses(p []float64) ([]float64, error) {
	if len(p) != e.Operator.Cells() {
		return nil, fmt.Errorf("%d masses are given, and the grid has %d cells", len(p),
			e.Operator.Cells())
	}
	w := make([]float64, len(p))
	for i, sigma := range e.Operator.Sigma {
		if w[i] = p[i] / sigma; math.IsNaN(w[i]) || math.IsInf(w[i], 0) {
			return nil, fmt.Errorf("the mass %g of cell %d is not representable against that of "+
				"π, e^%.4g", p[i], i, e.Operator.LogM[i]-e.Operator.LogZ)
		}
	}
	return w, nil
}

// Counting is SetUp that tells Progress of every solve, as of a part of the work.
func (e *Equation) Counting(part string, tolerance float64) solver.SetUp {
	count := 0
	e.begins(part)
	return e.counting(part, &count, linear.Options{Tolerance: tolerance})
}

// begins tells Progress of a part of the work.
func (e *Equation) begins(part string) {
	if e.Progress != nil {
		e.Progress.part(part, "")
	}
}

func (e *Equation) counting(part string, count *int, o linear.Options) solver.SetUp {
	setUp := e.setUp(o)
	if e.Progress == nil {
		return setUp
	}
	return func(gamma float64) (solver.Linear, error) {
		system, err := setUp(gamma)
		return counted{system, func() { *count++; e.Progress.part(part, "%d solves", *count) }}, err
	}
}

// counted calls done after every solve.
type counted struct {
	solver.Linear
	done func()
}

func (c counted) Solve(x, b []float64) (linear.Stats, error) {
	defer c.done()
	return c.Linear.Solve(x, b)
}

// SolveTo implements linear.Tolerant.
func (c counted) SolveTo(x, b []float64, tolerance float64) (linear.Stats, error) {
	defer c.done()
	return linear.SolveTo(c.Linear, x, b, tolerance)
}
