package solver

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"fpsgd/operators"
	"fpsgd/solver/linear"
)

// faultyLinear does something in place of its nth solve.
type faultyLinear struct {
	Linear
	left  *int
	fault func(x []float64) error
}

func (l faultyLinear) Solve(x, b []float64) (linear.Stats, error) {
	stats, err := l.Linear.Solve(x, b)
	if *l.left--; *l.left == 0 {
		err = l.fault(x)
	}
	return stats, err
}

func (l faultyLinear) SolveNonnegative(x, b []float64) (linear.Stats, error) {
	return l.Solve(x, b)
}

func faulty(m Method, after int, fault func(x []float64) error) Method {
	setUp := m.SetUp
	m.SetUp = func(gamma float64) (Linear, error) {
		l, err := setUp(gamma)
		return faultyLinear{l, &after, fault}, err
	}
	return m
}

// A run that ends early gives back the last good state, from which the rest of the run comes out as
// if nothing had happened.
func TestRunEndsWithTheLastGoodState(t *testing.T) {
	op := interval(t, 30, 20, 0.25)
	times := []float64{0, 0.5, 2}
	ctx, cancel := context.WithCancelCause(t.Context())
	shutdown := errors.New("shutdown")
	for _, c := range []struct {
		name  string
		fault func(x []float64) error
		want  error
	}{
		{"interrupted", func([]float64) error { cancel(shutdown); return nil }, ErrInterrupted},
		{"not a number", func(x []float64) error { x[7] = math.NaN(); return nil }, ErrNotFinite},
		{"infinite", func(x []float64) error { x[7] = math.Inf(-1); return nil }, ErrNotFinite},
		{"not converged", func([]float64) error { return linear.ErrNotConverged },
			linear.ErrNotConverged},
	} {
		for _, s := range schemes {
			for name, propagator := range map[string]func(Method) Propagator{
				"adaptive": func(m Method) Propagator {
					return must[*Adaptive](t)(NewAdaptive(m, 1e-4))
				},
				"fixed": func(m Method) Propagator { return must[*Fixed](t)(NewFixed(m, 0.02)) },
			} {
				t.Run(c.name+"/"+s.Name+"/"+name, func(t *testing.T) {
					ctx, cancel = context.WithCancelCause(t.Context())
					whole := solve(t, propagator(method(op, s)), bump(op), times)
					p := propagator(faulty(method(op, s), 21, c.fault))
					state, err := Run(ctx,
						Problem{Start: &State{W: bump(op)}, Times: times, Propagator: p})
					if !errors.Is(err, c.want) || !strings.Contains(err.Error(), "step ") ||
						!strings.Contains(err.Error(), "t = ") {
						t.Errorf("the error is %v, want one of %v with step and time", err, c.want)
					}
					if c.want == ErrInterrupted && !errors.Is(err, shutdown) {
						t.Errorf("the error is %v, want it to tell the cause", err)
					}
					if state.Steps == 0 || state.Steps >= whole.Steps ||
						checkFinite(state.W) != nil {
						t.Fatalf("stopped at step %d of %d: %v", state.Steps, whole.Steps,
							checkFinite(state.W))
					}
					rest := Problem{Start: state, Times: times,
						Propagator: propagator(method(op, s))}
					end := must[*State](t)(Run(t.Context(), rest))
					if distance(end.W, whole.W) != 0 || end.Solves != whole.Solves {
						t.Errorf("resumed, the end differs by %g, and %d solves from %d",
							distance(end.W, whole.W), end.Solves, whole.Solves)
					}
				})
			}
		}
	}
}

// Where all decay at the rate 1, w = e^{−t} w(0): it is followed to 1e-140, where squares of its
// roundings are 1e-308, and the run ends there, as one that starts below does at once. Without
// that, error estimates and Rayleigh quotients are of sums that have underflowed.
func TestRunEndsWhereSquaresUnderflow(t *testing.T) {
	op := twoRates(2, 1)
	op.Removal = []float64{1, 1, 1, 1}
	for i := range op.Diag {
		op.Diag[i]++
	}
	start := func(scale float64) *State { return &State{W: []float64{scale, scale, scale, scale}} }
	for name, p := range map[string]Propagator{
		"adaptive": must[*Adaptive](t)(NewAdaptive(method(op, SDIRK2()), 1e-6)),
		"fixed":    must[*Fixed](t)(NewFixed(method(op, SDIRK2()), 0.125)),
	} {
		times := []float64{0, 100, 200, 300, 400}
		s, err := Run(t.Context(), Problem{Start: start(0.5), Times: times, Propagator: p})
		if size := norm(s.W); !errors.Is(err, ErrRange) || !(size >= 1e-140 && size <= 1.3e-140) {
			t.Errorf("%s: at t = %g of norm %g: %v, want %v at 1e-140", name, s.Time, size, err,
				ErrRange)
		}
		if got := -math.Log(norm(s.W)); math.Abs(got-s.Time) > 1e-3*s.Time {
			t.Errorf("%s: log norm %g at t = %g", name, got, s.Time)
		}
		for _, scale := range []float64{1e-300, 1e-141, 1e146, 1e300} {
			if s, err := Run(t.Context(),
				Problem{Start: start(scale), Times: times, Propagator: p}); !errors.Is(err,
				ErrRange) || s.Steps != 0 {
				t.Errorf("%s: from %g: %d steps, %v, want %v", name, scale, s.Steps, err, ErrRange)
			}
		}
	}
}

// An error that is rounding is no reason for short steps: in equilibrium they are doubled up to any
// end.
func TestStepsInEquilibrium(t *testing.T) {
	op := interval(t, 400, 100, 0.25)
	for _, end := range []float64{1e3, 1e30, 1e100} {
		s := solve(t, must[*Adaptive](t)(NewAdaptive(method(op, SDIRK2()), 1e-6)), bump(op),
			[]float64{0, end})
		t.Logf("to %g: %d steps, %d rejected", end, s.Steps, s.Rejected)
		if s.Time != end || s.Steps > 5000 {
			t.Errorf("%d steps to t = %g", s.Steps, s.Time)
		}
	}
}

func TestToleranceThatCannotBeMet(t *testing.T) {
	op := interval(t, 30, 20, 0.25)
	m := method(op, SDIRK2())
	setUp := m.SetUp
	// Solves that do not tend to the identity as dt → 0: E does not either.
	m.SetUp = func(float64) (Linear, error) { return setUp(10) }
	s, err := Run(t.Context(), Problem{Start: &State{W: bump(op)}, Times: []float64{0, 1},
		Propagator: must[*Adaptive](t)(NewAdaptive(m, 1e-6))})
	if !errors.Is(err, ErrTolerance) || s.Time != 0 || s.Steps != 0 {
		t.Errorf("at t = %g: %v, want %v", s.Time, err, ErrTolerance)
	}
}

func TestSchedulesAndObserverErrors(t *testing.T) {
	op := interval(t, 20, 10, 1)
	var steps, outputs []int
	stop := errors.New("enough")
	record := func(list *[]int) Observer {
		return ObserverFunc(func(e Event) error {
			*list = append(*list, e.Steps)
			return nil
		})
	}
	s, err := Run(t.Context(), Problem{Start: &State{W: bump(op)}, Times: []float64{0, 1, 2, 3},
		Propagator: fixed(t, op, SDIRK2(), 0.25)},
		Schedule(func(e Event) bool { return e.Steps%3 == 0 }).Do(record(&steps)),
		Schedule(AtOutputs).Do(record(&outputs)),
		ObserverFunc(func(e Event) error {
			if e.Steps == 9 {
				return stop
			}
			return nil
		}))
	if !errors.Is(err, stop) || s.Steps != 9 || s.Time != 2.25 || s.Output != 2 {
		t.Errorf("stopped at step %d, t = %g, output %d: %v", s.Steps, s.Time, s.Output, err)
	}
	equal := func(a, b []int) bool {
		for i := range a {
			if len(a) != len(b) || a[i] != b[i] {
				return false
			}
		}
		return len(a) == len(b)
	}
	if !equal(steps, []int{0, 3, 6, 9}) || !equal(outputs, []int{0, 4, 8}) {
		t.Errorf("observed at steps %v and outputs %v", steps, outputs)
	}
}

func TestImpossibleRequests(t *testing.T) {
	op := interval(t, 20, 10, 1)
	m := method(op, SDIRK2())
	for _, tolerance := range []float64{0, -1, 1, math.NaN()} {
		if _, err := NewAdaptive(m, tolerance); err == nil {
			t.Errorf("tolerance %g is accepted", tolerance)
		}
	}
	for _, step := range []float64{0, -1, math.Inf(1), math.NaN()} {
		if _, err := NewFixed(m, step); err == nil {
			t.Errorf("step %g is accepted", step)
		}
	}
	p := fixed(t, op, SDIRK2(), 1)
	for _, times := range [][]float64{nil, {0, 1, 1}, {0, math.NaN()}, {1, 2}} {
		if _, err := Run(t.Context(), Problem{Start: &State{W: bump(op)}, Times: times,
			Propagator: p}); err == nil {
			t.Errorf("times %v are accepted", times)
		}
	}
}

func TestSeries(t *testing.T) {
	g := grid(t, "cartesian", 1, 30, 10)
	op := assemble(t, g, 1, "")
	first := Column{"p0", func(e Event, m operators.Measures) float64 {
		return op.Sigma[0] * e.W[0] / m.Mass
	}}
	series := NewSeries(op, logVolumes(g), first)
	s := solve(t, fixed(t, op, SDIRK2(), 0.5), bump(op), []float64{0, 2}, series)
	if got, want := strings.Join(series.Names, " "), "t dt mass min_rho negative_mass moved_norm "+
		"moved_mass norm log_norm chi dissipation free_energy p0 solves iterations"; got != want {
		t.Errorf("columns %q, want %q", got, want)
	}
	last := series.Len() - 1
	m := op.Measure(s.W, logVolumes(g))
	want := []float64{2, 0.5, m.Mass, m.MinDensity, m.NegativeMass, 0, 0, math.Exp(m.LogNorm),
		m.LogNorm, m.Chi, m.Dissipation, m.FreeEnergy,
		op.Sigma[0] * s.W[0] / m.Mass, 9, 0} // two solves a step, and one for the error of the last
	for k, v := range want {
		if series.Len() != 5 || series.Columns[k][last] != v ||
			series.Column(series.Names[k])[last] != v {
			t.Errorf("%s = %g, want %g", series.Names[k], series.Columns[k][last], v)
		}
	}
	if series.Column("none") != nil {
		t.Error("a column that does not exist is found")
	}
}

// −½ d‖u−⟨u⟩‖²/dt is the dissipation: the series agree with each other.
func TestDissipationIsTheDecayOfTheNorm(t *testing.T) {
	g := grid(t, "cartesian", 2, 12, 10)
	op := assemble(t, g, 0.5, "")
	series := NewSeries(op, logVolumes(g))
	const dt = 1e-3
	solve(t, fixed(t, op, SDIRK2(), dt), bump(op), []float64{0, 20 * dt}, series)
	norm, dissipation := series.Column("norm"), series.Column("dissipation")
	for k := 1; k+1 < len(norm); k++ {
		slope := -(norm[k+1]*norm[k+1] - norm[k-1]*norm[k-1]) / (4 * dt)
		// O(dt²) of the difference quotient
		near(t, "dissipation", dissipation[k], slope, 1e-5*slope)
	}
}
