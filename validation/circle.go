package validation

import (
	"fmt"
	"math"

	"fpsgd"
	"fpsgd/mesh"
)

// tube are coordinates about the unit circle of the x-y plane in R⁴ for what does not depend on the
// angle in the other plane: the distance q = |(x, y)| − 1, the angle φ on the circle and
// s = |(z, w)|, with the volume factor 2π (1 + q) s and the scale factors 1, 1 + q and 1. On the
// circle q = s = 0; its normal spaces have three dimensions.
type tube struct{}

func (tube) Name() string         { return "tube" }
func (tube) Dimension() int       { return 4 }
func (tube) Axes() []string       { return []string{"q", "angle", "s"} }
func (tube) Variables() []string  { return []string{"q", "angle", "s"} }
func (tube) Components() []string { return []string{"q", "angle", "s"} }

func (tube) Domain(k int) mesh.Domain {
	if k == 2 {
		return mesh.Domain{Max: math.Inf(1), NormOf: 2}
	}
	return mesh.Domain{Min: math.Inf(-1), Max: math.Inf(1)}
}

func (tube) LogJ(k int, q, logQ float64) float64 {
	return []float64{math.Log1p(q), 0, math.Log(2*math.Pi) + logQ}[k]
}

func (tube) LogScale(n, k int, q, _ float64) float64 {
	if n == 1 && k == 0 {
		return math.Log1p(q)
	}
	return 0
}

func (tube) LogCell(k int, a, b, _, _ float64) float64 {
	return math.Log([]float64{1 + (a+b)/2, 1, math.Pi * (a + b)}[k] * (b - a))
}

func (tube) Variable(dst []float64, name string, q [][]float64) {
	copy(dst, q[map[string]int{"q": 0, "angle": 1, "s": 2}[name]])
}

// tubeReach is where the tube ends, in q and s.
const tubeReach = 0.5

// circleOfMinima is f = λ(φ) q² + s² about the circle, on its half 0 < φ < π: the other one
// is its mirror image. Its normal Hessian is 2 diag(λ, 1, 1).
func circleOfMinima(epsilon float64, normal, angles int, initial fpsgd.Initial) fpsgd.Problem {
	axes := make([]mesh.Axis, 3)
	for k, division := range []fpsgd.Division{
		fpsgd.Sinh(2*normal, -tubeReach, tubeReach, 0, 0.05), fpsgd.Uniform(angles, 0, math.Pi),
		fpsgd.Sinh(normal, 0, tubeReach, 0, 0.05),
	} {
		axes[k] = must(division(tube{}.Axes()[k]))
	}
	return fpsgd.Problem{
		Landscape: fpsgd.LandscapeFunc(func(x []float64) float64 {
			return curvature(x[1])*x[0]*x[0] + x[2]*x[2]
		}),
		Noise: fpsgd.ML(epsilon), Grid: must(mesh.NewGrid(tube{}, axes)), Initial: initial,
	}
}

// alongCircle are the shares of the masses of cells by their angle.
func alongCircle(eq *fpsgd.Equation, masses []float64) []float64 {
	index, out := make([]int, 3), make([]float64, eq.Grid.Axes[1].Cells())
	total := 0.0
	for i, m := range masses {
		eq.Grid.Index(index, i)
		out[index[1]] += m
		total += m
	}
	for k := range out {
		out[k] /= total
	}
	return out
}

// tubeShares are those of π = f^{−p} by quadrature: the part of (1 + q) that is odd in q gives
// nothing, and what is left is over the angle in the normal space
//
//	∫∫ (λq² + s²)^{−p} s ds dq over |q|, s < tubeReach,
//
// by Gauss' theorem. As p → 3/2 it is λ^{−1/2} but for a factor that grows without bound.
func tubeShares(angles []float64, density func(lambda float64) float64) []float64 {
	out, total := make([]float64, len(angles)-1), 0.0
	for k := range out {
		out[k] = gauss(16, angles[k], angles[k+1], func(phi float64) float64 {
			return density(curvature(phi))
		})
		total += out[k]
	}
	for k := range out {
		out[k] /= total
	}
	return out
}

// flattest is the share of the last angles.
func flattest(eq *fpsgd.Equation, masses []float64) (share float64) {
	shares := alongCircle(eq, masses)
	for _, v := range shares[len(shares)*3/4:] {
		share += v
	}
	return share
}

// solverCircle records the share of π on the flattest quarter of the half circle, 3π/4 < φ < π, by
// the solver in R⁴, its limit of π* as p → 3/2, and that the density comes to it from the other
// side, to all that the gap of the grid leaves of the deviation.
func (e *Experiment) solverCircle() {
	const angles, normal = 4, 6
	exponents := []float64{1.1, 1.2, 1.3, 1.4, 1.45}
	faces := must(fpsgd.Uniform(angles, 0, math.Pi)("angle")).Faces
	var onGrids []integral
	for _, p := range exponents {
		onGrids = append(onGrids, refinement(onEach(e.nested(circleOfMinima(1/(p-1), normal, angles,
			nil), 2), func(eq *fpsgd.Equation) float64 {
			masses := make([]float64, eq.Operator.Cells())
			for i, l := range eq.Operator.LogM {
				masses[i] = math.Exp(l - eq.Operator.LogZ)
			}
			return flattest(eq, masses)
		})...))
	}
	// the change between two grids passes 0 between one p and the next
	found, estimate := worst(onGrids)
	for k, p := range exponents {
		want := tubeShares(faces, func(lambda float64) float64 {
			return halfCylinder(tubeReach, tubeReach, lambda, p)
		})
		e.Compare(fmt.Sprintf("circle in R⁴, p = %g: share of 3π/4 < φ < π, solver", p), found[k],
			estimate, want[angles-1], "∫ f^{−p} by Gauss' theorem",
			"the circle itself is on the grid, in coordinates about it")
	}
	limit := refinement(polynomialAt(limitingExponent, exponents[1:], found[1:]),
		polynomialAt(limitingExponent, exponents, found))
	want := tubeShares(faces, func(lambda float64) float64 { return 1 / math.Sqrt(lambda) })
	e.compare("circle in R⁴, p → 3/2: share of 3π/4 < φ < π, solver", limit, want[angles-1],
		"λ^{−1/2}, the density of π* along the circle", "extrapolated by a polynomial")
	e.circleInTime()
}

// circleInTime records that share at a time when the gap leaves e^{−13} of the deviation of a start
// at φ = 0, at p = 1.3. On the grid ⟨u⟩ is kept, so that the spacing does not show beside that.
func (e *Experiment) circleInTime() {
	const p, normal, angles = 1.3, 6, 8
	eq := must(e.Build(circleOfMinima(1/(p-1), normal, angles,
		fpsgd.DensityFunc(func(x []float64) float64 { return math.Exp(-4 * x[1] * x[1]) }))))
	gap := must(eq.Spectrum(e.Context, 1)).Gap
	faces := eq.Grid.Axes[1].Faces
	want := 0.0
	for _, v := range tubeShares(faces, func(lambda float64) float64 {
		return halfCylinder(tubeReach, tubeReach, lambda, p)
	})[angles*3/4:] {
		want += v
	}
	end, found, before := 13/gap, 0.0, 0.0
	e.through(eq, []float64{0, end / 13, end}, 1e-8, func(w []float64) {
		before, found = found, flattest(eq, eq.Masses(w))
	})
	e.Compare("circle in R⁴, p = 1.3: share of 3π/4 < φ < π, from the start at φ = 0", found,
		math.Exp(-gap*end*12/13)*math.Abs(found-before), want,
		"∫ f^{−p} by Gauss' theorem", fmt.Sprintf("t = %.3g, after %.3f at %.3g; the gap of the "+
			"grid is %.4g", end, before, end/13, gap))
}
