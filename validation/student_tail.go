package validation

import (
	"fmt"
	"math"
	"slices"

	"fpsgd"
	"fpsgd/internal/plots"
	"fpsgd/scenarios/exact"
	"fpsgd/solver/ensemble"

	"gonum.org/v1/gonum/floats"
)

var studentTailClaim = Claim{
	Name: "student-tail",
	Statement: "Where f grows like |θ|² the density falls like |θ|^{−2−2/ε} in any dimension m, " +
		"and |θ| has the tail index 2 + 2/ε − m; Hill's estimate of it is biased by the finite " +
		"threshold and time, and a finite step η has an index κ of its own, E|A|^κ = 1.",
	Source: "theory, section 2.1: multivariate Student densities; H. Kesten (1973)",
	Run:    inTurn(tailExponents, hillOfPaths, hillInTime, tailOfSteps),
}

// tailExponents records −d log ρ/d log r of the computed density, which has come to π up to there
// by then: the slowest radial mode is r², of the rate 4 − 2mε, or the continuum's.
func tailExponents(e *Experiment) {
	const r, end = 100.0, 20.0
	for _, c := range []struct {
		m       int
		epsilon float64
	}{{1, 1}, {2, 0.5}, {3, 0.4}, {10, 0.1}} {
		p := formula("1 + r^2", fpsgd.ML(c.epsilon), radial(c.m, graded(100, 0, 1e6)),
			fpsgd.Gaussian{Center: []float64{0}, Width: 0.5})
		var slopes []float64
		for _, eq := range e.nested(p, 3) {
			e.through(eq, []float64{0, end}, 1e-9, func(w []float64) {
				slopes = append(slopes, tailSlope(eq, w, r))
			})
		}
		found := []float64{slopes[1], slopes[3], slopes[5]} // at the end
		e.compare(fmt.Sprintf("m = %d, ε = %g: exponent of the density", c.m, c.epsilon),
			extrapolant(found), (2+2/c.epsilon)*r*r/(1+r*r), "(2 + 2/ε) r²/(1+r²) of π",
			fmt.Sprintf("−d log ρ/d log r at r = %g, t = %g, from a Gaussian; %g as r → ∞",
				r, end, 2+2/c.epsilon))
	}
}

// tailSlope is −d log ρ/d log r at r, by the cells that are next to it on both sides and those
// beyond these, interpolated linearly in log r.
func tailSlope(eq *fpsgd.Equation, w []float64, r float64) float64 {
	axis, masses, volumes := &eq.Grid.Axes[0], eq.Masses(w), eq.LogVolumes()
	first := 0
	for axis.Faces[first+2] < r {
		first++
	}
	logR := func(i int) float64 { return math.Log(axis.Midpoint(i)) }
	slope := func(i int) (at, value float64) {
		logRho := func(i int) float64 { return math.Log(masses[i]) - volumes[i] }
		return (logR(i) + logR(i+1)) / 2, -(logRho(i+1) - logRho(i)) / (logR(i+1) - logR(i))
	}
	left, before := slope(first)
	right, after := slope(first + 1)
	return before + (after-before)*(math.Log(r)-left)/(right-left)
}

// hill is Hill's statistic of the k largest of some sizes, the mean of log(R/threshold) beyond the
// threshold, the next largest, with the standard error s/√k: 1/index for a pure power.
func hill(sizes []float64, k int) (excess integral, threshold float64) {
	sorted := slices.Clone(sizes)
	slices.Sort(sorted)
	top := sorted[len(sorted)-k:]
	threshold = sorted[len(sorted)-k-1]
	logs := make([]float64, k)
	for i, v := range top {
		logs[i] = math.Log(v / threshold)
	}
	return sampleMean(logs), threshold
}

// studentExcess is what Hill's statistic tends to beyond a threshold a for π = f^{−p} in R^m,
// E[log(R/a) | R > a]: with r = a e^s
//
//	∫ s e^{ms} (1 + a²e^{2s})^{−p} ds / ∫ e^{ms} (1 + a²e^{2s})^{−p} ds.
func studentExcess(m int, epsilon, a float64) float64 {
	p := 1 + 1/epsilon
	end := 40 / (2*p - float64(m)) // e^{−40} of the mass is beyond
	integrand := func(s float64) float64 {
		return math.Exp(float64(m)*s - p*math.Log((1+a*a*math.Exp(2*s))/(1+a*a)))
	}
	first := lineIntegral(0, end, func(s float64) float64 { return s * integrand(s) })
	return first.over(lineIntegral(0, end, integrand)).value
}

// hillOfPaths records Hill's statistic of paths that have come to π, for two numbers of order
// statistics, against the mean excess beyond the same threshold; the index itself is its limit.
func hillOfPaths(e *Experiment) {
	for k, c := range []struct {
		m          int
		epsilon    float64
		shift      float64 // of the mean of the first
		end        int
		step       float64
		statistics []int // one in so many
	}{
		{1, 1, 0.011, 4, 0.05, []int{10, 100}},
		{2, 1, 0.016, 6, 0.05, []int{10, 50}},
		{3, 0.5, 0.0195, 6, 0.05, []int{10, 50}},
	} {
		n := seeing(c.shift)
		if !e.Full {
			n /= 10
		}
		s := e.swarmOf("1 + r^2", c.m, n, uint64(110+k), ensemble.Method{
			Step: c.step, Epsilon: c.epsilon, Scheme: ensemble.Weak2, Controlled: true,
		}, gaussian(1, make([]float64, c.m)...))
		s.advance(e, int(math.Round(float64(c.end)/c.step)))
		sizes := s.each(func(x []float64) float64 { return floats.Norm(x, 2) })
		index := 2 + 2/c.epsilon - float64(c.m)
		for _, one := range c.statistics {
			found, a := hill(sizes, n/one)
			want := studentExcess(c.m, c.epsilon, a)
			// the threshold itself is good to a/(index √k), which moves the excess by less
			e.compare(fmt.Sprintf("paths, m = %d, ε = %g: Hill's mean excess, 1 in %d", c.m,
				c.epsilon, one), found, want, "E[log(R/a) | R > a] of f^{−1−1/ε}",
				byParticles(n), visible(n, c.shift), fmt.Sprintf("Hill's index is %.3g, at this "+
					"threshold a = %.3g %.3g is true, and %g as a → ∞", 1/found.value, a, 1/want,
					index))
		}
	}
}

// hillInTime records the bias in time, by the density: from a point the tail is not there at once.
// For ε = 2 the transition density is elementary, and the share beyond a at the time t and the mean
// excess there are compared for particles and the density.
func hillInTime(e *Experiment) {
	const epsilon, threshold = 2.0, 3.0
	n := e.many(seeing(0.0141)) // of the share at the last time
	s := e.swarmOf("1 + x^2", 1, n, 120, ensemble.Method{
		Step: 0.02, Epsilon: epsilon, Scheme: ensemble.Weak2, Controlled: true,
	}, at(1.5))
	before := 0.0
	for _, t := range []float64{0.1, 0.4, 1.6} {
		s.advance(e, int(math.Round((t-before)/0.02)))
		before = t
		var logs []float64
		for _, x := range s.X[0] {
			if size := math.Abs(x); size > threshold {
				logs = append(logs, math.Log(size/threshold))
			}
		}
		beyond, want := kernelExcess(epsilon, 1.5, t, threshold)
		found := sampleMean(logs)
		e.compare(fmt.Sprintf("paths, m = 1, ε = 2: share beyond 3, t = %g", t),
			share(s.X[0], func(x float64) bool { return math.Abs(x) > threshold }), beyond,
			"of K₁, by quadrature", byParticles(n))
		e.compare(fmt.Sprintf("paths, m = 1, ε = 2: mean excess beyond 3, t = %g", t), found, want,
			"of K₁, by quadrature", fmt.Sprintf("the index that it says is %.3g, of π %.3g and "+
				"in its far tail 2", 1/found.value, 1/studentExcess(1, epsilon, threshold)),
			byParticles(len(logs))+", of those beyond")
	}
}

// kernelExcess is P(|x| > a) and E[log(|x|/a) | |x| > a] of the transition density from a point.
func kernelExcess(epsilon, source, t, a float64) (beyond, excess float64) {
	kernel := must(exact.NewStudent1D(epsilon, exact.Quadratic{Floor: 1, Scale: 1}, source, t))
	density := func(s float64) float64 {
		r := a * math.Exp(s)
		return r * (math.Exp(kernel.LogDensity(0, []float64{r})) +
			math.Exp(kernel.LogDensity(0, []float64{-r})))
	}
	end := 40 / (2 / epsilon) // ρ falls like π or faster
	mass := lineIntegral(0, end, density)
	first := lineIntegral(0, end, func(s float64) float64 { return s * density(s) })
	return mass.value, first.over(mass).value
}

// stepTail is a step of the law of SGD on f = 1 + x² with Gaussian noise on nodes x_j = sinh τ_j:
// the density of a step is smooth, and the trapezoidal rule in τ converges geometrically.
//
//	ρ(x_j) ← Σ_i h cosh τ_i ρ(x_i) φ( x_j; (1−2η)x_i, 2εη(1+x_i²) )
type stepTail struct {
	x, weight, density []float64
	kernel             []float64
}

func newStepTail(m ensemble.Method, n int, reach float64) *stepTail {
	t := &stepTail{}
	top := math.Asinh(reach)
	h := 2 * top / float64(n-1)
	for i := range n {
		x := math.Sinh(-top + h*float64(i))
		t.x, t.weight = append(t.x, x), append(t.weight, h*math.Hypot(1, x))
		t.density = append(t.density, math.Pow(1+x*x, -1-1/m.Epsilon))
	}
	f, slope := make([]float64, n), make([]float64, n)
	m.Field(f, [][]float64{slope}, nil, [][]float64{t.x})
	t.kernel = make([]float64, n*n)
	for i, x := range t.x {
		mean, width := x-m.Step*slope[i], math.Sqrt(2*m.Epsilon*m.Step*f[i])
		for j, y := range t.x {
			d := (y - mean) / width
			t.kernel[j*n+i] = t.weight[i] * math.Exp(-d*d/2) / (math.Sqrt(2*math.Pi) * width)
		}
	}
	return t
}

// settle makes steps, keeping the mass 1.
func (t *stepTail) settle(steps int) {
	n := len(t.x)
	next := make([]float64, n)
	for range steps {
		for j := range next {
			next[j] = floats.Dot(t.kernel[j*n:(j+1)*n], t.density)
		}
		floats.Scale(1/floats.Dot(next, t.weight), next)
		t.density, next = next, t.density
	}
}

// slope is −d log ρ/d log x about x, on the nodes next to it.
func (t *stepTail) slope(x float64) float64 {
	j := 1
	for t.x[j+1] < x {
		j++
	}
	return -math.Log(t.density[j+1]/t.density[j]) / math.Log(t.x[j+1]/t.x[j])
}

// kesten is the κ > 0 with E|1 − 2η + √(2εη) Y|^κ = 1, the tail index of SGD on f = 1 + x², of
// which a step multiplies a large x by that (Kesten's theorem). As η → 0 it is 1 + 2/ε.
func kesten(epsilon, eta float64) float64 {
	b, c := 1-2*eta, math.Sqrt(2*epsilon*eta)
	moment := func(kappa float64) float64 {
		const panels, points, end = 32, 16, 12.0
		sum, origin := 0.0, b/c
		for side := -1.0; side <= 1; side += 2 {
			for k := range panels {
				lo := (end + origin) * float64(k) / panels
				sum += gauss(points, lo, lo+(end+origin)/panels, func(v float64) float64 {
					y := side*v - origin
					return math.Pow(c*v, kappa) * math.Exp(-y*y/2) / math.Sqrt(2*math.Pi)
				})
			}
		}
		return sum
	}
	lo, hi := 0.1, 4*(1+2/epsilon)
	for range 60 {
		if mid := (lo + hi) / 2; moment(mid) < 1 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// tailOfSteps records the bias in η: the exponent of the stationary law of SGD.
func tailOfSteps(e *Experiment) {
	const epsilon = 1.0
	figure := plots.LinesData{Heading: "The tail index of SGD against its step",
		Title: "f = 1 + x², ε = 1", X: "η", Y: "tail index"}
	line := measured("law on nodes", nil, nil)
	for _, eta := range []float64{0.2, 0.1, 0.05} {
		m := e.on(inSpace("1 + x^2", 1), sgd(eta, 2*epsilon/eta, ensemble.Gaussian))
		var slopes []float64
		for _, n := range []int{160, 320} {
			t := newStepTail(m, n, 1e7)
			t.settle(int(20 / eta))
			slopes = append(slopes, t.slope(1000))
		}
		found, kappa := slopes[1]-1, kesten(epsilon, eta)
		e.Compare(fmt.Sprintf("SGD, m = 1, ε = 1, η = %g: tail index", eta), found,
			math.Abs(slopes[1]-slopes[0])+kappa*1e-6, kappa, "κ with E|1 − 2η + √(2εη)Y|^κ = 1",
			fmt.Sprintf("−1 − d log ρ/d log x of its stationary law at x = 1000, by a kernel; "+
				"1 + 2/ε = %g as η → 0", 1+2/epsilon))
		extend(&line, eta, found)
	}
	x, y := sampled(40, 0.01, 0.3, func(eta float64) float64 { return kesten(epsilon, eta) })
	figure.Lines = []plots.Line{line, reference("E|A|^κ = 1", x, y)}
	e.draw("student-tail", figure)
}
