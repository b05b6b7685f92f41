package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"text/tabwriter"
	"time"

	"fpsgd"
	"fpsgd/internal/rundir"
	"fpsgd/scenarios"
	"fpsgd/solver/analysis"
)

// summary is summary.json. What is not known is null.
type summary struct {
	Name        string  `json:"name"`
	Landscape   string  `json:"landscape"`
	Noise       string  `json:"noise"`
	Epsilon     float64 `json:"epsilon"`
	Coordinates string  `json:"coordinates"`
	Shape       []int   `json:"shape"`
	Cells       int     `json:"cells"`
	Scheme      *scheme `json:"scheme"`
	Version     string  `json:"version"`

	Rate struct {
		Fitted      *float64   `json:"fitted"`
		Window      []float64  `json:"window"`
		FitResidual *float64   `json:"fit_residual"`
		Gap         *float64   `json:"gap"`
		Exact       *float64   `json:"exact"`
		ExactSpace  *float64   `json:"exact_space"`
		ExactKind   *string    `json:"exact_kind"`
		Difference  *float64   `json:"difference"` // gap/exact − 1
		Overlap     *float64   `json:"overlap"`
		Certificate *string    `json:"certificate"` // solver.Completeness of the gap
		Box         *fpsgd.Box `json:"box"`         // null where no end is far, or the exact rate is known
		Reason      *string    `json:"reason"`      // why no rate is fitted that is the gap (analysis.Reason); null: one is
		ReasonText  *string    `json:"reason_text"`
		NeededEnd   *float64   `json:"needed_end"` // time.end at which one would be
	} `json:"rate"`
	PoincareConstant struct {
		Measured *float64 `json:"measured"`
		Exact    *float64 `json:"exact"`
	} `json:"poincare_constant"`
	Mass struct {
		Initial  *float64 `json:"initial"`
		MaxDrift *float64 `json:"max_drift"`
	} `json:"mass"`
	MinDensity   *float64 `json:"min_density"`
	NegativeMass *float64 `json:"negative_mass"`
	NormMonotone *bool    `json:"norm_monotone"`
	Invariant    struct {
		Integrable  *bool    `json:"integrable"`
		LogZ        *float64 `json:"log_z"`
		ExactLogZ   *float64 `json:"exact_log_z"`
		MassOutside *float64 `json:"mass_outside"`
		ChiFinal    *float64 `json:"chi_final"`
	} `json:"invariant"`
	MeanError  *float64  `json:"mean_error"` // of the means at t = 0, an estimate
	ErrorL1    *float64  `json:"error_l1"`
	ErrorChi   *float64  `json:"error_chi"`
	TimeError  timeError `json:"time_error"`
	Time       float64   `json:"time"`
	Steps      int       `json:"steps"`
	Rejected   int       `json:"rejected"`
	EulerSteps int       `json:"euler_steps"`
	Solves     int       `json:"solves"`
	Iterations int       `json:"iterations"`
	WallS      float64   `json:"wall_s"`
	Evidence   []finding `json:"evidence"`
	Notes      []string  `json:"notes"`
}

// timeError are estimates of the error in time in units of ‖w − mσ‖ (of ‖w‖ where mass is removed).
type timeError struct {
	Final  *float64 `json:"final"`
	Max    *float64 `json:"max"`    // of all rows of the series
	Solves *float64 `json:"solves"` // the part of final that linear solves and rounding have made
}

// summarise gathers what the run has measured. The slowest mode is computed only for a run that is complete.
func (j *job) summarise(ctx context.Context, status rundir.Status) {
	j.identify()
	j.summariseSeries()
	g := noGap(nil)
	if status == rundir.Done {
		g = j.findGap(ctx)
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
	s.WallS = time.Since(j.begun).Seconds()
	s.Notes = notesOn(&situation{
		choice: j.choice, box: s.Rate.Box, search: searchOf(j.scenario), remarks: j.scenario.Remarks, decay: d, reason: reason, needed: needed, gapFailure: g.failure, certificate: g.Certificate, replaced: g.replaced,
		exact: j.scenario.Known.Rate, kind: j.scenario.Known.Kind, integrable: j.scenario.Known.Integrable,
		massOutside: valueOf(s.Invariant.MassOutside), conservative: j.operator.Conservative(), refinable: j.equation.Refinable(),
		errorChi: valueOf(s.ErrorChi), chi: valueOf(s.Invariant.ChiFinal),
		timeError: [2]float64{valueOf(s.TimeError.Max), valueOf(s.TimeError.Final)}, solving: valueOf(s.TimeError.Solves), tolerance: outputTolerance(j.choice, j.scenario.Config),
	}, runNotes)
}

// searchOf returns what an assembled scenario's search for features of f found.
func searchOf(s *scenarios.Scenario) *scenarios.Search {
	found, err := s.Searched()
	if err != nil {
		return nil // and then there is no operator
	}
	return found
}

// reach tells how much the gap depends on how far the grid reaches, where no closed form does.
func (j *job) reach(ctx context.Context, g gap) *fpsgd.Box {
	if math.IsNaN(g.Gap) || j.scenario.Known.Kind != "" {
		return nil
	}
	defer j.solving.clear()
	box, err := j.equation.Box(ctx, g.Gap)
	if err != nil { // interrupted: the run is done, and goes without
		return nil
	}
	return box
}

// identify says what the figures are of.
func (j *job) identify() {
	s, cfg, g := &j.summary, j.scenario.Config, j.scenario.Grid
	s.Name, s.Landscape, s.Noise, s.Epsilon = cfg.Name, j.scenario.Landscape.String(), cfg.Noise.Model, cfg.Noise.Epsilon
	s.Coordinates, s.Shape, s.Cells = g.Coordinates.Name(), g.Shape(), g.Cells()
	s.Scheme, s.Version = schemeOf(j.choice), version()
}

// summariseRates sets the rates, and the constants that follow: those of the inequality are the gap's.
func (j *job) summariseRates(d *analysis.Decay, g gap, reason analysis.Reason, needed float64) {
	s, known, r := &j.summary, j.scenario.Known, &j.summary.Rate
	if d.Fitted {
		r.Fitted, r.FitResidual, r.Window = rundir.Known(d.Fit.Rate), rundir.Known(d.Fit.Residual), d.Fit.Window[:]
	}
	r.Gap, r.Overlap, r.NeededEnd = rundir.Known(g.Gap), rundir.Known(g.Overlap), rundir.Known(needed)
	if r.Gap != nil {
		kind := string(g.Certificate.Kind)
		r.Certificate = &kind
	}
	if reason != "" {
		code, text := string(reason), d.Explain(reason, needed)
		r.Reason, r.ReasonText = &code, &text
	}
	r.Exact, r.ExactSpace = rundir.Known(known.Rate), rundir.Known(known.RateSpace)
	if known.Kind != "" {
		r.ExactKind = &known.Kind
	}
	if known.Rate > 0 {
		r.Difference = rundir.Known(g.Gap/known.Rate - 1)
	}
	eps := j.scenario.Config.Noise.Epsilon
	s.PoincareConstant.Measured, s.PoincareConstant.Exact = rundir.Known(g.Gap/eps), rundir.Known(known.Rate/eps)
}

func (j *job) summariseSeries() {
	s, known := &j.summary, j.scenario.Known
	last := func(name string) *float64 {
		c := j.series.Column(name)
		return rundir.Known(c[len(c)-1])
	}
	s.Mass.Initial, s.Mass.MaxDrift = rundir.Known(j.series.Column("mass")[0]), rundir.Known(j.drift.Max)
	s.MinDensity = rundir.Known(extreme(j.series.Column("min_rho"), math.Min))
	s.NegativeMass = rundir.Known(extreme(j.series.Column("negative_mass"), math.Max))
	monotone := j.monotone.Check() == nil
	s.NormMonotone = &monotone
	s.Invariant.Integrable, s.Invariant.LogZ = known.Integrable, rundir.Known(j.operator.LogZ)
	s.Invariant.ExactLogZ = rundir.Known(known.LogZ)
	s.Invariant.MassOutside = rundir.Known(j.scenario.MassOutside(j.operator))
	s.Invariant.ChiFinal = last("chi")
	s.MeanError = rundir.Known(j.scenario.MeanError)
	s.ErrorL1, s.ErrorChi = last("error_l1"), last("error_chi")
	s.TimeError.Final, s.TimeError.Max = last("time_error"), rundir.Known(extreme(j.series.Column("time_error"), math.Max))
	if j.state != nil {
		if e := s.TimeError.Final; e != nil && j.state.Error > 0 {
			s.TimeError.Solves = rundir.Known(*e * (j.state.Solving / j.state.Error))
		}
		s.Time, s.Steps, s.Rejected, s.EulerSteps = j.state.Time, j.state.Steps, j.state.Rejected, j.state.EulerSteps
		s.Solves, s.Iterations = j.state.Solves, j.state.Iterations
	}
}

func extreme(values []float64, pick func(a, b float64) float64) float64 {
	out := values[0]
	for _, v := range values {
		out = pick(out, v)
	}
	return out
}

// print writes the table that ends a run.
func (j *job) print(w io.Writer) {
	s, r := &j.summary, &j.summary.Rate
	t := tabwriter.NewWriter(w, 0, 4, 3, ' ', 0)
	fmt.Fprintf(t, "\tmeasured\texact\n")
	exactRate := number(r.Exact)
	if r.ExactKind != nil {
		exactRate += " (" + *r.ExactKind + ")"
	}
	if r.Difference != nil {
		exactRate += fmt.Sprintf("; relative error %.1e", *r.Difference)
	}
	fmt.Fprintf(t, "decay rate of %s\t%s\t%s\n", j.normText(), number(r.Gap), exactRate)
	if r.Fitted != nil {
		fmt.Fprintf(t, "  fitted to the norms\t%s\t\n", j.fittedText())
	}
	if b := r.Box; b != nil {
		fmt.Fprintf(t, "  on half the box\t%.6g\t\n", b.GapHalf)
	}
	fmt.Fprintf(t, "Poincaré–Hardy constant\t%s\t%s\n", number(s.PoincareConstant.Measured), number(s.PoincareConstant.Exact))
	if s.ErrorL1 != nil {
		fmt.Fprintf(t, "error at the end, L¹\t%.3g\t0\n", *s.ErrorL1)
	}
	if s.ErrorChi != nil {
		fmt.Fprintf(t, "error at the end, χ\t%.3g\t0\n", *s.ErrorChi)
	}
	if !j.operator.Conservative() {
		mass := j.series.Column("mass")
		fmt.Fprintf(t, "mass left on the grid\t%.6g\t\n", mass[len(mass)-1])
	}
	fmt.Fprintf(t, "mass drift\t%s\t0\n", number(s.Mass.MaxDrift))
	fmt.Fprintf(t, "error in time at the end\t%s\tof ‖u−⟨u⟩‖, estimated (of solves: %s)\n", short(s.TimeError.Final), short(s.TimeError.Solves))
	steps, noise := "steps", "noise of the linear solver"
	if !j.choice.Steps() {
		steps, noise = "outputs", "error in time"
	}
	negative := ""
	if n := s.NegativeMass; n == nil || *n > 0 {
		negative = fmt.Sprintf(" (negative mass: %s, %s)", number(n), noise)
	}
	fmt.Fprintf(t, "smallest density\t%s\t≥ 0%s\n", number(s.MinDensity), negative)
	fmt.Fprintf(t, "time\tt = %g\t%s, %d %s, %d solves, %.2f s\n", s.Time, s.Scheme.Name, s.Steps, steps, s.Solves, s.WallS)
	t.Flush()
	for _, n := range s.Notes {
		fmt.Fprintln(w, "note:", n)
	}
	fmt.Fprintf(w, "files: %[1]s (python3 %[1]s/load.py); again: fpsgd run %[1]s/%[2]s\n", j.dir.Path(), rundir.ResolvedFile)
}

// normText is the norm whose decay is measured.
func (j *job) normText() string {
	if j.operator.Conservative() {
		return "‖u−⟨u⟩‖"
	}
	return "‖u‖"
}

// fittedText is the fitted rate, and whether it is the gap.
func (j *job) fittedText() string {
	r := &j.summary.Rate
	switch {
	case r.Reason == nil:
		return number(r.Fitted)
	case r.Gap == nil:
		return number(r.Fitted) + ", which is not held against a gap"
	case *r.Reason == string(analysis.Steps):
		return number(r.Fitted) + ", not the gap"
	}
	return number(r.Fitted) + ", not the slowest mode"
}

// short is number to two digits.
func short(v *float64) string {
	if v == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.2g", *v)
}

func number(v *float64) string {
	if v == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.6g", *v)
}
