package validation

import (
	"fmt"
	"math"
	"slices"

	"fpsgd"
	"fpsgd/operators"
	"fpsgd/solver/analysis"

	"gonum.org/v1/gonum/floats"
)

// levels is the number of nested grids of most claims.
func (e *Experiment) levels() int {
	if e.Full {
		return 5
	}
	return 4
}

// nested assembles a problem on its own grid and on others, each with twice as many cells along
// every axis as the one before.
func (e *Experiment) nested(p fpsgd.Problem, levels int) []*fpsgd.Equation {
	coarsest := must(e.Build(p))
	out := []*fpsgd.Equation{coarsest}
	for k := 1; k < levels; k++ {
		finer := must(coarsest.On(must(p.Grid.Refined(1 << k))))
		out = append(out, finer)
	}
	return out
}

// onEach returns a figure of every grid.
func onEach(grids []*fpsgd.Equation, figure func(eq *fpsgd.Equation) float64) (values []float64) {
	for _, eq := range grids {
		values = append(values, figure(eq))
	}
	return values
}

// masses returns ∫ π on the last of nested grids.
func masses(grids []*fpsgd.Equation) integral {
	return refinement(onEach(grids, func(eq *fpsgd.Equation) float64 {
		return math.Exp(eq.Operator.LogZ)
	})...)
}

// eigenvalue is one of S, a rate, found on nested grids. The error of its limit is the error bar of
// Extrapolate, and the distance from the value there.
type eigenvalue struct {
	integral           // its limit, as that of a smooth mode
	levels   []float64 // grid by grid, the coarsest first
}

// finest returns the value on the finest grid.
func (v eigenvalue) finest() float64 { return v.levels[len(v.levels)-1] }

// scaled returns c times the eigenvalue: Λ for c = 1/ε.
func (v eigenvalue) scaled(c float64) eigenvalue {
	levels := floats.ScaleTo(make([]float64, len(v.levels)), c, v.levels)
	return eigenvalue{integral{c * v.value, c * v.error}, levels}
}

// eigenvalues returns the k lowest rates of a problem on nested grids, its own the coarsest.
func (e *Experiment) eigenvalues(p fpsgd.Problem, k, levels int) []eigenvalue {
	p.Grid = must(p.Grid.Refined(1 << (levels - 1)))
	finest := must(e.Build(p))
	s := must(finest.Spectrum(e.Context, k))
	x := must(finest.ExtrapolateOver(e.Context, levels, s))
	if n := len(x.Cells); n < levels {
		check(fmt.Errorf("%d of %d nested grids have modes", n, levels))
	}
	found := make([]eigenvalue, k)
	for i, values := range x.Levels {
		v := analysis.Romberg(values)
		estimate := x.Errors[i].Value() + math.Abs(v-x.Eigenvalues[i])
		found[i] = eigenvalue{integral{v, estimate}, values}
	}
	return found
}

// byFluxes returns the lowest rate of a problem, on nested grids, by the default flux and by
// another.
func (e *Experiment) byFluxes(p fpsgd.Problem, levels int, other operators.Flux) (rate,
	byOther eigenvalue) {
	lowest := func(flux operators.Flux) eigenvalue {
		p.Flux = flux
		return e.eigenvalues(p, 1, levels)[0]
	}
	return lowest(operators.ScharfetterGummel), lowest(other)
}

// limits extrapolates, quantity by quantity, what was found on nested grids, the coarsest first.
func limits(levels [][]float64, limit func(values []float64) integral) []integral {
	out := make([]integral, len(levels[0]))
	for k := range out {
		var onGrids []float64
		for _, found := range levels {
			onGrids = append(onGrids, found[k])
		}
		out[k] = limit(onGrids)
	}
	return out
}

// history extrapolates what a run on nested grids (level 0 the coarsest) gives at every output. The
// errors include that of the time steps as a looser tolerance tells it on the coarsest grid. By
// default these problems are solved in steps, as an end is open or the start is too far from π.
func history(levels int, limit func(values []float64) integral,
	run func(level int, looser float64) []float64) []integral {
	loose := run(0, loosened)
	byLevel := make([][]float64, levels)
	for l := range byLevel {
		byLevel[l] = run(l, 1)
	}
	out := limits(byLevel, limit)
	for k, v := range out {
		out[k] = v.widened(halvingError(loose[k] - byLevel[0][k]))
	}
	return out
}

// bottom fits the edge of a continuum to the lowest eigenvalues on domains of growing length, which
// have the error noise, and returns T₀ of the fit as well.
func bottom(lengths, lowest []float64, noise float64) (edge integral, t0 float64) {
	fit := must(analysis.EdgeFit(lengths, lowest, 1))
	return integral{fit.Value, fit.Error + noise}, fit.T0
}

// extrapolant is the limit of what was found on nested grids. The estimate of its error is its
// distance from the one without the finest grid: more than the last correction, since terms of odd
// order in dt remain.
func extrapolant(values []float64) integral {
	v := analysis.Romberg(values)
	before := analysis.Romberg(values[:len(values)-1])
	return integral{v, math.Abs(v-before) + stepsRounding*math.Abs(v)}
}

// extrapolate is analysis.Extrapolate of values on grids of n, 2n, 4n, … cells, with its error bar.
func extrapolate(values []float64) integral {
	limit := analysis.Extrapolate(analysis.Values(values))
	return integral{limit.Value, limit.Error}
}

// atZeroSpacing extrapolates values on grids of n, 2n, 4n, … cells, in steps that may be halved as
// the cells are. The error is the bar of extrapolate, and the distance to the value that follows if
// the terms of the given orders are eliminated in turn: 2, 4, … for a stationary problem on a
// graded grid, and 2, 3, … with the steps of a scheme that is not symmetric in time.
func atZeroSpacing(values []float64, orders ...float64) integral {
	v := extrapolate(values)
	return v.widened(math.Abs(v.value - eliminated(values, 2, orders...).value))
}

// eliminated extrapolates values at x, ratio·x, ratio²·x, … to x → ∞, eliminating terms x^{−p} for
// one p after the other; the same p twice also eliminates x^{−p} log x. The error is the last
// correction.
func eliminated(values []float64, ratio float64, powers ...float64) (limit integral) {
	row := slices.Clone(values)
	for _, p := range powers {
		last := row[len(row)-1]
		for i := range len(row) - 1 {
			row[i] = row[i+1] + (row[i+1]-row[i])/(math.Pow(ratio, p)-1)
		}
		row = row[:len(row)-1]
		limit = refinement(last, row[len(row)-1])
	}
	return limit
}
