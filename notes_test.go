package fpsgd

import (
	"errors"
	"math"
	"strings"
	"testing"

	"fpsgd/scenarios"
	"fpsgd/solver"
	"fpsgd/solver/analysis"
)

// situations are all combinations of what notes on the gap and on π are deduced from.
func situations() []situation {
	nan, yes, no := math.NaN(), true, false
	var out []situation
	for _, kind := range []string{"", "attained", "edge", "hardy", "none"} {
		for _, gap := range []float64{nan, 2, 2.001, 2.2, 1.8} {
			for _, outside := range []float64{nan, 0, 1e-4, 0.05} {
				for _, integrable := range []*bool{nil, &yes, &no} {
					for _, conservative := range []bool{true, false} {
						for _, refinable := range []bool{true, false} {
							exact := map[string]float64{"": nan, "attained": 2, "edge": 2,
								"hardy": 2, "none": 0}[kind]
							out = append(out, situation{
								decay: analysis.Decay{Course: analysis.Course{Gap: gap}},
								gap:   certifiedGap(),
								exact: exact, kind: kind, integrable: integrable,
								massOutside: outside, conservative: conservative,
								continuum: nan,
								refinable: refinable,
								errorChi:  nan, chi: nan, tolerance: nan,
							})
						}
					}
				}
			}
		}
	}
	return out
}

// certifiedGap is a gap that was found at once to be the lowest rate.
func certifiedGap() gap {
	g := noGap(nil)
	g.Certificate.Kind = solver.Certified
	return g
}

// Of a gap and of π each note is said where it is true, and nowhere else: by a phrase of it, and
// when.
func TestNotesAreDeductions(t *testing.T) {
	above := func(s *situation) bool { return s.decay.Gap == 2.2 }
	below := func(s *situation) bool { return s.decay.Gap == 1.8 }
	attained := func(s *situation) bool { return s.kind == "attained" && (above(s) || below(s)) }
	crowded := func(s *situation) bool { return s.kind == "edge" || s.kind == "hardy" }
	// of a difference of 0.1, half
	outside := func(s *situation) bool { return s.massOutside == 0.05 }
	gapless := func(s *situation) bool { return s.kind == "none" && !math.IsNaN(s.decay.Gap) }
	escapes := func(s *situation) bool { return s.integrable != nil && !*s.integrable }
	for _, c := range []struct {
		phrase string
		when   func(s *situation) bool
	}{
		{"the whole space has no spectral gap", gapless},
		{"the latter is the edge of an essential spectrum",
			func(s *situation) bool { return crowded(s) && above(s) }},
		{"see --edge", func(s *situation) bool { return s.kind == "edge" && above(s) }},
		{"(reach further)", func(s *situation) bool {
			return (attained(s) || crowded(s) && below(s)) && outside(s)
		}},
		{"discretisation or", func(s *situation) bool {
			return (attained(s) || crowded(s) && below(s)) && !outside(s)
		}},
		{"--extrapolate tells", func(s *situation) bool {
			return (attained(s) || crowded(s) && below(s)) && !outside(s) && s.refinable
		}},
		{"with closed ends", func(s *situation) bool { return escapes(s) && s.conservative }},
		{"invariant.npy", func(s *situation) bool { return escapes(s) && !s.conservative }},
		{"open the ends", func(*situation) bool { return false }},
		{"Inf", func(*situation) bool { return false }},
		{"NaN", func(*situation) bool { return false }},
	} {
		said := 0
		for _, s := range situations() {
			text := strings.Join(s.ofRun(), "\n")
			if got := strings.Contains(text, c.phrase); got != c.when(&s) {
				t.Fatalf("%q is said: %v, of kind %q, gap %g, exact %g, outside %g, closed %v:\n%s",
					c.phrase, got, s.kind, s.decay.Gap, s.exact,
					s.massOutside, s.conservative, text)
			} else if got {
				said++
			}
		}
		if never := strings.Contains("open the ends, Inf, NaN", c.phrase); never != (said == 0) {
			t.Errorf("%q is said in %d situations", c.phrase, said)
		}
	}
}

// The other notes, one by one: each is said once where its cause is there, and not without it.
func TestNotesHaveCauses(t *testing.T) {
	quiet := situation{
		decay: analysis.Decay{Next: 3, Course: analysis.Course{
			Times: []float64{0, 8}, LogNorms: []float64{0, -16},
			Fit: solver.Fit{Rate: 2.0001}, Fitted: true, Gap: 2, Overlap: 0.5,
		}},
		gap: certifiedGap(), needed: math.NaN(),
		exact: 2, kind: "attained", continuum: math.NaN(), massOutside: 1e-9,
		conservative: true, errorChi: 1e-6,
		chi:       0.5,
		timeError: [2]float64{9e-7, 8e-7}, solving: 1e-8, tolerance: 1e-6,
	}
	if got := quiet.ofRun(); len(got) > 0 {
		t.Fatalf("of a run in order: %q", got)
	}
	for want, change := range map[string]func(s *situation){
		"the scheme is sdirk2, not the default lanczos: why": func(s *situation) {
			s.choice = Choice{Name: "sdirk2", Reason: "not the default lanczos: why",
				Fallback: true}
		},
		"gap 2 belongs to this grid: on the whole space the essential spectrum begins at 1.9": func(
			s *situation) {
			s.exact, s.kind, s.continuum = math.NaN(), "", 1.9
		},
		"the spectral gap was not found: no": func(s *situation) {
			s.failure = errors.New("no")
		},
		"a first search found the gap 3": func(s *situation) { s.replaced = 3 },
		"that the gap is the lowest rate is undecided: ": func(s *situation) {
			s.Certificate.Kind = solver.Undecided
		},
		"the rate fitted to the norms, 2.004, exceeds the gap by 2.0e-03": func(s *situation) {
			s.decay.Fit.Rate = 2.004
		},
		"the rate fitted to the norms, 3, is not the gap 2: modes faster": func(s *situation) {
			s.decay.Fit.Rate, s.reason, s.needed = 3, analysis.Transient, 12
		},
		"the error in time is estimated to reach 2e-06 of ‖u−⟨u⟩‖, more than time.tolerance = " +
			"1e-06\n": func(s *situation) {
			s.timeError[0] = 2e-6
		},
		"the error in time is estimated to reach 3e-06 of ‖u−⟨u⟩‖, more than time.tolerance = " +
			"1e-06; at the end it is 2e-06, of which linear solves and rounding have made " +
			"5e-07\n": func(s *situation) {
			s.timeError, s.solving = [2]float64{3e-6, 2e-6}, 5e-7
		},
		"gap on half the box (logarithmic length 5 of 10): 2.5; from there to the whole it moves " +
			"by -5.0e-01": func(s *situation) {
			s.box = &Box{GapHalf: 2.5, Change: -0.5, LogLength: 10, Law: 0.6}
		},
		"f was searched for minima and barriers below the grid's scale by interval bounds on all " +
			"60 cells, none left out; 1 found at x = 0.312999, width": func(s *situation) {
			s.search = searchFor(t, "1 + x^2 - 0.99*exp(-((x-0.313)/0.002)^2)")
		},
		"of the initial state": func(s *situation) { s.notes = []string{"of the initial state"} },
		"the error in χ is to be read against χ = 4.0e+21 of the density: 5.0e-03 of " +
			"that.": func(s *situation) { s.errorChi, s.chi = 2e19, 4e21 },
	} {
		s := quiet
		change(&s)
		if got := s.ofRun(); len(got) != 1 || !strings.HasPrefix(got[0]+"\n", want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for _, change := range []func(s *situation){
		// below the gap: the evidence judges that, not faster modes
		func(s *situation) { s.decay.Fit.Rate = 1.999 },
		func(s *situation) { s.errorChi, s.chi = math.NaN(), 4e21 },
		func(s *situation) { s.errorChi, s.chi = 1e-4, math.NaN() },
		func(s *situation) { s.choice = Choice{Name: "sdirk2", Reason: AsAsked} },
		// of steps
		func(s *situation) { s.timeError, s.tolerance = [2]float64{1e-3, 1e-3}, math.NaN() },
		func(s *situation) { s.timeError = [2]float64{math.NaN(), math.NaN()} },
		func(s *situation) { s.search = searchFor(t, "1 + x^2") },
		// it barely moves
		func(s *situation) { s.box = &Box{GapHalf: 2.001, Change: -1e-3, LogLength: 10} },
		// and not as an edge does
		func(s *situation) { s.box = &Box{GapHalf: 2.05, Change: -0.05, LogLength: 10, Law: 0.6} },
		func(s *situation) { s.Certificate.Kind, s.decay.Gap = solver.Undecided, math.NaN() },
	} {
		s := quiet
		change(&s)
		if got := s.ofRun(); len(got) > 0 {
			t.Errorf("%q", got)
		}
	}
}

// searchFor is what a search finds on a graded line of 60 cells.
func searchFor(t *testing.T, formula string) *scenarios.Search {
	t.Helper()
	found, err := scenarioOf(t, "quadratic-1d", "landscape.formula="+formula,
		"initial.kind=invariant",
		"grid.axes.0.cells=60", "grid.axes.0.min=-20.0", "grid.axes.0.max=20.0").Searched()
	if err != nil {
		t.Fatal(err)
	}
	return found
}
