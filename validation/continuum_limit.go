package validation

import (
	"fmt"
	"math"

	"fpsgd"
	"fpsgd/internal/plots"
	"fpsgd/solver/ensemble"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/integrate/quad"
)

var continuumLimitClaim = Claim{
	Name: "continuum-limit",
	Statement: "The law of discrete SGD at t = ηn tends to the density as η → 0 with ε = ησ/2 " +
		"fixed, with order 1 in η, for Gaussian and for Rademacher noise.",
	Source: "open problem 1 of the talk: the validity of the continuum model",
	Run:    inTurn(continuumOrders, nodalLaws),
}

// The law of SGD is computed without sampling. A law Σ a_i δ(x_i) on nodes becomes by one step
//
//	Σ_i Σ_k a_i p_k δ( x_i − η f'(x_i) + √(2εη f(x_i)) y_k )
//
// with the nodes y_k and weights p_k of a Gauss–Hermite rule, or the two signs. Each of these
// points is replaced by the eight nodes next to it with the weights of Lagrange interpolation
// there, which changes the mean of a smooth function by O(h⁸).
const (
	continuumEpsilon = 0.25
	continuumEnd     = 1.0
	continuumCenter  = 1.0 // of the Gaussian start
	continuumWidth   = 0.3
	smear            = 0.5 // of the test functions

	stencil = 8
)

// nodalLaw is a law on the nodes x = sinh τ, τ equidistant.
type nodalLaw struct {
	x, mass []float64
	top, h  float64 // of τ
}

func newNodalLaw(n int, reach float64) *nodalLaw {
	l := &nodalLaw{top: math.Asinh(reach)}
	l.h = 2 * l.top / float64(n-1)
	for i := range n {
		x := math.Sinh(-l.top + l.h*float64(i))
		d := (x - continuumCenter) / continuumWidth
		density := math.Exp(-d*d/2) / (math.Sqrt(2*math.Pi) * continuumWidth)
		l.x, l.mass = append(l.x, x), append(l.mass, density*l.h*math.Hypot(1, x))
	}
	return l
}

// spread adds a mass at x to the nodes about it. Of what lies beyond the last stencil nothing is
// left but rounding.
func (l *nodalLaw) spread(dst []float64, x, mass float64) {
	at := (math.Asinh(x) + l.top) / l.h
	first := min(max(int(at)-stencil/2+1, 0), len(dst)-stencil)
	at -= float64(first)
	for j := range stencil {
		weight := mass
		for k := range stencil {
			if k != j {
				weight *= (at - float64(k)) / float64(j-k)
			}
		}
		dst[first+j] += weight
	}
}

// step makes one of SGD; y and p are the law of Y.
func (l *nodalLaw) step(m ensemble.Method, y, p []float64) {
	n := len(l.x)
	f, slope, next := make([]float64, n), make([]float64, n), make([]float64, n)
	m.Field(f, [][]float64{slope}, nil, [][]float64{l.x})
	for i, x := range l.x {
		mean, deviation := x-m.Step*slope[i], math.Sqrt(2*m.Epsilon*m.Step*f[i])
		for k, v := range y {
			l.spread(next, mean+deviation*v, l.mass[i]*p[k])
		}
	}
	l.mass = next
}

// noiseRule returns points and probabilities for the law of Y.
func noiseRule(law ensemble.Law) (y, p []float64) {
	if law == ensemble.Rademacher {
		return []float64{-1, 1}, []float64{0.5, 0.5}
	}
	const points = 12
	y, p = make([]float64, points), make([]float64, points)
	quad.Hermite{}.FixedLocations(y, p, math.Inf(-1), math.Inf(1))
	floats.Scale(math.Sqrt2, y) // the rule is that of ∫ e^{−x²} g dx
	floats.Scale(1/math.SqrtPi, p)
	return y, p
}

// smearing are the points c at which laws are compared, by the means of (x − c) ↦ a normal density
// of the width smear: that is the density, smeared, at c.
func smearing() (centers []float64) {
	for c := -3.0; c <= 4; c += smear / 2 {
		centers = append(centers, c)
	}
	return centers
}

// smeared returns the densities of a law, smeared, at the centers.
func smeared(x, mass []float64) []float64 {
	centers := smearing()
	out := make([]float64, len(centers))
	for k, c := range centers {
		for i, v := range x {
			d := (v - c) / smear
			out[k] += mass[i] * math.Exp(-d*d/2) / (math.Sqrt(2*math.Pi) * smear)
		}
	}
	return out
}

// continuumDensity is the solver's density at the end, smeared, extrapolated over nested grids.
func (e *Experiment) continuumDensity() (values []float64, estimate float64) {
	p := formula("1 + x^2", fpsgd.ML(continuumEpsilon), cartesian(graded(100, -100, 100)),
		fpsgd.Gaussian{Center: []float64{continuumCenter}, Width: continuumWidth})
	var levels [][]float64
	for _, eq := range e.nested(p, e.levels()) {
		e.through(eq, []float64{0, continuumEnd}, 1e-10, func(w []float64) {
			x := make([]float64, len(w))
			for i := range x {
				x[i] = eq.Grid.Axes[0].Midpoint(i)
			}
			found := smeared(x, eq.Masses(w))
			if len(levels) == 0 || len(levels[len(levels)-1]) > 0 {
				levels = append(levels, nil) // of t = 0
				return
			}
			levels[len(levels)-1] = found
		})
	}
	return worst(limits(levels, extrapolant))
}

// continuumOrders records the order of the distance in L² of the smeared densities.
func continuumOrders(e *Experiment) {
	density, noise := e.continuumDensity()
	landscape := inSpace("1 + x^2", 1)
	steps := []int{8, 16, 32, 64, 128}
	figure := plots.LinesData{Heading: "SGD tends to the density with order 1",
		Title: "f = 1 + x², ε = 1/4, t = 1", X: "η", Y: "distance in L², smeared",
		LogX: true, LogY: true}
	for _, law := range []ensemble.Law{ensemble.Gaussian, ensemble.Rademacher} {
		y, p := noiseRule(law)
		line := measured(law.String(), nil, nil)
		var distances, orders []float64
		for _, n := range steps {
			eta := continuumEnd / float64(n)
			m := e.on(landscape, sgd(eta, 2*continuumEpsilon/eta, law))
			l := newNodalLaw(400, 100)
			for range n {
				l.step(m, y, p)
			}
			found := smeared(l.x, l.mass)
			d := floats.Distance(found, density, 2) * math.Sqrt(smear/2)
			if last := len(distances) - 1; last >= 0 {
				orders = append(orders, math.Log2(distances[last]/d))
			}
			distances = append(distances, d)
			extend(&line, eta, d)
		}
		finest := distances[len(distances)-1]
		order := eliminated(orders, 2, 1, 2).widened(noise / (finest * math.Ln2))
		e.compare(fmt.Sprintf("f = 1 + x², %v: order in η", law), order, 1,
			"1, extrapolated to η → 0", fmt.Sprintf("distances %.3g from η = 1/%d down to %.3g, "+
				"η = 1/%d", distances[0], steps[0], finest, steps[len(steps)-1]))
		figure.Lines = append(figure.Lines, line)
	}
	x, y := sampled(1, 1./128, 1./8, func(eta float64) float64 { return eta / 4 })
	figure.Lines = append(figure.Lines, reference("order 1", x, y))
	e.draw("continuum-limit", figure)
}

// nodalLaws holds particles against the law on the nodes, at the center 0 of smearing.
func nodalLaws(e *Experiment) {
	const steps, origin = 8, 12 // the latter in smearing
	eta, n := continuumEnd/float64(steps), e.many(seeing(0.0288))
	for k, law := range []ensemble.Law{ensemble.Gaussian, ensemble.Rademacher} {
		m := sgd(eta, 2*continuumEpsilon/eta, law)
		s := e.swarmOf("1 + x^2", 1, n, uint64(70+k), m, gaussian(continuumWidth, continuumCenter))
		s.advance(e, steps)
		values := s.each(func(x []float64) float64 {
			return math.Exp(-x[0]*x[0]/(2*smear*smear)) / (math.Sqrt(2*math.Pi) * smear)
		})
		y, p := noiseRule(law)
		m.Field = s.landscape.Field
		l := newNodalLaw(400, 100)
		for range steps {
			l.step(m, y, p)
		}
		e.compare(fmt.Sprintf("f = 1 + x², %v, η = %g: smeared density at 0", law, eta),
			sampleMean(values), smeared(l.x, l.mass)[origin],
			"the law of SGD on nodes, without sampling", byParticles(n))
	}
}
