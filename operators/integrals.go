package operators

import (
	"math"
	"runtime"
	"sync"

	"fpsgd/mesh"
)

// LogFunction stores the logarithm of a function at a block of points; −Inf where it vanishes. It is called from several
// goroutines at once, each with its own block.
type LogFunction func(dst []float64, p *mesh.Points) error

// LogIntegrals stores log ∫_cell e^g J dq for every cell, by the lattice's Gauss rule.
func LogIntegrals(dst []float64, g *mesh.Grid, logF LogFunction, threads int) error {
	return forRows(g, threads, func(r *rows, values []float64, pos []int, first int) error {
		if err := logF(values, r.points); err != nil {
			return err
		}
		r.addLogJ(values, pos)
		size := pow(r.p, r.d)
		r.forCells(pos, func(j int, weight []float64) {
			dst[first+j] = logMean(values[j*size:][:size], weight)
		})
		return nil
	})
}

// Averages stores the mean of a function over every cell with respect to the density e^g J, by the lattice's Gauss rule.
func Averages(dst []float64, g *mesh.Grid, logDensity LogFunction, f func(p *mesh.Points) []float64, threads int) error {
	return forRows(g, threads, func(r *rows, values []float64, pos []int, first int) error {
		if err := logDensity(values, r.points); err != nil {
			return err
		}
		r.addLogJ(values, pos)
		fs := f(r.points)
		size := pow(r.p, r.d)
		r.forCells(pos, func(j int, weight []float64) {
			cell := values[j*size:][:size]
			total, sum := logMean(cell, weight), 0.0
			for t, v := range cell {
				sum += weight[t] * math.Exp(v-total) * fs[j*size+t]
			}
			dst[first+j] = sum
		})
		return nil
	})
}

// forCells calls f for every cell of the row at pos with the weights of its lattice points.
func (r *rows) forCells(pos []int, f func(j int, weight []float64)) {
	factors := make([][]float64, r.d)
	weight := make([]float64, pow(r.p, r.d))
	for j := range r.row {
		for k := range factors {
			factors[k] = r.lat.axes[k].weight[r.cellsOf(k, pos)(j)*r.p:][:r.p]
		}
		tensor(weight, factors)
		f(j, weight)
	}
}

// logMean returns log Σ weight_t e^{v_t}.
func logMean(v, weight []float64) float64 {
	top := math.Inf(-1)
	for _, x := range v {
		top = math.Max(top, x)
	}
	if math.IsInf(top, -1) {
		return top
	}
	sum := 0.0
	for t, x := range v {
		sum += weight[t] * math.Exp(x-top)
	}
	return top + math.Log(sum)
}

// forRows calls f for the rows of the grid, from several goroutines, with the index of the row's first cell.
func forRows(g *mesh.Grid, threads int, f func(r *rows, values []float64, pos []int, first int) error) error {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	lat := newLattice(g)
	errs := make([]error, threads)
	var wg sync.WaitGroup
	for t := range threads {
		wg.Add(1)
		go func() {
			defer wg.Done()
			r := newRows(lat)
			values, pos := make([]float64, len(r.held[0])), make([]int, r.d)
			count := g.Cells() / r.row
			for n := count * t / threads; n < count*(t+1)/threads && errs[t] == nil; n++ {
				g.Index(pos, n*r.row)
				r.at(pos)
				errs[t] = f(&r, values, pos, n*r.row)
			}
		}()
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
