package operators

import (
	"math"

	"fpsgd/mesh"
	"fpsgd/operators/elementary"
)

// series joins the resistances a and b of the pieces on either side of a face to the conductance
// T = ∫dσ 1/(a + b).
type series struct {
	op      *Operator
	lat     *lattice
	element [][]float64      // per axis: dσ of a face (see setElements), to be read only
	piece   [][2]resistances // of the cell, per axis: from the node to the lower and the upper face

	// Per axis: the upper pieces of the last cells passed, and the lower ones of the first cells of
	// a periodic axis.
	upper, start [][]resistances

	beyond resistances // an open end: none
}

func newSeries(a *assembly) *series {
	d := len(a.grid.Axes)
	transverse := pow(len(a.lattice.rule.x), d-1)
	s := &series{op: a.op, lat: a.lattice, element: vectors(d, transverse)}
	s.beyond = resistances{-math.MaxFloat64, make([]float64, transverse)}
	for k := range d {
		s.piece = append(s.piece, [2]resistances(newResistances(2, transverse)))
		slots := a.op.Stride(k) // of the cells between one and the next along the axis
		s.upper = append(s.upper, newResistances(slots, transverse))
		if !a.grid.Axes[k].Periodic {
			slots = 0
		}
		s.start = append(s.start, newResistances(slots, transverse))
	}
	return s
}

// setElements stores the elements dσ J/h_k² of the cell's faces along every axis k without axis k's
// own share, per transverse point.
//
// Of the two factors 1/h_k one turns the volume element into the area element and is integrated;
// the other belongs to the distance of the nodes, and is taken there (lattice.logNodeScale). With
// both integrated the resistance around the pole of a polar grid would be ∫dr/r, infinite; with
// both at the node the flux of u = x would be off by O(h²), which so is exact but for the step in
// φ. On a logarithmic axis, whose cells may span many orders of magnitude, both are integrated.
func (s *series) setElements(pos []int) {
	p := len(s.lat.rule.x)
	for k := range s.element {
		var factors [4][]float64
		n := 0
		for other, i := range pos {
			if other != k {
				factors[n] = s.lat.axes[other].area[k][i*p:][:p]
				n++
			}
		}
		if n == 1 {
			s.element[k] = factors[0]
		} else {
			tensor(s.element[k], factors[:n])
		}
	}
}

// join stores, if asked, the log-conductances of the cell's faces to its lower neighbours and to
// what is beyond the ends of axes: the first cell of a periodic axis, or nothing that holds mass.
// It keeps the cell's pieces for the cells to come.
func (s *series) join(pos []int, i int, store bool) {
	if store {
		s.setElements(pos)
	}
	for k, at := range pos {
		axis, lower, upper := &s.lat.grid.Axes[k], &s.piece[k][0], &s.piece[k][1]
		below := slot(s.upper[k], i)
		if store && at > 0 {
			s.op.Coupling[k][i-s.op.Stride(k)] = s.logInside(k, below, lower)
		} else if store && axis.Ends[0] == mesh.Open {
			s.op.setLogT(edge{k, i, -1, 0}, s.logAtEnd(k, lower, &s.beyond))
		}
		if last := at == axis.Cells()-1; store && last && axis.Ends[1] == mesh.Open {
			s.op.setLogT(edge{k, i, -1, 1}, s.logAtEnd(k, upper, &s.beyond))
		} else if store && last && axis.Periodic {
			s.op.Coupling[k][i] = s.logAtEnd(k, upper, slot(s.start[k], i))
		}
		below.set(upper)
		if at == 0 && axis.Periodic {
			slot(s.start[k], i).set(lower)
		}
	}
}

// slot is where pieces of cell i are kept.
func slot(of []resistances, i int) *resistances { return &of[i%len(of)] }

// logInside returns the log-conductance of two pieces, by the quicker functions.
func (s *series) logInside(k int, a, b *resistances) float64 {
	x := []float64{-math.Abs(a.logScale - b.logScale)} // the ratio of scales, then T
	elementary.Exp(x, x, 1, 0)
	x[0] = conductance(s.element[k], a, b, x[0])
	elementary.Log(x, x)
	return x[0] - math.Max(a.logScale, b.logScale)
}

// logAtEnd returns the log-conductance of two pieces at an end of an axis.
func (s *series) logAtEnd(k int, a, b *resistances) float64 {
	ratio := math.Exp(-math.Abs(a.logScale - b.logScale))
	return math.Log(conductance(s.element[k], a, b, ratio)) - math.Max(a.logScale, b.logScale)
}

// conductance returns ∫dσ 1/(a + b) times the greater of the scales of two pieces; ratio is that of
// the smaller to the greater.
func conductance(element []float64, a, b *resistances, ratio float64) float64 {
	if a.logScale < b.logScale {
		a, b = b, a
	}
	large, small := a.value[:len(element)], b.value[:len(element)]
	sum := 0.0
	for t, v := range element {
		sum += v / (large[t] + ratio*small[t])
	}
	return sum
}
