package scenarios

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"fpsgd/operators"
)

// The share of π outside of a grid, against integrals of π over what is outside (adaptive
// quadrature, strip by strip, each to 1e-11; in four dimensions axis by axis with the marginals of
// π; of a radius by the incomplete beta function in 40 digits), which no grid has anything to do
// with. It is right to 1e-9 of itself, however small, and however few cells there are.
func TestMassOutside(t *testing.T) {
	box := func(n int, min, max float64) string { return uniform(n, min, max) }
	for name, c := range map[string]struct {
		p    problem
		want float64
	}{
		"line, ε = 2: 1 − 3/√10": {problem{noise: "epsilon = 2.0",
			axes: []string{sinh(60, -3, 3)}}, 1 - 3/math.Sqrt(10)},
		"line":          {problem{axes: []string{box(20, -3, 5)}}, 4.32543072212559029798e-6},
		"line, far out": {problem{axes: []string{sinh(60, -200, 200)}}, 5.05202117189656369278e-22},
		"plane, 2 + 3|θ − (1, 0)|²": {problem{landscape: `formula = "2 + 3*(x-1)^2 + 3*y^2"`,
			axes: []string{box(16, -3, 5), box(20, -4, 6)}}, 1.06900188838433e-6},
		"four dimensions": {problem{noise: "epsilon = 0.2",
			axes: []string{sinh(4, -8, 8) + "\nrepeat = 4"}}, 5.900632824082e-8},
		"radial, m = 20": {problem{noise: "epsilon = 0.05", grid: radial(20),
			axes: []string{sinh(40, 0, 50)}}, 6.99072809085895574e-33},
		"spherical": {problem{grid: `coordinates = "spherical"`,
			axes: []string{sinh(10, 0, 10), angle(4), angle(4)}}, 2.23984722709728431715e-7},
		"spherical, half of it": {problem{grid: `coordinates = "spherical"`,
			axes: []string{sinh(10, 0, 10), uniform(4, 0, math.Pi/2), angle(4)}},
			0.500000111992361354865},
		"log r, both ends": {problem{grid: radial(3), axes: []string{log(40, -5, 3)}},
			1.66333305494475024775e-6},
		"homogeneous, off the centre": {problem{landscape: `formula = "0.3 + 2*(x-1)^2 + 2*y^2"`,
			noise: "model = \"homogeneous\"\nepsilon = 0.5",
			axes:  []string{box(20, -3, 3) + "\nrepeat = 2"}}, 7.70862897165974597e-9},
		"cylindrical": {problem{landscape: `formula = "1 + r^2 + (z-1)^2"`,
			grid: `coordinates = "cylindrical"`, axes: []string{sinh(10, 0, 6), box(10, -4, 8)}},
			4.922328010169e-6},
	} {
		s, op := c.p.scenario(t)
		if got := s.MassOutside(op); !(math.Abs(got/c.want-1) <= 1e-9) {
			t.Errorf("%s: %.12g of π outside, want %.12g", name, got, c.want)
		}
		if massIsWrong(s, op) {
			t.Errorf("%s: log Z = %.12g against the closed form", name, op.LogZ)
		}
	}
	s, op := problem{landscape: `formula = "1 + x^4"`, axes: []string{sinh(60, -3, 3)}}.scenario(t)
	if got := s.MassOutside(op); !math.IsNaN(got) || massIsWrong(s, op) {
		t.Errorf("outside with Z unknown: %g", got)
	}
}

// In coordinates that do not have the centre of f as theirs the share is what Z on the grid lacks
// of the whole, where that is more than the quadrature's error, and not known where it is not:
// f = 1 + |θ − (1, 0)|² on r ≤ 3 and on r ≤ 1e4, outside of which lies (1e4)^{−8}. The integral
// over r > 3 is by adaptive quadrature, to 1e-12.
func TestMassOutsideWithoutTails(t *testing.T) {
	disc := func(r float64) problem {
		return problem{landscape: `formula = "1 + (x-1)^2 + y^2"`, grid: `coordinates = "polar"`,
			axes: []string{sinh(40, 0, r), angle(32)}}
	}
	const want = 0.00045547358588026
	s, op := disc(3).scenario(t)
	// the quadrature of π, 1e-9, over a share of 5e-4
	if got := s.MassOutside(op); !(math.Abs(got/want-1) <= 1e-5) {
		t.Errorf("%.9g of π outside, want %.9g", got, want)
	}
	s, op = disc(1e4).scenario(t) // (1e4)^{−8}: far below rounding
	if got := s.MassOutside(op); !math.IsNaN(got) {
		t.Errorf("%.3g of π outside, which no quadrature can tell", got)
	}
}

// massIsWrong holds log Z of a grid against its closed form.
func massIsWrong(s *Scenario, op *operators.Operator) bool {
	want, allowed, ofGrid := s.ExactLogZ(op)
	return op.LogZ-want > allowed || ofGrid && want-op.LogZ > allowed
}

// Masses that are off by more than the quadrature's error are found out, in either direction, and
// by an excess alone where what is outside is not known.
func TestExactLogZFindsWrongMasses(t *testing.T) {
	for name, p := range map[string]problem{
		"line":  {axes: []string{sinh(60, -20, 20)}},
		"plane": {axes: []string{sinh(32, -20, 20) + "\nrepeat = 2"}},
		"space": {axes: []string{sinh(16, -20, 20) + "\nrepeat = 3"}},
		"off disc": {landscape: `formula = "1 + (x-1)^2 + y^2"`, grid: `coordinates = "polar"`,
			axes: []string{sinh(40, 0, 20), angle(32)}},
	} {
		s, op := p.scenario(t)
		if massIsWrong(s, op) {
			t.Errorf("%s: log Z = %.12g against the closed form", name, op.LogZ)
		}
		t.Logf("%s: log Z off by %.1e, estimate of its error %.1e", name, op.LogZ-s.Known.LogZ,
			op.MassError)
		for _, off := range []float64{1e-2, -1e-2} {
			wrong := *op
			wrong.LogZ += off
			if unseen := off < 0 && name == "off disc"; massIsWrong(s, &wrong) == unseen {
				t.Errorf("%s, log Z off by %g: seen %t", name, off, !unseen)
			}
		}
	}
}

// Peaks that are narrower than a cell, flat ones and all between them, in one to four dimensions,
// on grids that are mostly too coarse: the masses are those of the closed form (products of error
// functions, incomplete beta functions) up to ten times the estimate of their error. A parabola has
// no Legendre mode above the second, so that an estimate from the decay of modes alone is blind to
// it.
func TestPeaksBetweenTheNodes(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 9))
	largest := 0.0
	cases := []int{40, 8, 1} // a case of three axes takes a second, of four ten
	if os.Getenv("FPSGD_LONG") != "" {
		cases = []int{1000, 300, 80, 10}
	}
	for i, d := 0, 1; d <= len(cases); i++ {
		if i == cases[d-1] {
			i, d = -1, d+1
			continue
		}
		n := []int{8 + random.IntN(90), 6 + random.IntN(20), 5 + random.IntN(7),
			3 + random.IntN(2)}[d-1]
		r := math.Exp(0.5 + 2*random.Float64())
		axis := []func(int, float64, float64) string{uniform, sinh}[random.IntN(2)](n, -r,
			(1+random.Float64()/4)*r)
		model := []string{"ml", "homogeneous"}[random.IntN(2)]
		eps := math.Exp(math.Log(0.01) * random.Float64())
		p := problem{noise: fmt.Sprintf("model = %q\nepsilon = %.4g", model, eps),
			axes: []string{axis + fmt.Sprintf("\nrepeat = %d", d)}}
		s, err := p.build(t)
		if err != nil {
			t.Fatal(err)
		}
		op, err := s.Assemble()
		if err != nil {
			continue // a rate of exchange that is not representable
		}
		want, allowed, ofGrid := s.ExactLogZ(op)
		if off := math.Abs(op.LogZ - want); !ofGrid || !(off <= allowed) {
			t.Errorf("d = %d, %d cells, R = %.3g, %s, ε = %.3g: log Z off by %.2g, allowed %.2g "+
				"(of the grid: %t)", d, n, r, model, eps, off, allowed, ofGrid)
		} else {
			largest = max(largest, off/allowed)
		}
	}
	t.Logf("largest error: %.2g of what is allowed", largest)
}
