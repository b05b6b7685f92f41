package plots

import (
	"io"
	"math"
	"testing"
)

// escape is a way on a grid: committor and time of a slope.
func escape(d Densities) EscapeData {
	out := EscapeData{Title: d.Title, Grid: d.Grid, Density: d.Invariant, Current: d.Invariant}
	n := float64(len(d.Invariant) - 1)
	for i := range d.Invariant {
		q := math.Max(0, math.Min(1, 1.4*float64(i)/n-0.2))
		out.Committor, out.Time = append(out.Committor, q), append(out.Time, 1e3*(1-q))
	}
	return out
}

// An escape is drawn on one axis and on two, also without what is not known, and nothing else.
func TestEscape(t *testing.T) {
	bare := escape(plane())
	bare.Density, bare.Current = nil, nil
	for name, d := range map[string]EscapeData{"line": escape(line()), "plane": escape(plane()),
		"bare": bare} {
		t.Run(name, func(t *testing.T) {
			picture(t, func(w io.Writer) error { return Escape(w, d) })
		})
	}
	short, unknown := escape(line()), escape(line())
	short.Time = short.Time[1:]
	for i := range unknown.Committor {
		unknown.Committor[i] = math.NaN()
	}
	for name, d := range map[string]EscapeData{"short": short, "unknown": unknown, "none": {}} {
		if Escape(io.Discard, d) == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
