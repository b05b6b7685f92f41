package validation

import (
	"fmt"
	"math"

	"fpsgd"
	"fpsgd/internal/plots"
	"fpsgd/mesh"
	"fpsgd/scenarios"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
)

// failed is an error that ends a claim (Run): it says nothing of whether the claim is true.
type failed struct{ error }

// check ends a claim by an error.
func check(err error) {
	if err != nil {
		panic(failed{err})
	}
}

// must is a part of a claim that there has to be.
func must[T any](part T, err error) T {
	check(err)
	return part
}

// inTurn runs the parts of a claim one after the other.
func inTurn(parts ...func(e *Experiment)) func(e *Experiment) error {
	return func(e *Experiment) error {
		for _, part := range parts {
			part(e)
		}
		return nil
	}
}

// formula is a problem of f by a formula.
func formula(f string, noise fpsgd.Noise, grid *fpsgd.Grid, initial fpsgd.Initial) fpsgd.Problem {
	return fpsgd.Problem{
		Landscape: must(fpsgd.Formula(f, grid)), Noise: noise, Grid: grid, Initial: initial,
	}
}

// parameters are those of a built-in landscape.
type parameters = map[string][]float64

// builtin is a problem of an f that is known by name.
func builtin(f string, p parameters, noise fpsgd.Noise, grid *fpsgd.Grid,
	initial fpsgd.Initial) fpsgd.Problem {
	return fpsgd.Problem{
		Landscape: must(scenarios.BuiltinLandscape(f, p, grid.Coordinates)),
		Noise:     noise, Grid: grid, Initial: initial,
	}
}

// The grids of package fpsgd.
func cartesian(axes ...fpsgd.Division) *fpsgd.Grid { return must(fpsgd.Cartesian(axes...)) }
func radial(m int, r fpsgd.Division) *fpsgd.Grid   { return must(fpsgd.Radial(m, r)) }
func polar(r, phi fpsgd.Division) *fpsgd.Grid      { return must(fpsgd.Polar(r, phi)) }
func cylindrical(r, z fpsgd.Division) *fpsgd.Grid  { return must(fpsgd.Cylindrical(r, z)) }
func spherical(r, theta, phi fpsgd.Division) *fpsgd.Grid {
	return must(fpsgd.Spherical(r, theta, phi))
}

// graded are n cells of [min, max] that are finest near 0 and grow from the distance 1 on.
func graded(n int, min, max float64) fpsgd.Division { return fpsgd.Sinh(n, min, max, 0, 1) }

// gradedAbout is graded about several centres.
func gradedAbout(n int, min, max float64, centers, widths []float64) fpsgd.Division {
	return func(name string) (mesh.Axis, error) {
		return mesh.Sinh(name, n, min, max, centers, widths)
	}
}

// doublyGraded is graded in log r, which has the range [−S, S].
func doublyGraded(n int, S float64) fpsgd.Division {
	return func(name string) (mesh.Axis, error) { return mesh.Log(name, n, -S, S, 1) }
}

// The whole of the angles, in n cells.
func polarAngle(n int) fpsgd.Division { return fpsgd.Uniform(n, 0, math.Pi) }
func azimuth(n int) fpsgd.Division    { return fpsgd.Uniform(n, 0, 2*math.Pi) }

// reference is what measured values are to be compared with.
func reference(name string, x, y []float64) plots.Line {
	return plots.Line{Name: name, X: x, Y: y, Reference: true}
}

// measured are single values.
func measured(name string, x, y []float64) plots.Line {
	return plots.Line{Name: name, X: x, Y: y, Scattered: true}
}

// extend adds a point to a line.
func extend(l *plots.Line, x, y float64) { l.X, l.Y = append(l.X, x), append(l.Y, y) }

// sampled returns n + 1 numbers from lo to hi, in equal ratios, and the values of f there.
func sampled(n int, lo, hi float64, f func(x float64) float64) (x, y []float64) {
	for i := range n + 1 {
		x = append(x, lo*math.Pow(hi/lo, float64(i)/float64(n)))
		y = append(y, f(x[i]))
	}
	return x, y
}

// through solves an equation by the default propagator and shows the state at each of the times, of
// which the first is 0.
func (e *Experiment) through(eq *fpsgd.Equation, times []float64, tolerance float64,
	show func(w []float64)) {
	outputs := solver.Schedule(solver.AtOutputs).Do(solver.ObserverFunc(func(v solver.Event) error {
		show(v.W)
		return nil
	}))
	must(eq.Solve(e.Context, fpsgd.Options{
		End: times[len(times)-1], Times: times, Tolerance: tolerance,
		Observers: []solver.Observer{outputs},
	}.WithRows(1))) // none between
}

// relax solves an equation by the default propagator, which must have no steps, and fits the rate
// of ‖u−⟨u⟩‖. The error in time is 1e-8 of that at every time: it does not show beside the 1e-6
// that the fit itself is right to.
func (e *Experiment) relax(eq *fpsgd.Equation, end float64) *fpsgd.Result {
	r := must(eq.Solve(e.Context, fpsgd.Options{End: end, Tolerance: 1e-8}))
	switch {
	case r.Scheme != config.Lanczos:
		check(fmt.Errorf("solved in steps, which change the rates: %s", r.Reason))
	case !r.Fitted:
		check(fmt.Errorf("no window of a constant rate was found until t = %g", end))
	}
	return r
}

// steps solves an equation in steps of SDIRK2, all of the order 2. It is for claims that are about
// steps.
func (e *Experiment) steps(eq *fpsgd.Equation, end, step float64,
	observers ...solver.Observer) *solver.State {
	const tolerance = 1e-12 // of the linear solves: no part of the error
	fixed := must(solver.NewFixed(solver.Method{
		Operator: eq.Operator, SetUp: eq.SetUp(tolerance), SolverTolerance: tolerance,
		Scheme: solver.SDIRK2(),
	}, step))
	start := &solver.State{W: must(eq.Start())}
	run := solver.Problem{Start: start, Times: []float64{0, end}, Propagator: fixed}
	s := must(solver.Run(e.Context, run, observers...))
	if s.EulerSteps > 0 {
		check(fmt.Errorf("%v cells: %d Euler steps, of order 1, stand in for others",
			eq.Operator.Shape, s.EulerSteps))
	}
	return s
}

// outside returns the mass that the grid leaves out: of the closed form at time t, or of π,
// whichever is larger.
func outside(eq *fpsgd.Equation, t float64) float64 {
	w := make([]float64, eq.Operator.Cells())
	check(eq.ExactState(w, eq.Operator, t))
	outside := math.Max(0, 1-eq.Operator.Mass(w))
	if pi := eq.MassOutside(eq.Operator); pi > outside { // false where π has no mass
		outside = pi
	}
	return outside
}
