package validation

import (
	"math"

	"fpsgd"
	"fpsgd/internal/plots"

	"gonum.org/v1/gonum/floats"
)

var exactKernelsClaim = Claim{
	Name: "exact-kernels",
	Statement: "The densities computed converge in h and dt, with order 2, to the closed-form " +
		"solutions of the equation on the whole space, " +
		"and their norms ‖u−⟨u⟩‖ to the closed-form norms.",
	Source: "theory, sections 2.1 to 2.4: transition densities and polynomial solutions of the " +
		"equation of the talk",
	Run: inTurn(runExactKernels),
}

// kernelFamily is a solution in closed form, computed on the grid of the problem and on finer ones,
// with 2^k times the cells along every axis in steps of step/2^k, k < 4.
type kernelFamily struct {
	name      string
	exact     string // the closed form
	norm      string // ‖u−⟨u⟩‖ in closed form
	problem   fpsgd.Problem
	end, step float64
	full      bool // only in the long set
}

// The norms of the families. Of a solution from a point or a shell at θ₀, ‖u‖² is ρ/π at the source
// after twice the time; t is the time since the release, sinh θ₀ = x₀, r₀ or log r₀, and ψ_N the
// ground state.
const (
	studentNorm       = "‖u−⟨u⟩‖² = (K_N(θ₀,θ₀;2εt) − ψ_N(θ₀)²) cosh^{2N} θ₀"
	studentRadialNorm = "‖u−⟨u⟩‖² = e^{2(2N−1)εt} (K_N(θ₀,θ₀;2εt) − K_N(θ₀,−θ₀;2εt)) " +
		"cosh^{2N} θ₀/(4π sinh² θ₀) − 1/Z"
	polynomialNorm = "Z(1+B)² ‖u−⟨u⟩‖² = 4B e^{−4t} + |b|⁴ (2(d−1)/(d²(d+2)) ⟨|θ|⁴⟩ " +
		"e^{−8t} + Var|θ|²/d² e^{−2(4−2dε)t}), B = ⟨(b·θ)²⟩"
	brownianNorm = "‖u‖² = e^{−μ²t/(2ε)} (8πεt)^{−1/2}/(|S^{d−1}| r₀^d π(r₀)), μ = " +
		"(d−2)ε − 2"
	logSingularNorm       = "‖u−⟨u⟩‖² = (K_N(θ₀,θ₀;2εt) − ψ_N(θ₀)²) cosh^{2N} θ₀/|S^{m−1}|"
	ornsteinUhlenbeckNorm = "Z‖u−⟨u⟩‖² = (1−q²)^{−1/2} exp(q x₀²/(ε(1+q))) − 1, q = e^{−2t}"
)

// Solutions from a point or a shell have the age 0.1 or 0.2 at t = 0. The domains leave out so
// little of every density that its mass does not show beside the errors.
func kernelFamilies() []kernelFamily {
	const polynomial = "π(1 + b·x)² at t = 0, ε = 1/4"
	line, plane := []float64{1}, []float64{1, 0.5}
	return []kernelFamily{
		{"Student, N = 1", "K₁, ε = 2", studentNorm,
			studentLine(2, 1e5), 0.9, 0.018, false},
		{"Student, N = 2", "K₂, ε = 2/3", studentNorm,
			studentLine(2./3, 1e4), 0.9, 0.018, false},
		{"Student, N = 3", "K₃, ε = 2/5", studentNorm,
			studentLine(0.4, 1e3), 0.9, 0.018, false},
		{"Student, radial in R³, N = 2", "K₂ on odd functions, ε = 2/3", studentRadialNorm,
			studentRadial(2./3, 1e5), 0.9, 0.018, false},
		{"Student, radial in R³, N = 3", "K₃ on odd functions, ε = 2/5", studentRadialNorm,
			studentRadial(0.4, 1e4), 0.9, 0.018, false},
		{"polynomial, 1-D", polynomial, polynomialNorm,
			polynomialFamily(line, 50), 0.5, 0.05, false},
		{"polynomial, 2-D", polynomial, polynomialNorm,
			polynomialFamily(plane, 24), 0.5, 0.1, false},
		{"polynomial, 2-D, to 320²", polynomial, polynomialNorm,
			polynomialFamily(plane, 40), 0.5, 0.0625, true},
		{"geometric Brownian motion, d = 1", "log-normal, ε = 1/4", brownianNorm,
			geometricBrownian(1, 0.25, fpsgd.Log(180, -10, 10), 0.2), 0.8, 0.016, false},
		{"geometric Brownian motion, d = 3", "log-normal, ε = 1", brownianNorm,
			geometricBrownian(3, 1, fpsgd.Log(180, brownianReach, 10), 0.2), 0.8, 0.032, false},
		{"log-singular, m = 3", "K₁ in log r, ε = 2", logSingularNorm,
			logSingularKernel(3, 2, 1e5), 0.8, 0.016, false},
		{"log-singular, m = 5", "K₂ in log r, ε = 2/3", logSingularNorm,
			logSingularKernel(5, 2./3, 1e3), 0.8, 0.016, false},
		{"Ornstein–Uhlenbeck", "the normal law, D = ε = 1/2", ornsteinUhlenbeckNorm,
			formula("x^2 / 2", fpsgd.Homogeneous(0.5), cartesian(fpsgd.Uniform(50, -8, 8)),
				fpsgd.Exact{Source: 1.5, Age: 0.1}), 0.9, 0.036, false},
	}
}

// brownianReach is log r of the core of a grid: 1/Z of the grid, which the whole space does not
// have, is about its exponential for d = 3, ε = 1.
const brownianReach = -28

func studentLine(epsilon, reach float64) fpsgd.Problem {
	return formula("1 + x^2", fpsgd.ML(epsilon), cartesian(graded(100, -reach, reach)),
		fpsgd.Exact{Source: 1.5, Age: 0.1})
}

func studentRadial(epsilon, reach float64) fpsgd.Problem {
	return formula("1 + r^2", fpsgd.ML(epsilon), radial(3, graded(100, 0, reach)),
		fpsgd.Exact{Source: 2, Age: 0.1})
}

func polynomialFamily(b []float64, n int) fpsgd.Problem {
	f := []string{"1 + x^2", "1 + x^2 + y^2"}[len(b)-1]
	return formula(f, fpsgd.ML(0.25), box(len(b))(100, []int{n}), fpsgd.Exact{B: b})
}

func logSingularKernel(m int, epsilon, reach float64) fpsgd.Problem {
	return builtin("log-singular", nil, fpsgd.ML(epsilon), radial(m, doublyGraded(100, reach)),
		fpsgd.Exact{Source: 2, Age: 0.2})
}

func runExactKernels(e *Experiment) {
	figure := plots.LinesData{
		Heading: "Error against the closed form",
		X:       "h relative to the coarsest grid; dt shrinks with h", Y: "L¹ error at the end",
		LogX: true, LogY: true,
	}
	for _, family := range kernelFamilies() {
		if family.full && !e.Full {
			continue
		}
		figure.Lines = append(figure.Lines, e.compareKernel(family))
	}
	const finest = 1. / 8
	figure.Lines = append(figure.Lines,
		reference("order 2", []float64{1, finest}, []float64{0.05, 0.05 * finest * finest}))
	e.draw("exact-kernels", figure)
}

// compareKernel runs a family on its nested grids, records the order, the error on the finest grid
// and the norm ‖u−⟨u⟩‖ at the end, and returns the errors. The claim is that of an order in dt as
// well, and so the steps are those of SDIRK2, halved as the cells are: errors O(h² + dt²) keep
// their order.
func (e *Experiment) compareKernel(family kernelFamily) plots.Line {
	line := plots.Line{Name: family.name}
	var norms, orders, w []float64
	var change float64 // L¹ distance of the last two densities, on the cells of the coarser grid
	var eq *fpsgd.Equation
	for k, finer := range e.nested(family.problem, 4) {
		s := e.steps(finer, family.end, math.Ldexp(family.step, -k))
		found := must(finer.Errors(s.W, make([]float64, len(s.W)), finer.Operator, s.Time))
		extend(&line, math.Ldexp(1, -k), found.L1)
		norms = append(norms, math.Exp(finer.Operator.Measure(s.W, finer.LogVolumes()).LogNorm))
		if k > 0 {
			orders = append(orders, math.Log2(line.Y[k-1]/line.Y[k]))
			change = floats.Distance(eq.Masses(w), eq.Masses(finer.Restrict(s.W, eq)), 1)
		}
		eq, w = finer, s.W
	}
	left, last := outside(eq, family.end), line.Y[len(line.Y)-1]
	order := refinement(orders...)
	e.Compare(family.name+": order", order.value, halvingError(order.error)+2*left/last, 2,
		"errors are O(h² + dt²)", "the estimate is a third of the last change of the order")
	e.Compare(family.name+": L¹ error", last, halvingError(change)+2*left, 0,
		"‖ρ − ρ_exact‖, "+family.exact,
		"the estimate is a third of the distance of the last two densities, and the mass "+
			"outside the grid")
	norm := atZeroSpacing(norms, 2, 3, 4)
	e.compare(family.name+": ‖u−⟨u⟩‖",
		norm.widened(math.Abs(excessInverseZ(eq))/(2*norm.value)).widened(left*norm.value),
		eq.Exact.DeviationNorm(family.end), family.norm, "extrapolated in h and dt")
	return line
}

// excessInverseZ is by how much 1/Z of the grid exceeds that of the whole space, which is part of
// ‖u−⟨u⟩‖² = ‖u‖² − 1/Z.
func excessInverseZ(eq *fpsgd.Equation) float64 {
	inverse := math.Exp(-eq.Operator.LogZ)
	if math.IsNaN(eq.Known.LogZ) { // π is not integrable
		return inverse
	}
	return inverse - math.Exp(-eq.Known.LogZ)
}
