// Package formula compiles a formula in the coordinates of a point, such as
// "1 + x^2 + y^2", and evaluates it over blocks of points.
//
// # Language
//
// A formula is an expression of real numbers: decimal numbers, the constants
// pi and e, the coordinate names, parentheses, the operators below and the
// functions exp log sqrt abs sin cos tan sinh cosh tanh (one argument) and
// min max (two or more). From the loosest to the tightest binding:
//
//	a + b, a - b     from the left
//	a * b, a / b     from the left
//	-a, +a           -x^2 is -(x^2), 2^-x is 2^(-x)
//	a ^ b, a ** b    from the right: x^2^3 is x^(2^3)
//
// There are no integers: 1/2 is 0.5. Products need their *.
//
// # Arithmetic
//
// Every operation is the IEEE 754 one, in the order written, rounded on its
// own (never fused): 1/0 is +Inf, log(-1) is NaN, min and max propagate NaN.
// The caller judges the values. Two powers are not calls of [math.Pow]:
//
//   - a^c for a constant c with 2c an integer and |c| < 9, by the recursion
//     a^(2n) = (a^n)², a^(2n+1) = a^(2n)·a, a^(n+½) = a^n·√a, a^(−c) = 1/a^c.
//     Its relative error is at most (|c|+2)u, u = 2⁻⁵³, while a^|c| neither
//     overflows nor underflows; a^(−c) is 0 where a^c overflows.
//   - e^b, which is exp(b).
package formula

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"

	"fpsgd/internal/spelling"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

// maxLength bounds a formula, in bytes, and with it the depth to which the
// parser recurses. (The parser itself allows 10⁴ operands and operations.)
const maxLength = 1 << 14

// functionList is the order in which messages list the functions.
const functionList = "exp log sqrt abs sin cos tan sinh cosh tanh min max"

var functions = map[string]op{
	"exp": opExp, "log": opLog, "sqrt": opSqrt, "abs": opAbs,
	"sin": opSin, "cos": opCos, "tan": opTan,
	"sinh": opSinh, "cosh": opCosh, "tanh": opTanh,
	"min": opMin, "max": opMax,
}

var operators = map[string]func(g *graph, a, b int) int{
	"+": (*graph).sum, "-": (*graph).difference, "*": (*graph).product, "/": (*graph).quotient,
	"^": (*graph).power, "**": (*graph).power,
}

var constants = map[string]float64{"pi": math.Pi, "e": math.E}

// Compile reads the formula src in the variables vars. The i-th variable of
// vars is the i-th block of [Program.Eval].
//
// An error is one line with the column of the offending piece, counted in
// characters from 1 (and its line, in a formula of several lines), and what
// to write instead. A variable named like a constant or a function is an error.
func Compile(src string, vars []string) (*Program, error) {
	return CompileWith(src, vars, nil)
}

// CompileWith is Compile for a formula that may use further names, each of which is defined by a
// formula in vars. Definitions may use norm(a, …) = √(a² + …) and azimuth(x, y) in [0, 2π) too.
func CompileWith(src string, vars []string, defined map[string]string) (*Program, error) {
	if err := checkText(src); err != nil {
		return nil, err
	}
	for _, v := range vars {
		if isReserved(v) {
			return nil, fmt.Errorf("formula: a coordinate cannot be called %q, the name of a "+
				"constant or function: rename it", v)
		}
	}
	tree, err := parser.Parse(src)
	if err != nil {
		return nil, syntaxError(src, err)
	}
	c := translator{src: src, vars: vars, defined: defined, graph: newGraph(len(vars))}
	root := c.translate(tree.Node)
	if c.err = cmp.Or(c.err, c.tooLong()); c.err != nil {
		return nil, c.err
	}
	return newProgram(src, vars, c.graph, root), nil
}

// maxOperations bounds a formula as it is computed, for each of its variables, which are four at
// least: on a grid it is evaluated at some hundred thousand points before anything is solved.
const maxOperations = 250

func (t *translator) tooLong() error {
	most := maxOperations * max(len(t.vars), 4)
	if n := len(t.graph.nodes); n > most {
		return fmt.Errorf("formula: %d operands and operations, the limit is %d: tabulate it in "+
			"a file", n, most)
	}
	return nil
}

func isReserved(name string) bool {
	_, isConstant := constants[name]
	_, isFunction := functions[name]
	return isConstant || isFunction
}

// checkText refuses an empty formula and what none contains.
func checkText(src string) error {
	err := checkCharacters(src, "")
	if err == nil && strings.TrimSpace(src) == "" {
		err = errors.New("formula: empty: write for example \"1 + x^2\"")
	}
	return err
}

// checkCharacters refuses what no formula contains, but for some further characters, before the
// parser, whose language is larger, gives it a meaning: "x//2" would be x with a comment.
func checkCharacters(src, further string) error {
	if len(src) > maxLength {
		return fmt.Errorf("formula: %d bytes long, the limit is %d: write it shorter or "+
			"tabulate it in a file", len(src), maxLength)
	}
	offset, previous := 0, ' '
	for _, r := range src {
		switch {
		case previous == '/' && (r == '/' || r == '*'):
			return errorAt(src, offset-1, "%q is not an operator: a division has one / and an "+
				"operand on either side", "/"+string(r))
		case !isFormulaRune(r) && !strings.ContainsRune(further, r):
			return errorAt(src, offset, "%q is not allowed: %s", r, allowed)
		}
		offset, previous = offset+1, r
	}
	return nil
}

// isFormulaRune reports whether a formula may contain a character.
func isFormulaRune(r rune) bool {
	return unicode.IsLetter(r) || '0' <= r && r <= '9' ||
		strings.ContainsRune("_.,()+-*/^ \t\r\n", r)
}

const allowed = "a formula has numbers, + - * / ^, parentheses, pi, e, the coordinates and " +
	functionList

// syntaxError puts the parser's error err in one line.
func syntaxError(src string, err error) error {
	var e *file.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("formula: %w", err)
	}
	switch {
	case strings.HasPrefix(e.Message, "unexpected token EOF"):
		return errorAt(src, e.From, "the formula ends here, but an operand or a closing "+
			"parenthesis is missing")
	case strings.HasPrefix(e.Message, "unexpected token"):
		return errorAt(src, e.From, "unexpected %q: check the parentheses, and write products "+
			"with *", piece(src, e.Location))
	case strings.HasPrefix(e.Message, "bad number syntax"):
		return errorAt(src, e.From, "%s: write products with *", e.Message)
	case strings.Contains(e.Message, "literal"):
		return errorAt(src, e.From, "%s: write a large number like 1.5e21, below 1.8e308",
			e.Message)
	case strings.Contains(e.Message, "maximum allowed nodes"):
		return errors.New("formula: more than 10000 operands and operations: tabulate it in a file")
	}
	return errorAt(src, e.From, "%s", e.Message)
}

// errorAt is the error for the character of src at offset, in characters.
func errorAt(src string, offset int, format string, args ...any) error {
	text := []rune(src)
	before := string(text[:min(offset, len(text))])
	line := strings.Count(before, "\n")
	column := 1 + len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
	where := fmt.Sprintf("column %d", column)
	if line > 0 {
		where = fmt.Sprintf("line %d, column %d", line+1, column)
	}
	return fmt.Errorf("formula: %s: %s", where, fmt.Sprintf(format, args...))
}

// piece is the text of src at loc.
func piece(src string, loc file.Location) string {
	text := []rune(src)
	to := min(loc.To, len(text))
	return string(text[min(loc.From, to):to])
}

// translator turns a syntax tree into a graph of operations.
type translator struct {
	src        string
	vars       []string
	defined    map[string]string
	definition bool // whether this is one of them
	graph      *graph
	err        error // the first
}

// fail notes an error at n, and returns a value to go on with.
func (t *translator) fail(n ast.Node, format string, args ...any) int {
	t.err = cmp.Or(t.err, errorAt(t.src, n.Location().From, format, args...))
	return t.graph.constant(0)
}

// translate adds the tree n to the graph and returns its value's index there.
func (t *translator) translate(n ast.Node) int {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return t.graph.constant(float64(n.Value))
	case *ast.FloatNode:
		return t.graph.constant(n.Value)
	case *ast.IdentifierNode:
		return t.name(n)
	case *ast.UnaryNode:
		return t.unary(n)
	case *ast.BinaryNode:
		return t.binary(n)
	case *ast.BuiltinNode: // abs, min, max and what expr has beyond our functions
		return t.call(n, n.Name, n.Arguments)
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			return t.call(n, callee.Value, n.Arguments)
		}
	}
	return t.fail(n, "%q is not allowed here: %s", piece(t.src, n.Location()), allowed)
}

func (t *translator) name(n *ast.IdentifierNode) int {
	if i := slices.Index(t.vars, n.Value); i >= 0 {
		return t.graph.variable(i)
	}
	if v, ok := constants[n.Value]; ok {
		return t.graph.constant(v)
	}
	if definition, ok := t.defined[n.Value]; ok {
		return t.define(definition)
	}
	if _, ok := functions[n.Value]; ok {
		return t.fail(n, "%q is a function: write %s(...)", n.Value, n.Value)
	}
	names := append(slices.Clone(t.vars), slices.Sorted(maps.Keys(t.defined))...)
	known := append(slices.Clone(names), "pi", "e")
	return t.fail(n, "unknown name %q%s: the coordinates are %s, the constants pi and e",
		n.Value, suggestion(n.Value, known), strings.Join(names, ", "))
}

// define adds a definition, which is not the user's and must be right.
func (t *translator) define(definition string) int {
	tree, err := parser.Parse(definition)
	d := translator{src: definition, vars: t.vars, definition: true, graph: t.graph}
	if err == nil {
		root := d.translate(tree.Node)
		if err = d.err; err == nil {
			return root
		}
	}
	panic(fmt.Sprintf("formula: definition %q: %v", definition, err))
}

func (t *translator) unary(n *ast.UnaryNode) int {
	if n.Operator != "-" && n.Operator != "+" {
		return t.fail(n, "the operator %q is not allowed: %s", n.Operator, allowed)
	}
	a := t.translate(n.Node)
	if n.Operator == "+" {
		return a
	}
	return t.graph.apply(opNeg, a, a)
}

func (t *translator) binary(n *ast.BinaryNode) int {
	combine, ok := operators[n.Operator]
	if !ok {
		return t.fail(n, "the operator %q is not allowed: %s", n.Operator, allowed)
	}
	a := t.translate(n.Left)
	return combine(t.graph, a, t.translate(n.Right))
}

// call adds name(args); min and max combine their arguments from the left.
func (t *translator) call(n ast.Node, name string, args []ast.Node) int {
	f, ok := functions[name]
	switch {
	case t.definition && name == "norm":
		return t.norm(args)
	case t.definition && name == "azimuth":
		return t.graph.apply(opAzimuth, t.translate(args[0]), t.translate(args[1]))
	case !ok:
		return t.unknownFunction(n, name)
	}
	variadic := f == opMin || f == opMax
	if !variadic && len(args) != 1 {
		return t.fail(n, "%s takes 1 argument, not %d", name, len(args))
	}
	if variadic && len(args) < 2 {
		return t.fail(n, "%s takes 2 or more arguments, not %d", name, len(args))
	}
	value := t.translate(args[0])
	if !variadic {
		return t.graph.apply(f, value, value)
	}
	for _, arg := range args[1:] {
		value = t.graph.apply(f, value, t.translate(arg))
	}
	return value
}

// norm adds √(a² + …).
func (t *translator) norm(args []ast.Node) int {
	sum := -1
	for _, arg := range args {
		a := t.translate(arg)
		square := t.graph.product(a, a)
		if sum >= 0 {
			square = t.graph.sum(sum, square)
		}
		sum = square
	}
	return t.graph.apply(opSqrt, sum, sum)
}

func (t *translator) unknownFunction(n ast.Node, name string) int {
	if _, ok := constants[name]; ok || slices.Contains(t.vars, name) {
		return t.fail(n, "%q is not a function: write a product with *, %s*(...)", name, name)
	}
	return t.fail(n, "unknown function %q%s: the functions are %s",
		name, suggestion(name, strings.Fields(functionList)), functionList)
}

// suggestion is " (did you mean ...?)" with the word of known closest to name,
// or "" if none shares half of the longer word with it.
func suggestion(name string, known []string) string {
	if name == "ln" {
		name = "log"
	}
	best, bestScore := "", 0.0
	for _, k := range known {
		longer := max(len(name), len(k))
		score := 1 - float64(spelling.Distance(strings.ToLower(name),
			strings.ToLower(k)))/float64(longer)
		if score >= 0.5 && score > bestScore {
			best, bestScore = k, score
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}
