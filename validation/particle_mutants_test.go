package validation

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"fpsgd/solver/ensemble"
)

// byParticlesOf are all parts of claims that particles, or laws of their steps, have a say in. Those
// listed as long see ε + 5 % by as many particles as the long form has; what the quick form sees is
// in their notes.
var byParticlesOf = []struct {
	name string
	part func(e *Experiment)
	long bool
}{
	{"discrete-lemma, attained", lemmaAttained, false},
	{"discrete-lemma, bounds", lemmaBounds, false},
	{"discrete-lemma, beyond", lemmaBeyond, false},
	{"discrete-lemma, distances", lemmaDistances, false},
	{"almost-sure", func(e *Experiment) { inTurn(almostSurePaths, exponentOfParabola)(e) }, false},
	{"limit-depends-on-start, line", limitsOnALine, false},
	{"limit-depends-on-start, wells", limitsInWells, true},
	{"continuum-limit, orders", continuumOrders, false},
	{"continuum-limit, particles", nodalLaws, false},
	{"sde-vs-density, line", sdeProblemAlone(0), false},
	{"sde-vs-density, plane", sdeProblemAlone(1), false},
	{"sde-vs-density, space", sdeProblemAlone(2), false},
	{"sde-vs-density, R²⁰", sdeProblemAlone(3), false},
	{"moments, paths", momentsOfPaths, false},
	{"moments, SGD", momentsOfSGD, false},
	{"flat-minimum", sharesInTime, false},
	{"student-tail, stationary", hillOfPaths, true},
	{"student-tail, in time", hillInTime, false},
	{"student-tail, of steps", tailOfSteps, false},
}

func sdeProblemAlone(k int) func(e *Experiment) {
	return func(e *Experiment) { sdeAgainst(e, sdeProblems()[k:k+1]) }
}

// Each part fails with each of ensemble.Mutants, by the row whose error is largest in units of its
// tolerance, which is logged. Where a mutant satisfies the statement of a row, as a larger ε the
// bounds that are not attained, or a slower drift almost sure convergence, another row of the same
// part tells it.
func TestPartsByParticlesTellMutants(t *testing.T) {
	full := os.Getenv("FPSGD_LONG") == "1"
	for _, c := range byParticlesOf {
		for _, m := range ensemble.Mutants() {
			if c.long && !full && m.Name == "ε + 5 %" {
				continue
			}
			e := &Experiment{Context: t.Context(), Method: m.Of, Full: full}
			if err := e.Run(Claim{Name: strings.Split(c.name, ",")[0], Run: inTurn(c.part)}); err != nil {
				t.Fatalf("%s, %s: %v", c.name, m.Name, err)
			}
			worst, ratio := Row{}, 0.0
			for _, r := range e.Rows {
				if over := r.Error() / r.Tolerance; !r.Pass && !(over <= ratio) {
					worst, ratio = r, over
				}
			}
			if worst.Case == "" {
				t.Errorf("%s holds for the mutant %q", c.name, m.Name)
			}
			t.Logf("| %s | %s | %s | %s |", c.name, m.Name, times(ratio), worst.Case)
		}
	}
}

// times writes by how many tolerances a row fails.
func times(ratio float64) string {
	if math.IsInf(ratio, 1) {
		return "∞"
	}
	return fmt.Sprintf("%.3g", ratio)
}
