package main

import (
	"fmt"
	"math"

	"fpsgd/solver"
)

const (
	// leastOverlap is the share of the initial deviation in the slowest mode below which a fit does not see that mode.
	leastOverlap = 1e-6
	// exactTolerance is the relative difference from the closed form up to which the gap of a grid is taken to be it.
	exactTolerance = 1e-3
	// truncated is the share of π outside of the grid, relative to a difference, that tells of truncation.
	truncated = 0.1
)

// rates are the three that a run has for the decay of ‖u−⟨u⟩‖, and what is known of why they may differ. NaN: unknown.
type rates struct {
	fit    solver.Fit // to the norms
	scheme solver.Scheme

	gap     float64 // the lowest eigenvalue of the grid
	next    float64 // the next one above it
	overlap float64 // share of the initial deviation in the slowest mode

	exact       float64 // on the whole space
	kind        string  // of exact (scenarios.Known)
	massOutside float64 // share of π beyond the grid
}

// disagreements says which of the rates differ, and why: nothing if they agree.
func (r rates) disagreements() []string {
	var out []string
	for _, find := range []func() string{r.fittedAgainstGap, r.gapAgainstExact} {
		if text := find(); text != "" {
			out = append(out, text)
		}
	}
	return out
}

// transient bounds what all faster modes add, relatively, to the rate when the window begins: from ‖u−⟨u⟩‖² = Σ a_k² e^{−2λ_k t},
//
//	rate/λ₁ − 1 ≤ (λ₂/λ₁ − 1) e^{−2(λ₂−λ₁)t} Σ_{k>1} a_k²/a₁²    where (λ₂−λ₁)t ≥ ½.
func (r rates) transient() float64 {
	left := math.Exp(-2 * (r.next - r.gap) * r.fit.Window[0])
	return (r.next/r.gap - 1) * left * (1/(r.overlap*r.overlap) - 1)
}

// fittedAgainstGap returns why the fitted rate is not the gap, or "".
func (r rates) fittedAgainstGap() string {
	off := r.fit.Rate/r.gap - 1
	if !(math.Abs(off) > r.fit.StepError(r.scheme, r.gap)) { // or one of them is not known
		return ""
	}
	why := "neither that nor faster modes explain it; lower time.tolerance or time.step"
	switch {
	case r.overlap < leastOverlap:
		why = fmt.Sprintf("no overlap, the initial density has a share of %.1e in the slowest mode, and the fit sees faster ones", r.overlap)
	case r.kind == "edge" && off > 0:
		why = fmt.Sprintf("edge, the eigenvalues crowd above that of the essential spectrum (the next is %.6g), and faster modes are not gone", r.next)
	case off > 0 && off <= r.transient():
		why = fmt.Sprintf("transient, modes of the next eigenvalue %.6g are not gone when the window begins at t = %.3g (a longer time.end leaves less)",
			r.next, r.fit.Window[0])
	}
	return fmt.Sprintf("fitted rate %.6g and gap %.6g of the grid differ by %.1e%s: %s", r.fit.Rate, r.gap, math.Abs(off), r.ofSteps(), why)
}

// ofSteps says what of the difference is due to the steps, where there are any.
func (r rates) ofSteps() string {
	if r.scheme.Order() == 0 {
		return ""
	}
	return fmt.Sprintf(", of which steps of %.2g account for %.1e", r.fit.Step, r.fit.StepError(r.scheme, r.gap))
}

// gapAgainstExact returns why the gap of the grid is not that of the whole space, or "".
func (r rates) gapAgainstExact() string {
	off := r.gap/r.exact - 1
	if !(math.Abs(off) > exactTolerance) {
		return ""
	}
	why := "discretisation or, if the slowest mode grows outwards, truncation (fpsgd spectrum --extrapolate tells them apart)"
	switch {
	case r.kind == "edge":
		why = "edge of the essential spectrum, above which the gap of a bounded grid lies by about ε(π/log-length)² (fpsgd spectrum --edge extrapolates)"
	case r.kind == "hardy":
		why = "π is not integrable, and with closed ends the grid has an invariant density that the whole space does not (open the ends)"
	case r.massOutside > truncated*math.Abs(off):
		why = fmt.Sprintf("truncation, a share of %.1e of π lies outside the grid (reach further)", r.massOutside)
	}
	return fmt.Sprintf("gap %.6g of the grid and exact rate %.6g differ by %.1e: %s", r.gap, r.exact, math.Abs(off), why)
}
