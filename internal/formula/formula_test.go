package formula

import (
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"
)

var xyz = []string{"x", "y", "z"}

func mustCompile(t testing.TB, src string, vars []string) *Program {
	t.Helper()
	p, err := Compile(src, vars)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// at evaluates src at one point (x, y, z).
func at(t testing.TB, src string, x, y, z float64) float64 {
	t.Helper()
	var v [1]float64
	mustCompile(t, src, xyz).Eval(v[:], [][]float64{{x}, {y}, {z}})
	return v[0]
}

// sameFloat reports whether a and b are the same number, sign of zero
// included, or both NaN.
func sameFloat(a, b float64) bool {
	return math.Float64bits(a) == math.Float64bits(b) || (math.IsNaN(a) && math.IsNaN(b))
}

func TestHandValues(t *testing.T) {
	const x, y, z = 2, 3, 5
	for src, want := range map[string]float64{
		// numbers
		"7": 7, "0.25": 0.25, ".5": 0.5, "5.": 5, "1e3": 1000, "2.5E-1": 0.25, "010": 10,
		"9007199254740993": 9007199254740992, // 2^53+1, ties to even
		"1e21":             1e21,
		// no integer arithmetic
		"1/2": 0.5, "7/2*2": 7, "1/3": 1.0 / 3, "9223372036854775807+1": 9223372036854775808,
		// names
		"x": 2, "pi": math.Pi, "e": math.E, "x*y*z": 30,
		// precedence and associativity
		"-x^2": -4, "(-x)^2": 4, "2^-x": 0.25, "x^2^3": 256, "(x^2)^3": 64, "x**3": 8,
		"2**-x^2": 0.0625,
		"2^-x*3":  0.75, "2^-3+1": 1.125, "-x*y": -6, "y*-x": -6, "y - -x": 5, "y--x": 5, "--x": 2,
		"+x": 2, "-+x": -2,
		"z-y-x": 0, "z/y/x": 5.0 / 3 / 2, "z-(y-x)": 4, "1+x*y": 7, "(1+x)*y": 9, "-2^2": -4,
		"2^3^0": 2, "x^-1^2": 0.5,
		// functions
		"exp(0)": 1, "log(e)": 1, "sqrt(x*8)": 4, "abs(-z)": 5, "sin(0)": 0, "cos(0)": 1,
		"tan(0)":  0,
		"sinh(0)": 0, "cosh(0)": 1, "tanh(0)": 0, "sin(x)": math.Sin(2), "cos(x)": math.Cos(2),
		"tan(x)":  math.Tan(2),
		"sinh(x)": math.Sinh(2), "cosh(x)": math.Cosh(2), "tanh(x)": math.Tanh(2),
		"exp(x)": math.Exp(2), "log(x)": math.Log(2),
		"min(x,y)": 2, "max(x,y)": 3, "min(z,y,x)": 2, "max(1,x,z,y)": 5, "max(x, -y)": 2,
		// constant operands
		"x-1": 1, "1-x": -1, "x/2": 1, "x/3": 2.0 / 3, "1/x": 0.5, "e^x": math.Exp(2), "x^0": 1,
		"x^1":     2,
		"x^(1+2)": 8, "x^y": 8, "2^y": 8, "x^2.5": 4 * math.Sqrt2,
		// layout
		" 1\n +\tx ": 3,
	} {
		if got := at(t, src, x, y, z); !sameFloat(got, want) {
			t.Errorf("%q = %v, want %v", src, got, want)
		}
	}
}

func TestIEEESemantics(t *testing.T) {
	inf, nan, minusZero := math.Inf(1), math.NaN(), math.Copysign(0, -1)
	for _, c := range []struct {
		src     string
		x, want float64
	}{
		{"1/x", 0, inf}, {"1/0", 0, inf}, {"0/x", 0, nan}, {"log(x)", -1, nan}, {"log(x)", 0, -inf},
		{"sqrt(x)", -1, nan},
		{"1/-x", 0, -inf}, {"-0", 0, minusZero}, {"x/2", 5e-324, 0},
		{"x/0.5", math.MaxFloat64, inf}, {"exp(x)", 1e3, inf}, {"x/5e-324", 5e-324, 1},
		{"min(x, 1)", nan, nan}, {"max(1, x)", nan, nan}, {"min(-1/0, x)", nan, nan},
		{"x^0", nan, 1}, {"x*0", inf, nan},
		{"x^0.5", minusZero, 0}, {"x^-0.5", minusZero, inf}, {"x^-0.5", 0, inf},
		{"x^1.5", minusZero, 0}, {"x^0.5", inf, inf},
		{"x^0.5", -1, nan}, {"x^-2", 0, inf}, {"x^-3", minusZero, -inf}, {"x^-8", inf, 0},
		{"x-x", inf, nan},
		{"0*x+(-0)", 1, 0}, {"(x+1)-1", 1e-17, 0},
	} {
		if got := at(t, c.src, c.x, 0, 0); !sameFloat(got, c.want) {
			t.Errorf("%q at x = %v is %v, want %v", c.src, c.x, got, c.want)
		}
	}
}

// exactPower returns x^(halves/2) for x > 0, correctly rounded but for a
// relative 2⁻²⁰⁰.
func exactPower(x float64, halves int) float64 {
	const precision = 240
	root := new(big.Float).SetPrec(precision).SetFloat64(x)
	root.Sqrt(root)
	p := new(big.Float).SetPrec(precision).SetInt64(1)
	for range max(halves, -halves) {
		p.Mul(p, root)
	}
	if halves < 0 {
		p.Quo(new(big.Float).SetPrec(precision).SetInt64(1), p)
	}
	v, _ := p.Float64()
	return v
}

func TestReducedPowers(t *testing.T) {
	const u = 0x1p-53
	for halves := -17; halves <= 17; halves++ {
		c := float64(halves) / 2
		p := mustCompile(t, "x^("+big.NewFloat(c).String()+")", xyz)
		if slices.ContainsFunc(p.constants,
			func(v float64) bool { return v == c && c != 1 && c != 0 }) {
			t.Errorf("x^%v is not reduced to products", c)
		}
		for k := range 1000 {
			x := math.Exp(float64(k)/50 - 10)
			want := exactPower(x, halves)
			var got [1]float64
			p.Eval(got[:], [][]float64{{x}, nil, nil})
			// the package comment's bound, and u for the rounding of want
			tol := (math.Abs(c) + 3) * u
			if e := math.Abs(got[0]-want) / want; e > tol {
				t.Errorf("%v^%v = %v, relative error %.1fu > %.1fu", x, c, got[0], e/u, tol/u)
			}
		}
	}
}

// mistakes are wrong formulas, and what is said of them.
var mistakes = []struct{ src, want string }{
	{"", `formula: empty: write for example "1 + x^2"`},
	{" \n", "formula: empty"},
	{"1 + u", `column 5: unknown name "u": the coordinates are x, y, z`},
	{"1 + xx", `column 5: unknown name "xx" (did you mean "x"?)`},
	{"X + 1", `column 1: unknown name "X" (did you mean "x"?)`},
	{"1 + y*sine(x)", `column 7: unknown function "sine" (did you mean "sin"?)`},
	{"ln(x)", `column 1: unknown function "ln" (did you mean "log"?)`},
	{"floor(x)", `column 1: unknown function "floor": the functions are exp log`},
	{"len(x)", `column 1: unknown function "len"`},
	{"map(x, x)", `column 1: unknown function "map"`},
	{"x*y(1+z)", `column 3: "y" is not a function: write a product with *, y*(...)`},
	{"sin + 1", `column 1: "sin" is a function: write sin(...)`},
	{"sin()", "column 1: sin takes 1 argument, not 0"},
	{"x + sin(x, y)", "column 5: sin takes 1 argument, not 2"},
	{"abs(x, y)", "column 1: abs takes 1 argument, not 2"},
	{"max(x)", "column 1: max takes 2 or more arguments, not 1"},
	{"min()", "column 1: min takes 2 or more arguments, not 0"},
	{"x < y", `column 3: '<' is not allowed`},
	{"x % 2", `column 3: '%' is not allowed`},
	{"'a'", `column 1: '\'' is not allowed`},
	{"[x]", `column 1: '[' is not allowed`},
	{"x ? 1 : 2", `column 3: '?' is not allowed`},
	{"x | abs", `column 3: '|' is not allowed`},
	{"x; y", `column 2: ';' is not allowed`},
	{"1 − x", `column 3: '−' is not allowed`},
	{"x²", `column 2: '²' is not allowed`},
	{"x\xff", "column 2: '\ufffd' is not allowed"},
	{"x//2", `column 2: "//" is not an operator`},
	{"x /* y */", `column 3: "/*" is not an operator`},
	{"x.y", `column 3: "y" is not allowed here: a formula has numbers`},
	{"x.y(1)", `column 3: "y" is not allowed here`},
	{"1..2", `column 2: the operator ".." is not allowed`},
	{"not x", `column 1: the operator "not" is not allowed`},
	{"x in y", `column 3: the operator "in" is not allowed`},
	{"x and y", `column 3: the operator "and" is not allowed`},
	{"true", `column 1: "true" is not allowed here`},
	{"nil", `column 1: "nil" is not allowed here`},
	{"1 +", "the formula ends here, but an operand"},
	{"(x + 1", "the formula ends here"},
	{"x + )", `column 5: unexpected ")"`},
	{"x y", `column 3: unexpected "y"`},
	{"2(x+1)", `column 2: unexpected "("`},
	{"2x", `bad number syntax: "2x": write products with *`},
	{"x +\n  u", `line 2, column 3: unknown name "u"`},
	{"1 + 999999999999999999999",
		`"999999999999999999999": value out of range: write a large number like 1.5e21`},
	{"1e400*x", `"1e400": value out of range`},
	{"2e", `"2e": invalid syntax`},
	{strings.Repeat(" ", maxLength+1), "bytes long, the limit is 16384"},
	{strings.Repeat("x+", 8000) + "x", "more than 10000 operands"},
}

func TestErrorsSayWhereAndWhat(t *testing.T) {
	for _, c := range mistakes {
		p, err := Compile(c.src, xyz)
		if err == nil {
			t.Errorf("%.40q compiles to a tape of %d operations, want an error", c.src, len(p.tape))
			continue
		}
		if message := err.Error(); !strings.Contains(message, c.want) ||
			strings.Contains(message, "\n") {
			t.Errorf("%.40q:\n got  %s\n want …%s…, in one line", c.src, message, c.want)
		}
	}
}

func TestReservedCoordinateName(t *testing.T) {
	for _, v := range []string{"e", "pi", "max"} {
		if _, err := Compile("1", []string{"x", v}); err == nil ||
			!strings.Contains(err.Error(), v) {
			t.Errorf("coordinate %q: error %v", v, err)
		}
	}
}

// TestHostileFormulas nests as deeply as the length allows, by every construct
// for which the parser recurses.
func TestHostileFormulas(t *testing.T) {
	for _, open := range []string{"(", "-", "+", "2^", "2^-", "abs(", "min(1,", "x+", "x-(",
		"2**"} {
		closing := ""
		if strings.Contains(open, "(") {
			closing = ")"
		}
		for _, n := range []int{100, maxLength/(len(open)+len(closing)) - 1} {
			src := strings.Repeat(open, n) + "x" + strings.Repeat(closing, n)
			p, err := Compile(src, xyz)
			if err != nil {
				if n == 100 {
					t.Errorf("100 × %q: %v", open, err)
				}
				continue
			}
			p.Eval([]float64{0}, [][]float64{{1}})
		}
		if _, err := Compile(strings.Repeat(open, maxLength/len(open)), xyz); err == nil {
			t.Errorf("many %q alone is no formula, but compiles", open)
		}
	}
}

func TestVarsAndString(t *testing.T) {
	for src, want := range map[string][]string{
		"1": nil, "z*x": {"x", "z"}, "y": {"y"}, "x^0 + y": {"y"}, "x+y+z+x": {"x", "y", "z"},
	} {
		p := mustCompile(t, src, xyz)
		if got := p.Vars(); !slices.Equal(got, want) {
			t.Errorf("Vars of %q: %v, want %v", src, got, want)
		}
		if p.String() != src {
			t.Errorf("String: %q, want %q", p.String(), src)
		}
	}
}
