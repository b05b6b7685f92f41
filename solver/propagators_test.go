package solver

import (
	"fmt"
	"math"
	"runtime"
	"testing"

	"fpsgd/operators"
)

// checkTemporalOrder compares fixed steps with the exponential of the dense matrix. The order on a
// level is p to O(dt).
func checkTemporalOrder(t *testing.T, s Scheme) error {
	const tolerance = 0.1
	op := interval(t, 40, 20, 0.25)
	w := bump(op)
	const end = 1.0
	exact := newSpectrum(t, op).exponential(end, w)
	var errors []float64
	for _, steps := range []int{16, 32, 64, 128, 256} {
		f := must[*Fixed](t)(NewFixed(method(op, s), end/float64(steps)))
		state := solve(t, f, w, []float64{0, end})
		if state.Steps != steps || state.EulerSteps != 0 {
			return fmt.Errorf("%s: %d steps and %d Euler steps, want %d and none",
				s.Name, state.Steps, state.EulerSteps, steps)
		}
		errors = append(errors, distance(state.W, exact))
	}
	t.Logf("%s: errors %.3g", s.Name, errors)
	for k := 1; k < len(errors); k++ {
		order := math.Log2(errors[k-1] / errors[k])
		t.Logf("%s: order %.3f on level %d", s.Name, order, k)
		if !(math.Abs(order-float64(s.Order())) <= tolerance) {
			return fmt.Errorf("%s: order %.3g on level %d, want %d", s.Name, order, k, s.Order())
		}
	}
	return nil
}

func TestTemporalOrder(t *testing.T) {
	for _, s := range schemes {
		check(t, checkTemporalOrder(t, s))
	}
}

// A coefficient that is off by a hundredth, any of them, is found.
func TestTemporalOrderFindsAWrongCoefficient(t *testing.T) {
	const off = 1.01
	for k := range schemes {
		mutant := Schemes()[k]
		mutant.Gamma *= off
		mutantFails(t, checkTemporalOrder(t, mutant))
		for j, row := range schemes[k].Stages {
			for l := range row {
				mutant := Schemes()[k]
				mutant.Stages[j][l] *= off
				mutantFails(t, checkTemporalOrder(t, mutant))
			}
		}
	}
}

// The error of a run is at most the sum of the local ones, of which there are as many as steps; it
// must not be far below what was asked for either.
func TestAdaptiveErrorFollowsTolerance(t *testing.T) {
	op := interval(t, 40, 20, 0.25)
	w := bump(op)
	const end = 1.0
	exact := newSpectrum(t, op).exponential(end, w)
	_, scale := norms(op, w)
	for _, s := range schemes {
		for _, tolerance := range []float64{1e-3, 1e-4, 1e-5, 1e-6, 1e-7} {
			a := must[*Adaptive](t)(NewAdaptive(method(op, s), tolerance))
			state := solve(t, a, w, []float64{0, end})
			e := distance(state.W, exact) / scale
			t.Logf("%s: tolerance %.0e: error %.2e, %d steps, %d rejected, %d solves", s.Name,
				tolerance, e, state.Steps, state.Rejected, state.Solves)
			low := tolerance * math.Pow(safety/2, float64(s.Order()+1)) // before a doubling
			if high := 2 * tolerance * float64(state.Steps); !(e > low && e < high) {
				t.Errorf("%s, tolerance %g: the error is %g, want it in [%g, %g]", s.Name,
					tolerance, e, low, high)
			}
		}
	}
}

func TestOutputsAreMetToTheBit(t *testing.T) {
	op := interval(t, 20, 10, 1)
	times := []float64{0, 1e-7, 0.1, 0.2, 0.30000000000000004, 1. / 3, 1, 2.5, 25}
	fixed := must[*Fixed](t)(NewFixed(method(op, SDIRK2()), 0.07))
	adaptive := must[*Adaptive](t)(NewAdaptive(method(op, SDIRK2()), 1e-4))
	for _, p := range []Propagator{fixed, adaptive} {
		var met []float64
		last := math.Inf(-1)
		solve(t, p, bump(op), times, ObserverFunc(func(e Event) error {
			if !(e.Time > last) {
				t.Errorf("%T: time %g follows %g", p, e.Time, last)
			}
			last = e.Time
			return nil
		}), Schedule(AtOutputs).Do(ObserverFunc(func(e Event) error {
			met = append(met, e.Time)
			if e.Time != times[e.Output] {
				t.Errorf("%T: output %d at %.17g, want %.17g", p, e.Output, e.Time, times[e.Output])
			}
			return nil
		})))
		if len(met) != len(times) {
			t.Errorf("%T: %d outputs, want %d", p, len(met), len(times))
		}
	}
}

// Equal intervals, whose lengths differ by rounding, need one set-up each size of step.
func TestSetUpsAreReused(t *testing.T) {
	op := interval(t, 20, 10, 1)
	m := method(op, SDIRK2())
	setUps, inner := 0, m.SetUp
	m.SetUp = func(gamma float64) (Linear, error) {
		setUps++
		return inner(gamma)
	}
	times := make([]float64, 101)
	for k := range times {
		times[k] = 1 * float64(k) / 100
	}
	s := solve(t, must[*Fixed](t)(NewFixed(m, 0.01)), bump(op), times)
	// two a step, and one that shows the error of the last
	if setUps != 1 || s.Steps != 100 || s.Solves != 201 {
		t.Errorf("%d set-ups, %d steps, %d solves; want 1, 100, 201", setUps, s.Steps, s.Solves)
	}
	setUps = 0
	s = solve(t, must[*Adaptive](t)(NewAdaptive(m, 1e-6)), bump(op), times)
	if setUps > 12 || s.Solves > 2*s.Steps+3*s.Rejected+setUps {
		t.Errorf("%d set-ups, %d steps, %d rejected, %d solves; want two solves a step and few "+
			"set-ups", setUps, s.Steps, s.Rejected, s.Solves)
	}
	t.Logf("adaptive: %d set-ups, %d steps, %d rejected, %d solves", setUps, s.Steps, s.Rejected,
		s.Solves)
}

// A checkpoint anywhere goes on to the same bits, counters included.
func TestStateDeterminesTheRest(t *testing.T) {
	op := interval(t, 30, 20, 0.25)
	times := []float64{0, 0.1, 0.5, 2}
	smooth, rough := bump(op), oneCell(op, 11)
	for _, c := range []struct {
		scheme Scheme
		w      []float64
	}{{SDIRK2(), smooth}, {SDIRK2(), rough}, {SDIRK3(), smooth}, {SDIRK3(), rough}} {
		w := c.w
		var states []*State
		a := must[*Adaptive](t)(NewAdaptive(method(op, c.scheme), 1e-3))
		last := solve(t, a, w, times, ObserverFunc(func(e Event) error {
			states = append(states, stored(t, e.State))
			return nil
		}))
		for k := 0; k < len(states); k += max(1, len(states)/10) {
			a := must[*Adaptive](t)(NewAdaptive(method(op, c.scheme), 1e-3))
			s := must[*State](t)(Run(t.Context(),
				Problem{Start: states[k], Times: times, Propagator: a}))
			if distance(s.W, last.W) != 0 || s.Solves != last.Solves || s.Steps != last.Steps ||
				s.Memory != last.Memory {
				t.Errorf("from step %d: %+v, want %+v", k, *s, *last)
			}
		}
	}
}

// An interval in units a billion times smaller takes the same steps.
func TestTimeHasNoScale(t *testing.T) {
	const unit = 0x1p-30
	op := interval(t, 30, 20, 0.25)
	slow := interval(t, 30, 20, 0.25)
	for i := range slow.Diag {
		slow.Diag[i] *= unit
		slow.Coupling[0][i] *= unit
	}
	run := func(op *operators.Operator, end float64) *State {
		return solve(t, must[*Adaptive](t)(NewAdaptive(method(op, SDIRK2()), 1e-5)), bump(op),
			[]float64{0, end})
	}
	a, b := run(op, 1), run(slow, 1/unit)
	if a.Steps != b.Steps || distance(a.W, b.W) != 0 {
		t.Errorf("%d and %d steps, states %g apart", a.Steps, b.Steps, distance(a.W, b.W))
	}
}

// What a step allocates, closures over the operands of loops, is little against one vector.
func TestStepsAllocateNothingPerCell(t *testing.T) {
	const cells, steps = 10000, 8
	op := interval(t, cells, 20, 0.25)
	a := must[*Adaptive](t)(NewAdaptive(method(op, SDIRK2()), 1e-6))
	s, next := &State{W: bump(op)}, &State{W: make([]float64, cells)}
	step := func() {
		check(t, a.Advance(t.Context(), next, s, 0, 1))
		s, next = next, s
	}
	for range 40 {
		step()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range steps {
		step()
	}
	runtime.ReadMemStats(&after)
	if bytes := (after.TotalAlloc - before.TotalAlloc) / steps; bytes > 8*cells/10 {
		t.Errorf("%d bytes a step, a vector has %d", bytes, 8*cells)
	}
}
