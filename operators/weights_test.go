package operators

import (
	"math"
	"testing"

	"fpsgd/mesh"

	"gonum.org/v1/gonum/mat"
)

// mlWeights are the weights of machine-learning noise, π = f^{−1−1/ε} and e^κ = ε f^{−1/ε}, of a landscape given by log f
// as a function of the components of θ.
type mlWeights struct {
	eps  float64
	logF func(theta []float64) float64
}

func (w mlWeights) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	c := p.Grid().Coordinates.Components()
	theta := make([]float64, len(c))
	for i := range logPi {
		for k, name := range c {
			theta[k] = p.Var(name)[i]
		}
		l := w.logF(theta)
		logPi[i], kappa[i] = -(1+1/w.eps)*l, math.Log(w.eps)-l/w.eps
	}
	return nil
}

// quadratic is f = 1 + |θ|².
func quadratic(eps float64) Weights {
	return mlWeights{eps, func(theta []float64) float64 {
		s := 0.0
		for _, x := range theta {
			s += x * x
		}
		return math.Log1p(s)
	}}
}

// logSingular is f = r²(1 + log² r) in terms of s = log r, which may lie outside the range of r.
type logSingular struct{ eps float64 }

func (w logSingular) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	for i, s := range p.LogNorm() {
		l := 2*s + math.Log1p(s*s)
		logPi[i], kappa[i] = -(1+1/w.eps)*l, math.Log(w.eps)-l/w.eps
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

func sinhAxis(t testing.TB, name string, n int, min, max float64) mesh.Axis {
	return must[mesh.Axis](t)(mesh.Sinh(name, n, min, max, []float64{0}, []float64{1}))
}

func newGrid(t testing.TB, system string, dimension int, axes ...mesh.Axis) *mesh.Grid {
	c := must[mesh.Coordinates](t)(mesh.NewCoordinates(system, dimension))
	return must[*mesh.Grid](t)(mesh.NewGrid(c, axes))
}

// eigenvalues returns all eigenvalues of S, ascending, by a dense method.
func eigenvalues(t testing.TB, op *Operator) []float64 {
	n := op.Cells()
	s := mat.NewSymDense(n, nil)
	e, col := make([]float64, n), make([]float64, n)
	for j := range n {
		clear(e)
		e[j] = 1
		op.Apply(col, e)
		for i := range j + 1 {
			s.SetSym(i, j, col[i])
		}
	}
	var eig mat.EigenSym
	if !eig.Factorize(s, false) {
		t.Fatal("the dense eigenvalue solver failed")
	}
	return eig.Values(nil)
}
