package fpsgd

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"fpsgd/internal/program"
	"fpsgd/internal/rundir"
	"fpsgd/solver/analysis"
)

// Summary is summary.json. What is not known is null.
type Summary struct {
	Name        string  `json:"name"`
	Landscape   string  `json:"landscape"`
	Noise       string  `json:"noise"`
	Epsilon     float64 `json:"epsilon"`
	Coordinates string  `json:"coordinates"`
	Shape       []int   `json:"shape"`
	Cells       int     `json:"cells"`
	Scheme      *Scheme `json:"scheme"`
	Version     string  `json:"version"`

	Rate struct {
		Fitted      Number    `json:"fitted"`
		Window      []float64 `json:"window"`
		FitResidual Number    `json:"fit_residual"`
		Gap         Number    `json:"gap"`
		GapError    Number    `json:"gap_error"` // Uncertainties.Gap.Total
		Exact       Number    `json:"exact"`
		ExactSpace  Number    `json:"exact_space"`
		ExactKind   *string   `json:"exact_kind"`
		Difference  Number    `json:"difference"` // gap/exact − 1
		Overlap     Number    `json:"overlap"`
		Certificate *string   `json:"certificate"` // solver.Completeness of the gap
		// null where no end is far, or the exact rate is known
		Box *Box `json:"box"`
		// why no rate is fitted that is the gap (analysis.Reason); null: one is
		Reason     *string `json:"reason"`
		ReasonText *string `json:"reason_text"`
		NeededEnd  Number  `json:"needed_end"` // time.end at which one would be
	} `json:"rate"`
	PoincareConstant struct {
		Measured Number `json:"measured"`
		Error    Number `json:"error"` // as the gap's
		Exact    Number `json:"exact"`
	} `json:"poincare_constant"`
	Mass struct {
		Initial  Number `json:"initial"`
		MaxDrift Number `json:"max_drift"`
	} `json:"mass"`
	MinDensity   Number `json:"min_density"`
	NegativeMass Number `json:"negative_mass"` // of the states as they are computed
	// how far the densities that are kept are from these at most, in units of the norm that decays,
	// and the share of the mass that was moved; 0 of raw ones
	MovedNorm    Number `json:"moved_norm"`
	MovedMass    Number `json:"moved_mass"`
	NormMonotone *bool  `json:"norm_monotone"`
	Invariant    struct {
		Integrable  *bool  `json:"integrable"`
		LogZ        Number `json:"log_z"`
		ExactLogZ   Number `json:"exact_log_z"`
		MassOutside Number `json:"mass_outside"`
		ChiFinal    Number `json:"chi_final"`
	} `json:"invariant"`
	MeanError     Number        `json:"mean_error"` // of the means at t = 0, an estimate
	ErrorL1       Number        `json:"error_l1"`
	ErrorChi      Number        `json:"error_chi"`
	TimeError     TimeError     `json:"time_error"`
	Time          float64       `json:"time"`
	Steps         int           `json:"steps"`
	Rejected      int           `json:"rejected"`
	EulerSteps    int           `json:"euler_steps"`
	Solves        int           `json:"solves"`
	Iterations    int           `json:"iterations"`
	WallS         float64       `json:"wall_s"`
	Uncertainties Uncertainties `json:"uncertainties"`
	Evidence      []Finding     `json:"evidence"`
	Notes         []string      `json:"notes"`
}

// TimeError are estimates of the error in time in units of ‖w − mσ‖ (of ‖w‖ where mass is removed).
type TimeError struct {
	Final  Number `json:"final"`
	Max    Number `json:"max"`    // of all rows of the series
	Solves Number `json:"solves"` // the part of final that linear solves and rounding have made
}

// summarise gathers what the run has measured. The slowest mode is computed only for a run that is
// complete.
func (j *job) summarise(ctx context.Context, status rundir.Status) {
	j.identify()
	j.summariseSeries()
	g := noGap(nil)
	if status == rundir.Done {
		g = j.findGap(ctx)
		j.bars(ctx, &g)
	}
	all := j.evidence(g).Findings()
	j.summary.Evidence = findings(all)
	d := j.decay(ctx, g)
	needed := d.Needed()
	reason := d.Reason(needed)
	if disproved(all) {
		g.Gap, d.Gap, reason = math.NaN(), math.NaN(), analysis.Disproved
	}
	j.summariseRates(&d, g, reason, needed)
	s := &j.summary
	s.Rate.Box = j.reach(ctx, g)
	if status == rundir.Done {
		j.uncertainties(ctx, g, &d)
	}
	s.Rate.GapError = s.Uncertainties.Gap.Total
	s.PoincareConstant.Error = s.Uncertainties.PoincareConstant.Total
	s.WallS = time.Since(j.begun).Seconds()
	here := j.situation(g.Gap)
	here.choice, here.box, here.notes = j.choice, s.Rate.Box, append(here.notes, j.Remarks...)
	here.decay, here.reason, here.needed = d, reason, needed
	here.gap, here.refinable = g, j.Refinable()
	here.errorChi, here.chi = s.ErrorChi.Value(), s.Invariant.ChiFinal.Value()
	here.timeError = [2]float64{s.TimeError.Max.Value(), s.TimeError.Final.Value()}
	here.solving, here.tolerance = s.TimeError.Solves.Value(), j.outputTolerance()
	s.Notes = here.ofRun()
}

// reach tells how much the gap depends on how far the grid reaches, where no closed form does.
func (j *job) reach(ctx context.Context, g gap) *Box {
	if math.IsNaN(g.Gap) || j.Known.Kind != "" {
		return nil
	}
	defer j.Progress.over()
	box, err := j.Box(ctx, g.Gap)
	if err != nil { // interrupted: the run is done, and goes without
		return nil
	}
	return box
}

// identify says what the figures are of.
func (j *job) identify() {
	s, cfg, g := &j.summary, j.Config, j.Grid
	s.Name, s.Landscape = cfg.Name, j.Landscape.String()
	s.Noise, s.Epsilon = j.Noise.String(), j.Noise.Epsilon()
	s.Coordinates, s.Shape, s.Cells = g.Coordinates.Name(), g.Shape(), g.Cells()
	s.Scheme, s.Version = j.choice.Scheme(), program.Version()
}

// summariseRates sets the rates, and the constants that follow: those of the inequality are the
// gap's.
func (j *job) summariseRates(d *analysis.Decay, g gap, reason analysis.Reason, needed float64) {
	s, known, r := &j.summary, j.Known, &j.summary.Rate
	if d.Fitted {
		r.Fitted, r.FitResidual, r.Window = Known(d.Fit.Rate), Known(d.Fit.Residual),
			d.Fit.Window[:]
	}
	r.Gap, r.Overlap, r.NeededEnd = Known(g.Gap), Known(g.Overlap), Known(needed)
	if r.Gap.Known() {
		r.Certificate = new(string(g.Certificate.Kind))
	}
	if reason != "" {
		r.Reason, r.ReasonText = new(string(reason)), new(d.Explain(reason, needed))
	}
	r.Exact, r.ExactSpace = Known(known.Rate), Known(known.RateSpace)
	if known.Kind != "" {
		r.ExactKind = &known.Kind
	}
	if known.Rate > 0 {
		r.Difference = Known(g.Gap/known.Rate - 1)
	}
	eps := j.Noise.Epsilon()
	s.PoincareConstant.Measured = Known(g.Gap / eps)
	s.PoincareConstant.Exact = Known(known.Rate / eps)
}

func (j *job) summariseSeries() {
	s, known := &j.summary, j.Known
	last := func(name string) Number {
		c := j.series.Column(name)
		return Known(c[len(c)-1])
	}
	most := func(name string) Number { return Known(slices.Max(j.series.Column(name))) }
	s.Mass.Initial = Known(j.series.Column("mass")[0])
	s.Mass.MaxDrift = Known(j.drift.Max)
	s.MinDensity = Known(slices.Min(j.series.Column("min_rho")))
	s.NegativeMass = most("negative_mass")
	s.MovedNorm, s.MovedMass = most("moved_norm"), most("moved_mass")
	s.NormMonotone = new(j.monotone.Check() == nil)
	s.Invariant.Integrable, s.Invariant.LogZ = known.Integrable, Known(j.Operator.LogZ)
	s.Invariant.ExactLogZ = Known(known.LogZ)
	s.Invariant.MassOutside = Known(j.MassOutside(j.Operator))
	s.Invariant.ChiFinal = last("chi")
	s.MeanError = Known(j.MeanError)
	s.ErrorL1, s.ErrorChi = last("error_l1"), last("error_chi")
	s.TimeError.Final = last(timeError)
	s.TimeError.Max = most(timeError)
	if j.state != nil {
		if j.state.Error > 0 {
			final := s.TimeError.Final.Value()
			s.TimeError.Solves = Known(final * (j.state.Solving / j.state.Error))
		}
		s.Time, s.Steps, s.Rejected = j.state.Time, j.state.Steps, j.state.Rejected
		s.EulerSteps, s.Solves, s.Iterations = j.state.EulerSteps, j.state.Solves,
			j.state.Iterations
	}
}

// Scheme is a choice as a summary tells it.
type Scheme struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// Scheme is the choice as a summary tells it.
func (c Choice) Scheme() *Scheme { return &Scheme{c.Name, c.Reason} }

// String names the scheme and why it was taken.
func (s *Scheme) String() string { return fmt.Sprintf("%s (%s)", s.Name, s.Reason) }

// outputTolerance is that of the error at an output; NaN for a scheme of steps, where
// time.tolerance is of one of them.
func (j *job) outputTolerance() float64 {
	if j.choice.Steps() {
		return math.NaN()
	}
	return j.Config.Time.Tolerance
}
