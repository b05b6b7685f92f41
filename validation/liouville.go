package validation

import (
	"fmt"
	"math"

	"fpsgd"
)

var liouvilleClaim = Claim{
	Name: "liouville",
	Statement: "That f^{−1−1/ε} is the only non-negative stationary solution needs the lemma's " +
		"hypotheses: for f = e^x, where inf f = 0 and |∇f|/f = 1, e^{−x} is another, which " +
		"carries the constant current −1; for f = 1 + x² what carries a current has two signs.",
	Source: "slide with the lemma on the only non-negative solution (Edmunds and Peletier)",
	Run:    inTurn(stationaryCurrents),
}

// flowing is a stationary solution with the current J = −ε f^{−1/ε} ∂x( f^{1+1/ε} ρ ), ε = 1/2.
type flowing struct {
	f       string
	name    string
	density func(x float64) float64
	current float64
	note    string
}

// flowings are, for f = e^x, the two solutions of one sign; for f = 1 + x²
//
//	ρ = π (a + ∫_0^x f^{1/ε}/ε) = (1 + x²)^{−3} (a + 2x + 4x³/3 + 2x⁵/5)
//
// with the current −1 as well. Every stationary solution on a line is of this kind, and one of them
// has one sign if and only if the integral is bounded on one side: for e^x at −∞, here on neither.
var flowings = []flowing{
	{"exp(x)", "e^{−x}", func(x float64) float64 { return math.Exp(-x) }, -1,
		"positive: not the only one"},
	{"exp(x)", "e^{−3x}", func(x float64) float64 { return math.Exp(-3 * x) }, 0,
		"f^{−1−1/ε}"},
	{"1 + x^2", "(1+x²)^{−3} (2x + 4x³/3 + 2x⁵/5)", func(x float64) float64 {
		return (2*x + 4*x*x*x/3 + 2*math.Pow(x, 5)/5) / math.Pow(1+x*x, 3)
	}, -1, "of two signs, and no multiple of f^{−1−1/ε} changes that on the whole line"},
	{"1 + x^2", "(1+x²)^{−3}", func(x float64) float64 { return math.Pow(1+x*x, -3) }, 0,
		"f^{−1−1/ε}"},
}

// stationaryCurrents records the currents through faces that all grids have, extrapolated in h: the
// masses of cells are the integrals of ρ.
func stationaryCurrents(e *Experiment) {
	const epsilon, reach, coarse = 0.5, 4.0, 40
	for _, c := range flowings {
		grids := e.nested(formula(c.f, fpsgd.ML(epsilon),
			cartesian(fpsgd.Uniform(coarse, -reach, reach)), nil), e.levels())
		var found [][]float64
		for _, eq := range grids {
			found = append(found, currentsAt(eq, c.density, []float64{-2, 0, 2}))
		}
		// what flows either way through a face, f ρ/h in all, cancels but for rounding
		cells := float64(grids[len(grids)-1].Operator.Cells())
		for k, v := range limits(found, extrapolant) {
			x := []float64{-2, 0, 2}[k]
			f := math.Exp(x)
			if c.f != "exp(x)" {
				f = 1 + x*x
			}
			oneWay := epsilon * f * math.Abs(c.density(x)) * cells / (2 * reach)
			e.compare(fmt.Sprintf("f = %s, ρ = %s: current at x = %g", c.f, c.name, x),
				v.widened(massTolerance[1]*oneWay), c.current, "−ε f^{−1/ε} ∂x( f^{1+1/ε} ρ )",
				"ε = 1/2, extrapolated in h; "+c.note)
		}
	}
}

// currentsAt returns those through faces at the given places, of a density.
func currentsAt(eq *fpsgd.Equation, density func(x float64) float64, places []float64) []float64 {
	op, faces := eq.Operator, eq.Grid.Axes[0].Faces
	w := make([]float64, op.Cells())
	for i := range w {
		w[i] = gauss(8, faces[i], faces[i+1], density) / op.Sigma[i]
	}
	all := make([]float64, len(faces))
	op.Current(all, w, 0)
	out := make([]float64, len(places))
	for k, x := range places {
		out[k] = all[faceAt(faces, x)]
	}
	return out
}
