package validation

import (
	"fmt"
	"math"

	"fpsgd"
	"fpsgd/internal/plots"
	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/scenarios/exact"
	"fpsgd/solver"

	"gonum.org/v1/gonum/mathext"
)

var logSingularClaim = Claim{
	Name: "log-singular",
	Statement: "Where f vanishes like |θ|² log² |θ| and 1 + 1/ε = m/2, π is integrable and the " +
		"deviation from it decays exponentially: at the rate 2 for one minimum in R^m, with " +
		"masses p and 1 − p for two, and p_i for more that are on no one axis.",
	Source: "talk: the theorem on finitely many minima with 1 + 1/(ησ) = m/2; theory, section 4",
	Run:    inTurn(logSingularDecays, logSingularEdge, logSingularCorners),
}

// logSingularMinimum is f = r²(1 + log² r) at the critical noise, on |log r| ≤ S.
func logSingularMinimum(m int, S float64, n int) fpsgd.Problem {
	noise := fpsgd.ML(exact.LogSingularEpsilon(m))
	return builtin("log-singular", nil, noise, radial(m, doublyGraded(n, S)),
		fpsgd.Gaussian{Center: []float64{2}, Width: 0.5})
}

// logSingularDecays checks the dimensions and the pairs, and draws the decay of their norms.
func logSingularDecays(e *Experiment) {
	var lines []plots.Line
	for _, m := range []int{3, 4, 5} {
		lines = append(lines, e.logSingularDimension(m))
	}
	for _, p := range []float64{0.5, 0.3} {
		lines = append(lines, e.logSingularPair(p))
	}
	end := lines[0].X[len(lines[0].X)-1]
	e.draw("log-singular-decay", plots.LinesData{
		Heading: "Decay to π at log-singular minima", X: "t",
		Y: "‖u − ‹u›‖ / its value at t = 0", LogY: true,
		Lines: append(lines,
			reference("e^{−2t}", []float64{0, end}, []float64{1, math.Exp(-2 * end)})),
	})
}

// logSingularDimension checks the gap, the masses and the rates of one minimum in R^m, and returns
// the decay of the norm.
func (e *Experiment) logSingularDimension(m int) plots.Line {
	e.truncatedGaps(m)
	if m > 3 {
		e.attainedGap(m)
	}
	e.massBeyond(m)
	e.meanLogRate(m)
	return e.normRate(m)
}

// lambda returns the lowest eigenvalue of S over ε on |log r| ≤ S, extrapolated from nested grids.
func (e *Experiment) lambda(m int, S float64) eigenvalue {
	found := e.eigenvalues(logSingularMinimum(m, S, 100), 1, 4)
	return found[0].scaled(1 / exact.LogSingularEpsilon(m))
}

// truncatedGaps compares Λ on |log r| ≤ S, closed ends, with its equation.
func (e *Experiment) truncatedGaps(m int) {
	for _, reach := range []float64{1e2, 1e4, 1e6} {
		v := e.lambda(m, reach)
		formula := "the least root of ₂F₁((1−n₊)/2, (1−n₋)/2; 1/2; −S²), n² − (m−1)n + Λ = 0"
		if m == 3 {
			formula = "1 + (π/(2 asinh S))²"
		}
		e.compare(fmt.Sprintf("m = %d: Λ on |log r| ≤ %g", m, reach), v.integral,
			truncatedLambda(m, reach), formula)
	}
}

// truncatedLambda returns Λ of the log-singular minimum on |s| ≤ S, closed ends, s = log r. On
// functions of s the equation (1+s²) u″ − (m−2) s u′ + Λu = 0 has the odd solution u with
//
//	u′(s) = ₂F₁( (1−n₊)/2, (1−n₋)/2; 1/2; −s² ),    n± the roots of n² − (m−1) n + Λ,
//
// which vanishes at S. For m = 3 this is cos( √(Λ−1) asinh S ) and Λ = 1 + (π/(2 asinh S))². For
// m ≥ 4 the root lies between that of S = ∞, m − 2, and the edge (m−1)²/4.
func truncatedLambda(m int, S float64) float64 {
	if m == 3 {
		return exact.TruncatedGap(S)
	}
	half := float64(m-1) / 2
	slope := func(lambda float64) float64 {
		d := math.Sqrt(half*half - lambda)
		return mathext.Hypergeo((1-half-d)/2, (1-half+d)/2, 0.5, -S*S)
	}
	lo, hi := float64(m-2), half*half
	for range 100 { // bisection to rounding; the slope is 1 at m − 2
		if mid := lo + (hi-lo)/2; slope(mid) > 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// attainedGap compares Λ with that of the whole space, m ≥ 4. It falls like 1/S^{m−3} to it: what
// is left on |log r| ≤ 2S is at most the difference between S and 2S.
func (e *Experiment) attainedGap(m int) {
	const reach = 1e9
	smaller := e.lambda(m, reach)
	v := e.lambda(m, 2*reach)
	e.compare(fmt.Sprintf("m = %d: Λ", m), v.widened(math.Abs(v.value-smaller.value)),
		exact.LogSingularGap(m).Lambda, "m − 2, attained by log r")
}

// massBeyond compares the mass of π in the core and far out, |log r| > S, with its closed form, at
// the S that leaves 1e-4 or so.
func (e *Experiment) massBeyond(m int) {
	for _, reach := range []float64{3, []float64{3: 70, 4: 16, 5: 8}[m]} {
		grids := e.nested(logSingularMinimum(m, reach, 100), 2)
		outside := onEach(grids, func(eq *fpsgd.Equation) float64 {
			return -math.Expm1(eq.Operator.LogZ - exact.LogSingularLogZ(m))
		})
		e.compare(fmt.Sprintf("m = %d: mass beyond |log r| = %g", m, reach),
			refinement(outside...).widened(massTolerance[1]),
			exact.LogSingularMassOutside(m, reach),
			"I_{1/(1+S²)}((m−1)/2, 1/2), for m = 3 1 − S/√(1+S²)",
			"half of it in the core r < e^{−S}")
	}
}

// logSingularRate is εΛ of one minimum in R^m at the critical noise.
func logSingularRate(m int) float64 {
	return exact.LogSingularEpsilon(m) * exact.LogSingularGap(m).Lambda
}

// meanLogRate compares the decay of ⟨log r⟩, extrapolated in h, with its rate: ⟨s⟩′ = −2⟨s⟩ for
// every m.
func (e *Experiment) meanLogRate(m int) {
	const reach, end = 1e8, 2.0
	grids := e.nested(logSingularMinimum(m, reach, 150), 3)
	rates := onEach(grids, func(eq *fpsgd.Equation) float64 {
		mean := meanLog(eq)
		var means []float64
		e.through(eq, []float64{0, end}, 1e-9, func(w []float64) {
			means = append(means, mean(w))
		})
		return math.Log(means[0]/means[1]) / end
	})
	rate := atZeroSpacing(rates, 2, 4)
	e.compare(fmt.Sprintf("m = %d: rate of ⟨log r⟩", m), rate, logSingularRate(m),
		"εΛ = 2 for every m: ⟨s⟩′ = −2⟨s⟩", "extrapolated in h")
}

// meanLog returns ⟨log r⟩ of a state: log r in a cell is its average with weight π.
func meanLog(p *fpsgd.Equation) func(w []float64) float64 {
	average := make([]float64, p.Operator.Cells())
	logPi := func(dst []float64, points *mesh.Points) error {
		return p.Weights.LogWeights(dst, make([]float64, len(dst)), points)
	}
	check(operators.Averages(average, p.Grid, logPi, (*mesh.Points).LogNorm, 0))
	return func(w []float64) float64 {
		sum := 0.0
		for i, mass := range p.Masses(w) {
			sum += mass * average[i]
		}
		return sum
	}
}

// normRate compares the rate of ‖u−⟨u⟩‖ with εΛ where it is attained, m ≥ 4.
func (e *Experiment) normRate(m int) plots.Line {
	eq := must(e.Build(logSingularMinimum(m, 1e8, 400)))
	r := e.relax(eq, 10)
	if m > 3 {
		e.Compare(fmt.Sprintf("m = %d: rate of ‖u−⟨u⟩‖", m), r.Fit.Rate, fitError(r.Fit),
			logSingularRate(m), "εΛ, Λ = m − 2")
	}
	return relativeDecay(fmt.Sprintf("one minimum, m = %d", m), r.Series)
}

// fitError is that of a rate that norms show where there are no steps: by how much it still changes
// within the window of the fit, and what no mode accounts for.
func fitError(fit solver.Fit) float64 {
	return fit.Change + fit.StepError(fit.Rate)*fit.Rate
}

// relativeDecay is a history of norms over the first.
func relativeDecay(name string, history *solver.Series) plots.Line {
	line := plots.Line{Name: name, X: history.Times()}
	for _, l := range history.LogNorms {
		line.Y = append(line.Y, math.Exp(l-history.LogNorms[0]))
	}
	return line
}

// logSingularEdge finds the edge of the essential spectrum for m = 3 from growing domains.
func logSingularEdge(e *Experiment) {
	var lengths, reaches []float64
	var lowest []integral
	for _, half := range []float64{2.75, 5.5, 11, 22} {
		reach := math.Sinh(half)
		lengths, reaches = append(lengths, 2*half), append(reaches, reach)
		lowest = append(lowest, e.lambda(3, reach).integral)
	}
	values, noise := worst(lowest)
	edge, _ := bottom(lengths, values, noise)
	e.compare("m = 3: Λ", edge, exact.LogSingularGap(3).Lambda,
		"(m−1)²/4 = 1, the edge of the essential spectrum",
		"from |log r| ≤ S up to S = 1.8e9")
	closed := reference("1 + (π/(2 asinh S))²", nil, nil)
	for half := 2.5; half <= 23; half += 0.25 {
		extend(&closed, math.Sinh(half), exact.TruncatedGap(math.Sinh(half)))
	}
	e.draw("log-singular-gap", plots.LinesData{
		Heading: "Gap of the log-singular minimum in R³ on |log r| ≤ S",
		X:       "S", Y: "Poincaré–Hardy constant Λ", LogX: true,
		Lines: []plots.Line{measured("finite volumes, extrapolated", reaches, values), closed},
	})
}
