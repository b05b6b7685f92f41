package analysis

import (
	"math"
	"slices"
	"testing"

	"fpsgd/solver"
)

// system is dw/dt = −S w in the basis of eigenvectors: amplitudes a_k of the modes λ_k.
type system struct{ lambda, a []float64 }

// amplifications are R(q) of the schemes: e^{−q}; 1/(1+q); and Alexander's, −√2 r + (1+√2) r², r =
// 1/(1+(1−1/√2)q), and of third order.
var amplifications = map[string]func(q float64) float64{
	"lanczos": func(q float64) float64 { return math.Exp(-q) },
	"euler":   func(q float64) float64 { return 1 / (1 + q) },
	// P(q)/(1+γq)³, P the Taylor sum of e^{−q}(1+γq)³, with its term of q³ zero
	"sdirk3": func(q float64) float64 {
		const g = 0.43586652150845899942
		p := 1 - (1-3*g)*q + (0.5-3*g+3*g*g)*q*q
		return p / math.Pow(1+g*q, 3)
	},
	"sdirk2": func(q float64) float64 {
		r := 1 / (1 + (1-1/math.Sqrt2)*q)
		return -math.Sqrt2*r + (1+math.Sqrt2)*r*r
	},
}

// schemesOf are those of the steps: none for lanczos.
func schemesOf(name string) []solver.Scheme {
	if s, ok := solver.SchemeNamed(name); ok {
		return []solver.Scheme{s}
	}
	return nil
}

// history advances the system by n steps dt of a scheme, and records what a run does. The mass is
// 1.
func (s system) history(scheme string, dt float64, n int) Evidence {
	e := Evidence{
		Course:   Course{Schemes: schemesOf(scheme), Gap: s.lambda[0]},
		GapError: 1e-9, Tolerance: 1e-6, Solve: 1e-10, Conservative: true,
		LogZ: 0.5, LogZError: 1e-8, ExactLogZ: 0.5,
	}
	a := slices.Clone(s.a)
	for i := range n + 1 {
		norm2, form := 0.0, 0.0
		for k, v := range a {
			norm2 += v * v
			form += s.lambda[k] * v * v
			a[k] *= amplifications[scheme](s.lambda[k] * dt)
		}
		if i == 0 {
			e.Overlap = math.Abs(s.a[0]) / math.Sqrt(norm2)
		}
		e.Times = append(e.Times, float64(i)*dt)
		e.Steps = append(e.Steps, map[bool]float64{true: dt}[i > 0])
		e.LogNorms = append(e.LogNorms, math.Log(norm2)/2)
		e.Traces = append(e.Traces, solver.Trace{LogWhole: math.Log1p(norm2) / 2,
			Rayleigh: form / norm2, RayleighError: 1e-12})
	}
	e.Fit, e.Fitted = solver.FitRate(e.Times, e.LogNorms)
	e.Fit.Step = dt
	return e
}

// systems with the slow mode at once, late, and far below stiff ones.
var systems = map[string]system{
	"two":        {[]float64{2, 3}, []float64{1, 1}},
	"late":       {[]float64{2, 3, 40}, []float64{1e-3, 1, 5}},
	"stiff":      {[]float64{0.5, 7, 1e4, 1e9}, []float64{1, 3, 10, 100}},
	"metastable": {[]float64{1e-3, 1, 2}, []float64{0.3, 1, 1}},
}

// broken lists the checks that do not hold.
func broken(e Evidence) []string {
	names := []string{}
	for _, f := range e.Findings() {
		if !f.Holds {
			names = append(names, f.Check)
		}
	}
	return names
}

// Nothing is against the numbers of what a scheme makes of a system, with short steps, and with
// steps of many times the slowest rate.
func TestEvidenceHolds(t *testing.T) {
	for name, s := range systems {
		for scheme := range amplifications {
			for _, q := range []float64{0.01, 0.1, 0.9, 1.7, 3, 8, 30} {
				e := s.history(scheme, q/s.lambda[0], int(math.Max(10, 25/q)))
				if got := broken(e); len(got) > 0 {
					t.Errorf("%s, %s, λdt = %g: %q are broken", name, scheme, q, got)
				}
				// a fit, and the share of the slowest mode, are had where steps are short
				if n := len(e.Findings()); n < 5 {
					t.Errorf("%s, %s, λdt = %g: only %d checks", name, scheme, q, n)
				}
			}
		}
	}
}

// Each check fires where the number it is about is wrong, and by no more than can be told.
func TestEvidenceFires(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(e *Evidence)
		want   []string
	}{
		{"a gap 0.1 % too high", func(e *Evidence) { e.Gap *= 1.001 }, []string{"rayleigh", "fit"}},
		{"a mode that was missed", func(e *Evidence) { e.Gap = 3 },
			[]string{"rayleigh", "slow", "fit"}},
		{"a gap too low, of which there is more than the norm", func(e *Evidence) { e.Gap = 1.8 },
			[]string{"share"}},
		{"an overlap too high", func(e *Evidence) { e.Overlap = 1 }, []string{"share"}},
		{"a step that takes too much", func(e *Evidence) {
			for i := 30; i < len(e.LogNorms); i++ {
				e.LogNorms[i] -= 1e-3
			}
		}, []string{"fast"}},
		{"steps that take too little", func(e *Evidence) {
			for i := range e.LogNorms {
				e.LogNorms[i] *= 0.9
			}
			e.Fit.Rate *= 0.9
		}, []string{"slow", "fit"}},
		{"log Z above the exact one", func(e *Evidence) { e.LogZ += 2e-8 },
			[]string{"normalisation"}},
		{"mass lost", func(e *Evidence) { e.Drift = 1e-10 }, []string{"mass"}},
		{"a norm that rises", func(e *Evidence) { e.Rise = 1e-8 }, []string{"monotone"}},
		{"a Rayleigh quotient below the gap", func(e *Evidence) { e.Traces[3].Rayleigh = 1.99 },
			[]string{"rayleigh", "fast"}},
		{"one that rounding may have lowered", func(e *Evidence) {
			for i := range e.Traces {
				e.Traces[i].Rayleigh *= 0.97
				e.Traces[i].RayleighError = 0.05
			}
		}, []string{}},
	} {
		for _, scheme := range []string{"lanczos", "sdirk2", "sdirk3"} {
			e := systems["two"].history(scheme, 0.05, 150)
			e.Tolerance = 1e-8
			c.change(&e)
			got := broken(e)
			for _, want := range c.want {
				if !slices.Contains(got, want) {
					t.Errorf("%s, %s: %q are broken, not %s", c.name, scheme, got, want)
				}
			}
			if len(c.want) == 0 && len(got) > 0 {
				t.Errorf("%s, %s: %q are broken", c.name, scheme, got)
			}
		}
	}
}

// What is not known is no evidence.
func TestEvidenceUnknown(t *testing.T) {
	nan := math.NaN()
	e := systems["two"].history("sdirk2", 0.05, 150)
	e.Gap, e.Overlap, e.LogZError, e.ExactLogZ, e.Drift, e.Rise = nan, nan, nan, nan, nan, nan
	for i := range e.Traces {
		e.Traces[i].Rayleigh, e.Traces[i].RayleighError = nan, nan
	}
	if got := e.Findings(); len(got) > 0 {
		t.Errorf("%+v of unknown numbers", got)
	}
	unknown := Evidence{Course: Course{Gap: 1}, ExactLogZ: nan, Rise: nan, Drift: nan}
	if got := unknown.Findings(); len(got) > 0 {
		t.Errorf("%+v of no state", got)
	}
}

// What is left of a norm is no less than R² of the mean rate where the check takes it to be:
// Jensen's inequality on mixtures of any two modes.
func TestStepsTakeNoMoreThanTheQuotient(t *testing.T) {
	for scheme, r := range amplifications {
		for exponent := -3.0; exponent < 6; exponent += 0.25 {
			for share := 0.0; share <= 1; share += 1. / 64 {
				far := math.Pow(10, exponent)
				rho := share * far // the other mode has the rate 0
				if s, ok := solver.SchemeNamed(scheme); ok && rho >= s.Zero {
					continue
				}
				left := 1 - share + share*r(far)*r(far)
				if least := r(rho) * r(rho); left < least-1e-15 { // rounding
					t.Fatalf("%s: a share %g of rate %g leaves %g, the mean rate %g", scheme, share,
						far, left, least)
				}
			}
		}
	}
}
