package linear

import (
	"fmt"
	"testing"
)

// benchmarks are the cases timed in both of the benchmarks below.
var benchmarks = []struct {
	name    string
	problem problem
	gamma   float64
}{
	{"512²,R=1e6,ε=0.5,γ=0.05", cartesian(.5, 1e6, 512, 512), .05},
	{"512²,R=1e4,ε=1,γ=1", cartesian(1, 1e4, 512, 512), 1},
	{"64³,R=1e4,ε=1,γ=0.05", cartesian(1, 1e4, 64, 64, 64), .05},
	{"128³,R=1e4,ε=1,γ=0.05", cartesian(1, 1e4, 128, 128, 128), .05},
}

func BenchmarkNew(b *testing.B) {
	for _, c := range benchmarks {
		b.Run(c.name, func(b *testing.B) {
			op := c.problem.operator()
			for b.Loop() {
				if _, err := New(op, c.gamma, Options{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*op.Cells()), "ns/unknown")
		})
	}
}

func BenchmarkSolve(b *testing.B) {
	for _, c := range benchmarks {
		op := c.problem.operator()
		rhs, x := gaussian(c.problem), make([]float64, op.Cells())
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s,threads=%d", c.name, threads), func(b *testing.B) {
				s, err := New(op, c.gamma, Options{Threads: threads})
				if err != nil {
					b.Fatal(err)
				}
				var stats Stats
				for b.Loop() {
					if stats, err = s.Solve(x, rhs); err != nil {
						b.Fatal(err)
					}
				}
				perSolve := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
				b.ReportMetric(float64(stats.Iterations), "iterations")
				b.ReportMetric(perSolve/float64(op.Cells()*stats.Iterations), "ns/unknown/iteration")
			})
		}
	}
}
