// Command go measures how fast SGD forgets where it began, on a loss that only this program has:
// logistic regression of a line of points, in slope and offset, with a ridge. For several ε it
// prints the spectral gap, and beside it the rate at which a solution decays.
//
//	go run . [FOLDER]
//
// With a folder every run is kept there.
package main

import (
	"context"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"

	"fpsgd"
)

// points are x and their labels ±1, not separable.
var points = [][2]float64{{-2, -1}, {-1, -1}, {-0.5, 1}, {0.3, -1}, {1, 1}, {2.5, 1}}

// loss is f(a, b) = mean log(1 + e^{−y(ax + b)}) + (a² + b²)/20.
func loss(theta []float64) float64 {
	sum := 0.0
	for _, p := range points {
		margin := p[1] * (theta[0]*p[0] + theta[1])
		sum += math.Max(0, -margin) + math.Log1p(math.Exp(-math.Abs(margin))) // without overflow
	}
	return sum/float64(len(points)) + (theta[0]*theta[0]+theta[1]*theta[1])/20
}

// problem is fine about the minimum, near (1, 0), and reaches far, as π has heavy tails.
func problem(epsilon float64) (fpsgd.Problem, error) {
	grid, err := fpsgd.Cartesian(fpsgd.Sinh(64, -1e3, 1e3, 1, 1), fpsgd.Sinh(64, -1e3, 1e3, 0, 1))
	return fpsgd.Problem{
		Landscape: fpsgd.LandscapeFunc(loss).Named("logistic", "v1"),
		Noise:     fpsgd.ML(epsilon),
		Grid:      grid,
		Initial:   fpsgd.Gaussian{Center: []float64{0, 0}, Width: 0.5},
	}, err
}

// measure prints what is found for one ε. A run that is kept in a folder may be killed: started
// again it goes on where it was, and one that is complete is only read.
func measure(ctx context.Context, epsilon float64, folder string) error {
	p, err := problem(epsilon)
	if err != nil {
		return err
	}
	e, err := fpsgd.Assemble(p)
	if err != nil {
		return err
	}
	spectrum, err := e.Spectrum(ctx, 2)
	if err != nil {
		return err
	}
	options := fpsgd.Options{End: 30 / spectrum.Gap}
	result, err := e.Solve(ctx, options)
	if err != nil {
		return err
	}
	fmt.Printf("%-4g  %.4f (%s)  %.4f\n", epsilon, spectrum.Gap, spectrum.Certificate.Kind,
		result.Fit.Rate)
	if folder != "" {
		name := filepath.Join(folder, fmt.Sprintf("epsilon=%g", epsilon))
		_, err = fpsgd.Run(ctx, p, name, fpsgd.RunOptions{Options: options, Resume: true})
	}
	return err
}

func main() {
	folder := ""
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	fmt.Println("ε     gap                 decay")
	for _, epsilon := range []float64{0.1, 0.2, 0.4} {
		if err := measure(context.Background(), epsilon, folder); err != nil {
			log.Fatal(err)
		}
	}
}
