package linear

import (
	"fmt"
	"testing"
)

// benchmarks are the cases timed below, by every method that suits, side by side.
var benchmarks = []struct {
	name    string
	problem problem
	gamma   float64
	methods []string
}{
	{"512²,R=1e6,ε=0.5,γ=0.05", cartesian(.5, 1e6, 512, 512), .05, []string{Multigrid, MIC}},
	{"512²,R=1e4,ε=1,γ=1", cartesian(1, 1e4, 512, 512), 1, []string{Multigrid, MIC}},
	{"64³,R=1e4,ε=1,γ=0.05", cartesian(1, 1e4, 64, 64, 64), .05, []string{MIC, Planes}},
	{"128³,R=1e4,ε=1,γ=0.05", cartesian(1, 1e4, 128, 128, 128), .05, []string{MIC, Planes}},
}

func BenchmarkNew(b *testing.B) {
	for _, c := range benchmarks {
		op := c.problem.operator()
		for _, method := range c.methods {
			b.Run(c.name+","+method, func(b *testing.B) {
				for b.Loop() {
					if _, err := New(op, c.gamma, Options{Method: method}); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(perLoop(b)/float64(op.Cells()), "ns/unknown")
			})
		}
	}
}

// BenchmarkSolve reports, besides the time, the iterations.
func BenchmarkSolve(b *testing.B) {
	for _, c := range benchmarks {
		op := c.problem.operator()
		rhs, x := gaussian(c.problem), make([]float64, op.Cells())
		for _, method := range c.methods {
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("%s,%s,threads=%d", c.name, method, threads), func(b *testing.B) {
					s, err := New(op, c.gamma, Options{Threads: threads, Method: method})
					if err != nil {
						b.Fatal(err)
					}
					var stats Stats
					for b.Loop() {
						if stats, err = s.Solve(x, rhs); err != nil {
							b.Fatal(err)
						}
					}
					reportSolve(b, s, stats)
				})
			}
		}
	}
}

func reportSolve(b *testing.B, s System, stats Stats) {
	solve, cells := perLoop(b), float64(s.(*krylovSystem).Cells)
	b.ReportMetric(float64(stats.Iterations), "iterations")
	b.ReportMetric(solve/cells, "ns/unknown")
	b.ReportMetric(solve/cells/float64(stats.Iterations), "ns/unknown/iteration")
}

// perLoop is the time of one pass of the loop, in nanoseconds.
func perLoop(b *testing.B) float64 { return float64(b.Elapsed().Nanoseconds()) / float64(b.N) }
