package formula

import (
	"math"
	"math/big"
)

// Normal returns a formula in normal form, and false where it has none here:
// where it is not provably finite for all values of its variables (but at
// points where log|θ| is −∞), or too large when expanded. What is equal to a
// polynomial for all values is found to be: |p|² = p², √p² = |p|, max(p, q) = p
// for p ≥ q, cos² + sin² = 1, e^{log p} = p.
func (p *Program) Normal(r *Ring) (*Form, bool) {
	forms := make([]*Form, len(p.graph.nodes))
	for _, i := range p.order {
		if forms[i] = r.node(p, i, forms); forms[i] == nil {
			return nil, false
		}
	}
	return forms[p.root], true
}

// node returns the normal form of node i from those of its operands, or nil.
func (r *Ring) node(p *Program, i int, forms []*Form) *Form {
	n := p.graph.nodes[i]
	switch n.op {
	case opVar:
		return r.variables[p.names[n.a]]
	case opConst:
		return r.number(math.Float64frombits(n.bits))
	}
	a, b := forms[n.a], forms[n.b]
	switch n.op {
	case opCopy:
		return a
	case opNeg:
		return a.scaled(big.NewRat(-1, 1))
	case opAdd:
		return a.Plus(b)
	case opSub:
		return a.minus(b)
	case opMul:
		return a.Times(b)
	case opDiv:
		return a.quotient(b)
	case opPow:
		return a.toThe(b)
	case opMin:
		smaller, _ := a.sorted(b)
		return smaller
	case opMax:
		_, larger := a.sorted(b)
		return larger
	case opAbs:
		return a.magnitude()
	case opSqrt:
		return a.root()
	case opExp:
		return a.exponential()
	case opLog:
		return a.logarithm()
	case opSin, opCos:
		return a.wave(n.op)
	case opTanh:
		return r.atom("tanh", a, generator{bounded: true})
	}
	return nil // tan, sinh and cosh may be infinite
}

func (r *Ring) number(v float64) *Form {
	exact := new(big.Rat).SetFloat64(v)
	if exact == nil {
		return nil
	}
	return r.Constant(exact)
}

func (f *Form) quotient(g *Form) *Form {
	if c, ok := g.constant(); ok {
		if c.Sign() == 0 {
			return nil
		}
		return f.scaled(new(big.Rat).Inv(c))
	}
	if !g.positive() {
		return nil
	}
	q, _ := f.Over(g)
	return q
}

// toThe returns f^g for a constant integer g ≥ 0, and c|θ|^{n g} for f = c|θ|^n.
func (f *Form) toThe(g *Form) *Form {
	e, ok := g.constant()
	if !ok {
		return nil
	}
	if e.IsInt() && e.Sign() >= 0 && e.Num().IsInt64() && e.Num().Int64() <= maxExponent {
		return f.raised(int(e.Num().Int64()))
	}
	c, n, ok := f.powerOfNorm()
	if !ok || e.Sign() <= 0 {
		return nil
	}
	total := new(big.Rat).Mul(e, big.NewRat(int64(n), 1))
	exponent, _ := e.Float64()
	scale := f.ring.number(math.Pow(toFloat(c), exponent))
	if !total.IsInt() || scale == nil {
		return nil
	}
	return f.ring.normTo(int(total.Num().Int64())).Times(scale)
}

// sorted returns f and g, the one first that is nowhere the larger; nil if neither provably is.
func (f *Form) sorted(g *Form) (smaller, larger *Form) {
	switch {
	case g.minus(f).nonnegative():
		return f, g
	case f.minus(g).nonnegative():
		return g, f
	}
	return nil, nil
}

func (f *Form) magnitude() *Form {
	minus := f.scaled(big.NewRat(-1, 1))
	switch {
	case f.nonnegative():
		return f
	case minus.nonnegative():
		return minus
	}
	if top := f.order()[0]; f.terms[top].Sign() < 0 {
		f = minus
	}
	square := f.Times(f)
	if square == nil {
		return nil
	}
	return f.ring.atom("abs", f, generator{nonNegative: true, square: square})
}

// root returns √f for f ≥ 0.
func (f *Form) root() *Form {
	if !f.nonnegative() {
		return nil
	}
	if c, n, ok := f.powerOfNorm(); ok && n%2 == 0 {
		f.ring.needNorm()
		if norm := f.ring.normTo(n / 2); norm != nil {
			return norm.Times(f.ring.number(math.Sqrt(toFloat(c))))
		}
	}
	if s, c, ok := f.squareRoot(); ok {
		if s = s.magnitude(); s == nil {
			return nil
		}
		return s.Times(f.ring.number(math.Sqrt(toFloat(c))))
	}
	return f.ring.atom("sqrt", f, generator{nonNegative: true, square: f})
}

// squareRoot returns s and c with f = c s², s with leading coefficient 1.
func (f *Form) squareRoot() (s *Form, c *big.Rat, ok bool) {
	if len(f.terms) == 0 {
		return f, new(big.Rat), true
	}
	top := f.order()[0]
	half := make([]byte, len(top))
	for i := range len(top) {
		if top[i]%2 != 0 {
			return nil, nil, false
		}
		half[i] = top[i] / 2
	}
	c, lead := f.terms[top], monomial(half)
	s = f.ring.term(lead, big.NewRat(1, 1))
	monic := f.scaled(new(big.Rat).Inv(c))
	for range maxTerms {
		square := s.Times(s)
		if square == nil {
			return nil, nil, false
		}
		rest := monic.minus(square)
		if len(rest.terms) == 0 {
			return s, c, true
		}
		next := rest.order()[0]
		m, divides := divide(next, lead)
		if !divides || (m.degree() >= lead.degree() && m >= lead) {
			return nil, nil, false
		}
		s = s.combine(f.ring.term(m, rest.terms[next]), big.NewRat(1, 2))
	}
	return nil, nil, false
}

// logarithm returns log f: log c + n log|θ| for f = c|θ|^n, else a generator
// for f > 0 divided by its leading coefficient.
func (f *Form) logarithm() *Form {
	r := f.ring
	if c, n, ok := f.powerOfNorm(); ok && c.Sign() > 0 {
		if logC := r.number(math.Log(toFloat(c))); logC != nil {
			return logC.combine(r.LogNorm(), big.NewRat(int64(n), 1))
		}
		return nil
	}
	if !f.positive() {
		return nil
	}
	lead := f.terms[f.order()[0]]
	argument := f.scaled(new(big.Rat).Inv(lead))
	logLead := r.number(math.Log(toFloat(lead)))
	if lead.Sign() < 0 || logLead == nil {
		return nil
	}
	return logLead.Plus(r.atom("log", argument, generator{argument: argument}))
}

// exponential returns e^f for f = c + Σ n_i log g_i, n_i ≥ 0 integers.
func (f *Form) exponential() *Form {
	product := f.ring.Constant(big.NewRat(1, 1))
	for m, n := range f.terms {
		var factor *Form
		switch {
		case m == "":
			factor = f.ring.number(math.Exp(toFloat(n)))
		case m.degree() == 1 && n.IsInt() && n.Sign() > 0 && n.Num().IsInt64() &&
			n.Num().Int64() <= maxExponent:
			factor = f.ring.antilogarithm(len(m)-1, int(n.Num().Int64()))
		}
		if factor == nil {
			return nil
		}
		if product = product.Times(factor); product == nil {
			return nil
		}
	}
	return product
}

// antilogarithm returns g^n for the generator log g.
func (r *Ring) antilogarithm(i, n int) *Form {
	switch g := r.generators[i]; {
	case g.name == "log|θ|":
		return r.normTo(n)
	case g.argument != nil:
		return g.argument.raised(n)
	}
	return nil
}

// wave returns sin f or cos f. Of a multiple n of the angle of polar
// coordinates it is a polynomial in those of the angle itself.
func (f *Form) wave(o op) *Form {
	var cos, sin *Form
	if n, ok := f.multipleOfAngle(); ok {
		r := f.ring
		cos, sin = r.Constant(big.NewRat(1, 1)), r.Constant(new(big.Rat))
		c, s := r.circular(r.variablesAngle())
		for range max(n, -n) {
			cos, sin = cos.Times(c).minus(sin.Times(s)), sin.Times(c).Plus(cos.Times(s))
		}
		if n < 0 {
			sin = sin.scaled(big.NewRat(-1, 1))
		}
	} else {
		cos, sin = f.ring.circular(f)
	}
	if o == opCos {
		return cos
	}
	return sin
}

// multipleOfAngle returns n for f = n φ, |n| ≤ 16.
func (f *Form) multipleOfAngle() (int, bool) {
	if f.ring.angle < 0 || len(f.terms) != 1 || f.single() != f.ring.angle || f.Degree() != 1 {
		return 0, false
	}
	for _, c := range f.terms {
		if n := c.Num().Int64(); c.IsInt() && n >= -16 && n <= 16 {
			return int(n), true
		}
	}
	return 0, false
}

// powerOfNorm returns c and n with f = c|θ|^n, n > 0, if f is that.
func (f *Form) powerOfNorm() (c *big.Rat, n int, ok bool) {
	if f.ring.norm2 == nil || len(f.terms) == 0 {
		return nil, 0, false
	}
	c = f.terms[f.order()[0]]
	monic := f.scaled(new(big.Rat).Inv(c))
	for n = 1; n <= 2*maxExponent; n++ {
		norm := f.ring.normTo(n)
		if norm == nil {
			if n%2 == 1 {
				continue
			}
			return nil, 0, false
		}
		if norm.Degree() > f.Degree() {
			return nil, 0, false
		}
		lead := norm.terms[norm.order()[0]]
		if norm.scaled(new(big.Rat).Inv(lead)).Near(monic, 1e-12) {
			return new(big.Rat).Quo(c, lead), n, true
		}
	}
	return nil, 0, false
}

// needNorm makes |θ| a generator where it is no variable.
func (r *Ring) needNorm() {
	if r.norm == nil {
		r.norm = r.power(r.add(generator{name: "|θ|", nonNegative: true, square: r.norm2}), 1)
	}
}

// normTo returns |θ|^n, nil where that is no form.
func (r *Ring) normTo(n int) *Form {
	if r.norm2 == nil {
		return nil
	}
	even := r.norm2.raised(n / 2)
	if n%2 == 0 {
		return even
	}
	if r.norm == nil {
		return nil
	}
	return even.Times(r.norm)
}

func toFloat(c *big.Rat) float64 {
	v, _ := c.Float64()
	return v
}

// positive reports whether f is provably bounded below by a positive number.
func (f *Form) positive() bool {
	c, ok := f.terms[""]
	if ok && c.Sign() > 0 && f.evenAndNonnegative() {
		return true
	}
	least, ok := f.quadraticLeast()
	return ok && least.Sign() > 0
}

// nonnegative reports whether f ≥ 0 provably: where all terms are, and for
// polynomials of degree 2.
func (f *Form) nonnegative() bool {
	if f.evenAndNonnegative() {
		return true
	}
	least, ok := f.quadraticLeast()
	return ok && least.Sign() >= 0
}

// evenAndNonnegative reports whether every term is a positive multiple of
// squares and of generators that are not negative.
func (f *Form) evenAndNonnegative() bool {
	for m, c := range f.terms {
		if c.Sign() < 0 {
			return false
		}
		for i := range len(m) {
			if m[i]%2 == 1 && !f.ring.generators[i].nonNegative {
				return false
			}
		}
	}
	return true
}

// quadraticLeast returns the least value of a polynomial of degree 2 that is
// bounded below, by completing squares; its generators may take any values.
func (f *Form) quadraticLeast() (*big.Rat, bool) {
	if f.Degree() > 2 {
		return nil, false
	}
	rest := f
	for range len(f.ring.generators) + 1 {
		if c, ok := rest.constant(); ok {
			return c, true
		}
		i, a := rest.pureSquare()
		if i < 0 || a.Sign() < 0 {
			return nil, false
		}
		// rest = a g² + g h + …, with h free of g, is a (g + h/2a)² − h²/4a + …
		h := f.ring.Constant(new(big.Rat))
		for m, c := range rest.terms {
			if len(m) > i && m[i] == 1 {
				cofactor, _ := divide(m, monomial(append(make([]byte, i), 1)))
				h.add(cofactor, c)
			}
		}
		root := f.ring.power(i, 1).combine(h, new(big.Rat).Quo(big.NewRat(1, 2), a))
		square := root.Times(root)
		if square == nil || f.ring.generators[i].square != nil {
			return nil, false
		}
		rest = rest.minus(square.scaled(a))
	}
	return nil, false
}

// pureSquare returns a generator whose square is a term, and its coefficient.
func (f *Form) pureSquare() (int, *big.Rat) {
	for _, m := range f.order() {
		if m.degree() == 2 && m[len(m)-1] == 2 {
			return len(m) - 1, f.terms[m]
		}
	}
	return -1, nil
}
