package scenarios

import (
	"fmt"
	"testing"

	"fpsgd/operators"
)

// The work on the whole grid before the first step, for a formula landscape on n³ cells.
func BenchmarkSetUp(b *testing.B) {
	for _, n := range []int{32, 64, 128, 256} {
		s := preset(b, "quadratic-3d", fmt.Sprintf("grid.axes.0.cells=%d", n))
		var op *operators.Operator
		for _, part := range []struct {
			name string
			work func() error
		}{
			{"assembly", func() (err error) { op, err = s.Assemble(); return err }},
			{"initial", func() error { _, err := s.Start(op); return err }},
			// without centroids
			{"means", func() error { _, _, err := s.Means(op, op.Sigma); return err }},
			{"landscape", func() error { _, err := s.LandscapeValues(); return err }},
		} {
			b.Run(fmt.Sprintf("%s/%d³", part.name, n), func(b *testing.B) {
				if n == 256 && testing.Short() {
					b.Skip("1 GB of arrays")
				}
				for b.Loop() {
					if err := part.work(); err != nil {
						b.Fatal(err)
					}
				}
				ns := float64(b.Elapsed().Nanoseconds())
				b.ReportMetric(ns/float64(b.N)/float64(s.Grid.Cells()), "ns/cell")
			})
		}
	}
}
