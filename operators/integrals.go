package operators

import (
	"math"

	"fpsgd/mesh"
	"fpsgd/operators/elementary"

	"gonum.org/v1/gonum/floats"
)

// LogFunction stores the logarithm of a function at a block of points; −Inf where it vanishes. It is called from several
// goroutines at once, each with its own block.
type LogFunction func(dst []float64, p *mesh.Points) error

// LogIntegrals stores log ∫_cell e^g J dq for every cell, by the lattice's Gauss rule, and tells progress (nil: nobody) of the
// cells done.
func LogIntegrals(dst []float64, g *mesh.Grid, logF LogFunction, threads int, progress func(done, total int)) error {
	return forRows(g, threads, progress, func(r *rows, values []float64, pos []int, first int) error {
		if err := logF(values, r.points); err != nil {
			return err
		}
		r.addLogJ(values, pos)
		size := pow(r.p, r.d)
		for j := range r.row {
			dst[first+j] = r.logMean(values[j*size:][:size]) + r.logHalves(pos, j)
		}
		return nil
	})
}

// Averages stores the mean of a function over every cell with respect to the density e^g J, by the lattice's Gauss rule.
func Averages(dst []float64, g *mesh.Grid, logDensity LogFunction, f func(p *mesh.Points) []float64, threads int) error {
	several := func(p *mesh.Points) [][]float64 { return [][]float64{f(p)} }
	return JointAverages([][]float64{dst}, g, logDensity, several, threads, nil)
}

// JointAverages is Averages of several functions, which f returns, in one pass over the density. It tells progress (nil: nobody)
// of the cells done.
func JointAverages(dst [][]float64, g *mesh.Grid, logDensity LogFunction, f func(p *mesh.Points) [][]float64, threads int, progress func(done, total int)) error {
	return forRows(g, threads, progress, func(r *rows, values []float64, pos []int, first int) error {
		if err := logDensity(values, r.points); err != nil {
			return err
		}
		r.addLogJ(values, pos)
		size := pow(r.p, r.d)
		functions := f(r.points)
		for j := range r.row {
			cell := values[j*size:][:size]
			total := r.normalise(cell)
			for k, samples := range functions {
				dst[k][first+j] = dot(cell, samples[j*size:]) / total
			}
		}
		return nil
	})
}

// normalise replaces the logarithms v of a density at a cell's points by its weights there and returns their sum.
func (r *rows) normalise(v []float64) float64 {
	_, top := extent(v)
	elementary.Exp(v, v, 1, -top)
	multiply(v, r.weight)
	return floats.Sum(v)
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i, x := range a {
		sum += x * b[i]
	}
	return sum
}

// logMean returns log Σ weight_t e^{v_t}, with the weights of [−1, 1]^d, and overwrites v.
func (r *rows) logMean(v []float64) float64 {
	_, top := extent(v)
	if math.IsInf(top, -1) {
		return top
	}
	elementary.Exp(v, v, 1, -top)
	return top + math.Log(dot(r.weight, v))
}

// logHalves returns the sum of the logarithms of half the widths of cell j of the row at pos.
func (r *rows) logHalves(pos []int, j int) float64 {
	sum := 0.0
	for k := range r.d {
		sum += math.Log(r.lat.axes[k].half[r.cellsOf(k, pos)(j)])
	}
	return sum
}

// forRows calls f for the rows of the grid, from several goroutines, with the index of the row's first cell.
func forRows(g *mesh.Grid, threads int, progress func(done, total int), f func(r *rows, values []float64, pos []int, first int) error) error {
	lat := newLattice(g)
	tell := reporter(progress, g.Cells())
	row := 1
	if d := len(g.Axes); d > 1 {
		row = g.Axes[d-1].Cells()
	}
	return inParallel(threads, g.Cells()/row, func(first, last int) error {
		r := newRows(lat)
		values, pos := make([]float64, len(r.held[0])), make([]int, r.d)
		for n := first; n < last; n++ {
			g.Index(pos, n*row)
			r.at(pos)
			if err := f(&r, values, pos, n*row); err != nil {
				return err
			}
			tell(row)
		}
		return nil
	})
}
