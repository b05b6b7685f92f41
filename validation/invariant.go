package validation

import (
	"fmt"
	"math"
	"slices"

	"fpsgd"
	"fpsgd/internal/plots"
	"fpsgd/operators"
	"fpsgd/scenarios/exact"

	"gonum.org/v1/gonum/floats"
)

var invariantClaim = Claim{
	Name: "invariant",
	Statement: "π = f^{−1−1/ε} (homogeneous noise: e^{−f/ε}) has the mass that closed forms " +
		"give, in every coordinate system, and it is " +
		"the only invariant density: the solution tends to it from every initial one.",
	Source: "talk: the lemma on the invariant density and the theorem on exponential decay; " +
		"theory, section 2.1",
	Run: inTurn(compareMasses, compareLimits),
}

// normalisation is a problem whose Z is known.
type normalisation struct {
	name    string
	formula string        // of Z
	problem fpsgd.Problem // on the coarser of two grids, of which the other has twice the cells
	beyond  float64       // the share of π outside the grid, where it shows beside rounding
	full    bool          // only in the long set
}

const (
	studentZ  = "Z = π^{d/2} Γ(p−d/2)/Γ(p), p = 1 + 1/ε"
	scaledZ   = "Z = f₀^{−p} (f₀/s)^{d/2} times that of 1 + |θ|²"
	gaussianZ = "Z = (πε/s)^{d/2} e^{−f₀/ε}"
	singularZ = "Z = |S^{m−1}| √π Γ((m−1)/2)/Γ(m/2)"
)

func normalisations() []normalisation {
	const ml, space4 = fpsgd.ML(0.25), "1 + x^2 + y^2 + z^2 + w^2"
	of := func(f string, noise fpsgd.Noise, grid *fpsgd.Grid) fpsgd.Problem {
		return formula(f, noise, grid, nil)
	}
	on := func(R float64, n, d int) *fpsgd.Grid { return box(d)(R, []int{n}) }
	tube := func(n int) *fpsgd.Grid {
		return cylindrical(graded(n, 0, 1e3), graded(2*n, -1e3, 1e3))
	}
	return []normalisation{
		{"cartesian, 1-D", studentZ, of("1 + x^2", ml, on(1e4, 40, 1)), 0, false},
		{"cartesian, 2-D", studentZ, of("1 + x^2 + y^2", ml, on(1e3, 24, 2)), 0, false},
		{"cartesian, 3-D", studentZ, of("1 + x^2 + y^2 + z^2", ml, on(100, 12, 3)), 0, false},
		{"cartesian, 4-D", studentZ,
			massesOnly(of(space4, fpsgd.ML(0.2), on(30, 6, 4))), 0, false},
		{"cartesian, 4-D, fine", studentZ,
			massesOnly(of(space4, fpsgd.ML(0.2), on(30, 12, 4))), 0, true},
		{"radial, m = 1", studentZ, of("1 + r^2", ml, radial(1, graded(40, 0, 1e4))), 0, false},
		{"radial, m = 3", studentZ, of("1 + r^2", ml, radial(3, graded(40, 0, 1e4))), 0, false},
		{"radial, m = 20, ε = 0.05", studentZ,
			of("1 + r^2", fpsgd.ML(0.05), radial(20, graded(40, 0, 1e3))), 0, false},
		{"polar", studentZ, of("1 + x^2 + y^2", ml, disc(1e4, []int{24, 8})), 0, false},
		{"spherical", studentZ, of("1 + r^2", ml, fullBall(1e4, []int{16, 4, 8})), 0, false},
		{"cylindrical", studentZ, of("1 + r^2 + z^2", ml, tube(24)), 0, false},
		{"scaled and shifted, 1-D", scaledZ,
			of("0.5 + 3*(x - 1)^2", ml, on(1e4, 60, 1)), 0, false},
		{"scaled and shifted, 2-D", scaledZ,
			of("2 + 0.3*((x - 1)^2 + (y + 2)^2)", fpsgd.ML(0.5), on(1e7, 40, 2)), 0, false},
		{"scaled and shifted, cylindrical", scaledZ,
			of("2 + 3*(r^2 + (z - 1)^2)", ml, tube(30)), 0, false},
		{"homogeneous, 1-D", gaussianZ,
			of("x^2/2", fpsgd.Homogeneous(0.5), cartesian(fpsgd.Uniform(40, -10, 10))), 0, false},
		{"homogeneous, polar", gaussianZ,
			of("1 + 2*(x^2 + y^2)", fpsgd.Homogeneous(0.5),
				polar(fpsgd.Uniform(40, 0, 6), azimuth(8))), 0, false},
		{"log-singular, m = 4", singularZ,
			logSingularMinimum(4, 1e6, 100), exact.LogSingularMassOutside(4, 1e6), false},
		{"log-singular, m = 7", singularZ,
			logSingularMinimum(7, 1e4, 100), exact.LogSingularMassOutside(7, 1e4), false},
	}
}

// massesOnly takes the flux of the cheapest conductances: Z has nothing to do with them.
func massesOnly(p fpsgd.Problem) fpsgd.Problem {
	p.Flux = operators.Bernoulli
	return p
}

// compareMasses compares the mass of π on the grid with that of the whole space.
func compareMasses(e *Experiment) {
	for _, c := range normalisations() {
		if c.full && !e.Full {
			continue
		}
		grids := e.nested(c.problem, 2)
		z, rounding := masses(grids), massTolerance[len(c.problem.Grid.Axes)]
		e.compare("Z, "+c.name, z.widened((rounding+c.beyond)*z.value),
			math.Exp(grids[1].Known.LogZ), c.formula,
			fmt.Sprintf("the estimate is the change from half as many cells on every axis, the "+
				"tolerance of cell masses, %g, and π beyond the grid, %.1g of it", rounding,
				c.beyond))
	}
}

// The landscapes of the theorem have c(1+|θ|²) ≤ f ≤ C(1+|θ|²). If f = 1 + θᵀAθ and Ab = λb, then
// b·θ is an eigenfunction of the rate 2λ, since εfΔu − ∇f·∇u = −2θᵀA∇u for linear u: solutions in
// general approach π no faster than at the lowest of these rates. That they do so no more slowly is
// known for A = I (Poincaré–Hardy constant), and is what the rows ask for the other.
var uniqueness = []struct {
	name, formula, figure string
	rate                  float64
}{
	{"f = 1 + |θ|²", "1 + x^2 + y^2", "isotropic", 2},
	{"f = 1 + x² + xy + 3y²", "1 + x^2 + x*y + 3*y^2", "anisotropic", 4 - math.Sqrt(5)},
}

// starts are initial densities with little in common, and π, which stays.
var starts = []struct {
	name    string
	initial fpsgd.Initial
}{
	{"bump (1, 1)", fpsgd.Gaussian{Center: []float64{1, 1}, Width: 0.5}},
	{"bump (−3, 0)", fpsgd.Gaussian{Center: []float64{-3, 0}, Width: 0.3}},
	{"ring", fpsgd.DensityFunc(func(x []float64) float64 {
		return math.Exp(-8 * squared(math.Hypot(x[0], x[1])-2))
	})},
	{"π", fpsgd.Invariant{}},
}

// compareLimits compares what the starts have become after a long time.
func compareLimits(e *Experiment) {
	for _, landscape := range uniqueness {
		histories := e.solutions(landscape.formula)
		figure := plots.LinesData{
			Heading: "Distances of solutions from different initial densities",
			Title:   landscape.name, X: "t", Y: "χ", LogY: true,
		}
		rate, last := landscape.rate, len(limitTimes)-1
		middle, end := limitTimes[last/2], limitTimes[last]
		largest := 0.0
		for i, a := range starts {
			j := (i + 1) % len(starts)
			chi := make([]float64, len(limitTimes)) // (Σ (P − P')²/Π)^{1/2}
			for k := range chi {
				chi[k] = floats.Distance(histories[i][k], histories[j][k], 2)
			}
			pair := a.name + " and " + starts[j].name
			e.Compare(fmt.Sprintf("%s: χ between %s at t = %g", landscape.name, pair, end),
				chi[last], chi[last/2]*math.Exp(-rate*(end-middle)),
				0, "0: both are π", fmt.Sprintf("the estimate is χ at t = %g times e^{−λt}, λ = "+
					"%.6g the rate of b·θ", middle, rate))
			figure.Lines = append(figure.Lines, plots.Line{Name: pair, X: limitTimes, Y: chi})
			largest = math.Max(largest, chi[last])
		}
		slope := []float64{2 * largest * math.Exp(rate*(end-middle)), 2 * largest}
		figure.Lines = append(figure.Lines,
			reference(fmt.Sprintf("e^{−λt}, λ = %.5g", rate), []float64{middle, end}, slope))
		e.draw("invariant-"+landscape.figure, figure)
	}
}

// limitTimes are when solutions are compared.
var limitTimes = []float64{0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6}

// solutions returns the states w at limitTimes from each of the starts.
func (e *Experiment) solutions(f string) (histories [][][]float64) {
	for _, start := range starts {
		eq := must(e.Build(formula(f, fpsgd.ML(0.25), disc(1e3, []int{48, 24}), start.initial)))
		var history [][]float64
		e.through(eq, limitTimes, 1e-6, func(w []float64) {
			history = append(history, slices.Clone(w))
		})
		histories = append(histories, history)
	}
	return histories
}
