package figures

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"

	"fpsgd/internal/plots"
	"fpsgd/internal/rundir"
)

// ofRun returns the decay of the norm, from two rows of the series on, and the density in time and
// against π, from one snapshot on.
func ofRun(f *folder) (out []Figure, err error) {
	content, err := f.optional(rundir.SeriesCSV)
	if err != nil || content == nil {
		return nil, err
	}
	series, err := rundir.ParseSeries(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", rundir.SeriesCSV, err)
	}
	h := history{
		t: series["t"], logNorm: series["log_norm"], chi: series["chi"],
		timeError: series["time_error"], normError: series["norm_error"],
	}
	if h.t == nil || h.logNorm == nil || h.chi == nil {
		return nil, fmt.Errorf("%s lacks one of the columns t, log_norm and chi: it was written "+
			"by an earlier version", rundir.SeriesCSV)
	}
	if len(h.t) > 1 {
		decay, err := f.decay(h)
		if err != nil {
			return nil, err
		}
		out = append(out, Figure{"decay", func(w io.Writer) error { return plots.Decay(w, decay) }})
	}
	densities, final, err := f.densities(h)
	if err != nil || densities == nil {
		return out, err
	}
	draw := func(w io.Writer) error { return plots.Maps(w, densities...) }
	if len(f.Shape) == 1 {
		draw = func(w io.Writer) error { return plots.Curves(w, densities[0]) }
	}
	return append(out, Figure{"density", draw},
		Figure{"invariant", func(w io.Writer) error { return plots.Invariant(w, final...) }}), nil
}

// history are the columns of the series that figures need; the last two may be missing.
type history struct{ t, logNorm, chi, timeError, normError []float64 }

// errorAt is the estimated error in time of the density at a time, in L¹ and relative to its mass:
// no more than that in χ, of which time_error is the part, of (χ² + 1)^{1/2} where mass leaves, and
// with a factor of 3 no more than that part of the 2 that densities are apart at most. NaN:
// unknown.
func (h *history) errorAt(t float64, open bool) float64 {
	k, found := slices.BinarySearch(h.t, t)
	if found && h.timeError != nil {
		size := h.chi[k]
		if open {
			size = math.Hypot(size, 1)
		}
		return h.timeError[k] * math.Min(size, 3*2)
	}
	return notKnown
}

// decay returns the norms with the rates of the summary, which a run that was killed has not.
func (f *folder) decay(h history) (d plots.DecayData, err error) {
	var summary struct {
		Rate struct {
			Fitted     *float64
			Window     [2]float64
			Gap, Exact *float64
			ReasonText string `json:"reason_text"`
		}
	}
	if err := f.json(rundir.SummaryFile, &summary); err != nil {
		return d, err
	}
	r := &summary.Rate
	d = plots.DecayData{Title: f.title(""), Times: h.t, Open: f.Open,
		Errors: h.normError, Fitted: value(r.Fitted), Window: r.Window, Gap: value(r.Gap),
		Exact:  value(r.Exact),
		Reason: r.ReasonText}
	for _, l := range h.logNorm {
		d.Norms = append(d.Norms, math.Exp(l-h.logNorm[0]))
	}
	return d, nil
}

// value returns NaN for what is not known.
func value(v *float64) float64 { return *cmp.Or(v, &notKnown) }

var notKnown = math.NaN()

// seen is the χ = ‖u−⟨u⟩‖/⟨u⟩ below which a density is π as far as a figure shows. Where mass
// leaves there is no such.
const seen = 0.01

// levels returns what snapshots are chosen by: log χ or, where mass leaves, log ‖u‖, at their
// times. Where the series has no such time, which a run that was killed may leave, it is that of
// the snapshot before.
func (f *folder) levels(h history, times []float64) []float64 {
	out := make([]float64, len(times))
	for i, t := range times {
		out[i] = math.NaN()
		if k, found := slices.BinarySearch(h.t, t); found && f.Open {
			out[i] = h.logNorm[k]
		} else if found {
			out[i] = math.Max(math.Log(h.chi[k]), math.Log(seen))
		}
		if i > 0 && math.IsNaN(out[i]) {
			out[i] = out[i-1]
		}
	}
	return out
}

// most is the largest number of densities that the figures have room for, by the number of axes
// drawn.
var most = [...]int{0, 7, 5}

// densities returns what the figures show of every view of the snapshots: the first, the last, and
// between them times at which ‖u−⟨u⟩‖ has fallen by about equal factors, until no difference from π
// is seen; and the last beside π. Without snapshots it is nil.
func (f *folder) densities(h history) (densities []plots.Densities, final []plots.FinalData,
	err error) {
	content, err := f.optional(rundir.TimesFile)
	if err != nil || content == nil {
		return nil, nil, err
	}
	times, err := f.array(rundir.TimesFile, nil)
	if err != nil || len(times) == 0 {
		return nil, nil, err
	}
	g, invariant, err := f.grid()
	if err != nil {
		return nil, nil, err
	}
	density, err := f.array(rundir.SnapshotFile(0), f.Shape)
	if err != nil {
		return nil, nil, err
	}
	views := viewsOf(g, density)
	for _, v := range views {
		densities = append(densities, plots.Densities{
			Title: f.title(""), View: v.name, Grid: v.grid, Invariant: v.of(invariant),
			Remark: f.remark(),
		})
	}
	for _, k := range chosen(f.levels(h, times), times, most[len(views[0].grid.Axes)]) {
		if density, err = f.array(rundir.SnapshotFile(k), f.Shape); err != nil {
			return nil, nil, err
		}
		for i, v := range views {
			densities[i].Snapshots = append(densities[i].Snapshots,
				plots.Snapshot{Time: times[k], Density: v.of(density),
					Error: h.errorAt(times[k], f.Open)})
		}
	}
	mass, distance := g.compare(density, invariant)
	for _, d := range densities {
		final = append(final, plots.FinalData{Densities: d, Mass: mass, Distance: distance})
	}
	return densities, final, nil
}

// remark is what is to be said of π.
func (f *folder) remark() string {
	if f.Integrable != nil && !*f.Integrable {
		return "π is not integrable on the whole space: the one drawn belongs to the grid."
	}
	return ""
}

// grid reads the grid, and π on it.
func (f *folder) grid() (g *grid, invariant []float64, err error) {
	g = &grid{}
	if g.axes, err = f.axes(); err != nil {
		return nil, nil, err
	}
	if g.volume, err = f.array(rundir.VolumeFile, f.Shape); err != nil {
		return nil, nil, err
	}
	invariant, err = f.array(rundir.InvariantFile, f.Shape)
	return g, invariant, err
}

// compare returns the mass Σ ρ|C| of a density and its distance Σ |ρ/mass − π||C| from π.
func (g *grid) compare(density, invariant []float64) (mass, distance float64) {
	for i, rho := range density {
		mass += rho * g.volume[i]
	}
	for i, rho := range density {
		distance += math.Abs(rho/mass-invariant[i]) * g.volume[i]
	}
	return mass, distance
}
