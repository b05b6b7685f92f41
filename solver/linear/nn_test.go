package linear

import (
	"math"
	"testing"
)

func TestNNTmp(t *testing.T) {
	ps := map[string]problem{
		"1d": cartesian(.5, 1e4, 400), "1dheavy": cartesian(4, 1e4, 400), "1dring": torus(101), "1d.05": cartesian(.05, 1e4, 400),
		"2d": cartesian(.25, 1e2, 64, 64), "2dh": cartesian(1.9, 1e4, 64, 64), "polar": polar(.5, 100, 32, 64), "polarodd": polar(.5, 100, 32, 67),
		"2d.1":   cartesian(.1, 1e4, 64, 64),
		"2dopen": opened(cartesian(1, 100, 40, 40)),
		"3d":     cartesian(.5, 100, 16, 17, 18), "sph": spherical(.5, 100, 16, 9, 12), "3d.1": cartesian(.1, 1e4, 16, 17, 18),
	}
	for name, p := range ps {
		op := p.operator()
		n := op.Cells()
		for _, gamma := range []float64{1e-8, 1e-4, 1e-1, 1, 1e2, 1e4, 1e8} {
			for _, cell := range []int{n / 2, 0, n / 3} {
				b := make([]float64, n)
				if op.Sigma[cell] == 0 {
					continue
				}
				b[cell] = 1 / op.Sigma[cell]
				s, err := New(op, gamma, Options{})
				if err != nil {
					t.Fatal(err)
				}
				x := make([]float64, n)
				st, err := s.SolveNonnegative(x, b)
				st0, err0 := s.Solve(b, b)
				mn := math.Inf(1)
				mass := 0.0
				for i := range x {
					mn = math.Min(mn, x[i])
					mass += x[i] * op.Sigma[i]
				}
				t.Log(name, gamma, cell, st, err, mn, mass-1, "plain", st0, err0)
			}
		}
	}
}
