package linear

import (
	"fmt"
	"testing"
	"time"
)

func TestCountsTmp(t *testing.T) {
	for _, n := range []int{32, 64, 128, 256, 512} {
		for _, R := range []float64{1e2, 1e4} {
			worst := [2]int{}
			var setup, solve time.Duration
			line := ""
			for _, eps := range []float64{.1, .25, 1, 1.9, 4} {
				p := cartesian(eps, R, n, n)
				op := p.operator()
				g := gaussian(p)
				for _, gamma := range []float64{1e-3, .05, 1, 100} {
					for k, b := range [][]float64{g, random(op.Cells())} {
						t0 := time.Now()
						s, err := New(op, gamma, Options{})
						if err != nil {
							t.Fatal(err)
						}
						setup = time.Since(t0)
						x := make([]float64, len(b))
						t0 = time.Now()
						st, err := s.Solve(x, b)
						solve = time.Since(t0)
						if err != nil {
							t.Error(n, R, eps, gamma, k, err)
						}
						worst[k] = max(worst[k], st.Iterations)
						line += fmt.Sprintf(" %d", st.Iterations)
					}
				}
			}
			t.Log(n, R, worst, setup, solve, line)
		}
	}
}
func TestCountsMIC(t *testing.T) {
	for _, n := range []int{48, 64} {
		for _, R := range []float64{1e2, 1e4} {
			for _, eps := range []float64{.1, 1, 1.9} {
				p := cartesian(eps, R, n, n, n)
				op := p.operator()
				g := gaussian(p)
				for _, gamma := range []float64{1e-3, .05, 1, 100} {
					for k, b := range [][]float64{g, random(op.Cells())} {
						t0 := time.Now()
						s, err := New(op, gamma, Options{})
						if err != nil {
							t.Fatal(err)
						}
						setup := time.Since(t0)
						x := make([]float64, len(b))
						t0 = time.Now()
						st, err := s.Solve(x, b)
						if err != nil {
							t.Error(n, R, eps, gamma, k, err)
						}
						d := time.Since(t0)
						t.Log(n, R, eps, gamma, k, st, setup, d, float64(d.Nanoseconds())/float64(st.Iterations)/float64(len(b)))
					}
				}
			}
		}
	}
}
