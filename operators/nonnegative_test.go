package operators

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"pgregory.net/rapid"
)

// nearest is Nonnegative by sorting: with the cells in descending order of v/σ, λ keeps the first k
// of them for the largest k with v_k/σ_k > (Σ_{i≤k} σ_i v_i − mass)/Σ_{i≤k} σ_i².
func nearest(sigma, v []float64, mass float64) []float64 {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Compare(v[j]/sigma[j], v[i]/sigma[i])
	})
	lambda, sum, square := 0.0, 0.0, 0.0
	for _, i := range order {
		sum, square = sum+sigma[i]*v[i], square+sigma[i]*sigma[i]
		if next := (sum - mass) / square; v[i]/sigma[i] > next {
			lambda = math.Max(next, 0)
		}
	}
	w := make([]float64, len(v))
	for i, x := range v {
		w[i] = math.Max(x-lambda*sigma[i], 0)
	}
	return w
}

// isNearest checks that w is in K, and that the angle at w between v and any of some states of K,
// the corners, 0 with a gain, and others, is not acute.
func isNearest(op *Operator, w, v []float64, gain float64, others ...[]float64) error {
	size, mass := 0.0, op.Mass(v)
	for i, s := range op.Sigma {
		size += math.Abs(s * v[i])
	}
	if i := slices.IndexFunc(w, func(x float64) bool { return !(x >= 0) }); i >= 0 {
		return fmt.Errorf("w = %g in cell %d", w[i], i)
	}
	const rounding = 1e-13
	if got := op.Mass(w); got > mass+gain+rounding*size ||
		gain == 0 && got < mass-rounding*size {
		return fmt.Errorf("mass %.17g, want %.17g and at most %g more", got, mass, gain)
	}
	for k, s := range op.Sigma {
		if s > 1e-100 {
			corner := make([]float64, len(v))
			corner[k] = mass / s
			others = append(others, corner)
		}
	}
	for _, z := range others {
		angle, scale := 0.0, 0.0
		for i, x := range v {
			angle += (x - w[i]) * (z[i] - w[i])
			scale += math.Abs(x-w[i]) * (math.Abs(z[i]) + math.Abs(w[i]))
		}
		if angle > rounding*(scale+floats.Norm(v, 2)*floats.Norm(z, 2)) {
			return fmt.Errorf("distance: ⟨v − w, z − w⟩ = %g of %g", angle, scale)
		}
	}
	return nil
}

// drawSigned draws a state with negative cells and a positive mass.
func drawSigned(t *rapid.T, op *Operator) []float64 {
	w := drawState(t, op, false)
	if m := op.Mass(w); m <= 0 { // u ≥ −1: the mean becomes positive
		floats.AddScaled(w, 1.01-m, op.Sigma)
		w[0] = -w[0]
	}
	return w
}

func TestNonnegativeIsNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, op := drawAssembly(t, true)
		v := drawSigned(t, op)
		mass := op.Mass(v)
		if mass < 1e-3 {
			return
		}
		gain := rapid.SampledFrom([]float64{0, 0, 1e-3, 10}).Draw(t, "gain") * mass
		w := slices.Clone(v)
		p := op.Nonnegative(w, v, gain)
		if err := isNearest(op, w, v, gain); err != nil {
			t.Fatal(err)
		}
		want := nearest(op.Sigma, v, mass+gain)
		if d := floats.Distance(w, want, 2); d > 1e-12*floats.Norm(v, 2) {
			t.Fatalf("%g from the nearest by sorting", d)
		}
		if d := floats.Distance(w, v, 2); !near(p.Distance, d, 1e-14, 0) {
			t.Fatalf("distance %g, want %g", p.Distance, d)
		}
		moved := 0.0
		size := 0.0
		for i, s := range op.Sigma {
			moved, size = moved+s*math.Abs(w[i]-v[i])/2, size+s*math.Abs(v[i])
		}
		if !near(p.Moved, moved/size, 1e-13, 0) {
			t.Fatalf("moved %g of the mass, want %g", p.Moved, moved/size)
		}
		again := slices.Clone(w)
		if q := op.Nonnegative(again, w, gain); q != (Projection{}) || !slices.Equal(again, w) {
			t.Fatalf("a nonnegative state is moved: %+v", q)
		}
	})
}

// Neither the distance to the exact solution, at any time from any nonnegative state, nor that to
// the invariant state goes up.
func TestNonnegativeIsNoFartherFromSolutions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, op := drawAssembly(t, true)
		exact := drawState(t, op, true)
		gain := 0.0
		v := slices.Clone(exact)
		for i, u := range rapid.SliceOfN(rapid.IntRange(-100, 100), len(v), len(v)).Draw(t, "e") {
			v[i] += float64(u) / 50 * op.Sigma[i]
		}
		m := op.Mass(exact)
		if op.Conservative() {
			floats.AddScaled(v, m-op.Mass(v), op.Sigma) // the error has no mass
		} else {
			gain = math.Max(0, m-op.Mass(v)) // m is no more than there was at the start
			if op.Mass(v) > m {
				return
			}
		}
		w := slices.Clone(v)
		op.Nonnegative(w, v, gain)
		states := [][]float64{exact, make([]float64, len(v))}
		if op.Conservative() {
			floats.AddScaled(states[1], m, op.Sigma)
		}
		for k, z := range states {
			before, after := floats.Distance(v, z, 2), floats.Distance(w, z, 2)
			if after > before+1e-14*floats.Norm(v, 2) {
				t.Fatalf("the distance to state %d rises from %g to %g", k, before, after)
			}
		}
	})
}

// A clip keeps no mass; one that is scaled back to its mass, and a λ that is off, are not nearest.
func TestNonnegativeMutants(t *testing.T) {
	op := &Operator{Shape: []int{4}, Sigma: []float64{0.1, 0.7, 0.7, 0.1}}
	v := []float64{-0.02, 0.6, 0.9, -0.05}
	w := make([]float64, len(v))
	lambda := op.Nonnegative(w, v, 0).Lambda
	mutant := func(lambda float64, scaled bool) []float64 {
		out := make([]float64, len(v))
		for i, x := range v {
			out[i] = math.Max(x-lambda*op.Sigma[i], 0)
		}
		if scaled {
			floats.Scale(op.Mass(v)/op.Mass(out), out)
		}
		return out
	}
	if err := isNearest(op, w, v, 0); err != nil {
		t.Error(err)
	}
	for name, m := range map[string]struct {
		w    []float64
		want string
	}{
		"clip": {mutant(0, false), "mass"}, "scaled clip": {mutant(0, true), "distance"},
		"λ/2": {mutant(lambda/2, false), "mass"}, "2λ": {mutant(2*lambda, false), "mass"},
		"2λ, scaled": {mutant(2*lambda, true), "distance"},
	} {
		err := isNearest(op, m.w, v, 0)
		if err == nil || err.Error()[:len(m.want)] != m.want {
			t.Errorf("%s: %v, want a complaint about %s", name, err, m.want)
		}
	}
}
