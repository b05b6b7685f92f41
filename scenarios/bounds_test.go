package scenarios

import (
	"math"
	"testing"

	"fpsgd/internal/formula"
	"fpsgd/mesh"
)

// The formulas that coordinates give for their variables are these variables.
func TestFormulasOfCoordinates(t *testing.T) {
	q := []float64{0.7, 1.1, 2.3}
	for _, name := range mesh.Systems {
		c := mesh.System(name)
		mapped, ok := c.(mesh.Mapped)
		if !ok {
			continue
		}
		points, jets := make([][]float64, len(c.Axes())), make([]formula.Jet, len(c.Axes()))
		for k := range points {
			points[k], jets[k] = q[k:k+1], formula.Along(k, q[k], q[k])
		}
		for i, v := range variablesOf(c) {
			want := make([]float64, 1)
			c.Variable(want, c.Variables()[i], points)
			got := v(jets).Value
			encloses := got.Lo <= want[0] && want[0] <= got.Hi
			if !encloses || math.Abs((got.Lo+got.Hi)/2-want[0]) > 1e-15 {
				t.Errorf("%s: %s = %g, its formula %s %v",
					name, c.Variables()[i], want[0], mapped.Formula(c.Variables()[i]), got)
			}
		}
	}
}
