package multigrid_test

import (
	"fmt"
	"log"

	"fpsgd/solver/linear/lineartest"
	"fpsgd/solver/linear/matrix"
	"fpsgd/solver/linear/multigrid"
)

// Line multigrid is for two axes, plane multigrid for three.
func Example() {
	for _, shape := range [][]int{{32, 32}, {32, 32, 32}} {
		a, err := matrix.New(lineartest.Random(1, shape), 0.5, 1)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(shape), "axes:", multigrid.LinesFit(a), multigrid.PlanesFit(a))
	}
	// Output:
	// 2 axes: true false
	// 3 axes: false true
}
