package linear

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"fpsgd/operators"
	"fpsgd/solver/linear/matrix"

	"gonum.org/v1/gonum/mat"
)

// wells is a log f with minima of random depths and places, on [−3, 3].
func wells(seed uint64) func(q []float64) float64 {
	random := rand.New(rand.NewPCG(seed, 1))
	centers := make([][4]float64, 5)
	for k := range centers {
		for j := range centers[k] {
			centers[k][j] = 4*random.Float64() - 2
		}
	}
	return func(q []float64) float64 {
		f := 0.05
		for j := range q {
			f += q[j] * q[j] / 4
		}
		for k, c := range centers {
			r := 0.0
			for j, v := range q {
				r += (v - c[j]) * (v - c[j])
			}
			f -= 0.04 / float64(len(centers)) / float64(k+1) * math.Exp(-8*r)
		}
		return math.Log(f)
	}
}

// The count is compared with the dense eigenvalues, midway between each two of them that are apart
// by more than their rounding.
func TestCountAgainstDenseEigenvalues(t *testing.T) {
	phi := uniformAxis(8, 0, 2*math.Pi, true)
	polar := func(k int, q []float64) float64 { return []float64{1, q[0]}[k] }
	for k, p := range []problem{
		{axes: []axis{uniformAxis(40, -3, 3, false)}, logf: wells(1), epsilon: 0.3},
		{axes: []axis{uniformAxis(40, -3, 3, false)}, logf: wells(1), epsilon: 0.3, open: true},
		{axes: []axis{uniformAxis(24, -3, 3, true)}, logf: wells(2), epsilon: 0.3},
		{axes: []axis{uniformAxis(2, -3, 3, true)}, logf: wells(2), epsilon: 0.3},
		{axes: []axis{uniformAxis(11, -3, 3, false), uniformAxis(9, -3, 3, false)}, logf: wells(3),
			epsilon: 0.4},
		{axes: []axis{uniformAxis(11, -3, 3, false), uniformAxis(9, -3, 3, false)}, logf: wells(3),
			epsilon: 0.4, open: true},
		{axes: []axis{uniformAxis(3, -3, 3, false), uniformAxis(30, -3, 3, false)}, logf: wells(4),
			epsilon: 0.4},
		{axes: []axis{radialAxis(12, 5), phi}, logf: quadratic, scale: polar, epsilon: 0.4},
		{axes: []axis{uniformAxis(7, 0, 1, true), uniformAxis(8, 0, 2, true)}, logf: wells(5),
			epsilon: 1},
		{axes: []axis{uniformAxis(5, -2, 2, false), uniformAxis(4, -2, 2, false),
			uniformAxis(6, -2, 2, true)}, logf: wells(6), epsilon: 0.5},
		{axes: []axis{uniformAxis(6, -2, 2, false), uniformAxis(5, -2, 2, false),
			uniformAxis(4, -2, 2, false)}, logf: wells(7), epsilon: 0.3},
		{axes: []axis{uniformAxis(6, -2, 2, false), uniformAxis(5, -2, 2, false),
			uniformAxis(4, -2, 2, false)}, logf: wells(7), epsilon: 0.3, open: true},
		{axes: []axis{uniformAxis(3, -2, 2, true), uniformAxis(6, -2, 2, true),
			uniformAxis(7, -2, 2, true)}, logf: wells(8), epsilon: 0.5},
		{axes: []axis{uniformAxis(3, -2, 2, false), uniformAxis(4, -2, 2, false),
			uniformAxis(3, -2, 2, true), uniformAxis(4, -2, 2, false)}, logf: wells(9),
			epsilon: 0.5, open: true},
	} {
		op := p.operator()
		a, err := matrix.New(op, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		values := eigenvalues(op)
		compared := 0
		for i := 1; i < len(values); i++ {
			lo, hi := math.Max(values[i-1], 0), values[i]
			mu := (lo + hi) / 2
			if !(hi-lo > 1e-3*hi && hi > 1e-9*values[len(values)-1]) {
				continue
			}
			compared++
			plain, chain := countPlain(a, mu), countDissected(a, mu)
			counts := []Inertia{must(Count(op, mu)), plain, chain}
			for form, c := range counts {
				if c.Error < 1e-4 && c.Below != i {
					t.Errorf("problem %d, form %d: %d eigenvalues below %g, want %d (error %g)", k,
						form, c.Below, mu, i, c.Error)
				}
			}
			if !(counts[0].Error < 1e-4) {
				t.Errorf("problem %d: the count below %g is known to %g only", k, mu,
					counts[0].Error)
			}
		}
		if compared < len(values)/3 {
			t.Errorf("problem %d: only %d counts of %d could be compared", k, compared, len(values))
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// eigenvalues are those of S, ascending.
func eigenvalues(op *operators.Operator) []float64 {
	n := op.Cells()
	s := mat.NewSymDense(n, nil)
	e, column := make([]float64, n), make([]float64, n)
	for j := range n {
		clear(e)
		e[j] = 1
		op.Apply(column, e)
		for i := range j + 1 {
			s.SetSym(i, j, column[i])
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(s, false) {
		panic("no eigenvalues")
	}
	return eigen.Values(nil)
}

// Two states that exchange at the rates a and b have the eigenvalues 0 and a + b. Between cells of
// masses 1 and m that exchange c = T/√m the slow eigenvalue is T(1 + 1/m); it is found by the signs
// alone to rounding, 40 orders below the other rates.
func TestCountOfATinyEigenvalue(t *testing.T) {
	for _, shape := range [][]int{{6}, {2, 3}} {
		// Two groups of three cells each, couplings 1 within and 1e-40 across.
		op := &operators.Operator{Shape: shape, Periodic: make([]bool, len(shape)),
			LogM: make([]float64, 6), Sigma: make([]float64, 6), Diag: make([]float64, 6)}
		for i := range op.Sigma {
			op.Sigma[i] = 1 / math.Sqrt(6)
		}
		const weak = 1e-40
		links := weak
		if len(shape) == 1 {
			op.Coupling = [][]float64{{1, 1, weak, 1, 1, 0}}
		} else {
			op.Coupling, links = [][]float64{{weak, weak, weak, 0, 0, 0}, {1, 1, 0, 1, 1, 0}},
				3*weak
		}
		for k := range shape {
			for i := range 6 {
				if j := op.Next(k, i, i/op.Stride(k)%shape[k]); j >= 0 {
					op.Diag[i] += op.Coupling[k][i]
					op.Diag[j] += op.Coupling[k][i]
				}
			}
		}
		// T (1/M₁ + 1/M₂) with three cells on each side, to first order in the weak coupling
		exact := links * 2 / 3
		for factor, want := range map[float64]int{1 - 1e-9: 1, 1 + 1e-9: 2} {
			c := must(Count(op, exact*factor))
			if c.Below != want || !(c.Error < 1e-10) {
				t.Errorf("%v: %d eigenvalues below %g times the slow one, want %d (error %g)",
					shape, c.Below, factor, want, c.Error)
			}
		}
	}
}

// A diagonal that is a sum hides the slow eigenvalue: the plain form must say that it does not
// know.
func TestPlainCountKnowsItsRounding(t *testing.T) {
	op := problem{axes: []axis{uniformAxis(24, -3, 3, false), uniformAxis(24, -3, 3, false)},
		logf: wells(3), epsilon: 0.4}.operator()
	a := must(matrix.New(op, 1, 1))
	if c := countPlain(a, 1e-14); c.Error < 1 {
		t.Errorf("a shift below the rounding of the diagonal is counted with an error of %g",
			c.Error)
	}
}

func TestCountFails(t *testing.T) {
	op := problem{axes: []axis{uniformAxis(4, -3, 3, false)}, logf: quadratic,
		epsilon: 1}.operator()
	for _, mu := range []float64{0, -1, math.Inf(1), math.NaN()} {
		if _, err := Count(op, mu); err == nil {
			t.Errorf("eigenvalues below %g were counted", mu)
		}
	}
	for _, c := range []struct {
		shape []int
		yes   bool
	}{
		{[]int{1000000}, true}, {[]int{256, 256}, true}, {[]int{10000, 40}, true},
		{[]int{24, 24, 24}, true}, {[]int{100, 12, 12}, true},
		{[]int{8, 8, 8, 8}, true}, {[]int{1024, 1024}, false}, {[]int{32, 32, 32}, false},
		{[]int{1 << 10, 1 << 10, 1 << 10}, false}, {[]int{12, 12, 12, 12}, false},
	} {
		err := Countable(&operators.Operator{Shape: c.shape, Periodic: make([]bool, len(c.shape))})
		if (err == nil) != c.yes {
			t.Errorf("%v: %v", c.shape, err)
		}
	}
}

// What a factorisation takes is told in advance, to 5 %: leaves of an odd shape and the lower terms
// of sums.
func TestFlopsAreCounted(t *testing.T) {
	for _, p := range []problem{
		{axes: []axis{uniformAxis(50, -2, 2, false), uniformAxis(70, -2, 2, false)}},
		{axes: []axis{uniformAxis(40, -2, 2, true), uniformAxis(33, -2, 2, true)}},
		{axes: []axis{uniformAxis(9, -2, 2, false), uniformAxis(10, -2, 2, true),
			uniformAxis(16, -2, 2, false)}},
		{axes: []axis{uniformAxis(5, -2, 2, false), uniformAxis(6, -2, 2, true),
			uniformAxis(4, -2, 2, false), uniformAxis(5, -2, 2, false)}},
	} {
		p.logf, p.epsilon = quadratic, 1
		op, want := p.operator(), 0.0
		newDissection(must(matrix.New(op, 1, 1)), func(f *front) {
			for i := range f.own {
				want += float64((f.n - i - 1) * (f.n - i))
			}
		}, func(int) float64 { return 1 }).run()
		if got := dissectionFlops(op, math.Inf(1)); !(math.Abs(got/want-1) < 0.05) {
			t.Errorf("%v: %g multiply-adds, want %g", op.Shape, got, want)
		}
		if got := dissectionFlops(op, want/2); !(got > want/2) {
			t.Errorf("%v: %g multiply-adds, want more than the limit %g", op.Shape, got, want/2)
		}
	}
}

// The direct method solves as elimination on a line does: to a small relative error in every entry.
func TestDissectionSolves(t *testing.T) {
	for k, p := range []problem{
		{axes: []axis{sinhAxis(60, 100)}, logf: quadratic, epsilon: 0.25},
		{axes: []axis{uniformAxis(31, -3, 3, true)}, logf: wells(2), epsilon: 0.3},
		{axes: []axis{sinhAxis(20, 1e3), sinhAxis(14, 1e3)}, logf: quadratic, epsilon: 1},
		{axes: []axis{uniformAxis(14, -3, 3, false), uniformAxis(9, -3, 3, true)}, logf: wells(3),
			epsilon: 0.4, open: true},
		{axes: []axis{uniformAxis(5, -2, 2, false), uniformAxis(6, -2, 2, false),
			uniformAxis(4, -2, 2, false)}, logf: wells(6), epsilon: 0.5},
	} {
		op := p.operator()
		s := must(New(op, 10, Options{Method: Dissection}))
		random := rand.New(rand.NewPCG(7, 7))
		want, b, got := make([]float64, op.Cells()), make([]float64, op.Cells()),
			make([]float64, op.Cells())
		for i := range want {
			want[i] = random.NormFloat64()
		}
		a := must(matrix.New(op, 10, 1))
		a.Apply(b, want)
		must(s.Solve(got, b))
		a.Apply(want, got)
		for i := range want {
			want[i] -= b[i]
		}
		// Rounding of A x, and of mass that is restored.
		if r := a.Norm(want) / a.Norm(b); !(r < 1e-12) {
			t.Errorf("%s: residual %g", fmt.Sprint("problem ", k), r)
		}
	}
}
