package scenarios

import (
	"math"
	"strings"
	"testing"

	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/scenarios/exact"
)

// transition starts from a point or a shell; epsilonN2 is a noise with an elementary Student
// kernel.
const (
	transition = "kind = \"exact\"\nsource = 1.5\nage = 0.3"
	epsilonN2  = "epsilon = 0.66666666666666663" // 2/(2N−1), N = 2
)

func polynomial(b string) string { return "kind = \"exact\"\nb = " + b }

// The closed-form families, in every system of coordinates that can hold them.
var families = map[string]problem{
	"Student, line": {noise: epsilonN2, axes: []string{sinh(120, -300, 300)}, initial: transition},
	"Student, line, elsewhere": {landscape: `formula = "2 + 3*(x-0.5)^2"`, noise: epsilonN2,
		axes: []string{sinh(120, -300, 300)}, initial: transition},
	"Student, radial": {noise: epsilonN2, grid: radial(3), axes: []string{sinh(120, 0, 300)},
		initial: transition},
	"Student, log r": {noise: epsilonN2, grid: radial(3), axes: []string{log(120, -15, 7)},
		initial: transition},
	"Student, spherical": {noise: epsilonN2, grid: spherical,
		axes: []string{sinh(60, 0, 300), angle(4), angle(6)}, initial: transition},
	"Student, cylindrical": {landscape: `formula = "1 + r^2 + z^2"`, noise: epsilonN2,
		grid: cylindrical, axes: []string{sinh(60, 0, 300), sinh(90, -300, 300)},
		initial: transition},
	"Brownian, polar": {landscape: `formula = "r^2"`, grid: polar,
		axes: []string{log(80, -12, 9), angle(6)}, initial: transition},
	"Brownian, radial": {landscape: `formula = "r^2"`, grid: radial(5),
		axes: []string{log(80, -12, 9)}, initial: transition},
	"Brownian, line": {landscape: `formula = "r^2"`, grid: radial(1),
		axes: []string{log(80, -12, 9)}, initial: transition},
	"polynomial, line": {axes: []string{sinh(120, -300, 300)}, initial: polynomial("[1.0]")},
	"polynomial, plane": {axes: []string{sinh(60, -300, 300), sinh(60, -300, 300)},
		initial: polynomial("[1.0, -0.5]")},
	"polynomial, polar": {grid: polar, axes: []string{sinh(60, 0, 300), angle(12)},
		initial: polynomial("[1.0, -0.5]")},
	"polynomial, elsewhere": {landscape: `formula = "1 + (x-0.4)^2 + (y+0.3)^2"`, grid: polar,
		axes:    []string{sinh(60, 0, 300), angle(48)},
		initial: polynomial("[1.0, -0.5]")},
	"polynomial, spherical": {grid: spherical, axes: []string{sinh(60, 0, 300), angle(8),
		angle(12)}, initial: polynomial("[1.0, -0.5, 0.3]")},
	"log-singular, radial": {landscape: `builtin = "log-singular"`, noise: "epsilon = 2.0",
		grid: radial(3), axes: []string{log(400, -60, 60)}, initial: transition},
	"Ornstein–Uhlenbeck": {noise: "model = \"homogeneous\"\nepsilon = 0.5",
		axes: []string{uniform(60, -7, 7), uniform(60, -7, 7)}, initial: transition},
	"Ornstein–Uhlenbeck, 1D": {landscape: `formula = "1 + 2*(x-0.5)^2"`,
		noise: "model = \"homogeneous\"\nepsilon = 0.5", axes: []string{uniform(90, -7, 7)},
		initial: transition},
}

// Every exact state is the solution in the right coordinates: its mass is 1 on a grid that holds
// it, with the volume factor that goes with its density; its density in a cell is the solution's at
// the point where the cell is; and its error against itself is the mass outside.
func TestExactStates(t *testing.T) {
	for name, p := range families {
		t.Run(name, func(t *testing.T) {
			s, op := p.scenario(t)
			n := op.Cells()
			w, scratch := make([]float64, n), make([]float64, n)
			for _, time := range []float64{0, 0.5} {
				if err := s.ExactState(w, op, time); err != nil {
					t.Fatal(err)
				}
				mass, worst := op.Mass(w), farthest(s, op, w, time)
				t.Logf("t = %g: mass − 1 = %.1e, the density differs by %.2g of its maximum", time,
					mass-1, worst)
				// three or more points per axis and cells of h = 0.2; the tails outside are below
				// 1e-5
				if !near(mass, 1, 1e-4) {
					t.Errorf("t = %g: mass %.9g", time, mass)
				}
				// averages against midpoints: O(h²); another place would be off by the whole
				// maximum
				if worst > 0.1 {
					t.Errorf("t = %g: the density differs from the solution by %.2g of its maximum",
						time, worst)
				}
				e, err := s.Errors(w, scratch, op, time)
				if err != nil {
					t.Fatal(err)
				}
				if e.Chi != 0 || e.L1 != math.Max(0, 1-mass) {
					t.Errorf("t = %g: errors of the exact state %+v with %.3g outside",
						time, e, 1-mass)
				}
			}
		})
	}
}

// farthest returns the largest difference of a state's density from the exact one at the cells'
// midpoints, over the maximum.
func farthest(s *Scenario, op *operators.Operator, w []float64, time float64) float64 {
	logVolume, rho, pos := make([]float64, len(w)), make([]float64, len(w)),
		make([]int, len(s.Grid.Axes))
	s.Grid.LogVolumes(logVolume)
	op.Density(rho, w, logVolume)
	worst, highest := 0.0, 0.0
	for i, v := range rho {
		s.Grid.Index(pos, i)
		want := math.Exp(s.Exact.LogDensity(time, euclidean(s.Grid, pos)))
		worst = math.Max(worst, math.Abs(v-want))
		highest = math.Max(highest, v)
	}
	return worst / highest
}

// euclidean returns the point of R^m at the midpoint of a cell; what a symmetry leaves open is put
// on the x-axis.
func euclidean(g *mesh.Grid, pos []int) []float64 {
	q := make([]float64, len(pos))
	for k, i := range pos {
		q[k] = g.Axes[k].Physical(g.Axes[k].Midpoint(i))
	}
	switch g.Coordinates.Name() {
	case "radial":
		x := make([]float64, g.Coordinates.Dimension())
		x[0] = q[0]
		return x
	case "polar":
		return []float64{q[0] * math.Cos(q[1]), q[0] * math.Sin(q[1])}
	case "spherical":
		return []float64{q[0] * math.Sin(q[1]) * math.Cos(q[2]),
			q[0] * math.Sin(q[1]) * math.Sin(q[2]), q[0] * math.Cos(q[1])}
	case "cylindrical":
		return []float64{q[0], 0, q[1]}
	}
	return q
}

// A radial solution about a centre that is not the origin keeps its centre in every system of
// coordinates.
func TestExactStatesAboutAnotherCentre(t *testing.T) {
	for name, p := range map[string]problem{
		"spherical": {landscape: `formula = "1 + (x-1)^2 + y^2 + z^2"`, noise: epsilonN2,
			grid: spherical,
			axes: []string{sinh(20, 0, 60), angle(10), angle(20)}, initial: transition},
		"cylindrical": {landscape: `formula = "1 + r^2 + (z-1)^2"`, noise: epsilonN2,
			grid: cylindrical,
			axes: []string{sinh(40, 0, 200), sinh(60, -200, 200)}, initial: transition},
	} {
		t.Run(name, func(t *testing.T) {
			s, op := p.scenario(t)
			w := make([]float64, op.Cells())
			if err := s.ExactState(w, op, 0.5); err != nil {
				t.Fatal(err)
			}
			// as above, on coarser cells
			if worst := farthest(s, op, w, 0.5); worst > 0.15 || !near(op.Mass(w), 1, 1e-3) {
				t.Errorf("mass %.6g; the density differs from the solution by %.2g of its maximum",
					op.Mass(w), worst)
			}
		})
	}
}

// What the coordinates cannot hold is refused: on radial coordinates of the line a solution that is
// not even, in cylindrical ones a point source off the axis.
func TestExactStatesThatDoNotFitAreRefused(t *testing.T) {
	half := []string{sinh(60, 0, 300)}
	for name, c := range map[string]struct {
		p    problem
		want string
	}{
		"no closed form": {problem{landscape: `formula = "1 + x^4"`,
			axes: []string{sinh(9, -9, 9)}, initial: transition}, "no closed-form solution"},
		"Student in the plane": {problem{noise: epsilonN2,
			axes: []string{sinh(9, -9, 9), sinh(9, -9, 9)}, initial: transition},
			"dimension 1 or 3"},
		"wrong noise": {problem{noise: "epsilon = 0.3",
			axes: []string{sinh(9, -9, 9)}, initial: transition}, "initial.source"},
		"polynomial, radial": {problem{grid: radial(3), axes: half,
			initial: polynomial("[1.0]")}, "contain b·x"},
		"polynomial, cylindrical": {problem{landscape: `formula = "1 + r^2 + z^2"`,
			grid: cylindrical, axes: []string{half[0], sinh(9, -9, 9)},
			initial: polynomial("[0.0, 1.0]")}, "contain b·x"},
		"polynomial, homogeneous": {problem{
			noise: "model = \"homogeneous\"\nepsilon = 0.5", axes: []string{sinh(9, -9, 9)},
			initial: polynomial("[1.0]")}, "noise.model"},
		"Ornstein–Uhlenbeck, radial": {problem{
			noise: "model = \"homogeneous\"\nepsilon = 0.5", grid: radial(3), axes: half,
			initial: transition}, "starts from a point"},
		"log-singular, homogeneous": {problem{landscape: `builtin = "log-singular"`,
			noise: "model = \"homogeneous\"\nepsilon = 2.0", grid: radial(3), axes: half,
			initial: transition}, "noise.model"},
		"log-singular pair": {problem{landscape: `builtin = "log-singular-pair"`,
			noise: "epsilon = 2.0", grid: cylindrical, axes: []string{half[0], sinh(9, -9, 9)},
			initial: transition}, "no transition density"},
		"Student, half-line": {problem{noise: epsilonN2, grid: radial(1), axes: half,
			initial: transition}, "initial."},
		"polynomial, half-line": {problem{grid: radial(1), axes: half,
			initial: polynomial("[1.0]")}, "initial."},
		"Ornstein–Uhlenbeck, off the axis": {problem{landscape: `formula = "1 + r^2 + z^2"`,
			noise: "model = \"homogeneous\"\nepsilon = 0.5", grid: cylindrical,
			axes: []string{sinh(20, 0, 6), sinh(20, -6, 6)}, initial: transition}, "initial."},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := c.p.build(t)
			if err != nil {
				t.Fatal(err)
			}
			wantError(t, s.NoExact, c.want)
			if _, err := s.Start(new(operators.Operator)); err != s.NoExact {
				t.Errorf("the initial density is refused with %v, want %v", err, s.NoExact)
			}
		})
	}
}

// The deviation of an exact state, by Measure, is the solution's own norm: π, M, u and the units
// are those of theory §2.
func TestNormOfExactStates(t *testing.T) {
	for _, name := range []string{"Student, line", "Student, line, elsewhere", "Student, radial",
		"Student, spherical", "polynomial, line", "polynomial, plane",
		"log-singular, radial", "Ornstein–Uhlenbeck, 1D"} {
		s, op := families[name].scenario(t)
		n := op.Cells()
		w, logVolume := make([]float64, n), make([]float64, n)
		s.Grid.LogVolumes(logVolume)
		if err := s.ExactState(w, op, 0.3); err != nil {
			t.Fatal(err)
		}
		got, want := math.Exp(op.Measure(w, logVolume).LogNorm), s.Exact.DeviationNorm(0.3)
		t.Logf("%s: ‖u−⟨u⟩‖ = %.9g, exact %.9g (%.1e)", name, got, want, got/want-1)
		if !near(got/want, 1, 2e-2) { // cell averages of u: O(h²), h = 0.1
			t.Errorf("%s: ‖u−⟨u⟩‖ = %.6g, want %.6g", name, got, want)
		}
	}
}

// Errors counts the exact mass outside the grid, and is a distance: of the invariant density it is
// Σ|P − P_exact| and χ.
func TestErrorsAreDistances(t *testing.T) {
	s, op := problem{axes: []string{sinh(60, -1, 1)}, initial: polynomial("[1.0]")}.scenario(t)
	w, scratch := make([]float64, op.Cells()), make([]float64, op.Cells())
	if err := s.ExactState(w, op, 0.1); err != nil {
		t.Fatal(err)
	}
	inside := op.Mass(w)
	e, err := s.Errors(op.Sigma, scratch, op, 0.1)
	if err != nil {
		t.Fatal(err)
	}
	l1, chi := 1-inside, 0.0
	for i, v := range w {
		l1 += op.Sigma[i] * math.Abs(op.Sigma[i]-v)
		chi = math.Hypot(chi, op.Sigma[i]-v)
	}
	if inside > 0.999 || !near(e.L1, l1, 1e-14) || !near(e.Chi, chi, 1e-13) { // roundings
		t.Errorf("errors %+v, want %g and %g; inside %g", e, l1, chi, inside)
	}
}

// The form of a landscape is written without noise: no −0.
func TestQuadraticTextIsClean(t *testing.T) {
	s := must[*Scenario](t)(problem{landscape: `formula = "1 + (x-1)^2 + y^2"`,
		axes: []string{sinh(9, -9, 9), sinh(9, -9, 9)}}.build(t))
	if strings.Contains(s.Known.Form, "-0") {
		t.Errorf("the form is %s", s.Known.Form)
	}
	if got, want := quadraticText(exact.Quadratic{Floor: 0, Scale: 2}), "2 |θ|²"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	s = must[*Scenario](t)(problem{axes: []string{sinh(9, -9, 9)},
		landscape: "builtin = \"quadratic\"\nfloor = 3.0\nscale = 2.0\ncenter = [1.0]"}.build(t))
	if got, want := s.Landscape.String(), "3 + 2 |θ − [1]|²"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
