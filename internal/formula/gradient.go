package formula

import (
	"fmt"
	"math"
)

// WithGradient returns the program of the values f, ∂f/∂v_1, …, ∂f/∂v_n, v the variables of
// [Compile], WithHessian the one of these and of ∂²f/∂v_i∂v_j, i ≤ j, row by row, and WithLaplacian
// the one of f, the gradient and Σ ∂²f/∂v_i².
//
// They are the derivatives of the graph, by the chain rule from the value backwards: the adjoint
// ā = ∂f/∂a of a node is the sum of n̄ ∂n/∂a over the nodes n that it is an operand of. A gradient
// takes a few times the operations of f, whatever the number of variables.
//
// At a kink they are one-sided: those of the first operand of min and max where both are equal, and
// |a|′ = 1 at a = 0. What does not count there has no part in them, were its slope infinite. Where
// √a = 0 and a has the slope 0, so has √a: |θ| at θ = 0.
func (p *Program) WithGradient() *Program {
	d := differentiator{p.graph.clone()}
	roots := append([]int{p.roots[0]}, d.gradient(p.roots[0], len(p.vars))...)
	return newProgram(p.src, p.vars, d.graph, roots...)
}

// WithHessian is explained at WithGradient.
func (p *Program) WithHessian() *Program {
	d, n := differentiator{p.graph.clone()}, len(p.vars)
	first := d.gradient(p.roots[0], n)
	roots := append([]int{p.roots[0]}, first...)
	for i, g := range first {
		roots = append(roots, d.gradient(g, n)[i:]...)
	}
	return newProgram(p.src, p.vars, d.graph, roots...)
}

// WithLaplacian is explained at WithGradient.
func (p *Program) WithLaplacian() *Program {
	d := differentiator{p.graph.clone()}
	first := d.gradient(p.roots[0], len(p.vars))
	sum := d.constant(0)
	for i, g := range first {
		sum = d.plus(sum, d.gradient(g, len(p.vars))[i])
	}
	return newProgram(p.src, p.vars, d.graph, append(append([]int{p.roots[0]}, first...), sum)...)
}

// differentiator adds derivatives to a graph, without operations that change nothing.
type differentiator struct{ *graph }

// adjoint is the derivative of the root by a node, as a node, or none; masked if it is 0 where a
// branch was not taken, so that no other factor may bring a NaN there.
type adjoint struct {
	node   int
	known  bool
	masked bool
}

// gradient returns the derivatives of the root by the variables.
func (d differentiator) gradient(root, variables int) []int {
	adjoints := make([]adjoint, len(d.nodes))
	adjoints[root] = adjoint{node: d.constant(1), known: true}
	order := d.schedule(root)
	for k := len(order) - 1; k >= 0; k-- {
		i := order[k]
		n := d.nodes[i]
		if n.isLeaf() || !adjoints[i].known {
			continue
		}
		first, second := d.slopes(i)
		d.spread(adjoints, i, n.a, first)
		d.spread(adjoints, i, n.b, second)
	}
	out := make([]int, variables)
	for v := range out {
		if a := adjoints[d.variable(v)]; a.known {
			out[v] = a.node
		} else {
			out[v] = d.constant(0)
		}
	}
	return out
}

// spread adds n̄ times a slope to the adjoint of an operand.
func (d differentiator) spread(adjoints []adjoint, n, operand int, by slope) {
	if !by.known || d.nodes[operand].op == opConst {
		return
	}
	above, sum := adjoints[n], &adjoints[operand]
	multiply := opMul
	if above.masked {
		multiply = opThrough
	}
	term := d.times(multiply, above.node, by.node)
	if sum.known {
		term = d.plus(sum.node, term)
	}
	*sum = adjoint{term, true, sum.masked || above.masked || by.masks}
}

// slope is the derivative of a node by an operand, or none; masks if it is 0 where the operand does
// not count.
type slope struct {
	node         int
	known, masks bool
}

func slopeOf(node int) slope { return slope{node: node, known: true} }

// slopes returns the derivatives of node i by its two operands; those of a function of one argument
// are in the first.
func (d differentiator) slopes(i int) (first, second slope) {
	n := d.nodes[i]
	one, minus := slopeOf(d.constant(1)), slopeOf(d.constant(-1))
	switch n.op {
	case opCopy:
		return one, slope{}
	case opNeg:
		return minus, slope{}
	case opAdd:
		return one, one
	case opSub:
		return one, minus
	case opMul:
		return slopeOf(n.b), slopeOf(n.a)
	case opThrough:
		return slope{n.b, true, true}, slope{n.a, true, true}
	case opDiv:
		return slopeOf(d.over(d.constant(1), n.b)), slopeOf(d.negative(d.over(i, n.b)))
	case opPow:
		return d.slopesOfPower(i)
	case opMin, opMax:
		a, b := n.a, n.b
		if n.op == opMax {
			a, b = b, a
		}
		// 1 where the first counts: a ≤ b, or b ≥ a
		counts := d.apply(opAtMost, a, b)
		return slope{counts, true, true}, slope{d.difference(d.constant(1), counts), true, true}
	case opAzimuth: // (−b, a)/(a² + b²), and 0 at the origin
		square := d.sum(d.product(n.a, n.a), d.product(n.b, n.b))
		inverse := d.over(d.constant(1), square)
		return slope{d.times(opThrough, d.negative(n.b), inverse), true, true},
			slope{d.times(opThrough, n.a, inverse), true, true}
	case opSign, opAtMost:
		return slope{}, slope{}
	}
	// √ has an infinite slope at 0, which for a norm is 0 times that
	return slope{d.slopeOfFunction(i), true, n.op == opSqrt}, slope{}
}

// slopesOfPower returns those of a^b: b a^(b−1) and a^b log a.
func (d differentiator) slopesOfPower(i int) (base, exponent slope) {
	n := d.nodes[i]
	base = slopeOf(d.times(opMul, n.b, d.power(n.a, d.plus(n.b, d.constant(-1)))))
	if d.nodes[n.b].op != opConst {
		exponent = slopeOf(d.times(opMul, i, d.apply(opLog, n.a, n.a)))
	}
	return base, exponent
}

// slopeOfFunction returns that of a function of one argument.
func (d differentiator) slopeOfFunction(i int) int {
	n := d.nodes[i]
	a, one := n.a, d.constant(1)
	square := func() int { return d.product(i, i) }
	switch n.op {
	case opAbs:
		return d.apply(opSign, a, a)
	case opSqrt:
		return d.over(d.constant(0.5), i)
	case opExp:
		return i
	case opLog:
		return d.over(one, a)
	case opSin:
		return d.apply(opCos, a, a)
	case opCos:
		return d.negative(d.apply(opSin, a, a))
	case opTan:
		return d.sum(one, square())
	case opSinh:
		return d.apply(opCosh, a, a)
	case opCosh:
		return d.apply(opSinh, a, a)
	case opTanh:
		return d.difference(one, square())
	}
	panic(fmt.Sprintf("formula: operation %d has no derivative", n.op))
}

// is reports whether node i is a constant of the given value.
func (d differentiator) is(i int, value float64) bool {
	v, ok := d.value(i)
	return ok && v == value
}

func (d differentiator) times(multiply op, a, b int) int {
	switch {
	case d.is(a, 0) || d.is(b, 0):
		return d.constant(0)
	case d.is(a, 1):
		return b
	case d.is(b, 1):
		return a
	case d.is(a, -1):
		return d.negative(b)
	case d.is(b, -1):
		return d.negative(a)
	}
	return d.apply(multiply, a, b)
}

func (d differentiator) over(a, b int) int {
	if d.is(b, 1) {
		return a
	}
	return d.quotient(a, b)
}

func (d differentiator) plus(a, b int) int {
	switch {
	case d.is(a, 0):
		return b
	case d.is(b, 0):
		return a
	}
	if n := d.nodes[b]; n.op == opNeg {
		return d.difference(a, n.a)
	}
	return d.sum(a, b)
}

func (d differentiator) negative(a int) int {
	if n := d.nodes[a]; n.op == opNeg {
		return n.a
	}
	return d.apply(opNeg, a, a)
}

// sign is 1 for x ≥ 0 and −1 for x < 0.
func sign(x float64) float64 {
	switch {
	case x >= 0:
		return 1
	case x < 0:
		return -1
	}
	return math.NaN()
}

// atMost is 1 for a ≤ b and 0 for a > b.
func atMost(a, b float64) float64 {
	switch {
	case a <= b:
		return 1
	case a > b:
		return 0
	}
	return math.NaN()
}

// through is a b, and 0 where either is.
func through(dst, a, b []float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i, v := range a {
		if w := b[i]; v == 0 || w == 0 {
			dst[i] = 0
		} else {
			dst[i] = v * w
		}
	}
}

// azimuth is the angle of (x, y) in [0, 2π).
func azimuth(x, y float64) float64 {
	phi := math.Atan2(y, x)
	if phi < 0 {
		phi += 2 * math.Pi
	}
	return phi
}
