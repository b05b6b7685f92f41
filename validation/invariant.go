package validation

import (
	"fmt"
	"io"
	"math"
	"slices"

	"fpsgd/internal/plots"
	"fpsgd/scenarios/exact"
	"fpsgd/solver"

	"gonum.org/v1/gonum/floats"
)

var invariantClaim = Claim{
	Name: "invariant",
	Statement: "π = f^{−1−1/ε} (homogeneous noise: e^{−f/ε}) has the mass that closed forms give, in every coordinate system, and it is " +
		"the only invariant density: the solution tends to it from every initial one.",
	Source: "talk: the lemma on the invariant density and the theorem on exponential decay; theory, section 2.1",
	Run:    runInvariant,
}

// normalisation is a problem whose Z is known.
type normalisation struct {
	name    string
	formula string // of Z
	toml    string
	cells   []int   // of the [[grid.axes]] tables, for the coarser of two grids; the other has twice as many
	beyond  float64 // the share of π outside the grid, where it shows beside rounding
	full    bool    // only in the long set
}

const (
	studentZ  = "Z = π^{d/2} Γ(p−d/2)/Γ(p), p = 1 + 1/ε"
	scaledZ   = "Z = f₀^{−p} (f₀/s)^{d/2} times that of 1 + |θ|²"
	gaussianZ = "Z = (πε/s)^{d/2} e^{−f₀/ε}"
	singularZ = "Z = |S^{m−1}| √π Γ((m−1)/2)/Γ(m/2)"
)

var normalisations = []normalisation{
	{name: "cartesian, 1-D", formula: studentZ, toml: invariantOf("1 + x^2", "ml", 0.25, sinhAxis(-1e4, 1e4, 1)), cells: []int{40}},
	{name: "cartesian, 2-D", formula: studentZ, toml: invariantOf("1 + x^2 + y^2", "ml", 0.25, sinhAxis(-1e3, 1e3, 2)), cells: []int{24}},
	{name: "cartesian, 3-D", formula: studentZ, toml: invariantOf("1 + x^2 + y^2 + z^2", "ml", 0.25, sinhAxis(-100, 100, 3)), cells: []int{12}},
	{name: "cartesian, 4-D", formula: studentZ, toml: invariantOf("1 + x^2 + y^2 + z^2 + w^2", "ml", 0.2, massesOnly+sinhAxis(-30, 30, 4)), cells: []int{6}},
	{name: "cartesian, 4-D, fine", formula: studentZ, toml: invariantOf("1 + x^2 + y^2 + z^2 + w^2", "ml", 0.2, massesOnly+sinhAxis(-30, 30, 4)), cells: []int{12}, full: true},
	{name: "radial, m = 1", formula: studentZ, toml: invariantOf("1 + r^2", "ml", 0.25, radial(1)+sinhAxis(0, 1e4, 1)), cells: []int{40}},
	{name: "radial, m = 3", formula: studentZ, toml: invariantOf("1 + r^2", "ml", 0.25, radial(3)+sinhAxis(0, 1e4, 1)), cells: []int{40}},
	{name: "radial, m = 20, ε = 0.05", formula: studentZ, toml: invariantOf("1 + r^2", "ml", 0.05, radial(20)+sinhAxis(0, 1e3, 1)), cells: []int{40}},
	{name: "polar", formula: studentZ, toml: invariantOf("1 + x^2 + y^2", "ml", 0.25, system("polar")+sinhAxis(0, 1e4, 1)+angle), cells: []int{24, 8}},
	{name: "spherical", formula: studentZ, toml: invariantOf("1 + r^2", "ml", 0.25, system("spherical")+sinhAxis(0, 1e4, 1)+angle+angle), cells: []int{16, 4, 8}},
	{name: "cylindrical", formula: studentZ, toml: invariantOf("1 + r^2 + z^2", "ml", 0.25, system("cylindrical")+sinhAxis(0, 1e3, 1)+sinhAxis(-1e3, 1e3, 1)), cells: []int{24, 48}},
	{name: "scaled and shifted, 1-D", formula: scaledZ, toml: invariantOf("0.5 + 3*(x - 1)^2", "ml", 0.25, sinhAxis(-1e4, 1e4, 1)), cells: []int{60}},
	{name: "scaled and shifted, 2-D", formula: scaledZ, toml: invariantOf("2 + 0.3*((x - 1)^2 + (y + 2)^2)", "ml", 0.5, sinhAxis(-1e7, 1e7, 2)), cells: []int{40}},
	{name: "scaled and shifted, cylindrical", formula: scaledZ, toml: invariantOf("2 + 3*(r^2 + (z - 1)^2)", "ml", 0.25, system("cylindrical")+sinhAxis(0, 1e3, 1)+sinhAxis(-1e3, 1e3, 1)), cells: []int{30, 60}},
	{name: "homogeneous, 1-D", formula: gaussianZ, toml: invariantOf("x^2/2", "homogeneous", 0.5, uniformAxis(-10, 10)), cells: []int{40}},
	{name: "homogeneous, polar", formula: gaussianZ, toml: invariantOf("1 + 2*(x^2 + y^2)", "homogeneous", 0.5, system("polar")+uniformAxis(0, 6)+angle), cells: []int{40, 8}},
	{name: "log-singular, m = 4", formula: singularZ, toml: logSingularMinimum(4, 1e6), cells: []int{100}, beyond: exact.LogSingularMassOutside(4, 1e6)},
	{name: "log-singular, m = 7", formula: singularZ, toml: logSingularMinimum(7, 1e4), cells: []int{100}, beyond: exact.LogSingularMassOutside(7, 1e4)},
}

// massesOnly takes the flux of the cheapest conductances: Z has nothing to do with them.
const massesOnly = "\nflux = \"bernoulli\""

// invariantOf starts from π of a formula; grid is the [grid] table with its axes, without the header if the coordinates are cartesian.
func invariantOf(formula, model string, epsilon float64, grid string) string {
	return fmt.Sprintf(`
[landscape]
formula = %q
[noise]
model = %q
epsilon = %g
[grid]%s
[initial]
kind = "invariant"
[time]
end = 1.0
`, formula, model, epsilon, grid)
}

func system(coordinates string) string { return fmt.Sprintf("\ncoordinates = %q", coordinates) }

func radial(m int) string { return fmt.Sprintf("%s\ndimension = %d", system("radial"), m) }

func sinhAxis(lo, hi float64, repeat int) string {
	axis := fmt.Sprintf("\n[[grid.axes]]\ncells = 1\nmin = %g\nmax = %g\nspacing = \"sinh\"", lo, hi)
	if repeat > 1 {
		axis += fmt.Sprintf("\nrepeat = %d", repeat)
	}
	return axis
}

func uniformAxis(lo, hi float64) string {
	return fmt.Sprintf("\n[[grid.axes]]\ncells = 1\nmin = %g\nmax = %g", lo, hi)
}

// angle is an axis theta or phi.
const angle = "\n[[grid.axes]]\ncells = 1"

func runInvariant(e *Experiment) error {
	for _, c := range normalisations {
		if c.full && !e.Full {
			continue
		}
		if err := e.compareZ(c); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return e.compareLimits()
}

// compareZ compares the mass of π on the grid with that of the whole space.
func (e *Experiment) compareZ(c normalisation) error {
	var z [2]float64
	var known, masses float64
	for k := range z {
		n := slices.Clone(c.cells)
		for axis := range n {
			n[axis] <<= k
		}
		p, err := e.Build(c.toml, cells(n...)...)
		if err != nil {
			return err
		}
		z[k], known = math.Exp(p.Operator.LogZ), math.Exp(p.Known.LogZ)
		masses = massTolerance[len(p.Grid.Axes)]
	}
	e.Compare("Z, "+c.name, z[1], math.Abs(z[1]-z[0])+(masses+c.beyond)*z[1], known, c.formula,
		fmt.Sprintf("the estimate is the change from half as many cells on every axis, the tolerance of cell masses, %g, and π beyond the grid, %.1g of it", masses, c.beyond))
	return nil
}

// The landscapes of the theorem have c(1+|θ|²) ≤ f ≤ C(1+|θ|²). If f = 1 + θᵀAθ and Ab = λb, then b·θ is an eigenfunction of the rate
// 2λ, since εfΔu − ∇f·∇u = −2θᵀA∇u for linear u: solutions in general approach π no faster than at the lowest of these rates. That
// they do so no more slowly is known for A = I (Poincaré–Hardy constant), and is what the rows ask for the other.
var uniqueness = []struct {
	name, formula, figure string
	rate                  float64
}{
	{"f = 1 + |θ|²", "1 + x^2 + y^2", "isotropic", 2},
	{"f = 1 + x² + xy + 3y²", "1 + x^2 + x*y + 3*y^2", "anisotropic", 4 - math.Sqrt(5)},
}

// starts are initial densities with little in common, and π, which stays.
var starts = []struct {
	name string
	sets []string
}{
	{"bump (1, 1)", []string{"initial.kind=gaussian", "initial.center=[1.0, 1.0]", "initial.width=0.5"}},
	{"bump (−3, 0)", []string{"initial.kind=gaussian", "initial.center=[-3.0, 0.0]", "initial.width=0.3"}},
	{"ring", []string{"initial.kind=formula", "initial.formula=exp(-8*(r - 2)^2)"}},
	{"π", []string{"initial.kind=invariant"}},
}

// compareLimits compares what the starts have become after a long time.
func (e *Experiment) compareLimits() error {
	for _, landscape := range uniqueness {
		histories, err := e.solutions(landscape.formula)
		if err != nil {
			return fmt.Errorf("%s: %w", landscape.name, err)
		}
		figure := plots.LinesData{
			Heading: "Distances of solutions from different initial densities", Title: landscape.name, X: "t", Y: "χ", LogY: true,
		}
		rate, last := landscape.rate, len(limitTimes)-1
		middle, end := limitTimes[last/2], limitTimes[last]
		largest := 0.0
		for i, a := range starts {
			j := (i + 1) % len(starts)
			chi := distances(histories[i], histories[j])
			pair := a.name + " and " + starts[j].name
			e.Compare(fmt.Sprintf("%s: χ between %s at t = %g", landscape.name, pair, end), chi[last], chi[last/2]*math.Exp(-rate*(end-middle)),
				0, "0: both are π", fmt.Sprintf("the estimate is χ at t = %g times e^{−λt}, λ = %.6g the rate of b·θ", middle, rate))
			figure.Lines = append(figure.Lines, plots.Line{Name: pair, X: limitTimes, Y: chi})
			largest = math.Max(largest, chi[last])
		}
		slope := []float64{2 * largest * math.Exp(rate*(end-middle)), 2 * largest}
		figure.Lines = append(figure.Lines,
			plots.Line{Name: fmt.Sprintf("e^{−λt}, λ = %.5g", rate), X: []float64{middle, end}, Y: slope, Reference: true})
		e.Draw("invariant-"+landscape.figure, func(w io.Writer) error { return plots.Lines(w, figure) })
	}
	return nil
}

// limitTimes are when solutions are compared.
var limitTimes = []float64{0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6}

// solutions returns the states w at limitTimes from each of the starts.
func (e *Experiment) solutions(formula string) (histories [][][]float64, err error) {
	toml := invariantOf(formula, "ml", 0.25, system("polar")+sinhAxis(0, 1e3, 1)+angle)
	for _, start := range starts {
		p, err := e.Build(toml, changed(cells(48, 24), changed(start.sets, "time.tolerance=1e-5")...)...)
		if err != nil {
			return nil, err
		}
		var history [][]float64
		record := solver.Schedule(solver.AtOutputs).Do(solver.ObserverFunc(func(event solver.Event) error {
			history = append(history, slices.Clone(event.W))
			return nil
		}))
		if _, err := e.propagate(p, limitTimes, record); err != nil {
			return nil, err
		}
		histories = append(histories, history)
	}
	return histories, nil
}

// distances returns χ between two solutions at all times, (Σ (P − P')²/Π)^{1/2}.
func distances(a, b [][]float64) []float64 {
	chi := make([]float64, len(a))
	for k := range a {
		chi[k] = floats.Distance(a[k], b[k], 2)
	}
	return chi
}
