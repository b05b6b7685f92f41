package mesh_test

import (
	"fmt"
	"log"
	"math"

	"fpsgd/mesh"
)

// The cells of a disc, finest at its centre, have its area whatever their number.
func ExampleGrid_LogVolumes() {
	r, err := mesh.Sinh("r", 5, 0, 2, []float64{0}, []float64{0.5})
	if err != nil {
		log.Fatal(err)
	}
	phi, err := mesh.Uniform("phi", 4, 0, 2*math.Pi)
	if err != nil {
		log.Fatal(err)
	}
	polar, err := mesh.NewCoordinates("polar", 2)
	if err != nil {
		log.Fatal(err)
	}
	g, err := mesh.NewGrid(polar, []mesh.Axis{r, phi})
	if err != nil {
		log.Fatal(err)
	}
	logVolumes, area := make([]float64, g.Cells()), 0.0
	g.LogVolumes(logVolumes)
	for _, v := range logVolumes {
		area += math.Exp(v)
	}
	fmt.Printf("%v cells, area %.6f = %.6f\n", g.Shape(), area, 4*math.Pi)
	// Output: [5 4] cells, area 12.566371 = 12.566371
}

// Refined cells are parts of the coarse ones in the coordinate in which these are equal.
func ExampleAxis_Refined() {
	coarse, err := mesh.Sinh("x", 4, -3, 3, []float64{0}, []float64{0.1})
	if err != nil {
		log.Fatal(err)
	}
	fine, err := coarse.Refined(2)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.3f\n%.3f\n", coarse.Faces, fine.Faces)
	// Output:
	// [-3.000 -0.381 0.000 0.381 3.000]
	// [-3.000 -1.076 -0.381 -0.121 0.000 0.121 0.381 1.076 3.000]
}
