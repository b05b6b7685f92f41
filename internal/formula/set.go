package formula

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
)

// CompileSet reads a set of points, such as "x < -0.9 and y > 0", as a level function φ: a point
// lies in the set where φ < 0. Beside formulas it may use
//
//	a < b, a <= b, a > b, a >= b      φ = a − b, or b − a; −1 < x < 1 is −1 < x and x < 1
//	A and B, A or B, not A            φ the greater, the lesser, the negative (&&, ||, ! as well)
//	ball(c_1, …, c_m; r)              φ = |θ − c| − r in the given components
//	box(a_1, …, a_m; b_1, …, b_m)     φ = max over k of max(a_k − θ_k, θ_k − b_k)
//
// φ is continuous where the formulas are, so that the boundary φ = 0 can be looked for between two
// points.
func CompileSet(src string, vars, components []string) (*Program, error) {
	if err := checkCharacters(src, inSet); err != nil {
		return nil, err
	}
	if strings.TrimSpace(src) == "" {
		return nil, fmt.Errorf("formula: empty: write for example \"%s < 0\"", components[0])
	}
	plain, err := withoutSemicolons(src, len(components))
	if err != nil {
		return nil, err
	}
	tree, err := parser.Parse(plain)
	if err != nil {
		return nil, syntaxError(src, err)
	}
	c := translator{src: src, vars: vars, graph: newGraph(len(vars))}
	root := c.set(tree.Node, components)
	if c.err = cmp.Or(c.err, c.tooLong()); c.err != nil {
		return nil, c.err
	}
	return newProgram(src, vars, c.graph, root), nil
}

// inSet are what a set may be written with beyond a formula.
const inSet = "<>=&|!;"

// withoutSemicolons writes commas for the semicolons of ball and box, which must stand behind the m
// coordinates of a point.
func withoutSemicolons(src string, m int) (string, error) {
	text, commas := []rune(src), []int{0} // commas in the open parentheses
	for i, r := range text {
		last := len(commas) - 1
		switch {
		case r == '(':
			commas = append(commas, 0)
		case r == ')' && last > 0:
			commas = commas[:last]
		case r == ',':
			commas[last]++
		case r == ';' && (last == 0 || commas[last] != m-1):
			return "", errorAt(src, i, "a semicolon stands behind the %d coordinates of a point, "+
				"in ball and in box", m)
		case r == ';':
			text[i], commas[last] = ',', m
		}
	}
	return string(text), nil
}

// comparisons are those that sets are made of, and whether φ is the right side less the left.
var comparisons = map[string]bool{"<": false, "<=": false, ">": true, ">=": true}

// set adds the level function of the set n to the graph.
func (t *translator) set(n ast.Node, components []string) int {
	switch n := n.(type) {
	case *ast.BinaryNode:
		return t.setBinary(n, components)
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			a := t.set(n.Node, components)
			return t.graph.apply(opNeg, a, a)
		}
	case *ast.CallNode:
		callee, ok := n.Callee.(*ast.IdentifierNode)
		switch {
		case ok && callee.Value == "ball":
			return t.ball(n, components)
		case ok && callee.Value == "box":
			return t.rectangle(n, components)
		}
	}
	return t.fail(n, "a set is a comparison, as %s < 0, ball(…; r), box(…; …), or several of "+
		"these with and, or, not (and parentheses)", components[0])
}

func (t *translator) setBinary(n *ast.BinaryNode, components []string) int {
	if swapped, ok := comparisons[n.Operator]; ok {
		a, b := t.translate(n.Left), t.translate(n.Right)
		if swapped {
			a, b = b, a
		}
		return t.graph.difference(a, b)
	}
	combine, ok := map[string]op{"and": opMax, "&&": opMax, "or": opMin, "||": opMin}[n.Operator]
	if !ok {
		return t.fail(n, "the operator %q makes no set: use < <= > >=, and, or, not", n.Operator)
	}
	a := t.set(n.Left, components)
	return t.graph.apply(combine, a, t.set(n.Right, components))
}

// ball adds |θ − c| − r.
func (t *translator) ball(n *ast.CallNode, components []string) int {
	m := len(components)
	if len(n.Arguments) != m+1 {
		return t.fail(n, "ball takes the %d coordinates of its centre and a radius: ball(%s; r), "+
			"not %d numbers", m, strings.Join(components, ", "), len(n.Arguments))
	}
	sum := -1
	for k := range m {
		d := t.graph.difference(t.component(components[k]), t.translate(n.Arguments[k]))
		d = t.graph.product(d, d)
		if sum >= 0 {
			d = t.graph.sum(sum, d)
		}
		sum = d
	}
	return t.graph.difference(t.graph.apply(opSqrt, sum, sum), t.translate(n.Arguments[m]))
}

// rectangle adds the greatest of a_k − θ_k and θ_k − b_k.
func (t *translator) rectangle(n *ast.CallNode, components []string) int {
	m := len(components)
	if len(n.Arguments) != 2*m {
		return t.fail(n, "box takes the %d coordinates of its lowest corner and those of its "+
			"highest, not %d numbers", m, len(n.Arguments))
	}
	level := -1
	for k := range m {
		x := t.component(components[k])
		for _, side := range []int{t.graph.difference(t.translate(n.Arguments[k]), x),
			t.graph.difference(x, t.translate(n.Arguments[m+k]))} {
			if level >= 0 {
				side = t.graph.apply(opMax, level, side)
			}
			level = side
		}
	}
	return level
}

func (t *translator) component(name string) int {
	return t.graph.variable(slices.Index(t.vars, name))
}
