package operators

import (
	"sync/atomic"

	"fpsgd/internal/parallel"
	"fpsgd/mesh"
)

// Progress is told of the cells done, by several goroutines at once; nil: nobody is.
type Progress func(done, total int)

// EachCell stores a function of the position of every cell, and tells progress (nil: nobody) of the
// cells done. Every goroutine calls a function of its own, which start returns.
func EachCell(dst []float64, g *mesh.Grid, threads int, progress Progress,
	start func() func(pos []int) float64) error {

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

// AtMidpoints stores the values of a function at the midpoints of all cells. It is called from
// several goroutines at once, each with its own block of points.
func AtMidpoints(dst []float64, g *mesh.Grid, threads int,
	f LogFunction) error {

	middle := newLatticeOf(g, newRule(1))
	return forRows(middle, nil, threads, nil, func(r *rows, first int) error {
		r.at(first)
		return f(dst[first:first+r.row], r.points)
	})
}

// forRows calls visit for the rows of the grid, from several goroutines, with the row's first cell.
func forRows(lat *lattice, w Weights, threads int, progress Progress,
	visit func(r *rows, first int) error) error {

	row, n := rowLength(lat.grid), lat.grid.Cells()
	tell := reporter(progress, n)
	return parallel.Ranges(threads, n/row, func(first, last int) error {
		r := newRows(lat, w)
		for i := first * row; i < last*row; i += row {
			if err := visit(&r, i); err != nil {
				return err
			}
			tell(row)
		}
		return nil
	})
}

// reporter returns a function that adds to what is done and tells progress.
func reporter(progress Progress, total int) func(more int) {
	if progress == nil {
		return func(int) {}
	}
	var done atomic.Int64
	return func(more int) { progress(int(done.Add(int64(more))), total) }
}
