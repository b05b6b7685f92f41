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
	scratch   []float64
	extra     []Column
}

// Record is what a Series has recorded, state by state.
type Record struct {
	Columns [][]float64 // in the order of their names; NaN: unknown, or not representable
	Traces  []Trace     // what the rates can be held against
	// LogNorms are log ‖u−⟨u⟩‖ (log ‖u‖ where mass is removed) of the propagator's states,
	// representable where the norm is not.
	LogNorms []float64
}

// Trace is of a state of the propagator what its decay can be held against (operators.Measures).
type Trace struct{ LogWhole, Rayleigh, RayleighError float64 }

// NewSeries returns an empty series of the columns
//
//	t, dt, mass, min_rho, negative_mass, moved_norm, moved_mass,
//	norm, log_norm, chi, dissipation, free_energy, …extra, solves, iterations
//
// Package operators (Measures) defines most. Where a density is shown in place of the propagator's
// state (Nonnegative), negative_mass is that of the state, moved_norm the distance between them
// relative to the norm that decays, and moved_mass the share of the mass that was moved. solves and
// iterations are those since the run began.
func NewSeries(op *operators.Operator, logVolume []float64, extra ...Column) *Series {
	s := &Series{operator: op, logVolume: logVolume, extra: extra,
		scratch: make([]float64, op.Cells())}
	s.Names = []string{"t", "dt", "mass", "min_rho", "negative_mass", "moved_norm", "moved_mass",
		"norm", "log_norm", "chi", "dissipation", "free_energy"}
	for _, c := range extra {
		s.Names = append(s.Names, c.Name)
	}
	s.Names = append(s.Names, "solves", "iterations")
	s.Columns = make([][]float64, len(s.Names))
	return s
}

// Observe implements Observer.
func (s *Series) Observe(e Event) error {
	m := s.operator.MeasureIn(s.scratch, e.W, s.logVolume)
	norm := math.Exp(m.LogNorm)
	if norm == 0 && !math.IsInf(m.LogNorm, -1) {
		norm = math.NaN()
	}
	computed := m
	if e.Computed != nil {
		computed = s.operator.MeasureIn(s.scratch, e.Computed, s.logVolume)
	}
	row := []float64{e.Time, e.Dt, m.Mass, m.MinDensity, computed.NegativeMass,
		Relative(e.Projection.Distance, s.operator, m), e.Projection.Moved, norm, m.LogNorm, m.Chi,
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
	s.LogNorms = append(s.LogNorms, computed.LogNorm)
	s.Traces = append(s.Traces,
		Trace{computed.LogWhole, computed.Rayleigh, computed.RayleighError})
	return nil
}

// Relative is a norm ‖w‖ in units of the norm that decays, ‖w − mσ‖ or ‖w‖, of measures.
func Relative(size float64, op *operators.Operator, m operators.Measures) float64 {
	if size == 0 {
		return 0
	}
	return size * math.Exp(-m.LogNorm-op.LogZ/2)
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
