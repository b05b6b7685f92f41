package validation

import (
	"fmt"
	"io"
	"math"
	"slices"

	"fpsgd/internal/plots"
	"fpsgd/operators"
	"fpsgd/scenarios/exact"
	"fpsgd/solver"
)

var decayQuadraticClaim = Claim{
	Name: "decay-quadratic",
	Statement: "If c(1+|θ|²) ≤ f ≤ C(1+|θ|²) then ‖u−⟨u⟩‖ decays exponentially; for f = 1 + |θ|² and ε = 1/4 at the rate 2, " +
		"which the run, the spectrum of the operator and the closed form agree on.",
	Source: "slide with the first convergence theorem; theory §1",
	Run:    runDecayQuadratic,
}

const decayEpsilon = 0.25

// decayConfig is a relaxation from a narrow density off the centre: the landscape, coordinates, axes and centre are filled in.
const decayConfig = `
[landscape]
formula = "%s"
[noise]
epsilon = 0.25
[grid]
coordinates = "%s"
%s
[initial]
kind = "gaussian"
center = [%s]
width = 0.25
[time]
end = 4.0
tolerance = 1e-5
`

// decayGeometry is a sequence of nested grids on |x_i| ≤ R or r ≤ R.
type decayGeometry struct {
	name, toml string
	dimension  int
	R          float64
	both       bool // the ends of the graded axes are at ±R
	rates      int  // how many are compared
	coarsest   []int
	levels     int
	relaxed    []int // cells of the grid that a density relaxes on
}

// Axes, graded and of angles. Their numbers of cells are those of a geometry.
const (
	gradedAxes = `
[[grid.axes]]
cells = 1
min = -27.0
max = 27.0
spacing = "sinh"
repeat = %d
`
	gradedRadius = `
[[grid.axes]]
cells = 1
min = 0.0
max = 27.0
spacing = "sinh"
`
	angularAxis = `
[[grid.axes]]
cells = 1
`
)

// decayGeometries are the runs for f = 1 + |θ|². The initial densities are not radial, but have the second moment of π, dε/(2−dε),
// so that the mode r² − ⟨r²⟩, hardly faster than the mean, is not excited and the rate is soon that of the mean alone. The one in
// spherical coordinates is even in z: the three lowest eigenvalues of that grid are not quite the same.
var decayGeometries = []decayGeometry{{
	name: "line", dimension: 1, R: 200, both: true, rates: 2, coarsest: []int{48}, levels: 4, relaxed: []int{192},
	toml: fmt.Sprintf(decayConfig, "1 + x^2", "cartesian", fmt.Sprintf(gradedAxes, 1), "0.2835"),
}, {
	name: "plane, cartesian", dimension: 2, R: 27, both: true, rates: 3, coarsest: []int{32}, levels: 3, relaxed: []int{64},
	toml: fmt.Sprintf(decayConfig, "1 + x^2 + y^2", "cartesian", fmt.Sprintf(gradedAxes, 2), "0.4, 0.2217"),
}, {
	name: "plane, polar", dimension: 2, R: 27, rates: 3, coarsest: []int{32, 16}, levels: 3, relaxed: []int{64, 32},
	toml: fmt.Sprintf(decayConfig, "1 + r^2", "polar", gradedRadius+angularAxis, "0.4, 0.2217"),
}, {
	name: "space, cartesian", dimension: 3, R: 27, both: true, rates: 3, coarsest: []int{12}, levels: 3, relaxed: []int{16},
	toml: fmt.Sprintf(decayConfig, "1 + x^2 + y^2 + z^2", "cartesian", fmt.Sprintf(gradedAxes, 3), "0.5, 0.35, 0.2"),
}, {
	name: "space, spherical", dimension: 3, R: 27, rates: 3, coarsest: []int{12, 4, 8}, levels: 3, relaxed: []int{24, 8, 16},
	toml: fmt.Sprintf(decayConfig, "1 + r^2", "spherical", gradedRadius+angularAxis+angularAxis, "0.5, 0.4031, 0.0"),
}}

// ends places the ends of the graded axes.
func (g decayGeometry) ends(R float64) []string {
	sets := []string{set("grid.axes.0.max", R)}
	if g.both {
		sets = append(sets, set("grid.axes.0.min", -R))
	}
	return sets
}

// spectrum returns the lowest rates on nested grids. The estimate includes what a longer domain, with cells of the same width in
// log r, changes on the coarsest grid.
func (g decayGeometry) spectrum(e *Experiment) ([]eigenvalue, error) {
	coarsest := g.coarsest
	found, err := e.eigenvalues(g.toml, g.ends(g.R), g.rates, g.levels, coarsest...)
	if err != nil {
		return nil, err
	}
	longer := slices.Clone(coarsest)
	longer[0] = coarsest[0] * 3 / 2
	p, err := e.Build(g.toml, changed(g.ends(math.Sinh(1.5*math.Asinh(g.R))), cells(longer...)...)...)
	if err != nil {
		return nil, err
	}
	beyond, err := e.modes(p, g.rates)
	if err != nil {
		return nil, err
	}
	for i := range found {
		found[i].estimate += math.Abs(beyond[i].Value - found[i].levels[0])
	}
	return found, nil
}

// quadraticRates returns the n lowest rates ε λ_{l,k} of f = 1 + |θ|² in R^d, d ≤ 3, with their multiplicity.
func quadraticRates(eps float64, d, n int) []float64 {
	var rates []float64
	for l := 0; l <= n && (d > 1 || l < 2); l++ {
		harmonics := 1 // of degree l, independent
		switch {
		case d == 2 && l > 0:
			harmonics = 2
		case d == 3:
			harmonics = 2*l + 1
		}
		for _, lambda := range exact.Ladder(eps, d, l) {
			if lambda > 0 {
				rates = append(rates, slices.Repeat([]float64{eps * lambda}, harmonics)...)
			}
		}
	}
	slices.Sort(rates)
	return rates[:n]
}

func runDecayQuadratic(e *Experiment) error {
	fig := decayFigure{title: "f = 1 + |θ|², ε = 1/4"}
	for _, g := range decayGeometries {
		if err := g.relax(e, &fig); err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
	}
	fig.lines = append(fig.lines, plots.Line{Name: "e^{−2t}", X: []float64{0, 4}, Y: []float64{1, math.Exp(-8)}, Reference: true})
	e.Draw("decay-quadratic", fig.draw)
	return comparable(e)
}

// relax compares the eigenvalues with closed forms, and a fitted rate with both.
func (g decayGeometry) relax(e *Experiment, fig *decayFigure) error {
	spectrum, err := g.spectrum(e)
	if err != nil {
		return err
	}
	expected := quadraticRates(decayEpsilon, g.dimension, g.rates)
	for i, v := range spectrum {
		e.Compare(fmt.Sprintf("%s: rate %d", g.name, i+1), v.value, v.estimate, expected[i], "ε λ_{l,k}, with multiplicity",
			fmt.Sprintf("%.6f on the finest of %d grids", v.finest(), len(v.levels)))
	}
	fit, err := e.decay(g.toml, changed(g.ends(g.R), cells(g.relaxed...)...))
	if err != nil {
		return err
	}
	fit.compare(e, g.name)
	grid := math.Abs(fit.gap-spectrum[0].value) + spectrum[0].estimate
	e.Compare(g.name+": fitted rate", fit.rate, fit.estimate+grid, expected[0], "ε λ_{1,0} = 2",
		fmt.Sprintf("estimated: %.1e of the grid, %.1e of the time steps and faster modes", grid, fit.estimate))
	fig.add(g.name, fit.series)
	return nil
}

// decayFit is the rate of a run, next to the lowest eigenvalue of its operator.
type decayFit struct {
	rate, gap float64
	estimate  float64 // of the error of the rate as the gap of the operator
	note      string
	series    *solver.Series
}

// decay runs a config and fits the rate of ‖u−⟨u⟩‖, which the steps change by solver.Fit.StepError and what is left of faster modes
// by Fit.Change.
func (e *Experiment) decay(toml string, sets []string) (decayFit, error) {
	p, err := e.Build(toml, sets...)
	if err != nil {
		return decayFit{}, err
	}
	modes, err := e.modes(p, 1)
	if err != nil {
		return decayFit{}, err
	}
	s := p.series()
	if _, err := e.propagate(p, nil, s); err != nil {
		return decayFit{}, err
	}
	fit, ok := s.Fit()
	if !ok {
		return decayFit{}, fmt.Errorf("no window of a constant rate was found until t = %g", p.Config.Time.End)
	}
	out := fitOf(fit, modes[0].Value)
	out.series = s
	return out, nil
}

// fitOf estimates how far a fitted rate may be from the gap: by what the steps account for, and where it exceeds the gap by more, by what
// faster modes do, which only raise it.
func fitOf(fit solver.Fit, gap float64) decayFit {
	out := decayFit{rate: fit.Rate, gap: gap}
	steps := fit.StepError(gap, solver.SDIRK2()) * gap
	out.estimate = steps / factor // the tolerance is then what the steps account for
	out.note = fmt.Sprintf("window [%.3g, %.3g], q = %.2g", fit.Window[0], fit.Window[1], gap*fit.Step)
	if out.rate-gap > steps {
		out.estimate += fit.Change
		out.note += ": transient, faster modes are not gone"
	}
	return out
}

// compare records the fitted rate against the eigenvalue.
func (f decayFit) compare(e *Experiment, name string) {
	e.Compare(name+": fitted rate on its grid", f.rate, f.estimate, f.gap, "lowest eigenvalue of the same operator", f.note)
}

// comparable runs two f between c(1+|θ|²) and C(1+|θ|²), not convex, of which no closed form is known. The theorem claims exponential
// decay: the fitted rate is compared with the eigenvalue of its grid, and the eigenvalue of vanishing spacing, which must not
// depend on the discretisation, with that of another flux.
func comparable(e *Experiment) error {
	fig := decayFigure{title: "c(1 + |θ|²) ≤ f ≤ C(1 + |θ|²), ε = 1/4"}
	for _, c := range []struct {
		name, formula, center       string
		dimension, coarsest, levels int
	}{
		{"f = 1 + x² + sin 2x", "1 + x^2 + sin(2*x)", "1.0", 1, 64, 3},
		{"f = 1 + √(1+(x²−1)²+3y⁴)", "1 + sqrt(1 + (x^2 - 1)^2 + 3*y^4)", "0.4, 0.2", 2, 32, 3},
	} {
		toml := fmt.Sprintf(decayConfig, c.formula, "cartesian", fmt.Sprintf(gradedAxes, c.dimension), c.center)
		fit, err := e.decay(toml, changed(cells(c.coarsest<<(c.levels-1)), set("time.end", 16)))
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		fit.compare(e, c.name)
		if err := e.compareFluxes(c.name, toml, c.levels, c.coarsest); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		fig.add(c.name, fit.series)
		fig.addSlope(fit.gap)
	}
	e.Draw("decay-comparable", fig.draw)
	return nil
}

// compareFluxes compares the lowest eigenvalue on nested grids, extrapolated, of the default flux with that of the face flux.
func (e *Experiment) compareFluxes(name, toml string, levels, coarsest int) error {
	lowest := map[operators.Flux]eigenvalue{}
	for _, flux := range []operators.Flux{operators.ScharfetterGummel, operators.Face} {
		found, err := e.eigenvalues(toml, []string{set("grid.flux", flux)}, 1, levels, coarsest)
		if err != nil {
			return err
		}
		lowest[flux] = found[0]
	}
	gap, other := lowest[operators.ScharfetterGummel], lowest[operators.Face]
	e.Compare(name+": rate", gap.value, gap.estimate+other.estimate, other.value, "the same by the face flux, extrapolated too",
		fmt.Sprintf("on the finest of %d grids %.6f and %.6f", levels, gap.finest(), other.finest()))
	return nil
}

// decayFigure shows norms, relative to the first, against time.
type decayFigure struct {
	title string
	lines []plots.Line
}

func (f *decayFigure) add(name string, s *solver.Series) {
	l := plots.Line{Name: name, X: s.Times()}
	for _, logNorm := range s.LogNorms {
		l.Y = append(l.Y, math.Exp(logNorm-s.LogNorms[0]))
	}
	f.lines = append(f.lines, l)
}

// addSlope draws e^{−rate t} through the end of the last line.
func (f *decayFigure) addSlope(rate float64) {
	l := f.lines[len(f.lines)-1]
	end := len(l.X) - 1
	f.lines = append(f.lines, plots.Line{
		Name: fmt.Sprintf("e^{−%.4gt}, the lowest eigenvalue", rate), Reference: true,
		X: []float64{0, l.X[end]}, Y: []float64{l.Y[end] * math.Exp(rate*l.X[end]), l.Y[end]},
	})
}

func (f *decayFigure) draw(w io.Writer) error {
	return plots.Lines(w, plots.LinesData{
		Heading: "Exponential decay", Title: f.title, X: "t", Y: "‖u − ‹u›‖(t) / ‖u − ‹u›‖(0)", LogY: true, Lines: f.lines,
	})
}
