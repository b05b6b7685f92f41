package report

import (
	"fmt"
	"math"

	"fpsgd/internal/rundir"
)

// uncertainty is how far off a figure may be.
type uncertainty struct {
	Total    *float64
	Dominant string
}

// summary is what is read of summary.json.
type summary struct {
	Scheme *struct{ Name, Reason string }
	Rate   struct {
		Fitted, Gap, Exact, Difference *float64
		GapError                       *float64 `json:"gap_error"`
		Window                         []float64
		ExactKind                      *string `json:"exact_kind"`
		Certificate                    *string
		ReasonText                     *string `json:"reason_text"`
		Box                            *struct {
			Half *float64 `json:"gap_half"`
		}
	}
	PoincareConstant struct{ Measured, Exact *float64 } `json:"poincare_constant"`
	Mass             struct {
		Initial *float64
		Drift   *float64 `json:"max_drift"`
	}
	MinDensity   *float64 `json:"min_density"`
	NegativeMass *float64 `json:"negative_mass"`
	Invariant    struct {
		Integrable  *bool
		LogZ        *float64 `json:"log_z"`
		ExactLogZ   *float64 `json:"exact_log_z"`
		MassOutside *float64 `json:"mass_outside"`
		Chi         *float64 `json:"chi_final"`
	}
	ErrorL1       *float64 `json:"error_l1"`
	ErrorChi      *float64 `json:"error_chi"`
	TimeError     struct{ Final, Solves *float64 }
	Time          float64
	Steps         int
	Rejected      int
	Solves        int
	Iterations    int
	Wall          *float64 `json:"wall_s"`
	Uncertainties struct {
		Gap, Fitted, Norm, Density uncertainty
		PoincareConstant           uncertainty `json:"poincare_constant"`
	}
	Evidence []check
	Notes    []string
}

// ofRun tells the rates, what is left at the end, and whether the structure was kept.
func (s *section) ofRun(v *rundir.View) error {
	if err := s.decayOf(v); err != nil {
		return err
	}
	var r summary
	found, err := readJSON(v, rundir.SummaryFile, &r)
	if err != nil || !found {
		return err
	}
	s.Tables = append(s.Tables, r.rates(v.Manifest.Open), r.invariant())
	s.Checks, s.Notes = append(r.positive(), r.Evidence...), r.Notes
	if r.Wall != nil {
		s.Timings = append(s.Timings, fact{"solving", fmt.Sprintf("%s s", number(*r.Wall, 3))})
	}
	if r.Scheme != nil {
		s.Timings = append(s.Timings, fact{"scheme", r.Scheme.Name + ": " + r.Scheme.Reason})
	}
	s.Timings = append(s.Timings, fact{"work", fmt.Sprintf("%d steps, %d rejected, %d linear "+
		"solves, %d iterations", r.Steps, r.Rejected, r.Solves, r.Iterations)})
	return nil
}

// columnsOfResults head the tables of figures with errors.
var columnsOfResults = []string{"", "measured", "±", "exact", "unit", ""}

// rates is the table of the figures that decay.
func (r *summary) rates(open bool) table {
	norm := "‖u−⟨u⟩‖"
	if open {
		norm = "‖u‖"
	}
	t := table{Caption: "Decay", Head: columnsOfResults}
	row := func(name string, x *float64, u uncertainty, exact *float64, unit, remark string) {
		if u.Dominant != "" && u.Total != nil && x != nil {
			remark = joined(remark, "± mostly of "+inWords(u.Dominant))
		}
		t.Rows = append(t.Rows, []string{name, measured(x, u.Total, 6), bar(x, u.Total),
			optional(exact, 10), unit, remark})
	}
	u, rate := &r.Uncertainties, &r.Rate
	remark := ""
	if rate.ExactKind != nil {
		remark = exactKind(*rate.ExactKind)
	}
	if rate.Difference != nil {
		remark = joined(remark, "relative difference "+number(*rate.Difference, 2))
	}
	if rate.Certificate != nil {
		remark = joined(remark, "the lowest eigenvalue: "+*rate.Certificate)
	}
	row("decay rate of "+norm+" (spectral gap)", rate.Gap, u.Gap, rate.Exact, "1/time", remark)
	remark = ""
	if len(rate.Window) == 2 {
		remark = fmt.Sprintf("on %s ≤ t ≤ %s", number(rate.Window[0], 3), number(rate.Window[1], 3))
	}
	if rate.ReasonText != nil {
		remark = joined(remark, *rate.ReasonText)
	}
	row("rate fitted to the norms", rate.Fitted, u.Fitted, rate.Exact, "1/time", remark)
	if rate.Box != nil {
		row("gap on half the box", rate.Box.Half, uncertainty{}, nil, "1/time", "")
		t.Rows[len(t.Rows)-1][2] = ""
	}
	row("Poincaré–Hardy constant Λ", r.PoincareConstant.Measured, u.PoincareConstant,
		r.PoincareConstant.Exact, "1/time", "rate = εΛ")
	return t
}

// invariant is the table of the last density beside π, and beside the exact one where that is
// known.
func (r *summary) invariant() table {
	t := table{Caption: "At the end, t = " + number(r.Time, 6), Head: columnsOfResults}
	row := func(name string, x *float64, off, exact, unit, remark string) {
		t.Rows = append(t.Rows, []string{name, known(x, 3), off, exact, unit, remark})
	}
	u := &r.Uncertainties
	row("χ = ‖u−⟨u⟩‖/⟨u⟩, distance from π", r.Invariant.Chi, times(r.Invariant.Chi,
		u.Norm.Total), "", "1", "")
	if r.ErrorL1 != nil {
		row("error of the density in L¹", r.ErrorL1, "", "0", "1", "against the exact solution")
	}
	if r.ErrorChi != nil {
		row("error of the density in χ", r.ErrorChi, "", "0", "1", "against the exact solution")
	}
	if u.Density.Total != nil {
		t.Rows = append(t.Rows, []string{"density, in L¹", "", fixed(*u.Density.Total, 2), "",
			"1", ""})
	}
	row("mass drift", r.Mass.Drift, "", "0", "1", "")
	t.Rows = append(t.Rows, []string{"log Z, Z = ∫π", known(r.Invariant.LogZ, 10), "",
		optional(r.Invariant.ExactLogZ, 10), "1", integrable(r.Invariant.Integrable)})
	if r.Invariant.MassOutside != nil {
		row("share of π outside of the grid", r.Invariant.MassOutside, "", "", "1", "")
	}
	return t
}

// positive tells whether the density is.
func (r *summary) positive() []check {
	if r.MinDensity == nil {
		return nil
	}
	text := "the density is nowhere negative: at least " + number(*r.MinDensity, 3)
	if *r.MinDensity < 0 {
		text = "the density is negative somewhere: " + number(*r.MinDensity, 3)
	}
	if r.NegativeMass != nil && *r.NegativeMass > 0 {
		text += ", where a mass of " + number(*r.NegativeMass, 2) + " was computed negative, " +
			"within the error in time"
	}
	return []check{{*r.MinDensity >= 0, text}}
}

func integrable(known *bool) string {
	switch {
	case known == nil:
		return "whether π is integrable on the whole space is not known"
	case *known:
		return "π is integrable on the whole space"
	}
	return "π is not integrable on the whole space: this one is the grid's"
}

// times is the ± of a figure whose relative error is known.
func times(x, relative *float64) string {
	if x == nil || relative == nil {
		return bar(x, relative)
	}
	return fixed(math.Abs(*x)**relative, 2)
}

// exactKind says what an exact gap is.
func exactKind(kind string) string {
	switch kind {
	case "attained":
		return "the exact one is attained by an eigenfunction"
	case "edge":
		return "the exact one is the bottom of the essential spectrum, not attained"
	}
	if kind == "none" {
		return "exactly, there is no gap"
	}
	if kind == "hardy" {
		return "the exact one is of ‖u‖, as π is not integrable and mass escapes"
	}
	return "the exact one: " + kind
}

// inWords says what an error comes from.
func inWords(dominant string) string {
	switch dominant {
	case "space":
		return "the spacing"
	case "time":
		return "the steps in time"
	case "domain":
		return "the ends of the grid"
	case "solves":
		return "the linear solves"
	case "fit":
		return "the fit"
	}
	return dominant
}

// joined joins remarks by a semicolon.
func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}
