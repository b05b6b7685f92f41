package plots

import (
	"io"
	"math"
	"testing"
)

// A result is drawn against numbers and names, with and without bars and exact values.
func TestDepends(t *testing.T) {
	nan := math.NaN()
	unknown := []float64{nan, nan, nan}
	curve := Dependent{Name: "cells = 64", X: []float64{0.1, 0.2, 0.4}, Y: []float64{3, 20, 100},
		Errors: []float64{1, 30, nan}, Exact: []float64{2.9, 21, 99}}
	bare := Dependent{X: []float64{0, 1, 2}, Y: []float64{-1, nan, 2}, Errors: unknown,
		Exact: unknown}
	many := Dependence{Result: "mean_time", Varied: "noise.epsilon"}
	for range 9 {
		many.Curves = append(many.Curves, curve)
	}
	for name, d := range map[string]Dependence{
		"numbers": {Result: "gap", Varied: "noise.epsilon", Curves: []Dependent{curve, curve}},
		"names": {Result: "gap", Varied: "noise.model", Curves: []Dependent{bare},
			Values: []string{"ml", "homogeneous", "one of a name that is far too long for a tick"}},
		"many": many,
		"nothing": {Curves: []Dependent{{X: []float64{1}, Y: []float64{nan},
			Errors: []float64{nan}, Exact: []float64{nan}}}},
		"none": {},
	} {
		t.Run(name, func(t *testing.T) {
			picture(t, func(w io.Writer) error { return Depends(w, d) })
		})
	}
	curve.Errors = curve.Errors[1:]
	if Depends(io.Discard, Dependence{Curves: []Dependent{curve}}) == nil {
		t.Error("no error where bars are missing")
	}
}

// Axes are logarithmic where that is how the values were chosen, or how they spread.
func TestLogarithmic(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   bool
	}{
		{[]float64{1, 2, 4, 8}, true},
		{[]float64{0.1, 0.2, 0.3, 0.4, 0.5}, false},
		{[]float64{1, 1.2, 1.44, 1.728}, true},
		{[]float64{1, 2, 3, 4}, false},
		{[]float64{0, 10, 1000}, false},
		{[]float64{-1, 100}, false},
		{[]float64{1, 100}, true},
		{[]float64{5, 5, math.NaN()}, false},
		{nil, false},
	} {
		if got := logarithmic(c.values, 8); got != c.want {
			t.Errorf("%v: %t, want %t", c.values, got, c.want)
		}
	}
}
