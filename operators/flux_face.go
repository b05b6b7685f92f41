package operators

import (
	"fmt"
	"math"
)

// newFaceResistances is of the flux that takes κ on the face and the distance of the π-centroids
// q̄,
//
//	T = ∫dσ e^κ J_k/h_k² / (q̄_j − q̄_i).
//
// It is of second order where f is smooth, and exact for the mean of f = 1 + |θ|²; what f does
// between the faces it does not see.
func newFaceResistances(a *assembly) resistor {
	r := &faceResistances{rows: newRows(a.lattice, a.weights)}
	n := len(r.logPi) / r.p
	r.samples = newSamples(a.grid, a.weights, n)
	for range r.d {
		r.onFaces = append(r.onFaces, [2][]float64(vectors(2, n)))
	}
	return r.resist
}

// faceResistances are length·e^{−κ} h_k²/J_k with κ on the face.
type faceResistances struct {
	rows
	onFaces [][2][]float64 // κ on the lower and upper faces of a row, along each axis
}

// sampleRow evaluates κ on the lower and upper faces along every axis of the row of cells at pos.
func (r *faceResistances) sampleRow(pos []int) error {
	copy(r.pos, pos)
	perCell := len(r.kappa) / r.row
	for k := range r.d {
		transverse := 0
		for other := range r.d {
			if other != k {
				clear(r.held[other])
				r.addTable(r.held[other], r.lat.axes[other].held, other, r.d-1, transverse)
				transverse++
			}
		}
		for side := range 2 {
			for t := range r.held[k] {
				r.held[k][t] = r.lat.grid.Axes[k].Faces[r.position(k, t/perCell)+side]
			}
			r.kappa = r.onFaces[k][side]
			if err := r.evaluate(); err != nil {
				return fmt.Errorf("flux %q needs f on the faces: %w", Face, err)
			}
		}
	}
	return nil
}

func (r *faceResistances) resist(c *cell, pieces [][2]resistances) error {
	inRow := c.index % r.row
	if inRow == 0 {
		if err := r.sampleRow(c.pos); err != nil {
			return err
		}
	}
	for k := range pieces {
		for side, face := range [2]float64{c.lo[k], c.hi[k]} {
			dst := &pieces[k][side]
			n := len(dst.value)
			kappa := r.onFaces[k][side][inRow*n:][:n]
			logLength := math.Log(math.Abs(face-c.node[k])) + logMetric(r.lat.grid, k, face)
			dst.logScale = logLength + r.lat.logNodeScale(k, c.node) - kappa[0]
			for t, v := range kappa {
				dst.value[t] = math.Exp(kappa[0] - v)
			}
		}
	}
	return nil
}
