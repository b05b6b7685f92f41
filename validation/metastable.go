package validation

import (
	"fmt"
	"math"
	"sort"

	"fpsgd"
	"fpsgd/internal/plots"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/integrate/quad"
)

var metastableClaim = Claim{
	Name: "metastable",
	Statement: "Mass leaves a minimum that is not the lowest at a rate that falls exponentially " +
		"with 1/ε, by both noises: the spectral gap of two unequal wells is that of the inverse " +
		"operator, an integral operator, from 1 down to 1e-15, wherever the slow mode lives.",
	Source: "flat minimum selection: how long it takes; quadrature in this package",
	Run:    inTurn(runMetastable),
}

// metastableCase is a landscape with two wells, near x = ±1; of the ones with noise that vanishes
// with f the one at 1 is sharp and takes all of π.
type metastableCase struct {
	formula string
	f       func(x float64) float64
	noise   fpsgd.Noise
	reach   float64 // of the domain, to both sides
	width   float64 // of the well at 1
}

func metastableCases() []metastableCase {
	sharp := func(floor float64) metastableCase {
		return metastableCase{
			formula: fmt.Sprintf("((x-1)^2 + 1e-4)*((x+1)^2 + %g)", floor),
			f: func(x float64) float64 {
				return ((x-1)*(x-1) + 1e-4) * ((x+1)*(x+1) + floor)
			},
			reach: 3, width: 0.01,
		}
	}
	tilted := metastableCase{
		formula: "(x^2-1)^2/4 + 0.15*x + 0.2",
		f:       func(x float64) float64 { return (x*x-1)*(x*x-1)/4 + 0.15*x + 0.2 },
		reach:   1.8, width: 0.1,
	}
	var cases []metastableCase
	ml := func(c metastableCase, epsilons ...fpsgd.ML) {
		for _, c.noise = range epsilons {
			cases = append(cases, c)
		}
	}
	ml(sharp(0.4), 0.1, 0.05)
	ml(sharp(0.05), 0.2, 0.1, 0.05)
	for _, tilted.noise = range []fpsgd.Homogeneous{0.1, 0.02, 0.006, 0.0035} {
		cases = append(cases, tilted)
	}
	return cases
}

func (c metastableCase) name() string {
	return fmt.Sprintf("%s, %s, ε = %g", c.formula, c.noise, c.noise.Epsilon())
}

// problem is graded about both minima.
func (c metastableCase) problem(n int) fpsgd.Problem {
	x := gradedAbout(n, -c.reach, c.reach, []float64{-1, 1}, []float64{0.1, c.width})
	return formula(c.formula, c.noise, cartesian(x), nil)
}

// homogeneous reports whether the noise does not vanish with f.
func (c metastableCase) homogeneous() bool {
	_, is := c.noise.(fpsgd.Homogeneous)
	return is
}

// weights are log π and κ.
func (c metastableCase) weights(x float64) (logPi, kappa float64) {
	f, epsilon := c.f(x), c.noise.Epsilon()
	if c.homogeneous() {
		return -f / epsilon, math.Log(epsilon) - f/epsilon
	}
	return -(1 + 1/epsilon) * math.Log(f), math.Log(epsilon) - math.Log(f)/epsilon
}

func runMetastable(e *Experiment) {
	gaps, exacts := measured("eigenvalue", nil, nil), reference("by quadrature", nil, nil)
	for _, c := range metastableCases() {
		found := e.eigenvalues(c.problem(200), 1, 3)
		// The whole of the correction: an order that is 2 by accident makes the last one vanish.
		v, exact := found[0], c.gap()
		e.Compare("gap, "+c.name(), v.value, math.Abs(v.value-v.finest())+logRounding*v.value,
			exact, "1/λ of the inverse operator, by quadrature",
			"on 800 cells "+number(v.finest()))
		if c.homogeneous() {
			extend(&gaps, 1/c.noise.Epsilon(), v.value)
			extend(&exacts, 1/c.noise.Epsilon(), exact)
		}
	}
	e.draw("metastable", plots.LinesData{
		Heading: "The gap of unequal wells",
		Title:   "f = (x² − 1)²/4 + 0.15x + 0.2, homogeneous noise",
		X:       "1/ε", Y: "gap", LogY: true, Lines: []plots.Line{gaps, exacts},
	})
}

// panels are Gauss points on equal intervals, with the integrals of what is interpolated there.
type panels struct {
	points    int       // of an interval
	x, weight []float64 // of all points
	// ∫ from the beginning of an interval to point i, and from there to its end, of the Lagrange
	// polynomial of point j
	below, above []float64
}

func newPanels(count, points int, lo, hi float64) *panels {
	p, half := &panels{points: points}, (hi-lo)/float64(2*count)
	nodes, weights := make([]float64, points), make([]float64, points)
	quad.Legendre{}.FixedLocations(nodes, weights, -1, 1)
	for k := range count {
		for i, t := range nodes {
			p.x = append(p.x, lo+half*(float64(2*k+1)+t))
			p.weight = append(p.weight, half*weights[i])
		}
	}
	inner, share := make([]float64, points), make([]float64, points)
	integral := func(from, to float64, j int) float64 {
		quad.Legendre{}.FixedLocations(inner, share, from, to)
		sum := 0.0
		for m, t := range inner {
			value := share[m]
			for i, node := range nodes {
				if i != j {
					value *= (t - node) / (nodes[j] - node)
				}
			}
			sum += value
		}
		return half * sum
	}
	for _, t := range nodes {
		for j := range nodes {
			p.below, p.above = append(p.below, integral(-1, t, j)),
				append(p.above, integral(t, 1, j))
		}
	}
	return p
}

// fromBelow returns ∫_{−R}^x g at all points.
func (p *panels) fromBelow(g []float64) []float64 {
	out, sum := make([]float64, len(g)), 0.0
	for at := 0; at < len(g); at += p.points {
		sum = p.across(out[at:], g[at:], p.weight[at:], p.below, sum)
	}
	return out
}

// fromAbove returns ∫_x^R g at all points.
func (p *panels) fromAbove(g []float64) []float64 {
	out, sum := make([]float64, len(g)), 0.0
	for at := len(g) - p.points; at >= 0; at -= p.points {
		sum = p.across(out[at:], g[at:], p.weight[at:], p.above, sum)
	}
	return out
}

// across stores the integrals at the points of one interval, beyond which the integral is sum, and
// returns that over the interval as well.
func (p *panels) across(dst, g, weight, partial []float64, sum float64) float64 {
	n := p.points
	for i := range n {
		dst[i] = sum + floats.Dot(partial[i*n:(i+1)*n], g[:n])
	}
	return sum + floats.Dot(weight[:n], g[:n])
}

// gap is the lowest eigenvalue of −(e^κ u')' = λ π u, u' = 0 at ±R, by inverse iteration. One step
// is
//
//	J(x) = −∫_{−R}^x π (u − ⟨u⟩) = ∫_x^R π (u − ⟨u⟩),    u(x) ← ∫_m^x e^{−κ} J,
//	λ = ⟨u, u⟩/⟨u, u_next⟩ of the deviations,
//
// two cumulative integrals. Both are taken from the median m of π: J from the ends towards it and u
// from it outwards, so that nothing cancels where a well has a share of 1e-80. Nothing of the
// finite volumes is in it.
func (c metastableCase) gap() float64 {
	const steps, settled = 200, 1e-12
	p := newPanels(1500, 8, -c.reach, c.reach)
	n := len(p.x)
	logPi, kappa, u := make([]float64, n), make([]float64, n), make([]float64, n)
	for i, x := range p.x {
		logPi[i], kappa[i] = c.weights(x)
		u[i] = -math.Tanh(4 * x)
	}
	top := floats.Max(logPi)
	pi, resistance, deviation := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range pi {
		pi[i], resistance[i] = math.Exp(logPi[i]-top), math.Exp(top-kappa[i])
	}
	total := floats.Dot(p.weight, pi)
	median := sort.SearchFloat64s(p.fromBelow(pi), total/2)
	mass := floats.MulTo(make([]float64, n), p.weight, pi)
	mean := func(v []float64) float64 {
		sum := 0.0
		for i := range v {
			sum += mass[i] * v[i] / total
		}
		return sum
	}
	lambda := math.Inf(1)
	for range steps {
		uMean := mean(u)
		for i, v := range u {
			deviation[i] = pi[i] * (v - uMean)
		}
		next := p.solve(deviation, resistance, median)
		nextMean, square, product := mean(next), 0.0, 0.0
		for i := range u {
			d := mass[i] * (u[i] - uMean)
			square += d * (u[i] - uMean)
			product += d * (next[i] - nextMean)
		}
		before := lambda
		if lambda = square / product; math.Abs(lambda-before) <= settled*lambda {
			break
		}
		floats.ScaleTo(u, 1/floats.Norm(next, math.Inf(1)), next)
	}
	return lambda
}

// solve returns the v with −(e^κ v')' = deviation and v = 0 at the median, both integrals being
// taken from the end that is nearer in mass.
func (p *panels) solve(deviation, resistance []float64, median int) []float64 {
	flux, fromAbove := p.fromBelow(deviation), p.fromAbove(deviation)
	for i := range flux {
		flux[i] *= -resistance[i]
		if i >= median {
			flux[i] = fromAbove[i] * resistance[i]
		}
	}
	v, outward := p.fromAbove(flux), p.fromBelow(flux)
	atBelow, atAbove := outward[median], v[median]
	for i := range v {
		if i >= median {
			v[i] = outward[i] - atBelow
		} else {
			v[i] = atAbove - v[i]
		}
	}
	return v
}
