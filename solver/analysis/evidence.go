package analysis

import (
	"fmt"
	"math"

	"fpsgd/solver"
)

// Finding is what a check of the program's own numbers against each other came to. Each check is a
// theorem about the discrete equation dw/dt = −S w, so that one that fails proves a number wrong.
type Finding struct {
	Check string  `json:"check"`
	Holds bool    `json:"holds"`
	Found float64 `json:"found"`
	Bound float64 `json:"bound"` // with what rounding and tolerances explain
	Text  string  `json:"text"`  // the theorem, with the numbers
	// it is the gap that is wrong, if it fails: another search may find what is lower
	Gap bool `json:"-"`
}

// Course is how ‖u−⟨u⟩‖ of a run decays, and the gap that it is held against. NaN: unknown.
type Course struct {
	Times, LogNorms []float64 // of the series: t, log ‖u−⟨u⟩‖
	Traces          []solver.Trace
	Fit             solver.Fit
	Fitted          bool
	Schemes         []solver.Scheme // of the steps; none where there are no steps
	Gap             float64         // the lowest eigenvalue of the grid
	Overlap         float64         // share of the initial deviation in the modes of the gap
}

// leastQuotient returns the state that bounds the lowest rate best from above, and the bound; −1
// and NaN if none does.
func (c *Course) leastQuotient() (state int, bound float64) {
	state, bound = -1, math.NaN()
	for i, t := range c.Traces {
		if v := t.Rayleigh * (1 + t.RayleighError); t.RayleighError < 1 && !(v >= bound) {
			state, bound = i, v
		}
	}
	return state, bound
}

// Evidence are the numbers of a run of which none is derived from another. NaN: unknown.
type Evidence struct {
	Course
	Steps     []float64 // of the series: dt
	Solve     float64   // relative error of a solve; 0 where it is direct
	Tolerance float64   // of the error in time
	GapError  float64   // relative

	LogZ, LogZError float64 // of the grid, with a bound on the error of quadrature
	ExactLogZ       float64 // in closed form, of the whole space or
	OfGrid          bool    // of the grid itself

	Drift        float64 // of the mass, relative
	Conservative bool
	Rise         float64 // of the norm in a step, relative to ‖u‖ (solver.Monotone)
	Solves       int
}

const (
	// of what a step or an eigenvalue inherits from a solve, relative to its tolerance
	solveError = 10
	floorError = 1e-14 // of the state relative to ‖w‖: rounding
	leastShare = 1e-3  // overlap from which that of an eigenvector's error cannot be told
	shareError = 1e-2  // of such an overlap, relative
	driftError = 1e-14 // of the mass a step
	riseError  = 1e-13 // of the norm in a step
)

// Findings makes every check that the numbers allow.
func (e *Evidence) Findings() []Finding {
	var out []Finding
	for _, check := range []func() (Finding, bool){e.rayleigh, e.slow, e.fit, e.fast, e.share,
		e.normalisation, e.mass, e.monotone} {
		if f, ok := check(); ok {
			out = append(out, f)
		}
	}
	return out
}

// rayleigh: ⟨v, Sv⟩ ≥ λ₁‖v‖² of every v ⊥ σ, whatever it comes from. The state with the least
// quotient is the evidence.
func (e *Evidence) rayleigh() (Finding, bool) {
	worst, _ := e.leastQuotient()
	if worst < 0 || math.IsNaN(e.Gap) {
		return Finding{}, false
	}
	found, least := e.Traces[worst].Rayleigh, e.Gap*(1-e.GapError)/(1+e.Traces[worst].RayleighError)
	return Finding{
		Check: "rayleigh", Holds: found >= least, Found: found, Bound: least, Gap: true,
		Text: fmt.Sprintf("the Rayleigh quotient of every state is the gap or more: %.6g at t = "+
			"%.6g, and the gap found is %.6g", found, e.Times[worst], e.Gap),
	}, true
}

// leastLoss is the least −log|R(μ dt)| over μ ≥ λ, q = λ dt: what a step takes off log ‖v‖ at
// least.
func (e *Evidence) leastLoss(q float64) float64 {
	if len(e.Schemes) == 0 {
		return q
	}
	least := math.Inf(1)
	for _, s := range e.Schemes {
		least = math.Min(least, s.LeastLoss(q))
	}
	return least
}

// loss is the largest −log|R(q)|: what a step takes off a mode at most, or −log of e^{−q} where
// there are no steps.
func (e *Evidence) loss(q float64) float64 {
	if len(e.Schemes) == 0 {
		return q
	}
	most := 0.0
	for _, s := range e.Schemes {
		most = math.Max(most, s.Loss(q))
	}
	return most
}

// zero is the least q at which a step removes a mode.
func (e *Evidence) zero() float64 {
	q := math.Inf(1)
	for _, s := range e.Schemes {
		q = math.Min(q, s.Zero)
	}
	return q
}

// inherited is what the error of the solves or, where there are no steps, that in time may be of a
// norm, relative to it: after n steps.
func (e *Evidence) inherited(n int) float64 {
	if len(e.Schemes) == 0 {
		return 4 * e.Tolerance
	}
	return solveError * e.Solve * float64(n)
}

// floor is the size of what rounding leaves in state i, as log ‖·‖.
func (e *Evidence) floor(i int) float64 {
	return math.Max(e.Traces[0].LogWhole, e.Traces[i].LogWhole) + math.Log(floorError*float64(i+10))
}

// slow: every step takes off what the slowest mode loses, or more. The bound adds this up from the
// start on, as only what persists tells of the gap.
func (e *Evidence) slow() (Finding, bool) {
	if math.IsNaN(e.Gap) || len(e.Times) < 2 || !(e.LogNorms[0] > e.floor(0)) {
		return Finding{}, false
	}
	f := Finding{Check: "slow", Holds: true, Gap: true}
	taken, worst := 0.0, math.Inf(-1)
	for i := 1; i < len(e.Times); i++ {
		taken += e.leastLoss(e.Gap * (1 - e.GapError) * e.Steps[i])
		lost := e.LogNorms[0] - e.LogNorms[i]
		most := math.Max(e.LogNorms[0]-taken, e.floor(i)) + math.Log1p(e.inherited(i)) +
			floorError*float64(i)
		if excess := e.LogNorms[i] - most; excess > worst {
			worst = excess
			f.Holds, f.Found, f.Bound = !(excess > 0), lost, e.LogNorms[0]-most
			f.Text = fmt.Sprintf("the norm falls at the rate of the slowest mode or faster: to "+
				"t = %.6g by e^−%.6g, where the gap found, %.6g, makes that e^−%.6g",
				e.Times[i], lost, e.Gap, taken)
		}
	}
	return f, true
}

// fit: a mean of rates none of which is below the gap, as the scheme changes it.
func (e *Evidence) fit() (Finding, bool) {
	if math.IsNaN(e.Gap) || !e.Fitted {
		return Finding{}, false
	}
	q := e.Gap * e.Fit.Step
	bias, rows := 1.0, 0
	if q > 0 {
		bias = math.Min(1, e.leastLoss(q)/q)
	}
	for _, t := range e.Times {
		if t > e.Fit.Window[0] && t <= e.Fit.Window[1] {
			rows++
		}
	}
	blur := 2*e.inherited(rows)/(e.Gap*(e.Fit.Window[1]-e.Fit.Window[0])) + e.GapError + e.rounded()
	least := e.Gap * bias * (1 - blur)
	return Finding{
		Check: "fit", Holds: e.Fit.Rate >= least, Found: e.Fit.Rate, Bound: least, Gap: true,
		Text: fmt.Sprintf("a rate fitted to the norms is the gap or more: %.6g, and the gap "+
			"found is %.6g, which the steps lower to %.6g at most",
			e.Fit.Rate, e.Gap, e.Gap*bias),
	}, true
}

// rounded bounds the relative error of a fitted rate by rounding: that of the last norm of its
// window.
func (e *Evidence) rounded() float64 {
	for i, t := range e.Times {
		if t >= e.Fit.Window[1] {
			return 4 * math.Exp(e.floor(i)-e.LogNorms[i])
		}
	}
	return 0
}

// fast: by Jensen's inequality a step takes off no more than the Rayleigh quotient of its start
// would, ‖R(dt S)v‖ ≥ |R(dt ρ)| ‖v‖, ρ = ⟨v, Sv⟩/‖v‖², as e^{−2q} is convex, and R² is up to where
// R vanishes, and then is 0 or more.
func (e *Evidence) fast() (Finding, bool) {
	f, worst, zero := Finding{Check: "fast", Holds: true}, math.Inf(-1), e.zero()
	for i := 1; i < len(e.Times); i++ {
		before := e.Traces[i-1]
		q := before.Rayleigh * (1 + before.RayleighError) * e.Steps[i]
		if !(before.RayleighError < 1) || !(q < zero) || !(e.LogNorms[i] > e.floor(i)) {
			continue
		}
		most := e.loss(q) // of log ‖v‖
		lost := e.LogNorms[i-1] - e.LogNorms[i]
		blur := math.Log1p(e.inherited(1)) + math.Exp(e.floor(i)-e.LogNorms[i])
		if excess := lost - most - blur; excess > worst {
			worst = excess
			f.Holds, f.Found, f.Bound = !(excess > 0), lost, most+blur
			f.Text = fmt.Sprintf("a step takes no more off the norm than the state dissipates: "+
				"e^−%.6g in that to t = %.6g, where the Rayleigh quotient makes it e^−%.6g",
				lost, e.Times[i], most)
		}
	}
	return f, !math.IsInf(worst, -1)
}

// share: the norm is no smaller than what is left of the slowest mode, ‖v(t)‖ ≥ c e^{−λ₁t} ‖v(0)‖,
// c the overlap. Of small ones the error of the eigenvector is too large a part.
func (e *Evidence) share() (Finding, bool) {
	if math.IsNaN(e.Gap) || !(e.Overlap >= leastShare) {
		return Finding{}, false
	}
	f, worst := Finding{Check: "share", Holds: true, Gap: true}, math.Inf(-1)
	left, errors := math.Log(e.Overlap*(1-shareError)), 0.0
	for i := 1; i < len(e.Times); i++ {
		q := e.Gap * (1 + e.GapError) * e.Steps[i]
		if q > 1 && !math.IsInf(e.zero(), 1) {
			return f, !math.IsInf(worst, -1) // R has no lower bound
		}
		left -= math.Max(q, e.loss(q))
		errors = errors*math.Exp(-q) + e.inherited(1)*math.Exp(e.LogNorms[i-1]-e.LogNorms[0])
		found := math.Log(math.Exp(e.LogNorms[i]-e.LogNorms[0]) + errors +
			math.Exp(e.floor(i)-e.LogNorms[0]))
		if excess := left - found; excess > worst {
			worst = excess
			f.Holds, f.Found, f.Bound = !(excess > 0), e.LogNorms[i]-e.LogNorms[0], left
			f.Text = fmt.Sprintf("the norm is no less than what is left of the slowest mode: "+
				"e^%.6g of the first at t = %.6g, and a share of %.3g that decays at the gap "+
				"found, %.6g, makes e^%.6g",
				e.LogNorms[i]-e.LogNorms[0], e.Times[i], e.Overlap, e.Gap, left)
		}
	}
	return f, !math.IsInf(worst, -1)
}

// normalisation: the integral of π over the grid is no more than that over the whole space, and
// where what lies outside is known it is the rest. (The gap of a truncated grid may lie on either
// side of that of the whole space: closed ends allow functions that have no extension of the same
// quotient.)
func (e *Evidence) normalisation() (Finding, bool) {
	if math.IsNaN(e.LogZ) || math.IsNaN(e.ExactLogZ) || math.IsNaN(e.LogZError) {
		return Finding{}, false
	}
	f := Finding{Check: "normalisation", Found: e.LogZ, Bound: e.ExactLogZ + e.LogZError}
	f.Holds = e.LogZ <= f.Bound && (!e.OfGrid || e.LogZ >= e.ExactLogZ-e.LogZError)
	what := "is no more than that of the whole space"
	if e.OfGrid {
		what = "is that of the closed form"
	}
	f.Text = fmt.Sprintf("the mass of π on the grid %s: log Z = %.10g, %.10g exactly, and the "+
		"quadrature explains a difference of %.1e",
		what, e.LogZ, e.ExactLogZ, e.LogZError)
	return f, true
}

// mass: it is constant, with the outflow, to rounding; what flows out through open ends is known to
// the tolerance of the solves.
func (e *Evidence) mass() (Finding, bool) {
	if len(e.Traces) == 0 || math.IsNaN(e.Drift) {
		return Finding{}, false
	}
	whole := math.Exp(e.Traces[0].LogWhole + e.LogZ/2) // ‖w‖ of a mass of about 1
	most := driftError * float64(len(e.Times)+100) * math.Max(1, whole)
	if !e.Conservative {
		most += solveError * e.Solve * float64(e.Solves+1) * math.Max(1, whole)
		if len(e.Schemes) == 0 {
			most += solveError * e.Tolerance
		}
	}
	return Finding{
		Check: "mass", Holds: e.Drift <= most, Found: e.Drift, Bound: most,
		Text: fmt.Sprintf("mass is kept: it drifts by %.1e, and rounding and the solves account "+
			"for %.1e", e.Drift, most),
	}, true
}

// monotone: the norm never rises.
func (e *Evidence) monotone() (Finding, bool) {
	if math.IsNaN(e.Rise) {
		return Finding{}, false
	}
	most := riseError + solveError*e.Solve
	return Finding{
		Check: "monotone", Holds: e.Rise <= most, Found: e.Rise, Bound: most,
		Text: fmt.Sprintf("the norm never rises: at most by %.1e ‖u‖ in a step, and rounding "+
			"and the solves account for %.1e", e.Rise, most),
	}, true
}
