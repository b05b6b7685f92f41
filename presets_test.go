package fpsgd

import (
	"math"
	"os"
	"testing"

	"fpsgd/scenarios/config"
	"fpsgd/solver/analysis"
)

// unseen are the presets whose slowest mode no time shows, and why.
var unseen = map[string]analysis.Reason{
	// eigenvalues π²/T² apart, T = 22 the logarithmic length
	"geometric-brownian": analysis.NearEdge,
}

// Every preset runs long enough for the rate that it is there for: one is fitted to the norms, and
// it is the gap to 1 %, by which the slopes of a window may differ. No evidence is against its
// numbers.
func TestPresetsShowTheirRates(t *testing.T) {
	for _, p := range config.Presets() {
		cfg, err := config.Preset(p.Name, []string{"output.snapshots=0"})
		if err != nil {
			t.Fatal(err)
		}
		t.Run(p.Name, func(t *testing.T) {
			if len(cfg.Grid.Axes) > 1 && os.Getenv("FPSGD_LONG") == "" {
				t.Skip("seconds on more axes; set FPSGD_LONG=1")
			}
			s := ran(t, cfg).summary
			r := s.Rate
			switch {
			case !r.Gap.Known():
				t.Error("no gap")
			case unseen[p.Name] != "":
				if r.Reason == nil || *r.Reason != string(unseen[p.Name]) {
					t.Errorf("the reason is %v, want %s", r.Reason, unseen[p.Name])
				}
			case r.Reason != nil:
				t.Errorf("%s: %s", *r.Reason, *r.ReasonText)
			case !(math.Abs(r.Fitted.Value()/r.Gap.Value()-1) <= 0.01):
				t.Errorf("fitted %g, gap %g", r.Fitted.Value(), r.Gap.Value())
			}
			if err := s.contradiction(); err != nil {
				t.Error(err)
			}
		})
	}
}
