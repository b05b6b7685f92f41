package formula

import (
	"maps"
	"math"
	"slices"
)

// node is one value of a graph: an operation on two earlier values, or a leaf.
type node struct {
	op   op
	a, b int    // the operands; of a variable, a is its index
	bits uint64 // of a constant, its value (as bits: 0 and -0 differ)
}

func (n node) isLeaf() bool { return n.op == opVar || n.op == opConst }

// graph is an expression as an acyclic graph: equal subexpressions are one
// node, and operations on constants are done at once. Operands precede their
// operation.
type graph struct {
	nodes []node
	index map[node]int
	need  []int // registers to evaluate the node, if nothing were shared
}

// newGraph returns a graph of the given number of variables.
func newGraph(variables int) *graph {
	g := &graph{index: make(map[node]int)}
	for i := range variables {
		g.intern(node{op: opVar, a: i})
	}
	return g
}

// clone returns a graph to which nodes can be added while g stays as it is.
func (g *graph) clone() *graph {
	return &graph{slices.Clone(g.nodes), maps.Clone(g.index), slices.Clone(g.need)}
}

// intern returns the index of n, adding it if it is new.
func (g *graph) intern(n node) int {
	if i, ok := g.index[n]; ok {
		return i
	}
	i := len(g.nodes)
	g.index[n] = i
	g.nodes = append(g.nodes, n)
	g.need = append(g.need, g.registers(n))
	return i
}

// registers is the Sethi–Ullman number of n: with the needier operand first, n
// needs as many registers as that operand, and one more only if both are equal.
func (g *graph) registers(n node) int {
	if n.isLeaf() {
		return 0
	}
	a, b := g.need[n.a], g.need[n.b]
	if a == b && n.a != n.b {
		return a + 1
	}
	return max(a, b, 1)
}

func (g *graph) variable(i int) int { return g.intern(node{op: opVar, a: i}) }

func (g *graph) constant(v float64) int {
	return g.intern(node{op: opConst, bits: math.Float64bits(v)})
}

// value returns the value of node i if it is a constant.
func (g *graph) value(i int) (v float64, ok bool) {
	return math.Float64frombits(g.nodes[i].bits), g.nodes[i].op == opConst
}

// apply returns the node o(a, b). Constants are folded by o's own kernel: the
// result is what Eval would compute.
func (g *graph) apply(o op, a, b int) int {
	va, constA := g.value(a)
	vb, constB := g.value(b)
	if constA && constB {
		var v [1]float64
		operations[o].kernel(v[:], []float64{va}, []float64{vb})
		return g.constant(v[0])
	}
	return g.intern(node{op: o, a: a, b: b})
}

func (g *graph) sum(a, b int) int        { return g.apply(opAdd, a, b) }
func (g *graph) difference(a, b int) int { return g.apply(opSub, a, b) }
func (g *graph) product(a, b int) int    { return g.apply(opMul, a, b) }

// quotient returns a/b; for b = ±2^k that is a·2^−k, rounded alike.
func (g *graph) quotient(a, b int) int {
	if v, ok := g.value(b); ok {
		fraction, exponent := math.Frexp(v)
		if math.Abs(fraction) == 0.5 && -1000 < exponent && exponent < 1000 {
			return g.product(a, g.constant(1/v))
		}
	}
	return g.apply(opDiv, a, b)
}

// maxPower is the largest n for which x^n is done by multiplication: its error
// is 10⁻¹⁵ then, and it costs at most four products.
const maxPower = 8

// power returns a^b, by the rules of the package comment.
func (g *graph) power(a, b int) int {
	if v, ok := g.value(a); ok && v == math.E {
		return g.apply(opExp, b, b)
	}
	c, ok := g.value(b)
	n, fraction := math.Modf(math.Abs(c))
	if !ok || n > maxPower || (fraction != 0 && fraction != 0.5) {
		return g.apply(opPow, a, b)
	}
	var p int
	if fraction == 0 {
		p = g.integerPower(a, int(n))
	} else {
		// Adding 0 turns −0 into 0: (−0)^−½ is +Inf, but 1/√−0 is −Inf.
		a = g.sum(a, g.constant(0))
		p = g.apply(opSqrt, a, a)
		if n > 0 {
			p = g.product(g.integerPower(a, int(n)), p)
		}
	}
	if c < 0 {
		return g.quotient(g.constant(1), p)
	}
	return p
}

// integerPower returns a^n for n ≥ 0.
func (g *graph) integerPower(a, n int) int {
	switch {
	case n == 0:
		return g.constant(1)
	case n == 1:
		return a
	case n%2 == 0:
		half := g.integerPower(a, n/2)
		return g.product(half, half)
	}
	return g.product(g.integerPower(a, n-1), a)
}

// schedule returns the nodes that the roots need, the last one last, in an
// order of evaluation that takes the operand in need of more registers first.
func (g *graph) schedule(roots ...int) []int {
	var order []int
	done := make([]bool, len(g.nodes))
	var visit func(i int)
	visit = func(i int) {
		if done[i] {
			return
		}
		done[i] = true
		if n := g.nodes[i]; !n.isLeaf() {
			first, second := n.a, n.b
			if g.need[second] > g.need[first] {
				first, second = second, first
			}
			visit(first)
			visit(second)
		}
		order = append(order, i)
	}
	for _, root := range roots {
		visit(root)
	}
	return order
}
