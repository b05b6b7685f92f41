package operators

import "testing"

// A row of a series: Measure of a state between a Gaussian and π, on 36³ cells.
func BenchmarkMeasure(b *testing.B) {
	g := newGrid(b, "cartesian", 3, uniformAxis(b, "x", 36, -4, 4),
		uniformAxis(b, "y", 36, -4, 4), uniformAxis(b, "z", 36, -4, 4))
	op := must[*Operator](b)(Assemble(g, quadratic(0.25), Options{Threads: 1}))
	w, logVolume := make([]float64, op.Cells()), make([]float64, op.Cells())
	for i, s := range op.Sigma {
		w[i] = 0.9*s + 0.1*s*s/op.Sigma[len(w)/2]
	}
	g.LogVolumes(logVolume)
	for b.Loop() {
		op.Measure(w, logVolume)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(w)), "ns/cell")
}
