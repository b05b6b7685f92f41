package plots

import (
	"io"
	"math"
	"testing"
)

// shown are particles that show a density to within √n, of a grid.
func shown(d Densities, particles int) ParticlesData {
	p := ParticlesData{Title: d.Title, Grid: d.Grid, Time: 1, Particles: particles,
		Density: d.Invariant}
	for i, rho := range d.Invariant {
		n := float64(particles) * rho * d.Grid.Volume[i]
		seen := math.Round(n + math.Sqrt(n)*math.Sin(float64(7*i)))
		p.Seen = append(p.Seen, math.Max(seen, 0)/(float64(particles)*d.Grid.Volume[i]))
	}
	return p
}

// Particles are drawn on one axis and on two, in one view and in several, and where there are none.
func TestParticles(t *testing.T) {
	none := shown(line(), 1000)
	none.Seen = make([]float64, len(none.Seen))
	for name, views := range map[string][]ParticlesData{
		"line": {shown(line(), 10000)}, "plane": {shown(plane(), 10000)}, "none": {none},
		"views": {shown(plane(), 1000), shown(plane(), 1000)},
	} {
		t.Run(name, func(t *testing.T) {
			picture(t, func(w io.Writer) error { return Particles(w, views...) })
		})
	}
	t.Run("marginals", func(t *testing.T) {
		picture(t, func(w io.Writer) error { return Marginals(w, shown(plane(), 10000)) })
	})
	short := shown(plane(), 100)
	short.Seen = short.Seen[1:]
	for name, views := range map[string][]ParticlesData{
		"no views": nil, "short": {short}, "lines": {shown(line(), 10), shown(line(), 10)},
	} {
		if Particles(io.Discard, views...) == nil {
			t.Errorf("%s: no error", name)
		}
		if len(views) > 0 && name != "views" && Marginals(io.Discard, views[0]) == nil {
			t.Errorf("%s: no error of marginals", name)
		}
	}
}

// Deviations are in units of √(NP), and not told where less than one particle is expected.
func TestDeviationsOfParticles(t *testing.T) {
	d := ParticlesData{Grid: Grid{Volume: []float64{1, 2, 1}}, Particles: 100,
		Density: []float64{0.25, 0.37, 0.001}, Seen: []float64{0.30, 0.37, 0.01}}
	got := d.deviations()
	if math.Abs(got[0]-1) > 1e-12 || math.Abs(got[1]) > 1e-12 || !math.IsNaN(got[2]) {
		t.Errorf("%v, want 1, 0 and NaN", got)
	}
}
