package ensemble

import (
	"fmt"
	"testing"
)

// paraboloid is f = 1 + Σ (k+1) x_k².
func paraboloid(f []float64, gradient [][]float64, laplacian []float64, x [][]float64) {
	for i := range f {
		f[i] = 1
	}
	for k, component := range x {
		a := float64(k + 1)
		g := gradient[k]
		for i, v := range component {
			g[i] = 2 * a * v
			f[i] += a * v * v
		}
	}
}

func BenchmarkAdvance(b *testing.B) {
	for _, d := range []int{1, 2, 3} {
		b.Run(fmt.Sprint(d), func(b *testing.B) {
			const particles, steps = 1 << 13, 100
			e := Ensemble{X: make([][]float64, d)}
			for k := range e.X {
				e.X[k] = make([]float64, particles)
			}
			m := Method{Field: paraboloid, Dimension: d, Epsilon: 0.25, Step: 0.01}
			for b.Loop() {
				if err := e.Advance(b.Context(), m, steps, 1, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/particles/steps,
				"ns/step")
		})
	}
}
