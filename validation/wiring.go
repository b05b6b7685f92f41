package validation

import (
	"fmt"
	"math"
	"slices"

	"fpsgd/scenarios"
	"fpsgd/solver"
	"fpsgd/solver/analysis"

	"gonum.org/v1/gonum/floats"
)

// set is a change of a config, K=V as in --set.
func set(key string, value any) string { return fmt.Sprintf("%s=%v", key, value) }

// cells sets the number of cells of each [[grid.axes]] table.
func cells(n ...int) []string {
	var sets []string
	for k, count := range n {
		sets = append(sets, set(fmt.Sprintf("grid.axes.%d.cells", k), count))
	}
	return sets
}

// changed joins sets without touching the first.
func changed(sets []string, more ...string) []string { return append(slices.Clone(sets), more...) }

// propagator returns the time stepping that the config of a problem asks for; sdirk2 in place of lanczos, which has no steps for the
// fits to a history of norms.
func (e *Experiment) propagator(p *Problem) (solver.Propagator, error) {
	cfg := p.Config
	scheme, ok := solver.SchemeNamed(cfg.Time.Scheme)
	if !ok {
		scheme = solver.SDIRK2()
	}
	m := solver.Method{
		Operator: p.Operator, SetUp: e.SetUp(p, cfg.Solver.Tolerance),
		Scheme: scheme, SolverTolerance: cfg.Solver.Tolerance,
	}
	if cfg.Time.Step > 0 {
		return solver.NewFixed(m, cfg.Time.Step)
	}
	return solver.NewAdaptive(m, cfg.Time.Tolerance)
}

// propagate advances the initial density of the config to time.end, or through the times if they are given, 0 the first.
func (e *Experiment) propagate(p *Problem, times []float64, observers ...solver.Observer) (*solver.State, error) {
	w, err := p.Start(p.Operator)
	if err != nil {
		return nil, err
	}
	if times == nil {
		times = []float64{0, p.Config.Time.End}
	}
	propagator, err := e.propagator(p)
	if err != nil {
		return nil, err
	}
	return solver.Run(e.Context, solver.Problem{Start: &solver.State{W: w}, Times: times, Propagator: propagator}, observers...)
}

// logVolumes returns the logarithms of the cell volumes.
func (p *Problem) logVolumes() []float64 {
	logVolume := make([]float64, p.Grid.Cells())
	p.Grid.LogVolumes(logVolume)
	return logVolume
}

// series records the history of the norms of a problem (solver.Series).
func (p *Problem) series() *solver.Series { return solver.NewSeries(p.Operator, p.logVolumes()) }

// exactErrors returns the distances of a state from the closed form.
func (p *Problem) exactErrors(s *solver.State) (scenarios.Errors, error) {
	return p.Errors(s.W, make([]float64, len(s.W)), p.Operator, s.Time)
}

// outside returns the mass that the grid leaves out: of the closed form at time t, or of π, whichever is larger.
func (p *Problem) outside(t float64) (float64, error) {
	w := make([]float64, p.Operator.Cells())
	if err := p.ExactState(w, p.Operator, t); err != nil {
		return 0, err
	}
	outside := math.Max(0, 1-p.Operator.Mass(w))
	if stationary := p.MassOutside(p.Operator); stationary > outside { // false where π has no mass
		outside = stationary
	}
	return outside, nil
}

// probabilities returns P_i of a state.
func (p *Problem) probabilities(s *solver.State) []float64 {
	out := make([]float64, len(s.W))
	for i, w := range s.W {
		out[i] = p.Operator.Sigma[i] * w
	}
	return out
}

// distanceOnCoarser returns Σ |P_i − Σ p_j|, p on a grid of the given shape, P on the one with half as many cells on every axis
// that is made of the same faces.
func distanceOnCoarser(coarse, fine []float64, shape []int) float64 {
	difference := slices.Clone(coarse)
	for j, v := range fine {
		i, stride := 0, 1
		for k := len(shape) - 1; k >= 0; k-- {
			i += j % shape[k] / 2 * stride
			j /= shape[k]
			stride *= shape[k] / 2
		}
		difference[i] -= v
	}
	return floats.Norm(difference, 1)
}

// atZeroSpacing extrapolates values on grids of n, 2n, 4n, … cells, in steps that may be halved as the cells are. The value is
// analysis.Extrapolate's. Its error is the bar of that, and the distance to the value that follows if the terms of
// the given orders are eliminated in turn: 2, 4, … for a stationary problem on a graded grid, and 2, 3, … with the steps of a scheme
// that is not symmetric in time.
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
