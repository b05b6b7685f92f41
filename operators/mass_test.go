package operators

import (
	"math"
	"strings"
	"testing"

	"fpsgd/mesh"
)

// powerOf is π = |θ − c|^{−a}, with κ of no interest.
type powerOf struct {
	a float64
	c []float64
}

func (w powerOf) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	for i := range logPi {
		r := 0.0
		for k, name := range p.Grid().Coordinates.Components() {
			r = math.Hypot(r, p.Var(name)[i]-w.c[k])
		}
		logPi[i], kappa[i] = -w.a*math.Log(r), 0
	}
	return nil
}

// ∫_{[0,1]²} |x|^{−a} dx = (2/(2−a)) ∫_0^{π/4} (cos φ)^{a−2} dφ: for a = 1 it is 2 log(1 + √2). A
// singularity at a corner is integrated to the tolerance, and one that is not integrable, or
// strictly inside a cell, is refused.
func TestSingularMasses(t *testing.T) {
	unit := func(n int) mesh.Axis { return must[mesh.Axis](t)(mesh.Uniform("x", n, 0, 1)) }
	g := newGrid(t, "cartesian", 2, unit(4), unit(4))
	op := must[*Operator](t)(Assemble(g, powerOf{1, []float64{0, 0}}, Options{}))
	want := 2 * math.Log(1+math.Sqrt2)
	if got := math.Exp(op.LogZ); math.Abs(got/want-1) > 1e-9 { // tolerance 1e-10 a cell
		t.Errorf("∫ = %.12g, want %.12g", got, want)
	}
	for name, c := range map[string]struct {
		w    powerOf
		want string
	}{
		"not integrable at a corner": {powerOf{2, []float64{0, 0}}, "not integrable"},
		"far from integrable":        {powerOf{3, []float64{0.25, 0.5}}, "not integrable"},
		"inside a cell":              {powerOf{1, []float64{0.3, 0.3}}, "inside a cell"},
	} {
		_, err := Assemble(g, c.w, Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A pole of f that no flux can pass, ∫ f^{1/ε} = ∞, is refused on every grid, inside a cell or on a
// face.
func TestPolesAreRefused(t *testing.T) {
	poles := map[string]func(x float64) float64{ // log f
		"1/|x − 0.1|":          func(x float64) float64 { return -math.Log(math.Abs(x - 0.1)) },
		"1 + 1/(x − 0.1)⁴":     func(x float64) float64 { return math.Log1p(math.Pow(x-0.1, -4)) },
		"1/x², pole on a face": func(x float64) float64 { return -2 * math.Log(math.Abs(x)) },
	}
	for name, logF := range poles {
		for _, n := range []int{100, 150, 200, 250, 300, 400, 800} {
			g := newGrid(t, "cartesian", 1, sinhAxis(t, "x", n, -100, 100))
			w := mlWeights{0.25, func(theta []float64) float64 { return logF(theta[0]) }}
			if _, err := Assemble(g, w, Options{}); err == nil {
				t.Errorf("%s on %d cells is accepted", name, n)
			}
		}
	}
}

// The bound of a rule's error of e^{δx + cx²} is one, against the integral by 100 points, and is
// none that says nothing.
func TestQuadraticBound(t *testing.T) {
	exact, told := newRule(100), 0
	for p := 3; p <= 8; p++ {
		r := newRule(p)
		for _, delta := range []float64{0, 0.1, -0.7, 2, 5} {
			for _, c := range []float64{-20, -3, -0.8, -0.3, -0.06, 0.06, 0.3, 0.8, 3, 20} {
				integral := func(r *rule) (sum float64) {
					for a, x := range r.x {
						sum += r.w[a] * math.Exp(delta*x+c*x*x)
					}
					return sum
				}
				want, bound := math.Abs(integral(r)/integral(exact)-1), r.quadraticBound(delta, c)
				if !(want <= bound+1e-14) { // rounding of the sums
					t.Errorf("p = %d, δ = %g, c = %g: the error is %.3g and its bound %.3g", p,
						delta, c, want, bound)
				}
				if bound < 1e4*want+1e-13 {
					told++
				}
				if got := r.quadraticError(delta, c); math.Abs(got-want) > 1e-5*want+1e-14 {
					t.Errorf("p = %d, δ = %g, c = %g: the error is %.9g, want %.9g", p, delta, c,
						got, want)
				}
			}
		}
	}
	if told < 150 {
		t.Errorf("%d of 300 bounds are within 1e4 of the error", told)
	}
}
