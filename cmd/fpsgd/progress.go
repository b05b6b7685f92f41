package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"fpsgd/scenarios/config"
	"fpsgd/solver"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// linePeriod is how often progress is reported where there is no terminal.
const linePeriod = 5 * time.Second

// progress shows how far a run is: a bar on a terminal, a line now and then elsewhere, nothing if quiet.
type progress struct {
	w    io.Writer
	bar  *progressbar.ProgressBar
	end  float64
	next time.Time
}

// barSteps is the resolution of the bar.
const barSteps = 1000

func newProgress(w io.Writer, quiet bool, cfg *config.Config) *progress {
	p := &progress{w: w, end: cfg.Time.End, next: time.Now().Add(linePeriod)}
	if quiet {
		p.w = io.Discard
		return p
	}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bar = progressbar.NewOptions(barSteps, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(cfg.Name),
			progressbar.OptionSetPredictTime(true), progressbar.OptionSetWidth(40), progressbar.OptionClearOnFinish(),
			progressbar.OptionThrottle(100*time.Millisecond))
	}
	return p
}

// Observe implements solver.Observer.
func (p *progress) Observe(e solver.Event) error {
	switch {
	case p.bar != nil:
		p.bar.Describe(fmt.Sprintf("t = %.4g of %g", e.Time, p.end))
		return p.bar.Set(int(barSteps * e.Time / p.end))
	case time.Now().After(p.next):
		p.next = time.Now().Add(linePeriod)
		fmt.Fprintf(p.w, "t = %.4g of %g, step %d, dt = %.3g\n", e.Time, p.end, e.Steps, e.Dt)
	}
	return nil
}

// Close ends the bar.
func (p *progress) Close() {
	if p.bar != nil {
		p.bar.Finish()
	}
}
