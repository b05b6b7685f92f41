package operators

import (
	"slices"

	"fpsgd/mesh"
)

// rows samples functions on the lattice of one row of cells after another: the cells along the last
// axis, or, in one dimension, a single cell.
type rows struct {
	samples
	lat    *lattice
	d, p   int
	row    int   // cells in a row
	pos    []int // of the row's first cell
	filled []int // the position along each axis for which held is filled, −1 at first
	sums   momentRule
}

func newRows(l *lattice, w Weights) rows {
	d, p := len(l.axes), len(l.rule.x)
	row := rowLength(l.grid)
	return rows{
		samples: newSamples(l.grid, w, row*pow(p, d)), lat: l, d: d, p: p, row: row,
		pos: make([]int, d), filled: slices.Repeat([]int{-1}, d), sums: newMomentRule(l.rule, d),
	}
}

// rowLength returns the number of cells in a row.
func rowLength(g *mesh.Grid) int {
	if d := len(g.Axes); d > 1 {
		return g.Axes[d-1].Cells()
	}
	return 1
}

// at moves the points to the row of which the first cell is given. From row to row few of the
// coordinates change.
func (r *rows) at(first int) {
	r.lat.grid.Index(r.pos, first)
	for k, i := range r.pos {
		if r.filled[k] != i {
			clear(r.held[k])
			r.addTable(r.held[k], r.lat.axes[k].held, k, r.d, k)
			r.filled[k] = i
		}
	}
	r.points.Set(r.held)
}

// sample evaluates log πJ and κ at the points of the row of which the first cell is given.
func (r *rows) sample(first int) error {
	r.at(first)
	if err := r.weights.LogWeights(r.logPi, r.kappa, r.points); err != nil {
		return err
	}
	for k := range r.d {
		if logJ := r.lat.axes[k].logJ; logJ != nil {
			r.addTable(r.logPi, logJ, k, r.d, k)
		}
	}
	return nil
}

// position returns the position along axis k of cell j of the row.
func (r *rows) position(k, j int) int {
	if k == r.d-1 {
		return r.pos[k] + j
	}
	return r.pos[k]
}

// addTable adds the table of axis k on every cell of the row, there axis n of a tensor lattice of d
// axes.
func (r *rows) addTable(dst, table []float64, k, d, n int) {
	size := pow(r.p, d)
	for j := range r.row {
		accumulate(dst[j*size:][:size], table[r.position(k, j)*r.p:][:r.p], pow(r.p, d-1-n))
	}
}
