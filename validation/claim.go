package validation

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"fpsgd"
	"fpsgd/internal/plots"
	"fpsgd/operators"
	"fpsgd/scenarios"
	"fpsgd/solver/ensemble"
)

// Claim is a statement of the talk, or of the mathematics behind it, that can be run.
type Claim struct {
	Name      string
	Statement string // one sentence: what is claimed
	Source    string // where: the slide or the section of the theory
	Run       func(e *Experiment) error
}

// Row is one comparison of what was measured with what mathematics says.
type Row struct {
	Claim     string
	Case      string
	Measured  float64
	Expected  float64
	Formula   string  // what Expected is
	Tolerance float64 // on |Measured − Expected|
	Estimate  float64 // of the error of Measured: discretisation, truncation, residual
	Pass      bool
	Seconds   float64
	Note      string
}

// Error returns |Measured − Expected|.
func (r Row) Error() float64 { return math.Abs(r.Measured - r.Expected) }

// MarshalJSON writes a row as {claim, case, measured, expected, error, tolerance, estimate, pass,
// seconds, note}; the note begins with the formula.
func (r Row) MarshalJSON() ([]byte, error) {
	number := func(x float64) *float64 {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil
		}
		return &x
	}
	return json.Marshal(struct {
		Claim     string   `json:"claim"`
		Case      string   `json:"case"`
		Measured  *float64 `json:"measured"`
		Expected  *float64 `json:"expected"`
		Error     *float64 `json:"error"`
		Tolerance *float64 `json:"tolerance"`
		Estimate  *float64 `json:"estimate"`
		Pass      bool     `json:"pass"`
		Seconds   float64  `json:"seconds"`
		Note      string   `json:"note"`
	}{r.Claim, r.Case, number(r.Measured), number(r.Expected), number(r.Error()),
		number(r.Tolerance), number(r.Estimate),
		r.Pass, r.Seconds, r.remark()})
}

// Figure is a picture that a claim leaves.
type Figure struct {
	Name string // file name without extension
	Draw func(w io.Writer) error
}

// Experiment is one run of a claim: it builds what the claim asks for and collects its rows and
// figures.
type Experiment struct {
	Context context.Context
	Full    bool // the long set
	Threads int
	// Weights replaces the weights of every problem; nil leaves them. A test that a claim can fail
	// puts a wrong constant here.
	Weights func(operators.Weights) operators.Weights
	// Method replaces what moves particles, for the same reason; nil leaves it.
	Method func(ensemble.Method) ensemble.Method

	Rows    []Row
	Figures []Figure

	claim  string
	marked time.Time
}

// Build assembles a problem.
func (e *Experiment) Build(p fpsgd.Problem) (*fpsgd.Equation, error) {
	p.Threads = e.Threads
	s, err := scenarios.Of(p)
	if err != nil {
		return nil, err
	}
	if e.Weights != nil {
		s.Weights = e.Weights(s.Weights)
	}
	return fpsgd.AssembleScenario(s)
}

// Compare records a comparison. The row passes if the error is within the tolerance
// (tolerances.go).
func (e *Experiment) Compare(name string, measured, estimate, expected float64, formula string,
	notes ...string) {
	tolerance := tolerance(e.claim, name, estimate, expected)
	now := time.Now()
	e.Rows = append(e.Rows, Row{
		Claim: e.claim, Case: name, Measured: measured, Expected: expected, Formula: formula,
		Tolerance: tolerance, Estimate: estimate,
		Pass: math.Abs(measured-expected) <= tolerance, Seconds: now.Sub(e.marked).Seconds(),
		Note: strings.Join(notes, "; "),
	})
	e.marked = now
}

// compare records the comparison of a number that has an estimate.
func (e *Experiment) compare(name string, measured integral, expected float64, formula string,
	notes ...string) {
	e.Compare(name, measured.value, measured.error, expected, formula, notes...)
}

// Draw records a figure.
func (e *Experiment) Draw(name string, draw func(w io.Writer) error) {
	e.Figures = append(e.Figures, Figure{name, draw})
}

// draw records a figure of lines.
func (e *Experiment) draw(name string, data plots.LinesData) {
	e.Draw(name, func(w io.Writer) error { return plots.Lines(w, data) })
}

// Run runs one claim from scratch. An error tells that it could not be run, not that it is false,
// and where that was: behind which row.
func (e *Experiment) Run(c Claim) (err error) {
	e.claim, e.marked = c.Name, time.Now()
	first := len(e.Rows)
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failed:
			err = r.error
		default:
			panic(r)
		}
		if n := len(e.Rows); err != nil && n > first {
			err = fmt.Errorf("after %q: %w", e.Rows[n-1].Case, err)
		}
		if err != nil {
			err = fmt.Errorf("claim %s: %w", c.Name, err)
		}
	}()
	return c.Run(e)
}

// Find returns the claims of these names, all if there are none.
func Find(names ...string) ([]Claim, error) {
	if len(names) == 0 {
		return Claims, nil
	}
	var out []Claim
	for _, name := range names {
		i := slices.IndexFunc(Claims, func(c Claim) bool { return c.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("unknown claim %q: see fpsgd validate --list", name)
		}
		out = append(out, Claims[i])
	}
	return out, nil
}
