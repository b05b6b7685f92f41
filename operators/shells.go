package operators

import "math"

// tail is an extrapolated remainder with an estimate of its error.
type tail struct{ mass, error float64 }

// remainder extrapolates the sum of the shells that are still to come from the last three. With q_k
// = s_k/s_{k−1}: for a power of the distance q is constant and the rest is s q/(1−q); for a power
// of the level, s_k ~ (k+k₀)^{−p}, 1/(−log q_k) = (k+k₀−½)/p grows by 1/p a level and the rest is s
// ((k+k₀)/(p−1) − ½), up to O(1/(k+k₀)²). It reports false if the shells do not tend to an
// integrable singularity.
func remainder(shells []float64) (tail, bool) {
	n := len(shells)
	if n < 4 {
		return tail{}, false
	}
	s := shells[n-1]
	q1, q0 := s/shells[n-2], shells[n-2]/shells[n-3]
	if !(q1 < 1-1e-9) || !(q0 < 1-1e-9) { // constant to rounding: a logarithmic divergence
		return tail{}, false
	}
	if math.Abs(q1-q0) <= 1e-6*(1-q1) { // geometric to six digits
		rest := s * q1 / (1 - q1)
		return tail{rest, rest * math.Abs(q1-q0) / ((1 - q1) * (1 - q1))}, true
	}
	invP := -1/math.Log(q1) + 1/math.Log(q0)
	if !(invP < 0.98) { // p = 1 diverges
		return tail{}, false
	}
	level := 1/(-math.Log(q1)*invP) + 0.5 // k + k₀
	rest := s * (level/(1/invP-1) - 0.5)  // Σ_{j>k} (j+k₀)^{−p} by Euler–Maclaurin
	if !(invP > 0 && rest > 0) {          // faster and faster: no singularity at all
		rest := s * q1 / (1 - q1)
		return tail{rest, rest}, true
	}
	return tail{rest, rest * -math.Log(q1)}, true
}
