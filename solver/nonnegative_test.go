package solver

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"fpsgd/operators"
)

// checkShown compares the densities that are shown of a run from a nonnegative state with its own
// states, and with the exact ones: they have no negative cell, the same mass (through open ends no
// more than at the start), and are no farther from the exact states and from ⟨u⟩. It returns how
// many were moved.
func checkShown(t *testing.T, exact *spectrum, op *operators.Operator, p Propagator, w []float64,
	times ...float64) (moved int) {
	t.Helper()
	start := op.Mass(w)
	const rounding = 1e-13
	shown := ObserverFunc(func(e Event) error {
		if i := slices.IndexFunc(e.W, func(v float64) bool { return !(v >= 0) }); i >= 0 {
			t.Errorf("t = %g: w = %g in cell %d", e.Time, e.W[i], i)
		}
		if e.Computed == nil {
			return nil
		}
		moved++
		mass, want := op.Mass(e.W), op.Mass(e.Computed)
		if op.Conservative() && math.Abs(mass-want) > rounding*start ||
			mass > start*(1+rounding) || mass < want-rounding*start {
			t.Errorf("t = %g: mass %.17g, computed %.17g, at the start %.17g", e.Time, mass, want,
				start)
		}
		truth := exact.exponential(e.Time, w)
		before, after := distance(e.Computed, truth), distance(e.W, truth)
		if after > before+rounding*norm(w) {
			t.Errorf("t = %g: error %g, computed %g", e.Time, after, before)
		}
		_, was := norms(op, e.Computed)
		if _, is := norms(op, e.W); is > was+rounding*norm(w) {
			t.Errorf("t = %g: ‖u−⟨u⟩‖ = %g, computed %g", e.Time, is, was)
		}
		if d := distance(e.W, e.Computed); math.Abs(d-e.Projection.Distance) > rounding*d {
			t.Errorf("t = %g: moved by %g, want %g", e.Time, e.Projection.Distance, d)
		}
		return nil
	})
	solve(t, p, w, times, Nonnegative(op, start, shown))
	return moved
}

func TestShownDensities(t *testing.T) {
	moved := 0
	try := func(op *operators.Operator) {
		exact := newSpectrum(t, op)
		w, times := oneCell(op, middle(op)), []float64{0, 1e-4, 1e-2, 1}
		for _, s := range []Scheme{SDIRK2(), SDIRK3()} {
			moved += checkShown(t, exact, op, fixed(t, op, s, 1), w, 0, 5)
			moved += checkShown(t, exact, op, must[*Adaptive](t)(NewAdaptive(method(op, s),
				1e-3)), w, times...)
		}
		p := must[*Lanczos](t)(NewLanczos(method(op, SDIRK2()), times, 1e-5, mostVectors))
		moved += checkShown(t, exact, op, p, w, times...)
	}
	cases(t, func(t *testing.T, op *operators.Operator) {
		long := os.Getenv("FPSGD_LONG") != ""
		if long || strings.HasSuffix(t.Name(), "/1/"+string(operators.Fluxes[0])) {
			try(op)
		}
		sigma := &State{W: op.Sigma} // is stationary, and shown as it is
		check(t, Nonnegative(op, 1, ObserverFunc(func(e Event) error {
			if e.Computed != nil || &e.W[0] != &op.Sigma[0] {
				t.Error("the invariant density is moved")
			}
			return nil
		})).Observe(Event{State: sigma}))
	})
	closed := moved
	try(openInterval(t))
	if t.Logf("%d densities moved, %d with open ends", moved, moved-closed); closed == 0 ||
		moved == closed {
		t.Error("nothing was moved")
	}
}
