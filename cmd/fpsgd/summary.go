package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"text/tabwriter"
	"time"

	"fpsgd/internal/rundir"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
)

// summary is summary.json. What is not known is null.
type summary struct {
	Rate struct {
		Fitted      *float64  `json:"fitted"`
		Window      []float64 `json:"window"`
		FitResidual *float64  `json:"fit_residual"`
		Gap         *float64  `json:"gap"`
		Exact       *float64  `json:"exact"`
		ExactSpace  *float64  `json:"exact_space"`
		ExactKind   *string   `json:"exact_kind"`
		Overlap     *float64  `json:"overlap"`
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
	ErrorL1    *float64 `json:"error_l1"`
	ErrorChi   *float64 `json:"error_chi"`
	Time       float64  `json:"time"`
	Steps      int      `json:"steps"`
	Rejected   int      `json:"rejected"`
	EulerSteps int      `json:"euler_steps"`
	Solves     int      `json:"solves"`
	Iterations int      `json:"iterations"`
	WallS      float64  `json:"wall_s"`
	Notes      []string `json:"notes"`
}

// summarise gathers what the run has measured. The slowest mode is computed only for a run that is complete.
func (j *job) summarise(ctx context.Context, status rundir.Status) {
	s, known, r := &j.summary, j.scenario.Known, &j.summary.Rate
	s.Notes = []string{}
	fit, ok := j.series.Fit()
	if ok {
		r.Fitted, r.FitResidual, r.Window = rundir.Known(fit.Rate), rundir.Known(fit.Residual), fit.Window[:]
	}
	r.Exact, r.ExactSpace = rundir.Known(known.Rate), rundir.Known(known.RateSpace)
	if known.Kind != "" {
		r.ExactKind = &known.Kind
	}
	if status == rundir.Done {
		cfg := j.scenario.Config
		j.solving.begin("spectral gap")
		mode, err := solver.Gap(ctx, j.operator, j.solving.solves(cfg, j.operator, cfg.Solver.Tolerance), j.start, j.lastState()...)
		j.solving.clear()
		if err != nil {
			s.Notes = append(s.Notes, fmt.Sprintf("the spectral gap was not found: %v", err))
		} else {
			r.Gap, r.Overlap = rundir.Known(mode.Gap), rundir.Known(mode.Overlap)
			j.multiplicity = mode.Multiplicity
		}
	}
	eps := j.scenario.Config.Noise.Epsilon
	if r.Fitted != nil {
		s.PoincareConstant.Measured = rundir.Known(*r.Fitted / eps)
	}
	s.PoincareConstant.Exact = rundir.Known(known.Rate / eps)
	j.summariseSeries()
	j.note(ctx, fit)
}

// lastState is the state that a run ended with, if there is one: a start for the search of the slowest mode.
func (j *job) lastState() [][]float64 {
	if j.state == nil {
		return nil
	}
	return [][]float64{j.state.W}
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
	s.ErrorL1, s.ErrorChi = last("error_l1"), last("error_chi")
	if j.state != nil {
		s.Time, s.Steps, s.Rejected, s.EulerSteps = j.state.Time, j.state.Steps, j.state.Rejected, j.state.EulerSteps
		s.Solves, s.Iterations = j.state.Solves, j.state.Iterations
	}
	s.WallS = time.Since(j.begun).Seconds()
}

func extreme(values []float64, pick func(a, b float64) float64) float64 {
	out := values[0]
	for _, v := range values {
		out = pick(out, v)
	}
	return out
}

// note says what a reader of the rates must know.
func (j *job) note(ctx context.Context, fit solver.Fit) {
	s := &j.summary
	add := func(text string) { s.Notes = append(s.Notes, text) }
	if s.Rate.Fitted == nil {
		add("no window with a constant rate between 1e-2 and 1e-10 of the initial norm: no rate is fitted")
	}
	s.Notes = append(s.Notes, j.rates(ctx, fit).disagreements()...)
	if text := chiNote(valueOf(s.ErrorChi), valueOf(s.Invariant.ChiFinal)); text != "" {
		add(text)
	}
	if i := s.Invariant.Integrable; i != nil && !*i {
		add("π is not integrable on the whole space: the grid's invariant density belongs to the grid alone")
	}
}

// rates gathers the three rates and what explains their differences.
func (j *job) rates(ctx context.Context, fit solver.Fit) rates {
	s, known := &j.summary, j.scenario.Known
	r := rates{
		fit: fit, scheme: scheme(j.scenario.Config), gap: valueOf(s.Rate.Gap), next: math.NaN(), overlap: valueOf(s.Rate.Overlap),
		exact: known.Rate, kind: known.Kind, massOutside: valueOf(s.Invariant.MassOutside),
	}
	if r.fit.Rate = valueOf(s.Rate.Fitted); r.fittedAgainstGap() != "" {
		r.next = j.nextEigenvalue(ctx)
	}
	return r
}

// nextEigenvalue returns the eigenvalue above the gap, NaN if it is not found.
func (j *job) nextEigenvalue(ctx context.Context) float64 {
	cfg := j.scenario.Config
	tolerance := math.Min(cfg.Solver.Tolerance, spectrumTolerance)
	modes, err := solver.Spectrum(ctx, j.operator, setUpTo(cfg, j.operator, tolerance), j.multiplicity+1)
	if err != nil {
		return math.NaN()
	}
	return modes[j.multiplicity].Value
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
	fmt.Fprintf(t, "decay rate of ‖u−⟨u⟩‖\t%s\t%s\n", number(r.Fitted), exactRate)
	fmt.Fprintf(t, "spectral gap of the grid\t%s\t\n", number(r.Gap))
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
	steps, noise := "steps", "noise of the linear solver"
	if j.scenario.Config.Time.Scheme == config.Lanczos {
		steps, noise = "outputs", "error in time"
	}
	fmt.Fprintf(t, "smallest density\t%s\t≥ 0 (negative mass: %s, %s)\n", number(s.MinDensity), number(s.NegativeMass), noise)
	fmt.Fprintf(t, "time\tt = %g\t%d %s, %d solves, %.2f s\n", s.Time, s.Steps, steps, s.Solves, s.WallS)
	t.Flush()
	for _, n := range s.Notes {
		fmt.Fprintln(w, "note:", n)
	}
	fmt.Fprintf(w, "files: %s (python3 %s/load.py)\n", j.dir.Path(), j.dir.Path())
}

func number(v *float64) string {
	if v == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.6g", *v)
}
