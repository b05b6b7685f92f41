package operators

import (
	"math"

	"fpsgd/mesh"
)

// coupleMidpoints is the textbook scheme of Scharfetter and Gummel: κ linear between the midpoints
// of two cells makes the conductance, with the area of the face and the distance of the midpoints,
//
//	T = area/distance · e^{κ_i} B(κ_i − κ_j),    B(x) = x/(e^x − 1).
//
// It is of second order where f is smooth; what f does between the midpoints it does not see.
func (a *assembly) coupleMidpoints() error {
	kappa := make([]float64, a.grid.Cells()) // at the midpoints
	logWeights := func(dst []float64, p *mesh.Points) error {
		return a.weights.LogWeights(make([]float64, len(dst)), dst, p)
	}
	if err := AtMidpoints(kappa, a.grid, a.options.Threads, logWeights); err != nil {
		return err
	}
	pos := make([]int, len(a.grid.Axes))
	for e := range a.op.edges() {
		a.grid.Index(pos, e.i)
		logT := a.logFaceOverDistance(e.k, pos, e.side) + kappa[e.i]
		if e.j >= 0 {
			logT += logBernoulli(kappa[e.i] - kappa[e.j])
		}
		a.op.setLogT(e, logT)
	}
	return nil
}

// logFaceOverDistance returns the log of ∫dσ J/h_k² on a face of a cell, with h_k at the midpoint,
// over the distance of the midpoints beside the face, or of the midpoint from the face at an end of
// the axis.
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
		if other != k {
			out += g.LogCell(other, n) - 2*g.LogScale(k, other, g.Axes[other].Midpoint(n))
		}
	}
	return out
}

// logBernoulli returns log B(x), B(x) = x/(e^x − 1), for any x: with a = |x|,
// B(−a) = a/(1 − e^{−a}) and B(a) = e^{−a} B(−a).
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
