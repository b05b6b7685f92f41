package validation

import (
	"strings"
	"testing"

	"fpsgd/solver"
)

// Faster modes raise a fitted rate: they are named where it is above the gap by more than no mode
// accounts for, and nowhere else, and only there the change over the window counts as an error.
func TestTransientsAreAboveTheGap(t *testing.T) {
	fit := solver.Fit{Window: [2]float64{1, 2}, Step: 0.01, Change: 0.5}
	rest := fit.StepError(2) * 2
	for off, want := range map[float64]bool{3: true, 0.5: false, 0: false, -0.5: false, -3: false} {
		rate := 2 + off*rest
		fit.Rate = rate
		f := fitOf(fit, 2)
		if got := strings.Contains(f.note, "transient"); got != want ||
			(f.estimate > fit.Change) != want {
			t.Errorf("rate %.9g, rest %g: note %q, estimate %g", rate, rest, f.note, f.estimate)
		}
	}
}

// A manifold of minima is stood for by its normal space in the core, by a point far out; a point is
// one.
func TestIntegrabilityNotes(t *testing.T) {
	for _, c := range integrabilityCases {
		note := c.note()
		for phrase, want := range map[string]bool{
			"normal space": c.n > 0 && c.side == core, "far out": c.n > 0 && c.side == infinity,
			"a point minimum": c.n == 0 || c.side == infinity,
		} {
			if got := strings.Contains(note, phrase); got != want {
				t.Errorf("%s: %q says %q: %v", c.name(), note, phrase, got)
			}
		}
	}
}
