package plots

import (
	"image"
	"math"
	"testing"
)

// radial returns a radial grid in m dimensions and a density on it, of mass 1.
func radial(a Axis, m float64, f func(r float64) float64) (Grid, []float64) {
	g := Grid{Axes: []Axis{a}}
	var rho []float64
	for i, r := range a.midpoints() {
		g.Volume = append(g.Volume, (math.Pow(a.Faces[i+1], m)-math.Pow(a.Faces[i], m))/m)
		rho = append(rho, f(r))
	}
	return g, g.normalised(rho)
}

// The panels that were empty: densities that are large on a share of nothing. The mass per unit of
// the coordinate is not.
func TestNoPanelIsEmpty(t *testing.T) {
	shell := func(r, at, width float64) float64 {
		return math.Exp(-(r - at) * (r - at) / (2 * width * width))
	}
	logNormal := func(r, at, width float64) float64 {
		s := math.Log(r/at) / width
		return math.Exp(-s*s/2) / math.Pow(r, 3)
	}
	for name, test := range map[string]struct {
		axis Axis
		m    float64
		rho  []func(r float64) float64
		log  bool
	}{
		"twenty dimensions": {sinhAxis("r", 240, 100).positive(), 20, []func(r float64) float64{
			func(r float64) float64 { return shell(r, 2, 0.3) },
			func(r float64) float64 { return math.Pow(1+r*r, -21) },
		}, false},
		"towards the centre": {logAxis("r", 300, 1e-6, 1e3), 3, []func(r float64) float64{
			func(r float64) float64 { return logNormal(r, 1, 0.3) },
			func(r float64) float64 { return logNormal(r, 1e-3, 1) },
		}, true},
		"seventy orders": {logAxis("r", 400, 1e-35, 1e35), 3, []func(r float64) float64{
			func(r float64) float64 { l := math.Log(r); return math.Pow(r*r*(1+l*l), -1.5) },
			func(r float64) float64 { return logNormal(r, 1, 1) },
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := Densities{}
			for k, f := range test.rho {
				var rho []float64
				d.Grid, rho = radial(test.axis, test.m, f)
				d.Snapshots = append(d.Snapshots, Snapshot{Time: float64(k), Density: rho})
			}
			if p := d.Grid.bestProfile(d.fields(), nil); p.log != test.log || p.cellwise {
				t.Errorf("the profile is %q, logarithmic %t, want %t", p.quantity, p.log, test.log)
			}
			img := curvesPicture(t, d)
			// above the axis
			for side, panel := range []image.Rectangle{image.Rect(112, 112, 548, 515),
				image.Rect(672, 112, 1108, 515)} {
				for k := range d.Snapshots {
					if n := count(img, panel, timeColour(k, 2)); n < 400 {
						t.Errorf("panel %d: %d pixels of curve %d", side, n, k)
					}
				}
			}
		})
	}
}

// What was drawn before, ρ against r, is what the test above is to find empty.
func TestRadialDensitiesAreNotSeenAsSuch(t *testing.T) {
	g, rho := radial(logAxis("r", 300, 1e-6, 1e3), 3,
		func(r float64) float64 { return math.Exp(-math.Pow(math.Log(r/1e-3), 2)/2) / (r * r * r) })
	lo, hi := g.window(0, coverage, [][]float64{rho})
	p := profile{faces: g.Axes[0].Faces, factor: ones(300), lo: lo, hi: hi}
	if p.shows([][]float64{rho}) {
		t.Error("ρ against r counts as seen")
	}
}

// positive is the part of an axis from 0.
func (a Axis) positive() Axis { return Axis{a.Name, a.Faces[a.cells()/2:]} }

// ∫ of the profile over its coordinate is the mass of the density, whatever the coordinate.
func TestProfilesIntegrateToTheMass(t *testing.T) {
	g, rho := radial(logAxis("r", 300, 1e-3, 1e3), 3,
		func(r float64) float64 { return math.Pow(1+r*r, -4) })
	logarithmic, ok := g.logProfile(1e-3, 1e3)
	if !ok {
		t.Fatal("no logarithmic profile")
	}
	for name, p := range map[string]profile{"r": g.linearProfile(), "cells": g.cellProfile(),
		"log r": logarithmic} {
		want := 1.0
		if p.log {
			want = 1 / math.Ln10 // the abscissa is log₁₀ r, the unit that of log r
		}
		if got := p.mass(p.values(rho)); math.Abs(got-want) > 1e-12 { // 300 roundings
			t.Errorf("%s: ∫ = %.15g, want %.15g", name, got, want)
		}
	}
	if q := g.linearProfile().quantity; q != "mass per unit of r" {
		t.Errorf("the profile shows %q", q)
	}
	if q := lineGrid(uniformAxis("x", 9, 0, 1)).linearProfile().quantity; q != "ρ" {
		t.Errorf("on a line the profile shows %q", q)
	}
}

func TestPeaksAreCutWhereOthersWouldVanish(t *testing.T) {
	g := lineGrid(uniformAxis("x", 100, 0, 100))
	narrow, broad, left := make([]float64, 100), make([]float64, 100), make([]float64, 100)
	narrow[50] = 1
	for i := range broad {
		broad[i], left[i] = 0.01, 1e-6 // left: nearly all of the mass has gone
	}
	p := g.linearProfile()
	if top, cut := p.top([][]float64{narrow, broad}); math.Abs(top-peakRatio*0.01) > 1e-15 || !cut {
		t.Errorf("a peak 100 times the other: top %g, cut %t", top, cut)
	}
	if top, cut := p.top([][]float64{broad, left}); top != 0.01 || cut {
		t.Errorf("mass that leaves: top %g, cut %t", top, cut)
	}
}
