package linear

import (
	"fmt"
	"testing"
	"time"
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

// BenchmarkThreadsInThePlane times one and two threads in turn, so that what else the machine does
// meets both alike, and reports the least times and their quotients.
func BenchmarkThreadsInThePlane(b *testing.B) {
	for _, n := range []int{256, 512, 1024} {
		for name, p := range map[string]problem{"cartesian": cartesian(.5, 1e6, n, n),
			"polar": polar(.5, 1e6, n, n)} {
			b.Run(fmt.Sprintf("%d²,%s", n, name), func(b *testing.B) { compareThreads(b, p) })
		}
	}
}

// compareThreads is the benchmark on one grid.
func compareThreads(b *testing.B, p problem) {
	const pairs = 10 // a pass of the loop
	op := p.operator()
	rhs, x := random(op.Cells()), make([]float64, op.Cells())
	var setUp, solve [2]time.Duration
	for b.Loop() {
		for i := range 2 * pairs {
			k := i % 2
			start := time.Now()
			s := mustNew(b, op, .05, Options{Threads: 1 + k})
			setUp[k] = least(setUp[k], time.Since(start))
			if _, err := s.Solve(x, rhs); err != nil { // the first touches new memory
				b.Fatal(err)
			}
			start = time.Now()
			if _, err := s.Solve(x, rhs); err != nil {
				b.Fatal(err)
			}
			solve[k] = least(solve[k], time.Since(start))
		}
	}
	for k, name := range []string{"one", "two"} {
		b.ReportMetric(1e3*setUp[k].Seconds(), "ms-set-up-"+name)
		b.ReportMetric(1e3*solve[k].Seconds(), "ms-solve-"+name)
	}
	b.ReportMetric(float64(setUp[0])/float64(setUp[1]), "speed-up-set-up")
	b.ReportMetric(float64(solve[0])/float64(solve[1]), "speed-up-solve")
	b.ReportMetric(0, "ns/op")
}

// least is the lesser of two times, of which 0 is none.
func least(a, b time.Duration) time.Duration {
	if a == 0 {
		return b
	}
	return min(a, b)
}
