package validation

import (
	"fmt"
	"math"

	"fpsgd"
	"fpsgd/internal/plots"
)

var noGapClaim = Claim{
	Name: "no-gap",
	Statement: "For f = 1 + |θ|², d = 3, ε = 2 there is no spectral gap and the decay is slower " +
		"than any exponential: the first convergence theorem, as the slide states it, needs 1 + " +
		"1/ε = m/2 excluded.",
	Source: "slide with the theorem for c(1+|θ|²) ≤ f ≤ C(1+|θ|²); theory §1, α = α*",
	Run:    inTurn(closingGap, slowDecay),
}

// critical is f = 1 + |θ|² in R³ at the critical noise ε = 2. With r = sinh τ and f^{−1/ε} dθ → w
// dτ,
//
//	∂t u = (ε/w) ∂τ( w ∂τ u ),    w = tanh² τ,    ‖u‖² = 4π ∫ u² w dτ,
//
// and ψ = u tanh τ solves ∂t ψ = ε (∂ττ + 2 sech² τ) ψ, ψ(0) = 0: the reflectionless well of depth
// 2, whose solutions are ψ = (∂τ − tanh τ) φ with the even solutions φ of the heat equation ∂t
// φ = ε ∂ττ φ. From this follow, in closed form,
//
//	φ = cos kτ:                    Λ = k² on r ≤ sinh T, u' = 0 at its end: tan kT = k tanh T;
//	φ = −s^{−1/2} e^{−τ²/4s}:      u = s^{−1/2} e^{−τ²/4s} (1 + τ coth τ/(2s)),    s = 1 + εt,
//
// of mass ∫uπ dθ = 4π^{3/2} and, since (∂τ − tanh τ)*(∂τ − tanh τ) = 1 − ∂ττ, of the norm
//
//	‖u‖² = 4π (π/2)^{1/2} s^{−1/2} (1 + 1/(4s)).
//
// Its rate −d log‖u‖/dt falls like 1/(4t).
func critical(r fpsgd.Division) fpsgd.Problem {
	u := func(theta []float64) float64 {
		r := theta[0]
		tau, cosh := math.Asinh(r), math.Hypot(1, r)
		return math.Exp(-tau*tau/4) * (1 + tau*cosh/(2*r)) * math.Pow(cosh, -3)
	}
	return formula("1 + r^2", fpsgd.ML(criticalEpsilon), radial(3, r), fpsgd.DensityFunc(u))
}

const (
	criticalEpsilon = 2.0
	criticalMass    = 4 * math.Pi * math.SqrtPi // of the u above
)

// criticalLogNorm is log ‖u‖ of the solution above, scaled to mass 1.
func criticalLogNorm(t float64) float64 {
	s := 1 + criticalEpsilon*t
	return math.Log(4*math.Pi*math.Sqrt(math.Pi/(2*s))*(1+1/(4*s)))/2 - math.Log(criticalMass)
}

const criticalRateFormula = "(ε/4s)(1 + 1/(2s+½)), s = 1 + εt"

// criticalRate is −d log‖u‖/dt = (ε/4s) (1 + 1/(2s + 1/2)).
func criticalRate(t float64) float64 {
	s := 1 + criticalEpsilon*t
	return criticalEpsilon / (4 * s) * (1 + 1/(2*s+0.5))
}

// criticalGap is k², tan kT = k tanh T, π < kT < 3π/2.
func criticalGap(T float64) float64 {
	k := math.Pi / T
	for range 200 { // a contraction by 1/T
		k = (math.Pi + math.Atan(k*math.Tanh(T))) / T
	}
	return k * k
}

// closingGap compares Λ on balls with its closed form, and extrapolates it.
func closingGap(e *Experiment) {
	var lengths, values []float64
	noise := 0.0
	for _, R := range []float64{1e2, 1e4, 1e8, 1e16, 1e32, 1e64} {
		T := math.Asinh(R)
		found := e.eigenvalues(critical(graded(30+int(2*T), 0, R)), 1, 4)
		v := found[0].scaled(1 / criticalEpsilon)
		e.compare(fmt.Sprintf("Λ on r ≤ %g", R), v.integral, criticalGap(T),
			"k² with tan kT = k tanh T, T = asinh R",
			"closed end, "+number(v.value*T*T/(math.Pi*math.Pi))+" π²/T²")
		lengths, values, noise = append(lengths, T), append(values, v.value), v.error
	}
	edge, t0 := bottom(lengths, values, noise)
	e.compare("Λ as R → ∞", edge, 0, "(d−2−2/ε)²/4 = 0",
		fmt.Sprintf("edge + π²/(T+t₀)², t₀ = %.4f", t0))
	T, law := sampled(200, lengths[0], lengths[len(lengths)-1], criticalGap)
	e.draw("no-gap-closes", plots.LinesData{
		Heading: "The gap closes as the domain grows", Title: "f = 1 + |θ|², d = 3, ε = 2",
		X: "T = asinh R, the length of the domain r ≤ R in log r", Y: "Λ", LogX: true, LogY: true,
		Lines: []plots.Line{
			measured("eigenvalue", lengths, values), reference("tan kT = k tanh T, Λ = k²", T, law),
		},
	})
}

// number writes a figure for a note.
func number(x float64) string { return fmt.Sprintf("%.4g", x) }

// slowDecay compares the norm and its rate with the closed form. The end of the ball at r = sinh
// 300 is open, so that the norm is that of u itself; nothing arrives there.
func slowDecay(e *Experiment) {
	times := []float64{0, 1, 4, 16, 64, 256}
	found := history(3, extrapolate, func(level int, looser float64) []float64 {
		return e.slowRun(times, 600<<level, 1e-8*looser)
	})
	rates, logNorms := found[:len(times)], found[len(times):]
	last := len(times) - 1
	for i, t := range times[1:] {
		rate := rates[i+1]
		e.compare(fmt.Sprintf("rate of ‖u‖ at t = %g", t), rate, criticalRate(t),
			criticalRateFormula, "rate · t = "+number(rate.value*t))
	}
	e.compare(fmt.Sprintf("log ‖u‖ at t = %g", times[last]), logNorms[last],
		criticalLogNorm(times[last]), "½ log( 4π(π/2s)^{1/2}(1 + 1/4s) ) − log 4π^{3/2}")
	values, _ := worst(rates)
	t, law := sampled(200, 0.5, 300, criticalRate)
	e.draw("no-gap-decay", plots.LinesData{
		Heading: "Slower than any exponential", Title: "f = 1 + |θ|², d = 3, ε = 2",
		X: "t", Y: "−d log ‖u‖/dt", LogX: true, LogY: true,
		Lines: []plots.Line{
			measured("computed", times[1:], values[1:]),
			reference("closed form, towards 1/(4t)", t, law),
		},
	})
}

// slowRun returns the rate ‖u‖⁻² Σ T_ij (u_i − u_j)² = −d log‖u‖/dt at the times, and after these
// log ‖u‖.
func (e *Experiment) slowRun(times []float64, cellCount int, tolerance float64) []float64 {
	var rates, logNorms []float64
	p := must(e.Build(critical(graded(cellCount, 0, math.Sinh(300)).Open(false, true))))
	logVolumes := p.LogVolumes()
	e.through(p, times, tolerance, func(w []float64) {
		m := p.Operator.Measure(w, logVolumes)
		rates = append(rates, m.Dissipation/math.Exp(2*m.LogNorm))
		logNorms = append(logNorms, m.LogNorm)
	})
	return append(rates, logNorms...)
}
