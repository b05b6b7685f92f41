package operators

import (
	"math"
	"runtime"
	"testing"

	"fpsgd/mesh"
)

// kinked has V = |x|(2 + |sin y|): periodic on [−1, 1]×[0, 2π], with kinks at the seams.
var kinked = mlWeights{0.5, func(x []float64) float64 {
	v := math.Abs(x[0])
	if len(x) > 1 {
		v *= 2 + math.Abs(math.Sin(x[1]))
	}
	return v
}}

// On a ring of N cells of size h with π = κ = 1 the conductances are 1/h, all N of them, and
// S_ii = 2/h²; on a torus the same along every axis.
func TestUniformRings(t *testing.T) {
	flat := logAtHeld(func([]float64) float64 { return 0 })
	for _, shape := range [][]int{{7}, {2}, {5, 4}, {4, 2, 3}} {
		names, axes := []string{"x", "y", "z"}, []mesh.Axis(nil)
		diag := 0.0
		for k, n := range shape {
			h := float64(k+1) / float64(n)
			axes = append(axes, ring(uniformAxis(t, names[k], n, -1, float64(k))))
			diag += 2 / (h * h)
		}
		op := must[*Operator](t)(Assemble(newGrid(t, "cartesian", len(shape), axes...), flat,
			Options{}))
		for i, d := range op.Diag {
			if math.Abs(d/diag-1) > 1e-13 { // a few roundings
				t.Errorf("%v, cell %d: S_ii = %.17g, want %.17g", shape, i, d, diag)
			}
		}
	}
}

// A ring may be cut open anywhere: the operator on [a, a + 2] is that on [b, b + 2], cells turned,
// for V of period 2, with kinks and cells that are hard; and in the plane the one with x and y
// exchanged.
func TestRingsCanBeCutAnywhere(t *testing.T) {
	const n, turn = 16, 5
	v := func(x float64) float64 { return math.Abs(math.Remainder(x-0.3, 2)) * 40 }
	f := mlWeights{0.5, func(x []float64) float64 {
		if len(x) > 1 {
			return v(x[0]) + math.Cos(math.Pi*x[1])
		}
		return v(x[0])
	}}
	on := func(shift float64, axes ...mesh.Axis) *Operator {
		x := ring(uniformAxis(t, "x", n, -1+shift, 1+shift))
		g := newGrid(t, "cartesian", 1+len(axes), append([]mesh.Axis{x}, axes...)...)
		return must[*Operator](t)(Assemble(g, f, Options{}))
	}
	for _, across := range [][]mesh.Axis{nil, {uniformAxis(t, "y", 3, 0, 1)},
		{ring(uniformAxis(t, "y", 4, 0, 2))}} {
		a, b := on(0, across...), on(2.0*turn/n, across...)
		row := a.Cells() / n
		for i := range a.LogM {
			j := (i + turn*row) % a.Cells()
			// κ and V are taken at x and x + 2, which differ by their rounding
			if math.Abs(a.LogM[j]-b.LogM[i]) > 1e-12 || math.Abs(a.Diag[j]/b.Diag[i]-1) > 1e-12 {
				t.Errorf("%d axes, cell %d: log M %.17g and %.17g, S_ii %.17g and %.17g",
					len(across)+1, i, a.LogM[j], b.LogM[i], a.Diag[j], b.Diag[i])
			}
		}
	}
}

// Nothing depends on the number of threads where the first axis is a ring, of which a slab has the
// last plane and another the first.
func TestRingsDoNotDependOnThreads(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(4, runtime.NumCPU())))
	x, y := ring(uniformAxis(t, "x", 9, -1, 1)), ring(uniformAxis(t, "y", 6, 0, 2*math.Pi))
	for _, axes := range [][]mesh.Axis{{x}, {x, y}, {x, uniformAxis(t, "y", 6, 0, 1)}} {
		g := newGrid(t, "cartesian", len(axes), axes...)
		for _, flux := range Fluxes {
			one := must[*Operator](t)(Assemble(g, kinked, Options{Flux: flux, Threads: 1}))
			for _, threads := range []int{2, 5} {
				many := must[*Operator](t)(Assemble(g, kinked,
					Options{Flux: flux, Threads: threads}))
				for i := range one.LogM {
					if one.LogM[i] != many.LogM[i] || one.Diag[i] != many.Diag[i] {
						t.Fatalf("%d axes, %s, %d threads: cell %d differs", len(axes), flux,
							threads, i)
					}
				}
			}
		}
	}
}
