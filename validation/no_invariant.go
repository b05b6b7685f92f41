package validation

import (
	"fmt"
	"math"

	"fpsgd"
	"fpsgd/internal/plots"
	"fpsgd/scenarios/exact"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

var noInvariantClaim = Claim{
	Name: "no-invariant",
	Statement: "Without an invariant distribution mass runs away: to infinity for f = 1 + |θ|² " +
		"if 2(1 + 1/ε) < d, while the norm decays at Hardy's rate; " +
		"for f = |θ|² to 0 or to infinity by the sign of (d−2)ε − 2; to +∞ for the " +
		"cross-entropy log(1 + e^{−x}), which has no minimiser.",
	Source: "slides “There exists no invariant distribution unless …” and “Open problems”, 4; " +
		"theory, sections 1 and 2.3",
	Run: inTurn(hardyEdge, hardyNorm, escapes, brownianSigns, brownianExit, crossEntropyExit,
		crossEntropyLaw),
}

// heavyQuadratic is f = 1 + r² in R³ with ε = 4, where 2(1 + 1/ε) < d: π ~ r^{−5/2} is not
// integrable. The end r = R is open.
func heavyQuadratic(n int, R float64) fpsgd.Problem {
	return formula("1 + r^2", fpsgd.ML(heavyEpsilon), radial(3, graded(n, 0, R).Open(false, true)),
		fpsgd.Gaussian{Center: []float64{0}, Width: heavyWidth})
}

const heavyEpsilon, heavyWidth = 4.0, 0.5

// hardyRate is εΛ, Λ the Hardy constant of f = 1 + r², d = 3, ε = 4.
func hardyRate() float64 {
	return must(exact.PoincareHardy(heavyEpsilon, 3)).Rate(heavyEpsilon)
}

// hardyEdge records the edge of the spectrum, by eigenvalues on growing domains r ≤ sinh T.
func hardyEdge(e *Experiment) {
	lengths := []float64{60, 120, 240}
	var lowest []integral
	for _, T := range lengths {
		v := e.eigenvalues(heavyQuadratic(int(1.25*T), math.Sinh(T)), 1, e.levels())[0]
		lowest = append(lowest, v.scaled(1/heavyEpsilon).integral)
	}
	values, noise := worst(lowest)
	edge, _ := bottom(lengths, values, noise)
	e.compare("f = 1 + r², ε = 4: spectral edge", edge.scaled(heavyEpsilon), hardyRate(),
		"((d−2)ε − 2)²/(4ε), Hardy",
		"eigenvalues for r ≤ sinh T, T = 60, 120, 240, the end open; extrapolated in h and T")
}

// hardyNorm records the rate of ‖u‖ in time, on a domain so large that its end is not felt. The
// continuum above the edge adds a power of t, ‖u‖ ~ e^{−t/4} t^{−γ}, and the rate −d log
// ‖u‖/dt = 1/4 + γ/t + … is extrapolated in 1/t.
func hardyNorm(e *Experiment) {
	rate := hardyRate()
	times := []float64{0, 4, 8, 16, 32, 64, 128}
	rates, numerical := worst(history(e.levels(), extrapolant,
		func(level int, looser float64) []float64 {
			return e.normRates(times, 160<<level, 1e-7*looser)
		}))
	limit := eliminated(rates, 2, 1, 2, 3, 4).widened(numerical)
	e.compare("f = 1 + r², ε = 4: rate of ‖u‖", limit, rate,
		"((d−2)ε − 2)²/(4ε), Hardy",
		fmt.Sprintf("extrapolated in 1/t and h; at t = %g the rate is %.4f", times[len(times)-1],
			rates[len(rates)-1]))
	hardy := reference("Hardy's rate 1/4", []float64{0, 1 / times[1]}, []float64{rate, rate})
	e.draw("no-invariant-norm", plots.LinesData{
		Heading: "Rate of the norm where π is not integrable", Title: "f = 1 + |θ|², d = 3, ε = 4",
		X: "1/t", Y: "−d log ‖u‖/dt",
		Lines: []plots.Line{{Name: "computed", X: inverses(times[1:]), Y: rates}, hardy},
	})
}

func inverses(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = 1 / v
	}
	return out
}

// normRates returns −d log ‖u‖/dt = ⟨w, S w⟩/⟨w, w⟩ at the times but the first, on a grid of
// r ≤ sinh 160.
func (e *Experiment) normRates(times []float64, cellCount int, tolerance float64) []float64 {
	p := must(e.Build(heavyQuadratic(cellCount, math.Sinh(160))))
	var rates []float64
	logVolumes := p.LogVolumes()
	e.through(p, times, tolerance, func(w []float64) {
		m := p.Operator.Measure(w, logVolumes)
		rates = append(rates, m.Dissipation*math.Exp(-2*m.LogNorm))
	})
	return rates[1:]
}

// escapes records the mean time in which mass escapes from r ≤ R.
func escapes(e *Experiment) {
	figure := plots.LinesData{Heading: "Mass left within r ≤ R",
		Title: "f = 1 + |θ|², d = 3, ε = 4", X: "t", Y: "mass left"}
	for _, reach := range []float64{10, 100, 1e4} {
		top := math.Asinh(reach)
		s := e.compareExit(fmt.Sprintf("f = 1 + r², ε = 4: mean escape time, R = %g", reach),
			heavyQuadratic(int(4*top), reach), 80, 0.1, heavyExitTime(top), "r")
		figure.Lines = append(figure.Lines, thinned(fmt.Sprintf("R = %g", reach), s, 12, 400))
	}
	e.draw("no-invariant-mass", figure)
}

// thinned is a history up to the time end as a line of about n points.
func thinned(name string, s *survival, end float64, n int) plots.Line {
	line := plots.Line{Name: name}
	next := 0.0
	for k, t := range s.Times {
		if t <= end && t >= next {
			extend(&line, t, s.Masses[k])
			next = t + end/float64(n)
		}
	}
	return line
}

// heavyExitTime is the mean exit time from r ≤ sinh top of heavyQuadratic, in the variable
// τ = asinh r: with p = 1 + 1/ε, dm/dτ = sinh² τ cosh^{1−2p} τ and e^κ = ε sinh² τ cosh^{1−2p} τ,
// but for the factor 4π of both. The start is a normal law.
func heavyExitTime(top float64) integral {
	pi := func(tau float64) float64 {
		return math.Pow(math.Sinh(tau), 2) * math.Pow(math.Cosh(tau), -1-2/heavyEpsilon)
	}
	conductivity := func(tau float64) float64 { return heavyEpsilon * pi(tau) }
	below := func(tau float64) float64 {
		q := math.Sinh(tau) / heavyWidth
		return math.Erf(q/math.Sqrt2) - math.Sqrt(2/math.Pi)*q*math.Exp(-q*q/2)
	}
	return exitTime(0, top, below, pi, conductivity)
}

// geometricBrownian is f = r², for which log r is Brownian motion with drift μ = (d−2)ε − 2 and
// variance 2ε a unit of time.
func geometricBrownian(d int, epsilon float64, r fpsgd.Division, age float64) fpsgd.Problem {
	return builtin("power", parameters{"exponent": {2}}, fpsgd.ML(epsilon),
		radial(d, r), fpsgd.Exact{Source: 1, Age: age})
}

// brownianAge is the age of the initial density, brownianEnd that of the last one.
const (
	brownianAge = 0.25
	brownianEnd = 2.25
)

// brownianSigns records the law of log r on both sides of (d−2)ε = 2; in one dimension there is one
// side only.
func brownianSigns(e *Experiment) {
	for _, c := range []struct {
		d       int
		epsilon float64
	}{{1, 0.5}, {1, 4}, {3, 1}, {3, 4}, {5, 0.25}, {5, 1}} {
		e.compareBrownian(c.d, c.epsilon)
	}
}

// compareBrownian solves in steps: the start is so far from a π that is hardly integrable on the
// grid, if at all, that the default propagator takes these as well or is less accurate than the
// grid, and equal ones have an error that is extrapolated with that in h.
func (e *Experiment) compareBrownian(d int, epsilon float64) {
	mu := float64(d-2)*epsilon - 2
	mean, deviation := mu*brownianEnd, math.Sqrt(2*epsilon*brownianEnd)
	low, high := math.Ceil(math.Max(0, -mean)+9*deviation), math.Ceil(math.Max(0, mean)+9*deviation)
	// on the coarsest grid: 1.5 a standard deviation of the start
	perUnit := int(math.Ceil(1.5 / math.Sqrt(2*epsilon*brownianAge)))
	p := geometricBrownian(d, epsilon, fpsgd.Log(int(low+high)*perUnit, -low, high), brownianAge)
	var laws [][]float64
	for l, eq := range e.nested(p, e.levels()) {
		s := e.steps(eq, brownianEnd-brownianAge, math.Ldexp(0.08, -l))
		_, m, v, inside := axisLaw(eq, s.W, 0)
		laws = append(laws, []float64{m, v, inside})
	}
	found := limits(laws, extrapolant)
	fate := "collapse to 0"
	if mu > 0 {
		fate = "escape to ∞"
	}
	name := fmt.Sprintf("f = r², d = %d, ε = %g: ", d, epsilon)
	compare := func(what string, found integral, expected float64, formula string) {
		e.compare(name+what, found, expected, formula, fate+"; extrapolated in h and dt")
	}
	compare("mean of log r", found[0], mean, "((d−2)ε − 2) t")
	compare("variance of log r", found[1], deviation*deviation, "2εt")
	compare("P(r < 1)", found[2], distuv.UnitNormal.CDF(-mean/deviation), "Φ(−μt/√(2εt))")
}

// axisLaw returns the mass of a state, the mean and the variance of the first coordinate less
// origin, a face, and the mass below that.
func axisLaw(eq *fpsgd.Equation, w []float64, origin float64) (mass, mean, variance,
	below float64) {
	second := 0.0
	for i, share := range eq.Masses(w) {
		s := eq.Grid.Axes[0].Midpoint(i) - origin
		mass += share
		mean += share * s
		second += share * s * s
		if s < 0 {
			below += share
		}
	}
	mean /= mass
	return mass, mean, second/mass - mean*mean, below
}

// brownianExit records the mass left with an absorbing end, for which the reflection principle
// gives a closed form.
func brownianExit(e *Experiment) {
	const (
		d, epsilon = 3, 4.0
		end        = 13 // log r of it: more than eight standard deviations from the start
	)
	logR := fpsgd.Log(2*(40+end), -40, end).Open(false, true)
	r := e.survivals(geometricBrownian(d, epsilon, logR, brownianAge), 8, 0.08)
	mu := (d-2)*epsilon - 2
	for _, t := range []float64{2, 4, 8} {
		got := r.extrapolated(func(s *survival) float64 { return s.at(t) })
		age := t + brownianAge
		deviation := math.Sqrt(2 * epsilon * age)
		want := distuv.UnitNormal.CDF((end-mu*age)/deviation) -
			math.Exp(mu*end/epsilon)*distuv.UnitNormal.CDF((-end-mu*age)/deviation)
		e.compare(fmt.Sprintf("f = r², ε = 4: mass at log r ≤ 13, t = %g", t), got, want,
			"Φ((b−μt)/√(2εt)) − e^{μb/ε} Φ((−b−μt)/√(2εt))",
			"reflection principle; extrapolated in h and dt")
	}
}

// crossEntropy is the loss without a minimiser, f → 0 as x → ∞.
func crossEntropy(x fpsgd.Division) fpsgd.Problem {
	return builtin("cross-entropy", nil, fpsgd.ML(crossEntropyEpsilon), cartesian(x),
		fpsgd.Gaussian{Center: []float64{-3}, Width: 0.5})
}

const crossEntropyEpsilon = 0.5

// crossEntropyExit records the mean time in which mass runs away through x = X.
func crossEntropyExit(e *Experiment) {
	figure := plots.LinesData{Heading: "Mass left at x ≤ X",
		Title: "f = log(1 + e^{−x}), ε = 1/2", X: "t", Y: "mass left"}
	for _, end := range []int{1, 2, 3} {
		x := fpsgd.Uniform(2*(12+end), -12, float64(end)).Open(false, true)
		s := e.compareExit(fmt.Sprintf("cross-entropy: mean escape time, X = %d", end),
			crossEntropy(x), float64(int(80)<<end), 0.2, // thirty times the mean
			crossEntropyExitTime(float64(end)), "x")
		figure.Lines = append(figure.Lines, thinned(fmt.Sprintf("x ≤ %d", end), s, 40, 400))
	}
	e.draw("no-invariant-cross-entropy", figure)
}

func crossEntropyExitTime(end float64) integral {
	const lo, center, width = -12.0, -3.0, 0.5
	power := func(x, p float64) float64 { return math.Pow(math.Log1p(math.Exp(-x)), p) }
	pi := func(x float64) float64 { return power(x, -1-1/crossEntropyEpsilon) }
	conductivity := func(x float64) float64 {
		return crossEntropyEpsilon * power(x, -1/crossEntropyEpsilon)
	}
	start := distuv.Normal{Mu: center, Sigma: width}
	return exitTime(lo, end, start.CDF, pi, conductivity)
}

// crossEntropyLaw records how mass runs away on a domain that it does not leave: far out
// f = e^{−x}, e^{x/2} is a Bessel process of dimension 2 + 2/ε, and e^x/(εt) tends to the gamma law
// of exponent 1 + 1/ε. The limits are approached as 1/t and (log t)/t.
func crossEntropyLaw(e *Experiment) {
	const first, last = 2, 10
	times := []float64{0}
	for k := first; k <= last; k++ {
		times = append(times, math.Exp(float64(k))/crossEntropyEpsilon)
	}
	values, numerical := worst(history(e.levels(), extrapolant,
		func(level int, looser float64) []float64 {
			return e.crossEntropyLaws(times, first, 28*3<<level, 1e-9*looser)
		}))
	shape := 1 + 1/crossEntropyEpsilon
	outputs := len(values) / 2
	compare := func(name string, values []float64, expected float64, formula string) {
		limit := eliminated(values, math.E, 1, 1, 2, 2, 2).widened(numerical)
		e.compare("cross-entropy: "+name, limit, expected, formula, "extrapolated in h and t")
	}
	compare("⟨x⟩ − log εt", values[:outputs], mathext.Digamma(shape), "ψ(1 + 1/ε)")
	compare("P(e^x < εt)", values[outputs:], mathext.GammaIncReg(shape, 1),
		"γ(1 + 1/ε, 1)/Γ(1 + 1/ε)")
}

// crossEntropyLaws returns ⟨x⟩ − k at the times but the first, k = first, first + 1, …, and after
// these P(x < k), k being a face.
func (e *Experiment) crossEntropyLaws(times []float64, first, cellCount int,
	tolerance float64) []float64 {
	p := must(e.Build(crossEntropy(fpsgd.Uniform(cellCount, -12, 16))))
	var means, below []float64
	e.through(p, times, tolerance, func(w []float64) {
		mass, mean, _, left := axisLaw(p, w, float64(first-1+len(means)))
		means, below = append(means, mean), append(below, left/mass)
	})
	return append(means[1:], below[1:]...) // 0, the first of the times, is not asked for
}
