package validation

import (
	"fmt"
	"math"
	"strings"

	"fpsgd"
	"fpsgd/scenarios/exact"
	"fpsgd/solver"
)

// corners are where log-singular minima are, on no one axis: those of a square in the plane z = 0.
var corners = [][2]float64{{1, 1}, {-1, 1}, {-1, -1}, {1, -1}}

// The domain |x|, |y|, |z| < pointsReach, and the scale of the cells at the minima.
const pointsReach, pointsWidth = 1e3, 1e-3

// logSingularPoints has minima at the corners with the masses p_i, which add up to 1:
//
//	f^{−3/2} = Σ p_i φ_i^{−3/2},    φ = r² (1 + log² r),
//
// r the distance from each. π is the same mixture of the densities of one minimum. Where the masses
// are equal an eighth of the space is enough, whose ends at x, y, z = 0 are closed.
func logSingularPoints(shares []float64, n int, eighth bool) fpsgd.Problem {
	f := func(x []float64) float64 {
		sum := 0.0
		for k, p := range shares {
			r := math.Hypot(math.Hypot(x[0]-corners[k][0], x[1]-corners[k][1]), x[2])
			if r == 0 && p > 0 {
				return 0
			}
			if p > 0 {
				sum += p * math.Pow(r*math.Hypot(1, math.Log(r)), -3)
			}
		}
		return math.Pow(sum, -2./3)
	}
	across := gradedAbout(n, -pointsReach, pointsReach, []float64{-1, 0, 1},
		[]float64{pointsWidth, 1, pointsWidth})
	up := fpsgd.Sinh(n, -pointsReach, pointsReach, 0, pointsWidth)
	if eighth {
		across = gradedAbout(n, 0, pointsReach, []float64{0, 1}, []float64{1, pointsWidth})
		up = fpsgd.Sinh(n/2, 0, pointsReach, 0, pointsWidth)
	}
	return fpsgd.Problem{
		Landscape: fpsgd.LandscapeFunc(f), Noise: fpsgd.ML(2), Grid: cartesian(across, across, up),
		Initial: fpsgd.Gaussian{Center: []float64{0, 0, 0}, Width: 0.5},
	}
}

// boxShare is the share of one minimum's mass in the box lo_k < x_k < hi_k about it: the average
// over directions of the probability F(log d) that |θ| is below the distance d to the surface. The
// direction is (c, √(1−c²) cos, √(1−c²) sin); F(log d) varies with log c.
func boxShare(lo, hi [3]float64) integral {
	panels := []float64{-1, -0.5, -0.1, -0.01, -1e-3, 0, 1e-3, 0.01, 0.1, 0.5, 1}
	exit := func(k int, v float64) float64 {
		if v < 0 {
			return lo[k] / v
		}
		return hi[k] / v
	}
	return doubled(8, 32, func(n int) float64 {
		sum := 0.0
		for k, left := range panels[:len(panels)-1] {
			sum += gauss(n, left, panels[k+1], func(c float64) float64 {
				radius, ring := math.Sqrt((1-c)*(1+c)), 0.0
				for i := range 4 * n {
					y, z := math.Sincos(math.Pi * (float64(i) + 0.5) / float64(2*n))
					d := min(exit(0, c), exit(1, radius*y), exit(2, radius*z))
					ring += exact.LogSingularCDF(3, math.Log(d))
				}
				return ring / float64(4*n)
			})
		}
		return sum / 2
	})
}

// logSingularCorners checks four equal minima, and in the long form three and four unequal ones.
func logSingularCorners(e *Experiment) {
	e.logSingularPoints("four equal minima", []float64{0.25, 0.25, 0.25, 0.25}, 8, true)
	if e.Full {
		e.logSingularPoints("three minima", []float64{0.2, 0.3, 0.5, 0}, 20, false)
		e.logSingularPoints("four minima", []float64{0.1, 0.2, 0.3, 0.4}, 20, false)
	}
}

// cornerMasses are those of cells that touch no minimum: in all, with x > 0 and with y > 0.
func cornerMasses(eq *fpsgd.Equation, shares []float64) (out [3]float64, core [2][3]float64) {
	index := make([]int, 3)
	axes := eq.Grid.Axes
	touches := func(k, cell int, q float64) bool {
		return coincide(axes[k].Faces[cell], q) || coincide(axes[k].Faces[cell+1], q)
	}
	for i, l := range eq.Operator.LogM {
		eq.Grid.Index(index, i)
		inCore := false
		for k, at := range corners {
			inCore = inCore || shares[k] > 0 && touches(0, index[0], at[0]) &&
				touches(1, index[1], at[1]) && touches(2, index[2], 0)
		}
		if inCore {
			continue
		}
		mass := math.Exp(l)
		out[0] += mass
		for k := range 2 {
			if axes[k].Midpoint(index[k]) > 0 {
				out[k+1] += mass
			}
		}
	}
	for k, a := range axes { // the cells at the first corner; the others are mirror images
		q := []float64{1, 1, 0}[k]
		at := faceAt(a.Faces, q)
		core[1][k] = a.Faces[at+1] - q
		core[0][k] = -core[1][k]
		if at > 0 {
			core[0][k] = a.Faces[at-1] - q
		}
	}
	return out, core
}

// logSingularPoints compares the masses of π on a grid, the cells at the minima left out, with
// those of the mixture, and the decay of the norm with the gap of the grid. What a minimum has
// in the core of another, volume × density, is part of the estimate.
func (e *Experiment) logSingularPoints(name string, shares []float64, n int, eighth bool) {
	z := math.Exp(exact.LogSingularLogZ(3))
	eq := must(e.Build(logSingularPoints(shares, n, eighth)))
	found, core := cornerMasses(eq, shares)
	r := pointsReach
	box := boxShare([3]float64{-r - 1, -r - 1, -r}, [3]float64{r - 1, r - 1, r})
	left := boxShare(core[0], core[1])
	volume := 1.0
	for k := range 3 {
		volume *= core[1][k] - core[0][k]
	}
	foreign := 4 * volume / z / math.Pow(2*math.Hypot(1, math.Ln2), 3)
	name += " in R³, p = " + strings.Trim(fmt.Sprint(shares), "[]")
	copies := 1.0
	if eighth {
		copies = 8
	}
	const promised = 3e-5 // of the mass of a cell in three dimensions, by package operators
	estimate := promised + foreign + box.error + left.error
	e.Compare(name+": Z from outside the cores", copies*found[0]/(box.value-left.value), z*estimate,
		z, "8π", fmt.Sprintf("%v cells; the box holds %.5f of one minimum's mass and the core %.4f",
			eq.Operator.Shape, box.value, left.value))
	for k := range 2 {
		if eighth {
			break
		}
		own := boxShare([3]float64{-1, -r - 1, -r}, [3]float64{r - 1, r - 1, r})
		right, want := 0.0, 0.0
		for i, at := range corners {
			if share := shares[i]; at[k] > 0 {
				right += share
				want += share * (own.value - left.value)
			} else {
				want += share * (box.value - own.value)
			}
		}
		e.Compare(fmt.Sprintf("%s: mass with %s > 0", name, []string{"x", "y"}[k]), found[k+1]/z,
			estimate+own.error, want, "Σ p_i (share of minimum i there)",
			fmt.Sprintf("the minima there have %.2g of the mass", right))
	}
	const tolerance = 1e-10 // of the solves, as for two minima
	w := must(eq.Start())
	mode := must(solver.Gap(e.Context, eq.Operator, eq.SetUp(tolerance), w))
	result := e.relax(eq, 6)
	e.Compare(name+": rate of ‖u−⟨u⟩‖", result.Fit.Rate,
		fitError(result.Fit)+mode.Residual*mode.Gap, mode.Gap,
		"the gap of the operator on the same grid", "the deviation decays exponentially; that of "+
			"the whole space is less, and at most the edge 2 of the essential spectrum")
}
