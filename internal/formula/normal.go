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
		n := p.graph.nodes[i]
		switch form := operations[n.op].form; {
		case n.op == opVar:
			forms[i] = r.variables[p.vars[n.a]]
		case n.op == opConst:
			forms[i] = r.number(math.Float64frombits(n.bits))
		case form != nil:
			forms[i] = form(forms[n.a], forms[n.b])
		}
		if forms[i] == nil {
			return nil, false
		}
	}
	return forms[p.roots[0]], true
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
	if !total.IsInt() || total.Cmp(big.NewRat(2*maxExponent, 1)) > 0 {
		return nil
	}
	scale := f.ring.number(math.Pow(toFloat(c), toFloat(e)))
	return f.ring.normTo(int(total.Num().Int64())).Times(scale)
}

func (f *Form) same() *Form { return f }

// neg returns −f.
func (f *Form) neg() *Form { return f.scaled(big.NewRat(-1, 1)) }

// least returns min(f, g), nil if neither is provably nowhere the larger.
func (f *Form) least(g *Form) *Form {
	switch {
	case g.minus(f).nonnegative():
		return f
	case f.minus(g).nonnegative():
		return g
	}
	return nil
}

// most returns max(f, g) where least returns min(f, g).
func (f *Form) most(g *Form) *Form {
	switch f.least(g) {
	case f:
		return g
	case g:
		return f
	}
	return nil
}

func (f *Form) magnitude() *Form {
	minus := f.neg()
	switch {
	case f.nonnegative():
		return f
	case minus.nonnegative():
		return minus
	}
	if _, lead := f.monic(); lead.Sign() < 0 {
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
		return f.ring.normTo(n / 2).Times(f.ring.number(math.Sqrt(toFloat(c))))
	}
	if s, c, ok := f.squareRoot(); ok {
		return s.magnitude().Times(f.ring.number(math.Sqrt(toFloat(c))))
	}
	return f.ring.atom("sqrt", f, generator{nonNegative: true, square: f})
}

// monic returns f over its leading coefficient, and that; f is not 0.
func (f *Form) monic() (*Form, *big.Rat) {
	lead := f.terms[f.order()[0]]
	return f.scaled(new(big.Rat).Inv(lead)), lead
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
	lead := monomial(half)
	s = f.ring.term(lead, big.NewRat(1, 1))
	monic, c := f.monic()
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
		return r.number(math.Log(toFloat(c))).combine(r.LogNorm(), big.NewRat(int64(n), 1))
	}
	if !f.positive() {
		return nil
	}
	argument, lead := f.monic()
	if lead.Sign() < 0 {
		return nil
	}
	log := r.atom("log", argument, generator{argument: argument})
	return r.number(math.Log(toFloat(lead))).Plus(log)
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
		product = product.Times(factor)
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

func (f *Form) tanh() *Form { return f.ring.atom("tanh", f, generator{bounded: true}) }

func (f *Form) cosine() *Form {
	cos, _ := f.circular()
	return cos
}

func (f *Form) sine() *Form {
	_, sin := f.circular()
	return sin
}

// circular returns cos f and sin f. Of a multiple n of the angle of polar
// coordinates they are polynomials in those of the angle itself.
func (f *Form) circular() (cos, sin *Form) {
	r := f.ring
	n, ok := f.multipleOfAngle()
	if !ok {
		return r.circular(f)
	}
	cos, sin = r.Constant(big.NewRat(1, 1)), r.Constant(new(big.Rat))
	c, s := r.circular(r.angle)
	for range max(n, -n) {
		cos, sin = cos.Times(c).minus(sin.Times(s)), sin.Times(c).Plus(cos.Times(s))
	}
	if n < 0 {
		sin = sin.neg()
	}
	return cos, sin
}

// multipleOfAngle returns n for f = n φ, |n| ≤ 16.
func (f *Form) multipleOfAngle() (int, bool) {
	if f.ring.angle == nil || len(f.terms) != 1 {
		return 0, false
	}
	c := f.terms[f.ring.angle.order()[0]]
	if c == nil || !c.IsInt() || c.Num().CmpAbs(big.NewInt(16)) > 0 {
		return 0, false
	}
	return int(c.Num().Int64()), true
}

// powerOfNorm returns c and n with f = c|θ|^n, n > 0, if f is that.
func (f *Form) powerOfNorm() (c *big.Rat, n int, ok bool) {
	if f.ring.norm2 == nil || len(f.terms) == 0 {
		return nil, 0, false
	}
	monic, c := f.monic()
	for n = 1; n <= 2*maxExponent; n++ {
		norm := f.ring.normTo(n)
		if norm == nil && n%2 == 1 {
			continue
		}
		if norm == nil || norm.Degree() > f.Degree() {
			return nil, 0, false
		}
		if like, lead := norm.monic(); like.Near(monic, 1e-12) {
			return new(big.Rat).Quo(c, lead), n, true
		}
	}
	return nil, 0, false
}

// needNorm makes |θ| a generator where it is no variable.
func (r *Ring) needNorm() {
	if r.norm == nil {
		r.norm = r.unknown(generator{name: "|θ|", nonNegative: true, square: r.norm2})
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
	return even.Times(r.norm)
}

func toFloat(c *big.Rat) float64 {
	v, _ := c.Float64()
	return v
}

// positive reports whether f is provably bounded below by a positive number.
func (f *Form) positive() bool { return f.leastSign() > 0 }

// nonnegative reports whether f ≥ 0 provably.
func (f *Form) nonnegative() bool { return f.leastSign() >= 0 }

// leastSign returns the sign of a lower bound of f, −1 where none is known:
// one is where all terms are nonnegative, and for polynomials of degree 2.
func (f *Form) leastSign() int {
	switch c := f.terms[""]; {
	case !f.evenAndNonnegative():
		return f.quadraticLeastSign()
	case c == nil:
		return 0
	default:
		return c.Sign()
	}
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

// quadraticLeastSign returns the sign of the least value of a polynomial of
// degree 2, −1 if it is not bounded below, by completing squares; its generators
// may take any values.
func (f *Form) quadraticLeastSign() int {
	if f.Degree() > 2 {
		return -1
	}
	rest := f
	for range len(f.ring.generators) + 1 {
		if c, ok := rest.constant(); ok {
			return c.Sign()
		}
		i, a := rest.pureSquare()
		if i < 0 || a.Sign() < 0 {
			return -1
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
			return -1
		}
		rest = rest.minus(square.scaled(a))
	}
	return -1
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
