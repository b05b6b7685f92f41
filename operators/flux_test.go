package operators

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"fpsgd/mesh"

	"pgregory.net/rapid"
)

// bigExp returns e^x to 300 bits, |x| ≤ 700: the series at x/2^16, squared 16 times.
func bigExp(x float64) *big.Float {
	const bits, halvings = 300, 16
	y := new(big.Float).SetPrec(bits).SetFloat64(x)
	y.SetMantExp(y, -halvings)
	sum, term := big.NewFloat(1).SetPrec(bits), big.NewFloat(1).SetPrec(bits)
	for n := 1; n < 60; n++ {
		term.Mul(term, y)
		term.Quo(term, new(big.Float).SetPrec(bits).SetInt64(int64(n)))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}

// log B(x) is right to a few units in the last place of itself, or of B, on [−700, 700]: against
// B(x) = x/(e^x − 1) in 300 bits, and B(−x) − B(x) = x.
func TestLogBernoulli(t *testing.T) {
	one := big.NewFloat(1)
	rapid.Check(t, func(t *rapid.T) {
		x := math.Exp(rapid.Float64Range(-40, math.Log(700)).Draw(t, "log |x|"))
		if rapid.Bool().Draw(t, "negative") {
			x = -x
		}
		denominator := new(big.Float).Sub(bigExp(x), one)
		want, _ := new(big.Float).Quo(new(big.Float).SetPrec(300).SetFloat64(x),
			denominator).Float64()
		got := logBernoulli(x)
		// one unit of log B, one of B, and of want
		if tolerance := 4e-16 * (1 + math.Abs(got)); math.Abs(got-math.Log(want)) > tolerance {
			t.Fatalf("log B(%g) = %.17g, want %.17g", x, got, math.Log(want))
		}
		up, down := math.Exp(logBernoulli(-x)), math.Exp(logBernoulli(x))
		size := math.Max(up, down) // roundings are of the larger one
		if math.Abs(up-down-x) > 2e-15*size*(1+math.Abs(math.Log(size))) {
			t.Fatalf("B(−x) − B(x) = %.17g at x = %.17g", up-down, x)
		}
	})
	if logBernoulli(0) != 0 {
		t.Errorf("log B(0) = %g", logBernoulli(0))
	}
	// beyond the range of e^x: B(x) = x e^{−x}, B(−x) = x
	for _, x := range []float64{1e-300, -1e-300, 1e5, -1e5} {
		want := math.Log(math.Abs(x)) - math.Max(0, x)
		if math.Abs(x) < 1 {
			want = 0
		}
		// rounding of B or of its logarithm
		if got := logBernoulli(x); math.Abs(got-want) > 1e-15*(1+math.Abs(want)) {
			t.Errorf("log B(%g) = %.17g, want %.17g", x, got, want)
		}
	}
}

// The textbook flux on the line: T = e^{κ_i} B(κ_i − κ_j)/(x_j − x_i), the same seen from either
// side.
func TestBernoulliFluxIsTheTextbooks(t *testing.T) {
	const eps = 0.25
	a := sinhAxis(t, "x", 12, -3, 5)
	op := must[*Operator](t)(Assemble(newGrid(t, "cartesian", 1, a), quadratic(eps),
		Options{Flux: Bernoulli}))
	kappa := func(i int) float64 { x := a.Midpoint(i); return math.Log(eps) - math.Log1p(x*x)/eps }
	for i := range 11 {
		got := op.Coupling[0][i] * math.Exp((op.LogM[i]+op.LogM[i+1])/2)
		distance := a.Midpoint(i+1) - a.Midpoint(i)
		d := kappa(i) - kappa(i+1)
		for _, want := range []float64{math.Exp(kappa(i)) * d / math.Expm1(d),
			math.Exp(kappa(i+1)) * -d / math.Expm1(-d)} {
			if math.Abs(got*distance/want-1) > 1e-13 { // rounding of logarithms up to 15
				t.Errorf("cells %d and %d: T = %.15g, want %.15g", i, i+1, got, want/distance)
			}
		}
	}
}

// The Scharfetter–Gummel conductance between nodes is 1/∫e^{−κ} dx between the π-centroids: for e^κ
// = ε(1+x²)^{−1/ε} with 1/ε = 2 the integral is a polynomial.
func TestScharfetterGummelIsExactOnTheLine(t *testing.T) {
	const eps = 0.5
	a := sinhAxis(t, "x", 16, -3, 6)
	g := newGrid(t, "cartesian", 1, a)
	op := must[*Operator](t)(Assemble(g, quadratic(eps), Options{}))
	node := make([]float64, 16)
	pi := func(dst []float64, p *mesh.Points) error {
		return quadratic(eps).LogWeights(dst, make([]float64, len(dst)), p)
	}
	if err := Averages(node, g, pi, func(p *mesh.Points) []float64 { return p.Var("x") },
		1); err != nil {
		t.Fatal(err)
	}
	primitive := func(x float64) float64 { return x + 2*x*x*x/3 + x*x*x*x*x/5 } // of (1 + x²)²
	for i := range 15 {
		got := op.Coupling[0][i] * math.Exp((op.LogM[i]+op.LogM[i+1])/2)
		want := eps / (primitive(node[i+1]) - primitive(node[i]))
		if math.Abs(got/want-1) > 2e-7 { // κ is interpolated at eight points of a cell
			t.Errorf("cells %d and %d: T = %.12g, want %.12g (relative %.1e)", i, i+1, got, want,
				got/want-1)
		}
	}
}

// An axis of one cell adds nothing: an operator in the plane whose weights do not depend on y, on n
// × 1 cells, is that of the line, and a single cell has no coupling at all.
func TestAxesOfOneCell(t *testing.T) {
	x, y := sinhAxis(t, "x", 20, -5, 6), uniformAxis(t, "y", 1, -2, 1)
	f := mlWeights{0.25, func(theta []float64) float64 { return math.Log1p(theta[0] * theta[0]) }}
	for _, flux := range Fluxes {
		line := must[*Operator](t)(Assemble(newGrid(t, "cartesian", 1, x), f, Options{Flux: flux}))
		strip := must[*Operator](t)(Assemble(newGrid(t, "cartesian", 2, x, y), f,
			Options{Flux: flux}))
		for i, c := range line.Coupling[0] {
			// four points per axis in place of eight
			if math.Abs(strip.Coupling[0][i]-c) > 1e-5*c || strip.Coupling[1][i] != 0 {
				t.Errorf("%s, cell %d: coupling %g along x and %g along y, want %g and 0", flux, i,
					strip.Coupling[0][i], strip.Coupling[1][i], c)
			}
		}
		// the length of y; tolerance 1e-10 a cell
		if z := strip.LogZ - line.LogZ; math.Abs(z-math.Log(3)) > 1e-9 {
			t.Errorf("%s: log Z differs by %.12g, want log 3", flux, z)
		}
	}
	for _, system := range []string{"cartesian", "radial", "cylindrical"} {
		var axes []mesh.Axis
		for _, name := range must[mesh.Coordinates](t)(mesh.NewCoordinates(system, 2)).Axes() {
			axes = append(axes, uniformAxis(t, name, 1, 0, 1))
		}
		op := must[*Operator](t)(Assemble(newGrid(t, system, 2, axes...), quadratic(1), Options{}))
		out := []float64{math.NaN()}
		if op.Apply(out, []float64{1}); out[0] != 0 || op.Diag[0] != 0 || op.Sigma[0] != 1 {
			t.Errorf("%s: S = %g, diagonal %g, σ = %g on one cell", system, out[0], op.Diag[0],
				op.Sigma[0])
		}
	}
}

// badAt is f = 1 + |θ|² but for one value at the points near the origin.
type badAt struct{ logPi, kappa float64 }

func (w badAt) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	if err := quadratic(0.25).LogWeights(logPi, kappa, p); err != nil {
		return err
	}
	for i, l := range p.LogNorm() {
		if l < math.Log(0.7) {
			logPi[i] += w.logPi
			kappa[i] += w.kappa
		}
	}
	return nil
}

// refusing weights fail at every point.
type refusing struct{}

func (refusing) LogWeights(_, _ []float64, _ *mesh.Points) error {
	return fmt.Errorf("f is undefined")
}

// Weights that are NaN or infinite make an error, never an operator that is not finite.
func TestBadWeightsAreErrors(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	bad := []badAt{{nan, 0}, {inf, 0}, {-inf, 0}, {0, nan}, {0, inf}, {0, -inf}, {nan, nan},
		{1e300, 0}, {0, 1e300}}
	for _, system := range []string{"cartesian1", "cartesian2", "radial", "polar"} {
		g := systemGrid(t, system)
		for _, flux := range Fluxes {
			for _, w := range bad {
				if op, err := Assemble(g, w, Options{Flux: flux}); err == nil && !finite(op) {
					t.Errorf("%s, %s: no error of weights %v, and an operator that is not finite",
						system, flux, w)
				} else if err == nil && (math.IsNaN(w.logPi) || w.logPi > 0) {
					t.Errorf("%s, %s: no error of weights %v", system, flux, w)
				}
			}
			if _, err := Assemble(g, refusing{}, Options{Flux: flux}); err == nil {
				t.Errorf("%s, %s: the error of the weights is lost", system, flux)
			}
		}
	}
}

func finite(op *Operator) bool {
	for _, field := range append([][]float64{op.LogM, op.Sigma, op.Diag, op.Removal},
		op.Coupling...) {
		for _, v := range field {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return false
			}
		}
	}
	return true
}
