package fpsgd

import (
	"context"
	"maps"
	"math"
	"slices"

	"fpsgd/internal/npy"
	"fpsgd/internal/rundir"
	"fpsgd/solver"
	"fpsgd/solver/analysis"

	"gonum.org/v1/gonum/floats"
)

// A run is made again on the grids whose cells are its own merged by pairs, once, twice and thrice,
// from the same masses: its twins, which together cost less than a third of it in the plane and a
// seventh in space. What changes from one to the next tells what the spacing does.

const (
	mostTwins = 3
	// fewestAlong is the number of cells along an axis below which a twin tells little, and is made
	// only if there were no fewestTwins without.
	fewestAlong = 4
	fewestTwins = 2
	// mostCompared is the number of times at which densities are compared.
	mostCompared = 21
)

// spaceErrors are what the spacing does to the figures of a run.
type spaceErrors struct {
	norms     []float64              // of ‖u−⟨u⟩‖, relative, by rows of the series; NaN: unknown
	normOrder float64                // at the end
	density   map[float64]fieldError // of ρ in L¹, by time
	fitted    analysis.Limit         // the fitted rate
}

// fieldError is the error of a density in L¹, with the order observed, and its decaying part.
type fieldError struct {
	analysis.Limit
	decaying float64 // Σ|P_i − mΠ_i|, of which the error is relative to; Σ|P_i| where mass leaves
}

// densitySafety is a factor on errors of densities that are estimated from one observed order, or
// from that of the norm. It was chosen on runs of the presets with 16 to 200 cells an axis.
const densitySafety = 3

// twin is a run on one of the grids; the last is the run itself.
type twin struct {
	*Equation
	start           []float64
	parents         []int // in the grid of the twin before
	times, logNorms []float64
	masses          map[float64][]float64 // at the times that are compared
}

// halves are the equations on the grids of the twins, the coarsest first.
func (e *Equation) halves() (out []*Equation) {
	g, finer := e.KeepingZeros(), e
	for len(out) < mostTwins {
		var err error
		if g, err = g.Merged(); err != nil || slices.Min(g.Shape()) < 2 ||
			slices.Min(g.Shape()) < fewestAlong && len(out) >= fewestTwins {
			break
		}
		next, err := e.coarse(len(out))
		if err != nil || !sameFaces(next.Grid, g) {
			if next, err = finer.coarsened(g); err != nil {
				break
			}
		}
		out, finer = append(out, next), next
	}
	slices.Reverse(out)
	return out
}

// sameFaces reports whether two grids are one.
func sameFaces(a, b *Grid) bool {
	for k := range a.Axes {
		if !slices.Equal(a.Axes[k].Faces, b.Axes[k].Faces) {
			return false
		}
	}
	return true
}

// family are the twins of the run, the coarsest first, and the run.
func (j *job) family() []*twin {
	out := []*twin{{Equation: j.Equation, start: j.start, times: j.series.Times(),
		logNorms: j.series.LogNorms}}
	for _, e := range slices.Backward(j.halves()) {
		finer := out[len(out)-1]
		finer.parents = finer.Parents(e)
		out = append(out, &twin{Equation: e, start: finer.Restrict(finer.start, e),
			masses: map[float64][]float64{}})
	}
	slices.Reverse(out)
	return out
}

// twins makes the runs and compares them.
func (j *job) twins(ctx context.Context) (*spaceErrors, error) {
	defer j.Progress.over()
	all := j.family()
	last := len(all) - 1
	sizes := map[float64]float64{}
	changes := map[float64][]float64{} // of the masses in L¹, from grid to grid
	volumes := make([]float64, len(j.logVolume))
	for i, v := range j.logVolume {
		volumes[i] = math.Exp(v)
	}
	compare := func(k int, time float64, masses []float64) {
		changes[time] = append(changes[time], all[k].change(masses, all[k-1].masses[time]))
		delete(all[k-1].masses, time)
	}
	for _, time := range j.compared() {
		changes[time] = nil
	}
	for k, t := range all[:last] {
		err := t.run(ctx, j, func(e solver.Event) error {
			if _, ok := changes[e.Time]; !ok {
				return nil
			}
			t.masses[e.Time] = t.Masses(e.W)
			if k > 0 {
				compare(k, e.Time, t.masses[e.Time])
			}
			if k < last-1 {
				return nil
			}
			masses, err := j.massesAt(e.Time, volumes)
			if err == nil {
				compare(last, e.Time, masses)
				sizes[e.Time] = j.decaying(masses)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return j.compare(all, changes, sizes), nil
}

// decaying is the part of masses that decays, in L¹: Σ|P_i − mΠ_i| or, where mass leaves, Σ|P_i|.
func (j *job) decaying(masses []float64) (sum float64) {
	m := 0.0
	if j.Operator.Conservative() {
		m = floats.Sum(masses)
	}
	for i, p := range masses {
		sum += math.Abs(p - m*j.Operator.Sigma[i]*j.Operator.Sigma[i])
	}
	return sum
}

// envelope is the largest of some values by time from half of the time on. An error relative to
// what decays may pass through zero, and grows again.
func envelope(times, values []float64) []float64 {
	out, from := make([]float64, len(values)), 0
	for i, t := range times {
		for times[from] < t/2 {
			from++
		}
		out[i] = math.NaN()
		for _, v := range values[from : i+1] {
			if v > out[i] || math.IsNaN(out[i]) {
				out[i] = v
			}
		}
		if math.IsNaN(values[i]) {
			out[i] = math.NaN()
		}
	}
	return out
}

// compared are the times at which densities are compared: of the snapshots, and the end.
func (j *job) compared() []float64 {
	times := slices.Clone(j.written)
	if n := len(times); n == 0 || j.state.Time > times[n-1] {
		times = append(times, j.state.Time)
	}
	if n := len(times); n > mostCompared {
		for i := range mostCompared {
			times[i] = times[i*(n-1)/(mostCompared-1)]
		}
		times = times[:mostCompared]
	}
	return times
}

// massesAt are the masses of the run, in cells of the given volumes, at the end or at a time of
// which there is a snapshot.
func (j *job) massesAt(time float64, volumes []float64) ([]float64, error) {
	if time == j.state.Time {
		return j.Masses(j.state.W), nil
	}
	k, _ := slices.BinarySearch(j.written, time)
	content, err := j.dir.ReadFile(rundir.SnapshotFile(k))
	if err != nil {
		return nil, err
	}
	_, masses, err := npy.Decode(content)
	if err != nil {
		return nil, err
	}
	floats.Mul(masses, volumes)
	return masses, nil
}

// run advances a twin as the run is.
func (t *twin) run(ctx context.Context, j *job, observe solver.ObserverFunc) error {
	o := OptionsOf(j.Config).WithRows(SeriesIntervals)
	o.Scheme = j.choice.Name
	t.Progress = j.Progress
	c, err := t.Choose(t.start, o)
	if err != nil {
		return err
	}
	norm := &solver.Monotone{Operator: t.Operator}
	record := solver.ObserverFunc(func(e solver.Event) error {
		t.times = append(t.times, e.Time)
		t.logNorms = append(t.logNorms, math.Log(norm.Last)-t.Operator.LogZ/2)
		return nil
	})
	_, err = c.Run(ctx, &solver.State{W: slices.Clone(t.start)}, norm, record,
		solver.Schedule(solver.AtOutputs).Do(observe))
	return err
}

// change is Σ|P_I − P'_I| of masses, added up over the cells of the twin before, from its own.
func (t *twin) change(masses, coarse []float64) float64 {
	sums := make([]float64, len(coarse))
	for i, parent := range t.parents {
		sums[parent] += masses[i]
	}
	return floats.Distance(sums, coarse, 1)
}

// compare makes errors of the changes from twin to twin, the last of which is the run.
func (j *job) compare(all []*twin, changes map[float64][]float64,
	sizes map[float64]float64) *spaceErrors {
	out := &spaceErrors{density: map[float64]fieldError{}}
	times := slices.Sorted(maps.Keys(changes))
	relative := make([]float64, len(times))
	for i, time := range times {
		e := fieldError{analysis.OfField(changes[time]), sizes[time]}
		out.density[time] = e
		relative[i] = e.Error / e.decaying
	}
	for i, largest := range envelope(times, relative) {
		e := out.density[times[i]]
		e.Error = densitySafety * largest * e.decaying
		out.density[times[i]] = e
	}
	timeErrors := j.series.Column(timeError)
	for i, time := range j.series.Times() {
		var levels []analysis.Level
		for k, t := range all {
			if row, found := slices.BinarySearch(t.times, time); found {
				levels = append(levels, analysis.Level{
					Cells: math.Exp2(float64(k)), Error: timeErrors[i],
					Value: 1 + j.series.LogNorms[0] - t.logNorms[row],
				})
			}
		}
		out.norms = append(out.norms, normOnFinest(levels, len(all)))
		out.normOrder = analysis.OnFinest(levels).Order
	}
	out.norms = envelope(j.series.Times(), out.norms)
	if fit, ok := j.series.Fit(); ok {
		var levels []analysis.Level
		for k, t := range all {
			rate := solver.FitOn(t.times, t.logNorms, fit.Window).Rate
			levels = append(levels, analysis.Level{Cells: math.Exp2(float64(k)), Value: rate})
		}
		out.fitted = analysis.OnFinest(levels)
	}
	return out
}

// normOnFinest is the relative error of a norm on the finest of so many grids, from −log of the
// norms on all of them, where these are known: what a rate does to it grows with time. It is the
// error bar of other figures, and what the last refinement changes where the grids before tell
// nothing.
func normOnFinest(levels []analysis.Level, grids int) float64 {
	const useless = 2 // of a logarithm
	if len(levels) < max(2, grids) {
		return math.NaN()
	}
	bar := analysis.OnFinest(levels).Error
	if math.IsNaN(bar) {
		bar = math.Abs(levels[grids-1].Value - levels[grids-2].Value)
	}
	if bar > useless {
		return math.NaN()
	}
	return math.Expm1(bar)
}
