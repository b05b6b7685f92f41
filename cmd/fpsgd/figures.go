package main

import (
	"io"
	"math"
	"slices"

	"fpsgd/internal/plots"
	"fpsgd/internal/rundir"
)

// most is the largest number of densities that the figures have room for, by the number of axes drawn.
var most = [...]int{0, 7, 5}

// gallery collects views of densities during a run and draws those of some times at its end: the first, the last, and between them
// times at which ‖u−⟨u⟩‖ has fallen by about equal factors, until no difference from π is seen. It depends on the snapshots alone.
type gallery struct {
	title, remark string
	logVolume     []float64 // of the cells
	sigma         []float64 // sqrt(Π)
	floor         float64   // the least level
	views         []view
	frames        []frame
}

// frame is a density as the figures show it.
type frame struct {
	time           float64
	level          float64     // log ‖u−⟨u⟩‖
	mass, distance float64     // Σ P and Σ |P/ΣP − Π| over all cells
	fields         [][]float64 // of the views
}

// seen is the χ = ‖u−⟨u⟩‖/⟨u⟩ below which a density is π as far as a figure shows. Where mass leaves there is no such.
const seen = 0.01

// newGallery prepares the figures of a run with its invariant density. It keeps views of densities only.
func newGallery(j *job, invariant []float64) *gallery {
	s := j.scenario
	g := &gallery{logVolume: j.logVolume, sigma: j.operator.Sigma, floor: math.Inf(-1)}
	if j.operator.Conservative() {
		g.floor = math.Log(seen)
	}
	if i := s.Known.Integrable; i != nil && !*i {
		g.remark = "π is not integrable on the whole space: the one drawn belongs to the grid."
	}
	g.title = subject(s, "")
	g.views = viewsOf(s.Grid, j.logVolume, j.operator.Sigma, j.start)
	for k := range g.views {
		g.views[k].invariant = g.views[k].of(invariant)
	}
	return g
}

// level returns what the figures of a run choose times by, log χ or, where mass leaves, log ‖u‖, at a time of its series.
func (j *job) level(t float64) float64 {
	k, found := slices.BinarySearch(j.series.Times, t)
	if !found {
		return math.NaN()
	}
	if !j.operator.Conservative() {
		return j.series.LogNorms[k]
	}
	return math.Log(j.series.Rows[k][slices.Index(j.series.Names, "chi")])
}

// add keeps a density, of that level, and leaves out others where there are too many to keep.
func (g *gallery) add(t, level float64, density []float64) {
	f := frame{time: t, level: math.Max(level, g.floor)}
	if n := len(g.frames); math.IsNaN(f.level) && n > 0 {
		f.level = g.frames[n-1].level
	}
	for i, rho := range density {
		f.mass += rho * math.Exp(g.logVolume[i])
	}
	for i, rho := range density {
		f.distance += math.Abs(rho*math.Exp(g.logVolume[i])/f.mass - g.sigma[i]*g.sigma[i])
	}
	for _, v := range g.views {
		f.fields = append(f.fields, v.of(density))
	}
	g.frames = append(g.frames, f)
	if limit := g.limit(); len(g.frames) > limit {
		g.frames = g.chosen(limit / 2)
	}
}

// limit returns how many frames are kept: all of 64 or fewer, unless that takes more than keptBytes.
func (g *gallery) limit() int {
	const (
		enough    = 64
		keptBytes = 64 << 20
	)
	bytes := 0
	for _, v := range g.views {
		bytes += 8 * len(v.grid.Volume)
	}
	return max(2*slices.Max(most[:]), min(enough, keptBytes/bytes))
}

// chosen returns n frames at most, the first and the last among them.
func (g *gallery) chosen(n int) []frame {
	levels, times := make([]float64, len(g.frames)), make([]float64, len(g.frames))
	for k, f := range g.frames {
		levels[k], times[k] = f.level, f.time
	}
	var out []frame
	for _, k := range chooseTimes(levels, times, n) {
		out = append(out, g.frames[k])
	}
	return out
}

// chooseTimes returns the indices of n levels at most, the first and the last among them, with Σ (Δlevel)² least, so that the steps
// between them are as equal as can be; among such choices the one whose times are the most equidistant. Of the levels at the end that
// have stopped to fall only the first and the last are taken.
func chooseTimes(levels, times []float64, n int) []int {
	from := distinct(levels)
	if len(from) <= n {
		return from
	}
	last := len(from) - 1
	cost := func(a, b int) float64 {
		const byTime = 1e-4 // what the times count beside the levels
		level := share(levels[from[b]]-levels[from[a]], levels[from[last]]-levels[from[0]])
		time := share(times[from[b]]-times[from[a]], times[from[last]]-times[from[0]])
		return level*level + byTime*time*time
	}
	best := make([][]float64, n) // [m][b]: the least cost of m steps from the first to b
	before := make([][]int, n)
	for m := range best {
		best[m], before[m] = make([]float64, last+1), make([]int, last+1)
		for b := range best[m] {
			best[m][b] = math.Inf(1)
			for a := 0; m > 0 && a < b; a++ {
				if c := best[m-1][a] + cost(a, b); c < best[m][b] {
					best[m][b], before[m][b] = c, a
				}
			}
		}
		best[0][0] = 0
	}
	out := make([]int, n)
	for m, b := n-1, last; m >= 0; m-- {
		out[m] = from[b]
		b = before[m][b]
	}
	return out
}

// distinct returns the indices of the levels without those between the first that is as low as the last and the last.
func distinct(levels []float64) []int {
	var out []int
	last := len(levels) - 1
	for k, l := range levels {
		out = append(out, k)
		if l <= levels[last] && k < last {
			return append(out, last)
		}
	}
	return out
}

// share returns a/b, and 0 for b = 0.
func share(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// write draws the figures into the run directory.
func (g *gallery) write(dir *rundir.Dir, decay plots.DecayData) error {
	decay.Title = g.title
	if len(decay.Times) > 1 {
		if err := dir.WriteFile("plots/decay.png", func(w io.Writer) error { return plots.Decay(w, decay) }); err != nil {
			return err
		}
	}
	if len(g.frames) == 0 {
		return nil
	}
	densities, final := g.densities()
	draw := func(w io.Writer) error { return plots.Maps(w, densities...) }
	if len(densities[0].Grid.Axes) == 1 {
		draw = func(w io.Writer) error { return plots.Curves(w, densities[0]) }
	}
	if err := dir.WriteFile("plots/density.png", draw); err != nil {
		return err
	}
	return dir.WriteFile("plots/invariant.png", func(w io.Writer) error { return plots.Invariant(w, final...) })
}

// densities returns what the figures show of every view: some of the times, and the last beside π.
func (g *gallery) densities() (densities []plots.Densities, final []plots.FinalData) {
	frames := g.chosen(most[len(g.views[0].grid.Axes)])
	last := frames[len(frames)-1]
	for k, v := range g.views {
		d := plots.Densities{Title: g.title, View: v.name, Grid: v.grid, Invariant: v.invariant, Remark: g.remark}
		for _, f := range frames {
			d.Snapshots = append(d.Snapshots, plots.Snapshot{Time: f.time, Density: f.fields[k]})
		}
		densities = append(densities, d)
		final = append(final, plots.FinalData{
			Title: g.title, View: v.name, Grid: v.grid, Remark: g.remark,
			Time: last.time, Density: last.fields[k], Invariant: v.invariant, Mass: last.mass, Distance: last.distance,
		})
	}
	return densities, final
}
