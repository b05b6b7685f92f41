package scenarios

import (
	"math"
	"testing"

	"fpsgd/mesh"
)

// stretched is the line by x = sinh q, which tells its map: h = J = cosh q.
type stretched struct{}

func (stretched) Name() string                            { return "stretched" }
func (stretched) Dimension() int                          { return 1 }
func (stretched) Axes() []string                          { return []string{"q"} }
func (stretched) Variables() []string                     { return []string{"x"} }
func (stretched) Components() []string                    { return []string{"x"} }
func (stretched) LogJ(_ int, q, _ float64) float64        { return math.Log(math.Cosh(q)) }
func (stretched) LogScale(_, _ int, q, _ float64) float64 { return math.Log(math.Cosh(q)) }
func (stretched) Formula(string) string                   { return "(exp(q) - exp(-q))/2" }
func (stretched) Locate(theta []float64) []float64        { return []float64{math.Asinh(theta[0])} }

func (stretched) LogCell(_ int, a, b, _, _ float64) float64 {
	return math.Log(2*math.Sinh((b-a)/2)) + math.Log(math.Cosh((a+b)/2))
}

func (stretched) Variable(dst []float64, _ string, q [][]float64) {
	for i, v := range q[0] {
		dst[i] = math.Sinh(v)
	}
}

// In coordinates that tell their map formulas, their closed forms and Gaussians are what they are
// in others.
func TestCoordinatesThatTellTheirMap(t *testing.T) {
	axis := must[mesh.Axis](t)(mesh.Uniform("q", 200, -math.Asinh(1e3), math.Asinh(1e3)))
	g := must[*mesh.Grid](t)(mesh.NewGrid(stretched{}, []mesh.Axis{axis}))
	f := must[Landscape](t)(Formula("1 + (x-1)^2", stretched{}))
	s := must[*Scenario](t)(Of(Problem{Landscape: f, Noise: ML(0.25), Grid: g,
		Initial: Gaussian{Center: []float64{2}, Width: 0.5}}))
	if s.Known.Form != "1 + |θ − [1]|²" || s.Known.Rate != 2 {
		t.Errorf("recognised as %s of rate %g", s.Known.Form, s.Known.Rate)
	}
	op, err := s.Assemble()
	if err != nil {
		t.Fatal(err)
	}
	if !near(op.LogZ, s.Known.LogZ, 1e-9) {
		t.Errorf("log Z = %.15g, want %.15g", op.LogZ, s.Known.LogZ)
	}
	w := must[[]float64](t)(s.Start(op))
	_, means, err := s.Means(op, w)
	if err != nil {
		t.Fatal(err)
	}
	// The mean is of second order in cells of 0.17 against a width of 0.5.
	if mean := means[0](w); !near(op.Mass(w), 1, 1e-12) || !near(mean, 2, 1e-3) {
		t.Errorf("a Gaussian of mass %.15g about %.15g, want 1 about 2", op.Mass(w), mean)
	}
}
