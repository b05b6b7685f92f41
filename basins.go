package fpsgd

import (
	"math"
	"slices"

	"fpsgd/solver"
)

const (
	mostBasins = 16  // that are told apart
	shallow    = 0.1 // in −log π: what is no deeper holds nothing
)

// basins returns the basin of every cell, numbered in the order of their lowest cells: as
// solver.Basins finds them on the grid, but that those from which one comes down to the same
// minimum of −log π are one, as in a valley across the axes, and that one no deeper than a tenth
// belongs to that beyond its pass.
func (e *Equation) basins() []int {
	of := solver.Basins(e.Operator, mostBasins)
	if slices.Max(of) == 0 {
		return of
	}
	h := e.height()
	nodes := e.cellHeights()
	for {
		b := e.bottomsOf(of, nodes, h)
		from, into, ok := b.superfluous()
		if !ok {
			return of
		}
		for i, k := range of {
			if k == from {
				k = into
			}
			if of[i] = k; k > from {
				of[i]--
			}
		}
	}
}

// cellHeights are −log of π's means over the cells.
func (e *Equation) cellHeights() []float64 {
	out := e.LogVolumes()
	for i, logM := range e.Operator.LogM {
		out[i] -= logM
	}
	return out
}

// bottoms are the minima of −log π in basins, and the passes between these.
type bottoms struct {
	at     [][]float64 // in held coordinates
	size   [][]float64 // of the cells there
	height []float64
	pass   [][]float64 // +Inf between basins that do not touch
}

func (e *Equation) bottomsOf(of []int, nodes []float64, h func([]float64) float64) bottoms {
	count := slices.Max(of) + 1
	lowest := slices.Repeat([]int{-1}, count)
	for i, k := range of {
		if lowest[k] < 0 || nodes[i] < nodes[lowest[k]] {
			lowest[k] = i
		}
	}
	var b bottoms
	for _, i := range lowest {
		x, v := e.descend(h, e.middle(i), finest)
		b.at, b.size, b.height = append(b.at, x), append(b.size, e.size(i)), append(b.height, v)
		b.pass = append(b.pass, slices.Repeat([]float64{math.Inf(1)}, count))
	}
	e.Operator.Edges(func(_, i, j int, _ float64) {
		if p, q := of[i], of[j]; p != q {
			pass := math.Min(b.pass[p][q], math.Max(nodes[i], nodes[j]))
			b.pass[p][q], b.pass[q][p] = pass, pass
		}
	})
	return b
}

// superfluous names a basin that belongs to another one, of a lower number where that is left open.
func (b *bottoms) superfluous() (from, into int, ok bool) {
	for p := range b.at {
		for q := range p {
			if b.same(p, q) {
				return p, q, true
			}
		}
	}
	for p, passes := range b.pass {
		q := 0
		for k, v := range passes {
			if v < passes[q] {
				q = k
			}
		}
		if passes[q]-b.height[p] <= shallow {
			return max(p, q), min(p, q), true
		}
	}
	return 0, 0, false
}

// same reports whether two minima are one, to a part of a cell.
func (b *bottoms) same(p, q int) bool {
	const part = 0.1
	for k, x := range b.at[p] {
		if math.Abs(x-b.at[q][k]) > part*math.Min(b.size[p][k], b.size[q][k]) {
			return false
		}
	}
	return true
}
