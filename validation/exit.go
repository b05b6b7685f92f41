package validation

import (
	"math"

	"fpsgd"
	"fpsgd/solver"

	"gonum.org/v1/gonum/integrate"
)

// survival is the mass that is left of a problem with an open end, after every step.
type survival struct{ Times, Masses []float64 }

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
func (s *survival) area() float64 { return integrate.Trapezoidal(s.Times, s.Masses) }

// refined are histories of one problem on nested grids, the coarsest first, of which each has twice
// the cells and half the step of the one before: errors O(h² + dt²) keep their order.
type refined []*survival

// survivals solves a problem to the end on nested grids, its own the coarsest, where the steps have
// the given length. They are steps of SDIRK2, as they are by default where an end is open: it
// accounts for what leaves to rounding. Equal ones make the areas under the masses and the masses
// themselves have an error in dt that is extrapolated with that in h.
func (e *Experiment) survivals(p fpsgd.Problem, end, step float64) refined {
	var out refined
	for k, eq := range e.nested(p, e.levels()) {
		s := &survival{}
		e.steps(eq, end, math.Ldexp(step, -k), solver.ObserverFunc(func(v solver.Event) error {
			s.Times, s.Masses = append(s.Times, v.Time), append(s.Masses, eq.Operator.Mass(v.W))
			return nil
		}))
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

// compareExit records the mean time in which the mass of a problem leaves through an open end of an
// axis, the area under the mass that is left, and returns the finest history.
func (e *Experiment) compareExit(name string, p fpsgd.Problem, end, step float64, want integral,
	variable string) *survival {
	r := e.survivals(p, end, step)
	e.compare(name, r.extrapolated((*survival).area).widened(want.error), want.value,
		"∫ P₀ m e^{−κ} d"+variable+", by Gauss quadrature",
		"the area under the surviving mass, extrapolated in h and dt")
	return r[len(r)-1]
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
