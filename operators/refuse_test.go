package operators

import (
	"math"
	"strings"
	"testing"

	"fpsgd/mesh"
)

// nanWeights are of a landscape that is not a number beyond 0.
type nanWeights struct{}

func (nanWeights) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	for i := range logPi {
		logPi[i], kappa[i] = math.NaN(), 0
	}
	return nil
}

// What a caller got wrong is an error that says so.
func TestAssembleRefuses(t *testing.T) {
	g := newGrid(t, "cartesian", 1, must[mesh.Axis](t)(mesh.Uniform("x", 8, -1, 1)))
	for name, c := range map[string]struct {
		grid    *mesh.Grid
		weights Weights
		flux    Flux
		want    string
	}{
		"grid":    {nil, constantWeights{}, "", "no grid"},
		"empty":   {&mesh.Grid{}, constantWeights{}, "", "no grid"},
		"weights": {g, nil, "", "no weights"},
		"flux": {g, constantWeights{}, "upwind",
			`no flux "upwind"; known are ["scharfetter-gummel"`},
		"NaN": {g, nanWeights{}, "", "not a number (NaN) in cell"},
	} {
		if _, err := Assemble(c.grid, c.weights, Options{Flux: c.flux}); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
