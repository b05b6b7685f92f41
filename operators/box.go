package operators

import (
	"fmt"
	"iter"
	"math"
	"slices"
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
	logJ [][]float64 // per axis: log J_k at the points of the rule, nil where all are 0
	sums momentRule

	place box // of the points
}

// refinedSamples are those with which cells are integrated that the lattice does not resolve.
func refinedSamples(g *mesh.Grid, w Weights) boxSamples {
	return newBoxSamples(g, w, newRule(refinedPoints[len(g.Axes)]))
}

func newBoxSamples(g *mesh.Grid, w Weights, r *rule) boxSamples {
	d, p := len(g.Axes), len(r.x)
	return boxSamples{
		samples: newSamples(g, w, pow(p, d)), grid: g, rule: r, logJ: make([][]float64, d),
		sums: newMomentRule(r, d),
	}
}

// sample evaluates log πJ and κ at the points of a box.
func (s *boxSamples) sample(b *box) error {
	s.moveTo(b)
	if err := s.evaluate(); err != nil {
		return err
	}
	s.addLogJ()
	return nil
}

// moveTo moves the points to a box. From one to the next few of the sides change.
func (s *boxSamples) moveTo(b *box) {
	for k := range s.held {
		if b.lo[k] != s.place.lo[k] || b.hi[k] != s.place.hi[k] {
			s.move(k, b)
		}
	}
	s.place = *b
}

// move moves the points along axis k.
func (s *boxSamples) move(k int, b *box) {
	at := make([]float64, len(s.rule.x))
	s.rule.at(at, b.lo[k], b.hi[k])
	spread(s.held[k], at, pow(len(at), len(s.held)-1-k))
	for a, q := range at {
		at[a] = s.grid.LogJ(k, q)
	}
	if s.logJ[k] = at; !slices.ContainsFunc(at, func(v float64) bool { return v != 0 }) {
		s.logJ[k] = nil
	}
}

// addLogJ adds log J to the samples of log π.
func (s *boxSamples) addLogJ() {
	for k, logJ := range s.logJ {
		if logJ != nil {
			accumulate(s.logPi, logJ, pow(len(logJ), len(s.logJ)-1-k))
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
