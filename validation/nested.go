package validation

import (
	"fmt"
	"math"
	"slices"

	"fpsgd"
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

// masses returns ∫ π on the last of nested grids.
func masses(grids []*fpsgd.Equation) integral {
	z := make([]float64, len(grids))
	for k, eq := range grids {
		z[k] = math.Exp(eq.Operator.LogZ)
	}
	return refinement(z...)
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

// extrapolant is the limit of what was found on nested grids. The estimate of its error is its
// distance from the one without the finest grid: more than the last correction, since terms of odd
// order in dt remain.
func extrapolant(values []float64) integral {
	v := analysis.Romberg(values)
	before := analysis.Romberg(values[:len(values)-1])
	return integral{v, math.Abs(v-before) + stepsRounding*math.Abs(v)}
}

// atZeroSpacing extrapolates values on grids of n, 2n, 4n, … cells, in steps that may be halved as
// the cells are. The value is analysis.Extrapolate's. Its error is the bar of that, and the
// distance to the value that follows if the terms of the given orders are eliminated in turn: 2, 4,
// … for a stationary problem on a graded grid, and 2, 3, … with the steps of a scheme that is not
// symmetric in time.
func atZeroSpacing(values []float64, orders ...int) integral {
	limit := analysis.Extrapolate(analysis.Values(values))
	row := slices.Clone(values)
	for _, p := range orders {
		for i := range len(row) - 1 {
			row[i] = row[i+1] + (row[i+1]-row[i])/(math.Ldexp(1, p)-1)
		}
		row = row[:len(row)-1]
	}
	return integral{limit.Value, limit.Error + math.Abs(limit.Value-row[len(row)-1])}
}
