package operators

import (
	"fmt"
	"math"

	"fpsgd/mesh"
	"fpsgd/operators/elementary"
)

// resistances are those of one piece of line per transverse lattice point, e^logScale · value.
type resistances struct {
	logScale float64
	value    []float64
}

func newResistances(n, transverse int) []resistances {
	out := make([]resistances, n)
	all := make([]float64, n*transverse)
	for i := range out {
		out[i].value = all[i*transverse:][:transverse]
	}
	return out
}

// joinLower stores the log-conductances between the cell and its lower neighbours,
// log T = log ∫dσ 1/(a + b), with a the neighbour's upper pieces and b the cell's lower ones.
func (s *slab) joinLower(pos []int, i int) {
	for k := range s.ratio {
		s.ratio[k] = -math.Abs(s.below(k, i).logScale - s.piece[k][0].logScale)
	}
	elementary.Exp(s.ratio, s.ratio, 1, 0)
	for k := range s.sum {
		if s.sum[k] = 1; pos[k] > 0 {
			s.sum[k] = conductance(s.share[k], s.below(k, i), &s.piece[k][0], s.ratio[k])
		}
	}
	elementary.Log(s.sum, s.sum)
	for k, log := range s.sum {
		if pos[k] > 0 {
			s.op.Coupling[k][i-s.op.Stride(k)] = log - math.Max(s.below(k, i).logScale, s.piece[k][0].logScale)
		}
	}
}

// below returns the upper pieces of the lower neighbour of cell i along axis k.
func (s *slab) below(k, i int) *resistances { return &s.upper[k][i%len(s.upper[k])] }

// joinEnds ties a cell at an end of an axis to what is beyond it: the first cell of a periodic axis, or nothing that holds mass.
func (s *slab) joinEnds(pos []int, i int) {
	for k, at := range pos {
		axis, piece := &s.grid.Axes[k], s.piece[k]
		if at == 0 && axis.Ends[0] == mesh.Open {
			s.op.remove(k, 0, i, openConductance(s.share[k], &piece[0]))
		}
		if at < axis.Cells()-1 {
			continue
		}
		s.op.Coupling[k][i] = math.Inf(-1)
		if axis.Ends[1] == mesh.Open {
			s.op.remove(k, 1, i, openConductance(s.share[k], &piece[1]))
		}
		if axis.Periodic {
			first := &s.start[k][i%len(s.start[k])]
			ratio := math.Exp(-math.Abs(piece[1].logScale - first.logScale))
			sum := conductance(s.share[k], &piece[1], first, ratio)
			s.op.Coupling[k][i] = math.Log(sum) - math.Max(piece[1].logScale, first.logScale)
		}
	}
}

// remove stores the removal R = e^logR from cell i through an end of axis k, as a logarithm until openEnds.
func (op *Operator) remove(k, side, i int, logR float64) { op.Ends[k][side][op.across(k, i)] = logR }

// openEnds turns the log R of the ends into rates R_i/M_i and adds them to what is removed.
func (op *Operator) openEnds() {
	for k, ends := range op.Ends {
		stride, n := op.Stride(k), op.Shape[k]
		for side, end := range ends {
			for line, logR := range end {
				i := line/stride*stride*n + line%stride + side*(n-1)*stride
				end[line] = math.Exp(logR - op.LogM[i])
				op.Removal[i] += end[line]
			}
		}
	}
}

// keepPieces leaves the cell's upper pieces for the next cells, and the lower ones of the first cell of a periodic axis for the last.
func (s *slab) keepPieces(pos []int, i int) {
	for k, at := range pos {
		s.below(k, i).set(&s.piece[k][1])
		if at == 0 && s.grid.Axes[k].Periodic {
			s.start[k][i%len(s.start[k])].set(&s.piece[k][0])
		}
	}
}

// shares stores the elements dσ J/h_k² of a face along axis k without axis k's own share, per transverse point.
//
// Of the two factors 1/h_k one turns the volume element into the area element and is integrated; the other belongs to the
// distance of the nodes, and is taken there, in resist. With both integrated the resistance around the pole of a polar
// grid would be ∫dr/r, infinite; with both at the node the flux of u = x would be off by O(h²), which so is exact
// but for the step in φ. On a logarithmic axis, whose cells may span many orders of magnitude, both are integrated.
func (s *slab) shares(k int, pos []int) {
	var factors [4][]float64
	n := 0
	for other, i := range pos {
		if other == k {
			continue
		}
		factors[n] = s.lat.axes[other].area[k][i*s.p:][:s.p]
		n++
	}
	tensor(s.share[k], factors[:n])
}

// logNodeScale returns log h_k at the node, without the shares that are integrated: axis k's own and those of logarithmic
// axes.
func (a *assembly) logNodeScale(k int, node []float64) float64 {
	sum := 0.0
	for _, other := range a.lattice.axes[k].scale {
		sum += a.grid.LogScale(k, other, node[other])
	}
	return sum
}

// resist stores the resistances ∫ e^{−κ} h_k²/J_k dq_k of the pieces from the node to the two faces of cell j of the row, per
// transverse point.
func (s *slab) resist(k int, pos []int, j int, kappa []float64) {
	if s.options.Flux == ScharfetterGummel && s.lat.axes[k].flat && s.smooth() {
		lower, upper := &s.piece[k][0], &s.piece[k][1]
		lower.logScale = s.logNodeScale(k, s.node) - s.kappaMin
		upper.logScale = lower.logScale
		s.halves.prepare(s.xi[k], s.lat.axes[k].half[pos[k]])
		s.halves.integrate(lower.value, upper.value, s.resistivity, pow(s.p, s.d-1-k))
		return
	}
	for side := range s.piece[k] {
		s.resistPiece(k, pos, j, side, kappa)
	}
}

// resistPiece is resist for the piece to the lower (side 0) or upper (side 1) face.
func (s *slab) resistPiece(k int, pos []int, j, side int, kappa []float64) {
	axis, dst := &s.grid.Axes[k], &s.piece[k][side]
	lo, hi := axis.Faces[pos[k]], axis.Faces[pos[k]+1]
	metric := func(q float64) float64 { return 2*s.grid.LogScale(k, k, q) - s.grid.LogJ(k, q) }
	if s.options.Flux == Face {
		face := axis.Faces[pos[k]+side]
		s.faceResist(dst, k, j, side, math.Log(math.Abs(face-s.node[k]))+metric(face)+s.logNodeScale(k, s.node))
		return
	}
	stride := pow(s.p, s.d-1-k)
	if axis.Log {
		kappa = s.combine(kappa, s.lat.axes[k].metric[pos[k]*s.p:][:s.p], stride)
		least, most := extent(kappa)
		s.path.prepare(s.xi[k], side, lo, hi, most-least, nil)
		s.path.integrate(dst.value, kappa, least, stride)
		dst.logScale = s.logNodeScale(k, s.node) - least
		return
	}
	middle := metric(axis.Midpoint(pos[k]))
	exact := func(q float64) float64 { return metric(q) - middle }
	if s.lat.axes[k].flat {
		exact = nil
	}
	if s.smooth() {
		s.path.prepare(s.xi[k], side, lo, hi, 0, exact)
		s.path.combine(dst.value, s.resistivity, stride)
	} else {
		s.path.prepare(s.xi[k], side, lo, hi, s.kappaMax-s.kappaMin, exact)
		s.path.integrate(dst.value, kappa, s.kappaMin, stride)
	}
	dst.logScale = middle - s.kappaMin + s.logNodeScale(k, s.node)
}

// smoothSpread is how far κ may vary over a cell for e^{−κ} itself to be interpolated, which takes one exponential for every
// sample in place of one for every abscissa of every path. With p = 3 points an error of 1e-5 at most is left in the sum
// of the two pieces between nodes; it falls with the fourth power of the spread.
const smoothSpread = 0.5

func (s *slab) smooth() bool { return s.kappaMax-s.kappaMin <= smoothSpread }

// poleMode is how large one of the two highest Legendre modes of κ is, relative to its spread, that makes a cell suspect of a
// pole of f: log|x| has 1/p or so, a smooth κ far less.
const poleMode = 0.01

// poleTolerance is the relative error to which ∫ e^{−κ} over a cell is tried, by d.
var poleTolerance = [...]float64{0, 1e-6, 1e-3, 1e-3, 1e-3}

// checkPoles refuses a cell in which f has a pole that no flux can pass: ∫ e^{−κ} diverges there as ∫π does at a zero of f, and
// is tried in the same way. It also reports whether κ is too rough for its samples to stand for it: whether its interpolant has an error
// above kappaTolerance, as of modes that decay like ρ^{−n} it is ρ^{−p}, or varies by more than the panels of a path are for.
func (s *slab) checkPoles(pos []int, kappa []float64) (rough bool, err error) {
	if s.smooth() && s.d > 1 || s.p < 3 {
		return false, nil
	}
	rough, suspect := s.kappaMax-s.kappaMin > maxPanels*panelSpread, false
	tolerance := kappaTolerance[s.d] + rounded*math.Max(math.Abs(s.kappaMin), math.Abs(s.kappaMax))
	for k, stride := 0, pow(s.p, s.d-1); k < s.d; k, stride = k+1, stride/s.p {
		var modes [2]float64
		for t, v := range kappa {
			modes[0] += s.lat.rule.top[0][t/stride%s.p] * v
			modes[1] += s.lat.rule.top[1][t/stride%s.p] * v
		}
		if s.p == 3 {
			modes[1] = 0 // of degree 1: the slope
		}
		for m, mode := range modes {
			size := math.Abs(mode) / float64(pow(s.p, s.d-1))
			suspect = suspect || size > poleMode*(s.kappaMax-s.kappaMin)
			rough = rough || rationalPower(size, s.p, s.p-1-m) > tolerance
		}
	}
	if suspect && !s.smooth() {
		return rough, s.integratePoles(pos)
	}
	return rough, nil
}

// integratePoles integrates the resistivity e^{−κ} over the cell.
func (s *slab) integratePoles(pos []int) error {
	if s.poles == nil {
		s.poles = newMassIntegrator(s.grid, resistivity{s.weights}, nil)
		s.poles.strict = poleTolerance[s.d] // whether it converges is what matters
	}
	if err := s.poles.converges(pos, -s.kappaMin); err != nil {
		i := 0
		for k, at := range pos {
			i += at * s.op.Stride(k)
		}
		return fmt.Errorf("f has a pole in the cell %s that nothing can cross, or is not smooth there: keep the grid away from it", where(s.grid, i))
	}
	return nil
}

// resistivity has e^{−κ} for its π.
type resistivity struct{ weights Weights }

// LogWeights stores −κ for log π.
func (r resistivity) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	if err := r.weights.LogWeights(logPi, kappa, p); err != nil {
		return err
	}
	for i, v := range kappa {
		logPi[i] = -v
	}
	return nil
}

// survey finds the range of κ on a cell and, where it is smooth, e^{min κ − κ}.
func (s *slab) survey(kappa []float64) {
	s.kappaMin, s.kappaMax = extent(kappa)
	if !s.smooth() {
		return
	}
	elementary.Exp(s.resistivity, kappa, -1, s.kappaMin)
}

// combine returns κ − μ on the lattice of a cell, with μ along the axis whose samples lie stride apart.
func (s *slab) combine(kappa, mu []float64, stride int) []float64 {
	for t, v := range kappa {
		s.combined[t] = v - mu[t/stride%s.p]
	}
	return s.combined
}

// faceResist stores length·e^{−κ} with κ on a face.
func (s *slab) faceResist(dst *resistances, k, j, side int, logLength float64) {
	n := len(dst.value)
	kappa := s.faceKappa[k][side][j*n:][:n]
	dst.logScale = logLength - kappa[0]
	for t, v := range kappa {
		dst.value[t] = math.Exp(kappa[0] - v)
	}
}

// conductance returns ∫dσ 1/(a + b) times the greater of the scales of two pieces; ratio is that of the smaller to the greater.
func conductance(share []float64, a, b *resistances, ratio float64) float64 {
	if a.logScale < b.logScale {
		a, b = b, a
	}
	large, small := a.value[:len(share)], b.value[:len(share)]
	sum := 0.0
	for t, v := range share {
		sum += v / (large[t] + ratio*small[t])
	}
	return sum
}

// openConductance returns log ∫dσ 1/a: beyond the face is nothing.
func openConductance(share []float64, a *resistances) float64 {
	sum := 0.0
	for t, v := range share {
		sum += v / a.value[t]
	}
	return math.Log(sum) - a.logScale
}

func (r *resistances) set(o *resistances) {
	r.logScale = o.logScale
	copy(r.value, o.value)
}
