package validation

import (
	"os"
	"strings"
	"testing"

	"fpsgd/solver/ensemble"
)

// partsByParticles are all parts of claims in which particles, or laws of their steps, have a say,
// and how many rows fail at least with each of ensemble.Mutants. The statement of some rows is as
// true of a mutant: bounds that are not attained of a larger ε, the mean of a martingale, almost
// sure convergence of a slower drift; others of the same part tell it. The parts of which ε + 5 %
// has a 0 tell it by as many particles as the long form has; what the quick form sees is in their
// notes.
var partsByParticles = []struct {
	name   string // of the claim, and of the part
	part   func(e *Experiment)
	rows   [4]int // ε + 5 %, √(εf), Itô sign, no Itô
	costly bool   // only the first without FPSGD_LONG
}{
	{"discrete-lemma, attained", lemmaAttained, [4]int{2, 2, 2, 2}, false},
	{"discrete-lemma, bounds", lemmaBounds, [4]int{9, 8, 10, 9}, true},
	{"discrete-lemma, beyond", lemmaBeyond, [4]int{3, 3, 3, 3}, false},
	{"discrete-lemma, distances", lemmaDistances, [4]int{1, 1, 1, 1}, true},
	{"almost-sure, paths", almostSure, [4]int{1, 4, 4, 4}, false},
	{"limit-depends-on-start, line", limitsOnALine, [4]int{2, 2, 2, 2}, true},
	{"limit-depends-on-start, wells", limitsInWells, [4]int{0, 4, 2, 1}, false},
	{"continuum-limit, orders", continuumOrders, [4]int{2, 2, 2, 2}, true},
	{"continuum-limit, particles", nodalLaws, [4]int{2, 2, 2, 2}, false},
	{"sde-vs-density, line", sdeProblemAlone(0), [4]int{2, 2, 2, 2}, true},
	{"sde-vs-density, plane", sdeProblemAlone(1), [4]int{1, 2, 2, 2}, true},
	{"sde-vs-density, space", sdeProblemAlone(2), [4]int{1, 2, 2, 2}, true},
	{"sde-vs-density, R²⁰", sdeProblemAlone(3), [4]int{2, 2, 2, 1}, true},
	{"moments, paths", momentsOfPaths, [4]int{5, 6, 8, 6}, true},
	{"moments, SGD", momentsOfSGD, [4]int{3, 4, 6, 6}, false},
	{"flat-minimum, shares", sharesInTime, [4]int{4, 4, 4, 3}, true},
	{"student-tail, stationary", hillOfPaths, [4]int{0, 6, 6, 6}, false},
	{"student-tail, in time", hillInTime, [4]int{2, 6, 6, 5}, true},
	{"student-tail, of steps", tailOfSteps, [4]int{3, 3, 3, 3}, false},
}

func almostSure(e *Experiment) {
	almostSurePaths(e)
	exponentOfParabola(e)
}

func sdeProblemAlone(k int) func(e *Experiment) {
	return func(e *Experiment) { sdeAgainst(e, sdeProblems()[k:k+1]) }
}

// Each part fails with each mutant. The row that is logged is the one that is off by most of its
// tolerances.
func TestParticlesOfClaimsTellMutants(t *testing.T) {
	full := os.Getenv("FPSGD_LONG") == "1"
	for _, c := range partsByParticles {
		for k, m := range ensemble.Mutants() {
			least := c.rows[k]
			if full {
				least = max(least, 1)
			}
			if least == 0 || c.costly && k > 0 && !full {
				continue
			}
			claim, _, _ := strings.Cut(c.name, ",")
			e := &Experiment{Context: t.Context(), Method: m.Of, Full: full}
			if err := e.Run(Claim{Name: claim, Run: inTurn(c.part)}); err != nil {
				t.Fatalf("%s, %s: %v", c.name, m.Name, err)
			}
			if n := Failures(e.Rows); n < least {
				t.Errorf("%s, %s: %d rows fail, want %d", c.name, m.Name, n, least)
			}
			worst, largest := Row{}, 0.0
			for _, r := range e.Rows {
				if off := r.Error() / r.Tolerance; off > largest {
					worst, largest = r, off
				}
			}
			t.Logf("%s, %s: %d of %d rows fail; %s is off by %.3g, %.3g tolerances", c.name, m.Name,
				Failures(e.Rows), len(e.Rows), worst.Case, worst.Error(), largest)
		}
	}
}
