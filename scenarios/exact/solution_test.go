package exact

import (
	"math"
	"strings"
	"testing"

	"fpsgd/mesh"
)

// problem is a solution with the landscape it belongs to.
type problem struct {
	name        string
	eps         float64
	homogeneous bool
	f           func(x []float64) (value float64, gradient []float64)
	center      []float64 // of the quadrature
	logZ        float64
	solution    Solution
}

// logPi returns log π at f.
func (p problem) logPi(f float64) float64 {
	if p.homogeneous {
		return -f / p.eps
	}
	return -(1 + 1/p.eps) * math.Log(f)
}

func quadratic(q Quadratic) func(x []float64) (float64, []float64) {
	return func(x []float64) (float64, []float64) {
		f, g := q.Floor, make([]float64, len(x))
		for i, xi := range x {
			if q.Center != nil {
				xi -= q.Center[i]
			}
			f += q.Scale * xi * xi
			g[i] = 2 * q.Scale * xi
		}
		return f, g
	}
}

func logSingular(x []float64) (float64, []float64) {
	r := distance(x, nil)
	s := math.Log(r)
	g := make([]float64, len(x))
	for i, xi := range x {
		g[i] = xi * (2*(1+s*s) + 2*s)
	}
	return r * r * (1 + s*s), g
}

// problems returns every family, in several dimensions, on scaled and shifted landscapes.
func problems(t *testing.T) []problem {
	line := Quadratic{Floor: 0.3, Scale: 2.7, Center: []float64{0.4}}
	plane := Quadratic{Floor: 1.5, Scale: 0.5, Center: []float64{0.4, -1}}
	space := Quadratic{Floor: 2, Scale: 0.7, Center: []float64{0, 0, 0}}
	bare := Quadratic{Scale: 1.3}
	list := []problem{
		{name: "polynomial d=1", eps: 0.25, f: quadratic(line), center: line.Center,
			logZ:     line.LogZ(0.25, 1),
			solution: must[*Polynomial](t)(NewPolynomial(0.25, line, []float64{1.2}))},
		{name: "polynomial d=2", eps: 0.2, f: quadratic(plane), center: plane.Center,
			logZ:     plane.LogZ(0.2, 2),
			solution: must[*Polynomial](t)(NewPolynomial(0.2, plane, []float64{0.5, -0.7}))},
		{name: "polynomial d=3", eps: 0.1, f: quadratic(space), center: space.Center,
			logZ:     space.LogZ(0.1, 3),
			solution: must[*Polynomial](t)(NewPolynomial(0.1, space, []float64{0, 0, 0.8}))},
		{name: "GBM d=1", eps: 0.5, f: quadratic(bare), logZ: math.Inf(1),
			solution: must[*GBM](t)(NewGBM(0.5, bare, 1, 1.5, 0.2))},
		{name: "GBM d=4", eps: 1.5, f: quadratic(bare), logZ: math.Inf(1),
			solution: must[*GBM](t)(NewGBM(1.5, bare, 4, 1.5, 0.2))},
		{name: "OU d=1", eps: 0.6, homogeneous: true, f: quadratic(line), center: line.Center,
			logZ: line.HomogeneousLogZ(0.6, 1),
			solution: must[*OrnsteinUhlenbeck](t)(NewOrnsteinUhlenbeck(0.6, line, []float64{1},
				0.15))},
		{name: "OU d=2", eps: 0.6, homogeneous: true, f: quadratic(plane), center: plane.Center,
			logZ: plane.HomogeneousLogZ(0.6, 2),
			solution: must[*OrnsteinUhlenbeck](t)(NewOrnsteinUhlenbeck(0.6, plane, []float64{1, 1},
				0.6))},
	}
	for n := 1; n <= 4; n++ {
		eps := 2 / float64(2*n-1)
		list = append(list, problem{name: "Student d=1", eps: eps, f: quadratic(line),
			center: line.Center, logZ: line.LogZ(eps, 1),
			solution: must[*Student1D](t)(NewStudent1D(eps, line, 1.5, 0.1))})
		list = append(list, problem{name: "log-singular", eps: eps, f: logSingular,
			logZ:     LogSingularLogZ(2*n + 1),
			solution: must[*LogSingular](t)(NewLogSingular(eps, 2*n+1, 2, 0.3))})
		if n > 1 {
			list = append(list, problem{name: "Student d=3", eps: eps, f: quadratic(space),
				center: space.Center, logZ: space.LogZ(eps, 3),
				solution: must[*StudentRadial3D](t)(NewStudentRadial3D(eps, space, 1.1, 0.4))})
		}
	}
	return list
}

// residual returns the terms of the equation for L = log(ρ/π), L_t = D(ΔL + |∇L|²) − ∇f·∇L with
// D = εf (or ε), as their sum and the sum of their absolute values. Derivatives are 8th-order
// central differences.
func (p problem) residual(t float64, x []float64, h float64) (sum, size float64) {
	logU := func(t float64, x []float64) float64 {
		f, _ := p.f(x)
		return p.solution.LogDensity(t, x) - p.logPi(f)
	}
	f, grad := p.f(x)
	diffusion := p.eps * f
	if p.homogeneous {
		diffusion = p.eps
	}
	lt, _ := differences(func(s float64) float64 { return logU(t+s, x) }, h/4)
	sum, size = lt, math.Abs(lt)
	y := append([]float64(nil), x...)
	for i := range x {
		first, second := differences(func(s float64) float64 {
			y[i] = x[i] + s
			return logU(t, y)
		}, h)
		y[i] = x[i]
		for _, term := range []float64{-diffusion * second, -diffusion * first * first,
			grad[i] * first} {
			sum += term
			size += math.Abs(term)
		}
	}
	return sum, size
}

// differences returns the first two derivatives of g at 0.
func differences(g func(float64) float64, h float64) (first, second float64) {
	second = -205.0 / 72 * g(0)
	for k, c := range []struct{ odd, even float64 }{{4. / 5, 8. / 5}, {-1. / 5, -1. / 5},
		{4. / 105, 8. / 315}, {-1. / 280, -1. / 560}} {
		s := float64(k+1) * h
		plus, minus := g(s), g(-s)
		first += c.odd * (plus - minus)
		second += c.even * (plus + minus)
	}
	return first / h, second / (h * h)
}

func TestSolutionsSatisfyTheEquation(t *testing.T) {
	// rounding 1e-16/h² of the differences, times Δ in nine dimensions; h⁸ is far below
	const h, tolerance = 0.01, 1e-8
	for _, p := range problems(t) {
		worst := 0.0
		for _, base := range []float64{0.35, 0.9, 2.1} {
			x := make([]float64, p.solution.Dim())
			for i := range x {
				x[i] = base * (1 - 0.3*float64(i))
			}
			for _, time := range []float64{0.2, 1} {
				sum, size := p.residual(time, x, h)
				worst = math.Max(worst, math.Abs(sum)/size)
			}
		}
		t.Logf("%s ε=%.3g: relative residual %.1e", p.name, p.eps, worst)
		if !(worst <= tolerance) {
			t.Errorf("%s ε=%.3g: relative residual %.1e > %.0e", p.name, p.eps, worst, tolerance)
		}
	}
}

// TestResidualSeesAWrongCoefficient checks the check: with ε off by 1% no family passes.
func TestResidualSeesAWrongCoefficient(t *testing.T) {
	for _, p := range problems(t) {
		x := make([]float64, p.solution.Dim())
		x[0] = 0.9
		p.eps *= 1.01
		if sum, size := p.residual(0.2, x, 0.02); math.Abs(sum)/size < 1e-5 {
			t.Errorf("%s: residual %.1e with a wrong ε", p.name, sum/size)
		}
	}
}

// integrate calls visit at the nodes of a quadrature of R^d about c: trapezoid in the logarithm of
// the radius, and trapezoid or Gauss nodes in the angles. It converges exponentially.
func integrate(c []float64, visit func(x []float64, weight float64)) {
	const steps, reach = 3000, 40.0
	d := len(c)
	x := make([]float64, d)
	for i := 0; i < steps; i++ {
		s := reach * (2*(float64(i)+0.5)/steps - 1)
		r := math.Exp(s)
		radial := math.Exp(mesh.LogSphere(d)+float64(d)*s) * 2 * reach / steps
		directions(d, func(v []float64, share float64) {
			for k := range x {
				x[k] = c[k] + r*v[k]
			}
			visit(x, radial*share)
		})
	}
}

// directions visits nodes on S^{d−1} with weights that add to 1; for d = 3 only functions of the
// third axis are integrated.
func directions(d int, visit func(v []float64, share float64)) {
	switch d {
	case 1:
		visit([]float64{1}, 0.5)
		visit([]float64{-1}, 0.5)
	case 2:
		const n = 64
		for k := 0; k < n; k++ {
			sin, cos := math.Sincos(2 * math.Pi * float64(k) / n)
			visit([]float64{cos, sin}, 1.0/n)
		}
	case 3:
		for k, p := range gauss.X {
			mu := 2*p - 1
			visit([]float64{math.Sqrt(1 - mu*mu), 0, mu}, gauss.W[k])
		}
	}
}

// lineOverS calls visit at the nodes of a trapezoid in asinh(s), s = log r.
func lineOverS(visit func(s, weight float64)) {
	const steps, reach = 4000, 40.0
	for i := 0; i < steps; i++ {
		tau := reach * (2*(float64(i)+0.5)/steps - 1)
		visit(math.Sinh(tau), math.Cosh(tau)*2*reach/steps)
	}
}

// logDensityPerS returns log( ρ |S^{m−1}| r^m ), the density of s = log r.
func logDensityPerS(r Radial, t, s float64) float64 {
	if l, ok := r.(*LogSingular); ok {
		return l.line.logDensityAt(t, s) // however large s is
	}
	return r.LogDensityS(t, s) + mesh.LogSphere(r.Dim()) + float64(r.Dim())*s
}

// distribution returns the probability of log r < s at t, for m = 3. The flux obeys the partner
// equation of K₁, which is the heat equation: with Φ the normal distribution function,
//
//	F = ( e^θ Φ(a₊) + e^{−θ} Φ(a₋) ) / (2 cosh θ),    a± = (θ − θ₀ ± 2T)/√(2T).
func distribution(l *LogSingular, t, s float64) float64 {
	T, theta := l.line.clock(t), math.Asinh(s)
	z := theta - l.line.source.theta
	right := math.Erfc(-(z+2*T)/math.Sqrt(4*T)) / (1 + math.Exp(-2*theta))
	left := math.Erfc(-(z-2*T)/math.Sqrt(4*T)) / (1 + math.Exp(2*theta))
	return (right + left) / 2
}

// moments returns the mean of x, c + 2 e^{−2τ} w b (m₂/d)/(1+B), and that of |x−c|²,
// w² ( m₂ + e^{−(4−2dε)τ} (|b|²/d) Var|y|²/(1+B) ), which is finite for ε < 2/(d+2) or b = 0.
func moments(p *Polynomial, t float64) (mean []float64, square float64) {
	d, tau, w := float64(p.Dim()), p.f.Scale*t, p.f.width()
	variance := p.eps / (2 - d*p.eps)
	for i, b := range p.b {
		at := 2 * math.Exp(-2*tau) * w * variance / (1 + p.bigB) * b
		if p.f.Center != nil {
			at += p.f.Center[i]
		}
		mean = append(mean, at)
	}
	square = d * variance
	if p.b2 > 0 {
		a := 2 - d*p.eps
		varSquare := 4 * d * p.eps * p.eps / (a * a * (2 - (d+2)*p.eps))
		square += math.Exp(-p.traceRate*tau) * p.b2 / d * varSquare / (1 + p.bigB)
	}
	return mean, p.f.Floor / p.f.Scale * square
}

// massAndNorm returns ∫ρ and ‖u−⟨u⟩‖ by quadrature.
func (p problem) massAndNorm(time float64) (mass, norm float64) {
	add := func(logRho, logPi, weight float64) {
		mass += weight * math.Exp(logRho)
		root := math.Exp(logRho-logPi/2) - math.Exp(logPi/2-p.logZ) // (u − 1/Z) √π
		if !math.IsNaN(root) {
			norm += weight * root * root
		}
	}
	if radial, ok := p.solution.(Radial); ok {
		d := radial.Dim()
		lineOverS(func(s, weight float64) {
			if math.Abs(s) > 200 && p.name != "log-singular" {
				return // below rounding
			}
			logPi := mesh.LogSphere(d) + p.logPiS(s, d)
			add(logDensityPerS(radial, time, s), logPi, weight)
		})
		return mass, math.Sqrt(norm)
	}
	integrate(p.center, func(x []float64, weight float64) {
		f, _ := p.f(x)
		add(p.solution.LogDensity(time, x), p.logPi(f), weight)
	})
	return mass, math.Sqrt(norm)
}

// logPiS returns log( π r^d ) at s = log r for a landscape about the origin.
func (p problem) logPiS(s float64, d int) float64 {
	if p.name == "log-singular" {
		return -float64(d) * math.Log(math.Hypot(1, s))
	}
	x := make([]float64, d)
	x[0] = math.Exp(s)
	f, _ := p.f(x)
	return p.logPi(f) + float64(d)*s
}

func TestMassAndDeviationNormByQuadrature(t *testing.T) {
	// the quadratures converge exponentially; what is left is rounding of some 1e3 terms
	const tolerance = 1e-13
	for _, p := range problems(t) {
		for _, time := range []float64{0, 0.7} {
			mass, norm := p.massAndNorm(time)
			want := p.solution.DeviationNorm(time)
			t.Logf("%s ε=%.3g t=%g: mass−1 %.1e, norm %.6g, relative error %.1e", p.name, p.eps,
				time, mass-1, want, norm/want-1)
			if !(math.Abs(mass-1) <= tolerance) {
				t.Errorf("%s t=%g: mass − 1 = %.1e", p.name, time, mass-1)
			}
			// the deviation is a difference at each node
			if !(math.Abs(norm/want-1) <= 10*tolerance) {
				t.Errorf("%s t=%g: ‖u−⟨u⟩‖ = %.15g by quadrature, %.15g", p.name, time, norm, want)
			}
		}
	}
}

// TestChapmanKolmogorov checks ∫ ρ(x,t|y) ρ(y,s|x₀) dy = ρ(x,s+t|x₀).
func TestChapmanKolmogorov(t *testing.T) {
	for n := 1; n <= MaxBoundStates; n++ {
		eps := 2 / float64(2*n-1)
		first := must[*Student1D](t)(NewStudent1D(eps, unit, -0.8, 0.3))
		sum := 0.0
		integrate([]float64{0}, func(y []float64, weight float64) {
			next := must[*Student1D](t)(NewStudent1D(eps, unit, y[0], 0.5))
			sum += weight * math.Exp(first.LogDensity(0, y)+next.LogDensity(0, []float64{1.7}))
		})
		want := math.Exp(first.LogDensity(0.5, []float64{1.7}))
		if !(math.Abs(sum/want-1) <= 1e-12) { // exponentially convergent quadrature
			t.Errorf("N = %d: %.16g, want %.16g", n, sum, want)
		}
	}
}

// TestStationaryLimit checks that after a long time the density is π/Z, and the kernel in R³ that
// near r = 0 it is flat.
func TestStationaryLimit(t *testing.T) {
	for n := 1; n <= MaxBoundStates; n++ {
		eps := 2 / float64(2*n-1)
		late := 1e4 / eps
		line := must[*Student1D](t)(NewStudent1D(eps, unit, 3, late))
		for _, x := range []float64{0, 1, -30, 1e8, 1e200} {
			want := -(2+2/eps)*math.Log(math.Hypot(1, x)) - unit.LogZ(eps, 1)
			// ulps of log ρ
			if got := line.LogDensity(0, []float64{x}); !(math.Abs(got-want) <=
				1e-15*(10+math.Abs(want))) {
				t.Errorf("N = %d, x = %g: log ρ = %.16g, want %.16g", n, x, got, want)
			}
		}
		if n == 1 {
			continue
		}
		ball := must[*StudentRadial3D](t)(NewStudentRadial3D(eps, unit, 3, late))
		for _, s := range []float64{-1e4, -3, 0, 5, 400} {
			logF := math.Max(0, 2*s) + math.Log1p(math.Exp(-2*math.Abs(s)))
			want := -(1+1/eps)*logF - unit.LogZ(eps, 3)
			// ulps of log ρ
			if got := ball.LogDensityS(0, s); !(math.Abs(got-want) <= 1e-15*(20+math.Abs(want))) {
				t.Errorf("N = %d, s = %g: log ρ = %.16g, want %.16g", n, s, got, want)
			}
		}
	}
}

func TestExtremeArguments(t *testing.T) {
	p := must[*Polynomial](t)(NewPolynomial(0.25, unit, []float64{1, 0}))
	x := []float64{1e250, -1e250}
	// coefficient of |x|², b·x and b⊥
	want := math.Log(math.Exp(-4*0.5)+(math.Exp(-3*0.5)-math.Exp(-4*0.5))) + 2*math.Log(1e250)
	if got := p.LogRatio(0.5, x) + math.Log1p(0.25/1.5); math.Abs(got-want) > 1e-12 {
		t.Errorf("polynomial at 1e250: %.16g, want %.16g", got, want)
	}
	l := must[*LogSingular](t)(NewLogSingular(2, 3, 2, 0.1))
	if got := logDensityPerS(l, 10, -1e10); math.IsNaN(got) || math.IsInf(got, 0) {
		t.Errorf("log-singular at r = e^{−1e10}: %g", got)
	}
	if p := distribution(l, 10, -1e10); !(p > 0) {
		t.Errorf("log-singular distribution at r = e^{−1e10}: %g", p)
	}
}

func TestDistributionIsTheIntegralOfTheDensity(t *testing.T) {
	l := must[*LogSingular](t)(NewLogSingular(2, 3, 2, 0.1))
	for _, s := range []float64{-20, -1, 0.3, 2} {
		h := 0.02
		slope, _ := differences(func(d float64) float64 {
			return math.Log(distribution(l, 0.4, s+d))
		}, h)
		p := distribution(l, 0.4, s)
		want := math.Exp(logDensityPerS(l, 0.4, s))
		if !(math.Abs(slope*p/want-1) <= 1e-9) { // h⁸
			t.Errorf("s = %g: dF/ds = %.12g, density %.12g", s, slope*p, want)
		}
	}
}

func TestGBMMoments(t *testing.T) {
	g := must[*GBM](t)(NewGBM(0.7, Quadratic{Scale: 1.3}, 3, 1.5, 0.2))
	for _, q := range []float64{0, 1, 2.5} {
		sum := 0.0
		lineOverS(func(s, weight float64) {
			if math.Abs(s) < 200 {
				sum += weight * math.Exp(g.logNormal(0.4, s)+q*s)
			}
		})
		// exponentially convergent quadrature
		tau := g.tau(0.4)
		// exp( q mean + q² variance/2 ) of log r
		want := math.Exp(q*(g.sourceS+g.drift()*tau) + q*q*g.eps*tau)
		if !(math.Abs(sum/want-1) <= 1e-12) {
			t.Errorf("q = %g: %.15g, want %.15g", q, sum, want)
		}
	}
}

func TestPolynomialMomentsByQuadrature(t *testing.T) {
	f := Quadratic{Floor: 1.5, Scale: 0.5, Center: []float64{0, 0}}
	p := must[*Polynomial](t)(NewPolynomial(0.2, f, []float64{0.5, -0.7}))
	mean, square := make([]float64, 2), 0.0
	integrate(f.Center, func(x []float64, weight float64) {
		rho := weight * math.Exp(p.LogDensity(0.3, x))
		mean[0] += rho * x[0]
		mean[1] += rho * x[1]
		square += rho * (x[0]*x[0] + x[1]*x[1])
	})
	want, wantSquare := moments(p, 0.3)
	// quadrature
	if math.Abs(mean[0]-want[0]) > 1e-12 || math.Abs(mean[1]-want[1]) > 1e-12 ||
		math.Abs(square-wantSquare) > 1e-12 {
		t.Errorf("moments %v, %g by quadrature; %v, %g", mean, square, want, wantSquare)
	}
}

func TestInfiniteNorm(t *testing.T) {
	p := must[*Polynomial](t)(NewPolynomial(0.7, unit, []float64{1})) // 2/3 < ε < 2
	if n := p.DeviationNorm(1); !math.IsInf(n, 1) {
		t.Errorf("ε = 0.7: ‖u−⟨u⟩‖ = %g; |x|² is not in L²(π)", n)
	}
}

func TestLogDensityDoesNotAllocate(t *testing.T) {
	for _, p := range problems(t) {
		x := make([]float64, p.solution.Dim())
		x[0] = 0.7
		if n := testing.AllocsPerRun(10, func() { p.solution.LogDensity(0.3, x) }); n != 0 {
			t.Errorf("%s: %g allocations a point", p.name, n)
		}
	}
}

func TestConstructorErrors(t *testing.T) {
	bare := Quadratic{Scale: 1}
	for _, c := range []struct {
		err  error
		want string
	}{
		{second(NewStudent1D(0.7, unit, 0, 0.1)), "ε = 2/(2N−1) with N = 1, …, 8, the nearest " +
			"is ε = 2/3 = 0.6666666666666666"},
		{second(NewStudent1D(7, unit, 0, 0.1)), "the nearest is ε = 2"},
		{second(NewStudent1D(2, unit, 0, 0)), "age = 0"},
		{second(NewStudent1D(2, unit, math.NaN(), 1)), "source = NaN"},
		{second(NewStudent1D(2, bare, 0, 1)), "positive floor"},
		{second(NewStudentRadial3D(2, unit, 1, 0.1)), "nearest is ε = 2/3"},
		{second(NewStudentRadial3D(0.4, unit, 0, 0.1)), "radius"},
		{second(NewPolynomial(1, unit, []float64{1, 0})), "0 < ε < 2/2"},
		{second(NewPolynomial(0.1, unit, nil)), "b is empty"},
		{second(NewPolynomial(0.1, Quadratic{1, 1, []float64{1}}, []float64{1, 0})),
			"center has 1 components"},
		{second(NewGBM(1, unit, 2, 1, 1)), "floor 0"},
		{second(NewGBM(1, bare, 0, 1, 1)), "dimension 0"},
		{second(NewLogSingular(2, 4, 1, 1)), "m = 3, 5, …, 17"},
		{second(NewLogSingular(1, 5, 1, 1)), "ε = 2/(m−2) = 2/3"},
		{second(NewOrnsteinUhlenbeck(1, unit, nil, 1)), "source is empty"},
		{second(NewOrnsteinUhlenbeck(-1, unit, []float64{1}, 1)), "ε = -1"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("error %v; want it to say %q", c.err, c.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }
