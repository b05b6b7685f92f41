package scenarios

import (
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"

	"fpsgd/internal/formula"
	"fpsgd/mesh"
)

// prove decides whether π is integrable on R^d where f is a polynomial P of degree D plus a bounded
// function, |f − P| ≤ B, and returns nil where it cannot. With p = 1 + 1/ε:
//
//	f does not change along some direction           π is not integrable
//	Dp ≤ d                                           f ≤ C(1 + |θ|)^D: π = f^{−p} is not integrable
//	P − B ≥ c(1 + |θ|²)^{D/2} with c > 0 and Dp > d   π = f^{−p} is integrable
//	the terms of degree D are ≥ c|θ|^D, D > 0         π = e^{−f/ε} is integrable
//
// The lower bounds are found by interval arithmetic on the surface of a cube, to which homogeneous
// polynomials are reduced.
func prove(l Landscape, n Noise, c mesh.Coordinates) (integrable *bool, reason string) {
	p, bound, ok := polynomialOf(l, c)
	if !ok {
		return nil, ""
	}
	degree := degreeOf(p)
	critical := float64(c.Dimension()) / (1 + 1/n.Epsilon())
	const grows = "f grows like |θ|^%d in every direction"
	switch {
	case bound.Sign() == 0 && hasRidge(p):
		return new(false), "f is a polynomial that does not change along some direction"
	case degree == 0:
		return new(false), "f is bounded"
	case isHomogeneous(n) && isPositive(leading(p, degree), c):
		return new(true), fmt.Sprintf(grows, degree)
	case isHomogeneous(n):
		return nil, ""
	case float64(degree) <= critical*(1+rounding):
		return new(false), fmt.Sprintf("f is at most of the order of |θ|^%d, and more than "+
			"|θ|^%.4g is needed", degree, critical)
	case isPositive(homogenised(p, degree, bound), c):
		return new(true), fmt.Sprintf(grows+", and more than |θ|^%.4g is needed, and is bounded "+
			"below by a positive number", degree, critical)
	}
	return nil, ""
}

// polynomialOf returns f as a polynomial in the components of θ and a bound on what else there is
// of it.
func polynomialOf(l Landscape, c mesh.Coordinates) (
	p formula.Polynomial, bound *big.Rat, ok bool) {
	var program *formula.Program
	switch l := l.(type) {
	case *formulaLandscape:
		program = l.Program
	case *builtin:
		program = l.polynomial
	}
	if program == nil {
		return nil, nil, false
	}
	f, ok := program.Normal(ring(c))
	if !ok {
		return nil, nil, false
	}
	if p, ok := f.Polynomial(c.Components()); ok {
		return p, new(big.Rat), true
	}
	rest, bound := f.Bounded()
	p, ok = rest.Polynomial(c.Components())
	return p, bound, ok
}

func degreeOf(p formula.Polynomial) int {
	most := 0
	for _, t := range p {
		most = max(most, total(t.Exponents))
	}
	return most
}

func total(exponents []int) int {
	sum := 0
	for _, e := range exponents {
		sum += e
	}
	return sum
}

// hasRidge reports whether a direction v ≠ 0 has v·∇P = 0: whether the gradients of the monomials'
// coefficients are dependent.
func hasRidge(p formula.Polynomial) bool {
	if len(p) == 0 {
		return true
	}
	n := len(p[0].Exponents)
	// of a monomial of the gradient, its coefficient in every component
	rows := map[string][]*big.Rat{}
	for _, t := range p {
		for k, e := range t.Exponents {
			if e == 0 {
				continue
			}
			lower := slices.Clone(t.Exponents)
			lower[k]--
			key := fmt.Sprint(lower)
			if rows[key] == nil {
				rows[key] = zeros(n)
			}
			rows[key][k].Mul(t.Coefficient, big.NewRat(int64(e), 1))
		}
	}
	return rank(slices.Collect(maps.Values(rows)), n) < n
}

func zeros(n int) []*big.Rat {
	out := make([]*big.Rat, n)
	for k := range out {
		out[k] = new(big.Rat)
	}
	return out
}

// rank eliminates in exact arithmetic.
func rank(rows [][]*big.Rat, columns int) int {
	r := 0
	for k := range columns {
		pivot := slices.IndexFunc(rows[r:], func(row []*big.Rat) bool { return row[k].Sign() != 0 })
		if pivot < 0 {
			continue
		}
		rows[r], rows[r+pivot] = rows[r+pivot], rows[r]
		for _, row := range rows[r+1:] {
			factor := new(big.Rat).Quo(row[k], rows[r][k])
			for j := range row {
				row[j] = new(big.Rat).Sub(row[j], new(big.Rat).Mul(factor, rows[r][j]))
			}
		}
		if r++; r == len(rows) {
			break
		}
	}
	return r
}

// homogeneous is a homogeneous polynomial with the coefficients enclosed.
type homogeneous []monomial

type monomial struct {
	coefficient formula.Interval
	exponents   []int
}

// leading returns the terms of degree D.
func leading(p formula.Polynomial, degree int) (h homogeneous) {
	for _, t := range p {
		if total(t.Exponents) == degree {
			h = append(h, monomial{enclosed(t.Coefficient), t.Exponents})
		}
	}
	return h
}

// homogenised returns θ₀^D (P(θ/θ₀) − B), which is positive for θ₀ ≥ 0 off the origin iff
// P − B ≥ c(1 + |θ|²)^{D/2}. θ₀ is the last variable.
func homogenised(p formula.Polynomial, degree int, bound *big.Rat) (h homogeneous) {
	for _, t := range p {
		exponents := append(slices.Clone(t.Exponents), degree-total(t.Exponents))
		h = append(h, monomial{enclosed(t.Coefficient), exponents})
	}
	if bound.Sign() > 0 {
		exponents := append(make([]int, len(p[0].Exponents)), degree)
		h = append(h, monomial{enclosed(new(big.Rat).Neg(bound)), exponents})
	}
	return h
}

func enclosed(c *big.Rat) formula.Interval {
	v := toFloat(c)
	return formula.Interval{Lo: math.Nextafter(v, math.Inf(-1)), Hi: math.Nextafter(v, math.Inf(1))}
}

// isPositive reports whether a homogeneous polynomial in the components, and θ₀ ≥ 0 if it has one
// variable more, is positive off the origin: on every face of a cube where a component is ±1, the
// others between, or θ₀ is 1. It is false where enough boxes do not show it.
func isPositive(h homogeneous, c mesh.Coordinates) bool {
	if len(h) == 0 {
		return false
	}
	n, components := len(h[0].exponents), c.Components()
	lowest := make([]float64, n)
	for k := range lowest {
		if k < len(components) && mesh.NormOf(c, k) == 0 {
			lowest[k] = -1
		}
	}
	budget := 30000
	for k := range n {
		for _, side := range []float64{-1, 1} {
			if side < lowest[k] {
				continue
			}
			box := make([]formula.Interval, n)
			for j := range box {
				box[j] = formula.Interval{Lo: lowest[j], Hi: 1}
			}
			box[k] = formula.Point(side)
			if !h.positiveOn(box, &budget) {
				return false
			}
		}
	}
	return true
}

// positiveOn bisects a box until the bounds are positive on each part.
func (h homogeneous) positiveOn(box []formula.Interval, budget *int) bool {
	if h.on(box).Lo > 0 {
		return true
	}
	if *budget--; *budget < 0 {
		return false
	}
	middle, longest := make([]formula.Interval, len(box)), 0
	for k, x := range box {
		middle[k] = formula.Point(x.Lo + x.Width()/2)
		if x.Width() > box[longest].Width() {
			longest = k
		}
	}
	if !(h.on(middle).Hi > 0) || box[longest].Width() < 1e-6 {
		return false
	}
	lower, upper := slices.Clone(box), slices.Clone(box)
	lower[longest].Hi, upper[longest].Lo = middle[longest].Lo, middle[longest].Lo
	return h.positiveOn(lower, budget) && h.positiveOn(upper, budget)
}

// on encloses the values on a box.
func (h homogeneous) on(box []formula.Interval) formula.Interval {
	sum := formula.Point(0)
	for _, t := range h {
		term := t.coefficient
		for k, e := range t.exponents {
			if e > 0 {
				term = term.Times(box[k].Power(e))
			}
		}
		sum = sum.Plus(term)
	}
	return sum
}
