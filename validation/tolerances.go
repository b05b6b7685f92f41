package validation

import (
	"math"
	"regexp"
)

// factor is by how much an error may exceed its estimate. An estimate by Richardson extrapolation, by a residual or by the
// truncation is of the right size, not a bound; five times it is the most that is allowed anywhere.
const factor = 5

// requirement is an accuracy that is asked of rows whatever their estimates: a row with a poor estimate must not pass by it.
type requirement struct {
	claim    string
	cases    *regexp.Regexp
	relative float64 // to the expected value
	absolute float64
	reason   string
}

// requirements lists them; of several that fit a row the first counts.
var requirements = []requirement{
	{"hardy-poincare", regexp.MustCompile(`^Λ, (d=1 ε=(0\.1|0\.25|0\.5|1)|d=[234] ε=(0\.1|0\.25))$`), 1e-6, 0,
		"attained eigenvalues: extrapolated from 1-D grids of some hundred cells"},
	{"hardy-poincare", regexp.MustCompile(`^Λ, (d=2 ε=0\.5|d=3 ε=2)$`), 0, 1e-3,
		"thresholds, where an eigenvalue enters the continuum: the fit over growing domains converges slowly"},
	{"hardy-poincare", regexp.MustCompile(`^Λ, `), 0, 1e-4, "edges of the essential spectrum: a two-parameter fit over growing domains"},
	{"hardy-poincare", regexp.MustCompile(`^Λ on `), 1e-8, 0, "truncated domains have a closed form and nothing to extrapolate but h"},
	{"hardy-poincare", regexp.MustCompile(`^λ_`), 1e-6, 0, "the ladder: eigenvalues of smooth modes in 1-D"},
	{"decay-quadratic", regexp.MustCompile(`^(line|plane).*: rate `), 1e-4, 0, "extrapolated from nested grids up to 128² cells"},
	{"decay-quadratic", regexp.MustCompile(`^space.*: rate `), 1e-3, 0, "extrapolated from nested grids up to 48³ cells"},
	{"decay-quadratic", regexp.MustCompile(`^(line|plane).*: fitted rate$`), 3e-3, 0, "one run on a grid of 64² cells, error O(h²)"},
	{"decay-quadratic", regexp.MustCompile(`^space.*: fitted rate$`), 2e-2, 0, "one run on a grid of 24·8·16 cells, error O(h²)"},
	{"log-singular", regexp.MustCompile(`Λ on \|log r\|`), 1e-6, 0, "truncated domains have a closed form"},
	{"log-singular", regexp.MustCompile(`: Λ$`), 1e-6, 0, "extrapolated from growing domains, in 1-D"},
}

// tolerance returns what an error may be: five times its estimate, or what is required if that is less.
func tolerance(claim, name string, estimate, expected float64) float64 {
	for _, r := range requirements {
		if r.claim == claim && r.cases.MatchString(name) {
			return math.Min(factor*estimate, r.relative*math.Abs(expected)+r.absolute)
		}
	}
	return factor * estimate
}
