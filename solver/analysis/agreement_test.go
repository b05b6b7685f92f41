package analysis

import (
	"math"
	"strings"
	"testing"
)

// decay is what is known of a system after n steps dt without error in time. Next is that of the
// modes beyond SameRate.
func (s system) decay(dt float64, n int) Decay {
	e := s.history("lanczos", dt, n)
	d := Decay{Course: e.Course, Next: math.NaN()}
	share, whole := 0.0, 0.0
	for k, a := range s.a {
		whole += a * a
		if s.lambda[k] <= e.Gap*(1+SameRate) {
			share += a * a
		} else if math.IsNaN(d.Next) {
			d.Next = s.lambda[k]
		}
	}
	d.Overlap = math.Sqrt(share / whole)
	return d
}

// A run of 200 rows to a time has the reason, and the time.end that it names does.
func TestReasons(t *testing.T) {
	for _, c := range []struct {
		name string
		system
		end    float64
		want   Reason
		remedy bool // there is a time.end that does
	}{
		{"long enough", system{[]float64{2, 3}, []float64{1, 1}}, 6, "", true},
		{"too short", system{[]float64{2, 3}, []float64{1, 1}}, 1, Short, true},
		{"a fit to faster modes", system{[]float64{2, 20}, []float64{1e-6, 1}}, 0.5, NoOverlap,
			true},
		{"the same, with more of the slowest", system{[]float64{2, 20}, []float64{1e-5, 1}}, 0.45,
			Transient, true},
		{"no share", system{[]float64{2, 20}, []float64{1e-14, 1}}, 0.9, NoOverlap, false},
		{"none at all", system{[]float64{2, 20}, []float64{0, 1}}, 0.9, NoOverlap, false},
		{"eigenvalues too close together, too far apart to be one",
			system{[]float64{2, 2.04}, []float64{0.01, 1}}, 4, Transient, false},
		{"no fit to these, either", system{[]float64{2, 2.04}, []float64{0.01, 1}}, 1, Transient,
			false},
		{"eigenvalues that no fit tells apart",
			system{[]float64{2, 2.002, 5}, []float64{0.01, 1, 0.1}}, 1, Short, true},
		{"an end so far that no rows are left in the window",
			system{[]float64{2, 3}, []float64{1, 1}}, 1e4, Steps, true},
	} {
		d := c.decay(c.end/200, 200)
		needed := d.Needed()
		reason := d.Reason(needed)
		if reason != c.want || c.remedy == math.IsNaN(needed) {
			t.Errorf("%s: %q, time.end = %g; want %q", c.name, reason, needed, c.want)
		}
		if !c.remedy {
			if text := d.Explain(reason, needed); !strings.Contains(text, "No time.end would do") {
				t.Errorf("%s: %q", c.name, text)
			}
			continue
		}
		if again := c.decay(roundUp(needed)/200, 200); !again.Agrees() {
			t.Errorf("%s: to time.end = %g, fitted %v: %g", c.name, needed, again.Fitted,
				again.Fit.Rate)
		}
		if soon := c.decay(0.4*needed/200, 200); c.want != "" && soon.Agrees() {
			t.Errorf("%s: less than half of %g does", c.name, needed)
		}
	}
}

// The other reasons, one by one, from a run that is in order.
func TestReasonsOfSteps(t *testing.T) {
	good := system{[]float64{2, 3}, []float64{1, 1}}.decay(0.03, 200)
	for _, c := range []struct {
		name   string
		change func(d *Decay)
		want   Reason
	}{
		{"steps as short as they should be", func(*Decay) {}, ""},
		{"euler with λdt = 0.4: its rate is 2 log(1.4)/0.4", func(d *Decay) {
			d.Schemes, d.Fit.Step, d.Fit.Rate = schemesOf("euler"), 0.2, 2*math.Log(1.4)/0.4
		}, Steps},
		{"sdirk2 with λdt = 4, where nothing is known of its rate",
			func(d *Decay) { d.Schemes, d.Fit.Step, d.Fit.Rate = schemesOf("sdirk2"), 2, 1.2 },
			Steps},
		{"sdirk2 with short steps and a rate they do not explain",
			func(d *Decay) {
				d.Schemes, d.Fit.Step, d.Fit.Rate, d.Next = schemesOf("sdirk2"), 0.01,
					2.1, math.NaN()
			}, Transient},
		{"too slow", func(d *Decay) { d.Fit.Rate = 1.9 }, Steps},
		{"no gap", func(d *Decay) { d.Gap = math.NaN() }, GapUnknown},
		{"no gap, no fit", func(d *Decay) { d.Gap, d.Fitted = math.NaN(), false }, GapUnknown},
		{"no next eigenvalue", func(d *Decay) { d.Fitted, d.Next = false, math.NaN() }, NoneFitted},
		{"equilibrium", func(d *Decay) {
			d.Fitted = false
			d.LogNorms[0] = d.Traces[0].LogWhole - 31
		}, Stationary},
	} {
		d := good
		d.LogNorms = append([]float64(nil), good.LogNorms...)
		c.change(&d)
		needed := d.Needed()
		if got := d.Reason(needed); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		} else if text := d.Explain(got, needed); (got == "") != (text == "") ||
			strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
			t.Errorf("%s: %q", c.name, text)
		}
	}
}

// Eigenvalues λ_k = 2 + (k/10)² crowd at the edge 2 of an essential spectrum, as those of a bounded
// grid do: the fit sees more than one of them, and from 1e-10 of the norm on still does.
func TestReasonAtAnEdge(t *testing.T) {
	var s system
	for k := 1.0; k < 40; k++ {
		s.lambda, s.a = append(s.lambda, 2+k*k/100), append(s.a, k)
	}
	for _, end := range []float64{1, 6, 8} {
		d := s.decay(end/200, 200)
		d.Crowded = true
		if needed := d.Needed(); d.Reason(needed) != NearEdge || !math.IsNaN(needed) {
			t.Errorf("to t = %g: %q, time.end = %g", end, d.Reason(needed), needed)
		}
	}
}

// Where the next eigenvalue is not looked for, a time is named that is too soon, and no other.
func TestLeastEnd(t *testing.T) {
	d := system{[]float64{2, 3}, []float64{1, 1}}.decay(0.001, 200)
	d.Next = math.NaN()
	// log(√½/1e-3)/2 = 3.2805: e^{−2·3.2805}·√½ = 1e-3
	if got := d.Least(); math.Abs(got-3.2805) > 1e-4 {
		t.Errorf("%g, want 3.2805", got)
	}
	if text := d.Explain(d.Reason(d.Needed()), d.Needed()); !strings.HasSuffix(text,
		"time.end must be 3.3 or more") {
		t.Errorf("%q", text)
	}
}
