package main

import (
	"strings"
	"testing"

	"fpsgd/scenarios/config"
	"fpsgd/solver"
)

// Every value of time.scheme is lanczos or a scheme of the solver, and the other way round; fpsgd
// list tells of each.
func TestSchemesAreChoices(t *testing.T) {
	known := map[string]bool{config.Lanczos: true}
	for _, s := range solver.Schemes() {
		known[s.Name] = true
	}
	listed := succeed(t, t.TempDir(), "list")
	for _, k := range config.Keys() {
		if k.Path != "time.scheme" {
			continue
		}
		if len(k.Choices) != len(known) {
			t.Errorf("choices %q, and the solver has %v", k.Choices, known)
		}
		for _, name := range k.Choices {
			if !known[name] || !strings.Contains(listed, "\n  "+name+" ") {
				t.Errorf("%s is not known, or fpsgd list does not tell of it", name)
			}
		}
	}
}
