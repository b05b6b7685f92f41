package solver

import (
	"math"
	"slices"
	"testing"

	"fpsgd/solver/linear"
)

// nearlySquare is LOBPCG on n² cells with couplings 1 and 1 + δ, begun from cosines along the axes:
// those with one node, along the second axis first, and then with two, each off by its share of a
// random vector.
func nearlySquare(t *testing.T, n int, delta float64, off ...float64) *lobpcg {
	t.Helper()
	op := lattice([]int{n, n}, []float64{1, 1 + delta}, false)
	block := randomBlock(op, len(off), 1)
	for k, w := range block {
		axis, nodes, size := 1-k%2, 1+k/2, norm(w)
		for i := range w {
			at := float64(i/op.Stride(axis)%n) + 0.5
			cosine := math.Cos(math.Pi*float64(nodes)*at/float64(n)) * math.Sqrt2 / float64(n)
			w[i] = cosine + off[k]/size*w[i]
		}
	}
	system, err := linear.New(op, 10, linear.Options{Tolerance: RoughTolerance, Rough: true})
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLOBPCG(t.Context(), op, system, 10, [][]float64{op.Sigma}, block)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Modes that have converged are left alone, and guards that are good enough, but for those that may
// turn out to be wanted.
func TestActiveModes(t *testing.T) {
	l := nearlySquare(t, 10, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1)
	l.values = []float64{1, 2, 2.01, 3, 4}
	l.residuals = []float64{5e-10, 1e-3, 0.025, 0.02, 0.04} // 2.01(1 − 10·0.025²) < 2
	two := &eigensolver{wanted: 2, slack: -tie}
	if err := l.precondition(two.wantedOf, 1e-8); err != nil {
		t.Fatal(err)
	}
	if want := []int{1, 2, 4}; !slices.Equal(l.active, want) {
		t.Errorf("modes %v are active, want %v", l.active, want)
	}
}

// A mode that has converged is overtaken by another, which then takes its number and has not.
func TestConvergedModeIsOvertaken(t *testing.T) {
	const n, delta = 10, 1e-7
	l := nearlySquare(t, n, delta, 0, 1e-2, 0.1)
	two := &eigensolver{wanted: 2, slack: -tie}
	settled, err := l.run(two.wantedOf, 1e-8)
	if err != nil || !settled {
		t.Fatalf("not settled: %v", err)
	}
	for i, want := range latticeValues([]int{n, n}, []float64{1, 1 + delta}, false, 2) {
		r := make([]float64, len(l.x[i]))
		l.op.Apply(r, l.x[i])
		l.add(r, -l.values[i], l.x[i])
		if off := norm(r); !(off < 1e-7*want) || math.Abs(l.values[i]/want-1) > 1e-12 {
			t.Errorf("eigenvalue %d is %.15g, want %.15g; residual %.2g", i, l.values[i], want,
				off)
		}
	}
}
