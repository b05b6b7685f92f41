package validation

import (
	"errors"
	"math"
	"slices"
	"testing"

	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/scenarios"
	"fpsgd/solver"
)

// The mutants below conserve mass, keep π, are symmetric and positive: no check of structure can
// tell them from the operator of the equation, and only its exact solutions and rates do.

// scaledConductance makes the conductance next to the cell in the middle 10% too large.
func scaledConductance(s *scenarios.Scenario) (*operators.Operator, error) {
	op, err := s.Assemble()
	if err != nil {
		return nil, err
	}
	out := *op
	out.Coupling = [][]float64{slices.Clone(op.Coupling[0])}
	out.Coupling[0][op.Cells()/2] *= 1.1
	out.Diag = make([]float64, op.Cells())
	out.Edges(func(_, i, j int, c float64) {
		out.Diag[i] += c * out.Ratio(i, j)
		out.Diag[j] += c * out.Ratio(j, i)
	})
	return &out, nil
}

// otherConductivity has π of ε, and κ of another ε.
type otherConductivity struct{ invariant, conductivity operators.Weights }

func (w otherConductivity) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	if err := w.conductivity.LogWeights(logPi, kappa, p); err != nil {
		return err
	}
	return w.invariant.LogWeights(logPi, make([]float64, len(kappa)), p)
}

// scaledEpsilon takes an ε in the conductivity that is 1% too large.
func scaledEpsilon(s *scenarios.Scenario) (*operators.Operator, error) {
	right := s.Weights.(scenarios.MLWeights)
	wrong := right
	wrong.Epsilon *= 1.01
	return operators.Assemble(s.Grid, otherConductivity{right, wrong}, operators.Options{})
}

// midpointNodes takes the midpoints of the cells for nodes, the textbook's flux.
func midpointNodes(s *scenarios.Scenario) (*operators.Operator, error) {
	return operators.Assemble(s.Grid, s.Weights, operators.Options{Flux: operators.Bernoulli})
}

var mutants = map[string]assembler{
	"one conductance 10% off":   scaledConductance,
	"ε of the conductivity +1%": scaledEpsilon,
	"midpoints for nodes":       midpointNodes,
}

// checkStructure claims what every operator of the kind has: S symmetric with Sσ = 0 in positive
// rates, and hence mass to rounding, positivity (of steps of Euler's scheme alone) and a norm that
// never rises, from a single cell.
func checkStructure(t testing.TB, assemble assembler) error {
	p, err := experiment{preset: "student-1d"}.with("time.step=0.01",
		"time.scheme=euler").problem(assemble)
	if err != nil {
		return err
	}
	clear(p.start)
	p.start[300] = 1 / p.Operator.Sigma[300]
	drift, monotone := &solver.Drift{Operator: p.Operator}, &solver.Monotone{Operator: p.Operator}
	lowest := 0.0
	positive := solver.ObserverFunc(func(e solver.Event) error {
		lowest = math.Min(lowest, slices.Min(e.W))
		return nil
	})
	if _, err := p.run(t.Context(), drift, monotone, positive); err != nil {
		return err
	}
	return errors.Join(
		checkOperator(p.Operator), monotone.Check(),
		checkAtMost("drift of the mass", drift.Max, 1e-13), // rounding of 100 steps
		checkAtMost("negative density", -lowest, 0),
	)
}

func TestStructure(t *testing.T) {
	report(t, checkStructure(t, faithful))
}

func TestMutantsPassTheStructureAndFailTheEquation(t *testing.T) {
	claims := map[string]func(testing.TB, assembler) error{
		"Student error": checkStudent, "gap on the line": checkLineGap,
		"rate of the mean": checkMeanOrder,
	}
	for name, mutant := range mutants {
		t.Run(name, func(t *testing.T) {
			report(t, checkStructure(t, mutant))
			for claim, try := range claims {
				err := try(t, mutant)
				if err == nil {
					t.Errorf("the claim %q holds for the mutant", claim)
				}
				t.Logf("%s: %v", claim, err)
			}
		})
	}
}

func TestMutantFailsTheOrder(t *testing.T) {
	for _, c := range orderClaims[:1] {
		// midpoints have order 2, too
		for _, name := range []string{"one conductance 10% off", "ε of the conductivity +1%"} {
			if checkSecondOrder(t, c, mutants[name]) == nil {
				t.Errorf("%s: the order of %q is 2", name, c.name)
			}
		}
	}
}
