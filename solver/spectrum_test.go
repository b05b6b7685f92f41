package solver

import (
	"context"
	"errors"
	"math"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/solver/linear"

	"gonum.org/v1/gonum/floats"
)

// lattice is the operator of a uniform density on a grid with the given couplings along its axes, closed or periodic.
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

// latticeValues returns the k lowest eigenvalues of lattice but 0, Σ_k 4c_k sin²(θ_k/2) with θ_k = 2πm/n on a ring and πm/n
// otherwise.
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

// lowest runs Spectrum as its documentation asks for, checks what it promises of all modes, and returns the eigenvalues.
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
	t.Logf("%s: %d modes of %d cells, %.6g to %.6g: residual %.1e, %d set-ups, %d solves, %d iterations, %.2f s",
		name, k, op.Cells(), values[0], values[k-1], residual, c.setUps, c.solves, c.iterations, time.Since(begun).Seconds())
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
		dense := newSpectrum(t, op).values
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
		{"torus", []int{11, 11}, []float64{1, 1}, true, 30},                 // 4, 4, 4, 8-fold, more than the block
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

// well are the weights π = e^{−V/ε}, κ = log ε − V/ε, V = h (x² − 1)², with a barrier of height h between two wells.
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

// lineValue returns eigenvalue number k (0 is the lowest) of an operator on a closed axis to 200 binary digits, by bisection of
// the recursion T_i(u_{i+1} − u_i) = −λ Σ_{j≤i} M_j u_j for its changes of sign (Sturm).
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
		op := must[*operators.Operator](t)(operators.Assemble(g, well{height, 0.25}, operators.Options{}))
		values := lowest(t, "double well", op, 5)
		var exact []float64
		for k := range values {
			exact = append(exact, lineValue(op, k+1, 1e-40, 1e4))
		}
		t.Logf("height %g: %.6g %.6g %.6g, relative errors %.1e %.1e", height, values[0], values[1], values[2], values[0]/exact[0]-1, values[1]/exact[1]-1)
		compare(t, "double well", values, exact, 1e-12) // GTH: a small relative error whatever the barrier
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
		op[d] = must[*operators.Operator](t)(operators.Assemble(g, well{5, 0.25}, operators.Options{}))
	}
	line, plane := lowest(t, "line", op[0], 3), lowestTo(t, "plane", op[1], 4, 1e-7) // ⟨w,Dw⟩/λ = 3e10: rounding
	near(t, "rate over the barrier", plane[0]/line[0], 1, 1e-6)                      // a product: but for the quadrature of the operators
}

// On |x| ≤ R with ε = 2, λ_n = ε(1 + (nπ/(2 asinh R))²): the operator is that of a free particle, seen through a supersymmetric
// partner (theory of the Hardy–Poincaré inequality). All lie next to the edge ε if R is large.
func TestCrowdedSpectrum(t *testing.T) {
	for _, c := range []struct {
		radius   float64
		k, cells int
	}{{1e10, 1, 800}, {1e10, 30, 800}, {1e50, 3, 800}, {1e104, 1, 1500}} {
		op := interval(t, c.cells, c.radius, 2)
		got := lowest(t, "edge", op, c.k)
		length := 2 * math.Asinh(c.radius)
		for n := range got {
			excess := math.Pow(float64(n+1)*math.Pi/length, 2)
			h := length / float64(c.cells)
			// Second order in h; a mode that oscillates once in k cells loses (π/k)²/3.
			near(t, "λ/ε", got[n]/2, 1+excess, h*h*(0.3*excess+0.3*excess*excess+0.02))
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
	if _, err := Spectrum(t.Context(), plane, c.setUp(plane, 1e-6), 3); err == nil || !strings.Contains(err.Error(), "1e-12") {
		t.Errorf("with a tolerance of 1e-6 the error is %v, want advice on it", err)
	}
	want := errors.New("no set-up")
	if _, err := Spectrum(t.Context(), op, func(float64) (Linear, error) { return nil, want }, 1); !errors.Is(err, want) {
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
		// Lowest of all is the rate at which the stationary density loses mass, to first order in the rate.
		if rate < 1e-6 {
			near(t, "slow loss", got[0]/(rate*op.Sigma[39]*op.Sigma[39]), 1, 1e-7)
			got[0] = 0
		}
		for k, v := range newSpectrum(t, &op).values[:6] {
			near(t, "eigenvalue", got[k], v, 1e-9) // the rounding of the largest
		}
	}
}

func TestSpectrumDoesNotDependOnThreads(t *testing.T) {
	op := assemble(t, grid(t, "cartesian", 2, 96, 100), 0.25, "")
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

// extrapolated returns the k lowest eigenvalues extrapolated from grids of the given numbers of cells, and the error estimates.
func extrapolated(t *testing.T, name string, k int, assemble func(n int) *operators.Operator, cells ...int) (values, estimates []float64) {
	levels := make([][]float64, k)
	for _, n := range cells {
		for i, v := range lowest(t, name, assemble(n), k) {
			levels[i] = append(levels[i], v)
		}
	}
	for _, l := range levels {
		v, e, order := Richardson(l, float64(cells[1])/float64(cells[0]), 2)
		t.Logf("%s: %.12g → %.12g ± %.1e, observed order %.3f", name, l[len(l)-1], v, e, order)
		values, estimates = append(values, v), append(estimates, e)
	}
	return values, estimates
}

func TestTruncatedClosedForms(t *testing.T) {
	for _, radius := range []float64{10, 1e4, 1e8} {
		values, estimates := extrapolated(t, "interval", 2, func(n int) *operators.Operator { return interval(t, n, radius, 2) }, 500, 1000, 2000)
		for n, v := range values {
			want := 2 * (1 + math.Pow(float64(n+1)*math.Pi/2/math.Asinh(radius), 2))
			t.Logf("R = %g: relative error %.1e, estimated %.1e", radius, v/want-1, estimates[n]/want)
			near(t, "truncated eigenvalue", v/want, 1, 1e-8)
		}
	}
	radial := must[mesh.Coordinates](t)(mesh.NewCoordinates("radial", 3))
	for _, S := range []float64{10, 1e2, 1e4, 1e6, 1e8, 1e10} {
		values, estimates := extrapolated(t, "log-singular", 1, func(n int) *operators.Operator {
			axis := must[mesh.Axis](t)(mesh.Log("r", n, -S, S, 1))
			g := must[*mesh.Grid](t)(mesh.NewGrid(radial, []mesh.Axis{axis}))
			return must[*operators.Operator](t)(operators.Assemble(g, logSingular{2}, operators.Options{}))
		}, 500, 1000, 2000)
		want := 2 * (1 + math.Pow(math.Pi/2/math.Asinh(S), 2))
		t.Logf("S = %g: relative error %.1e, estimated %.1e", S, values[0]/want-1, estimates[0]/want)
	}
}

// The lowest rates of f = 1 + |θ|², ε = 1/4, on |x| ≤ 27 are ε·8, once for every axis, and then, in the plane, ε·12. The errors
// are of second order in the spacing 8/n; those of the truncation, 27^{-8}, do not show.
func TestRatesOfTheQuadratic(t *testing.T) {
	type levels []int
	for _, c := range []struct {
		name             string
		dimension        int
		cells            levels
		want             []float64
		raw, extrapolate float64
	}{
		{"cartesian", 2, levels{16, 32, 64}, []float64{2, 2, 3}, 8e-3, 4e-4},
		{"polar", 2, levels{16, 32, 64}, []float64{2, 2, 3}, 8e-3, 4e-4},
		{"cartesian", 3, levels{8, 16}, []float64{2, 2, 2}, 9e-2, 3e-2},
		{"spherical", 3, levels{8, 16}, []float64{2, 2, 2}, 9e-2, 3e-2},
		{"cartesian", 2, levels{32, 64, 128}, []float64{2, 2, 3}, 2e-3, 1e-4},
		{"polar", 2, levels{32, 64, 128}, []float64{2, 2, 3}, 2e-3, 1e-4},
		{"cartesian", 3, levels{12, 24, 48}, []float64{2, 2, 2}, 1e-2, 1e-3},
		{"spherical", 3, levels{12, 24, 48}, []float64{2, 2, 2}, 1e-2, 1e-3},
	} {
		finest := c.cells[len(c.cells)-1]
		if finest*c.dimension > 128 && os.Getenv("FPSGD_LONG") == "" {
			continue // a minute
		}
		var last []float64
		values, estimates := extrapolated(t, c.name, len(c.want), func(n int) *operators.Operator {
			op := assemble(t, grid(t, c.name, c.dimension, n, 27), 0.25, "")
			if n == finest {
				last = lowest(t, c.name, op, len(c.want)+1)
			}
			return op
		}, c.cells...)
		for k, want := range c.want {
			t.Logf("%s %d^%d: %.6f, error %.1e; extrapolated %.1e, estimated %.1e", c.name, finest, c.dimension, last[k],
				last[k]/want-1, values[k]/want-1, estimates[k]/want)
			near(t, c.name, last[k]/want, 1, c.raw)
			near(t, c.name+" extrapolated", values[k]/want, 1, c.extrapolate)
		}
		if c.dimension == 3 && !(last[3] > 1.1*last[2]) {
			t.Errorf("%s: the fourth rate is %g, want the first to be three-fold", c.name, last[3])
		}
	}
}
