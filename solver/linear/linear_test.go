package linear

import (
	"fmt"
	"math"
	"testing"

	"fpsgd/operators"

	"gonum.org/v1/gonum/mat"
)

// grids are small grids of every kind; sizes are odd and even, above and below those at which SL2 changes its course.
var grids = []struct {
	name    string
	problem problem
}{
	{"1 cell", cartesian(1, 10, 1)},
	{"2 cells", cartesian(1, 10, 2)},
	{"line", cartesian(.5, 100, 57)},
	{"open line", opened(cartesian(.5, 100, 57))},
	{"ring of 2", ringOf(2)},
	{"ring of 3", ringOf(3)},
	{"ring of 31", ringOf(31)},
	{"1×9", cartesian(1, 10, 1, 9)},
	{"2×3", cartesian(1, 10, 2, 3)},
	{"16×24", cartesian(.25, 100, 16, 24)},
	{"17×37", cartesian(1, 100, 17, 37)},
	{"41×38", cartesian(1.9, 1e4, 41, 38)},
	{"open 33×35", opened(cartesian(1, 100, 33, 35))},
	{"5×51", cartesian(.25, 100, 5, 51)},
	{"polar 12×2", polar(.5, 10, 12, 2)},
	{"polar 12×3", polar(.5, 10, 12, 3)},
	{"polar 12×16", polar(.5, 10, 12, 16)},
	{"polar 9×36", polar(.5, 100, 9, 36)},
	{"polar 9×67", polar(.5, 100, 9, 67)},
	{"polar 8×33", polar(.5, 100, 8, 33)},
	{"polar, axes exchanged", swapped(polar(.5, 100, 9, 36))},
	{"7×8×19", cartesian(1, 100, 7, 8, 19)},
	{"1×6×1", cartesian(1, 100, 1, 6, 1)},
	{"open 5×7×6", opened(cartesian(.25, 100, 5, 7, 6))},
	{"spherical 6×5×2", spherical(.5, 10, 6, 5, 2)},
	{"spherical 6×5×3", spherical(.5, 10, 6, 5, 3)},
	{"spherical 7×6×8", spherical(.5, 10, 7, 6, 8)},
	{"torus 5×6×7", torus(5, 6, 7)},
	{"torus 5×2", torus(5, 2)},
	{"3×4×3×5", cartesian(.25, 10, 3, 4, 3, 5)},
}

// ringOf is one periodic axis of n cells.
func ringOf(n int) problem { return torus(n) }

// torus has all axes periodic.
func torus(cells ...int) problem {
	p := problem{epsilon: .5, logf: func(q []float64) float64 {
		var s float64
		for k, v := range q {
			s += 1 + math.Cos(v+float64(k))
		}
		return s
	}}
	for _, n := range cells {
		p.axes = append(p.axes, uniformAxis(n, 0, 2*math.Pi, true))
	}
	return p
}

// dense is A = I + γS written out from the definition of S.
func dense(op *operators.Operator, gamma float64) *mat.Dense {
	n := op.Cells()
	a := mat.NewDense(n, n, nil)
	add := func(i, j int, v float64) { a.Set(i, j, a.At(i, j)+v) }
	for i := range n {
		add(i, i, 1)
		if op.Removal != nil {
			add(i, i, gamma*op.Removal[i])
		}
		for k := range op.Shape {
			if j, ok := neighbour(op, i, k); ok {
				c := gamma * op.Coupling[k][i]
				add(i, i, c*op.Ratio(i, j))
				add(j, j, c*op.Ratio(j, i))
				add(i, j, -c)
				add(j, i, -c)
			}
		}
	}
	return a
}

// TestAgainstDenseLU compares with elimination of the whole matrix in gonum, in the D-weighted norm of the error.
func TestAgainstDenseLU(t *testing.T) {
	for _, g := range grids {
		for _, gamma := range []float64{1e-3, .5, 100} {
			for _, method := range methodsFor(g.problem) {
				t.Run(fmt.Sprintf("%s/γ=%g/%s", g.name, gamma, method), func(t *testing.T) {
					op := g.problem.operator()
					a := dense(op, gamma)
					b := random(op.Cells())
					want := make([]float64, len(b))
					if err := mat.NewVecDense(len(b), want).SolveVec(a, mat.NewVecDense(len(b), b)); err != nil {
						t.Fatal(err)
					}
					s, err := New(op, gamma, Options{Tolerance: 1e-12, Method: method})
					if err != nil {
						t.Fatal(err)
					}
					got := make([]float64, len(b))
					stats, err := s.Solve(got, b)
					if err != nil {
						t.Fatal(err)
					}
					var difference, size float64
					for i := range b {
						difference += a.At(i, i) * math.Pow(got[i]-want[i], 2)
						size += a.At(i, i) * want[i] * want[i]
					}
					// tolerance 1e-12 times the amplification of the residual by the inverse, with LU's own error
					if e := math.Sqrt(difference / size); !(e < 1e-10) {
						t.Errorf("relative error %g after %+v", e, stats)
					}
				})
			}
		}
	}
}

// methodsFor lists the methods that apply.
func methodsFor(p problem) []string {
	switch {
	case len(p.axes) == 1:
		return []string{Line, MIC}
	case len(p.axes) == 2 && !(p.axes[0].periodic && p.axes[1].periodic):
		return []string{Multigrid, MIC}
	}
	return []string{MIC}
}
