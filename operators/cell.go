package operators

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"fpsgd/mesh"

	"gonum.org/v1/gonum/floats"
)

// cell is the cell that a slab has come to: its place, the landscape at its lattice points, and its
// node.
type cell struct {
	index int   // its number on the grid
	pos   []int // on the grid
	box         // in held coordinates

	logPi, kappa       []float64 // log πJ and κ at the lattice points
	kappaMin, kappaMax float64

	xi, node []float64 // the π-centroid in the cell's own coordinates ξ ∈ [−1, 1], and held

	hard bool // whether its edges are to be integrated anew
}

// smoothSpread is how far κ may vary over a cell for e^{−κ} itself to be interpolated, which takes
// one exponential for every sample in place of one for every abscissa of every path. With p = 3
// points an error of 1e-5 at most is left in the sum of the two pieces between nodes; it falls with
// the fourth power of the spread.
const smoothSpread = 0.5

func (c *cell) smooth() bool { return c.kappaMax-c.kappaMin <= smoothSpread }

// largestSpread is how far log π may vary between the samples of a cell: over several it does so by
// more than the exchange between cells can be represented with.
const largestSpread = 1000

// checkSpread refuses a cell over which π varies by more than floating point holds, and says which
// grid would do.
func (l *lattice) checkSpread(c *cell) error {
	if least, most := extent(c.logPi); most-least <= largestSpread {
		return nil
	}
	if slices.ContainsFunc(c.logPi, math.IsNaN) {
		return fmt.Errorf("π is not a number (NaN) in cell %s: correct f, or the weights",
			where(l.grid, c.index))
	}
	p := len(l.rule.x)
	worst, axis := 0.0, 0
	for k := range l.axes {
		stride := l.stride(k)
		for t := 0; t+stride < len(c.logPi); t++ {
			if t/stride%p == p-1 {
				continue
			}
			if step := math.Abs(c.logPi[t+stride] - c.logPi[t]); step > worst {
				worst, axis = step, k
			}
		}
	}
	jump := worst * float64(p)
	return fmt.Errorf("π changes by a factor of about e^%.0f within the cell %s: %s",
		jump, where(l.grid, c.index), finer(l.grid, axis, jump))
}

// where names a cell by its midpoint.
func where(g *mesh.Grid, i int) string {
	pos := make([]int, len(g.Axes))
	g.Index(pos, i)
	var at []string
	for k := range pos {
		a := &g.Axes[k]
		name := a.Name
		if a.Log {
			name = "log " + name
		}
		at = append(at, fmt.Sprintf("%s = %.6g", name, a.Midpoint(pos[k])))
	}
	return "(" + strings.Join(at, ", ") + ")"
}

// mass returns the cell's moments relative to e^reference, and the estimated relative error of its
// mass: by its lattice samples, and adaptively where these do not resolve it or a feature is near.
//
// Then the edges of the cell may be hard, too. On one axis κ is as smooth as its samples say where
// nothing hides beside the ends (see rule.beyondEnds); in more dimensions a mass is bisected far
// sooner than conductances are off.
func (s *slab) mass(c *cell) (m moments, reference, relative float64, err error) {
	d := len(c.pos)
	_, reference = extent(c.logPi)
	m = s.sums.integrate(c.logPi, reference)
	s.adaptive.features = s.features.near(s.adaptive.features[:0], &c.box, d)
	featured := len(s.adaptive.features) > 0
	c.hard = featured
	// Far out on a logarithmic axis log π is a small difference of what is known to rounding.
	if d == 1 && !s.grid.Axes[0].Log {
		half := (c.hi[0] - c.lo[0]) / 2
		hidden, kinked, err := s.adaptive.beyondEnds(s.lattice.rule, c.logPi, c.lo[0]+half, half,
			reference+math.Log(m.mass))
		if err != nil {
			return m, reference, 0, err
		}
		s.sums.aliased[0], c.hard = math.Max(s.sums.aliased[0], hidden), featured || kinked
	}
	failing := s.sums.failing(massTolerance[d]) != 0 || featured
	if failing {
		if err := s.lattice.checkSpread(c); err != nil {
			return m, reference, 0, err
		}
		c.hard = c.hard || d > 1 && floats.Max(s.sums.aliased) > transverseTolerance[d]
	}
	if sum, logM, known := s.unions.moments(c); known {
		return sum, logM, s.unions.error, nil
	}
	if failing {
		m, reference, relative, err = s.adaptive.integrate(c.box, reference)
		if s.adaptive.singular {
			s.collect.Lock()
			defer s.collect.Unlock()
			s.op.singular[c.index] = true
		}
		return m, reference, relative, err
	}
	for k := range d {
		m.scale((c.hi[k] - c.lo[k]) / 2)
	}
	return m, reference, floats.Sum(s.sums.aliased), nil
}
