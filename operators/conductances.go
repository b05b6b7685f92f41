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
	element [][]float64      // per axis: dσ of a face (see setElements)
	piece   [][2]resistances // of the cell, per axis: from the node to the lower and the upper face

	// Per axis: the upper pieces of the last cells passed, and the lower ones of the first cells of
	// a periodic axis.
	upper, start [][]resistances
}

func newSeries(a *assembly) *series {
	d := len(a.grid.Axes)
	transverse := pow(len(a.lattice.rule.x), d-1)
	s := &series{op: a.op, lat: a.lattice, element: vectors(d, transverse)}
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
	for k, dst := range s.element {
		var factors [4][]float64
		n := 0
		for other, i := range pos {
			if other != k {
				factors[n] = s.lat.axes[other].area[k][i*p:][:p]
				n++
			}
		}
		tensor(dst, factors[:n])
	}
}

// join stores, if asked, the conductances of the cell's faces to its lower neighbours and to what
// is beyond the ends of axes, and keeps its pieces for the cells to come.
func (s *series) join(pos []int, i int, store bool) {
	if store {
		s.setElements(pos)
		s.joinLower(pos, i)
		s.joinEnds(pos, i)
	}
	s.keepPieces(pos, i)
}

// joinLower stores the log-conductances between the cell and its lower neighbours: a are the
// neighbour's upper pieces and b the cell's lower ones.
func (s *series) joinLower(pos []int, i int) {
	for k, at := range pos {
		if at == 0 {
			continue
		}
		a, b := s.below(k, i), &s.piece[k][0]
		x := []float64{-math.Abs(a.logScale - b.logScale)} // the ratio of scales, then T
		elementary.Exp(x, x, 1, 0)
		x[0] = conductance(s.element[k], a, b, x[0])
		elementary.Log(x, x)
		s.op.Coupling[k][i-s.op.Stride(k)] = x[0] - math.Max(a.logScale, b.logScale)
	}
}

// below returns the upper pieces of the lower neighbour of cell i along axis k.
func (s *series) below(k, i int) *resistances { return &s.upper[k][i%len(s.upper[k])] }

// joinEnds ties a cell at an end of an axis to what is beyond it: the first cell of a periodic
// axis, or nothing that holds mass.
func (s *series) joinEnds(pos []int, i int) {
	for k, at := range pos {
		axis, lower, upper := &s.lat.grid.Axes[k], &s.piece[k][0], &s.piece[k][1]
		if at == 0 && axis.Ends[0] == mesh.Open {
			s.op.remove(k, 0, i, openConductance(s.element[k], lower))
		}
		if at < axis.Cells()-1 {
			continue
		}
		s.op.Coupling[k][i] = math.Inf(-1)
		if axis.Ends[1] == mesh.Open {
			s.op.remove(k, 1, i, openConductance(s.element[k], upper))
		}
		if axis.Periodic {
			first := &s.start[k][i%len(s.start[k])]
			ratio := math.Exp(-math.Abs(upper.logScale - first.logScale))
			sum := conductance(s.element[k], upper, first, ratio)
			s.op.Coupling[k][i] = math.Log(sum) - math.Max(upper.logScale, first.logScale)
		}
	}
}

// keepPieces leaves the cell's upper pieces for the next cells, and the lower ones of the first
// cell of a periodic axis for the last.
func (s *series) keepPieces(pos []int, i int) {
	for k, at := range pos {
		s.below(k, i).set(&s.piece[k][1])
		if at == 0 && s.lat.grid.Axes[k].Periodic {
			s.start[k][i%len(s.start[k])].set(&s.piece[k][0])
		}
	}
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

// openConductance returns log ∫dσ 1/a: beyond the face is nothing.
func openConductance(element []float64, a *resistances) float64 {
	sum := 0.0
	for t, v := range element {
		sum += v / a.value[t]
	}
	return math.Log(sum) - a.logScale
}
