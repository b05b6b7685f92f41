package multigrid

import (
	"math"
	"testing"

	"fpsgd/solver/linear/lineartest"
	"fpsgd/solver/linear/matrix"
)

// TestCoarseningKeepsAReversibleChain checks total mass, mass times excess, and detailed balance
// M_i f_ij = M_j f_ji.
func TestCoarseningKeepsAReversibleChain(t *testing.T) {
	for _, g := range []struct {
		shape    []int
		periodic []bool
	}{
		{[]int{2, 3}, nil}, {[]int{16, 24}, nil}, {[]int{17, 37}, nil}, {[]int{5, 51}, nil},
		{[]int{12, 16}, []bool{false, true}},
		{[]int{9, 36}, []bool{false, true}},
	} {
		op := lineartest.Random(1, g.shape, g.periodic...)
		a, err := matrix.New(op, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		fine := newRates(a, 0, matrix.Twisted(g.shape[0]))
		coarse, growth := fine.coarsen(a.Workers)
		var mass, massStop, coarseMass, coarseStop float64
		for i, s := range op.Sigma {
			mass += s * s
			massStop += s * s * fine.stop[fine.At(i/fine.m)*fine.m+i%fine.m]
		}
		m := make([]float64, len(growth))
		for t := range m {
			s := op.Sigma[fine.At(t/coarse.m)*fine.m+t%coarse.m*2]
			m[t] = s * s * growth[t] * growth[t]
			coarseMass += m[t]
			coarseStop += m[t] * coarse.stop[t]
		}
		// roundings
		if math.Abs(coarseMass/mass-1) > 1e-13 || math.Abs(coarseStop/massStop-1) > 1e-13 {
			t.Errorf("%v: mass %g became %g, mass times excess %g became %g", g.shape, mass,
				coarseMass, massStop, coarseStop)
		}
		balanced := func(i, j int, out, in float64) {
			if e := math.Abs(m[i]*out - m[j]*in); e > 1e-13*m[i]*out { // roundings
				t.Errorf("%v: fluxes %g and %g between coarse cells %d and %d", g.shape, m[i]*out,
					m[j]*in, i, j)
			}
		}
		for t := range m {
			row := t / coarse.m * coarse.m
			balanced(t, row+(t-row+1)%coarse.m, coarse.right[t], coarse.left[t])
			if next, ok := coarse.After(row / coarse.m); ok {
				balanced(t, t-row+next*coarse.m, coarse.down[t], coarse.up[t])
			}
		}
	}
}
