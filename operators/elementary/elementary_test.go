package elementary

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// samples returns n numbers, evenly distributed over [lo, hi], the same every time.
func samples(n int, lo, hi float64) []float64 {
	source := rand.New(rand.NewPCG(1, 2))
	out := make([]float64, n)
	for i := range out {
		out[i] = lo + (hi-lo)*source.Float64()
	}
	return out
}

// extremes are where a table does not help.
var extremes = []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(),
	math.SmallestNonzeroFloat64, 0x1p-1022,
	math.MaxFloat64, -math.MaxFloat64, -1, 1, 708, 709, 709.79, 710, -708, -709, -745, -746}

func TestExp(t *testing.T) {
	worst := 0.0
	for _, reach := range []float64{1e-9, 0.01, 1, 30, 708} {
		x := samples(20000, -reach, reach)
		got := make([]float64, len(x))
		Exp(got, x, 1, 0)
		for i, v := range x {
			want := math.Exp(v)
			worst = math.Max(worst, math.Abs(got[i]/want-1))
		}
	}
	// its own bound, and an ulp of math.Exp
	if t.Logf("relative error %.2g", worst); worst > 0x1p-51+0x1p-52 {
		t.Errorf("relative error %.3g", worst)
	}
	got := make([]float64, len(extremes))
	Exp(got, extremes, 1, 0)
	for i, v := range extremes {
		if want := math.Exp(v); !same(got[i], want, 0x1p-51*want) { // as above
			t.Errorf("exp(%g) = %g, want %g", v, got[i], want)
		}
	}
}

func TestExpOfAffine(t *testing.T) {
	x := []float64{-3, 0, 2}
	Exp(x, x, -2, 1)
	for i, want := range []float64{math.Exp(7), math.E, math.Exp(-3)} {
		if !same(x[i], want, 0x1p-51*want) { // the exponents are exact
			t.Errorf("exp(−2x+1) = %g, want %g", x[i], want)
		}
	}
}

func TestLog(t *testing.T) {
	worst := 0.0
	for _, reach := range []float64{1e-9, 0.01, 1, 30, 708} {
		x := samples(20000, -reach, reach)
		for i, v := range x {
			x[i] = math.Exp(v)
		}
		got := slices.Clone(x)
		Log(got, got)
		for i, v := range x {
			want := math.Log(v)
			worst = math.Max(worst, math.Abs(got[i]-want)/(1+math.Abs(want)))
		}
	}
	// its own bound, and half an ulp or so of math.Log
	if t.Logf("error relative to 1 + |log x| %.2g", worst); worst > 0x1p-52+0x1p-53 {
		t.Errorf("error %.3g", worst)
	}
	got := make([]float64, len(extremes))
	Log(got, extremes)
	for i, v := range extremes {
		if want := math.Log(v); !same(got[i], want, 0x1p-52*(1+math.Abs(want))) { // as above
			t.Errorf("log(%g) = %g, want %g", v, got[i], want)
		}
	}
	one := []float64{1}
	if Log(one, one); one[0] != 0 {
		t.Errorf("log 1 = %g", one[0])
	}
}

func TestLogAdds(t *testing.T) {
	worst := 0.0
	for _, reach := range []float64{1e-9, 0.01, 1, 30, 708, 1e5} {
		a, b := samples(20000, -reach, reach), samples(20000, -reach, reach)
		slices.Reverse(b)
		got := make([]float64, len(a))
		LogAdds(got, a, b)
		for i := range got {
			size := 1 + math.Abs(math.Max(a[i], b[i]))
			worst = math.Max(worst, math.Abs(got[i]-LogAdd(a[i], b[i]))/size)
		}
	}
	// its own bound, and an ulp of LogAdd
	if t.Logf("error relative to 1 + |a| %.2g", worst); worst > 0x1p-51+0x1p-52 {
		t.Errorf("error %.3g", worst)
	}
	inf := math.Inf(1)
	a, b := []float64{-inf, -inf, 3, inf, math.NaN()}, []float64{-inf, 2, -inf, 1, 1}
	got := make([]float64, len(a))
	LogAdds(got, a, b)
	for i, want := range []float64{-inf, 2, 3, inf, math.NaN()} {
		if !same(got[i], want, 0) {
			t.Errorf("log(e^%g + e^%g) = %g, want %g", a[i], b[i], got[i], want)
		}
	}
}

// same reports whether two numbers are equal, both NaN, or differ by no more than a tolerance.
func same(a, b, tolerance float64) bool {
	return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= tolerance
}

func BenchmarkExp(b *testing.B) {
	benchmark(b, func(dst, x []float64) { Exp(dst, x, 1, 0) }, math.Exp, -2, 0)
}
func BenchmarkLog(b *testing.B) { benchmark(b, Log, math.Log, 1, 200) }

// benchmark compares a function of blocks of 27 numbers with one of a number.
func benchmark(b *testing.B, block func(dst, x []float64), single func(float64) float64, lo,
	hi float64) {
	x, y := samples(27, lo, hi), make([]float64, 27)
	report := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(x)), "ns/number")
	}
	b.Run("block", func(b *testing.B) {
		for b.Loop() {
			block(y, x)
		}
		report(b)
	})
	b.Run("math", func(b *testing.B) {
		for b.Loop() {
			for i, v := range x {
				y[i] = single(v)
			}
		}
		report(b)
	})
}

// Turn against sines of angles up to π/4, and exactly at quarters of a turn.
func TestTurn(t *testing.T) {
	worst := 0.0
	for _, reach := range []float64{1e-9, 1, 1e3, 1e9} {
		x := samples(20000, -reach, reach)
		cos, sin := make([]float64, len(x)), slices.Clone(x)
		Turn(cos, sin, sin)
		for i, v := range x {
			quarters := math.Round(4 * v)
			s, c := math.Sincos(2 * math.Pi * (v - quarters/4))
			for range int64(quarters) & 3 {
				c, s = -s, c
			}
			worst = max(worst, math.Abs(cos[i]-c), math.Abs(sin[i]-s))
		}
	}
	// its own bound, and half an ulp of the reference's angle and result
	if t.Logf("error %.2g", worst); worst > 0x1p-52+0x1p-53 {
		t.Errorf("error %.3g", worst)
	}
	x := []float64{0, 0.25, 0.5, 0.75, 1, -0.25}
	cos, sin := make([]float64, len(x)), make([]float64, len(x))
	Turn(cos, sin, x)
	if !slices.Equal(cos, []float64{1, 0, -1, 0, 1, 0}) ||
		!slices.Equal(sin, []float64{0, 1, 0, -1, 0, -1}) {
		t.Errorf("at %v: cos %v, sin %v", x, cos, sin)
	}
}
