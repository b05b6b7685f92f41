package formula

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// tree is an expression of the property test: a leaf (its text), a function or
// "neg" of one argument, or an operator, min or max of two.
type tree struct {
	head string
	args []*tree
}

var (
	arithmetic = map[string]func(a, b float64) float64{
		"+": func(a, b float64) float64 { return a + b },
		"-": func(a, b float64) float64 { return a - b },
		"*": func(a, b float64) float64 { return a * b },
		"/": func(a, b float64) float64 { return a / b },
	}
	oneArgument = map[string]func(float64) float64{
		"neg": func(a float64) float64 { return -a }, "abs": math.Abs, "sqrt": math.Sqrt,
		"exp": math.Exp, "log": math.Log,
		"sin": math.Sin, "cos": math.Cos, "tan": math.Tan, "sinh": math.Sinh, "cosh": math.Cosh,
		"tanh": math.Tanh,
	}
	precedence = map[string]int{"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3, "^": 4}
)

func (t *tree) precedence() int {
	if p, ok := precedence[t.head]; ok {
		return p
	}
	return 5
}

// text writes t with the fewest parentheses that the grammar of the package
// comment allows, so that a wrong precedence changes the value.
func (t *tree) text(above int) string {
	var s string
	switch p := t.precedence(); {
	case len(t.args) == 0:
		return t.head
	case t.head == "neg":
		s = "-" + t.args[0].text(3)
	case t.head == "^":
		s = t.args[0].text(5) + "^" + t.args[1].text(3)
	case p < 5:
		s = t.args[0].text(p) + " " + t.head + " " + t.args[1].text(p+1)
	case len(t.args) == 1:
		return t.head + "(" + t.args[0].text(0) + ")"
	default:
		return t.head + "(" + t.args[0].text(0) + ", " + t.args[1].text(0) + ")"
	}
	if t.precedence() < above {
		return "(" + s + ")"
	}
	return s
}

func (t *tree) isConstant() bool {
	if strings.Contains("xyz", t.head) {
		return false
	}
	for _, a := range t.args {
		if !a.isConstant() {
			return false
		}
	}
	return true
}

// value is the recursive evaluation of t at (x, y, z).
func (t *tree) value(point map[string]float64) float64 {
	if len(t.args) == 0 {
		if v, ok := point[t.head]; ok {
			return v
		}
		var v float64
		if _, err := fmt.Sscan(t.head, &v); err != nil {
			panic(err)
		}
		return v
	}
	a := t.args[0].value(point)
	if f, ok := oneArgument[t.head]; ok {
		return f(a)
	}
	b := t.args[1].value(point)
	switch t.head {
	case "min":
		return min(a, b)
	case "max":
		return max(a, b)
	case "^":
		switch {
		case a == math.E && t.args[0].isConstant(): // exp(1)
			return math.Exp(b)
		case t.args[1].isConstant():
			return constantPower(a, b)
		}
		return math.Pow(a, b)
	}
	return arithmetic[t.head](a, b)
}

// constantPower is the recursion of the package comment.
func constantPower(a, c float64) float64 {
	switch n := math.Floor(math.Abs(c)); {
	case n >= 9 || 2*c != math.Trunc(2*c) || math.IsNaN(c):
		return math.Pow(a, c)
	case c < 0:
		return 1 / constantPower(a, -c)
	case c == 0:
		return 1
	case c == 0.5:
		return math.Sqrt(a + 0)
	case c > n:
		return constantPower(a+0, n) * constantPower(a, 0.5)
	case c == 1:
		return a
	case math.Mod(c, 2) == 0:
		half := constantPower(a, c/2)
		return half * half
	default:
		return constantPower(a, c-1) * a
	}
}

func drawTree(t *rapid.T, depth int) *tree {
	leaves := []string{"x", "y", "z", "x", "y", "0", "1", "2", "3", "0.5", "1.5", "0.3", "7",
		"1e-05", "2.5e+3"}
	if depth == 0 || rapid.IntRange(0, 5).Draw(t, "leaf") == 0 {
		return &tree{head: rapid.SampledFrom(leaves).Draw(t, "head")}
	}
	heads := []string{"+", "-", "*", "/", "^", "+", "-", "*", "/", "^", "neg", "neg", "min", "max",
		"abs", "sqrt", "exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh"}
	head := rapid.SampledFrom(heads).Draw(t, "head")
	n := &tree{head: head, args: []*tree{drawTree(t, depth-1)}}
	if _, ok := oneArgument[head]; !ok {
		n.args = append(n.args, drawTree(t, depth-1))
	}
	return n
}

// TestTapeIsTheRecursiveEvaluation: to the bit, on random expressions, points
// and block lengths.
func TestTapeIsTheRecursiveEvaluation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		expression := drawTree(t, rapid.IntRange(0, 7).Draw(t, "depth"))
		src := expression.text(0)
		p, err := Compile(src, xyz)
		if err != nil {
			t.Fatalf("%q: %v", src, err)
		}
		n := rapid.SampledFrom([]int{0, 1, 3, blockSize - 1, blockSize, blockSize + 1,
			2*blockSize + 7}).Draw(t, "points")
		vars := make([][]float64, len(xyz))
		for i := range vars {
			scale := rapid.SampledFrom([]float64{0.1, 1, 10}).Draw(t, "scale")
			shift := rapid.Float64Range(-1, 1).Draw(t, "shift")
			stretch := rapid.SampledFrom([]int{1, 3, 9}).Draw(t, "points of one value")
			vars[i] = make([]float64, n)
			for k := range vars[i] {
				vars[i][k] = scale * (shift + math.Sin(float64((i+2)*(k/stretch))))
			}
		}
		dst := make([]float64, n)
		p.Eval(dst, vars)
		for k := range dst {
			point := map[string]float64{"x": vars[0][k], "y": vars[1][k], "z": vars[2][k]}
			if want := expression.value(point); !sameFloat(dst[k], want) {
				t.Fatalf("%q at %v: %v, want %v", src, point, dst[k], want)
			}
		}
	})
}

// A value is that of its own point, and not of the one before, where these are 0 and −0 or NaN.
func TestEqualNeighbours(t *testing.T) {
	zero := math.Copysign(0, -1)
	x := []float64{math.NaN(), math.NaN(), 0, zero, zero, 0, 1, math.NaN(), 1}
	for src, f := range map[string]func(x float64) float64{
		"1/sin(x)":      func(x float64) float64 { return 1 / math.Sin(x) },
		"1/max(x, 0*x)": func(x float64) float64 { return 1 / max(x, 0*x) },
	} {
		dst := make([]float64, len(x))
		mustCompile(t, src, []string{"x"}).Eval(dst, [][]float64{x})
		for k, v := range x {
			if want := f(v); !sameFloat(dst[k], want) {
				t.Errorf("%s at %v, point %d: %v, want %v", src, v, k, dst[k], want)
			}
		}
	}
}

func TestFewRegisters(t *testing.T) {
	for _, c := range []struct {
		src                     string
		instructions, registers int
	}{
		{"1", 1, 0},
		{"x", 1, 0},
		{"1 + x^2 + y^2 + z^2", 6, 2},
		{"x^8", 3, 1},
		{"x^7", 4, 1},
		{"1 + (x + (y + (z + (1 - x))))", 5, 1},
		{"x*y + (y*z + (z*x + (x/y + y/x)))", 9, 2}, // depth first it would be 5
		{"(x+y)^2 + log((x+y)^2)", 4, 2},            // (x+y)² once
		{"2*3 + sqrt(4)^2", 1, 0},                   // a constant
		{"x/4", 1, 0},
	} {
		p := mustCompile(t, c.src, xyz)
		if len(p.tape) != c.instructions || p.registers > c.registers {
			t.Errorf("%q: %d instructions, %d registers, want %d and at most %d",
				c.src, len(p.tape), p.registers, c.instructions, c.registers)
		}
	}
}

func TestDestinationMayBeAVariable(t *testing.T) {
	const n = blockSize + 3
	x, y := make([]float64, n), make([]float64, n)
	for k := range x {
		x[k], y[k] = float64(k), 1/float64(k+1)
	}
	want := make([]float64, n)
	p := mustCompile(t, "((x+y)*(x-y) + x^3*y)*x", xyz)
	p.Eval(want, [][]float64{x, y})
	p.Eval(x, [][]float64{x, y})
	for k := range x {
		if x[k] != want[k] {
			t.Fatalf("in place: value %d is %v, want %v", k, x[k], want[k])
		}
	}
}

func TestEvalPanicsOnWrongBlocks(t *testing.T) {
	p := mustCompile(t, "x + z", xyz)
	for _, vars := range [][][]float64{{{1}, nil, {1, 2}}, {{1}, {1}}, {{1}, nil, nil},
		{make([]float64, 0, 9), nil, {1}}} {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "x + z") {
					t.Errorf("vars %v: recovered %v, want a panic naming the formula", vars, r)
				}
			}()
			p.Eval(make([]float64, 1), vars)
		}()
	}
}

func TestConcurrentEval(t *testing.T) {
	const n = 3*blockSize + 1
	p := mustCompile(t, "exp(-x^2) + (x+1)/(x^2+2) + max(x, 0.5)", []string{"x"})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			x, dst := make([]float64, n), make([]float64, n)
			for round := range 50 {
				for k := range x {
					x[k] = float64(g) + float64(k*round)/n
				}
				p.Eval(dst, [][]float64{x})
				for k, v := range x {
					if want := math.Exp(-(v * v)) + (v+1)/(v*v+2) + max(v, 0.5); dst[k] != want {
						t.Errorf("goroutine %d: %v, want %v", g, dst[k], want)
						return
					}
				}
			}
		})
	}
	wg.Wait()
}

func TestEvalDoesNotAllocate(t *testing.T) {
	const n = 1000
	p := mustCompile(t, "1 + x^2 + y^2 + exp(-x*y)", xyz)
	dst, vars := make([]float64, n), [][]float64{make([]float64, n), make([]float64, n), nil}
	if allocations := testing.AllocsPerRun(100, func() { p.Eval(dst, vars) }); allocations != 0 {
		t.Errorf("%v allocations a call, want none", allocations)
	}
}

func BenchmarkEval(b *testing.B) {
	for _, src := range []string{
		"1 + x^2 + y^2 + z^2",
		"(x^2 + y^2 + z^2)*(1 + log(sqrt(x^2 + y^2 + z^2))^2) + 0.1*cos(2*pi*x) + exp(-y^2/2)",
	} {
		b.Run(src, func(b *testing.B) {
			const n = 1 << 14
			p := mustCompile(b, src, xyz)
			dst, vars := make([]float64, n), make([][]float64, len(xyz))
			for i := range vars {
				vars[i] = make([]float64, n)
				for k := range vars[i] {
					vars[i][k] = 1 + math.Sin(float64((i+2)*k))
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				p.Eval(dst, vars)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/point")
		})
	}
}
