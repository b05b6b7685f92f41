package main

import (
	"fmt"

	"fpsgd/internal/terminal"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
)

// progress shows how far a run is: a bar on a terminal, a line now and then elsewhere, nothing if quiet.
type progress struct {
	line *terminal.Line
	end  float64
}

func newProgress(t *terminal.Terminal, quiet bool, cfg *config.Config) *progress {
	return &progress{t.Line(quiet), cfg.Time.End}
}

// Observe implements solver.Observer.
func (p *progress) Observe(e solver.Event) error {
	p.line.Tell(e.Time/p.end, fmt.Sprintf("t = %.4g of %g, step %d, dt = %.3g", e.Time, p.end, e.Steps, e.Dt))
	return nil
}
