package scenarios

import (
	"math"
	"testing"
	"time"

	"fpsgd/scenarios/config"
)

// preset builds a preset with changed values.
func preset(t testing.TB, name string, sets ...string) *Scenario {
	t.Helper()
	cfg, err := config.Preset(name, sets)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every preset builds, assembles and has an initial density of mass 1.
func TestPresets(t *testing.T) {
	for _, p := range config.Presets() {
		t.Run(p.Name, func(t *testing.T) {
			start := time.Now()
			s := preset(t, p.Name)
			op, err := s.Assemble()
			if err != nil {
				t.Fatal(err)
			}
			w, err := s.Start(op)
			if err != nil {
				t.Fatal(err)
			}
			if m := op.Mass(w); math.Abs(m-1) > 1e-14 {
				t.Errorf("initial mass %.17g", m)
			}
			t.Logf("%v: rate %g (%s), outside %.2e, f = %s",
				time.Since(start).Round(time.Millisecond), s.Known.Rate, s.Known.Kind,
				s.MassOutside(op), s.Landscape)
		})
	}
}
