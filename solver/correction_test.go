package solver

import (
	"context"
	"math"
	"testing"

	"fpsgd/solver/linear"

	"gonum.org/v1/gonum/floats"
)

// perturbed is LOBPCG on a lattice, begun from its modes with these numbers, each off by η in other
// modes, and the modes.
func perturbed(t *testing.T, eta float64, modes ...int) (*lobpcg, [][]float64) {
	t.Helper()
	op := lattice([]int{12, 9}, []float64{1, 3.3}, false)
	system, err := linear.New(op, 10, linear.Options{Tolerance: RoughTolerance, Rough: true})
	if err != nil {
		t.Fatal(err)
	}
	exact, err := Spectrum(t.Context(), op, direct(Grid{Operator: op}), 20)
	if err != nil {
		t.Fatal(err)
	}
	var block, of [][]float64
	for _, k := range modes {
		w := make([]float64, op.Cells())
		copy(w, exact[k].W)
		for _, m := range exact {
			floats.AddScaled(w, eta/math.Sqrt(20), m.W)
		}
		block, of = append(block, w), append(of, exact[k].W)
	}
	l, err := newLOBPCG(context.Background(), op, system, 10, [][]float64{op.Sigma}, block)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.precondition(func(v []float64) int { return len(v) }, 0); err != nil {
		t.Fatal(err)
	}
	return l, of
}

// off is the sine of the angle between two vectors.
func off(v, w []float64) float64 {
	rest := make([]float64, len(v))
	floats.AddScaledTo(rest, v, -floats.Dot(v, w)/floats.Dot(w, w), w)
	return norm(rest) / norm(v)
}

// Where the block has the lowest modes, a correction reduces the error η of a mode to about φη, and
// what enters by the square, in the steps of conjugate gradients with κ = λ'/(λ' − λ). It is
// outside of the block.
func TestCorrectionReducesTheError(t *testing.T) {
	const eta = 1e-5
	for _, phi := range []float64{1e-1, 1e-2, 1e-4} {
		l, exact := perturbed(t, eta, 0, 1, 2, 3, 4)
		solve, solves := l.solve, 0 // of a correction
		l.solve = func(x, b []float64) error {
			solves++
			return solve(x, b)
		}
		for i, w := range l.w[:3] {
			solves = 0
			before := off(l.x[i], exact[i])
			if err := l.jacobiDavidson(w, l.sw[i], l.quotient(i), phi); err != nil {
				t.Fatal(err)
			}
			next := latticeValues([]int{12, 9}, []float64{1, 3.3}, false, 6)[5]
			kappa := next / (next - l.quotient(i))
			if most := 1 + math.Sqrt(kappa)/2*math.Log(2/phi); !(float64(solves) <= most) {
				t.Errorf("φ = %g: correction %d took %d solves, want %g", phi, i, solves, most)
			}
			after := off(difference(l.x[i], w), exact[i])
			if !(after < 3*phi*before+30*eta*eta) {
				t.Errorf("φ = %g: the error of mode %d was %.2g and is %.2g", phi, i, before, after)
			}
			for j, x := range l.x {
				if in := math.Abs(floats.Dot(x, w)) / norm(w); !(in < 1e-12) {
					t.Errorf("φ = %g: correction %d has %g of mode %d", phi, i, in, j)
				}
			}
		}
	}
}

// Where the block lacks modes below θ, S − θ is negative along them: a correction is about as large
// as what the preconditioner makes, and with it LOBPCG finds its way down to the lowest modes.
func TestCorrectionWhereModesAreMissing(t *testing.T) {
	l, _ := perturbed(t, 1e-3, 4, 5)
	want := make([]float64, l.op.Cells())
	l.outside(want, l.w[1])
	if err := l.jacobiDavidson(l.w[1], l.sw[1], l.quotient(1), 1e-8); err != nil {
		t.Fatal(err)
	}
	if size := norm(l.w[1]); !(size < 10*norm(want)) {
		t.Errorf("a correction of size %g, where the preconditioner gives %g", size, norm(want))
	}
	settled, err := l.run(func(v []float64) int { return len(v) }, 1e-8)
	if err != nil {
		t.Fatal(err)
	}
	lowest := latticeValues([]int{12, 9}, []float64{1, 3.3}, false, 2)
	for i, v := range l.values {
		if !settled || math.Abs(v/lowest[i]-1) > 1e-12 {
			t.Errorf("eigenvalue %d is %.15g, want %.15g", i, v, lowest[i])
		}
	}
}
