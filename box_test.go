package fpsgd

import (
	"strings"
	"testing"
)

// Of gaps that follow edge + c²π²/T² a third of the change from half the length is left, and of
// those that converge like e^{−aT} its square: said where that exceeds the bar.
func TestBarNote(t *testing.T) {
	law := 3.0
	for _, c := range []struct {
		box       Box
		gap, left float64
	}{
		{Box{Change: -3, Law: law}, 10, 1},      // edge 9: 9 + 4 on half, 9 + 1 on the whole
		{Box{Change: -1e-3, Law: law}, 1, 1e-6}, // 1 + e^{−a/2}, 1 + e^{−a}
		{Box{Change: 1e-3, Law: 0}, 1, 1e-6},
	} {
		for _, factor := range []float64{0.5, 0.99, 1.01, 2} {
			bar := factor * c.left
			if got := c.box.BarNote(c.gap, Known(bar)) != ""; got != (factor < 1) {
				t.Errorf("%+v, %g away, with the bar %g: said %v", c.box, c.left, bar, got)
			}
		}
		if text := c.box.BarNote(c.gap, Number{}); text != "" {
			t.Errorf("with no bar: %q", text)
		}
	}
}

// log-singular-pair, graded from two minima 2 apart on a scale of 1e-3, has the gaps 2.1303,
// 2.1246, 2.1186 and 2.1147 on boxes of 1e1, 1e2, 1e3 and 1e5 at one number of cells: it hardly
// depends on the reach. Half of the box in log |θ| ends next to the minima and has 0.877, which is
// no evidence that it does, nor of how far the whole space is.
func TestHalfABoxThatCutsOff(t *testing.T) {
	pair := Box{GapHalf: 0.876912, Change: 2.118467 - 0.876912, LogLength: 14.51}
	if text := pair.Note(2.118467); !strings.Contains(text, "is not known from it") ||
		strings.Contains(text, "it depends") {
		t.Errorf("%q", text)
	}
	bar := 2e-3
	if text := pair.BarNote(2.118467, Known(bar)); !strings.HasSuffix(text, "is not known") {
		t.Errorf("%q", text)
	}
	edge := Box{GapHalf: 2.8, Change: -0.6, LogLength: 9.9, Law: 0.6}
	if text := edge.Note(2.2) + edge.BarNote(2.2, Known(bar)); strings.Contains(text,
		"not known") || !strings.Contains(text, "it depends on how far") {
		t.Errorf("%q", text)
	}
}
