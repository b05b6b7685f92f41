package fpsgd_test

import (
	"context"
	"fmt"
	"log"
	"math"

	"fpsgd"
	"fpsgd/mesh"
)

// stretched is a coordinate system of one's own: the line by x = sinh q, of scale factor h = cosh
// q, which is also the volume factor J.
type stretched struct{}

func (stretched) Name() string         { return "stretched line" }
func (stretched) Dimension() int       { return 1 }
func (stretched) Axes() []string       { return []string{"q"} }
func (stretched) Variables() []string  { return []string{"x"} }
func (stretched) Components() []string { return []string{"x"} }

func (stretched) LogJ(_ int, q, _ float64) float64        { return math.Log(math.Cosh(q)) }
func (stretched) LogScale(_, _ int, q, _ float64) float64 { return math.Log(math.Cosh(q)) }

func (stretched) LogCell(_ int, a, b, _, _ float64) float64 {
	return math.Log(2*math.Sinh((b-a)/2)) + math.Log(math.Cosh((a+b)/2)) // of sinh b − sinh a
}

func (stretched) Variable(dst []float64, _ string, q [][]float64) {
	for i, v := range q[0] {
		dst[i] = math.Sinh(v)
	}
}

// A coordinate system is its metric, and what a landscape sees of it. In this one uniform cells are
// what Sinh cuts x into, and the gap is that of f = 1 + x², 2.
func Example_coordinates() {
	axis, err := mesh.Uniform("q", 200, -math.Asinh(1e3), math.Asinh(1e3))
	if err != nil {
		log.Fatal(err)
	}
	grid, err := mesh.NewGrid(stretched{}, []mesh.Axis{axis})
	if err != nil {
		log.Fatal(err)
	}
	e, err := fpsgd.Assemble(fpsgd.Problem{
		Landscape: fpsgd.LandscapeFunc(func(x []float64) float64 { return 1 + x[0]*x[0] }),
		Noise:     fpsgd.ML(0.25),
		Grid:      grid,
	})
	if err != nil {
		log.Fatal(err)
	}
	s, err := e.Spectrum(context.Background(), 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("gap %.2f\n", s.Gap)
	// Output: gap 2.00
}
