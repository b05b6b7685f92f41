package solver

import (
	"fmt"
	"math"
	"testing"

	"fpsgd/mesh"
	"fpsgd/operators"

	"gonum.org/v1/gonum/floats"
)

// kronecker is S_1 ⊗ I ⊗ … + I ⊗ S_2 ⊗ … + …: what the equation is on a grid where the logarithm of π and κ are sums over the axes. Its
// exponential is the product of those on the axes, on which solves are direct and each entry of a solution has a small relative error.
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
		op.Coupling = append(op.Coupling, outer(op.Sigma[:op.Cells()/n], a.Coupling[0], func(_, y float64) float64 { return y }))
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

// slowMode is the slowest mode v of an operator on one axis and its eigenvalue, by inverse iteration: 1/γ is far above the eigenvalues, so
// the solves are those of S itself.
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

func TestScratch(t *testing.T) {
	for _, c := range []struct {
		n       int
		epsilon float64
		width   float64
		axes    int
	}{
		{64, 0.03, 1, 2}, {64, 0.015, 1, 2}, {64, 0.01, 1, 2}, {64,0.008,1,2}, {64, 0.015, 1e-3, 2}, {64, 0.015, 1e-6, 2}, {24, 0.015, 1, 3}, {24, 0.01, 1, 3},
	} {
		cc := must[mesh.Coordinates](t)(mesh.NewCoordinates("cartesian", 1))
		axis := func(center float64) *mesh.Grid {
			ax := must[mesh.Axis](t)(mesh.Sinh("x", c.n, -2, 2, []float64{center}, []float64{c.width}))
			return must[*mesh.Grid](t)(mesh.NewGrid(cc, []mesh.Axis{ax}))
		}
		double := homogeneous{c.epsilon, func(x float64) float64 { return (x*x-1)*(x*x-1)/4 + 0.005*x }}
		single := homogeneous{c.epsilon, func(x float64) float64 { return x * x }}
		op1 := must[*operators.Operator](t)(operators.Assemble(axis(0.1), double, operators.Options{}))
		op2 := must[*operators.Operator](t)(operators.Assemble(axis(0.1), single, operators.Options{}))
		v, lambda := slowMode(t, op1)
		sol := func(at float64) []float64 {
			x := append([]float64(nil), op1.Sigma...)
			floats.AddScaled(x, 0.5*math.Exp(-lambda*at), v)
			return x
		}
		ops := []*operators.Operator{op1}
		for range c.axes - 1 {
			ops = append(ops, op2)
		}
		op := kronecker(ops...)
		state := func(at float64) []float64 {
			out := sol(at)
			for range c.axes - 1 {
				out = outer(out, op2.Sigma, func(x, y float64) float64 { return x * y })
			}
			return out
		}
		feels, big := 0.0, 0.0
		for i, d := range op1.Diag {
			feels += d * v[i] * v[i]
			big = math.Max(big, d)
		}
		fmt.Printf("axes %d n %d width %g eps %g: λ %.6g, max rate %.2g, mode feels %.2g: expect %.2g\n", c.axes, c.n, c.width, c.epsilon, lambda, big, feels, feels/lambda*1e-16)
		times := spaced(0.1/lambda, 5/lambda, 4)
		w := state(0)
		for _, tol := range []float64{1e-4, 1e-6, 1e-9} {
			run := func(name string, p Propagator) {
				s, err := Run(t.Context(), Problem{Start: &State{W: append([]float64(nil), w...)}, Times: times, Propagator: p}, Schedule(AtOutputs).Do(ObserverFunc(func(e Event) error {
					x := state(e.Time)
					_, dec := norms(op, x)
					fmt.Printf("  %s tol %.0e t=%.3g: error %.2e  estimate %.2e\n", name, tol, e.Time*lambda, distance(e.W, x)/dec, e.Error/dec)
					return nil
				})))
				if err != nil {
					fmt.Println("  ", name, tol, err)
				} else {
					fmt.Println("  ", s.Steps, "steps", s.Solves, "solves", s.Iterations, "iterations")
				}
			}
			run("lanczos", exponential(t, op, times, tol, 64))
			if tol >= 1e-5 {
				m := solvedTo(op, 1e-10)
				m.Scheme = SDIRK2()
				run("sdirk2", must[*Adaptive](t)(NewAdaptive(m, tol)))
			}
		}
	}
}
