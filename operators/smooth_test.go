package operators

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// random is an operator with cells of masses 4^m, m at random down to a least one, and c_ij about
// 1.
func random(shape []int, periodic []bool, least int, removal bool) *Operator {
	source := rand.New(rand.NewPCG(uint64(least), uint64(shape[0])))
	op := &Operator{Shape: shape, Periodic: periodic}
	n := op.Cells()
	op.LogM, op.Sigma, op.Diag = make([]float64, n), make([]float64, n), make([]float64, n)
	slope := float64(least) / float64(n)
	for i := range n {
		m := int(slope*float64(i)) - source.IntN(4)
		op.LogM[i], op.Sigma[i] = float64(m)*math.Log(4), math.Ldexp(1, m)
	}
	for k := range shape {
		op.Coupling = append(op.Coupling, make([]float64, n))
		for i, j := range op.pairs(k, next, 0, n) {
			op.Coupling[k][i] = 0.5 + source.Float64()
			op.Diag[i] += op.Coupling[k][i] * op.Ratio(i, j)
			op.Diag[j] += op.Coupling[k][i] * op.Ratio(j, i)
		}
	}
	if removal {
		op.Removal = make([]float64, n)
		for i := range op.Removal {
			op.Removal[i] = source.Float64()
			op.Diag[i] += op.Removal[i]
		}
	}
	return op
}

// Smooth is S as Apply has it, but for the rounding of the terms, also where σ underflows.
func TestSmoothIsS(t *testing.T) {
	for k, op := range []*Operator{
		random([]int{17}, []bool{false}, 0, false),
		random([]int{9}, []bool{true}, 0, true),
		random([]int{2}, []bool{true}, 0, true),
		random([]int{7, 5}, []bool{false, false}, -3, true),
		random([]int{6, 8}, []bool{true, false}, -3, false),
		random([]int{8, 6}, []bool{false, true}, -1100, false), // σ underflows in the last rows
		random([]int{9, 8}, []bool{false, false}, -1100, true),
		random([]int{4, 3, 5}, []bool{false, true, false}, -3, false),
		random([]int{3, 2, 2, 4}, []bool{true, true, false, true}, 0, true),
	} {
		n, source := op.Cells(), rand.New(rand.NewPCG(3, uint64(k)))
		w, got, want := make([]float64, n), make([]float64, n), make([]float64, n)
		for i, sigma := range op.Sigma {
			w[i] = sigma * source.Float64()
		}
		op.Apply(want, w)
		op.Smooth().Apply(got, w, make([]float64, n))
		energy, rounding := op.Energy(w)
		if form := floats.Dot(w, want); !(math.Abs(energy/form-1) < 1e-12) {
			t.Errorf("problem %d: ⟨w, Sw⟩ is %g, want %g", k, energy, form)
		}
		if of := op.Removal == nil; !(rounding < 1e-12*energy) || of && rounding < 1e-16*energy {
			t.Errorf("problem %d: the rounding of %g is %g", k, energy, rounding)
		}
		for i := range got { // σ_j/σ_i is from logarithms up to 1500 where σ underflows
			size := op.Diag[i]*op.Sigma[i] + math.Abs(want[i])
			if !(math.Abs(got[i]-want[i]) <= 1e-12*size) {
				t.Errorf("problem %d, cell %d: %g, want %g", k, i, got[i], want[i])
			}
		}
	}
}

// Of w = σ∘(1 + δv), exact in binary, S w = δ S(σ∘v) keeps its digits; so that Sσ = 0 to the bit.
func TestSmoothKeepsSmallDifferences(t *testing.T) {
	for k, op := range []*Operator{
		random([]int{9}, []bool{true}, 0, false),
		random([]int{7, 5}, []bool{false, false}, -3, false),
		random([]int{6, 8}, []bool{true, true}, -3, false),
		random([]int{4, 3, 5}, []bool{false, true, false}, -3, false),
	} {
		const delta = 0x1p-40
		n, source := op.Cells(), rand.New(rand.NewPCG(3, uint64(k)))
		v, w, u := make([]float64, n), make([]float64, n), make([]float64, n)
		got, want := make([]float64, n), make([]float64, n)
		for i, sigma := range op.Sigma {
			v[i] = sigma * float64(source.IntN(1<<10)) / (1 << 10)
			w[i] = sigma + delta*v[i]
		}
		smooth := op.Smooth()
		smooth.Apply(got, w, u)
		op.Apply(want, v)
		for i := range got {
			size := op.Diag[i] * op.Sigma[i]
			if off := got[i]/delta - want[i]; !(math.Abs(off) <= 1e-14*size) {
				t.Errorf("problem %d, cell %d: %g, want %g", k, i, got[i]/delta, want[i])
			}
		}
		smooth.Apply(got, op.Sigma, u)
		for i, v := range got {
			if v != 0 {
				t.Errorf("problem %d, cell %d: S σ is %g", k, i, v)
			}
		}
	}
}
