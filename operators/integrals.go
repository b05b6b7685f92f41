package operators

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"fpsgd/internal/parallel"
	"fpsgd/mesh"
	"fpsgd/operators/elementary"

	"gonum.org/v1/gonum/floats"
)

// LogFunction stores the logarithm of a function at a block of points; −Inf where it vanishes. It is called from several
// goroutines at once, each with its own block.
type LogFunction func(dst []float64, p *mesh.Points) error

// LogIntegrals stores log ∫_cell e^g J dq for every cell, and tells progress (nil: nobody) of the cells done: by the lattice's Gauss rule
// and, in the cells whose error by that may exceed a share of the sum of all, by bisection toward where e^g is largest (see refiner). A peak
// of e^g far narrower than a cell is found as long as g is finite at the points next to it.
func LogIntegrals(dst []float64, g *mesh.Grid, logF LogFunction, share float64, threads int, progress func(done, total int)) error {
	doubts := doubts{largest: math.Inf(-1)}
	err := forRows(g, threads, progress, func(r *rows, values []float64, pos []int, first int) error {
		if err := logF(values, r.points); err != nil {
			return err
		}
		r.addLogJ(values, pos)
		size := pow(r.p, r.d)
		rule, scratch := newMomentRule(r.lat.rule, r.d), make([]float64, size)
		aliased := make([]float64, r.d)
		var row []doubt
		for j := range r.row {
			cell, logSize := values[j*size:][:size], r.logHalves(pos, j)
			top, rise := peak(cell, r.p, r.d)
			dst[first+j] = rule.logIntegral(cell, r.weight, scratch, aliased) + logSize
			most := top + rise + logSize + float64(r.d)*math.Ln2
			if rise < steep {
				most = dst[first+j] + math.Log(math.Min(1, floats.Sum(aliased)))
			}
			row = append(row, doubt{first + j, most})
		}
		doubts.add(dst[first:first+r.row], row)
		return nil
	})
	if err != nil {
		return err
	}
	least := logSum(dst, threads) + math.Log(share)
	cells := doubts.above(least)
	return parallel.Ranges(threads, len(cells), func(first, last int) error {
		fine, pos := newRefiner(g, logF, least), make([]int, len(g.Axes))
		for _, c := range cells[first:last] {
			g.Index(pos, c.cell)
			var err error
			if dst[c.cell], err = fine.logIntegral(pos); err != nil {
				return err
			}
		}
		return nil
	})
}

// steep is how much higher than at any point e^g may be between them, in logarithms, for the estimated error of a cell to be trusted.
const steep = 5

// doubt is a cell that the lattice does not integrate to tolerance, and the logarithm of the error that this may be.
type doubt struct {
	cell int
	most float64
}

// doubts collects doubts from several goroutines. It drops those that cannot count beside the largest integral so far; those that count
// do not depend on the order.
type doubts struct {
	sync.Mutex
	list    []doubt
	largest float64
}

// add adds the doubts of cells of which the integrals are given.
func (d *doubts) add(logs []float64, more []doubt) {
	d.Lock()
	defer d.Unlock()
	for _, l := range logs {
		d.largest = math.Max(d.largest, l)
	}
	for _, c := range more {
		if !(c.most <= d.largest-slight) {
			d.list = append(d.list, c)
		}
	}
}

// above returns the doubts of more than a given size.
func (d *doubts) above(size float64) []doubt {
	return slices.DeleteFunc(d.list, func(c doubt) bool { return c.most <= size })
}

// mostParts is how many boxes, by d, the refinement of a cell may take: more than a smooth function needs, and a bound for one with edges.
var mostParts = [...]int{0, 2000, 400, 100, 40}

// logIntegral returns the log of Σ weight e^g over the points of one cell, without the size of the cell, and stores in aliased an estimate of
// its relative error due to each axis.
func (m *momentRule) logIntegral(g, weight, scratch, aliased []float64) float64 {
	_, top := extent(g)
	if math.IsInf(top, -1) {
		clear(aliased)
		return top
	}
	elementary.Exp(scratch, g, 1, -top)
	multiply(scratch, weight)
	return top + math.Log(m.tensorMoments(scratch, g, aliased).mass)
}

// refiner integrates e^g over one cell. Boxes on which a high-order rule fails are bisected along the axes where it does, unless e^g is
// negligible on them: g rises between two points by no more than it differs between them, at least about a peak like a Gaussian's, however
// far apart they are. A cell whose boxes are used up, as an edge of e^g does it, keeps what its last boxes give.
type refiner struct {
	least  float64 // the log of an error that does not count
	grid   *mesh.Grid
	lat    *lattice
	logF   LogFunction
	points *mesh.Points
	rule   momentRule

	held            [][]float64
	weight          []float64 // of the points of [−1, 1]^d
	g, sum, aliased []float64
	unused          []float64
}

// part is a box of a refiner: log ∫e^g over it, and the most that g is at a point of it and may be anywhere.
type part struct {
	box
	log, top, most float64
}

// roundingOfIntegrals is the relative error of a box that no smaller boxes reduce.
const roundingOfIntegrals = 1e-13

// slight is how far, in logarithms, below the largest value of e^g in a cell it is negligible.
const slight = 45

func newRefiner(g *mesh.Grid, logF LogFunction, least float64) *refiner {
	d := len(g.Axes)
	r := newRule(refinedPoints[d])
	n := pow(refinedPoints[d], d)
	q := &refiner{least: least, grid: g, lat: &lattice{grid: g, rule: r}, logF: logF, points: mesh.NewPoints(g), rule: newMomentRule(r, d),
		weight: make([]float64, n), g: make([]float64, n), sum: make([]float64, n), aliased: make([]float64, d), unused: make([]float64, len(r.x))}
	tensor(q.weight, slices.Repeat([][]float64{r.w}, d))
	for range d {
		q.held = append(q.held, make([]float64, n))
	}
	return q
}

// logIntegral returns log ∫ e^g J dq over the cell at pos.
func (q *refiner) logIntegral(pos []int) (float64, error) {
	var whole part
	for k, i := range pos {
		whole.lo[k], whole.hi[k] = q.grid.Axes[k].Faces[i], q.grid.Axes[k].Faces[i+1]
	}
	if err := q.sample(&whole); err != nil {
		return 0, err
	}
	best, total, boxes := whole.top, math.Inf(-1), 0
	work := []part{whole}
	for len(work) > 0 {
		b := work[len(work)-1]
		work = work[:len(work)-1]
		if b.failing == 0 || b.most < best-slight || boxes >= mostParts[len(pos)] {
			total = elementary.LogAdd(total, b.log)
			continue
		}
		first := len(work)
		for c := range 1 << len(pos) {
			if c&^b.failing != 0 {
				continue
			}
			child := part{box: b.child(c)}
			if err := q.sample(&child); err != nil {
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
func (q *refiner) sample(b *part) error {
	d, p := len(q.held), len(q.lat.rule.x)
	for k := range d {
		q.lat.fillBox(b.lo[k], b.hi[k], q.rule.marginal, q.unused)
		spread(q.held[k], q.rule.marginal, pow(p, d-1-k))
	}
	q.points.Set(q.held)
	if err := q.logF(q.g, q.points); err != nil {
		return err
	}
	logSize := 0.0
	for k := range d {
		stride := pow(p, d-1-k)
		for a := range p {
			q.rule.marginal[a] = q.grid.LogJ(k, q.held[k][a*stride])
		}
		accumulate(q.g, q.rule.marginal, stride)
		logSize += math.Log((b.hi[k] - b.lo[k]) / 2)
	}
	b.log = q.rule.logIntegral(q.g, q.weight, q.sum, q.aliased) + logSize
	var rise float64
	b.top, rise = peak(q.g, p, d)
	b.most = b.top + rise
	b.failing = 0
	if error := b.log + math.Log(floats.Sum(q.aliased)); rise > steep || !(error <= q.least) {
		b.failing = failingAxes(q.aliased, roundingOfIntegrals)
	}
	return nil
}

// peak returns the largest of the samples of a function on a tensor lattice, and how much larger it may be between them: at most by what
// the largest differs from the next along every axis, if it is about as curved there as in between.
func peak(g []float64, p, d int) (top, rise float64) {
	at := floats.MaxIdx(g)
	if top = g[at]; math.IsInf(top, -1) {
		return top, 0
	}
	for k := range d {
		stride := pow(p, d-1-k)
		step := 0.0
		if a := at / stride % p; a > 0 {
			step = math.Max(step, top-g[at-stride])
		}
		if a := at / stride % p; a < p-1 {
			step = math.Max(step, top-g[at+stride])
		}
		rise += step
	}
	return top, rise
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

// EachCell stores a function of the position of every cell, and tells progress (nil: nobody) of the cells done. Every goroutine calls a
// function of its own, which start returns.
func EachCell(dst []float64, g *mesh.Grid, threads int, progress func(done, total int), start func() func(pos []int) float64) error {
	tell := reporter(progress, g.Cells())
	row := g.Axes[len(g.Axes)-1].Cells()
	return parallel.Ranges(threads, g.Cells()/row, func(first, last int) error {
		f, pos := start(), make([]int, len(g.Axes))
		for n := first; n < last; n++ {
			for i := n * row; i < (n+1)*row; i++ {
				g.Index(pos, i)
				dst[i] = f(pos)
			}
			tell(row)
		}
		return nil
	})
}

// LogSum returns log Σ e^{x_i}, of numbers of which some may be −Inf.
func LogSum(x []float64, threads int) float64 { return logSum(x, threads) }

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
	return parallel.Ranges(threads, g.Cells()/row, func(first, last int) error {
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
