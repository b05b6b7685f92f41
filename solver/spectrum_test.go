package solver

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/solver/linear"

	"gonum.org/v1/gonum/floats"
)

// lattice is the operator of a uniform density on a grid with the given couplings along its axes,
// closed or periodic.
func lattice(shape []int, coupling []float64, periodic bool) *operators.Operator {
	op := &operators.Operator{Shape: shape}
	n := op.Cells()
	op.LogM, op.Sigma, op.Diag = make([]float64, n), make([]float64, n), make([]float64, n)
	op.LogZ = math.Log(float64(n))
	for i := range op.Sigma {
		op.Sigma[i] = 1 / math.Sqrt(float64(n))
	}
	for k, size := range shape {
		op.Periodic = append(op.Periodic, periodic)
		op.Coupling = append(op.Coupling, make([]float64, n))
		for i := range n {
			if j := op.Next(k, i, i/op.Stride(k)%size); j >= 0 {
				op.Coupling[k][i] = coupling[k]
				op.Diag[i] += coupling[k]
				op.Diag[j] += coupling[k]
			}
		}
	}
	return op
}

// latticeValues returns the k lowest eigenvalues of lattice but 0, Σ_k 4c_k sin²(θ_k/2) with θ_k =
// 2πm/n on a ring and πm/n otherwise.
func latticeValues(shape []int, coupling []float64, periodic bool, k int) []float64 {
	values := []float64{0}
	for axis, n := range shape {
		var next []float64
		for m := range n {
			angle := math.Pi * float64(m) / float64(n)
			if !periodic {
				angle /= 2
			}
			s := math.Sin(angle)
			for _, v := range values {
				next = append(next, v+4*coupling[axis]*s*s)
			}
		}
		values = next
	}
	slices.Sort(values)
	return values[1 : k+1]
}

// counted counts the set-ups and solves of a method with the given tolerance.
type counted struct {
	Linear
	setUps, solves, iterations int
}

func (c *counted) setUp(op *operators.Operator, tolerance float64) SetUp {
	return func(gamma float64) (Linear, error) {
		var err error
		c.setUps++
		c.Linear, err = linear.New(op, gamma, linear.Options{Tolerance: tolerance})
		return c, err
	}
}

func (c *counted) Solve(x, b []float64) (linear.Stats, error) {
	s, err := c.Linear.Solve(x, b)
	c.solves++
	c.iterations += s.Iterations
	return s, err
}

// lowest runs Spectrum as its documentation asks for, checks what it promises of all modes, and
// returns the eigenvalues.
func lowest(t *testing.T, name string, op *operators.Operator, k int) []float64 {
	t.Helper()
	return lowestTo(t, name, op, k, 1e-9)
}

func lowestTo(t *testing.T, name string, op *operators.Operator, k int, bound float64) []float64 {
	t.Helper()
	var c counted
	begun := time.Now()
	modes, err := Spectrum(t.Context(), op, c.setUp(op, 1e-13), k)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var values []float64
	residual := 0.0
	for i, m := range modes {
		values = append(values, m.Value)
		residual = math.Max(residual, m.Residual)
		if i > 0 && m.Value < values[i-1] {
			t.Errorf("%s: eigenvalue %d is below the one before", name, i)
		}
		near(t, name+": norm", norm(m.W), 1, 1e-14) // rounding
		for _, other := range modes[:i] {
			near(t, name+": ⟨w, w'⟩", floats.Dot(m.W, other.W), 0, 1e-14)
		}
		if op.Conservative() {
			near(t, name+": ⟨w, σ⟩", floats.Dot(m.W, op.Sigma), 0, 1e-14)
		}
	}
	if len(modes) != k || !(residual <= bound) {
		t.Errorf("%s: %d modes of %d, residual %g", name, len(modes), k, residual)
	}
	t.Logf("%s: %d modes of %d cells, %.6g to %.6g: residual %.1e, %d set-ups, %d solves, %d "+
		"iterations, %.2f s",
		name, k, op.Cells(), values[0], values[k-1], residual, c.setUps, c.solves, c.iterations,
		time.Since(begun).Seconds())
	alsoNested(t, name, op, values)
	return values
}

func compare(t *testing.T, name string, got, want []float64, relative float64) {
	t.Helper()
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= relative*want[i]) {
			t.Errorf("%s: eigenvalue %d is %.15g, want %.15g", name, i+1, got[i], want[i])
		}
	}
}

func TestSpectrumAgainstDenseEigenvalues(t *testing.T) {
	for _, c := range []struct {
		system          string
		dimension, n    int
		radius, epsilon float64
		k               int
	}{
		{"cartesian", 1, 90, 100, 0.25, 30},
		{"cartesian", 1, 12, 10, 1, 11},
		{"cartesian", 2, 16, 10, 0.25, 12},
		{"cartesian", 2, 15, 1e3, 1.9, 9},
		{"cartesian", 3, 8, 10, 0.25, 10},
		{"cartesian", 4, 4, 5, 0.25, 6},
		{"radial", 3, 80, 100, 0.25, 10},
		{"polar", 2, 20, 10, 0.25, 10},
		{"spherical", 3, 10, 10, 0.25, 10},
		{"cylindrical", 3, 16, 10, 0.5, 10},
	} {
		op := assemble(t, grid(t, c.system, c.dimension, c.n, c.radius), c.epsilon, "")
		dense := denseValues(t, op)
		got := lowest(t, c.system, op, c.k)
		// The dense values carry the rounding of the largest.
		accuracy := 1e-11 + 1e-14*dense[len(dense)-1]/dense[1]
		compare(t, c.system, got, dense[1:c.k+1], accuracy)
	}
}

func TestMultiplicities(t *testing.T) {
	for _, c := range []struct {
		name     string
		shape    []int
		coupling []float64
		periodic bool
		k        int
	}{
		{"ring", []int{60}, []float64{1}, true, 13},
		{"square", []int{12, 12}, []float64{1, 1}, false, 15},
		// 4, 4, 4, 8-fold, more than the block
		{"torus", []int{11, 11}, []float64{1, 1}, true, 30},
		{"cube", []int{6, 6, 6}, []float64{1, 1, 1}, false, 20},             // 3, 3, 1, 3, 6-fold
		{"3-torus", []int{6, 6, 6}, []float64{1, 1, 1}, true, 30},           // 6, 12, 8-fold
		{"near pairs", []int{12, 12}, []float64{1, 1 + 1e-6}, false, 15},    // 1e-6 apart
		{"near rings", []int{11, 11}, []float64{1, 1 + 1e-6}, true, 20},     // idem, each 2-fold
		{"near rounding", []int{12, 12}, []float64{1, 1 + 1e-13}, false, 9}, // not to be told apart
		{"small", []int{60}, []float64{1e-120}, true, 6},
		{"large", []int{60}, []float64{1e120}, true, 6},
		{"anisotropic", []int{8, 40}, []float64{1e4, 1}, false, 12},
		{"all", []int{3, 3, 2}, []float64{1, 1, 1}, false, 17},
	} {
		op := lattice(c.shape, c.coupling, c.periodic)
		got := lowest(t, c.name, op, c.k)
		compare(t, c.name, got, latticeValues(c.shape, c.coupling, c.periodic, c.k), 1e-11)
	}
}

// well are the weights π = e^{−V/ε}, κ = log ε − V/ε, V = h (x² − 1)², with a barrier of height h
// between two wells.
type well struct{ height, epsilon float64 }

func (w well) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	for i := range logPi {
		v := 0.0
		for k, name := range p.Grid().Coordinates.Components() {
			x := p.Var(name)[i]
			if k == 0 {
				v += w.height * (x*x - 1) * (x*x - 1)
			} else {
				v += x * x
			}
		}
		logPi[i], kappa[i] = -v/w.epsilon, math.Log(w.epsilon)-v/w.epsilon
	}
	return nil
}

// lineValue returns eigenvalue number k (0 is the lowest) of an operator on a closed axis to 200
// binary digits, by bisection of the recursion T_i(u_{i+1} − u_i) = −λ Σ_{j≤i} M_j u_j for its
// changes of sign (Sturm).
func lineValue(op *operators.Operator, k int, lo, hi float64) float64 {
	number := func(x float64) *big.Float { return new(big.Float).SetPrec(200).SetFloat64(x) }
	changes := func(lambda float64) int {
		u, flux, count := number(1), number(0), 0
		for i, sigma := range op.Sigma {
			m := number(sigma)
			m.Mul(m, m).Mul(m, u).Mul(m, number(lambda))
			flux.Sub(flux, m)
			if i == len(op.Sigma)-1 { // beyond the end, where only the sign matters
				if u.Sign()*flux.Sign() > 0 {
					return count
				}
				return count + 1
			}
			conductance := number(op.Coupling[0][i])
			conductance.Mul(conductance, number(sigma)).Mul(conductance, number(op.Sigma[i+1]))
			next := number(0).Quo(flux, conductance)
			next.Add(next, u)
			if next.Sign() != u.Sign() {
				count++
			}
			u = next
		}
		return count
	}
	for range 120 {
		mid := math.Sqrt(lo) * math.Sqrt(hi)
		if changes(mid) > k {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi
}

// Between the rates over the barrier and within a well lie many orders of magnitude.
func TestDoubleWell(t *testing.T) {
	for _, height := range []float64{3, 5, 10, 20} {
		axis := uniform(t, "x", 150, -2, 2)
		c := must[mesh.Coordinates](t)(mesh.NewCoordinates("cartesian", 1))
		g := must[*mesh.Grid](t)(mesh.NewGrid(c, []mesh.Axis{axis}))
		op := must[*operators.Operator](t)(operators.Assemble(g, well{height, 0.25},
			operators.Options{}))
		values := lowest(t, "double well", op, 5)
		var exact []float64
		for k := range values {
			exact = append(exact, lineValue(op, k+1, 1e-40, 1e4))
		}
		t.Logf("height %g: %.6g %.6g %.6g, relative errors %.1e %.1e", height, values[0], values[1],
			values[2], values[0]/exact[0]-1, values[1]/exact[1]-1)
		// GTH: a small relative error whatever the barrier
		compare(t, "double well", values, exact, 1e-12)
	}
}

func TestDoubleWellInThePlane(t *testing.T) {
	c := must[mesh.Coordinates](t)(mesh.NewCoordinates("cartesian", 2))
	op := make([]*operators.Operator, 2)
	for d := range op {
		c := c
		axes := []mesh.Axis{uniform(t, "x", 48, -2, 2), uniform(t, "y", 24, -2, 2)}
		if d == 0 {
			c, axes = must[mesh.Coordinates](t)(mesh.NewCoordinates("cartesian", 1)), axes[:1]
		}
		g := must[*mesh.Grid](t)(mesh.NewGrid(c, axes))
		op[d] = must[*operators.Operator](t)(operators.Assemble(g, well{5, 0.25},
			operators.Options{}))
	}
	// ⟨w,Dw⟩/λ = 3e10: rounding
	line, plane := lowest(t, "line", op[0], 3), lowestTo(t, "plane", op[1], 4, 1e-7)
	// a product: but for the quadrature of the operators
	near(t, "rate over the barrier", plane[0]/line[0], 1, 1e-6)
}

// On |x| ≤ R with ε = 2, λ_n = ε(1 + (nπ/(2 asinh R))²): the operator is that of a free particle,
// seen through a supersymmetric partner (theory of the Hardy–Poincaré inequality). All lie next to
// the edge ε if R is large.
func TestCrowdedSpectrum(t *testing.T) {
	for _, c := range []struct {
		radius   float64
		k, cells int
	}{{1e10, 1, 800}, {1e10, 30, 800}, {1e50, 3, 800}, {1e104, 1, 1500}} {
		op := interval(t, c.cells, c.radius, 2)
		got := lowest(t, "edge", op, c.k)
		length := 2 * math.Asinh(c.radius)
		for n, exact := range edgeLadder(length/2, c.k) {
			excess, h := exact/2-1, length/float64(c.cells)
			// Second order in h: a wave number k loses (hk)²/12, and the well of depth 2 around x =
			// 0 as much with k² = 1.
			near(t, "λ/ε", got[n]/2, exact/2, h*h*(0.3*excess+0.3*excess*excess+0.02))
		}
	}
}

func TestSpectrumFails(t *testing.T) {
	op := interval(t, 10, 10, 1)
	var c counted
	for _, k := range []int{-1, 0, 10} {
		if _, err := Spectrum(t.Context(), op, c.setUp(op, 1e-12), k); err == nil {
			t.Errorf("%d modes of 10 cells were found", k)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Spectrum(ctx, op, c.setUp(op, 1e-12), 1); !errors.Is(err, ErrInterrupted) {
		t.Errorf("the error is %v, want %v", err, ErrInterrupted)
	}
	plane := assemble(t, grid(t, "cartesian", 2, 24, 100), 0.25, "")
	if _, err := Spectrum(t.Context(), plane, c.setUp(plane, 1e-6), 3); err == nil ||
		!strings.Contains(err.Error(), "1e-12") {
		t.Errorf("with a tolerance of 1e-6 the error is %v, want advice on it", err)
	}
	want := errors.New("no set-up")
	if _, err := Spectrum(t.Context(), op, func(float64) (Linear, error) { return nil, want },
		1); !errors.Is(err, want) {
		t.Errorf("the error is %v, want %v", err, want)
	}
}

func TestSpectrumWhereMassIsRemoved(t *testing.T) {
	closed := interval(t, 40, 10, 1)
	for _, rate := range []float64{0.2, 1e-9} {
		op := *closed
		op.Removal = make([]float64, 40)
		op.Removal[39] = rate
		op.Diag = append([]float64(nil), closed.Diag...)
		op.Diag[39] += rate
		got := lowest(t, "open end", &op, 6)
		// Lowest of all is the rate at which the stationary density loses mass, to first order in
		// the rate.
		if rate < 1e-6 {
			near(t, "slow loss", got[0]/(rate*op.Sigma[39]*op.Sigma[39]), 1, 1e-7)
			got[0] = 0
		}
		for k, v := range denseValues(t, &op)[:6] {
			near(t, "eigenvalue", got[k], v, 1e-9) // the rounding of the largest
		}
	}
}

func TestSpectrumDoesNotDependOnThreads(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(4, runtime.NumCPU())))
	// loops are shared out from 16384 cells on
	op := assemble(t, grid(t, "cartesian", 2, 140, 100), 0.25, "")
	var runs [2][]Mode
	for i := range runs {
		runs[i] = must[[]Mode](t)(Spectrum(t.Context(), op, func(gamma float64) (Linear, error) {
			return linear.New(op, gamma, linear.Options{Tolerance: 1e-12, Threads: 1 + 2*i})
		}, 2))
	}
	for k, m := range runs[0] {
		if m.Value != runs[1][k].Value || !slices.Equal(m.W, runs[1][k].W) {
			t.Errorf("mode %d depends on the number of threads", k)
		}
	}
}

// logSingular are the weights of f = r²(1 + log² r) in dimension m = 2(1 + 1/ε).
type logSingular struct{ epsilon float64 }

func (l logSingular) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	for i, s := range p.LogNorm() {
		log := 2*s + 2*math.Log(math.Hypot(1, s))
		logPi[i], kappa[i] = -(1+1/l.epsilon)*log, math.Log(l.epsilon)-log/l.epsilon
	}
	return nil
}

// levels are eigenvalues on nested grids: on the finest one, and extrapolated from all, with error
// estimates.
type levels struct{ finest, values, estimates []float64 }

func newLevels(t *testing.T, name string, k int, cells []int,
	assemble func(n int) *operators.Operator) (l levels) {
	t.Helper()
	sequences := make([][]float64, k)
	for _, n := range cells {
		l.finest = lowest(t, name, assemble(n), k)
		for i, v := range l.finest {
			sequences[i] = append(sequences[i], v)
		}
	}
	for _, s := range sequences {
		v, e, order := Richardson(s, float64(cells[1])/float64(cells[0]), 2)
		t.Logf("%s: %.12g → %.12g ± %.1e, observed order %.3f", name, s[len(s)-1], v, e, order)
		l.values, l.estimates = append(l.values, v), append(l.estimates, e)
	}
	return l
}

// check compares the extrapolated values to exact ones.
func (l levels) check(t *testing.T, name string, exact []float64, relative float64) {
	t.Helper()
	for k, want := range exact {
		t.Logf("%s: relative error %.1e on the finest grid, %.1e extrapolated, %.1e estimated",
			name,
			l.finest[k]/want-1, l.values[k]/want-1, l.estimates[k]/want)
		near(t, name+" extrapolated", l.values[k]/want, 1, relative)
	}
}

// edgeLadder is ε(1 + (nπ/(2T))²), n = 1, …, k, for ε = 2.
func edgeLadder(T float64, k int) []float64 {
	values := make([]float64, k)
	for n := range values {
		values[n] = 2 * (1 + math.Pow(float64(n+1)*math.Pi/2/T, 2))
	}
	return values
}

func TestTruncatedClosedForms(t *testing.T) {
	cells := []int{500, 1000, 2000}
	for _, R := range []float64{10, 1e4, 1e8} {
		l := newLevels(t, "interval", 2, cells,
			func(n int) *operators.Operator { return interval(t, n, R, 2) })
		l.check(t, fmt.Sprintf("|x| ≤ %g", R), edgeLadder(math.Asinh(R), 2), 1e-8)
	}
	// In s = log r, |s| ≤ S, the log-singular f in dimension 3 is the same problem. At S = 1e10 the
	// log-weights, 3e10, have rounding errors of 4e-6, which all but average out.
	radial := must[mesh.Coordinates](t)(mesh.NewCoordinates("radial", 3))
	for _, S := range []float64{10, 1e2, 1e4, 1e6, 1e10} {
		l := newLevels(t, "log-singular", 1, cells, func(n int) *operators.Operator {
			axis := must[mesh.Axis](t)(mesh.Log("r", n, -S, S, 1))
			g := must[*mesh.Grid](t)(mesh.NewGrid(radial, []mesh.Axis{axis}))
			return must[*operators.Operator](t)(operators.Assemble(g, logSingular{2},
				operators.Options{}))
		})
		l.check(t, fmt.Sprintf("|log r| ≤ %g", S), edgeLadder(math.Asinh(S), 1), 1e-8)
	}
}

// The lowest rates of f = 1 + |θ|², ε = 1/4, on |x| ≤ 27 are ε·8, once for every axis, and then, in
// the plane, ε·12. Errors of discretisation are of second order in the spacing 8/n; that of the
// truncation, 27^{-8}, does not show.
func TestRatesOfTheQuadratic(t *testing.T) {
	plane, space := []float64{2, 2, 3}, []float64{2, 2, 2}
	for _, c := range []struct {
		system            string
		cells             []int
		want              []float64
		raw, extrapolated float64
		long              bool
	}{
		{"cartesian", []int{16, 32, 64}, plane, 8e-3, 1e-3, false},
		{"polar", []int{16, 32, 64}, plane, 8e-3, 1e-3, true},
		{"cartesian", []int{12, 24}, space, 2e-2, 5e-3, true},
		{"spherical", []int{12, 24}, space, 2e-2, 5e-3, false},
		{"cartesian", []int{32, 64, 128}, plane, 2e-3, 1e-4, true},
		{"polar", []int{32, 64, 128}, plane, 2e-3, 1e-4, true},
		{"cartesian", []int{12, 24, 48}, space, 1e-2, 1e-3, true},
		{"spherical", []int{12, 24, 48}, space, 1e-2, 1e-3, true},
	} {
		if c.long && os.Getenv("FPSGD_LONG") == "" {
			continue // half a minute
		}
		d := 2
		if c.want[2] == c.want[1] {
			d = 3
		}
		l := newLevels(t, c.system, 4, c.cells, func(n int) *operators.Operator {
			return assemble(t, grid(t, c.system, d, n, 27), 0.25, "")
		})
		compare(t, c.system, l.finest, c.want, c.raw)
		l.check(t, fmt.Sprintf("%s %v", c.system, c.cells), c.want, c.extrapolated)
		if next := l.finest[len(c.want)]; !(next > 1.1*c.want[2]) {
			t.Errorf("%s: the fourth rate is %g, want no more copies of the third", c.system, next)
		}
	}
}

// With exact solves a block of 4 spans at most 4 dimensions of each eigenspace, and here 9 in all:
// 4 of 4, 2 of 6, 2 of 4 and 1. Only a second search from random vectors finds that the first 7 to
// 9 modes are not the lowest.
func TestMultiplicityBeyondTheBlock(t *testing.T) {
	shape, coupling := []int{4, 4}, []float64{1, 1}
	op := lattice(shape, coupling, true)
	for k := 1; k <= 15; k++ {
		modes := must[[]Mode](t)(Spectrum(t.Context(), op, denseSetUp(dense(op)), k))
		var got []float64
		for _, m := range modes {
			got = append(got, m.Value)
		}
		// rounding
		compare(t, fmt.Sprintf("%d modes of the torus", k), got,
			latticeValues(shape, coupling, true, k), 1e-13)
	}
}
