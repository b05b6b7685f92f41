package operators

import (
	"fmt"
	"math"
	"testing"

	"fpsgd/mesh"

	"pgregory.net/rapid"
)

// logDensity is π by its logarithm as a function of the components of θ, with κ = 0.
type logDensity func(theta []float64) float64

func (f logDensity) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	clear(kappa)
	return mlWeights{1, func(theta []float64) float64 { return -f(theta) / 2 }}.LogWeights(logPi,
		make([]float64, len(kappa)), p)
}

// logStudent returns log Z of f = 1 + |θ|² in R^d: Z = π^{d/2} Γ(p − d/2)/Γ(p), p = 1 + 1/ε
// (theory, §2.1).
func logStudent(eps float64, d int) float64 {
	p, half := 1+1/eps, float64(d)/2
	a, _ := math.Lgamma(p - half)
	b, _ := math.Lgamma(p)
	return half*math.Log(math.Pi) + a - b
}

// The whole mass of π has a closed form in every coordinate system: Student for f = 1 + |θ|²,
// (πε)^{d/2} for e^{−|θ|²/ε}. The ends lie where nothing is left of either, and the tolerances are
// massTolerance's.
func TestWholeMasses(t *testing.T) {
	line := func(name string, n int) mesh.Axis { return sinhAxis(t, name, n, -12, 12) }
	ball := func(n int) mesh.Axis { return sinhAxis(t, "r", n, 0, 12) }
	theta, phi := uniformAxis(t, "theta", 4, 0, math.Pi), uniformAxis(t, "phi", 5, 0, 2*math.Pi)
	type problem struct {
		g         *mesh.Grid
		d         int
		tolerance float64
	}
	problems := []problem{
		{newGrid(t, "cartesian", 1, line("x", 40)), 1, 1e-12},
		{newGrid(t, "cartesian", 2, line("x", 20), line("y", 25)), 2, 1e-9},
		{newGrid(t, "cartesian", 3, line("x", 10), line("y", 9), line("z", 8)), 3, 1e-4},
		{newGrid(t, "cartesian", 4, line("x", 4), line("y", 3), line("z", 4), line("w", 4)), 4,
			2e-3},
		{newGrid(t, "polar", 2, ball(20), phi), 2, 1e-9},
		{newGrid(t, "spherical", 3, ball(14), theta, phi), 3, 1e-4},
		{newGrid(t, "cylindrical", 3, ball(20), line("z", 20)), 3, 1e-9},
	}
	for m := 1; m <= 9; m++ {
		problems = append(problems, problem{newGrid(t, "radial", m, ball(40)), m, 1e-12})
	}
	for _, p := range problems {
		name := fmt.Sprintf("%s, d = %d", p.g.Coordinates.Name(), p.d)
		// masses are of no flux; these conductances take the least time
		bernoulli := Options{Flux: Bernoulli}
		student := must[*Operator](t)(Assemble(p.g, quadratic(0.05), bernoulli))
		if got, want := student.LogZ, logStudent(0.05, p.d); math.Abs(got-want) > p.tolerance {
			t.Errorf("%s: log Z of f = 1 + |θ|² is %.15g, want %.15g", name, got, want)
		}
		for _, eps := range []float64{0.5, 2} {
			op := must[*Operator](t)(Assemble(p.g, gaussian{eps}, bernoulli))
			got, want := op.LogZ, float64(p.d)/2*math.Log(math.Pi*eps)
			if math.Abs(got-want) > p.tolerance {
				t.Errorf("%s, ε = %g: log Z of f = |θ|² is %.15g, want %.15g", name, eps, got, want)
			}
		}
	}
}

// Every cell of a Gaussian over 24 standard deviations, whose masses span 250 decades:
// M = (√(πε)/2)(erfc(a/√ε) − erfc(b/√ε)).
func TestGaussianMassesCellByCell(t *testing.T) {
	const eps = 0.5
	a := sinhAxis(t, "x", 101, -17, 17)
	op := must[*Operator](t)(Assemble(newGrid(t, "cartesian", 1, a), gaussian{eps}, Options{}))
	for i, got := range op.LogM {
		lo, hi := a.Faces[i]/math.Sqrt(eps), a.Faces[i+1]/math.Sqrt(eps)
		if lo < 0 { // by symmetry, to the right, unless 0 is inside
			lo, hi = math.Max(-hi, lo), math.Max(-lo, hi)
		}
		want := math.Sqrt(math.Pi*eps) / 2 * (math.Erfc(lo) - math.Erfc(hi))
		// the tolerance 1e-13, and erfc of 24² = 576 in an exponential
		if math.Abs(math.Exp(got)/want-1) > 1e-12 {
			t.Errorf("[%g, %g]: M = %.15g, want %.15g", a.Faces[i], a.Faces[i+1], math.Exp(got),
				want)
		}
	}
}

// Cells that are far too coarse for π are integrated adaptively all the same: f = 1 + x², ε = 0.05
// on 7 cells of |x| ≤ 20; a rotated valley ½(a(x−y)² + (x+y)²) narrower than the cells; kinks
// inside a cell. The estimate of the error is made for smooth functions, and a kink leaves more
// than the tolerance: 4e-9 on the line, 2e-6 in the plane.
func TestCoarseCellsAreRefined(t *testing.T) {
	check := func(name string, g *mesh.Grid, w Weights, want, tolerance float64) {
		t.Helper()
		op, err := Assemble(g, w, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		got := math.Expm1(op.LogZ - want)
		t.Logf("%s: relative error %.1e", name, got)
		if math.Abs(got) > tolerance {
			t.Errorf("%s: relative error %.1e of the mass, want below %.0e", name, got, tolerance)
		}
	}
	line := func(n int) *mesh.Grid {
		return newGrid(t, "cartesian", 1, uniformAxis(t, "x", n, -20, 20))
	}
	// the tolerance of a cell is 1e-13, but its estimate is one of magnitude
	for _, n := range []int{7, 8, 20} {
		check(fmt.Sprintf("steep, %d cells", n), line(n), quadratic(0.05), logStudent(0.05, 1),
			2e-9)
	}
	square := newGrid(t, "cartesian", 2, sinhAxis(t, "x", 32, -100, 100),
		sinhAxis(t, "y", 32, -100, 100))
	for _, a := range []float64{10, 100, 1000} {
		valley := mlWeights{0.25, func(x []float64) float64 {
			d, e := x[0]-x[1], x[0]+x[1]
			return math.Log1p((a*d*d + e*e) / 2)
		}}
		// likewise, 1e-10
		check(fmt.Sprintf("valley, a = %g", a), square, valley, logStudent(0.25, 2)-math.Log(a)/2,
			2e-8)
	}
	for _, slope := range []float64{-5, 1, 21, 200} {
		// ∫_0^1 e^{−s|x−c|} dx = (2 − e^{−sc} − e^{−s(1−c)})/s
		mass := func(c float64) float64 {
			return math.Log((-math.Expm1(-slope*c) - math.Expm1(-slope*(1-c))) / slope)
		}
		for _, n := range []int{1, 7} {
			unit := uniformAxis(t, "x", n, 0, 1)
			kink := logDensity(func(x []float64) float64 { return -slope * math.Abs(x[0]-0.3) })
			// see above
			check(fmt.Sprintf("kink, slope %g, %d cells", slope, n),
				newGrid(t, "cartesian", 1, unit), kink, mass(0.3), 1e-8)
			cross := logDensity(func(x []float64) float64 {
				return -slope * (math.Abs(x[0]-0.3) + math.Abs(x[1]-0.4))
			})
			// see above
			check(fmt.Sprintf("cross, slope %g, %d² cells", slope, n),
				newGrid(t, "cartesian", 2, unit, unit), cross, mass(0.3)+mass(0.4), 1e-5)
		}
	}
}

// hurwitz returns Σ_{k≥0} (k + a)^{−p}, p > 1, by Euler–Maclaurin from k = 20 on.
func hurwitz(p, a float64) float64 {
	sum := 0.0
	for k := range 20 {
		sum += math.Pow(float64(k)+a, -p)
	}
	x := 20 + a
	return sum + math.Pow(x, 1-p)/(p-1) + math.Pow(x, -p)/2 + p*math.Pow(x, -p-1)/12
}

// What is left of geometric shells q^k is s q/(1−q) to rounding; of shells (k + k₀)^{−p} it is
// extrapolated to first order in 1/k, within the error that is stated; shells that do not sum are
// refused.
func TestRemainder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(4, 60).Draw(t, "shells")
		q := rapid.Float64Range(0.01, 0.99).Draw(t, "q")
		p, k0 := rapid.Float64Range(1.3, 6).Draw(t, "p"), rapid.Float64Range(1, 10).Draw(t, "k₀")
		power, log := make([]float64, n), make([]float64, n)
		for k := range n {
			power[k] = math.Pow(q, float64(k))
			log[k] = math.Pow(float64(k)+k0, -p)
		}
		got, ok := remainder(power)
		want := power[n-1] * q / (1 - q)
		// roundings of q over 1 − q, twice
		if !ok || !near(got.mass, want, 1e-13/(1-q)/(1-q), 0) || got.error > 1e-10*want {
			t.Fatalf("geometric, q = %g: %.15g ± %.1e, want %.15g", q, got.mass, got.error, want)
		}
		last := float64(n-1) + k0
		got, ok = remainder(log)
		want = hurwitz(p, last+1)
		if !ok || math.Abs(got.mass-want) > got.error {
			t.Fatalf("logarithmic, p = %g, k₀ = %g, %d shells: %.6g ± %.2g, want %.6g", p, k0, n,
				got.mass, got.error, want)
		}
		if math.Abs(got.mass/want-1) > p*p/last { // first order: the next term is O(p²/(k + k₀))
			t.Fatalf("logarithmic, p = %g, %d shells: %.6g, want %.6g", p, n, got.mass, want)
		}
	})
	constant, harmonic, growing := make([]float64, 40), make([]float64, 40), make([]float64, 40)
	for k := range constant {
		constant[k], harmonic[k], growing[k] = 1, 1/float64(k+1), math.Pow(1.1, float64(k))
	}
	for name, shells := range map[string][]float64{"constant": constant, "harmonic": harmonic,
		"growing": growing, "three": {1, 0.1, 0.01}} {
		if got, ok := remainder(shells); ok {
			t.Errorf("%s shells are summed to %v", name, got)
		}
	}
}

// LogIntegrals and Averages of a Gaussian about c in the plane: the mass is (2π w²) and the mean c,
// in cartesian and polar coordinates, with any number of threads.
func TestIntegralsAndAverages(t *testing.T) {
	const w = 0.7
	c := []float64{0.4, -0.3}
	gauss := func(dst []float64, p *mesh.Points) error {
		x, y := p.Var("x"), p.Var("y")
		for i := range dst {
			dst[i] = -((x[i]-c[0])*(x[i]-c[0]) + (y[i]-c[1])*(y[i]-c[1])) / (2 * w * w)
		}
		return nil
	}
	phi := uniformAxis(t, "phi", 24, 0, 2*math.Pi)
	for _, g := range []*mesh.Grid{
		newGrid(t, "cartesian", 2, uniformAxis(t, "x", 31, -6, 6), uniformAxis(t, "y", 30, -6, 6)),
		newGrid(t, "polar", 2, uniformAxis(t, "r", 30, 0, 6), phi),
		newGrid(t, "polar", 2, must[mesh.Axis](t)(mesh.Log("r", 60, -12, math.Log(6), 0)), phi),
	} {
		n := g.Cells()
		mass, again := make([]float64, n), make([]float64, n)
		if err := LogIntegrals(mass, g, gauss, 1e-6, 1, nil); err != nil {
			t.Fatal(err)
		}
		if err := LogIntegrals(again, g, gauss, 1e-6, 3, nil); err != nil {
			t.Fatal(err)
		}
		total, mean := 0.0, [2]float64{}
		for k, name := range []string{"x", "y"} {
			average := make([]float64, n)
			if err := Averages(average, g, gauss,
				func(p *mesh.Points) []float64 { return p.Var(name) }, 2); err != nil {
				t.Fatal(err)
			}
			for i, l := range mass {
				mean[k] += average[i] * math.Exp(l)
			}
		}
		for i, l := range mass {
			total += math.Exp(l)
			if l != again[i] {
				t.Fatalf("cell %d depends on the number of threads", i)
			}
		}
		// four points on cells of 0.6 w: (0.3)^8/8!
		if want := 2 * math.Pi * w * w; math.Abs(total/want-1) > 1e-8 {
			t.Errorf("%s: mass %.12g, want %.12g", g.Coordinates.Name(), total, want)
		}
		for k := range c {
			if got := mean[k] / total; math.Abs(got-c[k]) > 1e-8 { // the same
				t.Errorf("%s: mean %.12g, want %g", g.Coordinates.Name(), got, c[k])
			}
		}
	}
}

// Cells in which a function vanishes have the logarithm −Inf, and what it has elsewhere is exact.
func TestIntegralsOfWhatVanishes(t *testing.T) {
	g := newGrid(t, "cartesian", 1, uniformAxis(t, "x", 3, 0, 3))
	out := make([]float64, 3)
	vanishing := func(dst []float64, p *mesh.Points) error {
		for i, x := range p.Var("x") {
			dst[i] = math.Log(math.Max(0, x-1))
		}
		return nil
	}
	if err := LogIntegrals(out, g, vanishing, 1e-6, 0, nil); err != nil {
		t.Fatal(err)
	}
	// the rule is exact
	if !math.IsInf(out[0], -1) || !near(math.Exp(out[1]), 0.5, 1e-14, 0) ||
		!near(math.Exp(out[2]), 1.5, 1e-14, 0) {
		t.Errorf("∫ max(0, x−1) on [0, 3] in three cells: logarithms %v", out)
	}
	failing := func([]float64, *mesh.Points) error { return fmt.Errorf("no value") }
	if LogIntegrals(out, g, failing, 1e-6, 2, nil) == nil ||
		Averages(out, g, failing, nil, 2) == nil {
		t.Error("the error of a function is lost")
	}
}
