package validation

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"fpsgd"
	"fpsgd/internal/plots"
	"fpsgd/operators"
	"fpsgd/scenarios/exact"
	"fpsgd/solver"
)

// logSingularMinima are two of them, at ±e₁, in the basins of which there are the same cells, from
// a face at z = 0 on.
func logSingularMinima(share float64, radii, heights int) fpsgd.Problem {
	const reach, width = 1e3, 1e-3
	grid := cylindrical(fpsgd.Sinh(radii, 0, reach, 0, width),
		gradedAbout(heights, -reach, reach, []float64{-1, 0, 1}, []float64{width, 1, width}))
	return builtin("log-singular-pair", parameters{"p": {share}, "separation": {2}}, fpsgd.ML(2),
		grid, fpsgd.Gaussian{Center: []float64{0, 0.5}, Width: 0.5})
}

// logSingularPair checks the masses of two minima at ±e₁ in R³, of the weights p and 1 − p, the gap
// and the decay of the norm, which it returns.
func (e *Experiment) logSingularPair(share float64) plots.Line {
	radii := []int{32, 48}
	if e.Full {
		radii = []int{96, 144}
	}
	var figures []pairFigures
	var p *fpsgd.Equation
	for _, n := range radii {
		p = must(e.Build(logSingularMinima(share, n, 2*n)))
		figures = append(figures, figuresOfPair(p, share))
	}
	e.comparePair(share, figures[0], figures[1])
	e.pairGap(share)
	return e.pairDecay(p, share)
}

// pairFigures are what the masses of the cells say about two minima. The core is that of e₁, the
// two cells that touch it.
type pairFigures struct {
	z float64 // the mass, over the share of one minimum on the grid
	// the mass outside of the cores of ±e₁, over what one minimum has there on average
	outside    float64
	basin      float64 // p from the mass in z > 0, the core left out
	core       float64 // mass of the core
	coreShare  integral
	coreRadius float64 // of the smallest ball that holds it
	quadrature float64 // relative error of the masses of cells and of the shares
}

// figuresOfPair compares the masses of cells with those of one minimum. π is p π₁ + (1−p) π₂, each
// the density of one minimum, of mass 8π. Let b, a and c be the shares of π₁ on the grid, on its
// part in z > 0 and in the core of e₁. Then the mass of the grid is 8πb, that outside the cores
// 8π(b − c), and that in z > 0 outside the core 8π( p(a − c) + (1−p)(b − a) ).
func figuresOfPair(p *fpsgd.Equation, share float64) pairFigures {
	radii, heights := &p.Grid.Axes[0], &p.Grid.Axes[1]
	n := heights.Cells()
	lower, origin := faceAt(heights.Faces, -1), faceAt(heights.Faces, 0)
	upper := faceAt(heights.Faces, 1)
	if lower < 0 || origin < 0 || upper < 0 {
		check(errors.New("the axis has no faces at z = −1, 0 and 1"))
	}
	var cores, core, above, outside float64
	for i, l := range p.Operator.LogM {
		mass, k := math.Exp(l), i%n
		switch {
		case i < n && (k == upper-1 || k == upper):
			core += mass
		case i < n && (k == lower-1 || k == lower):
			cores += mass
		default:
			outside += mass
			if k >= origin {
				above += mass
			}
		}
	}
	R, top := radii.Faces[radii.Cells()], heights.Faces[n]
	cell := cylinder{radii.Faces[1], 1 - heights.Faces[upper-1], heights.Faces[upper+1] - 1}
	a, b, c := cylinder{R, 1, top - 1}.share(), cylinder{R, top + 1, top - 1}.share(), cell.share()
	z := math.Exp(exact.LogSingularLogZ(3))
	return pairFigures{
		z:          math.Exp(p.Operator.LogZ) / b.value,
		outside:    outside / (b.value - c.value),
		basin:      (above/z - (b.value - a.value)) / (2*a.value - b.value - c.value),
		core:       core / (share * z),
		coreShare:  c,
		coreRadius: math.Hypot(cell.radius, math.Max(cell.below, cell.above)),
		quadrature: massTolerance[2] + a.error + b.error + c.error,
	}
}

// faceAt returns the index of the face at q, to rounding, or −1.
func faceAt(faces []float64, q float64) int {
	return slices.IndexFunc(faces, func(face float64) bool { return coincide(face, q) })
}

// cylinder is { r < radius, −below < z < above } about a minimum.
type cylinder struct{ radius, below, above float64 }

// share returns the share of π of one minimum in R³ that lies in the cylinder: the average over
// directions of the probability that |θ| is below the distance d to the surface,
//
//	½ ∫_{−1}^1 F( log d(c) ) dc,    F(s) = ½ (1 + s/√(1+s²)),
//	d = min( radius/√(1−c²), above/c⁺, below/c⁻ ).
func (c cylinder) share() integral {
	within := func(lo, hi float64, distance func(cos float64) float64) integral {
		return lineIntegral(lo, hi, func(cos float64) float64 {
			return exact.LogSingularCDF(3, math.Log(distance(cos)))
		})
	}
	// toward the edges
	up, down := c.above/math.Hypot(c.above, c.radius), -c.below/math.Hypot(c.below, c.radius)
	sum := integral{}
	for _, part := range []integral{
		within(-1, down, func(cos float64) float64 { return -c.below / cos }),
		within(down, up, func(cos float64) float64 {
			return c.radius / math.Sqrt((1-cos)*(1+cos))
		}),
		within(up, 1, func(cos float64) float64 { return c.above / cos }),
	} {
		sum.value += part.value / 2
		sum.error += part.error / 2
	}
	return sum
}

// unresolved returns the share of one minimum's mass that lies closer to it than package operators
// integrates, which it extrapolates from the last shells, and the error of that. The shell between
// the distances 2^{−k} and 2^{−k−1} has a mass
//
//	m_k ∝ ∫ (1 + s²)^{−3/2} ds ∝ k^{−3} (1 + β/k² + …),    s = −k log 2,
//	β = ½ − 3/(2 log² 2) = −2.6,
//
// k counted to its middle. The sum over all that follow, from the three last shells by
// Euler–Maclaurin for a power of k (remainder in shells.go there), has the relative error
// (β/6 − 13/24)/k² = −0.98/k², which is taken for 1/k². That f depends on the direction within a
// shell that is no ball makes β, and the error, a little less.
func unresolved() integral {
	s := math.Log(resolved)
	share := exact.LogSingularCDF(3, s)
	return integral{share, share * squared(math.Ln2/s)}
}

// comparePair records the masses on the finer of two grids, with the change from the coarser one
// for an estimate, and the error of extrapolating what is too close to the minima to be resolved.
func (e *Experiment) comparePair(share float64, coarse, fine pairFigures) {
	name := fmt.Sprintf("two minima, p = %g: ", share)
	z := math.Exp(exact.LogSingularLogZ(3))
	rest := unresolved()
	core := fmt.Sprintf("the mass closer than %.0e to the minima, %.2g of it, is extrapolated",
		resolved, rest.value)
	e.Compare(name+"Z", fine.z, math.Abs(fine.z-coarse.z)+z*(rest.error+fine.quadrature), z, "8π",
		core)
	S := -math.Log(fine.coreRadius)
	e.Compare(name+"Z from outside the cores", fine.outside,
		math.Abs(fine.outside-coarse.outside)+z*fine.quadrature, z, "8π",
		fmt.Sprintf("the cores have the radius %.2g = e^{−S} and hold, with their mirror image "+
			"at infinity, 1/(2S²) = %.2g of the mass",
			fine.coreRadius, 1/(2*S*S)))
	e.Compare(name+"share of the basin of e₁", fine.basin,
		math.Abs(fine.basin-coarse.basin)+fine.quadrature, share, "p",
		"from the mass in z > 0 outside the core, less what each minimum has on the other's side")
	e.Compare(name+"mass in the core of e₁", fine.core, rest.error+fine.coreShare.error,
		fine.coreShare.value,
		"½ ∫ F(log d(c)) dc for the cells that touch it, over p·8π", core)
}

// pairGap compares the gap, extrapolated over nested grids, with that of the textbook's flux. The
// one converges from above and the other from below; no value in closed form is known. The cells
// that touch the minima are cores of the radius e^{−S} in which u is constant, which can only raise
// the gap above that of the whole space, at most the edge 2 of the essential spectrum. The cores
// shrink with the other cells, and the gap falls with them more slowly than h²: the estimate is the
// distance from what the coarser grids alone are extrapolated to.
func (e *Experiment) pairGap(share float64) {
	p, levels := logSingularMinima(share, 24, 48), e.levels()-1
	found, other := e.byFluxes(p, levels, operators.Bernoulli)
	gap, expected := extrapolant(found.levels), extrapolant(other.levels)
	core := must(p.Grid.Refined(1 << (levels - 1))).Axes[0].Faces[1]
	e.compare(fmt.Sprintf("two minima, p = %g: gap", share), gap.widened(expected.error),
		expected.value, "the same by the Bernoulli flux, extrapolated too",
		fmt.Sprintf("no closed form is known; %.6f and %.6f on the finest of %d grids, with "+
			"cores down to e^{−%.2g}; that of the whole space is less, and at most 2, where its "+
			"essential spectrum begins: a gap above 2 is one of the box",
			found.finest(), other.finest(), levels, -math.Log(core)))
}

// pairDecay compares the decay of the norm with the gap on the same grid: the deviation decays
// exponentially.
func (e *Experiment) pairDecay(eq *fpsgd.Equation, share float64) plots.Line {
	const tolerance = 1e-10 // of the solves: next to the minima rounding allows little less
	w := must(eq.Start())
	mode := must(solver.Gap(e.Context, eq.Operator, eq.SetUp(tolerance), w))
	r := e.relax(eq, 6)
	name := fmt.Sprintf("two minima, p = %g", share)
	e.Compare(name+": rate of ‖u−⟨u⟩‖", r.Fit.Rate, fitError(r.Fit)+mode.Residual*mode.Gap,
		mode.Gap, "the gap of the operator on the same grid",
		fmt.Sprintf("both are of the same grid, so that its error does not show; the share of "+
			"the slowest mode in the start is %.2g", mode.Overlap))
	return relativeDecay(name, r.Series)
}
