package mic

import (
	"math"
	"testing"

	"fpsgd/solver/linear/lineartest"
	"fpsgd/solver/linear/matrix"
)

// grids have every kind of link between cells.
var grids = []struct {
	shape    []int
	periodic []bool
}{
	{[]int{1}, nil}, {[]int{2}, nil}, {[]int{57}, nil}, {[]int{2}, []bool{true}},
	{[]int{3}, []bool{true}},
	{[]int{1, 9}, nil}, {[]int{16, 24}, nil}, {[]int{12, 2}, []bool{false, true}},
	{[]int{9, 3}, []bool{true, true}},
	{[]int{7, 8, 19}, nil}, {[]int{5, 6, 7}, []bool{true, true, true}},
	{[]int{6, 5, 2}, []bool{false, false, true}},
	{[]int{3, 4, 3, 5}, nil}, {[]int{4, 5, 6, 3}, []bool{false, true, false, true}},
}

// TestPreservesTheInvariantDensity: without relaxation M σ = A σ, so M⁻¹ A σ = σ.
func TestPreservesTheInvariantDensity(t *testing.T) {
	for _, g := range grids {
		op := lineartest.Random(1, g.shape, g.periodic...)
		a, err := matrix.New(op, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]float64, op.Cells())
		for i, v := range op.Sigma {
			b[i] = a.Excess(i) * v
		}
		for i, v := range inverse(newRelaxed(a, 0), b) {
			// roundings in n pivots, amplified by the paths between cells
			if e := math.Abs(v/op.Sigma[i] - 1); e > 1e-11 {
				t.Errorf("%v: M⁻¹Aσ/σ − 1 = %g at cell %d", g.shape, e, i)
			}
		}
	}
}

// TestPivots compares with the formula at type Factorisation, summed over lists of neighbours.
func TestPivots(t *testing.T) {
	const gamma = 0.7
	for _, g := range grids {
		op := lineartest.Random(1, g.shape, g.periodic...)
		a, err := matrix.New(op, gamma, 1)
		if err != nil {
			t.Fatal(err)
		}
		f := make([]map[int]float64, op.Cells()) // rates
		for i := range f {
			f[i] = map[int]float64{}
		}
		for i := range f {
			for k := range op.Shape {
				if j := op.Next(k, i, i/op.Stride(k)%op.Shape[k]); j >= 0 {
					c := gamma * op.Coupling[k][i]
					f[i][j] += c * op.Ratio(i, j)
					f[j][i] += c * op.Ratio(j, i)
				}
			}
		}
		for _, relaxation := range []float64{0, 0.3, 1} {
			m := newRelaxed(a, relaxation)
			left, pivots := make([]float64, len(f)), make([]float64, len(f)) // g and p
			for i := range f {
				left[i] = a.Excess(i)
				for q := range f[i] {
					if q >= i {
						continue
					}
					goesOn := left[q]
					for u, rate := range f[q] {
						if u > q && u != i {
							goesOn += relaxation * rate
						}
					}
					left[i] += f[i][q] * goesOn / pivots[q]
				}
				pivots[i] = left[i]
				for u, rate := range f[i] {
					if u > i {
						pivots[i] += rate
					}
				}
				if got := 1 / (m.scale[i] * m.scale[i]); !(math.Abs(got/pivots[i]-1) <= 1e-12) {
					t.Fatalf("%v, 1−ω = %g: pivot %g at cell %d, want %g", g.shape, relaxation, got,
						i, pivots[i])
				}
				want := (1+gamma*op.Diag[i])/pivots[i] - 2
				if !(math.Abs(m.e[i]-want) <= 1e-11*(2+math.Abs(want))) {
					t.Fatalf("%v, 1−ω = %g: E = %g at cell %d, want %g", g.shape, relaxation,
						m.e[i], i, want)
				}
			}
		}
	}
}

// inverse is M⁻¹ b.
func inverse(m *Factorisation, b []float64) []float64 {
	x, rhat := make([]float64, len(b)), make([]float64, len(b))
	m.Enter(rhat, b)
	m.Leave(x, rhat)
	return x
}
