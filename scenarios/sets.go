package scenarios

import (
	"fpsgd/internal/formula"
	"fpsgd/mesh"
	"fpsgd/operators"
)

// NewSet reads a set of points, as "x < -0.9", "ball(1, 0; 0.1)" or "r > 2 and y < 0", in the
// variables of a coordinate system: see formula.CompileSet.
func NewSet(text string, c mesh.Coordinates) (operators.Level, error) {
	program, err := formula.CompileSet(text, c.Variables(), c.Components())
	if err != nil {
		return nil, err
	}
	return func(dst []float64, p *mesh.Points) error {
		evaluate(dst, program, p)
		return nil
	}, nil
}
