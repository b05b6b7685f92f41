package validation

import (
	"math"

	"fpsgd"
	"fpsgd/operators"
	"fpsgd/solver"
)

// survival records the mass that is left of a problem with an open end, after every step.
type survival struct {
	operator *operators.Operator
	Times    []float64
	Masses   []float64
}

// Observe implements solver.Observer.
func (s *survival) Observe(e solver.Event) error {
	s.Times = append(s.Times, e.Time)
	s.Masses = append(s.Masses, s.operator.Mass(e.W))
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

// refined are histories of one problem on nested grids, the coarsest first, of which each has twice
// the cells and half the step of the one before: errors O(h² + dt²) keep their order.
type refined []*survival

// survivals solves a problem to the end on nested grids, its own the coarsest, where the steps have
// the given length. They are steps of SDIRK2, as they are by default where an end is open: it
// accounts for what leaves to rounding. Equal ones make the areas under the masses and the masses
// themselves have an error in dt that is extrapolated with that in h.
func (e *Experiment) survivals(p fpsgd.Problem, end, step float64) refined {
	grids := e.nested(p, e.levels())
	var out refined
	for k, eq := range grids {
		s := &survival{operator: eq.Operator}
		e.steps(eq, end, math.Ldexp(step, -k), s)
		out = append(out, s)
	}
	return out
}

// extrapolated is the extrapolant of a figure.
func (r refined) extrapolated(figure func(s *survival) float64) integral {
	values := make([]float64, len(r))
	for k, s := range r {
		values[k] = figure(s)
	}
	return extrapolant(values)
}

// exitTime returns the mean time at which a diffusion on [lo, hi], reflected at lo, is absorbed at
// hi. With the mass m(x) = ∫_lo^x π dx and the share P₀(x) of the initial mass below x,
//
//	∫ S dt = ∫_lo^hi P₀(x) m(x) e^{−κ(x)} dx,
//
// as v(x), the mean time from x, solves (e^κ v')' = −π with v' = 0 at lo, v(hi) = 0, and is
// averaged over the start by parts. π and e^κ hold the volume factor.
func exitTime(lo, hi float64, below, pi, conductivity func(x float64) float64) integral {
	return doubled(16, 512, func(n int) float64 {
		return gauss(n, lo, hi, func(x float64) float64 {
			return below(x) * gauss(n, lo, x, pi) / conductivity(x)
		})
	})
}
