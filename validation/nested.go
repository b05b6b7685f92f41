package validation

import (
	"math"
	"slices"

	"fpsgd"
	"fpsgd/solver/analysis"
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
func (e *Experiment) nested(p fpsgd.Problem, levels int) ([]*fpsgd.Equation, error) {
	coarsest, err := e.Build(p)
	if err != nil {
		return nil, err
	}
	out := []*fpsgd.Equation{coarsest}
	for k := 1; k < levels; k++ {
		finer, err := coarsest.On(stated(p.Grid.Refined(1 << k)))
		if err != nil {
			return nil, err
		}
		out = append(out, finer)
	}
	return out, nil
}

// eigenvalue is one of S, a rate, found on nested grids.
type eigenvalue struct {
	levels   []float64 // grid by grid, the coarsest first
	value    float64   // extrapolated to vanishing spacing, as what is known to be smooth
	estimate float64   // of its error: the error bar of the limit, and the distance from it
}

// finest returns the value on the finest grid.
func (v eigenvalue) finest() float64 { return v.levels[len(v.levels)-1] }

// scaled returns c times the eigenvalue: Λ for c = 1/ε.
func (v eigenvalue) scaled(c float64) eigenvalue {
	out := eigenvalue{value: c * v.value, estimate: c * v.estimate}
	for _, level := range v.levels {
		out.levels = append(out.levels, c*level)
	}
	return out
}

// eigenvalues returns the k lowest rates of a problem on nested grids, its own the coarsest.
func (e *Experiment) eigenvalues(p fpsgd.Problem, k, levels int) ([]eigenvalue, error) {
	equations, err := e.nested(p, levels)
	if err != nil {
		return nil, err
	}
	ladders := make([][]analysis.Level, k)
	for _, eq := range equations {
		s, err := eq.Spectrum(e.Context, k)
		if err != nil {
			return nil, err
		}
		for i, m := range s.Modes {
			ladders[i] = append(ladders[i], analysis.Eigenvalue(eq.Operator, m))
		}
	}
	found := make([]eigenvalue, k)
	for i, ladder := range ladders {
		limit := analysis.Extrapolate(ladder)
		for _, l := range ladder {
			found[i].levels = append(found[i].levels, l.Value)
		}
		found[i].value = analysis.Romberg(found[i].levels)
		found[i].estimate = limit.Error + math.Abs(found[i].value-limit.Value)
	}
	return found, nil
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
