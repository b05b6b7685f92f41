package solver

import (
	"fmt"
	"testing"

	"fpsgd/mesh"
	"fpsgd/operators"
	"math"
)

type formula struct {
	f   func(x float64) float64
	eps float64
	ml  bool
}

func (w formula) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	for i, x := range p.Var("x") {
		f := w.f(x)
		if w.ml {
			logPi[i], kappa[i] = -(1+1/w.eps)*math.Log(f), math.Log(w.eps)-math.Log(f)/w.eps
		} else {
			logPi[i], kappa[i] = -f/w.eps, math.Log(w.eps)-f/w.eps
		}
	}
	return nil
}

func TestScratch(t *testing.T) {
	c := must[mesh.Coordinates](t)(mesh.NewCoordinates("cartesian", 1))
	axis := must[mesh.Axis](t)(mesh.Sinh("x", 400, -3, 3, []float64{-1, 1}, []float64{0.1, 0.01}))
	g := must[*mesh.Grid](t)(mesh.NewGrid(c, []mesh.Axis{axis}))
	op := must[*operators.Operator](t)(operators.Assemble(g, formula{func(x float64) float64 {
		return ((x-1)*(x-1) + 1e-4) * ((x+1)*(x+1) + 0.05)
	}, 0.1, true}, operators.Options{}))
	var cc counted
	modes, err := Spectrum(t.Context(), op, cc.setUp(op, 1e-12), 3)
	fmt.Println(err)
	for _, m := range modes {
		fmt.Println(m.Value, m.Residual)
	}
	hi := 0.0
	for _, d := range op.Diag {
		hi = math.Max(hi, d)
	}
	fmt.Println(hi)
	for i := 0; i < 400; i += 40 {
		fmt.Println(op.Sigma[i], op.Diag[i])
	}
}
