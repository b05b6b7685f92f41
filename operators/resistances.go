package operators

import (
	"math"
	"slices"

	"fpsgd/operators/elementary"
)

// resistances are the ∫ e^{−κ} h_k²/J_k dq_k of one piece of line per transverse lattice point,
// e^logScale · value. The two rules below integrate them from the samples of κ on a cell; where
// these do not resolve κ, edgeRule integrates adaptively.
type resistances struct {
	logScale float64
	value    []float64
}

func newResistances(n, transverse int) []resistances {
	out := make([]resistances, n)
	for i, value := range vectors(n, transverse) {
		out[i].value = value
	}
	return out
}

func (r *resistances) set(o *resistances) {
	r.logScale = o.logScale
	copy(r.value, o.value)
}

// panelSpread is how far κ may vary over one panel of a path: the path rule is then exact to eight
// digits and more.
const panelSpread = 4.0

// maxPanels bounds the panels of a path. Where κ varies by more than maxPanels·panelSpread over a
// cell its edges are integrated anew (see edgeRule).
const maxPanels = 256

// pathRule integrates e^{−κ} times a metric factor e^μ along the lines of a cell, from the node at
// ξ to one of the faces. κ is the polynomial that interpolates its samples along each line. The
// metric factor is evaluated exactly, or, on a logarithmic axis, interpolated together with κ:
// there μ is linear, and cancels against κ where both are huge.
type pathRule struct {
	rule   *rule
	weight []float64 // of each abscissa, metric factor included
	coef   []float64 // the interpolation's p coefficients for each abscissa
	share  []float64 // of each sample in the integral of an interpolated function

	exponent []float64 // at every abscissa, those of all lines; then e to their power
}

// prepare sets the abscissae of the piece [−1, ξ] (side 0) or [ξ, 1] (side 1) of the cell [lo, hi].
// A metric factor of 1 is nil.
func (r *pathRule) prepare(xi float64, side int, lo, hi, spread float64,
	logMetric func(q float64) float64) {

	p := len(r.rule.x)
	panels := min(maxPanels, 1+int(spread/panelSpread))
	a, b := -1.0, xi
	if side == 1 {
		a, b = xi, 1.0
	}
	r.weight, r.coef = r.weight[:0], r.coef[:0]
	half := (b - a) / 2 / float64(panels)
	for panel := range panels {
		centre := a + half*float64(2*panel+1)
		for s, x := range r.rule.x {
			at := centre + half*x
			weight := r.rule.w[s] * half * (hi - lo) / 2
			if logMetric != nil {
				weight *= math.Exp(logMetric(lo + (hi-lo)/2*(1+at)))
			}
			r.weight = append(r.weight, weight)
			n := len(r.coef)
			r.coef = slices.Grow(r.coef, p)[:n+p]
			r.rule.interpolate(r.coef[n:], at)
		}
	}
}

// integrate stores ∫ e^{reference − κ} · metric dq along every line of the cell whose samples of κ
// lie stride apart.
func (r *pathRule) integrate(dst, kappa []float64, reference float64, stride int) {
	p, n := len(r.rule.x), len(dst)
	r.exponent = slices.Grow(r.exponent[:0], n*len(r.weight))[:n*len(r.weight)]
	for s := range r.weight {
		alongLines(r.exponent[s*n:][:n], r.coef[s*p:][:p], kappa, stride)
	}
	elementary.Exp(r.exponent, r.exponent, -1, reference)
	clear(dst)
	for s, w := range r.weight {
		for t, e := range r.exponent[s*n:][:n] {
			dst[t] += w * e
		}
	}
}

// alongLines stores the same combination of the samples of every line of a cell, which lie stride
// apart. Three of them, as on most axes, need no loop.
func alongLines(dst, coef, samples []float64, stride int) {
	p := len(coef)
	for first, t := 0, 0; t < len(dst); first, t = first+p*stride, t+stride {
		block, out := samples[first:][:p*stride], dst[t:][:stride]
		if p == 3 {
			b, c := block[stride:][:stride], block[2*stride:][:stride]
			for s := range out {
				out[s] = coef[0]*block[s] + coef[1]*b[s] + coef[2]*c[s]
			}
			continue
		}
		for s := range out {
			sum := 0.0
			for a, c := range coef {
				sum += c * block[a*stride+s]
			}
			out[s] = sum
		}
	}
}

// combine stores ∫ e · metric dq along every line of the cell, of a function whose samples e lie
// stride apart and that is interpolated itself: a fixed combination of the samples.
func (r *pathRule) combine(dst, e []float64, stride int) {
	p := len(r.rule.x)
	r.share = r.share[:0]
	for a := range p {
		sum := 0.0
		for s, w := range r.weight {
			sum += w * r.coef[s*p+a]
		}
		r.share = append(r.share, sum)
	}
	alongLines(dst, r.share, e, stride)
}

// halfRule integrates a function that is interpolated from its samples along the lines of a cell,
// from the node at ξ to both faces, in closed form. With the Legendre polynomials P_n, ℓ_a = Σ_n
// (n+½) w_a P_n(x_a) P_n are the Lagrange polynomials of the points x_a, and ∫_{−1}^ξ P_n = −∫_ξ^1
// P_n = (P_{n+1}(ξ) − P_{n−1}(ξ))/(2n+1) for n ≥ 1.
type halfRule struct {
	mode         [][]float64 // mode[n][a] = w_a P_n(x_a)/2: what multiplies P_{n+1} − P_{n−1}
	lower, upper []float64   // ∫_{−1}^ξ ℓ_a and ∫_ξ^1 ℓ_a, times half the width of the cell
}

func newHalfRule(r *rule) halfRule {
	p := len(r.x)
	h := halfRule{lower: make([]float64, p), upper: make([]float64, p)}
	for n := range p {
		h.mode = append(h.mode, r.mode(n, 0.5))
	}
	return h
}

// prepare sets the node, in a cell of half the width half.
func (r *halfRule) prepare(xi, half float64) {
	for a, c := range r.mode[0] {
		r.lower[a], r.upper[a] = half*c*(1+xi), half*c*(1-xi)
	}
	before, here := 1.0, xi // P_{n−1} and P_n
	for n := 1; n < len(r.mode); n++ {
		next := (float64(2*n+1)*xi*here - float64(n)*before) / float64(n+1)
		difference := half * (next - before)
		for a, c := range r.mode[n] {
			r.lower[a] += c * difference
			r.upper[a] -= c * difference
		}
		before, here = here, next
	}
}

// integrate stores the integrals to the lower and the upper face of a function with the samples e,
// which lie stride apart along each line.
func (r *halfRule) integrate(lower, upper, e []float64, stride int) {
	upperShare := r.upper[:len(r.lower)]
	for first, t := 0, 0; t < len(lower); first += len(r.lower) * stride {
		for s := range stride {
			l, u := 0.0, 0.0
			at := first + s
			for a, c := range r.lower {
				v := e[at]
				l += c * v
				u += upperShare[a] * v
				at += stride
			}
			lower[t], upper[t] = l, u
			t++
		}
	}
}
