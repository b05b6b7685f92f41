package multigrid

import (
	"math"
	"testing"

	"fpsgd/solver/linear/lineartest"
	"fpsgd/solver/linear/matrix"
)

// TestTwistedEliminationIsAnotherOrder: lines eliminated from both ends are solved for exactly, as
// those eliminated from one, so that preconditioner and product are the same. Nothing is subtracted
// in a cycle from b ≥ 0, and so every entry agrees to some roundings a row.
func TestTwistedEliminationIsAnotherOrder(t *testing.T) {
	for _, g := range []struct {
		shape    []int
		periodic []bool
	}{
		{[]int{3, 40}, nil}, {[]int{40, 3}, nil}, {[]int{33, 35}, nil}, {[]int{64, 50}, nil},
		{[]int{51, 5}, nil}, {[]int{200, 33}, nil}, {[]int{9, 40}, []bool{false, true}},
		{[]int{24, 64}, []bool{false, true}}, {[]int{64, 24}, []bool{true, false}},
		{[]int{50, 15}, []bool{false, true}}, {[]int{4, 2}, []bool{false, true}},
	} {
		a, err := matrix.New(lineartest.Random(7, g.shape, g.periodic...), 10, 1)
		if err != nil {
			t.Fatal(err)
		}
		axis, _ := lineAxis(a)
		n := g.shape[axis]
		b := make([]float64, a.Cells)
		for i := range b {
			b[i] = 1 + math.Sin(float64(i*i))
		}
		want := applied(newLines(a, axis, matrix.Order{Rows: n}), b)
		for _, half := range []int{1, n / 2, n - 2} {
			got := applied(newLines(a, axis, matrix.Order{Rows: n, Half: half}), b)
			for i, v := range got {
				most := 16 * float64(n) * 0x1p-53 // roundings of the factors, and of the sweeps
				if e := math.Abs(v/want[i] - 1); !(e <= most) {
					t.Fatalf("%v, periodic %v, half = %d: entry %d is %g, from one end %g", g.shape,
						g.periodic, half, i, v, want[i])
				}
			}
		}
	}
}

// applied returns M⁻¹ b.
func applied(p matrix.Preconditioned, b []float64) []float64 {
	residual, direction := p.Size()
	r, z := make([]float64, residual), make([]float64, len(b))
	p.Enter(r, b)
	zhat, _ := p.Precondition(r, 1)
	p.Leave(z, zhat[direction-residual:])
	return z
}

// TestProductInTwistedOrder: for v = M⁻¹b, of which lines know nothing but by way of the cycle, the
// energy ⟨v, Âv⟩ and the weighted norm of Âv are those in another order.
func TestProductInTwistedOrder(t *testing.T) {
	for _, g := range []struct {
		shape    []int
		periodic []bool
	}{{[]int{33, 35}, nil}, {[]int{90, 40}, nil}, {[]int{24, 64}, []bool{false, true}}} {
		a, err := matrix.New(lineartest.Random(7, g.shape, g.periodic...), 10, 1)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]float64, a.Cells)
		for i := range b {
			b[i] = math.Sin(float64(i * i))
		}
		product := func(half int) (energy, norm float64) {
			p := newLines(a, 0, matrix.Order{Rows: g.shape[0], Half: half}).(*lines)
			residual, direction := p.Size()
			q, v := make([]float64, residual), make([]float64, direction)
			p.Enter(q, b)
			z, _ := p.Precondition(q, 1)
			energy = p.Apply(q, v, func(lo, hi int) { copy(v[lo:hi], z[lo:hi]) })
			return energy, math.Sqrt(p.weightedSquares(q))
		}
		energy, norm := product(0)
		for _, half := range []int{1, g.shape[0] / 2, g.shape[0] - 2} {
			e, n := product(half)
			// sums of both signs, in two orders
			if math.Abs(e/energy-1) > 1e-12 || math.Abs(n/norm-1) > 1e-12 {
				t.Errorf("%v, half = %d: ⟨v, Âv⟩ = %g, ‖Âv‖ = %g, from one end %g and %g", g.shape,
					half, e, n, energy, norm)
			}
		}
	}
}
