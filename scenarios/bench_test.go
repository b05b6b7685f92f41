package scenarios

import (
	"fmt"
	"testing"
)

// A formula landscape on n³ cells: from config to operator.
func BenchmarkAssembleFormula(b *testing.B) {
	for _, n := range []int{32, 64, 128, 256} {
		b.Run(fmt.Sprintf("%d³", n), func(b *testing.B) {
			if n == 256 && testing.Short() {
				b.Skip("1 GB of arrays")
			}
			s := preset(b, "quadratic-3d", fmt.Sprintf("grid.axes.0.cells=%d", n))
			for b.Loop() {
				if _, err := s.Assemble(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(s.Grid.Cells()), "ns/cell")
		})
	}
}
