package fpsgd

import (
	"fmt"
	"math"
	"slices"

	"fpsgd/mesh"
	"fpsgd/operators"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/mat"
)

// basin is the set of a basin by its number, from 1: the part that lies below half of the height,
// in h = −log π, of the lowest pass out of it. Basins are told apart on this grid; their lowest
// points, and the pass where h is smooth, are then looked for beside its nodes, so that the set is
// that of h and not of the grid.
func (e *Equation) basin(number int) (operators.Level, error) {
	of := e.basins()
	count := slices.Max(of) + 1
	switch {
	case count == 1:
		return nil, fmt.Errorf("the grid has one basin: give sets by formulas, such as %s < 0",
			e.Grid.Coordinates.Components()[0])
	case number < 1 || number > count:
		return nil, fmt.Errorf("there is no basin %d: the grid has %d, numbered from 1 in the "+
			"order of their lowest cells", number, count)
	}
	level, grid, weights := e.halfHeight(of, number-1), e.Grid, e.Weights
	if math.IsInf(level, 0) || math.IsNaN(level) {
		return nil, fmt.Errorf("π has no bound in basin %d, which so has no half height: give a "+
			"set, such as a ball around its minimum", number)
	}
	mixed := make([]bool, len(of)) // cells beside another basin
	e.Operator.Edges(func(_, i, j int, _ float64) {
		if of[i] != of[j] {
			mixed[i], mixed[j] = true, true
		}
	})
	return func(dst []float64, p *mesh.Points) error {
		kappa := make([]float64, len(dst))
		if err := weights.LogWeights(dst, kappa, p); err != nil {
			return err
		}
		held := make([]float64, len(grid.Axes))
		for i, logPi := range dst {
			for k := range held {
				held[k] = p.Held(k)[i]
			}
			cell := grid.CellAt(held)
			dst[i] = -logPi - level
			if dst[i] < 0 && mixed[cell] { // the pass may cross the cell: down into the basin
				x, _ := e.descend(e.height(), held, inBasin)
				cell = grid.CellAt(x)
			}
			if of[cell] != number-1 {
				dst[i] = math.Abs(dst[i])
			}
		}
		return nil
	}, nil
}

// halfHeight is half-way from the lowest point of a basin to the lowest pass out of it.
func (e *Equation) halfHeight(of []int, basin int) float64 {
	h := e.height()
	nodes := e.cellHeights()
	lowest, pass, low, high := -1, math.Inf(1), 0, 0
	for i := range nodes {
		if of[i] == basin && (lowest < 0 || nodes[i] < nodes[lowest]) {
			lowest = i
		}
	}
	e.Operator.Edges(func(_, i, j int, _ float64) {
		top := math.Max(nodes[i], nodes[j])
		if (of[i] == basin) != (of[j] == basin) && top < pass {
			pass, low, high = top, i, j
		}
	})
	_, bottom := e.descend(h, e.middle(lowest), finest)
	if found, ok := e.saddle(h, low, high); ok {
		pass = found
	}
	return (bottom + pass) / 2
}

// height is −log π at a point of held coordinates, +Inf outside of the grid.
func (e *Equation) height() func(held []float64) float64 {
	points := mesh.NewPoints(e.Grid)
	q := make([][]float64, len(e.Grid.Axes))
	logPi, kappa := make([]float64, 1), make([]float64, 1)
	return func(held []float64) float64 {
		for k, v := range held {
			if lo, hi := e.Grid.Axes[k].Range(); v < lo || v > hi {
				return math.Inf(1)
			}
			q[k] = []float64{v}
		}
		points.Set(q)
		if e.Weights.LogWeights(logPi, kappa, points) != nil {
			return math.Inf(1)
		}
		return -logPi[0]
	}
}

// middle is the middle of a cell, and size its lengths, in held coordinates.
func (e *Equation) middle(i int) []float64 {
	at := make([]int, len(e.Grid.Axes))
	e.Grid.Index(at, i)
	out := make([]float64, len(at))
	for k, j := range at {
		out[k] = e.Grid.Axes[k].Midpoint(j)
	}
	return out
}

func (e *Equation) size(i int) []float64 {
	at := make([]int, len(e.Grid.Axes))
	e.Grid.Index(at, i)
	out := make([]float64, len(at))
	for k, j := range at {
		out[k] = e.Grid.Axes[k].Faces[j+1] - e.Grid.Axes[k].Faces[j]
	}
	return out
}

// How near to a stationary point, in cells, it is looked for: for its height, and for where it is.
const finest, inBasin = 1e-7, 1e-2

// descend returns the lowest point below one, and its h, by steps along the axes and all their
// diagonals, of half a cell there at first, that are halved where none leads down. In a valley with
// a kink that lies across these it may stop too early.
func (e *Equation) descend(h func([]float64) float64, from []float64,
	until float64) ([]float64, float64) {

	x, next := slices.Clone(from), make([]float64, len(from))
	best := h(x)
	for step := 0.5; step > until; {
		moved, size := false, e.size(e.Grid.CellAt(x))
		for direction := range int(math.Pow(3, float64(len(x)))) {
			for k := range x {
				next[k] = x[k] + step*size[k]*float64(direction%3-1)
				direction /= 3
			}
			if v := h(next); v < best {
				best, moved = v, true
				copy(x, next)
			}
		}
		if !moved {
			step /= 2
		}
	}
	return x, best
}

// saddle returns h at the pass between two neighbouring cells: on one axis the highest point, by
// golden sections, and on more the stationary point of index 1 that Newton's method finds within
// two cells.
func (e *Equation) saddle(h func([]float64) float64, low, high int) (pass float64, ok bool) {
	from, size := e.middle(low), e.size(low)
	for k, q := range e.middle(high) {
		from[k] = (from[k] + q) / 2
	}
	if len(from) == 1 {
		return highest(h, from[0]-1.5*size[0], from[0]+1.5*size[0]), true
	}
	scaled := func(xi []float64) float64 { // in cells
		x := slices.Clone(from)
		for k := range x {
			x[k] += xi[k] * size[k]
		}
		return h(x)
	}
	const near, iterations = 2, 30
	d := len(from)
	xi, gradient, hessian := make([]float64, d), make([]float64, d), mat.NewSymDense(d, nil)
	for range iterations {
		fd.Gradient(gradient, scaled, xi, &fd.Settings{Formula: fd.Central})
		fd.Hessian(hessian, scaled, xi, nil)
		var step mat.VecDense
		if step.SolveVec(hessian, mat.NewVecDense(d, gradient)) != nil {
			return 0, false
		}
		for k := range xi {
			if xi[k] -= step.AtVec(k); !(math.Abs(xi[k]) <= near) {
				return 0, false
			}
		}
		if mat.Norm(&step, 2) < 1e-6 {
			var eigen mat.EigenSym
			ok := eigen.Factorize(hessian, false)
			values := eigen.Values(nil)
			return scaled(xi), ok && values[0] < 0 && values[1] > 0
		}
	}
	return 0, false
}

// highest is the maximum of h on an interval of the only axis, where it has one.
func highest(h func([]float64) float64, lo, hi float64) float64 {
	golden := (math.Sqrt(5) - 1) / 2
	a, b := hi-golden*(hi-lo), lo+golden*(hi-lo)
	for width := hi - lo; hi-lo > finest*width; {
		if h([]float64{a}) > h([]float64{b}) {
			hi, b = b, a
			a = hi - golden*(hi-lo)
		} else {
			lo, a = a, b
			b = lo + golden*(hi-lo)
		}
	}
	return h([]float64{(lo + hi) / 2})
}
