package operators

import (
	"math"
	"testing"

	"fpsgd/mesh"
)

// The π-centroids that an assembly keeps are the averages of the held coordinates with weight π, on
// cells so small that the lattice suffices for both.
func TestCentroidsAreAverages(t *testing.T) {
	w := quadratic(1)
	logPi := func(dst []float64, p *mesh.Points) error {
		return w.LogWeights(dst, make([]float64, len(dst)), p)
	}
	line := func(name string) mesh.Axis { return uniformAxis(t, name, 11, -0.5, 0.6) }
	for _, g := range []*mesh.Grid{
		newGrid(t, "cartesian", 1, line("x")),
		newGrid(t, "cartesian", 2, line("x"), line("y")),
		newGrid(t, "cartesian", 3, line("x"), line("y"), line("z")),
		newGrid(t, "polar", 2, uniformAxis(t, "r", 16, 0.5, 1),
			uniformAxis(t, "phi", 8, 0, 2*math.Pi)),
		newGrid(t, "radial", 3, must[mesh.Axis](t)(mesh.Log("r", 60, -6, 2, 0))),
	} {
		op := must[*Operator](t)(Assemble(g, w, Options{Centroids: true}))
		average := make([][]float64, len(g.Axes))
		for k := range average {
			average[k] = make([]float64, g.Cells())
		}
		held := func(p *mesh.Points) [][]float64 {
			out := make([][]float64, len(g.Axes))
			for k := range out {
				out[k] = p.Held(k)
			}
			return out
		}
		if err := JointAverages(average, g, logPi, held, 2, nil); err != nil {
			t.Fatal(err)
		}
		for k := range average {
			for i, v := range average[k] {
				// a tenth of a cell, and masses to 1e-10 where a cell is integrated again
				if c := op.Centroids[k][i]; math.Abs(c-v) > 1e-11 {
					t.Fatalf("%s, d = %d: the centroid of cell %d is %.17g, the average %.17g",
						g.Coordinates.Name(), len(g.Axes), i, c, v)
				}
			}
		}
	}
}

// Averages of several functions are those of each, to the bit.
func TestJointAverages(t *testing.T) {
	g := newGrid(t, "polar", 2, uniformAxis(t, "r", 9, 0, 2),
		uniformAxis(t, "phi", 8, 0, 2*math.Pi))
	logF := func(dst []float64, p *mesh.Points) error {
		for i, x := range p.Var("x") {
			dst[i] = -x * x
		}
		return nil
	}
	names := []string{"x", "y"}
	joint := [][]float64{make([]float64, g.Cells()), make([]float64, g.Cells())}
	both := func(p *mesh.Points) [][]float64 { return [][]float64{p.Var("x"), p.Var("y")} }
	if err := JointAverages(joint, g, logF, both, 3, nil); err != nil {
		t.Fatal(err)
	}
	single := make([]float64, g.Cells())
	for k, name := range names {
		if err := Averages(single, g, logF, func(p *mesh.Points) []float64 { return p.Var(name) },
			1); err != nil {
			t.Fatal(err)
		}
		for i, v := range single {
			if joint[k][i] != v {
				t.Fatalf("%s in cell %d: %.17g jointly, %.17g alone", name, i, joint[k][i], v)
			}
		}
	}
}
