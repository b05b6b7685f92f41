package validation

import (
	"fmt"
	"io"
	"math"

	"fpsgd/internal/plots"
	"fpsgd/solver"
)

var exactKernelsClaim = Claim{
	Name: "exact-kernels",
	Statement: "The densities computed converge in h and dt, with order 2, to the closed-form solutions of the equation on the whole space, " +
		"and their norms ‖u−⟨u⟩‖ to the closed-form norms.",
	Source: "theory, sections 2.1 to 2.4: transition densities and polynomial solutions of the equation of the talk",
	Run:    runExactKernels,
}

// kernelFamily is a solution in closed form, computed on grids of cells·2^k cells an axis in steps of step/2^k, k < levels.
type kernelFamily struct {
	name   string
	exact  string // the closed form
	norm   string // ‖u−⟨u⟩‖ in closed form
	toml   string
	cells  int
	step   float64
	levels int
	full   bool // only in the long set
}

// The norms of the families. Of a solution from a point or a shell at θ₀, ‖u‖² is ρ/π at the source after twice the time; t is the
// time since the release, sinh θ₀ = x₀, r₀ or log r₀, and ψ_N the ground state.
const (
	studentNorm           = "‖u−⟨u⟩‖² = (K_N(θ₀,θ₀;2εt) − ψ_N(θ₀)²) cosh^{2N} θ₀"
	studentRadialNorm     = "‖u−⟨u⟩‖² = e^{2(2N−1)εt} (K_N(θ₀,θ₀;2εt) − K_N(θ₀,−θ₀;2εt)) cosh^{2N} θ₀/(4π sinh² θ₀) − 1/Z"
	polynomialNorm        = "Z(1+B)² ‖u−⟨u⟩‖² = 4B e^{−4t} + |b|⁴ (2(d−1)/(d²(d+2)) ⟨|θ|⁴⟩ e^{−8t} + Var|θ|²/d² e^{−2(4−2dε)t}), B = ⟨(b·θ)²⟩"
	brownianNorm          = "‖u‖² = e^{−μ²t/(2ε)} (8πεt)^{−1/2}/(|S^{d−1}| r₀^d π(r₀)), μ = (d−2)ε − 2"
	logSingularNorm       = "‖u−⟨u⟩‖² = (K_N(θ₀,θ₀;2εt) − ψ_N(θ₀)²) cosh^{2N} θ₀/|S^{m−1}|"
	ornsteinUhlenbeckNorm = "Z‖u−⟨u⟩‖² = (1−q²)^{−1/2} exp(q x₀²/(ε(1+q))) − 1, q = e^{−2t}"
)

// Solutions from a point or a shell have the age 0.1 or 0.2 at t = 0. The domains leave out so little of every density that its
// mass does not show beside the errors.
var kernelFamilies = []kernelFamily{
	{name: "Student, N = 1", exact: "K₁, ε = 2", norm: studentNorm, toml: studentLine("2.0", "1e5"), cells: 100, step: 0.018, levels: 4},
	{name: "Student, N = 2", exact: "K₂, ε = 2/3", norm: studentNorm, toml: studentLine("0.6666666666666666", "1e4"), cells: 100, step: 0.018, levels: 4},
	{name: "Student, N = 3", exact: "K₃, ε = 2/5", norm: studentNorm, toml: studentLine("0.4", "1e3"), cells: 100, step: 0.018, levels: 4},
	{name: "Student, radial in R³, N = 2", exact: "K₂ on odd functions, ε = 2/3", norm: studentRadialNorm, toml: studentRadial("0.6666666666666666", "1e5"), cells: 100, step: 0.018, levels: 4},
	{name: "Student, radial in R³, N = 3", exact: "K₃ on odd functions, ε = 2/5", norm: studentRadialNorm, toml: studentRadial("0.4", "1e4"), cells: 100, step: 0.018, levels: 4},
	{name: "polynomial, 1-D", exact: "π(1 + b·x)² at t = 0, ε = 1/4", norm: polynomialNorm, toml: polynomialFamily(1, "[1.0]"), cells: 50, step: 0.05, levels: 4},
	{name: "polynomial, 2-D", exact: "π(1 + b·x)² at t = 0, ε = 1/4", norm: polynomialNorm, toml: polynomialFamily(2, "[1.0, 0.5]"), cells: 24, step: 0.1, levels: 4},
	{name: "polynomial, 2-D, to 320²", exact: "π(1 + b·x)² at t = 0, ε = 1/4", norm: polynomialNorm, toml: polynomialFamily(2, "[1.0, 0.5]"), cells: 40, step: 0.0625, levels: 4, full: true},
	{name: "geometric Brownian motion, d = 1", exact: "log-normal, ε = 1/4", norm: brownianNorm, toml: brownian(1, "0.25", -10), cells: 180, step: 0.016, levels: 4},
	{name: "geometric Brownian motion, d = 3", exact: "log-normal, ε = 1", norm: brownianNorm, toml: brownian(3, "1.0", -28), cells: 180, step: 0.032, levels: 4},
	{name: "log-singular, m = 3", exact: "K₁ in log r, ε = 2", norm: logSingularNorm, toml: logSingularKernel(3, "2.0", "1e5"), cells: 100, step: 0.016, levels: 4},
	{name: "log-singular, m = 5", exact: "K₂ in log r, ε = 2/3", norm: logSingularNorm, toml: logSingularKernel(5, "0.6666666666666666", "1e3"), cells: 100, step: 0.016, levels: 4},
	{name: "Ornstein–Uhlenbeck", exact: "the normal law, D = ε = 1/2", norm: ornsteinUhlenbeckNorm, toml: ornsteinUhlenbeck, cells: 50, step: 0.036, levels: 4},
}

func studentLine(epsilon, reach string) string {
	return fmt.Sprintf(`
[landscape]
formula = "1 + x^2"
[noise]
epsilon = %s
[[grid.axes]]
cells = 100
min = -%[2]s
max = %[2]s
spacing = "sinh"
[initial]
kind = "exact"
source = 1.5
age = 0.1
[time]
end = 0.9
`, epsilon, reach)
}

func studentRadial(epsilon, reach string) string {
	return fmt.Sprintf(`
[landscape]
formula = "1 + r^2"
[noise]
epsilon = %s
[grid]
coordinates = "radial"
dimension = 3
[[grid.axes]]
cells = 100
min = 0.0
max = %s
spacing = "sinh"
[initial]
kind = "exact"
source = 2.0
age = 0.1
[time]
end = 0.9
`, epsilon, reach)
}

func polynomialFamily(d int, b string) string {
	formula := []string{"1 + x^2", "1 + x^2 + y^2"}[d-1]
	return fmt.Sprintf(`
[landscape]
formula = %q
[noise]
epsilon = 0.25
[[grid.axes]]
cells = 50
min = -100.0
max = 100.0
spacing = "sinh"
repeat = %d
[initial]
kind = "exact"
b = %s
[time]
end = 0.5
`, formula, d, b)
}

// brownian reaches down to e^logMin: 1/Z of the grid, which the whole space does not have, is about e^logMin for d = 3, ε = 1.
func brownian(dimension int, epsilon string, logMin int) string {
	return fmt.Sprintf(`
[landscape]
builtin = "power"
exponent = 2.0
[noise]
epsilon = %s
[grid]
coordinates = "radial"
dimension = %d
[[grid.axes]]
cells = 110
log_min = %d.0
log_max = 10.0
spacing = "log"
[initial]
kind = "exact"
source = 1.0
age = 0.2
[time]
end = 0.8
`, epsilon, dimension, logMin)
}

func logSingularKernel(m int, epsilon, reach string) string {
	return fmt.Sprintf(`
[landscape]
builtin = "log-singular"
[noise]
epsilon = %s
[grid]
coordinates = "radial"
dimension = %d
[[grid.axes]]
cells = 100
log_min = -%[3]s
log_max = %[3]s
spacing = "log"
width = 1.0
[initial]
kind = "exact"
source = 2.0
age = 0.2
[time]
end = 0.8
`, epsilon, m, reach)
}

const ornsteinUhlenbeck = `
[landscape]
formula = "x^2 / 2"
[noise]
model = "homogeneous"
epsilon = 0.5
[[grid.axes]]
cells = 50
min = -8.0
max = 8.0
[initial]
kind = "exact"
source = 1.5
age = 0.1
[time]
end = 0.9
`

func runExactKernels(e *Experiment) error {
	figure := plots.LinesData{
		Heading: "Error against the closed form", X: "h relative to the coarsest grid; dt shrinks with h", Y: "L¹ error at the end", LogX: true, LogY: true,
	}
	for _, family := range kernelFamilies {
		if family.full && !e.Full {
			continue
		}
		levels, err := e.kernelLevels(family)
		if err != nil {
			return fmt.Errorf("%s: %w", family.name, err)
		}
		e.compareKernel(family, levels)
		figure.Lines = append(figure.Lines, levels.line(family.name))
	}
	h := figure.Lines[0].X
	ends := []float64{h[0], h[len(h)-1]}
	figure.Lines = append(figure.Lines, plots.Line{Name: "order 2", X: ends, Y: []float64{0.05, 0.05 * ends[1] * ends[1]}, Reference: true})
	e.Draw("exact-kernels", func(w io.Writer) error { return plots.Lines(w, figure) })
	return nil
}

// kernelLevels is what a family gives from the coarsest grid to the finest.
type kernelLevels struct {
	errors    []float64 // L¹ distances from the closed form
	norms     []float64 // ‖u−⟨u⟩‖ at the end
	exactNorm float64
	change    float64 // L¹ distance of the last two densities, on the cells of the coarser grid
	outside   float64 // the mass of the closed form or of π that the grid leaves out, whichever is larger
	inverseZ  float64 // by how much 1/Z of the grid exceeds that of the whole space, which is part of ‖u−⟨u⟩‖² = ‖u‖² − 1/Z
}

func (l kernelLevels) line(name string) plots.Line {
	line := plots.Line{Name: name, Y: l.errors}
	for k := range l.errors {
		line.X = append(line.X, math.Ldexp(1, -k))
	}
	return line
}

// kernelLevels runs a family on its nested grids, with steps halved as the cells are: errors O(h² + dt²) keep their order.
func (e *Experiment) kernelLevels(family kernelFamily) (kernelLevels, error) {
	var out kernelLevels
	var coarser []float64
	for k := range family.levels {
		p, err := e.Build(family.toml, "solver.tolerance=1e-12",
			set("grid.axes.0.cells", family.cells<<k), set("time.step", math.Ldexp(family.step, -k)))
		if err != nil {
			return out, err
		}
		s, err := e.propagate(p, nil)
		if err != nil {
			return out, err
		}
		if s.EulerSteps > 0 {
			return out, fmt.Errorf("%d cells: steps were replaced by Euler steps, of order 1; choose smaller ones", family.cells<<k)
		}
		if err := out.add(p, s); err != nil {
			return out, err
		}
		masses := p.probabilities(s)
		if coarser != nil {
			out.change = distanceOnCoarser(coarser, masses, p.Operator.Shape)
		}
		coarser = masses
	}
	return out, nil
}

// add compares the last state of a level with the closed form.
func (l *kernelLevels) add(p *Problem, s *solver.State) error {
	found, err := p.exactErrors(s)
	if err != nil {
		return err
	}
	l.errors = append(l.errors, found.L1)
	l.norms = append(l.norms, math.Exp(p.Operator.Measure(s.W, p.logVolumes()).LogNorm))
	l.exactNorm = p.Exact.DeviationNorm(s.Time)
	l.inverseZ = math.Exp(-p.Operator.LogZ)
	if !math.IsNaN(p.Known.LogZ) { // NaN: π is not integrable
		l.inverseZ -= math.Exp(-p.Known.LogZ)
	}
	l.outside, err = p.outside(s.Time)
	return err
}

// compareKernel records the order, the error on the finest grid and the norm.
func (e *Experiment) compareKernel(family kernelFamily, l kernelLevels) {
	n := len(l.errors)
	orders := make([]float64, n-1)
	for k := range orders {
		orders[k] = math.Log2(l.errors[k] / l.errors[k+1])
	}
	last := n - 2
	e.Compare(family.name+": order", orders[last], halvingError(orders[last]-orders[last-1])+2*l.outside/l.errors[n-1], 2,
		"errors are O(h² + dt²)", "the estimate is a third of the last change of the order")
	e.Compare(family.name+": L¹ error", l.errors[n-1], halvingError(l.change)+2*l.outside, 0, "‖ρ − ρ_exact‖, "+family.exact,
		"the estimate is a third of the distance of the last two densities, and the mass outside the grid")
	norm := atZeroSpacing(l.norms, 2, 3, 4)
	e.Compare(family.name+": ‖u−⟨u⟩‖", norm.value, norm.error+math.Abs(l.inverseZ)/(2*norm.value)+l.outside*norm.value, l.exactNorm,
		family.norm, "extrapolated in h and dt")
}
