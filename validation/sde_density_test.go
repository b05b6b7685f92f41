package validation

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"fpsgd/mesh"
	"fpsgd/operators"
)

func TestMoments(t *testing.T) {
	checkRows(t, rowsOf(t, false, momentsClaim), 18)
	density := Claim{Name: "moments", Run: inTurn(momentsOfDensity)}
	if rows, failed := failures(t, density, faster); len(failed) < rows {
		t.Errorf("1%% faster: only %q of %d rows fail", failed, rows)
	}
}

// The moments in closed form satisfy their equations.
func TestQuadraticMoments(t *testing.T) {
	const h = 1e-4
	for _, q := range []quadraticMoments{ofGaussian(1, 0.1, 1, 0.3), ofGaussian(20, 0.02, 1, 0.3)} {
		m, d := q.at(0.3), float64(q.m)
		before, after := q.at(0.3-h), q.at(0.3+h)
		for k, want := range []float64{-2 * m[0], -(4-2*d*q.epsilon)*m[1] + 2*d*q.epsilon,
			-(8-4*(d+2)*q.epsilon)*m[2] + 4*(d+2)*q.epsilon*m[1]} {
			// differences, h² = 1e-8 times derivatives of 2³ to 8³ times the moments, at most 20
			if got := (after[k] - before[k]) / (2 * h); math.Abs(got-want) > 1e-5 {
				t.Errorf("m = %d, %s: d/dt is %.9g, want %.9g", q.m, momentNames[k], got, want)
			}
		}
	}
}

// scaledNoise are the weights of an ε that is larger by a factor: κ by log of it, π as it is.
type scaledNoise struct {
	operators.Weights
	factor float64
}

func (w scaledNoise) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	if err := w.Weights.LogWeights(logPi, kappa, p); err != nil {
		return err
	}
	for i := range kappa {
		kappa[i] += math.Log(w.factor)
	}
	return nil
}

// Of a density that is 5% too fast particles differ by more than sampling does in every problem; in
// the short form the last is tried.
func TestSDEAgainstDensity(t *testing.T) {
	checkRows(t, rowsOf(t, false, sdeDensityClaim), 8)
	problems := sdeProblems()
	if os.Getenv("FPSGD_LONG") != "1" {
		problems = problems[3:]
	}
	mutated := Claim{Name: "sde-vs-density", Run: inTurn(func(e *Experiment) {
		sdeAgainst(e, problems)
	})}
	rows, failed := failures(t, mutated, func(w operators.Weights) operators.Weights {
		return scaledNoise{w, 1.05}
	})
	for _, p := range problems {
		if !slices.ContainsFunc(failed, func(row string) bool {
			return strings.HasPrefix(row, p.name+":")
		}) {
			t.Errorf("%s: only %q of %d rows fail", p.name, failed, rows)
		}
	}
}
