package formula

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// dual is a number of the ring with δ² = ε² = 0: its parts are a value, the derivatives in two
// directions and the mixed one. largest is of all parts that it was made of.
type dual struct{ v, d, e, de, largest float64 }

func (a dual) seen(from ...dual) dual {
	for _, x := range append(from, a) {
		for _, part := range []float64{x.v, x.d, x.e, x.de, x.largest} {
			a.largest = max(a.largest, math.Abs(part))
		}
	}
	return a
}

// through is g(a) for a function of the given value and first two derivatives.
func (a dual) through(g, g1, g2 float64) dual {
	return dual{v: g, d: g1 * a.d, e: g1 * a.e, de: g2*a.d*a.e + g1*a.de}.seen(a,
		dual{v: g1, d: g2})
}

func (a dual) times(b dual) dual {
	return dual{v: a.v * b.v, d: a.d*b.v + a.v*b.d, e: a.e*b.v + a.v*b.e,
		de: a.de*b.v + a.d*b.e + a.e*b.d + a.v*b.de}.seen(a, b)
}

func (a dual) plus(b dual) dual {
	return dual{v: a.v + b.v, d: a.d + b.d, e: a.e + b.e, de: a.de + b.de}.seen(a, b)
}

func (a dual) inverse() dual { return a.through(1/a.v, -1/(a.v*a.v), 2/(a.v*a.v*a.v)) }
func (a dual) log() dual     { return a.through(math.Log(a.v), 1/a.v, -1/(a.v*a.v)) }

// toThe is a^c of a constant c, without 0^0 in the derivatives of lines and parabolas.
func (a dual) toThe(c float64) dual {
	times := func(c, p float64) float64 {
		if c == 0 {
			return 0
		}
		return c * math.Pow(a.v, p)
	}
	return a.through(math.Pow(a.v, c), times(c, c-1), times(c*(c-1), c-2))
}

// dualFunctions are functions of one argument by their derivatives, written down by hand.
var dualFunctions = map[string]func(a dual) dual{
	"neg":  func(a dual) dual { return a.times(dual{v: -1}) },
	"sqrt": func(a dual) dual { return a.toThe(0.5) },
	"log":  dual.log,
	"exp":  func(a dual) dual { return a.through(math.Exp(a.v), math.Exp(a.v), math.Exp(a.v)) },
	"sin":  func(a dual) dual { return a.through(math.Sin(a.v), math.Cos(a.v), -math.Sin(a.v)) },
	"cos":  func(a dual) dual { return a.through(math.Cos(a.v), -math.Sin(a.v), -math.Cos(a.v)) },
	"sinh": func(a dual) dual { return a.through(math.Sinh(a.v), math.Cosh(a.v), math.Sinh(a.v)) },
	"cosh": func(a dual) dual { return a.through(math.Cosh(a.v), math.Sinh(a.v), math.Cosh(a.v)) },
	"abs": func(a dual) dual {
		if a.v < 0 {
			return a.times(dual{v: -1})
		}
		return a
	},
	"tan": func(a dual) dual {
		c := math.Cos(a.v)
		return a.through(math.Tan(a.v), 1/(c*c), 2*math.Sin(a.v)/(c*c*c))
	},
	"tanh": func(a dual) dual {
		c := math.Cosh(a.v)
		return a.through(math.Tanh(a.v), 1/(c*c), -2*math.Sinh(a.v)/(c*c*c))
	},
}

// dual is the value of a tree in dual numbers.
func (t *tree) dual(point map[string]dual) dual {
	if len(t.args) == 0 {
		if v, ok := point[t.head]; ok {
			return v
		}
		return dual{v: t.value(nil)}
	}
	a := t.args[0].dual(point)
	if f, ok := dualFunctions[t.head]; ok {
		return f(a)
	}
	b := t.args[1].dual(point)
	switch t.head {
	case "+":
		return a.plus(b)
	case "-":
		return a.plus(b.times(dual{v: -1}))
	case "*":
		return a.times(b)
	case "/":
		return a.times(b.inverse())
	case "min", "max":
		switch {
		case math.IsNaN(a.v + b.v):
			return dual{v: math.NaN()}
		case t.head == "min" && a.v <= b.v, t.head == "max" && a.v >= b.v:
			return a
		}
		return b
	}
	if t.args[1].isConstant() {
		return a.toThe(b.v)
	}
	exponent := a.log().times(b)
	return dualFunctions["exp"](exponent)
}

// The gradient and the second derivatives of random formulas are those of dual numbers.
func TestDerivativesAgainstDualNumbers(t *testing.T) {
	compared := 0
	rapid.Check(t, func(t *rapid.T) {
		expression := drawTree(t, rapid.IntRange(1, 5).Draw(t, "depth"))
		src := expression.text(0)
		p, err := Compile(src, xyz)
		if err != nil {
			t.Fatalf("%q: %v", src, err)
		}
		var at [3]float64
		vars := make([][]float64, 3)
		for k := range at {
			at[k] = rapid.Float64Range(-3, 3).Draw(t, "at")
			vars[k] = at[k : k+1]
		}
		all := make([][]float64, 1+3+6)
		for k := range all {
			all[k] = make([]float64, 1)
		}
		p.WithGradient().EvalAll(all[:4], vars)
		first := [4]float64{all[0][0], all[1][0], all[2][0], all[3][0]}
		p.WithHessian().EvalAll(all, vars)
		for k, v := range first {
			if !sameFloat(v, all[k][0]) {
				t.Fatalf("%q: value %d with second derivatives is %v, without %v",
					src, k, all[k][0], v)
			}
		}
		sum := all[4][0] + all[7][0] + all[9][0]
		laplacian := [][]float64{{0}, {0}, {0}, {0}, {0}}
		p.WithLaplacian().EvalAll(laplacian, vars)
		if size := math.Abs(all[4][0]) + math.Abs(all[7][0]) + math.Abs(all[9][0]); size < 1e300 &&
			math.Abs(laplacian[4][0]-sum) > 1e-15*size { // the order of two sums
			t.Fatalf("%q: Laplacian %v, want %v", src, laplacian[4][0], sum)
		}
		for i, next := 0, 4; i < 3; i++ {
			for j := i; j < 3; j++ {
				point := map[string]dual{"x": {v: at[0]}, "y": {v: at[1]}, "z": {v: at[2]}}
				along := func(k int, set func(d *dual)) {
					d := point[xyz[k]]
					set(&d)
					point[xyz[k]] = d
				}
				along(i, func(d *dual) { d.d = 1 })
				along(j, func(d *dual) { d.e = 1 })
				want := expression.dual(point)
				if !(want.largest < 1e4) || math.IsNaN(want.de+want.d+want.v+all[0][0]) {
					next++
					continue
				}
				compared++
				// some ten operations, of parts that cancel
				within := 1e-13 * (1 + want.largest) * (1 + want.largest)
				for name, pair := range map[string][2]float64{
					"value": {all[0][0], want.v}, "slope": {all[1+i][0], want.d},
					"second derivative": {all[next][0], want.de},
				} {
					if !(math.Abs(pair[0]-pair[1]) <= within) {
						t.Fatalf("%q at %v, %d %d: %s %v, want %v", src, at, i, j, name,
							pair[0], pair[1])
					}
				}
				next++
			}
		}
	})
	if compared < 100 {
		t.Errorf("only %d derivatives were compared", compared)
	}
}

// At a kink a derivative is that of the first operand, of |a| the right one, and what is not taken
// has no part in it.
func TestDerivativesAtKinks(t *testing.T) {
	for src, want := range map[string]float64{
		"min(2*x, 5*x)": 2, "max(2*x, 5*x)": 2, "abs(x)": 1, "abs(-x)": -1,
		"max(sqrt(abs(x)), 1)": 0, "min(1/abs(x), 3 + x)": 1, "max(log(x), x)": 1,
	} {
		got := [][]float64{{0}, {0}}
		mustCompile(t, src, []string{"x"}).WithGradient().EvalAll(got, [][]float64{{0}})
		if got[1][0] != want {
			t.Errorf("(%s)′ at 0 is %v, want %v", src, got[1][0], want)
		}
	}
}

// A gradient takes a few operations a variable, however many they are, and is of the same bits in
// place.
func TestGradientsOfManyVariables(t *testing.T) {
	const n = 800
	src, names, vars := "1", make([]string, n), make([][]float64, n)
	for k := range n {
		names[k] = fmt.Sprintf("x%d", k+1)
		src += fmt.Sprintf("+%s^2", names[k])
		vars[k] = []float64{float64(k), 1}
	}
	p := mustCompile(t, src, names).WithGradient()
	if len(p.tape) > 5*n {
		t.Errorf("%d instructions", len(p.tape))
	}
	value := make([]float64, 2)
	p.EvalAll(append([][]float64{value}, vars...), vars) // in place
	for k, v := range vars {
		if v[0] != 2*float64(k) || v[1] != 2 {
			t.Fatalf("∂f/∂%s = %v, want %v", names[k], v, []float64{2 * float64(k), 2})
		}
	}
	if value[1] != n+1 {
		t.Errorf("f = %v, want %d", value[1], n+1)
	}
}

// Names that are defined in the variables, as r and φ in the plane: f and ∇f against formulas in x
// and y, and at the origin, where |θ| has no slope.
func TestDefinedNames(t *testing.T) {
	defined := map[string]string{"r": "norm(x, y)", "phi": "azimuth(x, y)"}
	xy := []string{"x", "y"}
	for src, plain := range map[string]string{
		"1 + r^2": "1 + x^2 + y^2", "r^4 + x": "(x^2 + y^2)^2 + x", "log(1 + r)*y": "",
		"r^2*cos(2*phi)": "x^2 - y^2", "r*sin(phi)": "y", "exp(-r^2/2)": "exp(-(x^2+y^2)/2)",
	} {
		p, err := CompileWith(src, xy, defined)
		if err != nil {
			t.Fatal(err)
		}
		x, y := []float64{0, 0.3, -0.7, 2, 0, -1.5}, []float64{0, 0.4, 0.2, -1, 0.5, -0.25}
		n := len(x)
		got := [][]float64{make([]float64, n), make([]float64, n), make([]float64, n)}
		p.WithGradient().EvalAll(got, [][]float64{x, y})
		if got[1][0] != 0 && src != "r*sin(phi)" && src != "r^4 + x" {
			t.Errorf("∂(%s)/∂x at the origin is %v", src, got[1][0])
		}
		if plain == "" {
			continue
		}
		want := [][]float64{make([]float64, n), make([]float64, n), make([]float64, n)}
		mustCompile(t, plain, xy).WithGradient().EvalAll(want, [][]float64{x, y})
		for k, values := range want {
			for i, v := range values {
				if i > 0 && math.Abs(got[k][i]-v) > 1e-13*(1+math.Abs(v)) { // some roundings
					t.Errorf("%s, value %d at (%g, %g): %v, want %v", src, k, x[i], y[i],
						got[k][i], v)
				}
			}
		}
	}
	if _, err := CompileWith("norm(x, y)", xy, defined); err == nil {
		t.Error("norm is not of the language")
	}
}
