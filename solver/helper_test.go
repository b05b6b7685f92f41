package solver

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"math"
	"testing"

	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/solver/linear"

	"gonum.org/v1/gonum/mat"
)

const solverTolerance = 1e-10

// quadratic are the weights π = f^{−1−1/ε}, e^κ = ε f^{−1/ε} of f = 1 + |θ|².
type quadratic struct{ epsilon float64 }

func (q quadratic) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	f := make([]float64, len(logPi))
	for _, name := range p.Grid().Coordinates.Components() {
		for i, x := range p.Var(name) {
			f[i] += x * x
		}
	}
	logEps := math.Log(q.epsilon)
	for i, s := range f {
		l := math.Log(1 + s)
		logPi[i], kappa[i] = -(1+1/q.epsilon)*l, logEps-l/q.epsilon
	}
	return nil
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// mutantFails asserts that a check finds the fault of a mutant.
func mutantFails(t testing.TB, err error) {
	t.Helper()
	if err == nil {
		t.Error("the check passes a mutant")
	}
}

// graded is an axis on [−radius, radius], or [0, radius] where it is radial, fine at 0.
func graded(t testing.TB, name string, n int, lo, hi float64) mesh.Axis {
	return must[mesh.Axis](t)(mesh.Sinh(name, n, lo, hi, []float64{0}, []float64{1}))
}

func uniform(t testing.TB, name string, n int, lo, hi float64) mesh.Axis {
	return must[mesh.Axis](t)(mesh.Uniform(name, n, lo, hi))
}

// grid returns a grid of about n cells an axis that reaches to the radius.
func grid(t testing.TB, system string, dimension, n int, radius float64) *mesh.Grid {
	c := must[mesh.Coordinates](t)(mesh.NewCoordinates(system, dimension))
	var axes []mesh.Axis
	for _, name := range c.Axes() {
		switch name {
		case "r":
			axes = append(axes, graded(t, name, n, 0, radius))
		case "phi":
			axes = append(axes, uniform(t, name, max(4, n/2), 0, 2*math.Pi))
		case "theta":
			axes = append(axes, uniform(t, name, max(3, n/2), 0, math.Pi))
		default:
			axes = append(axes, graded(t, name, n, -radius, radius))
		}
	}
	return must[*mesh.Grid](t)(mesh.NewGrid(c, axes))
}

func assemble(t testing.TB, g *mesh.Grid, epsilon float64,
	flux operators.Flux) *operators.Operator {
	return must[*operators.Operator](t)(operators.Assemble(g, quadratic{epsilon},
		operators.Options{Flux: flux}))
}

// interval is the operator of f = 1 + x² on [−radius, radius].
func interval(t testing.TB, n int, radius, epsilon float64) *operators.Operator {
	return assemble(t, grid(t, "cartesian", 1, n, radius), epsilon, "")
}

// product is the operator of which the lines are the axes, for a π and a κ that are products: S is
// the sum of theirs, as its rates are.
func product(lines ...*operators.Operator) *operators.Operator {
	op := &operators.Operator{LogM: []float64{0}, Sigma: []float64{1}, Diag: []float64{0}}
	for _, line := range lines {
		var next operators.Operator
		next.Coupling = make([][]float64, len(op.Coupling)+1)
		for i, sigma := range op.Sigma {
			for j := range line.Sigma {
				next.LogM, next.Sigma = append(next.LogM, op.LogM[i]+line.LogM[j]),
					append(next.Sigma, sigma*line.Sigma[j])
				next.Diag = append(next.Diag, op.Diag[i]+line.Diag[j])
				for k := range op.Coupling {
					next.Coupling[k] = append(next.Coupling[k], op.Coupling[k][i])
				}
				next.Coupling[len(op.Coupling)] = append(next.Coupling[len(op.Coupling)],
					line.Coupling[0][j])
			}
		}
		next.Shape, next.Periodic = append(op.Shape, line.Cells()),
			append(op.Periodic, line.Periodic[0])
		next.LogZ = op.LogZ + line.LogZ
		op = &next
	}
	return op
}

func logVolumes(g *mesh.Grid) []float64 {
	v := make([]float64, g.Cells())
	g.LogVolumes(v)
	return v
}

func method(op *operators.Operator, s Scheme) Method {
	return Method{Operator: op, Scheme: s, SolverTolerance: solverTolerance,
		SetUp: func(gamma float64) (Linear, error) {
			return linear.New(op, gamma, linear.Options{Tolerance: solverTolerance})
		}}
}

// oneCell is a unit of mass in one cell.
func oneCell(op *operators.Operator, i int) []float64 {
	w := make([]float64, op.Cells())
	w[i] = 1 / op.Sigma[i]
	return w
}

// bump is σ times a smooth function of the position in the grid: 1 + Π cos.
func bump(op *operators.Operator) []float64 {
	w := make([]float64, op.Cells())
	for i, sigma := range op.Sigma {
		u := 1.0
		for k, n := range op.Shape {
			u *= 1.5 + math.Cos(2*(float64(i/op.Stride(k)%n)+0.5)/float64(n)+1)
		}
		w[i] = sigma * u
	}
	mass := op.Mass(w)
	for i := range w {
		w[i] /= mass
	}
	return w
}

// dense returns S as a matrix.
func dense(op *operators.Operator) *mat.Dense {
	n := op.Cells()
	s := mat.NewDense(n, n, nil)
	e, column := make([]float64, n), make([]float64, n)
	for j := range n {
		clear(e)
		e[j] = 1
		op.Apply(column, e)
		s.SetCol(j, column)
	}
	return s
}

// spectrum holds S = V Λ Vᵀ.
type spectrum struct {
	values  []float64
	vectors mat.Dense
}

func newSpectrum(t testing.TB, op *operators.Operator) *spectrum {
	eigen := factorised(t, op, true)
	d := &spectrum{values: eigen.Values(nil)}
	eigen.VectorsTo(&d.vectors)
	return d
}

// denseValues returns the eigenvalues of S alone, in a fraction of newSpectrum's time.
func denseValues(t testing.TB, op *operators.Operator) []float64 {
	return factorised(t, op, false).Values(nil)
}

func factorised(t testing.TB, op *operators.Operator, vectors bool) *mat.EigenSym {
	n := op.Cells()
	a, s := dense(op), mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i + 1 {
			s.SetSym(i, j, a.At(i, j))
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(s, vectors) {
		t.Fatal("the dense eigenvalue solver failed")
	}
	return &eigen
}

// exponential returns e^{−tS} w.
func (d *spectrum) exponential(t float64, w []float64) []float64 {
	n := len(w)
	var c, out mat.VecDense
	c.MulVec(d.vectors.T(), mat.NewVecDense(n, w))
	for k, lambda := range d.values {
		c.SetVec(k, math.Exp(-lambda*t)*c.AtVec(k))
	}
	out.MulVec(&d.vectors, &c)
	return out.RawVector().Data
}

// denseLinear solves (I + γA) x = b for any matrix A, also a wrong one.
type denseLinear struct{ lu mat.LU }

func denseSetUp(a *mat.Dense) SetUp {
	return func(gamma float64) (Linear, error) {
		n, _ := a.Dims()
		m := mat.NewDense(n, n, nil)
		m.Scale(gamma, a)
		for i := range n {
			m.Set(i, i, 1+m.At(i, i))
		}
		d := &denseLinear{}
		d.lu.Factorize(m)
		return d, nil
	}
}

func (d *denseLinear) Solve(x, b []float64) (linear.Stats, error) {
	v := mat.NewVecDense(len(b), append([]float64(nil), b...))
	return linear.Stats{}, d.lu.SolveVecTo(mat.NewVecDense(len(x), x), false, v)
}

func (d *denseLinear) SolveNonnegative(x, b []float64) (linear.Stats, error) {
	return d.Solve(x, b)
}

func distance(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += (a[i] - b[i]) * (a[i] - b[i])
	}
	return math.Sqrt(sum)
}

// solve runs from w at t = 0 through the times given, and fails the test if the run does.
func solve(t testing.TB, p Propagator, w []float64, times []float64, observers ...Observer) *State {
	t.Helper()
	start := &State{W: append([]float64(nil), w...)}
	return must[*State](t)(Run(t.Context(), Problem{Start: start, Times: times, Propagator: p},
		observers...))
}

// stored returns a state as a checkpoint has it.
func stored(t testing.TB, s *State) *State {
	var b bytes.Buffer
	check(t, gob.NewEncoder(&b).Encode(s))
	c := &State{}
	check(t, gob.NewDecoder(&b).Decode(c))
	return c
}

// The checks below are those of the real schemes, and each is tried on a mutant.

// checkMass runs at least 100 steps and reports a drift of the mass of more than 5e-13: rounding,
// some 1e-15 a step.
func checkMass(t testing.TB, op *operators.Operator, p Propagator, w []float64,
	step float64) error {
	d := &Drift{Operator: op}
	s := solve(t, p, w, []float64{0, 100 * step}, d)
	if s.Steps < 100 {
		return fmt.Errorf("only %d steps were taken", s.Steps)
	}
	if !(d.Max <= 5e-13) {
		return fmt.Errorf("the mass drifted by %.3g in %d steps", d.Max, s.Steps)
	}
	return nil
}

// checkStationary runs from σ and reports if chi = ‖w/m − σ‖ comes to 1e-12 within t = 100:
// rounding, as above.
func checkStationary(t testing.TB, op *operators.Operator, p Propagator) error {
	return checkStationaryUntil(t, op, p, 100)
}

func checkStationaryUntil(t testing.TB, op *operators.Operator, p Propagator, end float64) error {
	worst := 0.0
	solve(t, p, op.Sigma, []float64{0, end / 2, end}, ObserverFunc(func(e Event) error {
		worst = math.Max(worst, distance(e.W, op.Sigma))
		return nil
	}))
	if !(worst < 1e-12) {
		return fmt.Errorf("the invariant density moved by %.3g", worst)
	}
	return nil
}

// checkNonnegative reports a state of the run with a negative entry.
func checkNonnegative(t testing.TB, p Propagator, w []float64, end float64) error {
	lowest := 0.0
	solve(t, p, w, []float64{0, end}, ObserverFunc(func(e Event) error {
		for _, v := range e.W {
			lowest = math.Min(lowest, v)
		}
		return nil
	}))
	if lowest < 0 {
		return fmt.Errorf("the density became negative: w = %g", lowest)
	}
	return nil
}

func checkMonotone(t testing.TB, op *operators.Operator, p Propagator, w []float64,
	end float64) error {
	m := &Monotone{Operator: op}
	solve(t, p, w, []float64{0, end}, m)
	return m.Check()
}

// openInterval is an interval that mass leaves at both ends.
func openInterval(t testing.TB) *operators.Operator {
	const cells = 40
	op := *interval(t, cells, 10, 1)
	op.Removal, op.Diag = make([]float64, cells), append([]float64(nil), op.Diag...)
	for i, rate := range map[int]float64{0: 3, cells - 1: 0.1} {
		op.Removal[i] = rate
		op.Diag[i] += rate
	}
	return &op
}

// Richardson extrapolates values on nested grids, each with ratio times the cells of the one
// before: as a series in h^p, h^{p+2}, … where the observed order is within 0.3 of p, the nominal
// order or 2 above it, else by one correction of the nominal order. The error estimate is the last
// correction, or the last change; package analysis has error bars.
func Richardson(values []float64, ratio, nominal float64) (extrapolated, errorEstimate,
	order float64) {
	order = observedOrder(values, ratio)
	p := nominal
	if order > nominal+1 {
		p += 2
	}
	if !(math.Abs(order-p) <= 0.3) {
		n := len(values)
		change := values[n-1] - values[n-2]
		errorEstimate = math.Abs(change)
		if n > 2 {
			errorEstimate = math.Max(errorEstimate, math.Abs(values[n-2]-values[n-3]))
		}
		return values[n-1] + change/(math.Pow(ratio, nominal)-1), errorEstimate, order
	}
	row := append([]float64(nil), values...)
	for ; len(row) > 1; p += 2 {
		last := row[len(row)-1]
		for i := range len(row) - 1 {
			row[i] = row[i+1] + (row[i+1]-row[i])/(math.Pow(ratio, p)-1)
		}
		row = row[:len(row)-1]
		extrapolated = row[len(row)-1]
		errorEstimate = math.Abs(extrapolated - last)
	}
	return extrapolated, errorEstimate, order
}

// observedOrder is that of the last three values, or NaN.
func observedOrder(values []float64, ratio float64) float64 {
	n := len(values)
	if n < 3 {
		return math.NaN()
	}
	return math.Log((values[n-2]-values[n-3])/(values[n-1]-values[n-2])) / math.Log(ratio)
}
