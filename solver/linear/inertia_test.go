package linear

import (
	"fmt"
	"math"
	"testing"
	"time"
)

func TestScratch(t *testing.T) {
	for _, n := range []int{32, 64, 128, 256} {
		op := problem{axes: []axis{sinhAxis(n, 100), sinhAxis(n, 100)}, logf: quadratic, epsilon: 0.25}.operator()
		begun := time.Now()
		for _, mu := range []float64{1e-12, 1.5, 2.5, 3.5, 10, 50} {
			begun = time.Now()
			c, err := Count(op, mu, 1)
			fmt.Println(n, mu, c, err, time.Since(begun))
		}
		begun = time.Now()
		l, err := New(op, 1e3, Options{Method: Dissection})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("set-up", time.Since(begun))
		x, b := make([]float64, op.Cells()), make([]float64, op.Cells())
		for i := range b {
			b[i] = math.Sin(float64(i))
		}
		begun = time.Now()
		l.Solve(x, b)
		fmt.Println("solve", time.Since(begun))
		a, _ := newMatrix(op, 1e3, 1)
		r := make([]float64, len(b))
		a.apply(r, x)
		for i := range r {
			r[i] -= b[i]
		}
		fmt.Println("residual", a.norm(r)/a.norm(b))
	}
}
