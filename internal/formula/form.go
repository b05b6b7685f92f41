package formula

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// Ring is where formulas have their normal forms: polynomials with rational
// coefficients in generators, which are variables and what polynomials do not
// contain (log|θ|, cos φ, an absolute value, …). Some generators have squares
// that are polynomials in the others, as r² = x² + y²; in a normal form no
// such generator has a power above 1. Equal forms are equal functions.
//
// A Ring is not safe for concurrent use: it grows by the generators it meets.
type Ring struct {
	generators []generator
	variables  map[string]*Form // the variables as forms
	named      map[string]int   // generators by their names
	angle      *Form            // the variable φ of Polar, else nil
	norm2      *Form            // |θ|²
	norm       *Form            // |θ| if it is a form, else nil
}

// generator is one unknown of a ring.
type generator struct {
	name        string
	nonNegative bool
	bounded     bool  // |g| ≤ 1
	square      *Form // what its square reduces to, or nil
	argument    *Form // of a logarithm, else nil
}

// Form is an element of a [Ring] in normal form. It is immutable.
type Form struct {
	ring  *Ring
	terms map[monomial]*big.Rat // none is 0
}

// monomial holds an exponent for each generator, without trailing zeros.
type monomial string

// Limits on what is expanded.
const (
	maxTerms    = 600
	maxExponent = 64
	maxBits     = 20000 // of a coefficient
)

// NewRing returns the polynomials in the given variables.
func NewRing(variables []string) *Ring {
	r := &Ring{variables: map[string]*Form{}, named: map[string]int{}}
	for _, name := range variables {
		r.variables[name] = r.unknown(generator{name: name})
	}
	return r
}

// Nonnegative declares that a variable is nowhere negative.
func (r *Ring) Nonnegative(variable string) { r.generators[r.named[variable]].nonNegative = true }

// Norm declares which variables are the components of θ, and, if norm is not
// "", that this variable is |θ|; it may be the only component.
func (r *Ring) Norm(norm string, components []string) {
	r.norm2 = r.Constant(new(big.Rat))
	for _, name := range components {
		r.norm2 = r.norm2.Plus(r.variables[name].Times(r.variables[name]))
	}
	if norm == "" {
		return
	}
	r.Nonnegative(norm)
	r.norm = r.variables[norm]
	if !slices.Contains(components, norm) {
		r.generators[r.named[norm]].square = r.norm2
	}
}

// Polar declares x = radius cos angle and y = radius sin angle, which become
// products of generators, and that radius is |θ|.
func (r *Ring) Polar(x, y, radius, angle string) {
	r.angle = r.variables[angle]
	r.Nonnegative(radius)
	r.norm = r.variables[radius]
	r.norm2 = r.norm.Times(r.norm)
	c, s := r.circular(r.angle)
	r.variables[x], r.variables[y] = r.norm.Times(c), r.norm.Times(s)
}

// NormSquared returns |θ|².
func (r *Ring) NormSquared() *Form { return r.norm2 }

// LogNorm returns log|θ|.
func (r *Ring) LogNorm() *Form {
	return r.unknown(generator{name: "log|θ|", argument: r.norm})
}

// Constant returns a number as a form.
func (r *Ring) Constant(v *big.Rat) *Form {
	return r.term("", v)
}

// term returns c·m.
func (r *Ring) term(m monomial, c *big.Rat) *Form {
	f := &Form{ring: r, terms: map[monomial]*big.Rat{}}
	f.add(m, c)
	return f
}

// unknown returns the generator of this name, g if there is none yet.
func (r *Ring) unknown(g generator) *Form {
	i, known := r.named[g.name]
	if !known {
		i = len(r.generators)
		r.named[g.name], r.generators = i, append(r.generators, g)
	}
	return r.power(i, 1)
}

// power returns the form g^n of generator i.
func (r *Ring) power(i, n int) *Form {
	return r.term(monomial(strings.Repeat("\x00", i)+string(rune(n))), big.NewRat(1, 1))
}

// atom returns the generator of a function of a form, the same for the same
// function of the same form.
func (r *Ring) atom(function string, argument *Form, g generator) *Form {
	g.name = function + "(" + argument.key() + ")"
	return r.unknown(g)
}

// circular returns the cosine and the sine of a form, with sin² = 1 − cos².
func (r *Ring) circular(argument *Form) (cos, sin *Form) {
	cos = r.atom("cos", argument, generator{bounded: true})
	one := r.Constant(big.NewRat(1, 1))
	return cos, r.atom("sin", argument, generator{bounded: true, square: one.minus(cos.Times(cos))})
}

// add adds c·m in place; only for forms that nobody has seen yet.
func (f *Form) add(m monomial, c *big.Rat) {
	m = monomial(strings.TrimRight(string(m), "\x00"))
	sum := new(big.Rat).Set(c)
	if old, ok := f.terms[m]; ok {
		sum.Add(sum, old)
	}
	if sum.Sign() == 0 {
		delete(f.terms, m)
		return
	}
	f.terms[m] = sum
}

// Plus returns f + g.
func (f *Form) Plus(g *Form) *Form { return f.combine(g, big.NewRat(1, 1)) }

func (f *Form) minus(g *Form) *Form { return f.combine(g, big.NewRat(-1, 1)) }

// combine returns f + c g, nil if one is.
func (f *Form) combine(g *Form, c *big.Rat) *Form {
	if f == nil || g == nil {
		return nil
	}
	sum := &Form{ring: f.ring, terms: maps.Clone(f.terms)}
	for m, v := range g.terms {
		sum.add(m, new(big.Rat).Mul(v, c))
	}
	return sum
}

func (f *Form) scaled(c *big.Rat) *Form { return f.ring.Constant(new(big.Rat)).combine(f, c) }

// Times returns f g reduced by the squares of the generators, nil beyond the
// limits and if one is.
func (f *Form) Times(g *Form) *Form {
	if f == nil || g == nil || len(f.terms)*len(g.terms) > maxTerms*8 {
		return nil
	}
	product := &Form{ring: f.ring, terms: map[monomial]*big.Rat{}}
	for m, a := range f.terms {
		for n, b := range g.terms {
			c := new(big.Rat).Mul(a, b)
			if c.Num().BitLen()+c.Denom().BitLen() > maxBits ||
				!product.addReduced(multiply(m, n), c) {
				return nil
			}
		}
	}
	if len(product.terms) > maxTerms {
		return nil
	}
	return product
}

// addReduced adds c·m in place, squares of generators replaced.
func (f *Form) addReduced(m monomial, c *big.Rat) bool {
	for i := range len(m) {
		square := f.ring.generators[i].square
		if m[i] > maxExponent {
			return false
		}
		if square == nil || m[i] < 2 {
			continue
		}
		rest := []byte(m)
		rest[i] -= 2
		for n, v := range square.terms {
			if !f.addReduced(multiply(monomial(rest), n), new(big.Rat).Mul(c, v)) {
				return false
			}
		}
		return true
	}
	f.add(m, c)
	return true
}

func multiply(a, b monomial) monomial {
	if len(a) < len(b) {
		a, b = b, a
	}
	out := []byte(a)
	for i := range len(b) {
		out[i] += b[i]
	}
	return monomial(out)
}

// raised returns f^n for n ≥ 0, nil beyond the limits.
func (f *Form) raised(n int) *Form {
	out := f.ring.Constant(big.NewRat(1, 1))
	for i := 0; i < n && out != nil; i++ {
		out = out.Times(f)
	}
	return out
}

// constant returns the value of a form without generators.
func (f *Form) constant() (*big.Rat, bool) {
	switch c, ok := f.terms[""]; {
	case len(f.terms) == 0:
		return new(big.Rat), true
	case len(f.terms) == 1 && ok:
		return c, true
	}
	return nil, false
}

// order returns the monomials, the largest first: by degree, then by name.
func (f *Form) order() []monomial {
	return slices.SortedFunc(maps.Keys(f.terms), func(a, b monomial) int {
		if d := b.degree() - a.degree(); d != 0 {
			return d
		}
		return strings.Compare(string(b), string(a))
	})
}

// exponent returns that of generator i.
func (m monomial) exponent(i int) int {
	if i < len(m) {
		return int(m[i])
	}
	return 0
}

func (m monomial) degree() int {
	sum := 0
	for i := range len(m) {
		sum += int(m[i])
	}
	return sum
}

// Degree returns the total degree in the generators.
func (f *Form) Degree() int {
	most := 0
	for m := range f.terms {
		most = max(most, m.degree())
	}
	return most
}

// key writes f so that equal forms, and no others, are written alike.
func (f *Form) key() string {
	var b strings.Builder
	for _, m := range f.order() {
		fmt.Fprintf(&b, "%s%x ", f.terms[m].RatString(), string(m))
	}
	return b.String()
}

// Near reports whether f and g have the same terms, their coefficients equal
// to a relative tolerance.
func (f *Form) Near(g *Form, tolerance float64) bool {
	if len(f.terms) != len(g.terms) {
		return false
	}
	for m, a := range f.terms {
		b, ok := g.terms[m]
		if !ok {
			return false
		}
		ratio := toFloat(new(big.Rat).Quo(a, b))
		if !(ratio >= 1-tolerance && ratio <= 1+tolerance) {
			return false
		}
	}
	return true
}

// Over returns f/g, and whether g divides f.
func (f *Form) Over(g *Form) (*Form, bool) {
	lead := g.order()
	if len(lead) == 0 {
		return nil, false
	}
	rest, quotient := f, f.ring.Constant(new(big.Rat))
	for range maxTerms {
		if len(rest.terms) == 0 {
			return quotient, true
		}
		top := rest.order()[0]
		m, ok := divide(top, lead[0])
		if !ok {
			return nil, false
		}
		part := f.ring.term(m, new(big.Rat).Quo(rest.terms[top], g.terms[lead[0]]))
		product := part.Times(g)
		if product == nil {
			return nil, false
		}
		quotient, rest = quotient.Plus(part), rest.minus(product)
	}
	return nil, false
}

func divide(a, b monomial) (monomial, bool) {
	if len(b) > len(a) {
		return "", false
	}
	out := []byte(a)
	for i := range len(b) {
		if out[i] < b[i] {
			return "", false
		}
		out[i] -= b[i]
	}
	return monomial(out), true
}

// Polynomial is a polynomial in some variables.
type Polynomial []Term

// Term is Coefficient ∏ x_k^{Exponents_k}.
type Term struct {
	Coefficient *big.Rat
	Exponents   []int
}

// Polynomial returns f as a polynomial in variables, if it is one. In the ring
// of [Ring.Polar] x and y are found in r^{i+j} cosⁱφ sinʲφ and in r².
func (f *Form) Polynomial(variables []string) (Polynomial, bool) {
	r := f.ring
	if r.angle != nil {
		return f.cartesian(variables)
	}
	var out Polynomial
	for _, m := range f.order() {
		t := Term{f.terms[m], make([]int, len(variables))}
		left := m.degree()
		for k, name := range variables {
			t.Exponents[k] = m.exponent(r.named[name])
			left -= t.Exponents[k]
		}
		if left != 0 {
			return nil, false
		}
		out = append(out, t)
	}
	return out, true
}

// cartesian undoes x = r cos φ and y = r sin φ: what is left of a power of r
// is even and is one of x² + y².
func (f *Form) cartesian(variables []string) (Polynomial, bool) {
	plane := NewRing(variables)
	plane.Norm("", variables)
	sum := plane.Constant(new(big.Rat))
	cos, sin := f.ring.circular(f.ring.angle)
	radius, c, s := f.ring.norm.single(), cos.single(), sin.single()
	for _, m := range f.order() {
		n, i, j := m.exponent(radius), m.exponent(c), m.exponent(s)
		if rest := n - i - j; rest < 0 || rest%2 != 0 || n+i+j != m.degree() {
			return nil, false
		}
		term := plane.norm2.raised((n - i - j) / 2).Times(plane.variables[variables[0]].raised(i))
		if term = term.Times(plane.variables[variables[1]].raised(j)); term == nil {
			return nil, false
		}
		sum = sum.combine(term, f.terms[m])
	}
	return sum.Polynomial(variables)
}

// single returns the generator of a form that is one.
func (f *Form) single() int {
	for m := range f.terms {
		return len(m) - 1
	}
	return -1
}

// Bounded splits f into the terms whose generators beyond the variables are
// all bounded by 1 in magnitude and whose other generators are absent, and the
// rest: |f − rest| ≤ bound.
func (f *Form) Bounded() (rest *Form, bound *big.Rat) {
	rest, bound = f.ring.Constant(new(big.Rat)), new(big.Rat)
	for m, c := range f.terms {
		if m != "" && f.ring.isBounded(m) {
			bound.Add(bound, new(big.Rat).Abs(c))
		} else {
			rest.add(m, c)
		}
	}
	return rest, bound
}

func (r *Ring) isBounded(m monomial) bool {
	for i := range len(m) {
		if m[i] > 0 && !r.generators[i].bounded {
			return false
		}
	}
	return true
}
