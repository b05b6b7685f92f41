package solver

import (
	"math"
	"math/rand/v2"
	"testing"
)

// history samples log norm at times.
func history(times []float64, norm func(t float64) float64) []float64 {
	logs := make([]float64, len(times))
	for i, t := range times {
		logs[i] = math.Log(norm(t))
	}
	return logs
}

func even(n int, end float64) []float64 {
	times := make([]float64, n)
	for i := range times {
		times[i] = end * float64(i) / float64(n-1)
	}
	return times
}

func TestFitRateOfTwoModes(t *testing.T) {
	times := even(401, 40)
	fit, ok := FitRate(times, history(times,
		func(t float64) float64 { return math.Exp(-0.6*t) + 30*math.Exp(-2*t) }))
	if !ok {
		t.Fatal("no window was found")
	}
	// the slopes of the window are within 1%, most far closer
	near(t, "rate", fit.Rate, 0.6, 0.6*fitVariation/4)
	if norm := math.Exp(-0.6*fit.Window[1]) / 31; norm < fitBottom || norm > 1.2*fitBottom {
		t.Errorf("the window %g ends where the norm is %g, want it at %g", fit.Window, norm,
			fitBottom)
	}
	if !(fit.Residual < 1e-2) {
		t.Errorf("residual %g", fit.Residual)
	}
}

// The norm stops at a floor of rounding: the window ends before it.
func TestFitRateAboveAFloor(t *testing.T) {
	times := even(401, 40)
	fit, ok := FitRate(times, history(times,
		func(t float64) float64 { return math.Exp(-t) + 1e-8 }))
	if !ok {
		t.Fatal("no window was found")
	}
	near(t, "rate", fit.Rate, 1, fitVariation)
	if fit.Window[1] > 15 { // where the floor is 3% of the norm
		t.Errorf("the window %g reaches into the floor", fit.Window)
	}
}

// The rate of log norm = −t − 0.0005 t² at t is 1 + 0.001 t: its means over the halves of a window
// of length T differ by 0.0005 T.
func TestFitRateTellsItsChange(t *testing.T) {
	times := even(401, 10)
	fit, ok := FitRate(times, history(times,
		func(t float64) float64 { return math.Exp(-t - 0.0005*t*t) }))
	if !ok {
		t.Fatal("no window was found")
	}
	// the middle is at a point of the history
	near(t, "change", fit.Change, 0.0005*(fit.Window[1]-fit.Window[0]), 1e-4)
}

func TestNoStepsHaveNoError(t *testing.T) {
	if e := (Fit{Step: 10}).StepError(2); e != fitRest {
		t.Errorf("the bound is %g, want the rest of %g only", e, fitRest)
	}
}

// A mode of eigenvalue λ decays in steps of a scheme as e^{−λt} but for the factor that StepError
// bounds, and not by far.
func TestStepError(t *testing.T) {
	for _, s := range schemes {
		for _, q := range []float64{0.01, 0.1, 0.5} {
			stages, _ := stability(s, q)
			off := math.Abs(-math.Log(stages[len(stages)-1])/q - 1)
			if bound := (Fit{Step: q / 2}).StepError(2, s); !(off <= bound &&
				off >= (bound-fitRest)/2) {
				t.Errorf("%s, q = %g: the rate is off by %.3g, the bound is %.3g", s.Name, q, off,
					bound)
			}
		}
	}
}

// Short steps at one end of the window do not count for more.
func TestFitRateWeighsByTime(t *testing.T) {
	norm := func(t float64) float64 { return math.Exp(-t - 0.0004*t*t) }
	sparse := even(41, 20)
	var dense []float64
	for _, t := range sparse {
		dense = append(dense, t)
		for k := 1; t >= 6 && t < 7 && k < 200; k++ {
			dense = append(dense, t+0.5*float64(k)/200)
		}
	}
	a, okA := FitRate(sparse, history(sparse, norm))
	b, okB := FitRate(dense, history(dense, norm))
	if !okA || !okB {
		t.Fatal("no window was found")
	}
	near(t, "rate on uneven points", b.Rate, a.Rate, 2e-4) // unweighted, the rate moves by 1e-3
}

func TestFitRateRefuses(t *testing.T) {
	noise := rand.New(rand.NewPCG(3, 4))
	for name, c := range map[string]struct {
		times []float64
		norm  func(t float64) float64
	}{
		"no points":       {nil, math.Exp},
		"one point":       {[]float64{0}, math.Exp},
		"too few points":  {even(10, 20), func(t float64) float64 { return math.Exp(-t) }},
		"ends too early":  {even(400, 4), func(t float64) float64 { return math.Exp(-t) }},
		"drop too small":  {even(400, 5.6), func(t float64) float64 { return math.Exp(-t) }},
		"algebraic decay": {even(4000, 400), func(t float64) float64 { return 1 / (1 + t*t) }},
		"noise": {even(400, 20),
			func(t float64) float64 { return math.Exp(-t + 0.01*noise.Float64()) }},
		"a jump over it": {[]float64{0, 1, 30, 31, 32, 33, 34, 35, 36, 37},
			func(t float64) float64 { return math.Exp(-t) }},
		"does not decay":   {even(400, 20), func(t float64) float64 { return 1 }},
		"grows":            {even(400, 20), math.Exp},
		"is zero at start": {even(400, 20), func(t float64) float64 { return 0 * t }},
	} {
		if fit, ok := FitRate(c.times, history(c.times, c.norm)); ok {
			t.Errorf("%s: fitted %+v", name, fit)
		}
	}
}

// The rate of a run is the gap, to the 1% of the rule or better.
func TestFittedRateIsTheGap(t *testing.T) {
	op := interval(t, 40, 20, 0.25)
	g := denseValues(t, op)[1]
	series := NewSeries(op, logVolumes(grid(t, "cartesian", 1, 40, 20)))
	p := must[*Adaptive](t)(NewAdaptive(method(op, SDIRK2()), 1e-5))
	solve(t, p, bump(op), []float64{0, 30 / g}, series)
	fit, ok := series.Fit()
	if !ok {
		t.Fatal("no window was found")
	}
	t.Logf("fitted %.6g, gap %.6g, residual %.1e, window %.3g", fit.Rate, g, fit.Residual,
		fit.Window)
	// SDIRK2 at tolerance 1e-5: 0.04 (λ dt)² and what is left of the second mode
	near(t, "fitted rate", fit.Rate, g, 2e-3*g)
}
