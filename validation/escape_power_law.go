package validation

import (
	"fmt"
	"math"

	"fpsgd"
	"fpsgd/internal/plots"
)

var escapePowerLawClaim = Claim{
	Name: "escape-power-law",
	Statement: "With noise that vanishes with f a minimum is left at a rate that is a power of " +
		"f_min/f_saddle, not an exponential of the barrier: −log(gap) against " +
		"log(f_saddle/f_min) has the slope 1/ε + 1 − m/2 in m dimensions.",
	Source: "flat minimum selection: how long it takes; Laplace's method for π and f^{1/ε}",
	Run:    inTurn(powerLawOnTheLine, powerLawInSpace),
}

// raised is the double well (x² − 1)²/4 + a.
func raised(a, epsilon float64) metastableCase {
	return metastableCase{
		formula: fmt.Sprintf("(x^2-1)^2/4 + %g", a),
		f:       func(x float64) float64 { return (x*x-1)*(x*x-1)/4 + a },
		noise:   fpsgd.ML(epsilon), reach: 3, width: 0.1,
	}
}

// barrier is log(f_saddle/f_min) of (x² − 1)²/4 + a.
func barrier(a float64) float64 { return math.Log((0.25 + a) / a) }

// slopes are those of −log(gap) against the barrier between one a and the next.
func slopes(a, gaps []float64) []float64 {
	out := make([]float64, len(a)-1)
	for k := range out {
		out[k] = -math.Log(gaps[k+1]/gaps[k]) / (barrier(a[k+1]) - barrier(a[k]))
	}
	return out
}

// powerLawOnTheLine records the gaps for ε = 1/5, by the grid and by quadrature, and the slope of
// those of the grid, which is 11/2 + O(a): the mass of a well is a^{1/2−p}(c + O(a)), and the
// resistance of the saddle smooth in a.
func powerLawOnTheLine(e *Experiment) {
	const epsilon = 0.2
	a := []float64{0.002, 0.001, 0.0005, 0.00025}
	var gaps []float64
	estimate := 0.0
	for _, floor := range a {
		c := raised(floor, epsilon)
		found := e.eigenvalues(c.problem(200), 1, 3)[0]
		error := math.Abs(found.value-found.finest()) + logRounding*found.value
		e.Compare(fmt.Sprintf("a = %g, ε = 1/5: gap", floor), found.value, error, c.gap(),
			"1/λ of the inverse operator, by quadrature", "on 800 cells "+number(found.finest()))
		gaps, estimate = append(gaps, found.value), math.Max(estimate, error/found.value)
	}
	local := slopes(a, gaps)
	noise := 2 * estimate / math.Ln2 // of the slope between two gaps
	e.compare("m = 1, ε = 1/5: slope as a → 0", eliminated(local, 2, 1, 2).widened(noise),
		1/epsilon+0.5, "1/ε + 1 − m/2", "between neighbours "+fmt.Sprintf("%.5f", local))
	e.Compare("m = 1, ε = 1/5: slope from a = 0.002 to 0.001", local[0],
		noise+math.Abs(local[1]-local[0]), 1/epsilon+0.5, "1/ε + 1 − m/2, to 1e-3")
	line := measured("gap", nil, gaps)
	law := reference("slope 11/2", nil, nil)
	for _, floor := range a {
		line.X = append(line.X, math.Exp(barrier(floor)))
		extend(&law, math.Exp(barrier(floor)),
			gaps[0]*math.Exp(-(1/epsilon+0.5)*(barrier(floor)-barrier(a[0]))))
	}
	e.draw("escape-power-law", plots.LinesData{
		Heading: "The gap is a power of the barrier", Title: "f = (x² − 1)²/4 + a, ε = 1/5",
		X: "f_saddle/f_min", Y: "gap", LogX: true, LogY: true, Lines: []plots.Line{line, law},
	})
}

// powerLawInSpace records the slope where the well is crossed by m − 1 directions more, f = (x² −
// 1)²/4 + |y|² + a: in the plane, and in space by cylindrical coordinates.
func powerLawInSpace(e *Experiment) {
	const epsilon = 0.5
	a := []float64{0.004, 0.002, 0.001}
	along := func(n int) fpsgd.Division {
		return gradedAbout(n, -3, 3, []float64{-1, 1}, []float64{0.1, 0.1})
	}
	for _, c := range []struct {
		m       int
		formula string
		grid    *fpsgd.Grid
	}{
		{2, "(x^2-1)^2/4 + y^2 + %g", cartesian(along(32), fpsgd.Sinh(16, -3, 3, 0, 0.1))},
		{3, "(z^2-1)^2/4 + r^2 + %g", cylindrical(fpsgd.Sinh(12, 0, 3, 0, 0.1), along(32))},
	} {
		var gaps []float64
		estimate := 0.0
		for _, floor := range a {
			p := formula(fmt.Sprintf(c.formula, floor), fpsgd.ML(epsilon), c.grid, nil)
			found := e.eigenvalues(p, 1, 3)[0]
			gaps = append(gaps, found.value)
			estimate = math.Max(estimate, found.error/found.value)
		}
		local := slopes(a, gaps)
		e.compare(fmt.Sprintf("m = %d, ε = 1/2: slope as a → 0", c.m),
			eliminated(local, 2, 1).widened(2*estimate/math.Ln2), 1/epsilon+1-float64(c.m)/2,
			"1/ε + 1 − m/2", "between neighbours "+fmt.Sprintf("%.4f", local))
	}
}
