package fpsgd

import (
	"fmt"
	"strings"
	"testing"

	"fpsgd/solver"
	"fpsgd/solver/linear"
)

// iterations counts the conjugate gradients of the systems that a search sets up.
type iterations struct {
	solver.Linear
	count *int
}

func (i iterations) Solve(x, b []float64) (linear.Stats, error) {
	s, err := i.Linear.Solve(x, b)
	*i.count += s.Iterations
	return s, err
}

// BenchmarkSpectrum finds three modes on nested grids, and on the finest alone as before, on one
// thread: the time of the search, without assembly, and all iterations of conjugate gradients.
func BenchmarkSpectrum(b *testing.B) {
	for _, c := range []struct{ dimension, cells int }{{2, 256}, {2, 384}, {3, 32}, {3, 64}} {
		formula, axes := "1", []Division(nil)
		for k, name := range []string{"x", "y", "z"}[:c.dimension] {
			formula += fmt.Sprintf(" + %d*%s^2", k+1, name)
			axes = append(axes, Sinh(c.cells, -100, 100, 0, 1))
		}
		g := must[*Grid](b)(Cartesian(axes...))
		e := must[*Equation](b)(Assemble(Problem{Grid: g, Noise: ML(0.25), Threads: 1,
			Landscape: must[Landscape](b)(Formula(formula, g))}))
		e.coarser()
		for _, way := range []string{"nested", "alone"} {
			shape := strings.ReplaceAll(ShapeText(g.Shape()), " ", "")
			b.Run(shape+"/"+way, func(b *testing.B) {
				count := 0
				for b.Loop() {
					grids := e.grids("", 3, SpectrumTolerance)
					for i := range grids {
						grids[i].SetUp = counting(grids[i].SetUp, &count)
						grids[i].Rough = counting(grids[i].Rough, &count)
					}
					if way == "alone" {
						grids = grids[len(grids)-1:]
					}
					if _, _, err := solver.NestedSpectrum(b.Context(), grids, 3); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(count)/float64(b.N), "iterations")
				b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s")
			})
		}
	}
}

func counting(setUp solver.SetUp, count *int) solver.SetUp {
	return func(gamma float64) (solver.Linear, error) {
		system, err := setUp(gamma)
		return iterations{system, count}, err
	}
}
