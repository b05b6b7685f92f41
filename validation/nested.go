package validation

import (
	"math"

	"fpsgd/solver"
	"fpsgd/solver/analysis"
)

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

// eigenvalues returns the k lowest rates of a problem on nested grids, each with twice as many cells along every axis as the one
// before, from the given numbers of cells on.
func (e *Experiment) eigenvalues(toml string, sets []string, k, levels int, coarsest ...int) ([]eigenvalue, error) {
	ladders := make([][]analysis.Level, k)
	for level := range levels {
		n := make([]int, len(coarsest))
		for axis, count := range coarsest {
			n[axis] = count << level
		}
		p, err := e.Build(toml, changed(sets, cells(n...)...)...)
		if err != nil {
			return nil, err
		}
		modes, err := e.modes(p, k)
		if err != nil {
			return nil, err
		}
		for i, m := range modes {
			ladders[i] = append(ladders[i], analysis.Eigenvalue(p.Operator, m))
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

// modes returns the k slowest modes of a problem.
func (e *Experiment) modes(p *Problem, k int) ([]solver.Mode, error) {
	const tolerance = 1e-12 // of the linear solves, as solver.Spectrum asks for
	return solver.Spectrum(e.Context, p.Operator, e.SetUp(p, tolerance), k)
}
