package solver

import (
	"fmt"
	"math"
)

// Richardson extrapolates values on nested grids, the coarsest first, each with ratio times as many cells along every axis as
// the one before, to vanishing spacing h. It takes two values or more.
//
// The observed order log_ratio((v₂−v₁)/(v₃−v₂)) of the last three values is returned; it is NaN if there are only two, or if they
// do not converge monotonically. If it is within 0.3 of p, where p is the nominal order or 2 above it, the error is taken to be a
// series in h^p, h^{p+2}, …, as that of a central scheme on a smoothly graded grid is, and one term after the other is eliminated
// (Romberg's table). The error estimate is then the last of these corrections. Otherwise a single correction is made to the last
// value, of the nominal order, and the error estimate is the larger of the last two changes of the values.
func Richardson(values []float64, ratio, nominal float64) (extrapolated, errorEstimate, order float64) {
	order = observedOrder(values, ratio)
	p := nominal
	if order > nominal+1 {
		p += 2
	}
	if !(math.Abs(order-p) <= 0.3) {
		n := len(values)
		change := values[n-1] - values[n-2]
		errorEstimate = math.Abs(change)
		if n > 2 {
			errorEstimate = math.Max(errorEstimate, math.Abs(values[n-2]-values[n-3]))
		}
		return values[n-1] + change/(math.Pow(ratio, nominal)-1), errorEstimate, order
	}
	row := append([]float64(nil), values...)
	for ; len(row) > 1; p += 2 {
		last := row[len(row)-1]
		for i := range len(row) - 1 {
			row[i] = row[i+1] + (row[i+1]-row[i])/(math.Pow(ratio, p)-1)
		}
		row = row[:len(row)-1]
		extrapolated = row[len(row)-1]
		errorEstimate = math.Abs(extrapolated - last)
	}
	return extrapolated, errorEstimate, order
}

// observedOrder is that of the last three values, or NaN.
func observedOrder(values []float64, ratio float64) float64 {
	n := len(values)
	if n < 3 {
		return math.NaN()
	}
	return math.Log((values[n-2]-values[n-3])/(values[n-1]-values[n-2])) / math.Log(ratio)
}

// EdgeFit extrapolates the lowest eigenvalues on growing domains to the edge of the essential spectrum of the whole space, by
//
//	value(T) = edge + π²/(T+t₀)²,
//
// where T is the length of the domain in the variable in which the equation is the wave equation far out. For f ~ |θ|² that is
// log |θ|: T = 2 asinh R for |x| ≤ R in one dimension, T = asinh R for r ≤ R. The values are those of Λ: eigenvalues of S
// divided by ε. T ascends.
//
// The edge and t₀ are those of the last two domains. The error estimate is the distance to the edge of the last two but one, or,
// if there are only two, to the edge of the last one with t₀ = 0. It is an error if the values do not fall as T grows: they then
// belong to an eigenvalue below the edge, or carry errors larger than their differences.
func EdgeFit(T, values []float64) (edge, t0, errorEstimate float64, err error) {
	n := len(T)
	if n < 2 || len(values) != n {
		return 0, 0, 0, fmt.Errorf("edge fit: %d domains and %d eigenvalues; two or more of each are needed", n, len(values))
	}
	edge, t0, err = fitEdge(T[n-2:], values[n-2:])
	if err != nil {
		return 0, 0, 0, err
	}
	other := values[n-1] - math.Pow(math.Pi/T[n-1], 2)
	if n > 2 {
		if other, _, err = fitEdge(T[n-3:n-1], values[n-3:n-1]); err != nil {
			return 0, 0, 0, err
		}
	}
	return edge, t0, math.Abs(edge - other), nil
}

// fitEdge solves for the edge and t₀ by bisection: the difference of the two values falls from ∞ to 0 as t₀ grows from −T₁.
func fitEdge(T, values []float64) (edge, t0 float64, err error) {
	drop := values[0] - values[1]
	if !(T[0] > 0 && T[1] > T[0] && drop > 0) {
		return 0, 0, fmt.Errorf("edge fit: from T = %g to %g the eigenvalue goes from %.10g to %.10g, and it must fall as T grows; "+
			"it may lie below the essential spectrum and need no extrapolation", T[0], T[1], values[0], values[1])
	}
	excess := func(length float64) float64 { return math.Pow(math.Pi/length, 2) }
	model := func(first float64) float64 { return excess(first) - excess(first+T[1]-T[0]) } // first = T₁ + t₀
	lo, hi := T[0], T[0]
	for model(lo) < drop {
		lo /= 2
	}
	for model(hi) > drop {
		hi *= 2
	}
	for range 200 {
		if mid := lo + (hi-lo)/2; model(mid) > drop {
			lo = mid
		} else {
			hi = mid
		}
	}
	return values[1] - excess(hi+T[1]-T[0]), hi - T[0], nil
}
