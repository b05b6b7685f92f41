package solver

import (
	"context"
	"errors"
	"math"
	"testing"

	"fpsgd/operators"
	"fpsgd/solver/linear"

	"pgregory.net/rapid"
)

// ladder are grids of an operator for a nested search, each of pairs of the cells of the next along
// every axis, which need no quadrature; with direct solves, where iterative ones to 1e-13 are not
// the point.
func ladder(op *operators.Operator, direct bool) []Grid {
	const coarsest = 60 // cells
	var grids []Grid
	for {
		grid := Grid{Operator: op}
		grid.SetUp = func(gamma float64) (Linear, error) {
			return linear.New(grid.Operator, gamma, linear.Options{Tolerance: 1e-13})
		}
		if direct {
			grid.SetUp = func(gamma float64) (Linear, error) {
				return dissected(grid.Operator, gamma)
			}
		}
		grid.Rough = func(gamma float64) (Linear, error) {
			return linear.New(grid.Operator, gamma,
				linear.Options{Tolerance: RoughTolerance, Rough: true})
		}
		grids = append([]Grid{grid}, grids...)
		if op.Cells() <= coarsest {
			return grids
		}
		for k := range op.Shape {
			op = op.Aggregate(k)
		}
	}
}

// alsoNested holds a nested search against the eigenvalues that a search on the grid alone finds.
func alsoNested(t rapid.TB, name string, op *operators.Operator, values []float64) {
	t.Helper()
	k := len(values)
	grids := ladder(op, op.Cells() < 200)
	for len(grids) > 1 && guarded(k) > decaying(grids[0].Operator) {
		grids = grids[1:]
	}
	levels, certificate, err := NestedSpectrum(context.Background(), grids, k)
	if err != nil {
		t.Errorf("%s, nested: %v", name, err)
		return
	}
	for i, m := range levels[len(grids)-1] {
		if off := math.Abs(m.Value/values[i] - 1); !(off <= m.Error+1e-9) {
			t.Errorf("%s, nested: eigenvalue %d is %.12g, by a search on the grid alone %.12g, "+
				"and says %.1e", name, i+1, m.Value, values[i], m.Error)
		}
		// or rounding, which the error tells
		if !(m.Residual <= modeResidual) && !(m.Error <= acceptedError) {
			t.Errorf("%s, nested: residual %d is %.2g, error %.2g", name, i+1, m.Residual, m.Error)
		}
	}
	if certificate.Kind == Undecided {
		t.Logf("%s, nested: %s", name, certificate.Text)
	}
}

// On lattices of any anisotropy, with eigenvalues of any multiplicity, a nested search finds the
// closed forms.
func TestNestedIsTheSpectrum(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(8, 14).Draw(rt, "n")
		m := rapid.IntRange(8, 14).Draw(rt, "m")
		coupling := []float64{1, math.Exp(rapid.Float64Range(-6, 6).Draw(rt, "anisotropy"))}
		periodic := rapid.Bool().Draw(rt, "periodic")
		k := rapid.IntRange(1, 6).Draw(rt, "k")
		op := lattice([]int{n, m}, coupling, periodic)
		alsoNested(rt, "lattice", op, latticeValues([]int{n, m}, coupling, periodic, k))
	})
}

// Modes that the coarse grids have in another order: one that has converged is overtaken by a guard
// that has not. And multiplicities at which the vectors of a step are nearly dependent.
func TestNestedWhereModesOvertake(t *testing.T) {
	for _, c := range []struct {
		shape    []int
		coupling float64
		periodic bool
		k        int
	}{
		{[]int{11, 8}, 0.027688701905432694, false, 5},
		{[]int{9, 8}, 0.036764094346455084, false, 5},
		{[]int{8, 8}, 392.52782293732673, true, 5},
		{[]int{10, 8}, 0.003702237127196303, true, 6},
		{[]int{13, 14}, 0.1287193108433979, false, 4},
	} {
		coupling := []float64{1, c.coupling}
		alsoNested(t, "lattice", lattice(c.shape, coupling, c.periodic),
			latticeValues(c.shape, coupling, c.periodic, c.k))
	}
}

// A coarser grid on which nothing can be solved costs the help of it, and not the modes.
func TestNestedWithoutACoarserGrid(t *testing.T) {
	shape, coupling := []int{16, 14}, []float64{1, 3}
	grids := ladder(lattice(shape, coupling, false), false)
	broken := errors.New("no set-up")
	for i := range grids[:len(grids)-1] {
		grids[i].SetUp = func(float64) (Linear, error) { return nil, broken }
		grids[i].Rough = grids[i].SetUp
	}
	grids[0].Operator.Coupling[0][0] = math.NaN() // no elimination either
	levels, _, err := NestedSpectrum(t.Context(), grids, 3)
	if err != nil {
		t.Fatal(err)
	}
	if levels[0] != nil {
		t.Error("there are modes on a grid on which nothing can be solved")
	}
	values := latticeValues(shape, coupling, false, 3)
	for i, m := range levels[len(grids)-1] {
		near(t, "eigenvalue", m.Value/values[i], 1, 1e-11)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := NestedSpectrum(ctx, grids, 3); !errors.Is(err, ErrInterrupted) {
		t.Errorf("the error is %v, want %v", err, ErrInterrupted)
	}
}
