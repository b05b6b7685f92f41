package fpsgd

import (
	"math"
	"testing"
)

// The masses of the coarser grids of a chain are sums over the finest, M_I = Σ M_i, to rounding,
// where their own quadrature would be right to 1e-5 in space.
func TestMassesOfCoarserGridsAreSums(t *testing.T) {
	axis := Sinh(24, -50, 50, 0, 1)
	grid := must[*Grid](t)(Cartesian(axis, axis, axis))
	f := must[Landscape](t)(Formula("1 + x^2 + 2*y^2 + 3*z^2", grid))
	finest := must[*Equation](t)(Assemble(Problem{Landscape: f, Noise: ML(0.25), Grid: grid}))
	for k := range 2 {
		coarse := must[*Equation](t)(finest.coarse(k))
		sums := make([]float64, coarse.Operator.Cells())
		for i, parent := range finest.Parents(coarse) {
			sums[parent] += math.Exp(finest.Operator.LogM[i])
		}
		for i, want := range sums {
			if got := math.Exp(coarse.Operator.LogM[i]); math.Abs(got/want-1) > 1e-13 {
				t.Fatalf("cell %d of grid %d: the mass is %.15g, want %.15g", i, k, got, want)
			}
		}
	}
}
