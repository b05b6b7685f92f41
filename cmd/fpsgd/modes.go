package main

import (
	"fmt"
	"io"
	"math"

	"fpsgd/internal/npy"
	"fpsgd/internal/plots"
	"fpsgd/internal/rundir"
	"fpsgd/mesh"
	"fpsgd/operators"
)

// leastSigma is the sqrt(Π) of a cell below which u = w/σ is not determined: w, of norm 1, is rounded by about as much.
const leastSigma = 1e-16

// write writes the files of -o.
func (j *spectrumJob) write(dir *rundir.Dir) error {
	if err := writeAxes(dir, j.problem.Grid); err != nil {
		return err
	}
	if err := dir.WriteArray("eigenvalues.npy", []int{len(j.modes)}, j.result.Eigenvalues); err != nil {
		return err
	}
	op, u := j.problem.operator, make([]float64, j.problem.operator.Cells())
	for k, m := range j.modes {
		orient(m.W)
		for i, sigma := range op.Sigma {
			u[i] = math.NaN()
			if sigma >= leastSigma {
				u[i] = m.W[i] / sigma
			}
		}
		err := dir.WriteFile(fmt.Sprintf("mode/%06d.npy", k), func(w io.Writer) error { return npy.Write(w, op.Shape, u) })
		if err != nil {
			return err
		}
	}
	if err := dir.WriteFile("plots/modes.png", func(w io.Writer) error { return plots.Modes(w, j.picture()) }); err != nil {
		return err
	}
	return dir.WriteJSON("spectrum.json", j.result)
}

// orient gives w the sign that makes it positive in the last cell where |w| is half its maximum or more: unlike the largest entry,
// that cell does not depend on rounding where w is odd.
func orient(w []float64) {
	largest := 0.0
	for _, v := range w {
		largest = math.Max(largest, math.Abs(v))
	}
	for i := len(w) - 1; i >= 0; i-- {
		if math.Abs(w[i]) < largest/2 {
			continue
		}
		if w[i] < 0 {
			for k := range w {
				w[k] = -w[k]
			}
		}
		return
	}
}

// picture returns the modes to be drawn: on three axes or more the conditional mean of each given the two coordinates that explain
// most of its variance.
func (j *spectrumJob) picture() plots.ModesData {
	shown := ""
	g, op := j.problem.Grid, j.problem.operator
	if len(g.Axes) > 2 {
		shown = ", means over the other coordinates"
	}
	d := plots.ModesData{Title: subject(j.problem.Scenario, shown)}
	for k, m := range j.modes {
		best, most := plots.Mode{}, -1.0
		for _, axes := range planes(len(g.Axes)) {
			if mode, share := project(g, op, m.W, axes); share > most {
				best, most = mode, share
			}
		}
		best.Name = fmt.Sprintf("λ = %.5g", j.result.Eigenvalues[k])
		d.Modes = append(d.Modes, best)
	}
	return d
}

// planes lists the pairs of axes, or all axes if there are no more than two.
func planes(axes int) [][]int {
	if axes == 1 {
		return [][]int{{0}}
	}
	var out [][]int
	for b := range axes {
		for a := range b {
			out = append(out, []int{a, b})
		}
	}
	return out
}

// project returns the conditional mean E[u|q_a, …] = Σ Π u/Σ Π = Σ σw/Σ σ² over the cells that share a place on the given axes, and
// its variance E[E[u|q_a, …]²] ≤ E[u²] = 1.
func project(g *mesh.Grid, op *operators.Operator, w []float64, axes []int) (m plots.Mode, variance float64) {
	cells := 1
	for _, k := range axes {
		m.Grid.Axes = append(m.Grid.Axes, plotAxis(&g.Axes[k]))
		cells *= op.Shape[k]
	}
	m.Grid.Plane = planeOf(m.Grid.Axes)
	m.Grid.Volume, m.U = make([]float64, cells), make([]float64, cells)
	at := make([]int, len(op.Shape))
	for i, sigma := range op.Sigma {
		g.Index(at, i)
		to := 0
		for _, k := range axes {
			to = to*op.Shape[k] + at[k]
		}
		m.Grid.Volume[to] += sigma * sigma
		m.U[to] += sigma * w[i]
	}
	for i, share := range m.Grid.Volume {
		if share < leastSigma*leastSigma {
			m.U[i] = math.NaN()
			continue
		}
		m.U[i] /= share
		variance += share * m.U[i] * m.U[i]
	}
	return m, variance
}

// plotAxis is an axis as it is drawn, a logarithmic one by its logarithm.
func plotAxis(a *mesh.Axis) plots.Axis {
	if a.Log {
		return plots.Axis{Name: "log " + a.Name, Faces: a.Faces}
	}
	return plots.Axis{Name: a.Name, Faces: a.Faces}
}
