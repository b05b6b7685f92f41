package analysis

import (
	"fmt"
	"math"
)

// Reason is why a run has no fitted rate, or one that is not the gap, in a word for programs; ""
// where they agree.
type Reason string

const (
	Short Reason = "short" // time.end is too soon for the slowest mode alone to be seen
	// the initial density has next to no share in the slowest mode
	NoOverlap Reason = "no-overlap"
	Transient Reason = "transient" // faster modes are not gone
	// the same, where eigenvalues crowd above the edge of an essential spectrum
	NearEdge Reason = "edge"
	// the time steps are too long, or the rows too few, for the rate
	Steps Reason = "steps"
	// the initial density is the invariant one, and nothing decays
	Stationary Reason = "stationary"
	GapUnknown Reason = "gap-unknown" // there is no gap to hold the fit against
	NoneFitted Reason = "none-fitted" // no window, and it is not known why
	Disproved  Reason = "disproved"   // the evidence is against the gap found
)

const (
	// LeastOverlap is the share of the initial deviation in the slowest mode below which a fit is
	// not taken to see that mode.
	LeastOverlap = 1e-6
	// agreement is the relative difference up to which a fit is the gap: that of the slopes in a
	// window.
	agreement = 0.01
	// emerged is the relative excess of the rate over the gap at which the slowest modes count as
	// alone.
	emerged = 1e-3
	// noticed is the difference of a fit from the gap that is worth a word.
	noticed = 1e-4
	// farthestEnd is the latest time.end of a config: times the largest rate of an operator, 1e150,
	// it is a number.
	farthestEnd = 1e150
	// SameRate is the relative distance from the gap up to which eigenvalues count with it: no fit
	// tells them apart.
	SameRate = 5e-3
	// of norms, relative to the first, in which rates are fitted (solver.FitRate), and by which
	// they fall in a window that is not short.
	windowTop, windowBottom, windowFall, leastFall = 1e-2, 1e-10, 10, 3
)

// Decay is what a run knows of how ‖u−⟨u⟩‖ decays. The modes of the gap are those below Next. NaN:
// unknown.
type Decay struct {
	Course
	Next    float64 // the next eigenvalue above Gap·(1 + SameRate)
	Crowded bool    // the exact gap is the edge of an essential spectrum
}

// Difference is fitted/gap − 1, NaN where one of them is not known.
func (d *Decay) Difference() float64 {
	if !d.Fitted {
		return math.NaN()
	}
	return d.Fit.Rate/d.Gap - 1
}

// Agrees reports whether a rate was fitted and is the gap.
func (d *Decay) Agrees() bool { return math.Abs(d.Difference()) <= agreement }

// BySteps reports whether the scheme changes rates by as much as the fit differs from the gap, or
// by an unknown amount.
func (d *Decay) BySteps() bool {
	q := d.Gap * d.Fit.Step
	return len(d.Schemes) > 0 && (q > 1 || math.Abs(d.Difference()) <= d.stepError())
}

// stepError is by how much the steps change the rate of the slowest mode at most.
func (d *Decay) stepError() float64 { return d.Fit.StepError(d.Gap, d.Schemes...) }

// Exceeds reports whether a fit that agrees with the gap is above it by more than the steps account
// for.
func (d *Decay) Exceeds() bool { return d.Agrees() && d.Difference() > d.stepError()+noticed }

// Reason finds why the fit is not the gap. needed is the time.end that would do (Needed), NaN if
// there is none or it is not known.
func (d *Decay) Reason(needed float64) Reason {
	switch {
	case d.stationary():
		return Stationary
	case math.IsNaN(d.Gap):
		return GapUnknown
	case d.Agrees():
		return ""
	case d.Fitted && (d.BySteps() || d.Difference() < 0):
		return Steps
	case needed > d.end():
		return d.hidden(Short)
	case needed <= d.end():
		return Steps
	case !d.Fitted && math.IsNaN(d.Next) && d.Least() > d.end():
		return Short
	case d.Overlap < LeastOverlap:
		return NoOverlap
	case d.Crowded:
		return NearEdge
	case d.Fitted || !math.IsNaN(d.Next):
		return Transient
	}
	return NoneFitted
}

// hidden is what hides the slowest mode: of a rate that was fitted, what the fit sees in its place.
func (d *Decay) hidden(otherwise Reason) Reason {
	switch {
	case !d.Fitted:
		return otherwise
	case d.Overlap < LeastOverlap:
		return NoOverlap
	case d.Crowded:
		return NearEdge
	}
	return Transient
}

// stationary reports whether the initial deviation is rounding.
func (d *Decay) stationary() bool {
	const rounding = 1e-13
	return len(d.LogNorms) > 0 && d.LogNorms[0] <= d.Traces[0].LogWhole+math.Log(rounding)
}

func (d *Decay) end() float64 { return d.Times[len(d.Times)-1] }

// Needed returns the time.end at which the norm has fallen to a tenth while the slowest mode alone
// is seen: where all others add no more than 1e-3 to its rate and the norm is between 1e-2 and
// 1e-10 of the first. It is NaN if there is no such time, or if one of the eigenvalues is not
// known. It is a bound, the least over the rows t₀ of the series: with the Rayleigh quotient ρ,
// which is the rate at t,
//
//	Σ_{k≥2} (λ_k − λ₁) a_k(t)² ≤ (ρ(t₀) − λ₁) ‖v(t₀)‖² e^{−2λ₂(t−t₀)},
//	‖v(t)‖ ≥ c e^{−λ₁t} ‖v(0)‖,   c the overlap,
//
// where modes within SameRate of the gap count as the first.
func (d *Decay) Needed() float64 {
	if math.IsNaN(d.Next) || !(d.Overlap > 0) || !(d.Gap > 0) || d.stationary() {
		return math.NaN()
	}
	share := math.Log(d.Overlap)
	begin := math.Max(math.Max(0, (share-math.Log(windowTop))/d.Gap), d.emergence(share))
	last := (share - math.Log(windowBottom)) / d.Gap
	if !(begin+math.Log(leastFall)/d.Gap <= last) {
		return math.NaN()
	}
	return math.Min(begin+math.Log(windowFall)/d.Gap, last)
}

// Least returns a time.end that is too soon, whatever the next eigenvalue: until then the norm
// cannot have fallen to a tenth of 1e-2. It is NaN where the gap or the overlap is not known.
func (d *Decay) Least() float64 {
	return math.Max(0, math.Log(d.Overlap/(windowTop/windowFall))/d.Gap)
}

// emergence is when the other modes add no more than 1e-3 to the rate, +Inf if that is never seen
// to be so. share is log c.
func (d *Decay) emergence(share float64) float64 {
	first := math.Inf(1)
	for i, t := range d.Times {
		trace := d.Traces[i]
		if !(trace.RayleighError < emerged) {
			continue
		}
		excess := trace.Rayleigh/d.Gap - 1
		if excess <= emerged+SameRate {
			return math.Min(first, t)
		}
		slow := share - d.Gap*t
		wait := math.Log(excess/emerged) + 2*(d.LogNorms[i]-d.LogNorms[0]-slow)
		first = math.Min(first, t+math.Max(0, wait)/(2*(d.Next-d.Gap)))
	}
	return first
}

// Explain is a sentence on a reason. needed is that of Needed.
func (d *Decay) Explain(reason Reason, needed float64) string {
	fit := ""
	if d.Fitted {
		fit = fmt.Sprintf("the rate fitted to the norms, %.6g, is not the gap %.6g: ", d.Fit.Rate,
			d.Gap)
	} else if reason != Stationary {
		fit = "no rate is fitted: "
	}
	switch reason {
	case Short:
		return fit + fmt.Sprintf("at t = %.6g the norm is at %.1e of the first, and it takes "+
			"more until the slowest mode is alone. %s", d.end(), d.left(), d.remedy(needed))
	case NoOverlap:
		return fit + fmt.Sprintf("the initial density has a share of %.1e in the slowest mode, "+
			"and what is seen are faster ones. %s", d.Overlap, d.remedy(needed))
	case NearEdge:
		return fit + fmt.Sprintf("eigenvalues crowd above the edge of the essential spectrum "+
			"(the gap is %.6g, the next %.6g), and faster modes are not gone. %s",
			d.Gap, d.Next, d.remedy(needed))
	case Transient:
		return fit + fmt.Sprintf("modes faster than the slowest are not gone (the next "+
			"eigenvalue is %s). %s", known(d.Next), d.remedy(needed))
	case Steps:
		if d.Fitted && d.BySteps() {
			return fit + fmt.Sprintf("steps of %.3g are too long for it (lower time.step or "+
				"time.tolerance)", d.Fit.Step)
		}
		return fit + d.fewRows(needed)
	case Stationary:
		return "no rate is fitted: the initial density is the invariant one to rounding, and " +
			"nothing decays"
	case GapUnknown, NoneFitted:
		if d.Fitted {
			return "the rate fitted to the norms is not held against the gap, which is not known"
		}
		return fit + "there is no window with a constant rate between 1e-2 and 1e-10 of the " +
			"first norm"
	case Disproved:
		_, least := d.leastQuotient()
		return fmt.Sprintf("the gap found is not the lowest rate, which is %s at most: the "+
			"Rayleigh quotient of a state", known(least))
	}
	return ""
}

// fewRows says why a window that the norms would have has not been found.
func (d *Decay) fewRows(needed float64) string {
	text := "the norms of too few times lie between 1e-2 and 1e-10 of the first, or their slopes " +
		"vary by more than 1 % "
	if len(d.Schemes) == 0 && needed < d.end() {
		return text + fmt.Sprintf("(time.end = %.3g would do, or a lower time.tolerance)",
			roundUp(needed))
	}
	return text + "(lower time.tolerance or time.step)"
}

// remedy says which time.end would do.
func (d *Decay) remedy(needed float64) string {
	switch {
	case needed > farthestEnd:
		return "No time.end that can be given would do: it takes " + fmt.Sprintf("%.1e", needed)
	case needed > d.end():
		return fmt.Sprintf("time.end = %.3g would do", roundUp(needed))
	case math.IsNaN(d.Next) && d.Least() > d.end():
		return fmt.Sprintf("time.end must be %.3g or more", roundUp(d.Least()))
	case math.IsNaN(d.Next):
		return "Whether another time.end would do is not known"
	}
	return "No time.end would do: the slowest mode is alone only below 1e-10 of the first norm"
}

// roundUp returns t rounded up to two digits.
func roundUp(t float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(t))-1)
	return math.Ceil(t/unit) * unit
}

// left is what is left of the norm in the end.
func (d *Decay) left() float64 { return math.Exp(d.LogNorms[len(d.LogNorms)-1] - d.LogNorms[0]) }

func known(v float64) string {
	if math.IsNaN(v) {
		return "not known"
	}
	return fmt.Sprintf("%.6g", v)
}
