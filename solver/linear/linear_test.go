package linear

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"fpsgd/operators"
	"fpsgd/solver/linear/matrix"
	"fpsgd/solver/linear/mic"
	"fpsgd/solver/linear/multigrid"
	"fpsgd/solver/linear/vectors"

	"gonum.org/v1/gonum/mat"
)

// grids are small grids of every kind; sizes are odd and even, above and below those at which line
// multigrid changes its course.
var grids = []struct {
	name    string
	problem problem
}{
	{"1 cell", cartesian(1, 10, 1)},
	{"2 cells", cartesian(1, 10, 2)},
	{"line", cartesian(.5, 100, 57)},
	{"open line", opened(cartesian(.5, 100, 57))},
	{"ring of 2", ringOf(2)},
	{"ring of 3", ringOf(3)},
	{"ring of 31", ringOf(31)},
	{"1×9", cartesian(1, 10, 1, 9)},
	{"2×3", cartesian(1, 10, 2, 3)},
	{"16×24", cartesian(.25, 100, 16, 24)},
	{"17×37", cartesian(1, 100, 17, 37)},
	{"41×38", cartesian(1.9, 1e4, 41, 38)},
	{"open 33×35", opened(cartesian(1, 100, 33, 35))},
	{"5×51", cartesian(.25, 100, 5, 51)},
	{"polar 12×2", polar(.5, 10, 12, 2)},
	{"polar 12×3", polar(.5, 10, 12, 3)},
	{"polar 12×16", polar(.5, 10, 12, 16)},
	{"polar 9×36", polar(.5, 100, 9, 36)},
	{"polar 9×67", polar(.5, 100, 9, 67)},
	{"polar 9×70", polar(.5, 100, 9, 70)},
	{"polar 8×33", polar(.5, 100, 8, 33)},
	{"polar, axes exchanged", swapped(polar(.5, 100, 9, 36))},
	{"7×8×19", cartesian(1, 100, 7, 8, 19)},
	{"1×6×1", cartesian(1, 100, 1, 6, 1)},
	{"open 5×7×6", opened(cartesian(.25, 100, 5, 7, 6))},
	{"spherical 6×5×2", spherical(.5, 10, 6, 5, 2)},
	{"spherical 6×5×3", spherical(.5, 10, 6, 5, 3)},
	{"spherical 7×6×8", spherical(.5, 10, 7, 6, 8)},
	{"21×4×22", cartesian(1, 100, 21, 4, 22)},
	{"open 22×3×23", opened(cartesian(.25, 100, 22, 3, 23))},
	{"spherical 21×3×22", spherical(1, 100, 21, 3, 22)},
	{"3×21×33", cartesian(1.9, 1e3, 3, 21, 33)},
	{"torus 5×6×7", torus(5, 6, 7)},
	{"torus 5×2", torus(5, 2)},
	{"3×4×3×5", cartesian(.25, 10, 3, 4, 3, 5)},
}

// ringOf is one periodic axis of n cells.
func ringOf(n int) problem { return torus(n) }

// torus has all axes periodic.
func torus(cells ...int) problem {
	p := problem{epsilon: .5, logf: func(q []float64) float64 {
		var s float64
		for k, v := range q {
			s += 1 + math.Cos(v+float64(k))
		}
		return s
	}}
	for _, n := range cells {
		p.axes = append(p.axes, uniformAxis(n, 0, 2*math.Pi, true))
	}
	return p
}

// middleRing has its second axis periodic.
func middleRing(cells ...int) problem {
	p := torus(cells...)
	for k := range p.axes {
		p.axes[k].periodic = k == 1
	}
	return p
}

// dense is A = I + γS written out from the definition of S.
func dense(op *operators.Operator, gamma float64) *mat.Dense {
	n := op.Cells()
	a := mat.NewDense(n, n, nil)
	add := func(i, j int, v float64) { a.Set(i, j, a.At(i, j)+v) }
	for i := range n {
		add(i, i, 1)
		if op.Removal != nil {
			add(i, i, gamma*op.Removal[i])
		}
		for k := range op.Shape {
			if j, ok := neighbour(op, i, k); ok {
				c := gamma * op.Coupling[k][i]
				add(i, i, c*op.Ratio(i, j))
				add(j, j, c*op.Ratio(j, i))
				add(i, j, -c)
				add(j, i, -c)
			}
		}
	}
	return a
}

// TestAgainstDenseLU compares with elimination of the whole matrix in gonum, in the D-weighted norm
// of the error.
func TestAgainstDenseLU(t *testing.T) {
	for _, g := range grids {
		for _, gamma := range []float64{1e-3, .5, 100} {
			for _, method := range methodsFor(g.problem) {
				t.Run(fmt.Sprintf("%s/γ=%g/%s", g.name, gamma, method), func(t *testing.T) {
					op := g.problem.operator()
					a := dense(op, gamma)
					b := random(op.Cells())
					want := make([]float64, len(b))
					if err := mat.NewVecDense(len(b), want).SolveVec(a,
						mat.NewVecDense(len(b), b)); err != nil {
						t.Fatal(err)
					}
					s, err := New(op, gamma, Options{Tolerance: 1e-12, Method: method})
					if err != nil {
						t.Fatal(err)
					}
					got := make([]float64, len(b))
					stats, err := s.Solve(got, b)
					if err != nil {
						t.Fatal(err)
					}
					var difference, size float64
					for i := range b {
						difference += a.At(i, i) * math.Pow(got[i]-want[i], 2)
						size += a.At(i, i) * want[i] * want[i]
					}
					// tolerance 1e-12 times the amplification of the residual by the inverse, with
					// LU's own error
					if e := math.Sqrt(difference / size); !(e < 1e-10) {
						t.Errorf("relative error %g after %+v", e, stats)
					}
				})
			}
		}
	}
}

// methodsFor lists the methods that apply.
func methodsFor(p problem) []string {
	switch {
	case len(p.axes) == 1:
		return []string{Line, MIC}
	case len(p.axes) == 2:
		if a, err := matrix.New(p.operator(), 1, 1); err == nil && multigrid.LinesFit(a) {
			return []string{Multigrid, MIC}
		}
	}
	return []string{MIC}
}

// mustNew sets up a solver that the test relies on.
func mustNew(t testing.TB, op *operators.Operator, gamma float64, o Options) System {
	t.Helper()
	s, err := New(op, gamma, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// exactDot is Σ x_i y_i, rounded once.
func exactDot(x, y []float64) float64 {
	sum := new(big.Float).SetPrec(2000)
	for i := range x {
		sum.Add(sum, new(big.Float).SetPrec(200).Mul(big.NewFloat(x[i]), big.NewFloat(y[i])))
	}
	v, _ := sum.Float64()
	return v
}

// TestResidualIsTrue recomputes the residual that Stats reports from the definition.
func TestResidualIsTrue(t *testing.T) {
	for _, p := range []problem{cartesian(1.9, 1e4, 41, 38), spherical(.5, 10, 7, 6, 8),
		opened(cartesian(1, 100, 33, 35))} {
		op := p.operator()
		a, b, x := dense(op, 1), random(op.Cells()), make([]float64, op.Cells())
		stats, err := mustNew(t, op, 1, Options{Tolerance: 1e-6}).Solve(x, b)
		if err != nil {
			t.Fatal(err)
		}
		m := 0.0
		if op.Conservative() {
			m = exactDot(b, op.Sigma)
		}
		var left, all float64
		for i := range b {
			r := b[i] - m*op.Sigma[i]
			all += r * r / a.At(i, i)
			for j := range x {
				r -= a.At(i, j) * (x[j] - m*op.Sigma[j])
			}
			left += r * r / a.At(i, i)
		}
		// the two are computed from x and from y = x − mσ: to rounding over the residual,
		// 1e-16·sqrt(D)/1e-6
		if got := math.Sqrt(left / all); math.Abs(got-stats.Residual) > 1e-3*got || got > 1e-6 {
			t.Errorf("shape %v: residual is %g, reported %g", op.Shape, got, stats.Residual)
		}
	}
}

// TestSolveTo: a solve to a given tolerance is, to the bit, that of a system which was set up for
// it, whatever the system's own; a direct one has none.
func TestSolveTo(t *testing.T) {
	for _, p := range []problem{cartesian(1.9, 1e4, 41, 38), spherical(.5, 10, 7, 6, 8),
		opened(cartesian(1, 100, 33, 35)), cartesian(1, 10, 50)} {
		op := p.operator()
		for _, method := range methodsFor(p) {
			s, b := mustNew(t, op, 1, Options{Tolerance: 1e-8, Method: method}), random(op.Cells())
			for _, tolerance := range []float64{1e-2, 1e-8, 1e-12, 1e-2} {
				x, want := make([]float64, len(b)), make([]float64, len(b))
				stats, err := SolveTo(s, x, b, tolerance)
				other := mustNew(t, op, 1, Options{Tolerance: tolerance, Method: method})
				wanted, otherErr := other.Solve(want, b)
				if err != nil || otherErr != nil {
					t.Fatal(err, otherErr)
				}
				if !slices.Equal(x, want) || stats != wanted || stats.Residual > tolerance {
					t.Errorf("shape %v, %s, to %g: %+v, and %+v where it is set up for that",
						op.Shape, method, tolerance, stats, wanted)
				}
			}
		}
	}
}

// TestEntriesOfTheLineSolver checks every entry of the solution for one cell's probability against
// elimination with 400 bits: the elimination has no subtraction, so each entry is right to some n
// roundings.
func TestEntriesOfTheLineSolver(t *testing.T) {
	for _, p := range []problem{cartesian(.5, 1e4, 60), cartesian(.05, 10, 60),
		opened(cartesian(4, 1e3, 60)), ringOf(41), ringOf(3), ringOf(2)} {
		op := p.operator()
		for _, gamma := range []float64{1e-8, 1, 1e8, 1e14} {
			n := op.Cells()
			b, x := make([]float64, n), make([]float64, n)
			b[n/3] = 1
			if _, err := mustNew(t, op, gamma, Options{}).Solve(x, b); err != nil {
				t.Fatal(err)
			}
			for i, want := range eliminate(op, gamma, b) {
				// 4 roundings a cell, met at most 2n times, and the ring's ratios close only to
				// rounding
				if e := math.Abs(x[i]-want) / want; want > 1e-290 && !(e < 8*float64(n)*0x1p-53) {
					t.Errorf("%v cells, γ = %g: x[%d] = %g, want %g (%g)", n, gamma, i, x[i], want,
						e)
				}
			}
		}
	}
}

// eliminate solves (I+γS) x = b in 400 bits, from the couplings and log M.
func eliminate(op *operators.Operator, gamma float64, b []float64) []float64 {
	number := func(v float64) *big.Float { return new(big.Float).SetPrec(400).SetFloat64(v) }
	n := len(b)
	a := make([][]*big.Float, n)
	for i := range a {
		a[i] = make([]*big.Float, n+1)
		for j := range n {
			a[i][j] = number(0)
		}
		a[i][n] = number(b[i])
		a[i][i].Add(a[i][i], number(1))
		if op.Removal != nil {
			a[i][i].Add(a[i][i], number(gamma*op.Removal[i]))
		}
	}
	for i := range n {
		if j, ok := neighbour(op, i, 0); ok {
			c, ratio := number(gamma*op.Coupling[0][i]), number(op.Sigma[j])
			ratio.Quo(ratio, number(op.Sigma[i]))
			a[i][i].Add(a[i][i], number(0).Mul(c, ratio))
			a[j][j].Add(a[j][j], number(0).Quo(c, ratio))
			a[i][j].Sub(a[i][j], c)
			a[j][i].Sub(a[j][i], c)
		}
	}
	for k := range n {
		for i := range n {
			if i != k {
				f := number(0).Quo(a[i][k], a[k][k])
				for j := k; j <= n; j++ {
					a[i][j].Sub(a[i][j], number(0).Mul(f, a[k][j]))
				}
			}
		}
	}
	x := make([]float64, n)
	for i := range x {
		x[i], _ = number(0).Quo(a[i][n], a[i][i]).Float64()
	}
	return x
}

// TestPreconditionersAreSymmetricAndPositive applies the inverse of the preconditioner to pairs of
// random vectors.
func TestPreconditionersAreSymmetricAndPositive(t *testing.T) {
	for _, g := range grids {
		for _, gamma := range []float64{.05, 1e4} {
			for name, apply := range inverses(t, g.problem, gamma) {
				n := g.problem.operator().Cells()
				u := random(n)
				v := make([]float64, n)
				for i := range v {
					v[i] = math.Cos(float64(i * i))
				}
				mu, mv := apply(u), apply(v)
				uv, vu, uu, vv := vectors.Dot(u, mv), vectors.Dot(v, mu), vectors.Dot(u, mu),
					vectors.Dot(v, mv)
				if !(uu > 0 && vv > 0) {
					t.Errorf("%s, γ = %g, %s: uᵀM⁻¹u = %g, vᵀM⁻¹v = %g", g.name, gamma, name, uu,
						vv)
				}
				most := 1e-13 // solvers.md measured 3e-14 in double precision,
				if name == Planes {
					most = 1e-11 // and 2e-10 for planes, where differences of u are restricted
				}
				if e := math.Abs(uv-vu) / math.Sqrt(uu*vv); e > most {
					t.Errorf("%s, γ = %g, %s: asymmetry %g", g.name, gamma, name, e)
				}
			}
		}
	}
}

// TestPreconditionersAreNonnegative applies them to a single cell, which every other should feel.
func TestPreconditionersAreNonnegative(t *testing.T) {
	for _, g := range grids {
		n := g.problem.operator().Cells()
		for name, apply := range inverses(t, g.problem, 1e4) {
			if name == Planes { // which has differences in it
				continue
			}
			b := make([]float64, n)
			b[n/3] = 1
			for i, v := range apply(b) {
				if !(v >= 0) {
					t.Errorf("%s, %s: %g at cell %d", g.name, name, v, i)
				}
			}
		}
	}
}

// inverses returns M⁻¹ of every preconditioner that applies.
func inverses(t *testing.T, p problem, gamma float64) map[string]func(b []float64) []float64 {
	t.Helper()
	op := p.operator()
	a, err := matrix.New(op, gamma, 1)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]func(b []float64) []float64{MIC: inverse(mic.New(a))}
	if s, err := multigrid.NewLines(a); err == nil {
		all[Multigrid] = inverse(s)
	}
	if s, err := multigrid.NewPlanes[float64](a); err == nil {
		all[Planes] = inverse(s)
	}
	return all
}

// inverse applies a preconditioner to the system as it was before it was transformed.
func inverse(p matrix.Preconditioned) func(b []float64) []float64 {
	residual, direction := p.Size()
	return func(b []float64) []float64 {
		rhat, z := make([]float64, residual), make([]float64, len(b))
		p.Enter(rhat, append([]float64(nil), b...))
		zhat, _ := p.Precondition(rhat, vectors.Dot(rhat, rhat))
		p.Leave(z, zhat[direction-residual:])
		return z
	}
}

// TestSolvesAfterAFailure: what a solve has left behind that ended with infinite or undefined
// numbers does not reach the next.
func TestSolvesAfterAFailure(t *testing.T) {
	for _, c := range []struct {
		problem problem
		method  string
	}{
		{cartesian(.5, 1e6, 64, 39), Multigrid}, {cartesian(.5, 1e6, 64, 40), Multigrid},
		{polar(.5, 1e6, 40, 74), Multigrid},
		{cartesian(.5, 1e6, 24, 25, 27), MIC}, {cartesian(.5, 1e6, 24, 25, 27), Planes},
	} {
		op := c.problem.operator()
		s := mustNew(t, op, 1, Options{Method: c.method})
		b, want, got := random(op.Cells()), make([]float64, op.Cells()), make([]float64, op.Cells())
		if _, err := s.Solve(want, b); err != nil {
			t.Fatal(err)
		}
		k := s.(*krylovSystem)
		// as α = ∞ would leave them
		for _, v := range [][]float64{k.y, k.r, k.rhat, k.q, k.p, k.x} {
			for i := range v {
				v[i] = math.NaN()
			}
		}
		if _, err := s.Solve(got, b); err != nil {
			t.Errorf("shape %v, %s: %v", op.Shape, c.method, err)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("shape %v, %s: x[%d] = %g, and %g before the failure", op.Shape, c.method,
					i, got[i], want[i])
				break
			}
		}
	}
}

// TestInvariantDensity: Aσ = σ where nothing is removed.
func TestInvariantDensity(t *testing.T) {
	for _, g := range grids {
		op := g.problem.operator()
		if !op.Conservative() {
			continue
		}
		for _, method := range methodsFor(g.problem) {
			x := make([]float64, op.Cells())
			stats, err := mustNew(t, op, 100, Options{Method: method}).Solve(x, op.Sigma)
			if err != nil || stats.Iterations > 0 {
				t.Errorf("%s, %s: %+v, %v", g.name, method, stats, err)
			}
			for i, v := range x {
				// a few roundings; some n of them by elimination
				if e := math.Abs(v/op.Sigma[i] - 1); e > 1e-12 {
					t.Errorf("%s, %s: x/σ − 1 = %g at cell %d", g.name, method, e, i)
				}
			}
		}
	}
}

// TestMassIsExact asks for a poor tolerance: mass must not depend on it. The solution may take the
// place of b.
func TestMassIsExact(t *testing.T) {
	for _, g := range grids {
		op := g.problem.operator()
		if !op.Conservative() {
			continue
		}
		for _, gamma := range []float64{1e-3, 1, 1e4} {
			b := make([]float64, op.Cells())
			for i := range b {
				b[i] = op.Sigma[i] * (1 + math.Sin(float64(i*i)))
			}
			before := exactDot(b, op.Sigma)
			if _, err := mustNew(t, op, gamma, Options{Tolerance: .01}).Solve(b, b); err != nil {
				t.Fatal(err)
			}
			// the rounding of the entries
			if e := math.Abs(exactDot(b, op.Sigma)/before - 1); e > 1e-15 {
				t.Errorf("%s, γ = %g: mass off by %g", g.name, gamma, e)
			}
		}
	}
}

// TestSolveNonnegative starts from one cell's probability, for tiny and huge steps, and compares
// mass and residual.
func TestSolveNonnegative(t *testing.T) {
	for _, p := range []problem{
		cartesian(.5, 1e4, 300), cartesian(4, 1e4, 301), cartesian(.05, 1e4, 100),
		opened(cartesian(1, 100, 80)), ringOf(51),
		cartesian(.25, 100, 40, 48), cartesian(1.9, 1e4, 40, 41), opened(cartesian(1, 100, 30, 20)),
		polar(.5, 100, 20, 32), polar(.5, 100, 20, 35),
		cartesian(.5, 100, 12, 13, 14), spherical(.5, 100, 12, 9, 8),
	} {
		op := p.operator()
		n := op.Cells()
		for _, gamma := range []float64{1e-8, 1e-3, 1, 1e3, 1e8} {
			s := mustNew(t, op, gamma, Options{})
			for _, cell := range []int{n / 2, n / 3, 0} {
				if op.Sigma[cell] == 0 {
					continue
				}
				x := make([]float64, n)
				x[cell] = 1 / op.Sigma[cell]
				if _, err := s.SolveNonnegative(x, x); err != nil {
					t.Errorf("shape %v, γ = %g, cell %d: %v", op.Shape, gamma, cell, err)
				}
				for i, v := range x {
					// the inverse is positive: a 0 that is no underflow would show that raising to
					// 0 was the last step
					if !(v >= 0) || v == 0 && gamma >= 1e-3 && len(op.Shape) > 1 {
						t.Errorf("shape %v, γ = %g, cell %d: x[%d] = %g", op.Shape, gamma, cell, i,
							v)
					}
				}
				// rescale is off by the rounding of its two sums, some 10 u, and of the entries
				if m := exactDot(x, op.Sigma); op.Conservative() && math.Abs(m-1) > 1e-13 {
					t.Errorf("shape %v, γ = %g, cell %d: mass − 1 = %g", op.Shape, gamma, cell, m-1)
				}
			}
		}
	}
}

// TestThreads: the result is the same to the bit for any number of them.
func TestThreads(t *testing.T) {
	repeated := []int{1, 2, 5}
	if os.Getenv("FPSGD_LONG") != "" {
		// what two threads share by mistake they do not always touch at the same time
		repeated = []int{1, 2, 2, 3, 5}
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(4, runtime.NumCPU())))
	for _, c := range []struct {
		problem problem
		method  string
	}{
		{cartesian(1, 100, 200, 190), ""}, {polar(.5, 100, 150, 172), ""},
		{cartesian(1, 100, 31, 40, 37), ""}, {spherical(.5, 100, 40, 30, 32), ""},
		{torus(26, 27, 28), ""}, {torus(50, 2, 400), MIC}, {cartesian(1, 100, 200, 2, 150), MIC},
		{middleRing(14, 15, 16, 17), ""},
		{cartesian(1, 100, 51, 40, 37), Planes}, {cartesian(1.9, 1e7, 44, 20, 47), Planes},
		{spherical(.5, 100, 40, 30, 32), Planes},
	} {
		checkThreads(t, c.problem, c.method, repeated)
	}
}

// TestThreadsInThePlane is the same on grids of all kinds in the plane, large enough to be shared
// out: odd, thin, polar with the ring along either axis, with open ends, on coarsest grids of few
// columns and of many, and MIC on a torus.
func TestThreadsInThePlane(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(4, runtime.NumCPU())))
	for _, p := range []problem{
		cartesian(.5, 1e4, 257, 131), cartesian(1, 100, 131, 257),
		opened(cartesian(1, 100, 180, 161)), cartesian(.25, 100, 5003, 7),
		cartesian(.25, 100, 13, 3001), cartesian(1, 1e3, 1501, 34), cartesian(1, 10, 25000, 1),
		polar(.5, 100, 200, 192), swapped(polar(.5, 100, 200, 192)), polar(1, 100, 900, 31),
		swapped(polar(1, 100, 900, 31)), polar(1, 10, 15000, 2), polar(.5, 100, 150, 134),
		swapped(polar(.5, 100, 130, 202)), torus(171, 160), torus(12501, 3),
	} {
		checkThreads(t, p, "", []int{1, 2, 3})
	}
	checkThreads(t, opened(cartesian(.5, 100, 180, 161)), MIC, []int{1, 2, 3})
}

// checkThreads claims that solutions by so many threads are the same to the bit.
func checkThreads(t *testing.T, p problem, method string, repeated []int) {
	t.Helper()
	op := p.operator()
	var want []float64
	for _, threads := range repeated {
		x, b := make([]float64, 2*op.Cells()), random(op.Cells())
		system, other := mustNew(t, op, 1, Options{Threads: threads, Method: method}),
			x[op.Cells():]
		if _, err := system.Solve(x[:op.Cells()], b); err != nil {
			t.Fatal(err)
		}
		for i, v := range b {
			b[i] = math.Abs(v)
		}
		if _, err := system.SolveNonnegative(other, b); err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = x
		}
		for i := range x {
			if x[i] != want[i] {
				t.Fatalf("shape %v, %d threads: entry %d of the solutions is %v, by one thread %v",
					op.Shape, threads, i, x[i], want[i])
			}
		}
	}
}

// TestNothingIsAllocatedPerCell: what a solve allocates, closures over the operands of its loops,
// is little against one vector, with and without helpers.
func TestNothingIsAllocatedPerCell(t *testing.T) {
	for _, c := range []struct {
		problem problem
		method  string
	}{
		{cartesian(1, 100, 20000), Line}, {cartesian(1, 100, 300, 290), Multigrid},
		{cartesian(1, 100, 50, 50, 50), MIC}, {cartesian(1, 100, 50, 50, 50), Planes},
	} {
		op := c.problem.operator()
		for _, threads := range []int{1, 2} {
			s := mustNew(t, op, 1e-3, Options{Threads: threads, Method: c.method})
			b, x := gaussian(c.problem), make([]float64, op.Cells())
			iterations := 1
			solve := func() {
				first, err := s.Solve(x, b)
				if err != nil {
					t.Fatal(err)
				}
				second, err := s.SolveNonnegative(x, b)
				if err != nil {
					t.Fatal(err)
				}
				iterations = max(1, first.Iterations+second.Iterations)
			}
			solve() // work space is made at the first
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			solve()
			runtime.ReadMemStats(&after)
			perIteration := (after.TotalAlloc - before.TotalAlloc) / uint64(iterations)
			if vector := 8 * uint64(op.Cells()); perIteration > vector/10 {
				t.Errorf("shape %v, %d threads: %d bytes an iteration, a vector has %d", op.Shape,
					threads, perIteration, vector)
			}
			t.Logf("shape %v, %s, %d threads: %d bytes an iteration of %d", op.Shape, c.method,
				threads, perIteration, iterations)
		}
	}
}

// TestIterationsOfLineMultigrid pins what makes it worth having: the count depends neither on the
// grid nor on ε, R, γ or b.
func TestIterationsOfLineMultigrid(t *testing.T) {
	for _, c := range []struct {
		cells    int
		epsilons []float64
		gammas   []float64
	}{
		{32, []float64{.1, .25, 1, 1.9, 4}, []float64{1e-3, .05, 1, 100}},
		{128, []float64{.1, .25, 1, 1.9, 4}, []float64{1e-3, .05, 1, 100}},
		{512, []float64{.1, 1.9}, []float64{.05, 100}},
	} {
		for _, radius := range []float64{1e2, 1e4} {
			for _, epsilon := range c.epsilons {
				p := cartesian(epsilon, radius, c.cells, c.cells)
				op := p.operator()
				for name, b := range map[string][]float64{"smooth": gaussian(p),
					"random": random(op.Cells())} {
					for _, gamma := range c.gammas {
						stats, err := mustNew(t, op, gamma,
							Options{}).Solve(make([]float64, len(b)), b)
						// solvers.md: 5–9 in double precision
						if err != nil || stats.Iterations > 9 {
							t.Errorf("%d², R = %g, ε = %g, γ = %g, %s b: %+v, %v", c.cells, radius,
								epsilon, gamma, name, stats, err)
						}
					}
				}
			}
		}
	}
}

// TestIterationsOnOtherGrids pins it off the square: odd counts, polar grids with odd and even
// numbers of angles.
func TestIterationsOnOtherGrids(t *testing.T) {
	for _, p := range []problem{cartesian(1, 1e4, 255, 101), cartesian(1, 1e4, 19, 200),
		polar(.25, 1e4, 128, 128), polar(1, 100, 100, 90), polar(1, 100, 60, 102)} {
		op := p.operator()
		for _, gamma := range []float64{.05, 100} {
			stats, err := mustNew(t, op, gamma, Options{}).Solve(make([]float64, op.Cells()),
				random(op.Cells()))
			// solvers.md: 6–7 on polar grids, up to 12 for other f
			if err != nil || stats.Iterations > 10 {
				t.Errorf("shape %v, γ = %g: %+v, %v", op.Shape, gamma, stats, err)
			}
		}
	}
}

// TestIterationsOfMIC pins the counts for a smooth and a random b, to a tenth; IC(0) takes two to
// six times those of a random one.
func TestIterationsOfMIC(t *testing.T) {
	for _, c := range []struct {
		cells                  int
		epsilon, radius, gamma float64
		smooth, random         int
	}{
		{48, 1, 1e4, .05, 22, 42},
		{48, .1, 1e4, .05, 7, 38},
		{64, 1, 1e4, .001, 4, 43},
		{64, 1, 1e4, .05, 27, 48},
		{64, 1.9, 1e2, 100, 89, 86},
	} {
		p := cartesian(c.epsilon, c.radius, c.cells, c.cells, c.cells)
		op := p.operator()
		s := mustNew(t, op, c.gamma, Options{Method: MIC})
		for want, b := range map[int][]float64{c.smooth: gaussian(p),
			c.random: random(op.Cells())} {
			stats, err := s.Solve(make([]float64, op.Cells()), b)
			if err != nil || math.Abs(float64(stats.Iterations-want)) > .1*float64(want) {
				t.Errorf("%+v: %+v, want %d iterations, %v", c, stats, want, err)
			}
		}
	}
}

// TestErrors: each says what is wrong and what to do.
func TestErrors(t *testing.T) {
	plane := cartesian(1, 100, 20, 20).operator()
	solve := func(o Options, b []float64, nonnegative bool) error {
		s, err := New(plane, 1, o)
		if err != nil {
			return err
		}
		if nonnegative {
			_, err = s.SolveNonnegative(make([]float64, 400), b)
		} else {
			_, err = s.Solve(make([]float64, 400), b)
		}
		return err
	}
	undefined, negative := random(400), random(400)
	undefined[7] = math.NaN()
	_, badGamma := New(plane, -1, Options{})
	_, badLines := New(plane, 1, Options{Method: Line})
	_, badMethod := New(plane, 1, Options{Method: "direct"})
	_, badTorus := New(torus(4, 4).operator(), 1, Options{Method: Multigrid})
	for want, err := range map[string]error{
		"γ = -1":                    badGamma,
		"one axis":                  badLines,
		`unknown method "direct"`:   badMethod,
		`use "mic"`:                 badTorus,
		"x has 400 entries and b 3": solve(Options{}, make([]float64, 3), false),
		"infinite or undefined":     solve(Options{}, undefined, false),
		"use Solve":                 solve(Options{}, negative, true),
		"tolerance 2 is not":        solve(Options{Tolerance: 2}, negative, false),
		"after 3 iterations":        solve(Options{MaxIterations: 3}, negative, false),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %q should contain %q", err, want)
		}
	}
	if err := solve(Options{MaxIterations: 3}, negative, false); !errors.Is(err, ErrNotConverged) {
		t.Errorf("%v is not ErrNotConverged", err)
	}
	if err := solve(Options{}, make([]float64, 400), false); err != nil {
		t.Errorf("b = 0: %v", err)
	}
}

// TestTolerancesBelowRounding: where rounding allows no smaller residual, what is attainable is
// attained and reported.
func TestTolerancesBelowRounding(t *testing.T) {
	s, err := New(cartesian(1, 100, 20, 20).operator(), 1, Options{Tolerance: 1e-17, Method: MIC})
	if err != nil {
		t.Fatal(err)
	}
	stats, err := s.Solve(make([]float64, 400), random(400))
	// 16u‖D^{1/2}x‖ with D up to 1e4
	if err != nil || !(stats.Residual > 1e-17 && stats.Residual < 1e-12) {
		t.Errorf("%+v, %v", stats, err)
	}
}
