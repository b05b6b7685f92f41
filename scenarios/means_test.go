package scenarios

import (
	"fmt"
	"math"
	"testing"
)

// The means of a Gaussian of width 0.5 that is off the centre of f = 1 + |θ|², on coarse grids: in
// R^d those of its centre; on a shell and a ring those of r, with M_n = ∫r^n e^{−(r−c)²/(2w²)}dr:
// M_0 = w√(π/2)(1 + erf(c/(w√2))), M_1 = cM_0 + w²e^{−c²/(2w²)}, M_{n+1} = cM_n + nw²M_{n−1}.
// Halving the cells divides the errors by 16, where those of Σ P x̄, of second order, are divided
// by 4. MeanError bounds the error.
func TestMeansOfGaussians(t *testing.T) {
	const w, c = 0.5, 1.5
	moment := []float64{w * math.Sqrt(math.Pi/2) * (1 + math.Erf(c/(w*math.Sqrt2)))}
	moment = append(moment, c*moment[0]+w*w*math.Exp(-c*c/(2*w*w)))
	for n := 1; n < 3; n++ {
		moment = append(moment, c*moment[n]+float64(n)*w*w*moment[n-1])
	}
	for name, test := range map[string]struct {
		grid   string
		axes   func(n int) []string
		center string
		mean   []float64
		cells  int
		bound  float64 // of the error on the coarse grid
	}{
		"line": {"", func(n int) []string { return []string{sinh(n, -20, 20)} }, "[1.0]",
			[]float64{1}, 24, 2.5e-2},
		"plane": {"", func(n int) []string {
			return []string{sinh(n, -20, 20), sinh(n, -20, 20)}
		}, "[1.0, -0.5]", []float64{1, -0.5}, 24, 1.8e-2},
		"space": {"", func(n int) []string {
			return []string{sinh(n, -20, 20), sinh(n, -20, 20), sinh(n, -20, 20)}
		}, "[1.0, -0.5, 0]", []float64{1, -0.5, 0}, 20, 3e-2},
		"polar": {polar, func(n int) []string { return []string{sinh(n, 0, 20), angle(n)} },
			"[1.0, -0.5]", []float64{1, -0.5}, 24, 8e-3},
		"spherical": {spherical, func(n int) []string {
			return []string{sinh(n, 0, 20), angle(n / 2), angle(n)}
		}, "[1.0, -0.5, 0.2]", []float64{1, -0.5, 0.2}, 16, 2e-2},
		"shell": {radial(3), func(n int) []string { return []string{sinh(n, 0, 20)} },
			"[1.5]", []float64{moment[3] / moment[2]}, 20, 8e-3},
		"cylindrical": {cylindrical, func(n int) []string {
			return []string{sinh(n, 0, 20), sinh(n, -20, 20)}
		}, "[1.5, 0.5]", []float64{moment[2] / moment[1], 0.5}, 20, 8e-3},
	} {
		t.Run(name, func(t *testing.T) {
			var errors [2]float64
			for level := range errors {
				errors[level] = errorOfMeans(t, test.mean, problem{
					grid: test.grid, axes: test.axes(test.cells << level),
					initial: fmt.Sprintf("kind = \"gaussian\"\ncenter = %s\nwidth = %g",
						test.center, w)})
			}
			order := math.Log2(errors[0] / errors[1])
			// fourth order, not quite reached on cells of half a width
			if errors[0] > test.bound || order < 3.3 {
				t.Errorf("errors %.2e, order %.2f", errors, order)
			}
		})
	}
}

// errorOfMeans returns the largest error of the means of an initial state, which is at most the
// estimate.
func errorOfMeans(t *testing.T, want []float64, p problem) float64 {
	s, op := p.scenario(t)
	state, worst := must[[]float64](t)(s.Start(op)), 0.0
	_, mean, err := s.Means(op, state)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range want {
		worst = math.Max(worst, math.Abs(mean[k](state)-v))
	}
	t.Logf("error %.1e, estimate %.1e", worst, s.MeanError)
	if worst > s.MeanError {
		t.Errorf("the estimate %.2e is less than the error %.2e", s.MeanError, worst)
	}
	return worst
}

// A density in a single cell may have its mean anywhere in it, and MeanError says so: half the
// cell.
func TestMeanErrorOfAPointSource(t *testing.T) {
	s, op := problem{axes: []string{uniform(40, -10, 10)},
		initial: "kind = \"gaussian\"\ncenter = [1.03]\nwidth = 1e-6"}.scenario(t)
	state := must[[]float64](t)(s.Start(op))
	_, mean, err := s.Means(op, state)
	if err != nil {
		t.Fatal(err)
	}
	// cells of 0.5
	if off := math.Abs(mean[0](state) - 1.03); !(off < s.MeanError && s.MeanError < 0.6) {
		t.Errorf("off by %.3g, the estimate is %.3g", off, s.MeanError)
	}
}
