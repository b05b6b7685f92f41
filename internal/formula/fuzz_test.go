package formula

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"fpsgd/internal/hostile"
)

// formulas are seeds, right and wrong.
var formulas = texts("1 + x^2 + y^2", "-x**2e-3", "min(x, max(y, 1), z)/abs(-x)",
	"x.y[1:2]", "map(x, # + 1)", "1..2", "2^-x^y", "let a = 1; a", "x ? y : z", "if x {1} else {2}",
	"\"a\\u{12}", "`a``b`", "b'x'", "//", "0x1F + 1_000", "not in", "x?.y", "::x(1)",
	"e^x^-0.5", "((((", "a | b(c)", "sum(x)", "1e999", "x matches y", "1 ?? 2",
	"(x^2 + y^2)*(1 + log(sqrt(x^2 + y^2))^2) + exp(-abs(x)/2)", "(x^2 - 1)^2/4 + 0.0005")

// sets are seeds of what --from takes.
var sets = texts("x < -0.9 and y > 0", "ball(0, 0, 1; 0.5)", "box(0, 0, 0; 1, 1, 1) or not z > 1",
	"-1 < x <= 1 && !(x^2 + y^2 < 1) || z == 0", "x in y", "ball(;)")

func texts(all ...string) (out [][]byte) {
	for _, text := range all {
		out = append(out, []byte(text))
	}
	return out
}

// FuzzCompile: no text makes anything that is made of a formula panic, neither values nor
// derivatives, enclosures and normal forms; and an error is one line.
func FuzzCompile(f *testing.F) {
	hostile.Fuzz(f, hostile.Kind{Name: "formulas", Seeds: formulas,
		Draw: func(r *rand.Rand) []byte { return []byte(hostile.Formula(r, xyz...)) },
	}, func(t testing.TB, src []byte) {
		p, err := Compile(string(src), xyz)
		if !isOneLine(t, err) {
			return
		}
		all(p)
		r := NewRing(xyz)
		r.Norm("", xyz)
		if form, ok := p.Normal(r); ok {
			form.Degree()
			form.Near(form.Times(r.NormSquared()), 1e-12)
			form.Polynomial(xyz)
		}
	})
}

// FuzzCompileSet is FuzzCompile of sets.
func FuzzCompileSet(f *testing.F) {
	hostile.Fuzz(f, hostile.Kind{Name: "sets (--from)", Seeds: sets,
		Draw: func(r *rand.Rand) []byte { return []byte(hostile.Set(r, xyz...)) },
	}, func(t testing.TB, src []byte) {
		if p, err := CompileSet(string(src), xyz, xyz); isOneLine(t, err) {
			all(p)
		}
	})
}

// isOneLine reports whether there is no error, and fails if that is of several lines.
func isOneLine(t testing.TB, err error) bool {
	if err != nil && strings.ContainsAny(err.Error(), "\n\r\x1b") {
		t.Errorf("error of several lines: %q", err)
	}
	return err == nil
}

// all computes all that is computed of a formula.
func all(p *Program) {
	blocks := [][]float64{{0, 1.5, math.Inf(1), 1e-320}, {-1, math.NaN(), 0, 1e308},
		{1, 2, 3, -0.5}}
	values := func(n int) (out [][]float64) {
		for range n {
			out = append(out, make([]float64, len(blocks[0])))
		}
		return out
	}
	p.EvalAll(values(1), blocks)
	p.WithGradient().EvalAll(values(4), blocks)
	p.WithHessian().EvalAll(values(10), blocks)
	p.WithLaplacian().EvalAll(values(5), blocks)
	for _, end := range []float64{0, 1, math.Inf(1)} {
		p.Enclose([]Jet{Along(0, -end, 1), Along(1, 0, end), Along(2, 1, 2)}, 3, nil)
	}
}
