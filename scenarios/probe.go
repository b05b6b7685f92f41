package scenarios

import (
	"math"

	"fpsgd/mesh"

	"gonum.org/v1/gonum/mat"
)

// probe evaluates a formula at points within a few units of the middle of the grid. It returns the components of the
// points, theta[k][i], and the values.
func probe(l *formulaLandscape, g *mesh.Grid) (theta [][]float64, values []float64, ok bool) {
	held := make([][]float64, len(g.Axes))
	for k := range g.Axes {
		held[k] = probeAxis(&g.Axes[k])
	}
	p := mesh.NewPoints(g)
	p.Set(product(held))
	values = make([]float64, p.Len())
	if err := l.LogF(values, p); err != nil {
		return nil, nil, false
	}
	for i, v := range values {
		values[i] = math.Exp(v)
	}
	for _, name := range g.Coordinates.Components() {
		theta = append(theta, append([]float64(nil), p.Var(name)...))
	}
	return theta, values, true
}

// product returns all points whose coordinates are among the given ones, coordinate by coordinate, in C order.
func product(choices [][]float64) [][]float64 {
	n := 1
	for _, c := range choices {
		n *= len(c)
	}
	all := make([][]float64, len(choices))
	for k := range all {
		all[k] = make([]float64, n)
	}
	for i := range n {
		rest := i
		for k := len(choices) - 1; k >= 0; k-- {
			all[k][i] = choices[k][rest%len(choices[k])]
			rest /= len(choices[k])
		}
	}
	return all
}

// probeAxis returns three held coordinates inside an axis, of moderate size where it has such.
func probeAxis(a *mesh.Axis) []float64 {
	lo, hi := a.Faces[0], a.Faces[a.Cells()]
	if a.Log {
		lo, hi = math.Max(lo, -1), math.Min(hi, 1)
	} else {
		lo, hi = math.Max(lo, -2), math.Min(hi, 2)
	}
	if lo >= hi {
		lo, hi = a.Faces[0], a.Faces[a.Cells()]
	}
	return []float64{lo + 0.15*(hi-lo), lo + 0.45*(hi-lo), lo + 0.9*(hi-lo)}
}

// leastSquares fits values = Σ c_j row_j(θ).
func leastSquares(theta [][]float64, values []float64, fill func(row, x []float64)) ([]float64, bool) {
	n, cols := len(values), len(theta)+2
	if n < cols {
		return nil, false
	}
	a := mat.NewDense(n, cols, nil)
	x := make([]float64, len(theta))
	for i := range n {
		for k := range x {
			x[k] = theta[k][i]
		}
		fill(a.RawRowView(i), x)
	}
	var c mat.VecDense
	if err := c.SolveVec(a, mat.NewVecDense(n, values)); err != nil {
		return nil, false
	}
	return c.RawVector().Data, true
}

// agree reports whether two landscapes agree to 1e-12 at midpoints of the grid (4096 of them at most, evenly chosen).
func agree(a, b Landscape, g *mesh.Grid) bool {
	const most = 4096
	count := min(g.Cells(), most)
	held := make([][]float64, len(g.Axes))
	pos := make([]int, len(g.Axes))
	for t := range count {
		g.Index(pos, int(int64(t)*int64(g.Cells())/int64(count)))
		for k := range held {
			held[k] = append(held[k], g.Axes[k].Midpoint(pos[k]))
		}
	}
	p := mesh.NewPoints(g)
	p.Set(held)
	fa, fb := make([]float64, count), make([]float64, count)
	if a.LogF(fa, p) != nil || b.LogF(fb, p) != nil {
		return false
	}
	for i := range fa {
		if !(math.Abs(fa[i]-fb[i]) <= 1e-12) {
			return false
		}
	}
	return true
}
