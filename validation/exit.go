package validation

import (
	"fmt"
	"math"

	"fpsgd/solver"
	"fpsgd/solver/analysis"
)

// survival records the mass that is left of a problem with an open end, after every step.
type survival struct {
	problem *Problem
	Times   []float64
	Masses  []float64
}

// Observe implements solver.Observer.
func (s *survival) Observe(e solver.Event) error {
	s.Times = append(s.Times, e.Time)
	s.Masses = append(s.Masses, s.problem.Operator.Mass(e.W))
	return nil
}

// at returns the mass at one of the times.
func (s *survival) at(t float64) float64 {
	for k, time := range s.Times {
		if coincide(time, t) {
			return s.Masses[k]
		}
	}
	return math.NaN()
}

// area returns ∫ S dt, the mean time at which mass is removed, by the trapezoidal rule.
func (s *survival) area() float64 {
	sum := 0.0
	for k := 1; k < len(s.Times); k++ {
		sum += (s.Times[k] - s.Times[k-1]) * (s.Masses[k] + s.Masses[k-1]) / 2
	}
	return sum
}

// refined are histories of one config on nested grids, the coarsest first, of which each has twice the cells and half the step
// of the one before: errors O(h² + dt²) keep their order.
type refined []*survival

// survivals solves a config on so many nested grids, the first with the given cells and step.
func (e *Experiment) survivals(toml string, levels, cellCount int, step float64, sets ...string) (refined, error) {
	var out refined
	for k := range levels {
		p, err := e.Build(toml, changed(sets, set("grid.axes.0.cells", cellCount<<k), set("time.step", math.Ldexp(step, -k)))...)
		if err != nil {
			return nil, err
		}
		s := &survival{problem: p}
		last, err := e.propagate(p, nil, s)
		if err != nil {
			return nil, err
		}
		if last.EulerSteps > 0 {
			return nil, fmt.Errorf("%d cells: %d Euler steps, of order 1, replaced others; choose smaller steps", cellCount<<k, last.EulerSteps)
		}
		out = append(out, s)
	}
	return out, nil
}

// extrapolated is the extrapolant of a figure.
func (r refined) extrapolated(figure func(s *survival) float64) integral {
	values := make([]float64, len(r))
	for k, s := range r {
		values[k] = figure(s)
	}
	return extrapolant(values)
}

// extrapolant is the limit of what was found on nested grids. The estimate of its error is its distance from the one without
// the finest grid: more than the last correction, since terms of odd order in dt remain.
func extrapolant(values []float64) integral {
	v := analysis.Romberg(values)
	before := analysis.Romberg(values[:len(values)-1])
	return integral{v, math.Abs(v-before) + stepsRounding*math.Abs(v)}
}

// exitTime returns the mean time at which a diffusion on [lo, hi], reflected at lo, is absorbed at hi. With the mass
// m(x) = ∫_lo^x π dx and the share P₀(x) of the initial mass below x,
//
//	∫ S dt = ∫_lo^hi P₀(x) m(x) e^{−κ(x)} dx,
//
// as v(x), the mean time from x, solves (e^κ v')' = −π with v' = 0 at lo, v(hi) = 0, and is averaged over the start by parts. π
// and e^κ hold the volume factor.
func exitTime(lo, hi float64, below, pi, conductivity func(x float64) float64) integral {
	return doubled(16, 512, func(n int) float64 {
		return gauss(n, lo, hi, func(x float64) float64 {
			return below(x) * gauss(n, lo, x, pi) / conductivity(x)
		})
	})
}
