package validation

import (
	"math"

	"fpsgd/solver"
)

// eigenvalue is one of S, a rate, found on nested grids.
type eigenvalue struct {
	levels   []float64 // grid by grid, the coarsest first
	value    float64   // extrapolated to vanishing spacing
	estimate float64   // of its error: the last correction of the extrapolation and what the residual allows
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
	found := make([]eigenvalue, k)
	residual := 0.0
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
			found[i].levels = append(found[i].levels, m.Value)
			residual = math.Max(residual, m.Residual)
		}
	}
	for i := range found {
		v := &found[i]
		v.value, v.estimate, _ = solver.Richardson(v.levels, 2, 2)
		v.estimate += residual * v.value
	}
	return found, nil
}

// modes returns the k slowest modes of a problem.
func (e *Experiment) modes(p *Problem, k int) ([]solver.Mode, error) {
	const tolerance = 1e-12 // of the linear solves, as solver.Spectrum asks for
	return solver.Spectrum(e.Context, p.Operator, e.SetUp(p, tolerance), k)
}
