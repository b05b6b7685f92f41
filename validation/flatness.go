package validation

import (
	"fmt"
	"math"

	"fpsgd"
	"fpsgd/internal/plots"

	"gonum.org/v1/gonum/mathext"
)

var flatnessClaim = Claim{
	Name: "flatness",
	Statement: "The invariant distribution selects flat minima, by ∫ (νᵀ D²f ν)^{−1−1/ε} dν over " +
		"the sphere of normal directions. As 1 + 1/ε rises to (m−n)/2 this becomes " +
		"det(D²f)^{−1/2}, the density that homogeneous noise selects by as ε falls to 0, and so " +
		"it is if inf f > 0.",
	Source: "slides on π*, π' and “If inf f > 0, the limit is the same in both cases”; theory, " +
		"section 3",
	Run: inTurn(compareIdentity, compareSelection, compareCircle, solverSelections,
		(*Experiment).solverCircle),
}

// flatness is λ in the Hessian 2 diag(1, 1, λ) of the flat minimum, which is compared with 2 I in
// three normal directions.
const flatness = 0.1

// limitingExponent is (m−n)/2.
const limitingExponent = 1.5

// solverSelections records what the solver selects, and draws it.
func solverSelections(e *Experiment) {
	ratios := e.solverSelection()
	e.solverPair()
	e.solverNormalSpace()
	concentrated := e.solverConcentration()
	e.drawSelection(ratios, concentrated[0])
	e.drawConcentration(concentrated)
}

// sphereForm returns ∫_{S²} (x² + y² + λ z²)^{−p} dν.
func sphereForm(lambda, p float64) integral {
	return sphereIntegral(func(x, y, z float64) float64 { return math.Pow(x*x+y*y+lambda*z*z, -p) })
}

// selection returns the density at a minimum 2 diag(1, 1, λ) over that at 2 I by quadrature.
func selection(lambda, p float64) integral { return sphereForm(lambda, p).over(sphereForm(1, p)) }

// selectionSeries is selection in closed form: ½ ∫_{−1}^{1} (1 − (1−λ) z²)^{−p} dz.
func selectionSeries(lambda, p float64) float64 { return mathext.Hypergeo(0.5, p, 1.5, 1-lambda) }

const selectionFormula = "₂F₁(½, p; 3/2; 1−λ)"

// compareIdentity records ∫ (νᵀAν)^{−k/2} dν = |S^{k−1}| det A^{−1/2} for k = 3 and matrices
// without a symmetry, in axes turned about two of them.
func compareIdentity(e *Experiment) {
	for _, a := range [][3]float64{{1, 1, flatness}, {1, 2, 5}, {0.3, 1, 7}} {
		q := sphereIntegral(func(x, y, z float64) float64 {
			x, y = (3*x+4*y)/5, (3*y-4*x)/5
			y, z = (12*y+5*z)/13, (12*z-5*y)/13
			return math.Pow(a[0]*x*x+a[1]*y*y+a[2]*z*z, -limitingExponent)
		})
		e.compare(fmt.Sprintf("∫ (νᵀAν)^{−3/2} dν, A ~ diag(%g, %g, %g)", a[0], a[1], a[2]), q,
			4*math.Pi/math.Sqrt(a[0]*a[1]*a[2]), "|S²| det A^{−1/2}")
	}
}

// compareSelection records the selection ratio by quadrature as the exponent rises to its limit.
func compareSelection(e *Experiment) {
	for _, p := range []float64{1, 1.3, 1.45, 1.49} {
		q := selection(flatness, p)
		e.compare(fmt.Sprintf("selection, p = 1 + 1/ε = %g, quadrature", p), q,
			selectionSeries(flatness, p), selectionFormula)
	}
	q := selection(flatness, limitingExponent)
	e.compare("selection, p = 3/2, quadrature", q, 1/math.Sqrt(flatness), "λ^{−1/2}")
}

// curvature is λ(φ) along a circle of minima: 1 at φ = 0 and 0.1 at φ = π.
func curvature(phi float64) float64 { return math.Pow(flatness, math.Pow(math.Sin(phi/2), 2)) }

// circleLoss is f = (ϱ − 1)² + z² + λ(φ) w² in R⁴, which vanishes on the unit circle of the x-y
// plane, n = 1.
func circleLoss(x, y, z, w float64) float64 {
	normal := math.Hypot(x, y) - 1
	return normal*normal + z*z + curvature(math.Atan2(y, x))*w*w
}

// tubeDensity returns the mass of π = f^{−p} within the distance 1/2 of the circle, per unit of arc
// at φ, but for its factor ∫ r^{2−2p} dr. A point at s in the direction of the centre's normal
// moves along an arc 1 + s times as long.
func tubeDensity(phi, p float64) integral {
	const radius = 0.5
	sin, cos := math.Sincos(phi)
	return sphereIntegral(func(s, z, w float64) float64 {
		distance := 1 + radius*s
		f := circleLoss(distance*cos, distance*sin, radius*z, radius*w) / (radius * radius)
		return math.Pow(f, -p) * distance
	})
}

// compareCircle records the density along the circle by quadrature: the geometry of the circle does
// not matter, and the limit is von Mises' law λ(φ)^{−1/2} = e^{(log 10)(1 − cos φ)/4}.
func compareCircle(e *Experiment) {
	for _, phi := range []float64{math.Pi / 2, math.Pi} {
		at := fmt.Sprintf("circle in R⁴, φ = %.3g π, ", phi/math.Pi)
		for _, p := range []float64{1.3, 1.49} {
			q := tubeDensity(phi, p).over(tubeDensity(0, p))
			e.compare(fmt.Sprintf("%sp = %g, quadrature", at, p), q,
				selectionSeries(curvature(phi), p), selectionFormula)
		}
		q := tubeDensity(phi, limitingExponent).over(tubeDensity(0, limitingExponent))
		e.compare(at+"p = 3/2, quadrature", q, math.Exp(-math.Log(flatness)*(1-math.Cos(phi))/4),
			"λ(φ)^{−1/2}")
	}
}

// ball is a minimum at the centre of a ball in its normal directions. With r ≥ e^{−10} a share is
// left out that depends on ε, but not on the Hessian. The cells of r and of the polar angle are
// halved from level to level.
func ball(f string, noise fpsgd.Noise, level int) fpsgd.Problem {
	grid := spherical(fpsgd.Log(5<<level, -10, 0), polarAngle(8<<level), azimuth(2))
	return formula(f, noise, grid, nil)
}

// quadraticMinimum is f around a minimum, with λ to be filled in.
const quadraticMinimum = "x^2 + y^2 + %g*z^2"

// ballSelection returns the invariant mass of the solver in the ball for the Hessian 2
// diag(1, 1, λ) over that for 2 I; formula is f. The estimate is the larger of the last two changes
// on nested grids: boxes are bisected by a tolerance, and the errors have no order.
func (e *Experiment) ballSelection(f string, lambda float64, noise fpsgd.Noise) integral {
	ratios := make([]float64, e.levels()-1)
	for level := range ratios {
		var logZ [2]float64
		for k, l := range []float64{lambda, 1} {
			p := must(e.Build(ball(fmt.Sprintf(f, l), noise, level)))
			logZ[k] = p.Operator.LogZ
		}
		ratios[level] = math.Exp(logZ[0] - logZ[1])
	}
	return settled(ratios)
}

// settled returns the last value, with the larger of the last two changes.
func settled(values []float64) integral {
	last, before := refinement(values...), refinement(values[:len(values)-1]...)
	return integral{last.value, math.Max(last.error, before.error)}
}

// solverSelection records the selection ratio of the solver's invariant masses, and where they tend
// as the exponent does to its limit.
func (e *Experiment) solverSelection() plots.Line {
	exponents := []float64{1.1, 1.2, 1.3, 1.45, 1.49}
	found := measured("ml noise, solver", nil, nil)
	for _, p := range exponents {
		q := e.ballSelection(quadraticMinimum, flatness, fpsgd.ML(1/(p-1)))
		e.compare(fmt.Sprintf("selection, p = 1 + 1/ε = %g, solver", p), q,
			selectionSeries(flatness, p), selectionFormula,
			"cell masses in balls around the minima")
		extend(&found, 1/(p-1), q.value)
	}
	e.compareLimit("selection, p → 3/2, solver", exponents, found.Y)
	return found
}

// polynomialAt returns the value at t of the polynomial through the points, by Neville's scheme.
func polynomialAt(t float64, x, y []float64) float64 {
	row := append([]float64(nil), y...)
	for k := 1; k < len(x); k++ {
		for i := range len(x) - k {
			row[i] += (t - x[i]) * (row[i+1] - row[i]) / (x[i+k] - x[i])
		}
	}
	return row[0]
}

// pair is a landscape with two minima, exactly quadratic next to them, that grows like |θ|⁶.
func pair(epsilon float64) fpsgd.Problem {
	return formula("min(r^2 + (z + 1)^2, r^2 + 0.1*(z - 1)^2) * max(1, (r^2 + z^2)/9)^2",
		fpsgd.ML(epsilon), cylindrical(fpsgd.Uniform(24, 0, 6), fpsgd.Uniform(48, -6, 6)), nil)
}

// The cylinders around the minima of pair in which f is exactly quadratic. They end at faces.
const (
	cylinderRadius = 0.5
	cylinderHeight = 0.25 // half of it
)

// solverPair records the masses of equal cylinders around two minima of one landscape, and where
// their ratio tends.
func (e *Experiment) solverPair() {
	exponents := []float64{1.1, 1.2, 1.3, 1.4, 1.45}
	var ratios []float64
	for _, p := range exponents {
		ratio := refinement(onEach(e.nested(pair(1/(p-1)), 2), func(eq *fpsgd.Equation) float64 {
			return massNear(eq, 1) / massNear(eq, -1)
		})...)
		flat := halfCylinder(cylinderRadius, cylinderHeight, flatness, p)
		steep := halfCylinder(cylinderRadius, cylinderHeight, 1, p)
		e.compare(fmt.Sprintf("two minima, p = %g, solver", p),
			ratio.widened(2*massTolerance[2]*ratio.value), flat/steep,
			"∫ f^{−p} over cylinders by Gauss' theorem",
			"one landscape and operator, equal cylinders around both")
		ratios = append(ratios, ratio.value)
	}
	e.compareLimit("two minima, p → 3/2, solver", exponents, ratios)
}

// compareLimit records the polynomial extrapolation of selection ratios to the limiting exponent,
// the estimate by the one without the first exponent.
func (e *Experiment) compareLimit(name string, exponents, ratios []float64) {
	limit := refinement(polynomialAt(limitingExponent, exponents[1:], ratios[1:]),
		polynomialAt(limitingExponent, exponents, ratios))
	e.compare(name, limit, 1/math.Sqrt(flatness), "λ^{−1/2}",
		fmt.Sprintf("extrapolated from p ≤ %g by a polynomial", exponents[len(exponents)-1]))
}

// massNear returns the invariant mass of the cells in the cylinder around (r, z) = (0, center).
func massNear(p *fpsgd.Equation, center float64) float64 {
	r, z := &p.Grid.Axes[0], &p.Grid.Axes[1]
	mass := 0.0
	for i, logM := range p.Operator.LogM {
		if r.Midpoint(i/z.Cells()) < cylinderRadius &&
			math.Abs(z.Midpoint(i%z.Cells())-center) < cylinderHeight {
			mass += math.Exp(logM - p.Operator.LogZ)
		}
	}
	return mass
}

// halfCylinder returns ∫ (r² + λz²)^{−p} over r < a, 0 < z < b. The integrand is homogeneous of
// degree −2p, so that (3−2p) ∫ f^{−p} = ∮ f^{−p} x·n, over the side and the top.
func halfCylinder(a, b, lambda, p float64) float64 {
	side := lineIntegral(0, b, func(z float64) float64 {
		return math.Pow(a*a+lambda*z*z, -p)
	}).value
	top := (math.Pow(a*a+lambda*b*b, 1-p) - math.Pow(lambda*b*b, 1-p)) / (2 * (1 - p))
	return 2 * math.Pi * (a*a*side + b*top) / (3 - 2*p)
}

// solverNormalSpace records the density along the circle by the solver on the normal space at φ, a
// slice of R⁴ of three dimensions in which there is a point minimum and no circle: in first order
// in the distance, arcs on both sides of the circle make up for each other.
func (e *Experiment) solverNormalSpace() {
	const p, phi = 1.3, math.Pi / 2
	q := e.ballSelection(quadraticMinimum, curvature(phi), fpsgd.ML(1/(p-1)))
	e.compare("normal space of the circle in R⁴ at φ = 0.5 π, p = 1.3, solver", q,
		selectionSeries(curvature(phi), p), selectionFormula,
		"cell masses in a ball of the normal slice, a point minimum in R³, over those in the "+
			"slice at φ = 0")
}

// concentration is a noise that for ε → 0 concentrates at the minima, with the share of the mass of
// a ray νᵀAν = g that lies in the unit ball; on the whole ray it is g^{−3/2}.
type concentration struct {
	name    string
	noise   func(epsilon float64) fpsgd.Noise
	formula string
	inside  func(g, epsilon float64) float64
}

var concentrations = []concentration{
	{
		"homogeneous noise",
		func(epsilon float64) fpsgd.Noise { return fpsgd.Homogeneous(epsilon) },
		quadraticMinimum,
		func(g, epsilon float64) float64 {
			return mathext.GammaIncReg(limitingExponent, g/epsilon)
		},
	},
	{
		"ml noise, inf f = 1",
		func(epsilon float64) fpsgd.Noise { return fpsgd.ML(epsilon) },
		"1 + " + quadraticMinimum,
		func(g, epsilon float64) float64 {
			return mathext.RegIncBeta(limitingExponent, 1+1/epsilon-limitingExponent, g/(1+g))
		},
	},
}

// selection is that of balls of radius 1 by quadrature.
func (c concentration) selection(epsilon float64) integral {
	mass := func(lambda float64) integral {
		return sphereIntegral(func(x, y, z float64) float64 {
			g := x*x + y*y + lambda*z*z
			return math.Pow(g, -limitingExponent) * c.inside(g, epsilon)
		})
	}
	return mass(flatness).over(mass(1))
}

// line is the selection by quadrature up to an ε.
func (c concentration) line(hi float64) plots.Line {
	selection := func(epsilon float64) float64 { return c.selection(epsilon).value }
	x, y := sampled(50, 0.003, hi, selection)
	return plots.Line{Name: c.name + ", quadrature", X: x, Y: y}
}

// solverConcentration records that homogeneous noise, and ml noise where inf f > 0, select by
// det^{−1/2} as ε falls to 0.
func (e *Experiment) solverConcentration() (found []plots.Line) {
	const limit = 0.003
	epsilons := []float64{0.1, 0.03, limit}
	if e.Full {
		epsilons = []float64{0.1, 0.03, 0.01, limit}
	}
	for _, c := range concentrations {
		line := measured(c.name+", solver", nil, nil)
		for _, epsilon := range epsilons {
			q := e.ballSelection(c.formula, flatness, c.noise(epsilon))
			name := fmt.Sprintf("%s, ε = %g, solver", c.name, epsilon)
			if epsilon == limit {
				e.compare(name, q.widened(q.value*(1-c.inside(flatness, epsilon))),
					1/math.Sqrt(flatness), "λ^{−1/2}",
					"the estimate holds the mass outside the balls")
			} else {
				want := c.selection(epsilon)
				e.compare(name, q.widened(want.error), want.value,
					"∫ q(g) g^{−3/2} dν, q the share inside, by quadrature")
			}
			extend(&line, epsilon, q.value)
		}
		found = append(found, line)
	}
	return found
}

// limitLine is det^{−1/2} of the flat minimum over that of the other.
func limitLine(lo, hi float64) plots.Line {
	limit := 1 / math.Sqrt(flatness)
	return reference("det^{−1/2}: √10", []float64{lo, hi}, []float64{limit, limit})
}

// drawSelection draws the ratio against the exponent, by quadrature and by the solver, of ml noise,
// which takes it to the limit where 1 + 1/ε = 3/2, and of homogeneous noise, which does only as 1/ε
// → ∞.
func (e *Experiment) drawSelection(ml, homogeneous plots.Line) {
	quadrature := plots.Line{Name: "ml noise, quadrature"}
	quadrature.X, quadrature.Y = sampled(50, 1/(limitingExponent-1), 100,
		func(epsilon float64) float64 { return selection(flatness, 1+1/epsilon).value })
	lines := []plots.Line{quadrature, ml, concentrations[0].line(100), homogeneous}
	for i := range lines {
		lines[i].X = inverses(lines[i].X)
	}
	e.draw("flatness", plots.LinesData{
		Heading: "Selection ratio against the exponent",
		Title:   "D²f = 2 diag(1, 1, 0.1) over 2 I, m − n = 3",
		X:       "1/ε, the exponent less 1", Y: "ratio of invariant masses", LogX: true,
		Lines: append(lines, limitLine(1./100, 1/0.003)),
	})
}

// drawConcentration draws the ratio against ε for the noises that concentrate: lines by quadrature,
// points by the solver.
func (e *Experiment) drawConcentration(points []plots.Line) {
	var lines []plots.Line
	for i, c := range concentrations {
		lines = append(lines, c.line(0.3), points[i])
	}
	e.draw("flatness-concentration", plots.LinesData{
		Heading: "Selection ratio as ε falls to 0",
		Title:   "D²f = 2 diag(1, 1, 0.1) over 2 I, balls of radius 1",
		X:       "ε", Y: "ratio of invariant masses", LogX: true,
		Lines: append(lines, limitLine(0.003, 0.3)),
	})
}
