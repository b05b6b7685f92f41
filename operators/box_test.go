package operators

import (
	"slices"
	"testing"

	"fpsgd/mesh"

	"pgregory.net/rapid"
)

// The samples of a box are its own to the bit, whichever boxes were sampled before.
func TestSamplesDoNotDependOnTheBoxBefore(t *testing.T) {
	g := newGrid(t, "spherical", 3, sinhAxis(t, "r", 4, 0, 5), uniformAxis(t, "theta", 2, 0, 3),
		uniformAxis(t, "phi", 2, 0, 6))
	s := refinedSamples(g, quadratic(0.25))
	rapid.Check(t, func(t *rapid.T) {
		var b box
		for k, q := range []float64{0.1, 2, 5} {
			b.lo[k] = rapid.SampledFrom([]float64{0.1, 0.2}).Draw(t, "lower end")
			b.hi[k] = b.lo[k] + rapid.SampledFrom([]float64{0.1, 0.2}).Draw(t, "width")*q
		}
		fresh := refinedSamples(g, quadratic(0.25))
		if s.sample(&b) != nil || fresh.sample(&b) != nil {
			t.Fatal("no samples")
		}
		if !slices.Equal(s.logPi, fresh.logPi) || !slices.Equal(s.kappa, fresh.kappa) {
			t.Fatalf("other samples of %v", b)
		}
	})
}

// counted are weights that count the points at which they are asked for.
type counted struct {
	Weights
	points *int
}

func (c counted) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	*c.points += p.Len()
	return c.Weights.LogWeights(logPi, kappa, p)
}

// ∫e^{−κ} over a cell is the same from the samples for π as from its own, and needs none then.
func TestPolesAreSoughtInTheSamplesForPi(t *testing.T) {
	g := newGrid(t, "polar", 2, sinhAxis(t, "r", 4, 0, 5), uniformAxis(t, "phi", 2, 0, 6))
	forPi, other := newMassIntegrator(refinedSamples(g, quadratic(0.25))), &massIntegrator{}
	for i := range g.Cells() {
		cell, points := boxOf(g, i), 0
		if _, _, _, err := forPi.integrate(cell, 0); err != nil {
			t.Fatal(err)
		}
		w := counted{quadratic(0.25), &points}
		used, own := newResistivity(g, w, 1), newResistivity(g, w, 1)
		if used.converges(cell, 0, forPi) != nil || points > 0 {
			t.Errorf("cell %d: %d points besides those for π", i, points)
		}
		if own.converges(cell, 0, other) != nil || points == 0 {
			t.Errorf("cell %d: no points", i)
		}
		if !slices.Equal(used.logPi, own.logPi) || !slices.Equal(used.sums.aliased,
			own.sums.aliased) {
			t.Errorf("cell %d: other samples", i)
		}
	}
}
