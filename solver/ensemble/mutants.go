package ensemble

// Mutant is another equation in place of the right one. A test of particles that cannot tell them
// apart has too few of these, or looks at what the equations have in common: each such test is run
// with all Mutants and has to fail.
type Mutant struct {
	Name string
	Of   func(Method) Method
}

// Mutants are the equations
//
//	dθ = −∇f dt + √(2.1εf) dB         ε is off by 5 %
//	dθ = −∇f dt + √(εf) dB            the slides' noise, which lacks a factor of two
//	dθ = −(1 − ε)∇f dt + √(2εf) dB    the Itô term with the wrong sign
//	dθ = −(1 − ½ε)∇f dt + √(2εf) dB   and without it
//
// As √(2εf) ∂√(2εf) = ε∇f, the right equation is −(∇f + ½ε∇f) dt + √(2εf) ∘ dB in the sense of
// Stratonovich: of the term −½ε∇f the third has the other sign, and the fourth has none. For SGD,
// θ ← θ − η(∇f + √(σf) Y) with σ = 2ε/η, and for homogeneous noise, where there is no such term, it
// is added all the same.
func Mutants() []Mutant {
	return []Mutant{
		{"ε + 5 %", func(m Method) Method { m.Epsilon *= 1.05; return m }},
		{"√(εf)", func(m Method) Method { m.Epsilon /= 2; return m }},
		{"Itô sign", func(m Method) Method { return m.slowed(1 - m.Epsilon) }},
		{"no Itô", func(m Method) Method { return m.slowed(1 - m.Epsilon/2) }},
	}
}

// slowed has so many times the drift.
func (m Method) slowed(factor float64) Method {
	field := m.Field
	m.Field = func(f []float64, gradient [][]float64, laplacian []float64, x [][]float64) {
		field(f, gradient, laplacian, x)
		for _, slope := range gradient {
			for i := range f {
				slope[i] *= factor
			}
		}
	}
	return m
}
