package solver

import (
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"fpsgd/mesh"
	"fpsgd/operators"

	"gonum.org/v1/gonum/floats"
)

// kronecker is S_1 ⊗ I ⊗ … + I ⊗ S_2 ⊗ … + …: what the equation is on a grid where the logarithm of
// π and κ are sums over the axes. Its exponential is the product of those on the axes, on which
// solves are direct and each entry of a solution has a small relative error.
func kronecker(axes ...*operators.Operator) *operators.Operator {
	op := &operators.Operator{LogM: []float64{0}, Sigma: []float64{1}, Diag: []float64{0}}
	for _, a := range axes {
		n := a.Cells()
		op.Shape, op.Periodic = append(op.Shape, n), append(op.Periodic, false)
		op.LogZ += a.LogZ
		op.LogM = outer(op.LogM, a.LogM, func(x, y float64) float64 { return x + y })
		op.Diag = outer(op.Diag, a.Diag, func(x, y float64) float64 { return x + y })
		op.Sigma = outer(op.Sigma, a.Sigma, func(x, y float64) float64 { return x * y })
		first := func(x, _ float64) float64 { return x }
		for k, c := range op.Coupling {
			op.Coupling[k] = outer(c, a.Sigma, first)
		}
		op.Coupling = append(op.Coupling,
			outer(op.Sigma[:op.Cells()/n], a.Coupling[0], func(_, y float64) float64 { return y }))
	}
	return op
}

// outer returns f(x_i, y_j) in C order.
func outer(x, y []float64, f func(x, y float64) float64) []float64 {
	out := make([]float64, 0, len(x)*len(y))
	for _, v := range x {
		for _, u := range y {
			out = append(out, f(v, u))
		}
	}
	return out
}

// slowMode is the slowest mode v of an operator on one axis and its eigenvalue, by inverse
// iteration: 1/γ is far above the eigenvalues, so the solves are those of S itself.
func slowMode(t testing.TB, op *operators.Operator) (v []float64, lambda float64) {
	v = make([]float64, op.Cells())
	for i, sigma := range op.Sigma {
		v[i] = sigma * (float64(i)/float64(len(v)) - 0.5)
	}
	system := must[Linear](t)(solvedTo(op, 1e-13).SetUp(1e3))
	for range 60 {
		floats.AddScaled(v, -floats.Dot(v, op.Sigma), op.Sigma)
		floats.Scale(1/norm(v), v)
		if _, err := system.Solve(v, v); err != nil {
			t.Fatal(err)
		}
	}
	floats.AddScaled(v, -floats.Dot(v, op.Sigma), op.Sigma)
	floats.Scale(1/norm(v), v)
	return v, rayleigh(op, v)
}

// homogeneous are the weights of homogeneous noise, log π = −f/ε and κ = log ε − f/ε, on one axis.
type homogeneous struct {
	epsilon float64
	f       func(x float64) float64
}

func (l homogeneous) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	x := p.Var("x")
	for i := range logPi {
		logPi[i] = -l.f(x[i]) / l.epsilon
		kappa[i] = math.Log(l.epsilon) + logPi[i]
	}
	return nil
}

// slowCase is a product of axes, from a start whose deviation is a product of their slowest modes.
// On an axis of equilibrium σ and slowest mode v
//
//	w(t) = σ + ½ e^{−λt} v,
//
// and on the grid the outer product of these; axes without a mode are in equilibrium.
type slowCase struct {
	name   string
	op     *operators.Operator
	lambda float64 // of the first axis
	state  func(t float64) []float64
}

func newSlowCase(t *testing.T, name string, moving int, axes ...*operators.Operator) slowCase {
	modes, rates := make([][]float64, moving), make([]float64, moving)
	for k := range moving {
		modes[k], rates[k] = slowMode(t, axes[k])
	}
	return slowCase{name, kronecker(axes...), rates[0], func(at float64) []float64 {
		w := []float64{1}
		for k, op := range axes {
			x := slices.Clone(op.Sigma)
			if k < moving {
				floats.AddScaled(x, 0.5*math.Exp(-rates[k]*at), modes[k])
			}
			w = outer(w, x, func(x, y float64) float64 { return x * y })
		}
		return w
	}}
}

// slowCases have rates that spread over 6 to 26 decades: metastable wells, whose gap is e^{−1/(4ε)}
// or so, steep grids, and both.
func slowCases(t *testing.T) (cases []slowCase) {
	line := func(n int, radius, width float64, weights operators.Weights) *operators.Operator {
		c := must[mesh.Coordinates](t)(mesh.NewCoordinates("cartesian", 1))
		axis := must[mesh.Axis](t)(mesh.Sinh("x", n, -radius, radius, []float64{0.1},
			[]float64{width}))
		g := must[*mesh.Grid](t)(mesh.NewGrid(c, []mesh.Axis{axis}))
		return must[*operators.Operator](t)(operators.Assemble(g, weights, operators.Options{}))
	}
	for _, c := range []struct {
		n              int
		epsilon, width float64
	}{{40, 0.03, 1}, {40, 0.015, 1}, {40, 0.01, 1}, {40, 0.008, 1}, {40, 0.015, 1e-3},
		{40, 0.015, 1e-6}} {
		double := line(c.n, 2, c.width, homogeneous{c.epsilon,
			func(x float64) float64 { return (x*x-1)*(x*x-1)/4 + 0.005*x }})
		single := line(c.n, 2, c.width, homogeneous{c.epsilon,
			func(x float64) float64 { return x * x }})
		cases = append(cases, newSlowCase(t,
			fmt.Sprintf("wells, ε = %g, cells from %g", c.epsilon, c.width), 1, double, single))
	}
	double := line(14, 2, 1, homogeneous{0.012,
		func(x float64) float64 { return (x*x - 1) * (x*x - 1) / 4 }})
	single := line(12, 2, 1, homogeneous{0.012, func(x float64) float64 { return x * x }})
	cases = append(cases, newSlowCase(t, "wells in space", 1, double, single, single))
	for _, width := range []float64{1, 1e-6, 1e-9} {
		steep := line(40, 100, width, quadratic{0.25})
		cases = append(cases, newSlowCase(t, fmt.Sprintf("quadratics, cells from %g", width), 2,
			steep, steep))
	}
	return cases
}

// checkSlow runs a case and reports an error above the tolerance (times slack), or above its
// estimate. 1e-13 ‖w‖ is rounding of the states and eigenvalues compared.
func checkSlow(t *testing.T, c slowCase, name string, p func(times []float64) Propagator,
	allowed float64) {
	times := spaced(0.1/c.lambda, 5/c.lambda, 4)
	worst, estimate := 0.0, 0.0
	_, err := Run(t.Context(), Problem{Start: &State{W: c.state(0)}, Times: times,
		Propagator: p(times)},
		Schedule(AtOutputs).Do(ObserverFunc(func(e Event) error {
			exact := c.state(e.Time)
			whole, size := norms(c.op, exact)
			d := distance(e.W, exact)
			worst, estimate = math.Max(worst, d/size), math.Max(estimate, e.Error/size)
			if rounding := 1e-13 * whole; d > allowed*size+rounding || d > e.Error+rounding {
				t.Errorf("%s, %s: at λt = %.2g the error is %.2g, estimate %.2g, allowed %.2g",
					c.name, name, c.lambda*e.Time, d/size, e.Error/size, allowed)
			}
			return nil
		})))
	check(t, err)
	t.Logf("%s, %s: error %.2g, estimate %.2g", c.name, name, worst, estimate)
}

// Rounding of solves does not drown a slow mode. With (γSx)_i from a diagonal of S, errors were up
// to 0.11 of the norm, and on the steepest grids there was no convergence.
func TestSlowModesSurviveRounding(t *testing.T) {
	for _, c := range slowCases(t) {
		for _, tolerance := range []float64{1e-4, 1e-6, 1e-8} {
			checkSlow(t, c, fmt.Sprintf("lanczos to %g", tolerance),
				func(times []float64) Propagator {
					return exponential(t, c.op, times, tolerance, 64)
				}, tolerance)
		}
		const tolerance = 1e-4
		checkSlow(t, c, fmt.Sprintf("sdirk2 to %g", tolerance), func([]float64) Propagator {
			return must[*Adaptive](t)(NewAdaptive(method(c.op, SDIRK2()), tolerance))
		}, 100*tolerance) // of the steps
	}
}

// With loose solves their errors are those of the run, and State.Error says so.
func TestLooseSolvesAreReported(t *testing.T) {
	tolerances := []struct{ solves, steps float64 }{{1e-4, 1e-5}}
	if os.Getenv("FPSGD_LONG") != "" {
		tolerances = append(tolerances, struct{ solves, steps float64 }{1e-3, 1e-3})
	}
	for _, c := range slowCases(t) {
		for _, tolerance := range tolerances {
			m := solvedTo(c.op, tolerance.solves)
			m.Scheme = SDIRK2()
			checkSlow(t, c, fmt.Sprintf("sdirk2 to %g with solves to %g", tolerance.steps,
				tolerance.solves), func([]float64) Propagator {
				return must[*Adaptive](t)(NewAdaptive(m, tolerance.steps))
			}, 1)
		}
	}
}
