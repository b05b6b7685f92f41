package multigrid

import "fpsgd/solver/linear/vectors"

// coarsestPlanes are the planes that are not coarsened further: all together are the slabs of one
// grid.
type coarsestPlanes[F vectors.Float] struct {
	grid[F]
	planes, n, m int // planes, rows and columns of each
}

// How far planes and slabs are coarsened; docs/solver.md has the experiments. With half as many
// columns or planes the interpolation between those that are left is poor, more than e^{1.2} apart
// as they are.
var (
	planeEnds = ends{20, 20}
	slabEnds  = ends{8, 20}
)

const slabPlanes = 20 // that are solved as slabs, or fewer

func newCoarsestPlanes[F vectors.Float](r *planeRates) (*coarsestPlanes[F], [][]float64) {
	c, w := r.slab(slabEnds), len(r.planes)
	g, all := newGrid[F](c, r.workers, r.workers)
	pivots := make([][]float64, w)
	for i := range c.Rows {
		pivots[i%w] = append(pivots[i%w], all[i*c.m:(i+1)*c.m]...)
	}
	return &coarsestPlanes[F]{grid: g, planes: w, n: c.Rows / w, m: c.m}, pivots
}

// load implements planeGrid.
func (s *coarsestPlanes[F]) load(p int, b []F, w *workspace[F]) {
	for i := range s.n {
		for j := range w.row {
			w.row[j] = b[placeOf(i, j, s.n, (s.m+1)/2)]
		}
		s.grid.load(i*s.planes+p, 0, w.row)
	}
}

// at implements planeGrid.
func (s *coarsestPlanes[F]) at(p int, w *workspace[F]) []F {
	for i := range s.n {
		s.grid.store(w.row, i*s.planes+p, 0)
		for j, v := range w.row {
			w.b[placeOf(i, j, s.n, (s.m+1)/2)] = v
		}
	}
	return w.b
}
