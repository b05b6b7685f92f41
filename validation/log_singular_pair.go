package validation

import (
	"errors"
	"fmt"
	"math"

	"fpsgd/internal/plots"
	"fpsgd/scenarios/exact"
	"fpsgd/solver"
)

// logSingularMinima is the preset log-singular-pair with a face at z = 0, between the basins of ±e₁.
const logSingularMinima = `
[landscape]
builtin = "log-singular-pair"
p = 0.5
separation = 2.0
[noise]
epsilon = 2.0
[grid]
coordinates = "cylindrical"
[[grid.axes]]
cells = 48
min = 0.0
max = 1e3
spacing = "sinh"
width = 1e-3
[[grid.axes]]
cells = 96
min = -1e3
max = 1e3
spacing = "sinh"
centers = [-1.0, 0.0, 1.0]
width = [1e-3, 1.0, 1e-3]
[initial]
kind = "gaussian"
center = [0.0, 0.5]
width = 0.5
[time]
end = 6.0
step = 0.05
`

// logSingularPair checks the masses of two minima at ±e₁ in R³, of the weights p and 1 − p, and the decay of the norm, which it
// returns.
func (e *Experiment) logSingularPair(share float64) (plots.Line, error) {
	grids := [][]int{{32, 64}, {48, 96}}
	if e.Full {
		grids = [][]int{{96, 192}, {144, 288}}
	}
	var figures []pairFigures
	var p *Problem
	for _, n := range grids {
		var err error
		if p, err = e.Build(logSingularMinima, changed(cells(n...), set("landscape.p", share))...); err != nil {
			return plots.Line{}, err
		}
		f, err := p.pairFigures(share)
		if err != nil {
			return plots.Line{}, err
		}
		figures = append(figures, f)
	}
	e.comparePair(share, figures[0], figures[1])
	return e.pairDecay(p, share)
}

// resolved is how far from a minimum away from 0 the masses of cells are integrated: closer, to a share of resolved of its
// coordinates, these are too coarse, and what is missing is extrapolated.
const resolved = 1e-9

// pairFigures are what the masses of the cells say about two minima. The core is that of e₁, the two cells that touch it.
type pairFigures struct {
	z          float64 // the mass, over the share of one minimum on the grid
	outside    float64 // the mass outside of the cores of ±e₁, over what one minimum has there on average
	basin      float64 // p from the mass in z > 0, the core left out
	core       float64 // mass of the core
	coreShare  integral
	coreRadius float64 // of the smallest ball that holds it
	quadrature float64 // relative error of the shares
}

// pairFigures compares the masses of cells with those of one minimum. π is p π₁ + (1−p) π₂, each the density of one minimum, of
// mass 8π. Let b, a and c be the shares of π₁ on the grid, on its part in z > 0 and in the core of e₁. Then the mass of the grid is
// 8πb, that outside the cores 8π(b − c), and that in z > 0 outside the core 8π( p(a − c) + (1−p)(b − a) ).
func (p *Problem) pairFigures(share float64) (pairFigures, error) {
	radii, heights := &p.Grid.Axes[0], &p.Grid.Axes[1]
	n := heights.Cells()
	lower, origin, upper := faceAt(heights.Faces, -1), faceAt(heights.Faces, 0), faceAt(heights.Faces, 1)
	if lower < 0 || origin < 0 || upper < 0 {
		return pairFigures{}, errors.New("the axis has no faces at z = −1, 0 and 1")
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
		quadrature: a.error + b.error + c.error,
	}, nil
}

// faceAt returns the index of the face at q, to rounding, or −1.
func faceAt(faces []float64, q float64) int {
	for i, f := range faces {
		if math.Abs(f-q) <= 1e-12 {
			return i
		}
	}
	return -1
}

// cylinder is { r < radius, −below < z < above } about a minimum.
type cylinder struct{ radius, below, above float64 }

// share returns the share of π of one minimum in R³ that lies in the cylinder: the average over directions of the probability that
// |θ| is below the distance d to the surface,
//
//	½ ∫_{−1}^1 F( log d(c) ) dc,    F(s) = ½ (1 + s/√(1+s²)),    d = min( radius/√(1−c²), above/c⁺, below/c⁻ ).
func (c cylinder) share() integral {
	within := func(lo, hi float64, distance func(cos float64) float64) integral {
		return lineIntegral(lo, hi, func(cos float64) float64 { return exact.LogSingularCDF(3, math.Log(distance(cos))) })
	}
	up, down := c.above/math.Hypot(c.above, c.radius), -c.below/math.Hypot(c.below, c.radius) // toward the edges
	sum := integral{}
	for _, part := range []integral{
		within(-1, down, func(cos float64) float64 { return -c.below / cos }),
		within(down, up, func(cos float64) float64 { return c.radius / math.Sqrt((1-cos)*(1+cos)) }),
		within(up, 1, func(cos float64) float64 { return c.above / cos }),
	} {
		sum.value += part.value / 2
		sum.error += part.error / 2
	}
	return sum
}

// comparePair records the masses on the finer of two grids, with the change from the coarser one for an estimate, and the error of
// extrapolating what is too close to the minima to be resolved.
func (e *Experiment) comparePair(share float64, coarse, fine pairFigures) {
	name := fmt.Sprintf("two minima, p = %g: ", share)
	z := math.Exp(exact.LogSingularLogZ(3))
	unresolved := exact.LogSingularCDF(3, math.Log(resolved)) // of the mass of each minimum
	extrapolation := 0.03 * unresolved                        // its relative error, (p−1)/(2K) of the first-order tail and less
	core := fmt.Sprintf("the mass closer than %.0e to the minima, %.2g of it, is extrapolated", resolved, unresolved)
	e.Compare(name+"Z", fine.z, math.Abs(fine.z-coarse.z)+z*(extrapolation+fine.quadrature), z, "8π", core)
	S := -math.Log(fine.coreRadius)
	e.Compare(name+"Z from outside the cores", fine.outside, math.Abs(fine.outside-coarse.outside)+z*fine.quadrature, z, "8π",
		fmt.Sprintf("the cores have the radius %.2g = e^{−S} and hold, with their mirror image at infinity, 1/(2S²) = %.2g of the mass",
			fine.coreRadius, 1/(2*S*S)))
	e.Compare(name+"share of the basin of e₁", fine.basin, math.Abs(fine.basin-coarse.basin)+fine.quadrature, share, "p",
		"from the mass in z > 0 outside the core, less what each minimum has on the other's side")
	e.Compare(name+"mass in the core of e₁", fine.core, extrapolation+fine.coreShare.error, fine.coreShare.value,
		"½ ∫ F(log d(c)) dc for the cells that touch it, over p·8π", core)
}

// pairDecay compares the decay of the norm with the gap on the same grid: the deviation decays exponentially.
func (e *Experiment) pairDecay(p *Problem, share float64) (plots.Line, error) {
	w, err := p.Initial(p.Operator)
	if err != nil {
		return plots.Line{}, err
	}
	mode, err := solver.Gap(e.Context, p.Operator, e.SetUp(p, 1e-11), w)
	if err != nil {
		return plots.Line{}, err
	}
	history := p.series()
	if _, err := e.propagate(p, nil, history); err != nil {
		return plots.Line{}, err
	}
	rate, estimate, err := fittedRate(history)
	if err != nil {
		return plots.Line{}, err
	}
	name := fmt.Sprintf("two minima, p = %g", share)
	e.Compare(name+": rate of ‖u−⟨u⟩‖", rate, estimate+mode.Residual*mode.Gap, mode.Gap, "the gap of the operator on the same grid",
		fmt.Sprintf("both are of the same grid, so that its error does not show; the share of the slowest mode in the start is %.2g", mode.Overlap))
	return relativeDecay(name, history), nil
}
