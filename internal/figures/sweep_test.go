package figures

import (
	"math"
	"slices"
	"testing"

	"fpsgd/internal/sweep"
)

// tableOf is of two keys of two values each, and some results.
func tableOf(t *testing.T, zip bool) *sweep.Table {
	t.Helper()
	p := &sweep.Plan{Do: "run", Zip: zip, Vary: []sweep.Vary{
		{Key: "noise.epsilon", Values: []string{"0.5", "0.25"}},
		{Key: "time.scheme", Values: []string{"euler", "sdirk2"}},
	}}
	if err := p.Expand(); err != nil {
		t.Fatal(err)
	}
	n := len(p.Points)
	filled := func(v ...float64) []float64 { return append(v, make([]float64, n)...)[:n] }
	unknown := slices.Repeat([]float64{math.NaN()}, n)
	return &sweep.Table{Plan: p, Results: []sweep.Result{
		{Name: "gap", Values: filled(1, 2, 3, 4), Errors: unknown, Exact: unknown},
		{Name: "same", Values: filled(), Errors: unknown, Exact: unknown},
		{Name: "sure", Values: filled(), Errors: filled(1), Exact: unknown},
		{Name: "cells", Values: filled(1, 2), Errors: unknown, Exact: unknown},
		{Name: "once", Values: append([]float64{1}, unknown[1:]...), Errors: unknown,
			Exact: unknown},
	}}
}

// Each result that depends on something, or has bars, is drawn against each key.
func TestFiguresOfASweep(t *testing.T) {
	var names []string
	for _, f := range OfSweep(tableOf(t, false)) {
		names = append(names, f.Name)
	}
	want := []string{"gap-vs-noise.epsilon", "gap-vs-time.scheme", "sure-vs-noise.epsilon",
		"sure-vs-time.scheme"}
	if !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
}

// A curve has what differs in one key, in its order; lists in step make one curve.
func TestDependence(t *testing.T) {
	table := tableOf(t, false)
	d := dependence(table, table.Results[0], 0)
	if len(d.Curves) != 2 || d.Curves[0].Name != "time.scheme = euler" ||
		!slices.Equal(d.Curves[0].X, []float64{0.25, 0.5}) ||
		!slices.Equal(d.Curves[0].Y, []float64{3, 1}) ||
		!slices.Equal(d.Curves[1].Y, []float64{4, 2}) {
		t.Errorf("%+v", d)
	}
	d = dependence(table, table.Results[0], 1)
	if !slices.Equal(d.Values, []string{"euler", "sdirk2"}) || len(d.Curves) != 2 ||
		!slices.Equal(d.Curves[0].X, []float64{0, 1}) ||
		!slices.Equal(d.Curves[0].Y, []float64{1, 2}) {
		t.Errorf("%+v", d)
	}
	zipped := tableOf(t, true)
	d = dependence(zipped, zipped.Results[0], 0)
	if len(d.Curves) != 1 || d.Curves[0].Name != "" ||
		!slices.Equal(d.Curves[0].Y, []float64{2, 1}) {
		t.Errorf("%+v", d)
	}
}
