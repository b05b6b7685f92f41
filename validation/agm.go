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
	Run: runAGM,
}

// agm returns the arithmetic–geometric mean of a, g > 0: the common limit of a ← (a+g)/2,
// g ← √(ag).
func agm(a, g float64) float64 {
	for math.Abs(a-g) > 1e-15*a { // convergence is quadratic: what is left after this is rounding
		a, g = (a+g)/2, math.Sqrt(a*g)
	}
	return (a + g) / 2
}

// circleForm returns ∫_{S¹} (cos² + λ sin²)^{−p} dν.
func circleForm(lambda, p float64) integral {
	return circleIntegral(func(x, y float64) float64 { return math.Pow(x*x+lambda*y*y, -p) })
}

func runAGM(e *Experiment) error {
	for _, lambda := range []float64{0.01, 0.1, 10} {
		e.compareForms(lambda)
	}
	e.compareLogarithm(1e-4)
	for _, c := range planeMinima {
		for _, lambda := range []float64{0.1, 10} {
			e.comparePlane(c, lambda)
		}
	}
	e.drawAGM()
	return nil
}

// compareForms records the integrals over the circle of the theorem, and of the exponent that leads
// to the agm.
func (e *Experiment) compareForms(lambda float64) {
	at := fmt.Sprintf(", λ = %g", lambda)
	q := circleForm(lambda, 1)
	e.compare("∫ (cos² + λ sin²)^{−1}"+at, q, 2*math.Pi/math.Sqrt(lambda),
		"2π λ^{−1/2} = |S¹| det^{−1/2}", "the theorem's exponent, −(m−n)/2 with m − n = 2")
	q = circleForm(lambda, 0.5)
	e.compare("∫ (cos² + λ sin²)^{−1/2}"+at, q, 2*math.Pi/agm(1, math.Sqrt(lambda)),
		"2π/agm(1, √λ)", "not the theorem's exponent")
	q = circleForm(lambda*lambda, 0.5)
	e.compare("∫ (cos² + λ² sin²)^{−1/2}"+at, q, 2*math.Pi/agm(1, lambda), "2π/agm(1, λ)",
		"what the slide prints takes this exponent and the Hessian diag(1, λ²)")
}

// compareLogarithm records the slide's limit of the agm with its next term, 2 agm(1, λ)
// log(4/λ)/π = 1 + O(λ²).
func (e *Experiment) compareLogarithm(lambda float64) {
	mean := agm(1, lambda)
	limit := (math.Log(4) + math.Abs(math.Log(lambda))) * mean
	e.Compare(fmt.Sprintf("(log 4 + |log λ|) agm(1, λ), λ = %g", lambda), limit,
		limit*lambda*lambda/4, math.Pi/2, "π/2",
		fmt.Sprintf("the slide's limit is right but slow: |log λ| agm(1, λ) = %.4g here",
			math.Abs(math.Log(lambda))*mean))
}

// planeMinimum is a noise whose π has ∫ π = πε λ^{−1/2} in the plane, and the half width of a box
// of x that holds it.
type planeMinimum struct {
	name    string
	noise   fpsgd.Noise
	formula string
	reach   float64
	outside float64 // of the mass, outside the box
}

var planeMinima = []planeMinimum{
	{"homogeneous noise, f = x² + λy²", fpsgd.Homogeneous(0.5), "x^2 + %g*y^2", 5,
		4 * math.Exp(-50)},
	{"ml noise, f = 1 + x² + λy²", fpsgd.ML(0.1), "1 + x^2 + %g*y^2", 20, math.Pow(400, -10)},
}

// comparePlane records the invariant mass of the solver around a minimum with the Hessian
// diag(2, 2λ), the estimate by a grid of twice as many cells.
func (e *Experiment) comparePlane(c planeMinimum, lambda float64) {
	stretch := 1 / math.Sqrt(lambda)
	x := graded(16, -c.reach, c.reach)
	y := fpsgd.Sinh(16, -c.reach*stretch, c.reach*stretch, 0, stretch)
	f := fmt.Sprintf(c.formula, lambda)
	grids := e.nested(formula(f, c.noise, cartesian(x, y), nil), 2)
	z := masses(grids)
	e.compare(fmt.Sprintf("Z, %s, λ = %g", c.name, lambda),
		z.widened((massTolerance[2]+c.outside)*z.value),
		math.Pi*c.noise.Epsilon()/math.Sqrt(lambda), "πε λ^{−1/2}",
		fmt.Sprintf("selection λ^{−1/2}, where the slide has 1/agm(1, λ) = %.4g", 1/agm(1, lambda)))
}

// drawAGM draws what the theorem and the example give for the density of diag(1, λ), relative to
// λ = 1.
func (e *Experiment) drawAGM() {
	var lambda []float64
	for k := -24; k <= 8; k++ {
		lambda = append(lambda, math.Pow(10, float64(k)/8))
	}
	var lines []plots.Line
	add := func(quadrature, closed string, form func(lambda float64) integral,
		formula func(lambda float64) float64) {
		var values, exact []float64
		for _, l := range lambda {
			values, exact = append(values, form(l).value/(2*math.Pi)), append(exact, formula(l))
		}
		lines = append(lines, measured(quadrature, lambda, values),
			reference(closed, lambda, exact))
	}
	add("theorem: ∫ (cos² + λ sin²)^{−1}", "ρ': λ^{−1/2}",
		func(l float64) integral { return circleForm(l, 1) },
		func(l float64) float64 { return 1 / math.Sqrt(l) })
	add("∫ (cos² + λ² sin²)^{−1/2}", "the slide: 1/agm(1, λ)",
		func(l float64) integral { return circleForm(l*l, 0.5) },
		func(l float64) float64 { return 1 / agm(1, l) })
	add("∫ (cos² + λ sin²)^{−1/2}", "1/agm(1, √λ)",
		func(l float64) integral { return circleForm(l, 0.5) },
		func(l float64) float64 { return 1 / agm(1, math.Sqrt(l)) })
	e.draw("agm", plots.LinesData{
		Heading: "The density of a minimum with Hessian diag(1, λ)", Title: "relative to λ = 1",
		X: "λ", Y: "density", LogX: true, LogY: true, Lines: lines,
	})
}
