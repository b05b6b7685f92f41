package validation

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/scenarios/exact"
	"fpsgd/solver"
)

// fit runs a problem and fits its decay rate.
func (p *problem) fit(t testing.TB) (solver.Fit, error) {
	r, err := p.run(t.Context())
	if err == nil && !r.Fitted {
		err = fmt.Errorf("no window of a constant rate was found until t = %g", p.Config.Time.End)
	}
	if err != nil {
		return solver.Fit{}, err
	}
	return r.Fit, nil
}

// checkPresetRate claims that the default preset decays at the rate 2 to 2e-3: 2.6e-4 is found,
// −1e-4 from the grid and the rest from faster modes early in the window.
func checkPresetRate(t testing.TB, assemble assembler) error {
	p, err := experiment{preset: "quadratic-2d"}.with("time.end=8").problem(assemble)
	if err != nil {
		return err
	}
	fit, err := p.fit(t)
	t.Logf("fitted rate %.6f on %.3g, residual %.1e", fit.Rate, fit.Window, fit.Residual)
	return errors.Join(err, checkNear("fitted rate", fit.Rate, 2, 2e-3))
}

func TestDefaultPresetDecaysAtRateTwo(t *testing.T) {
	report(t, checkPresetRate(t, faithful))
}

// line is f = 1 + x², ε = 0.25 on |x| ≤ 200, whose slowest rate is 2, attained by u = x.
var line = experiment{preset: "quadratic-1d"}.with("grid.axes.0.min=-200", "grid.axes.0.max=200")

// checkLineGap claims the rate to 5e-4 on 60 cells and 5e-5 on 120: the error of the default flux
// is of fourth order, 3.3e-4 and 2.3e-5 (theory.md §5).
func checkLineGap(t testing.TB, assemble assembler) error {
	var all []error
	for _, c := range []struct {
		cells     int
		tolerance float64
	}{{60, 5e-4}, {120, 5e-5}} {
		p, err := line.cells(c.cells).problem(assemble)
		if err != nil {
			return err
		}
		s, err := newSpectrum(p.Operator)
		if err != nil {
			return err
		}
		t.Logf("%d cells: smallest eigenvalue 2 (1 %+.2e)", c.cells, s.values[1]/2-1)
		all = append(all, checkNear(fmt.Sprintf("%d cells: the smallest eigenvalue", c.cells),
			s.values[1], 2, c.tolerance))
	}
	return errors.Join(all...)
}

func TestGapOnTheLine(t *testing.T) {
	report(t, checkLineGap(t, faithful))
}

// Radial m = 20, ε = 0.05: the slowest radial rate is ε λ_{0,1} = 2.
func TestRadialGapInTwentyDimensions(t *testing.T) {
	p := required[*problem](t)(experiment{preset: "quadratic-radial-20"}.problem(faithful))
	mode := required[solver.SlowestMode](t)(p.gap(t.Context()))
	t.Logf("gap %.8f", mode.Gap)
	report(t, checkNear("gap", mode.Gap, 2, 1e-4)) // second order: 3e-5 on 400 cells
}

// The mass of π on |log r| ≤ S is 8π S/√(1+S²).
func TestLogSingularMass(t *testing.T) {
	p := required[*problem](t)(experiment{preset: "log-singular-3d"}.problem(faithful))
	want := 8 * math.Pi * 70 / math.Hypot(1, 70)
	t.Logf("relative error %.1e", math.Exp(p.Operator.LogZ)/want-1)
	const quadrature = 1e-8 // what it promises, and more
	report(t, checkNear("mass on |log r| ≤ 70", math.Exp(p.Operator.LogZ), want, quadrature))
	report(t, checkNear("1 − mass outside", 1-exact.LogSingularMassOutside(3, 70), want/(8*math.Pi),
		1e-14))
}

// The iterative gap is the dense one, on every coordinate system with a preset.
func TestGapIsTheSmallestEigenvalue(t *testing.T) {
	for _, e := range []experiment{
		line.cells(120),
		experiment{preset: "quadratic-2d"}.cells(20),
		experiment{preset: "quadratic-3d"}.cells(8),
		experiment{preset: "quadratic-polar"}.cells(24, 16),
		experiment{preset: "quadratic-spherical"}.cells(10, 6, 8),
		experiment{preset: "quadratic-radial-20"}.cells(100),
		experiment{preset: "log-singular-3d"}.cells(100),
		experiment{preset: "double-well"}.cells(100),
	} {
		p := required[*problem](t)(e.problem(faithful))
		mode := required[solver.SlowestMode](t)(p.gap(t.Context()))
		s := required[*spectrum](t)(newSpectrum(p.Operator))
		gap := s.values[1]
		t.Logf("%s %v: gap %.10g, dense %.10g", e.preset, p.Operator.Shape, mode.Gap, gap)
		// of the dense method, that of the largest eigenvalue
		rounding := 1e-14 * s.values[len(s.values)-1] / gap
		report(t, checkNear(e.preset+": gap", mode.Gap, gap, 1e-9+rounding))
	}
}

// checkFit claims that the rate fitted to a run in steps, as the default is not, is the gap to 0.05
// q² + 1e-6, q = gap·dt: the factor of SDIRK2 is R(−q) = e^{−q(1 + 0.0404 q² + …)} (theory.md §6).
// The start is π with a little of the slowest mode, which leaves no other modes to fit and a
// density that is positive: the mode is about 530 standard deviations at the last cell.
func checkFit(t testing.TB, dt float64) error {
	p, err := line.with("time.end=5", fmt.Sprintf("time.step=%g", dt)).cells(120).problem(faithful)
	if err != nil {
		return err
	}
	s, err := newSpectrum(p.Operator)
	if err != nil {
		return err
	}
	for i, sigma := range p.Operator.Sigma {
		p.start[i] = sigma + 1e-3*s.vectors.At(i, 1)
	}
	mode, err := p.gap(t.Context())
	if err != nil {
		return err
	}
	fit, err := p.fit(t)
	q := mode.Gap * dt
	t.Logf("q = %.3g: fitted rate = gap (1 %+.3e), 0.0404 q² = %.3e", q, fit.Rate/mode.Gap-1,
		0.0404*q*q)
	return errors.Join(err, checkNear("fitted rate over gap", fit.Rate/mode.Gap, 1, 0.05*q*q+1e-6))
}

func TestFittedRateIsTheGap(t *testing.T) {
	for _, dt := range []float64{0.0025, 0.01, 0.025, 0.1, 0.25} {
		report(t, checkFit(t, dt))
	}
}

// meanRate returns −d⟨x⟩/dt / ⟨x⟩ of the start, d⟨x⟩/dt = Σ J_i (x̄_{i+1} − x̄_i): J_i is the
// current through the upper face of cell i, face i + 1, x̄_i the π-centroid.
func (p *problem) meanRate() (float64, error) {
	n := p.Operator.Cells()
	centroid, current := make([]float64, n), make([]float64, n+1)
	logPi := func(dst []float64, points *mesh.Points) error {
		return p.Weights.LogWeights(dst, make([]float64, len(dst)), points)
	}
	x := func(points *mesh.Points) []float64 { return points.Var("x") }
	if err := operators.Averages(centroid, p.Grid, logPi, x, 0); err != nil {
		return 0, err
	}
	p.Operator.Current(current, p.start, 0)
	mean, change := 0.0, 0.0
	for i, sigma := range p.Operator.Sigma {
		mean += sigma * p.start[i] * centroid[i]
		if i+1 < n {
			change += current[i+1] * (centroid[i+1] - centroid[i])
		}
	}
	return -change / mean, nil
}

// With the face flux and π-centroids the discrete d⟨x⟩/dt is −⟨∇f⟩, and so −2⟨x⟩, but for the last
// face, f(R)^{−1/ε} = 4e-19.
func TestMeanDecaysAtRateTwo(t *testing.T) {
	for _, n := range []int{30, 60, 120, 240} {
		p := required[*problem](t)(line.with("grid.flux=face").cells(n).problem(faithful))
		rate := required[float64](t)(p.meanRate())
		t.Logf("%d cells: rate of the mean 2 (1 %+.1e)", n, rate/2-1)
		// the quadrature of the centroids, 1e-13 of a cell, over differences of theirs
		report(t, checkNear("rate of the mean", rate, 2, 1e-11))
	}
}

// checkMeanOrder claims that with the default flux the mean decays at the rate 2 + O(h⁴).
func checkMeanOrder(t testing.TB, assemble assembler) error {
	var levels []level
	for _, n := range []int{60, 120, 240, 480} {
		p, err := line.cells(n).problem(assemble)
		if err != nil {
			return err
		}
		rate, err := p.meanRate()
		if err != nil {
			return err
		}
		levels = append(levels, level{n, math.Abs(rate/2 - 1)})
	}
	return checkOrder(t, levels, 4, 1e-13)
}

func TestMeanDecaysAtRateTwoToFourthOrder(t *testing.T) {
	report(t, checkMeanOrder(t, faithful))
}
