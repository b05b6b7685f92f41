package fpsgd

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"fpsgd/internal/rundir"
	"fpsgd/solver"
	"fpsgd/solver/analysis"

	"gonum.org/v1/gonum/floats"
)

// gap is the slowest mode as a run uses it.
type gap struct {
	solver.SlowestMode
	failure  error
	replaced float64 // the gap of a first search that the evidence disproved; NaN
	nested   nested
	spacing  analysis.Limit // of the gap: its error and order
}

// noGap is what is known before a search.
func noGap(failure error) gap {
	return gap{SlowestMode: solver.SlowestMode{Gap: math.NaN(), Overlap: math.NaN()},
		failure: failure, replaced: math.NaN(), spacing: unknownLimit}
}

var unknownLimit = analysis.Limit{Value: math.NaN(), Error: math.NaN(), Order: math.NaN()}

// search looks for the slowest mode, from the state that the run ended with and some others besides
// what every search starts from.
func (j *job) search(ctx context.Context, starts ...[]float64) gap {
	defer j.Progress.over()
	if j.state != nil {
		starts = append([][]float64{j.state.W}, starts...)
	}
	grids := j.grids("spectral gap", 1, j.Config.Solver.Tolerance)
	mode, err := solver.NestedGap(ctx, grids, j.start, starts...)
	if err != nil {
		return noGap(err)
	}
	return gap{SlowestMode: mode, replaced: math.NaN(), nested: nested{grids, mode.Levels},
		spacing: unknownLimit}
}

// findGap finds the slowest mode and holds the evidence of the run against it. Where that disproves
// it, a lower one exists, and the states that the evidence comes from have it in them: the search
// is begun again from these.
func (j *job) findGap(ctx context.Context) gap {
	first := j.search(ctx)
	if !disproved(j.evidence(first).Findings()) {
		return first
	}
	again := j.search(ctx, j.start)
	if again.Gap < first.Gap {
		again.replaced = first.Gap
		return again
	}
	return first
}

// bars sets the error bar of the gap.
func (j *job) bars(ctx context.Context, g *gap) {
	if math.IsNaN(g.Gap) || !j.Config.Output.Errors {
		return
	}
	defer j.Progress.over()
	if bars, err := j.spacing(ctx, g.nested); err == nil { // interrupted: the run is done without
		g.spacing = bars[0]
	}
}

// disproved reports whether findings are against a gap.
func disproved(findings []analysis.Finding) bool {
	return slices.ContainsFunc(findings, func(f analysis.Finding) bool { return !f.Holds && f.Gap })
}

// evidence gathers the numbers that are held against each other.
func (j *job) evidence(g gap) *analysis.Evidence {
	const spread = 1e-9 // of what the error of the gap does not see
	cfg := j.Config
	e := &analysis.Evidence{
		Course: j.course(g), Steps: j.series.Column("dt"), Tolerance: cfg.Time.Tolerance,
		GapError: g.Error + spread, LogZ: j.Operator.LogZ,
		Drift: j.drift.Max, Rise: j.monotone.Rise, Conservative: j.Operator.Conservative(),
	}
	e.ExactLogZ, e.LogZError, e.OfGrid = j.ExactLogZ(j.Operator)
	if len(j.Operator.Shape) > 1 { // on one axis solves are direct
		e.Solve = cfg.Solver.Tolerance
	}
	if j.state != nil {
		e.Solves = j.state.Solves
	}
	return e
}

// course is the norms of the run, and the gap.
func (j *job) course(g gap) analysis.Course {
	fit, fitted := j.series.Fit()
	return analysis.Course{
		Times: j.series.Times(), LogNorms: j.series.LogNorms, Traces: j.series.Traces,
		Fit: fit, Fitted: fitted, Schemes: j.schemes(), Gap: g.Gap, Overlap: g.Overlap,
	}
}

// schemes are those of all steps of the run.
func (j *job) schemes() []solver.Scheme {
	if j.state == nil || j.state.EulerSteps == 0 {
		return j.choice.Schemes
	}
	return append(slices.Clone(j.choice.Schemes), solver.Euler())
}

// Finding is one of analysis as summary.json has it.
type Finding struct {
	Check string `json:"check"`
	Holds bool   `json:"holds"`
	Found Number `json:"found"`
	Bound Number `json:"bound"`
	Text  string `json:"text"`
}

func findings(all []analysis.Finding) []Finding {
	out := []Finding{}
	for _, f := range all {
		out = append(out, Finding{f.Check, f.Holds, Known(f.Found), Known(f.Bound), f.Text})
	}
	return out
}

// contradiction is an error that tells of the findings that do not hold, or nil.
func (s *Summary) contradiction() error {
	var texts []string
	for _, f := range s.Evidence {
		if !f.Holds {
			texts = append(texts, f.Text)
		}
	}
	if texts == nil {
		return nil
	}
	return fmt.Errorf("the numbers of the run contradict each other, and one of them is wrong: %s "+
		"(see evidence in %s; try more cells, or a lower solver.tolerance)",
		strings.Join(texts, "; "), rundir.SummaryFile)
}

// decay gathers the rates and what explains their differences. The next eigenvalue is looked for
// where it tells which time.end would do.
func (j *job) decay(ctx context.Context, g gap) (d analysis.Decay) {
	d = analysis.Decay{Course: j.course(g), Next: math.NaN()}
	switch j.Known.Kind {
	case "edge", "hardy", "none":
		d.Crowded = true
	}
	if !math.IsNaN(g.Gap) && !d.Agrees() {
		j.separate(ctx, &d, g)
	}
	return d
}

const (
	// quickSpectrum is the number of cells up to which the next eigenvalue is looked for, which on
	// larger grids would cost more than the run.
	quickSpectrum = 100_000
	// mostModes is how many are looked at for one that is not within analysis.SameRate of the gap.
	mostModes = 12
)

// separate finds the eigenvalue next to the modes that decay at the gap, and the overlap with all
// of these: among those found with the gap, or else by a search of its own.
func (j *job) separate(ctx context.Context, d *analysis.Decay, g gap) {
	const accurate = 1e-3 // of an eigenvalue that tells when others are gone
	next := func(modes []solver.Mode) bool {
		n := slices.IndexFunc(modes, func(m solver.Mode) bool {
			return m.Value > d.Gap*(1+analysis.SameRate)
		})
		if n < 1 || modes[n].Error > accurate {
			return false
		}
		d.Next, d.Overlap = modes[n].Value, j.share(modes[:n])
		return true
	}
	if next(g.Found) || j.Operator.Cells() > quickSpectrum {
		return
	}
	tolerance := math.Min(j.Config.Solver.Tolerance, SpectrumTolerance)
	available := j.Operator.Cells() - 1
	defer j.Progress.over()
	for k := g.Multiplicity + 1; k <= min(mostModes, available); k += 2 {
		levels, _, err := solver.NestedSpectrum(ctx, j.grids("next eigenvalue", k, tolerance), k)
		if err != nil || next(levels[len(levels)-1]) {
			return
		}
	}
}

// share returns ‖projection of the initial deviation on modes‖/‖deviation‖.
func (j *job) share(modes []solver.Mode) float64 {
	v := slices.Clone(j.start)
	if j.Operator.Conservative() {
		floats.AddScaled(v, -floats.Dot(j.Operator.Sigma, v), j.Operator.Sigma)
	}
	sum := 0.0
	for _, m := range modes {
		sum = math.Hypot(sum, floats.Dot(m.W, v))
	}
	return sum / floats.Norm(v, 2)
}
