package exact

import (
	"math"
	"strings"
	"testing"

	"fpsgd/mesh"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// theoremLambda is the table of the sharp constants by cases of α = −1/ε.
func theoremLambda(eps float64, d int) float64 {
	alpha, n := -1/eps, float64(d)
	edge := (n - 2 + 2*alpha) * (n - 2 + 2*alpha) / 4
	switch {
	case d == 1 && alpha < -0.5, d == 2 && alpha < -2, d >= 3 && alpha < -n:
		return -2 * alpha
	case d >= 3 && alpha < -(n+2)/2:
		return -4*alpha - 2*n
	default:
		return edge
	}
}

func drawNoise(t *rapid.T) (eps float64, d int) {
	return math.Exp(rapid.Float64Range(-5, 3).Draw(t, "log ε")), rapid.IntRange(1, 9).Draw(t, "d")
}

func TestPoincareHardyIsTheTheorem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		eps, d := drawNoise(t)
		g, err := PoincareHardy(eps, d)
		if err != nil {
			t.Fatal(err)
		}
		want := theoremLambda(eps, d)
		// rounding of a², the largest term
		if math.Abs(g.Lambda-want) > 1e-14*(1+want+1/(eps*eps)) {
			t.Fatalf("Λ = %.17g, the theorem says %.17g", g.Lambda, want)
		}
	})
}

func TestPoincareHardyIsTheLeastOverModes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		eps, d := drawNoise(t)
		all, err := PoincareHardy(eps, d)
		if err != nil {
			t.Fatal(err)
		}
		top := 6
		if d == 1 {
			top = 1
		}
		least, before := math.Inf(1), 0.0
		for l := 0; l <= top; l++ {
			g, err := PoincareHardy(eps, d, l)
			if err != nil {
				t.Fatal(err)
			}
			if l > 1 && g.Lambda <= before {
				t.Fatalf("mode %d: Λ = %g, not above %g of the mode before", l, g.Lambda, before)
			}
			if edge := ModeEdge(eps, d, l); g.Lambda > edge {
				t.Fatalf("mode %d: Λ = %g above the edge %g", l, g.Lambda, edge)
			}
			ladder := Ladder(eps, d, l)
			if l == 0 && len(ladder) > 0 {
				ladder = ladder[1:] // the constant
			}
			if attained := len(ladder) > 0; attained != (g.Kind == Attained) ||
				attained && ladder[0] != g.Lambda {
				t.Fatalf("mode %d: %+v, ladder %v", l, g, ladder)
			}
			least, before = math.Min(least, g.Lambda), g.Lambda
		}
		if all.Lambda != least {
			t.Fatalf("Λ = %g, least over modes %g", all.Lambda, least)
		}
	})
}

// TestPoincareHardyIsContinuous checks Λ on either side of ε where an eigenvalue enters the
// essential spectrum (n = a), where two eigenvalues cross (α = −d), and at the critical noise
// (a = 0).
func TestPoincareHardyIsContinuous(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.IntRange(1, 9).Draw(t, "d")
		n := rapid.IntRange(0, 4).Draw(t, "n")
		thresholds := []float64{float64(d)}
		if inverse := float64(n-1) + float64(d)/2; inverse > 0 {
			thresholds = append(thresholds, inverse)
		}
		for _, inverse := range thresholds {
			const step = 1e-7
			var lambda [3]float64
			for i, shift := range []float64{-step, 0, step} {
				g, err := PoincareHardy((1+shift)/inverse, d)
				if err != nil {
					t.Fatal(err)
				}
				lambda[i] = g.Lambda
			}
			slope := 8 * (inverse + float64(d)) * inverse // |dΛ/dα| ≤ 2a or 4, and dα = step/ε
			for _, side := range []float64{lambda[0], lambda[2]} {
				if math.Abs(side-lambda[1]) > slope*step {
					t.Fatalf("1/ε = %g: Λ = %v", inverse, lambda)
				}
			}
		}
	})
}

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		eps   float64
		d     int
		modes []int
		want  Gap
	}{
		{0.1, 3, nil, Gap{20, Attained, 1, 0}},
		{0.35, 3, nil, Gap{4/0.35 - 6, Attained, 0, 1}},
		{0.1, 3, []int{0}, Gap{34, Attained, 0, 1}},
		{0.1, 3, []int{4, 2}, Gap{40, Attained, 2, 0}},
		{1, 3, []int{1}, Gap{2.25, Edge, 1, 0}},
		{2, 3, []int{1}, Gap{2, Edge, 1, 0}},
		{2, 3, nil, Gap{0, None, 0, 0}},
		{2.0 / 3, 5, nil, Gap{0, None, 0, 0}},
		{2.0 / 7, 9, nil, Gap{0, None, 0, 0}},
		{4, 3, nil, Gap{0.0625, Hardy, 0, 0}},
		{2.0 / 3, 1, []int{0}, Gap{4, Edge, 0, 0}},
		// d = 2, ε = ½: L x = −2x/ε = −4x, ∫x²(1+r²)^{−3} < ∞, and 4 = (1/ε)² is the edge of l = 0
		{0.5, 2, nil, Gap{4, Attained, 1, 0}},
		{0.5, 2, []int{0}, Gap{4, Edge, 0, 0}},
		{0.501, 2, nil, Gap{math.Pow(1/0.501, 2), Edge, 0, 0}},
		{2, 1, []int{1}, Gap{1, Edge, 1, 0}},
	} {
		g := must[Gap](t)(PoincareHardy(c.eps, c.d, c.modes...))
		// rounding
		if math.Abs(g.Lambda-c.want.Lambda) > 1e-14*g.Lambda || g.Kind != c.want.Kind ||
			g.L != c.want.L || g.K != c.want.K {
			t.Errorf("ε = %g, d = %d, modes %v: %+v, want %+v", c.eps, c.d, c.modes, g, c.want)
		}
	}
	for _, c := range []struct {
		eps   float64
		d, l  int
		wants string
	}{{-1, 1, 0, "ε > 0"}, {1, 0, 0, "d ≥ 1"}, {1, 1, 2, "no angular mode l = 2"},
		{1, 3, -1, "l ≥ 0"}} {
		if _, err := PoincareHardy(c.eps, c.d, c.l); err == nil ||
			!strings.Contains(err.Error(), c.wants) {
			t.Errorf("%+v: error %v", c, err)
		}
		if _, err := (Quadratic{Scale: 1}).Gap(c.eps, c.d, c.l); err == nil {
			t.Errorf("%+v: no error for |x|²", c)
		}
		if _, err := unit.HomogeneousGap(c.eps, c.d, c.l); err == nil {
			t.Errorf("%+v: no error for homogeneous noise", c)
		}
	}
}

// discreteGap returns the two lowest nonzero eigenvalues of ( ∫u′² f^{−1/ε}, ∫u² π ),
// f = Floor + Scale x², by finite volumes on cells uniform in θ, x = w sinh θ, |θ| ≤ reach.
func discreteGap(eps float64, f Quadratic, cells int) (first, second float64) {
	const reach = 8.0
	h := 2 * reach / float64(cells)
	landscape := func(theta float64) float64 {
		return f.Floor * math.Cosh(theta) *
			math.Cosh(theta)
	}
	mass := make([]float64, cells)
	for i := range mass {
		theta := -reach + (float64(i)+0.5)*h
		mass[i] = math.Pow(landscape(theta), -1-1/eps) * f.width() * math.Cosh(theta) * h
	}
	s := mat.NewSymDense(cells, nil)
	for i := 0; i+1 < cells; i++ {
		theta := -reach + float64(i+1)*h
		c := math.Pow(landscape(theta), -1/eps) / (f.width() * math.Cosh(theta) * h)
		s.SetSym(i, i, s.At(i, i)+c/mass[i])
		s.SetSym(i+1, i+1, s.At(i+1, i+1)+c/mass[i+1])
		s.SetSym(i, i+1, -c/math.Sqrt(mass[i]*mass[i+1]))
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(s, false) {
		return math.NaN(), math.NaN()
	}
	return eigen.Values(nil)[1], eigen.Values(nil)[2]
}

// TestScaledQuadraticGap checks that Λ of f₀ + s x² is s times that of 1 + x², against the
// eigenvalues of the weighted forms.
func TestScaledQuadraticGap(t *testing.T) {
	const eps = 0.25
	for _, f := range []Quadratic{{Floor: 1, Scale: 1}, {Floor: 0.3, Scale: 2.7},
		{Floor: 5, Scale: 0.4}} {
		coarse1, coarse2 := discreteGap(eps, f, 120)
		fine1, fine2 := discreteGap(eps, f, 240)
		for l, got := range map[int]float64{1: (4*fine1 - coarse1) / 3,
			0: (4*fine2 - coarse2) / 3} {
			want := must[Gap](t)(f.Gap(eps, 1, l))
			t.Logf("f = %g + %g x², l = %d: Λ = %.8g by finite volumes, %.8g", f.Floor, f.Scale, l,
				got, want.Lambda)
			if !(math.Abs(got/want.Lambda-1) < 1e-3) { // fourth order after extrapolation, h = 1/15
				t.Errorf("f = %+v, l = %d: Λ = %g by finite volumes, %g", f, l, got, want.Lambda)
			}
		}
	}
}

func TestDegenerateQuadraticGap(t *testing.T) {
	f := Quadratic{Scale: 3}
	for _, c := range []struct {
		eps    float64
		d      int
		modes  []int
		lambda float64
		kind   Kind
	}{{0.5, 1, nil, 3 * 6.25, Hardy}, {0.5, 1, []int{0}, 3 * 6.25, Hardy}, {2, 3, nil, 0, None},
		{2, 3, []int{1}, 6, Hardy}} {
		g := must[Gap](t)(f.Gap(c.eps, c.d, c.modes...))
		if g.Lambda != c.lambda || g.Kind != c.kind {
			t.Errorf("%+v: %+v", c, g)
		}
	}
	if z := f.LogZ(0.5, 1); !math.IsInf(z, 1) {
		t.Errorf("log Z = %g; |x|^{−2−2/ε} is not integrable", z)
	}
}

func TestHomogeneousGap(t *testing.T) {
	f := Quadratic{Floor: 1, Scale: 3}
	for _, c := range []struct {
		modes []int
		rate  float64
		l, k  int
	}{{nil, 6, 1, 0}, {[]int{0}, 12, 0, 1}, {[]int{3}, 18, 3, 0}, {[]int{3, 1, 0}, 6, 1, 0}} {
		g := must[Gap](t)(f.HomogeneousGap(0.2, 3, c.modes...))
		if math.Abs(g.Rate(0.2)-c.rate) > 1e-14 || g.L != c.l || g.K != c.k { // rounding
			t.Errorf("modes %v: %+v, rate %g", c.modes, g, g.Rate(0.2))
		}
	}
}

func TestLogZ(t *testing.T) {
	for _, c := range []struct {
		eps  float64
		d    int
		want float64 // log( π^{d/2} Γ(p−d/2)/Γ(p) ) with 40 digits
	}{
		{1e-4, 3, -12.0983782279401269},
		{1e-3, 6, -17.286073676393954},
		{0.03, 2, -2.36182801147058154},
		{0.015, 1, -1.52936257843832475},
		{0.9, 3, 2.04756516620143855},
	} {
		// rounding of lgamma at p < 16
		if got := unit.LogZ(c.eps, c.d); !(math.Abs(got-c.want) <=
			4e-15*math.Max(1, math.Abs(c.want))) {
			t.Errorf("ε = %g, d = %d: log Z = %.17g, want %.17g", c.eps, c.d, got, c.want)
		}
	}
	if z := unit.LogZ(2, 3); !math.IsInf(z, 1) {
		t.Errorf("critical noise: log Z = %g", z)
	}
}

func TestSphereArea(t *testing.T) {
	for m, want := range []float64{1: 2, 2: 2 * math.Pi, 3: 4 * math.Pi, 4: 2 * math.Pi * math.Pi} {
		if m > 0 && math.Abs(math.Exp(mesh.LogSphere(m))/want-1) > 1e-15 { // rounding
			t.Errorf("|S^%d| = %g, want %g", m-1, math.Exp(mesh.LogSphere(m)), want)
		}
	}
}

func TestLogSingularDistribution(t *testing.T) {
	for m := 3; m <= 6; m++ {
		logZ1 := LogSingularLogZ(m) - mesh.LogSphere(m)
		for _, s := range []float64{-7, -0.4, 1.3} {
			slope, _ := differences(func(d float64) float64 { return LogSingularCDF(m, s+d) }, 0.01)
			want := math.Exp(-float64(m)/2*math.Log1p(s*s) - logZ1)
			if !(math.Abs(slope/want-1) <= 1e-9) { // differences of 1e-16 over h
				t.Errorf("m = %d, s = %g: slope %.12g, density %.12g", m, s, slope, want)
			}
		}
		// 1/S²
		if far, want := LogSingularMassOutside(m, 1e6),
			2/float64(m-1)*math.Exp(-float64(m-1)*math.Log(1e6)-logZ1); !(math.Abs(far/want-1) <=
			1e-11) {
			t.Errorf("m = %d: mass outside 1e6 is %g, want %g", m, far, want)
		}
	}
}

// TestWindowProbabilities checks g + h = 1 and that a drop over a step is the sum of the drops over
// its parts, which takes narrow and wide steps through different formulas.
func TestWindowProbabilities(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := math.Exp(rapid.Float64Range(-6, 3).Draw(t, "log b"))
		y := rapid.Float64Range(0, 25).Draw(t, "y")
		// rounding
		if sum := math.Exp(logInside(b, y)) + math.Exp(logOutside(b, y)); math.Abs(sum-1) > 1e-15 {
			t.Fatalf("g + h = %.17g", sum)
		}
		d := math.Exp(rapid.Float64Range(-8, 1).Draw(t, "log d"))
		whole, parts := logInsideDrop(b, y, d), newSignedSum()
		const n = 64
		for k := 0; k < n; k++ {
			parts.add(logInsideDrop(b, y+d*float64(k)/n, d/n), 1)
		}
		// ulps of the exponent
		if tolerance := 1e-14 * (1 + b + math.Abs(whole)); math.Abs(whole-parts.log()) > tolerance {
			t.Fatalf("drop %.17g, sum of its parts %.17g", whole, parts.log())
		}
	})
}
