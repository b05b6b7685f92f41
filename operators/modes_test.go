package operators

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"fpsgd/mesh"

	"pgregory.net/rapid"
)

// radialRates returns the rates of f = 1 + r², ε = 0.25, of the mode l in R^m on n cells up to R =
// 200.
func radialRates(t *testing.T, m, l, n int, flux Flux) []float64 {
	g := newGrid(t, "radial", m, sinhAxis(t, "r", n, 0, 200))
	return eigenvalues(t, must[*Operator](t)(Assemble(g, quadratic(0.25),
		Options{Flux: flux, Angular: l})))
}

// The modes l of f = 1 + r² on radial grids, ε = 0.25: with n = l + 2k the rates ε λ_{l,k} are 2n −
// 4εk(k + l + m/2 − 1) (theory, §1), of which l = 1, k = 0 is the drift of the mean, at rate 2; for
// m = 1 it is that of odd functions. The order is 2, and the face flux with its π-centroids is
// exact for the drift (theory, §5).
func TestAngularModes(t *testing.T) {
	for _, c := range []struct {
		m, l, k int
		rate    float64
	}{{1, 1, 0, 2}, {1, 1, 1, 4.5}, {2, 1, 0, 2}, {2, 1, 1, 4}, {3, 1, 0, 2}, {2, 2, 0, 4},
		{3, 2, 0, 4}, {4, 1, 0, 2}} {
		for _, flux := range Fluxes {
			t.Run(fmt.Sprintf("m=%d/l=%d/k=%d/%s", c.m, c.l, c.k, flux), func(t *testing.T) {
				coarse := math.Abs(radialRates(t, c.m, c.l, 120, flux)[c.k]/c.rate - 1)
				fine := math.Abs(radialRates(t, c.m, c.l, 240, flux)[c.k]/c.rate - 1)
				order := math.Log2(coarse / fine)
				t.Logf("relative errors %.1e, %.1e, order %.2f", coarse, fine, order)
				if exact := flux == Face && c.l == 1 && c.k == 0; exact {
					// f(200)^{−4} and its like: what the end of the grid does to m = 4
					if fine > 1e-8 {
						t.Errorf("relative error %.1e, want 0", fine)
					}
					return
				}
				if fine > 3e-3 || order < 1.8 { // h = 0.05; 2 but for h² log h at the axis of m = 2
					t.Errorf("relative errors %.1e and %.1e, order %.2f", coarse, fine, order)
				}
			})
		}
	}
}

func TestAngularModeErrors(t *testing.T) {
	plane := newGrid(t, "cartesian", 2, sinhAxis(t, "x", 4, -1, 1), sinhAxis(t, "y", 4, -1, 1))
	line := newGrid(t, "radial", 1, sinhAxis(t, "r", 4, 0, 1))
	for _, c := range []struct {
		g    *mesh.Grid
		l    int
		want string
	}{{plane, 1, "radial coordinates"}, {line, 2, "no angular mode"},
		{line, -1, "no angular mode"}} {
		if _, err := Assemble(c.g, quadratic(1), Options{Angular: c.l}); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("l = %d: error %v, want one about %q", c.l, err, c.want)
		}
	}
}

// R/M = ε l(l+m−2) ∫ f^{−1/ε} r^{m−2}/r̄ dr over ∫ f^{−1−1/ε} r^{m−1} dr does not depend on the
// unit of length for f = r², also where r² is not representable. For m = 3, l = 1, ε = 1, where r̄
// = ∫r^{−1}dr/∫r^{−2}dr, it is 2 on every cell.
func TestAngularRemovalAtAnyScale(t *testing.T) {
	f := mlWeights{1, func(theta []float64) float64 { return 2 * math.Log(theta[0]) }}
	for _, a := range []float64{1e-200, 1e-100, 1, 1e100, 1e200} {
		g := newGrid(t, "radial", 3, uniformAxis(t, "r", 1, a, 2*a))
		got := must[*Operator](t)(Assemble(g, f, Options{Angular: 1})).Removal[0]
		// logarithms up to 4·460 are rounded, and the rule is good to 1e-12
		if math.Abs(got-2) > 1e-11 {
			t.Errorf("R/M = %.15g on [%g, %g], want 2", got, a, 2*a)
		}
	}
}

// The same radial problem on an axis r and on an axis s = log r: f = 1 + r², ε = 0.25, m = 3 has
// rates 4 − 6ε = 2.5 for l = 0 and 2 for l = 1.
func TestLogarithmicAxisIsTheSameProblem(t *testing.T) {
	ordinary := newGrid(t, "radial", 3, sinhAxis(t, "r", 400, 0, 200))
	log := newGrid(t, "radial", 3, must[mesh.Axis](t)(mesh.Log("r", 400, -12, math.Log(200), 0)))
	for _, flux := range Fluxes {
		for l, want := range []float64{2.5, 2} {
			var rate [2]float64
			for k, g := range []*mesh.Grid{ordinary, log} {
				op := must[*Operator](t)(Assemble(g, quadratic(0.25),
					Options{Flux: flux, Angular: l}))
				e := eigenvalues(t, op)
				// l = 0 has the constant first
				rate[k] = e[1-l]
				// Z = π^{3/2} Γ(7/2)/Γ(5); 200^{−7} lies outside
				if z := math.Exp(op.LogZ); math.Abs(z/(math.Pi*math.Pi*5/64)-1) > 1e-11 {
					t.Errorf("%s, axis %d: Z = %.15g", flux, k, z)
				}
			}
			t.Logf("%s, l = %d: %.6f on r, %.6f on log r", flux, l, rate[0], rate[1])
			for _, r := range rate {
				// second order; h = 0.04 in s, constant 2 for bernoulli
				if math.Abs(r/want-1) > 5e-3 {
					t.Errorf("%s, l = %d: rates %.8f, want %g", flux, l, rate, want)
				}
			}
		}
	}
}

// With nodes at the π-centroids the face flux has u = x as an eigenvector at rate 2, for f = 1 + x²
// on any grid (theory, §5): d/dx f^{−1/ε} = −(2/ε) x f^{−1−1/ε} is the balance of every cell. It is
// so to rounding where masses and centroids are, and to their quadrature error on cells that are
// coarse for π.
func TestFaceFluxIsExactForTheDrift(t *testing.T) {
	for _, c := range []struct{ widest, tolerance float64 }{
		// rounding of rates up to 1e3: 6e-14 measured; beyond R = 1490 lies R^{−5} of ∫x²π at ε =
		// 1/3
		{0.2, 1e-12},
		{0.6, 1e-9}, // masses at ε = 0.05 are good to 1e-10 there, measured
	} {
		rapid.Check(t, func(t *rapid.T) {
			eps := rapid.SampledFrom([]float64{0.05, 0.25, 1. / 3}).Draw(t, "ε")
			var faces []float64
			for tau := -8.0; tau < 8; tau += rapid.Float64Range(0.05, c.widest).Draw(t, "Δτ") {
				faces = append(faces, math.Sinh(tau))
			}
			g := newGrid(t, "cartesian", 1, must[mesh.Axis](t)(mesh.FromFaces("x", faces)))
			e := eigenvalues(t, must[*Operator](t)(Assemble(g, quadratic(eps),
				Options{Flux: Face})))
			if math.Abs(e[1]/2-1) > c.tolerance {
				t.Fatalf("ε = %g, faces %v: rate %.15g, want 2", eps, faces, e[1])
			}
		})
	}
}

// On a polar grid u = x is exact but for the step in φ (see series.setElements): the differences in
// φ see cos φ with the factor q = (2 sin(Δφ/2)/Δφ)² in place of 1. So the rates are those of the
// radial mode 1 in the plane with removal q R.
func TestPolarErrorIsThatOfTheAngle(t *testing.T) {
	const n = 24
	r := sinhAxis(t, "r", n, 0, 30)
	radial := newGrid(t, "radial", 2, r)
	for _, cells := range []int{4, 6, 8, 16} {
		polar := newGrid(t, "polar", 2, r, uniformAxis(t, "phi", cells, 0, 2*math.Pi))
		e := eigenvalues(t, must[*Operator](t)(Assemble(polar, quadratic(0.25),
			Options{Flux: Face})))
		half := math.Pi / float64(cells)
		q := math.Pow(math.Sin(half)/half, 2)
		mode := must[*Operator](t)(Assemble(radial, quadratic(0.25),
			Options{Flux: Face, Angular: 1}))
		for i := range mode.Diag {
			mode.Diag[i] -= (1 - q) * mode.Removal[i]
		}
		want := eigenvalues(t, mode)[0]
		t.Logf("%d cells in φ: rates %.8f and %.8f, with q R %.8f, 1 + q = %.8f", cells, e[1], e[2],
			want, 1+q)
		for _, got := range e[1:3] {
			if math.Abs(got/want-1) > 1e-6 { // four points per axis in place of eight
				t.Errorf("%d cells in φ: rate %.9g, want %.9g", cells, got, want)
			}
		}
		// half of the Dirichlet form of x is angular, to O(h²) in r; first order in 1 − q
		if math.Abs(want-(1+q)) > (0.1+(1-q)/2)*(1-q) {
			t.Errorf("%d cells in φ: rate %.9g, far from 1 + q = %.9g", cells, want, 1+q)
		}
	}
}

// On a spherical grid the rates of x, y and z differ from 2 by the error of the angles alone: by
// about the same with twice the cells in r, and by less than half with half the angular steps.
func TestSphericalErrorIsThatOfTheAngles(t *testing.T) {
	rates := func(nr, angular int) []float64 {
		g := newGrid(t, "spherical", 3, sinhAxis(t, "r", nr, 0, 15),
			uniformAxis(t, "theta", angular, 0, math.Pi),
			uniformAxis(t, "phi", 2*angular, 0, 2*math.Pi))
		e := eigenvalues(t, must[*Operator](t)(Assemble(g, quadratic(0.25), Options{Flux: Face})))
		slices.Sort(e)
		return e[1:4]
	}
	coarse, finer, angles := rates(6, 3), rates(12, 3), rates(6, 6)
	t.Logf("6×3×6: %.6f, 12×3×6: %.6f, 6×6×12: %.6f", coarse, finer, angles)
	for k := range coarse {
		angular := math.Abs(coarse[k] - 2)
		// what the cells in r change in the error of the angles: O(h²), h = 0.3
		if d := math.Abs(coarse[k] - finer[k]); d > 0.1*angular {
			t.Errorf("rate %d: twice the cells in r change it by %.1e of an error of %.1e", k, d,
				angular)
		}
		// 4 for x and y, 2.8 for z: h² log h at the poles
		if ratio := angular / math.Abs(angles[k]-2); ratio < 2.5 {
			t.Errorf("rate %d: half the angular steps divide the error by %.2f", k, ratio)
		}
	}
}
