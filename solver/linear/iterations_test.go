package linear

import (
	"fmt"
	"math"
	"os"
	"testing"

	"fpsgd/solver/linear/matrix"
)

// long skips a test that takes minutes, unless it is asked for.
func long(t *testing.T) {
	t.Helper()
	if os.Getenv("FPSGD_LONG") == "" {
		t.Skip("set FPSGD_LONG=1 for the long tests")
	}
}

// cylinderPair is f of two log-singular minima at ±1 on the axis, in cylindrical coordinates r, z
// on a ball of the given radius: f^{−3/2} = ½ Σ (s² (1 + log² s))^{−3/2}, s the distance from
// either.
func cylinderPair(epsilon, radius float64, nr, nz int) problem {
	return problem{
		axes: []axis{radialAxis(nr, radius), sinhAxis(nz, radius)},
		logf: func(q []float64) float64 {
			sum := 0.0
			for _, z := range []float64{-1, 1} {
				s2 := q[0]*q[0] + (q[1]-z)*(q[1]-z)
				l := math.Log(s2) / 2
				sum += math.Pow(s2*(1+l*l), -1.5) / 2
			}
			return -math.Log(sum) / 1.5
		},
		scale:   func(k int, q []float64) float64 { return 1 },
		epsilon: epsilon,
	}
}

// otherLandscapes are functions other than 1 + |θ|²: a quartic, two wells, many, and one that is
// bounded.
var otherLandscapes = map[string]func(q []float64) float64{
	"quartic": func(q []float64) float64 {
		s := 1.0
		for _, v := range q {
			s += v * v * v * v
		}
		return math.Log(s)
	},
	"two wells": func(q []float64) float64 {
		s := 1e-3 + math.Pow(q[0]*q[0]-1, 2)
		for _, v := range q[1:] {
			s += v * v
		}
		return math.Log(s)
	},
	"Rastrigin": func(q []float64) float64 {
		s := 1.0
		for _, v := range q {
			s += v*v + 10*(1-math.Cos(2*math.Pi*v))
		}
		return math.Log(s)
	},
	"1e-12 to 1e12": func(q []float64) float64 {
		s := 0.0
		for _, v := range q {
			s += v * v
		}
		return math.Log(math.Min(1e-12+s*s*s, 1e12))
	},
}

// checkIterations claims that a smooth and a random right-hand side are solved for in at most so
// many iterations, and returns the larger count.
func checkIterations(t *testing.T, name string, p problem, gamma float64, method string,
	most int) int {
	t.Helper()
	op := p.operator()
	s := mustNew(t, op, gamma, Options{Method: method})
	worst := 0
	for kind, b := range map[string][]float64{"smooth": gaussian(p), "random": random(op.Cells())} {
		stats, err := s.Solve(make([]float64, len(b)), b)
		if err != nil || stats.Iterations > most {
			t.Errorf("%s, ε = %g, γ = %g, %s b: %+v, %v; want at most %d iterations", name,
				p.epsilon, gamma, kind, stats, err, most)
		}
		worst = max(worst, stats.Iterations)
	}
	return worst
}

// TestIterationsOfPlaneMultigrid pins what makes it worth having: the count hardly depends on the
// grid, ε, R, γ or b.
func TestIterationsOfPlaneMultigrid(t *testing.T) {
	const most = 12
	epsilons := []float64{.1, 4}
	if os.Getenv("FPSGD_LONG") != "" {
		epsilons = []float64{.1, 1, 4}
	}
	for _, radius := range []float64{1e2, 1e6} {
		for _, epsilon := range epsilons {
			for _, gamma := range []float64{.05, 100} {
				checkIterations(t, fmt.Sprintf("32³, R = %g", radius),
					cartesian(epsilon, radius, 32, 32, 32), gamma, Planes, most)
			}
		}
	}
	for _, epsilon := range []float64{.25, 1.9} {
		checkIterations(t, "spherical 33·20·40", spherical(epsilon, 1e4, 33, 20, 40), 1, Planes,
			most)
		checkIterations(t, "48·33·65", cartesian(epsilon, 1e4, 48, 33, 65), 1, Planes, most)
	}
	for name, f := range otherLandscapes {
		p := cartesian(1, 1e2, 33, 34, 35)
		p.logf = f
		checkIterations(t, name, p, 1, Planes, most+2) // solvers.md: 4–14 for other f
	}
}

// TestIterationsHardlyGrow is the same on grids up to 1024² and 128³: from the smallest to the
// largest the count grows by at most 3.
func TestIterationsHardlyGrow(t *testing.T) {
	long(t)
	for _, c := range []struct {
		name    string
		sizes   []int
		most    int
		method  string
		problem func(epsilon float64, n int) problem
	}{
		{"plane, R = 1e2", []int{32, 256, 1024}, 10, Multigrid,
			func(e float64, n int) problem { return cartesian(e, 1e2, n, n) }},
		{"plane, R = 1e4", []int{32, 256, 1024}, 10, Multigrid,
			func(e float64, n int) problem { return cartesian(e, 1e4, n, n) }},
		{"plane, R = 1e6", []int{32, 256, 1024}, 10, Multigrid,
			func(e float64, n int) problem { return cartesian(e, 1e6, n, n) }},
		{"polar", []int{32, 256, 1024}, 10, Multigrid,
			func(e float64, n int) problem { return polar(e, 1e4, n, n) }},
		{"two log-singular minima", []int{32, 256, 1024}, 10, Multigrid,
			func(e float64, n int) problem { return cylinderPair(e, 1e4, n, n) }},
		{"space, R = 1e2", []int{32, 64, 128}, 12, Planes,
			func(e float64, n int) problem { return cartesian(e, 1e2, n, n, n) }},
		{"space, R = 1e4", []int{32, 64, 128}, 12, Planes,
			func(e float64, n int) problem { return cartesian(e, 1e4, n, n, n) }},
		{"space, R = 1e6", []int{32, 64, 128}, 12, Planes,
			func(e float64, n int) problem { return cartesian(e, 1e6, n, n, n) }},
		{"spherical", []int{32, 64, 128}, 12, Planes,
			func(e float64, n int) problem { return spherical(e, 1e4, n, n, n) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, epsilon := range []float64{.1, .25, 1, 1.9, 4} {
				for _, gamma := range []float64{1e-3, .05, 1, 100} {
					var counts []int
					for _, n := range c.sizes {
						counts = append(counts,
							checkIterations(t, fmt.Sprintf("%d cells an axis", n),
								c.problem(epsilon, n), gamma, c.method, c.most))
					}
					t.Logf("ε = %g, γ = %g: %d", epsilon, gamma, counts)
					first := counts[0]
					if first == 1 { // the smallest grid is solved directly
						first = counts[1]
					}
					if last := counts[len(counts)-1]; last > first+3 {
						t.Errorf("ε = %g, γ = %g: %d iterations", epsilon, gamma, counts)
					}
				}
			}
		})
	}
}

// TestDefaultMethod: planes where grids are large or solves hard, MIC where its set-up is not worth
// it or it does not apply.
func TestDefaultMethod(t *testing.T) {
	for _, c := range []struct {
		problem problem
		gamma   float64
		solves  int
		want    string
	}{
		{cartesian(1, 10, 9), 1, 10, Line},
		{cartesian(1, 10, 9, 9), 1, 1, Multigrid},
		{torus(5, 5), 1, 10, MIC},
		{cartesian(1, 10, 40, 40, 40), .05, 100, MIC},
		{cartesian(1, 10, 130, 130, 130), 100, 100, Planes},
		{cartesian(1, 10, 130, 130, 130), 100, 1, MIC},
		{cartesian(1, 10, 1000, 12, 12), 100, 100, MIC}, // columns or planes, but not both
		{cartesian(1, 10, 4, 4, 4, 4), 1, 10, MIC},
	} {
		op := c.problem.operator()
		a, err := matrix.New(op, c.gamma, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := defaultMethod(a, c.solves); got != c.want {
			t.Errorf("shape %v, γ = %g, %d solves: %s, want %s", op.Shape, c.gamma, c.solves, got,
				c.want)
		}
	}
}
