package operators

import (
	"cmp"
	"math"
	"slices"

	"fpsgd/internal/parallel"
	"fpsgd/mesh"
	"fpsgd/operators/elementary"

	"gonum.org/v1/gonum/floats"
)

// LogIntegrals stores log ∫_cell e^g J dq for every cell, and tells progress (nil: nobody) of the
// cells done: by the lattice's Gauss rule and, in the cells whose error by that may exceed a share
// of the sum of all, by bisection toward where e^g is largest (see refiner). A peak of e^g far
// narrower than a cell is found as long as g is finite at the points next to it.
func LogIntegrals(dst []float64, g *mesh.Grid, logF LogFunction, share float64, threads int,
	progress Progress) error {

	most := make([]float64, len(dst)) // the logarithm of the error that a cell may have
	err := forRows(newLattice(g), logF, threads, progress, func(r *rows, first int) error {
		if err := r.sample(first); err != nil {
			return err
		}
		r.logIntegrals(dst[first:], most[first:])
		return nil
	})
	if err != nil {
		return err
	}
	least := LogSum(dst, threads) + math.Log(share)
	var cells []int // that the lattice does not integrate to tolerance
	for i, m := range most {
		if !(m <= least) {
			cells = append(cells, i)
		}
	}
	return parallel.Ranges(threads, len(cells), func(first, last int) error {
		fine := refiner{refinedSamples(g, logF), least}
		for _, i := range cells[first:last] {
			var err error
			if dst[i], err = fine.logIntegral(boxOf(g, i)); err != nil {
				return err
			}
		}
		return nil
	})
}

// logIntegrals stores the logarithms of the integrals of π over the cells of the row, by the
// lattice's rule, and of how far from them they may be.
func (r *rows) logIntegrals(dst, most []float64) {
	size := len(r.sums.unit)
	for j := range r.row {
		cell, logSize := r.logPi[j*size:][:size], 0.0
		for k := range r.d {
			faces, i := r.lat.grid.Axes[k].Faces, r.position(k, j)
			logSize += math.Log((faces[i+1] - faces[i]) / 2)
		}
		top, rise := peak(cell, r.p, r.d)
		dst[j] = r.sums.logIntegral(cell) + logSize
		most[j] = top + rise + logSize + float64(r.d)*math.Ln2
		if rise < steep {
			most[j] = dst[j] + math.Log(min(1, floats.Sum(r.sums.aliased)))
		}
	}
}

// steep is how much higher than at any point e^g may be between them, in logarithms, for the
// estimated error of a cell to be trusted.
const steep = 5

// mostParts is how many boxes, by d, the refinement of a cell may take: more than a smooth function
// needs, and a bound for one with edges.
var mostParts = [...]int{0, 2000, 400, 100, 40}

// logIntegral returns log ∫ e^g over the cell [−1, 1]^d.
func (m *momentRule) logIntegral(g []float64) float64 {
	_, top := extent(g)
	if math.IsInf(top, -1) {
		clear(m.aliased)
		return top
	}
	return top + math.Log(m.integrate(g, top).mass)
}

// refiner integrates e^g over one cell. Boxes on which a high-order rule fails are bisected along
// the axes where it does, unless e^g is negligible on them: g rises between two points by no more
// than it differs between them, at least about a peak like a Gaussian's, however far apart they
// are. A cell whose boxes are used up, as an edge of e^g does it, keeps what its last boxes give.
type refiner struct {
	boxSamples
	least float64 // the log of an error that does not count
}

// part is a box of a refiner: log ∫e^g over it, and the most that g is at a point of it and may be
// anywhere.
type part struct {
	box
	log, top, most float64
}

// roundingOfIntegrals is the relative error of a box that no smaller boxes reduce.
const roundingOfIntegrals = 1e-13

// slight is how far, in logarithms, below the largest value of e^g in a cell it is negligible.
const slight = 45

// logIntegral returns log ∫ e^g J dq over a cell.
func (q *refiner) logIntegral(cell box) (float64, error) {
	d := len(q.held)
	whole, err := q.sample(cell)
	if err != nil {
		return 0, err
	}
	best, total, boxes := whole.top, math.Inf(-1), 0
	work := []part{whole}
	for len(work) > 0 {
		b := work[len(work)-1]
		work = work[:len(work)-1]
		if b.failing == 0 || b.most < best-slight || boxes >= mostParts[d] {
			total = elementary.LogAdd(total, b.log)
			continue
		}
		first := len(work)
		for half := range b.parts(d) {
			child, err := q.sample(half)
			if err != nil {
				return 0, err
			}
			best = math.Max(best, child.top)
			work = append(work, child)
			boxes++
		}
		slices.SortFunc(work[first:], func(a, b part) int { return cmp.Compare(a.most, b.most) })
	}
	return total, nil
}

// sample applies the rule to a box.
func (q *refiner) sample(at box) (part, error) {
	b, d := part{box: at}, len(q.held)
	if err := q.boxSamples.sample(&at); err != nil {
		return b, err
	}
	logSize := 0.0
	for k := range d {
		logSize += math.Log((b.hi[k] - b.lo[k]) / 2)
	}
	b.log = q.sums.logIntegral(q.logPi) + logSize
	var rise float64
	b.top, rise = peak(q.logPi, len(q.rule.x), d)
	b.most = b.top + rise
	b.failing = 0
	if error := b.log + math.Log(floats.Sum(q.sums.aliased)); rise > steep || !(error <= q.least) {
		b.failing = q.sums.failing(roundingOfIntegrals)
	}
	return b, nil
}

// peak returns the largest of the samples of a function on a tensor lattice, and how much larger it
// may be between them: at most by what the largest differs from the next along every axis, if it is
// about as curved there as in between.
func peak(g []float64, p, d int) (top, rise float64) {
	at := floats.MaxIdx(g)
	if top = g[at]; math.IsInf(top, -1) {
		return top, 0
	}
	for k := range d {
		stride := pow(p, d-1-k)
		step, a := 0.0, at/stride%p
		if a > 0 {
			step = math.Max(step, top-g[at-stride])
		}
		if a < p-1 {
			step = math.Max(step, top-g[at+stride])
		}
		rise += step
	}
	return top, rise
}

// Averages stores the mean of a function over every cell with respect to the density e^g J, by the
// lattice's Gauss rule.
func Averages(dst []float64, g *mesh.Grid, logDensity LogFunction,
	f func(p *mesh.Points) []float64, threads int) error {

	several := func(p *mesh.Points) [][]float64 { return [][]float64{f(p)} }
	return JointAverages([][]float64{dst}, g, logDensity, several, threads, nil)
}

// JointAverages is Averages of several functions, which f returns, in one pass over the density. It
// tells progress (nil: nobody) of the cells done.
func JointAverages(dst [][]float64, g *mesh.Grid, logDensity LogFunction,
	f func(p *mesh.Points) [][]float64, threads int, progress Progress) error {

	visit := func(r *rows, first int) error {
		if err := r.sample(first); err != nil {
			return err
		}
		size := len(r.sums.unit)
		functions := f(r.points)
		for j := range r.row {
			cell := r.logPi[j*size:][:size]
			_, top := extent(cell)
			elementary.Exp(cell, cell, 1, -top) // the weights of the points, times their sum
			floats.Mul(cell, r.sums.unit)
			total := floats.Sum(cell)
			for k, samples := range functions {
				dst[k][first+j] = dot(cell, samples[j*size:]) / total
			}
		}
		return nil
	}
	return forRows(newLattice(g), logDensity, threads, progress, visit)
}

func dot(a, b []float64) float64 {
	sum := 0.0
	b = b[:len(a)]
	for i, x := range a {
		sum += x * b[i]
	}
	return sum
}
