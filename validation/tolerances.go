package validation

import (
	"math"
	"regexp"
)

// factor is by how much an error may exceed its estimate. An estimate by Richardson extrapolation,
// by a residual or by the truncation is of the right size, not a bound; five times it is the most
// that is allowed anywhere.
const factor = 5

// massTolerance is the relative error, by the number of axes, of the mass of a cell, and so of any
// sum of them: what package operators integrates cells to (massTolerance in lattice.go there).
// Cells that meet it at once are integrated no better on a finer grid, and a change between grids
// need not show it. For three and four axes operators promises no more than 3e-5 and 1e-3, which
// the masses surpass by far; there the change between grids alone tells the error.
var massTolerance = [...]float64{1: 1e-13, 2: 1e-10, 3: 0, 4: 0}

const (
	// quadratureRounding is the relative rounding error of a sum of some hundred positive terms, as
	// of the rules in sphere.go: each is a power or an exponential, right to 4 roundings of
	// 2⁻⁵³ = 1e-16, and adding them costs √100 or √200 more of these.
	quadratureRounding = 2e-15

	// logRounding is the relative rounding error of e^x for |x| up to 1000, as of π at the ends of
	// a domain with wells: 2⁻⁵³ = 1e-16 of x.
	logRounding = 1e-13

	// stepsRounding is the relative rounding error of what follows from a history of some thousand
	// steps on one axis, where solves are direct: 10⁴ steps, each with an error of 2⁻⁵³ = 1e-16,
	// all in one direction at worst.
	stepsRounding = 1e-12

	// coincidence is how near, relative to the larger of 1 and their size, numbers are that would
	// be equal but for rounding: faces at a given place, which are found by bisection, and times
	// k·dt. Cells and steps are many orders of magnitude larger.
	coincidence = 1e-12

	// resolved is how far from a minimum away from 0 package operators integrates π, relative to
	// the coordinate of the minimum (indivisible in box.go there): nearer points are not apart by
	// enough roundings. It extrapolates what lies within.
	resolved = 1e-9

	// coreShare is the share r^d of the unit ball that radial grids in d ≥ 2 leave out of their
	// core. An eigenvalue changes by about this share of it: near 0 the modes are constant, or fall
	// to 0 as r^l.
	coreShare = 1e-14

	// attainedFall tells eigenvalues from a continuum: as a domain grows, the bottom of a continuum
	// falls by the difference of the π²/T², and an eigenvalue exponentially little. What falls by
	// less than this share of that is taken for attained, and its fall is part of the estimate of
	// its error.
	attainedFall = 0.01

	// loosened is the factor of the time tolerance for which a scheme of second order takes steps
	// twice as long: it controls local errors O(dt³).
	loosened = 8
)

// halvingError estimates the error of the second of two results that have errors O(h²) or O(dt²),
// found with half the spacing or the step of the first: a third of their distance, as the errors
// are 4 to 1.
func halvingError(change float64) float64 { return math.Abs(change) / (4 - 1) }

// coincide reports whether two numbers would be equal but for rounding.
func coincide(a, b float64) bool { return math.Abs(a-b) <= coincidence*math.Max(1, math.Abs(b)) }

// requirement is an accuracy that is asked of rows whatever their estimates: a row with a poor
// estimate must not pass by it.
type requirement struct {
	claim    string
	cases    *regexp.Regexp
	relative float64 // to the expected value
	absolute float64
}

func require(claim, cases string, relative, absolute float64) requirement {
	return requirement{claim, regexp.MustCompile(cases), relative, absolute}
}

// requirements lists them; of several that fit a row the first counts.
var requirements = []requirement{
	// attained eigenvalues: extrapolated from 1-D grids of some hundred cells
	require("hardy-poincare", `^Λ, (d=1 ε=(0\.1|0\.25|0\.5|1)|d=[234] ε=(0\.1|0\.25))$`, 1e-6, 0),
	// thresholds, where an eigenvalue enters the continuum: the fit over growing domains converges
	// slowly
	require("hardy-poincare", `^Λ, (d=2 ε=0\.5|d=3 ε=2)$`, 0, 1e-3),
	// edges of the essential spectrum: a two-parameter fit over growing domains
	require("hardy-poincare", `^Λ, `, 0, 1e-4),
	// truncated domains have a closed form and nothing to extrapolate but h
	require("hardy-poincare", `^Λ on `, 1e-8, 0),
	// the ladder: eigenvalues of smooth modes in 1-D
	require("hardy-poincare", `^λ_`, 1e-6, 0),
	// extrapolated from nested grids up to 128² and 48³ cells
	require("decay-quadratic", `^(line|plane).*: rate `, 1e-4, 0),
	require("decay-quadratic", `^space.*: rate `, 1e-3, 0),
	// one run on a grid of 64² or 24·8·16 cells, error O(h²)
	require("decay-quadratic", `^(line|plane).*: fitted rate$`, 3e-3, 0),
	require("decay-quadratic", `^space.*: fitted rate$`, 2e-2, 0),
	// truncated domains have a closed form
	require("log-singular", `Λ on \|log r\|`, 1e-6, 0),
	// extrapolated from 200, 400 and 800 cells that are fine in both wells
	require("metastable", `^gap, `, 1e-6, 0),
	// in a, from gaps of 800 cells; those on two axes have 128·64 cells
	require("escape-power-law", `^m = 1, ε = 1/5: slope `, 0, 1e-3),
	require("escape-power-law", `^m = [23], .*: slope `, 0, 1e-2),
	// extrapolated from steps of 1/8 to 1/128, without sampling
	require("continuum-limit", `: order in η$`, 0, 5e-3),
	// the edge 0 of the spectrum: a two-parameter fit over domains up to r = 1e64
	require("no-gap", `^Λ as R → ∞$`, 0, 1e-5),
	// two fluxes, extrapolated from nested grids up to 96·192 cells
	require("log-singular", `^two minima.*: gap$`, 1e-3, 0),
	// extrapolated from growing domains, in 1-D
	require("log-singular", `: Λ$`, 1e-6, 0),
}

// tolerance returns what an error may be: five times its estimate, or what is required if that is
// less.
func tolerance(claim, name string, estimate, expected float64) float64 {
	for _, r := range requirements {
		if r.claim == claim && r.cases.MatchString(name) {
			return math.Min(factor*estimate, r.relative*math.Abs(expected)+r.absolute)
		}
	}
	return factor * estimate
}
