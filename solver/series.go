package solver

import (
	"fmt"
	"math"
	"slices"

	"fpsgd/operators"
)

// Column is a further column of a Series.
type Column struct {
	Name  string
	Value func(e Event, m operators.Measures) float64 // NaN where unknown
}

// Series records a row of numbers for every state it observes.
type Series struct {
	Names []string // of the columns
	Record

	operator  *operators.Operator
	logVolume []float64
	extra     []Column
}

// Record is what a Series has recorded, state by state.
type Record struct {
	Columns [][]float64 // in the order of their names; NaN: unknown, or not representable
	Traces  []Trace     // what the rates can be held against
	// LogNorms are log ‖u−⟨u⟩‖ (log ‖u‖ where mass is removed), representable where the norm is
	// not.
	LogNorms []float64
}

// Trace is of a state what its decay can be held against (operators.Measures).
type Trace struct{ LogWhole, Rayleigh, RayleighError float64 }

// NewSeries returns an empty series of the columns
//
//	t, dt, mass, min_rho, negative_mass, norm, chi, dissipation, free_energy, …extra,
//	solves, iterations
//
// of which package operators (Measures) defines all but the last two: the solves and their
// iterations since the run began.
func NewSeries(op *operators.Operator, logVolume []float64, extra ...Column) *Series {
	s := &Series{operator: op, logVolume: logVolume, extra: extra}
	s.Names = []string{"t", "dt", "mass", "min_rho", "negative_mass", "norm", "chi",
		"dissipation", "free_energy"}
	for _, c := range extra {
		s.Names = append(s.Names, c.Name)
	}
	s.Names = append(s.Names, "solves", "iterations")
	s.Columns = make([][]float64, len(s.Names))
	return s
}

// Observe implements Observer.
func (s *Series) Observe(e Event) error {
	m := s.operator.Measure(e.W, s.logVolume)
	norm := math.Exp(m.LogNorm)
	if norm == 0 && !math.IsInf(m.LogNorm, -1) {
		norm = math.NaN()
	}
	row := []float64{e.Time, e.Dt, m.Mass, m.MinDensity, m.NegativeMass, norm, m.Chi,
		m.Dissipation, m.FreeEnergy}
	for _, c := range s.extra {
		row = append(row, c.Value(e, m))
	}
	row = append(row, float64(e.Solves), float64(e.Iterations))
	for k, v := range row {
		if math.IsInf(v, 0) {
			v = math.NaN()
		}
		s.Columns[k] = append(s.Columns[k], v)
	}
	s.LogNorms = append(s.LogNorms, m.LogNorm)
	s.Traces = append(s.Traces, Trace{m.LogWhole, m.Rayleigh, m.RayleighError})
	return nil
}

// Len is the number of rows.
func (r *Record) Len() int { return len(r.Traces) }

// Times are those of the rows.
func (s *Series) Times() []float64 { return s.Column("t") }

// Column returns the values of a column, not a copy, or nil if there is none of that name.
func (s *Series) Column(name string) []float64 {
	if k := slices.Index(s.Names, name); k >= 0 {
		return s.Columns[k]
	}
	return nil
}

// monotoneTolerance is by how much a norm may rise in a step, relative to ‖u‖: some hundred
// roundings of a large sum.
const monotoneTolerance = 1e-13

// Monotone observes whether ‖u−⟨u⟩‖ (‖u‖ where mass is removed) ever rises. Where e^{−t S} is
// replaced by an A-stable scheme it does not, whatever dt.
type Monotone struct {
	Operator *operators.Operator
	// Rise is the largest of (‖u−⟨u⟩‖_{n+1} − ‖u−⟨u⟩‖_n)/‖u‖_n, or 0.
	Rise float64
	// Last and Whole are ‖w − mσ‖ and ‖w‖ of the state observed before; Whole = 0 before the first.
	Last, Whole float64
}

// Observe implements Observer.
func (m *Monotone) Observe(e Event) error {
	whole, decaying := norms(m.Operator, e.W)
	if m.Whole > 0 {
		m.Rise = math.Max(m.Rise, (decaying-m.Last)/m.Whole)
	}
	m.Whole, m.Last = whole, decaying
	return nil
}

// Check reports a norm that rose by more than rounding.
func (m *Monotone) Check() error {
	if !(m.Rise <= monotoneTolerance) {
		return fmt.Errorf("the norm ‖u−⟨u⟩‖ rose by %.3g ‖u‖ in a step; "+
			"it must not by more than %g ‖u‖", m.Rise, monotoneTolerance)
	}
	return nil
}

// Drift observes whether mass + outflow stays what it was.
type Drift struct {
	Operator *operators.Operator
	Initial  float64 // the mass at the start; found at the first event if 0
	Max      float64 // the largest |mass + outflow − initial|/|initial|
}

// Observe implements Observer.
func (d *Drift) Observe(e Event) error {
	total := d.Operator.Mass(e.W) + e.Outflow
	if d.Initial == 0 {
		d.Initial = total
	}
	d.Max = math.Max(d.Max, math.Abs(total-d.Initial)/math.Abs(d.Initial))
	return nil
}
