package validation

import (
	"fmt"
	"math"

	"fpsgd"
	"fpsgd/internal/plots"
)

var agmClaim = Claim{
	Name: "agm",
	Statement: "The talk's example, ρ* = 1/agm(1, λ) against ρ' = λ^{−1/2} for the Hessian " +
		"diag(1, λ), is inconsistent with the talk's own theorem, whose exponent −(m−n)/2 makes " +
		"ρ* and ρ' proportional: the agm belongs to the exponent −1/2.",
	Source: "slide “Both functions of D²f have the same homogeneity …” against the theorem " +
		"before it; theory, section 3",
	Run: inTurn(compareForms, compareLogarithm, comparePlanes, drawAGM),
}

// agm returns the arithmetic–geometric mean of a, g > 0: the common limit of a ← (a+g)/2,
// g ← √(ag).
func agm(a, g float64) float64 {
	for math.Abs(a-g) > 1e-15*a { // convergence is quadratic: what is left after this is rounding
		a, g = (a+g)/2, math.Sqrt(a*g)
	}
	return (a + g) / 2
}

// circleForm is ∫_{S¹} (cos² + λ^k sin²)^{−p} dν, 2π over a mean of 1 and λ.
type circleForm struct {
	name, formula, note string
	k, p                float64
	mean                func(lambda float64) float64
	line, closed        string // the integral and the mean in the figure
}

func (c circleForm) integral(lambda float64) integral {
	return circleIntegral(func(x, y float64) float64 {
		return math.Pow(x*x+math.Pow(lambda, c.k)*y*y, -c.p)
	})
}

// circleForms are that of the theorem and two of the exponent that leads to the agm.
var circleForms = []circleForm{
	{"∫ (cos² + λ sin²)^{−1}", "2π λ^{−1/2} = |S¹| det^{−1/2}",
		"the theorem's exponent, −(m−n)/2 with m − n = 2", 1, 1, math.Sqrt,
		"theorem: ∫ (cos² + λ sin²)^{−1}", "ρ': λ^{−1/2}"},
	{"∫ (cos² + λ sin²)^{−1/2}", "2π/agm(1, √λ)", "not the theorem's exponent", 1, 0.5,
		func(lambda float64) float64 { return agm(1, math.Sqrt(lambda)) },
		"∫ (cos² + λ sin²)^{−1/2}", "1/agm(1, √λ)"},
	{"∫ (cos² + λ² sin²)^{−1/2}", "2π/agm(1, λ)",
		"what the slide prints takes this exponent and the Hessian diag(1, λ²)", 2, 0.5,
		func(lambda float64) float64 { return agm(1, lambda) },
		"∫ (cos² + λ² sin²)^{−1/2}", "the slide: 1/agm(1, λ)"},
}

// compareForms records the forms.
func compareForms(e *Experiment) {
	for _, lambda := range []float64{0.01, 0.1, 10} {
		for _, c := range circleForms {
			e.compare(fmt.Sprintf("%s, λ = %g", c.name, lambda), c.integral(lambda),
				2*math.Pi/c.mean(lambda), c.formula, c.note)
		}
	}
}

// compareLogarithm records the slide's limit of the agm with its next term, 2 agm(1, λ)
// log(4/λ)/π = 1 + O(λ²).
func compareLogarithm(e *Experiment) {
	const lambda = 1e-4
	mean := agm(1, lambda)
	limit := (math.Log(4) + math.Abs(math.Log(lambda))) * mean
	e.Compare(fmt.Sprintf("(log 4 + |log λ|) agm(1, λ), λ = %g", lambda), limit,
		limit*lambda*lambda/4, math.Pi/2, "π/2",
		fmt.Sprintf("the slide's limit is right but slow: |log λ| agm(1, λ) = %.4g here",
			math.Abs(math.Log(lambda))*mean))
}

// planeMinima are noises whose π has ∫ π = πε λ^{−1/2} in the plane, and the half widths of boxes
// of x that hold it.
var planeMinima = []struct {
	name    string
	noise   fpsgd.Noise
	formula string
	reach   float64
	outside float64 // of the mass, outside the box
}{
	{"homogeneous noise, f = x² + λy²", fpsgd.Homogeneous(0.5), "x^2 + %g*y^2", 5,
		4 * math.Exp(-50)},
	{"ml noise, f = 1 + x² + λy²", fpsgd.ML(0.1), "1 + x^2 + %g*y^2", 20, math.Pow(400, -10)},
}

// comparePlanes records the invariant mass of the solver around minima with the Hessian
// diag(2, 2λ), the estimate by a grid of twice as many cells.
func comparePlanes(e *Experiment) {
	for _, c := range planeMinima {
		for _, lambda := range []float64{0.1, 10} {
			stretch := 1 / math.Sqrt(lambda)
			x := graded(16, -c.reach, c.reach)
			y := fpsgd.Sinh(16, -c.reach*stretch, c.reach*stretch, 0, stretch)
			f := fmt.Sprintf(c.formula, lambda)
			z := masses(e.nested(formula(f, c.noise, cartesian(x, y), nil), 2))
			e.compare(fmt.Sprintf("Z, %s, λ = %g", c.name, lambda),
				z.widened((massTolerance[2]+c.outside)*z.value),
				math.Pi*c.noise.Epsilon()/math.Sqrt(lambda), "πε λ^{−1/2}",
				fmt.Sprintf("selection λ^{−1/2}, where the slide has 1/agm(1, λ) = %.4g",
					1/agm(1, lambda)))
		}
	}
}

// drawAGM draws what the theorem and the example give for the density of diag(1, λ), relative to
// λ = 1.
func drawAGM(e *Experiment) {
	data := plots.LinesData{
		Heading: "The density of a minimum with Hessian diag(1, λ)", Title: "relative to λ = 1",
		X: "λ", Y: "density", LogX: true, LogY: true,
	}
	for _, k := range []int{0, 2, 1} { // the slide's next to the theorem's
		c := circleForms[k]
		quadrature, closed := measured(c.line, nil, nil), reference(c.closed, nil, nil)
		for k := -24; k <= 8; k++ {
			lambda := math.Pow(10, float64(k)/8)
			extend(&quadrature, lambda, c.integral(lambda).value/(2*math.Pi))
			extend(&closed, lambda, 1/c.mean(lambda))
		}
		data.Lines = append(data.Lines, quadrature, closed)
	}
	e.draw("agm", data)
}
