package scenarios

import (
	"math"
	"testing"

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
		points := make([][]float64, len(c.Axes()))
		for k := range points {
			points[k] = q[k : k+1]
		}
		for i, v := range variablesOf(c) {
			got, want := make([]float64, 1), make([]float64, 1)
			c.Variable(want, c.Variables()[i], points)
			switch {
			case v.axis >= 0:
				got[0] = q[v.axis]
			default:
				v.formula.Eval(got, points)
			}
			if math.Abs(got[0]-want[0]) > 1e-15 {
				t.Errorf("%s: %s = %g, its formula %s %g",
					name, c.Variables()[i], want[0], mapped.Formula(c.Variables()[i]), got[0])
			}
		}
	}
}
