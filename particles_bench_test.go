package fpsgd

import (
	"testing"

	"fpsgd/scenarios/config"
	"fpsgd/solver/ensemble"
)

// A step of a particle in the plane as the command makes it, by a formula and with step control.
func BenchmarkParticles(b *testing.B) {
	cfg, err := config.Preset("quadratic-2d", []string{"grid.axes.0.cells=16", "solver.threads=1"})
	if err != nil {
		b.Fatal(err)
	}
	e, err := FromConfig(cfg)
	if err != nil {
		b.Fatal(err)
	}
	for _, scheme := range []string{"sgd", "euler", "weak2"} {
		b.Run(scheme, func(b *testing.B) {
			const particles, steps = 1 << 13, 100
			s, err := newSimulation(e, EnsembleOptions{Particles: particles, Scheme: scheme,
				Eta: 0.01, Times: []float64{0, 1}})
			if err != nil {
				b.Fatal(err)
			}
			draw, err := s.drawer()
			if err != nil {
				b.Fatal(err)
			}
			particlesOf := ensemble.New(particles, 2, 1, 1, draw)
			s.method.Step = 0.01
			for b.Loop() {
				if err := particlesOf.Advance(b.Context(), s.method, steps, 1, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/particles/steps,
				"ns/step")
		})
	}
}
