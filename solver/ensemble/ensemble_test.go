package ensemble

import (
	"context"
	"fmt"
	"math"
	"os"
	"reflect"
	"testing"
)

// square is f = x², of geometric Brownian motion.
var square = polynomial{{2}: 1}

// squared is the same, without a loop over its terms.
func squared(f []float64, gradient [][]float64, laplacian []float64, x [][]float64) {
	for i, v := range x[0] {
		f[i] = v * v
		if gradient != nil {
			gradient[0][i] = 2 * v
		}
		if laplacian != nil {
			laplacian[i] = 2
		}
	}
}

// at returns particles at one point.
func at(particles int, seed uint64, point ...float64) *Ensemble {
	return New(particles, len(point), seed, 1, func(theta []float64, _ func() float64) {
		copy(theta, point)
	})
}

func advance(t *testing.T, e *Ensemble, m Method, steps int64, threads int) {
	t.Helper()
	if err := e.Advance(t.Context(), m, steps, threads, nil); err != nil {
		t.Fatal(err)
	}
}

// tried are so many mutants, all in the long form.
func tried(short int) []Mutant {
	if os.Getenv("FPSGD_LONG") == "1" {
		return Mutants()
	}
	return Mutants()[:short]
}

// judge claims that a test of particles finds no fault with those of the right equation, and one at
// least with those of each mutant.
func judge(t *testing.T, name string, mutants []Mutant,
	faults func(of func(Method) Method) []string) {

	t.Helper()
	for _, fault := range faults(func(m Method) Method { return m }) {
		t.Errorf("%s: %s", name, fault)
	}
	for _, m := range mutants {
		found := faults(m.Of)
		if len(found) == 0 {
			t.Errorf("%s: finds no fault with the mutant %q", name, m.Name)
			continue
		}
		t.Logf("%s, %s: %s", name, m.Name, found[0])
	}
}

// Positions have the same bits for 1, 2 and 5 threads, and for steps made in several calls; also
// where single particles divide their steps.
func TestEnsemblesDoNotDependOnThreads(t *testing.T) {
	f := polynomial{{}: 1, {4}: 0.25, {2}: -0.5, {0, 2}: 1, {1, 1}: 0.3}
	for name, m := range map[string]Method{
		"euler": {Scheme: EulerMaruyama}, "weak2": {Scheme: Weak2},
		"controlled": {Scheme: Weak2, Controlled: true, Step: 0.2},
		"signs":      {Law: Rademacher}, "sphere": {Law: Sphere},
	} {
		m.Field, m.Dimension, m.Epsilon = f.field(2), 2, 0.3
		if m.Step == 0 {
			m.Step = 0.01
		}
		first := at(3*width+17, 9, 1, 0.5)
		advance(t, first, m, 23, 1)
		for _, threads := range []int{2, 5} {
			e := at(3*width+17, 9, 1, 0.5)
			for _, steps := range []int64{1, 6, 16} {
				advance(t, e, m, steps, threads)
			}
			if !reflect.DeepEqual(e, first) {
				t.Errorf("%s: %d threads, three calls: other results", name, threads)
			}
		}
		if (first.Divided > 0) != m.Controlled {
			t.Errorf("%s: %d steps were divided", name, first.Divided)
		}
		if other := at(3*width+17, 10, 1, 0.5); name == "euler" {
			if advance(t, other, m, 23, 1); reflect.DeepEqual(other.X, first.X) {
				t.Error("another seed has the same particles")
			}
		}
	}
}

// Y has mean 0 and covariance I, and |Y|² = m where it is on a sphere or of signs; of consecutive
// steps it is uncorrelated. E|Y|²/m is an average over all components, and its 6 deviations are
// less than 4 %: the variance of ε + 5 % is told from 1.
func TestLawsOfTheNoise(t *testing.T) {
	for law := Gaussian; law <= Rademacher; law++ {
		for d, steps := range map[int]int{1: 400, 2: 400, 3: 400, 5: 400, 300: 20} {
			s := newSource(3, d, law, forIncrements, width)
			var mean, square, cross, next float64
			last := make([]float64, width)
			count := float64(steps * width)
			for step := range int64(steps) {
				y := s.increments(step, 0, 0, width)
				for i := range width {
					a, b := y[0][i], y[d-1][i]
					mean, cross = mean+a/count, cross+a*b/count
					next += last[i] * a / count
					last[i] = a
					norm := 0.0
					for k := range y {
						norm += y[k][i] * y[k][i]
					}
					square += norm / float64(d) / count
					if law != Gaussian && math.Abs(norm/float64(d)-1) > 1e-13 {
						t.Fatalf("%v in %d dimensions: |Y|² = %g", law, d, norm)
					}
				}
			}
			// a sum of terms of variance at most 3, of which 6 deviations are not seen by chance
			allowed := 6 * math.Sqrt(3/count)
			spread := 6 * math.Sqrt(2/count/float64(d)) // of a² of normal numbers, or less
			if spread > 0.04 {
				t.Fatalf("%d steps do not tell the variance", steps)
			}
			want := 0.0
			if d == 1 {
				want = 1
			}
			if math.Abs(mean) > allowed || math.Abs(square-1) > spread ||
				math.Abs(cross-want) > allowed || math.Abs(next) > allowed {
				t.Errorf("%v in %d dimensions: mean %g, variance %g, correlation %g, with the "+
					"next step %g", law, d, mean, square, cross, next)
			}
		}
	}
}

// Of f = x² the paths are known, x(t) = x(0) e^{−(2+ε)t + √(2ε)B}: against them, on the same
// Brownian path, Euler and Maruyama have the order ½ and the other scheme has the order 1.
func TestStrongOrders(t *testing.T) {
	const paths, finest, end, epsilon = 2000, 4096, 1.0, 0.3
	noise := newSource(11, 1, Gaussian, forIncrements, paths)
	increments := make([][]float64, finest)
	path := make([]float64, paths)
	for n := range increments {
		increments[n] = append([]float64(nil), noise.increments(int64(n), 0, 0, paths)[0]...)
		for i, y := range increments[n] {
			path[i] += y * math.Sqrt(end/finest)
		}
	}
	for _, c := range []struct {
		scheme Scheme
		order  float64
	}{{EulerMaruyama, 0.5}, {Weak2, 1}} {
		distance := func(of func(Method) Method, steps int) (sum float64) {
			s := newStepper(of(Method{Field: squared, Dimension: 1, Epsilon: epsilon,
				Scheme: c.scheme}), 0, paths)
			s.x[0] = make([]float64, paths)
			for i := range s.x[0] {
				s.x[0][i] = 1
			}
			group := finest / steps
			y := make([]float64, paths)
			s.noise = given([][]float64{y})
			for n := range steps {
				clear(y)
				for _, fine := range increments[n*group : (n+1)*group] {
					for i, v := range fine {
						y[i] += v / math.Sqrt(float64(group))
					}
				}
				if err := s.look(paths); err != nil {
					t.Fatal(err)
				}
				s.whole(0, 0, 0, paths, end/float64(steps))
			}
			for i, b := range path {
				exact := math.Exp(-(2+epsilon)*end + math.Sqrt(2*epsilon)*b)
				sum += math.Abs(s.x[0][i]-exact) / paths
			}
			return sum
		}
		name := fmt.Sprint("scheme ", c.scheme)
		judge(t, name, tried(1), func(of func(Method) Method) (faults []string) {
			seen := math.Log2(distance(of, finest/8)/distance(of, finest)) / 3
			if math.Abs(seen-c.order) > 0.1 { // 2000 paths, and the next order at h = 1/512
				faults = append(faults, fmt.Sprintf("strong order %.3f, want %g", seen, c.order))
			}
			return faults
		})
	}
}

// On f = x² every step beyond 0 is counted, and none else; on f = 1 + x², which has no zero, none.
func TestCrossingsAreCounted(t *testing.T) {
	m := Method{Field: square.field(1), Dimension: 1, Epsilon: 0.8, Step: 0.3, Zeros: true}
	e := at(1000, 4, 1)
	crossed := int64(0)
	for range 10 {
		before := append([]float64(nil), e.X[0]...)
		advance(t, e, m, 1, 1)
		for i, x := range e.X[0] {
			if x*before[i] < 0 {
				crossed++
			}
		}
	}
	if crossed == 0 || e.Crossed != crossed {
		t.Errorf("%d steps are counted, %d ended beyond 0", e.Crossed, crossed)
	}
	m.Field = polynomial{{}: 1, {2}: 1}.field(1)
	e = at(1000, 4, 1)
	if advance(t, e, m, 10, 1); e.Crossed != 0 {
		t.Errorf("%d steps passed a zero of 1 + x²", e.Crossed)
	}
	if !zeroBetween(0.6, 0.4, -1, 1) || zeroBetween(1, 1, -1, 1) { // |x − 0.6|, ¾ + (x − ½)²
		t.Error("a kink at 0 is a zero, the minimum of a parabola above 0 is none")
	}
}

// From far out on a quartic loss whole steps explode; divided ones come down as the equation does.
// On f = x⁴ that is known: v = 1/x is a Bessel process, dv = (4 + 2ε)/v dt + √(2ε) dB, and so
//
//	E v² = 1/x(0)² + (8 + 6ε)t,
//
// of which, with ε = ½, ε + 5 % shifts the mean by 0.032 standard deviations: (4 + 3)²/0.032² =
// 48,000 particles tell it by 4 standard errors.
func TestDividedSteps(t *testing.T) {
	f := polynomial{{}: 1, {4}: 1}
	m := Method{Field: f.field(1), Dimension: 1, Epsilon: 0.01, Step: 0.1, Scheme: Weak2}
	e := at(100, 1, 30)
	if advance(t, e, m, 20, 1); !math.IsNaN(e.X[0][0]) && !math.IsInf(e.X[0][0], 0) &&
		math.Abs(e.X[0][0]) < 1e100 {
		t.Error("whole steps do not explode")
	}
	m = Method{Field: polynomial{{4}: 1}.field(1), Dimension: 1, Epsilon: 0.5, Step: 0.01,
		Scheme: Weak2, Controlled: true}
	judge(t, "divided", tried(1), func(of func(Method) Method) (faults []string) {
		const particles, steps = 48_000, 10
		e := at(particles, 1, 10)
		advance(t, e, of(m), steps, 2)
		mean, fourth := 0.0, 0.0
		for _, x := range e.X[0] {
			v := 1 / (x * x)
			mean, fourth = mean+v/particles, fourth+v*v/particles
		}
		want := 1.0/100 + (8+6*m.Epsilon)*m.Step*steps
		off := (mean - want) / math.Sqrt((fourth-mean*mean)/particles)
		if math.Abs(off) > 4 || e.Divided < particles {
			faults = append(faults, fmt.Sprintf("E 1/x² is %.4f, want %.4f: off by %.1f standard "+
				"errors; %d steps were divided", mean, want, off, e.Divided))
		}
		return faults
	})
}

// A negative f stops the particles, and so does the context.
func TestAdvanceStops(t *testing.T) {
	m := Method{Field: polynomial{{1}: 1}.field(1), Dimension: 1, Epsilon: 1, Step: 0.1}
	if err := at(10, 1, -2).Advance(t.Context(), m, 1, 1, nil); err == nil ||
		err.Error() != "f is negative: f = -2 at [-2]" {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := at(10, 1, 2).Advance(ctx, m, 1, 1, nil); err != context.Canceled {
		t.Errorf("error %v", err)
	}
}

// Coupled particles of the shortest steps go the ways of others; those of steps twice as long the
// ways that sums of two increments lead to: on a constant f, where steps have no errors, all end at
// the same points.
func TestCoupledPaths(t *testing.T) {
	f := polynomial{{}: 1, {2}: 0.5, {0, 2}: 1}
	m := Method{Field: f.field(2), Dimension: 2, Epsilon: 0.3, Step: 0.01, Scheme: Weak2}
	e := at(width+17, 9, 1, 0.5)
	x, err := e.Coupled(t.Context(), m, 2, 3, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	alone := at(width+17, 9, 1, 0.5)
	if advance(t, alone, m, 12, 1); !reflect.DeepEqual(x[0], alone.X) {
		t.Error("the shortest steps lead elsewhere")
	}
	m.Field = polynomial{{}: 1}.field(2)
	if x, err = e.Coupled(t.Context(), m, 2, 3, 2, nil); err != nil {
		t.Fatal(err)
	}
	for l := 1; l <= 2; l++ {
		for i, v := range x[l][1] {
			if math.Abs(v-x[0][1][i]) > 1e-13 {
				t.Fatalf("level %d: particle %d at %g, want %g", l, i, v, x[0][1][i])
			}
		}
	}
}
