package operators

import (
	"math"

	"fpsgd/mesh"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// mlWeights are the weights of machine-learning noise, π = f^{−1−1/ε} and e^κ = ε f^{−1/ε}, of a
// landscape given by log f as a function of the components of θ.
type mlWeights struct {
	eps  float64
	logF func(theta []float64) float64
}

func (w mlWeights) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	var components [][]float64
	for _, name := range p.Grid().Coordinates.Components() {
		components = append(components, p.Var(name))
	}
	theta, logEps := make([]float64, len(components)), math.Log(w.eps)
	for i := range logPi {
		for k, x := range components {
			theta[k] = x[i]
		}
		l := w.logF(theta)
		logPi[i], kappa[i] = -(1+1/w.eps)*l, logEps-l/w.eps
	}
	return nil
}

// quadratic is f = 1 + |θ|².
func quadratic(eps float64) Weights {
	return mlWeights{eps, func(theta []float64) float64 {
		s := 0.0
		for _, x := range theta {
			s += x * x
		}
		return math.Log1p(s)
	}}
}

// logSingular is f = r²(1 + log² r) in terms of s = log r, which may lie outside the range of r.
type logSingular struct{ eps float64 }

func (w logSingular) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	for i, s := range p.LogNorm() {
		l := 2*s + math.Log1p(s*s)
		logPi[i], kappa[i] = -(1+1/w.eps)*l, math.Log(w.eps)-l/w.eps
	}
	return nil
}

func must[T any](t rapid.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func sinhAxis(t rapid.TB, name string, n int, min, max float64) mesh.Axis {
	return must[mesh.Axis](t)(mesh.Sinh(name, n, min, max, []float64{0}, []float64{1}))
}

func newGrid(t rapid.TB, system string, dimension int, axes ...mesh.Axis) *mesh.Grid {
	c := must[mesh.Coordinates](t)(mesh.NewCoordinates(system, dimension))
	return must[*mesh.Grid](t)(mesh.NewGrid(c, axes))
}

// eigenvalues returns all eigenvalues of S, ascending, by a dense method.
func eigenvalues(t rapid.TB, op *Operator) []float64 {
	n := op.Cells()
	s := mat.NewSymDense(n, nil)
	e, col := make([]float64, n), make([]float64, n)
	for j := range n {
		clear(e)
		e[j] = 1
		op.Apply(col, e)
		for i := range j + 1 {
			s.SetSym(i, j, col[i])
		}
	}
	var eig mat.EigenSym
	if !eig.Factorize(s, false) {
		t.Fatal("the dense eigenvalue solver failed")
	}
	return eig.Values(nil)
}

// skewed is f = floor + |θ − c|² with a centre off every axis, so that nothing is symmetric.
func skewed(eps, floor float64, c ...float64) Weights {
	return mlWeights{eps, func(theta []float64) float64 {
		s := floor
		for k, x := range theta {
			s += (x - c[k%len(c)]) * (x - c[k%len(c)])
		}
		return math.Log(s)
	}}
}

// gaussian is homogeneous noise in f = |θ|²: π = e^{−|θ|²/ε}, e^κ = ε π.
type gaussian struct{ eps float64 }

func (w gaussian) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	for i, s := range p.LogNorm() {
		logPi[i] = -math.Exp(2*s) / w.eps
		kappa[i] = math.Log(w.eps) + logPi[i]
	}
	return nil
}

func uniformAxis(t rapid.TB, name string, n int, min, max float64) mesh.Axis {
	return must[mesh.Axis](t)(mesh.Uniform(name, n, min, max))
}

// drawAssembly returns a small grid in some coordinate system, with any number of cells from 1 on,
// periodic where that is possible (on two cells too) and with open ends if asked, and an operator
// on it.
func drawAssembly(t *rapid.T, mayOpen bool) (*mesh.Grid, *Operator) {
	system := rapid.SampledFrom(mesh.Systems).Draw(t, "system")
	c := must[mesh.Coordinates](t)(mesh.NewCoordinates(system,
		rapid.IntRange(1, 4).Draw(t, "dimension")))
	var axes []mesh.Axis
	for _, name := range c.Axes() {
		axes = append(axes, drawAxis(t, name, len(c.Axes()), mayOpen))
	}
	g := must[*mesh.Grid](t)(mesh.NewGrid(c, axes))
	eps := rapid.SampledFrom([]float64{0.25, 1, 4}).Draw(t, "ε")
	o := Options{Flux: rapid.SampledFrom(Fluxes).Draw(t, "flux"), Threads: 1}
	return g, must[*Operator](t)(Assemble(g, skewed(eps, 1, 0.4, -0.3, 0.1), o))
}

func drawAxis(t *rapid.T, name string, axes int, mayOpen bool) mesh.Axis {
	n := rapid.IntRange(1, [...]int{0, 30, 8, 4, 3}[axes]).Draw(t, "cells of "+name)
	open := func(a mesh.Axis, sides ...int) mesh.Axis {
		for _, side := range sides {
			if mayOpen && rapid.IntRange(0, 3).Draw(t, "open end of "+name) == 0 {
				a.Ends[side] = mesh.Open
			}
		}
		return a
	}
	switch name {
	case "theta":
		return uniformAxis(t, name, n, 0, math.Pi)
	case "phi":
		if rapid.Bool().Draw(t, "whole circle") {
			return uniformAxis(t, name, n+1, 0, 2*math.Pi)
		}
		return open(uniformAxis(t, name, n, 0.5, 2), 0, 1)
	case "r":
		if rapid.Bool().Draw(t, "log r") {
			return open(must[mesh.Axis](t)(mesh.Log(name, n, -2, 2, 0)), 0, 1)
		}
		return open(sinhAxis(t, name, n, 0, 5), 1)
	}
	if axes < 3 && rapid.IntRange(0, 3).Draw(t, "ring "+name) == 0 && name != "z" {
		return ring(uniformAxis(t, name, n+1, -4, 5))
	}
	return open(sinhAxis(t, name, n, -4, 5), 0, 1)
}

// ring makes an axis periodic.
func ring(a mesh.Axis) mesh.Axis {
	a.Periodic = true
	return a
}

// drawState returns a state w with |u| ≤ 1, of either sign or positive.
func drawState(t *rapid.T, op *Operator, positive bool) []float64 {
	lo := -100
	if positive {
		lo = 1
	}
	n := op.Cells()
	w := make([]float64, n)
	for i, u := range rapid.SliceOfN(rapid.IntRange(lo, 100), n, n).Draw(t, "100 u") {
		w[i] = float64(u) / 100 * op.Sigma[i]
	}
	return w
}

// exchange returns Σ |S_ij w_j|: the size of the terms whose sum is (S w)_i, of which a few
// roundings are what is left where they cancel.
func exchange(op *Operator, w []float64) []float64 {
	size := make([]float64, len(w))
	for i, d := range op.Diag {
		size[i] = d * math.Abs(w[i])
	}
	op.Edges(func(_, i, j int, c float64) {
		size[i] += c * math.Abs(w[j])
		size[j] += c * math.Abs(w[i])
	})
	return size
}

// logPK are the weights of homogeneous noise, π = e^{−f/ε} and e^κ = ε e^{−f/ε}.
type logPK struct {
	eps float64
	f   func(theta []float64) float64
}

func (w logPK) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	if err := (mlWeights{1, w.f}).LogWeights(logPi, kappa, p); err != nil {
		return err
	}
	for i, v := range kappa {
		logPi[i], kappa[i] = v/w.eps, math.Log(w.eps)+v/w.eps
	}
	return nil
}
