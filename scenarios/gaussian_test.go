package scenarios

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"fpsgd/operators"
)

// Integrals of Gaussians over intervals, shells and a cell of a polar grid, to 17 digits by mpmath
// (60 digits; log of differences of erf and erfc, and of tanh–sinh quadratures scaled by the
// largest value).
func TestLogarithmsOfGaussianMasses(t *testing.T) {
	inf := math.Inf
	for _, c := range []struct{ a, b, center, width, want float64 }{
		// far narrower than the interval, inside and on its end
		{0, 0.1, 0.05, 1e-14, -31.317252768711966834},
		{0, 0.1, 0, 1e-14, -32.010399949271912144},
		{0.5, 1, 0, 0.011, -1041.3849074872305401}, // the tail above and below
		{-3, -2, 0, 0.05, -806.68523575410310642},
		{0.25, 0.5, -20, 1, -208.04790770173081563},
		{44.5, 44.6, 0, 1, -993.93265556936440189},
		{44.5, 44.5 + 0x1p-20, 0, 1, -1003.987964830377555}, // and a short interval there
		{30, 1000, 0, 1, -453.40230542313852437},
		{-0.1, 0.2, 0, 3, -1.2045281747403968455}, // much wider
		{1e-3, 2e-3, 0, 1, -6.9077564456487092743},
	} {
		// rounding of (a−c)²/(2w²)
		if got := logNormal(c.a, c.b, c.center, c.width); !near(got, c.want,
			2e-15*math.Abs(c.want)+2e-13) {
			t.Errorf("interval %v: %.17g, want %.17g", c, got, c.want)
		}
	}
	for _, c := range []struct {
		n                         int
		a, b, center, width, want float64
	}{
		{2, 1, 2, 1.5, 0.5, 0.6868414988718396478},
		{2, 0, 0.1, 0, 0.5, -8.0183538452673677891},
		{19, 1.9, 2.1, 2, 0.25, 11.668716445561175253},
		{19, 3.5, 3.7, 2, 0.05, -432.58647712523386007},
		{1, 0, 1, 0.5, 1e-3, -6.6819639263374096197},
		{2, 0.5, 0.6, 2, 0.03, -1097.2627277185495119},
		{999, 10, 20, 0, 0.5, 2257.8491129012012926},
		{2, 0, 1, -1, 0.1, -63.179863449348846601},
		// ∫r² = r³/3, times e^{−2}
		{2, math.Exp(-400), math.Exp(-300), 1, 0.5, -900 - math.Log(3) - 2},
		{0, 0, inf(1), 0, 2, math.Log(math.Sqrt(2 * math.Pi))},
		{1, 0, inf(1), 0, 1e-170, -340 * math.Ln10}, // ∫r e^{−r²/(2w²)} = w²
	} {
		got := logShell(c.n, c.a, c.b, math.Log(c.a), math.Log(c.b), c.center, c.width)
		if !near(got, c.want, 2e-15*math.Abs(c.want)+2e-13) {
			t.Errorf("shell %v: %.17g, want %.17g", c, got, c.want)
		}
	}
	for _, c := range []struct {
		pos         []int
		width, want float64
		tolerance   float64 // as documented of masses above e^{−40}, and below e^{−40}
	}{
		{[]int{1, 0}, 0.5, -2.0600847400950144, 1e-12},
		{[]int{0, 4}, 0.2, -21.660663780561541, 1e-12},
		{[]int{4, 2}, 0.3, -124.36783842507319, 1e-5},
	} {
		s := must[*Scenario](t)(problem{grid: polar,
			axes: []string{uniform(5, 0, 5), angle(8)}}.build(t))
		if got := newBall(s.Grid, []float64{1, -0.5}, c.width).logMass(c.pos); !near(got, c.want,
			c.tolerance) {
			t.Errorf("cell %v, width %g: %.17g, want %.17g", c.pos, c.width, got, c.want)
		}
	}
}

// The masses of all cells add up to that of the Gaussian, (2πw²)^{m/2}, whatever its width: many
// cells, a part of one, 1e-12 of one; with its centre inside a cell, on a face, on a corner, on the
// axis of the coordinates.
func TestWholeMassOfGaussians(t *testing.T) {
	side := []string{uniform(60, -10, 10), sinh(60, -10, 10), uniform(7, -10, 10),
		uniform(6, -9, 9)}
	plane, ball := []string{uniform(60, 0, 10), angle(40)},
		[]string{uniform(12, 0, 12), angle(4), angle(8)}
	for name, c := range map[string]struct {
		p      problem
		center []float64
		m      int
	}{
		"line":            {problem{axes: side[:1]}, []float64{1}, 1},
		"line, on a face": {problem{axes: side[:1]}, []float64{0}, 1},
		"plane":           {problem{axes: side[:2]}, []float64{1, -0.5}, 2},
		"space":           {problem{axes: side[:3]}, []float64{1, -0.5, 0.2}, 3},
		"four": {problem{axes: []string{side[2], side[2], side[3], side[3]}},
			[]float64{1, 0, 0, 0.2}, 4},
		"polar":              {problem{grid: polar, axes: plane}, []float64{1, -0.5}, 2},
		"polar, on a corner": {problem{grid: polar, axes: plane}, []float64{1, 0}, 2},
		"polar, on the seam": {problem{grid: polar, axes: []string{uniform(60, 0, 10), angle(40) +
			"\nmin = -1.0\nmax = 5.283185307179586"}},
			// φ = −1, where the circle begins
			[]float64{0.5403023058681398, -0.8414709848078965}, 2},
		"polar, at the pole": {problem{grid: polar, axes: plane}, []float64{0, 0}, 2},
		"polar, log": {problem{grid: polar, axes: []string{log(60, -40, 2.5), angle(40)}},
			[]float64{1, -0.5}, 2},
		"polar, 3 sectors": {problem{grid: polar, axes: []string{uniform(4, 0, 10), angle(3)}},
			[]float64{1, 0.5}, 2},
		"spherical":         {problem{grid: spherical, axes: ball}, []float64{1, -0.5, 0.2}, 3},
		"spherical, corner": {problem{grid: spherical, axes: ball}, []float64{1, 0, 0}, 3},
		"spherical, axis":   {problem{grid: spherical, axes: ball}, []float64{0, 0, -1}, 3},
		"spherical, pole":   {problem{grid: spherical, axes: ball}, []float64{0, 0, 0}, 3},
		"ball": {problem{grid: radial(20), axes: []string{uniform(60, 0, 10)}},
			[]float64{0}, 20},
		"ball, log": {problem{grid: radial(3), axes: []string{log(200, -40, 3)}}, []float64{0}, 3},
		"on the axis": {problem{grid: cylindrical, axes: []string{uniform(60, 0, 10), side[0]}},
			[]float64{0, 0.5}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			s := must[*Scenario](t)(c.p.build(t))
			logMass := make([]float64, s.Grid.Cells())
			for _, width := range []float64{0.5, 0.1, 1e-3, 1e-13} {
				gaussian := Gaussian{c.center, width}
				if err := s.logGaussian(logMass, gaussian, nil); err != nil {
					t.Fatal(err)
				}
				want := float64(c.m) * math.Log(width*math.Sqrt(2*math.Pi))
				// 20 widths and more lie on the grid
				if got := operators.LogSum(logMass, 1); !near(got, want, 1e-12) {
					t.Errorf("width %g: mass e^%.17g, want e^%.17g", width, got, want)
				}
				if got := s.logGaussianInAll(gaussian); !near(got, want, 1e-12) {
					t.Errorf("width %g: of the whole space e^%.17g, want e^%.17g", width, got, want)
				}
			}
		})
	}
}

// A point source on a face lies in the two cells beside it in equal parts, and in the cell around
// it otherwise. The state is of mass 1.
func TestPointSources(t *testing.T) {
	for center, want := range map[float64]map[int]float64{0.5: {10: 0.5, 11: 0.5}, 0.55: {11: 1}} {
		s, op := problem{axes: []string{uniform(20, -5, 5)},
			initial: fmt.Sprintf("kind = \"gaussian\"\ncenter = [%g]\nwidth = 1e-12",
				center)}.scenario(t)
		w := must[[]float64](t)(s.Start(op))
		for i := range w {
			// 1e-16 of rounding in 1e-12
			if p := w[i] * op.Sigma[i]; !near(p, want[i], 1e-12) &&
				!(center == 0.5 && near(p, 0.5, 1e-3)) {
				t.Errorf("centre %g: cell %d holds %.15g", center, i, p)
			}
		}
	}
}

// A Gaussian is refused when it lies off the grid, with its share, and remarked on when a part of
// it does.
func TestGaussiansOffTheGrid(t *testing.T) {
	// Φ(0), Φ(−1), Φ(−2)
	for center, want := range map[float64]float64{5: 0.5, 5.5: 0.158655253931457,
		6: 0.0227501319481792} {
		s, op := problem{axes: []string{uniform(20, -5, 5)},
			initial: fmt.Sprintf("kind = \"gaussian\"\ncenter = [%g]\nwidth = 0.5",
				center)}.scenario(t)
		if w := must[[]float64](t)(s.Start(op)); !near(op.Mass(w), 1, 1e-14) {
			t.Errorf("centre %g: mass %g", center, op.Mass(w))
		}
		if len(s.Remarks) != 1 || !strings.Contains(s.Remarks[0], fmt.Sprintf("%.4g", want)) {
			t.Errorf("centre %g: remarks %q, want one with %.4g", center, s.Remarks, want)
		}
	}
	s, op := problem{axes: []string{uniform(20, -5, 5)},
		initial: "kind = \"gaussian\"\ncenter = [9.0]\nwidth = 0.5"}.scenario(t)
	_, err := s.Start(op)
	wantError(t, err, "mass 6.22e-16 on the grid") // Φ(−8)
}

// A formula's bump is integrated however narrow, as long as a point of the quadrature sees it; if
// none does, that is the reason given. An exact solution of tiny age is given by its logarithm, and
// found by its slope.
func TestNarrowDensities(t *testing.T) {
	for _, width := range []float64{0.3, 0.03, 0.003} {
		s, op := problem{axes: []string{uniform(40, -5, 5)},
			initial: fmt.Sprintf("kind = \"formula\"\nformula = "+
				"\"exp(-((x-1.0123)/%g)^2)\"\nnormalize = false", width)}.scenario(t)
		// boxes to 1e-13 each
		if got, want := op.Mass(must[[]float64](t)(s.Start(op))),
			width*math.Sqrt(math.Pi); !near(got/want, 1, 1e-11) {
			t.Errorf("width %g: mass %.15g, want %.15g", width, got, want)
		}
	}
	s, op := problem{axes: []string{uniform(40, -5, 5)},
		initial: "kind = \"formula\"\nformula = \"exp(-((x-1.0123)/1e-6)^2)\""}.scenario(t)
	_, err := s.Start(op)
	wantError(t, err, "every point of the quadrature")
	for _, age := range []float64{1e-2, 1e-6, 1e-12} {
		s, op := problem{noise: "model = \"homogeneous\"\nepsilon = 0.5",
			landscape: `formula = "1 + x^2"`, axes: []string{uniform(40, -5, 5)},
			initial: fmt.Sprintf("kind = \"exact\"\nsource = 1.0123\nage = %g\nnormalize = false",
				age)}.scenario(t)
		// exactShare, of a few cells
		if got := op.Mass(must[[]float64](t)(s.Start(op))); !near(got, 1, 1e-9) {
			t.Errorf("age %g: mass %.15g", age, got)
		}
	}
}

// Where π is so small that χ overflows, the reason says where, and whether floating point holds any
// of it.
func TestReasonsOfChi(t *testing.T) {
	p := problem{landscape: `formula = "r^2"`, noise: "model = \"homogeneous\"\nepsilon = 0.5",
		axes: []string{uniform(400, -30, 30)}}
	// π = e^{−2x²}, σ = e^{−x²} < e^{−745} there
	for center, want := range map[string]string{"20.0": "π has a share e^-8",
		"28.0": "no mass that floating point holds"} {
		p.initial = "kind = \"gaussian\"\ncenter = [" + center + "]\nwidth = 0.05"
		s, op := p.scenario(t)
		_, err := s.Start(op)
		wantError(t, err, want)
		wantError(t, err, "at x = 2")
	}
}
