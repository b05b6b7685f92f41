package analysis

import (
	"fmt"
	"math"
)

// Edge is the bottom of an essential spectrum, fitted to the lowest eigenvalues on growing domains.
type Edge struct {
	Value float64
	Error float64 // estimate
	T0    float64
	Speed float64 // c
}

// EdgeFit extrapolates the lowest eigenvalues on growing domains to the edge of the essential
// spectrum of the whole space, by
//
//	value(T) = edge + c² π²/(T+t₀)²,
//
// where T is the length of the domain in the variable in which the equation is the wave equation
// far out, and c the speed in it. For f ~ c²|θ|² that is log |θ|: T = 2 asinh R for |x| ≤ R in one
// dimension, T = asinh R for r ≤ R. The values are those of Λ: eigenvalues of S divided by ε. T
// ascends.
//
// The edge and t₀ are those of the last two domains. The error estimate is the distance to the edge
// of the last two but one, or, if there are only two, to the edge of the last one with t₀ = 0. It
// is an error if the values do not fall as T grows: they then belong to an eigenvalue below the
// edge, or carry errors larger than their differences. That the equation is such a wave equation is
// for the caller to know: no fit can tell it, as f ~ |θ|^{1.98}, which has no gap, falls like this
// over all domains that can be had.
func EdgeFit(T, values []float64, speed float64) (Edge, error) {
	n, c2 := len(T), speed*speed
	if n < 2 || len(values) != n {
		return Edge{}, fmt.Errorf("edge fit: %d domains and %d eigenvalues; two or more of each "+
			"are needed", n, len(values))
	}
	scaled := make([]float64, n)
	for i, v := range values {
		scaled[i] = v / c2
	}
	bottom, t0, err := fitEdge(T[n-2:], scaled[n-2:])
	if err != nil {
		return Edge{}, err
	}
	other := scaled[n-1] - math.Pow(math.Pi/T[n-1], 2)
	if n > 2 {
		if other, _, err = fitEdge(T[n-3:n-1], scaled[n-3:n-1]); err != nil {
			return Edge{}, err
		}
	}
	return Edge{c2 * bottom, c2 * math.Abs(bottom-other), t0, speed}, nil
}

// EdgeFitFree is EdgeFit where c is not known: far out f ~ |θ|² g with g that depends on the
// direction, c² being the mean of g over the lowest mode of a section. The edge, t₀ and c are those
// of the last three domains of four or more, and the error estimate is the distance to the edge of
// the three before.
func EdgeFitFree(T, values []float64) (Edge, error) {
	n := len(T)
	if n < 4 || len(values) != n {
		return Edge{}, fmt.Errorf("edge fit: %d domains and %d eigenvalues; four or more of "+
			"each are needed", n, len(values))
	}
	found, err := fitThree(T[n-3:], values[n-3:])
	if err != nil {
		return Edge{}, err
	}
	other, err := fitThree(T[n-4:n-1], values[n-4:n-1])
	if err != nil {
		return Edge{}, err
	}
	found.Error = math.Abs(found.Value - other.Value)
	return found, nil
}

// fitThree solves for edge, t₀ and c: by bisection in t₀, on which the ratio of the two differences
// of the values depends alone. It falls from ∞ at t₀ = −T₁ to (T₂−T₁)/(T₃−T₂) as t₀ grows.
func fitThree(T, values []float64) (Edge, error) {
	drop, next := values[0]-values[1], values[1]-values[2]
	least := (T[1] - T[0]) / (T[2] - T[1])
	if !(T[0] > 0 && T[1] > T[0] && T[2] > T[1] && next > 0 && drop > least*next) {
		return Edge{}, fmt.Errorf("edge fit: over T = %g, %g and %g the eigenvalue goes as "+
			"%.10g, %.10g, %.10g, and not as edge + c²π²/(T+t₀)²; it may lie below the essential "+
			"spectrum, or carry errors that are too large",
			T[0], T[1], T[2], values[0], values[1], values[2])
	}
	ratio := func(first float64) float64 { // first = T₁ + t₀
		second, third := first+T[1]-T[0], first+T[2]-T[0]
		return (excess(first) - excess(second)) / (excess(second) - excess(third))
	}
	first := crossing(ratio, drop/next, T[0], 1e6*T[0])
	if math.IsInf(first, 1) {
		return Edge{}, fmt.Errorf("edge fit: over T = %g, %g and %g the eigenvalue falls "+
			"linearly, and has no limit", T[0], T[1], T[2])
	}
	second, third := first+T[1]-T[0], first+T[2]-T[0]
	c2 := next / (excess(second) - excess(third))
	return Edge{values[2] - c2*excess(third), 0, first - T[0], math.Sqrt(c2)}, nil
}

// fitEdge solves for the edge and t₀ by bisection: the difference of the two values falls from ∞ to
// 0 as t₀ grows from −T₁.
func fitEdge(T, values []float64) (edge, t0 float64, err error) {
	drop := values[0] - values[1]
	if !(T[0] > 0 && T[1] > T[0] && drop > 0) {
		return 0, 0, fmt.Errorf("edge fit: from T = %g to %g the eigenvalue goes from %.10g to "+
			"%.10g, and it must fall as T grows; it may lie below the essential spectrum and "+
			"need no extrapolation", T[0], T[1], values[0], values[1])
	}
	first := crossing(func(first float64) float64 { // first = T₁ + t₀
		return excess(first) - excess(first+T[1]-T[0])
	}, drop, T[0], math.Inf(1))
	return values[1] - excess(first+T[1]-T[0]), first - T[0], nil
}

// excess is that of the lowest eigenvalue over the edge, for c = 1 and T + t₀ = length.
func excess(length float64) float64 { return math.Pow(math.Pi/length, 2) }

// crossing returns where a function that falls from ∞ at 0 takes a value, by bisection; +Inf if it
// is still larger at most.
func crossing(f func(x float64) float64, value, from, most float64) float64 {
	lo, hi := from, from
	for f(lo) < value {
		lo /= 2
	}
	for f(hi) > value {
		if hi *= 2; hi > most {
			return math.Inf(1)
		}
	}
	for range 200 {
		if mid := lo + (hi-lo)/2; f(mid) > value {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}
