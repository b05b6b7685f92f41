package operators

import (
	"sync/atomic"

	"fpsgd/internal/parallel"
	"fpsgd/mesh"
)

// EachCell stores a function of the position of every cell, and tells progress (nil: nobody) of the
// cells done. Every goroutine calls a function of its own, which start returns.
func EachCell(dst []float64, g *mesh.Grid, threads int, progress func(done, total int),
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

// midpointBlock is the number of midpoints at which a function is evaluated at a time.
const midpointBlock = 4096

// AtMidpoints stores the values of a function at the midpoints of all cells. It is called from
// several goroutines at once, each with its own block of points.
func AtMidpoints(dst []float64, g *mesh.Grid, threads int,
	f func(dst []float64, p *mesh.Points) error) error {

	return parallel.Ranges(threads, len(dst), func(first, last int) error {
		p, pos := mesh.NewPoints(g), make([]int, len(g.Axes))
		held := make([][]float64, len(g.Axes))
		for ; first < last; first += midpointBlock {
			block := dst[first:min(first+midpointBlock, last)]
			for k := range held {
				held[k] = held[k][:0]
			}
			for i := range block {
				g.Index(pos, first+i)
				for k, at := range pos {
					held[k] = append(held[k], g.Axes[k].Midpoint(at))
				}
			}
			p.Set(held)
			if err := f(block, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// forRows calls visit for the rows of the grid, from several goroutines, with the index of the
// row's first cell and with an array for the values at the points of its lattice.
func forRows(g *mesh.Grid, threads int, progress func(done, total int),
	visit func(r *rows, values []float64, pos []int, first int) error) error {

	lat, row := newLattice(g), rowLength(g)
	tell := reporter(progress, g.Cells())
	return parallel.Ranges(threads, g.Cells()/row, func(first, last int) error {
		r := newRows(lat)
		values, pos := make([]float64, len(r.held[0])), make([]int, r.d)
		for n := first; n < last; n++ {
			g.Index(pos, n*row)
			r.at(pos)
			if err := visit(&r, values, pos, n*row); err != nil {
				return err
			}
			tell(row)
		}
		return nil
	})
}

// reporter returns a function that adds to what is done and tells progress.
func reporter(progress func(done, total int), total int) func(more int) {
	if progress == nil {
		return func(int) {}
	}
	var done atomic.Int64
	return func(more int) { progress(int(done.Add(int64(more))), total) }
}
