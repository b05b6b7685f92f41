package main

import (
	"math"
	"strings"
	"testing"

	"fpsgd/solver"
)

// agreeing are rates that agree: q = 2·0.1, of which 0.05 q² = 2e-3 is allowed.
func agreeing() rates {
	return rates{fit: solver.Fit{Rate: 2.003, Window: [2]float64{2, 8}, Step: 0.1}, scheme: solver.SDIRK2(), gap: 2, next: 3, overlap: 0.5,
		exact: 2.001, kind: "attained", massOutside: 1e-12}
}

func TestRatesAgree(t *testing.T) {
	unknown := agreeing()
	unknown.exact, unknown.kind, unknown.fit.Rate = math.NaN(), "", math.NaN()
	euler := agreeing()
	euler.scheme, euler.fit.Rate = solver.Euler(), 2*math.Log1p(0.2)/0.2 // the decay of Euler's scheme with q = 0.2
	for name, r := range map[string]rates{"all known": agreeing(), "unknown": unknown, "euler": euler} {
		if got := r.disagreements(); len(got) != 0 {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Each reason is given where it holds, and by one line.
func TestRatesDisagree(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*rates)
		want   string
	}{
		{"steps explain no more", func(r *rates) { r.fit.Rate = 2.005 }, ": transient, "},
		{"the bound of the transient: 0.5 e^{−4} 3 = 0.027", func(r *rates) { r.fit.Rate = 2 * 1.027 }, ": transient, "},
		{"more than a transient", func(r *rates) { r.fit.Rate = 2 * 1.028 }, ": neither that nor faster modes "},
		{"too slow", func(r *rates) { r.fit.Rate = 1.99 }, ": neither that nor faster modes "},
		{"next not found", func(r *rates) { r.fit.Rate, r.next = 2.01, math.NaN() }, ": neither that nor faster modes "},
		{"no overlap", func(r *rates) { r.fit.Rate, r.overlap = 3, 1e-9 }, ": no overlap, "},
		{"edge, fit", func(r *rates) { r.fit.Rate, r.kind = 2.01, "edge" }, ": edge, "},
		{"edge, gap", func(r *rates) { r.exact, r.kind = 1.9, "edge" }, ": edge of the essential spectrum"},
		{"truncation", func(r *rates) { r.exact, r.massOutside = 1.9, 1e-2 }, ": truncation, "},
		{"discretisation", func(r *rates) { r.exact = 1.9 }, ": discretisation or"},
		{"hardy", func(r *rates) { r.gap, r.fit.Rate, r.exact, r.kind = 2, 2, 0.25, "hardy" }, "open the ends"},
	} {
		r := agreeing()
		c.change(&r)
		got := r.disagreements()
		if len(got) != 1 || !strings.Contains(got[0], c.want) {
			t.Errorf("%s: %q, want one line with %q", c.name, got, c.want)
		}
	}
}
