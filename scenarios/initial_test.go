package scenarios

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"fpsgd/mesh"
	"fpsgd/operators"
)

// Gaussians not normalised, e^{−|θ−c|²/(2w²)}, have the masses (2πw²)^{m/2} in every system of
// coordinates, of a shell |S^{m−1}|∫r^{m−1} e^{−(r−c)²/(2w²)}dr and of a ring √(2π)w ∫2πr
// e^{−(r−c)²/(2w²)}dr, and their means.
func TestGaussianInitialStates(t *testing.T) {
	const w = 0.5
	ball := func(d float64) float64 { return math.Pow(2*math.Pi*w*w, d/2) }
	// ∫_0^∞ r^n e^{−(r−c)²/(2w²)} dr for n = 1, 2
	half := func(c float64) float64 {
		return w * math.Sqrt(math.Pi/2) * (1 + math.Erf(c/(w*math.Sqrt2)))
	}
	edge := func(c float64) float64 { return w * w * math.Exp(-c*c/(2*w*w)) }
	first := func(c float64) float64 { return edge(c) + c*half(c) }
	second := func(c float64) float64 { return c*edge(c) + (c*c+w*w)*half(c) }
	side, coarse := uniform(40, -5, 6), uniform(24, -4, 5)
	cases := map[string]struct {
		p      problem
		center string
		mass   float64
		mean   []float64 // nil: not that of a component
	}{
		"line":  {problem{axes: []string{side}}, "[1.0]", ball(1), []float64{1}},
		"plane": {problem{axes: []string{side, side}}, "[1.0, -0.5]", ball(2), []float64{1, -0.5}},
		"space": {problem{axes: []string{coarse, coarse, coarse}}, "[1.0, -0.5, 0.2]",
			ball(3), []float64{1, -0.5, 0.2}},
		"polar": {problem{grid: polar, axes: []string{uniform(40, 0, 6), angle(40)}},
			"[1.0, -0.5]", ball(2), []float64{1, -0.5}},
		"polar, log": {problem{grid: polar, axes: []string{log(80, -9, 2), angle(40)}},
			"[1.0, -0.5]", ball(2), []float64{1, -0.5}},
		"spherical": {problem{grid: spherical, axes: []string{uniform(20, 0, 5.5), angle(10),
			angle(20)}}, "[1.0, -0.5, 0.2]", ball(3), []float64{1, -0.5, 0.2}},
		"shell": {problem{grid: radial(3), axes: []string{uniform(60, 0, 6)}}, "[1.5]",
			4 * math.Pi * second(1.5), nil},
		"shell, log": {problem{grid: radial(3), axes: []string{log(200, -9, 2)}}, "[1.5]",
			4 * math.Pi * second(1.5), nil},
		"ball": {problem{grid: radial(3), axes: []string{uniform(60, 0, 6)}}, "[0.0]",
			ball(3), nil},
		"two points": {problem{grid: radial(1), axes: []string{uniform(60, 0, 6)}}, "[1.5]",
			2 * half(1.5), nil},
		"ring": {problem{grid: cylindrical, axes: []string{uniform(40, 0, 6), side}},
			"[1.5, 0.5]", 2 * math.Pi * first(1.5) * ball(1), nil},
		"on the axis": {problem{grid: cylindrical, axes: []string{uniform(40, 0, 6), side}},
			"[0.0, 0.5]",
			ball(3), nil}}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			checkGaussian(t, c.p, c.center, w, c.mass, c.mean)
		})
	}
}

// checkGaussian checks the mass of a Gaussian on a grid of three or more points per axis on cells
// of 0.75 w, beyond which nothing is left, and its means.
func checkGaussian(t *testing.T, p problem, center string, w, wantMass float64,
	wantMean []float64) {
	p.initial = fmt.Sprintf("kind = \"gaussian\"\ncenter = %s\nwidth = %g\nnormalize = false",
		center, w)
	s, op := p.scenario(t)
	state := must[[]float64](t)(s.Start(op))
	mass := op.Mass(state)
	t.Logf("relative error of the mass %.1e", mass/wantMass-1)
	if !near(mass/wantMass, 1, 1e-7) {
		t.Errorf("mass %.12g, want %.12g", mass, wantMass)
	}
	names, mean, err := s.Means(op, op.Sigma)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range wantMean {
		// means within cells are those of π, off by h²/12·(log π)′, h ≤ 0.38 and (log π)′ = −5 at 1
		if got := mean[k](state); !near(got, want, 0.06) {
			t.Errorf("%s = %.6g, want %g", names[k], got, want)
		}
	}
	p.initial = fmt.Sprintf("kind = \"gaussian\"\ncenter = %s\nwidth = %g", center, w)
	s, op = p.scenario(t)
	if m := op.Mass(must[[]float64](t)(s.Start(op))); !near(m, 1, 1e-14) { // a division
		t.Errorf("normalised to mass %.17g", m)
	}
}

// A formula gives the state that its Gaussian gives, and the invariant density is σ.
func TestInitialKindsAgree(t *testing.T) {
	p := problem{grid: polar, axes: []string{sinh(20, 0, 9), angle(9)}}
	p.initial = "kind = \"gaussian\"\ncenter = [1.0, -0.5]\nwidth = 0.5"
	s, op := p.scenario(t)
	gauss := must[[]float64](t)(s.Start(op))
	p.initial = "kind = \"formula\"\nformula = \"7*exp(-2*((x-1)^2 + (y+0.5)^2))\""
	s, op = p.scenario(t)
	for i, w := range must[[]float64](t)(s.Start(op)) {
		if !near(w, gauss[i], 1e-13*(1+gauss[i])) { // rounding of an exponent up to 200
			t.Fatalf("cell %d: by the formula %.15g, as a Gaussian %.15g", i, w, gauss[i])
		}
	}
	p.initial = `kind = "invariant"`
	s, op = p.scenario(t)
	for i, w := range must[[]float64](t)(s.Start(op)) {
		if !near(w, op.Sigma[i], 1e-15) { // normalised once more
			t.Fatalf("cell %d of the invariant state is %.17g, σ = %.17g", i, w, op.Sigma[i])
		}
	}
}

// A density written to a file and read back is the same state.
func TestInitialFileRoundTrip(t *testing.T) {
	for name, p := range map[string]problem{
		"plane": {axes: []string{sinh(20, -9, 9), sinh(15, -9, 9)},
			initial: "kind = \"gaussian\"\ncenter = [1.0, -0.5]\nwidth = 0.5"},
		"cylindrical": {grid: cylindrical, axes: []string{sinh(20, 0, 9), sinh(15, -9, 9)},
			initial: "kind = \"gaussian\"\ncenter = [1.0, -0.5]\nwidth = 0.5"},
		"log": {grid: radial(3), axes: []string{log(50, -9, 9)},
			initial: "kind = \"gaussian\"\ncenter = [1.0]\nwidth = 0.5"},
	} {
		t.Run(name, func(t *testing.T) {
			s, op := p.scenario(t)
			want := must[[]float64](t)(s.Start(op))
			logVolume, rho := make([]float64, len(want)), make([]float64, len(want))
			s.Grid.LogVolumes(logVolume)
			op.Density(rho, want, logVolume)
			p.initial = "kind = \"file\"\nfile = " + save(t, s.Grid.Shape(), rho)
			s, op = p.scenario(t)
			for i, w := range must[[]float64](t)(s.Start(op)) {
				// rounding of logarithms up to 700; squares of less are nothing
				if !near(w, want[i], 1e-13*(want[i]+1e-140)) {
					t.Fatalf("cell %d: %.17g, want %.17g", i, w, want[i])
				}
			}
		})
	}
}

func TestInitialErrors(t *testing.T) {
	line := []string{sinh(20, -9, 9)}
	negative, short := make([]float64, 20), make([]float64, 19)
	negative[3] = -1
	for name, c := range map[string]struct{ initial, want string }{
		"negative formula": {"kind = \"formula\"\nformula = \"x\"", "not negative"},
		"infinite formula": {"kind = \"formula\"\nformula = \"exp(1000 - x)\"", "finite"},
		"unknown variable": {"kind = \"formula\"\nformula = \"exp(-y)\"", "initial.formula"},
		"no mass":          {"kind = \"formula\"\nformula = \"0*x\"", "mass 0"},
		"off the grid":     {"kind = \"gaussian\"\ncenter = [1e4]\nwidth = 0.5", "mass 0"},
		"negative file": {"kind = \"file\"\nfile = " + save(t, []int{20}, negative),
			"not negative"},
		"another shape": {"kind = \"file\"\nfile = " + save(t, []int{19}, short), "shape [19]"},
		"no file":       {"kind = \"file\"\nfile = \"nowhere.npy\"", "nowhere.npy"},
	} {
		t.Run(name, func(t *testing.T) {
			s, op := problem{axes: line, initial: c.initial}.scenario(t)
			_, err := s.Start(op)
			wantError(t, err, c.want)
			wantError(t, err, "initial")
		})
	}
	// π = e^{−x²/ε} at 40 standard deviations is e^{−800}: χ of a Gaussian there is not
	// representable.
	p := problem{landscape: `formula = "r^2"`, noise: "model = \"homogeneous\"\nepsilon = 0.5",
		axes:    []string{uniform(400, -25, 25)},
		initial: "kind = \"gaussian\"\ncenter = [20.0]\nwidth = 0.5"}
	s, op := p.scenario(t)
	_, err := s.Start(op)
	wantError(t, err, "χ")
}

// A file with a little negative mass is taken as it is, with a remark; more than 1e-5 or
// time.tolerance, or what is not finite, is refused with the cell, its value, the negative mass and
// the bound. Uniform cells: the shares of the mass are those of the values.
func TestNegativeNoiseInFiles(t *testing.T) {
	initial := func(noise float64) string {
		rho := slices.Repeat([]float64{1}, 20)
		rho[7] = noise
		return "kind = \"file\"\nfile = " + save(t, []int{20}, rho)
	}
	line := []string{uniform(20, -2, 2)}
	// 1.8e-4 of 19.00018 is 9.5e-6
	for _, noise := range []float64{-1e-12, -1.8e-4, 0, math.Copysign(0, -1)} {
		s, op := problem{axes: line, initial: initial(noise)}.scenario(t)
		w := must[[]float64](t)(s.Start(op))
		// a few roundings
		if got, want := w[7]*op.Sigma[7], noise/(19+noise); !near(got, want,
			1e-15*math.Abs(want)*8) || !near(op.Mass(w), 1, 1e-14) {
			t.Errorf("the cell of %g holds %.17g, want %.17g", noise, got, want)
		}
		if remarked := len(s.Remarks) == 1; remarked != (noise < 0) {
			t.Errorf("noise %g: remarks %q", noise, s.Remarks)
		}
	}
	for _, noise := range []float64{-2e-4, -1, math.NaN(), math.Inf(1), math.Inf(-1)} {
		s, op := problem{axes: line, initial: initial(noise)}.scenario(t)
		_, err := s.Start(op)
		wantError(t, err, "cell [7]")
		wantError(t, err, fmt.Sprintf("%.3g", noise))
		if noise > -1 && noise < 0 {
			wantError(t, err, "hold 1.05e-05 of the mass") // 2e-4/19.0002
			wantError(t, err, "at most 1e-05")
		}
	}
}

// The π-weighted means of the components: of π itself they are the minimum's place, of the
// polynomial family those of theory §2.1, ⟨x⟩' = −2⟨x⟩.
func TestMeans(t *testing.T) {
	s, op := problem{landscape: `formula = "1 + (x-0.4)^2 + (y+0.3)^2"`,
		axes: []string{sinh(50, -300, 300), sinh(50, -300, 300)}}.scenario(t)
	names, mean, err := s.Means(op, op.Sigma)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range []float64{0.4, -0.3} {
		// four points per axis
		if got := mean[k](op.Sigma); !near(got, want, 1e-6) ||
			names[k] != []string{"mean_x", "mean_y"}[k] {
			t.Errorf("%s of π is %.9g, want %g", names[k], got, want)
		}
	}
	s, op = problem{axes: []string{sinh(120, -300, 300)}, initial: polynomial("[1.0]")}.scenario(t)
	_, mean, err = s.Means(op, op.Sigma)
	if err != nil {
		t.Fatal(err)
	}
	w := make([]float64, op.Cells())
	var at [2]float64
	for k, time := range []float64{0, 1} {
		if err := s.ExactState(w, op, time); err != nil {
			t.Fatal(err)
		}
		at[k] = mean[0](w)
		// E x² = dε/(2 − dε)
		m2 := 0.25 / (2 - 0.25)
		// ∫x(1+x)²π / ∫(1+x)²π
		want := 2 * m2 / (1 + m2) * math.Exp(-2*time)
		// cells lose h²/12·E(1 + x²) of E x², h = 0.11
		if t.Logf("mean %.9g, exact %.9g", at[k], want); !near(at[k], want, 1e-2*want) {
			t.Errorf("t = %g: mean %.9g, want %.9g", time, at[k], want)
		}
	}
	// Means on a logarithmic axis that reaches beyond the numbers are not known, and said so.
	s, op = problem{landscape: `builtin = "log-singular"`, noise: "epsilon = 2.0", grid: radial(3),
		axes: []string{"cells = 200\nlog_min = -1e6\nlog_max = 1e6\n" +
			"spacing = \"log\"\nwidth = 1.0"}}.scenario(t)
	_, mean, err = s.Means(op, op.Sigma)
	if err != nil {
		t.Fatal(err)
	}
	if got := mean[0](op.Sigma); !math.IsNaN(got) {
		t.Errorf("the mean of r up to e^1e6 is %g", got)
	}
}

// The means of an operator that has kept its centroids are those that are integrated, where the
// lattice suffices for the masses; in coordinates whose axes are not the components nothing is
// kept.
func TestMeansFromCentroids(t *testing.T) {
	line := uniform(14, -0.6, 0.8)
	for name, c := range map[string]struct {
		p    problem
		kept bool
	}{
		"line":  {problem{noise: "epsilon = 1.0", axes: []string{line}}, true},
		"plane": {problem{noise: "epsilon = 1.0", axes: []string{line, line}}, true},
		"space": {problem{noise: "epsilon = 1.0", axes: []string{line, line, line}}, true},
		"cylindrical": {problem{noise: "epsilon = 1.0", grid: cylindrical,
			axes: []string{uniform(9, 0, 0.9), line}}, true},
		"polar": {problem{noise: "epsilon = 1.0", grid: polar,
			axes: []string{uniform(9, 0, 0.9), angle(8)}}, false},
		"log": {problem{noise: "epsilon = 1.0", grid: radial(3),
			axes: []string{"cells = 60\nlog_min = -5.0\nlog_max = 2.0\nspacing = \"log\""}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, op := c.p.scenario(t)
			s.Centroids = true
			keeping := must[*operators.Operator](t)(s.Assemble())
			if kept := keeping.Centroids != nil; kept != c.kept || op.Centroids != nil {
				t.Fatalf("centroids kept: %v, want %v; unasked: %v",
					kept, c.kept, op.Centroids != nil)
			}
			names, integrated, err := s.Means(op, op.Sigma)
			if err != nil {
				t.Fatal(err)
			}
			_, kept, err := s.Means(keeping, keeping.Sigma)
			if err != nil {
				t.Fatal(err)
			}
			w := make([]float64, op.Cells())
			for i := range w {
				w[i] = op.Sigma[i] * float64(1+i%5)
			}
			for k, name := range names {
				// what the masses of cells are good to in the plane, if they are integrated again
				if got, want := kept[k](w), integrated[k](w); !near(got, want, 1e-10) {
					t.Errorf("%s %.17g from centroids, %.17g integrated", name, got, want)
				}
			}
		})
	}
}

// A file of faces is an axis; what is no axis is refused by name.
func TestAxisFromFile(t *testing.T) {
	faces := []float64{-3, -1, 0, 0.5, 4}
	axis := func(data []float64, shape ...int) problem {
		return problem{axes: []string{"spacing = \"file\"\nfile = " + save(t, shape, data)}}
	}
	s, _ := axis(faces, 5).scenario(t)
	for i, q := range s.Grid.Axes[0].Faces {
		if q != faces[i] {
			t.Errorf("face %d = %g, want %g", i, q, faces[i])
		}
	}
	for want, p := range map[string]problem{
		"must ascend":    axis([]float64{0, 2, 1}, 3),
		"2 dimensions":   axis([]float64{0, 1, 2, 3}, 2, 2),
		"at least 2":     axis([]float64{0}, 1),
		"must be finite": axis([]float64{0, math.Inf(1)}, 2),
		"nowhere.npy":    {axes: []string{"spacing = \"file\"\nfile = \"nowhere.npy\""}},
		"cannot be open;": {grid: radial(3), axes: []string{"spacing = \"file\"\nends = " +
			"[\"open\", \"closed\"]\nfile = " + save(t, []int{3}, []float64{0, 1, 2})}},
	} {
		_, err := p.build(t)
		wantError(t, err, want)
	}
}

// LandscapeValues is f at the midpoints.
func TestLandscapeValues(t *testing.T) {
	s, _ := problem{landscape: `formula = "1 + x^2 + exp(y)"`,
		axes: []string{uniform(4, -1, 1), uniform(3, 0, 1)}}.scenario(t)
	f := must[[]float64](t)(s.LandscapeValues())
	p := mesh.NewPoints(s.Grid)
	p.Set(midpoints(s.Grid))
	for i, got := range f {
		x, y := p.Var("x")[i], p.Var("y")[i]
		// of a logarithm and its exponential
		if want := 1 + x*x + math.Exp(y); !near(got, want, 1e-15*want*4) {
			t.Errorf("f(%g, %g) = %.17g, want %.17g", x, y, got, want)
		}
	}
}
