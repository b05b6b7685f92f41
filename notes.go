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
	choice Choice

	box     *Box              // how the gap depends on the reach of the grid; nil: not looked for
	search  *scenarios.Search // for what f does below the grid's scale; nil: unknown
	remarks []string          // on the initial state

	decay       analysis.Decay
	reason      analysis.Reason
	needed      float64 // time.end at which the rate would be seen; NaN: none, or not known
	gapFailure  error   // of the search for the gap
	certificate solver.Certificate
	replaced    float64 // a gap that the evidence disproved, and another search replaced

	exact        float64 // rate on the whole space
	kind         string  // of exact (scenarios.Known)
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
		massOutside: e.MassOutside(e.Operator), conservative: e.Operator.Conservative(),
		decay: analysis.Decay{Gap: gap},
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
	return notesOn(s, spectrumNotes)
}

// note is a deduction: what is said, and when.
type note struct {
	said func(s *situation) bool
	text func(s *situation) string
}

// runNotes are all that a run may say below its table, in this order.
var runNotes = []note{searchNote, schemeNote, toleranceNote, failureNote, replacedNote, reasonNote,
	excessNote, certificateNote, boxNote, gaplessNote, edgeNote, truncationNote,
	discretisationNote, escapeNote, outflowNote, chiNote}

// spectrumNotes are those of them that are on the gap and on π.
var spectrumNotes = []note{searchNote, gaplessNote, edgeNote, truncationNote, discretisationNote,
	escapeNote}

// notesOn says what holds in a situation.
func notesOn(s *situation, notes []note) []string {
	out := append([]string{}, s.remarks...)
	for _, n := range notes {
		if n.said(s) {
			out = append(out, n.text(s))
		}
	}
	return out
}

var searchNote = note{
	func(s *situation) bool { return s.search != nil && s.search.Noteworthy() },
	func(s *situation) string { return s.search.String() },
}

var schemeNote = note{
	func(s *situation) bool { return s.choice.Fallback },
	func(s *situation) string {
		return fmt.Sprintf("the scheme is %s, %s", s.choice.Name, s.choice.Reason)
	},
}

// toleranceNote is on a run of lanczos that is less accurate than it was asked to be.
var toleranceNote = note{
	func(s *situation) bool { return s.timeError[0] > s.tolerance },
	func(s *situation) string {
		text := fmt.Sprintf("the error in time is estimated to reach %.2g of ‖u−⟨u⟩‖, "+
			"more than time.tolerance = %.2g", s.timeError[0], s.tolerance)
		if s.timeError[1] > s.tolerance {
			text += fmt.Sprintf("; at the end it is %.2g, of which linear solves and rounding "+
				"have made %.2g", s.timeError[1], s.solving)
		}
		return text
	},
}

var failureNote = note{
	func(s *situation) bool { return s.gapFailure != nil },
	func(s *situation) string {
		return fmt.Sprintf("the spectral gap was not found: %v", s.gapFailure)
	},
}

var replacedNote = note{
	func(s *situation) bool { return !math.IsNaN(s.replaced) },
	func(s *situation) string {
		return fmt.Sprintf("a first search found the gap %.6g, which the norms disproved; "+
			"one that started from the states of the run found %.6g", s.replaced, s.decay.Gap)
	},
}

// reasonNote says why there is no fitted rate that is the gap.
var reasonNote = note{
	func(s *situation) bool { return s.reason != "" },
	func(s *situation) string { return s.decay.Explain(s.reason, s.needed) },
}

// excessNote is on a fit that is the gap to 1 % and is above it by more than the steps account for.
var excessNote = note{
	func(s *situation) bool { return s.reason == "" && s.decay.Exceeds() },
	func(s *situation) string {
		return fmt.Sprintf("the rate fitted to the norms, %.6g, exceeds the gap by %.1e, "+
			"relatively: modes faster than the slowest are not quite gone when its window begins, "+
			"at t = %.3g", s.decay.Fit.Rate, s.decay.Difference(), s.decay.Fit.Window[0])
	},
}

var certificateNote = note{
	func(s *situation) bool {
		return !math.IsNaN(s.decay.Gap) && s.certificate.Kind != solver.Certified
	},
	func(s *situation) string {
		return fmt.Sprintf("that the gap is the lowest rate is %s: %s",
			s.certificate.Kind, s.certificate.Text)
	},
}

var boxNote = note{
	func(s *situation) bool { return s.box != nil && s.box.Moves(s.decay.Gap) },
	func(s *situation) string { return s.box.Note(s.decay.Gap) },
}

// exactTolerance is the relative difference from the closed form up to which the gap of a grid is
// taken to be it.
const exactTolerance = 1e-3

// off is the relative distance of the gap from that of the whole space, NaN where one of them is
// unknown; +Inf where there is none.
func (s *situation) off() float64 {
	if s.exact == 0 {
		return s.decay.Gap / 0.0
	}
	return s.decay.Gap/s.exact - 1
}

// differ says by how much the gap differs from the exact rate.
func (s *situation) differ() string {
	return fmt.Sprintf("gap %.6g of the grid and exact rate %.6g differ by %.1e",
		s.decay.Gap, s.exact, math.Abs(s.off()))
}

// gaplessNote: where the whole space has no gap, a bounded grid has one all the same.
var gaplessNote = note{
	func(s *situation) bool { return s.kind == "none" && s.decay.Gap > 0 },
	func(s *situation) string {
		return fmt.Sprintf("the whole space has no spectral gap: %.6g belongs to this grid, and "+
			"falls towards 0 as that reaches further, like (π/T)² with its logarithmic length T",
			s.decay.Gap)
	},
}

// edgeNote: on a bounded grid the gap lies above the bottom of an essential spectrum.
var edgeNote = note{
	func(s *situation) bool {
		return (s.kind == "edge" || s.kind == "hardy") && s.off() > exactTolerance
	},
	func(s *situation) string {
		text := fmt.Sprintf("%s: the latter is the edge of an essential spectrum, and the gap of "+
			"a bounded grid lies above it, the less the further it reaches, like (π/T)² with its "+
			"logarithmic length T", s.differ())
		if s.kind == "edge" && !s.unbounded {
			text += "; to extrapolate with fpsgd spectrum, see --edge"
		}
		return text
	},
}

// truncated is the share of π outside of the grid, relative to a difference, that tells of
// truncation.
const truncated = 0.1

// beside reports whether the gap differs from an exact one by what is not due to the edge of an
// essential spectrum.
func (s *situation) beside() bool {
	return s.exact > 0 && math.Abs(s.off()) > exactTolerance && !edgeNote.said(s)
}

var truncationNote = note{
	func(s *situation) bool {
		return s.beside() && s.massOutside > truncated*math.Abs(s.off())
	},
	func(s *situation) string {
		return fmt.Sprintf("%s: truncation, as a share of %.1e of π lies outside the grid (reach "+
			"further)", s.differ(), s.massOutside)
	},
}

var discretisationNote = note{
	func(s *situation) bool { return s.beside() && !truncationNote.said(s) },
	func(s *situation) string {
		text := s.differ() + ": discretisation or, if the slowest mode grows outwards, truncation"
		if s.refinable {
			text += " (fpsgd spectrum --extrapolate tells them apart)"
		}
		return text
	},
}

// escapes reports whether π is known not to be integrable on the whole space.
func (s *situation) escapes() bool { return s.integrable != nil && !*s.integrable }

var escapeNote = note{
	func(s *situation) bool { return s.escapes() && s.conservative },
	func(*situation) string {
		return "π is not integrable on the whole space: with closed ends the density relaxes to " +
			"an invariant one that belongs to the grid alone"
	},
}

var outflowNote = note{
	func(s *situation) bool { return s.escapes() && !s.conservative },
	func(*situation) string {
		return "π is not integrable on the whole space: invariant.npy, and χ with it, are of π " +
			"on the grid alone"
	},
}

// heavyChi is a χ = (Σ (P − Π)²/Π)^{1/2} of a density that has its mass where Π has next to none:
// for P = Π/q on a share q of the mass of Π, and 0 elsewhere, χ² = 1/q − 1.
const heavyChi = 1e3

// chiNote says how to read an error in χ where the weight 1/Π makes every such norm huge: against χ
// of the density itself.
var chiNote = note{
	func(s *situation) bool { return s.chi > heavyChi && s.errorChi > 0 },
	func(s *situation) string {
		return fmt.Sprintf("the error in χ is to be read against χ = %.1e of the density: %.1e of "+
			"that. Its weight 1/Π is huge, as the grid's Π has next to no mass where the "+
			"density is",
			s.chi, s.errorChi/s.chi)
	},
}
