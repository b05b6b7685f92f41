package passage

import (
	"context"
	"math"
	"testing"

	"fpsgd/mesh"
	"fpsgd/operators"

	"gonum.org/v1/gonum/mat"
)

// rough are weights without symmetry, in the plane.
type rough struct{}

func (rough) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	for i := range logPi {
		x, y := p.Held(0)[i], p.Held(1)[i]
		logPi[i] = -2*x*x - math.Cos(3*y) + x*y
		kappa[i] = logPi[i] + 0.3*math.Sin(2*x)
	}
	return nil
}

// absorbing is S of the process in rough weights that ends in a disc, and the operator before.
func absorbing(t *testing.T, levels ...operators.Level) (*operators.Absorbing,
	[]*operators.Region) {

	t.Helper()
	x, err := mesh.Uniform("x", 14, -1.5, 1.5)
	if err != nil {
		t.Fatal(err)
	}
	y := x
	y.Name = "y"
	c, err := mesh.NewCoordinates("cartesian", 2)
	if err != nil {
		t.Fatal(err)
	}
	g, err := mesh.NewGrid(c, []mesh.Axis{x, y})
	if err != nil {
		t.Fatal(err)
	}
	op, err := operators.Assemble(g, rough{}, operators.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var regions []*operators.Region
	for _, level := range levels {
		r, err := op.NewRegion(g, level)
		if err != nil {
			t.Fatal(err)
		}
		regions = append(regions, r)
	}
	a, err := op.Absorbing(g, rough{}, regions...)
	if err != nil {
		t.Fatal(err)
	}
	return a, regions
}

// disc is the level of a disc of radius 0.4.
func disc(x0, y0 float64) operators.Level {
	return func(dst []float64, p *mesh.Points) error {
		for i := range dst {
			dst[i] = math.Hypot(p.Held(0)[i]-x0, p.Held(1)[i]-y0) - 0.4
		}
		return nil
	}
}

// dense is S on the cells outside, and their numbers.
func dense(a *operators.Absorbing) (*mat.SymDense, []int) {
	var cells []int
	place := map[int]int{}
	for i, inside := range a.Inside {
		if !inside {
			place[i] = len(cells)
			cells = append(cells, i)
		}
	}
	s := mat.NewSymDense(len(cells), nil)
	for k, i := range cells {
		s.SetSym(k, k, a.Diag[i])
	}
	a.Edges(func(_, i, j int, c float64) {
		if c > 0 {
			s.SetSym(place[i], place[j], -c)
		}
	})
	return s, cells
}

// Times, rates and committors are those that a dense matrix has, by other algorithms.
func TestAgainstDenseMatrices(t *testing.T) {
	a, regions := absorbing(t, disc(0.7, 0.6))
	from := make([]bool, a.Cells())
	from[0] = true
	got, err := FirstPassage(context.Background(), a, from, Eliminate(1))
	if err != nil {
		t.Fatal(err)
	}
	s, cells := dense(a)
	var chol mat.Cholesky
	if !chol.Factorize(s) {
		t.Fatal("S is not positive definite")
	}
	sigma := mat.NewVecDense(len(cells), nil)
	for k, i := range cells {
		sigma.SetVec(k, a.Sigma[i])
	}
	var first, second mat.VecDense
	chol.SolveVecTo(&first, sigma)
	chol.SolveVecTo(&second, &first)
	var eigen mat.EigenSym
	eigen.Factorize(s, true)
	if lambda := eigen.Values(nil)[0]; math.Abs(got.Rate-lambda) > 1e-11*lambda {
		t.Errorf("λ = %.15g, want %.15g", got.Rate, lambda)
	}
	mass := 0.0
	for k, i := range cells {
		tau, square := first.AtVec(k)/a.Sigma[i], 2*second.AtVec(k)/a.Sigma[i]
		if math.Abs(got.Mean[i]-tau) > 1e-11*tau {
			t.Fatalf("τ = %.15g, want %.15g", got.Mean[i], tau)
		}
		d, want := got.Deviation(got.Mean[i], got.Square[i]), math.Sqrt(square-tau*tau)
		if math.Abs(d-want) > 1e-9*want {
			t.Fatalf("deviation %.15g, want %.15g", d, want)
		}
		if got.Mode[i] <= 0 {
			t.Fatalf("the quasi-stationary density is %g in cell %d", got.Mode[i], i)
		}
		mass += got.Mode[i] * a.Sigma[i] * a.Sigma[i]
	}
	if math.Abs(mass-1) > 1e-12 {
		t.Errorf("its mass is %.15g", mass)
	}
	if out := regions[0].Mass(a.Operator); out <= 0 || out >= 1 {
		t.Errorf("the disc has the mass %g", out)
	}
	both, _ := absorbing(t, disc(-0.8, -0.6), disc(0.7, 0.6))
	way, err := NewTransition(both, [2]float64{0.1, 0.1}, Eliminate(1))
	if err != nil {
		t.Fatal(err)
	}
	s, cells = dense(both)
	chol.Factorize(s)
	b := mat.NewVecDense(len(cells), nil)
	for k, i := range cells {
		b.SetVec(k, both.Rates[1][i]*both.Sigma[i])
	}
	var q mat.VecDense
	chol.SolveVecTo(&q, b)
	for k, i := range cells {
		if want := q.AtVec(k) / both.Sigma[i]; math.Abs(way.Committor[i]-want) > 1e-12 {
			t.Fatalf("q = %.15g, want %.15g", way.Committor[i], want)
		}
	}
}
