package solver

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"fpsgd/operators"
	"fpsgd/operators/elementary"

	"gonum.org/v1/gonum/floats"
)

// basins are regions of the grid that mass leaves slowly, with what is known of them from the grid
// alone. σ_i restricted to one of them is where a slow mode is looked for: its Rayleigh quotient is
// the rate at which the region is left, whatever its share of π.
type basins struct {
	op      *operators.Operator
	of      []int32           // the basin of every cell, as found by ascent
	parent  []int32           // the basin that a basin was merged into, itself if it was not
	logMass []float64         // of basins that are not merged
	logOut  []map[int]float64 // log of the conductance to each neighbour
	removed []float64         // log of Σ R_i
}

// mostBasins is how many basins are looked at.
const mostBasins = 5000

// Basins returns the basin of every cell of at most so many, numbered in the order of their first
// cells: regions around the maxima of the conductivity, which mass leaves slowly.
func Basins(op *operators.Operator, most int) []int {
	b := findBasins(op, most)
	of, numbers := make([]int, op.Cells()), map[int32]int{}
	for i := range of {
		if len(b.of) == 0 { // there are too many to tell
			continue
		}
		root := b.of[i]
		for b.parent[root] != root {
			root = b.parent[root]
		}
		if _, known := numbers[root]; !known {
			numbers[root] = len(numbers)
		}
		of[i] = numbers[root]
	}
	return of
}

// findBasins ascends from every cell to the neighbour with the highest conductivity, as long as
// that is higher than its own, and merges the basins that are left fastest until there are at most
// so many. Of an f so rough that there are more than mostBasins it returns none.
//
// The conductivity e^κ of a cell is taken from its conductances and its mass, in which the sizes of
// cells cancel: on d axes Π_k T_k/M^{d−2} = e^{dκ} π^{2−d}, T_k the geometric mean of those to both
// sides along axis k. The mass alone has its maxima where cells are large.
func findBasins(op *operators.Operator, most int) *basins {
	b := &basins{op: op, of: ascend(op)}
	if slices.Max(b.of) >= mostBasins {
		return &basins{op: op}
	}
	b.measure()
	b.merge(most)
	return b
}

// ascend labels the cells by the maximum that they ascend to; labels count from 0.
func ascend(op *operators.Operator) []int32 {
	height, next := heights(op), make([]int32, op.Cells())
	for i := range next {
		next[i] = int32(i)
	}
	rise := func(i, j int) { // ties go to the lower index, so that no path returns
		if best := int(next[i]); height[j] > height[best] || height[j] == height[best] && j < best {
			next[i] = int32(j)
		}
	}
	op.Edges(func(_, i, j int, _ float64) { rise(i, j); rise(j, i) })
	of, labels := make([]int32, len(next)), map[int32]int32{}
	for i := range next {
		top := int32(i)
		for next[top] != top {
			top = next[top]
		}
		for at := int32(i); next[at] != top; { // the next path that comes this way is short
			at, next[at] = next[at], top
		}
		if _, ok := labels[top]; !ok {
			labels[top] = int32(len(labels))
		}
		of[i] = labels[top]
	}
	return of
}

// heights are the logarithms of Π_k T_k/M^{d−2}.
func heights(op *operators.Operator) []float64 {
	n, axes := op.Cells(), 0
	height := make([]float64, n)
	for k := range op.Shape {
		if op.Shape[k] == 1 {
			continue
		}
		axes++
		sum, count := make([]float64, n), make([]int8, n)
		op.Edges(func(axis, i, j int, c float64) {
			if axis == k {
				t := math.Log(c) + (op.LogM[i]+op.LogM[j])/2
				sum[i], sum[j] = sum[i]+t, sum[j]+t
				count[i], count[j] = count[i]+1, count[j]+1
			}
		})
		for i := range height {
			height[i] += sum[i] / float64(max(count[i], 1))
		}
	}
	for i := range height {
		height[i] -= float64(axes-2) * op.LogM[i]
	}
	return height
}

// measure finds the masses of the basins and the conductances between them.
func (b *basins) measure() {
	count := int(slices.Max(b.of)) + 1
	nothing := slices.Repeat([]float64{math.Inf(-1)}, count)
	b.logMass, b.removed = nothing, slices.Clone(nothing)
	for k := range count {
		b.parent, b.logOut = append(b.parent, int32(k)), append(b.logOut, map[int]float64{})
	}
	for i, k := range b.of {
		b.logMass[k] = elementary.LogAdd(b.logMass[k], b.op.LogM[i])
		if b.op.Removal != nil {
			b.removed[k] = elementary.LogAdd(b.removed[k], math.Log(b.op.Removal[i])+b.op.LogM[i])
		}
	}
	b.op.Edges(func(_, i, j int, c float64) {
		if p, q := int(b.of[i]), int(b.of[j]); p != q {
			b.connect(p, q, math.Log(c)+(b.op.LogM[i]+b.op.LogM[j])/2)
		}
	})
}

func (b *basins) connect(p, q int, logT float64) {
	for _, e := range [][2]int{{p, q}, {q, p}} {
		known, ok := b.logOut[e[0]][e[1]]
		if !ok {
			known = math.Inf(-1)
		}
		b.logOut[e[0]][e[1]] = elementary.LogAdd(known, logT)
	}
}

// logRate is the logarithm of the rate at which a basin is left, ⟨w, Sw⟩ of w ∝ σ on the basin and
// 0 elsewhere.
func (b *basins) logRate(k int) float64 {
	sum := b.removed[k]
	for _, q := range slices.Sorted(maps.Keys(b.logOut[k])) {
		sum = elementary.LogAdd(sum, b.logOut[k][q])
	}
	return sum - b.logMass[k]
}

// merge merges the basin that is left fastest with the one that it exchanges most with, until there
// are at most so many.
func (b *basins) merge(most int) {
	logRates := make([]float64, len(b.parent)) // −∞ of those that cannot be merged, or have been
	for k := range logRates {
		logRates[k] = b.logRate(k)
	}
	for left := len(logRates); left > most; {
		k := floats.MaxIdx(logRates)
		if math.IsInf(logRates[k], -1) {
			return
		}
		logRates[k] = math.Inf(-1)
		into, strongest := -1, math.Inf(-1)
		for _, q := range slices.Sorted(maps.Keys(b.logOut[k])) {
			if t := b.logOut[k][q]; t > strongest {
				into, strongest = q, t
			}
		}
		if into < 0 {
			continue
		}
		b.absorb(into, k)
		left--
		logRates[into] = b.logRate(into)
	}
}

// absorb makes basin k a part of basin p.
func (b *basins) absorb(p, k int) {
	b.parent[k] = int32(p)
	b.logMass[p] = elementary.LogAdd(b.logMass[p], b.logMass[k])
	b.removed[p] = elementary.LogAdd(b.removed[p], b.removed[k])
	for _, q := range slices.Sorted(maps.Keys(b.logOut[k])) {
		if q != p {
			b.connect(p, q, b.logOut[k][q])
		}
		delete(b.logOut[q], k)
	}
	b.logOut[k] = nil
}

// root is the basin that a basin is a part of in the end.
func (b *basins) root(k int32) int32 {
	for b.parent[k] != k {
		k = b.parent[k]
	}
	return k
}

// slow lists the basins that are left more slowly than at the given rate, the slowest first. Where
// mass is conserved the heaviest is left out: σ on it is all but σ itself.
func (b *basins) slow(rate float64) []int {
	heaviest := -1
	var list []int
	for k := range b.parent {
		if int(b.parent[k]) != k {
			continue
		}
		if heaviest < 0 || b.logMass[k] > b.logMass[heaviest] {
			heaviest = k
		}
		if b.logRate(k) < math.Log(rate) {
			list = append(list, k)
		}
	}
	if b.op.Conservative() {
		list = slices.DeleteFunc(list, func(k int) bool { return k == heaviest })
	}
	slices.SortStableFunc(list, func(p, q int) int {
		return cmp.Compare(b.logRate(p), b.logRate(q))
	})
	return list
}

// vector returns w ∝ σ on a basin and 0 elsewhere, of unit norm, also where σ underflows.
func (b *basins) vector(k int) []float64 {
	w := make([]float64, b.op.Cells())
	for i, label := range b.of {
		if b.root(label) == int32(k) {
			w[i] = math.Exp((b.op.LogM[i] - b.logMass[k]) / 2)
		}
	}
	return w
}
