package validation

import (
	"fmt"
	"math"

	"fpsgd"
	"fpsgd/solver/ensemble"
)

var momentsClaim = Claim{
	Name: "moments",
	Statement: "For f = 1 + |θ|² the moments of the density, of the equation's paths and of " +
		"discrete SGD satisfy closed equations: the mean decays at the rate 2, ⟨|θ|²⟩ " +
		"at 4 − 2mε, in any dimension; the fourth moment of SGD knows the law of Y.",
	Source: "theory, section 2.1",
	Run:    inTurn(momentsOfDensity, momentsOfPaths, momentsOfSGD),
}

// quadraticMoments are those of f = 1 + |θ|² in R^m.
type quadraticMoments struct {
	m       int
	epsilon float64
	// at t = 0: ⟨x₁⟩, ⟨|θ|²⟩ and ⟨|θ|⁴⟩
	mean, second, fourth float64
}

// ofGaussian are those of N(c e₁, w²I) at t = 0: with |θ|² = (c + wz)² + w²χ²,
//
//	⟨|θ|²⟩ = c² + mw²,    ⟨|θ|⁴⟩ = ⟨|θ|²⟩² + 4c²w² + 2mw⁴.
func ofGaussian(m int, epsilon, c, w float64) quadraticMoments {
	second := c*c + float64(m)*w*w
	return quadraticMoments{m, epsilon, c, second,
		second*second + 4*c*c*w*w + 2*float64(m)*math.Pow(w, 4)}
}

// at returns the moments at time t, of the linear equations
//
//	⟨x⟩' = −2⟨x⟩,    ⟨|θ|²⟩' = −a⟨|θ|²⟩ + 2mε,          a = 4 − 2mε,
//	                 ⟨|θ|⁴⟩' = −b⟨|θ|⁴⟩ + 4(m+2)ε⟨|θ|²⟩,  b = 8 − 4(m+2)ε.
func (q quadraticMoments) at(t float64) []float64 {
	d := float64(q.m)
	a, b, c := 4-2*d*q.epsilon, 8-4*(d+2)*q.epsilon, 4*(d+2)*q.epsilon
	limit := 2 * d * q.epsilon / a
	slow, fast := math.Exp(-a*t), math.Exp(-b*t)
	return []float64{
		q.mean * math.Exp(-2*t),
		limit + (q.second-limit)*slow,
		q.fourth*fast + c*limit*(1-fast)/b + c*(q.second-limit)*(slow-fast)/(b-a),
	}
}

var momentNames = []string{"⟨x⟩", "⟨|θ|²⟩", "⟨|θ|⁴⟩"}

var momentFormulas = []string{"−2⟨x⟩", "−(4−2mε)⟨|θ|²⟩ + 2mε", "−(8−4(m+2)ε)⟨|θ|⁴⟩ + 4(m+2)ε⟨|θ|²⟩"}

const momentsEnd, momentsCenter, momentsWidth = 0.5, 1.0, 0.3

// momentsOfDensity records those of the density on the line, extrapolated over nested grids.
func momentsOfDensity(e *Experiment) {
	exact := ofGaussian(1, 0.1, momentsCenter, momentsWidth)
	p := formula("1 + x^2", fpsgd.ML(exact.epsilon), cartesian(graded(100, -100, 100)),
		fpsgd.Gaussian{Center: []float64{momentsCenter}, Width: momentsWidth})
	var levels [][]float64
	for _, eq := range e.nested(p, e.levels()) {
		var found []float64
		e.through(eq, []float64{0, momentsEnd}, 1e-9, func(w []float64) {
			found = make([]float64, 3)
			for i, share := range eq.Masses(w) {
				x := eq.Grid.Axes[0].Midpoint(i)
				found[0] += share * x
				found[1] += share * x * x
				found[2] += share * math.Pow(x, 4)
			}
		})
		levels = append(levels, found)
	}
	for k, v := range limits(levels, extrapolant) {
		e.compare("density, m = 1, ε = 0.1: "+momentNames[k], v, exact.at(momentsEnd)[k],
			"d/dt = "+momentFormulas[k], "t = 1/2, extrapolated in h")
	}
}

// momentsOfPaths records those of particles of the differential equation. The scheme of order 2
// takes 1 − 2h + 2h² for e^{−2h}, so that ⟨x⟩ is too large by (2h)³/6 a step: on the line by 4e-4
// of it in the end, 0.4 standard errors, and 1.3 in the long form.
func momentsOfPaths(e *Experiment) {
	for k, c := range []struct {
		m                 int
		shift, epsilon, h float64 // the shift of ⟨|θ|²⟩
	}{{1, 0.0117, 0.1, 0.025}, {2, 0.0269, 0.2, 0.05}, {20, 0.0696, 0.02, 0.0125}} {
		exact := ofGaussian(c.m, c.epsilon, momentsCenter, momentsWidth).at(momentsEnd)
		n := e.many(seeing(c.shift))
		center := make([]float64, c.m)
		center[0] = momentsCenter
		s := e.swarmOf("1 + r^2", c.m, n, uint64(80+k), ensemble.Method{
			Step: c.h, Epsilon: c.epsilon, Scheme: ensemble.Weak2, Controlled: true,
		}, gaussian(momentsWidth, center...))
		s.advance(e, int(math.Round(momentsEnd/c.h)))
		squares := s.f()
		for i := range squares {
			squares[i]--
		}
		fourth := make([]float64, n)
		for i, v := range squares {
			fourth[i] = v * v
		}
		for j, samples := range [][]float64{s.X[0], squares, fourth} {
			e.compare(fmt.Sprintf("SDE, m = %d, ε = %g: %s", c.m, c.epsilon, momentNames[j]),
				sampleMean(samples), exact[j], "d/dt = "+momentFormulas[j], byParticles(n))
		}
	}
}

// momentsOfSGD records those of discrete SGD on the line after some steps. With s = 2εη, q = 1 − 2η
// and κ = E Y⁴, 3 for Gaussian noise and 1 for signs,
//
//	⟨x⟩ ← q⟨x⟩,    ⟨x²⟩ ← q²⟨x²⟩ + s(1 + ⟨x²⟩),
//	⟨x⁴⟩ ← q⁴⟨x⁴⟩ + 6q²s(⟨x²⟩ + ⟨x⁴⟩) + κs²(1 + 2⟨x²⟩ + ⟨x⁴⟩).
func momentsOfSGD(e *Experiment) {
	const epsilon, eta, steps = 0.5, 0.1, 5
	const q, s = 1 - 2*eta, 2 * epsilon * eta
	for k, law := range []ensemble.Law{ensemble.Gaussian, ensemble.Rademacher} {
		kappa := []float64{3, 1}[k]
		m1, m2, m4 := 1.0, 1.0, 1.0 // from x = 1
		for range steps {
			m4 = q*q*q*q*m4 + 6*q*q*s*(m2+m4) + kappa*s*s*(1+2*m2+m4)
			m2 = q*q*m2 + s*(1+m2)
			m1 *= q
		}
		n := e.many(100_000)
		particles := e.swarmOf("1 + x^2", 1, n, uint64(90+k), sgd(eta, 2*epsilon/eta, law), at(1))
		particles.advance(e, steps)
		for j, want := range []float64{m1, m2, m4} {
			power := []float64{1, 2, 4}[j]
			values := particles.each(func(x []float64) float64 { return math.Pow(x[0], power) })
			e.compare(fmt.Sprintf("SGD, %v, η = %g: ⟨x^%g⟩", law, eta, power), sampleMean(values),
				want, "the recursion, with E Y⁴ = "+number(kappa), byParticles(n))
		}
	}
}
