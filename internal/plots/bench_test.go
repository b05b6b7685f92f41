package plots

import (
	"bytes"
	"io"
	"math"
	"testing"
)

// BenchmarkFigures reports the milliseconds that each figure takes, and its bytes.
func BenchmarkFigures(b *testing.B) {
	axis := sinhAxis("x", 96, 100)
	plane := relaxing(planeGrid(Identity, axis, axis), 0.25, 0.4, 0, 0.25, 0.5, 1, 2)
	polar := relaxing(planeGrid(Polar, logAxis("r", 96, 0.01, 100),
		uniformAxis("phi", 48, -math.Pi, math.Pi)), 0.25, 0.4, 0, 0.25, 0.5, 1, 2)
	line := relaxing(lineGrid(sinhAxis("x", 400, 100)), 0.25, 0.4, 0, 0.25, 0.5, 1, 2)
	modes := ModesData{Title: "modes"}
	for range 3 {
		modes.Modes = append(modes.Modes, Mode{"λ = 1", plane.Grid,
			plane.Grid.sample(func(x, y float64) float64 { return x * y / (1 + x*x + y*y) })})
	}
	for _, f := range []struct {
		name string
		draw func(w io.Writer) error
	}{
		{"decay", func(w io.Writer) error { return Decay(w, decaying(200, 12)) }},
		{"curves", func(w io.Writer) error { return Curves(w, line) }},
		{"maps", func(w io.Writer) error { return Maps(w, plane) }},
		{"maps-of-three-views", func(w io.Writer) error { return Maps(w, plane, plane, plane) }},
		{"maps-polar", func(w io.Writer) error { return Maps(w, polar) }},
		{"invariant", func(w io.Writer) error { return Invariant(w, final(plane)) }},
		{"modes", func(w io.Writer) error { return Modes(w, modes) }},
	} {
		b.Run(f.name, func(b *testing.B) {
			var out bytes.Buffer
			for b.Loop() {
				out.Reset()
				if err := f.draw(&out); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/figure")
			b.ReportMetric(float64(out.Len()), "bytes")
		})
	}
}
