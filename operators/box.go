package operators

import (
	"fmt"
	"iter"
	"math"
	"strings"

	"fpsgd/mesh"
)

// box is a part of a cell in held coordinates, and the axes (as bits) along which it is bisected.
type box struct {
	lo, hi  [4]float64
	failing int
}

// cellBox returns the box of the cell at pos.
func cellBox(g *mesh.Grid, pos []int) (b box) {
	for k, i := range pos {
		b.lo[k], b.hi[k] = g.Axes[k].Faces[i], g.Axes[k].Faces[i+1]
	}
	return b
}

// boxOf returns the box of cell i.
func boxOf(g *mesh.Grid, i int) box {
	pos := make([]int, len(g.Axes))
	g.Index(pos, i)
	return cellBox(g, pos)
}

// at returns the place along axis k of a box that has the coordinate ξ ∈ [−1, 1] in it.
func (b *box) at(k int, xi float64) float64 { return b.lo[k] + (b.hi[k]-b.lo[k])*(1+xi)/2 }

// parts are the parts of a box that is halved along its failing axes.
func (b *box) parts(d int) iter.Seq[box] {
	return func(yield func(box) bool) {
		for upper := range 1 << d { // the axes, as bits, of which the part has the upper half
			if upper&^b.failing != 0 {
				continue
			}
			part := *b
			for k := range d {
				mid := b.lo[k] + (b.hi[k]-b.lo[k])/2
				switch {
				case upper>>k&1 == 1:
					part.lo[k] = mid
				case b.failing>>k&1 == 1:
					part.hi[k] = mid
				}
			}
			if !yield(part) {
				return
			}
		}
	}
}

// lastDigits is the size of a box, relative to its distance from 0, at which rounding begins to be
// felt.
const lastDigits = 1e-9

// last returns the size of a box along axis k at which rounding begins to be felt.
func (b *box) last(k int) float64 {
	return lastDigits * max(math.Abs(b.lo[k]), math.Abs(b.hi[k]))
}

// indivisible reports whether a box is so small and so far from 0 that the rounding of its points,
// 1e-7 of its size, would make π look rough. Smaller boxes would not converge.
func (b *box) indivisible(d int) bool {
	for k := range d {
		if b.hi[k]-b.lo[k] <= b.last(k) {
			return true
		}
	}
	return false
}

// where names the middle of a box.
func (b *box) where(g *mesh.Grid) string {
	var at []string
	for k := range g.Axes {
		a := &g.Axes[k]
		at = append(at, fmt.Sprintf("%s = %.6g", a.Name, a.Physical((b.lo[k]+b.hi[k])/2)))
	}
	return strings.Join(at, ", ")
}

// boxSamples are the points of a tensor rule on one box after another, and the sums over them.
type boxSamples struct {
	samples
	grid *mesh.Grid
	rule *rule
	x    [][]float64 // per axis: the points of the rule
	logJ []float64   // along one axis
	sums momentRule

	sampled box // the last one
}

// refinedSamples are those with which cells are integrated that the lattice does not resolve.
func refinedSamples(g *mesh.Grid, w Weights) boxSamples {
	return newBoxSamples(g, w, newRule(refinedPoints[len(g.Axes)]))
}

func newBoxSamples(g *mesh.Grid, w Weights, r *rule) boxSamples {
	d, p := len(g.Axes), len(r.x)
	return boxSamples{
		samples: newSamples(g, w, pow(p, d)), grid: g, rule: r, x: vectors(d, p),
		logJ: make([]float64, p), sums: newMomentRule(r, d),
	}
}

// sample evaluates log πJ and κ at the points of a box.
func (s *boxSamples) sample(b *box) error {
	for k, held := range s.held {
		s.rule.at(s.x[k], b.lo[k], b.hi[k])
		spread(held, s.x[k], pow(len(s.rule.x), len(s.held)-1-k))
	}
	s.sampled = *b
	if err := s.evaluate(); err != nil {
		return err
	}
	s.addLogJ()
	return nil
}

// addLogJ adds log J to the samples of log π.
func (s *boxSamples) addLogJ() {
	for k, x := range s.x {
		one := true // J_k
		for a, q := range x {
			s.logJ[a] = s.grid.LogJ(k, q)
			one = one && s.logJ[a] == 0
		}
		if !one {
			accumulate(s.logPi, s.logJ, pow(len(x), len(s.x)-1-k))
		}
	}
}

// vectors are n vectors of a size, of zeros.
func vectors(n, size int) [][]float64 {
	out, all := make([][]float64, n), make([]float64, n*size)
	for k := range out {
		out[k] = all[k*size:][:size]
	}
	return out
}
