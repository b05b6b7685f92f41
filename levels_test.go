package fpsgd_test

import (
	"math"
	"testing"

	"fpsgd"
)

// Masses are added up over coarse cells: the whole is the same, and of π every cell's.
func TestRestrict(t *testing.T) {
	on := func(n int) *fpsgd.Equation {
		grid, err := fpsgd.Polar(fpsgd.Sinh(3*n, 0, 10, 0, 1), fpsgd.Uniform(2*n, 0, 2*math.Pi))
		if err != nil {
			t.Fatal(err)
		}
		f, err := fpsgd.Formula("1 + (x - 1)^2 + y^2", grid)
		if err != nil {
			t.Fatal(err)
		}
		e, err := fpsgd.Assemble(fpsgd.Problem{Landscape: f, Noise: fpsgd.ML(0.25), Grid: grid})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	fine, coarse := on(4), on(2)
	// Masses in the plane promise 1e-10 of their sum.
	const quadrature, rounding = 1e-8, 1e-12
	for i, w := range fine.Restrict(fine.Operator.Sigma, coarse) {
		if sigma := coarse.Operator.Sigma[i]; math.Abs(w-sigma) > quadrature*sigma {
			t.Errorf("cell %d: %.12g, want σ = %.12g", i, w, sigma)
		}
	}
	w := make([]float64, fine.Operator.Cells())
	for i, sigma := range fine.Operator.Sigma {
		w[i] = sigma * float64(1+i)
	}
	got, want := coarse.Operator.Mass(fine.Restrict(w, coarse)), fine.Operator.Mass(w)
	if math.Abs(got-want) > rounding*want {
		t.Errorf("the mass %.15g becomes %.15g", want, got)
	}
}
