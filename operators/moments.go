package operators

import (
	"slices"

	"fpsgd/operators/elementary"

	"gonum.org/v1/gonum/floats"
)

// moments are the integrals of πJ over a part of a cell relative to a reference value: the mass,
// and the first moments in the cell's own coordinates ξ ∈ [−1, 1].
type moments struct {
	mass  float64
	first [4]float64
}

func (m *moments) add(o moments) {
	m.mass += o.mass
	for k := range m.first {
		m.first[k] += o.first[k]
	}
}

func (m *moments) scale(factor float64) {
	m.mass *= factor
	for k := range m.first {
		m.first[k] *= factor
	}
}

// momentRule integrates over tensor lattices of d axes, with the arrays that this takes.
type momentRule struct {
	rule      *rule
	unit      []float64 // the weights of the points of [−1, 1]^d
	integrand []float64 // weights included
	aliased   []float64 // the estimated relative error of the mass due to each axis

	mass, logs        []float64 // the integrand and its logarithm, summed over the axes done
	marginal, logMean []float64

	// enough is an error that counts as none: below it bounds may stand for the estimates.
	enough float64
}

func newMomentRule(r *rule, d int) momentRule {
	p := len(r.x)
	n := pow(p, d)
	m := momentRule{
		rule: r, unit: make([]float64, n), integrand: make([]float64, n),
		aliased: make([]float64, d), mass: make([]float64, n/p), logs: make([]float64, n/p),
		marginal: make([]float64, p), logMean: make([]float64, p),
	}
	tensor(m.unit, slices.Repeat([][]float64{r.w}, d))
	return m
}

// failing returns, as bits, the axes whose share of the error exceeds the tolerance.
func (m *momentRule) failing(tolerance float64) int { return exceeding(m.aliased, tolerance) }

// exceeding returns, as bits, which errors do not keep to a tolerance.
func exceeding(errors []float64, tolerance float64) (bits int) {
	for k, e := range errors {
		if !(e <= tolerance) {
			bits |= 1 << k
		}
	}
	return bits
}

// integrate returns the moments of e^{g − reference} over [−1, 1]^d.
func (m *momentRule) integrate(g []float64, reference float64) moments {
	elementary.Exp(m.integrand, g, 1, -reference)
	floats.Mul(m.integrand, m.unit)
	return m.moments(g)
}

// moments returns the moments of an integrand e^g, given on a tensor lattice (C order), and
// estimates their error from the marginals of the integrand and of g. Axis by axis, the last one
// first, both are summed over the axis until one number is left.
func (m *momentRule) moments(g []float64) moments {
	p, n := len(m.rule.x), len(m.integrand)
	share := float64(p) / float64(n)
	integrand := m.integrand
	var sum moments
	for k := len(m.aliased) - 1; k >= 0; k-- {
		collapse(m.mass, m.marginal, integrand[:n])
		collapse(m.logs, m.logMean, g[:n])
		for a, v := range m.marginal {
			sum.first[k] += m.rule.x[a] * v
			m.marginal[a] = v / m.rule.w[a]
			m.logMean[a] *= share
		}
		m.aliased[k] = m.rule.aliasing(m.marginal, m.logMean, m.enough)
		integrand, g, n = m.mass, m.logs, n/p
	}
	sum.mass = integrand[0]
	return sum
}

// eachMarginal calls visit with the sums of a function on the lattice over all axes but one: axis
// by axis, the last one first.
func (m *momentRule) eachMarginal(g []float64, visit func(marginal []float64)) {
	n := len(m.integrand)
	for range m.aliased {
		collapse(m.logs, m.logMean, g[:n])
		visit(m.logMean)
		g, n = m.logs, n/len(m.logMean)
	}
}

// collapse stores in dst the sums of a tensor over its last axis, and in marginal those over all
// the other axes. dst may be v.
func collapse(dst, marginal, v []float64) {
	p := len(marginal)
	clear(marginal)
	switch p { // of three and more axes: registers hold the marginal
	case 3:
		collapse3(dst, (*[3]float64)(marginal), v)
		return
	case 5:
		collapse5(dst, (*[5]float64)(marginal), v)
		return
	}
	for t := 0; len(v) > 0; t++ {
		sum := 0.0
		for a, x := range v[:p] {
			sum += x
			marginal[a] += x
		}
		dst[t] = sum
		v = v[p:]
	}
}

func collapse3(dst []float64, marginal *[3]float64, v []float64) {
	m0, m1, m2 := 0.0, 0.0, 0.0
	dst = dst[:len(v)/3]
	for t := range dst {
		x := v[3*t:][:3]
		x0, x1, x2 := x[0], x[1], x[2]
		dst[t] = x0 + x1 + x2
		m0, m1, m2 = m0+x0, m1+x1, m2+x2
	}
	*marginal = [3]float64{m0, m1, m2}
}

func collapse5(dst []float64, marginal *[5]float64, v []float64) {
	m0, m1, m2, m3, m4 := 0.0, 0.0, 0.0, 0.0, 0.0
	dst = dst[:len(v)/5]
	for t := range dst {
		x := v[5*t:][:5]
		x0, x1, x2, x3, x4 := x[0], x[1], x[2], x[3], x[4]
		dst[t] = x0 + x1 + x2 + x3 + x4
		m0, m1, m2, m3, m4 = m0+x0, m1+x1, m2+x2, m3+x3, m4+x4
	}
	*marginal = [5]float64{m0, m1, m2, m3, m4}
}

// extent returns the least and the greatest of some numbers; NaN is neither, unless it is the
// first.
func extent(v []float64) (least, most float64) {
	least, most = v[0], v[0]
	for _, x := range v[1:] {
		if x < least {
			least = x
		}
		if x > most {
			most = x
		}
	}
	return least, most
}

// spread stores a function of one axis, given at its p points, on a tensor lattice where these are
// stride apart.
func spread(dst, table []float64, stride int) {
	for a, v := range table {
		part := dst[a*stride:][:stride]
		for t := range part {
			part[t] = v
		}
	}
	for done := len(table) * stride; done < len(dst); done *= 2 {
		copy(dst[done:], dst[:done])
	}
}

// accumulate adds a function of one axis, given at its p points, on a tensor lattice where these
// are stride apart.
func accumulate(dst, table []float64, stride int) {
	for t := 0; t < len(dst); {
		for _, v := range table {
			for u := t; u < t+stride; u++ {
				dst[u] += v
			}
			t += stride
		}
	}
}

// tensor stores the outer product of vectors, in C order.
func tensor(dst []float64, factors [][]float64) {
	dst[0] = 1
	n := 1
	for _, f := range factors {
		for i := n - 1; i >= 0; i-- {
			v := dst[i]
			for a := len(f) - 1; a >= 0; a-- {
				dst[i*len(f)+a] = v * f[a]
			}
		}
		n *= len(f)
	}
}

func pow(p, n int) int {
	out := 1
	for range n {
		out *= p
	}
	return out
}
