package main

import (
	"strings"
	"testing"

	"fpsgd/scenarios"
)

func scenarioOf(t *testing.T, preset string, sets ...string) *scenarios.Scenario {
	t.Helper()
	s, err := loadScenario(preset, sets)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEquationsSayWhatIsSolved(t *testing.T) {
	s := scenarioOf(t, "quadratic-2d", "noise.epsilon=0.4", "landscape.formula=1e-2 + x^2 + 3*y^(2.5) - exp(-2*pi*x)")
	want := "ε = 0.4 · ML noise ε f · R^{2} · f = 1·10^{−2} + x^{2} + 3·y^{(2.5)} − exp(−2·π·x)"
	if got := equation(s); got != want {
		t.Errorf("equation %q, want %q", got, want)
	}
	s = scenarioOf(t, "quadratic-radial-20")
	if got := equation(s); !strings.Contains(got, "R^{20}, radial") || !strings.Contains(got, "ε = 0.05") {
		t.Errorf("equation %q", got)
	}
	s = scenarioOf(t, "ornstein-uhlenbeck")
	if got := equation(s); !strings.Contains(got, "homogeneous noise ε") {
		t.Errorf("equation %q", got)
	}
}
