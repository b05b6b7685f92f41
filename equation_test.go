package fpsgd

import (
	"strings"
	"testing"

	"fpsgd/scenarios/config"
)

func scenarioOf(t *testing.T, preset string, sets ...string) *Scenario {
	t.Helper()
	return must[*Scenario](t)(StateOf(must[*config.Config](t)(config.Preset(preset, sets))))
}

func TestEquationsSayWhatIsSolved(t *testing.T) {
	s := scenarioOf(t, "quadratic-2d", "noise.epsilon=0.4", "landscape.formula=1e-2 + x^2 + "+
		"3*y^(2.5) - exp(-2*pi*x)")
	want := "ε = 0.4 · ML noise ε f · R^{2} · f = 1·10^{−2} + x^{2} + 3·y^{(2.5)} − exp(−2·π·x)"
	if got := equationText(s); got != want {
		t.Errorf("equation %q, want %q", got, want)
	}
	s = scenarioOf(t, "quadratic-radial-20")
	if got := equationText(s); !strings.Contains(got, "R^{20}, radial") ||
		!strings.Contains(got, "ε = 0.05") {
		t.Errorf("equation %q", got)
	}
	s = scenarioOf(t, "quadratic-2d", "landscape.formula=3 + cos(x) + cos(y)",
		"grid.axes.0.ends=periodic")
	if got := equationText(s); !strings.Contains(got, " · T^{2} · ") {
		t.Errorf("equation %q", got)
	}
	s = scenarioOf(t, "ornstein-uhlenbeck")
	if got := equationText(s); !strings.Contains(got, "homogeneous noise ε") {
		t.Errorf("equation %q", got)
	}
}
