package validation

import (
	"errors"
	"fmt"
	"testing"

	"fpsgd/scenarios"

	"gonum.org/v1/gonum/floats"
)

// The families with a closed form. Solutions from a source have the age 0.1 at time 0 and run to
// the age 1; in one dimension the tolerance in time is so small that its share in the error,
// measured by a tenfold tolerance, is below 3%.
var (
	accurate = []string{"time.tolerance=1e-9", "solver.tolerance=1e-12"}

	student   = experiment{"student-1d", accurate}.with("time.end=0.9")
	studentR3 = experiment{"student-radial-3d", accurate}.with("time.end=0.9",
		"grid.axes.0.max=1e3")
	gbm         = experiment{"geometric-brownian", accurate}.with("time.end=0.9")
	ou          = experiment{"ornstein-uhlenbeck", accurate}.with("time.end=0.9")
	polynomial1 = experiment{"quadratic-1d", accurate}.with("time.end=0.5")
	logSingular = experiment{"log-singular-3d", accurate}.with("time.end=0.8")

	exact2 = []string{"initial.kind=exact", "initial.b=[1.0, 0.5]", "time.end=0.5",
		"time.tolerance=1e-6"}
	polynomial2  = experiment{"quadratic-2d", exact2}
	polynomialRφ = experiment{"quadratic-polar", exact2}.with("grid.axes.0.max=100")

	exact3 = []string{"initial.kind=exact", "initial.b=[1.0, 0.5, 0.25]", "time.end=0.5",
		"time.tolerance=1e-5"}
	polynomial3 = experiment{"quadratic-3d", exact3}.with("landscape.formula=1 + x^2 + y^2 + z^2")
	sphericalR3 = experiment{"quadratic-spherical", exact3}
	// At ε = 0.1 π = f^{−11} is narrow, and the box that holds it small.
	narrow3 = polynomial3.with("noise.epsilon=0.1", "grid.axes.0.min=-5", "grid.axes.0.max=5",
		"grid.axes.0.width=0.35")
	wide3 = polynomial3.with("grid.axes.0.min=-100", "grid.axes.0.max=100")
)

// logRange sets the axis |log r| ≤ S.
func logRange(S string) []string {
	return []string{"grid.axes.0.log_min=-" + S, "grid.axes.0.log_max=" + S}
}

// orderClaim is that the error of a family on grids of n cells an axis is O(n^{−2}).
type orderClaim struct {
	name   string
	family experiment
	cells  []int
	axes   func(n int) []int // the cells of every axis; nil: n on the first
	error  func(scenarios.Errors) float64
}

var orderClaims = []orderClaim{
	{"Student, 1-D", student, []int{200, 400, 800, 1600}, nil, l1},
	{"Student, radial in R³", studentR3, []int{200, 400, 800, 1600}, nil, l1},
	// 5e-11 of the mass is outside
	{"log-singular, m = 3", logSingular.with(logRange("1e5")...), []int{100, 200, 400, 800}, nil,
		l1},
	{"geometric Brownian motion", gbm, []int{220, 440, 880, 1760}, nil, l1},
	{"Ornstein–Uhlenbeck", ou, []int{100, 200, 400, 800}, nil, l1},
	{"polynomial, 1-D", polynomial1, []int{100, 200, 400, 800}, nil, chi},
	{"polynomial, 2-D", polynomial2, []int{64, 96, 128, 192}, nil, chi},
	// phi is the coarser axis. On n × n cells the orders are 1.89 … 1.84: at the pole the default
	// flux is not exact for u = x.
	{"polynomial, polar", polynomialRφ, []int{48, 64, 96, 128},
		func(n int) []int { return []int{n, n / 2} }, chi},
}

// longOrderClaims take minutes.
var longOrderClaims = []orderClaim{
	{"polynomial, 3-D", narrow3, []int{30, 36, 42, 48}, nil, chi},
	{"polynomial, 3-D, ε = 0.25", wide3, []int{48, 56, 64, 80}, nil, chi},
}

// checkSecondOrder runs the levels of a claim.
func checkSecondOrder(t testing.TB, c orderClaim, assemble assembler) error {
	var levels []level
	const floor = 1e-10 // the linear solver's tolerance, the default one at most
	for _, n := range c.cells {
		cells := []int{n}
		if c.axes != nil {
			cells = c.axes(n)
		}
		e, err := c.family.cells(cells...).errors(t, assemble)
		if err != nil {
			return err
		}
		levels = append(levels, level{n, c.error(e)})
	}
	return checkOrder(t, levels, 2, floor)
}

func TestSecondOrderInSpace(t *testing.T) {
	for _, c := range orderClaims {
		t.Run(c.name, func(t *testing.T) { report(t, checkSecondOrder(t, c, faithful)) })
	}
}

// checkStudent claims an L¹ error of 2.5e-5 on 800 cells: 1.8e-5 is found.
func checkStudent(t testing.TB, assemble assembler) error {
	e, err := student.errors(t, assemble)
	return errors.Join(err, checkAtMost("Student, 800 cells: L¹ error", e.L1, 2.5e-5))
}

func TestStudentError(t *testing.T) {
	report(t, checkStudent(t, faithful))
}

// The π-centroids of the default flux are what makes it better than the textbook's: 1.8e-5 against
// 2.2e-4.
func TestDefaultFluxBeatsBernoulli(t *testing.T) {
	e := required[scenarios.Errors](t)(student.errors(t, faithful))
	textbook := required[scenarios.Errors](t)(student.with("grid.flux=bernoulli").errors(t,
		faithful))
	if ratio := textbook.L1 / e.L1; !(ratio > 5) { // 12 is found: "several times"
		t.Errorf("the error of bernoulli is %.3g times that of the default flux, want more than "+
			"5 times", ratio)
	}
}

// checkStudentR3 claims an L¹ error of 3e-6 on 800 cells: 1.6e-6 to r = 1e3, 2.8e-6 to r = 1e4.
func checkStudentR3(t testing.TB, assemble assembler) error {
	var all []error
	for _, radius := range []string{"1e3", "1e4"} {
		e, err := studentR3.with("grid.axes.0.max="+radius).cells(800).errors(t, assemble)
		all = append(all, err, checkAtMost("Student in R³ to r = "+radius+": L¹ error", e.L1, 3e-6))
	}
	return errors.Join(all...)
}

func TestStudentR3Error(t *testing.T) {
	report(t, checkStudentR3(t, faithful))
}

// On |log r| ≤ 200 the error, 1.1e-5 at the age 1, is the mass that has left, missing outside and
// too much inside. For π that mass is 1/(2S²) = 1.25e-5.
func TestLogSingularError(t *testing.T) {
	e := required[scenarios.Errors](t)(logSingular.with(logRange("200")...).errors(t, faithful))
	report(t, checkAtMost("log-singular, 400 cells: L¹ error", e.L1, 1e-4))
}

func TestSecondOrderInSpaceLong(t *testing.T) {
	long(t)
	for _, c := range longOrderClaims {
		t.Run(c.name, func(t *testing.T) { report(t, checkSecondOrder(t, c, faithful)) })
	}
}

func TestPolynomialErrorIn2D(t *testing.T) {
	e := required[scenarios.Errors](t)(polynomial2.cells(128).errors(t, faithful))
	report(t, checkAtMost("polynomial, 128²: χ error", e.Chi, 1e-3)) // 6.1e-4 is found
}

func TestPolynomialErrorIn3D(t *testing.T) {
	long(t)
	e := required[scenarios.Errors](t)(narrow3.cells(48).errors(t, faithful))
	report(t, checkAtMost("polynomial, ε = 0.1, 48³: χ error", e.Chi, 1e-3)) // 6.7e-4 is found
}

// At ε = 0.25 on |x| ≤ 100, 48 cells an axis are as wide as in the plane's 128² times 2.67, and the
// error of a second-order scheme is 6.1e-4 · 2.67² = 4.3e-3 by the law of the plane: 1e-3 is not
// within its reach.
func TestPolynomialErrorOnTheWideCube(t *testing.T) {
	long(t)
	e := required[scenarios.Errors](t)(wide3.cells(48).errors(t, faithful))
	t.Logf("χ error %.3g", e.Chi)
	// 4.1e-3 is found
	report(t, checkAtMost("polynomial, ε = 0.25, |x| ≤ 100, 48³: χ error", e.Chi, 5e-3))
}

func TestPolynomialErrorInSphericalCoordinates(t *testing.T) {
	long(t)
	e := required[scenarios.Errors](t)(sphericalR3.cells(48, 24, 48).errors(t, faithful))
	// 8.6e-4 is found
	report(t, checkAtMost("polynomial, ε = 0.25, 48×24×48: χ error", e.Chi, 1e-3))
}

// timeClaim is that a scheme has order p in the time step.
type timeClaim struct {
	scheme string
	order  float64
	steps  []int // to t = 1
}

var timeClaims = []timeClaim{
	{"euler", 1, []int{40, 80, 160, 320}},
	{"sdirk2", 2, []int{40, 80, 160, 320}},
	{"sdirk3", 3, []int{20, 40, 80, 160}},
}

// checkTimeOrder compares fixed steps of a scheme, whose order is claimed, with e^{−tS} w by dense
// eigenvectors, in the weighted norm. The floor is the rounding of the eigenvectors, 1e-16 times
// the largest t λ.
func checkTimeOrder(t testing.TB, e experiment, c timeClaim) error {
	var levels []level
	e = e.with("time.end=1", "time.scheme="+c.scheme, "solver.tolerance=1e-12")
	for _, steps := range c.steps {
		p, err := e.with(fmt.Sprintf("time.step=%g", 1/float64(steps))).problem(faithful)
		if err != nil {
			return err
		}
		exact, err := newSpectrum(p.Operator)
		if err != nil {
			return err
		}
		r, err := p.run(t.Context())
		if err != nil {
			return err
		}
		if r.Final.EulerSteps > 0 {
			return fmt.Errorf("%d steps were replaced by Euler steps", r.Final.EulerSteps)
		}
		off := floats.Distance(r.Final.W, exact.exponential(1, p.start), 2)
		levels = append(levels, level{steps, off})
	}
	return checkOrder(t, levels, c.order, 1e-10)
}

func TestOrderInTime(t *testing.T) {
	families := map[string]experiment{
		"1-D": experiment{preset: "quadratic-1d"}.cells(120),
		"2-D": experiment{"quadratic-2d",
			[]string{"initial.kind=exact", "initial.b=[1.0, 0.5]"}}.cells(16),
		// steps keep it positive
		"OU": experiment{"ornstein-uhlenbeck", []string{"initial.age=0.4"}}.cells(100),
	}
	for name, e := range families {
		for _, c := range timeClaims {
			t.Run(name+"/"+c.scheme, func(t *testing.T) { report(t, checkTimeOrder(t, e, c)) })
		}
	}
}
