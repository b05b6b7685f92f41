package bandwidth

import (
	"math"
	"testing"
)

func TestTriadIsTheTriad(t *testing.T) {
	for n := range 11 {
		a, b, c := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range b {
			b[i], c[i] = float64(i+1), float64(10*i)
		}
		triad(a, b, c, 2)
		for i, v := range a {
			if want := b[i] + 2*c[i]; v != want {
				t.Errorf("n = %d: a[%d] = %g, want %g", n, i, v, want)
			}
		}
	}
}

func TestRateIsANumber(t *testing.T) {
	for _, threads := range []int{0, 1, 2} {
		for _, bytes := range []int{0, 1 << 10, 1 << 20} {
			if r := Triad(bytes, threads); !(r > 0) || math.IsInf(r, 0) {
				t.Errorf("Triad(%d, %d) = %g", bytes, threads, r)
			}
		}
	}
}
