package operators

import (
	"fmt"
	"math"

	"fpsgd/internal/parallel"
	"fpsgd/mesh"
)

// sampleFaces evaluates κ on the lower and upper faces along every axis of the row of cells at pos, for the Face flux.
func (s *slab) sampleFaces(pos []int) error {
	n := len(s.faceKappa[0][0])
	held := make([][]float64, s.d)
	for k := range held {
		held[k] = make([]float64, n)
	}
	unused := make([]float64, n)
	for k := range s.d {
		axis := &s.grid.Axes[k]
		cell := s.cellsOf(k, pos)
		per := n / s.row
		for side := range 2 {
			transverse := 0
			for other := range s.d {
				if other != k {
					fillRow(held[other], s.lat.axes[other].held, s.cellsOf(other, pos), s.p, s.d-1, transverse)
					transverse++
				}
			}
			for t := range n {
				held[k][t] = axis.Faces[cell(t/per)+side]
			}
			s.points.Set(held)
			if err := s.weights.LogWeights(unused, s.faceKappa[k][side], s.points); err != nil {
				return fmt.Errorf("flux %q needs f on the faces: %w", Face, err)
			}
		}
	}
	return nil
}

// bernoulli stores the log-conductances of the textbook scheme, from κ at the cell midpoints.
func (a *assembly) bernoulli() error {
	g := a.grid
	kappa, err := a.midpointKappa()
	if err != nil {
		return err
	}
	pos := make([]int, len(g.Axes))
	for k := range g.Axes {
		axis, stride := &g.Axes[k], a.op.Stride(k)
		for i := range kappa {
			g.Index(pos, i)
			j, ok := i+stride, pos[k] < axis.Cells()-1
			if !ok && axis.Periodic {
				j, ok = i-pos[k]*stride, true
			}
			a.op.Coupling[k][i] = math.Inf(-1)
			upper := a.logFaceOverDistance(k, pos, 1)
			switch {
			case ok:
				a.op.Coupling[k][i] = upper + kappa[i] + logBernoulli(kappa[i]-kappa[j])
			case axis.Ends[1] == mesh.Open:
				a.op.remove(k, 1, i, upper+kappa[i])
			}
			if pos[k] == 0 && axis.Ends[0] == mesh.Open {
				a.op.remove(k, 0, i, a.logFaceOverDistance(k, pos, 0)+kappa[i])
			}
		}
	}
	return nil
}

// logFaceOverDistance returns the log of ∫dσ J/h_k² on a face of a cell, with h_k at the midpoint, over the distance of the
// midpoints beside the face, or of the midpoint from the face at an end of the axis.
func (a *assembly) logFaceOverDistance(k int, pos []int, side int) float64 {
	g := a.grid
	axis := &g.Axes[k]
	i := pos[k]
	face := axis.Faces[i+side]
	distance := math.Abs(face - axis.Midpoint(i))
	switch {
	case side == 1 && i+1 < axis.Cells():
		distance = axis.Midpoint(i+1) - axis.Midpoint(i)
	case side == 1 && axis.Periodic:
		distance += axis.Midpoint(0) - axis.Faces[0]
	}
	out := g.LogJ(k, face) - 2*g.LogScale(k, k, face) - math.Log(distance)
	for other, n := range pos {
		if other == k {
			continue
		}
		middle := g.Axes[other].Midpoint(n)
		out += g.LogCell(other, n) - 2*g.LogScale(k, other, middle)
	}
	return out
}

// midpointKappa returns κ at the midpoints of all cells.
func (a *assembly) midpointKappa() ([]float64, error) {
	kappa := make([]float64, a.grid.Cells())
	return kappa, AtMidpoints(kappa, a.grid, a.options.Threads, func(dst []float64, p *mesh.Points) error {
		return a.weights.LogWeights(make([]float64, len(dst)), dst, p)
	})
}

// midpointBlock is the number of midpoints at which a function is evaluated at a time.
const midpointBlock = 4096

// AtMidpoints stores the values of a function at the midpoints of all cells. It is called from several goroutines at once, each
// with its own block of points.
func AtMidpoints(dst []float64, g *mesh.Grid, threads int, f func(dst []float64, p *mesh.Points) error) error {
	return parallel.Ranges(threads, len(dst), func(first, last int) error {
		p, pos := mesh.NewPoints(g), make([]int, len(g.Axes))
		held := make([][]float64, len(g.Axes))
		for ; first < last; first += midpointBlock {
			block := dst[first:min(first+midpointBlock, last)]
			for k := range held {
				held[k] = held[k][:0]
			}
			for i := range block {
				g.Index(pos, first+i)
				for k, at := range pos {
					held[k] = append(held[k], g.Axes[k].Midpoint(at))
				}
			}
			p.Set(held)
			if err := f(block, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// logBernoulli returns log B(x), B(x) = x/(e^x − 1), for any x: with a = |x|, B(−a) = a/(1 − e^{−a}) and
// B(a) = e^{−a} B(−a).
func logBernoulli(x float64) float64 {
	if x == 0 {
		return 0
	}
	a := math.Abs(x)
	logB := math.Log(-a / math.Expm1(-a))
	if x > 0 {
		logB -= a
	}
	return logB
}
