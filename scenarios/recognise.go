package scenarios

import (
	"math"
	"math/big"
	"slices"

	"fpsgd/internal/formula"
	"fpsgd/mesh"
	"fpsgd/scenarios/exact"
)

// rounding is the relative difference of coefficients that are taken to be one number, written or
// rounded in two ways.
const rounding = 1e-12

// ring returns the polynomials in what a landscape sees of a coordinate system, and the relations
// between these variables.
func ring(c mesh.Coordinates) *formula.Ring {
	r := formula.NewRing(c.Variables())
	components, norm := c.Components(), ""
	if k := mesh.NormAxis(c); k >= 0 {
		norm = c.Axes()[k]
	} else if mesh.Cartesian(c) {
		norm = "r"
	}
	for k, name := range c.Axes() {
		if mesh.DomainOf(c, k).Periodic && slices.Contains(c.Variables(), name) {
			r.Polar(components[0], components[1], norm, name)
			return r
		}
	}
	for k, name := range components {
		if mesh.NormOf(c, k) > 0 {
			r.Nonnegative(name)
		}
	}
	r.Norm(norm, components)
	return r
}

// recognise returns the closed form that a formula is, in whatever way it is written, or nil. It
// compares normal forms, that is, all coefficients of the expanded formula: values at points,
// however many, cannot tell a function from another that equals it there.
func recognise(l *formulaLandscape, g *mesh.Grid) form {
	r := ring(g.Coordinates)
	f, ok := l.Normal(r)
	if !ok {
		return nil
	}
	if q := quadraticOfForm(f, g.Coordinates); q != nil {
		return q
	}
	norm2, logNorm := r.NormSquared(), r.LogNorm()
	if f.Near(norm2.Plus(norm2.Times(logNorm).Times(logNorm)), rounding) {
		return &logSingularForm{}
	}
	return nil
}

// quadraticOfForm reads floor + scale|θ − c|² = a + b·θ + s|θ|² off the coefficients, nil where
// there are others.
func quadraticOfForm(f *formula.Form, c mesh.Coordinates) form {
	polynomial, ok := f.Polynomial(c.Components())
	if !ok {
		return nil
	}
	terms, ok := quadraticTerms(polynomial, len(c.Components()))
	if !ok {
		return nil
	}
	constant, linear, scale := terms[0][0], terms[1], terms[2][0]
	for _, s := range terms[2] {
		if s.Sign() <= 0 || !nearRatio(s, scale) {
			return nil
		}
	}
	floor, size := new(big.Rat).Set(constant), new(big.Rat).Abs(constant)
	center := make([]float64, len(linear))
	for k, b := range linear {
		if mesh.NormOf(c, k) > 0 && b.Sign() != 0 {
			return nil // no shift: a kink at r = 0
		}
		shift := new(big.Rat).Quo(b, new(big.Rat).Mul(big.NewRat(-2, 1), scale))
		part := new(big.Rat).Mul(scale, new(big.Rat).Mul(shift, shift))
		floor.Sub(floor, part)
		size.Add(size, part)
		center[k] = roundTiny(toFloat(shift)) + 0 // −0 becomes 0
	}
	if new(big.Rat).Abs(floor).Cmp(new(big.Rat).Mul(size, new(big.Rat).SetFloat64(0x1p-50))) <= 0 {
		// the rounding of decimal constants to binary ones, as in x² − 0.2x + 0.01
		floor = new(big.Rat)
	}
	if floor.Sign() < 0 {
		return nil
	}
	if isOrigin(center) {
		center = nil
	}
	return &quadraticForm{exact.Quadratic{
		Floor: toFloat(floor), Scale: roundTiny(toFloat(scale)), Center: center}}
}

// quadraticTerms returns the coefficients of x_k^degree for the degrees 0, which is k = 0, 1 and 2,
// and whether there are no other terms.
func quadraticTerms(p formula.Polynomial, n int) (terms [3][]*big.Rat, ok bool) {
	terms = [3][]*big.Rat{zeros(n), zeros(n), zeros(n)}
	for _, t := range p {
		degree := total(t.Exponents)
		along := slices.Index(t.Exponents, degree)
		if along < 0 || degree > 2 {
			return terms, false
		}
		terms[degree][along] = t.Coefficient
	}
	return terms, true
}

func nearRatio(a, b *big.Rat) bool {
	ratio := toFloat(new(big.Rat).Quo(a, b))
	return ratio >= 1-rounding && ratio <= 1+rounding
}

func toFloat(v *big.Rat) float64 {
	f, _ := v.Float64()
	return f
}

// roundTiny gives back the digits of a number that is one of few decimal digits but for rounding.
func roundTiny(v float64) float64 {
	if r := math.Round(v*1e9) / 1e9; math.Abs(v-r) <= 1e-15*max(1, math.Abs(v)) {
		return r
	}
	return v
}
