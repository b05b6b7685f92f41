package solver

import (
	"errors"
	"strings"
	"testing"
)

// ofCells is a propagator for states of a number of entries, which is never to be called.
type ofCells struct {
	Propagator
	n int
}

func (p ofCells) Cells() int { return p.n }

// What a caller got wrong is an error that says so.
func TestRunRefuses(t *testing.T) {
	times := []float64{0, 1}
	for want, p := range map[string]Problem{
		"no start":      {Times: times, Propagator: ofCells{}},
		"no propagator": {Times: times, Start: &State{W: make([]float64, 3)}},
		"state has 3 entries, and the operator 4": {Times: times,
			Start: &State{W: make([]float64, 3)}, Propagator: ofCells{n: 4}},
	} {
		if _, err := Run(t.Context(), p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	op := interval(t, 10, 10, 1)
	steps := must[*Adaptive](t)(NewAdaptive(method(op, SDIRK2()), 1e-3))
	none := exponential(t, op, times, 1e-6, 20)
	for of, p := range map[any]Propagator{stepMemory{}: none, &basisStart{}: steps} {
		foreign := Problem{Times: times, Start: &State{W: bump(op), Memory: of}, Propagator: p}
		if _, err := Run(t.Context(), foreign); !errors.Is(err, errForeign) {
			t.Errorf("%T goes on from a state with %T: %v", p, of, err)
		}
	}
	if _, err := NewFixed(Method{}, 1); err == nil ||
		!strings.Contains(err.Error(), "no operator") {
		t.Errorf("%v", err)
	}
	if _, err := NewLanczos(Method{}, times, 1e-6, 8); err == nil ||
		!strings.Contains(err.Error(), "needs an operator") {
		t.Errorf("%v", err)
	}
}
