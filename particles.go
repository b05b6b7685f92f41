package fpsgd

import (
	"math"
	"slices"

	"fpsgd/internal/parallel"
	"fpsgd/mesh"
	"fpsgd/solver/ensemble"

	"gonum.org/v1/gonum/floats"
)

// Mean is a mean with its standard error.
type Mean struct{ Value, Error float64 }

// get is the mean, NaN where there is none.
func (m *Mean) get() Mean {
	if m == nil {
		return Mean{math.NaN(), math.NaN()}
	}
	return *m
}

// EnsembleRow is what is measured of particles at one time. A standard error is that of a mean of
// independent draws, √(Σ(x − x̄)²/(N(N−1))): where the variance is infinite, as of f where π has a
// heavy tail, it says little. What is not known is NaN.
type EnsembleRow struct {
	Time            float64
	Steps           int64
	Mean, MeanError []float64 // of every component
	F, FError       float64   // of f
	Distance        *Mean     // of |θ − θ_∞|², θ_∞ the last position; nil where none are kept
	Lost            int       // particles beyond the range of numbers: the means are of the others
	Outside         int       // particles that are beyond the grid
	Gone            int       // particles that open ends have absorbed
	Left            float64   // the mass of the density that they have not; NaN without a grid
	Crossed         int64     // steps so far that ended beyond a zero of f
	// InBasin is the share in each basin of the grid, in the order of their lowest cells; nil if
	// there is one.
	InBasin, InBasinError []float64
	// Comparison is with the density of the same problem, on its grid, given that a particle is not
	// gone, and of how many are; nil where next to all are, or an angle has an open end.
	Comparison *ensemble.Comparison

	Counts      []int     // of particles in every cell; nil once they are in a folder
	Probability []float64 // of every cell, by the density; nil as well
}

// measure counts the particles in the cells and takes their means.
func (s *simulation) measure(t float64, density []float64) EnsembleRow {
	x, n := s.out.X, s.out.Len()
	row := EnsembleRow{Time: t, Steps: s.out.Steps, Crossed: s.out.Crossed,
		Gone: int(s.out.Gone), Lost: -int(s.out.Gone), Left: math.NaN(),
		Probability: density}
	if s.density() {
		s.place(&row)
	}
	f := s.in.Values(x)
	here := func(i int) bool { return isFinite(f[i]) }
	for i := range n {
		if !here(i) {
			row.Lost++
		}
	}
	row.F, row.FError = meanOf(n, here, func(i int) float64 { return f[i] })
	for _, component := range x {
		mean, off := meanOf(n, here, func(i int) float64 { return component[i] })
		row.Mean, row.MeanError = append(row.Mean, mean), append(row.MeanError, off)
	}
	return row
}

// place finds the particles on the grid, and holds them against the density.
func (s *simulation) place(row *EnsembleRow) {
	n := s.out.Len()
	places := placesOf(s.Grid, s.Threads, s.out.X)
	row.Counts, row.Outside = places.counts, n-row.Gone
	for _, c := range row.Counts {
		row.Outside -= c
	}
	if count := slices.Max(s.basins) + 1; count > 1 {
		row.InBasin, row.InBasinError = make([]float64, count), make([]float64, count)
		for i, c := range row.Counts {
			row.InBasin[s.basins[i]] += float64(c) / float64(n)
		}
		for k, p := range row.InBasin {
			row.InBasinError[k] = binomialError(p, n)
		}
	}
	row.Left = floats.Sum(row.Probability)
	if alive := n - row.Gone; s.absorbed && alive >= fewestAlive {
		c := places.compare(s.Grid, row.Probability, alive)
		if row.Gone > 0 || !s.Operator.Conservative() {
			c.Within = c.Within && survive(alive, n, row.Left)
		}
		row.Comparison = &c
	}
}

// fewestAlive is how many particles are compared at least.
const fewestAlive = 25

// survive reports whether so many of n particles are left as of draws with this probability, at a
// level of 0.001.
func survive(alive, n int, p float64) bool {
	const deviations = 3.3
	return math.Abs(float64(alive)-float64(n)*p) <= deviations*math.Sqrt(float64(n)*
		max(p*(1-p), 0))+1e-6*float64(n)
}

// wallsOf are the open ends of a grid; false where one is that of an angle.
func wallsOf(g *Grid) (walls []ensemble.Wall, ok bool) {
	at := 0
	for k := range g.Axes {
		a, d := &g.Axes[k], mesh.DomainOf(g.Coordinates, k)
		angle := d.NormOf == 0 && d.Bounded()
		count := max(d.NormOf, 1)
		for end, q := range []float64{a.Faces[0], a.Faces[a.Cells()]} {
			if a.Ends[end] != mesh.Open {
				continue
			}
			if angle {
				return nil, false
			}
			walls = append(walls, ensemble.Wall{First: at, Count: count, Norm: d.NormOf > 0,
				At: a.Physical(q), Upper: end == 1})
		}
		if !angle {
			at += count
		}
	}
	return walls, true
}

// meanOf is the mean of a number over those i < n that count, with its standard error.
func meanOf(n int, counts func(i int) bool, x func(i int) float64) (mean, off float64) {
	kept := 0.0
	for i := range n {
		if counts(i) {
			kept++
			mean += x(i)
		}
	}
	mean /= kept
	for i := range n {
		if counts(i) {
			off += (x(i) - mean) * (x(i) - mean)
		}
	}
	return mean, math.Sqrt(off / (kept * (kept - 1)))
}

// binomialError is the standard error √(p(1−p)/n) of a share p of n.
func binomialError(p float64, n int) float64 {
	return math.Sqrt(max(p*(1-p), 0) / float64(n))
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// places is where points are on a grid.
type places struct {
	counts []int       // in every cell
	held   [][]float64 // the coordinates, axis by axis
}

// placesOf finds points of the given components.
func placesOf(g *Grid, threads int, x [][]float64) places {
	n := len(x[0])
	cells, p := make([]int, n), places{make([]int, g.Cells()), make([][]float64, len(g.Axes))}
	for k := range p.held {
		p.held[k] = make([]float64, n)
	}
	parallel.Ranges(threads, n, func(first, last int) error {
		theta := make([]float64, len(x))
		for i := first; i < last; i++ {
			for k, component := range x {
				theta[k] = component[i]
			}
			held, cell := g.CellOf(theta)
			cells[i] = cell
			for k, v := range held {
				p.held[k][i] = v
			}
		}
		return nil
	})
	for _, i := range cells {
		if i >= 0 {
			p.counts[i]++
		}
	}
	return p
}

// compare holds the points, so many that are alive, against probabilities of the cells.
func (p places) compare(g *Grid, probability []float64, alive int) ensemble.Comparison {
	index, marginals := make([]int, len(g.Axes)), make([]ensemble.Marginal, len(g.Axes))
	for k := range marginals {
		a := &g.Axes[k]
		marginals[k] = ensemble.Marginal{Faces: a.Faces, Probability: make([]float64, a.Cells()),
			Samples: p.held[k]}
	}
	for i, v := range probability {
		g.Index(index, i)
		for k, at := range index {
			marginals[k].Probability[at] += v
		}
	}
	return ensemble.Compare(p.counts, alive, probability, marginals)
}
