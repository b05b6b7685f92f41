package scenarios

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"fpsgd/mesh"
	"fpsgd/scenarios/config"
)

// loop is the table of a periodic axis.
func loop(n int, min, max float64) string {
	return fmt.Sprintf("cells = %d\nmin = %.17g\nmax = %.17g\nends = \"periodic\"", n, min, max)
}

func whole(n int) string { return loop(n, -math.Pi, math.Pi) }

// f must have the period: jumps at the seam are refused with both values, wherever along it they
// are; kinks, zeros, what nine digits of an end leave and a range that is cut elsewhere are not.
func TestSeams(t *testing.T) {
	nine := loop(8, -3.141592654, 3.141592654)
	for _, c := range []struct {
		f    string
		axes []string
		want string // of the error; "" for none
	}{
		{"2 + cos(x)", []string{whole(8)}, ""},
		{"2 + sin(3*x)", []string{nine}, ""},
		{"2 + sin(x)", []string{loop(8, 1, 1+2*math.Pi)}, ""},
		{"0.1 + abs(x)", []string{whole(8)}, ""}, // a kink
		{"1 + x^2", []string{loop(8, -2, 2)}, ""},
		{"exp(300*cos(x))", []string{whole(8)}, ""},
		{"2 + sin(x)", []string{loop(8, -3.14159, 3.14159)},
			"f is 1.999997346 at x = -3.14159 and 2.000002654 at x = 3.14159"},
		{"3 + x", []string{loop(8, -1, 1)}, "f is 2 at x = -1 and 4 at x = 1"},
		{"30 + x + y^2", []string{sinh(8, -9, 9), whole(8)}, ""},
		{"3 + x^2 + max(0, y - 2)*x", []string{loop(8, -1, 1), uniform(8, 0, 4)},
			"f is 3.75 at x = -1 and 4.25 at x = 1, at y = 2.25"},
		{"4 + cos(x) + y", []string{whole(8), loop(8, -1, 1)}, "grid.axes.1.ends"},
		{"cos(x)", []string{whole(8)}, "landscape.formula"}, // negative
		{"4 + log(x)", []string{loop(8, 0, 1)}, "x = 0"},
		{"4 + cos(x) + cos(y) + z*w", []string{whole(3), whole(3), uniform(3, 0, 1),
			loop(3, 0, 1)}, "period 1"},
	} {
		p := problem{landscape: fmt.Sprintf("formula = %q", c.f), axes: c.axes}
		_, err := p.build(t)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.f, err)
			}
			continue
		}
		wantError(t, err, c.want)
	}
	_, err := Of(Problem{Landscape: LandscapeFunc(func(x []float64) float64 { return 9 + x[0] }),
		Noise: ML(1), Grid: must[*Scenario](t)(problem{landscape: `formula = "2 + cos(x)"`,
			axes: []string{whole(8)}}.build(t)).Grid})
	wantError(t, err, "which are one point of a periodic axis")
}

// A Gaussian near the seam of a ring of length L is wrapped: by Poisson's formula its mass in a
// cell is h/L (1 + 2 Σ_k e^{−2π²k²w²/L²} sinc(πkh/L) cos 2πk(x − c)/L), and all of it is there.
func TestGaussiansAreWrapped(t *testing.T) {
	const n = 16
	for _, c := range []struct{ center, width float64 }{
		{0.9, 0.15}, {-0.98, 0.3}, {0.3, 1.7}, {0.2, 3.99}, {0.2, 4.01}, {17.1, 0.2},
	} {
		s, op := problem{landscape: `formula = "1"`, axes: []string{loop(n, -1, 1)},
			initial: fmt.Sprintf("kind = \"gaussian\"\ncenter = [%g]\nwidth = %g", c.center,
				c.width)}.scenario(t)
		w := must[[]float64](t)(s.Start(op))
		for i := range w {
			sum, x := 1.0, -1+(float64(i)+0.5)*2/n
			for k := 1.0; k < 40; k++ {
				angle := math.Pi * k / n
				sum += 2 * math.Exp(-math.Pow(math.Pi*k*c.width, 2)/2) * math.Sin(angle) / angle *
					math.Cos(math.Pi*k*(x-c.center))
			}
			if got := w[i] * op.Sigma[i]; !near(got, sum/n, 1e-14) {
				t.Errorf("about %g ± %g, cell %d: mass %.16g, want %.16g", c.center, c.width, i,
					got, sum/n)
			}
		}
		if len(s.Remarks) > 0 {
			t.Errorf("about %g ± %g: %q", c.center, c.width, s.Remarks)
		}
	}
	// the tail opposite, in its logarithm: from both sides
	s, op := problem{landscape: `formula = "1"`, axes: []string{loop(4, -1, 1)},
		initial: "kind = \"gaussian\"\ncenter = [1.0]\nwidth = 0.04"}.scenario(t)
	w := must[[]float64](t)(s.Start(op))
	want := math.Erfc(0.5/0.04/math.Sqrt2) / 2
	if got := w[1] * op.Sigma[1]; math.Abs(got/want-1) > 1e-12 {
		t.Errorf("mass %.14g opposite, want %.14g", got, want)
	}
}

// What is known of f on R^m is not claimed on a ring, of which nothing lies outside; whether π is
// integrable there is whether f vanishes.
func TestWhatIsKnownOnRings(t *testing.T) {
	for _, c := range []struct {
		f          string
		axes       []string
		integrable string
		space      string
		outside    float64
	}{
		{"1 + x^2", []string{loop(8, -1, 1)}, "true", "T^1", 0},
		{"2 + cos(x)", []string{whole(8)}, "true", "T^1", 0},
		{"1 + x^2 + y^2", []string{loop(8, -1, 1), loop(8, -1, 1)}, "true", "T^2", 0},
		{"1 + cos(x)", []string{loop(8, 0, 2*math.Pi)}, "false", "T^1", 0},
		{"1 + cos(x)", []string{whole(8)}, "false", "T^1", 0}, // at the seam
		{"1 + x^2 + y^2", []string{loop(8, -1, 1), sinh(8, -9, 9)}, "unknown", "T^1 × R^1",
			math.NaN()},
	} {
		s, err := problem{landscape: fmt.Sprintf("formula = %q", c.f), axes: c.axes}.build(t)
		if err != nil {
			t.Fatal(err)
		}
		if s.Known.Form != "" || !math.IsNaN(s.Known.Rate) || !math.IsNaN(s.Known.LogZ) {
			t.Errorf("%s: it is taken for %+v", c.f, s.Known)
		}
		got := "unknown"
		if i := s.Integrability(); i.Integrable != nil {
			got = fmt.Sprint(*i.Integrable)
		}
		if got != c.integrable || s.Space() != c.space {
			t.Errorf("%s on %s: integrable %s (%s)", c.f, s.Space(), got, s.Integrability().Reason)
		}
		if c.integrable == "false" {
			continue
		}
		op, err := s.Assemble()
		if err != nil {
			t.Fatal(err)
		}
		if outside := s.MassOutside(op); outside != c.outside &&
			!(math.IsNaN(outside) && math.IsNaN(c.outside)) {
			t.Errorf("%s: outside %g, want %g", c.f, outside, c.outside)
		}
	}
	_, op := problem{axes: []string{loop(8, -1, 1)},
		initial: "kind = \"exact\"\nsource = 0.5\nage = 0.1"}.scenario(t)
	s := must[*Scenario](t)(problem{axes: []string{loop(8, -1, 1)},
		initial: "kind = \"exact\"\nsource = 0.5\nage = 0.1"}.build(t))
	_, err := s.Start(op)
	wantError(t, err, "no closed-form solution is known")
}

// The mean of x on a ring is that of the coordinate in its range. For π = 1 and a Gaussian in it,
// far from the seam, it is the centre, to the fourth order; and the uniform density has the mean 0,
// with slopes that see no jump at the seam.
func TestMeansOnRings(t *testing.T) {
	for _, c := range []struct {
		initial      string
		want, within float64
	}{
		{"kind = \"gaussian\"\ncenter = [0.21]\nwidth = 0.12", 0.21, 1e-5},
		{`kind = "invariant"`, 0, 1e-15},
		// ∫x (1 + sin πx)/2 = 1/π, ∫ over a cell by the rule
		{"kind = \"formula\"\nformula = \"1 + sin(pi*x)\"", 1 / math.Pi, 1e-4},
	} {
		s, op := problem{landscape: `formula = "1"`, axes: []string{loop(32, -1, 1)},
			initial: c.initial}.scenario(t)
		w := must[[]float64](t)(s.Start(op))
		_, mean, err := s.Means(op, w)
		if err != nil {
			t.Fatal(err)
		}
		if got := mean[0](w); !near(got, c.want, c.within) {
			t.Errorf("%s: mean %.12g, want %.12g", strings.ReplaceAll(c.initial, "\n", ", "), got,
				c.want)
		}
	}
}

// A minimum narrower than a cell is seen at the seam of a ring, from either side: the mass of
// 1/f for f = 1/(1 + A e^{−(x/w)²}), x the distance from it, is L + A w √π.
func TestFeaturesAtTheSeam(t *testing.T) {
	const w, amplitude = 1e-3, 1e3
	for _, place := range []float64{1, 0.9995, 1.0004, 0.37} {
		f := fmt.Sprintf("1/(1 + %g*(exp(-((x-%g)/%g)^2) + exp(-((x+2-%g)/%g)^2)))",
			float64(amplitude), place, w, place, w)
		s, op := problem{landscape: fmt.Sprintf("formula = %q", f), noise: "epsilon = 1e3",
			axes: []string{loop(8, -1, 1)}}.scenario(t)
		p := 1 + 1/s.Noise.Epsilon() // ∫(1 + A e^{−x²/w²})^p, by the trapezoidal rule, is exact
		want, h := 2.0, w/50
		for x := -0.02; x < 0.02; x += h {
			want += h * (math.Pow(1+amplitude*math.Exp(-x*x/(w*w)), p) - 1)
		}
		if got := math.Exp(op.LogZ); math.Abs(got/want-1) > 1e-9 {
			t.Errorf("at %g: mass %.12g, want %.12g; %v", place, got, want, s.searched)
		}
	}
}

// A minimum at the seam is one, and a slope across it none: what a chosen grid is fine about.
func TestWellsOnRings(t *testing.T) {
	for f, want := range map[string]float64{"1.05 + cos(x)": math.Pi, "2 + sin(x)": -math.Pi / 2,
		"2 - cos(x + 3.1)": -3.1} {
		axis := "spacing = \"auto\"\nmin = %.17g\nmax = %.17g\nends = \"periodic\""
		p := problem{landscape: fmt.Sprintf("formula = %q", f),
			axes: []string{fmt.Sprintf(axis, -math.Pi, math.Pi)}}
		cfg := must[*config.Config](t)(config.Parse("test.toml", []byte(p.toml()), nil))
		c := must[*chooser](t)(newChooser(cfg))
		if err := c.findWells(); err != nil {
			t.Fatal(err)
		}
		if len(c.wells) != 1 || math.Abs(math.Remainder(c.wells[0].at[0]-want, 2*math.Pi)) > 1e-3 {
			t.Errorf("%s: wells %+v, want one at %g", f, c.wells, want)
		}
	}
}

// Points of the search and its like are evaluated within the range, where a formula that has no
// period of its own is meant.
func TestPointsAreWithinTheRange(t *testing.T) {
	s := must[*Scenario](t)(problem{landscape: `formula = "1 + x^2"`,
		axes: []string{loop(8, -1, 1)}}.build(t))
	values := must[[]float64](t)(s.logF([][]float64{{0.5, 2.5, -1.5, 1, 3}}))
	for i, want := range []float64{1.25, 1.25, 1.25, 2, 2} {
		if !near(math.Exp(values[i]), want, 1e-15) {
			t.Errorf("point %d: f = %g, want %g", i, math.Exp(values[i]), want)
		}
	}
	if g := s.Grid; !g.IsRing(0) || mesh.NormAxis(g.Coordinates) >= 0 {
		t.Error("the grid is no ring")
	}
}
