package operators

import (
	"fmt"
	"math"

	"fpsgd/operators/elementary"

	"gonum.org/v1/gonum/floats"
)

// conductanceTolerance is the relative error of a hard cell's conductance, by d: far below that of
// the scheme on the cells it is for, whose f is not smooth or far too steep for them, and more than
// the masses beside them have.
var conductanceTolerance = [...]float64{0, 1e-12, 1e-7, 1e-4, 1e-3}

const (
	faceBoxes   = 60 // parts of a face before it is cut off, but for features
	mostDemands = 4000
)

// edgeRule integrates T = ∫dσ 1/Σ_pieces ∫ e^{−κ} h_k²/J_k dq_k over a face across axis k, by
// bisection of the face.
type edgeRule struct {
	sheet
	pieces  []piece
	sums    momentRule
	element []float64 // dσ at the points of the face
	boxes   int       // of the part of the face that is bisected
	total   float64   // the log of what T has at least

	crossed bool // whether a feature is near that a finer grid resolves
}

// piece is a part of the lines across a face, from a node to the face.
type piece struct {
	lo, hi   float64
	logScale float64 // log h_k² at the node, as far as it is taken there
}

func newEdgeRule(a *assembly) *edgeRule {
	lines := newSheet(a)
	r := &edgeRule{
		sheet:   lines,
		sums:    newMomentRule(a.lattice.rule, max(len(a.grid.Axes)-1, 1)),
		element: make([]float64, len(lines.sum)),
	}
	r.sums.enough = r.tolerance
	return r
}

// conductance returns log T of an edge, and the relative error that is left where the integral was
// cut off.
func (r *edgeRule) conductance(e edge) (logT, short float64, err error) {
	r.begin(e.k)
	r.pieces, r.total = r.pieces[:0], math.Inf(-1)
	for _, i := range [2]int{e.i, e.j} {
		if i >= 0 {
			r.addPiece(e, i)
		}
	}
	r.nearby, r.crossed = r.nearby.unresolved()
	face := boxOf(r.grid, e.i)
	face.lo[e.k], face.hi[e.k] = 0, 0 // the pieces tell
	logT = math.Inf(-1)
	for _, b := range r.cut(face) {
		r.boxes = 0
		part, err := r.facePart(b)
		if err != nil {
			return 0, 0, err
		}
		logT = elementary.LogAdd(logT, part)
	}
	return logT, r.short, nil
}

// cut returns the parts of a face from which its integration begins: where a feature is near that
// the nodes of a finer grid resolve, and the points of a whole face may not, the faces of that
// grid.
func (r *edgeRule) cut(face box) []box {
	parts := []box{face}
	if !r.crossed {
		return parts
	}
	for _, k := range r.across {
		var next []box
		for _, b := range parts {
			for _, q := range r.options.Finer.inside(k, b.lo[k], b.hi[k]) {
				lower := b
				lower.hi[k], b.lo[k] = q, q
				next = append(next, lower)
			}
			next = append(next, b)
		}
		parts = next
	}
	return parts
}

// addPiece adds the piece of an edge that lies in cell i, with the features near it.
func (r *edgeRule) addPiece(e edge, i int) {
	cell, node := boxOf(r.grid, i), r.nodes[i]
	if i == e.i && e.side == 1 {
		cell.lo[e.k] = node[e.k]
	} else {
		cell.hi[e.k] = node[e.k]
	}
	d := len(r.grid.Axes)
	r.pieces = append(r.pieces,
		piece{cell.lo[e.k], cell.hi[e.k], r.lattice.logNodeScale(e.k, node[:d])})
	r.nearby = r.features.near(r.nearby, &cell, d)
}

// facePart returns log ∫dσ 1/Σ over a part of the face.
func (r *edgeRule) facePart(b box) (float64, error) {
	value, err := r.faceSample(b)
	if err != nil {
		return 0, err
	}
	if r.total < value {
		r.total = value
	}
	d, k := len(r.grid.Axes), r.k
	whole := b
	whole.lo[k], whole.hi[k] = r.pieces[0].lo, r.pieces[len(r.pieces)-1].hi
	demanded := r.nearby.demands(&whole, d) &^ (1 << k)
	b.failing = demanded
	allowed := r.tolerance * max(1, math.Exp(min(700, r.total-value)))
	failing := r.sums.failing(allowed)
	for n, other := range r.across {
		b.failing |= failing >> n & 1 << other
	}
	r.boxes++
	switch {
	case b.failing == 0:
		return value, nil
	case r.boxes > mostDemands && demanded != 0:
		return 0, fmt.Errorf("f varies near %s on a scale "+
			"that %d parts of the face of a cell do not resolve: use smaller cells there",
			b.where(r.grid), mostDemands)
	case r.boxes > faceBoxes && demanded == 0:
		r.cutOff(floats.Sum(r.sums.aliased) * math.Exp(value-r.total))
		return value, nil
	}
	sum := math.Inf(-1)
	for half := range b.parts(d) {
		part, err := r.facePart(half)
		if err != nil {
			return 0, err
		}
		sum = elementary.LogAdd(sum, part)
	}
	return sum, nil
}

// faceSample applies the rule of the face to a part of it, and stores the estimated errors due to
// each transverse axis in sums.aliased.
func (r *edgeRule) faceSample(b box) (float64, error) {
	k := r.k
	resistance := logZeros(len(r.element))
	for _, p := range r.pieces {
		b.lo[k], b.hi[k] = p.lo, p.hi
		if err := r.sheet.integrate(b); err != nil {
			return 0, err
		}
		for t, v := range r.sum {
			resistance[t] = elementary.LogAdd(resistance[t], v+p.logScale)
		}
	}
	r.setElements(&b)
	top := math.Inf(-1)
	for t, v := range resistance {
		resistance[t] = -v
		top = math.Max(top, -v)
	}
	if math.IsInf(top, 0) || math.IsNaN(top) {
		return 0, fmt.Errorf("the conductance of the face at %s is not representable: "+
			"f has a pole or vanishes there", b.where(r.grid))
	}
	if len(r.across) == 0 {
		return resistance[0] + math.Log(r.element[0]), nil
	}
	for t, v := range resistance {
		r.sums.integrand[t] = r.element[t] * math.Exp(v-top)
	}
	return top + math.Log(r.sums.moments(resistance).mass), nil
}

// setElements stores the elements dσ J/h_k² of a part of the face, as series.setElements has them
// on the lattice.
func (r *edgeRule) setElements(b *box) {
	factors := make([][]float64, 0, 3)
	for _, k := range r.across {
		q, share := make([]float64, len(r.face.x)), make([]float64, len(r.face.x))
		r.face.at(q, b.lo[k], b.hi[k])
		r.face.weights(share, b.lo[k], b.hi[k])
		for a := range share {
			share[a] *= areaShare(r.grid, k, r.k, q[a])
		}
		factors = append(factors, share)
	}
	tensor(r.element, factors)
}
