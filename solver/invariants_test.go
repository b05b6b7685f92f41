package solver

import (
	"fmt"
	"math"
	"os"
	"testing"

	"fpsgd/operators"
	"fpsgd/solver/linear"

	"gonum.org/v1/gonum/mat"
)

// assembled holds the operators of cases, which no test changes.
var assembled = map[string]*operators.Operator{}

// cases calls f for every coordinate system, flux and ε on a small grid.
func cases(t *testing.T, f func(t *testing.T, op *operators.Operator)) {
	epsilons := []float64{0.05, 1, 100}
	if os.Getenv("FPSGD_LONG") != "" {
		epsilons = append(epsilons, 0.25, 4)
	}
	for _, c := range []struct {
		system       string
		dimension, n int
	}{
		{"cartesian", 1, 24}, {"cartesian", 2, 10}, {"cartesian", 3, 6}, {"cartesian", 4, 4},
		{"radial", 3, 20}, {"radial", 7, 20}, {"polar", 2, 10}, {"spherical", 3, 7},
		{"cylindrical", 3, 10},
	} {
		for _, epsilon := range epsilons {
			for _, flux := range operators.Fluxes {
				name := fmt.Sprintf("%s%d/%g/%s", c.system, c.dimension, epsilon, flux)
				t.Run(name, func(t *testing.T) {
					if assembled[name] == nil {
						assembled[name] = assemble(t, grid(t, c.system, c.dimension, c.n, 5),
							epsilon, flux)
					}
					f(t, assembled[name])
				})
			}
		}
	}
}

// middle is a cell inside the grid.
func middle(op *operators.Operator) int {
	at := 0
	for k, n := range op.Shape {
		at += op.Stride(k) * (n / 3)
	}
	return at
}

func fixed(t testing.TB, op *operators.Operator, s Scheme, step float64) *Fixed {
	return must[*Fixed](t)(NewFixed(method(op, s), step))
}

func TestMassIsConserved(t *testing.T) {
	cases(t, func(t *testing.T, op *operators.Operator) {
		for _, s := range schemes {
			check(t, checkMass(t, op, fixed(t, op, s, 0.01), oneCell(op, middle(op)), 0.01))
		}
	})
}

func TestInvariantDensityIsStationary(t *testing.T) {
	cases(t, func(t *testing.T, op *operators.Operator) {
		for _, s := range schemes {
			check(t, checkStationary(t, op, fixed(t, op, s, 10)))
			check(t, checkStationary(t, op, must[*Adaptive](t)(NewAdaptive(method(op, s), 1e-6))))
		}
	})
}

func TestNormIsMonotone(t *testing.T) {
	cases(t, func(t *testing.T, op *operators.Operator) {
		for _, s := range schemes {
			for _, step := range []float64{1e-4, 1, 1e4} {
				check(t, checkMonotone(t, op, fixed(t, op, s, step), oneCell(op, middle(op)),
					5*step))
			}
		}
	})
}

func TestEulerStaysNonnegative(t *testing.T) {
	cases(t, func(t *testing.T, op *operators.Operator) {
		for step := 1e-8; step < 2e8; step *= 1e4 {
			check(t, checkNonnegative(t, fixed(t, op, Euler(), step), oneCell(op, middle(op)),
				3*step))
		}
	})
}

// In one dimension the linear solver is direct, and the mass exact to rounding at any step.
func TestEulerConservesMassAtAnyStep(t *testing.T) {
	op := interval(t, 200, 1e4, 0.25)
	for step := 1e-8; step < 2e8; step *= 10 {
		d := &Drift{Operator: op}
		solve(t, fixed(t, op, Euler(), step), oneCell(op, 70), []float64{0, 5 * step}, d)
		if !(d.Max <= 1e-13) { // rounding of 200 terms and five solves
			t.Errorf("dt = %g: the mass drifted by %g", step, d.Max)
		}
	}
}

// The rough data of a single cell: the loss of positivity of schemes of higher order is mended by
// Euler steps.
func TestHighOrderFromOneCell(t *testing.T) {
	for _, c := range []struct {
		system       string
		dimension, n int
	}{{"cartesian", 1, 60}, {"cartesian", 2, 24}, {"cartesian", 3, 10}, {"polar", 2, 20}} {
		g := grid(t, c.system, c.dimension, c.n, 20)
		op := assemble(t, g, 0.25, "")
		for _, s := range []Scheme{SDIRK2(), SDIRK3()} {
			for _, tolerance := range []float64{1e-2, 1e-4, 1e-6} {
				p := must[*Adaptive](t)(NewAdaptive(method(op, s), tolerance))
				checkFromOneCell(t, fmt.Sprintf("%s, %s%d, tolerance %g", s.Name, c.system,
					c.dimension, tolerance), op, logVolumes(g), p)
			}
			for _, step := range []float64{1e-3, 1e-1} {
				checkFromOneCell(t, fmt.Sprintf("%s, %s%d, step %g", s.Name, c.system, c.dimension,
					step), op, logVolumes(g), fixed(t, op, s, step))
			}
		}
	}
}

func checkFromOneCell(t *testing.T, name string, op *operators.Operator, logVolume []float64,
	p Propagator) {
	series := NewSeries(op, logVolume)
	s := solve(t, p, oneCell(op, middle(op)), []float64{0, 1}, series)
	worst := 0.0
	for _, v := range series.Column("negative_mass") {
		worst = math.Max(worst, v)
	}
	// SDIRK2 itself leaves at most ten tolerances; an Euler step from there adds the noise of its
	// solve.
	if !(worst <= 2*negativeNoise*solverTolerance) {
		t.Errorf("%s: negative mass %g", name, worst)
	}
	t.Logf("%s: negative mass %.1e, %d steps, %d rejected, %d Euler, %d solves", name, worst,
		s.Steps, s.Rejected, s.EulerSteps, s.Solves)
}

// Spikes too small for the error in the norm to see, in cells of all sizes, on smooth data: every
// step of SDIRK2 that is as long as the smooth part allows makes one of them negative, until Euler
// steps have spread them.
func TestEulerStepsMendSmallSpikes(t *testing.T) {
	g := grid(t, "cartesian", 1, 300, 10)
	op := assemble(t, g, 0.25, "")
	exponential := newSpectrum(t, op).exponential
	w := exponential(0.5, oneCell(op, 250))
	_, scale := norms(op, w)
	for i := 5; i < 240; i += 13 {
		w[i] += 1e-3 * scale
	}
	exact := exponential(2, w)
	for _, p := range []Propagator{
		must[*Adaptive](t)(NewAdaptive(method(op, SDIRK2()), 1e-2)),
		fixed(t, op, SDIRK2(), 0.02),
	} {
		m, d := &Monotone{Operator: op}, &Drift{Operator: op}
		series := NewSeries(op, logVolumes(g))
		s := solve(t, p, w, []float64{0, 2}, m, d, series)
		check(t, m.Check())
		worst := 0.0
		for _, v := range series.Column("negative_mass") {
			worst = math.Max(worst, v)
		}
		t.Logf("%T: negative mass %.1e, error %.1e, %d steps, %d rejected, %d Euler, %d solves",
			p, worst, distance(s.W, exact)/scale, s.Steps, s.Rejected, s.EulerSteps, s.Solves)
		if s.EulerSteps == 0 || s.EulerSteps > 20 {
			t.Errorf("%T: %d Euler steps, want a few", p, s.EulerSteps)
		}
		if !(worst <= negativeNoise*solverTolerance) || !(d.Max <= 1e-12) {
			t.Errorf("%T: negative mass %g, mass drift %g", p, worst, d.Max)
		}
	}
}

// negativeLinear makes the first cell, which holds next to nothing, negative wherever that is not
// forbidden.
type negativeLinear struct {
	Linear
	sigma []float64
}

func (l negativeLinear) Solve(x, b []float64) (linear.Stats, error) {
	stats, err := l.Linear.Solve(x, b)
	move := x[0]*l.sigma[0] + 1e-14
	x[0] -= move / l.sigma[0]
	x[1] += move / l.sigma[1]
	return stats, err
}

// Where no step of SDIRK2 is ever right, the run costs at most a few times what Euler's scheme
// does.
func TestFallbacksInSuccessionDoNotCrawl(t *testing.T) {
	op := interval(t, 30, 100, 0.5)
	run := func(m Method) *State {
		return solve(t, must[*Adaptive](t)(NewAdaptive(m, 1e-3)), bump(op), []float64{0, 0.5})
	}
	euler := run(method(op, Euler()))
	m := method(op, SDIRK2())
	m.SolverTolerance = 1e-16 // it lets negative masses of 1e-15 pass
	setUp := m.SetUp
	m.SetUp = func(gamma float64) (Linear, error) {
		l, err := setUp(gamma)
		return negativeLinear{l, op.Sigma}, err
	}
	s := run(m)
	t.Logf("%d solves in %d steps, %d Euler steps; Euler alone: %d", s.Solves, s.Steps,
		s.EulerSteps, euler.Solves)
	if s.EulerSteps < s.Steps || s.Solves > 4*euler.Solves || !nonnegative(s.W) {
		t.Errorf("%d solves in %d steps, %d Euler steps; Euler alone: %d", s.Solves, s.Steps,
			s.EulerSteps, euler.Solves)
	}
}

func TestOutflowAccountsForTheMass(t *testing.T) {
	open := openInterval(t)
	for _, s := range schemes {
		for _, p := range []Propagator{fixed(t, open, s, 0.05),
			must[*Adaptive](t)(NewAdaptive(method(open, s), 1e-5))} {
			d, m := &Drift{Operator: open}, &Monotone{Operator: open}
			state := solve(t, p, oneCell(open, 2), []float64{0, 1, 20}, d, m)
			check(t, m.Check())
			if !(d.Max <= 1e-12) || !(state.Outflow > 0.01) { // rounding of some hundred steps
				t.Errorf("%s, %T: mass + outflow drifted by %g, outflow %g", s.Name, p, d.Max,
					state.Outflow)
			}
		}
	}
}

// mutant is a fixed-step Euler run of a wrong matrix.
func mutant(t *testing.T, op *operators.Operator, step float64, change func(a *mat.Dense)) *Fixed {
	a := dense(op)
	change(a)
	m := method(op, Euler())
	m.SetUp = denseSetUp(a)
	return must[*Fixed](t)(NewFixed(m, step))
}

func TestMutantsFail(t *testing.T) {
	op := interval(t, 24, 5, 1)
	w := oneCell(op, middle(op))
	none := func(*mat.Dense) {}
	check(t, checkMass(t, op, mutant(t, op, 0.01, none), w, 0.01))
	check(t, checkStationary(t, op, mutant(t, op, 1, none)))
	check(t, checkNonnegative(t, mutant(t, op, 1, none), w, 3))
	check(t, checkMonotone(t, op, mutant(t, op, 1, none), w, 5))

	// T_ij ≠ T_ji, with the diagonal that keeps the row sums: σ is stationary, the mass is not
	// conserved.
	oneSided := func(a *mat.Dense) {
		const excess = 1e-6
		c := op.Coupling[0][10]
		a.Set(10, 11, a.At(10, 11)-excess*c)
		a.Set(10, 10, a.At(10, 10)+excess*c*op.Ratio(10, 11))
	}
	check(t, checkStationary(t, op, mutant(t, op, 1, oneSided)))
	mutantFails(t, checkMass(t, op, mutant(t, op, 0.01, oneSided), w, 0.01))

	diagonal := func(a *mat.Dense) { a.Set(12, 12, a.At(12, 12)*(1+1e-6)) }
	mutantFails(t, checkStationary(t, op, mutant(t, op, 1, diagonal)))

	// The upwind flux, in place of B(∓s) with s = log(M_j/M_i): rates i → j of T'(1 + max(s, 0))
	// and back of T'(1 + max(−s, 0)). Mass is kept, π is not.
	upwind := func(a *mat.Dense) {
		a.Zero()
		op.Edges(func(_, i, j int, c float64) {
			ratio := op.Ratio(i, j)
			s := 2 * math.Log(ratio)
			scale := c
			if s != 0 {
				scale = c * (s / 2) / math.Sinh(s/2)
			}
			there, back := scale*(1+math.Max(s, 0)), scale*(1+math.Max(-s, 0))
			a.Set(i, i, a.At(i, i)+there)
			a.Set(j, j, a.At(j, j)+back)
			a.Set(j, i, a.At(j, i)-there/ratio)
			a.Set(i, j, a.At(i, j)-back*ratio)
		})
	}
	check(t, checkMass(t, op, mutant(t, op, 0.01, upwind), w, 0.01))
	mutantFails(t, checkStationary(t, op, mutant(t, op, 1, upwind)))

	// One conductance of the wrong sign, diagonal included: mass and σ are kept, until a negative
	// eigenvalue has made something of rounding.
	negative := func(a *mat.Dense) {
		c := op.Coupling[0][12]
		a.Set(12, 13, c)
		a.Set(13, 12, c)
		a.Set(12, 12, a.At(12, 12)-2*c*op.Ratio(12, 13))
		a.Set(13, 13, a.At(13, 13)-2*c*op.Ratio(13, 12))
	}
	check(t, checkStationaryUntil(t, op, mutant(t, op, 0.01, negative), 0.1))
	mutantFails(t, checkNonnegative(t, mutant(t, op, 0.01, negative), w, 1))
	mutantFails(t, checkMonotone(t, op, mutant(t, op, 0.01, negative), w, 1))
}
