package fpsgd

import (
	"fmt"
	"math"

	"fpsgd/scenarios"
	"fpsgd/solver"
	"fpsgd/solver/analysis"
)

// situation is what the notes of a run are deduced from. NaN: unknown.
type situation struct {
	notes  []string // so far
	choice Choice

	box    *Box              // how the gap depends on the reach of the grid; nil: not looked for
	search *scenarios.Search // for what f does below the grid's scale; nil: unknown

	gap    // as it was found; whether it is known decay tells
	decay  analysis.Decay
	reason analysis.Reason
	needed float64 // time.end at which the rate would be seen; NaN: none, or not known

	exact        float64 // rate on the whole space
	kind         string  // of exact (scenarios.Known)
	continuum    float64 // where the essential spectrum begins, of a space of unknown gap
	integrable   *bool   // whether π is, on the whole space
	massOutside  float64 // share of π beyond the grid
	conservative bool    // all ends are closed
	refinable    bool    // the grid can be, by fpsgd spectrum --extrapolate
	unbounded    bool    // the gap is extrapolated to an unbounded domain

	errorChi, chi float64 // in the end, of the error and of the density

	timeError [2]float64 // estimated, relative: the largest of all outputs, and in the end
	solving   float64    // what solves and rounding have of the latter
	tolerance float64    // of lanczos; NaN for a scheme whose tolerance is that of a step
}

// situation is what of an equation, and of its gap, is known without a run.
func (e *Equation) situation(gap float64) *situation {
	s := &situation{
		exact: e.Known.Rate, kind: e.Known.Kind, integrable: e.Known.Integrable,
		continuum:   e.Known.Continuum,
		massOutside: e.MassOutside(e.Operator), conservative: e.Operator.Conservative(),
		decay: analysis.Decay{Course: analysis.Course{Gap: gap}}, notes: []string{},
	}
	if e.Config != nil {
		s.notes = append(s.notes, e.Config.Remarks()...)
	}
	if found, err := e.Searched(); err == nil {
		s.search = found
	}
	return s
}

// Notes say what a reader of a spectrum must know of the gap and of π, besides its box. The gap may
// be extrapolated already, and that of the unbounded domain be found.
func (e *Equation) Notes(gap float64, extrapolated, unbounded bool) []string {
	s := e.situation(gap)
	s.refinable, s.unbounded = !extrapolated && e.Refinable(), unbounded
	s.onSearch()
	s.onWholeSpace()
	return s.notes
}

func (s *situation) say(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// ofRun are all notes that a run may say below its table, after those on its initial state.
func (s *situation) ofRun() []string {
	s.onSearch()
	s.onTime()
	s.onGap()
	s.onWholeSpace()
	s.onDensity()
	return s.notes
}

func (s *situation) onSearch() {
	if s.search != nil && s.search.Noteworthy() {
		s.say("%v", s.search)
	}
}

// onTime tells of a scheme that is not the default, and of lanczos that is less accurate than it
// was asked to be.
func (s *situation) onTime() {
	if s.choice.Fallback {
		s.say("the scheme is %s, %s", s.choice.Name, s.choice.Reason)
	}
	if s.timeError[0] > s.tolerance {
		end := ""
		if s.timeError[1] > s.tolerance {
			end = fmt.Sprintf("; at the end it is %.2g, of which linear solves and rounding "+
				"have made %.2g", s.timeError[1], s.solving)
		}
		s.say("the error in time is estimated to reach %.2g of ‖u−⟨u⟩‖, "+
			"more than time.tolerance = %.2g%s", s.timeError[0], s.tolerance, end)
	}
}

// onGap tells how the gap was found, why no fitted rate is the gap, or by how much one that is
// exceeds it by more than the steps account for, and how it depends on the reach of the grid.
func (s *situation) onGap() {
	gap := s.decay.Gap
	if s.failure != nil {
		s.say("the spectral gap was not found: %v", s.failure)
	}
	if !math.IsNaN(s.replaced) {
		s.say("a first search found the gap %.6g, which the norms disproved; "+
			"one that started from the states of the run found %.6g", s.replaced, gap)
	}
	if s.reason != "" {
		s.say("%s", s.decay.Explain(s.reason, s.needed))
	} else if s.decay.Exceeds() {
		s.say("the rate fitted to the norms, %.6g, exceeds the gap by %.1e, "+
			"relatively: modes faster than the slowest are not quite gone when its window begins, "+
			"at t = %.3g", s.decay.Fit.Rate, s.decay.Difference(), s.decay.Fit.Window[0])
	}
	if !math.IsNaN(gap) && s.Certificate.Kind != solver.Certified {
		s.say("that the gap is the lowest rate is %s: %s", s.Certificate.Kind, s.Certificate.Text)
	}
	if s.box != nil && s.box.Moves(gap) {
		s.say("%s", s.box.Note(gap))
	}
}

const (
	// exactTolerance is the relative difference from the closed form up to which the gap of a grid
	// is taken to be it.
	exactTolerance = 1e-3
	// truncated is the share of π outside of the grid, relative to a difference, that tells of
	// truncation.
	truncated = 0.1
)

// onWholeSpace tells how the gap of the grid differs from that of the whole space, and why: a
// bounded grid has a gap where the whole space has none, and one above the bottom of an essential
// spectrum.
func (s *situation) onWholeSpace() {
	gap, off := s.decay.Gap, s.decay.Gap/s.exact-1
	differ := fmt.Sprintf("gap %.6g of the grid and exact rate %.6g differ by %.1e",
		gap, s.exact, math.Abs(off))
	differs := s.exact > 0 && math.Abs(off) > exactTolerance
	switch {
	case s.kind == "none" && gap > 0:
		s.say("the whole space has no spectral gap: %.6g belongs to this grid, and "+
			"falls towards 0 as that reaches further, like (π/T)² with its logarithmic length T",
			gap)
	case gap > s.continuum*(1+exactTolerance):
		s.say("gap %.6g belongs to this grid: on the whole space the essential spectrum begins at "+
			"%.6g, and no gap is above that", gap, s.continuum)
	case (s.kind == "edge" || s.kind == "hardy") && off > exactTolerance:
		hint := ""
		if s.kind == "edge" && !s.unbounded {
			hint = "; to extrapolate with fpsgd spectrum, see --edge"
		}
		s.say("%s: the latter is the edge of an essential spectrum, and the gap of a bounded "+
			"grid lies above it, the less the further it reaches, like (π/T)² with its "+
			"logarithmic length T%s", differ, hint)
	case differs && s.massOutside > truncated*math.Abs(off):
		s.say("%s: truncation, as a share of %.1e of π lies outside the grid (reach further)",
			differ, s.massOutside)
	case differs:
		hint := ""
		if s.refinable {
			hint = " (fpsgd spectrum --extrapolate tells them apart)"
		}
		s.say("%s: discretisation or, if the slowest mode grows outwards, truncation%s",
			differ, hint)
	}
	if s.escapes() && s.conservative {
		s.say("π is not integrable on the whole space: with closed ends the density relaxes to " +
			"an invariant one that belongs to the grid alone")
	}
}

// escapes reports whether π is known not to be integrable on the whole space.
func (s *situation) escapes() bool { return s.integrable != nil && !*s.integrable }

// heavyChi is a χ = (Σ (P − Π)²/Π)^{1/2} of a density that has its mass where Π has next to none:
// for P = Π/q on a share q of the mass of Π, and 0 elsewhere, χ² = 1/q − 1.
const heavyChi = 1e3

// onDensity tells of which π the files are, and how to read an error in χ where the weight 1/Π
// makes every such norm huge: against χ of the density itself.
func (s *situation) onDensity() {
	if s.escapes() && !s.conservative {
		s.say("π is not integrable on the whole space: invariant.npy, and χ with it, are of π " +
			"on the grid alone")
	}
	if s.chi > heavyChi && s.errorChi > 0 {
		s.say("the error in χ is to be read against χ = %.1e of the density: %.1e of that. Its "+
			"weight 1/Π is huge, as the grid's Π has next to no mass where the density is",
			s.chi, s.errorChi/s.chi)
	}
}
