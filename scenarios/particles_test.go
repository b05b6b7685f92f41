package scenarios

import (
	"fmt"
	"math"
	"testing"

	"fpsgd/mesh"
)

// In space a landscape has the values that it has on a grid, and the first and second derivatives
// that its values show, in every coordinate system, for formulas and built-ins.
func TestLandscapesInSpace(t *testing.T) {
	polar, spherical := `coordinates = "polar"`, `coordinates = "spherical"`
	cylindrical := `coordinates = "cylindrical"`
	twenty := `coordinates = "radial"` + "\ndimension = 20"
	for _, c := range []struct {
		landscape, grid string
		axes            int
	}{
		{`formula = "1 + x^2 + 3*y^2 + r^4/8"`, "", 2},
		{`formula = "2 + sin(x) + x*y*z"`, "", 3},
		{`formula = "1 + r^2 + cos(phi)*x"`, polar, 2},
		{`formula = "1 + r^2 + x*z"`, spherical, 3},
		{`formula = "1 + (r - 1)^2 + z^2"`, cylindrical, 2},
		{`formula = "1 + r^2"`, twenty, 1},
		{"builtin = \"quadratic\"\nfloor = 0.5\nscale = 2.0\ncenter = [0.3, -0.2]", "", 2},
		{"builtin = \"quadratic\"\nfloor = 0.5", twenty, 1},
		{"builtin = \"power\"\nexponent = 3.0", "", 3},
		{`builtin = "log-singular"`, "", 3},
		{`builtin = "log-singular"`, `coordinates = "radial"` + "\ndimension = 5", 1},
		{"builtin = \"log-singular-pair\"\np = 0.3", cylindrical, 2},
		{"builtin = \"log-singular-pair\"\np = 0.3", "", 3},
		{"builtin = \"double-well\"\ncurvatures = [4.0, 9.0]\nfloor = 0.1", "", 2},
		{"builtin = \"ring\"\nradius = 1.5\nfloor = 0.1", "", 3},
		{"builtin = \"ring\"\nradius = 1.5", polar, 2},
		{"builtin = \"ring\"\nradius = 1.5", cylindrical, 2},
		{`builtin = "cross-entropy"`, "", 2},
	} {
		name := c.landscape + " " + c.grid
		p := problem{landscape: c.landscape, grid: c.grid, noise: "epsilon = 0.25"}
		for k := range c.axes {
			p.axes = append(p.axes, testAxis(c.grid, k))
		}
		s, err := p.build(t)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		coordinates := s.Grid.Coordinates
		in, err := NewInSpace(s.Landscape, coordinates)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		m := coordinates.Dimension()
		onGrid := func(theta []float64) float64 {
			q := coordinatesOf(coordinates, theta)
			held := make([][]float64, len(q))
			for k := range q {
				held[k] = q[k : k+1]
			}
			return math.Exp(must[[]float64](t)(s.logF(held))[0])
		}
		theta := make([]float64, m)
		for k := range theta {
			theta[k] = 0.9 * math.Sin(float64(3*k+2)) / math.Sqrt(float64(max(m/4, 1)))
		}
		if err := checkDerivatives(in, theta, onGrid); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// testAxis is a table of axis k of a coordinate system, wide enough for points near 1.
func testAxis(grid string, k int) string {
	switch {
	case grid == "":
		return uniform(8, -3, 3)
	case k == 0:
		return uniform(8, 0, 6)
	case grid == `coordinates = "cylindrical"`:
		return uniform(8, -3, 3)
	case grid == `coordinates = "spherical"` && k == 1:
		return "cells = 8\nmin = 0.0\nmax = 3.141592653589793"
	}
	return "cells = 8\nmin = 0.0\nmax = 6.283185307179586"
}

// coordinatesOf returns the coordinates q of a point of R^m.
func coordinatesOf(c mesh.Coordinates, theta []float64) []float64 {
	norm := 0.0
	for _, x := range theta {
		norm = math.Hypot(norm, x)
	}
	switch mapped, ok := c.(mesh.Mapped); {
	case mesh.Radial(c):
		return []float64{norm}
	case c.Name() == "cylindrical":
		return []float64{math.Hypot(theta[0], theta[1]), theta[2]}
	case ok:
		return mapped.Locate(theta)
	}
	return theta
}

// checkDerivatives compares a landscape in space with differences of f.
func checkDerivatives(in *InSpace, theta []float64, f func(theta []float64) float64) error {
	m := len(theta)
	at := func() (x [][]float64) {
		for _, v := range theta {
			x = append(x, []float64{v})
		}
		return x
	}()
	value, gradient, laplacian := make([]float64, 1), make([][]float64, m), make([]float64, 1)
	for k := range gradient {
		gradient[k] = make([]float64, 1)
	}
	in.Field(value, gradient, laplacian, at)
	here := f(theta)
	if math.Abs(value[0]-here) > 1e-13*math.Abs(here) {
		return fmt.Errorf("f = %.17g, on the grid %.17g", value[0], here)
	}
	// the fourth-order differences of a smooth function, h⁴ ~ 1e-12, roundings 1e-16/h² ~ 1e-10
	const h = 1e-3
	sum := 0.0
	for k := range theta {
		along := func(steps float64) float64 {
			moved := append([]float64(nil), theta...)
			moved[k] += steps * h
			return f(moved)
		}
		first := (8*(along(1)-along(-1)) - (along(2) - along(-2))) / (12 * h)
		sum += (16*(along(1)+along(-1)) - (along(2) + along(-2)) - 30*here) / (12 * h * h)
		if math.Abs(gradient[k][0]-first) > 1e-8*(1+math.Abs(first)) {
			return fmt.Errorf("∂f/∂%s = %.12g, by differences %.12g", in.Components[k],
				gradient[k][0], first)
		}
	}
	if math.Abs(laplacian[0]-sum) > 1e-7*(1+math.Abs(sum)) {
		return fmt.Errorf("Δf = %.12g, by differences %.12g", laplacian[0], sum)
	}
	return nil
}

// The finite volumes drift as particles do: the mean velocity out of a cell, Σ_j T_ij/M_i (x_j −
// x_i), comes to 𝓛x = −∂f/∂x at its node with the second order, for both noises.
func TestDriftOfTheFiniteVolumes(t *testing.T) {
	for _, noise := range []string{"epsilon = 0.6", "model = \"homogeneous\"\nepsilon = 0.6"} {
		var worst [2]float64
		for level, n := range []int{24, 48} {
			s, op := problem{landscape: `formula = "1 + x^2 + 0.5*y^2 + 0.3*sin(x + 2*y)"`,
				noise: noise, axes: []string{uniform(n, -2, 2), uniform(n, -2, 2)}}.scenario(t)
			in := must[*InSpace](t)(NewInSpace(s.Landscape, s.Grid.Coordinates))
			nodes := op.Centroids
			if nodes == nil {
				nodes = must[[][]float64](t)(s.averages(op))
			}
			f, gradient := make([]float64, op.Cells()), make([][]float64, 2)
			for k := range gradient {
				gradient[k] = make([]float64, op.Cells())
			}
			in.Field(f, gradient, nil, nodes)
			drift := make([]float64, op.Cells())
			op.Edges(func(k, i, j int, c float64) {
				if k == 0 { // T_ij/M_i = c σ_j/σ_i
					moved := nodes[0][j] - nodes[0][i]
					drift[i] += c * op.Sigma[j] / op.Sigma[i] * moved
					drift[j] -= c * op.Sigma[i] / op.Sigma[j] * moved
				}
			})
			for i, v := range drift {
				if x, y := nodes[0][i], nodes[1][i]; math.Abs(x) < 1.5 && math.Abs(y) < 1.5 {
					worst[level] = math.Max(worst[level], math.Abs(v+gradient[0][i]))
				}
			}
		}
		order := math.Log2(worst[0] / worst[1])
		if !(math.Abs(order-2) < 0.3) || worst[1] > 0.05 { // the largest of some cells
			t.Errorf("%s: the drift is off by %.3g, then %.3g: order %.2f", noise, worst[0],
				worst[1], order)
		}
	}
}
