package formula

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// A formula that is a polynomial by its normal form has the polynomial's value at every point,
// where it has a finite one.
func TestNormalFormIsTheFunction(t *testing.T) {
	found := 0
	rapid.Check(t, func(t *rapid.T) {
		src := drawTree(t, rapid.IntRange(1, 6).Draw(t, "depth")).text(0)
		p, err := Compile(src, xyz)
		if err != nil {
			t.Fatalf("%q: %v", src, err)
		}
		form, ok := p.Normal(NewRing(xyz))
		if !ok {
			return
		}
		polynomial, ok := form.Polynomial(xyz)
		if !ok {
			return
		}
		found++
		for k := range 20 {
			x := []float64{math.Sin(float64(7*k + 1)), 3 * math.Sin(float64(5*k+2)),
				-math.Cos(float64(3 * k))}
			var got [1]float64
			p.Eval(got[:], [][]float64{x[:1], x[1:2], x[2:]})
			want, size := 0.0, 0.0
			for _, term := range polynomial {
				v, _ := term.Coefficient.Float64()
				for j, e := range term.Exponents {
					v *= math.Pow(x[j], float64(e))
				}
				want, size = want+v, size+math.Abs(v)
			}
			// Intermediate values of these trees reach 1e6 where they cancel: 1e-16 of that, and
			// some.
			if !(math.Abs(got[0]-want) <= 1e-7*math.Max(1, size)) {
				t.Fatalf("%q at %v is %g, its normal form %v gives %g", src, x, got[0], polynomial,
					want)
			}
		}
	})
	if found < 10 {
		t.Errorf("only %d of the formulas had a polynomial form: this tests nothing", found)
	}
}

// Division with and without a remainder, and the roots of squares and of what is none.
func TestDivisionAndRoots(t *testing.T) {
	r := NewRing(xyz)
	form := func(src string) *Form {
		f, ok := mustCompile(t, src, xyz).Normal(r)
		if !ok {
			t.Fatalf("%q has no normal form", src)
		}
		return f
	}
	if q, ok := form("x^3 + y^3").Over(form("x + y")); !ok || !q.Near(form("x^2 - x*y + y^2"), 0) {
		t.Error("(x³ + y³)/(x + y) is not x² − xy + y²")
	}
	if _, ok := form("x^3 + y^3 + 1").Over(form("x + y")); ok {
		t.Error("x + y divides x³ + y³ + 1")
	}
	if s, c, ok := form("3*(x^2 - 2*y + 1)^2").squareRoot(); !ok || c.Cmp(big.NewRat(3, 1)) != 0 ||
		!s.Near(form("x^2 - 2*y + 1"), 0) {
		t.Error("no root of 3 (x² − 2y + 1)²")
	}
	if _, _, ok := form("1 + x^2 + x^4").squareRoot(); ok {
		t.Error("1 + x² + x⁴ is no square")
	}
}

// Powers beyond what a form may have are told at once to be none.
func TestHighPowers(t *testing.T) {
	for _, src := range []string{"1 + r^9007199254740993", "r^1e18", "(r^2)^1e15", "r^1e300",
		"r^1000000001", "r^130"} {
		ring := NewRing([]string{"r"})
		ring.Norm("r", []string{"r"})
		if form, ok := mustCompile(t, src, []string{"r"}).Normal(ring); ok {
			t.Errorf("%s has the form %v", src, form)
		}
	}
}
