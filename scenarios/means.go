package scenarios

import (
	"math"
	"slices"

	"fpsgd/mesh"
	"fpsgd/operators"
)

// Means returns functions that give the mean of every component of θ, and their names. The value
// X_i of a component in a cell is its average x̄_i over the cell with weight π, corrected for
// densities that are not of the shape of π there (see reconstruct). Where the components are the
// axes the averages are the π-centroids of the cells, and need no integration if the operator has
// kept them: they are taken from it, so that nothing is held twice. How far the means of one state
// w may be off, it stores in MeanError.
func (s *Scenario) Means(op *operators.Operator, w []float64) (
	names []string, mean []func(w []float64) float64, err error) {
	average := op.Centroids
	op.Centroids = nil
	if average == nil {
		if average, err = s.averages(op); err != nil {
			return nil, nil, err
		}
	}
	plain := make([]float64, op.Cells())
	s.MeanError = 0
	for k, name := range s.Grid.Coordinates.Components() {
		copy(plain, average[k])
		reconstruct(average[k], plain, k, s.Grid, op)
		changed := op.Sum(w, average[k]) - op.Sum(w, plain)
		unknown := math.Abs(changed) + unresolved(w, plain, k, s.Grid, op)
		s.MeanError = math.Max(s.MeanError, unknown/op.Mass(w))
		names = append(names, "mean_"+name)
		mean = append(mean, func(w []float64) float64 {
			if value := op.Mean(w, average[k]); !math.IsInf(value, 0) {
				return value
			}
			return math.NaN()
		})
	}
	return names, mean, nil
}

// largestRatio bounds the ratio of the masses of π in neighbouring cells, as a logarithm, between
// which u is taken to be linear.
const largestRatio = 3

// reconstruct adds to X what the slope of u = ρ/π contributes to the mean of x, given its averages
// x̄ in the cells with weight π. With u linear in a cell j, ∫ρx is P_j x̄_j + Σ_k M_j u_k' Var_k
// x_k', where Var_k = h_k²/12 is the variance of coordinate k in the cell, and u_k' and x_k' are
// its slopes, differences of the neighbours b and a of the cell along axis k over that of their
// midpoints:
//
//	Σ_jk (M_j/M_b P_b − M_j/M_a P_a) c_jk,    c_jk = (x̄_b − x̄_a) h_k²/(12 (q_b − q_a)²).
//
// That is linear in P, so that it becomes part of X: the mean is Σ P_i X_i, of fourth order for any
// smooth density where the sum of x̄_i was of second, and exact for u linear in θ. At an end the
// cell itself stands for the neighbour that it lacks. Where π is not resolved, and its masses in
// neighbouring cells differ by more than e³, X is left as it is.
//
// On a ring x is the coordinate within its range. Across the seam, where it falls by the period, it
// rises as anywhere (rise).
func reconstruct(x, average []float64, component int, g *mesh.Grid, op *operators.Operator) {
	pos := make([]int, len(g.Axes))
	for j := range x {
		g.Index(pos, j)
		for k := range g.Axes {
			a, b, share := neighbours(g, op, j, k, pos[k])
			toA, toB := op.LogM[j]-op.LogM[a], op.LogM[j]-op.LogM[b]
			c := rise(average, a, b, component, k, pos[k], g) * share / 12
			resolved := math.Abs(toA) < largestRatio && math.Abs(toB) < largestRatio
			if !resolved || math.IsNaN(c) || math.IsInf(c, 0) {
				continue
			}
			x[b] += c * math.Exp(toB)
			x[a] -= c * math.Exp(toA)
		}
	}
}

// unresolved returns what the slopes of u do not account for: Σ |P_j| over the cells that differ
// from a neighbour by more than e³ in u or in the mass of π, as about a density narrower than a
// cell, times half the extent of x in the cell.
func unresolved(w, average []float64, component int, g *mesh.Grid,
	op *operators.Operator) float64 {

	pos, sum := make([]int, len(g.Axes)), 0.0
	far := func(j, i int) bool {
		change := math.Log(math.Abs(w[j]/w[i])) - (op.LogM[j]-op.LogM[i])/2 // of u
		return !(math.Abs(op.LogM[j]-op.LogM[i]) < largestRatio && math.Abs(change) < largestRatio)
	}
	for j, v := range w {
		if v == 0 {
			continue
		}
		g.Index(pos, j)
		for k := range g.Axes {
			a, b, share := neighbours(g, op, j, k, pos[k])
			if share > 0 && (far(j, a) || far(j, b)) {
				across := rise(average, a, b, component, k, pos[k], g)
				sum += math.Abs(op.Sigma[j]*v*across) * math.Sqrt(share) / 2
			}
		}
	}
	return sum
}

// rise returns by how much the averages of a component differ between the neighbours a and b, along
// axis k, of a cell with position at: of the coordinate of a ring a period more across its seam.
func rise(average []float64, a, b, component, k, at int, g *mesh.Grid) float64 {
	difference := average[b] - average[a]
	if component == k && g.IsRing(k) {
		lo, hi := g.Axes[k].Range()
		if at == 0 {
			difference += hi - lo
		}
		if at == g.Axes[k].Cells()-1 {
			difference += hi - lo
		}
	}
	return difference
}

// neighbours returns the cells before and after cell j along axis k, on which its position is at,
// or j itself where there is none, and h²/(q_b − q_a)²: 0 for a cell alone.
func neighbours(g *mesh.Grid, op *operators.Operator, j, k, at int) (a, b int, share float64) {
	axis, stride, n := &g.Axes[k], op.Stride(k), op.Shape[k]
	lower, upper, distance := max(at-1, 0), min(at+1, n-1), 0.0
	if axis.Periodic && at == 0 {
		lower, distance = n-1, axis.Faces[n]-axis.Faces[0]
	}
	if axis.Periodic && at == n-1 {
		upper, distance = 0, axis.Faces[n]-axis.Faces[0]
	}
	distance += axis.Midpoint(upper) - axis.Midpoint(lower)
	if !(distance > 0) {
		return j, j, 0
	}
	width := (axis.Faces[at+1] - axis.Faces[at]) / distance
	return j + (lower-at)*stride, j + (upper-at)*stride, width * width
}

// averages returns the averages of the components of θ over every cell with weight π.
func (s *Scenario) averages(op *operators.Operator) ([][]float64, error) {
	average := make([][]float64, len(s.Grid.Coordinates.Components()))
	for k := range average {
		average[k] = make([]float64, op.Cells())
	}
	return average, operators.JointAverages(average, s.Grid, s.logPi, componentsOf, s.Threads,
		s.progress("means"))
}

// cartesianAxes reports whether the components of θ are the held coordinates, in order.
func (s *Scenario) cartesianAxes() bool {
	isLog := func(a mesh.Axis) bool { return a.Log }
	return mesh.Separable(s.Grid.Coordinates) && !slices.ContainsFunc(s.Grid.Axes, isLog)
}

func (s *Scenario) logPi(dst []float64, p *mesh.Points) error {
	return s.Weights.LogWeights(dst, make([]float64, len(dst)), p)
}
